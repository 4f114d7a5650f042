"""Bridged calls with audio through the daemon: CPU per packet, recording on top, memory per call."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import wave
from dataclasses import dataclass
from pathlib import Path

from . import daemon
from .process import Usage, usage
from .result import Figure

CONFIG = """
[sip]
listen = ["udp://127.0.0.1:{sip}"]
[media]
ports = "20000-39999"
workers = 1
[control]
listen = ["unix:./control.sock"]
[recording]
path = "./recordings"
[[trunk]]
name = "far"
uri = "sip:127.0.0.1:{far}"
max_calls = 100000
max_cps = 10000
health_ms = 0
[[route]]
to = "*"
action = "dial"
trunk = "far"
record = {record}
"""


@dataclass(frozen=True, slots=True)
class Window:
    """What the daemon used while `calls` were up for `seconds`."""

    calls: int
    seconds: float
    cpu_s: float
    idle: Usage
    up: Usage
    received: int
    lost: int

    @property
    def us_per_packet(self) -> float:
        """A bridged call is 100 forwarded packets per second."""
        return self.cpu_s * 1e6 / (self.calls * 100 * self.seconds)

    @property
    def loss(self) -> str:
        return f"{self.lost} of {self.received + self.lost} packets lost"


def measure(calls: int, seconds: float, record: bool) -> Window:
    with daemon.folder() as work:
        sip, far = daemon.free_port(), daemon.free_port()
        clip = noise(work / "noise.wav")
        with daemon.daemon(work, CONFIG.format(sip=sip, far=far, record=str(record).lower())) as pid:
            idle = usage(pid)
            load = [
                *(sys.executable, "-m", "bench.load", "--sip", str(far), "--daemon", str(sip)),
                *("--calls", str(calls), "--clip", str(clip)),
            ]
            with daemon.running(load, ready="up", cwd=daemon.ROOT, stdin=subprocess.PIPE) as far_side:
                time.sleep(2)
                before, began = usage(pid), time.monotonic()
                time.sleep(seconds)
                after, ended = usage(pid), time.monotonic()
                output, _ = far_side.communicate("\n", timeout=60)
            seen = json.loads(output.strip().splitlines()[-1])
    return Window(calls, ended - began, after.cpu_s - before.cpu_s, idle, after, seen["received"], seen["lost"])


def noise(path: Path) -> Path:
    """Four seconds of quiet noise, so that no silence is ever suppressed or compressed away."""
    state, samples = 1, bytearray()
    for _ in range(32_000):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        samples += ((state >> 16) % 2000 - 1000).to_bytes(2, "little", signed=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        file.writeframes(bytes(samples))
    return path


def run(short: bool) -> list[Figure]:
    calls, seconds, repeats = (50, 3.0, 1) if short else (500, 15.0, 3)
    plain = [measure(calls, seconds, record=False) for _ in range(repeats)]
    recorded = [measure(calls, seconds, record=True) for _ in range(repeats)]
    load = f"{calls} calls, {seconds:g} s"
    extra = [(r.cpu_s / r.seconds - p.cpu_s / p.seconds) * 1000 / calls for p, r in zip(plain, recorded, strict=True)]
    memory = [(w.up.rss_kib - w.idle.rss_kib) / calls for w in plain]
    return [
        Figure("bridged G.711, CPU", "µs/packet", [w.us_per_packet for w in plain], load, plain[-1].loss, bar=6.0),
        Figure("recording, CPU on top", "ms/call-second", extra, load, recorded[-1].loss, bar=0.1),
        Figure("memory of a bridged call", "KiB", memory, load, plain[-1].loss, bar=32.0),
    ]
