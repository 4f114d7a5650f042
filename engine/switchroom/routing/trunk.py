"""One trunk's health and limits, and the choice among several. Times are seconds, on any steadily rising clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ..config import TrunkConfig
from ..errors import Capacity, EngineError, NoRoute, RateLimited, TrunkDown

MISSES_TO_DOWN = 2
"""One lost OPTIONS is a lost packet, two in a row (each retransmitted for 32 s by SIP) are a dead trunk."""
BURST_S = 0.1
"""How much of a second's calls may go at once; at least one."""


class Refusal(Enum):
    """Why a trunk takes no call now."""

    DISABLED = "disabled"
    DOWN = "down"
    MAX_CALLS = "max_calls"
    MAX_CPS = "max_cps"


@dataclass(slots=True)
class TrunkState:
    """Counts `calls` (now), `calls_total`, `failures_total` (ended by the trunk's fault). Healthy until OPTIONS says
    otherwise: a new daemon must not wait for its first probe."""

    config: TrunkConfig
    enabled: bool = True
    healthy: bool = True
    misses: int = 0
    last_status: int = 0
    calls: int = 0
    calls_total: int = 0
    failures_total: int = 0
    tokens: float = 1.0
    refilled_at: float | None = None

    @property
    def up(self) -> bool:
        return self.enabled and self.healthy

    def probed(self, status: int) -> bool:
        """Note the outcome of an OPTIONS; True when health changed. Any answer but 408 and 503 shows a live peer."""
        before = self.healthy
        self.last_status = status
        if status in (408, 503):
            self.misses += 1
            if self.misses >= MISSES_TO_DOWN:
                self.healthy = False
        else:
            self.misses = 0
            self.healthy = True
        return self.healthy != before

    def refusal(self, now: float) -> Refusal | None:
        """Why no call can go now; None when one can."""
        if not self.enabled:
            return Refusal.DISABLED
        if not self.healthy:
            return Refusal.DOWN
        if self.calls >= self.config.max_calls:
            return Refusal.MAX_CALLS
        self._refill(now)
        return Refusal.MAX_CPS if self.tokens < 1.0 else None

    def _refill(self, now: float) -> None:
        burst = max(1.0, self.config.max_cps * BURST_S)
        if self.refilled_at is None:
            self.tokens = burst
        else:
            self.tokens = min(burst, self.tokens + max(0.0, now - self.refilled_at) * self.config.max_cps)
        self.refilled_at = now

    def take(self, now: float) -> Refusal | None:
        """Count one call, or say why not. Each one taken is given back by release()."""
        refusal = self.refusal(now)
        if refusal is None:
            self.tokens -= 1.0
            self.calls += 1
            self.calls_total += 1
        return refusal

    def release(self, *, failed: bool = False) -> None:
        """A call of this trunk has ended; `failed`: by the trunk's fault."""
        self.calls -= 1
        self.failures_total += failed

    def wait_ms(self) -> int:
        """Until max_cps allows one more call."""
        return max(1, round((1.0 - self.tokens) / self.config.max_cps * 1000))


def pick(trunks: Sequence[TrunkState], now: float) -> TrunkState:
    """Take a call on the first of `trunks` that can carry it.

    NoRoute when there are none; else the error of the trunk that is nearest to taking it: RateLimited (with
    `retry_after_ms`), Capacity, TrunkDown.
    """
    refusals: dict[Refusal, TrunkState] = {}
    for trunk in trunks:
        refusal = trunk.take(now)
        if refusal is None:
            return trunk
        refusals.setdefault(refusal, trunk)
    raise _refused(refusals)


def _refused(refusals: dict[Refusal, TrunkState]) -> EngineError:
    names = ", ".join(sorted(trunk.config.name for trunk in refusals.values()))
    if trunk := refusals.get(Refusal.MAX_CPS):
        limit = trunk.config.max_cps
        text = f"trunk {trunk.config.name}: {limit:g} calls per second (max_cps) are used up"
        return RateLimited(text, limit=limit, retry_after_ms=trunk.wait_ms())
    if trunk := refusals.get(Refusal.MAX_CALLS):
        limit = trunk.config.max_calls
        return Capacity(f"trunk {trunk.config.name}: all {limit} calls (max_calls) are in use", limit=limit)
    if refusals:
        return TrunkDown(f"trunk {names}: down or disabled; `switchroom ctl trunk.list` shows its last status")
    return NoRoute("no trunk is configured: add a [[trunk]] or give a sip: URI")
