"""Audio for tests: tones made, tones measured, WAV files read."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from switchroom.recording.verify import ALAW, MULAW, read_info

RATE = 8000
Samples = NDArray[np.float64]  # full scale is 1.0

# 0 dBm0 in G.711 lies 3.14 dB (mu-law) below the peak of a full-scale sine.
FULL_SCALE_DBM0 = 3.14


def write_tone(path: Path, hz: float, seconds: float = 1.0, dbm0: float = -10.0) -> Path:
    """A 16-bit mono WAV of a sine at `dbm0`."""
    amplitude = 32767 * 10 ** ((dbm0 - FULL_SCALE_DBM0) / 20)
    t = np.arange(round(seconds * RATE)) / RATE
    pcm = (amplitude * np.sin(2 * np.pi * hz * t)).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(pcm.tobytes())
    return path


def _expand_mulaw(codes: NDArray[np.uint8]) -> Samples:
    """ITU-T G.711, decoder of table 2b, scaled to 1.0 at 32768."""
    inverted = ~codes & 0xFF
    exponent, mantissa = (inverted >> 4) & 7, inverted & 15
    magnitude = (((mantissa.astype(np.int32) << 3) + 0x84) << exponent) - 0x84
    return np.where(inverted & 0x80, -magnitude, magnitude) / 32768


def _expand_alaw(codes: NDArray[np.uint8]) -> Samples:
    """ITU-T G.711, decoder of table 1b."""
    toggled = codes ^ 0x55
    exponent, mantissa = (toggled >> 4) & 7, (toggled & 15).astype(np.int32)
    magnitude = np.where(exponent == 0, (mantissa << 4) + 8, ((mantissa << 4) + 0x108) << np.maximum(exponent, 1) - 1)
    return np.where(toggled & 0x80, magnitude, -magnitude) / 32768


def read_wav(path: Path) -> Samples:
    """Samples as (frames, channels), full scale 1.0."""
    info = read_info(path)
    raw = path.read_bytes()[info.data_offset :]
    if info.format in (MULAW, ALAW):
        codes = np.frombuffer(raw, np.uint8)
        samples = (_expand_mulaw if info.format == MULAW else _expand_alaw)(codes)
    else:
        samples = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2") / 32768
    return samples[: info.frames * info.channels].reshape(-1, info.channels)


def loudest(samples: Samples) -> tuple[float, float]:
    """(frequency in Hz, level in dBm0) of the strongest tone."""
    window = np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(samples * window))
    peak = int(np.argmax(spectrum[1:])) + 1
    # Power over the main lobe, so that a frequency between two bins loses nothing.
    lobe = spectrum[max(0, peak - 3) : peak + 4]
    rms = np.sqrt(2 * np.sum(lobe**2) / (len(samples) * np.sum(window**2)))
    hz = float(np.sum(np.arange(max(0, peak - 3), peak + 4) * lobe**2) / np.sum(lobe**2) * RATE / len(samples))
    return hz, float(20 * np.log10(max(rms * np.sqrt(2), 1e-9)) + FULL_SCALE_DBM0)


def speech_span(samples: Samples, threshold: float = 0.01) -> tuple[int, int]:
    """First and last+1 sample that is not silence; (0, 0) when all is."""
    loud = np.flatnonzero(np.abs(samples) > threshold)
    return (int(loud[0]), int(loud[-1]) + 1) if len(loud) else (0, 0)
