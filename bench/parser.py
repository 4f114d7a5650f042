"""The SIP parser alone: ns per message, mean over a corpus of realistic messages."""

from __future__ import annotations

import re

from . import library
from .result import Figure

_CELL = re.compile(r"([\d.]+) \( *(\d+)- *(\d+)\)")


def run(short: bool) -> list[Figure]:
    lines = library.output("sip_parse").splitlines()
    count = sum(1 for line in lines if _CELL.search(line)) - 1
    cells = _CELL.findall(next(line for line in lines if line.startswith("all in turn")))
    names = ("index, headers classified", "and what a user agent needs, typed", "and SDP")
    bars = (None, None, 1500.0)
    return [
        Figure(
            f"SIP parser: {name}", "ns/message", [float(median), float(low), float(high)], f"{count} messages", bar=bar
        )
        for name, bar, (median, low, high) in zip(names, bars, cells, strict=True)
    ]
