"""Who is behind a number depends on the seed, the number and the count of earlier calls alone."""

from __future__ import annotations

import collections
from pathlib import Path

import pytest

from switchroom.errors import ConfigError
from switchroom.farm.population import Kind, Mix, Population, load_mix
from switchroom.farm.timeline import Part
from switchroom.farm.voice import Voices, shipped

from .voices_for_tests import make_voices


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Voices:
    return make_voices(tmp_path_factory.mktemp("voices"))


NUMBERS = [f"+1{area}55501{last:02}" for area in range(201, 231) for last in range(100)]


def test_same_seed_and_number_give_the_same_plan(voices: Voices) -> None:
    one, two = Population(3, Mix(), voices), Population(3, Mix(), voices)
    backwards = {number: two.draw(number) for number in reversed(NUMBERS[:200])}
    assert all(one.draw(number) == backwards[number] for number in NUMBERS[:200])


def test_other_seed_gives_other_people(voices: Voices) -> None:
    one, two = Population(3, Mix(), voices), Population(4, Mix(), voices)
    assert [one.kind(n) for n in NUMBERS[:100]] != [two.kind(n) for n in NUMBERS[:100]]


def test_kinds_come_in_their_shares(voices: Voices) -> None:
    counts = collections.Counter(Population(1, Mix(), voices).kind(number) for number in NUMBERS)
    for kind, share in Mix().shares().items():
        assert counts[kind] / len(NUMBERS) == pytest.approx(share, abs=0.03)


def test_machine_stays_a_machine_at_the_next_call(voices: Voices) -> None:
    population = Population(1, Mix(), voices)
    machines = [n for n in NUMBERS if population.kind(n) is Kind.MACHINE]
    assert {population.kind(n, nth) for n in machines for nth in (1, 2)} == {Kind.MACHINE}


def test_busy_number_may_be_found_otherwise_later(voices: Voices) -> None:
    population = Population(1, Mix(), voices)
    busy = [n for n in NUMBERS if population.kind(n) is Kind.BUSY]
    assert len({population.kind(n, 1) for n in busy}) > 2


def test_plans_keep_to_the_mix(voices: Voices) -> None:
    mix = Mix()
    population = Population(1, mix, voices)
    for number in NUMBERS[:500]:
        plan = population.draw(number)
        match plan.kind:
            case Kind.PERSON | Kind.MACHINE:
                assert plan.ring_s is not None and mix.ring_s[0] <= plan.ring_s <= mix.slow_ring_s[1]
                assert plan.status == 200
            case Kind.NO_ANSWER:
                assert plan.ring_s is None
            case Kind.BUSY:
                assert plan.status == 486
            case Kind.REJECT:
                assert plan.status == 603
            case Kind.SIT:
                assert plan.early == (plan.status == 404) and plan.audio[0].name == "sit.wav"


def test_person_says_nothing_more_until_a_machine_detector_has_decided(voices: Voices) -> None:
    population = Population(1, Mix(person=1, machine=0, busy=0, no_answer=0, reject=0, sit=0), voices)
    plan = population.draw("+12125550100")
    greeting = next(v for v in voices.of("greeting") if v.name == plan.audio[0].name)
    assert plan.audio[1].at_ms - (plan.audio[0].at_ms + greeting.duration_ms) >= 1500


def test_markers_of_a_talk_count_up(voices: Voices) -> None:
    population = Population(1, Mix(person=1, machine=0, busy=0, no_answer=0, reject=0, sit=0), voices)
    markers = [cue.sequence for cue in population.draw("+12125550100").audio if cue.part is Part.MARKER]
    assert markers == list(range(len(markers))) and len(markers) >= 5


def test_mix_file_changes_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "mix.toml").write_text("person = 1\nbusy = 0\nring_s = [1, 2]\n")
    mix = load_mix(tmp_path / "mix.toml")
    assert (mix.person, mix.busy, mix.ring_s, mix.machine) == (1, 0, (1.0, 2.0), Mix().machine)


@pytest.mark.parametrize(
    "text, says",
    [
        ("persons = 1", "persons: unknown key; allowed: person"),
        ("person = -1", "must be a number, 0 or more"),
        ("ring_s = 3", r"must be \[least, most\]"),
        ("ring_s = [4, 2]", r"must be \[least, most\]"),
        ("person = 'x'", "must be a number"),
        ("person =", "not valid TOML"),
        ("person = 0\nmachine = 0\nbusy = 0\nno_answer = 0\nreject = 0\nsit = 0", "all shares are 0"),
    ],
)
def test_bad_mix_file_names_key_and_what_is_allowed(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "mix.toml").write_text(text)
    with pytest.raises(ConfigError, match=says):
        load_mix(tmp_path / "mix.toml")


def test_shipped_voices_hold_all_that_the_population_needs() -> None:
    voices = shipped()
    for kind in ("greeting", "machine", "sit", "phrase_customer", "phrase_agent"):
        for voice in voices.of(kind):
            assert len(voices.samples(voice.name)) * 1000 // 8000 == voice.duration_ms
