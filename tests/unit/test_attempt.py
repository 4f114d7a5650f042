"""The life of one attempt."""

from __future__ import annotations

import pytest

from switchroom.dialing.attempt import (
    Attempt,
    Commands,
    Detect,
    End,
    FindAgent,
    HangUp,
    Phase,
    Play,
    ReleaseAgent,
    WaitBeep,
)
from switchroom.dialing.disposition import Disposition, of_failure
from switchroom.schema.campaign import CampaignSettings


def attempt(**settings: object) -> Attempt:
    return Attempt("a", "k", CampaignSettings(**settings), 0.0)  # type: ignore[arg-type]


def answered_by(verdict: str, **settings: object) -> tuple[Attempt, Commands]:
    one = attempt(**settings)
    one.ringing(1.0)
    assert one.answered(5.0) == [Detect()]
    return one, one.verdict(verdict, 6.5)


def talking(**settings: object) -> Attempt:
    one, _ = answered_by("human", **settings)
    one.agent_found("anna", 6.6)
    one.connected(6.65)
    return one


def test_person_is_connected_and_talks() -> None:
    one, commands = answered_by("human")
    assert commands == [FindAgent()]
    assert one.agent_found("anna", 6.6) == []
    assert one.connected(6.7) == []
    assert one.phase is Phase.TALKING
    assert one.call_ended(66.7) == [ReleaseAgent("anna", talked=True), End(Disposition.TALKED)]
    assert (one.answered_at, one.human_at, one.connected_at, one.talk_ended_at) == (5.0, 6.5, 6.7, 66.7)


def test_talk_ended_by_the_agent_hangs_up_the_person() -> None:
    one = talking()
    assert one.agent_gone(30.0) == [ReleaseAgent("anna", talked=True), HangUp()]
    assert one.call_ended(30.1) == [End(Disposition.TALKED)]
    assert one.talk_ended_at == 30.0


def test_without_amd_every_answer_is_a_person() -> None:
    one = attempt(amd=False)
    assert one.answered(5.0) == [FindAgent()]
    assert one.human_at == 5.0


@pytest.mark.parametrize("verdict", ["human", "unknown", "silence"])
def test_doubtful_verdict_is_a_person(verdict: str) -> None:
    one, commands = answered_by(verdict)
    assert commands == [FindAgent()] and one.person


@pytest.mark.parametrize(
    ("verdict", "disposition"),
    [("machine", Disposition.MACHINE), ("sit", Disposition.SIT), ("fax", Disposition.FAX)],
)
def test_machine_is_hung_up(verdict: str, disposition: Disposition) -> None:
    one, commands = answered_by(verdict)
    assert commands == [HangUp()]
    assert one.call_ended(6.6) == [End(disposition)]
    assert not one.person


def test_message_is_left_after_the_beep() -> None:
    one, commands = answered_by("machine", machine="message", machine_message="m.wav", beep_timeout_ms=9_000)
    assert commands == [WaitBeep(9_000)]
    assert one.beep(True, 12.0) == [Play("m.wav")]
    assert one.played(True, 20.0) == [HangUp()]
    assert one.call_ended(20.1) == [End(Disposition.MACHINE_MESSAGE)]


def test_message_cut_short_was_not_left() -> None:
    one, _ = answered_by("machine", machine="message", machine_message="m.wav")
    one.beep(True, 12.0)
    assert one.call_ended(13.0) == [End(Disposition.MACHINE)]


def test_machine_without_a_beep_is_hung_up() -> None:
    one, _ = answered_by("machine", machine="message", machine_message="m.wav")
    assert one.beep(False, 42.0) == [HangUp()]
    assert one.call_ended(42.1) == [End(Disposition.MACHINE)]


def test_machine_may_go_to_an_agent_and_is_never_abandoned() -> None:
    one, commands = answered_by("machine", machine="agent")
    assert commands == [FindAgent()]
    assert one.limit_reached(10.0) == [HangUp()]
    assert one.call_ended(10.1) == [End(Disposition.MACHINE)]


def test_person_without_an_agent_at_the_limit_is_abandoned() -> None:
    one, _ = answered_by("human", abandon_after_ms=2_000)
    assert one.abandon_at == 8.5
    assert one.limit_reached(8.4) == []
    assert one.limit_reached(8.5) == [HangUp()]
    assert one.call_ended(8.6) == [End(Disposition.ABANDONED)]


def test_abandoned_person_hears_the_message_first() -> None:
    one, _ = answered_by("human", abandon_message="sorry.wav")
    assert one.limit_reached(8.5) == [Play("sorry.wav")]
    assert one.agent_found("anna", 9.0) == [ReleaseAgent("anna", talked=False)]
    assert one.played(True, 12.0) == [HangUp()]
    assert one.call_ended(12.1) == [End(Disposition.ABANDONED)]
    assert one.message_played


def test_agent_whose_phone_does_not_answer_is_replaced_within_the_limit() -> None:
    one, _ = answered_by("human")
    one.agent_found("anna", 6.6)
    assert one.agent_gone(7.0) == [ReleaseAgent("anna", talked=False), FindAgent()]
    one.agent_found("bert", 7.1)
    one.connected(7.2)
    assert one.phase is Phase.TALKING and one.agent_id == "bert"


def test_reserved_agent_is_released_when_the_limit_passes_before_the_bridge() -> None:
    one, _ = answered_by("human")
    one.agent_found("anna", 6.6)
    assert one.limit_reached(8.5) == [ReleaseAgent("anna", talked=False), HangUp()]
    assert one.call_ended(8.6) == [End(Disposition.ABANDONED)]


def test_person_who_leaves_before_the_limit_was_not_abandoned() -> None:
    one, _ = answered_by("human")
    assert one.call_ended(8.0) == [End(Disposition.HUNG_UP)]
    late, _ = answered_by("human")
    assert late.call_ended(8.6) == [End(Disposition.ABANDONED)]


def test_person_who_leaves_during_detection_hung_up() -> None:
    one = attempt()
    one.answered(5.0)
    assert one.call_ended(5.5) == [End(Disposition.HUNG_UP)]
    assert one.verdict("human", 6.0) == []


def test_cancel_while_ringing_and_the_late_answer_is_ignored() -> None:
    one = attempt()
    one.ringing(1.0)
    assert one.cancel(2.0) == [HangUp()]
    assert one.answered(2.1) == []
    assert one.call_ended(2.2, 487) == [End(Disposition.CANCELLED)]


def test_cancelling_a_waiting_person_abandons() -> None:
    one, _ = answered_by("human")
    assert one.cancel(7.0) == [HangUp()]
    assert one.call_ended(7.1) == [End(Disposition.ABANDONED)]


def test_second_end_is_ignored() -> None:
    one = attempt()
    assert len(one.call_ended(1.0, 486, 17)) == 1
    assert one.call_ended(2.0, 486, 17) == []


@pytest.mark.parametrize(
    ("status", "cause", "side", "rang", "disposition"),
    [
        (486, 17, "remote", True, Disposition.BUSY),
        (600, 0, "remote", True, Disposition.BUSY),
        (404, 1, "remote", False, Disposition.INVALID_NUMBER),
        (410, 22, "remote", False, Disposition.INVALID_NUMBER),
        (603, 21, "remote", True, Disposition.DECLINED),
        (480, 18, "remote", True, Disposition.NO_ANSWER),
        (408, 102, "timeout", True, Disposition.NO_ANSWER),
        (408, 102, "timeout", False, Disposition.FAILED),
        (487, 0, "timeout", True, Disposition.NO_ANSWER),
        (503, 34, "remote", False, Disposition.FAILED),
        (500, 17, "remote", False, Disposition.BUSY),  # a gateway's general status, its cause says more
        (500, 1, "remote", False, Disposition.INVALID_NUMBER),
        (488, 65, "remote", False, Disposition.FAILED),
        (999, 0, "remote", False, Disposition.FAILED),
    ],
)
def test_failure_has_its_disposition(status: int, cause: int, side: str, rang: bool, disposition: Disposition) -> None:
    assert of_failure(status, cause, side, rang=rang) is disposition
