"""Whose program is at the other end of a TCP connection over loopback: the kernel knows the owner of each socket.

So a local client needs no token over tcp://127.0.0.1, as it needs none over the Unix socket. Source: proc(5),
/proc/net/tcp; addresses there are 32-bit groups in the machine's own byte order.
"""

from __future__ import annotations

import socket
import struct
import sys
from pathlib import Path

_SIZE_MAX = 16 << 20
"""Bytes of the table that are looked at: some 100,000 sockets."""


def uid_of_peer(connection: socket.socket) -> int | None:
    """User id that owns the other end; None when it is not of this machine (or network namespace), or gone."""
    family = connection.family
    if family not in (socket.AF_INET, socket.AF_INET6):
        return None
    here, there = connection.getsockname(), connection.getpeername()
    wanted = f" {_text(family, there[0], there[1])} {_text(family, here[0], here[1])} ".encode()
    table = Path("/proc/net/tcp" if family == socket.AF_INET else "/proc/net/tcp6")
    try:
        with table.open("rb") as file:
            found = file.read(_SIZE_MAX)
    except OSError:
        return None
    at = found.find(wanted)
    if at < 0:
        return None
    line = found[at : found.find(b"\n", at)].split()  # local remote st tx:rx tr:when retrnsmt uid timeout inode
    if line[8] == b"0":  # closed by its owner: the kernel has forgotten who that was and shows root
        return None
    return int(line[6])


def _text(family: int, host: str, port: int) -> str:
    """An address as the table writes it."""
    raw = socket.inet_pton(family, host.partition("%")[0])
    order = "<" if sys.byteorder == "little" else ">"
    groups = struct.unpack(f"{order}{len(raw) // 4}I", raw)
    return "".join(f"{group:08X}" for group in groups) + f":{port:04X}"
