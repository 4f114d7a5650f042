"""A set of synthetic voices, written as files: tests of the farm need some, not those that are shipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from switchroom.farm.audio import samples_of, write_wav
from switchroom.farm.voice import Voice, Voices

_SET = (
    Voice("hello.wav", "greeting", "Hello?", 500),
    Voice("yes.wav", "greeting", "Yes?", 400),
    Voice("machine.wav", "machine", "Nobody is here…", 4000, beep_start_ms=3500),
    Voice("phrase1.wav", "phrase_customer", "Well …", 900),
    Voice("phrase2.wav", "phrase_agent", "I see.", 700),
    Voice("sit.wav", "sit", "The number …", 1500),
)


def make_voices(folder: Path) -> Voices:
    for index, voice in enumerate(_SET):
        rng = np.random.default_rng(index)
        write_wav(folder / voice.name, rng.normal(0, 2500, samples_of(voice.duration_ms)).astype(np.int16))
    return Voices(_SET, folder)
