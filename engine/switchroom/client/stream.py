"""Events as they come: an async iterator that outlives a lost connection."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Literal, Self

import msgspec

from ..schema.event import Event, Subscribe

BUFFER = 10_000

Policy = Literal["pause", "drop", "close"]
Action = Callable[["EventStream"], Awaitable[None]]


class EventStream:
    """`async for event in stream`. In order and without repeats; after a lost connection it goes on from the last
    event, out of the journal. `stop()` ends it.

    Raises JournalGone when the events in between are no longer kept (and goes on with the newest if iterated again),
    an OSError when the engine stays away, and what a subscription raises.
    When the program falls more than `BUFFER` events behind, the engine is asked again from the last one that was taken
    in: nothing is lost, and neither side piles up memory.
    """

    def __init__(self, request: Subscribe, resubscribe: Action, unsubscribe: Action) -> None:
        self.request = request
        self.sub_id: int | None = None
        self.last_id = 0
        self.epoch: str | None = None
        self.dropped = 0  # events that the engine said it dropped
        self._resubscribe = resubscribe
        self._unsubscribe = unsubscribe
        self._buffer: deque[Event] = deque()
        self._error: Exception | None = None
        self._stopped = False
        self._overflowed = False
        self._changed = asyncio.Event()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._buffer:
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            if self._stopped:
                raise StopAsyncIteration
            if self._overflowed:
                self._overflowed = False
                await self._resubscribe(self)
            else:
                self._changed.clear()
                await self._changed.wait()
        return self._buffer.popleft()

    async def stop(self) -> None:
        """No more events; those that have arrived can still be read."""
        if not self._stopped:
            self._stopped = True
            self._changed.set()
            await self._unsubscribe(self)

    @property
    def waiting(self) -> int:
        """Events that arrived and were not read."""
        return len(self._buffer)

    # ---------------------------------------------------------------- for the client

    @property
    def overflowed(self) -> bool:
        """Was it ended because the program does not read it? It asks again when it has been read."""
        return self._overflowed

    def continuation(self) -> Subscribe:
        """What to ask to go on where it ended."""
        return msgspec.structs.replace(self.request, since=self.last_id, epoch=self.epoch)

    def anew(self) -> Subscribe:
        """What to ask to go on with the newest."""
        return msgspec.structs.replace(self.request, since=None, epoch=None)

    def attached(self, sub_id: int, last_id: int, epoch: str) -> None:
        self.sub_id, self.last_id, self.epoch = sub_id, last_id, epoch

    def push(self, event: Event) -> bool:
        """False: the buffer is full, end the subscription for now."""
        if event.id and event.id <= self.last_id:
            return True
        if len(self._buffer) >= BUFFER:
            self._overflowed = True
            self.sub_id = None
            return False
        self.last_id = event.id or self.last_id
        self._buffer.append(event)
        self._changed.set()
        return True

    def fail(self, error: Exception) -> None:
        """Raised to the reader once, behind what has arrived before."""
        self._error = error
        self._changed.set()

    def end(self, error: Exception | None) -> None:
        """Nothing more will come."""
        self.sub_id = None
        self._error = self._error or error
        self._stopped = True
        self._changed.set()
