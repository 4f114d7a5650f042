"""Calls that come in, on each kind of route, over real sockets."""

from __future__ import annotations

import asyncio
import gc
import weakref
from pathlib import Path

import pytest

from switchroom import errors
from switchroom.config import RouteConfig
from switchroom.core import Leg, LegEventKind
from tests.sound import RATE, loudest, read_wav, speech_span, write_tone
from tests.unit.core_pair import Heard
from tests.unit.live_office import office

DIAL = RouteConfig(to="*", action="dial", trunk="one")


def answer(leg: Leg) -> None:
    leg.ring()
    leg.answer()


def refuse(status: int) -> object:
    return lambda leg: leg.reject(status)


async def test_echo_route_gives_the_tone_back(tmp_path: Path) -> None:
    async with office(tmp_path, (RouteConfig(to="echo", action="echo"),)) as o:
        leg = o.dial("echo")
        await leg.wait_answered()
        recording = leg.record(tmp_path / "echo.wav")
        await leg.tone(900, total_ms=500)
        await asyncio.sleep(0.1)
        leg.hangup()
        samples = read_wav(Path((await recording).path))[:, 0]
        start, end = speech_span(samples)
        assert loudest(samples[start:end])[0] == pytest.approx(900, abs=5)
        (row,) = await o.rows()
        assert (row.direction, row.from_, row.to_, row.side, row.sip_status) == ("in", "4930111", "echo", "remote", 0)
        assert row.rx_packets >= 20 and row.codec == "PCMU" and row.sip_call_id == leg.sip_call_id
        assert await o.topics() == ["call.created", "call.answered", "call.ended"]


async def test_play_route_hangs_up_after_the_file(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "hello.wav", 500, 0.4)
    async with office(tmp_path, (RouteConfig(to="*", action="play", file=str(file), loops=2, record=True),)) as o:
        leg = o.dial("info")
        end = await leg.wait_ended()
        assert (end.side, leg.answered_at is not None) == ("remote", True)
        (row,) = await o.rows()
        assert row.recording is not None and row.record_ms == pytest.approx(row.talk_ms, abs=100)
        await o.recorded()
        samples = read_wav(Path(row.recording))[:, 1]
        start, stop = speech_span(samples)
        assert stop - start == pytest.approx(0.8 * RATE, abs=400)


async def test_bad_file_of_a_route_is_told_at_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        async with office(tmp_path, (RouteConfig(to="*", action="play", file=str(tmp_path / "absent.wav")),)):
            pass


async def test_ring_time_passes_before_the_answer(tmp_path: Path) -> None:
    async with office(tmp_path, (RouteConfig(to="*", action="echo", answer_after_ms=300),)) as o:
        leg = o.dial("x")
        await leg.wait_answered()
        assert leg.ringing_at and leg.answered_at and leg.answered_at - leg.ringing_at >= 0.29


async def test_hang_up_while_it_rings_is_no_answer(tmp_path: Path) -> None:
    async with office(tmp_path, (RouteConfig(to="*", action="echo", answer_after_ms=200),)) as o:
        leg = o.dial("x")
        await leg.wait_ringing()
        leg.hangup()
        (row,) = await o.rows()
        assert (row.sip_status, row.answered_at_ms, row.talk_ms) == (487, None, 0)
        await asyncio.sleep(0.3)
        assert await o.topics() == ["call.created", "call.ringing", "call.ended"]


async def test_no_route_is_404_and_reject_its_status(tmp_path: Path) -> None:
    async with office(tmp_path, (RouteConfig(to="spam*", action="reject", status=607),)) as o:
        with pytest.raises(errors.Unreachable) as unknown:
            await o.dial("nobody").wait_answered()
        assert unknown.value.sip_status == 404
        with pytest.raises(errors.Declined) as spam:
            await o.dial("spammer").wait_answered()
        assert spam.value.sip_status == 607


async def test_dial_joins_both_sides_and_records_them(tmp_path: Path) -> None:
    far: list[Leg] = []

    def carrier(leg: Leg) -> None:
        far.append(leg)
        leg.ring()
        leg.answer()
        leg.tone(1200)

    route = RouteConfig(to="*", action="dial", trunk="one", record=True)
    async with office(tmp_path, (route,), {"one": carrier}) as o:
        leg = o.dial("4940222")
        await leg.wait_answered()
        heard = leg.record(tmp_path / "caller.wav")
        await leg.tone(800, total_ms=800)
        leg.hangup()
        assert (await far[0].wait_ended()).side == "remote"
        assert far[0].ruri_user == "4940222" and far[0].from_user == "4930111"
        samples = read_wav(Path((await heard).path))[:, 0]
        start, end = speech_span(samples)
        assert loudest(samples[start:end])[0] == pytest.approx(1200, abs=3)
        (row,) = await o.rows()
        assert row.trunk == "one" and row.recording and row.record_ms == pytest.approx(row.talk_ms, abs=100)
        await o.recorded()
        both = read_wav(Path(row.recording))
        for channel, hz in ((0, 800), (1, 1200)):
            start, end = speech_span(both[:, channel])
            assert loudest(both[start:end, channel])[0] == pytest.approx(hz, abs=3)
        told = ["call.created", "call.ringing", "call.answered", "recording.started"]
        topics = await o.topics()
        assert topics[:4] == told and set(topics[4:]) == {"recording.ready", "call.ended"}
        assert o.core.stats()["media"]["legs"] == 0


async def test_callee_that_hangs_up_ends_the_caller_with_its_cause(tmp_path: Path) -> None:
    def carrier(leg: Leg) -> None:
        leg.answer()
        asyncio.get_running_loop().call_later(0.1, leg.hangup, 31)

    async with office(tmp_path, (DIAL,), {"one": carrier}) as o:
        leg = o.dial("x")
        await leg.wait_answered()
        end = await leg.wait_ended()
        assert (end.side, end.q850) == ("remote", 31)


async def test_busy_callee_is_busy_for_the_caller(tmp_path: Path) -> None:
    async with office(tmp_path, (DIAL,), {"one": refuse(486)}) as o:
        with pytest.raises(errors.CallBusy) as caught:
            await o.dial("x").wait_answered()
        assert caught.value.sip_status == 486
        assert o.trunks.pick().state.failures_total == 0


async def test_caller_that_gives_up_cancels_the_callee(tmp_path: Path) -> None:
    far: list[Leg] = []

    def carrier(leg: Leg) -> None:
        far.append(leg)
        leg.ring()

    async with office(tmp_path, (DIAL,), {"one": carrier}) as o:
        leg = o.dial("x")
        await leg.wait_ringing()
        leg.hangup()
        assert (await far[0].wait_ended()).status == 487


async def test_failed_trunk_gives_way_to_the_next(tmp_path: Path) -> None:
    route = RouteConfig(to="*", action="dial", trunk="one", failover=("two",))
    async with office(tmp_path, (route,), {"one": refuse(503), "two": answer}) as o:
        leg = o.dial("x")
        await leg.wait_answered()
        leg.hangup()
        (row,) = await o.rows()
        assert row.trunk == "two"


async def test_last_trunks_failure_reaches_the_caller(tmp_path: Path) -> None:
    route = RouteConfig(to="*", action="dial", trunk="one", failover=("two",))
    async with office(tmp_path, (route,), {"one": refuse(503), "two": refuse(500)}) as o:
        with pytest.raises(errors.Unreachable) as caught:
            await o.dial("x").wait_answered()
        assert caught.value.sip_status == 500


async def test_full_trunk_is_503_with_a_time_to_retry(tmp_path: Path) -> None:
    async with office(tmp_path, (DIAL,), {"one": answer}, max_cps=0.5) as o:
        await o.dial("x").wait_answered()
        with pytest.raises(errors.Unreachable) as caught:
            await o.dial("y").wait_answered()
        assert caught.value.sip_status == 503


async def test_early_media_passes_to_the_caller(tmp_path: Path) -> None:
    def carrier(leg: Leg) -> None:
        leg.ring(183, early_media=True)
        leg.tone(600)

    async with office(tmp_path, (DIAL,), {"one": carrier}) as o:
        leg = o.dial("x")
        await Heard(leg).get(LegEventKind.EARLY_MEDIA)
        recording = leg.record(tmp_path / "early.wav")
        await asyncio.sleep(0.5)
        leg.hangup()
        samples = read_wav(Path((await recording).path))[:, 0]
        start, end = speech_span(samples)
        assert loudest(samples[start:end])[0] == pytest.approx(600, abs=5)


async def test_codec_of_the_caller_is_offered_first(tmp_path: Path) -> None:
    async with office(tmp_path, (DIAL,), {"one": answer}) as o:
        leg = o.dial("x", codecs=("PCMA",))
        await leg.wait_answered()
        (call,) = o.calls
        assert [each.codec for each in call.legs] == ["PCMA", "PCMA"]


async def test_ended_call_is_forgotten(tmp_path: Path) -> None:
    """Without the garbage collector: the two legs, the call and its route refer to each other while it lives."""
    async with office(tmp_path, (DIAL,), {"one": answer}) as o:
        gc.disable()
        try:
            leg = o.dial("x")
            await leg.wait_answered()
            (call,) = o.calls
            forgotten = [weakref.ref(each) for each in call.legs]
            del call
            leg.hangup()
            await o.rows()
            await o.calls.settle()
            assert [ref() for ref in forgotten] == [None, None]
        finally:
            gc.enable()


async def test_a_route_that_requires_keys_dials_nobody_for_a_caller_without(tmp_path: Path) -> None:
    called: list[Leg] = []
    route = RouteConfig(to="*", action="dial", trunk="one", srtp="required")
    async with office(tmp_path, (route,), {"one": called.append}) as o:
        leg = o.dial("4930222")
        with pytest.raises(errors.NoMedia):
            await leg.wait_answered()
        (row,) = await o.rows()
        assert (row.sip_status, row.srtp, called) == (488, None, [])


async def test_each_side_of_a_call_has_its_own_policy(tmp_path: Path) -> None:
    there: list[Leg] = []

    def answer_with_keys(leg: Leg) -> None:
        there.append(leg)
        leg.srtp = "required"
        leg.answer()

    async with office(tmp_path, (DIAL,), {"one": answer_with_keys}, srtp="required") as o:
        leg = o.dial("4930222")
        await leg.wait_answered()
        assert (leg.encrypted, there[0].encrypted) == ("", "AEAD_AES_128_GCM")
        leg.hangup()
        (row,) = await o.rows()
        assert row.srtp is None
        await o.topics()
        ended = next(event for event in o.events if event.topic == "call.ended")
        assert [side["srtp"] for side in ended.data["legs"]] == ["", "AEAD_AES_128_GCM"]
