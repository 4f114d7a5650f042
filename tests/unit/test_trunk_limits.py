"""Trunk policy: health, limits, choice. Time is a number the test gives."""

from __future__ import annotations

import pytest

from switchroom.config import TrunkConfig
from switchroom.errors import Capacity, NoRoute, RateLimited, TrunkDown
from switchroom.routing.trunk import Refusal, TrunkState, pick


def trunk(name: str = "carrier", *, max_calls: int = 1000, max_cps: float = 1000.0) -> TrunkState:
    return TrunkState(TrunkConfig(name=name, uri="sip:192.0.2.1", max_calls=max_calls, max_cps=max_cps))


def test_new_trunk_is_up_before_its_first_probe() -> None:
    assert trunk().up


def test_two_misses_in_a_row_mark_it_down_and_one_answer_up() -> None:
    t = trunk()
    assert [t.probed(408), t.probed(200), t.probed(408)] == [False, False, False] and t.healthy
    assert t.probed(408) is True and not t.up
    assert t.probed(408) is False
    assert t.probed(404) is True and t.up


def test_any_answer_but_408_and_503_shows_a_live_peer() -> None:
    t = trunk()
    for status in (405, 501, 483):
        t.probed(408)
        t.probed(status)
        assert t.healthy
    t.probed(503)
    t.probed(503)
    assert not t.healthy


def test_disabled_trunk_is_not_up_and_takes_nothing() -> None:
    t = trunk()
    t.enabled = False
    assert not t.up and t.take(0.0) is Refusal.DISABLED


def test_max_calls_holds_until_one_is_released() -> None:
    t = trunk(max_calls=2)
    assert [t.take(0.0), t.take(0.0), t.take(0.0)] == [None, None, Refusal.MAX_CALLS]
    t.release()
    assert t.take(0.0) is None


def test_calls_per_second_are_kept_over_any_second() -> None:
    t = trunk(max_cps=20)
    taken = [at / 1000 for at in range(5000) if t.take(at / 1000) is None]
    assert len(taken) == pytest.approx(100, abs=3)
    assert max(sum(1 for at in taken if start <= at < start + 1) for start in taken) <= 22  # 20 and a burst of 2


def test_slow_trunk_still_takes_its_first_call() -> None:
    t = trunk(max_cps=0.5)
    assert t.take(100.0) is None
    assert t.take(101.9) is Refusal.MAX_CPS
    assert t.take(102.0) is None


def test_clock_that_stands_still_or_jumps_back_gives_no_tokens() -> None:
    t = trunk(max_cps=1)
    assert t.take(10.0) is None
    assert t.take(5.0) is Refusal.MAX_CPS
    assert t.take(5.5) is Refusal.MAX_CPS


def test_pick_takes_the_first_that_can() -> None:
    a, b = trunk("a", max_calls=1), trunk("b")
    assert [pick([a, b], 0.0) for _ in range(3)] == [a, b, b]
    assert (a.calls, b.calls) == (1, 2)


def test_pick_says_what_stands_in_the_way() -> None:
    with pytest.raises(NoRoute):
        pick([], 0.0)
    down, full, fast = trunk("down"), trunk("full", max_calls=1), trunk("fast", max_cps=2)
    down.healthy = False
    with pytest.raises(TrunkDown, match="down"):
        pick([down], 0.0)
    full.take(0.0)
    with pytest.raises(Capacity, match=r"full.*max_calls") as caught:
        pick([down, full], 0.0)
    assert caught.value.data["limit"] == 1
    fast.take(0.0)
    with pytest.raises(RateLimited, match=r"fast.*max_cps") as limited:
        pick([down, full, fast], 0.0)
    assert limited.value.data["retry_after_ms"] == 500


def test_failures_count_the_trunks_fault_only() -> None:
    t = trunk()
    for failed in (True, False):
        t.take(0.0)
        t.release(failed=failed)
    assert (t.calls, t.calls_total, t.failures_total) == (0, 2, 1)
