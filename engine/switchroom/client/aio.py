"""The asyncio client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import msgspec

from ..errors import EngineError, JournalGone
from ..schema.event import Event, Subscribe, Subscribed
from ..schema.session import Auth, ClientInfo, Welcome
from ._invoke import AsyncInvoke, Params
from ._methods import MUTATING, AsyncMethods
from ._wire import Pushed
from .link import Disconnected, Link
from .stream import EventStream, Policy

DEFAULT_ADDRESS = "unix:./run/control.sock"
_BACKOFF_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
_COMPLAINTS_MAX = 100
_WAIT_MS = 120_000  # what call.originate takes for timeout_ms when it waits


@dataclass(frozen=True, slots=True)
class Options:
    """How a client connects. `timeout_s`: of a request, unless it says otherwise; a `timeout_ms` among its arguments is
    added. `reconnect_s`: how long a lost connection is tried again."""

    address: str = DEFAULT_ADDRESS
    token: str | None = None
    name: str = "python"
    version: str = ""
    timeout_s: float = 30.0
    reconnect_s: float = 10.0


class AsyncClient(AsyncMethods):
    """A connection to a running engine.

    async with await AsyncClient.connect("unix:./run/control.sock") as client:
        campaign = await client.campaign.create(name="spring")
        async for event in await client.subscribe(["call.*"]): ...

    Every method of the protocol is an attribute of its noun; `client.call("noun.verb", {...})` calls any by name.
    A lost connection is made again, subscriptions go on where they were, and requests that change nothing, or carry
    `idem`, are sent again; others raise Disconnected.
    """

    def __init__(self, options: Options) -> None:
        """Use `connect`."""
        super().__init__(AsyncInvoke(self._send))
        self.options = options
        self.complaints: list[dict[str, Any]] = []  # the last `error` notifications of the engine
        self._welcome: Welcome | None = None
        self._link: Link | None = None
        self._up = asyncio.Event()
        self._closed: Exception | None = None
        self._streams: list[EventStream] = []
        self._by_sub_id: dict[int, EventStream] = {}  # of the present connection
        self._keeper: asyncio.Task[None] | None = None

    @classmethod
    async def connect(
        cls,
        address: str = DEFAULT_ADDRESS,
        *,
        token: str | None = None,
        name: str = "python",
        version: str = "",
        timeout_s: float = 30.0,
        reconnect_s: float = 10.0,
    ) -> Self:
        """`address`: unix:PATH or tcp://HOST:PORT; the rest: see Options.

        Raises OSError when nobody listens there, Unauthenticated, ValueError for a bad address.
        """
        client = cls(Options(address, token, name, version, timeout_s, reconnect_s))
        await client._open()
        client._keeper = asyncio.get_running_loop().create_task(client._keep())
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def welcome(self) -> Welcome:
        """What the engine said to session.auth: roles, limits, epoch."""
        assert self._welcome is not None, "not connected yet"
        return self._welcome

    async def close(self) -> None:
        """Requests that still wait raise Disconnected, streams end. Idempotent."""
        self._give_up(Disconnected(f"{self.options.address}: the client was closed"), streams_fail=False)
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
        if self._link is not None:
            await self._link.close()

    # ---------------------------------------------------------------- requests

    async def _send(self, method: str, params: Params, timeout_s: float | None) -> bytes:
        arguments = {} if params is None else msgspec.to_builtins(params, builtin_types=(bytes,))
        if timeout_s is None:
            waits = arguments.get("wait", "none") != "none"
            timeout_s = self.options.timeout_s + arguments.get("timeout_ms", _WAIT_MS if waits else 0) / 1000
        repeatable = method not in MUTATING or arguments.get("idem") is not None
        async with asyncio.timeout(timeout_s):
            while True:
                link = await self._connected()
                try:
                    return await link.request(method, arguments)
                except Disconnected:
                    if not repeatable or self._closed is not None:
                        raise
                    if link is self._link:
                        self._up.clear()

    async def _connected(self) -> Link:
        await self._up.wait()
        if self._closed is not None:
            raise self._closed
        assert self._link is not None
        return self._link

    # ---------------------------------------------------------------- events

    async def subscribe(
        self,
        topics: Iterable[str],
        *,
        since: int | None = None,
        epoch: str | None = None,
        filter: dict[str, str] | None = None,
        batch: int = 64,
        policy: Policy = "pause",
    ) -> EventStream:
        """Events of these topics, from now on or after `since`. See EventStream for what it raises."""
        request = Subscribe(
            topics=tuple(topics), since=since, epoch=epoch, filter=filter or {}, batch=batch, policy=policy
        )
        stream = EventStream(request, self._resume, self._unsubscribe)
        async with asyncio.timeout(self.options.timeout_s):
            await self._subscribe(await self._connected(), stream, request)
        self._streams.append(stream)
        return stream

    async def _subscribe(self, link: Link, stream: EventStream, request: Subscribe) -> None:
        def attach(raw: bytes) -> None:
            reply = msgspec.msgpack.decode(raw, type=Subscribed)
            stream.attached(reply.sub_id, reply.from_ - 1, self.welcome.server.epoch)
            self._by_sub_id[reply.sub_id] = stream

        await link.request("events.subscribe", msgspec.to_builtins(request), attach)

    async def _resume(self, stream: EventStream) -> None:
        """Go on behind the last event; when that is gone, say so and go on with the newest."""
        link = await self._connected()
        try:
            await self._subscribe(link, stream, stream.continuation())
        except JournalGone as error:
            await self._subscribe(link, stream, stream.anew())
            stream.fail(error)

    async def _unsubscribe(self, stream: EventStream) -> None:
        if stream in self._streams:
            self._streams.remove(stream)
        sub_id, stream.sub_id = stream.sub_id, None
        if sub_id is not None and self._by_sub_id.pop(sub_id, None) is not None and self._link is not None:
            self._link.post("events.unsubscribe", {"sub_id": sub_id})

    def _on_push(self, message: Pushed) -> None:
        if message.name == "event":
            for raw in message.args:
                self._on_event(raw)
        elif message.name == "events.dropped":
            stream = self._by_sub_id.get(message.args[0]["sub_id"])
            if stream is not None:
                stream.dropped += message.args[0]["count"] or 0
        elif message.name == "error":
            self.complaints = [*self.complaints, *message.args][-_COMPLAINTS_MAX:]

    def _on_event(self, raw: dict[str, Any]) -> None:
        stream = self._by_sub_id.get(raw.get("sub_id", 0))
        if stream is None:
            return  # engine.tick, or a subscription that has just ended
        if not stream.push(msgspec.convert(raw, Event)):
            del self._by_sub_id[raw["sub_id"]]
            assert self._link is not None
            self._link.post("events.unsubscribe", {"sub_id": raw["sub_id"]})

    # ---------------------------------------------------------------- the connection

    async def _open(self) -> None:
        """Connect and say hello."""
        self._by_sub_id.clear()
        self._link = link = await Link.open(self.options.address, self._on_push)
        auth = Auth(client=ClientInfo(name=self.options.name, version=self.options.version), token=self.options.token)
        try:
            async with asyncio.timeout(self.options.timeout_s):
                raw = await link.request("session.auth", msgspec.to_builtins(auth))
        except BaseException:
            await link.close()
            raise
        self._welcome = msgspec.msgpack.decode(raw, type=Welcome)
        self._up.set()

    async def _keep(self) -> None:
        """Make a lost connection again, until closed or the engine stays away."""
        try:
            while self._link is not None:
                why = await asyncio.shield(self._link.lost)
                self._up.clear()
                await self._reconnect(why)
                await self._restore()
        except (OSError, EngineError) as error:
            self._give_up(error)

    async def _reconnect(self, why: Exception) -> None:
        """Raises the last error when the engine stays away for too long."""
        deadline = asyncio.get_running_loop().time() + self.options.reconnect_s
        attempt = 0
        while True:
            pause = _BACKOFF_S[min(attempt, len(_BACKOFF_S) - 1)]
            if asyncio.get_running_loop().time() + pause > deadline:
                raise Disconnected(
                    f"{self.options.address}: lost, and not back within {self.options.reconnect_s:g} s ({why})"
                ) from why
            await asyncio.sleep(pause)
            attempt += 1
            try:
                await self._open()
                return
            except OSError as error:
                why = error

    async def _restore(self) -> None:
        """Streams go on where they were; one that waits to be read asks by itself."""
        for stream in tuple(self._streams):
            stream.sub_id = None
            if stream.overflowed:
                continue
            try:
                await self._resume(stream)
            except Disconnected:
                return  # lost again: the next round tries all of them
            except EngineError as error:
                stream.fail(error)

    def _give_up(self, error: Exception, *, streams_fail: bool = True) -> None:
        if self._closed is not None:
            return
        self._closed = error
        self._up.set()  # who waits for the connection learns of it
        for stream in self._streams:
            stream.end(error if streams_fail else None)
        self._streams.clear()
