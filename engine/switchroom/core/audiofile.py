"""Audio files of all kinds as clips: 8 kHz, mono. Read on any thread; bounded in memory and time.

WAV of 8 kHz (PCM 16-bit, G.711) is read by the C library. All else (other rates and sample formats, FLAC, Ogg Vorbis
and Opus, MP3, AIFF) is decoded by libsndfile and resampled by soxr, both of the `audio` extra, in blocks: a file whose
header promises the moon costs no more than one that holds what is allowed.
"""

from __future__ import annotations

import os
import stat
import time
from typing import Any, NamedTuple

from .._media import ClipData, read_clip
from ..errors import MediaError

RATE = 8000
_BLOCK = 1 << 16  # frames decoded at a time
_CHANNELS_MAX = 8
_RATES = (1000, 384_000)


class FileLimits(NamedTuple):
    """What one audio file may cost. `decode_s`: seconds of wall time."""

    file_bytes: int = 256 << 20
    audio_s: float = 3600.0
    decode_s: float = 60.0


def read_file(path: str, limits: FileLimits | None = None) -> ClipData:
    """The file's audio. MediaError names the file and what is wrong with it; OSError when it cannot be read."""
    limits = limits or FileLimits()
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):
        raise _bad(path, "not a regular file")
    if found.st_size > limits.file_bytes:
        raise _bad(path, f"{found.st_size} bytes; up to {limits.file_bytes} are allowed")
    try:
        data = read_clip(path)
    except MediaError as error:
        return _decode(path, limits, error)
    if data.samples > limits.audio_s * RATE:
        raise _too_long(path, limits)
    return data


def _bad(path: str, why: str) -> MediaError:
    return MediaError(f"{path}: {why}", file=path)


def _too_long(path: str, limits: FileLimits) -> MediaError:
    return _bad(path, f"holds more than {limits.audio_s:g} s of audio, the longest that is allowed")


def _decode(path: str, limits: FileLimits, native: MediaError) -> ClipData:
    try:
        import soundfile
    except (ImportError, OSError):  # OSError: no libsndfile for this machine
        raise MediaError(
            f"{native}; other kinds of audio need the extra: pip install 'switchroom[audio]'", file=path
        ) from None
    try:
        with soundfile.SoundFile(path) as source:
            return _convert(path, source, limits)
    except soundfile.SoundFileError as error:
        # What the library says names the path in its own way; what it found is behind the last colon.
        raise _bad(path, f"no audio that can be decoded: {str(error).rpartition(': ')[2].rstrip('.')}") from None


def _convert(path: str, source: Any, limits: FileLimits) -> ClipData:
    import numpy as np
    import soxr

    rate, channels = int(source.samplerate), int(source.channels)
    if not _RATES[0] <= rate <= _RATES[1]:
        raise _bad(path, f"{rate} Hz; {_RATES[0]} to {_RATES[1]} Hz can be converted")
    if channels > _CHANNELS_MAX:
        raise _bad(path, f"{channels} channels; up to {_CHANNELS_MAX} can be mixed down")
    resampler = soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="HQ") if rate != RATE else None
    until = time.monotonic() + limits.decode_s
    pcm, frames, last = bytearray(), 0, False
    while not last:
        block = source.read(_BLOCK, dtype="float32", always_2d=True)
        frames += len(block)
        last = len(block) < _BLOCK
        if frames > limits.audio_s * rate:
            raise _too_long(path, limits)
        if time.monotonic() > until:
            raise _bad(path, f"not decoded within {limits.decode_s:g} s")
        mono = np.nan_to_num(block.mean(axis=1), nan=0.0, posinf=1.0, neginf=-1.0).astype(np.float32)
        if resampler is not None:
            mono = resampler.resample_chunk(mono, last=last)
        pcm += np.clip(np.rint(mono * 32768.0), -32768, 32767).astype(np.int16).tobytes()
    if not pcm:
        raise _bad(path, "holds no audio")
    return ClipData.of_pcm(pcm)
