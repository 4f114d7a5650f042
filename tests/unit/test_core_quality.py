"""Quality of legs seen from a Core: figures while the call is up, alarms as events, final figures after it."""

from __future__ import annotations

import asyncio

import pytest

from switchroom.core import LegEventKind, QualityAlarm, QualityOptions
from tests.unit.core_pair import Heard, Pair, start_pair


async def _stop(pair: Pair) -> None:
    await pair.caller.stop()
    await pair.callee.stop()


async def test_a_leg_of_a_measuring_core_has_figures_during_and_after_the_call() -> None:
    pair = await start_pair(quality=QualityOptions(silence_dbm0=-45.0))
    try:
        ours, theirs = await pair.up()
        await asyncio.gather(
            ours.tone(1000, level_dbm0=-20.0, total_ms=700), theirs.tone(500, level_dbm0=-10.0, total_ms=700)
        )
        ours.hangup()
        async with asyncio.timeout(10):
            await ours.wait_closed()
        quality = ours.quality()
        assert quality is not None
        assert quality.said.level_cdbm0 == pytest.approx(-1000, abs=40)
        assert quality.heard.level_cdbm0 == pytest.approx(-2000, abs=40)
        assert quality.said.voice_ms >= 600 and quality.heard.voice_ms >= 600
        assert quality.rx.mos > 400 and quality.rx.r > 850 and quality.tx.mos == 0, "no report of theirs came yet"
        assert quality.alarms == () and quality.xr_r is None and quality.said.clipped == 0
    finally:
        await _stop(pair)


async def test_a_core_that_does_not_measure_has_none() -> None:
    pair = await start_pair()
    try:
        ours, _ = await pair.up()
        assert ours.quality() is None
        ours.hangup()
        await ours.wait_closed()
        assert ours.quality() is None
    finally:
        await _stop(pair)


async def test_one_way_audio_is_an_event() -> None:
    pair = await start_pair(quality=QualityOptions(one_way_ms=400))
    try:
        ours, _ = await pair.up()
        heard = Heard(ours)
        tone = ours.tone(700)  # the far side sends nothing at all
        event = await heard.get(LegEventKind.QUALITY)
        assert event.value.alarm == "one_way" and event.value.begins and event.value.reason == "no_packets"
        assert event.value.value >= 400
        tone.stop()
        quality = ours.quality()
        assert quality is not None and quality.alarms == ("one_way",) and quality.one_way_ms >= 400
    finally:
        await _stop(pair)


def test_alarms_name_their_reason() -> None:
    alarm = QualityAlarm.of(9, 15_000, 0, 2)
    assert alarm == QualityAlarm("one_way", True, 15_000, 0, "silence")
    assert QualityAlarm.of(2, 12, 30_000, 0) == QualityAlarm("loss", False, 12, 30_000, None)
