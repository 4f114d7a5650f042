"""`switchroom top` on a running daemon."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.conftest import ENVIRONMENT, Daemon, free_port_range


@pytest.fixture
def daemon(make_daemon: Callable[[str], Daemon]) -> Daemon:
    first, last = free_port_range(60)
    return make_daemon(
        f'[sip]\nlisten = ["udp://127.0.0.1:0"]\n[media]\nports = "{first}-{last}"\nworkers = 1\n'
        '[control]\nlisten = ["unix:c.sock"]\n[store]\nurl = "sqlite:store.db"\n'
    )


def top(daemon: Daemon, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "switchroom", "top", "--control", "unix:c.sock", *arguments],
        cwd=daemon.folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_top_prints_the_figures_once_as_json(daemon: Daemon) -> None:
    found = json.loads(top(daemon, "--json").stdout)
    assert found["engine"]["uptime_ms"] > 0
    assert (found["campaign"], found["agents"]) == (None, [])


def test_top_without_a_terminal_prints_plain_lines_until_its_time_is_over(daemon: Daemon) -> None:
    done = top(daemon, "--seconds", "1.5", "--every", "0.4")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) >= 2
    assert all("0 calls" in line and "\x1b" not in line for line in lines[1:])


def test_top_ends_with_an_error_when_the_daemon_goes(daemon: Daemon) -> None:
    watching = subprocess.Popen(
        [sys.executable, "-m", "switchroom", "top", "--control", "unix:c.sock", "--every", "0.2"],
        cwd=daemon.folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    assert "calls" in watching.stdout.readline() + watching.stdout.readline()
    daemon.kill()
    _, err = watching.communicate(timeout=40)
    assert watching.returncode == 1
    assert err.startswith("switchroom: ") and "Traceback" not in err
