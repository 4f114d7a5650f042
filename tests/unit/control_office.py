"""A real engine with its control socket in the test's own loop, and a client that sends and sees plain bytes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import msgpack

from switchroom import config as configuration
from switchroom.config import Config
from switchroom.control.limits import ControlLimits
from switchroom.control.server import ControlServer
from switchroom.live import Engine
from tests.conftest import free_port_range

CONFIG = """
[sip]
listen = ["udp://127.0.0.1:0"]
[media]
ports = "{first}-{last}"
workers = 1
[control]
listen = ["unix:{folder}/run/control.sock", "tcp://127.0.0.1:0"]
{control}
[store]
url = "sqlite:{folder}/switchroom.db"
{store}
[recording]
path = "{folder}/recordings"
[[route]]
to = "echo"
action = "echo"
[[route]]
to = "late"
action = "echo"
answer_after_ms = 300
[[route]]
to = "never"
action = "echo"
answer_after_ms = 60000
[[route]]
to = "busy"
action = "reject"
status = 486
"""


@dataclass(slots=True)
class Office:
    """`uri(user)`: a SIP address that the engine itself answers by its routes."""

    engine: Engine
    server: ControlServer

    @property
    def unix(self) -> str:
        return self.server.addresses[0]

    @property
    def tcp(self) -> str:
        return self.server.addresses[1]

    def uri(self, user: str) -> str:
        return f"sip:{user}@127.0.0.1:{self.engine.core.sip_port}"

    async def publish(self, count: int, topic: str = "test.fact", size: int = 0) -> int:
        """Journal that many events and return the newest id once they are announced."""
        for i in range(count):
            self.engine.events.publish(topic, {"i": i, "pad": "x" * size})
            if i % 500 == 499:
                await asyncio.sleep(0)
        self.engine.events.flush()
        await self.engine.store.submit()
        return self.engine.store.head_id


def parse(folder: Path, control: str = "", store: str = "") -> Config:
    first, last = free_port_range(60)
    return configuration.parse(CONFIG.format(first=first, last=last, folder=folder, control=control, store=store))


@contextlib.asynccontextmanager
async def office(
    folder: Path, control: str = "", limits: ControlLimits | None = None, store: str = ""
) -> AsyncIterator[Office]:
    """`control`, `store`: more lines for those tables."""
    config = parse(folder, control, store)
    async with Engine(config) as engine:
        server = ControlServer(config.control, engine, limits=limits)
        await server.start()
        try:
            yield Office(engine, server)
        finally:
            await server.stop(0.5)


class Wire:
    """Plain MessagePack-RPC: what is sent and what came, nothing else. `pushed` holds the notifications."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.pushed: list[list[Any]] = []
        self.replies: dict[int, tuple[Any, Any]] = {}
        self.order: list[str] = []
        self._unpacker = msgpack.Unpacker(max_buffer_size=2**28)
        self._ids = itertools.count(1)

    @classmethod
    async def open(cls, address: str) -> Self:
        if address.startswith("unix:"):
            return cls(*await asyncio.open_unix_connection(address.removeprefix("unix:")))
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    def send(self, message: Any) -> None:
        self.writer.write(msgpack.packb(message))

    def ask(self, method: Any, *params: Any) -> int:
        msgid = next(self._ids)
        self.send([0, msgid, method, list(params)])
        return msgid

    async def call(self, method: Any, *params: Any) -> Any:
        """(error, result)"""
        msgid = self.ask(method, *params)
        await self.until(lambda: msgid in self.replies)
        return self.replies.pop(msgid)

    async def good(self, method: Any, *params: Any) -> Any:
        error, result = await self.call(method, *params)
        assert error is None, error
        return result

    async def error(self, method: Any, *params: Any) -> Any:
        error, result = await self.call(method, *params)
        assert result is None, result
        return error

    async def until(self, ready: Callable[[], bool], timeout_s: float = 20.0) -> None:
        """Read until `ready`. EOFError when the server closes first."""
        async with asyncio.timeout(timeout_s):
            while not ready():
                await self.read()

    async def read(self) -> None:
        data = await self.reader.read(65_536)
        if not data:
            raise EOFError
        self._unpacker.feed(data)
        for message in self._unpacker:
            if message[0] == 1:
                self.replies[message[1]] = (message[2], message[3])
                self.order.append("reply")
            else:
                self.pushed.append(message)
                self.order.append(message[1])

    async def closed(self, timeout_s: float = 20.0) -> None:
        """Until the server has closed."""
        with contextlib.suppress(EOFError, ConnectionError):
            await self.until(lambda: False, timeout_s)

    def events(self, topic: str = "test.fact") -> list[dict[str, Any]]:
        return [
            event for message in self.pushed if message[1] == "event" for event in message[2] if event["topic"] == topic
        ]
