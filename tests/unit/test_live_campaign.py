"""Campaigns at work: a real engine, real callees and agents' phones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio

from switchroom.core import Leg
from switchroom.errors import BadParams, Exists, WrongState
from switchroom.live import Engine
from switchroom.recording.verify import problems
from switchroom.schema._base import ById
from switchroom.schema.agent import PauseAgent, WrapupDone
from switchroom.schema.call import Hangup
from switchroom.schema.campaign import (
    CallingWindow,
    CampaignSettings,
    CreateCampaign,
    RetryRule,
    StartCampaign,
    UpdateCampaign,
)
from switchroom.schema.contact import AddContact, ImportContacts
from switchroom.schema.engine import Drain
from switchroom.schema.trunk import TrunkByName
from switchroom.store.attempts import AttemptRow, LaunchAttempts, LeaseContacts

from .call_floor import Floor, call_floor, person, person_for, refuses, rings

A, B, C = "+12125550101", "+12125550102", "+12125550103"
VOICES = Path(__file__).resolve().parents[2] / "engine/switchroom/farm/voices"


@pytest_asyncio.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with call_floor(tmp_path) as one:
        yield one


def outcome(attempts: list[AttemptRow]) -> list[str | None]:
    return [attempt.disposition for attempt in attempts]


async def test_person_talks_to_a_nailed_up_agent_until_they_hang_up(floor: Floor) -> None:
    await floor.log_in(wrapup_ms=60_000)
    await floor.campaign({A: person_for(1.0)})
    [attempt] = await floor.ended()
    assert (attempt.disposition, attempt.agent_id, attempt.ordinal, attempt.side) == ("talked", "anna", 1, "remote")
    assert attempt.connected_at_ms is not None and attempt.human_at_ms is not None
    assert attempt.connected_at_ms - attempt.human_at_ms <= 100
    [cdr] = await floor.cdrs()
    assert (cdr.disposition, cdr.attempt_id, cdr.talk_ms) == ("talked", attempt.id, attempt.talk_ms)
    assert cdr.recording is not None
    async with asyncio.timeout(10):
        while not Path(cdr.recording).exists():  # published a moment after the call's end
            await asyncio.sleep(0.02)
    assert problems(Path(cdr.recording), cdr.talk_ms, tolerance_ms=100) == []
    assert floor.agent().state == "wrapup"
    assert floor.agent().talks == 1


async def test_agent_ends_the_talk_and_the_person_is_hung_up(floor: Floor) -> None:
    await floor.log_in()
    await floor.campaign({A: person})
    await floor.until(lambda: floor.agent().state == "talking")
    call_id = floor.agent().call_id
    assert call_id is not None
    await floor.engine.calls.hangup(Hangup(id=call_id))
    [attempt] = await floor.ended()
    assert (attempt.disposition, attempt.side) == ("talked", "local")
    assert floor.agent().state == "ready" and floor.agent().connected


async def test_agents_word_for_the_talk_is_kept_with_the_attempt(floor: Floor) -> None:
    await floor.log_in(wrapup_ms=60_000)
    await floor.campaign({A: person_for(0.3)})
    await floor.until(lambda: floor.agent().state == "wrapup")
    await floor.engine.agents.wrapup_done(WrapupDone(id="anna", disposition="sale"))
    [attempt] = await floor.ended()
    assert attempt.agent_disposition == "sale"


async def test_agent_without_a_nailed_up_call_is_rung_for_each_talk(floor: Floor) -> None:
    await floor.log_in(nailed_up=False)
    await floor.campaign({A: person_for(0.5), B: person_for(0.5)})
    attempts = await floor.ended()
    assert outcome(attempts) == ["talked", "talked"]
    assert len(floor.agent_legs["anna"]) == 2
    assert all(leg.ended for leg in floor.agent_legs["anna"])


async def test_agent_whose_phone_refuses_is_replaced(floor: Floor) -> None:
    await floor.log_in("anna", refuses(486), nailed_up=False)
    await floor.log_in("bert", nailed_up=False)
    await floor.campaign({A: person_for(0.5)}, max_calls=1)
    [attempt] = await floor.ended()
    assert (attempt.disposition, attempt.agent_id) == ("talked", "bert")


async def test_person_without_an_agent_is_abandoned_at_the_limit(floor: Floor) -> None:
    await floor.log_in()
    answer = asyncio.Event()

    async def slow(leg: Leg) -> None:
        leg.ring()
        await answer.wait()
        leg.answer()
        await leg.wait_ended()

    await floor.campaign({A: slow}, abandon_after_ms=300)
    await floor.until(lambda: floor.stats().ringing == 1)
    floor.engine.agents.pause(PauseAgent(id="anna"))
    answer.set()
    [attempt] = await floor.ended()
    assert (attempt.disposition, attempt.connected_at_ms) == ("abandoned", None)
    assert (floor.stats().abandoned, floor.stats().humans, floor.stats().abandon_rate) == (1, 1, 1.0)
    [cdr] = await floor.cdrs()
    assert (cdr.talk_ms, cdr.recording) == (0, None)


async def test_abandoned_person_hears_the_message(floor: Floor) -> None:
    await floor.log_in()
    answer = asyncio.Event()
    heard: list[int] = []

    async def listens(leg: Leg) -> None:
        leg.ring()
        await answer.wait()
        leg.answer()
        async for frame in leg.frames():
            heard.append(max(abs(sample) for sample in memoryview(frame).cast("B").cast("h")))

    await floor.campaign({A: listens}, abandon_after_ms=200, abandon_message=str(VOICES / "greeting_01.wav"))
    await floor.until(lambda: floor.stats().ringing == 1)
    floor.engine.agents.pause(PauseAgent(id="anna"))
    answer.set()
    [attempt] = await floor.ended()
    assert (attempt.disposition, attempt.message_played) == ("abandoned", True)
    assert max(heard) > 1_000


async def test_refusals_have_their_dispositions_and_are_retried_by_rule(floor: Floor) -> None:
    await floor.log_in()
    retry = (RetryRule(disposition="busy", after_ms=200, max_attempts=2),)
    await floor.campaign({A: refuses(486), B: refuses(404), C: refuses(603)}, retry=retry, max_calls=1)
    attempts = await floor.ended()
    found = [(attempt.number, attempt.ordinal, attempt.disposition) for attempt in attempts]
    assert sorted(found) == [(A, 1, "busy"), (A, 2, "busy"), (B, 1, "invalid_number"), (C, 1, "declined")]
    assert floor.dialed.count(A) == 2
    assert {row.number: row.state for row in await floor.contacts()} == {A: "done", B: "invalid", C: "done"}


async def test_nobody_answers_within_the_ring_time(floor: Floor) -> None:
    await floor.log_in()
    await floor.campaign({A: rings}, ring_timeout_ms=1_000)
    assert outcome(await floor.ended()) == ["no_answer"]


async def test_machine_is_recognised_and_hung_up(floor: Floor) -> None:
    async def machine(leg: Leg) -> None:
        leg.answer()
        leg.play(VOICES / "machine_01.wav")
        await leg.wait_ended()

    await floor.log_in()
    await floor.campaign({A: machine}, amd=True)
    [attempt] = await floor.ended()
    assert (attempt.disposition, attempt.amd) == ("machine", "machine")
    assert attempt.amd_ms is not None and attempt.human_at_ms is None
    assert floor.stats().amd == {"machine": 1}


async def test_message_is_left_after_the_beep(floor: Floor) -> None:
    async def machine(leg: Leg) -> None:
        leg.answer()
        await leg.play(VOICES / "machine_01.wav")
        await leg.tone(1000, total_ms=500)
        await leg.wait_ended()

    await floor.log_in()
    message = str(VOICES / "machine_message.wav")
    await floor.campaign({A: machine}, amd=True, machine="message", machine_message=message)
    [attempt] = await floor.ended()
    assert (attempt.disposition, attempt.message_played) == ("machine_message", True)


async def test_person_is_recognised_and_connected(floor: Floor) -> None:
    async def hello(leg: Leg) -> None:
        leg.answer()
        leg.play(VOICES / "greeting_01.wav")
        await floor.until(lambda: floor.agent().state == "talking")
        leg.hangup()

    await floor.log_in()
    await floor.campaign({A: hello}, amd=True)
    [attempt] = await floor.ended()
    assert (attempt.disposition, attempt.amd) == ("talked", "human")


async def test_lost_agents_phone_ends_the_talk_and_is_called_again(floor: Floor) -> None:
    await floor.log_in()
    await floor.campaign({A: person})
    await floor.until(lambda: floor.agent().state == "talking")
    floor.agent_legs["anna"][0].hangup()
    [attempt] = await floor.ended()
    assert (attempt.disposition, attempt.side) == ("talked", "local")
    assert floor.agent().state == "paused"
    await floor.until(lambda: floor.agent().state == "ready")
    assert len(floor.agent_legs["anna"]) == 2


async def test_agents_phone_that_sends_nothing_is_given_up_and_called_again(tmp_path: Path) -> None:
    async with call_floor(tmp_path, silence_ms=1_000) as floor:

        async def speaks_then_dies(leg: Leg) -> None:
            leg.answer()
            leg.tone(440, total_ms=500)
            await leg.wait_ended()

        await floor.log_in("anna", speaks_then_dies)
        await floor.until(lambda: floor.agent_legs["anna"][0].ended)
        await floor.until(lambda: len(floor.agent_legs["anna"]) >= 2)


async def test_trunk_limit_delays_calls_and_fails_none(tmp_path: Path) -> None:
    async with call_floor(tmp_path, max_calls=1) as floor:
        for name in ("anna", "bert", "carl"):
            await floor.log_in(name)
        await floor.campaign({A: person_for(0.2), B: person_for(0.2), C: person_for(0.2)})
        attempts = await floor.ended()
        assert outcome(attempts) == ["talked"] * 3
        times = sorted((a.started_at_ms or 0, a.ended_at_ms or 0) for a in attempts)
        assert all(first[1] <= second[0] for first, second in pairwise(times))


async def test_disabled_trunk_holds_the_campaign_and_says_so(floor: Floor) -> None:
    await floor.log_in()
    floor.engine.trunks.disable(TrunkByName(name="carrier"))
    await floor.campaign({A: person_for(0.2)})
    await floor.until(lambda: "campaign.hold" in floor.topics())
    assert "carrier is down or disabled" in floor.stats().pacing.why
    assert await floor.attempts() == [] or all(a.state == "leased" for a in await floor.attempts())
    floor.engine.trunks.enable(TrunkByName(name="carrier"))
    assert outcome(await floor.ended()) == ["talked"]


async def test_paused_campaign_dials_nobody_and_holds_no_contact(floor: Floor) -> None:
    await floor.log_in()
    await floor.campaign({A: person_for(0.2), B: person_for(0.2)}, start=False)
    await floor.engine.campaigns.start(StartCampaign(id="c"))
    await floor.engine.campaigns.pause(ById(id="c"))
    await floor.until(lambda: not floor.stats().in_progress)
    await asyncio.sleep(0.5)
    assert "leased" not in {row.state for row in await floor.contacts()}
    before = len(floor.dialed)
    await floor.engine.campaigns.start(StartCampaign(id="c"))
    assert outcome(await floor.ended()) == ["talked", "talked"]
    assert before < 2 and len(floor.dialed) == 2


async def test_stopped_campaign_lets_the_talk_end_and_ends(floor: Floor) -> None:
    await floor.log_in()
    await floor.campaign({A: person_for(1.0), B: person}, max_calls=1)
    await floor.until(lambda: floor.agent().state == "talking")
    info = await floor.engine.campaigns.stop(ById(id="c"))
    assert info.state == "stopping"
    assert outcome(await floor.ended()) == ["talked"]
    with pytest.raises(WrongState):
        await floor.engine.contacts.add(AddContact(campaign_id="c", number=C))


async def test_nobody_is_called_outside_their_hours(floor: Floor) -> None:
    start = datetime.now(UTC) + timedelta(hours=3)
    end = start + timedelta(hours=1)
    window = CallingWindow(start=f"{start:%H:%M}", end=f"{end:%H:%M}")
    await floor.log_in()
    await floor.campaign({A: person}, calling_hours=(window,), time_zone="UTC")
    for _ in range(200):
        [contact] = await floor.contacts()
        if contact.next_at_ms:
            break
        await asyncio.sleep(0.02)
    opening = start.replace(second=0, microsecond=0)
    assert contact.next_at_ms == int(opening.timestamp() * 1000)
    assert floor.dialed == [] and floor.stats().state == "running"


async def test_import_keeps_the_good_lines_and_names_the_bad_ones(floor: Floor, tmp_path: Path) -> None:
    await floor.campaign({A: person}, start=False)
    file = tmp_path / "list.csv"
    good = b"number,name\n" + B.encode() + b",Bob\n12,short\n" + A.encode() + b",there\n"
    file.write_bytes(good + C.encode() + ",Zo\xeb\n".encode("latin-1") + B.encode() + b",twice\n")
    result = await floor.engine.contacts.import_(ImportContacts(campaign_id="c", path=str(file)))
    assert (result.accepted, result.rejected_count, result.duplicates) == (1, 4, 2)
    reasons = {line.line: line.reason for line in result.rejected}
    assert reasons[3] == "too short" and reasons[5] == "is not UTF-8" and reasons[6] == "same number as line 2"
    assert "campaign already" in reasons[4]
    assert [row.name for row in await floor.contacts()] == ["", "Bob"]


async def test_contact_added_while_running_is_dialed_at_once(floor: Floor) -> None:
    await floor.log_in()
    await floor.campaign({A: person_for(0.2)}, end_when_done=False)
    await floor.until(lambda: floor.stats().dispositions.get("talked") == 1)
    floor.callees[B] = person_for(0.2)
    await floor.engine.contacts.add(AddContact(campaign_id="c", number=B))
    await floor.until(lambda: floor.stats().dispositions.get("talked") == 2)
    with pytest.raises(Exists):
        await floor.engine.contacts.add(AddContact(campaign_id="c", number=B))


async def test_contact_of_higher_priority_goes_before_those_leased_ahead(floor: Floor) -> None:
    await floor.log_in()
    numbers = [f"+121255504{n:02d}" for n in range(8)]
    await floor.campaign(dict.fromkeys(numbers, person_for(0.3)), max_calls=1)
    await floor.until(lambda: floor.dialed)
    floor.callees[A] = person_for(0.3)
    await floor.engine.contacts.add(AddContact(campaign_id="c", number=A, priority=10))
    await floor.ended()
    assert floor.dialed.index(A) <= 2 and len(floor.dialed) == 9


async def test_predictive_campaign_dials_its_list_to_the_end(floor: Floor) -> None:
    for name in ("anna", "bert"):
        await floor.log_in(name)
    numbers = [f"+121255502{n:02d}" for n in range(24)]
    kinds = [person_for(0.4), rings, refuses(486)]
    callees = {number: kinds[index % 3] for index, number in enumerate(numbers)}
    await floor.campaign(callees, mode="predictive", ring_timeout_ms=1_500)
    attempts = await floor.ended()
    assert len(attempts) == 24 and len(floor.dialed) == 24
    assert {attempt.state for attempt in attempts} == {"ended"}
    stats = floor.stats()
    assert sum(stats.dispositions.values()) == stats.attempts == 24
    assert stats.contacts_open == 0 and stats.humans == stats.connected + stats.abandoned
    assert floor.topics("attempt.ended").count("attempt.ended") == 24
    assert {row.disposition for row in await floor.cdrs()} == {a.disposition for a in attempts}


async def test_two_campaigns_share_an_agent(floor: Floor) -> None:
    await floor.log_in()
    await floor.campaign({A: person_for(0.2)}, id="one")
    await floor.campaign({B: person_for(0.2)}, id="two")
    assert outcome(await floor.ended("one")) + outcome(await floor.ended("two")) == ["talked", "talked"]


async def test_settings_that_cannot_work_are_refused(floor: Floor) -> None:
    for settings, text in (
        (CampaignSettings(trunk="other"), "no such trunk"),
        (CampaignSettings(machine="message"), "names no file"),
        (CampaignSettings(time_zone="Mars/Olympus"), "no IANA zone"),
        (CampaignSettings(abandon_message="/nowhere.wav"), "nowhere"),
        (CampaignSettings(amd=False, machine="agent"), "amd is off"),
    ):
        with pytest.raises(BadParams, match=text):
            await floor.engine.campaigns.create(CreateCampaign(name="x", settings=settings))


async def test_updated_settings_hold_for_the_next_decision(floor: Floor) -> None:
    await floor.campaign({A: refuses(486)}, start=False)
    info = await floor.engine.campaigns.update(UpdateCampaign(id="c", settings=CampaignSettings(max_abandon=0.01)))
    assert (info.settings.max_abandon, info.version) == (0.01, 2)


async def test_drain_launches_nothing_more_and_lets_the_talk_end(floor: Floor) -> None:
    await floor.log_in()
    await floor.campaign({A: person_for(1.0), B: person_for(0.2)}, max_calls=1)
    await floor.until(lambda: floor.agent().state == "talking")
    await floor.engine.drain(Drain(deadline_ms=20_000))
    assert floor.dialed == [A]
    await floor.engine.calls.settle()
    assert outcome(await floor.attempts()) == ["talked"]
    assert sorted(row.state for row in await floor.contacts()) == ["done", "open"]


async def test_engine_that_stops_leaves_every_attempt_ended_and_no_contact_leased(tmp_path: Path) -> None:
    async with call_floor(tmp_path) as floor:
        await floor.log_in("anna")
        await floor.log_in("bert")
        await floor.campaign({A: person, B: rings, C: person})
        await floor.until(lambda: floor.agent("anna").state == "talking" or floor.agent("bert").state == "talking")
    async with call_floor(tmp_path) as floor:
        attempts = await floor.attempts()
        assert attempts and {attempt.state for attempt in attempts} == {"ended"}
        assert set(outcome(attempts)) <= {"talked", "cancelled", "abandoned", "hung_up"}
        assert "leased" not in {row.state for row in await floor.contacts()}
        assert floor.engine.campaigns.get(ById(id="c")).state == "running"


async def test_attempts_that_a_crash_left_are_settled_once(tmp_path: Path) -> None:
    retry = (RetryRule(disposition="failed", after_ms=60_000, max_attempts=2),)
    async with call_floor(tmp_path) as floor:
        await floor.campaign({A: person, B: person}, start=False, retry=retry)
        rows = [AttemptRow(f"t{row.number}", "c", row.id, row.number, 1, 1_000) for row in await floor.contacts()]
        await floor.engine.store.submit([LeaseContacts(rows)])
        await floor.engine.store.submit([LaunchAttempts([(rows[0].id, "call", "carrier", 2_000)])])
    for _ in range(2):  # the second start finds nothing more to settle
        async with call_floor(tmp_path) as floor:
            [attempt] = await floor.attempts()
            assert (attempt.id, attempt.disposition, attempt.state) == (rows[0].id, "interrupted", "ended")
            first, second = await floor.contacts()
            assert (first.state, first.attempts) == ("open", 1) and first.next_at_ms > 60_000
            assert (second.state, second.attempts, second.next_at_ms) == ("open", 0, 0)
            assert floor.stats().dispositions == {"interrupted": 1}


async def test_running_campaign_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with call_floor(tmp_path) as floor:
        await floor.campaign({A: person_for(0.2), B: person_for(0.2)})
    async with call_floor(tmp_path) as floor:
        assert floor.dialed == []
        floor.callees.update({A: person_for(0.2), B: person_for(0.2)})
        await floor.log_in()
        assert outcome(await floor.ended()) == ["talked", "talked"]


async def test_disposition_waits_for_a_store_that_is_full(floor: Floor) -> None:
    await floor.log_in()
    await floor.campaign({A: person})
    await floor.until(lambda: floor.agent().state == "talking")
    engine: Engine = floor.engine
    assert engine.store._writer is not None
    database = engine.store._writer._db
    pages = database.execute("PRAGMA page_count").fetchone()[0]
    await engine.store.submit([(f"PRAGMA max_page_count = {pages}", ())])
    call_id = floor.agent().call_id
    assert call_id is not None
    for _ in range(40):  # fill what is left of the last page
        engine.events.publish("test.padding", {"pad": "x" * 4_000})
    await engine.calls.hangup(Hangup(id=call_id))
    await floor.until(lambda: engine.store.failing is not None)
    assert [a.state for a in await floor.attempts()] == ["launched"]
    await engine.store.submit([("PRAGMA max_page_count = 100000", ())])
    assert outcome(await floor.ended()) == ["talked"]
