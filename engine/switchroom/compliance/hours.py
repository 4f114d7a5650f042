"""Calling hours in the called person's own time.

A number belongs to one time zone or several (mobile numbers, countries with several zones); when it is not known in
which of them the person is, every one must allow the call. Wall-clock windows meet daylight saving through zoneinfo:
an hour that a change skips is never allowed by it, one that it repeats is allowed twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..schema.campaign import CallingWindow

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """Windows of a campaign, prepared: per weekday (0 Monday) the allowed [start, end) in minutes of the day."""

    spans: tuple[tuple[tuple[int, int], ...], ...]

    @property
    def always(self) -> bool:
        return all(span == ((0, _DAY_MIN),) for span in self.spans)

    @property
    def never(self) -> bool:
        return not any(self.spans)


def prepare(windows: Sequence[CallingWindow]) -> Hours:
    """Merge `windows`. One that ends at or before its start runs over midnight into the next day."""
    minutes: list[list[tuple[int, int]]] = [[] for _ in _DAYS]
    for window in windows:
        start, end = _minute(window.start), _minute(window.end)
        for name in window.days:
            day = _DAYS.index(name)
            if start < end:
                minutes[day].append((start, end))
            else:
                minutes[day].append((start, _DAY_MIN))
                minutes[(day + 1) % 7].append((0, end))
    return Hours(tuple(_merge(spans) for spans in minutes))


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _merge(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo | None:
    """The zone of that IANA name, None when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _open_in(hours: Hours, where: ZoneInfo, at_ms: int) -> bool:
    local = datetime.fromtimestamp(at_ms / 1000, where)
    minute = local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in hours.spans[local.weekday()])


def may_call(hours: Hours, zones: Sequence[str], now_ms: int) -> bool:
    """Whether every one of `zones` is within calling hours at `now_ms`.

    Without a zone, or with a name that no longer exists, only windows that are always open allow the call.
    """
    if hours.always:
        return True
    found = [zone(name) for name in zones]
    return bool(found) and all(where is not None and _open_in(hours, where, now_ms) for where in found)


def next_opening_ms(hours: Hours, zones: Sequence[str], now_ms: int, horizon_days: int = 9) -> int | None:
    """The first instant from `now_ms` on that `may_call` allows; None within the horizon (or ever).

    Only instants at which some window opens in some zone, and the hours around a clock change, can be the first.
    """
    if may_call(hours, zones, now_ms):
        return now_ms
    if hours.never:
        return None
    for instant in sorted(_openings(hours, zones, now_ms, horizon_days)):
        if instant > now_ms and may_call(hours, zones, instant):
            return instant
    return None


def _openings(hours: Hours, zones: Sequence[str], now_ms: int, horizon_days: int) -> set[int]:
    found: set[int] = set()
    for name in zones:
        where = zone(name)
        if where is None:
            continue
        today = datetime.fromtimestamp(now_ms / 1000, where).date()
        for ahead in range(horizon_days):
            day = today + timedelta(days=ahead)
            for start, _ in hours.spans[day.weekday()]:
                for fold in (0, 1):
                    wall = datetime(day.year, day.month, day.day, start // 60, start % 60, tzinfo=where, fold=fold)
                    found.add(int(wall.timestamp() * 1000))
                found.update(_change_of(where, day.year, day.month, day.day))
    return found


@lru_cache(maxsize=4096)
def _change_of(where: ZoneInfo, year: int, month: int, day: int) -> tuple[int, ...]:
    """Instant of a clock change on that day (to the minute), when a window may open by the jump itself."""
    low = datetime(year, month, day, tzinfo=where).astimezone(UTC)
    high = low + timedelta(hours=26)
    if low.astimezone(where).utcoffset() == high.astimezone(where).utcoffset():
        return ()
    before = low.astimezone(where).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        if middle.astimezone(where).utcoffset() == before:
            low = middle
        else:
            high = middle
    return (int(high.replace(second=0, microsecond=0).timestamp() * 1000),)
