"""What a playlist is made of: pieces of clips, tones, pauses."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import BadParams
from .clip import Clip

SAMPLES_PER_MS = 8
_MS_MAX = 24 * 3600 * 1000

Item = tuple[int, tuple[tuple[tuple[tuple[int, ...], int, int, int], ...], int, int] | None, int, int, int]
"""As Media.play() takes it: clip, tone, first sample, samples, loops."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A clip, or `ms` of it from `from_ms` on, `loops` times (0: until stopped)."""

    clip: Clip
    from_ms: int = 0
    ms: int | None = None
    loops: int = 1

    def item(self) -> Item:
        if not self.clip._handle:
            raise BadParams(f"clip {self.clip.name!r} has been released", field="file")
        if not 0 <= self.from_ms * SAMPLES_PER_MS < self.clip.samples:
            raise BadParams(f"{self.clip.name}: {self.from_ms} ms is not within its {self.clip.ms} ms", field="from_ms")
        samples = 0 if self.ms is None else _samples(self.ms, "ms")
        return self.clip._handle, None, self.from_ms * SAMPLES_PER_MS, samples, self.loops

    @property
    def length_ms(self) -> int | None:
        rest = self.clip.ms - self.from_ms
        return _times(rest if self.ms is None else min(self.ms, rest), self.loops)


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence."""

    ms: int

    def item(self) -> Item:
        return 0, None, 0, _samples(self.ms, "pause_ms"), 1

    @property
    def length_ms(self) -> int | None:
        return self.ms


@dataclass(frozen=True, slots=True)
class Segment:
    """Up to four frequencies at once, each at `level_dbm0`; none: a pause. `mod_hz`: the only frequency is modulated in
    amplitude, and the level is that of the whole. `ms` 0: until stopped."""

    hz: tuple[int, ...] = ()
    ms: int = 0
    level_dbm0: float = -13.0
    mod_hz: int = 0


@dataclass(frozen=True, slots=True)
class Tone:
    """Segments in order; behind the last one it goes on with segment `repeat_from` (None: it ends there). `ms` 0: until
    its own end, or until stopped."""

    segments: tuple[Segment, ...]
    repeat_from: int | None = 0
    ms: int = 0

    def item(self) -> Item:
        if not self.segments or not 0 <= self.ms <= _MS_MAX:
            raise BadParams(f"a tone of {len(self.segments)} segments for {self.ms} ms cannot be played", field="tone")
        spelled = tuple((each.hz, each.mod_hz, round(each.level_dbm0 * 100), each.ms) for each in self.segments)
        repeat = len(self.segments) if self.repeat_from is None or not self.segments[-1].ms else self.repeat_from
        return 0, (spelled, repeat, self.ms), 0, 0, 1

    @property
    def length_ms(self) -> int | None:
        if self.ms:
            return self.ms
        ends = self.repeat_from is None and all(each.ms for each in self.segments)
        return sum(each.ms for each in self.segments) if ends else None


Playable = Clip | Sound | Pause | Tone
"""One item of a playlist."""


def as_items(what: Playable | Sequence[Playable]) -> list[Item]:
    """BadParams when there is nothing to play."""
    several = what if isinstance(what, Sequence) else (what,)
    if not several:
        raise BadParams("nothing to play", field="items")
    return [(Sound(each) if isinstance(each, Clip) else each).item() for each in several]


def length_ms(what: Sequence[Playable]) -> int | None:
    """Of the whole, once; None: it does not end by itself."""
    total = 0
    for each in what:
        length = each.ms if isinstance(each, Clip) else each.length_ms
        if length is None:
            return None
        total += length
    return total


def _samples(ms: int, field: str) -> int:
    if not 0 < ms <= _MS_MAX:
        raise BadParams(f"{field} {ms}: 1 to {_MS_MAX} is allowed", field=field)
    return ms * SAMPLES_PER_MS


def _times(ms: int, loops: int) -> int | None:
    return ms * loops if loops else None


Source = Playable | str | os.PathLike[str]
"""What Leg.play() takes: a path is read when it must."""
