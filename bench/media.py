"""Forwarding in the C library, against a bare relay of the best design in NUMBERS of the same run, and recording."""

from __future__ import annotations

import json

from . import library
from .result import Figure


def run(short: bool) -> list[Figure]:
    calls, seconds, rounds = ("50", "1", "1") if short else ("500", "5", "3")
    seen = json.loads(library.output("media", calls, seconds, rounds).strip().splitlines()[-1])
    load = f"{calls} calls, {seconds} s × {rounds}"
    floor, engine, recording = seen["floor"], seen["engine"], seen["recording"]

    def figure(name: str, part: dict[str, float]) -> Figure:
        delay = {key: part[key] for key in ("p50_ms", "p99_ms", "max_ms")}
        return Figure(name, "µs/packet", [part["us_per_packet"]], load, f"{part['lost']} packets lost", more=delay)

    return [
        figure("bare relay in C, the floor", floor),
        figure("media worker, plain bridge", engine),
        figure("media worker, recording", recording),
        Figure("media worker over the floor", "ratio", [engine["us_per_packet"] / floor["us_per_packet"]], load),
        Figure("added delay, p99", "ms", [engine["p99_ms"]], load, f"{engine['lost']} packets lost"),
    ]
