"""Memory of the daemon over many back-to-back calls: it must stay flat."""

from __future__ import annotations

from . import daemon
from .process import usage
from .result import Figure
from .signalling import back_to_back, drive


def run(short: bool) -> list[Figure]:
    """100,000 calls in ten steps at 500 per second (short: 1,500 in three). Growth is counted from the second step on:
    until then the database's page cache and the 32 s of ended SIP transactions fill up."""
    steps, calls, rate = (3, 500, 100) if short else (10, 10_000, 500)
    memory: list[int] = []
    failed = 0
    with daemon.folder() as work, back_to_back(work) as (pid, sip):
        for _ in range(steps):
            seen = drive(work, sip, rate, calls)
            failed += seen.failed
            memory.append(usage(pid).rss_kib)
    growth = (memory[-1] - memory[1]) / (calls * (steps - 2)) * 1024
    return [
        Figure(
            "memory growth per ended call",
            "bytes",
            [growth],
            f"{steps * calls} calls at {rate}/s",
            f"{failed} failed",
            bar=10.0,
            more={"rss_kib": memory},
        )
    ]
