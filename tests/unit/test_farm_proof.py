"""The proof passes what is whole and catches what is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from switchroom.farm.audio import Samples, read_wav, room_tone, write_wav
from switchroom.farm.population import Mix, Population
from switchroom.farm.proof import check_channel
from switchroom.farm.timeline import Speech, speak

from .voices_for_tests import make_voices


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Population:
    mix = Mix(person=1, machine=0, busy=0, no_answer=0, reject=0, sit=0)
    return Population(7, mix, make_voices(tmp_path_factory.mktemp("voices")))


def said(people: Population, identity: int) -> Samples:
    return speech(people, identity).samples


def speech(people: Population, identity: int) -> Speech:
    return speak(people.draw(f"+1212555{identity:04}").audio, people.voices, identity, 15_000)


def test_whole_recording_passes_though_it_starts_late(people: Population) -> None:
    found = check_channel(said(people, 5)[5000:90_000].copy(), speech(people, 5))
    assert found.problems() == []
    assert (found.lag, found.lead_ms, found.tail_ms) == (-5000, 0, 0)
    assert found.own_markers >= 2 and found.frames > 500


def test_recording_that_starts_before_the_speaker_tells_the_lead(people: Population) -> None:
    recording = np.concatenate([room_tone(1600, 99), said(people, 5)])
    found = check_channel(recording, speech(people, 5))
    assert found.problems() == [] and found.lag == 1600 and found.lead_ms == 200


def test_recording_written_as_mulaw_file_passes(people: Population, tmp_path: Path) -> None:
    write_wav(tmp_path / "talk.wav", said(people, 5)[4000:60_000])
    _, data = read_wav(tmp_path / "talk.wav")
    assert check_channel(data[:, 0], speech(people, 5)).problems() == []


def test_silenced_packet_is_found_and_placed(people: Population) -> None:
    recording = said(people, 5)[:80_000].copy()
    recording[40_000:40_160] = 0
    assert check_channel(recording, speech(people, 5)).bad == (5000,)


def test_lost_packet_in_silence_is_found(people: Population) -> None:
    """Between phrases there is only room tone, and even there one lost packet shows."""
    whole = said(people, 5)
    loud = np.abs(whole.astype(int)).reshape(-1, 160).max(axis=1)
    quiet = int(np.flatnonzero(loud[100:400] <= 24)[0]) + 100
    recording = whole[:80_000].copy()
    recording[quiet * 160 : quiet * 160 + 160] = 0
    assert len(check_channel(recording, speech(people, 5)).bad) == 1


def test_skipped_packet_is_found(people: Population) -> None:
    whole = said(people, 5)
    recording = np.concatenate([whole[:40_000], whole[40_160:80_000]])
    assert check_channel(recording, speech(people, 5)).problems()


def test_other_speaker_is_named(people: Population) -> None:
    found = check_channel(said(people, 6)[:80_000], speech(people, 5))
    assert found.lag is None and found.foreign == (6,)
    assert any("identities 6" in problem for problem in found.problems())


def test_crosstalk_over_the_right_speaker_is_found(people: Population) -> None:
    recording = said(people, 5)[:80_000].astype(int)
    recording[30_000:50_000] += said(people, 6)[20_000:40_000]
    assert check_channel(recording.astype(np.int16), speech(people, 5)).problems()


def test_talk_too_short_for_a_marker_is_still_held_against_the_speaker(people: Population) -> None:
    found = check_channel(said(people, 5)[:12_000], speech(people, 5))
    assert found.lag == 0 and found.own_markers == 0 and found.problems() == []


def test_silence_is_not_the_speaker(people: Population) -> None:
    silence = np.zeros(40_000, dtype=np.int16)
    assert check_channel(silence, speech(people, 5)).problems() == ["the speaker is not heard"]


def test_audio_that_stops_long_before_the_end_is_a_loss(people: Population) -> None:
    cut = np.concatenate([said(people, 5)[:60_000], np.zeros(8000, dtype=np.int16)])
    assert check_channel(cut, speech(people, 5)).problems() == ["nothing is heard in the last 1000 ms"]


def test_a_short_silence_before_the_end_is_the_hang_up(people: Population) -> None:
    cut = np.concatenate([said(people, 5)[:60_000], np.zeros(1600, dtype=np.int16)])
    assert check_channel(cut, speech(people, 5)).problems() == []


@pytest.mark.parametrize("place", [2000, 16_000, 40_000, 40_077])
def test_pause_of_a_speaker_is_no_loss(people: Population, place: int) -> None:
    """The speaker's process stood still for 64 ms: silence, then the very next sample. Before and after markers."""
    whole = said(people, 5)
    recording = np.concatenate([whole[:place], np.zeros(511, dtype=np.int16), whole[place:70_000]])
    found = check_channel(recording, speech(people, 5))
    assert found.problems() == [] and found.paused_ms == 63


def test_two_pauses_are_followed(people: Population) -> None:
    whole, silence = said(people, 5), np.zeros(700, dtype=np.int16)
    recording = np.concatenate([whole[:20_000], silence, whole[20_000:50_000], silence, whole[50_000:70_000]])
    found = check_channel(recording, speech(people, 5))
    assert found.problems() == [] and found.paused_ms == 175


def test_silence_in_place_of_audio_is_a_loss_and_no_pause(people: Population) -> None:
    recording = said(people, 5)[:80_000].copy()
    recording[40_000:40_511] = 0
    found = check_channel(recording, speech(people, 5))
    assert found.paused_ms == 0 and len(found.bad) == 4


def test_pause_that_swallows_a_packet_is_a_loss(people: Population) -> None:
    whole = said(people, 5)
    recording = np.concatenate([whole[:40_000], np.zeros(511, dtype=np.int16), whole[40_160:70_000]])
    assert check_channel(recording, speech(people, 5)).problems()
