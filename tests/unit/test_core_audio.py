"""Audio between two Cores: what is sent is what is heard, by frequency and level."""

from __future__ import annotations

import asyncio
import os
import stat
from array import array
from pathlib import Path

import numpy as np
import pytest

from switchroom import errors
from switchroom.core import FRAME_BYTES, Leg, LegEventKind
from tests.sound import RATE, loudest, read_wav, speech_span, write_tone
from tests.unit.core_pair import Heard, Pair, start_pair

K = LegEventKind


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
async def test_file_played_is_the_tone_recorded(pair: Pair, tmp_path: Path, codec: str) -> None:
    ours, theirs = await pair.up(codecs=(codec,))
    assert ours.codec == theirs.codec == codec
    recording = theirs.record(tmp_path / "deep" / "folder" / "call.wav")
    assert await ours.play(write_tone(tmp_path / "tone.wav", 440, 1.0, -10)) is True
    await asyncio.sleep(0.1)
    ours.hangup()
    result = await recording
    samples = read_wav(Path(result.path))
    assert result.errno == 0 and len(samples) == result.samples
    start, end = speech_span(samples[:, 0])
    assert end - start == pytest.approx(RATE, abs=400)
    hz, dbm0 = loudest(samples[start:end, 0])
    assert hz == pytest.approx(440, abs=2)
    assert dbm0 == pytest.approx(-10, abs=0.5)
    assert not np.any(np.abs(samples[:, 1]) > 0.01), "they said nothing, so the right side is silent"


async def test_recording_is_as_long_as_the_call(pair: Pair, tmp_path: Path) -> None:
    ours, theirs = await pair.up()
    recording = ours.record(tmp_path / "call.wav")
    assert ours.answered_at is not None
    playback = ours.tone(400)
    await asyncio.sleep(1.5)
    theirs.hangup()
    result = await recording
    assert ours.ended_at is not None
    assert result.ms == pytest.approx((ours.ended_at - ours.answered_at) * 1000, abs=100)
    assert await playback is False


async def test_stop_ends_the_recording_and_the_call_goes_on(pair: Pair, tmp_path: Path) -> None:
    ours, _ = await pair.up()
    heard = Heard(ours)
    recording = ours.record(tmp_path / "call.wav")
    await asyncio.sleep(0.1)
    recording.stop()
    recording.stop()
    result = await recording
    assert (await heard.get(K.RECORDED)).value == result
    assert not ours.ended


async def test_recording_that_cannot_be_written_leaves_the_call_alone(pair: Pair, tmp_path: Path) -> None:
    ours, _ = await pair.up()
    heard = Heard(ours)
    (tmp_path / "taken").mkdir()
    recording = ours.record(tmp_path / "taken")
    assert (await recording).errno != 0
    assert (await heard.get(K.RECORD_ERROR)).value != 0
    assert not ours.ended


async def test_playback_is_replaced_by_the_next(pair: Pair) -> None:
    ours, _ = await pair.up()
    first = ours.tone(400)
    second = ours.tone(800, total_ms=100)
    assert await first is False
    assert await second is True


async def test_playback_can_be_stopped_and_cancelled_waiters_do_not_stop_it(pair: Pair) -> None:
    ours, _ = await pair.up()
    playback = ours.tone(400)
    waiter = asyncio.ensure_future(_wait(playback))
    await asyncio.sleep(0.05)
    waiter.cancel()
    await asyncio.sleep(0.05)
    assert not playback.done
    playback.stop()
    assert await playback is False
    playback.stop()


async def _wait(playback: object) -> None:
    await playback  # type: ignore[misc]


async def test_echo_gives_the_tone_back(pair: Pair, tmp_path: Path) -> None:
    ours, theirs = await pair.up()
    theirs.echo()
    recording = ours.record(tmp_path / "echo.wav")
    await ours.tone(1000, level_dbm0=-13, total_ms=600)
    await asyncio.sleep(0.2)
    ours.hangup()
    samples = read_wav(Path((await recording).path))
    start, end = speech_span(samples[:, 0])
    hz, dbm0 = loudest(samples[start:end, 0])
    assert hz == pytest.approx(1000, abs=3)
    assert dbm0 == pytest.approx(-13, abs=0.5)


async def test_dtmf_arrives_as_digits_in_order(pair: Pair) -> None:
    ours, theirs = await pair.up()
    heard = Heard(theirs)
    digits = theirs.digits()
    first = asyncio.ensure_future(anext(digits))
    await asyncio.sleep(0)
    assert await ours.dtmf("19a#", tone_ms=60, gap_ms=60) is True
    got = [await first] + [await anext(digits) for _ in range(3)]
    assert got == ["1", "9", "A", "#"]
    event = await heard.get(K.DTMF)
    assert event.value.digit == "1" and event.value.ms == pytest.approx(60, abs=25)
    ours.hangup()
    assert [digit async for digit in digits] == []


async def test_digits_are_heard_in_the_audio_where_no_events_are_offered(pair: Pair) -> None:
    ours, theirs = await pair.up(dtmf="inband")
    heard = Heard(theirs)
    assert await ours.dtmf("19a#", tone_ms=60, gap_ms=60) is True
    got = [await heard.get(K.DTMF, lambda event, digit=digit: event.value.digit == digit) for digit in "19A#"]
    assert {event.value.way for event in got} == {"audio"}
    assert all(event.value.ms == pytest.approx(60, abs=15) for event in got)
    with pytest.raises(errors.BadParams, match="inband"):
        pair.caller.dial(pair.uri, dtmf="morse")  # type: ignore[arg-type]  # what is refused


@pytest.mark.parametrize("digits", ["", "12x", "1" * 33])
async def test_digits_that_no_telephone_has_are_refused(pair: Pair, digits: str) -> None:
    ours, _ = await pair.up()
    with pytest.raises(errors.BadParams, match="digits"):
        ours.dtmf(digits)


async def test_bridge_carries_both_ways_and_ends_with_a_leg(pair: Pair, tmp_path: Path) -> None:
    """Two callers (one Core) are joined in the other Core: each hears the other's tone, nobody their own."""
    a, at_a = await pair.up(codecs=("PCMU",))
    b, at_b = await pair.up(codecs=("PCMA",))
    at_a.bridge(at_b)
    records = [a.record(tmp_path / "a.wav"), b.record(tmp_path / "b.wav")]
    await asyncio.gather(_wait(a.tone(500, total_ms=800)), _wait(b.tone(900, total_ms=800)))
    await asyncio.sleep(0.1)
    a.hangup()
    b.hangup()
    for recording, expected in zip(records, (900, 500), strict=True):
        samples = read_wav(Path((await recording).path))
        start, end = speech_span(samples[:, 0])
        assert end - start == pytest.approx(0.8 * RATE, abs=600)
        hz, dbm0 = loudest(samples[start:end, 0])
        assert hz == pytest.approx(expected, abs=3)
        assert dbm0 == pytest.approx(-13, abs=0.7)


async def test_mix_lets_three_hear_each_other_and_a_listener_only_listen(pair: Pair, tmp_path: Path) -> None:
    legs = [await pair.up() for _ in range(3)]
    mix = pair.callee.mix()
    for i, (_, theirs) in enumerate(legs):
        mix.join(theirs, talk=i != 2)
    recording = legs[2][0].record(tmp_path / "listener.wav")
    other = legs[0][0].record(tmp_path / "other.wav")
    tones = [leg.tone(hz, level_dbm0=-20) for (leg, _), hz in zip(legs, (500, 900, 1300), strict=True)]
    await asyncio.sleep(0.8)
    for tone in tones:
        tone.stop()
    for leg, _ in legs:
        leg.hangup()
    listened = np.abs(np.fft.rfft(_middle(Path((await recording).path))))
    heard = np.abs(np.fft.rfft(_middle(Path((await other).path))))
    assert _has(listened, 500) and _has(listened, 900) and not _has(listened, 1300)
    assert not _has(heard, 500) and _has(heard, 900) and not _has(heard, 1300)
    mix.close()
    mix.close()


def _middle(path: Path) -> np.ndarray:
    """0.4 s of what the leg says, so that a bin is 2.5 Hz."""
    left = read_wav(path)[:, 0]
    middle = len(left) // 2
    return left[middle - 1600 : middle + 1600]


def _has(spectrum: np.ndarray, hz: float) -> bool:
    return bool(spectrum[round(hz / 2.5)] > 20)


async def test_early_media_is_heard_before_the_answer(pair: Pair, tmp_path: Path) -> None:
    ours, theirs = await pair.ringing()
    heard = Heard(ours)
    theirs.ring(183, early_media=True)
    theirs.tone(600)
    await heard.get(K.EARLY_MEDIA)
    recording = ours.record(tmp_path / "early.wav")
    await asyncio.sleep(0.5)
    assert ours.answered_at is None
    ours.hangup()
    samples = read_wav(Path((await recording).path))
    start, end = speech_span(samples[:, 0])
    assert loudest(samples[start:end, 0])[0] == pytest.approx(600, abs=5)


async def test_frames_come_in_order_and_end_with_the_call(pair: Pair) -> None:
    ours, theirs = await pair.up()
    got = bytearray()
    async with theirs.frames() as frames:
        ours.tone(700, total_ms=400).on_done = lambda _: ours.hangup()
        async for frame in frames:
            assert len(frame) == FRAME_BYTES
            got += frame
    samples = np.frombuffer(bytes(got), np.int16) / 32768
    start, end = speech_span(samples)
    assert end - start == pytest.approx(0.4 * RATE, abs=200)
    assert loudest(samples[start:end])[0] == pytest.approx(700, abs=5)
    assert frames.dropped == 0


async def test_second_reader_of_frames_is_refused(pair: Pair) -> None:
    _, theirs = await pair.up()
    async with theirs.frames():
        with pytest.raises(errors.WrongState, match="reader"):
            theirs.frames()


async def test_reader_that_is_too_slow_is_told_what_it_lost(pair: Pair) -> None:
    ours, theirs = await pair.up()
    frames = theirs.frames(buffer_ms=100)
    ours.tone(700)
    await asyncio.sleep(0.5)
    async for _ in frames:
        if frames.dropped:
            break
    assert frames.dropped > 0
    frames.close()


async def test_sink_is_heard_and_paces_its_writer(pair: Pair, tmp_path: Path) -> None:
    ours, theirs = await pair.up()
    recording = theirs.record(tmp_path / "sink.wav")
    t = np.arange(RATE) / RATE
    pcm = (8000 * np.sin(2 * np.pi * 620 * t)).astype(np.int16)
    began = asyncio.get_running_loop().time()
    async with ours.sink(buffer_ms=200) as sink:
        await sink.write(pcm)
    assert asyncio.get_running_loop().time() - began > 0.5, "one second of audio cannot fit in 200 ms"
    await asyncio.sleep(0.4)
    ours.hangup()
    samples = read_wav(Path((await recording).path))
    start, end = speech_span(samples[:, 0])
    assert end - start == pytest.approx(RATE, abs=500)
    assert loudest(samples[start:end, 0])[0] == pytest.approx(620, abs=3)


async def test_flush_cuts_what_was_queued(pair: Pair) -> None:
    """What is written next is heard next, although much was queued before it."""
    ours, theirs = await pair.up()
    frames = theirs.frames()

    async def heard(level: int) -> None:
        async for frame in frames:
            if abs(array("h", frame)[80]) in range(level - 500, level + 500):
                return

    sink = ours.sink(buffer_ms=60_000)
    await sink.write(array("h", [9000, -9000] * 4000 * 50))
    async with asyncio.timeout(25):  # half of what is queued
        await heard(9000)
        sink.flush()
        await sink.write(array("h", [3000, -3000] * 1600))
        await heard(3000)


async def test_writing_to_a_sink_after_the_end_is_hung_up(pair: Pair) -> None:
    ours, theirs = await pair.up()
    sink = ours.sink()
    theirs.hangup()
    await ours.wait_closed()
    with pytest.raises(errors.HungUp):
        await sink.write(bytes(320))


async def test_amd_and_beep_give_up_with_the_call(pair: Pair) -> None:
    ours, theirs = await pair.up()
    verdict, beep = ours.amd(), ours.beep()
    await asyncio.sleep(0.1)
    theirs.hangup()
    assert (await verdict).verdict in ("unknown", "silence")
    assert await beep is None


async def test_amd_hears_nobody(pair: Pair) -> None:
    ours, _ = await pair.up()
    heard = Heard(ours)
    result = await ours.amd(initial_silence_ms=500)
    assert (result.verdict, result.reason) == ("silence", "no_voice")
    assert (await heard.get(K.AMD)).value == result


async def test_beep_is_heard(pair: Pair) -> None:
    ours, theirs = await pair.up()
    beep = ours.beep(5.0)
    await asyncio.sleep(0.2)
    theirs.tone(1000, total_ms=300)
    found = await beep
    assert found is not None and found.hz == pytest.approx(1000, abs=20)


async def test_silence_and_its_end_are_told() -> None:
    pair = await start_pair(silence_ms=300)
    ours, theirs = await pair.up()
    heard = Heard(ours)
    await theirs.tone(400, total_ms=100)
    await heard.get(K.SILENT)
    theirs.tone(400)
    await heard.get(K.RESUMED)
    await pair.caller.stop()
    await pair.callee.stop()


async def test_stats_count_what_went_and_stay_after_the_end(pair: Pair) -> None:
    ours, theirs = await pair.up()
    await theirs.tone(400, total_ms=500)
    await asyncio.sleep(0.1)
    now = ours.stats()
    assert now.rx_packets >= 24 and now.rx_lost == 0
    ours.hangup()
    await ours.wait_closed()
    assert ours.stats().rx_packets >= now.rx_packets
    assert ours.created_at < ours.stats().first_rx_at <= ours.stats().last_rx_at


async def test_clip_is_read_once_until_the_file_changes(pair: Pair, tmp_path: Path) -> None:
    path = write_tone(tmp_path / "a.wav", 440, 0.2)
    clip = pair.caller.clip(path)
    assert (clip.ms, pair.caller.clip(path)) == (200, clip)
    write_tone(path, 440, 0.3)
    assert pair.caller.clip(path).ms == 300
    clip.release()
    clip.release()


async def test_bad_audio_file_says_what_is_wrong(pair: Pair, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"not a wav file at all, but long enough to be read as one: " * 4)
    with pytest.raises(errors.MediaError, match=r"bad\.wav"):
        pair.caller.clip(bad)
    with pytest.raises(FileNotFoundError):
        pair.caller.clip(tmp_path / "absent.wav")


async def test_audio_of_an_ended_leg_is_refused(pair: Pair) -> None:
    ours, _ = await pair.up()
    ours.hangup()
    await ours.wait_closed()
    with pytest.raises(errors.WrongState, match="ended"):
        ours.tone(400)


async def test_recordings_are_readable_by_their_owner(pair: Pair, tmp_path: Path) -> None:
    ours, _ = await pair.up()
    recording = ours.record(tmp_path / "call.wav")
    ours.hangup()
    assert stat.S_IMODE(os.stat((await recording).path).st_mode) & 0o600 == 0o600


def same_leg(a: Leg, b: Leg) -> bool:
    return a.sip_call_id == b.sip_call_id


async def test_calls_do_not_hear_each_other(pair: Pair, tmp_path: Path) -> None:
    """Six calls, a tone of its own on each: every recording holds its own and no other."""
    calls = [await pair.up() for _ in range(6)]
    assert all(same_leg(ours, theirs) for ours, theirs in calls)
    tones = [400 + 150 * i for i in range(6)]
    records = [theirs.record(tmp_path / f"{i}.wav") for i, (_, theirs) in enumerate(calls)]
    await asyncio.gather(*(_wait(ours.tone(hz, total_ms=700)) for (ours, _), hz in zip(calls, tones, strict=True)))
    for ours, _ in calls:
        ours.hangup()
    for recording, hz in zip(records, tones, strict=True):
        samples = read_wav(Path((await recording).path))[:, 0]
        start, _ = speech_span(samples)
        spectrum = np.abs(np.fft.rfft(samples[start : start + 4000] * np.hanning(4000)))
        assert {other for other in tones if spectrum[round(other / 2)] > 20} == {hz}
