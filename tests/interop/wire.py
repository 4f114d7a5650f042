"""A wire between the daemon and a SIPp process that loses the first copy of every message."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator


class Wire:
    """`port` faces the daemon, `peer_port` faces SIPp, who may be a caller (found by its first datagram) or a callee
    that waits at `callee`."""

    def __init__(self, daemon: int, port: socket.socket, callee: int | None) -> None:
        self.daemon = ("127.0.0.1", daemon)
        self.peer = None if callee is None else ("127.0.0.1", callee)
        self.seen: set[bytes] = set()
        self._inner = port
        self._outer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._outer.bind(("127.0.0.1", 0))
        for each in (self._inner, self._outer):
            each.setblocking(False)
        self.port: int = self._inner.getsockname()[1]
        self.peer_port: int = self._outer.getsockname()[1]

    def open(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(self._inner, self._from_daemon)
        loop.add_reader(self._outer, self._from_peer)

    def close(self) -> None:
        loop = asyncio.get_running_loop()
        for each in (self._inner, self._outer):
            loop.remove_reader(each)
            each.close()

    def _lost(self, data: bytes) -> bool:
        first = data not in self.seen
        self.seen.add(data)
        return first

    def _from_daemon(self) -> None:
        data = self._inner.recv(65535)
        if not self._lost(data) and self.peer is not None:
            self._outer.sendto(data, self.peer)

    def _from_peer(self) -> None:
        data, self.peer = self._outer.recvfrom(65535)
        if not self._lost(data):
            self._inner.sendto(data, self.daemon)


@contextlib.asynccontextmanager
async def wire(daemon: int, *, at: socket.socket | None = None, callee: int | None = None) -> AsyncIterator[Wire]:
    """`at`: the socket that the daemon calls, when SIPp is the callee."""
    if at is None:
        at = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        at.bind(("127.0.0.1", 0))
    made = Wire(daemon, at, callee)
    made.open()
    try:
        yield made
    finally:
        made.close()
