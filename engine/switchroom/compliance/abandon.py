"""Ledger of people who answered and of those whom no agent took: the abandon rate in the windows the law looks at.

Sources: 16 CFR 310.4(b)(4) (3 % over 30 days per campaign), 47 CFR 64.1200(a)(7), Ofcom (24 h).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

MINUTE_MS = 60_000
HALF_HOUR_MS = 30 * MINUTE_MS
DAY_MS = 24 * 60 * MINUTE_MS
MONTH_MS = 30 * DAY_MS


def abandon_rate(people: int, abandoned: int) -> float:
    """Share of calls answered by a person that were abandoned, 0.0-1.0; 0.0 when nobody answered."""
    return abandoned / people if people else 0.0


@dataclass(frozen=True, slots=True)
class Count:
    """`people` answered within a window; `abandoned` of them found no agent in time."""

    people: int = 0
    abandoned: int = 0

    @property
    def rate(self) -> float:
        return abandon_rate(self.people, self.abandoned)


class Ledger:
    """People of one campaign by the minute they answered, for 30 days. Memory: one entry per minute with answers."""

    def __init__(self, history: Iterable[tuple[int, bool]] = ()) -> None:
        """`history`: (answered_at_ms, abandoned), oldest first, from the store."""
        self._minutes: list[int] = []
        self._people: list[int] = []  # running totals up to and including the minute
        self._abandoned: list[int] = []
        self.total = Count()
        for at_ms, abandoned in history:
            self.add(at_ms, abandoned)

    def add(self, at_ms: int, abandoned: bool) -> None:
        """A person's call is decided: connected (or gone within the limit), or abandoned.

        Also a person whom AMD took for a machine and hung up on, once that is known: abandoned.
        """
        minute = at_ms // MINUTE_MS
        if self._minutes and minute < self._minutes[-1]:
            minute = self._minutes[-1]  # decided a little late, or the clock was set back: counts now
        people = self.total.people + 1
        lost = self.total.abandoned + int(abandoned)
        self.total = Count(people, lost)
        if self._minutes and self._minutes[-1] == minute:
            self._people[-1], self._abandoned[-1] = people, lost
        else:
            self._minutes.append(minute)
            self._people.append(people)
            self._abandoned.append(lost)
            self._forget(minute)

    def _forget(self, minute: int) -> None:
        oldest = minute - MONTH_MS // MINUTE_MS - 1
        if len(self._minutes) > 1_000 and self._minutes[500] < oldest:
            cut = bisect_left(self._minutes, oldest) - 1  # one entry before the window carries its starting totals
            del self._minutes[:cut], self._people[:cut], self._abandoned[:cut]

    def window(self, now_ms: int, span_ms: int) -> Count:
        """Counts of the last `span_ms`, to the minute."""
        index = bisect_left(self._minutes, (now_ms - span_ms) // MINUTE_MS)
        if index == 0:
            return self.total
        return Count(self.total.people - self._people[index - 1], self.total.abandoned - self._abandoned[index - 1])

    def windows(self, now_ms: int) -> tuple[Count, Count, Count]:
        """Half an hour, a day, 30 days."""
        return (
            self.window(now_ms, HALF_HOUR_MS),
            self.window(now_ms, DAY_MS),
            self.window(now_ms, MONTH_MS),
        )
