"""Series over time for the charts, computed from facts after the run: nothing is sampled, nothing is missed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..store.agents import AgentLogRow
from ..store.attempts import AttemptRow

POINTS = 240
CALL_STATES = ("dialing", "ringing", "detecting", "waiting", "talking")
AGENT_STATES = ("ready", "reserved", "talking", "wrapup", "paused")


@dataclass(frozen=True, slots=True)
class Series:
    """`at_s`: seconds from the start; `values`: by name, one value per instant."""

    at_s: list[float]
    values: dict[str, list[float]]


def _grid(from_ms: int, to_ms: int) -> list[int]:
    step = max(1, (to_ms - from_ms) // POINTS)
    return list(range(from_ms, to_ms + 1, step))


def _levels(intervals: Iterable[tuple[str, int, int]], names: Sequence[str], from_ms: int, to_ms: int) -> Series:
    """How many intervals of each name cover each instant of a grid. (name, begin, end), end not included."""
    grid = _grid(from_ms, to_ms)
    step = grid[1] - grid[0] if len(grid) > 1 else 1
    changes = {name: [0] * (len(grid) + 1) for name in names}
    for name, begin, end in intervals:
        if name not in changes or end <= begin:
            continue
        first = max(0, -(-(begin - from_ms) // step))
        last = max(0, -(-(end - from_ms) // step))
        changes[name][min(first, len(grid))] += 1
        changes[name][min(last, len(grid))] -= 1
    values: dict[str, list[float]] = {}
    for name, deltas in changes.items():
        level, levels = 0, []
        for delta in deltas[: len(grid)]:
            level += delta
            levels.append(float(level))
        values[name] = levels
    return Series([(at - from_ms) / 1000 for at in grid], values)


def calls_by_state(attempts: Sequence[AttemptRow], from_ms: int, to_ms: int) -> Series:
    """Attempts under way by phase."""

    def intervals() -> Iterable[tuple[str, int, int]]:
        for attempt in attempts:
            marks = [
                ("dialing", attempt.started_at_ms),
                ("ringing", attempt.ringing_at_ms),
                ("detecting", attempt.answered_at_ms),
                ("waiting", attempt.human_at_ms),
                ("talking", attempt.connected_at_ms),
                ("ended", attempt.ended_at_ms if attempt.ended_at_ms is not None else to_ms),
            ]
            known = [(name, at) for name, at in marks if at is not None]
            for (name, begin), (_, end) in pairwise(known):
                yield name, begin, end

    return _levels(intervals(), CALL_STATES, from_ms, to_ms)


def agents_by_state(log: Sequence[AgentLogRow], from_ms: int, to_ms: int) -> Series:
    """Agents by state."""

    def intervals() -> Iterable[tuple[str, int, int]]:
        now: dict[str, AgentLogRow] = {}
        for row in log:
            before = now.get(row.agent_id)
            if before is not None:
                yield before.state, before.at_ms, row.at_ms
            now[row.agent_id] = row
        for row in now.values():
            yield row.state, row.at_ms, to_ms + 1

    return _levels(intervals(), AGENT_STATES, from_ms, to_ms)


def cumulative_abandon_rate(attempts: Sequence[AttemptRow], from_ms: int, to_ms: int) -> Series:
    """Abandoned over people who answered, from the start up to each instant; 0 before the first."""
    people = sorted(
        (attempt.answered_at_ms, attempt.disposition == "abandoned")
        for attempt in attempts
        if attempt.human_at_ms is not None and attempt.answered_at_ms is not None
    )
    grid, rates, seen, lost, at = _grid(from_ms, to_ms), [], 0, 0, 0
    for instant in grid:
        while at < len(people) and people[at][0] <= instant:
            seen, lost, at = seen + 1, lost + people[at][1], at + 1
        rates.append(lost / seen if seen else 0.0)
    return Series([(instant - from_ms) / 1000 for instant in grid], {"abandon rate": rates})


def histogram(durations_ms: Sequence[int], bins: int = 12) -> list[tuple[str, int]]:
    """Durations in equal bins up to the longest: (label in seconds, count)."""
    if not durations_ms:
        return []
    width_s = max(1, -(-max(durations_ms) // (bins * 1000)))
    counts = [0] * bins
    for duration in durations_ms:
        counts[min(duration // (width_s * 1000), bins - 1)] += 1
    while counts and counts[-1] == 0:
        counts.pop()
    return [(f"{i * width_s}–{(i + 1) * width_s}", count) for i, count in enumerate(counts)]
