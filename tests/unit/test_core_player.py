"""What a leg plays, as the far end hears it: playlists, queues, pauses, tones, hold music."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from switchroom import errors
from switchroom.core import Clip, Core, Leg, LegEventKind, Music, Pause, Segment, Sound, Tone
from tests.sound import RATE, loudest
from tests.unit.core_pair import Heard, Pair

K = LegEventKind
_SILENCE = 64 / 32768


def tone_clip(core: Core, hz: int, ms: int) -> Clip:
    t = np.arange(ms * 8) / RATE
    return core.clip_pcm((8000 * np.sin(2 * np.pi * hz * t)).astype(np.int16), f"{hz} Hz")


class Ear:
    """What a leg says, kept; silence before it left out."""

    def __init__(self, leg: Leg) -> None:
        self._frames = leg.frames(20_000)  # however late this test is, it misses nothing
        self._begun = False
        self.heard = np.zeros(0)

    async def hear(self, ms: int) -> np.ndarray:
        """The next `ms` of sound; the first call waits for something to be heard."""
        async with asyncio.timeout(20):
            while len(self.heard) < ms * 8:
                pcm = np.frombuffer(await anext(self._frames), np.int16) / 32768
                if not self._begun:
                    pcm = pcm[int(np.argmax(np.abs(pcm) > _SILENCE)) :] if np.abs(pcm).max() > _SILENCE else pcm[:0]
                    self._begun = len(pcm) > 0
                self.heard = np.concatenate((self.heard, pcm))
        part, self.heard = self.heard[: ms * 8], self.heard[ms * 8 :]
        return part

    async def hear_hz(self, hz: int) -> None:
        """Until a frame of that frequency comes."""
        async with asyncio.timeout(20):
            while True:
                pcm = np.frombuffer(await anext(self._frames), np.int16) / 32768
                if np.abs(pcm).max() > 0.05 and abs(loudest(pcm)[0] - hz) < 40:
                    return


async def test_list_plays_without_gaps_and_tells_where_it_ended(pair: Pair) -> None:
    ours, theirs = await pair.up(codecs=("PCMA",))
    ear, heard = Ear(theirs), Heard(ours)
    clip = tone_clip(pair.caller, 500, 77)
    playback = ours.play(
        [Sound(clip, from_ms=10, ms=33), clip, Pause(50), Sound(clip, loops=2), Tone((Segment((500,), 20),))]
    )
    pcm = await ear.hear(33 + 77 + 50 + 2 * 77)
    spans = [(0, 33), (33, 110), (160, 237), (237, 314)]
    for start, end in spans:
        hz, _ = loudest(pcm[start * 8 + 16 : end * 8 - 16])
        assert hz == pytest.approx(500, abs=25)
        assert np.abs(pcm[start * 8 : start * 8 + 24]).max() > 0.1, "sound from the first milliseconds on"
    assert np.abs(pcm[110 * 8 : 160 * 8]).max() < _SILENCE
    playback.stop()
    assert await playback is False
    assert playback.position.item == 4, "the tone repeats until it is stopped"
    assert playback.position.ms >= 33 + 77 + 50 + 2 * 77
    assert (await heard.get(K.PLAYING)).value is playback


async def test_queue_waits_and_replacement_does_not(pair: Pair) -> None:
    ours, theirs = await pair.up()
    ear = Ear(theirs)
    core = pair.caller
    first = ours.play(tone_clip(core, 400, 300))
    second = ours.play(tone_clip(core, 1000, 300), queue=True)
    third = ours.play(tone_clip(core, 1600, 300), 0, queue=True)
    assert [playback.state for playback in ours.playbacks] == ["waiting"] * 3
    await ear.hear_hz(400)
    await ear.hear_hz(1000)
    assert await first is True and await second is True
    await ear.hear_hz(1600)
    assert third.state == "playing"
    fourth = ours.play(tone_clip(core, 2200, 100))
    assert await third is False and await fourth is True
    assert ours.playbacks == ()


async def test_pause_seek_and_position(pair: Pair) -> None:
    ours, theirs = await pair.up()
    ear = Ear(theirs)
    core = pair.caller
    playback = ours.play([tone_clip(core, 400, 30_000), tone_clip(core, 1000, 30_000)], 0)
    await ear.hear_hz(400)
    playback.pause()
    paused = await playback.where()
    assert playback.state == "paused" and paused.item == 0
    playback.seek(45_000)
    assert (await playback.where()) == (45_000, paused.played_ms, 1)
    playback.skip(-200)
    assert (await playback.where()).ms == 44_800
    playback.resume()
    await ear.hear_hz(1000)
    playback.seek(61_000)
    assert await playback is True, "behind the end: it is over"
    assert (await playback.where()) == playback.position
    playback.pause()


async def test_volume_falls_without_a_click(pair: Pair) -> None:
    ours, theirs = await pair.up()
    ear = Ear(theirs)
    clip = tone_clip(pair.caller, 400, 1000)
    playback = ours.play(clip, 0, volume_db=-6)
    before = await ear.hear(100)
    playback.volume(-20, ramp_ms=50)
    await playback.where()
    after, pcm = before, []
    async with asyncio.timeout(20):
        while np.abs(after).max() > 0.03:
            after = await ear.hear(20)
            pcm.append(after)
    level = [20 * np.log10(np.sqrt(np.mean(x**2))) for x in (before, await ear.hear(100))]
    assert level[0] - level[1] == pytest.approx(14, abs=0.5)
    whole = np.concatenate((before, *pcm))
    steepest = 2 * np.pi * 400 / RATE * np.abs(before).max()
    assert np.abs(np.diff(whole)).max() < steepest * 1.1


async def test_what_cannot_be_played_is_refused(pair: Pair, tmp_path: Path) -> None:
    ours, _ = await pair.up()
    clip = tone_clip(pair.caller, 400, 100)
    for bad in ([], [Pause(0)], [Sound(clip, from_ms=100)], [Sound(clip, ms=-1)], [Tone(())]):
        with pytest.raises(errors.BadParams):
            ours.play(bad)
    with pytest.raises(errors.BadParams):
        ours.play(Tone((Segment((5000,), 0),)))
    with pytest.raises(errors.BadParams):
        Music([Sound(clip, loops=0)])
    clip.release()
    with pytest.raises(errors.BadParams, match="released"):
        ours.play(clip)
    assert ours.playbacks == ()


async def test_parked_leg_hears_music_and_comes_back_to_its_partner(pair: Pair) -> None:
    """Two calls are bridged at the callee; one of them is parked there and taken back."""
    ours_a, theirs_a = await pair.up()
    ours_b, theirs_b = await pair.up()
    theirs_a.bridge(theirs_b)
    ear_a, ear_b = Ear(ours_a), Ear(ours_b)
    ours_a.tone(700)
    await ear_b.hear_hz(700)
    music = Music([tone_clip(pair.callee, 400, 200)])
    theirs_a.park(music)
    await ear_a.hear_hz(400)
    ours_b.tone(1900)
    await ear_a.hear_hz(400)
    assert await theirs_a.play(tone_clip(pair.callee, 1200, 200)) is True
    await ear_a.hear_hz(1200)
    await ear_a.hear_hz(400)
    assert theirs_a.parked and theirs_a.unpark()
    await ear_a.hear_hz(1900)
    await ear_b.hear_hz(700)
    assert not theirs_a.unpark(), "it is not parked"


async def test_partner_who_has_moved_on_is_left_alone(pair: Pair) -> None:
    legs = [await pair.up() for _ in range(3)]
    (_, a), (_, b), (_, c) = legs
    a.bridge(b)
    a.park()
    b.bridge(c)
    assert not a.unpark()
    assert b._peer is c and a._peer is None


async def test_common_music_is_at_one_place_for_all(pair: Pair) -> None:
    ours_a, _ = await pair.up()
    ours_b, _ = await pair.up()
    clip = tone_clip(pair.caller, 400, 60_000)
    music = Music([clip])
    first = music.play(ours_a)
    heard = Heard(ours_b)
    await asyncio.sleep(0.2)
    second = music.play(ours_b)
    await heard.get(K.PLAYING)
    assert second.position.ms > 0, "it comes in the middle"
    own = Music([clip], common=False).play(ours_b)
    assert await second is False
    first_at = (await first.where()).ms
    assert (await own.where()).ms < first_at
