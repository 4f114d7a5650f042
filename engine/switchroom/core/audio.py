"""Live audio between a leg and a program: frames out, a sink in. 16-bit PCM, host order, 8 kHz mono."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

import structlog

from ..errors import HungUp, NotFound

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ._leg_audio import LegAudio

log = structlog.get_logger(__name__)

FRAME_BYTES = 320  # 20 ms
_FRAMES_PER_READ = 25


class _Signal:
    """Wakes one waiting coroutine; a signal that nobody waits for is kept."""

    __slots__ = ("_future", "_set")

    def __init__(self) -> None:
        self._future: asyncio.Future[None] | None = None
        self._set = False

    def set(self) -> None:
        self._set = True
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    async def wait(self) -> None:
        if not self._set:
            self._future = asyncio.get_running_loop().create_future()
            try:
                await self._future
            finally:
                self._future = None
        self._set = False


class Frames:
    """What the leg says, in frames of 20 ms (`FRAME_BYTES`). Ends when the leg closes.

        async with leg.frames() as frames:
            async for pcm in frames: ...

    `dropped`: frames lost because nobody read in time; warned of once.
    """

    __slots__ = ("_leg", "_offset", "_open", "_pcm", "_signal", "dropped")

    def __init__(self, leg: LegAudio) -> None:
        self._leg = leg
        self._pcm = b""
        self._offset = 0
        self._signal = _Signal()
        self._open = True
        self.dropped = 0

    def close(self) -> None:
        """Stop listening. A second call does nothing."""
        if self._open:
            self._leg._close_tap()
        self._ended()

    def _ended(self) -> None:
        self._open = False
        self._signal.set()

    def _ready(self) -> None:
        self._signal.set()

    def _read(self) -> bool:
        try:
            self._pcm, dropped = self._leg._core.media.read_tap(self._leg._media, _FRAMES_PER_READ)
        except NotFound:
            self._ended()
            return False
        if dropped and not self.dropped:
            log.warning("audio_frames_dropped", leg_id=self._leg.id, frames=dropped)
        self.dropped, self._offset = dropped, 0
        return bool(self._pcm)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while self._offset >= len(self._pcm):
            if not self._open:
                raise StopAsyncIteration
            if not self._read() and self._open:
                await self._signal.wait()
        frame = self._pcm[self._offset : self._offset + FRAME_BYTES]
        self._offset += FRAME_BYTES
        return frame

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


class AudioSink:
    """What a program says to the leg, in place of a player. `starved`: frames of silence sent because nothing was
    queued; warned of once."""

    __slots__ = ("_leg", "_open", "_signal", "starved")

    def __init__(self, leg: LegAudio) -> None:
        self._leg = leg
        self._signal = _Signal()
        self._open = True
        self.starved = 0

    async def write(self, pcm: Buffer) -> None:
        """Queue samples; waits while the buffer is full, so a fast producer runs at the speed of speech.

        HungUp when the leg closes meanwhile.
        """
        rest = memoryview(pcm).cast("B")
        while rest.nbytes:
            if not self._open:
                raise HungUp(f"leg {self._leg.id}: its audio is closed")
            rest = rest[2 * self._leg._core.media.write_sink(self._leg._media, rest) :]
            if rest.nbytes:
                await self._signal.wait()

    @property
    def open(self) -> bool:
        """Neither closed nor ended with its leg."""
        return self._open

    def offer(self, pcm: Buffer) -> int:
        """Queue what fits, without waiting: bytes taken. WrongState when another player has taken the sink's place."""
        return 2 * self._leg._core.media.write_sink(self._leg._media, pcm)

    def left_bytes(self) -> int:
        """Queued and not played yet."""
        return 2 * self._leg._core.media.sink_left(self._leg._media)

    def flush(self) -> None:
        """Drop what has not been played: the person has begun to speak."""
        if self._open:
            self._leg._core.media.flush_sink(self._leg._media)
            self._signal.set()

    def close(self) -> None:
        """End after what is queued has been played. A second call does nothing."""
        if self._open:
            self._leg._core.media.close_sink(self._leg._media)
        self._ended()

    def _ended(self) -> None:
        self._open = False
        self._signal.set()
        if self._leg._sink is self:
            self._leg._sink = None

    def _low(self, starved: int) -> None:
        if starved and not self.starved:
            log.warning("audio_sink_starved", leg_id=self._leg.id, frames=starved)
        self.starved = starved
        self._signal.set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
