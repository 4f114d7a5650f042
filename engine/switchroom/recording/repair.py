"""Putting right what a crash or a power cut left: sizes in the header that are not those of the file."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path

from .verify import ALAW, MULAW, PCM, BadRecording, WavInfo, read_info

HEADER = 58
"""Bytes before the audio in every file that the recorder writes (csrc/dsp/wav.h)."""
_BITS = {PCM: 16, ALAW: 8, MULAW: 8}


@dataclass(frozen=True, slots=True)
class Shape:
    """What the store knows of a file whose own header is gone."""

    format: int
    channels: int
    rate: int = 8000


def header(shape: Shape, frames: int) -> bytes:
    """The header of a file of so many samples per channel."""
    frame = _BITS[shape.format] // 8 * shape.channels
    size = frames * frame
    return struct.pack(
        "<4sI4s4sIHHIIHHH4sII4sI",
        *(b"RIFF", HEADER - 8 + size + (size & 1), b"WAVE"),
        *(b"fmt ", 18, shape.format, shape.channels, shape.rate, shape.rate * frame, frame, _BITS[shape.format], 0),
        *(b"fact", 4, frames, b"data", size),
    )


def repair(path: Path, shape: Shape | None = None) -> tuple[WavInfo, bool]:
    """Make the header say what the file holds; cut what is no whole sample. Returns what it is now, and whether it
    was changed. BadRecording: nothing to be made of it (`shape` helps when the header is gone). OSError."""
    try:
        info = read_info(path)
        found = Shape(info.format, info.channels, info.rate)
        offset, frames = info.data_offset, info.frames
        if info.claimed_frames == info.frames and path.stat().st_size - offset - info.bytes in (0, info.bytes & 1):
            return info, False
    except BadRecording:
        size = path.stat().st_size
        if shape is None or size < HEADER:
            raise
        found, offset = shape, HEADER
        frames = (size - HEADER) // (_BITS[shape.format] // 8 * shape.channels)
    if offset != HEADER:
        raise BadRecording(f"{path}: its header is {offset} bytes, not ours of {HEADER}; not touched")
    head = header(found, frames)
    with path.open("r+b") as file:
        file.truncate(HEADER + frames * (_BITS[found.format] // 8 * found.channels))
        file.write(head)
        file.flush()
        os.fdatasync(file.fileno())
    return read_info(path), True
