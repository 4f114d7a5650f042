"""Samples for the farm: 8 kHz mono, int16, on the grid of G.711 mu-law levels.

What is on that grid passes a mu-law path unchanged, so sent and recorded audio can be compared exactly.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from ..errors import MediaError

RATE = 8000
FRAME = 160  # samples of one 20 ms packet

Samples = npt.NDArray[np.int16]


def _ulaw_levels() -> npt.NDArray[np.int32]:
    """The 255 values a mu-law decoder gives (ITU-T G.711 table 2, 16-bit scale), rising."""
    code = np.arange(128)
    magnitude = ((((code & 15) << 3) + 0x84) << (code >> 4)) - 0x84
    return np.unique(np.concatenate([magnitude, -magnitude])).astype(np.int32)


LEVELS = _ulaw_levels()


def to_ulaw_grid(signal: npt.ArrayLike) -> Samples:
    """Nearest mu-law level of every sample; beyond full scale is clipped."""
    wide = np.clip(np.rint(np.asarray(signal, dtype=np.float64)), LEVELS[0], LEVELS[-1]).astype(np.int32)
    above = np.clip(np.searchsorted(LEVELS, wide), 1, len(LEVELS) - 1)
    low, high = LEVELS[above - 1], LEVELS[above]
    return np.where(wide - low <= high - wide, low, high).astype(np.int16)


def samples_of(ms: float) -> int:
    return round(ms * RATE / 1000)


def room_tone(samples: int, seed: int) -> Samples:
    """Quiet noise (about -66 dBFS), different for each seed: no two stretches of anybody's silence are alike."""
    noise = np.random.Generator(np.random.PCG64(seed)).integers(-3, 4, size=samples)
    return (noise * 8).astype(np.int16)


def read_wav(path: Path) -> tuple[int, Samples]:
    """Rate in Hz and samples of shape (n, channels). Raises MediaError when the file is no readable audio."""
    try:
        data, rate = soundfile.read(str(path), dtype="int16", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise MediaError(f"{path}: not readable as audio ({error})", path=str(path)) from error
    return int(rate), np.asarray(data, dtype=np.int16)


def write_wav(path: Path, data: Samples, *, ulaw: bool = True) -> None:
    """`data` of shape (n,) or (n, channels), 8 kHz."""
    soundfile.write(str(path), data, RATE, format="WAV", subtype="ULAW" if ulaw else "PCM_16")
