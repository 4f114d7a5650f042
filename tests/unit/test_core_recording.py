"""Recordings with options, as a Leg offers them: sides, pauses, parts, the beep."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np

from switchroom.core import Beep, LegEvent, LegEventKind, RecordOptions, RecordPart
from switchroom.recording.verify import read_info
from tests.sound import read_wav
from tests.unit.core_pair import Pair


async def test_pauses_are_told_by_position_and_are_silence(pair: Pair, tmp_path: Path) -> None:
    ours, theirs = await pair.up()
    recording = ours.record(tmp_path / "call.wav")
    theirs.tone(440)
    await asyncio.sleep(0.4)
    kinds: list[LegEventKind] = []
    told = asyncio.Event()

    def on_event(_: object, event: LegEvent) -> None:
        kinds.append(event.kind)
        told.set()

    ours.on_event = on_event
    assert recording.pause() and not recording.pause()
    await asyncio.sleep(0.3)
    assert recording.resume() and not recording.resume()
    async with asyncio.timeout(10):
        while LegEventKind.RECORD_RESUMED not in kinds:
            told.clear()
            await told.wait()
    await asyncio.sleep(0.3)
    recording.stop()
    await recording
    [gap] = recording.gaps
    assert gap.to is not None and gap.to - gap.start >= 2000  # 300 ms asked for, at 8 kHz
    said = read_wav(Path(recording.path))[:, 0]
    assert not said[gap.start : gap.to].any()
    assert said[: gap.start].any() and said[gap.to :].any()
    assert not recording.pause() and not recording.resume(), "it is over"


async def test_one_side_is_mono(pair: Pair, tmp_path: Path) -> None:
    ours, theirs = await pair.up()
    theirs.tone(440)
    recording = ours.record(tmp_path / "heard.wav", RecordOptions(sides="heard", linear=True))
    await asyncio.sleep(0.3)
    recording.stop()
    await recording
    info = read_info(Path(recording.path))
    assert (info.channels, info.format) == (1, 1)
    assert not read_wav(Path(recording.path)).any(), "nobody spoke to it"


async def test_a_recording_in_parts_names_each(pair: Pair, tmp_path: Path) -> None:
    ours, theirs = await pair.up()
    theirs.tone(440)
    parts: list[RecordPart] = []
    ours.on_event = lambda _, event: parts.append(event.value) if event.kind is LegEventKind.RECORD_PART else None
    options = RecordOptions(suffix=".wav.part", part_bytes=16_384)
    recording = ours.record(tmp_path / "call.wav.part", options)
    await asyncio.sleep(2.3)
    recording.stop()
    result = await recording
    assert result.parts == len(parts) + 1 >= 3
    assert parts[0].path == str(tmp_path / "call.wav.part") and parts[1].path == str(tmp_path / "call-2.wav.part")
    paths = [Path(recording.part(number)) for number in range(1, result.parts + 1)]
    assert sum(read_info(path).frames for path in paths) == result.samples


async def test_the_recorded_hears_the_beep(pair: Pair, tmp_path: Path) -> None:
    """They hear nothing else: the beep is sent by itself."""
    ours, theirs = await pair.up()
    frames = theirs.frames()
    recording = ours.record(tmp_path / "call.wav", RecordOptions(beep=Beep(every_ms=300, ms=100)))
    loud = 0
    async with asyncio.timeout(10):
        async for frame in frames:
            loud += any(frame)
            if loud >= 10:
                break
    recording.stop()
    assert (await recording).errno == 0


async def test_a_member_of_a_mix_recorded_mixed_holds_all_who_talk(pair: Pair, tmp_path: Path) -> None:
    calls = [await pair.up() for _ in range(3)]
    mix = pair.caller.mix()
    for (ours, theirs), hz in zip(calls, (500, 900, 1300), strict=True):
        mix.join(ours)
        theirs.tone(hz)
    await asyncio.sleep(0.3)
    recording = calls[0][0].record(tmp_path / "mix.wav", RecordOptions(sides="mixed"))
    await asyncio.sleep(0.8)
    recording.stop()
    await recording
    samples = read_wav(Path(recording.path))[800:, 0]
    level = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    hz = np.fft.rfftfreq(len(samples), 1 / 8000)
    for tone in (500, 900, 1300):
        near, far = np.abs(hz - tone) < 15, np.abs(hz - tone - 150) < 15
        assert level[near].max() > 30 * level[far].max()
