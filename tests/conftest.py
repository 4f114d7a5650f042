"""What every test may use: ports nobody else has, a daemon of its own, and a look that nothing was left behind."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from switchroom.farm.ports import free_port, free_udp_range

__all__ = ["Daemon", "free_port", "free_port_range"]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background job; children would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "engine"), "PYTHONUNBUFFERED": "1"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak-seconds", type=int, default=12, help="seconds of load per soak test (make soak: 1800)")


@pytest.fixture
def soak_seconds(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--soak-seconds"))


def free_port_range(count: int) -> tuple[int, int]:
    """First (even) and last of `count` UDP ports in a row, all free a moment ago."""
    return free_udp_range(count, random.SystemRandom())


class Daemon:
    """One `switchroom serve` process with its own folder, ports and control socket."""

    def __init__(self, folder: Path, config: str) -> None:
        self.folder = folder
        self.file = folder / "switchroom.toml"
        self.file.write_text(config)
        self.process: subprocess.Popen[str] | None = None

    def start(self, timeout_s: float = 20.0) -> Daemon:
        """Start it and wait for its `ready` line."""
        log = (self.folder / "daemon.log").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "switchroom", "serve", "-c", str(self.file)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=self.folder,
            env=ENVIRONMENT,
            start_new_session=True,
        )
        log.close()
        assert self.process.stdout is not None
        deadline = time.monotonic() + timeout_s
        os.set_blocking(self.process.stdout.fileno(), False)
        seen = ""
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(BlockingIOError):
                seen += os.read(self.process.stdout.fileno(), 4096).decode()
            if "ready" in seen:
                return self
            time.sleep(0.02)
        raise AssertionError(f"the daemon did not get ready: {seen!r}; log:\n{self.log()}")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def log(self) -> str:
        return (self.folder / "daemon.log").read_text()

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self, timeout_s: float = 30.0) -> int:
        """SIGTERM; the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self.wait(timeout_s)

    def wait(self, timeout_s: float = 30.0) -> int:
        """It ends by itself; the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            try:
                self.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
                raise AssertionError(f"the daemon did not stop in {timeout_s} s; log:\n{self.log()}") from None
        if self.process.stdout is not None:
            self.process.stdout.close()
        return self.process.returncode


@pytest.fixture
def make_daemon(tmp_path: Path) -> Iterator[Callable[[str], Daemon]]:
    """Starts daemons from configuration text; all are stopped at the end of the test."""
    started: list[Daemon] = []

    def make(config: str) -> Daemon:
        folder = tmp_path / f"daemon{len(started)}"
        folder.mkdir()
        daemon = Daemon(folder, config)
        started.append(daemon)
        return daemon.start()

    yield make
    for daemon in started:
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.wait(10)
        if daemon.process is not None and daemon.process.stdout is not None:
            daemon.process.stdout.close()
