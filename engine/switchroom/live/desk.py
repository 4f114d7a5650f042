"""An agent at work: the phone, the call in hand, the timers of wrap-up and redialing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from ..agents.agent import Agent
from ..core import Leg, LegEvent, LegEventKind
from ..errors import EngineError
from .call import Call
from .calls import Calls
from .clock import now_ms

if TYPE_CHECKING:
    from .agents import Agents

log = structlog.get_logger(__name__)

RING_S = 30.0
REDIAL_S = (1.0, 3.0, 10.0)
"""Pauses before a lost nailed-up phone is called again; after the last one the agent must log in anew."""


class Desk:
    """One agent. `phone` is the nailed-up call, or the agent's leg in the present call."""

    __slots__ = (
        "_agents",
        "_calls",
        "_connected",
        "_redials",
        "_timer",
        "agent",
        "attempt_id",
        "call",
        "nail",
        "on_gone",
        "phone",
        "wants_ready",
    )

    def __init__(self, agent: Agent, agents: Agents, calls: Calls, *, wants_ready: bool) -> None:
        self.agent = agent
        self._agents = agents
        self._calls = calls
        self.wants_ready = wants_ready
        self.nail: Call | None = None
        self.phone: Leg | None = None
        self.call: Call | None = None  # the customer's, while reserved or talking
        self.attempt_id: str | None = None  # of the last talk
        self.on_gone: Callable[[Desk], None] | None = None
        """The agent's side of the present call is gone; whoever reserved it ends the customer's."""
        self._connected: Callable[[bool], None] | None = None
        self._redials = 0
        self._timer: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------ nailed-up phone

    @property
    def opening(self) -> bool:
        """A nailed-up phone is being called, or will be again."""
        return self.agent.nailed_up and not self.agent.connected and (self.nail is not None or self._timer is not None)

    def open(self) -> None:
        """Logged in: call a nailed-up phone, or be ready at once without one."""
        if self.agent.nailed_up:
            self._dial_nail()
        elif self.wants_ready and self.agent.ready(now_ms()):
            self._agents.changed(self)

    def _dial_nail(self) -> None:
        self._timer = None
        if self.agent.state == "offline":
            return
        try:
            self.nail = self._calls.dial(uri=self.agent.uri, ring_timeout_s=RING_S, agent_id=self.agent.id)
        except EngineError as error:
            log.warning("agent_phone_not_called", agent_id=self.agent.id, error=str(error))
            self._nail_lost(str(error))
            return
        self.nail.listener = self._on_nail

    def _on_nail(self, call: Call, leg: Leg, event: LegEvent) -> None:
        if call is not self.nail:
            return
        if event.kind is LegEventKind.ANSWERED:
            self.phone = leg
            self._redials = 0
            self.agent.connected = True
            if self.wants_ready and self.agent.state == "paused":
                self.agent.ready(now_ms())
            self._agents.changed(self, "phone connected")
        elif event.kind is LegEventKind.SILENT:
            log.warning("agent_phone_silent", agent_id=self.agent.id, silent_ms=event.value)
            call.hangup(41)  # Q.850: temporary failure. A phone that died sends no BYE
        elif event.kind is LegEventKind.ENDED:
            self._nail_lost(f"phone: {event.value.reason or event.value.side}")

    def _nail_lost(self, reason: str) -> None:
        self._cancel_timer()
        self.nail = self.phone = None
        before = self.agent.state
        self.agent.lost(reason, now_ms())
        if before != "offline":
            self._agents.changed(self, reason)
            if self._redials < len(REDIAL_S):
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(REDIAL_S[self._redials], self._dial_nail)
                self._redials += 1
        if before in ("reserved", "talking"):
            self._gone()

    def close(self) -> None:
        """Hang the phone up and forget all timers."""
        self._cancel_timer()
        nail, self.nail = self.nail, None
        if nail is not None:
            nail.hangup()
        elif self.phone is not None:
            self.phone.hangup()
        self.phone = None
        self.agent.connected = False

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # ------------------------------------------------------------- the call in hand

    def connect(self, call: Call, attempt_id: str, done: Callable[[bool], None]) -> None:
        """Join the reserved agent with an answered customer. `done(True)` at once for a nailed-up phone, else when the
        agent's phone answers; `done(False)` when it does not."""
        self.call, self.attempt_id = call, attempt_id
        if self.agent.nailed_up:
            assert self.phone is not None
            self._join(done)
            return
        try:
            leg = self._calls.dial_leg(call, self.agent.uri, ring_timeout_s=RING_S)
        except EngineError as error:
            log.warning("agent_phone_not_called", agent_id=self.agent.id, error=str(error))
            done(False)
            return
        self.phone = leg
        self._connected = done

    def on_leg(self, leg: Leg, event: LegEvent) -> None:
        """Events of the agent's own leg in the customer's call; the owner of the call passes them on."""
        if leg is not self.phone:
            return
        done, kind = self._connected, event.kind
        if kind is LegEventKind.ANSWERED and done is not None:
            self._connected = None
            self._join(done)
        elif kind is LegEventKind.ENDED:
            self.phone = self._connected = None
            if done is not None:
                done(False)
            else:
                self._gone()

    def _join(self, done: Callable[[bool], None]) -> None:
        assert self.call is not None
        assert self.phone is not None
        try:
            self.phone.bridge(self.call.leg)
        except EngineError as error:
            log.warning("agent_not_bridged", agent_id=self.agent.id, call_id=self.call.id, error=str(error))
            done(False)
            return
        self.agent.talk(now_ms())
        self._agents.changed(self)
        done(True)

    def _gone(self) -> None:
        if self.on_gone is not None:
            self.on_gone(self)

    def release(self, wrapup_ms: int) -> None:
        """The customer's call is over, or did not come to a talk. Idempotent."""
        self.call = self.on_gone = self._connected = None
        agent = self.agent
        if not agent.nailed_up:
            phone, self.phone = self.phone, None
            if phone is not None:
                phone.hangup()
        elif self.phone is not None:
            self.phone.unbridge()
        held: str = agent.state
        if held == "reserved":
            agent.unreserve(now_ms())
        elif held == "talking":
            agent.end_talk(wrapup_ms, now_ms())
        else:
            return
        self._agents.changed(self)
        self._after_release()

    def _after_release(self) -> None:
        agent = self.agent
        if agent.wrapup_until_ms is not None:
            delay_s = max(0.0, (agent.wrapup_until_ms - now_ms()) / 1000)
            self._cancel_timer()
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._wrapup_over)
        elif agent.state == "offline":
            self.close()

    def _wrapup_over(self) -> None:
        self._timer = None
        if self.agent.end_wrapup(now_ms()):
            self._agents.changed(self)

    def rested(self) -> None:
        """Wrap-up ended before its time."""
        if self.agent.connected or not self.agent.nailed_up:
            self._cancel_timer()
