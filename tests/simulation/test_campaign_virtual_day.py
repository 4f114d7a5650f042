"""Whole hours of dialing in virtual time: what the pacers reach, and that nothing is lost on the way."""

from __future__ import annotations

import pytest

from switchroom.schema.campaign import CampaignSettings

from .virtual_day import Population, Result, VirtualDay


def run(mode: str, seed: int, agents: int = 10, hours: float = 1.25, **more: object) -> Result:
    settings = CampaignSettings(mode=mode)  # type: ignore[arg-type]
    return VirtualDay(agents, settings, seed, **more).run(hours * 3600)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [1, 2])
def test_predictive_keeps_the_limit_and_beats_progressive(seed: int) -> None:
    predictive, progressive = run("predictive", seed), run("progressive", seed)
    assert predictive.people > 250
    assert predictive.abandon_rate <= 0.03
    assert progressive.abandoned == 0
    assert predictive.utilisation > progressive.utilisation + 0.10


def test_start_with_many_agents_does_not_overshoot() -> None:
    result = run("predictive", 3, agents=60, hours=0.25)
    assert result.people > 200
    assert result.abandon_rate <= 0.03


def test_list_that_turns_good_and_bad_keeps_the_limit() -> None:
    result = run("predictive", 4, agents=12, hours=1.5, share_at=lambda t: 1.4 if int(t / 1500) % 2 else 0.7)
    assert result.abandon_rate <= 0.03
    assert result.utilisation > 0.7


def test_list_with_few_answers_is_dialed_with_many_lines() -> None:
    result = run("predictive", 5, agents=6, hours=3.0, population=Population(person=0.08, machine=0.1))
    assert result.abandon_rate <= 0.03
    assert result.utilisation > 0.6


@pytest.mark.parametrize("mode", ["progressive", "predictive"])
def test_every_launched_call_ends_with_one_disposition_and_agents_are_free(mode: str) -> None:
    result = run(mode, 6, hours=0.25)
    assert sum(result.dispositions.values()) == result.launched > 0
    assert {agent.state for agent in result.agents} == {"ready"}
    assert result.dispositions["abandoned"] == result.abandoned


def test_same_seed_gives_the_same_day() -> None:
    first, second = run("predictive", 7, hours=0.2), run("predictive", 7, hours=0.2)
    assert (first.dispositions, first.launched, first.utilisation) == (
        second.dispositions,
        second.launched,
        second.utilisation,
    )
