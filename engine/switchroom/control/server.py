"""The control server: listeners, connections, and what they share."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
import uuid_utils

from .. import _version
from ..config import ControlConfig
from ..errors import EngineError
from ..schema.session import ServerInfo
from .connection import Connection
from .describe import describe
from .facade import Facade
from .hub import Hub
from .idem import Idempotency
from .limits import ControlLimits
from .listen import Listener, listen
from .session import Authenticator

_log = structlog.get_logger("switchroom.control")


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


class ControlServer:
    """Serves one engine on the addresses of `[control]`.

    server = ControlServer(config.control, engine)
    await server.start()          # the engine's store must be running
    await server.stop()
    """

    def __init__(
        self,
        config: ControlConfig,
        engine: Facade,
        *,
        limits: ControlLimits | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wall_ms: Callable[[], int] = _wall_ms,
    ) -> None:
        self.config = config
        self.engine = engine
        self.limits = limits or ControlLimits()
        self.monotonic = monotonic
        self.wall_ms = wall_ms
        self.authenticator = Authenticator(config)
        self.description = describe(self.limits)
        self.connections: dict[Connection, None] = {}
        self.closed: Counter[str] = Counter()  # connections the engine closed, by reason
        self.hub: Hub
        self.idem: Idempotency
        self.info: ServerInfo
        self._unauthenticated: set[Connection] = set()
        self._kept: set[asyncio.Task[Any]] = set()
        self._listeners: list[Listener] = []
        self._housekeeper: asyncio.Task[None] | None = None
        self._number = 0
        self._empty = asyncio.Event()

    async def start(self) -> None:
        """Listen. Raises ConfigError when an address cannot be had."""
        journal = self.engine.store
        self.hub = Hub(self.engine, self.wall_ms)
        self.idem = Idempotency(journal, self.wall_ms, lambda: str(uuid_utils.uuid7()), self.keep)
        self.info = ServerInfo(
            name="switchroom", version=_version.__version__, instance_id=journal.instance_id, epoch=journal.epoch
        )
        try:
            for text in self.config.listen:
                self._listeners.append(await listen(text, self.config, lambda: Connection(self)))
        except BaseException:
            await self._stop_listening()
            self.hub.close()
            raise
        self._housekeeper = asyncio.create_task(self._keep_house(), name="control-housekeeper")

    @property
    def addresses(self) -> list[str]:
        """Where it listens, with the ports that were found for port 0."""
        return [listener.address for listener in self._listeners]

    async def stop(self, grace_s: float = 2.0) -> None:
        """Close every connection once what waits is written, at most `grace_s` later."""
        await self._stop_listening()
        if self._housekeeper is not None:
            self._housekeeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._housekeeper
            self._housekeeper = None
        deadline = self.monotonic() + grace_s
        for connection in tuple(self.connections):
            connection.finish()
        if self.connections:
            self._empty.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), grace_s)
        for connection in tuple(self.connections):
            connection.close_now("the engine stops")
        await asyncio.sleep(0)
        await self._finish_kept(max(0.1, deadline - self.monotonic()))
        self.hub.close()

    async def _stop_listening(self) -> None:
        for listener in self._listeners:
            await listener.close()
        self._listeners.clear()

    async def _finish_kept(self, patience_s: float) -> None:
        current = asyncio.current_task()
        tasks = [task for task in self._kept if task is not current]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=patience_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # ---------------------------------------------------------------- for connections

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def admit(self, connection: Connection) -> str | None:
        """Why a new connection is not taken; None when it is."""
        if len(self.connections) >= self.limits.sessions:
            return "too many sessions"
        if connection.session.identity is None:
            address = connection.session.peer.address
            same = sum(1 for other in self._unauthenticated if other.session.peer.address == address)
            if len(self._unauthenticated) >= self.limits.unauthenticated:
                return "too many unauthenticated connections"
            if same >= self.limits.unauthenticated_per_address:
                return f"too many unauthenticated connections from {address}"
            self._unauthenticated.add(connection)
        self.connections[connection] = None
        return None

    def identified(self, connection: Connection) -> None:
        self._unauthenticated.discard(connection)

    def forget(self, connection: Connection) -> None:
        self.connections.pop(connection, None)
        self._unauthenticated.discard(connection)
        if not self.connections:
            self._empty.set()

    def count_closed(self, why: str) -> None:
        self.closed[why] += 1

    def keep(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task that outlives the connection that asked for it; `stop` awaits it."""
        task = asyncio.get_running_loop().create_task(work)
        self._kept.add(task)
        task.add_done_callback(self._settled)
        return task

    def _settled(self, task: asyncio.Task[Any]) -> None:
        self._kept.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, EngineError):
            _log.error("control_task_failed", exc_info=error)

    # ---------------------------------------------------------------- housekeeping

    async def _keep_house(self) -> None:
        every = min(1.0, self.limits.auth_s / 4, self.limits.stall_s / 4, self.limits.tick_s)
        next_tick = self.monotonic() + self.limits.tick_s
        while True:
            await asyncio.sleep(every)
            now = self.monotonic()
            for connection in tuple(self.connections):
                connection.check(now)
            if now >= next_tick:
                next_tick = now + self.limits.tick_s
                self.hub.tick()
