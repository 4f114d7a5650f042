"""A campaign in virtual time: the real policy against a modelled population and modelled agents, all from one seed.

Nothing sleeps; a day of dialing takes seconds. Clock in seconds from 0.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from switchroom.agents.agent import Agent, longest_idle
from switchroom.compliance.abandon import Ledger
from switchroom.dialing.attempt import Attempt, Commands, Detect, End, FindAgent, HangUp, Phase, Play, ReleaseAgent
from switchroom.dialing.campaign import Campaign
from switchroom.dialing.pacing import AgentView
from switchroom.schema.campaign import CampaignSettings


@dataclass(frozen=True)
class Population:
    """Who is behind the numbers: shares that answer as a person, a machine, are busy or dead; the rest rings on."""

    person: float = 0.25
    machine: float = 0.25
    busy: float = 0.05
    dead: float = 0.05
    answer_s: float = 9.0
    refusal: float = 0.6
    refusal_s: float = 20.0
    pitch_s: float = 240.0


@dataclass
class Result:
    people: int
    abandoned: int
    utilisation: float
    dispositions: Counter[str]
    launched: int
    worst_half_hour: float
    decisions: int
    agents: list[Agent] = field(default_factory=list)

    @property
    def abandon_rate(self) -> float:
        return self.abandoned / self.people if self.people else 0.0


class VirtualDay:
    """`share_at(t)`: factor on the share of people who answer, for drift and steps."""

    def __init__(
        self,
        agents: int,
        settings: CampaignSettings,
        seed: int,
        population: Population = Population(),
        share_at: Callable[[float], float] = lambda t: 1.0,
    ) -> None:
        self.random = Random(seed)
        self.population = population
        self.share_at = share_at
        self.ledger = Ledger()
        self.campaign = Campaign("c", settings, self.ledger)
        self.campaign.start()
        self.agents = [Agent(id=f"a{n:04d}", name="", uri="sip:a", connected=True) for n in range(agents)]
        for agent in self.agents:
            agent.login(0)
            agent.ready(0)
        self.by_id = {agent.id: agent for agent in self.agents}
        self.now = 0.0
        self.queue: list[tuple[float, int, Callable[[], None]]] = []
        self.order = 0
        self.serial = 0
        self.waiting: list[Attempt] = []
        self.ended: Counter[str] = Counter()
        self.worst = 0.0
        self.decisions = 0

    def at(self, delay: float, action: Callable[[], None]) -> None:
        self.order += 1
        heapq.heappush(self.queue, (self.now + delay, self.order, action))

    def run(self, until: float, tick: float = 0.2) -> Result:
        """Dial until that time; then let what goes on end, without new calls."""
        self.at(0.0, lambda: self._tick(tick, until))
        while self.queue:
            self.now, _, action = heapq.heappop(self.queue)
            action()
        end_ms = int(self.now * 1000)
        talk = sum(agent.total_ms("talking", end_ms) for agent in self.agents)
        idle = sum(agent.total_ms("ready", int(until * 1000)) for agent in self.agents)
        return Result(
            self.campaign.people,
            self.campaign.abandoned,
            talk / (talk + max(1, idle)),
            self.ended,
            self.serial,
            self.worst,
            self.decisions,
            self.agents,
        )

    def _tick(self, tick: float, until: float) -> None:
        for attempt, commands in self.campaign.expire(self.now):
            self._carry_out(attempt, commands)
        if self.now < until:
            self._decide()
            self.at(tick, lambda: self._tick(tick, until))
        elif self.campaign.attempts:
            self.at(tick, lambda: self._tick(tick, until))
        half_hour = self.ledger.windows(int(self.now * 1000))[0]
        if half_hour.people >= 100:
            self.worst = max(self.worst, half_hour.rate)

    def _decide(self) -> None:
        views = [AgentView(agent.state, agent.since_ms / 1000) for agent in self.agents]
        decision = self.campaign.decide(self.now, views, room=10_000)
        self.decisions += 1
        for overflow in decision.overflows:
            self._launch(overflow)

    def _launch(self, overflow: float) -> None:
        self.serial += 1
        attempt = self.campaign.launch(f"t{self.serial}", f"k{self.serial}", self.now, overflow)
        population, random = self.population, self.random
        dial = 0.4 + random.expovariate(1 / 0.8)
        dice = random.random()
        person = population.person * self.share_at(self.now)
        if dice < person:
            self._rings(attempt, dial, min(24.0, random.gammavariate(3.0, population.answer_s / 3.0)), "human")
        elif dice < person + population.machine:
            self._rings(attempt, dial, random.uniform(12.0, 22.0), "machine")
        elif dice < person + population.machine + population.busy:
            self.at(dial, lambda: self._end(attempt, 486))
        elif dice < person + population.machine + population.busy + population.dead:
            self.at(dial, lambda: self._end(attempt, 404))
        else:
            self.at(dial, lambda: self._carry_out(attempt, self.campaign.ringing(attempt, self.now)))
            timeout = self.campaign.settings.ring_timeout_ms / 1000
            self.at(dial + timeout, lambda: self._end(attempt, 408))

    def _rings(self, attempt: Attempt, dial: float, ring: float, who: str) -> None:
        self.at(dial, lambda: self._carry_out(attempt, self.campaign.ringing(attempt, self.now)))

        def answers() -> None:
            self._carry_out(attempt, self.campaign.answered(attempt, self.now))
            listen = self.random.uniform(1.0, 2.0) if who == "human" else self.random.uniform(1.5, 3.0)
            self.at(listen, lambda: self._carry_out(attempt, self.campaign.verdict(attempt, who, self.now)))

        self.at(dial + ring, answers)

    def _end(self, attempt: Attempt, status: int = 0) -> None:
        if attempt.phase is not Phase.ENDED:
            self._carry_out(attempt, self.campaign.call_ended(attempt, self.now, status))

    def _carry_out(self, attempt: Attempt, commands: Commands) -> None:
        for command in commands:
            match command:
                case FindAgent():
                    self.waiting.append(attempt)
                    self._match()
                case ReleaseAgent(agent_id, talked):
                    self._release(attempt, agent_id, talked)
                case HangUp():
                    self.at(0.05, lambda: self._end(attempt))
                case Play():
                    self.at(5.0, lambda: self._carry_out(attempt, self.campaign.played(attempt, True, self.now)))
                case End(disposition):
                    self.ended[disposition] += 1
                case Detect():
                    pass

    def _match(self) -> None:
        now_ms = int(self.now * 1000)
        while self.waiting:
            attempt = self.waiting[0]
            if attempt.phase is not Phase.WAITING:
                self.waiting.pop(0)
                continue
            agent = longest_idle(self.agents, "c")
            if agent is None:
                return
            self.waiting.pop(0)
            agent.reserve(attempt.id, "c", now_ms)
            self._carry_out(attempt, self.campaign.agent_found(attempt, agent.id, self.now))
            if attempt.phase is Phase.CONNECTING:
                agent.talk(now_ms)
                self.campaign.connected(attempt, self.now)
                self.at(self._talk_s(), lambda attempt=attempt: self._end(attempt))  # type: ignore[misc]

    def _talk_s(self) -> float:
        population, random = self.population, self.random
        if random.random() < population.refusal:
            return random.expovariate(1 / population.refusal_s)
        return population.pitch_s * math.exp(random.gauss(-0.125, 0.5))

    def _release(self, attempt: Attempt, agent_id: str, talked: bool) -> None:
        agent, now_ms = self.by_id[agent_id], int(self.now * 1000)
        if not talked:
            agent.unreserve(now_ms)
            self._match()
            return
        wrapup_ms = self.campaign.settings.wrapup_ms
        assert attempt.connected_at is not None
        self.campaign.pacer.talk_ended(self.now - attempt.connected_at)
        agent.end_talk(wrapup_ms, now_ms)

        def ready() -> None:
            agent.end_wrapup(int(self.now * 1000))
            self.campaign.pacer.wrapup_ended(wrapup_ms / 1000)
            self._match()

        self.at(wrapup_ms / 1000, ready)
