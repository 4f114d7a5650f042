"""A stereo WAV file being written: left what the leg says, right what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ._leg_audio import LegAudio


class RecordResult(NamedTuple):
    """`samples` per channel at 8 kHz. `errno` 0: complete; else what cut it short (the file is still playable)."""

    path: str
    samples: int
    bytes: int
    errno: int

    @property
    def ms(self) -> int:
        return self.samples // 8


class Recording:
    """Await it for the result. It stops by `stop()` or by itself when the leg closes."""

    __slots__ = ("_future", "_handle", "_leg", "path", "result")

    def __init__(self, leg: LegAudio, handle: int, path: str) -> None:
        self._leg = leg
        self._handle = handle
        self._future: asyncio.Future[None] | None = None
        self.path = path
        self.result: RecordResult | None = None

    def stop(self, at: float = 0.0) -> None:
        """Complete the file, which ends now or at an earlier instant `at` (seconds, the loop's clock). After the end:
        nothing."""
        if self.result is None:
            self._leg._stop_recording(self._handle, at)

    def __await__(self) -> Generator[None, None, RecordResult]:
        while self.result is None:
            if self._future is None:
                self._future = asyncio.get_running_loop().create_future()
            yield from asyncio.shield(self._future).__await__()
        return self.result

    def _end(self, result: RecordResult) -> None:
        self.result = result
        if self._future is not None and not self._future.done():
            self._future.set_result(None)
