"""CPU time and memory of a process, from /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds of all threads since the process began; resident memory now and at its peak, KiB."""

    cpu_s: float
    rss_kib: int
    peak_kib: int
    threads: int


def usage(pid: int) -> Usage:
    """Of a live process; CPU from schedstat-exact thread times where /proc gives them, else clock ticks."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return Usage(
        cpu_s=_cpu_s(pid),
        rss_kib=int(status["VmRSS"].split()[0]),
        peak_kib=int(status["VmHWM"].split()[0]),
        threads=int(status["Threads"]),
    )


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "unknown",
    )
    return {"cpu": cpu, "cpus": str(os.cpu_count()), "kernel": os.uname().release}
