"""The abandon ledger and its windows."""

from __future__ import annotations

from switchroom.compliance.abandon import DAY_MS, HALF_HOUR_MS, MINUTE_MS, MONTH_MS, Count, Ledger, abandon_rate


def test_rate_of_nobody_is_zero() -> None:
    assert abandon_rate(0, 0) == 0.0
    assert abandon_rate(200, 6) == 0.03


def test_windows_count_what_lies_in_them() -> None:
    now = 100 * DAY_MS
    ledger = Ledger([(now - 40 * DAY_MS, True), (now - 2 * DAY_MS, True), (now - 2 * HALF_HOUR_MS, False), (now, True)])
    half_hour, day, month = ledger.windows(now)
    assert half_hour == Count(1, 1)
    assert day == Count(2, 1)
    assert month == Count(3, 2)
    assert ledger.total == Count(4, 3)


def test_event_decided_late_still_counts() -> None:
    ledger = Ledger()
    ledger.add(10 * MINUTE_MS, False)
    ledger.add(9 * MINUTE_MS, True)
    assert ledger.window(10 * MINUTE_MS, HALF_HOUR_MS) == Count(2, 1)


def test_old_minutes_are_forgotten_and_the_windows_stay_right() -> None:
    ledger = Ledger()
    for minute in range(100_000):
        ledger.add(minute * MINUTE_MS, minute % 10 == 0)
    now = 99_999 * MINUTE_MS
    assert ledger.window(now, MONTH_MS).people == MONTH_MS // MINUTE_MS + 1
    assert ledger.window(now, DAY_MS) == Count(1_441, 144)
    assert len(ledger._minutes) < 50_000
