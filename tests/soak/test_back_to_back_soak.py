"""Calls through the daemon for a bounded time: memory and descriptors must not creep."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Daemon, free_port, free_port_range

CONFIG = """
[sip]
listen = ["udp://127.0.0.1:{sip}"]
[media]
ports = "{first}-{last}"
workers = 1
[[trunk]]
name = "far"
uri = "sip:127.0.0.1:{far}"
max_cps = 1000
health_ms = 0  # SIPp answers no OPTIONS
[[route]]
to = "*"
action = "dial"
trunk = "far"
record = true
"""


def rss_kib(pid: int) -> int:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def calls(tmp_path: Path, port: int, count: int, rate: int) -> None:
    command = [
        *("sipp", "-sn", "uac", f"127.0.0.1:{port}", "-i", "127.0.0.1", "-p", str(free_port()), "-s", "1000"),
        *("-m", str(count), "-r", str(rate), "-d", "200", "-nostdin"),
    ]
    result = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=count / rate + 60, check=False
    )
    assert result.returncode == 0, result.stdout[-2000:]


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_memory_and_descriptors_stay_flat_under_recorded_calls(
    tmp_path: Path, make_daemon: Callable[[str], Daemon], soak_seconds: int
) -> None:
    sip, far = free_port(), free_port()
    first, last = free_port_range(800)
    daemon = make_daemon(CONFIG.format(sip=sip, far=far, first=first, last=last))
    uas = subprocess.Popen(
        ["sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", str(far), "-nostdin"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    rate = 40
    try:
        calls(tmp_path, sip, 3200, 200)  # pools and SQLite's page caches have their size now
        memory, files = rss_kib(daemon.pid), descriptors(daemon.pid)
        calls(tmp_path, sip, rate * soak_seconds, rate)
        grown = rss_kib(daemon.pid) - memory
        assert descriptors(daemon.pid) <= files
        assert grown * 1024 / (rate * soak_seconds) < 512 + 2_000_000 / (rate * soak_seconds), f"{grown} KiB grown"
    finally:
        uas.kill()
        uas.wait(10)
    assert daemon.stop() == 0
