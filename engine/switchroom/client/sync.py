"""The blocking client: the asyncio one on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

from ..schema.event import Event
from ..schema.session import Welcome
from ._invoke import Invoke, Params
from ._methods import Methods
from .aio import DEFAULT_ADDRESS, AsyncClient
from .stream import EventStream, Policy

T = TypeVar("T")


class Events:
    """`for event in events`; see EventStream. May be stopped from another thread."""

    def __init__(self, client: Client, stream: EventStream) -> None:
        self._client = client
        self._stream = stream

    def __iter__(self) -> Iterator[Event]:
        while (event := self.next()) is not None:
            yield event

    def next(self, timeout_s: float | None = None) -> Event | None:
        """The next event; None when the stream has ended. Raises TimeoutError."""
        return self._client.wait(self._next(timeout_s))

    def stop(self) -> None:
        self._client.wait(self._stream.stop())

    @property
    def last_id(self) -> int:
        """Id of the newest event that has arrived."""
        return self._stream.last_id

    async def _next(self, timeout_s: float | None) -> Event | None:
        async with asyncio.timeout(timeout_s):
            return await anext(self._stream, None)


class Client(Methods):
    """A connection to a running engine, for programs without asyncio. Thread-safe.

    with Client("unix:./run/control.sock") as client:
        campaign = client.campaign.create(name="spring")
        for event in client.subscribe(["call.*"]): ...

    Arguments and errors are those of AsyncClient.connect.
    """

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        token: str | None = None,
        name: str = "python",
        version: str = "",
        timeout_s: float = 30.0,
        reconnect_s: float = 10.0,
    ) -> None:
        super().__init__(Invoke(self._send))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="switchroom-client", daemon=True)
        self._thread.start()
        connecting = AsyncClient.connect(
            address, token=token, name=name, version=version, timeout_s=timeout_s, reconnect_s=reconnect_s
        )
        try:
            self._client = self.wait(connecting)
        except BaseException:
            self._end_thread()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def welcome(self) -> Welcome:
        """What the engine said to session.auth."""
        return self._client.welcome

    def subscribe(
        self,
        topics: Iterable[str],
        *,
        since: int | None = None,
        epoch: str | None = None,
        filter: dict[str, str] | None = None,
        batch: int = 64,
        policy: Policy = "pause",
    ) -> Events:
        """Events of these topics, from now on or after `since`."""
        subscribing = self._client.subscribe(
            topics, since=since, epoch=epoch, filter=filter, batch=batch, policy=policy
        )
        return Events(self, self.wait(subscribing))

    def close(self) -> None:
        """Idempotent."""
        if self._thread.is_alive():
            self.wait(self._client.close())
            self._end_thread()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run on the client's thread; an interrupt here cancels it there."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _send(self, method: str, params: Params, timeout_s: float | None) -> bytes:
        return self.wait(self._client._send(method, params, timeout_s))

    def _end_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        with contextlib.suppress(RuntimeError):
            self._loop.close()
