"""Audio files of all kinds become the same sound at 8 kHz; bad ones say what is wrong and cost little."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from switchroom import errors
from switchroom.core import FileLimits
from switchroom.core.audiofile import read_file
from tests.sound import RATE, loudest, write_tone
from tests.unit.core_pair import Pair

_HZ = 1000


def sound(rate: int, channels: int, seconds: float = 0.5) -> np.ndarray:
    """A tone at -13 dBm0 on all channels, the right one an octave higher."""
    t = np.arange(round(rate * seconds)) / rate
    level = 10 ** ((-13 - 3.14) / 20)
    sides = [level * np.sin(2 * np.pi * _HZ * (1 + side) * t) for side in range(channels)]
    return np.stack(sides, axis=1)


def decoded(path: Path, limits: FileLimits | None = None) -> np.ndarray:
    return np.frombuffer(read_file(str(path), limits).pcm(), np.int16) / 32768


KINDS = [
    ("wav", subtype, rate, channels)
    for subtype in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW")
    for rate, channels in ((8000, 1), (8000, 2), (16000, 1), (44100, 2))
] + [
    ("flac", "PCM_16", 48000, 1),
    ("flac", "PCM_24", 22050, 2),
    ("ogg", "VORBIS", 44100, 2),
    ("opus", "OPUS", 48000, 1),
    ("opus", "OPUS", 16000, 2),
    ("mp3", "MPEG_LAYER_III", 44100, 1),
    ("mp3", "MPEG_LAYER_III", 16000, 2),
    ("aiff", "PCM_16", 11025, 1),
]


@pytest.mark.parametrize(("suffix", "subtype", "rate", "channels"), KINDS)
def test_file_of_any_kind_is_the_tone_at_8_khz(
    tmp_path: Path, suffix: str, subtype: str, rate: int, channels: int
) -> None:
    path = tmp_path / f"tone.{suffix}"
    kind = {"opus": "OGG"}.get(suffix, suffix.upper())
    soundfile.write(path, sound(rate, channels), rate, format=kind, subtype=subtype)
    pcm = decoded(path)
    assert len(pcm) == pytest.approx(RATE / 2, abs=900 if suffix == "mp3" else 60)  # MP3 is padded to whole frames
    hz, dbm0 = loudest(pcm[400:3600])
    assert hz == pytest.approx(_HZ, abs=10) or channels == 2
    assert dbm0 == pytest.approx(-13 if channels == 1 else -19, abs=0.8), "stereo is mixed down: half of each side"


def test_resampling_keeps_what_is_above_the_band_out(tmp_path: Path) -> None:
    path = tmp_path / "high.wav"
    t = np.arange(48000) / 48000
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 7000 * t), 48000)
    assert np.abs(decoded(path)[200:-200]).max() < 0.001, "7 kHz must not come back as 1 kHz"


@pytest.mark.parametrize("seed", range(8))
def test_damaged_files_are_refused_or_read_never_more(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    for suffix, kind, subtype in (
        ("wav", "WAV", "PCM_24"),
        ("flac", "FLAC", "PCM_16"),
        ("ogg", "OGG", "VORBIS"),
        ("opus", "OGG", "OPUS"),
        ("mp3", "MP3", "MPEG_LAYER_III"),
    ):
        path = tmp_path / f"bad.{suffix}"
        soundfile.write(path, sound(16000, 1, 0.3), 16000, format=kind, subtype=subtype)
        octets = bytearray(path.read_bytes())
        for at in random.integers(0, len(octets), 30):
            octets[at] = random.integers(0, 256)
        path.write_bytes(octets[: random.integers(1, len(octets))])
        try:
            assert len(decoded(path, FileLimits(audio_s=2))) <= 2 * RATE
        except errors.MediaError as error:
            assert str(path) in str(error)


def test_header_that_promises_too_much_is_refused_before_it_costs(tmp_path: Path) -> None:
    path = tmp_path / "long.flac"
    soundfile.write(path, np.zeros(16000 * 30), 16000)
    with pytest.raises(errors.MediaError, match=r"more than 2 s of audio"):
        decoded(path, FileLimits(audio_s=2))
    with pytest.raises(errors.MediaError, match=r"up to 100 are allowed"):
        decoded(path, FileLimits(file_bytes=100))
    with pytest.raises(errors.MediaError, match=r"not decoded within 0 s"):
        decoded(path, FileLimits(decode_s=0))
    wav = write_tone(tmp_path / "long.wav", 440, 3)
    with pytest.raises(errors.MediaError, match=r"more than 2 s of audio"):
        decoded(wav, FileLimits(audio_s=2))


def test_what_is_no_audio_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"#!/bin/sh\necho no audio\n" * 50)
    with pytest.raises(errors.MediaError, match=r"a\.mp3: no audio that can be decoded"):
        read_file(str(tmp_path / "a.mp3"))
    (tmp_path / "empty.wav").write_bytes(b"")
    with pytest.raises(errors.MediaError, match=r"empty\.wav"):
        read_file(str(tmp_path / "empty.wav"))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(errors.MediaError, match="not a regular file"):
        read_file(str(tmp_path / "pipe"))
    with pytest.raises(FileNotFoundError):
        read_file(str(tmp_path / "absent.wav"))


def test_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, sound(16000, 1), 16000)
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(errors.MediaError, match=r"switchroom\[audio\]"):
        read_file(str(path))


async def test_files_are_decoded_once_for_all_who_ask(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, sound(16000, 1), 16000)
    core = pair.caller
    first, second = await asyncio.gather(core.load(path), core.load(path))
    assert first is second is core.clip(path)
    with pytest.raises(errors.MediaError):
        (tmp_path / "bad.flac").write_bytes(b"fLaC nothing")
        await core.load(tmp_path / "bad.flac")


async def test_cache_keeps_the_last_used_and_frees_the_rest(pair: Pair, tmp_path: Path) -> None:
    core = pair.caller
    core._files._cache_bytes = 2 * 2 * RATE  # two seconds
    paths = [write_tone(tmp_path / f"{i}.wav", 400 + i, 0.9) for i in range(4)]
    held = core.clip(paths[0])
    for path in paths[1:]:
        core.clip(path)
    assert core.stats()["media"]["clips"] == 3, "two kept, one held"
    assert core._files.kept_bytes <= 2 * 2 * RATE
    assert core.clip(paths[0]) is held, "what somebody holds is not read again"
    ours, _ = await pair.up()
    playback = ours.play(held)
    del held
    for path in paths[1:]:
        core.clip(path)
    assert await playback is True, "what plays goes on"
