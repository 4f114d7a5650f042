"""Where committed events come in and go out to the connections that subscribed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from ..schema.event import Event
from .facade import Facade
from .subscription import Entry, entry_of

TICK_S = 10.0


class Subscriber(Protocol):
    """A connection with at least one subscription."""

    def offer(self, entries: list[Entry]) -> None: ...
    def sample(self, entry: Entry) -> None: ...
    def tick(self, entry: Entry) -> None: ...


class Hub:
    """`head`: id of the newest event that went to live subscriptions."""

    def __init__(self, engine: Facade, wall_ms: Callable[[], int]) -> None:
        self._journal = engine.store
        self._wall_ms = wall_ms
        self.head = self._journal.head_id
        self._subscribers: dict[Subscriber, None] = {}
        self._watchers: dict[str, set[asyncio.Event]] = {}
        self._stop = [
            self._journal.on_committed(self._on_events),
            engine.events.on_sample(self._on_sample),
        ]

    def close(self) -> None:
        for stop in self._stop:
            stop()
        self._stop.clear()

    @property
    def first_id(self) -> int:
        return self._journal.journal_first_id

    @property
    def epoch(self) -> str:
        return self._journal.epoch

    def add(self, subscriber: Subscriber) -> None:
        self._subscribers[subscriber] = None

    def remove(self, subscriber: Subscriber) -> None:
        self._subscribers.pop(subscriber, None)

    async def read(self, since: int, limit: int) -> list[Entry]:
        """From the journal. Raises JournalGone."""
        return [entry_of(event) for event in await self._journal.read_events(since, limit)]

    @contextlib.contextmanager
    def watch(self, call_id: str) -> Iterator[asyncio.Event]:
        """An asyncio.Event that is set by each event of this call."""
        changed = asyncio.Event()
        self._watchers.setdefault(call_id, set()).add(changed)
        try:
            yield changed
        finally:
            self._watchers[call_id].discard(changed)
            if not self._watchers[call_id]:
                del self._watchers[call_id]

    def _on_events(self, events: list[Event]) -> None:
        self.head = events[-1].id
        if self._subscribers:
            entries = [entry_of(event) for event in events]
            for subscriber in tuple(self._subscribers):
                subscriber.offer(entries)
        if self._watchers:
            for event in events:
                for changed in self._watchers.get(event.call_id or "", ()):
                    changed.set()

    def _on_sample(self, topic: str, data: dict[str, Any], ids: dict[str, str]) -> None:
        if self._subscribers:
            entry = self._unnumbered(topic, data, ids)
            for subscriber in tuple(self._subscribers):
                subscriber.sample(entry)

    def tick(self) -> None:
        """To every client that subscribed to anything: a quiet stream and a dead one look different."""
        if self._subscribers:
            entry = self._unnumbered("engine.tick", {"head": self.head}, {})
            for subscriber in tuple(self._subscribers):
                subscriber.tick(entry)

    def _unnumbered(self, topic: str, data: dict[str, Any], ids: dict[str, str]) -> Entry:
        return entry_of(
            Event(
                id=0,
                at_ms=self._wall_ms(),
                topic=topic,
                data=data,
                call_id=ids.get("call_id"),
                campaign_id=ids.get("campaign_id"),
                agent_id=ids.get("agent_id"),
            )
        )
