"""The demo, shortened: everything real, in about twenty seconds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from switchroom.cli import main as cli
from tests.conftest import ENVIRONMENT

pytestmark = pytest.mark.slow

MIX = """
person = 4
machine = 2
busy = 2
no_answer = 1
reject = 1
sit = 1
slow = 0
ring_s = [0.2, 0.6]
talk_s = [3.0, 4.0]
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    folder = tmp_path_factory.mktemp("demo")
    out, mix = folder / "demo-out", folder / "mix.toml"
    mix.write_text(MIX)
    arguments = ["--contacts", "25", "--agents", "5", "--every", "1", "--out", str(out), "--mix", str(mix)]
    done = subprocess.run(
        [sys.executable, "-m", "switchroom", "demo", *arguments],
        env={**ENVIRONMENT, "DEMO_TEST": str(os.getpid())},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    return done, out


def test_demo_finds_itself_consistent(demo: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    done, _ = demo
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BAD" not in done.stdout
    assert "consistent: everything reported is what happened" in done.stdout


def test_demo_leaves_everything_it_promises(demo: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    _, out = demo
    for name in ("contacts.csv", "cdr.jsonl", "cdr.csv", "report.json", "report.html", "logs/daemon.log"):
        assert (out / name).stat().st_size > 0, name
    report = json.loads((out / "report.json").read_text())
    assert len(report["contacts"]) == 25
    assert all(contact["attempts"] for contact in report["contacts"])
    assert len(list((out / "recordings").rglob("*.wav"))) >= report["kpis"]["talks"] > 0


def test_demo_shows_rejected_lines_and_progress(demo: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    done, _ = demo
    assert "25 accepted" in done.stdout and "3 duplicates" in done.stdout
    assert "utilisation" in done.stdout and "callee was" in done.stdout


def test_report_command_tells_the_same_from_the_store(
    demo: tuple[subprocess.CompletedProcess[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out = demo
    assert cli.main(["report", "-c", str(out / "switchroom.toml"), "--out", str(tmp_path)]) == 0
    assert "BAD" not in capsys.readouterr().out
    now, then = (json.loads((folder / "report.json").read_text()) for folder in (tmp_path, out))
    assert now["consistent"] and now["kpis"] == then["kpis"]
    rows = {json.loads(line)["id"]: line for line in (out / "cdr.jsonl").read_text().splitlines()}
    assert all(rows[json.loads(line)["id"]] == line for line in (tmp_path / "cdr.jsonl").read_text().splitlines())


def test_report_of_an_unknown_campaign_names_those_there_are(
    demo: tuple[subprocess.CompletedProcess[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, out = demo
    assert cli.main(["report", "--db", str(out / "data" / "switchroom.db"), "--campaign", "spring"]) == 1
    assert "there are: demo" in capsys.readouterr().err


def test_recordings_of_the_demo_verify(
    demo: tuple[subprocess.CompletedProcess[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, out = demo
    assert cli.main(["recordings", "verify", str(out / "recordings"), "--cdr", str(out / "cdr.jsonl")]) == 0
    assert ", 0 problems" in capsys.readouterr().out


def test_demo_leaves_no_process(demo: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    assert left(f"DEMO_TEST={os.getpid()}") == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_demo_that_is_stopped_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    mark = f"DEMO_TEST={os.getpid()}-{number}"
    running = subprocess.Popen(
        [sys.executable, "-m", "switchroom", "demo", "--contacts", "20", "--agents", "2", "--every", "0.5"],
        env={**ENVIRONMENT, **dict([mark.split("=")])},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert running.stdout is not None
    while "demo running" not in (line := running.stdout.readline()):
        assert line, "the demo ended by itself"
    assert len(left(mark)) == 4
    running.send_signal(number)
    running.stdout.read()
    assert running.wait(20) != 0
    for _ in range(200):  # after a SIGKILL the others notice by themselves, and the daemon drains
        if not left(mark):
            break
        time.sleep(0.1)
    assert left(mark) == []


def left(mark: str) -> list[str]:
    """Processes alive with that variable in their environment."""
    alive = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                alive.append(folder.name)
        except OSError:
            continue
    return alive
