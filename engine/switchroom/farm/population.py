"""Who answers at a number: everything about a callee drawn from the seed and the number, nothing else.

The same seed, number and count of earlier calls give the same person, so a run can be repeated and its recordings
checked against what was meant to be said.
"""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path

from ..errors import ConfigError
from .marker import LENGTH_MS
from .timeline import Cue, Part, Speech, speak
from .voice import Voice, Voices


class Kind(StrEnum):
    """What a callee turns out to be."""

    PERSON = "person"
    MACHINE = "machine"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECT = "reject"
    SIT = "sit"


Span = tuple[float, float]  # least and most, seconds


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of the kinds (any positive scale) and ranges of times in seconds. Defaults fit a one-minute demo:
    ringing is about a quarter as long as in life, and talks are seconds instead of minutes."""

    person: float = 0.18
    machine: float = 0.3
    busy: float = 0.16
    no_answer: float = 0.16
    reject: float = 0.08
    sit: float = 0.12
    slow: float = 0.12  # share of those who answer that ring long first
    leaves: float = 0.5  # share of persons who end the talk themselves
    ring_s: Span = (0.5, 2.0)
    slow_ring_s: Span = (2.4, 3.4)
    talk_s: Span = (3.0, 7.0)
    patience_s: Span = (6.0, 9.0)  # a person who hears nothing waits so long
    message_s: Span = (5.0, 9.0)  # a machine records so long after its beep
    limit_s: float = 26.0  # nobody stays longer

    def shares(self) -> dict[Kind, float]:
        return {kind: float(getattr(self, kind.value)) for kind in Kind}


def load_mix(path: Path) -> Mix:
    """TOML with any of Mix's names; ConfigError names the file, the key and what is allowed."""
    try:
        found = tomllib.loads(path.read_text())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from error
    known = {field.name: field for field in fields(Mix)}
    values: dict[str, float | Span] = {}
    for key, value in found.items():
        if key not in known:
            raise ConfigError(f"{path}: {key}: unknown key; allowed: {', '.join(known)}")
        values[key] = _checked(path, key, value)
    mix = Mix(**values)  # type: ignore[arg-type]
    if sum(mix.shares().values()) <= 0:
        raise ConfigError(f"{path}: all shares are 0; give at least one of {', '.join(Kind)} a positive number")
    return mix


def _checked(path: Path, key: str, value: object) -> float | Span:
    span = key.endswith("_s") and key != "limit_s"
    if span and isinstance(value, list) and len(value) == 2 and all(isinstance(v, int | float) for v in value):
        low, high = float(value[0]), float(value[1])
        if 0 <= low <= high:
            return low, high
    if not span and isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    wanted = "[least, most] in seconds, 0 or more, least not above most" if span else "a number, 0 or more"
    raise ConfigError(f"{path}: {key}: found {value!r}; must be {wanted}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What one callee does with one call.

    `ring_s` None rings until the caller gives up. `status` other than 200 ends the call with it, after `early` has been
    played as early media if there is any. `talk_s` counts from the first sound heard (None: waits for the others to
    hang up), `stay_s` from the answer and whatever happens.
    """

    number: str
    nth: int
    kind: Kind
    delay_s: float
    ring_s: float | None
    status: int = 200
    audio: tuple[Cue, ...] = ()
    early: bool = False
    talk_s: float | None = None
    patience_s: float | None = None
    stay_s: float = 0.0
    beep_end_ms: int | None = None  # of a machine, after the answer


def callee_speech(plan: Plan, voices: Voices, identity: int) -> Speech:
    """All that a callee with this plan says under this identity, from the answer on."""
    return speak(plan.audio, voices, identity, round(plan.stay_s * 1000) + 200)


# A number that was busy or rang out may be found otherwise the next time; the others stay what they are.
_CHANGES = {Kind.BUSY: 0.75, Kind.NO_ANSWER: 0.4}


class Population:
    """All numbers there are, in principle. `draw` has no state: the nth call (from 0) to a number is always alike."""

    def __init__(self, seed: int, mix: Mix, voices: Voices) -> None:
        self.seed = seed
        self.mix = mix
        self.voices = voices

    def kind(self, number: str, nth: int = 0) -> Kind:
        rng = random.Random(f"{self.seed}:{number}")
        kind = self._any_kind(rng)
        for _ in range(nth):
            if kind in _CHANGES and rng.random() < _CHANGES[kind]:
                kind = self._any_kind(rng)
        return kind

    def _any_kind(self, rng: random.Random) -> Kind:
        shares = self.mix.shares()
        return rng.choices(list(shares), weights=list(shares.values()))[0]

    def draw(self, number: str, nth: int = 0) -> Plan:
        kind = self.kind(number, nth)
        rng = random.Random(f"{self.seed}:{number}:{nth}")
        delay_s = rng.uniform(0.02, 0.15)
        match kind:
            case Kind.PERSON:
                return self._person(rng, number, nth, delay_s)
            case Kind.MACHINE:
                return self._machine(rng, number, nth, delay_s)
            case Kind.SIT:
                return self._announcement(rng, number, nth, delay_s)
            case Kind.BUSY:
                return Plan(number, nth, kind, delay_s, ring_s=0.0, status=486)
            case Kind.REJECT:
                return Plan(number, nth, kind, delay_s, ring_s=rng.uniform(*self.mix.ring_s), status=603)
            case Kind.NO_ANSWER:
                return Plan(number, nth, kind, delay_s, ring_s=None)

    def _ring_s(self, rng: random.Random) -> float:
        return rng.uniform(*(self.mix.slow_ring_s if rng.random() < self.mix.slow else self.mix.ring_s))

    def _person(self, rng: random.Random, number: str, nth: int, delay_s: float) -> Plan:
        ring_s = self._ring_s(rng)
        talk_s = rng.uniform(*self.mix.talk_s) if rng.random() < self.mix.leaves else None
        greeting = rng.choice(self.voices.of("greeting"))
        at_ms = rng.randrange(150, 450)
        cues = [Cue(at_ms, Part.VOICE, greeting.name)]
        # Nothing more until whoever listens for a machine has made up their mind.
        speak_ms = at_ms + greeting.duration_ms + 1900
        cues += talk(rng, self.voices.of("phrase_customer"), speak_ms, round(self.mix.limit_s * 1000))
        return Plan(
            number,
            nth,
            Kind.PERSON,
            delay_s,
            ring_s,
            audio=tuple(cues),
            talk_s=talk_s,
            patience_s=rng.uniform(*self.mix.patience_s),
            stay_s=self.mix.limit_s,
        )

    def _machine(self, rng: random.Random, number: str, nth: int, delay_s: float) -> Plan:
        ring_s = self._ring_s(rng)
        greeting = rng.choice(self.voices.of("machine"))
        at_ms = rng.randrange(200, 700)
        stay_s = (at_ms + greeting.duration_ms) / 1000 + rng.uniform(*self.mix.message_s)
        cue = Cue(at_ms, Part.VOICE, greeting.name)
        beep_end_ms = None if greeting.beep_end_ms is None else at_ms + greeting.beep_end_ms
        return Plan(number, nth, Kind.MACHINE, delay_s, ring_s, audio=(cue,), stay_s=stay_s, beep_end_ms=beep_end_ms)

    def _announcement(self, rng: random.Random, number: str, nth: int, delay_s: float) -> Plan:
        """SIT and an announcement, half of them before the answer (183, then 404), half after a 200."""
        voice = rng.choice(self.voices.of("sit"))
        cues = (Cue(100, Part.VOICE, voice.name),)
        early = rng.random() < 0.5
        stay_s = (100 + voice.duration_ms) / 1000 + 0.3
        status = 404 if early else 200
        return Plan(number, nth, Kind.SIT, delay_s, 0.0, status, audio=cues, early=early, stay_s=stay_s)


def talk(rng: random.Random, phrases: tuple[Voice, ...], from_ms: int, to_ms: int) -> list[Cue]:
    """Marker, phrase, pause, and again until `to_ms`: so each stretch of a few seconds says who is speaking."""
    cues: list[Cue] = []
    at_ms, sequence = from_ms, 0
    while at_ms + LENGTH_MS < to_ms:
        cues.append(Cue(at_ms, Part.MARKER, sequence=sequence % 256))
        phrase = rng.choice(phrases)
        cues.append(Cue(at_ms + LENGTH_MS + 80, Part.VOICE, phrase.name))
        at_ms += LENGTH_MS + 80 + phrase.duration_ms + rng.randrange(300, 1200)
        sequence += 1
    return cues
