"""One connection to the engine, from its making to its loss."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Self

from ..config import parse_listen
from ..errors import EngineError, ProtocolError, TooDeep, TooLarge
from ._wire import Pushed, Reply, Wire

_READ = 256 * 1024

OnResult = Callable[[bytes], None]


class Disconnected(ConnectionError):
    """The connection was lost before the answer came. What the request did is not known: use `idem` to repeat it."""


class Link:
    """`lost` is done when the connection is; its result says why."""

    def __init__(
        self,
        address: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_push: Callable[[Pushed], None],
    ) -> None:
        self.address = address
        self.lost: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        self._writer = writer
        self._on_push = on_push
        self._wire = Wire()
        self._pending: dict[int, tuple[asyncio.Future[bytes], OnResult | None]] = {}
        self._task = asyncio.get_running_loop().create_task(self._read(reader))

    @classmethod
    async def open(cls, address: str, on_push: Callable[[Pushed], None]) -> Self:
        """Raises OSError when nobody listens there, ValueError for a bad address."""
        listen = parse_listen(address)
        if listen.scheme == "unix":
            reader, writer = await asyncio.open_unix_connection(listen.path)
        elif listen.scheme == "tcp":
            reader, writer = await asyncio.open_connection(listen.host, listen.port)
        else:
            raise ValueError(f"control address {address!r} must be unix:PATH or tcp://HOST:PORT")
        return cls(address, reader, writer, on_push)

    async def request(self, method: str, params: Any, on_result: OnResult | None = None) -> bytes:
        """The result's bytes. `on_result` sees them first, before anything that came behind them is looked at.

        Raises the engine's EngineError, or Disconnected.
        """
        if self.lost.done():
            raise Disconnected(f"{self.address}: lost before {method} was sent")
        msgid, data = self._wire.request(method, params)
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._pending[msgid] = (future, on_result)
        try:
            self._writer.write(data)
            with contextlib.suppress(ConnectionError):  # the reader sees it, too, and tells `future`
                await self._writer.drain()
            return await future
        finally:
            self._pending.pop(msgid, None)

    def post(self, method: str, params: Any) -> None:
        """A request whose answer does not matter."""
        if not self.lost.done():
            self._writer.write(self._wire.request(method, params)[1])

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._end(Disconnected(f"{self.address}: the client was closed"))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        why: Exception = Disconnected(f"{self.address}: the engine closed the connection")
        try:
            while data := await reader.read(_READ):
                for message in self._wire.receive(data):
                    self._on_message(message)
        except (OSError, ProtocolError, TooLarge, TooDeep) as error:
            why = error
        self._end(why)

    def _end(self, why: Exception) -> None:
        self._writer.transport.abort()
        if not self.lost.done():
            self.lost.set_result(why)
        for future, _ in self._pending.values():
            if not future.done():
                future.set_exception(Disconnected(f"{self.address}: lost before the answer came ({why})"))

    def _on_message(self, message: Reply | Pushed) -> None:
        if isinstance(message, Pushed):
            self._on_push(message)
            return
        future, on_result = self._pending.get(message.msgid, (None, None))
        if future is None or future.done():
            return
        if message.error is not None:
            future.set_exception(message.error)
            return
        try:
            if on_result is not None:
                on_result(message.result)
            future.set_result(message.result)
        except EngineError as error:
            future.set_exception(error)
