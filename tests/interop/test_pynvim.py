"""pynvim 0.6, a stock Neovim client, attaches to the control socket of a daemon as it is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ENVIRONMENT, Daemon, free_port, free_port_range

pynvim = pytest.importorskip("pynvim")

CONFIG = """
[sip]
listen = ["udp://127.0.0.1:{sip}"]
[media]
ports = "{first}-{last}"
workers = 1
[control]
listen = ["unix:{folder}/control.sock", "tcp://127.0.0.1:{tcp}"]
trust_loopback = true
[store]
url = "sqlite:{folder}/switchroom.db"
[recording]
path = "{folder}/recordings"
[reporting]
path = "{folder}/reports"
[[route]]
to = "*"
action = "echo"
"""


@pytest.fixture
def daemon(make_daemon: Callable[[str], Daemon], tmp_path: Path) -> Iterator[dict[str, object]]:
    sip, tcp = free_port(), free_port()
    first, last = free_port_range(100)
    make_daemon(CONFIG.format(sip=sip, tcp=tcp, first=first, last=last, folder=tmp_path))
    yield {"unix": f"{tmp_path}/control.sock", "tcp": tcp, "uri": f"sip:echo@127.0.0.1:{sip}"}


PROGRAM = """
import json, sys
import pynvim
from pynvim.msgpack_rpc import socket_session, tcp_session

unix, tcp, uri = sys.argv[1], int(sys.argv[2]), sys.argv[3]
found = {}
for kind, make in (("unix", lambda: socket_session(unix)), ("tcp", lambda: tcp_session("127.0.0.1", tcp))):
    session = make()
    found[kind] = session.request("call.list", {"limit": 5})["items"]
    try:
        session.request("call.get", {"id": "nobody"})
    except Exception as error:  # a bare session wraps error[1]
        found[f"{kind}_error"] = str(error)
    pad = b"\\x00\\xff" * 100_000
    found[f"{kind}_bin"] = session.request("session.auth", {"client": {"name": kind, "pad": pad}})["api"]
    session.close()

nvim = pynvim.attach("socket", path=unix)
found["level"] = nvim.version.api_level
found["channel"] = isinstance(nvim.channel_id, int)
try:
    nvim.request("call.get", {"id": "nobody"})
except pynvim.NvimError as error:
    found["nvim_error"] = str(error)
nvim.request("session.auth", {"client": {"name": "Zo\\u00eb \\u260e"}})
found["unicode"] = [item["client"] for item in nvim.request("session.list")["items"]]
sub_id = nvim.request("events.subscribe", {"topics": ["none.such"]})["sub_id"]
nvim.request("events.ack", {"sub_id": sub_id, "id": 2**40})
found["large"] = [item["acked_id"] for item in nvim.request("session.list")["items"]]

nvim.request("events.subscribe", {"topics": ["call.created", "call.ended"]})
calls = [nvim.request("call.originate", {"uri": uri})["id"] for _ in range(25)]
for call in calls:
    nvim.request("call.hangup", {"id": call})
events = []
while len(events) < 100:  # each call goes out and comes in: two created, two ended
    name, args = nvim.next_message()[1:3]
    events += [event for event in args if event["id"]]
found["events"] = len(events)
found["in_order"] = [event["id"] for event in events] == sorted(event["id"] for event in events)
found["of_ours"] = sorted({event["call_id"] for event in events} & set(calls)) == sorted(calls)
nvim.close()
print(json.dumps(found))
"""


def test_calls_errors_bin_unicode_and_a_hundred_pushed_events(daemon: dict[str, object]) -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(daemon["unix"]), str(daemon["tcp"]), str(daemon["uri"])],
        capture_output=True,
        text=True,
        timeout=90,
        env=ENVIRONMENT,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    for kind in ("unix", "tcp"):
        assert found[kind] == []
        assert "nobody" in found[f"{kind}_error"]
        assert found[f"{kind}_bin"] == 1  # 200 kB of bin in one argument
    assert (found["level"], found["channel"]) == (1, True)
    assert "nobody" in found["nvim_error"]
    assert "Zoë ☎" in found["unicode"]
    assert 2**40 in found["large"]
    assert (found["events"], found["in_order"], found["of_ours"]) == (100, True, True)
