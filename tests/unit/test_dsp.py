"""The offline face of the DSP code against references that are not ours: audioop, soundfile, plain arithmetic."""

from __future__ import annotations

import io
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile

from switchroom import dsp
from switchroom.errors import BadParams, MediaError

if sys.version_info < (3, 13):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import audioop

EVERY_SAMPLE = np.arange(-32768, 32768).astype(np.int16)
EVERY_CODE = np.arange(256).astype(np.uint8)
needs_audioop = pytest.mark.skipif(sys.version_info >= (3, 13), reason="audioop left Python in 3.13")


@needs_audioop
@pytest.mark.parametrize("law", ["ulaw", "alaw"])
def test_every_code_decodes_as_audioop_does(law: dsp.Law) -> None:
    expand = audioop.ulaw2lin if law == "ulaw" else audioop.alaw2lin
    want = np.frombuffer(expand(EVERY_CODE.tobytes(), 2), np.int16)
    assert np.array_equal(dsp.g711_decode(EVERY_CODE, law), want)


@needs_audioop
def test_every_sample_encodes_to_alaw_as_audioop_does() -> None:
    want = np.frombuffer(audioop.lin2alaw(EVERY_SAMPLE.tobytes(), 2), np.uint8)
    assert np.array_equal(dsp.g711_encode(EVERY_SAMPLE, "alaw"), want)


@needs_audioop
def test_every_sample_encodes_to_ulaw_as_audioop_does_but_for_the_sign_rule() -> None:
    """audioop negates, the ITU library (G.191) complements: theirs of x below 0 is ours of x - 4 (a 14-bit step)."""
    want = np.frombuffer(audioop.lin2ulaw(EVERY_SAMPLE.tobytes(), 2), np.uint8)
    ours = dsp.g711_encode(EVERY_SAMPLE, "ulaw")
    positive = EVERY_SAMPLE >= 0
    assert np.array_equal(ours[positive], want[positive])
    below = np.flatnonzero((EVERY_SAMPLE < 0) & (EVERY_SAMPLE >= -32764))
    assert np.array_equal(ours[below - 4], want[below])


@pytest.mark.parametrize(("law", "subtype"), [("ulaw", "ULAW"), ("alaw", "ALAW")])
def test_every_code_decodes_as_libsndfile_does(law: dsp.Law, subtype: str) -> None:
    raw = io.BytesIO(EVERY_CODE.tobytes())
    want, _ = soundfile.read(raw, dtype="int16", format="RAW", subtype=subtype, samplerate=8000, channels=1)
    assert np.array_equal(dsp.g711_decode(EVERY_CODE, law), want)


@pytest.mark.parametrize(("law", "error"), [("ulaw", 1 / 32), ("alaw", 1 / 32)])
def test_quantisation_error_stays_within_half_a_step(law: dsp.Law, error: float) -> None:
    there_and_back = dsp.g711_decode(dsp.g711_encode(EVERY_SAMPLE, law), law).astype(int)
    inside = np.abs(EVERY_SAMPLE.astype(int)) <= 32000
    bound = np.maximum(np.abs(EVERY_SAMPLE.astype(int)) * error + 8, 16)
    assert np.all(np.abs(there_and_back - EVERY_SAMPLE)[inside] <= bound[inside])


def test_transcoding_goes_to_a_neighbouring_level_at_most() -> None:
    ulaw = dsp.g711_decode(EVERY_CODE, "ulaw").astype(int)
    alaw = dsp.g711_decode(dsp.g711_transcode(EVERY_CODE, "ulaw", "alaw"), "alaw").astype(int)
    assert np.all(np.abs(ulaw - alaw) <= np.maximum(np.abs(ulaw) / 16, 8))
    assert np.array_equal(dsp.g711_transcode(EVERY_CODE, "alaw", "alaw"), EVERY_CODE)


def test_decoding_takes_bytes() -> None:
    assert dsp.g711_decode(b"\xff\x80\x00").tolist() == [0, 32124, -32124]


@pytest.mark.parametrize("wrong", [np.zeros(4), np.zeros((2, 2), np.int16), np.zeros(4, np.int32)])
def test_other_arrays_than_int16_of_one_dimension_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(BadParams, match="int16 of shape"):
        dsp.g711_encode(wrong)


def test_strided_views_are_read_as_what_they_show() -> None:
    assert np.array_equal(dsp.g711_encode(EVERY_SAMPLE[::2]), dsp.g711_encode(EVERY_SAMPLE)[::2])


def test_an_unknown_law_is_refused_with_the_choice() -> None:
    with pytest.raises(BadParams, match="'ulaw' or 'alaw'"):
        dsp.g711_encode(EVERY_SAMPLE, "mulaw")  # type: ignore[arg-type]


def spectrum_dbm0(pcm: np.ndarray, hz: float) -> float:
    at = np.exp(-2j * np.pi * hz * np.arange(len(pcm)) / dsp.RATE)
    return float(20 * np.log10(2 * abs(np.dot(pcm, at)) / len(pcm) / 32767) + 3.14)


def test_tone_has_frequency_level_and_cadence() -> None:
    pcm = dsp.tone(425, 2000, level_dbm0=-10, on_ms=1000, off_ms=500)
    assert pcm.shape == (16000,) and pcm.dtype == np.int16
    assert spectrum_dbm0(pcm[:8000], 425) == pytest.approx(-10, abs=0.02)
    assert not pcm[8000:12000].any() and pcm[12000:].any()


def test_dtmf_is_a_pair_of_equal_level() -> None:
    pcm = dsp.dtmf("7", 1000)
    assert spectrum_dbm0(pcm, 852) == pytest.approx(-9, abs=0.02)
    assert spectrum_dbm0(pcm, 1209) == pytest.approx(-9, abs=0.02)


@pytest.mark.parametrize(
    "arguments", [{"hz": 0}, {"hz": 4000}, {"hz": 440, "level_dbm0": 3.5}, {"hz": 440, "off_ms": 9}]
)
def test_impossible_tones_say_what_is_possible(arguments: dict[str, float]) -> None:
    with pytest.raises(BadParams, match="1 to 3900 Hz"):
        dsp.tone(ms=100, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("digit", ["E", "", "12", "é"])
def test_characters_that_are_no_digits_are_refused(digit: str) -> None:
    with pytest.raises(BadParams, match="0-9 A-D"):
        dsp.dtmf(digit, 100)


@pytest.mark.parametrize("container", ["WAV", "WAVEX"])
@pytest.mark.parametrize(("subtype", "name"), [("PCM_16", "pcm16"), ("ULAW", "ulaw"), ("ALAW", "alaw")])
def test_files_of_soundfile_are_read_as_it_reads_them(tmp_path: Path, container: str, subtype: str, name: str) -> None:
    path = tmp_path / "two.wav"
    samples = np.random.default_rng(1).integers(-30000, 30000, (777, 2)).astype(np.int16)
    soundfile.write(path, samples, 16000, subtype=subtype, format=container)
    want, _ = soundfile.read(path, dtype="int16")
    wav = dsp.wav_read(path)
    assert (wav.format, wav.rate) == (name, 16000)
    assert np.array_equal(wav.samples, want)


def test_a_file_that_is_no_wav_says_why(tmp_path: Path) -> None:
    path = tmp_path / "note.wav"
    path.write_bytes(b"not a RIFF file, just words")
    with pytest.raises(MediaError, match=r"note\.wav: not a WAV file .*RIFF"):
        dsp.wav_read(path)
    with pytest.raises(MediaError, match="No such file"):
        dsp.wav_read(tmp_path / "missing.wav")


def test_24_bit_files_are_refused() -> None:
    out = io.BytesIO()
    soundfile.write(out, np.zeros(100), 8000, subtype="PCM_24", format="WAV")
    with pytest.raises(MediaError, match="not 16-bit"):
        dsp.wav_read(out.getvalue())


def around(sound: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(2).integers(-20, 20, len(sound) + 16000).astype(np.int16)
    noise[8000:-8000] += sound
    return noise


def test_a_beep_is_found_where_it_is() -> None:
    beep = dsp.beep_find(around(dsp.tone(850, 300)))
    assert beep is not None
    assert abs(beep.hz - 850) <= 3
    assert abs(beep.start_ms - 1000) <= 20 and abs(beep.end_ms - 1300) <= 20


def test_a_digit_is_no_beep() -> None:
    assert dsp.beep_find(around(dsp.dtmf("5", 300))) is None


def test_amd_of_silence_and_of_special_information_tones() -> None:
    quiet = np.random.default_rng(2).integers(-20, 20, 40000).astype(np.int16)
    assert dsp.amd_classify(quiet) == dsp.AmdResult("silence", 3000, 1.0, "no_voice")
    sit = np.concatenate([dsp.tone(hz, 330) for hz in (985, 1371, 1777)])
    assert dsp.amd_classify(around(sit)).verdict == "sit"


def test_amd_keeps_to_its_options() -> None:
    quiet = np.zeros(40000, np.int16)
    assert dsp.amd_classify(quiet, dsp.AmdOptions(initial_silence_ms=1200)).ms == 1200
    with pytest.raises(BadParams, match="0 to 65535"):
        dsp.amd_classify(quiet, dsp.AmdOptions(total_ms=70000))


def test_audio_that_ends_early_is_unknown() -> None:
    assert dsp.amd_classify(np.zeros(800, np.int16)) == dsp.AmdResult("unknown", 100, 0.0, "hangup")


def test_digits_are_found_in_order_and_with_their_lengths() -> None:
    gap = np.zeros(480, np.int16)
    found = dsp.dtmf_find(
        np.concatenate([part for digit in "0123456789ABCD*#" for part in (gap, dsp.dtmf(digit, 80))] + [gap])
    )
    assert "".join(each.digit for each in found) == "0123456789ABCD*#"
    assert all(75 <= each.ms <= 85 for each in found)


def test_speech_is_no_digit_at_any_volume() -> None:
    voices = sorted((Path(dsp.__file__).parent / "farm" / "voices").glob("*.wav"))
    assert len(voices) > 20
    for voice in voices:
        speech = dsp.wav_read(voice).samples[:, 0].astype(np.float64)
        for gain in (0.25, 1.0, 2.0):
            loud = np.clip(speech * gain, -32768, 32767).astype(np.int16)
            assert dsp.dtmf_find(loud) == [], voice.name
