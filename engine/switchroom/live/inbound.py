"""Calls that come in: each follows the first route that fits. Driven by events, not by a task per call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from ..config import RouteConfig
from ..core import Core, End, Leg, LegEvent, LegEventKind
from ..errors import EngineError, NoRoute, RateLimited
from ..routing.cause import may_fail_over, refusal_status
from ..routing.route import RouteTable, trunks_of
from .call import Call
from .calls import Calls
from .trunks import Trunks

log = structlog.get_logger(__name__)

_NO_ROUTE = 404
_TOO_MANY_HOPS = 483
_NOT_ACCEPTABLE = 488
_NO_TRUNK = 503
_TEMPORARY_FAILURE = 41  # Q.850
_RINGING, _PROGRESS = 180, 183


class Inbound:
    """`Core.incoming` of the daemon."""

    def __init__(self, core: Core, calls: Calls, trunks: Trunks, routes: Sequence[RouteConfig]) -> None:
        self._core = core
        self._calls = calls
        self._trunks = trunks
        self._table = RouteTable(routes)
        for route in routes:
            if route.file is not None:
                core.clip(route.file)  # a bad file is told at start, and no call waits for the disk

    def __call__(self, leg: Leg) -> None:
        call = self._calls.incoming(leg)
        route = self._table.find(leg.ruri_user)
        call.tenant = None if route is None else route.tenant
        if route is not None and route.srtp is not None:
            leg.srtp = route.srtp
        if route is None:
            log.info("no_route", call_id=call.id, sip_call_id=leg.sip_call_id)
            leg.reject(_NO_ROUTE)
        elif route.action == "reject":
            leg.reject(route.status)
        elif not leg.acceptable:  # told before it rings anywhere
            log.info("srtp_not_agreed", call_id=call.id, sip_call_id=leg.sip_call_id, policy=leg.srtp)
            leg.reject(_NOT_ACCEPTABLE)
        else:
            _Visit(self._calls, self._trunks, call, route).begin()


class _Visit:
    """One incoming call on its route: it rings for a while, then the action."""

    __slots__ = ("_calls", "_early_media", "_outgoing", "_rest", "_timer", "_trunks", "call", "leg", "route")

    def __init__(self, calls: Calls, trunks: Trunks, call: Call, route: RouteConfig) -> None:
        self._calls = calls
        self._trunks = trunks
        self.call = call
        self.leg = call.leg
        self.route = route
        self._outgoing: Leg | None = None  # dial: the leg to the callee
        self._rest = list(trunks_of(route))  # dial: trunks not tried yet
        self._early_media = False  # dial: the caller hears the callee before the answer
        self._timer: asyncio.TimerHandle | None = None
        call.listener = self._on_event

    def begin(self) -> None:
        action: Callable[[], None] = {"echo": self._echo, "play": self._play, "dial": self._dial}[self.route.action]
        if self.route.answer_after_ms:
            self.leg.ring()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.route.answer_after_ms / 1000, self._rang, action)
        else:
            self._try(action)

    def _rang(self, action: Callable[[], None]) -> None:
        self._timer = None
        self._try(action)

    def _try(self, action: Callable[..., None], *args: LegEvent) -> None:
        """What cannot be done ends the call, and only this one."""
        try:
            action(*args)
        except (EngineError, OSError):
            log.exception("route_failed", call_id=self.call.id, route=self.route.to)
            if self.leg.answered_at is None:
                self.leg.reject(500)
            self.call.hangup(_TEMPORARY_FAILURE)

    def _on_event(self, call: Call, leg: Leg, event: LegEvent) -> None:
        if leg is self.leg:
            self._try(self._on_caller, event)
        elif leg is self._outgoing:
            self._try(self._on_callee, event)

    def _on_caller(self, event: LegEvent) -> None:
        if event.kind is LegEventKind.ENDED:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._outgoing is not None:
                end: End = event.value
                self._outgoing.hangup(end.q850 or 16)
        elif event.kind is LegEventKind.PLAYED and self.route.action == "play" and event.value.finished:
            self.leg.hangup()

    # ------------------------------------------------------------ echo and play

    def _answer(self) -> bool:
        """False when the caller has hung up, and we are about to hear of it."""
        self.leg.answer()
        if self.leg.answered_at is None:
            return False
        if self.route.record:
            self._calls.record_or_tell(self.call)
        return True

    def _echo(self) -> None:
        if self._answer():
            self.leg.echo()

    def _play(self) -> None:
        assert self.route.file is not None
        if self._answer():
            self.leg.play(self.route.file, self.route.loops)

    # --------------------------------------------------------------------- dial

    def _dial(self) -> None:
        """Through the next trunk that takes it; when none does, refuse with what the last one said."""
        hops = self.leg.max_forwards
        if hops == 0:  # a trunk that leads back to us would otherwise go round until everything is used up (RFC 7332)
            log.warning("call_loop", call_id=self.call.id, sip_call_id=self.leg.sip_call_id)
            self.leg.reject(_TOO_MANY_HOPS)
            return
        refused: EngineError | None = None
        while self._rest:
            name = self._rest.pop(0)
            try:
                trunk = self._trunks.pick([name])
                outgoing = self._trunks.dial(
                    trunk,
                    self.leg.ruri_user,
                    caller_id=self.leg.from_user,
                    prefer=self.leg.codec,  # no transcoding where the trunk has it
                    max_forwards=hops - 1,
                )
            except EngineError as error:
                log.warning("trunk_refused", call_id=self.call.id, trunk=name, error=str(error))
                refused = error
                continue
            self._outgoing = outgoing
            self._calls.add_leg(self.call, outgoing, trunk)
            return
        self._refuse(_NO_TRUNK, refused or NoRoute("the route names no trunk"))

    def _refuse(self, status: int, error: EngineError) -> None:
        headers: tuple[tuple[str, str], ...] = ()
        if isinstance(error, RateLimited):
            headers = (("Retry-After", str(max(1, round(error.data.get("retry_after_ms", 1000) / 1000)))),)
        self.leg.reject(status, headers)

    def _on_callee(self, event: LegEvent) -> None:
        outgoing = self._outgoing
        assert outgoing is not None
        if self.leg.ended:  # what the callee said meanwhile is for nobody
            return
        kind = event.kind
        if kind is LegEventKind.RINGING:
            self._on_ringing(event.value)
        elif kind is LegEventKind.EARLY_MEDIA:
            self._early_media = True
            self.leg.ring(_PROGRESS, early_media=True)
            outgoing.bridge(self.leg)
        elif kind is LegEventKind.ANSWERED:
            if self._answer():
                outgoing.bridge(self.leg)
        elif kind is LegEventKind.ENDED:
            self._on_callee_ended(outgoing, event.value)

    def _on_ringing(self, status: int) -> None:
        """As the callee says it. A 180 from us would stop the early media that a 183 has opened: phones then play their
        own tone."""
        if status != _PROGRESS:
            self.leg.ring(_RINGING)
        elif not self._early_media:
            self.leg.ring(_PROGRESS)

    def _on_callee_ended(self, outgoing: Leg, end: End) -> None:
        rang = outgoing.ringing_at is not None
        if self.leg.answered_at is not None:
            self.leg.hangup(end.q850 or 16)
        elif self._rest and may_fail_over(end.status, end.side, rang=rang):
            log.info("failover", call_id=self.call.id, status=end.status, next=self._rest[0])
            self._outgoing = None
            self._dial()
        else:
            self.leg.reject(refusal_status(end.status, rang=rang))
