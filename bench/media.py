"""Cost of media, row by row, against the floor and a peer in the same run: `make bench-media`.

Every row is one relay under the same load (`csrc/yardstick/blaster.c`: 50 packets of G.711 per second and leg, each at
its own moment) and gives CPU time of the relay's process over packets, loss, delay. Relays take turns, so that what
the machine does meanwhile falls on all. Load on one CPU, relay on the other where there are two.

What it does not show: a network card, signalling (`bench bridge` has the whole daemon), cold caches of a mixed load.
"""

from __future__ import annotations

import functools
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .result import Figure
from .yardstick import Engine, Load, Relay, Rtpengine, Seen, YardstickRelay, measure

STEADY = Load()
JITTERY = Load(jitter_ms=4, drift_ppm=100)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what relays, at how many calls."""

    name: str
    relay: Callable[[], Relay]
    calls: int
    load: Load = STEADY


def relays(calls: Sequence[int]) -> list[Row]:
    """Plain bridges: the floor, ours, the peer."""
    rows = []
    for n in calls:
        rows += [
            Row("yardstick, tick", functools.partial(YardstickRelay, "tick"), n),
            Row("yardstick, slots", functools.partial(YardstickRelay, "slots"), n),
            Row("engine", functools.partial(Engine, "plain"), n),
        ]
        if Rtpengine.available():
            rows.append(Row("rtpengine", Rtpengine, n))
    return rows


# A feature of csrc/yardstick/engine.c, its goal, and what the goal counts.
FEATURES = (
    ("recording", 0.05, "ms per call-second on top"),
    ("amd", 0.02, "ms per call-second on top"),
    ("dtmf", 0.02, "ms per call-second on top"),
    ("beep", None, "ms per call-second on top"),
    ("supervisor", 0.3, "ms per call-second on top"),
    ("conference", 0.3, "ms per leg-second"),
    ("playback", 0.2, "ms per leg-second"),
)


def features(calls: int) -> list[Row]:
    return [Row(name, functools.partial(Engine, name), calls) for name, _, _ in FEATURES]


def run(short: bool) -> list[Figure]:
    seconds, rounds = (1.0, 1) if short else (5.0, 5)
    steps = (20,) if short else (500, 1500, 2200)
    flat = () if short else (100, 500, 1000, 2000)
    rows = (
        relays(steps)
        + features(steps[0])
        + [Row("engine, jitter and drift", functools.partial(Engine, "plain"), steps[0], JITTERY)]
    )
    rows += [Row("engine, flat", functools.partial(Engine, "plain"), n) for n in flat]
    seen: dict[int, list[Seen]] = {i: [] for i in range(len(rows))}
    for turn in range(rounds):
        for i, row in enumerate(rows):
            print(f"media: round {turn + 1} of {rounds}, {row.name}, {row.calls} calls", file=sys.stderr, flush=True)
            seen[i].append(measure(row.relay(), row.calls, seconds, row.load))
    by_name = {(row.name, row.calls): seen[i] for i, row in enumerate(rows)}
    window = f"{seconds:g} s × {rounds}"
    figures = [_cost(row, seen[i], window) for i, row in enumerate(rows)]
    for n in steps:
        figures += _ratios(by_name, n, window)
    figures += _on_top(by_name, steps[0], window)
    figures += _memory(by_name[("engine", steps[-1])], steps[-1], window)
    figures += _flat(by_name, flat, window)
    if short:
        _nothing_lost(rows, seen)
    return figures


def _loss(seen: Sequence[Seen]) -> str:
    lost, expected = sum(s.lost for s in seen), sum(s.expected for s in seen)
    return f"{lost} of {expected}" if lost else "none"


def _load(calls: int, window: str) -> str:
    return f"{calls} calls, {window}"


def _cost(row: Row, seen: Sequence[Seen], window: str) -> Figure:
    last = seen[-1]
    more = {
        "p50_ms": statistics.median(s.p50_ms for s in seen),
        "p99_ms": statistics.median(s.p99_ms for s in seen),
        "max_ms": max(s.max_ms for s in seen),
        "core_share": statistics.median(s.cpu_s / s.seconds for s in seen),
        "load_late_ms": max(s.load_late_ms for s in seen),
        "parameters": {"jitter_ms": row.load.jitter_ms, "drift_ppm": row.load.drift_ppm, "legs": last.legs},
    }
    name = f"{row.name}, {row.calls} calls: CPU"
    delay = "" if last.timed == 0 else f"; delay {more['p50_ms']:.2f}/{more['p99_ms']:.2f}/{more['max_ms']:.1f} ms"
    return Figure(
        name, "µs/packet", [s.us_per_packet for s in seen], _load(row.calls, window), _loss(seen) + delay, more=more
    )


def _median(seen: Sequence[Seen]) -> float:
    return statistics.median(s.us_per_packet for s in seen)


def _ratio(name: str, ours: Sequence[Seen], other: float, load: str, bar: float | None) -> Figure:
    return Figure(name, "ratio", [s.us_per_packet / other for s in ours], load, _loss(ours), bar=bar)


def _ratios(seen: dict[tuple[str, int], list[Seen]], n: int, window: str) -> list[Figure]:
    """The engine over the best yardstick, which is `tick`: `slots` pays for its thrift with 10 ms of delay."""
    ours, load = seen[("engine", n)], _load(n, window)
    out = [
        _ratio("engine over yardstick, tick", ours, _median(seen[("yardstick, tick", n)]), load, 1.15),
        _ratio("engine over yardstick, slots", ours, _median(seen[("yardstick, slots", n)]), load, None),
        Figure("engine's delay, p99", "ms", [s.p99_ms for s in ours], load, _loss(ours), bar=2.0),
    ]
    if ("rtpengine", n) in seen:
        out.append(_ratio("engine over rtpengine", ours, _median(seen[("rtpengine", n)]), load, 0.5))
    return out


def _on_top(seen: dict[tuple[str, int], list[Seen]], n: int, window: str) -> list[Figure]:
    plain = statistics.median(s.ms_per_call_second for s in seen[("engine", n)])
    out = []
    for name, bar, unit in FEATURES:
        these = seen[(name, n)]
        if unit.endswith("on top"):
            values = [s.ms_per_call_second - plain for s in these]
        else:
            values = [s.ms_per_call_second * n / s.legs for s in these]
        out.append(Figure(name, unit, values, _load(n, window), _loss(these), bar=bar))
    return out


def _memory(seen: Sequence[Seen], n: int, window: str) -> list[Figure]:
    return [
        Figure("memory of a bridged call", "KiB", [s.kib_per_call for s in seen], _load(n, window), bar=16.0),
        Figure("memory kept after the peak", "KiB", [s.kib_kept for s in seen], _load(n, window), bar=1.0),
    ]


def _flat(seen: dict[tuple[str, int], list[Seen]], calls: Sequence[int], window: str) -> list[Figure]:
    """Cost per call at each size over that at 500: the goal is flat within 15 % from 100 to 2,000."""
    if not calls:
        return []
    base = _median(seen[("engine, flat", 500)])
    return [_ratio(f"{n} calls over 500", seen[("engine, flat", n)], base, _load(n, window), 1.15) for n in calls]


def _nothing_lost(rows: Sequence[Row], seen: dict[int, list[Seen]]) -> None:
    """The short form is a test: few calls, so every packet that was sent must arrive, and audio must be generated. (How
    many frames are generated in a second that the machine pauses in is another matter.)"""
    lossy = [
        row.name
        for i, row in enumerate(rows)
        if any(s.errors or s.received == 0 or (s.timed and s.lost) for s in seen[i])
    ]
    if lossy:
        raise SystemExit(f"packets were lost: {', '.join(lossy)}")
