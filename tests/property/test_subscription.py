"""A subscription under any mix of commits, replays and reads: by policy pause nothing is lost or repeated, by policy
drop what is lost is counted, and the backlog keeps its limits."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import msgpack
from hypothesis import given, settings
from hypothesis import strategies as st

from switchroom.control.subscription import Backlog, Entry, Subscription, entry_of
from switchroom.schema.event import Event, Subscribe

MAX_EVENTS = 5
steps = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.lists(st.booleans(), min_size=1, max_size=8)),  # does it match?
        st.tuples(st.just("announce"), st.integers(1, 8)),
        st.tuples(st.just("take"), st.integers(1, 2_000)),
        st.tuples(st.just("read_journal"), st.integers(1, 4)),
        st.tuples(st.just("catch_up"), st.integers(1, 3)),
    ),
    max_size=40,
)


class Room:
    """The hub, the journal and the client around one subscription, without I/O. Events are announced some time after
    they are committed, so the journal may be ahead of the live feed."""

    def __init__(self, policy: Literal["pause", "drop", "close"], batch: int, live: bool = True) -> None:
        self.journal: list[Entry] = []
        self.backlog = Backlog(10**6, MAX_EVENTS)
        request = Subscribe(topics=("want.*",), policy=policy, batch=batch)
        self.sub = Subscription(1, request, self.backlog, 0, live=live)
        self.received: list[dict[str, Any]] = []
        self.notices: list[tuple[str, dict[str, Any]]] = []
        self.held = 0
        self.head = 0  # announced

    def commit(self, matching: list[bool]) -> None:
        for match in matching:
            topic = "want.it" if match else "other.thing"
            self.journal.append(entry_of(Event(id=len(self.journal) + 1, at_ms=0, topic=topic, data={})))

    def announce(self, count: int) -> bool:
        kept = True
        for entry in self.journal[self.head : self.head + count]:
            self.head = entry.id
            kept = self.sub.offer(entry) and kept
            self.held = max(self.held, self.backlog.events) if self.sub.live else self.held
        return kept

    def read_journal(self, limit: int) -> None:
        """One step of the connection's replay."""
        if self.sub.live or not self.sub.drained.is_set():
            return
        entries = self.journal[self.sub.seen : self.sub.seen + limit]
        if not entries and self.sub.seen >= self.head:
            self.sub.live = True
        else:
            self.sub.fill(entries)

    def catch_up(self, rounds: int) -> None:
        """A client that reads all, and a journal that is quick."""
        for _ in range(rounds):
            self.take(10**6)
            self.read_journal(100)

    def take(self, max_bytes: int) -> None:
        unpacker = msgpack.Unpacker()
        unpacker.feed(self.sub.take(max_bytes))
        for _, name, args in unpacker:
            if name == "event":
                self.received += args
            else:
                self.notices.append((name, args[0]))

    def settle(self) -> None:
        self.announce(len(self.journal))
        for _ in range(10_000):
            self.catch_up(1)
            if self.sub.live and not self.sub.waiting:
                return
        raise AssertionError("it never catches up")

    @property
    def wanted(self) -> list[int]:
        return [entry.id for entry in self.journal if entry.topic == "want.it"]


def play(room: Room, script: list[tuple[str, Any]]) -> None:
    for step, argument in script:
        getattr(room, step)(argument)


@settings(max_examples=600)
@given(steps, st.integers(1, 3), st.booleans())
def test_pause_delivers_each_event_once_and_in_order(script: list[tuple[str, Any]], batch: int, live: bool) -> None:
    async def run() -> None:
        room = Room("pause", batch, live)
        play(room, script)
        room.settle()
        assert [event["id"] for event in room.received] == room.wanted
        assert room.sub.position == room.head
        assert (room.backlog.events, room.backlog.bytes) == (0, 0)
        assert room.held <= MAX_EVENTS

    asyncio.run(run())


@given(steps, st.integers(1, 3))
def test_drop_delivers_or_counts_each_event(script: list[tuple[str, Any]], batch: int) -> None:
    async def run() -> None:
        room = Room("drop", batch)
        play(room, script)
        room.settle()
        received = [event["id"] for event in room.received]
        assert received == sorted(set(received))
        missing = set(room.wanted) - set(received)
        dropped = [data for name, data in room.notices if name == "events.dropped"]
        assert sum(data["count"] for data in dropped) == len(missing) == room.sub.dropped
        assert all(any(data["from"] <= gone <= data["to"] for data in dropped) for gone in missing)
        assert room.held <= MAX_EVENTS

    asyncio.run(run())


@given(steps)
def test_close_closes_exactly_when_more_waits_than_may(script: list[tuple[str, Any]]) -> None:
    async def run() -> None:
        room = Room("close", 1)
        for step, argument in script:
            if step == "commit":
                waiting = room.backlog.events
                room.commit(argument)
                assert room.announce(len(argument)) == (waiting + sum(argument) <= MAX_EVENTS)
                if waiting + sum(argument) > MAX_EVENTS:
                    return
            elif step == "take":
                room.take(argument)

    asyncio.run(run())
