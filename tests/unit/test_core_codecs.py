"""Codecs beyond G.711 between two Cores: agreed on, played, recorded, bridged into each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from switchroom import errors
from switchroom.core import CoreOptions, Leg
from switchroom.core.leg import CODECS
from tests.sound import RATE, loudest, read_wav, speech_span
from tests.unit.core_pair import Pair, start_pair

ALL = ("PCMU", "PCMA", "G722", "OPUS")


@pytest.fixture
async def wide() -> AsyncIterator[Pair]:
    pair = await start_pair(codecs=ALL)
    yield pair
    await pair.caller.stop()
    await pair.callee.stop()


def _tone(path: str) -> tuple[float, float]:
    """Hz and dBm0 of the middle of what was heard."""
    samples = read_wav(Path(path))[:, 0]
    start, end = speech_span(samples)
    assert end - start > RATE / 4
    return loudest(samples[start + 400 : end - 400])


async def _say(leg: Leg, hz: int) -> None:
    await leg.tone(hz, total_ms=600)


@pytest.mark.parametrize("codec", ["G722", "OPUS"])
async def test_tone_over_a_codec_keeps_its_frequency_and_level(wide: Pair, tmp_path: Path, codec: str) -> None:
    ours, theirs = await wide.up(codecs=(codec,))
    assert ours.codec == theirs.codec == codec
    recording = theirs.record(tmp_path / "heard.wav")
    await _say(ours, 700)
    await asyncio.sleep(0.1)
    ours.hangup()
    hz, dbm0 = _tone((await recording).path)
    assert hz == pytest.approx(700, abs=3) and dbm0 == pytest.approx(-13, abs=1)


async def test_bridge_of_opus_and_a_law_carries_both_ways(wide: Pair, tmp_path: Path) -> None:
    a, at_a = await wide.up(codecs=("OPUS",))
    b, at_b = await wide.up(codecs=("PCMA",))
    at_a.bridge(at_b)
    recordings = [a.record(tmp_path / "a.wav"), b.record(tmp_path / "b.wav")]
    await asyncio.gather(_say(a, 500), _say(b, 900))
    await asyncio.sleep(0.1)
    a.hangup()
    b.hangup()
    for recording, expected in zip(recordings, (900, 500), strict=True):
        hz, dbm0 = _tone((await recording).path)
        assert hz == pytest.approx(expected, abs=3) and dbm0 == pytest.approx(-13, abs=1)


async def test_offer_has_the_codecs_of_the_options_in_their_order() -> None:
    pair = await start_pair(codecs=("OPUS", "PCMU"))
    ours, theirs = await pair.up()
    assert ours.codec == theirs.codec == "OPUS"
    await pair.caller.stop()
    await pair.callee.stop()


async def test_codec_that_is_not_configured_is_not_agreed_on() -> None:
    pair = await start_pair()
    leg = pair.caller.dial(pair.uri, codecs=("G722", "OPUS"))
    with pytest.raises(errors.NoMedia):
        await leg.wait_answered()
    assert leg.end is not None and leg.end.status == 488
    await pair.caller.stop()
    await pair.callee.stop()


@pytest.mark.parametrize("codecs", [(), ("PCMU", "PCMU"), ("G729",), ("opus",)])
async def test_list_of_codecs_that_cannot_be_is_refused(wide: Pair, codecs: tuple[str, ...]) -> None:
    with pytest.raises(errors.BadParams, match="PCMU, PCMA, G722, OPUS"):
        wide.caller.dial(wide.uri, codecs=codecs)


def test_default_is_g711_first() -> None:
    assert tuple(CoreOptions().codecs) == ("PCMU", "PCMA") and tuple(CODECS) == ALL
