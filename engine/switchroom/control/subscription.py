"""One subscription: which events it wants, what waits for its client, and what happens when too much waits.

No I/O and no clock here: the connection offers events and takes what it can write. A subscription is *live* (offered
each event as it is committed) or *replaying* (filled from the journal in chunks, by the connection); a slow reader
turns a live one back into a replaying one, so that nothing is lost and nothing piles up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from ..schema.event import Event, Subscribe
from .framing import notification
from .pattern import Patterns

_encoder = msgspec.msgpack.Encoder()
_OVERHEAD = 64  # bytes of an entry beside its text: envelope, sub_id, its place in the queue
SAMPLES_MAX = 1_000
FILTERS = ("campaign_id", "call_id", "agent_id")


@dataclass(frozen=True, slots=True)
class Entry:
    """An event, encoded once for all subscriptions: `body` is the map without its head, `fields` its pairs."""

    id: int
    topic: str
    ids: tuple[str | None, str | None, str | None]
    fields: int
    body: bytes

    @property
    def size(self) -> int:
        return len(self.body) + _OVERHEAD

    def for_subscription(self, sub_id: int) -> bytes:
        """The map with the sub_id that tells the client which of its subscriptions it is for."""
        return bytes((0x80 | (self.fields + 1),)) + b"\xa6sub_id" + _encoder.encode(sub_id) + self.body

    def alone(self) -> bytes:
        """The map without a sub_id."""
        return bytes((0x80 | self.fields,)) + self.body


def entry_of(event: Event) -> Entry:
    """Keys without a value are left out."""
    values: dict[str, Any] = {"id": event.id, "at_ms": event.at_ms, "topic": event.topic, "v": event.v}
    ids = (event.campaign_id, event.call_id, event.agent_id)
    values.update((key, value) for key, value in zip(FILTERS, ids, strict=True) if value is not None)
    values["data"] = event.data
    return Entry(event.id, event.topic, ids, len(values), _encoder.encode(values)[1:])


def event_message(maps: Iterable[bytes], count: int) -> bytes:
    """[2, "event", [{...}, ...]] of maps that are encoded already."""
    head = bytes((0x90 | count,)) if count < 16 else b"\xdc" + count.to_bytes(2, "big")
    return b"\x93\x02\xa5event" + head + b"".join(maps)


class Backlog:
    """What waits for one client over all its subscriptions."""

    __slots__ = ("bytes", "events", "max_bytes", "max_events")

    def __init__(self, max_bytes: int, max_events: int) -> None:
        self.max_bytes, self.max_events = max_bytes, max_events
        self.bytes = self.events = 0

    def add(self, entry: Entry) -> None:
        self.bytes += entry.size
        self.events += 1

    def remove(self, entry: Entry) -> None:
        self.bytes -= entry.size
        self.events -= 1

    def has_room(self, entry: Entry) -> bool:
        return self.events < self.max_events and self.bytes + entry.size <= self.max_bytes


class Subscription:
    """`position`: every matching event up to this id was taken to be written (or dropped, and that was said)."""

    def __init__(self, sub_id: int, request: Subscribe, backlog: Backlog, position: int, *, live: bool) -> None:
        """Raises BadParams for a topic that is not a pattern."""
        self.sub_id = sub_id
        self.topics = Patterns(*request.topics)
        self.filter = tuple(request.filter.get(key) for key in FILTERS)
        self.policy = request.policy
        self.batch = request.batch
        self.live = live
        self.position = position
        self.seen = position
        self.acked: int | None = None
        self.dropped = 0
        self.drained = asyncio.Event()  # nothing waits and the client can be written to: fill it
        self._backlog = backlog
        self._queue: deque[Entry] = deque()
        self._notices: deque[bytes] = deque()
        self._samples: dict[tuple[Any, ...], Entry] = {}
        self._lost: tuple[int, int, int] | None = None

    def wants(self, entry: Entry) -> bool:
        return self.topics.match(entry.topic) and all(
            want is None or want == have for want, have in zip(self.filter, entry.ids, strict=True)
        )

    @property
    def waiting(self) -> bool:
        """Is there something to take?"""
        return bool(self._queue or self._notices or self._samples or self._lost)

    def offer(self, entry: Entry) -> bool:
        """A live event. False: too much waits and the policy is to close."""
        if not self.live or entry.id <= self.seen:
            return True
        if not self.wants(entry):
            self._pass_over(entry.id)
        elif self._backlog.has_room(entry):
            self._push(entry)
        elif self.policy == "pause":
            self._fall_behind()
        elif self.policy == "drop":
            self._drop_for(entry)
        else:
            return False
        return True

    def fill(self, entries: list[Entry]) -> None:
        """A chunk of the journal, behind `seen`. Only what the journal holds is behind it, so no policy applies."""
        self.drained.clear()
        for entry in entries:
            if self.wants(entry):
                self._push(entry)
            else:
                self._pass_over(entry.id)
        if not self._queue:
            self.drained.set()

    def sample(self, entry: Entry) -> None:
        """Latest wins; the oldest goes when there are too many kinds."""
        if self.wants(entry):
            key = (entry.topic, entry.ids)
            self._samples.pop(key, None)
            if len(self._samples) >= SAMPLES_MAX:
                del self._samples[next(iter(self._samples))]
            self._samples[key] = entry

    def lose(self, first: int, last: int, count: int | None = None) -> None:
        """Events that the journal no longer holds: said, never silent."""
        data: dict[str, Any] = {"sub_id": self.sub_id, "from": first, "to": last, "count": count}
        self._notices.append(notification("events.dropped", data))
        self.position = self.seen = last

    def take(self, max_bytes: int) -> bytes:
        """Messages to write, about `max_bytes` of them; empty when nothing waits. What is taken counts as sent."""
        out: list[bytes] = list(self._notices)
        self._notices.clear()
        size = sum(map(len, out))
        if self._lost is not None:
            out.append(self._lost_notice())
        while self._queue and size < max_bytes:
            maps = [self._pop() for _ in range(min(self.batch, len(self._queue)))]
            message = event_message(maps, len(maps))
            size += len(message)
            out.append(message)
        while self._samples and not self._queue and size < max_bytes:
            key = next(iter(self._samples))
            message = event_message([self._samples.pop(key).for_subscription(self.sub_id)], 1)
            size += len(message)
            out.append(message)
        if not self._queue:
            self.drained.set()
        return b"".join(out)

    def end(self) -> None:
        """Give back its share of the backlog."""
        self._clear()
        self._samples.clear()

    def _push(self, entry: Entry) -> None:
        self._queue.append(entry)
        self._backlog.add(entry)
        self.seen = entry.id
        self.drained.clear()

    def _pop(self) -> bytes:
        entry = self._queue.popleft()
        self._backlog.remove(entry)
        self.position = self._queue[0].id - 1 if self._queue else self.seen
        return entry.for_subscription(self.sub_id)

    def _pass_over(self, event_id: int) -> None:
        self.seen = event_id
        if not self._queue:
            self.position = event_id

    def _clear(self) -> None:
        while self._queue:
            self._backlog.remove(self._queue.popleft())

    def _fall_behind(self) -> None:
        """Stop the live feed; the journal has all of it."""
        self._clear()
        self.seen = self.position
        self.live = False
        self.drained.clear()
        data = {"sub_id": self.sub_id, "last_id": self.position}
        self._notices.append(notification("events.lagging", data))

    def _drop_for(self, entry: Entry) -> None:
        """Make room by dropping the oldest; when other subscriptions hold all the room, this event is the oldest."""
        while self._queue and not self._backlog.has_room(entry):
            oldest = self._queue.popleft()
            self._backlog.remove(oldest)
            self._count_lost(oldest.id)
        if self._backlog.has_room(entry):
            self._push(entry)
        else:
            self._count_lost(entry.id)
            self._pass_over(entry.id)

    def _count_lost(self, event_id: int) -> None:
        first, _, count = self._lost or (event_id, event_id, 0)
        self._lost = (first, event_id, count + 1)
        self.dropped += 1

    def _lost_notice(self) -> bytes:
        assert self._lost is not None
        first, last, count = self._lost
        self._lost = None
        return notification("events.dropped", {"sub_id": self.sub_id, "from": first, "to": last, "count": count})
