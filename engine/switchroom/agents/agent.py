"""One agent: a state machine with the time spent in each state, and the choice of who takes the next call.

    offline -> paused/ready -> reserved -> talking -> wrapup -> ready
                    ^------------------------------------|  (or paused, when a pause was asked for)

Times are milliseconds since 1970 UTC, handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..errors import WrongState
from ..schema.agent import AgentInfo, AgentState

_BUSY: tuple[AgentState, ...] = ("reserved", "talking", "wrapup")


@dataclass(slots=True)
class Agent:
    """`campaigns` empty: works for all. `wrapup_ms` None: the campaign's. `connected`: the nailed-up call is open."""

    id: str
    name: str
    uri: str
    nailed_up: bool = True
    campaigns: tuple[str, ...] = ()
    wrapup_ms: int | None = None
    state: AgentState = "offline"
    since_ms: int = 0
    connected: bool = False
    call_id: str | None = None
    campaign_id: str | None = None
    pause_reason: str | None = None
    pausing: bool = False
    leaving: bool = False
    wrapup_until_ms: int | None = None
    talks: int = 0
    version: int = 0
    spent_ms: dict[AgentState, int] = field(default_factory=dict)

    def _enter(self, state: AgentState, now_ms: int) -> None:
        if self.state != "offline":
            spent = max(0, now_ms - self.since_ms)
            self.spent_ms[self.state] = self.spent_ms.get(self.state, 0) + spent
        self.state = state
        self.since_ms = now_ms
        self.version += 1
        if state not in _BUSY:
            self.call_id = self.campaign_id = None
        if state != "wrapup":
            self.wrapup_until_ms = None

    def _must_be(self, what: str, *allowed: AgentState) -> None:
        if self.state not in allowed:
            raise WrongState(
                f"agent {self.id} is {self.state}, {what} is possible only while {' or '.join(allowed)}",
                state=self.state,
            )

    def login(self, now_ms: int) -> None:
        """Offline to paused; `ready` makes it take calls."""
        self._must_be("login", "offline")
        self.pausing = self.leaving = False
        self.pause_reason = None
        self._enter("paused", now_ms)

    def ready(self, now_ms: int) -> bool:
        """Take calls: from paused at once, from wrap-up by ending it; during a call it takes back a pause asked for.

        False when there was nothing to change. Raises WrongState while offline, or nailed up without its call.
        """
        if self.state == "offline":
            raise WrongState(f"agent {self.id} is offline; log in first", state=self.state)
        if self.nailed_up and not self.connected:
            raise WrongState(
                f"agent {self.id}: the call to {self.uri} is not open; log in again to have it called",
                state=self.state,
            )
        taken_back = self.pausing
        self.pausing, self.pause_reason = False, None
        if self.state in {"paused", "wrapup"}:
            self._enter("ready", now_ms)
            return True
        return taken_back

    def pause(self, reason: str | None, now_ms: int) -> bool:
        """No more calls: at once when idle, else after the present call's wrap-up. False: was paused already."""
        if self.state == "offline":
            raise WrongState(f"agent {self.id} is offline; there is nothing to pause", state=self.state)
        if self.state == "paused":
            self.pause_reason = reason
            return False
        self.pause_reason = reason
        if self.state == "ready":
            self._enter("paused", now_ms)
        else:
            self.pausing = True
        return True

    def reserve(self, call_id: str, campaign_id: str | None, now_ms: int) -> None:
        """Chosen for a call that is being connected."""
        self._must_be("reserving", "ready")
        self._enter("reserved", now_ms)
        self.call_id, self.campaign_id = call_id, campaign_id

    def unreserve(self, now_ms: int) -> None:
        """The call went away before they were connected."""
        self._must_be("releasing", "reserved")
        self._rest(now_ms)

    def talk(self, now_ms: int) -> None:
        self._must_be("talking", "reserved")
        self._enter("talking", now_ms)
        self.talks += 1

    def end_talk(self, wrapup_ms: int, now_ms: int) -> None:
        """The talk is over; `wrapup_ms` is the campaign's, used unless the agent has one of its own. 0: no wrap-up."""
        self._must_be("ending a talk", "talking")
        span = self.wrapup_ms if self.wrapup_ms is not None else wrapup_ms
        if self.leaving or span == 0:
            self._rest(now_ms)
            return
        self._enter("wrapup", now_ms)
        self.wrapup_until_ms = now_ms + span

    def end_wrapup(self, now_ms: int) -> bool:
        """By the agent or by its deadline. False when not in wrap-up."""
        if self.state != "wrapup":
            return False
        self._rest(now_ms)
        return True

    def _rest(self, now_ms: int) -> None:
        """Nothing to do any more: ready, unless a pause, a logout or a lost call stands against it."""
        if self.leaving:
            self._enter("offline", now_ms)
        elif self.pausing or (self.nailed_up and not self.connected):
            self.pausing = False
            self._enter("paused", now_ms)
        else:
            self._enter("ready", now_ms)

    def lost(self, reason: str, now_ms: int) -> None:
        """The nailed-up call is gone: no calls until it is open again. A talk in progress is ended by its owner."""
        self.connected = False
        if self.state in {"ready", "wrapup"}:
            self._enter("paused", now_ms)
            self.pause_reason = reason
        elif self.state in {"reserved", "talking"}:
            self.pausing = True
            self.pause_reason = reason

    def logout(self, now_ms: int) -> bool:
        """Offline: at once unless a call is being connected or talked. False when it will be later."""
        if self.state in {"reserved", "talking"}:
            self.leaving = True
            return False
        if self.state != "offline":
            self._enter("offline", now_ms)
        return True

    def serves(self, campaign_id: str) -> bool:
        return not self.campaigns or campaign_id in self.campaigns

    def total_ms(self, state: AgentState, now_ms: int) -> int:
        """Time spent in `state` since login, the present stay included."""
        current = now_ms - self.since_ms if self.state == state and state != "offline" else 0
        return self.spent_ms.get(state, 0) + max(0, current)

    def info(self, now_ms: int, last_event_id: int = 0) -> AgentInfo:
        """As the control socket shows it."""
        return AgentInfo(
            id=self.id,
            name=self.name,
            uri=self.uri,
            state=self.state,
            since_ms=self.since_ms,
            nailed_up=self.nailed_up,
            connected=self.connected,
            campaigns=self.campaigns,
            call_id=self.call_id,
            pause_reason=self.pause_reason,
            pausing=self.pausing,
            talks=self.talks,
            talk_ms=self.total_ms("talking", now_ms),
            ready_ms=self.total_ms("ready", now_ms),
            wrapup_ms=self.total_ms("wrapup", now_ms),
            paused_ms=self.total_ms("paused", now_ms),
            version=self.version,
            last_event_id=last_event_id,
        )


def longest_idle(agents: Iterable[Agent], campaign_id: str) -> Agent | None:
    """Who takes the next call of that campaign: ready the longest; among equals the first by id. None: nobody."""
    best: Agent | None = None
    for agent in ready_for(agents, campaign_id):
        if best is None or (agent.since_ms, agent.id) < (best.since_ms, best.id):
            best = agent
    return best


def ready_for(agents: Iterable[Agent], campaign_id: str) -> Iterator[Agent]:
    """Agents who could take a call of that campaign now."""
    for agent in agents:
        if agent.state == "ready" and agent.serves(campaign_id):
            yield agent
