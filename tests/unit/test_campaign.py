"""The campaign: its states, its counters, its end."""

from __future__ import annotations

import pytest

from switchroom.compliance.abandon import Count, Ledger
from switchroom.dialing.attempt import Attempt, End
from switchroom.dialing.campaign import Campaign
from switchroom.dialing.disposition import Disposition
from switchroom.dialing.pacing import AgentView
from switchroom.errors import WrongState
from switchroom.schema.campaign import CampaignSettings


def campaign(**settings: object) -> Campaign:
    one = Campaign("c", CampaignSettings(**settings), Ledger())  # type: ignore[arg-type]
    one.start()
    return one


def waiting(one: Campaign, name: str = "a", now: float = 0.0) -> Attempt:
    attempt = one.launch(name, "k" + name, now)
    one.ringing(attempt, now + 1)
    one.answered(attempt, now + 5)
    one.verdict(attempt, "human", now + 6)
    return attempt


def test_person_connected_counts_once() -> None:
    one = campaign()
    attempt = waiting(one)
    one.agent_found(attempt, "anna", 6.1)
    one.connected(attempt, 6.2)
    assert (one.people, one.talked, one.abandoned) == (1, 1, 0)
    assert End(Disposition.TALKED) in one.call_ended(attempt, 60.0)
    assert (one.people, one.dispositions["talked"], one.attempts) == (1, 1, {})
    assert one.ledger.windows(60_000)[0] == Count(1, 0)


def test_person_at_the_limit_is_abandoned_and_counts_once() -> None:
    one = campaign()
    attempt = waiting(one)
    assert one.next_limit() == 8.0
    assert one.expire(7.9) == []
    assert [due for due, _ in one.expire(8.0)] == [attempt]
    assert one.expire(8.1) == []
    one.call_ended(attempt, 8.2)
    assert (one.people, one.abandoned, one.abandon_rate) == (1, 1, 1.0)
    assert one.ledger.windows(8_200)[0] == Count(1, 1)


def test_person_who_leaves_in_time_is_a_person_and_not_abandoned() -> None:
    one = campaign()
    one.call_ended(waiting(one), 7.0)
    assert (one.people, one.abandoned, dict(one.dispositions)) == (1, 0, {"hung_up": 1})


def test_machine_is_no_person() -> None:
    one = campaign()
    attempt = one.launch("a", "k", 0.0)
    one.answered(attempt, 5.0)
    one.verdict(attempt, "machine", 7.0)
    one.call_ended(attempt, 7.1)
    assert (one.people, dict(one.verdicts), dict(one.dispositions)) == (0, {"machine": 1}, {"machine": 1})


def test_late_event_of_an_ended_attempt_changes_nothing() -> None:
    one = campaign()
    attempt = one.launch("a", "k", 0.0)
    one.call_ended(attempt, 5.0, 486)
    assert one.answered(attempt, 5.1) == [] and one.call_ended(attempt, 5.2, 486) == []
    assert dict(one.dispositions) == {"busy": 1}


def test_limit_on_calls_is_kept() -> None:
    one = campaign(max_calls=3, mode="progressive")
    ready = [AgentView("ready", 0.0)] * 10
    assert one.decide(0.0, ready, 100).launch == 3
    one.launch("a", "k", 0.0)
    assert one.decide(0.0, ready, 100).launch == 2


def test_states_follow_the_commands() -> None:
    one = Campaign("c", CampaignSettings(), Ledger())
    with pytest.raises(WrongState):
        one.pause()
    assert one.start() and not one.start()
    assert one.pause() and not one.pause()
    assert one.start()
    assert one.stop() and not one.stop()
    with pytest.raises(WrongState, match="create a new one"):
        one.start()
    assert one.finish(contacts_left=True)
    assert one.state == "ended"


def test_it_ends_with_the_last_attempt_when_nothing_is_left_to_dial() -> None:
    one = campaign()
    attempt = one.launch("a", "k", 0.0)
    assert not one.finish(contacts_left=False)
    one.call_ended(attempt, 5.0, 486)
    assert not one.finish(contacts_left=True)
    assert one.finish(contacts_left=False)


def test_it_stays_when_told_to() -> None:
    assert not campaign(end_when_done=False).finish(contacts_left=False)


def test_new_settings_keep_what_the_pacer_learned() -> None:
    one = campaign()
    pacer = one.pacer
    one.update(CampaignSettings(max_abandon=0.01))
    assert one.pacer is pacer
    one.update(CampaignSettings(mode="progressive"))
    assert one.pacer is not pacer
