"""Processes that are started together end together."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from switchroom.errors import EngineError
from switchroom.farm import household
from switchroom.farm.household import Household


async def test_member_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    async with Household(tmp_path) as house:
        member = await house.start("daemon", ["serve", "-c", str(tmp_path / "missing.toml")])
        with pytest.raises(EngineError, match=r"daemon: ended with status 2 before it was ready[\s\S]*missing.toml"):
            await member.ready()
    assert house.left() == []


async def test_whoever_is_alive_at_the_end_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member that ignores SIGTERM and has a child of its own."""
    package = tmp_path / "package" / "switchroom"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = \"print('ready to stay', flush=True); import time; time.sleep(60)\"\n"
        "subprocess.Popen([sys.executable, '-c', child])\n"
        "time.sleep(60)\n"
    )
    monkeypatch.setattr(household, "__file__", str(package / "farm" / "household.py"))
    async with Household(tmp_path / "logs") as house:
        member = await house.start("stubborn", [])
        assert await member.ready() == "to stay"
        assert len(house.left()) == 2
        assert await member.end(timeout_s=0.2) < 0
    for _ in range(500):  # a killed child of a child is gone once init has taken note
        if not house.left():
            break
        await asyncio.sleep(0.01)
    assert house.left() == []
