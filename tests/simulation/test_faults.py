"""Faults of a running daemon: each row of docs/faults.md that needs a whole process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from switchroom.cli import main as cli
from switchroom.client import Client
from switchroom.core import Core, CoreOptions
from switchroom.errors import CallFailed, Unreachable
from switchroom.recording.durable import sha256_of
from switchroom.recording.verify import problems
from switchroom.schema.event import Event
from tests.conftest import Daemon, free_port, free_port_range

CONFIG = """
[sip]
listen = ["udp://127.0.0.1:{sip}"]
[media]
ports = "{first}-{last}"
workers = 1
[control]
listen = ["unix:./control.sock"]
[recording]
path = "./recordings"
[engine]
drain_ms = {drain_ms}
[[trunk]]
name = "far"
uri = "sip:127.0.0.1:{far}"
health_ms = {health_ms}
[[route]]
to = "echo"
action = "echo"
record = true
[[route]]
to = "9*"
action = "dial"
trunk = "far"
"""


def configuration(*, sip: int, far: int = 9, drain_ms: int = 3000, health_ms: int = 0) -> str:
    first, last = free_port_range(40)
    return CONFIG.format(sip=sip, far=far, first=first, last=last, drain_ms=drain_ms, health_ms=health_ms)


@pytest.fixture
async def phone() -> AsyncIterator[Core]:
    """A caller of our own stack in the test's process, another process than the daemon's."""
    ports = free_port_range(40)
    async with Core(CoreOptions(ports=ports, workers=1)) as core:
        yield core


def test_a_port_in_use_is_named_at_start(tmp_path: Path, make_daemon: Callable[[str], Daemon]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(AssertionError, match="did not get ready") as caught:
            make_daemon(configuration(sip=port))
    assert f"127.0.0.1:{port}" in str(caught.value)


async def test_a_call_without_a_route_gets_404(phone: Core, make_daemon: Callable[[str], Daemon]) -> None:
    sip = free_port()
    make_daemon(configuration(sip=sip))
    with pytest.raises(Unreachable) as caught:
        await phone.dial(f"sip:nobody@127.0.0.1:{sip}").wait_answered()
    assert caught.value.sip_status == 404


async def test_a_dead_trunk_is_told_and_calls_get_503(phone: Core, make_daemon: Callable[[str], Daemon]) -> None:
    sip = free_port()
    daemon = make_daemon(
        configuration(sip=sip, far=free_port(), health_ms=200).replace("[media]", "t1_ms = 50\n[media]")
    )
    deadline = time.monotonic() + 90
    while "trunk_down" not in daemon.log() and time.monotonic() < deadline:
        await asyncio.sleep(0.2)
    assert "trunk_down" in daemon.log()
    with pytest.raises(CallFailed) as caught:
        await phone.dial(f"sip:9100@127.0.0.1:{sip}").wait_answered()
    assert caught.value.sip_status == 503


async def test_sigterm_drains(phone: Core, make_daemon: Callable[[str], Daemon]) -> None:
    """A call that is up may end by itself; new ones get 503; the exit status is 0."""
    sip = free_port()
    daemon = make_daemon(configuration(sip=sip, drain_ms=20_000))
    call = phone.dial(f"sip:echo@127.0.0.1:{sip}")
    await call.wait_answered()
    os.kill(daemon.pid, signal.SIGTERM)
    while "draining" not in daemon.log():
        await asyncio.sleep(0.05)
    with pytest.raises(CallFailed) as caught:
        await phone.dial(f"sip:echo@127.0.0.1:{sip}").wait_answered()
    assert caught.value.sip_status == 503
    assert not call.ended
    call.hangup()
    assert await asyncio.to_thread(daemon.wait) == 0


async def test_calls_left_at_the_drain_deadline_are_hung_up(phone: Core, make_daemon: Callable[[str], Daemon]) -> None:
    sip = free_port()
    daemon = make_daemon(configuration(sip=sip, drain_ms=300))
    call = phone.dial(f"sip:echo@127.0.0.1:{sip}")
    await call.wait_answered()
    os.kill(daemon.pid, signal.SIGTERM)
    end = await call.wait_ended()
    assert (end.side, end.status) == ("remote", 0)
    assert await asyncio.to_thread(daemon.wait) == 0


async def test_a_recording_plays_up_to_the_crash(
    phone: Core, make_daemon: Callable[[str], Daemon], capsys: pytest.CaptureFixture[str]
) -> None:
    """SIGKILL while recording: the file plays as it is, at most three seconds are missing; the next start publishes
    it; who may erase it gets a proof."""
    sip = free_port()
    daemon = make_daemon(configuration(sip=sip))
    call = phone.dial(f"sip:echo@127.0.0.1:{sip}")
    await call.wait_answered()
    call.tone(440, total_ms=0)
    recordings = daemon.folder / "recordings"
    deadline = time.monotonic() + 30
    while sum(file.stat().st_size for file in recordings.rglob("*.part")) < 48_000 and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    daemon.kill()
    [file] = recordings.rglob("*.wav.part")
    probe = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-f", "wav", str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    [stream] = json.loads(probe.stdout)["streams"]
    assert stream["channels"] == 2 and stream["sample_rate"] == "8000"
    assert float(stream["duration"]) >= 2.0
    call.hangup()

    with file.open("r+b") as damaged:  # and as if the power had gone: the header is of before the last write
        damaged.seek(4)
        damaged.write(b"\0" * 4)
    await asyncio.to_thread(daemon.start)
    ready = await asyncio.to_thread(next_event, daemon, "recording.ready", 30.0)
    assert ready.data["recovered"] and ready.data["duration_ms"] >= 2000
    [path] = recordings.rglob("*.wav")
    assert str(path) == ready.data["path"] and problems(path) == [] and sha256_of(path) == ready.data["sha256"]

    control = ("--control", f"unix:{daemon.folder / 'control.sock'}")
    name = ready.data["recording_id"]
    listing = await asyncio.to_thread(cli.main, ["recordings", "list", *control])
    assert listing == 0 and f"ready  {name}/1" in capsys.readouterr().out
    hold = ["recordings", "hold", name, "--reason", "case 17", *control]
    erase = ["recordings", "erase", name, "--reason", "asked for", *control]
    assert await asyncio.to_thread(cli.main, hold) == 0
    assert await asyncio.to_thread(cli.main, erase) == 1 and "case 17" in capsys.readouterr().err
    assert await asyncio.to_thread(cli.main, ["recordings", "release", name, *control]) == 0
    assert await asyncio.to_thread(cli.main, erase) == 0 and "proof" in capsys.readouterr().out
    assert not path.exists()
    assert cli.main(["recordings", "verify", str(recordings)]) == 0, "and the ledger is whole"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB. Asked for before make_daemon, so that it is unmounted after the daemon is gone."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a small file system here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_ends_the_recording_not_the_call(
    small_disk: Path, phone: Core, make_daemon: Callable[[str], Daemon]
) -> None:
    sip = free_port()
    text = configuration(sip=sip).replace("./recordings", str(small_disk))
    daemon = make_daemon(text)
    (small_disk / "filler").write_bytes(b"\0" * 200 * 1024)
    call = phone.dial(f"sip:echo@127.0.0.1:{sip}")
    await call.wait_answered()
    call.tone(440, total_ms=0)
    event = await asyncio.to_thread(next_event, daemon, "recording.failed", 30.0)
    assert "No space left" in event.data["error"]
    before = call.stats().rx_packets
    await asyncio.sleep(0.5)
    assert not call.ended and call.stats().rx_packets > before
    call.hangup()
    await call.wait_ended()
    assert daemon.stop() == 0


def next_event(daemon: Daemon, topic: str, timeout_s: float) -> Event:
    """The first event of that topic, from the journal's beginning on, as the control socket tells it."""
    with Client(f"unix:{daemon.folder / 'control.sock'}") as client:
        event = client.subscribe([topic], since=0).next(timeout_s)
        assert event is not None
        return event


STALLED = """
import asyncio, sys, time
import uvloop
from switchroom.embed import Engine
from switchroom.config import load

async def main():
    async with Engine(load(sys.argv[1])) as engine:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        print("stalling", flush=True)
        time.sleep(2.0)
        print("back", flush=True)
        await asyncio.to_thread(sys.stdin.readline)

uvloop.run(main())
"""


async def test_a_stalled_python_thread_costs_no_audio_and_no_call(phone: Core, tmp_path: Path) -> None:
    """Two seconds of nothing on the loop: packets keep coming back at their pace, a call made meanwhile is answered."""
    from tests.conftest import ENVIRONMENT

    sip = free_port()
    file = tmp_path / "switchroom.toml"
    file.write_text(configuration(sip=sip).replace("./", f"{tmp_path}/") + f'[store]\nurl = "sqlite:{tmp_path}/s.db"\n')
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", STALLED, str(file)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=ENVIRONMENT,
    )
    assert process.stdin and process.stdout
    try:
        assert (await process.stdout.readline()).strip() == b"ready"
        up = phone.dial(f"sip:echo@127.0.0.1:{sip}")
        await up.wait_answered()
        up.tone(440, total_ms=0)
        await asyncio.sleep(0.5)
        process.stdin.write(b"\n")
        assert (await process.stdout.readline()).strip() == b"stalling"
        before = up.stats()
        meanwhile = phone.dial(f"sip:echo@127.0.0.1:{sip}")
        await asyncio.sleep(1.0)
        during = up.stats()
        assert (await process.stdout.readline()).strip() == b"back"
        await meanwhile.wait_answered()
        assert during.rx_packets - before.rx_packets >= 40  # of 50 sent in that second
        await asyncio.sleep(0.3)
        assert up.stats().rx_lost == 0
        meanwhile.hangup()
        up.hangup()
        await up.wait_ended()
        process.stdin.write(b"\n")
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
