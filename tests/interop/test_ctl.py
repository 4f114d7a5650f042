"""`switchroom ctl` and `switchroom api` as a shell script uses them, against a daemon."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from switchroom.cli._arguments import parse
from switchroom.errors import BadParams
from tests.conftest import ENVIRONMENT, Daemon, free_port, free_port_range
from tests.interop.test_pynvim import CONFIG


def switchroom(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    run = subprocess.run(
        [sys.executable, "-m", "switchroom", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=ENVIRONMENT,
        check=False,
    )
    assert run.returncode == status, run.stderr
    return run


@pytest.fixture
def address(make_daemon: Callable[[str], Daemon], tmp_path: Path) -> str:
    first, last = free_port_range(100)
    make_daemon(CONFIG.format(sip=free_port(), tcp=free_port(), first=first, last=last, folder=tmp_path))
    return f"unix:{tmp_path}/control.sock"


def test_a_result_is_one_line_of_json(address: str) -> None:
    run = switchroom("ctl", "--control", address, "engine.health")
    assert json.loads(run.stdout)["ready"] is True
    assert run.stdout.count("\n") == 1


def test_an_error_of_the_engine_is_status_1_and_a_wrong_argument_2(address: str) -> None:
    assert "nobody" in switchroom("ctl", "--control", address, "call.get", "id=nobody", status=1).stderr
    assert "did you mean id?" in switchroom("ctl", "--control", address, "call.get", "idd=x", status=2).stderr
    run = switchroom("ctl", "--control", address, "call.list", "limit=many", status=2)
    assert "limit: found 'many'; must be `int`" in run.stderr
    assert "call.list" in switchroom("ctl", "--control", address, "call.lists", status=2).stderr


def test_events_are_json_lines(address: str) -> None:
    uri = "uri=sip:nobody@127.0.0.1:9"
    placed = [json.loads(switchroom("ctl", "--control", address, "call.originate", uri).stdout)["id"] for _ in range(2)]
    run = switchroom("ctl", "--control", address, "--since", "0", "--count", "2", "events", "call.created")
    assert [json.loads(line)["call_id"] for line in run.stdout.splitlines()] == placed


def test_drain_over_the_socket_stops_the_daemon_after_its_last_event(
    make_daemon: Callable[[str], Daemon], tmp_path: Path
) -> None:
    first, last = free_port_range(100)
    sip = free_port()
    daemon = make_daemon(CONFIG.format(sip=sip, tcp=free_port(), first=first, last=last, folder=tmp_path))
    address = f"unix:{tmp_path}/control.sock"
    switchroom("ctl", "--control", address, "call.originate", f"uri=sip:echo@127.0.0.1:{sip}", "wait=answered")
    watching = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "switchroom",
            "ctl",
            "--control",
            address,
            "--since",
            "0",
            "events",
            "engine.*",
            "call.ended",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=ENVIRONMENT,
    )
    assert switchroom("ctl", "--control", address, "engine.drain", "deadline_ms=300").stdout == '{"already":false}\n'
    assert daemon.process is not None
    assert daemon.process.wait(20) == 0
    out, _ = watching.communicate(timeout=20)
    topics = [json.loads(line)["topic"] for line in out.splitlines()]
    journaled = [topic for topic in topics if topic not in {"engine.stats", "engine.tick"}]
    assert journaled == ["engine.draining", "call.ended", "call.ended", "engine.stopping"]
    assert not (tmp_path / "control.sock").exists()


def test_no_daemon_is_told(tmp_path: Path) -> None:
    run = switchroom("ctl", "--control", f"unix:{tmp_path}/none.sock", "api.ping", status=1)
    assert "no daemon there" in run.stderr


def test_the_api_is_described_without_a_daemon(tmp_path: Path) -> None:
    assert "call.originate" in switchroom("api").stdout
    level = tmp_path / "level.json"
    level.write_text(switchroom("api", "--json").stdout)
    switchroom("api", "--check", str(level))
    changed = json.loads(level.read_text())
    changed["methods"].append({**changed["methods"][0], "name": "was.here"})
    level.write_text(json.dumps(changed))
    assert "was.here" in switchroom("api", "--check", str(level), status=1).stdout


@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [
        ("call.list", ["limit=5", "state=ended"], {"limit": 5, "state": "ended"}),
        ("call.get", ["id=5"], {"id": "5"}),
        ("call.originate", ["record=true", "number=+1555"], {"record": True, "number": "+1555"}),
        ("agent.login", ["campaigns=a", "campaigns=b"], {"campaigns": ["a", "b"]}),
        ("campaign.create", ["settings.max_abandon=0.02", "settings.mode=progressive"],
         {"settings": {"max_abandon": 0.02, "mode": "progressive"}}),
        ("campaign.create", ['settings:={"amd": false}'], {"settings": {"amd": False}}),
        ("contact.add", ["fields.city=New York", "name=a=b"], {"fields": {"city": "New York"}, "name": "a=b"}),
        ("contact.import", ["data=number\n1"], {"data": b"number\n1"}),
        ("events.subscribe", ["topics=call.*", "since=7"], {"topics": ["call.*"], "since": 7}),
        ("new.method", ["a=1", "b:=1"], {"a": "1", "b": 1}),
    ],
)  # fmt: skip
def test_arguments_follow_the_methods_schema(method: str, arguments: list[str], expected: dict[str, object]) -> None:
    assert parse(method, arguments) == expected


def test_an_argument_of_bytes_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_bytes(b"number\n\xff")
    assert parse("contact.import", [f"data=@{tmp_path}/c.csv"]) == {"data": b"number\n\xff"}
    with pytest.raises(BadParams, match="No such file"):
        parse("contact.import", ["data=@/nowhere"])


@pytest.mark.parametrize("argument", ["limit", "=5", "limit:={", "settings=5"])
def test_what_is_no_argument_is_told(argument: str) -> None:
    with pytest.raises(BadParams):
        parse("campaign.create" if argument.startswith("settings") else "call.list", [argument])
