"""One media fork: a leg's audio to a program over a socket, the program's audio back into the call."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from .. import _fork
from ..core import AudioSink, Leg, LegState
from ..errors import BadParams, EngineError
from ..schema.fork import ForkInfo

FRAME_MS = 20
_READ_RECORDS = 50  # a second of audio a turn
_SOCKET_BYTES = 16_384  # in asyncio's hands; what waits beyond it is ours to drop
_SINK_MS = 200  # in the engine's hands; what waits beyond it a CLEAR drops at once
_LINGER_MS = 200  # a client that speaks at the speed of speech is late by a frame now and then
_BYTES_PER_MS = 16  # of 8 kHz PCM


class Fork(asyncio.Protocol):
    """The client's connection. `tick()` every 20 ms moves audio in both directions; nothing here ever waits.

    To the client: `buffer_ms` of frames wait for a slow reader, then the oldest are dropped; no byte taken for
    `stall_s`: the fork ends. From the client: `back_ms` of audio and marks wait to be played, more is dropped.
    """

    def __init__(
        self,
        leg: Leg,
        info: ForkInfo,
        on_end: Callable[[Fork, str], None],
        *,
        buffer_ms: int,
        back_ms: int,
        stall_s: float,
    ) -> None:
        self.leg = leg
        self.info = info
        self._on_end = on_end
        channels = 2 if info.direction == "both" else 1
        self._encoder = _fork.Encoder(info.format, info.rate_hz, channels, info.leg)
        self._decoder = _fork.Decoder(info.format, info.rate_hz)
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._waiting: deque[bytes] = deque()  # frames that the socket does not take
        self._frames_max = max(1, buffer_ms // FRAME_MS)
        self._stall_s = stall_s
        self._taken_at = 0.0
        self._back: deque[tuple[int, memoryview | bytes]] = (
            deque()
        )  # AUDIO that is not in the sink yet, MARKs behind it
        self._back_bytes = 0
        self._back_max = back_ms * _BYTES_PER_MS
        self._marks: deque[tuple[int, bytes]] = deque()  # position in bytes, name: played when the sink has come so far
        self._sunk = 0
        self._sink: AudioSink | None = None
        self._silent_ticks = 0
        self.ended: str | None = None
        self.frames = self.dropped = self.lost = self.back_bytes = self.back_dropped = self.clears = 0

    # ------------------------------------------------------------ the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=_SOCKET_BYTES)
        self._transport = transport
        self._taken_at = asyncio.get_running_loop().time()
        hello = msgspec.msgpack.encode(
            {
                "call_id": self.info.id,
                "leg_id": self.leg.id,
                "leg": self.info.leg,
                "format": self.info.format,
                "rate_hz": self.info.rate_hz,
                "direction": self.info.direction,
                "channels": 2 if self.info.direction == "both" else 1,
                "frame_ms": FRAME_MS,
            }
        )
        transport.write(self._encoder.control(_fork.HELLO, hello))

    def connection_lost(self, exc: Exception | None) -> None:
        self.end("closed" if exc is None else "error")

    def eof_received(self) -> bool:
        return False  # a client that closes its half has hung up

    def pause_writing(self) -> None:
        self._paused = True
        self._taken_at = asyncio.get_running_loop().time()

    def resume_writing(self) -> None:
        self._paused = False
        while self._waiting and not self._paused:
            self._write(self._waiting.popleft())

    def _write(self, frame: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if not self._paused:
            self.frames += 1
            self._transport.write(frame)
            return
        if len(self._waiting) >= self._frames_max:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(frame)

    def abort(self) -> None:
        """It was never begun."""
        self.ended = self.ended or "failed"
        if self._transport is not None:
            self._transport.abort()

    def end(self, reason: str) -> None:
        """Say END, close, tell. A second call does nothing."""
        if self.ended is not None:
            return
        self.ended = reason
        self._close_sink(flush=reason != "call_ended")
        if self._transport is not None and not self._transport.is_closing():
            if self._paused:
                self._transport.abort()  # it does not read: an END would wait for ever
            else:
                self._transport.write(self._encoder.control(_fork.END, msgspec.msgpack.encode({"reason": reason})))
                self._transport.close()
        self._waiting.clear()
        self._back.clear()
        self._marks.clear()
        self._on_end(self, reason)

    def counters(self) -> dict[str, Any]:
        """Frames sent; `dropped`: nobody read; `lost`: the engine could not keep up. Audio back in ms."""
        return {
            "frames": self.frames,
            "dropped": self.dropped,
            "lost": self.lost,
            "back_ms": self.back_bytes // _BYTES_PER_MS,
            "back_dropped_ms": self.back_dropped // _BYTES_PER_MS,
            "clears": self.clears,
        }

    # ----------------------------------------------------------- audio to the client

    def tick(self, now: float) -> None:
        if self.leg.closed or self.leg.state is LegState.ENDED:
            self.end("call_ended")
            return
        if self._paused and now - self._taken_at > self._stall_s:
            self.end("stalled")
            return
        try:
            data, self.lost = self.leg.read_fork(_READ_RECORDS)
            for frame in self._encoder.records(data):
                self._write(frame)
            self._play()
        except EngineError:
            self.end("call_ended")

    # --------------------------------------------------------- audio from the client

    def data_received(self, data: bytes) -> None:
        try:
            frames = self._decoder.feed(data)
        except BadParams:
            self.end("protocol")
            return
        for kind, payload in frames:
            if kind == _fork.AUDIO:
                self._take(payload)
            elif kind == _fork.MARK:
                self._mark(payload)
            else:
                self._clear()

    def _take(self, pcm: bytes) -> None:
        self.back_bytes += len(pcm)
        if self._back_bytes + len(pcm) > self._back_max:
            self.back_dropped += len(pcm)
            return
        self._back_bytes += len(pcm)
        self._back.append((_fork.AUDIO, memoryview(pcm)))

    def _mark(self, name: bytes) -> None:
        if len(self._back) + len(self._marks) < self._back_max // 160:  # as many as there can be frames of 10 ms
            self._back.append((_fork.MARK, name))
        else:
            self._write(self._encoder.control(_fork.MARK, name, _fork.CLEARED))

    def _clear(self) -> None:
        """Barge-in: nothing of what waits is played; its marks come back as cleared."""
        self.clears += 1
        names = [name for _, name in self._marks] + [bytes(item) for kind, item in self._back if kind == _fork.MARK]
        self._marks.clear()
        self._back.clear()
        self._back_bytes = 0
        self._close_sink(flush=True)
        for name in names:
            self._write(self._encoder.control(_fork.MARK, name, _fork.CLEARED))

    def _play(self) -> None:
        """As much into the leg's sink as it takes; marks whose audio has been played go back."""
        while self._back:
            kind, item = self._back[0]
            if kind == _fork.MARK:
                self._marks.append((self._sunk, bytes(item)))
                self._back.popleft()
            elif not self._sink_some(memoryview(item)):
                break
        left = self._sink.left_bytes() if self._sink is not None else 0
        while self._marks and self._marks[0][0] <= self._sunk - left:
            self._write(self._encoder.control(_fork.MARK, self._marks.popleft()[1]))
        if left or self._back:
            self._silent_ticks = 0
        elif self._sink is not None:
            self._silent_ticks += 1
            if self._silent_ticks > _LINGER_MS // FRAME_MS:
                self._close_sink(flush=False)  # the leg hears its bridge again

    def _sink_some(self, pcm: memoryview) -> bool:
        """False: the sink is full."""
        if self._sink is None or not self._sink.open:
            self._sink = self.leg.sink(_SINK_MS)
            self._sunk = 0
            self._marks = deque((0, name) for _, name in self._marks)
        taken = self._sink.offer(pcm)
        self._sunk += taken
        self._back_bytes -= taken
        if taken < pcm.nbytes:
            self._back[0] = (_fork.AUDIO, pcm[taken:])
            return False
        self._back.popleft()
        return True

    def _close_sink(self, *, flush: bool) -> None:
        sink, self._sink = self._sink, None
        if sink is None or not sink.open or self.leg.state is LegState.ENDED:
            return
        try:
            if flush:
                sink.flush()
            sink.close()
        except EngineError:
            pass  # another player has taken its place
