"""The numbers managers steer by, from attempts and the agents' log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..schema.agent import AgentState
from ..store.agents import AgentLogRow
from ..store.attempts import AttemptRow

WORKING: tuple[AgentState, ...] = ("ready", "reserved", "talking", "wrapup")


@dataclass(slots=True)
class AgentTime:
    """Milliseconds per state of one agent."""

    agent_id: str
    talks: int = 0
    ms: dict[str, int] = field(default_factory=dict)

    def of(self, *states: AgentState) -> int:
        return sum(self.ms.get(state, 0) for state in states)


@dataclass(slots=True)
class Kpis:
    """Shares are 0.0-1.0, None where nothing was counted. Durations in ms, as means unless they say otherwise."""

    contacts: int
    contacts_reached: int  # at least one talk
    attempts: int
    dispositions: dict[str, int]
    people: int  # attempts that a person answered: talks, abandoned, gone while waiting
    talks: int
    abandoned: int
    abandon_rate: float | None  # abandoned / people (16 CFR 310.4(b)(4), 47 CFR 64.1200(a)(7))
    max_abandon: float
    hit_rate: float | None  # talks / attempts
    answer_rate: float | None  # answered by anyone or anything / attempts
    contact_rate: float | None  # contacts reached / contacts
    attempts_per_contact: float | None
    talks_per_agent_hour: float | None
    utilisation: float | None  # talk / (talk + ready), PACING's score
    occupancy: float | None  # (talk + wrap-up) / (ready + reserved + talk + wrap-up)
    aht_ms: float | None  # talk + wrap-up per talk
    talk_ms: float | None
    to_agent_ms: float | None  # person found to agent connected
    to_agent_max_ms: int | None
    amd_ms: float | None  # answer to verdict
    amd: dict[str, int]
    agents: list[AgentTime]


def agent_times(log: Sequence[AgentLogRow], from_ms: int, to_ms: int) -> list[AgentTime]:
    """Time in each state within [from_ms, to_ms], by agent, from state changes in order."""
    found: dict[str, AgentTime] = {}
    now: dict[str, AgentLogRow] = {}

    def close(row: AgentLogRow, until: int) -> None:
        spent = min(until, to_ms) - max(row.at_ms, from_ms)
        if spent > 0:
            ms = found[row.agent_id].ms
            ms[row.state] = ms.get(row.state, 0) + spent

    for row in log:
        times = found.setdefault(row.agent_id, AgentTime(row.agent_id))
        if row.state == "talking" and from_ms <= row.at_ms <= to_ms:
            times.talks += 1
        if row.agent_id in now:
            close(now[row.agent_id], row.at_ms)
        now[row.agent_id] = row
    for row in now.values():
        close(row, to_ms)
    return sorted(found.values(), key=lambda times: times.agent_id)


def share(part: float, whole: float) -> float | None:
    """part / whole, None when there is no whole."""
    return part / whole if whole else None


def mean(values: Iterable[int]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None


def compute(
    attempts: Sequence[AttemptRow],
    log: Sequence[AgentLogRow],
    contacts: int,
    max_abandon: float,
    from_ms: int,
    to_ms: int,
) -> Kpis:
    """KPIs of a campaign over [from_ms, to_ms]. `attempts` ended ones; `contacts` imported."""
    agents = agent_times(log, from_ms, to_ms)
    dispositions = Counter(attempt.disposition or "none" for attempt in attempts)
    talks = [attempt for attempt in attempts if attempt.disposition == "talked"]
    people = [attempt for attempt in attempts if attempt.human_at_ms is not None]
    reached = {attempt.contact_id for attempt in talks}
    talk, ready = (sum(times.of(state) for times in agents) for state in ("talking", "ready"))
    wrapup = sum(times.of("wrapup") for times in agents)
    working = sum(times.of(*WORKING) for times in agents)
    waits = [
        attempt.connected_at_ms - attempt.human_at_ms
        for attempt in talks
        if attempt.connected_at_ms is not None and attempt.human_at_ms is not None
    ]
    abandoned = dispositions["abandoned"]
    return Kpis(
        contacts=contacts,
        contacts_reached=len(reached),
        attempts=len(attempts),
        dispositions=dict(sorted(dispositions.items())),
        people=len(people),
        talks=len(talks),
        abandoned=abandoned,
        abandon_rate=share(abandoned, len(people)),
        max_abandon=max_abandon,
        hit_rate=share(len(talks), len(attempts)),
        answer_rate=share(sum(attempt.answered_at_ms is not None for attempt in attempts), len(attempts)),
        contact_rate=share(len(reached), contacts),
        attempts_per_contact=share(len(attempts), len({attempt.contact_id for attempt in attempts})),
        talks_per_agent_hour=share(len(talks), working / 3_600_000),
        utilisation=share(talk, talk + ready),
        occupancy=share(talk + wrapup, working),
        aht_ms=share(talk + wrapup, sum(times.talks for times in agents)),
        talk_ms=mean(attempt.talk_ms for attempt in talks),
        to_agent_ms=mean(waits),
        to_agent_max_ms=max(waits, default=None),
        amd_ms=mean(attempt.amd_ms for attempt in attempts if attempt.amd_ms is not None),
        amd=dict(Counter(attempt.amd for attempt in attempts if attempt.amd is not None)),
        agents=agents,
    )
