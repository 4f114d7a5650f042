"""call.fork.*: which legs are forked, and the clock that moves their audio."""

from __future__ import annotations

import asyncio
import fnmatch
from collections.abc import Callable
from typing import Any

import structlog

from ..config import ForkConfig
from ..errors import BadParams, Capacity, Exists, Forbidden, NotFound, SinkDown, WrongState
from ..schema._base import Done
from ..schema.fork import ForkInfo, ForkStart, ForkStop
from .calls import Calls
from .fork import FRAME_MS, Fork

log = structlog.get_logger(__name__)

_SIDES = {"in": 1, "out": 2, "both": 3}
_TAP_MS = 2_000  # what a stalled loop may be late by


class Forks:
    """All forks of an engine, one per leg. One timer of 20 ms serves all of them while there are any."""

    def __init__(self, calls: Calls, publish: Callable[..., None], config: ForkConfig) -> None:
        self._calls = calls
        self._publish = publish
        self._config = config
        self._forks: dict[tuple[str, int], Fork] = {}
        self._connecting: set[tuple[str, int]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._next = 0.0

    def __len__(self) -> int:
        return len(self._forks)

    async def start(self, req: ForkStart) -> ForkInfo:
        """Connect to the sink and begin; the reply comes when it is connected.

        NotFound, WrongState (not answered), Exists (this leg is forked), Forbidden (sink not in [fork] sinks),
        SinkDown (nobody accepts there), Capacity.
        """
        call = self._calls.find(req.id)
        if call is None:
            raise NotFound(f"no call {req.id} is up", call_id=req.id)
        if req.leg >= len(call.legs):
            raise NotFound(f"call {req.id} has {len(call.legs)} legs: 0 is the first", call_id=req.id)
        leg = call.legs[req.leg]
        if leg.answered_at is None or leg.ended:
            raise WrongState(f"call {req.id}: leg {req.leg} is {leg.state.value}, it must be answered", call_id=req.id)
        info = self._info(req, leg.codec)
        key = req.id, req.leg
        if key in self._forks or key in self._connecting:
            raise Exists(f"call {req.id}: leg {req.leg} is forked already", call_id=req.id)
        if len(self._forks) + len(self._connecting) >= self._config.max_forks:
            raise Capacity(f"{self._config.max_forks} forks are up, the limit of fork.max_forks")
        fork = Fork(
            leg,
            info,
            self._ended,
            buffer_ms=self._config.buffer_ms,
            back_ms=self._config.back_ms,
            stall_s=self._config.stall_ms / 1000,
        )
        self._connecting.add(key)
        try:
            await self._connect(fork, req.sink)
            if fork.ended is None:
                leg.open_fork(_SIDES[req.direction], _TAP_MS)
        except BaseException:
            fork.abort()
            raise
        finally:
            self._connecting.discard(key)
        if fork.ended is None:
            self._forks[key] = fork
            self._publish("fork.started", _about(info), **call.ids)
            self._start_clock()
        return info

    def _info(self, req: ForkStart, codec: str) -> ForkInfo:
        if not any(fnmatch.fnmatchcase(req.sink, pattern) for pattern in self._config.sinks):
            raise Forbidden(
                f"sink {req.sink!r} is not among [fork] sinks: {', '.join(self._config.sinks)}", field="sink"
            )
        name = codec.lower() if req.format == "wire" else req.format
        if name not in ("pcm_s16le", "pcmu", "pcma"):
            raise BadParams(f"format wire: the leg's codec is {codec}, ask for pcm_s16le", field="format")
        if name != "pcm_s16le" and req.rate_hz != 8000:
            raise BadParams(f"format {name} is of 8000 Hz", field="rate_hz")
        return ForkInfo(
            id=req.id, leg=req.leg, sink=req.sink, format=name, rate_hz=req.rate_hz, direction=req.direction
        )

    async def _connect(self, fork: Fork, sink: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._config.connect_ms / 1000):
                if sink.startswith("unix:"):
                    await loop.create_unix_connection(lambda: fork, sink.removeprefix("unix:"))
                else:
                    host, port = _host_port(sink)
                    await loop.create_connection(lambda: fork, host, port)
        except TimeoutError as error:
            raise SinkDown(f"sink {sink}: no answer in {self._config.connect_ms} ms", field="sink") from error
        except OSError as error:
            raise SinkDown(f"sink {sink}: {error.strerror or error}", field="sink") from error

    def stop(self, req: ForkStop) -> Done:
        """End it; `already` when there is none."""
        fork = self._forks.get((req.id, req.leg))
        if fork is None:
            return Done(already=True)
        fork.end("stopped")
        return Done()

    async def close(self) -> None:
        """The engine stops."""
        for fork in list(self._forks.values()):
            fork.end("stopped")
        if self._timer is not None:
            self._timer.cancel()

    def _ended(self, fork: Fork, reason: str) -> None:
        key = fork.info.id, fork.info.leg
        if self._forks.get(key) is not fork:
            return  # it never began
        del self._forks[key]
        fork.leg.close_fork()
        call = self._calls.find(fork.info.id)
        ids = call.ids if call is not None else {"call_id": fork.info.id}
        self._publish("fork.ended", {**_about(fork.info), "reason": reason, **fork.counters()}, **ids)
        if reason in ("protocol", "stalled", "error"):
            log.warning("fork_ended", call_id=fork.info.id, sink=fork.info.sink, reason=reason)

    # -------------------------------------------------------------------- clock

    def _start_clock(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._next = loop.time() + FRAME_MS / 1000
            self._timer = loop.call_at(self._next, self._tick)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for fork in list(self._forks.values()):
            try:
                fork.tick(now)
            except Exception:
                log.exception("fork_failed", call_id=fork.info.id)
                fork.end("error")
        self._timer = None
        if self._forks:
            # What a late turn missed waits in the taps: the next one takes it all.
            self._next = max(self._next + FRAME_MS / 1000, now)
            self._timer = loop.call_at(self._next, self._tick)


def _about(info: ForkInfo) -> dict[str, Any]:
    return {
        "leg": info.leg,
        "sink": info.sink,
        "format": info.format,
        "rate_hz": info.rate_hz,
        "direction": info.direction,
    }


def _host_port(sink: str) -> tuple[str, int]:
    host, found, port = sink.removeprefix("tcp://").rpartition(":")
    if not sink.startswith("tcp://") or not found or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise BadParams(f"sink {sink!r}: must be unix:PATH or tcp://HOST:PORT", field="sink")
    return host.removeprefix("[").removesuffix("]"), int(port)
