"""From what a request asks for to what the core plays: files read, words looked up, tones found."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

from ..config import AudioConfig
from ..core import Core, Pause, Playable, Segment, Sound, Tone
from ..errors import BadParams, MediaError
from ..prompts import render
from ..prompts.tones import tone
from ..schema.call import PlayItem, Say
from .prompts import PromptFolder

_LEVEL_DBM0 = -10.0
"""Of a tone: ITU-T E.180 section 5 recommends -10 dBm0 +- 5 dB."""

_SAID = ("number", "ordinal", "digits", "money", "date", "time", "duration_s")


class PlaylistMaker:
    def __init__(self, core: Core, audio: AudioConfig) -> None:
        self._core = core
        self._audio = audio
        self._prompts = PromptFolder(audio.prompts)

    async def make(self, items: Sequence[PlayItem]) -> list[Playable]:
        """BadParams, MediaError, OSError: told before anything is heard."""
        made: list[Playable] = []
        for i, item in enumerate(items):
            try:
                made += await self._make(item)
            except BadParams as error:
                raise BadParams(f"items[{i}]: {error}", field=f"items[{i}].{error.data.get('field', '')}") from None
        return made

    async def _make(self, item: PlayItem) -> list[Playable]:
        given = [name for name in ("file", "tone", "say", "silence_ms") if getattr(item, name) is not None]
        if len(given) != 1:
            raise BadParams("give one of file, tone, say, silence_ms", field=given[1] if given else "file")
        if item.file is not None:
            try:
                clip = await self._core.load(item.file)
            except OSError as error:
                raise MediaError(f"{item.file}: {error.strerror}", file=item.file) from error
            return [Sound(clip, item.from_ms, item.ms, item.loops)]
        if item.silence_ms is not None:
            return [Pause(item.silence_ms)]
        if item.say is not None:
            return await self._say(item.say)
        assert item.tone is not None
        return [self.tone(item.tone, item.country or self._audio.country, item.ms or 0)]

    def tone(self, kind: str, country: str, ms: int) -> Tone:
        """At its level, shared by its frequencies."""
        segments = tuple(
            Segment(part.hz, part.ms, _LEVEL_DBM0 - 10 * math.log10(max(1, len(part.hz))), part.mod_hz)
            for part in tone(kind, country)
        )
        return Tone(segments, ms=ms)

    async def _say(self, say: Say) -> list[Playable]:
        given = [name for name in _SAID if getattr(say, name) is not None]
        if len(given) != 1:
            raise BadParams(f"say: give one of {', '.join(_SAID)}", field="say")
        lang = say.lang or self._audio.language
        names = render(given[0].removesuffix("_s"), getattr(say, given[0]), lang, currency=say.currency)
        paths = await asyncio.to_thread(self._prompts.files, names, lang)
        return [await self._core.load(path) for path in paths]
