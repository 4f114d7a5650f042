"""The demo, shortened: everything real, in about twenty seconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ENVIRONMENT

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


def test_demo_leaves_no_process(demo: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    mark = f"DEMO_TEST={os.getpid()}".encode()
    alive = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark in (folder / "environ").read_bytes().split(b"\0"):
                alive.append(folder.name)
        except OSError:
            continue
    assert alive == []
