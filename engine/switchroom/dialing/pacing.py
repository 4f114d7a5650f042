"""How many calls to launch now: the interface of pacers, and the progressive one.

Times are seconds on the campaign's clock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..schema.agent import AgentState
from .attempt import Attempt, Phase


@dataclass(slots=True)
class AgentView:
    """An agent who works for the campaign. `share`: of its time, when it serves several campaigns. `leaving`: will
    pause or log out after the present call."""

    state: AgentState
    since: float
    share: float = 1.0
    leaving: bool = False


class Budget(Protocol):
    """A window that the law looks at: people who answered in it, and how many of them found no agent."""

    @property
    def people(self) -> int: ...

    @property
    def abandoned(self) -> int: ...


@dataclass(slots=True)
class Situation:
    """All that a pacer may look at. `attempts`: those in progress. `room`: most launches that limits leave."""

    now: float
    agents: Sequence[AgentView]
    attempts: Collection[Attempt]
    room: int
    max_abandon: float = 0.03
    max_lines_per_agent: float = 5.0
    budgets: Sequence[Budget] = ()


@dataclass(slots=True)
class Decision:
    """`launch` calls, and why. `overflow`: chance that one more call would find no agent. `overflows`: per
    launched call, the chance that was allowed for it (`Attempt.predicted_overflow`)."""

    launch: int = 0
    agents_ready: int = 0
    agents_total: int = 0
    in_progress: int = 0
    answer_rate: float = 0.0
    expected_answers: float = 0.0
    expected_free: float = 0.0
    overflow: float = 0.0
    overflows: list[float] = field(default_factory=list)
    why: str = ""


class Pacer(Protocol):
    """Decides on launches; is told what happened, so that it can learn."""

    def decide(self, situation: Situation) -> Decision:
        """How many calls to launch now. Costs well under a millisecond: it runs at every event."""

    def call_moved(self, attempt: Attempt, left: Phase, now: float) -> None:
        """`attempt` left phase `left` for `attempt.phase`."""

    def person_decided(self, attempt: Attempt, abandoned: bool) -> None:
        """A person was connected, or gone within the limit (False), or abandoned (True)."""

    def talk_ended(self, seconds: float) -> None:
        """An agent's talk is over."""

    def wrapup_ended(self, seconds: float) -> None:
        """An agent's wrap-up is over."""


#: Phases in which a call may still need an agent.
PENDING = frozenset({Phase.DIALING, Phase.RINGING, Phase.DETECTING, Phase.WAITING})


class ProgressivePacer:
    """One call per ready agent: nobody is abandoned unless an agent leaves meanwhile; agents wait through the rings."""

    def decide(self, situation: Situation) -> Decision:
        ready = sum(agent.state == "ready" for agent in situation.agents)
        pending = sum(attempt.phase in PENDING for attempt in situation.attempts)
        launch = max(0, min(ready - pending, situation.room))
        return Decision(
            launch=launch,
            agents_ready=ready,
            agents_total=len(situation.agents),
            in_progress=pending,
            expected_free=float(ready),
            overflows=[0.0] * launch,
            why=f"one call per ready agent: {ready} ready, {pending} in progress, room for {situation.room}",
        )

    def call_moved(self, attempt: Attempt, left: Phase, now: float) -> None:
        """Learns nothing."""

    def person_decided(self, attempt: Attempt, abandoned: bool) -> None:
        """Learns nothing."""

    def talk_ended(self, seconds: float) -> None:
        """Learns nothing."""

    def wrapup_ended(self, seconds: float) -> None:
        """Learns nothing."""
