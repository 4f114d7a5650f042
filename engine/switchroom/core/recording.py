"""A WAV file, or several in a row, being written: left what the leg says, right what it hears, or one of them alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..errors import NotFound

if TYPE_CHECKING:
    from ._leg_audio import LegAudio
    from .events import LegEvent

Sides = Literal["both", "said", "heard", "mixed"]
SIDES: tuple[Sides, ...] = ("both", "said", "heard", "mixed")
SAMPLES_PER_MS = 8


@dataclass(frozen=True, slots=True)
class Beep:
    """What the recorded leg hears while it is recorded: `ms` of `hz` at `level_dbm0`, every `every_ms`."""

    every_ms: int = 15_000
    ms: int = 200
    hz: int = 1400
    level_dbm0: float = -18.0


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """`sides`: both are stereo; one of them, or both mixed, is mono. Mixed is linear, and for a member of a mix the
    sum of all that talk as this member takes part in it (a whisper to another is not in it). `linear`: 16 bits
    instead of the leg's G.711. `suffix`: end of the path that stays at the end when parts are numbered
    (DIR/NAME-2.wav); None: from its last dot on. A part ends after `part_ms` or `part_bytes` of audio, whichever
    comes first; 0: 2 GiB."""

    sides: Sides = "both"
    linear: bool = False
    suffix: str | None = None
    part_ms: int = 0
    part_bytes: int = 0
    beep: Beep | None = None


class RecordResult(NamedTuple):
    """`samples` per channel at 8 kHz, of all parts. `bytes` of the last file. `errno` 0: complete; else what cut it
    short (the files are still playable). `parts`: number of files."""

    path: str
    samples: int
    bytes: int
    errno: int
    parts: int = 1

    @property
    def ms(self) -> int:
        return self.samples // SAMPLES_PER_MS


class RecordPart(NamedTuple):
    """One file of a recording is complete and another goes on. `number` from 1."""

    path: str
    number: int
    samples: int
    bytes: int


class Gap(NamedTuple):
    """A pause: positions in samples. `to` None: it lasts."""

    start: int
    to: int | None


def part_path(path: str, suffix: str, number: int) -> str:
    """File of a part, as the writer thread names it."""
    return path if number == 1 else f"{path.removesuffix(suffix)}-{number}{suffix}"


class Recording:
    """Await it for the result. It stops by `stop()` or by itself when the leg closes."""

    __slots__ = ("_future", "_handle", "_leg", "gaps", "listener", "path", "paused", "result", "suffix")

    def __init__(self, leg: LegAudio, handle: int, path: str, suffix: str) -> None:
        self._leg = leg
        self._handle = handle
        self._future: asyncio.Future[None] | None = None
        self.path = path
        self.suffix = suffix
        self.result: RecordResult | None = None
        self.paused = False
        """As asked for last."""
        self.listener: Callable[[LegEvent], None] | None = None
        """Hears every event of this recording, before the leg's own listener."""
        self.gaps: list[Gap] = []
        """As the worker tells them."""

    def stop(self, at: float = 0.0) -> None:
        """Complete the file, which ends now or at an earlier instant `at` (seconds, the loop's clock). After the end:
        nothing."""
        if self.result is None:
            self._leg._stop_recording(self._handle, at)

    def pause(self) -> bool:
        """Silence in the file from now on; nothing of what is said reaches the disk. False: it was paused, or over."""
        return self._set_paused(True)

    def resume(self) -> bool:
        """Record again. False: it was not paused, or is over."""
        return self._set_paused(False)

    def _set_paused(self, on: bool) -> bool:
        if self.result is not None or self.paused is on:
            return False
        try:
            self._leg._pause_recording(self._handle, on)
        except NotFound:
            return False  # it ends; the event is on its way
        self.paused = on
        return True

    def part(self, number: int) -> str:
        """Path of a part, from 1."""
        return part_path(self.path, self.suffix, number)

    def __await__(self) -> Generator[None, None, RecordResult]:
        while self.result is None:
            if self._future is None:
                self._future = asyncio.get_running_loop().create_future()
            yield from asyncio.shield(self._future).__await__()
        return self.result

    def _end(self, result: RecordResult) -> None:
        self.result = result
        if self.gaps and self.gaps[-1].to is None:
            self.gaps[-1] = Gap(self.gaps[-1].start, result.samples)
        if self._future is not None and not self._future.done():
            self._future.set_result(None)
