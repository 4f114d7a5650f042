"""The shipped voices: described rightly, and told apart by answering-machine detection with its defaults."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from switchroom import dsp
from switchroom.farm.voice import FOLDER

VOICES = tomllib.loads((FOLDER / "voices.toml").read_text())["voice"]
KINDS = {"greeting", "machine", "phrase", "announcement", "sit", "message"}


def of(kind: str) -> list[str]:
    return [voice["file"] for voice in VOICES if voice["kind"] == kind]


def answered(name: str, quiet_ms: int = 400) -> np.ndarray:
    """What a caller hears: some quiet after the answer, the file, and quiet again, over a little noise."""
    sound = dsp.wav_read(FOLDER / name).samples[:, 0]
    before, after = quiet_ms * 8, 2 * dsp.RATE
    heard = np.random.default_rng(1).integers(-24, 24, before + len(sound) + after).astype(np.int16)
    heard[before : before + len(sound)] += np.clip(sound, -32000, 32000)
    return heard


def test_every_file_is_described_and_every_description_has_its_file() -> None:
    assert {voice["file"] for voice in VOICES} == {path.name for path in FOLDER.glob("*.wav")}
    assert {voice["kind"] for voice in VOICES} == KINDS
    assert all(voice["text"] and voice["source"] and voice["licence"] for voice in VOICES)
    assert sum(Path(FOLDER / voice["file"]).stat().st_size for voice in VOICES) < 1_500_000


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice["file"])
def test_files_are_mulaw_of_whole_packets_and_the_stated_length(voice: dict[str, int]) -> None:
    wav = dsp.wav_read(FOLDER / str(voice["file"]))
    assert (wav.format, wav.rate, wav.samples.shape[1]) == ("ulaw", 8000, 1)
    assert len(wav.samples) % 160 == 0
    assert len(wav.samples) == voice["duration_ms"] * 8


@pytest.mark.parametrize("name", of("greeting"))
def test_people_are_taken_for_people(name: str) -> None:
    result = dsp.amd_classify(answered(name))
    assert (result.verdict, result.reason) == ("human", "short_greeting")


@pytest.mark.parametrize("name", of("machine"))
def test_machines_are_taken_for_machines(name: str) -> None:
    assert dsp.amd_classify(answered(name)).verdict == "machine"


@pytest.mark.parametrize("voice", [v for v in VOICES if v["kind"] == "machine"], ids=lambda voice: voice["file"])
def test_beeps_of_machines_are_found_where_they_are(voice: dict[str, int]) -> None:
    beep = dsp.beep_find(answered(str(voice["file"])))
    assert beep is not None
    assert abs(beep.start_ms - 400 - voice["beep_start_ms"]) <= 20
    assert abs(beep.end_ms - beep.start_ms - voice["beep_ms"]) <= 30
    assert abs(beep.hz - voice["beep_hz"]) <= 5


@pytest.mark.parametrize("name", [voice["file"] for voice in VOICES if voice["kind"] != "machine"])
def test_nothing_else_has_a_beep(name: str) -> None:
    assert dsp.beep_find(answered(name)) is None


def test_special_information_tones_are_heard_before_their_words() -> None:
    result = dsp.amd_classify(answered(of("sit")[0]))
    assert (result.verdict, result.reason) == ("sit", "tones")
    assert result.ms < 1500
