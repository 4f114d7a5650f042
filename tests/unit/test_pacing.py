"""Pacers: what they launch in plain situations, and the mathematics below them."""

from __future__ import annotations

import itertools
import math
from random import Random

import pytest

from switchroom.compliance.abandon import Count
from switchroom.dialing.attempt import Attempt
from switchroom.dialing.hazard import AnswerCurve, Durations, Scale
from switchroom.dialing.overflow import Coins
from switchroom.dialing.pacing import AgentView, Decision, Pacer, ProgressivePacer, Situation
from switchroom.dialing.predictive import PredictiveOptions, PredictivePacer, soft_factor
from switchroom.schema.campaign import CampaignSettings


def agents(ready: int = 0, talking: int = 0, since: float = 0.0) -> list[AgentView]:
    return [AgentView("ready", since)] * ready + [AgentView("talking", since)] * talking


def calls(count: int, now: float = 0.0) -> list[Attempt]:
    return [Attempt(str(n), str(n), CampaignSettings(), now) for n in range(count)]


def decide(pacer: Pacer, *, room: int = 1_000, now: float = 10.0, **more: object) -> Decision:
    return pacer.decide(Situation(now=now, room=room, **more))  # type: ignore[arg-type]


def chance(odds: list[float], k: int) -> float:
    """P(k or more heads), by listing every outcome."""
    total = 0.0
    for heads in itertools.product((0, 1), repeat=len(odds)):
        if sum(heads) >= k:
            total += math.prod(p if head else 1 - p for p, head in zip(odds, heads, strict=True))
    return total


def test_progressive_launches_one_call_per_ready_agent() -> None:
    pacer = ProgressivePacer()
    assert decide(pacer, agents=agents(5, 3), attempts=[]).launch == 5
    assert decide(pacer, agents=agents(5, 3), attempts=calls(4, 10.0)).launch == 1
    assert decide(pacer, agents=agents(5), attempts=calls(9, 10.0)).launch == 0
    assert decide(pacer, agents=agents(5), attempts=[], room=2).launch == 2


def test_predictive_dials_more_than_the_ready_agents_and_less_than_the_lines() -> None:
    decision = decide(PredictivePacer(), agents=agents(10), attempts=[])
    assert 10 < decision.launch <= 50
    assert decision.agents_ready == 10 and "10 of 10 agents ready" in decision.why


def test_predictive_never_falls_to_nothing_after_a_bad_window() -> None:
    decision = decide(PredictivePacer(), agents=agents(10), attempts=[], budgets=[Count(200, 30)])
    assert decision.launch >= 10


def test_predictive_waits_while_everybody_has_just_begun_to_talk() -> None:
    assert decide(PredictivePacer(), agents=agents(0, 10, since=9.0), attempts=[]).launch == 0


def test_people_who_wait_take_the_agents() -> None:
    waiting = calls(3)
    for attempt in waiting:
        attempt.answered(1.0)
        attempt.verdict("human", 2.0)
    assert decide(PredictivePacer(), agents=agents(3), attempts=waiting).launch == 0


def test_agents_about_to_leave_do_not_count() -> None:
    leaving = [AgentView("talking", 0.0, leaving=True)] * 10
    assert decide(PredictivePacer(), agents=leaving, attempts=[]).agents_total == 0
    assert decide(PredictivePacer(), agents=leaving, attempts=[]).launch == 0


def test_agent_shared_by_campaigns_is_counted_in_part() -> None:
    whole = decide(PredictivePacer(), agents=agents(10), attempts=[]).launch
    half = decide(PredictivePacer(), agents=[AgentView("ready", 0.0, share=0.5)] * 10, attempts=[]).launch
    assert half < whole


def test_limits_are_kept() -> None:
    assert decide(PredictivePacer(), agents=agents(10), attempts=[], room=3).launch == 3
    assert decide(PredictivePacer(), agents=agents(10), attempts=[], max_lines_per_agent=1.0).launch <= 10


def test_low_answer_rate_is_learned() -> None:
    pacer = PredictivePacer()
    for number in range(300):
        attempt = Attempt(str(number), "k", CampaignSettings(), 0.0)
        left = attempt.phase
        attempt.ringing(1.0)
        pacer.call_moved(attempt, left, 1.0)
        left = attempt.phase
        if number % 20 == 0:
            attempt.answered(8.0)
            pacer.call_moved(attempt, left, 8.0)
            left = attempt.phase
            attempt.verdict("human", 9.5)
            pacer.call_moved(attempt, left, 9.5)
        else:
            attempt.call_ended(26.0, 408)
            pacer.call_moved(attempt, left, 26.0)
    decision = decide(pacer, agents=agents(10), attempts=[], max_lines_per_agent=20.0)
    assert 0.03 < decision.answer_rate < 0.10
    assert decision.launch > 60


def test_zero_limit_launches_only_what_cannot_overflow() -> None:
    decision = decide(PredictivePacer(), agents=agents(10), attempts=[], max_abandon=0.0)
    assert decision.launch == 10


def test_soft_factor_shrinks_with_the_budget_and_never_vanishes() -> None:
    factors = [soft_factor(0.03, [Count(1_000, lost)], 40.0) for lost in (10, 30, 31, 40, 400)]
    assert factors == sorted(factors, reverse=True)
    assert factors[0] == 1.3 and factors[1] == pytest.approx(1.0) and factors[-1] == 0.1


def test_abandoned_people_lower_what_is_allowed_and_connected_ones_raise_it() -> None:
    def theta(abandoned: bool) -> float:
        pacer = PredictivePacer()
        for attempt in calls(40):
            attempt.predicted_overflow = 0.024
            pacer.person_decided(attempt, abandoned)
        return pacer.theta(Situation(0.0, [], [], 0))

    assert theta(True) < PredictivePacer().theta(Situation(0.0, [], [], 0)) < theta(False)


def test_coins_are_exact_for_small_teams() -> None:
    random = Random(1)
    odds = [random.random() for _ in range(9)]
    coins = Coins(room=10, exact=True)
    for p in odds:
        coins.add(p)
    for k in range(11):
        assert coins.at_least(k) == pytest.approx(chance(odds, k), abs=1e-9)


def test_approximation_is_close_for_large_teams() -> None:
    random = Random(2)
    odds = [random.random() * 0.4 for _ in range(200)]
    exact, fast = Coins(200, exact=True), Coins(200, exact=False)
    for p in odds:
        exact.add(p)
        fast.add(p)
    for k in range(20, 70):
        assert fast.at_least(k) == pytest.approx(exact.at_least(k), abs=2e-3)


def test_answer_curve_finds_the_share_and_the_time() -> None:
    curve, random = AnswerCurve((0.5, 8.0), weight=10.0), Random(3)
    for _ in range(1_000):
        answered = random.random() < 0.2
        curve.add(random.uniform(4.0, 6.0) if answered else 25.0, answered)
    curve.rebuild()
    assert curve.share == pytest.approx(0.2, abs=0.04)
    assert curve.within(0.0, 3.0) < 0.02
    assert curve.within(4.0, 3.0) == pytest.approx(0.2, abs=0.05)
    assert curve.within(7.0, 20.0) < 0.05
    assert 4.0 <= curve.quantiles((0.5,))[0] <= 6.0


def test_calls_still_ringing_are_not_taken_for_answered_ones() -> None:
    curve = AnswerCurve((0.5, 8.0), weight=1.0)
    for _ in range(20):
        curve.add(3.0, True)
    curve.rebuild()
    hasty = curve.within(0.0, 5.0)
    curve.rebuild([5.0] * 80)
    assert hasty > 0.9 and curve.within(0.0, 5.0) < 0.25


def test_durations_know_that_long_talks_last() -> None:
    talks, random = Durations(60.0, weight=4.0, bin_s=2.0), Random(4)
    for _ in range(400):
        talks.add(random.expovariate(1 / 20.0) if random.random() < 0.6 else 240.0 + random.uniform(-30, 30))
    talks.rebuild()
    assert talks.within(0.0, 30.0) > 0.4
    assert talks.within(120.0, 30.0) < 0.15
    assert talks.within(200.0, 80.0) > 0.8


def test_talks_in_progress_are_not_taken_for_short_ones() -> None:
    talks = Durations(60.0, weight=1.0, bin_s=2.0)
    for _ in range(10):
        talks.add(5.0)
    talks.rebuild()
    hasty = talks.within(0.0, 10.0)
    talks.rebuild([30.0] * 30)
    assert talks.within(0.0, 10.0) < hasty / 2


def test_scale_follows_a_change_and_forgets_it() -> None:
    scale = Scale()
    for _ in range(30):
        scale.expect(1.0)
        scale.observe()
        scale.observe()
    assert scale.value > 1.6
    for _ in range(100):
        scale.expect(1.0)
        scale.observe()
    assert scale.value == pytest.approx(1.0, abs=0.1)


def test_cancelled_call_teaches_nothing() -> None:
    pacer = PredictivePacer(PredictiveOptions())
    before = decide(pacer, agents=agents(5), attempts=[], now=0.0).answer_rate
    for attempt in calls(200):
        left = attempt.phase
        attempt.cancel(1.0)
        pacer.call_moved(attempt, left, 1.0)
    assert decide(pacer, agents=agents(5), attempts=[], now=5.0).answer_rate == before
