"""The checks pass what is consistent and name who is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from switchroom.farm import check, listen
from switchroom.farm.agent import agent_speech
from switchroom.farm.audio import Samples, read_wav, room_tone, write_wav
from switchroom.farm.check import Evidence, Finding
from switchroom.farm.population import Mix, Population, callee_speech
from switchroom.farm.truth import CalleeTruth, PhoneTruth, TalkTruth
from switchroom.farm.voice import shipped
from switchroom.store.attempts import AttemptRow
from switchroom.store.calls import CallRow

from .voices_for_tests import make_voices

AGENT_SEED = 11


def attempt(n: int, disposition: str | None, **more: Any) -> AttemptRow:
    state = "leased" if disposition is None else "ended"
    base: dict[str, Any] = dict(id=f"t{n}", campaign_id="c", contact_id=f"k{n}", number=f"+121255501{n:02}", ordinal=1)
    return AttemptRow(**base, leased_at_ms=0, state=state, disposition=disposition, call_id=f"call{n}", **more)


def cdr(n: int, disposition: str, **more: Any) -> CallRow:
    base: dict[str, Any] = dict(id=f"call{n}", direction="out", from_="x", to_=f"+121255501{n:02}", created_at_ms=0)
    return CallRow(
        **{
            **base,
            "ended_at_ms": 9000,
            "attempt_id": f"t{n}",
            "sip_call_id": f"s{n}",
            "disposition": disposition,
            **more,
        }
    )


def callee(n: int, kind: str, answered: bool = True, **more: Any) -> CalleeTruth:
    base: dict[str, Any] = dict(sip_call_id=f"s{n}", number=f"+121255501{n:02}", nth=0, identity=n, kind=kind)
    times: dict[str, Any] = dict(invited_at_ms=0, answered_at_ms=900 if answered else None, heard_at_ms=2000)
    ends: dict[str, Any] = dict(ended_at_ms=8000, status=0, side="remote")
    counts: dict[str, Any] = dict(rx_packets=100, rx_lost=0, tx_packets=100, tx_errors=0)
    return CalleeTruth(**{**base, **times, **ends, **counts, **more})


def talk(n: int, agent_id: str = "agent01", ms: int = 5000) -> TalkTruth:
    return TalkTruth(
        identity=0x8000 + n,
        agent_id=agent_id,
        call_id=f"call{n}",
        nth=n,
        started_at_ms=2000,
        ended_at_ms=2000 + ms,
        hung_up=False,
    )


def good() -> Evidence:
    return Evidence(
        attempts=[attempt(1, "talked"), attempt(2, "busy"), attempt(3, "machine"), attempt(4, "no_answer")],
        cdrs=[
            cdr(1, "talked", agent_id="agent01", talk_ms=5000, record_ms=7000, recording="1.wav"),
            cdr(2, "busy"),
            cdr(3, "machine"),
            cdr(4, "no_answer"),
        ],
        callees=[
            callee(1, "person"),
            callee(2, "busy", answered=False, status=486, side="local"),
            callee(3, "machine"),
            callee(4, "no_answer", answered=False, status=487),
        ],
        talks=[talk(1)],
    )


def offenders(findings: list[Finding]) -> list[str]:
    return [offender for finding in findings for offender in finding.offenders]


def test_consistent_records_pass_every_check() -> None:
    assert offenders(check.consistent(good())) == []


def test_attempt_without_end_is_named() -> None:
    evidence = good()
    evidence.attempts[1] = attempt(2, None)  # type: ignore[index]
    assert any("attempt t2" in text for text in check.one_disposition(evidence).offenders)


def test_attempt_with_two_cdrs_is_named() -> None:
    evidence = good()
    evidence.cdrs.append(cdr(2, "no_answer"))  # type: ignore[attr-defined]
    (offender,) = check.one_disposition(evidence).offenders
    assert "attempt t2: is busy" in offender and "no_answer" in offender


def test_cdr_of_an_unknown_attempt_is_named() -> None:
    evidence = good()
    evidence.cdrs.append(cdr(9, "busy"))  # type: ignore[attr-defined]
    assert check.one_disposition(evidence).offenders == ["attempt t9: has a CDR, is not in the store"]


def test_call_that_only_the_callee_knows_is_named() -> None:
    evidence = good()
    evidence.callees.append(callee(7, "busy", answered=False))  # type: ignore[attr-defined]
    assert any("s7" in text for text in check.every_call_is_known(evidence).offenders)


def test_call_that_reached_nobody_is_named() -> None:
    evidence = good()
    del evidence.callees[1]  # type: ignore[attr-defined]
    assert any("call2" in text for text in check.every_call_is_known(evidence).offenders)


def test_busy_reported_as_talk_is_impossible() -> None:
    evidence = good()
    evidence.cdrs[1].disposition = "talked"
    (offender,) = check.dispositions_are_possible(evidence).offenders
    assert "busy" in offender and "reported as talked" in offender


def test_detector_errors_are_counted_and_are_no_inconsistency() -> None:
    evidence = good()
    evidence.cdrs[2].disposition = "hung_up"
    evidence.callees[0] = callee(1, "machine")  # type: ignore[index]
    assert check.dispositions_are_possible(evidence).good
    assert check.amd_errors(evidence) == {"machine as talked": ["+12125550101"]}
    assert check.confusion(evidence)["machine"] == {"talked": 1, "hung_up": 1}


def test_person_who_was_still_ringing_may_be_no_answer() -> None:
    evidence = good()
    evidence.callees[3] = callee(4, "person", answered=False, status=487)  # type: ignore[index]
    assert check.dispositions_are_possible(evidence).good


def test_talk_that_another_agent_remembers_is_named() -> None:
    evidence = good()
    evidence.talks[0] = talk(1, agent_id="agent02")  # type: ignore[index]
    assert any("call1" in text and "agent02" in text for text in check.talks_are_agreed(evidence).offenders)


def test_talk_that_no_cdr_tells_of_is_named() -> None:
    evidence = good()
    evidence.talks.append(talk(3))  # type: ignore[attr-defined]
    assert any("call3" in text for text in check.talks_are_agreed(evidence).offenders)


def test_talk_time_that_differs_is_named() -> None:
    evidence = good()
    evidence.cdrs[0].talk_ms = 3000
    assert any("call1" in text for text in check.talk_times_agree(evidence).offenders)


def test_lost_packets_are_named_on_whatever_side() -> None:
    evidence = good()
    evidence.cdrs[0].rx_lost = 2
    evidence.callees[2] = callee(3, "machine", tx_errors=60, side="local")  # type: ignore[index]
    phone = dict(agent_id="agent01", sip_call_id="p", answered_at_ms=0, ended_at_ms=1, side="local")
    evidence.phones = [PhoneTruth(**phone, rx_packets=5, rx_lost=4, tx_packets=5, tx_errors=0)]  # type: ignore[arg-type]
    assert len(check.no_packet_lost(evidence).offenders) == 3


def test_packets_refused_after_the_other_side_has_hung_up_are_no_loss() -> None:
    evidence = good()
    evidence.callees[2] = callee(3, "machine", tx_errors=2, side="remote")  # type: ignore[index]
    assert check.no_packet_lost(evidence).good


def test_packets_refused_while_who_hung_up_is_told_to_stop_are_no_loss() -> None:
    evidence = good()
    evidence.callees[2] = callee(3, "machine", tx_errors=2, side="local")  # type: ignore[index]
    assert check.no_packet_lost(evidence).good


@pytest.mark.parametrize(
    ("answered_at_ms", "late_ms", "fine"), [(8_600, 0, True), (8_400, 0, False), (8_400, 60, True)]
)
def test_answer_that_crosses_the_end_of_patience_may_be_no_answer(
    answered_at_ms: int, late_ms: int, fine: bool
) -> None:
    evidence = good()
    evidence.late_ms = late_ms
    evidence.cdrs[2].disposition = "no_answer"  # ended at 9000
    evidence.callees[2] = callee(3, "machine", answered_at_ms=answered_at_ms)  # type: ignore[index]
    assert check.dispositions_are_possible(evidence).good is fine


def test_campaign_counters_that_do_not_add_up_are_named() -> None:
    reported = {"talked": 1, "busy": 2, "machine": 1, "no_answer": 1}
    (offender,) = check.counters_add_up(good(), 4, reported).offenders
    assert offender == "disposition busy: 1 attempts, the campaign counts 2"


def test_contact_never_dialed_is_missed() -> None:
    reported = {"talked": 1, "busy": 1, "machine": 1, "no_answer": 1}
    assert check.counters_add_up(good(), 5, reported).offenders == ["contacts: 5 were accepted, 4 were dialed"]


def test_truth_survives_its_file(tmp_path: Path) -> None:
    from switchroom.farm.truth import TruthLog, read_truth

    log = TruthLog(tmp_path / "truth.jsonl")
    log.write(callee(1, "person"))
    log.close()
    assert list(read_truth(tmp_path / "truth.jsonl", CalleeTruth)) == [callee(1, "person")]
    assert msgspec.json.decode((tmp_path / "truth.jsonl").read_bytes())["kind"] == "person"


# ---------------------------------------------------------------- recordings


@pytest.fixture
def room(tmp_path: Path) -> listen.Room:
    mix = Mix(person=1, machine=0, busy=0, no_answer=0, reject=0, sit=0)
    (tmp_path / "voices").mkdir()
    return listen.Room(Population(7, mix, make_voices(tmp_path / "voices")), AGENT_SEED, tmp_path)


def record(room: listen.Room, evidence: Evidence, left: Samples | None = None, right: Samples | None = None) -> None:
    """The recording of call1 as it should be, or with another voice on a channel."""
    (who, agent), voices = (evidence.callees[0], evidence.talks[0]), room.population.voices
    said = callee_speech(room.population.draw(who.number, who.nth), voices, who.identity).samples
    meant = agent_speech(AGENT_SEED, agent.agent_id, agent.nth, agent.identity, voices).samples
    late = np.concatenate([np.zeros(16_000, np.int16), room_tone(800, 5), meant])
    both = np.stack([(said if left is None else left)[:56_000], (late if right is None else right)[:56_000]], axis=1)
    write_wav(room.recordings / "1.wav", both)


def test_right_recording_passes(room: listen.Room) -> None:
    evidence = good()
    record(room, evidence)
    assert listen.recordings_match(evidence, room).good
    finding = listen.audio_is_whole(evidence, room)
    assert finding.good and finding.of == 1


def test_missing_recording_is_named(room: listen.Room) -> None:
    assert any("call1" in text for text in listen.recordings_match(good(), room).offenders)
    assert any("call1" in text for text in listen.audio_is_whole(good(), room).offenders)


def test_recording_shorter_than_its_cdr_is_named(room: listen.Room) -> None:
    evidence = good()
    record(room, evidence)
    evidence.cdrs[0].record_ms = 7101
    (offender,) = listen.recordings_match(evidence, room).offenders
    assert "7000 ms long, its CDR says 7101" in offender


def test_crossed_agent_is_named(room: listen.Room) -> None:
    evidence = good()
    other = agent_speech(AGENT_SEED, "agent02", 4, 0x8004, room.population.voices).samples
    record(room, evidence, right=other)
    assert any("right (agent01)" in t and str(0x8004) in t for t in listen.audio_is_whole(evidence, room).offenders)


def test_swapped_channels_are_named(room: listen.Room) -> None:
    evidence = good()
    record(room, evidence)
    _, data = read_wav(room.recordings / "1.wav")
    write_wav(room.recordings / "1.wav", data[:, ::-1])
    assert len(listen.audio_is_whole(evidence, room).offenders) >= 2


def test_noise_before_the_agent_speaks_is_named(room: listen.Room) -> None:
    evidence = good()
    record(room, evidence)
    _, data = read_wav(room.recordings / "1.wav")
    data[8000:9000, 1] = 900
    write_wav(room.recordings / "1.wav", data)
    (offender,) = listen.audio_is_whole(evidence, room).offenders
    assert "something else is heard" in offender


def test_message_that_begins_before_the_beep_is_named(tmp_path: Path) -> None:
    population = Population(1, Mix(), shipped())
    number = next(number for n in range(1000) if population.kind(number := f"+12125550{n:03}") == "machine")
    end_ms = population.draw(number).beep_end_ms
    assert end_ms is not None
    room = listen.Room(population, AGENT_SEED, tmp_path)
    late, early, unheard = (
        callee(n, "machine", number=number, heard_at_ms=heard_at_ms)
        for n, heard_at_ms in enumerate((900 + end_ms + 1, 900 + end_ms - 40, None))
    )
    left = [cdr(0, "machine_message"), cdr(1, "machine_message"), cdr(2, "machine")]
    finding = listen.messages_follow_the_beep(Evidence([], left, [late, early, unheard], []), room)
    assert finding.of == 2
    assert [text.split()[1] for text in finding.offenders] == ["call1"] and "40 ms" in finding.offenders[0]
