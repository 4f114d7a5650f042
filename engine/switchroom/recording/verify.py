"""Is a recording whole and playable? Reads headers, not audio, except where asked."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

PCM, ALAW, MULAW, EXTENSIBLE = 1, 6, 7, 0xFFFE
_BYTES = {PCM: 2, ALAW: 1, MULAW: 1}


@dataclass(frozen=True, slots=True)
class WavInfo:
    """What a WAV header says, and what the file really holds. `data_offset` in bytes; `frames` samples per channel."""

    format: int
    channels: int
    rate: int
    data_offset: int
    frames: int
    claimed_frames: int

    @property
    def bytes(self) -> int:
        """Of audio in the file."""
        return self.frames * _BYTES[self.format] * self.channels

    @property
    def duration_ms(self) -> float:
        return self.frames * 1000 / self.rate


class BadRecording(ValueError):
    """The file is no usable recording; the text says why."""


def read_info(path: Path) -> WavInfo:
    """Header of a WAV file. BadRecording: not RIFF/WAVE, no format or data, or a format we do not write. OSError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4096)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise BadRecording(f"{path}: not a RIFF/WAVE file")
    at, fmt = 12, None
    while at + 8 <= len(head):
        name, length = head[at : at + 4], struct.unpack_from("<I", head, at + 4)[0]
        if name == b"fmt " and length >= 16 and at + 24 <= len(head):
            fmt = struct.unpack_from("<HHIIHH", head, at + 8)
        if name == b"data":
            if fmt is None:
                raise BadRecording(f"{path}: data before its format")
            return _info(path, fmt, at + 8, length, size)
        at += 8 + length + (length & 1)
    raise BadRecording(f"{path}: no data chunk in its first 4096 bytes")


def _info(path: Path, fmt: tuple[int, ...], offset: int, claimed: int, size: int) -> WavInfo:
    tag, channels, rate = fmt[0], fmt[1], fmt[2]
    if tag not in _BYTES or channels not in (1, 2) or rate == 0:
        raise BadRecording(f"{path}: format {tag}, {channels} channels, {rate} Hz is not one that we write")
    frame = _BYTES[tag] * channels
    return WavInfo(tag, channels, rate, offset, (size - offset) // frame, claimed // frame)


def problems(path: Path, expected_ms: float | None = None, tolerance_ms: float = 100.0) -> list[str]:
    """What is wrong with a recording; empty: nothing. `expected_ms`: length that its CDR states."""
    try:
        info = read_info(path)
    except (OSError, BadRecording) as error:
        return [str(error)]
    found = []
    if info.claimed_frames != info.frames:
        found.append(f"{path}: header says {info.claimed_frames} samples, the file holds {info.frames}")
    if expected_ms is not None and abs(info.duration_ms - expected_ms) > tolerance_ms:
        found.append(f"{path}: {info.duration_ms:.0f} ms long, its CDR says {expected_ms:.0f} ms")
    return found
