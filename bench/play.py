"""One file played to many legs by the C library, against the bare send() of the same packets in the same run."""

from __future__ import annotations

import json

from . import library
from .result import Figure


def run(short: bool) -> list[Figure]:
    legs, seconds, rounds = ("50", "1", "1") if short else ("500", "5", "3")
    seen = json.loads(library.output("play", legs, seconds, rounds).strip().splitlines()[-1])
    load = f"{legs} legs, {seconds} s × {rounds}"
    return [
        Figure("bare send, the floor", "ms/leg-second", [seen["floor_us"] / 1000], load),
        Figure("playing a file", "ms/leg-second", [seen["play_us"] / 1000], load, bar=0.2),
        Figure("playing a file at -6 dB", "ms/leg-second", [seen["soft_us"] / 1000], load, bar=0.2),
        Figure("playing over the floor", "ratio", [seen["play_us"] / seen["floor_us"]], load),
    ]
