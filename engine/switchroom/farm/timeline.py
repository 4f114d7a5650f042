"""What somebody says in a call, as cues on a time line, and the samples they become."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from . import marker
from .audio import Samples, room_tone, samples_of, to_ulaw_grid
from .voice import Voices


class Part(StrEnum):
    VOICE = "voice"  # `name` of the voices
    MARKER = "marker"  # `sequence` under the speaker's identity


@dataclass(frozen=True, slots=True)
class Cue:
    """One sound, `at_ms` after the speaker's audio starts. Cues may not overlap in a way that matters: they add up."""

    at_ms: int
    part: Part
    name: str = ""
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Speech:
    """What one speaker says in one call: samples, and where each marker begins by its sequence number."""

    identity: int
    samples: Samples
    marks: dict[int, int]


def speak(cues: tuple[Cue, ...], voices: Voices, identity: int, length_ms: int) -> Speech:
    """The cues as a speech of `length_ms`."""
    marks = {cue.sequence: samples_of(cue.at_ms) for cue in cues if cue.part is Part.MARKER}
    return Speech(identity, render(cues, voices, identity, length_ms), marks)


def render(cues: tuple[Cue, ...], voices: Voices, identity: int, length_ms: int) -> Samples:
    """`length_ms` of 8 kHz audio on the mu-law grid: the cues over the identity's own room tone."""
    out = room_tone(samples_of(length_ms), seed=identity).astype(np.float64)
    for cue in cues:
        match cue.part:
            case Part.VOICE:
                sound: npt.NDArray[np.float64] = voices.samples(cue.name)
            case Part.MARKER:
                sound = marker.encode(identity, cue.sequence)
        start = samples_of(cue.at_ms)
        part = sound[: max(0, len(out) - start)]
        out[start : start + len(part)] += part
    return to_ulaw_grid(out)
