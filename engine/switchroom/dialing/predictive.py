"""The predictive pacer: launch a call when the chance that it will find no agent at its answer is small enough.

For a call launched now the moments of its possible answer are taken from the answer curves. At each such moment the
calls in progress that a person will have answered, and the agents who will still be busy, are sums of coins; the chance
that they leave no agent for one more is the call's *overflow*. Calls are launched while that stays below theta, which
follows the abandon budget: the limit, less what AMD costs, times a soft factor of the fullest ledger, times how theta
has fared so far (abandoned people over what theta allowed). A bad window makes theta small, never the pacer
progressive.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ..schema.agent import AgentState
from .attempt import Attempt, Phase
from .disposition import Disposition
from .hazard import BIN_S, AnswerCurve, Durations, Scale
from .overflow import EXACT_COINS, Coins
from .pacing import AgentView, Budget, Decision, Situation

_MOMENTS = (0.2, 0.5, 0.85)  # shares of the answers of a new call, by which the future is looked at

_FARED = (1.0, 1.5)  # where these start: cautious
_PARTS = 4  # of the time until a moment
_STEPS = 6.0  # steps of agent ages per factor e


@dataclass(frozen=True, slots=True)
class PredictiveOptions:
    """`headroom`: share of the limit to steer for. `pseudo_people`: how many answers a budget is reckoned ahead.
    `amd_false_rate`: people whom AMD is believed to take for machines, of all people. `wait_s`: how long an answered
    person may wait for the agent who is about to be free. Priors: (share, mean seconds), high shares being cautious."""

    headroom: float = 0.85
    pseudo_people: float = 40.0
    amd_false_rate: float = 0.0
    wait_s: float = 1.0
    amd: bool = True
    dial_prior: tuple[float, float] = (0.95, 1.0)
    ring_prior: tuple[float, float] = (0.4, 8.0)
    human_prior: tuple[float, float] = (0.8, 1.5)
    talk_s: float = 150.0
    wrapup_s: float = 10.0
    doubt: float = 0.08
    refresh_s: float = 1.0


def soft_factor(aim: float, budgets: Sequence[Budget], pseudo_people: float) -> float:
    """0.1-1.3: what is left of the fullest budget over the next `pseudo_people` answers, against its fair share.

    It starts at a half, and stays at a third as long as the next abandoned call would break the limit within 20 more
    answers: in a short campaign one abandoned call is all there is between 2 % and 4 %.
    """
    largest = max(budgets, key=lambda budget: budget.people, default=None)
    factor = 1.3 if largest is None else min(1.3, 0.5 + largest.people / 200)
    if largest is not None and largest.abandoned + 1 > 1.15 * aim * (largest.people + 20):
        factor = min(factor, 0.33)
    for budget in budgets:
        left = aim * (budget.people + pseudo_people) - budget.abandoned
        factor = min(factor, left / (aim * pseudo_people))
    return max(0.1, factor)


class PredictivePacer:
    """See the module."""

    def __init__(self, options: PredictiveOptions = PredictiveOptions()) -> None:
        self.options = options
        self._dial = AnswerCurve(options.dial_prior, weight=6.0)
        self._ring = AnswerCurve(options.ring_prior, weight=10.0)
        self._human = AnswerCurve(options.human_prior, weight=10.0, bins=80)
        self._talks = Durations(options.talk_s, weight=4.0, bin_s=2.0)
        self._wrapups = Durations(options.wrapup_s, weight=2.0, bin_s=0.5)
        self._scale = Scale()
        self._allowed, self._abandoned = _FARED  # sum of theta over people decided, and of the abandoned among them
        self._refresh_at = -math.inf
        self._moments: tuple[float, ...] = (1.0,)
        self._call_odds: dict[tuple[Phase, int], tuple[float, ...]] = {}
        self._agent_odds: dict[tuple[AgentState, int], tuple[float, ...]] = {}
        self._held: tuple[tuple[float, ...], ...] = ((1.0,) * _PARTS,)  # by moment and part of the time until it
        self._detect_s = 0.0
        self._dial_s = 0.0
        self._doubt = 0.3
        self._accrued: dict[str, float] = {}  # attempt -> answers due that the scale has been told of
        self._scale_now = 1.0

    # --- learning

    def call_moved(self, attempt: Attempt, left: Phase, now: float) -> None:
        if attempt.fate is Disposition.CANCELLED:
            self._accrued.pop(attempt.id, None)
            return  # says nothing about the person: censored
        if left is Phase.DIALING:
            self._dial.add(now - attempt.started_at, attempt.phase not in (Phase.ENDING, Phase.ENDED))
        if left in (Phase.DIALING, Phase.RINGING) and attempt.phase is not Phase.RINGING:
            self._accrue(attempt, now)
            self._accrued.pop(attempt.id, None)
            if attempt.phase is not Phase.DETECTING:
                self._rang(attempt, now)
        elif left is Phase.DETECTING and attempt.answered_at is not None:
            self._human.add(now - attempt.answered_at, attempt.person)
            self._rang(attempt, attempt.answered_at)

    def _rang(self, attempt: Attempt, until: float) -> None:
        """It is known whether a person answered: the call that rang until then counts."""
        if attempt.ringing_at is None and attempt.answered_at is None:
            return
        self._ring.add(_ring_age(attempt, until), attempt.person)
        if attempt.person:
            self._scale.observe()

    def _accrue(self, attempt: Attempt, now: float) -> None:
        """Enter what the call was due since it was looked at last."""
        if attempt.ringing_at is None:
            return
        due = self._ring.due(now - attempt.ringing_at)
        self._scale.expect(max(0.0, due - self._accrued.get(attempt.id, 0.0)))

    def person_decided(self, attempt: Attempt, abandoned: bool) -> None:
        keep = 0.995  # about the last 200 people
        self._allowed = self._allowed * keep + attempt.predicted_overflow + _FARED[0] * (1 - keep)
        self._abandoned = self._abandoned * keep + abandoned + _FARED[1] * (1 - keep)

    def talk_ended(self, seconds: float) -> None:
        self._talks.add(seconds)

    def wrapup_ended(self, seconds: float) -> None:
        self._wrapups.add(seconds)

    # --- looking ahead

    def _refresh(self, situation: Situation) -> None:
        now = situation.now
        self._refresh_at = now + self.options.refresh_s
        self._rebuild_calls(situation.attempts, now)
        self._talks.rebuild(now - agent.since for agent in situation.agents if agent.state == "talking")
        self._wrapups.rebuild(now - agent.since for agent in situation.agents if agent.state == "wrapup")
        known = min(1.0, self._ring.answers / 50.0)  # before that the curve itself follows what happens
        self._scale_now = 1.0 + known * (self._scale.value - 1.0)
        self._doubt = math.hypot(self.options.doubt, 1.0 / math.sqrt(1.0 + self._ring.answers))
        self._dial_s = self._dial.quantiles((0.5,))[0]
        if self.options.amd:
            self._detect_s = self._human.quantiles((0.5,))[0]
        delay = self._dial_s + self._detect_s
        self._moments = tuple(delay + age for age in self._ring.quantiles(_MOMENTS))
        self._held = tuple(
            tuple(1.0 - self._talk_free(0.0, moment * (1 - (part + 0.5) / _PARTS)) for part in range(_PARTS))
            for moment in self._moments
        )
        self._call_odds.clear()
        self._agent_odds.clear()

    def _rebuild_calls(self, attempts: Collection[Attempt], now: float) -> None:
        ringing = [attempt for attempt in attempts if attempt.phase is Phase.RINGING]
        detecting = [attempt for attempt in attempts if attempt.phase is Phase.DETECTING]
        for attempt in ringing:
            self._accrue(attempt, now)
        self._dial.rebuild(now - attempt.started_at for attempt in attempts if attempt.phase is Phase.DIALING)
        self._human.rebuild(now - (attempt.answered_at or now) for attempt in detecting)
        ages = [_ring_age(attempt, now) for attempt in ringing]
        ages += [_ring_age(attempt, attempt.answered_at or now) for attempt in detecting]
        self._ring.rebuild(ages)
        self._accrued = {attempt.id: self._ring.due(age) for attempt, age in zip(ringing, ages, strict=False)}

    def _ringing_odds(self, age_s: float, more_s: float) -> float:
        return min(0.98, self._ring.within(age_s, more_s - self._detect_s) * self._scale_now)

    def _odds_of_call(self, phase: Phase, bin_: int) -> tuple[float, ...]:
        """P(a person is there and has an agent) at each moment, for a call in `phase` at that age."""
        key = (phase, bin_)
        found = self._call_odds.get(key)
        if found is None:
            age = (bin_ + 0.5) * BIN_S if bin_ >= 0 else 0.0
            odds = (self._odds(phase, age, number) for number in range(len(self._moments)))
            found = self._call_odds[key] = tuple(odds)
        return found

    def _odds(self, phase: Phase, age: float, number: int) -> float:
        """A person who answers early may be gone again by the moment: each part of the time until then counts by how
        likely a conversation begun in it still lasts."""
        moment = self._moments[number]
        odds = before = 0.0
        for part, held in enumerate(self._held[number], 1):
            by_now = self._person_within(phase, age, moment * part / _PARTS)
            odds += (by_now - before) * held
            before = by_now
        return odds

    def _person_within(self, phase: Phase, age: float, more: float) -> float:
        """P(a person wants an agent within `more` seconds)."""
        if phase is Phase.RINGING:
            return self._ringing_odds(age, more)
        if phase is Phase.DETECTING:
            return self._human.within(age, more)
        rings = self._dial.within(age, 60.0)
        return rings * self._ringing_odds(0.0, more - max(0.0, self._dial_s - age))

    def _odds_of_agent(self, state: AgentState, step: int) -> tuple[float, ...]:
        """P(still busy) by each moment plus the wait that is allowed, for an agent so long in `state`."""
        key = (state, step)
        found = self._agent_odds.get(key)
        if found is None:
            age = math.expm1((step + 0.5) / _STEPS)
            free = self._wrapup_free if state == "wrapup" else self._talk_free
            found = tuple(1.0 - free(age, moment + self.options.wait_s) for moment in self._moments)
            self._agent_odds[key] = found
        return found

    def _wrapup_free(self, age: float, more: float) -> float:
        return self._wrapups.within(age, more)

    def _talk_free(self, age: float, more: float) -> float:
        """The talk must end and the wrap-up after it, taken to last its median."""
        return self._talks.within(age, more - self._wrapups.median_s)

    # --- deciding

    def theta(self, situation: Situation) -> float:
        """The overflow that a call may have at most."""
        options = self.options
        aim = max(0.1 * situation.max_abandon, situation.max_abandon * options.headroom - options.amd_false_rate)
        if aim <= 0.0:
            return 0.0
        fared = min(8.0, max(0.25, self._allowed / self._abandoned))
        return min(0.5, aim * soft_factor(aim, situation.budgets, options.pseudo_people) * fared)

    def decide(self, situation: Situation) -> Decision:
        now = situation.now
        if now >= self._refresh_at:
            self._refresh(situation)
        agents = [agent for agent in situation.agents if not agent.leaving and agent.state != "paused"]
        calls, waiting, pending = _count_calls(situation.attempts, now)
        busy = _count_busy(agents, now)
        coins = self._throw(agents, calls, busy)
        taken = len(agents) - waiting
        answers = sum(self._odds_of_call(phase, bin_)[-1] * count for (phase, bin_), count in calls.items())
        still_busy = sum(self._odds_of_agent(state, step)[-1] * count for (state, step), count in busy.items())
        decision = Decision(
            agents_ready=len(agents) - sum(busy.values()),
            agents_total=len(agents),
            in_progress=pending,
            answer_rate=min(1.0, self._dial.share * self._ring.share * self._scale_now),
            expected_answers=answers + waiting,
            expected_free=len(agents) - still_busy,
        )
        lines = int(situation.max_lines_per_agent * len(agents)) - pending
        self._launch(decision, coins, taken, min(situation.room, lines), self.theta(situation))
        return decision

    def _throw(
        self, agents: list[AgentView], calls: Counter[tuple[Phase, int]], busy: Counter[tuple[AgentState, int]]
    ) -> list[Coins]:
        """For each moment the coins whose heads speak against one more call: answers before it, agents still busy."""
        exact = calls.total() + busy.total() <= EXACT_COINS
        coins = [Coins(len(agents) + 1, exact) for _ in self._moments]
        for (phase, bin_), count in calls.items():
            _toss(coins, self._odds_of_call(phase, bin_), count)
        for (state, step), count in busy.items():
            _toss(coins, self._odds_of_agent(state, step), count)
        for agent in agents:
            if agent.state == "ready" and agent.share < 1.0:
                _toss(coins, (1.0 - agent.share,) * len(coins), 1)
        return coins

    def _launch(self, decision: Decision, coins: list[Coins], free: int, room: int, theta: float) -> None:
        """Add calls while the next one's overflow is at most `theta`. `free`: agents less people who wait."""
        odds = self._odds_of_call(Phase.DIALING, -1)
        doubt = self._doubt
        overflow = 0.0
        while decision.launch < room:
            overflow = sum(coin.at_least(free, (doubt * coin.mean) ** 2) for coin in coins) / len(coins)
            if overflow > theta:
                break
            decision.launch += 1
            decision.overflows.append(theta)
            _toss(coins, odds, 1)
        decision.overflow = overflow
        held = "limits leave no room" if decision.launch >= room else f"one more would find no agent in {overflow:.1%}"
        decision.why = (
            f"{decision.agents_ready} of {decision.agents_total} agents ready, {decision.expected_free:.1f} expected; "
            f"{decision.in_progress} calls, {decision.expected_answers:.1f} people expected; {held}, "
            f"{theta:.1%} is allowed"
        )


def _ring_age(attempt: Attempt, until: float) -> float:
    """How long it had rung; 0 for an answer without a 180."""
    return until - attempt.ringing_at if attempt.ringing_at is not None else 0.0


def _toss(coins: list[Coins], odds: tuple[float, ...], count: int) -> None:
    for coin, p in zip(coins, odds, strict=True):
        coin.add_many(p, count)


def _count_calls(attempts: Iterable[Attempt], now: float) -> tuple[Counter[tuple[Phase, int]], int, int]:
    """Calls by phase and age in bins, people who wait, all that may still need an agent."""
    calls: Counter[tuple[Phase, int]] = Counter()
    waiting = 0
    for attempt in attempts:
        phase = attempt.phase
        since: float | None
        if phase is Phase.RINGING:
            since = attempt.ringing_at
        elif phase is Phase.DIALING:
            since = attempt.started_at
        elif phase is Phase.DETECTING:
            since = attempt.answered_at
        else:
            waiting += phase is Phase.WAITING
            continue
        calls[phase, int((now - (since or now)) / BIN_S)] += 1
    return calls, waiting, calls.total() + waiting


def _count_busy(agents: list[AgentView], now: float) -> Counter[tuple[AgentState, int]]:
    """Agents not ready by state and time in it, in steps that widen with the time."""
    busy: Counter[tuple[AgentState, int]] = Counter()
    for agent in agents:
        if agent.state != "ready":
            age = 0.0 if agent.state == "reserved" else max(0.0, now - agent.since)
            busy[agent.state, int(_STEPS * math.log1p(age))] += 1
    return busy
