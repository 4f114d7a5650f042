"""The voice files that the package ships: what people, machines and announcements say."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ConfigError
from .audio import RATE, read_wav

FOLDER = Path(__file__).parent / "voices"


@dataclass(frozen=True, slots=True)
class Voice:
    """One recording. `kind`: greeting (a person answers), machine (greeting and beep), phrase_customer, phrase_agent,
    sit (tones and announcement), announcement, message (what a dialer plays)."""

    name: str
    kind: str
    text: str
    duration_ms: int
    beep_start_ms: int | None = None
    beep_ms: int | None = None

    @property
    def beep_end_ms(self) -> int | None:
        """None: there is no beep."""
        if self.beep_start_ms is None or self.beep_ms is None:
            return None
        return self.beep_start_ms + self.beep_ms


class Voices:
    """A set of voices and their samples (8 kHz mono), read when first used."""

    def __init__(self, voices: Iterable[Voice], folder: Path = FOLDER) -> None:
        self._by_name = {voice.name: voice for voice in voices}
        self._by_kind: dict[str, tuple[Voice, ...]] = {}
        for voice in self._by_name.values():
            self._by_kind[voice.kind] = (*self._by_kind.get(voice.kind, ()), voice)
        self._folder = folder
        self._samples: dict[str, npt.NDArray[np.float64]] = {}

    def of(self, kind: str) -> tuple[Voice, ...]:
        """All of a kind; ConfigError when there is none."""
        if kind not in self._by_kind:
            raise ConfigError(f"{self._folder}: no voice of kind {kind!r}; there are: {', '.join(self._by_kind)}")
        return self._by_kind[kind]

    def samples(self, name: str) -> npt.NDArray[np.float64]:
        if name not in self._samples:
            rate, data = read_wav(self._folder / name)
            if rate != RATE:
                raise ConfigError(f"{self._folder / name}: rate is {rate} Hz; voices must be {RATE} Hz")
            self._samples[name] = data[:, 0].astype(np.float64)
        return self._samples[name]


def shipped() -> Voices:
    """The voices of the package."""
    manifest = tomllib.loads((FOLDER / "voices.toml").read_text())
    return Voices(_voice(entry) for entry in manifest["voice"])


def _voice(entry: dict[str, Any]) -> Voice:
    """Phrases are told apart by who says them, which their names hold: phrase_agent_01.wav."""
    kind, name = entry["kind"], entry["file"]
    if kind == "phrase":
        kind = name.rpartition("_")[0]
    return Voice(name, kind, entry["text"], entry["duration_ms"], entry.get("beep_start_ms"), entry.get("beep_ms"))
