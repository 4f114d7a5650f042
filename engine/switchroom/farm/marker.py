"""A short melody that says who is speaking: 16 bits of identity and an 8-bit sequence number.

Eleven notes of 40 ms, 10 ms apart, from a pentatonic scale of sixteen: three fixed ones to find it by, then six
nibbles of payload and two of CRC-8 (polynomial 0x07). It survives G.711, any shift in time and quiet noise, and
cannot be mistaken for DTMF (one note at a time) or for an answering machine's beep (no note lasts 80 ms).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .audio import RATE, Samples

NOTES_HZ = (392, 440, 523, 587, 659, 784, 880, 1047, 1175, 1319, 1568, 1760, 2093, 2349, 2637, 3136)
SYNC = (15, 0, 11)
NOTE = 320  # samples a note sounds
STEP = 400  # samples from note to note
HOP = 40
SYMBOLS = len(SYNC) + 8
LENGTH = SYMBOLS * STEP  # samples of one marker
LENGTH_MS = LENGTH * 1000 // RATE
LEVEL = 1800.0  # peak of int16: about -25 dBFS
_RAMP = 40  # samples of rise and fall
_MIN_PURITY = 0.55  # share of a note's energy in its own frequency
_MIN_POWER = 40.0**2  # mean square below which nothing is looked for


@dataclass(frozen=True, slots=True)
class Heard:
    """A marker found: who, which of theirs, and where it starts (samples, exact to half a hop)."""

    identity: int
    sequence: int
    at: int


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = ((crc << 1) ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc


def _symbols(identity: int, sequence: int) -> tuple[int, ...]:
    payload = identity.to_bytes(2, "big") + bytes([sequence])
    whole = payload + bytes([_crc8(payload)])
    return SYNC + tuple(nibble for byte in whole for nibble in (byte >> 4, byte & 15))


def encode(identity: int, sequence: int) -> npt.NDArray[np.float64]:
    """LENGTH samples. identity 0-65535, sequence 0-255 (ValueError beyond)."""
    if not 0 <= identity <= 0xFFFF or not 0 <= sequence <= 0xFF:
        raise ValueError(f"marker {identity}/{sequence}: identity is 0-65535 and sequence 0-255")
    envelope = np.ones(NOTE)
    envelope[:_RAMP] = 0.5 - 0.5 * np.cos(np.pi * np.arange(_RAMP) / _RAMP)
    envelope[-_RAMP:] = envelope[:_RAMP][::-1]
    time = np.arange(NOTE) / RATE
    out = np.zeros(LENGTH)
    for place, symbol in enumerate(_symbols(identity, sequence)):
        note = np.sin(2 * np.pi * NOTES_HZ[symbol] * time) * envelope * LEVEL
        out[place * STEP : place * STEP + NOTE] = note
    return out


_WINDOW = np.hanning(NOTE).astype(np.float32)


def _basis() -> npt.NDArray[np.float32]:
    angle = 2 * np.pi * np.outer(np.arange(NOTE) / RATE, NOTES_HZ)
    return np.hstack([np.cos(angle), np.sin(angle)]).astype(np.float32) * _WINDOW[:, None]


_BASIS = _basis()
_IDEAL = float(_WINDOW.sum() ** 2 / (2 * (_WINDOW**2).sum()))  # |X|^2 of a lone sine over its windowed energy


def _notes(pcm: Samples) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Loudest note and its purity in a window at every hop."""
    windows = np.lib.stride_tricks.sliding_window_view(pcm, NOTE)[::HOP].astype(np.float32)
    parts = windows @ _BASIS
    power = parts[:, :16].astype(np.float64) ** 2 + parts[:, 16:].astype(np.float64) ** 2
    energy = ((windows * _WINDOW).astype(np.float64) ** 2).sum(axis=1)
    best = power.argmax(axis=1)
    peak = power[np.arange(len(best)), best]
    loud = (windows.astype(np.float64) ** 2).mean(axis=1) > _MIN_POWER
    purity = np.where(loud, peak / np.maximum(energy * _IDEAL, 1.0), 0.0)
    return best, purity


def decode(pcm: Samples) -> list[Heard]:
    """Every intact marker in one channel, by time."""
    if len(pcm) < LENGTH - STEP + NOTE:
        return []
    best, purity = _notes(pcm)
    hops = STEP // HOP
    starts = len(best) - (SYMBOLS - 1) * hops
    if starts <= 0:
        return []
    index = np.arange(starts)[:, None] + np.arange(SYMBOLS)[None, :] * hops
    symbols, quality = best[index], purity[index]
    found = (symbols[:, : len(SYNC)] == SYNC).all(axis=1) & (quality.min(axis=1) >= _MIN_PURITY)
    scored: list[tuple[float, Heard]] = []
    for start in np.flatnonzero(found):
        nibbles = [int(value) for value in symbols[start, len(SYNC) :]]
        whole = bytes((nibbles[i] << 4) | nibbles[i + 1] for i in range(0, 8, 2))
        if _crc8(whole[:3]) == whole[3]:
            heard = Heard(int.from_bytes(whole[:2], "big"), whole[2], int(start) * HOP)
            scored.append((float(quality[start].sum()), heard))
    return _strongest(scored)


def _strongest(scored: list[tuple[float, Heard]]) -> list[Heard]:
    """One marker is seen from several neighbouring hops: keep the best of each neighbourhood."""
    kept: list[tuple[float, Heard]] = []
    for score, heard in scored:
        if kept and heard.at - kept[-1][1].at < NOTE:
            if score > kept[-1][0]:
                kept[-1] = (score, heard)
        else:
            kept.append((score, heard))
    return [heard for _, heard in kept]
