"""Kamailio as the proxy in between: stateful, and in the path of the whole call by Record-Route."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.interop.peers import listening

needs_kamailio = pytest.mark.skipif(shutil.which("kamailio") is None, reason="needs kamailio")

CONFIG = """
debug=1
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
dns=no
listen=udp:127.0.0.1:{port}
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"

request_route {{
    if (!mf_process_maxfwd_header("10")) {{
        sl_send_reply("483", "Too Many Hops");
        exit;
    }}
    if (has_totag()) {{
        if (loose_route() || (is_method("ACK") && t_check_trans())) {{
            t_relay();
        }} else if (!is_method("ACK")) {{
            sl_send_reply("404", "Not here");
        }}
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) {{
            t_relay();
        }}
        exit;
    }}
    record_route();
    $du = "sip:127.0.0.1:{forward}";
    t_relay();
}}
"""


@contextlib.asynccontextmanager
async def kamailio(folder: Path, port: int, forward: int) -> AsyncIterator[None]:
    """Listens on `port`; new calls go on to `forward`, all else where its Route says."""
    folder.mkdir()
    (folder / "kamailio.cfg").write_text(CONFIG.format(port=port, forward=forward))
    with (folder / "kamailio.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(
                "kamailio",
                "-f",
                "kamailio.cfg",
                "-DD",
                "-E",
                "-m",
                "16",
                "-M",
                "4",
                "-Y",
                str(folder),
                "-w",
                str(folder),
            ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
        )
    try:
        try:
            await listening(port)
        except TimeoutError:
            raise AssertionError((folder / "kamailio.log").read_text()) from None
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(10):
            await process.wait()
