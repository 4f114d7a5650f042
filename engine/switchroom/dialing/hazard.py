"""What has been seen of answers and talks: how soon a call of some age is answered, an agent of some age free.

Ages fall into bins of half a second. Calls leave a phase by an answer or otherwise (busy, refused, timeout): competing
risks, estimated as events over calls at risk (Aalen-Johansen). Old observations fade, so that the day may drift.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable

BIN_S = 0.5
_LN2 = math.log(2.0)


class AnswerCurve:
    """One phase of calls: incidence of answers and of other ends by age.

    `prior`: an assumed (share answered, mean seconds), weighing `weight` calls until real ones outnumber it.
    """

    def __init__(self, prior: tuple[float, float], weight: float, bins: int = 240, memory: float = 1_500.0) -> None:
        self._bins = bins
        self._memory = memory
        self._answers = [0.0] * bins
        self._others = [0.0] * bins
        self._seen = 0.0
        share, mean_s = prior
        first = max(1, int(0.2 * mean_s / BIN_S))
        last = min(bins - 2, max(first, int(1.8 * mean_s / BIN_S)))
        for index in range(first, last + 1):
            self._answers[index] += weight * share / (last - first + 1)
        self._others[min(bins - 1, last + 1)] += weight * (1.0 - share)
        self._seen += weight
        self.survival: list[float] = []
        self.incidence: list[float] = []  # P(answered by the end of bin i), from age 0
        self._due: list[float] = []
        self.answers = 0.0
        self.rebuild()

    def _bin(self, age_s: float) -> int:
        return min(self._bins - 1, max(0, int(age_s / BIN_S)))

    def add(self, age_s: float, answered: bool) -> None:
        """A call left the phase at that age."""
        index = self._bin(age_s)
        (self._answers if answered else self._others)[index] += 1.0
        self._seen += 1.0
        if self._seen > self._memory:
            self._fade(0.5)

    def _fade(self, factor: float) -> None:
        self._answers = [value * factor for value in self._answers]
        self._others = [value * factor for value in self._others]
        self._seen *= factor

    def rebuild(self, ages: Iterable[float] = ()) -> None:
        """Recompute the curves. `ages`: of calls still in the phase (censored: without them the quick ones, which are
        over first, would pass for all). A quarter of a millisecond, so about once a second."""
        censored = [0] * self._bins
        at_risk = self._seen
        for age_s in ages:
            censored[self._bin(age_s)] += 1
            at_risk += 1.0
        alive, answered = 1.0, 0.0
        due = 0.0
        self.survival, self.incidence, self._due = [1.0], [0.0], [0.0]
        self.answers = math.fsum(self._answers)
        for answers, others, still in zip(self._answers, self._others, censored, strict=True):
            if at_risk > 1e-6:
                due += answers / at_risk
                answered += alive * answers / at_risk
                alive *= max(0.0, 1.0 - (answers + others) / at_risk)
                at_risk -= answers + others + still
            self.survival.append(alive)
            self.incidence.append(answered)
            self._due.append(due)

    @property
    def share(self) -> float:
        """Of calls entering the phase, how many are answered in the end."""
        return self.incidence[-1]

    def within(self, age_s: float, more_s: float) -> float:
        """P(answered within `more_s` from now | in the phase at `age_s`)."""
        if more_s <= 0.0:
            return 0.0
        low = self._at(self.incidence, age_s)
        alive = self._at(self.survival, age_s)
        if alive <= 1e-6:
            return 0.0
        return min(1.0, max(0.0, (self._at(self.incidence, age_s + more_s) - low) / alive))

    def _at(self, curve: list[float], age_s: float) -> float:
        """Linear between bin borders."""
        position = age_s / BIN_S
        index = int(position)
        if index >= self._bins:
            return curve[-1]
        return curve[index] + (curve[index + 1] - curve[index]) * (position - index)

    def due(self, age_s: float) -> float:
        """Answers that a call of that age has been due so far: its cumulative hazard (compensator)."""
        return self._at(self._due, age_s)

    def quantiles(self, shares: tuple[float, ...]) -> list[float]:
        """Ages by which these shares of the answers have come."""
        whole = self.incidence[-1]
        found = []
        for share in shares:
            index = bisect_left(self.incidence, whole * share)
            found.append(min(self._bins, max(0, index)) * BIN_S)
        return found


class Durations:
    """How long does something last that has lasted so long already? A life table with ends over time at risk.

    `prior_s`: mean of an exponential guess that weighs `weight` observations at every age.
    """

    def __init__(self, prior_s: float, weight: float, bin_s: float, bins: int = 300, memory: float = 500.0) -> None:
        self._guess = bin_s / max(0.1, prior_s)  # hazard per bin
        self._weight = weight
        self._bin_s = bin_s
        self._bins = bins
        self._memory = memory
        self._ends = [0.0] * bins
        self._beyond = 0.0  # lasted longer than the table
        self._seen = 0.0
        self.hazard: list[float] = []  # cumulative, at the start of each bin
        self.median_s = 0.0
        self.rebuild()

    def add(self, seconds: float) -> None:
        """One is over."""
        index = int(seconds / self._bin_s)
        if index < self._bins:
            self._ends[index] += 1.0
        else:
            self._beyond += 1.0
        self._seen += 1.0
        if self._seen > self._memory:
            self._ends = [count * 0.5 for count in self._ends]
            self._beyond *= 0.5
            self._seen *= 0.5

    def rebuild(self, ages: Iterable[float] = ()) -> None:
        """Recompute. `ages`: of those that still last (censored)."""
        censored = [0] * self._bins
        at_risk = self._seen
        for age_s in ages:
            censored[min(self._bins - 1, max(0, int(age_s / self._bin_s)))] += 1
            at_risk += 1.0
        total, self.hazard = 0.0, [0.0]
        self.median_s = self._bins * self._bin_s
        for index, (ends, still) in enumerate(zip(self._ends, censored, strict=True)):
            total += (ends + self._weight * self._guess) / (max(0.0, at_risk - 0.5 * (ends + still)) + self._weight)
            at_risk -= ends + still
            self.hazard.append(total)
            if total < _LN2:
                self.median_s = (index + 1) * self._bin_s

    def within(self, age_s: float, more_s: float) -> float:
        """P(over within `more_s` | lasts since `age_s`)."""
        if more_s <= 0.0:
            return 0.0
        return -math.expm1(self._at(age_s) - self._at(age_s + more_s))

    def _at(self, age_s: float) -> float:
        position = age_s / self._bin_s
        index = int(position)
        if index >= self._bins:
            return self.hazard[-1] + (position - self._bins) * self._guess
        return self.hazard[index] + (self.hazard[index + 1] - self.hazard[index]) * (position - index)


class Scale:
    """How much more (or less) is answered now than the curve says: (observed + k) / (expected + k), over about the
    last `span` expected answers, and over a short span to notice a sudden change.

    What is expected must be entered as calls grow older, not when they end: of a burst the answers come first.
    """

    def __init__(self, span: float = 20.0, short: float = 6.0, k: float = 4.0) -> None:
        self._k = k
        self._spans = (span, short)
        self._observed = [0.0, 0.0]
        self._expected = [0.0, 0.0]

    def expect(self, answers: float) -> None:
        """So many more answers were due."""
        for index, span in enumerate(self._spans):
            keep = math.exp(-answers / span)
            self._observed[index] *= keep
            self._expected[index] = self._expected[index] * keep + answers

    def observe(self) -> None:
        """One came."""
        for index in range(len(self._spans)):
            self._observed[index] += 1.0

    @property
    def value(self) -> float:
        """The long window, unless the short one differs by more than chance: then the short one."""
        slow, fast = (
            (observed + self._k) / (expected + self._k)
            for observed, expected in zip(self._observed, self._expected, strict=True)
        )
        spread = 2.0 / math.sqrt(self._expected[1] + self._k)
        chosen = fast if fast > slow * (1.0 + spread) or fast < slow * (1.0 - spread) else slow
        return min(4.0, max(0.25, chosen))
