"""What it costs to publish a recording, in the background after the call: CPU per second of call, by format.

Noise on both sides is the worst that FLAC and Opus can meet; speech costs less. It does not show: the disk.
"""

from __future__ import annotations

import os
import resource
import tempfile
from pathlib import Path

from switchroom.recording.encode import Encoder, Format
from switchroom.recording.keys import Key
from switchroom.recording.publish import Job, publish
from switchroom.recording.repair import Shape, header
from switchroom.recording.verify import MULAW

from .result import Figure

KINDS: tuple[tuple[str, Format, Key | None], ...] = (
    ("WAV, SHA-256", "wav", None),
    ("WAV, sealed", "wav", Key("bench", "", b"\x01" * 32)),
    ("FLAC", "flac", None),
    ("Opus", "opus", None),
)


def _cpu_ms() -> float:
    mine, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (mine.ru_utime + mine.ru_stime + children.ru_utime + children.ru_stime)


def _cost(seconds: int, kind: Format, key: Key | None) -> float:
    """ms of CPU per call-second, the encoder process and its start included."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "call.wav.part"
        source.write_bytes(header(Shape(MULAW, 2), seconds * 8000) + os.urandom(seconds * 16_000))
        before, encoder = _cpu_ms(), Encoder()
        publish(Job(source, Path(folder) / "call", Path(folder), kind, key), encoder.encode)
        encoder.close()
        return (_cpu_ms() - before) / seconds


def run(short: bool) -> list[Figure]:
    seconds, repeats = (20, 1) if short else (600, 5)
    return [
        Figure(
            f"publish a recording: {name}",
            "ms CPU per call-second",
            [_cost(seconds, kind, key) for _ in range(repeats)],
            f"{seconds} s of stereo noise",
        )
        for name, kind, key in KINDS
    ]
