"""Chance that more people want an agent than agents are free: the tail of a Poisson-binomial distribution.

Each call in progress answers in time, or not; each busy agent becomes free in time, or not: independent coins with
their own probabilities. Exact convolution for small teams, a refined normal approximation for large ones.
"""

from __future__ import annotations

import math

EXACT_COINS = 32


class Coins:
    """A sum of independent coins, to which coins are added. `at_least(k)`: probability that k or more show heads."""

    __slots__ = ("_mass", "_room", "count", "mean", "third", "variance")

    def __init__(self, room: int, exact: bool) -> None:
        """`room`: largest k that will be asked for. `exact`: convolve; else only moments are kept."""
        self._room = max(0, room)
        self._mass: list[float] | None = [1.0] if exact else None  # P(sum = i) for i < room
        self.count = 0
        self.mean = self.variance = self.third = 0.0

    def add(self, p: float) -> None:
        """One coin."""
        self.count += 1
        q = p * (1.0 - p)
        self.mean += p
        self.variance += q
        self.third += q * (1.0 - 2.0 * p)
        mass = self._mass
        if mass is None or p <= 0.0:
            return
        stay = 1.0 - p
        carried = 0.0
        for index, value in enumerate(mass):
            mass[index] = value * stay + carried
            carried = value * p
        if len(mass) < self._room:
            mass.append(carried)

    def add_many(self, p: float, count: int) -> None:
        """`count` alike coins."""
        if self._mass is not None:
            for _ in range(count):
                self.add(p)
            return
        q = p * (1.0 - p) * count
        self.count += count
        self.mean += p * count
        self.variance += q
        self.third += q * (1.0 - 2.0 * p)

    def at_least(self, k: int, doubt: float = 0.0) -> float:
        """P(sum >= k). `doubt`: extra variance for what is not known well (normal approximation only)."""
        if k <= 0:
            return 1.0
        if k > self.count:
            return 0.0
        if self._mass is not None and k <= self._room:
            return max(0.0, 1.0 - math.fsum(self._mass[:k]))
        return _normal_tail(k, self.mean, self.variance + doubt, self.third)


def _normal_tail(k: int, mean: float, variance: float, third: float) -> float:
    """P(sum >= k) by the normal distribution with continuity and skewness corrected.

    Source: Volkova 1996, "A refinement of the central limit theorem for sums of independent random indicators".
    """
    if variance < 1e-9:
        return 1.0 if mean >= k - 0.5 else 0.0
    sigma = math.sqrt(variance)
    x = (k - 0.5 - mean) / sigma
    skew = third / (variance * sigma)
    below = 0.5 * math.erfc(-x / math.sqrt(2.0))
    below += skew * (1.0 - x * x) * math.exp(-0.5 * x * x) / (6.0 * math.sqrt(2.0 * math.pi))
    return min(1.0, max(0.0, 1.0 - below))
