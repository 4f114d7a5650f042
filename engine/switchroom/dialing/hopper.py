"""The hopper: contacts leased ahead of need, so that a launch never waits for the disk."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Lease:
    """A contact taken from the queue for one attempt. `zones`: IANA names it may be in."""

    attempt_id: str
    contact_id: str
    number: str
    ordinal: int
    leased_at_ms: int
    zones: tuple[str, ...] = ()


@dataclass(slots=True)
class Hopper:
    """First in, first out. `low` and `high` follow the launch rate: about 2 s and 6 s of it."""

    leases: deque[Lease] = field(default_factory=deque)
    filling: bool = False
    dry_until_ms: int = 0
    rate_cps: float = 0.0

    def __len__(self) -> int:
        return len(self.leases)

    def note_launches(self, count: int, span_s: float) -> None:
        """`count` launches over the last `span_s`: smoothed over about 5 s."""
        if span_s > 0:
            weight = min(1.0, span_s / 5.0)
            self.rate_cps += weight * (count / span_s - self.rate_cps)

    def wanted(self, agents: int, now_ms: int) -> int:
        """How many contacts to lease now, 0 when enough are there, a fill is under way or the queue was just empty."""
        if self.filling or now_ms < self.dry_until_ms:
            return 0
        low = max(10, 2 * agents, int(2 * self.rate_cps))
        high = 3 * low
        return high - len(self.leases) if len(self.leases) <= low else 0

    def filled(self, leases: list[Lease], asked: int, now_ms: int) -> None:
        """A fill is done. Fewer than asked: the queue has no more that are due, ask again in a second."""
        self.filling = False
        self.leases.extend(leases)
        if len(leases) < asked:
            self.dry_until_ms = now_ms + 1_000

    def wake(self) -> None:
        """Contacts were added or given back: the queue may have more."""
        self.dry_until_ms = 0

    def take(self) -> Lease | None:
        return self.leases.popleft() if self.leases else None

    def give_back(self, lease: Lease) -> None:
        """Not launched after all (trunk limit): first in line again."""
        self.leases.appendleft(lease)

    def empty(self) -> list[Lease]:
        """Take everything out, to return it to the queue."""
        leases = list(self.leases)
        self.leases.clear()
        return leases
