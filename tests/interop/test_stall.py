"""The Python thread stands still for two seconds: audio goes on, no call is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import free_port
from tests.interop.peers import needs_sipp, sipp
from tests.sound import RATE, read_wav, speech_span, write_tone
from tests.unit.core_pair import Pair, start_pair


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    pair = await start_pair()
    yield pair
    await pair.caller.stop()
    await pair.callee.stop()


async def test_audio_has_no_gap_while_python_stands_still(pair: Pair, tmp_path: Path) -> None:
    ours, theirs = await pair.up()
    theirs.echo()
    recording = ours.record(tmp_path / "call.wav")
    playback = ours.play(write_tone(tmp_path / "tone.wav", 400, 2.5))
    await asyncio.sleep(0.2)
    time.sleep(2.0)
    assert await playback is True
    await asyncio.sleep(0.1)
    ours.hangup()
    samples = read_wav(Path((await recording).path))
    for channel in (0, 1):
        start, end = speech_span(samples[:, channel])
        assert end - start == pytest.approx(2.5 * RATE, abs=200)
        # Every 20 ms of it is loud: 8 periods of 400 Hz.
        frames = np.abs(samples[start : start + (end - start) // 160 * 160, channel]).reshape(-1, 160)
        assert frames.max(axis=1).min() > 0.1
    assert ours.stats().rx_lost == theirs.stats().rx_lost == 0


@needs_sipp
async def test_no_call_is_lost_while_python_stands_still(pair: Pair, tmp_path: Path) -> None:
    """SIPp goes on calling at 100 per second during the stall; every one of its calls succeeds."""
    pair.callee.incoming = lambda leg: leg.answer()
    target = f"127.0.0.1:{pair.callee.sip_port}"
    port = str(free_port())
    # 30 at once, since RTP ports are 60; SIPp waits for room.
    options = ("-m", "200", "-r", "100", "-l", "25", "-d", "0", "-cp", port)
    async with sipp(tmp_path, "uac", *options, target=target) as peer:
        await asyncio.sleep(0.5)
        time.sleep(2.0)
        assert await peer.finished() == 0
    assert pair.callee.stats()["sip"]["calls_in"] == 200
