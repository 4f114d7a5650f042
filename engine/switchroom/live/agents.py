"""The agents who are logged in: their phones, their states as facts, and who takes the next call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import structlog

from ..agents.agent import Agent, longest_idle
from ..core import Leg
from ..errors import EngineError, NotFound, WrongState
from ..schema._base import ById
from ..schema.agent import AgentInfo, AgentPage, ListAgents, Login, Logout, PauseAgent, Ready, WrapupDone
from ..store import Committed, EventDraft
from ..store.agents import AgentLogRow, LogAgent
from ..store.attempts import SetAgentDisposition
from .call import Call
from .calls import Calls
from .clock import now_ms
from .desk import Desk
from .events import Events

log = structlog.get_logger(__name__)


class Agents:
    """All agents by id; those offline are remembered until they log in anew. Loop thread only."""

    def __init__(self, calls: Calls, events: Events) -> None:
        self._calls = calls
        self._events = events
        self._desks: dict[str, Desk] = {}
        self.on_change: list[Callable[[Agent], None]] = []
        """Hear of every change of state, after it: pacing decides at once."""
        self._stopping = False

    def __iter__(self) -> Iterator[Agent]:
        return (desk.agent for desk in self._desks.values())

    async def stop(self) -> None:
        """Everybody goes home: phones are hung up."""
        self._stopping = True
        for desk in self._desks.values():
            desk.close()

    def holds(self, call: Call) -> bool:
        """Is it a nailed-up phone, held open for the shift?"""
        return call.agent_id is not None and (desk := self._desks.get(call.agent_id)) is not None and desk.nail is call

    # -------------------------------------------------------------- for supervisors

    def is_phone(self, leg: Leg) -> bool:
        """Is it the phone of somebody logged in?"""
        return any(desk.phone is leg for desk in self._desks.values())

    def spare_phone(self, agent_id: str) -> Leg | None:
        """The nailed-up phone of an agent who takes no calls just now; None: call `phone_uri()`. WrongState when a call
        may come any time, NotFound."""
        desk = self._named(agent_id)
        if desk.agent.state not in ("paused", "offline"):
            raise WrongState(
                f"agent {agent_id} is {desk.agent.state}: pause first, or a call comes in between",
                state=desk.agent.state,
            )
        return desk.phone if desk.agent.nailed_up and desk.agent.connected else None

    def phone_uri(self, agent_id: str) -> str:
        return self._named(agent_id).agent.uri

    # -------------------------------------------------------------- for the dialer

    def reserve(self, campaign_id: str, call_id: str) -> Desk | None:
        """Take the agent who has been ready the longest for a call; None: nobody is."""
        agent = longest_idle(self, campaign_id)
        if agent is None:
            return None
        agent.reserve(call_id, campaign_id, now_ms())
        desk = self._desks[agent.id]
        self.changed(desk)
        return desk

    # -------------------------------------------------------------------- changes

    def changed(self, desk: Desk, reason: str | None = None) -> None:
        """Commit the state an agent has just entered, tell it, and let pacing know."""
        agent = desk.agent
        row = AgentLogRow(agent.since_ms, agent.id, agent.state, agent.campaign_id, agent.call_id, reason)
        data = {
            "state": agent.state,
            "since_ms": agent.since_ms,
            "connected": agent.connected,
            "reason": reason or agent.pause_reason,
        }
        event = EventDraft("agent.state", data, call_id=agent.call_id, campaign_id=agent.campaign_id, agent_id=agent.id)
        self._events.commit([LogAgent(row)], [event]).add_done_callback(_log_failure)
        for listener in tuple(self.on_change):
            listener(agent)

    # -------------------------------------------------------------- control socket

    def login(self, req: Login) -> AgentInfo:
        """Offline to paused, or to ready once the phone is there. A nailed-up phone is called now."""
        known = self._desks.get(req.id)
        if known is not None and known.agent.state != "offline":
            raise WrongState(
                f"agent {req.id} is logged in already, as {known.agent.state}; log out first", state=known.agent.state
            )
        agent = Agent(
            req.id,
            req.name or req.id,
            req.uri,
            nailed_up=req.nailed_up,
            campaigns=req.campaigns,
            wrapup_ms=req.wrapup_ms,
        )
        desk = Desk(agent, self, self._calls, wants_ready=req.ready)
        agent.login(now_ms())
        self._desks[req.id] = desk
        self.changed(desk)
        desk.open()
        return self._info(desk)

    def ready(self, req: Ready) -> AgentInfo:
        """Take calls from now on; with a nailed-up phone that is still ringing: as soon as it is answered."""
        desk = self._named(req.id)
        agent = desk.agent
        if agent.state == "paused" and agent.nailed_up and not agent.connected and desk.opening:
            desk.wants_ready = True
            return self._info(desk)
        desk.wants_ready = True
        before = agent.state
        if agent.ready(now_ms()) and agent.state != before:
            desk.rested()
            self.changed(desk)
        return self._info(desk)

    def pause(self, req: PauseAgent) -> AgentInfo:
        """No more calls: at once when idle, else after the present one's wrap-up."""
        desk = self._named(req.id)
        desk.wants_ready = False
        before = desk.agent.state
        if desk.agent.pause(req.reason, now_ms()) and desk.agent.state != before:
            self.changed(desk)
        return self._info(desk)

    def logout(self, req: Logout) -> AgentInfo:
        """Offline at once, or after the talk in progress; the phone is hung up then."""
        desk = self._named(req.id)
        desk.wants_ready = False
        was = desk.agent.state
        if desk.agent.logout(now_ms()) and was != "offline":
            self.changed(desk)
            desk.close()
        return self._info(desk)

    async def wrapup_done(self, req: WrapupDone) -> AgentInfo:
        """End wrap-up; the agent's word for the talk is kept with the attempt."""
        desk = self._named(req.id)
        if req.disposition is not None:
            if desk.attempt_id is None:
                raise WrongState(f"agent {req.id} has had no talk of a campaign to give a disposition to")
            event = EventDraft(
                "attempt.disposed",
                {"attempt_id": desk.attempt_id, "disposition": req.disposition, "note": req.note},
                agent_id=req.id,
            )
            await self._events.commit([SetAgentDisposition(desk.attempt_id, req.disposition)], [event])
        if desk.agent.end_wrapup(now_ms()):
            desk.rested()
            self.changed(desk)
        return self._info(desk)

    def get(self, req: ById) -> AgentInfo:
        return self._info(self._named(req.id))

    def list(self, req: ListAgents) -> AgentPage:
        ids = sorted(
            id_
            for id_, desk in self._desks.items()
            if id_ > (req.after or "") and (req.state is None or desk.agent.state == req.state)
        )
        page = ids[: req.limit]
        return AgentPage(
            items=tuple(self._info(self._desks[id_]) for id_ in page),
            next=page[-1] if len(ids) > req.limit else None,
            as_of=self._events.store.head_id,
        )

    def _info(self, desk: Desk) -> AgentInfo:
        return desk.agent.info(now_ms(), self._events.store.head_id)

    def _named(self, id_: str) -> Desk:
        desk = self._desks.get(id_)
        if desk is None:
            raise NotFound(f"no agent {id_} has logged in", id=id_)
        return desk


def _log_failure(done: asyncio.Future[Committed]) -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        if not isinstance(error, EngineError):
            raise error
        log.error("agent_state_not_stored", error=str(error))
