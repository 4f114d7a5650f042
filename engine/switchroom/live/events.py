"""Events of the engine: facts go through the store's journal before anyone sees them, samples do not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from ..errors import EngineError
from ..store import AnyWrite, Committed, EventDraft, Store

log = structlog.get_logger(__name__)

SampleListener = Callable[[str, dict[str, Any], dict[str, str]], None]


class Events:
    """Loop thread only. `publish` costs no commit of its own: what one turn of the loop publishes goes together."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._drafts: list[EventDraft] = []
        self._listeners: list[SampleListener] = []
        self.lost = 0
        """Events that the store refused (full disk, full queue): logged, counted, part of `engine.health`."""

    def publish(
        self,
        topic: str,
        data: dict[str, Any] | None = None,
        *,
        call_id: str | None = None,
        campaign_id: str | None = None,
        agent_id: str | None = None,
    ) -> None:
        """A fact to tell: journaled, then sent to who subscribed. `data` must be msgpack-able."""
        if not self._drafts:
            asyncio.get_running_loop().call_soon(self.flush)
        self._drafts.append(EventDraft(topic, data if data is not None else {}, call_id, campaign_id, agent_id))

    def commit(self, writes: Sequence[AnyWrite], events: Sequence[EventDraft] = ()) -> asyncio.Future[Committed]:
        """Facts and their events as one change, after everything published so far. Done when durable."""
        self.flush()
        return self.store.submit(writes, events)

    def flush(self) -> None:
        """Hand over what was published in this turn."""
        if not self._drafts:
            return
        drafts, self._drafts = self._drafts, []
        self.store.submit((), drafts).add_done_callback(lambda done: self._check(done, len(drafts)))

    def _check(self, done: asyncio.Future[Committed], count: int) -> None:
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            return
        if not isinstance(error, EngineError):
            raise error
        self.lost += count
        log.error("events_lost", count=count, error=str(error))

    def sample(
        self,
        topic: str,
        data: dict[str, Any],
        *,
        call_id: str | None = None,
        campaign_id: str | None = None,
        agent_id: str | None = None,
    ) -> None:
        """A figure of this moment: not journaled, the latest of each topic and ids wins."""
        if not self._listeners:
            return
        named = {"call_id": call_id, "campaign_id": campaign_id, "agent_id": agent_id}
        ids = {name: value for name, value in named.items() if value is not None}
        for listener in tuple(self._listeners):
            listener(topic, data, ids)

    def on_sample(self, listener: SampleListener) -> Callable[[], None]:
        """Call `listener(topic, data, ids)` for each sample. Returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)
