"""CDRs, KPIs, checks, the report and its page: on books that balance and on books that do not."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import soundfile

from switchroom.recording.paths import relative_path
from switchroom.recording.verify import BadRecording, problems, read_info
from switchroom.reporting import cdr, checks, kpi, report
from switchroom.reporting.html import page
from switchroom.reporting.series import agents_by_state, calls_by_state, cumulative_abandon_rate, histogram
from switchroom.schema.campaign import CampaignSettings
from switchroom.store.agents import AgentLogRow
from switchroom.store.attempts import AttemptRow
from switchroom.store.calls import CallRow
from switchroom.store.campaigns import CampaignRow
from switchroom.store.contacts import ContactRow

T0 = 1_795_000_000_000


def attempt(name: str, disposition: str, *, talk_ms: int = 0, human: bool = False, ordinal: int = 1) -> AttemptRow:
    answered = disposition in {"talked", "abandoned", "machine"}
    return AttemptRow(
        id=f"a-{name}-{ordinal}",
        campaign_id="c",
        contact_id=name,
        number="+15550100",
        ordinal=ordinal,
        leased_at_ms=T0,
        state="ended",
        started_at_ms=T0 + 1_000 + 100_000 * (ordinal - 1),
        ringing_at_ms=T0 + 2_000,
        answered_at_ms=T0 + 5_000 if answered else None,
        human_at_ms=T0 + 6_000 if human else None,
        connected_at_ms=T0 + 6_500 if talk_ms else None,
        ended_at_ms=T0 + 8_000 + talk_ms + 100_000 * (ordinal - 1),
        disposition=disposition,
        talk_ms=talk_ms,
    )


ATTEMPTS = [
    attempt("1", "talked", talk_ms=30_000, human=True),
    attempt("2", "abandoned", human=True),
    attempt("3", "machine"),
    attempt("4", "busy"),
    attempt("4", "no_answer", ordinal=2),
]
LOG = [
    AgentLogRow(T0, "agent", "ready"),
    AgentLogRow(T0 + 6_500, "agent", "talking"),
    AgentLogRow(T0 + 36_500, "agent", "wrapup"),
    AgentLogRow(T0 + 46_500, "agent", "ready"),
]


def call(id_: str, attempt_id: str, disposition: str, **values: object) -> CallRow:
    base = CallRow(id_, "out", "100", "+15550100", T0, T0 + 40_000, attempt_id=attempt_id, disposition=disposition)
    return replace(base, **values)  # type: ignore[arg-type]


def write_wav(path: Path, seconds: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, [[0.1, -0.1]] * int(seconds * 8000), 8000, subtype="ULAW")


def test_kpis_count_people_and_agents_time() -> None:
    found = kpi.compute(ATTEMPTS, LOG, contacts=5, max_abandon=0.03, from_ms=T0, to_ms=T0 + 60_000)
    assert (found.people, found.talks, found.abandoned) == (2, 1, 1)
    assert found.abandon_rate == 0.5
    assert found.hit_rate == pytest.approx(1 / 5)
    assert found.contact_rate == pytest.approx(1 / 5)
    assert found.attempts_per_contact == pytest.approx(5 / 4)
    assert found.utilisation == pytest.approx(30 / (30 + 6.5 + 13.5))
    assert found.occupancy == pytest.approx(40 / 60)
    assert found.aht_ms == 40_000
    assert found.to_agent_ms == 500
    assert found.talks_per_agent_hour == pytest.approx(60)


def test_kpis_of_nothing_are_absent_not_zero() -> None:
    found = kpi.compute([], [], contacts=0, max_abandon=0.03, from_ms=T0, to_ms=T0)
    assert found.abandon_rate is None and found.utilisation is None and found.aht_ms is None


def test_agent_time_is_cut_to_the_window() -> None:
    [times] = kpi.agent_times(LOG, T0 + 10_000, T0 + 20_000)
    assert times.ms == {"talking": 10_000}


def test_a_cdr_reads_back_from_json_and_csv() -> None:
    row = call("k", "a", "talked", from_='"Shop", Ltd', talk_ms=5)
    assert json.loads(cdr.json_line(row))["from"] == '"Shop", Ltd'
    text = (cdr.csv_header() + cdr.csv_line(row)).decode()
    [found] = csv.DictReader(io.StringIO(text))
    assert found["from"] == '"Shop", Ltd' and found["talk_ms"] == "5" and found["agent_id"] == ""


def test_a_caller_id_that_looks_like_a_formula_is_defused_in_csv() -> None:
    text = (cdr.csv_header() + cdr.csv_line(call("k", "a", "talked", from_='=HYPERLINK("x")'))).decode()
    assert next(csv.DictReader(io.StringIO(text)))["from"] == '\'=HYPERLINK("x")'


def test_recordings_of_any_wav_writer_are_measured(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", 1.5)
    info = read_info(tmp_path / "a.wav")
    assert (info.channels, info.rate, info.duration_ms) == (2, 8000, 1500)
    assert problems(tmp_path / "a.wav", 1450) == []
    assert "its CDR says 1300 ms" in problems(tmp_path / "a.wav", 1300)[0]


def test_a_cut_recording_is_told(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", 1)
    whole = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(whole[:-4000])
    assert "header says 8000 samples, the file holds 6000" in problems(tmp_path / "a.wav")[0]


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\0\0\0\0WAVE" + b"data" + b"\0" * 8, b"x" * 5000])
def test_what_is_no_recording_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(BadRecording):
        read_info(tmp_path / "a.wav")


def test_recording_paths_stay_inside_their_folder() -> None:
    assert relative_path(T0, "k").endswith("/k.wav")
    for bad in ("../k", "a/b", "", ".."):
        with pytest.raises(ValueError, match="cannot be a file name"):
            relative_path(T0, bad)


def test_checks_pass_on_books_that_balance(tmp_path: Path) -> None:
    write_wav(tmp_path / "r.wav", 30)
    calls = [
        call(f"k{i}", row.id, row.disposition or "", talk_ms=row.talk_ms, recording="r.wav" if row.talk_ms else None)
        for i, row in enumerate(ATTEMPTS)
    ]
    assert checks.one_disposition_each(ATTEMPTS) == []
    assert checks.nobody_dialed_twice_at_once(ATTEMPTS) == []
    assert checks.attempts_have_cdrs(ATTEMPTS, calls) == []
    assert checks.talks_are_recorded(calls, tmp_path) == []
    assert checks.no_audio_lost(calls) == []


def test_each_check_finds_its_own_fault(tmp_path: Path) -> None:
    open_attempt = replace(ATTEMPTS[0], state="launched", disposition=None)
    assert checks.one_disposition_each([open_attempt])
    assert checks.one_disposition_each([ATTEMPTS[0], ATTEMPTS[0]])
    overlapping = replace(ATTEMPTS[4], started_at_ms=T0 + 1_500)
    assert checks.nobody_dialed_twice_at_once([ATTEMPTS[3], overlapping])
    assert checks.attempts_have_cdrs(ATTEMPTS[:1], [])
    assert checks.attempts_have_cdrs(ATTEMPTS[:1], [call("k", ATTEMPTS[0].id, "busy")])
    assert checks.attempts_have_cdrs([], [call("k", "unknown", "busy")])
    assert checks.talks_are_recorded([call("k", "a", "talked", talk_ms=1000)], tmp_path)
    assert checks.talks_are_recorded([call("k", "a", "talked", talk_ms=1000, recording="none.wav")], tmp_path)
    assert checks.no_audio_lost([call("k", "a", "talked", rx_packets=10, rx_lost=1)])
    assert checks.contacts_are_settled([ContactRow("c", "1", "+1", state="leased")])


def test_series_add_up_at_every_instant() -> None:
    calls = calls_by_state(ATTEMPTS, T0, T0 + 60_000)
    at_7s = min(range(len(calls.at_s)), key=lambda i: abs(calls.at_s[i] - 7))
    assert {name: values[at_7s] for name, values in calls.values.items()}["talking"] == 1
    assert all(values[-1] == 0 for name, values in calls.values.items() if name == "talking")
    agents = agents_by_state(LOG, T0, T0 + 60_000)
    assert all(sum(column) == 1 for column in zip(*agents.values.values(), strict=True))
    assert cumulative_abandon_rate(ATTEMPTS, T0, T0 + 60_000).values["abandon rate"][-1] == 0.5


def test_a_histogram_holds_every_talk() -> None:
    rows = histogram([500, 10_000, 239_999, 3_000])
    assert sum(count for _, count in rows) == 4
    assert histogram([]) == []


def material(tmp_path: Path) -> report.Material:
    row = CampaignRow("c", "Spring <offer>", "ended", CampaignSettings(), T0)
    contacts = [ContactRow("c", str(i), f"+1555010{i}", name="Ann & Co") for i in range(1, 6)]
    return report.Material(row, contacts, ATTEMPTS, [], LOG, T0, T0 + 60_000, tmp_path)


def test_the_report_tells_each_contacts_story_and_what_does_not_add_up(tmp_path: Path) -> None:
    found = report.build(material(tmp_path), {"note": 1})
    assert [len(contact["attempts"]) for contact in found.contacts] == [1, 1, 1, 2, 0]
    assert not found.consistent
    assert len(found.checks["every attempt has one CDR that agrees"]) == 5
    document = json.loads(msgspec.json.encode(report.as_json(found)))
    assert document["kpis"]["talks"] == 1 and document["extra"] == {"note": 1} and document["consistent"] is False


def test_the_page_is_well_formed_self_contained_and_escaped(tmp_path: Path) -> None:
    text = page(report.build(material(tmp_path)))
    assert "Spring &lt;offer&gt;" in text and "Ann &amp; Co" in text
    assert "http://" not in text and "https://" not in text and "<script" not in text
    for part in text.split("<svg")[1:]:
        ET.fromstring("<svg" + part.split("</svg>")[0] + "</svg>")
