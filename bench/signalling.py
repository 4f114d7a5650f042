"""Back-to-back calls, signalling only: SIPp through the daemon to SIPp; CPU of the daemon per call, setup time."""

from __future__ import annotations

import contextlib
import csv
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import daemon
from .process import usage
from .result import Figure

CONFIG = """
[sip]
listen = ["udp://127.0.0.1:{sip}"]
[media]
ports = "20000-39999"
workers = 1
[control]
listen = ["unix:./control.sock"]
[[trunk]]
name = "uas"
uri = "sip:127.0.0.1:{uas}"
max_calls = 100000
max_cps = 10000
health_ms = 0
[[route]]
to = "*"
action = "dial"
trunk = "uas"
"""


@dataclass(frozen=True, slots=True)
class Drive:
    """What SIPp saw of `calls` calls."""

    calls: int
    failed: int
    exit: int
    setup_ms: list[float]  # INVITE to 200, sorted

    def loss(self) -> str:
        return f"{self.failed} of {self.calls} failed, sipp exit {self.exit}"

    def quantile(self, q: float) -> float:
        return (
            self.setup_ms[min(int(len(self.setup_ms) * q), len(self.setup_ms) - 1)] if self.setup_ms else float("nan")
        )


@contextlib.contextmanager
def back_to_back(work: Path) -> Iterator[tuple[int, int]]:
    """A daemon in front of an answering SIPp: its process id and SIP port."""
    sip, uas = daemon.free_port(), daemon.free_port()
    answering = ["sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", str(uas), "-nostdin"]
    with daemon.running(answering, cwd=work), daemon.daemon(work, CONFIG.format(sip=sip, uas=uas)) as pid:
        yield pid, sip


def drive(work: Path, sip: int, rate: int, calls: int) -> Drive:
    """Call the daemon `calls` times at `rate` per second, each call held for 100 ms."""
    with tempfile.TemporaryDirectory(dir=work) as name:
        here = Path(name)
        command = [
            *("sipp", "-sn", "uac", f"127.0.0.1:{sip}", "-s", "1000", "-i", "127.0.0.1"),
            *("-p", str(daemon.free_port()), "-r", str(rate), "-m", str(calls), "-l", "5000", "-d", "100", "-nostdin"),
            *("-trace_rtt", "-rtt_freq", "100", "-trace_stat", "-fd", "1"),
        ]
        limit = calls / rate + 90
        result = subprocess.run(command, cwd=here, capture_output=True, text=True, timeout=limit, check=False)
        return Drive(calls, failures(here), result.returncode, sorted(setup_times(here)))


def run(short: bool) -> list[Figure]:
    """500 calls per second for 60 s (short: 100 for 5 s)."""
    rate, seconds = (100, 5) if short else (500, 60)
    with daemon.folder() as work, back_to_back(work) as (pid, sip):
        before = usage(pid)
        seen = drive(work, sip, rate, rate * seconds)
        after = usage(pid)
    load = f"{rate} calls/s for {seconds} s"
    quantiles = {f"p{q * 100:g}": seen.quantile(q) for q in (0.5, 0.99, 0.999, 1.0)}
    return [
        Figure(
            "back-to-back call, CPU",
            "ms/call",
            [(after.cpu_s - before.cpu_s) * 1000 / seen.calls],
            load,
            seen.loss(),
            1.0,
        ),
        Figure("back-to-back call, setup p99", "ms", [seen.quantile(0.99)], load, seen.loss(), 100.0, quantiles),
    ]


def setup_times(work: Path) -> list[float]:
    """INVITE to 200, ms, of every call, from SIPp's rtt files."""
    found: list[float] = []
    for file in work.glob("uac_*_rtt.csv"):
        with file.open() as lines:
            for row in csv.reader(lines, delimiter=";"):
                if len(row) >= 2 and row[0].replace(".", "").isdigit():
                    found.append(float(row[1]))
    return found


def failures(work: Path) -> int:
    """Failed calls by SIPp's own count."""
    for file in work.glob("uac_*_.csv"):
        with file.open() as lines:
            rows = list(csv.DictReader(lines, delimiter=";"))
        if rows:
            return int(rows[-1]["FailedCall(C)"])
    return -1
