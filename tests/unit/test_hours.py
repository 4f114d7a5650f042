"""Calling hours in the called person's time zones."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from switchroom.compliance.hours import may_call, next_opening_ms, prepare
from switchroom.schema.campaign import CallingWindow

DAYTIME = prepare([CallingWindow(start="08:00", end="21:00")])
NEW_YORK, LOS_ANGELES, BERLIN = "America/New_York", "America/Los_Angeles", "Europe/Berlin"


def at(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def test_window_includes_its_start_and_not_its_end() -> None:
    allowed = [
        may_call(DAYTIME, [NEW_YORK], at(f"2026-11-18T{clock}", NEW_YORK))
        for clock in ("07:59:59", "08:00:00", "20:59:59", "21:00:00")
    ]
    assert allowed == [False, True, True, False]


def test_all_zones_of_an_unclear_number_must_allow() -> None:
    morning = at("2026-11-18T09:00", NEW_YORK)
    assert may_call(DAYTIME, [NEW_YORK], morning)
    assert not may_call(DAYTIME, [NEW_YORK, LOS_ANGELES], morning)
    assert next_opening_ms(DAYTIME, [NEW_YORK, LOS_ANGELES], morning) == at("2026-11-18T08:00", LOS_ANGELES)


def test_without_a_known_zone_nobody_is_called_unless_it_is_always_allowed() -> None:
    always = prepare([CallingWindow(start="00:00", end="24:00")])
    noon = at("2026-11-18T12:00")
    for zones in ([], ["Mars/Olympus"]):
        assert not may_call(DAYTIME, zones, noon)
        assert may_call(always, zones, noon)
        assert next_opening_ms(DAYTIME, zones, noon) is None


def test_day_without_a_window_is_skipped() -> None:
    weekdays = prepare([CallingWindow(days=("mon", "tue", "wed", "thu", "fri"), start="09:00", end="17:00")])
    friday_evening = at("2026-11-20T18:00", BERLIN)
    assert next_opening_ms(weekdays, [BERLIN], friday_evening) == at("2026-11-23T09:00", BERLIN)


def test_window_may_run_over_midnight() -> None:
    night = prepare([CallingWindow(days=("sat",), start="22:00", end="02:00")])
    assert may_call(night, [BERLIN], at("2026-11-22T01:30", BERLIN))  # Sunday, of Saturday's window
    assert not may_call(night, [BERLIN], at("2026-11-21T01:30", BERLIN))


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-03-28T22:00", "2026-03-29T08:00"),  # clocks go forward in the night between
        ("2026-10-24T22:00", "2026-10-25T08:00"),  # and back
    ],
)
def test_opening_is_by_the_wall_clock_across_a_change(now: str, opens: str) -> None:
    assert next_opening_ms(DAYTIME, [BERLIN], at(now, BERLIN)) == at(opens, BERLIN)


def test_window_that_a_clock_change_skips_into_opens_at_the_change() -> None:
    early = prepare([CallingWindow(start="02:30", end="04:00")])  # 02:00-03:00 does not exist on that day
    change = at("2026-03-29T01:00")
    assert not may_call(early, [BERLIN], change - 1)
    assert next_opening_ms(early, [BERLIN], change - 1) == change


def test_hour_that_a_change_repeats_is_allowed_twice() -> None:
    early = prepare([CallingWindow(start="02:00", end="03:00")])
    hits = [may_call(early, [BERLIN], at("2026-10-25T00:00") + minutes * 60_000) for minutes in range(0, 180, 30)]
    assert hits == [True, True, True, True, False, False]


def test_open_now_is_the_next_opening() -> None:
    noon = at("2026-11-18T12:00", NEW_YORK)
    assert next_opening_ms(DAYTIME, [NEW_YORK], noon) == noon


def test_no_window_never_opens() -> None:
    assert next_opening_ms(prepare([]), [NEW_YORK], at("2026-11-18T12:00")) is None


def test_every_opening_found_is_the_first_minute_allowed() -> None:
    hours = prepare([CallingWindow(days=("mon", "wed"), start="09:15", end="11:45")])
    start = at("2026-11-16T00:00")
    for hour in range(0, 24 * 8, 7):
        now = start + hour * 3_600_000
        found = next_opening_ms(hours, [NEW_YORK, BERLIN, LOS_ANGELES][: 1 + hour % 2], now)
        minute = now
        while not may_call(hours, [NEW_YORK, BERLIN, LOS_ANGELES][: 1 + hour % 2], minute):
            minute += 60_000
            if minute - now > 9 * 86_400_000:
                break
        assert found == minute or (found is None and minute - now > 8 * 86_400_000)
