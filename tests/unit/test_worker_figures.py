"""What `engine.stats` and `engine.health` say of the media workers."""

from __future__ import annotations

from pathlib import Path

from switchroom.farm.ports import free_port
from switchroom.live.engine import Engine
from switchroom.live.health import priority_notes


def test_workers_at_real_time_priority_are_not_worth_a_note() -> None:
    assert priority_notes({"realtime"}) == ()


def test_workers_without_real_time_priority_are_named_with_what_helps() -> None:
    (note,) = priority_notes({"realtime", "nice"})
    assert "nice priority" in note
    assert "CAP_SYS_NICE" in note
    (note,) = priority_notes({"normal"})
    assert "normal priority" in note


async def test_each_worker_tells_its_figures(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "c.toml").write_text(
        f'[sip]\nlisten = ["udp://127.0.0.1:{port}"]\n[media]\nworkers = 2\n[control]\nlisten = []\n'
    )
    async with Engine(tmp_path / "c.toml") as engine:
        workers = engine.watch.stats().workers
        assert len(workers) == 2
        assert {w.priority for w in workers} <= {"realtime", "nice", "normal"}
        assert bool(engine.health().notes) == any(w.priority != "realtime" for w in workers)
