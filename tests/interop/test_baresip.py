"""One real call each way with baresip: a tone sent is the tone received, by frequency and level."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from switchroom.core import Core, CoreOptions, Leg
from switchroom.recording.verify import read_info
from tests.conftest import free_port_range
from tests.interop.peers import baresip, needs_baresip
from tests.sound import RATE, Samples, loudest, read_wav, speech_span, write_tone

pytestmark = needs_baresip

OURS, THEIRS = (700.0, -13.0), (440.0, -10.0)  # Hz, dBm0


@pytest.fixture
async def core() -> AsyncIterator[Core]:
    core = Core(CoreOptions(ports=free_port_range(20), workers=1))
    await core.start()
    yield core
    await core.stop()


def check(samples: Samples, sent: tuple[float, float], within_db: float = 0.5) -> None:
    """The middle of what was heard is the tone that was sent."""
    start, end = speech_span(samples)
    assert end - start > 4000, "half a second of it at least"
    hz, dbm0 = loudest(samples[start + 800 : end - 800])
    assert hz == pytest.approx(sent[0], abs=1)
    assert dbm0 == pytest.approx(sent[1], abs=within_db)


def dumped(folder: Path, what: str) -> Samples:
    """What baresip had before its encoder ("enc") or behind its decoder ("dec"), at 8 kHz."""
    (file,) = (folder / "baresip").glob(f"*-{what}.wav")
    return read_wav(file)[:: read_info(file).rate // RATE, 0]


async def talk(leg: Leg, folder: Path, within_db: float = 0.5) -> None:
    """A second of our tone while recording; then both recordings hold the other side's tone."""
    recording = leg.record(folder / "ours.wav")
    await leg.tone(round(OURS[0]), level_dbm0=OURS[1], total_ms=1200)
    leg.hangup()
    samples = read_wav(Path((await recording).path))
    # its own resampler, where the codec is not at 8 kHz, takes a decibel of the file: not ours to judge
    theirs = THEIRS[0], loudest(dumped(folder, "enc"))[1]
    check(samples[:, 0], theirs, within_db)
    check(samples[:, 1], OURS, within_db)
    check(dumped(folder, "dec"), OURS, within_db)


async def test_baresip_is_called(core: Core, tmp_path: Path) -> None:
    say = write_tone(tmp_path / "say.wav", THEIRS[0], 5.0, THEIRS[1])
    async with baresip(tmp_path / "baresip", say) as peer:
        leg = core.dial(f"sip:bob@127.0.0.1:{peer.port}")
        await leg.wait_answered()
        await talk(leg, tmp_path)
        assert (await leg.wait_ended()).side == "local"


@pytest.mark.parametrize("codec", ["G722", "OPUS"])
async def test_baresip_is_called_with_another_codec(core: Core, tmp_path: Path, codec: str) -> None:
    say = write_tone(tmp_path / "say.wav", THEIRS[0], 5.0, THEIRS[1])
    async with baresip(tmp_path / "baresip", say, codec=codec.lower()) as peer:
        leg = core.dial(f"sip:bob@127.0.0.1:{peer.port}", codecs=(codec, "PCMU"))
        await leg.wait_answered()
        assert leg.codec == codec
        await talk(leg, tmp_path, within_db=1.0)


async def test_baresip_calls(core: Core, tmp_path: Path) -> None:
    arrived: asyncio.Queue[Leg] = asyncio.Queue()
    core.incoming = arrived.put_nowait
    say = write_tone(tmp_path / "say.wav", THEIRS[0], 5.0, THEIRS[1])
    async with baresip(tmp_path / "baresip", say, f"/dial sip:anna@127.0.0.1:{core.sip_port}"):
        async with asyncio.timeout(10):
            leg = await arrived.get()
        assert (leg.from_user, leg.ruri_user) == ("bob", "anna")
        leg.ring()
        leg.answer()
        await talk(leg, tmp_path)
