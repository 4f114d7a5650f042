"""Encrypted legs between two Cores: who agrees, what stays encrypted, and that keys show nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from switchroom.core import LegEventKind
from switchroom.errors import NoMedia
from tests.unit.core_pair import Heard, Pair, start_pair


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    pair = await start_pair(srtp="optional")
    yield pair
    await pair.caller.stop()
    await pair.callee.stop()


async def heard_packets(leg: object, count: int = 10) -> None:
    async with asyncio.timeout(10):
        while leg.stats().rx_packets < count:  # type: ignore[attr-defined]
            await asyncio.sleep(0.02)


async def test_both_sides_agree_on_keys_and_audio_flows(pair: Pair) -> None:
    ours, theirs = await pair.up()
    assert ours.encrypted == theirs.encrypted == "AEAD_AES_128_GCM"
    theirs.echo()
    ours.tone(440)
    await heard_packets(ours)
    for leg in (ours, theirs):
        stats = leg.stats()
        assert stats.encrypted and stats.rtcp_mux
        assert (stats.srtp_bad, stats.srtp_replayed, stats.rx_bad) == (0, 0, 0)


async def test_hold_stays_encrypted(pair: Pair) -> None:
    ours, theirs = await pair.up()
    heard = Heard(ours)
    ours.hold()
    await heard.get(LegEventKind.MODIFIED)
    ours.hold(False)
    await heard.get(LegEventKind.MODIFIED, lambda event: event is heard.events[-1] and len(heard.events) > 1)
    theirs.tone(440)
    await heard_packets(ours)
    assert ours.encrypted and theirs.encrypted and ours.stats().srtp_bad == 0


async def test_an_offer_in_clear_is_refused_where_keys_are_required(pair: Pair) -> None:
    ours, theirs = await pair.ringing(srtp="off")
    theirs.srtp = "required"
    assert not theirs.acceptable
    theirs.answer()
    with pytest.raises(NoMedia):
        await ours.wait_answered()
    assert (await theirs.wait_ended()).status == 488


async def test_an_offer_that_requires_keys_is_refused_where_they_are_off(pair: Pair) -> None:
    ours, theirs = await pair.ringing(srtp="required")
    theirs.srtp = "off"
    assert not theirs.acceptable
    theirs.ring(183, early_media=True)
    with pytest.raises(NoMedia):
        await ours.wait_answered()


async def test_optional_goes_on_in_clear_with_who_has_no_keys(pair: Pair) -> None:
    ours, theirs = await pair.ringing()
    theirs.srtp = "off"
    theirs.answer()
    await ours.wait_answered()
    assert ours.encrypted == theirs.encrypted == ""


async def test_a_bridge_has_keys_of_its_own_on_each_side(pair: Pair) -> None:
    """caller - callee = callee - caller, the middle bridged: tone in is heard at the far end."""
    first, first_there = await pair.up(srtp="required")
    second, second_there = await pair.up(srtp="off")
    first_there.bridge(second_there)
    first.tone(440)
    await heard_packets(second)
    assert first_there.encrypted and not second_there.encrypted
    assert first_there.stats().srtp_bad == 0 and second.stats().rx_bad == 0


async def test_keys_cannot_be_looked_at(pair: Pair) -> None:
    ours, _ = await pair.up()
    assert ours._remote is not None
    keys = ours._remote[8]
    assert type(keys).__name__ == "PyCapsule" and "inline" not in repr(ours._remote)
