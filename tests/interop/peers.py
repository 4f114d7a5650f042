"""Peers we did not write, each in a process and folder of its own: SIPp and baresip."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import free_port, free_port_range

needs_sipp = pytest.mark.skipif(shutil.which("sipp") is None, reason="needs sipp (Debian: sip-tester)")
needs_baresip = pytest.mark.skipif(shutil.which("baresip") is None, reason="needs baresip")

BARESIP_MODULES = Path("/usr/lib/baresip/modules")


class Peer:
    """A running process; `port` is where it listens for SIP."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, folder: Path) -> None:
        self.process = process
        self.port = port
        self.folder = folder

    async def finished(self, timeout_s: float = 30.0) -> int:
        """Its exit status."""
        async with asyncio.timeout(timeout_s):
            return await self.process.wait()


@contextlib.asynccontextmanager
async def _running(command: list[str], port: int, folder: Path) -> AsyncIterator[Peer]:
    with (folder / "output.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder
        )
    try:
        yield Peer(process, port, folder)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def sipp(
    folder: Path, scenario: str, *options: str, target: str | None = None
) -> contextlib.AbstractAsyncContextManager[Peer]:
    """`scenario`: the name of a built-in one ("uac", "uas"), or the path of an XML file."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    which = ["-sf", scenario] if scenario.endswith(".xml") else ["-sn", scenario]
    command = ["sipp", *which, "-i", "127.0.0.1", "-p", str(port), "-nostdin", "-trace_err", *options]
    return _running([*command, target] if target else command, port, folder)


def _bound(port: int) -> bool:
    return any(f":{port:04X} " in Path(f"/proc/net/{table}").read_text() for table in ("udp", "udp6"))


async def listening(port: int) -> None:
    """Until somebody is bound to a UDP port."""
    async with asyncio.timeout(10):
        while not _bound(port):
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def baresip(
    folder: Path, say: Path, *commands: str, mediaenc: str | None = None, codec: str = "g711"
) -> AsyncIterator[Peer]:
    """Answers every call at once, says the file `say`; what it hears lies in `folder` as *-dec.wav.

    `mediaenc`: srtp (offered, RTP/AVP), srtp-mand (RTP/SAVP). `codec`: the module that it has, g711, g722 or opus.
    """
    folder.mkdir(parents=True)
    port, (first, last) = free_port(), free_port_range(10)
    settings = [
        f"sip_listen 127.0.0.1:{port}",
        f"module_path {BARESIP_MODULES}",
        *(f"module {name}.so" for name in (codec, "aufile", "aubridge", "sndfile", *(["srtp"] if mediaenc else []))),
        *(f"module_app {name}.so" for name in ("account", "menu")),
        f"audio_source aufile,{say}",
        "audio_player aubridge,nobody",
        f"snd_path {folder}",
        *(f"{name} 8000" for name in ("ausrc_srate", "auplay_srate")),
        *(f"{name} 1" for name in ("ausrc_channels", "auplay_channels")),
        f"rtp_ports {first}-{last}",
    ]
    (folder / "config").write_text("\n".join(settings) + "\n")
    keys = f";mediaenc={mediaenc}" if mediaenc else ""
    (folder / "accounts").write_text(f"<sip:bob@127.0.0.1>;regint=0;answermode=auto{keys}\n")
    command = ["baresip", "-4", "-f", str(folder), *(part for text in commands for part in ("-e", text))]
    async with _running(command, port, folder) as peer:
        await listening(port)
        yield peer
