"""How a simulated agent works: what they say in their nth talk, how long they talk and wrap up. Drawn from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

from .population import Span, talk
from .timeline import Speech, speak
from .voice import Voices

AGENT_BIT = 0x8000  # identities from here on are agents', below are callees'
TALK_MS = 30_000  # of speech are prepared; who talks longer goes on in silence
_FIRST_WORD_MS = 120  # after the agent's phone learned of the talk


@dataclass(frozen=True, slots=True)
class Shift:
    """The agents of one process. `talk_s`: an agent ends a talk after so long, if the other side does not."""

    agents: int = 10
    seed: int = 1
    talk_s: Span = (2.5, 6.0)
    wrapup_s: Span = (0.3, 0.8)
    refusals: float = 0.3  # share of talks that end early: "no, thank you"
    refusal_s: Span = (2.0, 3.0)
    campaigns: tuple[str, ...] = ()

    def agent_ids(self) -> list[str]:
        return [f"agent{number:02}" for number in range(1, self.agents + 1)]


@dataclass(frozen=True, slots=True)
class Talk:
    """One talk as the agent means to lead it."""

    talk_s: float
    wrapup_s: float


def draw(shift: Shift, agent_id: str, nth: int) -> Talk:
    rng = random.Random(f"{shift.seed}:{agent_id}:{nth}:talk")
    span = shift.refusal_s if rng.random() < shift.refusals else shift.talk_s
    return Talk(rng.uniform(*span), rng.uniform(*shift.wrapup_s))


def agent_speech(seed: int, agent_id: str, nth: int, identity: int, voices: Voices) -> Speech:
    """All that the agent says in that talk under that identity."""
    rng = random.Random(f"{seed}:{agent_id}:{nth}:audio")
    return speak(tuple(talk(rng, voices.of("phrase_agent"), _FIRST_WORD_MS, TALK_MS)), voices, identity, TALK_MS)
