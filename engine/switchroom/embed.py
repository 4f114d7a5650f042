"""`import switchroom`: the engine inside your own program.

    app = switchroom.Engine("switchroom.toml")

    @app.incoming
    async def greet(call):
        await call.answer()
        await call.play("welcome.wav")
        await call.ended()

    app.run()

or, in a program that has its own loop:

    async with switchroom.Engine(config) as engine:
        call = await engine.originate("sip:100@127.0.0.1:5070")
        await call.play("welcome.wav")

Outcomes are exceptions under `switchroom.CallFailed`: Busy, Declined, NoAnswer, Unreachable, … each with `sip_status`,
`q850_cause` and `side`. Cancelling whoever waits for an answer hangs up.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import uvloop

from . import live
from .config import Config
from .control.server import ControlServer
from .core import AmdResult, AudioSink, End, Frames, Leg, LegStats, Playable, Playback, Recording, Source
from .live.call import Call as LiveCall

if TYPE_CHECKING:
    pass

Handler = Callable[["Call"], Awaitable[None]]
H = TypeVar("H", bound=Handler)


class Call:
    """One call, in or out. `id` is the one of the CDR, the control socket and the logs; `sip_call_id` the peer's."""

    __slots__ = ("_engine", "_live")

    def __init__(self, engine: Engine, call: LiveCall) -> None:
        self._engine = engine
        self._live = call

    def __repr__(self) -> str:
        return repr(self._live)

    @property
    def id(self) -> str:
        return self._live.id

    @property
    def leg(self) -> Leg:
        """The SIP dialog and its media, for what has no word here."""
        return self._live.leg

    @property
    def sip_call_id(self) -> str:
        return self.leg.sip_call_id

    @property
    def from_(self) -> str:
        """Who calls: the user part."""
        return self._live.from_

    @property
    def to(self) -> str:
        """Who is called: the user part of the Request-URI."""
        return self._live.to

    @property
    def state(self) -> str:
        """new, calling, ringing, answered or ended."""
        return self._live.state

    @property
    def stats(self) -> LegStats:
        """Packets, loss and jitter so far (RFC 3550)."""
        return self.leg.stats()

    @property
    def end(self) -> End | None:
        """How it ended: status, q850, side, reason; None while it is up."""
        return self.leg.end

    # ------------------------------------------------------------- signalling

    def ring(self) -> None:
        """Incoming: 180."""
        self.leg.ring()

    async def answer(self) -> None:
        """Incoming: take the call. MediaError when no RTP ports are left."""
        self.leg.answer()

    def reject(self, status: int = 603) -> None:
        """Incoming: a final SIP status of 400-699."""
        self.leg.reject(status)

    def hangup(self) -> None:
        """End it, in whatever state it is; once ended: nothing."""
        self._live.hangup()

    async def answered(self) -> None:
        """Until it is answered; raises the typed CallFailed. Cancelled, it hangs up."""
        await self.leg.wait_answered()

    async def ended(self) -> End:
        """Until it is over."""
        return await self.leg.wait_ended()

    # ------------------------------------------------------------------ audio

    def play(
        self, what: Source | Sequence[Playable], loops: int = 1, *, queue: bool = False, volume_db: float = 0.0
    ) -> Playback:
        """Play a file, a clip or a list of items (core.Sound, Pause, Tone); await it for the end: True when heard out.
        `loops` 0: until stop() or hang-up. `queue`: behind what plays, not in its place."""
        return self.leg.play(what, loops, queue=queue, volume_db=volume_db)

    def dtmf(self, digits: str) -> Playback:
        """Send 0-9 A-D * #."""
        return self.leg.dtmf(digits)

    def digits(self) -> AsyncIterator[str]:
        """Digits as the far side presses them, until the call ends."""
        return self.leg.digits()

    def record(self, path: str | os.PathLike[str]) -> Recording:
        """Stereo WAV: left what the far side says, right what it hears. Await it for the result; stop() any time."""
        return self.leg.record(path)

    def echo(self, on: bool = True) -> None:
        self.leg.echo(on)

    def frames(self) -> Frames:
        """What the far side says: `async for pcm in call.frames()`, 20 ms of 16-bit PCM at 8 kHz each."""
        return self.leg.frames()

    def sink(self) -> AudioSink:
        """Audio of your own: `await sink.write(pcm)`, `sink.flush()` for barge-in."""
        return self.leg.sink()

    async def amd(self) -> AmdResult:
        """Person or machine? Begin right after the answer."""
        return await self.leg.amd()

    async def bridge(self, other: Call) -> None:
        """Join two calls; returns when either ends. The other goes on, hearing nothing: it is yours again."""
        self.leg.bridge(other.leg)
        ends = [asyncio.ensure_future(leg.wait_ended()) for leg in (self.leg, other.leg)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
            for leg in (self.leg, other.leg):
                if not leg.ended:
                    leg.unbridge()


class Engine(live.Engine):
    """The daemon's engine with a handle for your own code. `config`: Config, path of a file, or None (see live.Engine).

    `drain()` takes no new work and lets calls end. `routes` of the configuration are used when there is no handler.
    """

    def __init__(self, config: Config | str | Path | None = None) -> None:
        super().__init__(config)
        self._handler: Handler | None = None

    def incoming(self, handler: H) -> H:
        """Decorator: `handler(call)` runs as a task for each call that comes in. When it raises or returns with the
        call unanswered, the caller gets 500 or 480; a call it leaves up goes on."""
        self._handler = handler
        if self._running:
            self.core.incoming = self._incoming
        return handler

    async def _start(self) -> None:
        await super()._start()
        self.control = ControlServer(self.config.control, self)
        await self.control.start()
        self._stack.push_async_callback(self.control.stop)
        if self._handler is not None:
            self.core.incoming = self._incoming

    async def _incoming(self, leg: Leg) -> None:
        assert self._handler is not None
        call = Call(self, self.calls.incoming(leg))
        await self._handler(call)
        if leg.answered_at is None and not leg.ended:
            leg.reject(480)

    def dial(
        self,
        uri: str | None = None,
        *,
        number: str | None = None,
        trunk: str | None = None,
        caller_id: str | None = None,
        ring_timeout_s: float | None = None,
    ) -> Call:
        """Place a call and return at once: a SIP URI, or a `number` through `trunk` (None: the first that is up).

        Raises BadParams, NoRoute, TrunkDown, Capacity, RateLimited, Draining.
        """
        taken = self.trunks.pick(None if trunk is None else [trunk]) if uri is None else None
        call = self.calls.dial(number=number, uri=uri, trunk=taken, caller_id=caller_id, ring_timeout_s=ring_timeout_s)
        return Call(self, call)

    async def originate(
        self,
        uri: str | None = None,
        *,
        number: str | None = None,
        trunk: str | None = None,
        caller_id: str | None = None,
        ring_timeout_s: float | None = None,
    ) -> Call:
        """`dial()`, then wait for the answer: the answered call, or the typed CallFailed. Cancelled, it hangs up."""
        call = self.dial(uri, number=number, trunk=trunk, caller_id=caller_id, ring_timeout_s=ring_timeout_s)
        await call.answered()
        return call

    def run(self) -> None:
        """Start and serve until interrupted (Ctrl-C) or told to stop (SIGTERM), on uvloop."""
        uvloop.run(self.serve())

    async def serve(self) -> None:
        """Start and serve until SIGTERM or SIGINT: then drain; a second signal ends at once."""
        from .live.signals import until_stopped

        async with self:
            await until_stopped(self)
