"""Relays under the load of `csrc/yardstick/blaster`: how each is started, told its ports, and looked at."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from . import daemon
from .rtpengine import Ng, installed, rtpengine

WARM_UP_S = 1.0
DRAIN_S = 0.5


@dataclass(frozen=True, slots=True)
class Load:
    """What the far side sends: packets off their moment by up to so much, clocks apart by so much."""

    jitter_ms: int = 0
    drift_ppm: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """One window of one relay. `timed` are packets of ours that came back; generated audio has none."""

    calls: int
    legs: int
    seconds: float
    cpu_s: float
    expected: int
    received: int
    timed: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    load_late_ms: int
    errors: int
    kib_per_call: float
    kib_kept: float

    @property
    def lost(self) -> int:
        return max(0, self.expected - self.received)

    @property
    def us_per_packet(self) -> float:
        return self.cpu_s * 1e6 / max(1, self.received)

    @property
    def ms_per_call_second(self) -> float:
        return self.cpu_s * 1000 / self.calls / self.seconds


class Program:
    """A process that speaks lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args!r} ended")
        return line.strip()

    def exchange(self, ports: Sequence[int]) -> list[int]:
        """Tell it the far side's ports, get its own."""
        self.say("ports " + " ".join(map(str, ports)))
        return self.ports()

    def ports(self) -> list[int]:
        word, *rest = self.hear().split()
        assert word == "ports", word
        return [int(port) for port in rest]


class Relay(Protocol):
    """Something between the legs. `generates`: it sends audio of its own, so packets carry no time of ours."""

    generates: bool

    def legs(self) -> int:
        """Legs of one call."""

    def open(self, calls: int) -> contextlib.AbstractContextManager[RunningRelay]: ...


class RunningRelay(Protocol):
    pid: int

    def connect(self, far: Sequence[int]) -> list[int]:
        """Set the calls up; the ports to send to."""

    def errors(self) -> int:
        """What went wrong inside, as far as it tells."""

    def hangup(self) -> bool:
        """End all calls; false: this one cannot."""


@functools.cache
def built(name: str) -> str:
    target = f"../build/c/plain/yardstick/{name}"
    subprocess.run(["make", "-s", "-C", "csrc", "BUILD=../build/c", target], cwd=daemon.ROOT, check=True)
    return str(daemon.ROOT / f"build/c/plain/yardstick/{name}")


def _cpu(first: bool) -> None:
    """Load and relay each on a CPU of their own, where there are two."""
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) > 1:
        os.sched_setaffinity(0, {cpus[0] if first else cpus[1]})


@contextlib.contextmanager
def program(name: str, *arguments: str, first: bool) -> Iterator[Program]:
    command = [built(name), *arguments]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=functools.partial(_cpu, first),  # noqa: PLW1509  a thread-free parent
    )
    try:
        yield Program(process)
    finally:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class _Own:
    """A program of csrc/yardstick that is a relay."""

    def __init__(self, program: Program, hangs_up: bool) -> None:
        self.program = program
        self.pid = program.process.pid
        self.hangs_up = hangs_up

    def connect(self, far: Sequence[int]) -> list[int]:
        return self.program.exchange(far)

    def errors(self) -> int:
        if not self.hangs_up:
            return 0
        self.program.say("stats")
        return int(json.loads(self.program.hear())["dropped"])

    def hangup(self) -> bool:
        if self.hangs_up:
            self.program.say("hangup")
            assert self.program.hear() == "closed"
        return self.hangs_up


class YardstickRelay:
    """The floor."""

    generates = False

    def __init__(self, design: str) -> None:
        self.design = design

    def legs(self) -> int:
        return 2

    @contextlib.contextmanager
    def open(self, calls: int) -> Iterator[RunningRelay]:
        with program("relay", str(2 * calls), self.design, first=True) as running:
            assert running.hear() == "ready"
            yield _Own(running, hangs_up=False)


@functools.cache
def _features() -> dict[str, int]:
    lines = subprocess.run([built("engine")], capture_output=True, text=True, check=True).stdout.splitlines()
    return {name: int(legs) for name, legs in (line.split() for line in lines)}


class Engine:
    """The C engine alone, doing one thing."""

    def __init__(self, feature: str) -> None:
        self.feature = feature
        self.generates = feature in ("supervisor", "conference", "playback")

    def legs(self) -> int:
        return _features()[self.feature]

    @contextlib.contextmanager
    def open(self, calls: int) -> Iterator[RunningRelay]:
        with (
            tempfile.TemporaryDirectory(prefix="switchroom-bench-") as folder,
            program("engine", str(calls), self.feature, folder, first=True) as running,
        ):
            assert running.hear() == "ready"
            yield _Own(running, hangs_up=True)


class _Peer:
    def __init__(self, pid: int, ng: Ng) -> None:
        self.pid, self.ng = pid, ng

    def connect(self, far: Sequence[int]) -> list[int]:
        return [port for i in range(0, len(far), 2) for port in self.ng.call(i, far[i], far[i + 1])]

    def errors(self) -> int:
        return 0

    def hangup(self) -> bool:
        return False


class Rtpengine:
    """The peer: Debian's rtpengine, in user space."""

    generates = False

    @staticmethod
    def available() -> bool:
        return installed()

    def legs(self) -> int:
        return 2

    @contextlib.contextmanager
    def open(self, calls: int) -> Iterator[RunningRelay]:
        with rtpengine(functools.partial(_cpu, True)) as (pid, ng):
            yield _Peer(pid, ng)


def cpu_s(pid: int) -> float:
    """Of all threads, to the nanosecond. A thread that has ended meanwhile is not counted: none does in a window."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def _rss_kib(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * (os.sysconf("SC_PAGE_SIZE") // 1024)


def measure(relay: Relay, calls: int, seconds: float, load: Load) -> Seen:
    legs = calls * relay.legs()
    talk = "listen" if getattr(relay, "feature", "") == "playback" else "talk"
    arguments = (str(legs), talk, str(load.jitter_ms), str(load.drift_ppm))
    with relay.open(calls) as running, program("blaster", *arguments, first=False) as blaster:
        idle = _rss_kib(running.pid)
        blaster.say("ports " + " ".join(map(str, running.connect(blaster.ports()))))
        time.sleep(WARM_UP_S)
        blaster.say("measure")
        before, began = cpu_s(running.pid), time.monotonic()
        time.sleep(seconds)
        after, ended = cpu_s(running.pid), time.monotonic()
        up = _rss_kib(running.pid)
        blaster.say("stop")
        time.sleep(DRAIN_S)
        blaster.say("report")
        seen = json.loads(blaster.hear())
        errors = running.errors()
        kept = _rss_kib(running.pid) - idle if running.hangup() else 0
    if relay.generates:  # what looks like a time in mixed audio is chance
        seen.update(timed=0, p50_ms=0.0, p99_ms=0.0, max_ms=0.0)
    received = seen["received"] if relay.generates else seen["timed"]
    return Seen(
        calls=calls,
        legs=legs,
        seconds=ended - began,
        cpu_s=after - before,
        expected=int(legs * 50 * (ended - began) * 0.99) if relay.generates else seen["sent"],
        received=received,
        timed=seen["timed"],
        p50_ms=seen["p50_ms"],
        p99_ms=seen["p99_ms"],
        max_ms=seen["max_ms"],
        load_late_ms=seen["late_ms"],
        errors=errors,
        kib_per_call=(up - idle) / calls,
        kib_kept=kept / calls,
    )
