"""asyncio face of the store.

    store = Store("sqlite:./data/switchroom.db")
    await store.start()
    committed = await store.submit([PutCampaign(row)], [EventDraft("campaign.created", {...})])
    rows = await store.query(contacts.page, campaign_id, 100, None)
    await store.stop()

`submit` queues at once and in order; its future is done when the transaction is on disk.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

import uuid_utils

from ..errors import QueueFull, StoreError
from ..schema.event import Event
from . import journal
from .journal import EventDraft
from .lock import take_lock
from .writer import AnyWrite, Outcome, Submission, Writer, WriterOptions, connect, explain

P = ParamSpec("P")
R = TypeVar("R")
Listener = Callable[[list[Event]], None]


@dataclass(frozen=True, slots=True)
class Committed:
    """`results`: what each write returned (rows changed, for SQL). `events`: now numbered."""

    results: tuple[object, ...]
    events: tuple[Event, ...]


def path_of(url: str) -> str:
    """File of a `sqlite:PATH` URL. Raises StoreError for another scheme."""
    scheme, _, rest = url.partition(":")
    if scheme != "sqlite" or not rest:
        raise StoreError(f"store url {url!r}: only sqlite:PATH is supported, for example sqlite:./data/switchroom.db")
    return rest.removeprefix("//")


def open_reader(path: str) -> sqlite3.Connection:
    """A connection that cannot write, for queries and for reports on a file that a daemon may have open."""
    try:
        db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        raise explain(error, path, "cannot open") from error
    return db


class Store:
    """One SQLite file. All methods are for the loop thread unless they say otherwise."""

    def __init__(self, url: str, **options: Any) -> None:
        """`options`: fields of WriterOptions other than the path."""
        self.path = path_of(url)
        self.options = WriterOptions(path=self.path, **options)
        self.epoch = ""
        self.instance_id = str(uuid_utils.uuid7())
        self._writer: Writer | None = None
        self._reader: sqlite3.Connection | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: list[Listener] = []
        self._lock = -1
        self._first_id = 1
        self._head_id = 0

    async def start(self) -> None:
        """Open (and migrate) the file, start the writer. Raises StoreError."""
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="switchroom-query")
        try:
            db = await self._loop.run_in_executor(self._threads, self._open)
        except BaseException:
            self._threads.shutdown(wait=False)
            self._unlock()
            raise
        self._writer = Writer(self.options, db, self._deliver)
        self._first_id, self._head_id = self._writer.first_id, self._writer.head_id
        self._writer.start()

    def _open(self) -> sqlite3.Connection:
        folder = os.path.dirname(os.path.abspath(self.path))
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise StoreError(f"store {self.path}: cannot make folder {folder}: {error.strerror}") from error
        self._lock = take_lock(self.path)
        db = connect(self.path, self.options.synchronous, self.options.busy_timeout_s)
        db.execute("INSERT OR IGNORE INTO meta VALUES ('epoch', ?)", (str(uuid_utils.uuid7()),))
        self.epoch = str(db.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0])
        self._reader = open_reader(self.path)
        return db

    async def stop(self) -> None:
        """Commit everything submitted, resolve its futures, close. Idempotent."""
        writer, threads, reader = self._writer, self._threads, self._reader
        if writer is None or threads is None or reader is None:
            return
        self._writer = self._threads = self._reader = None
        await asyncio.to_thread(writer.stop)
        await asyncio.sleep(0)  # let the last outcomes, queued by the writer, reach their futures
        await asyncio.to_thread(threads.shutdown)
        reader.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def submit(self, writes: Sequence[AnyWrite] = (), events: Sequence[EventDraft] = ()) -> asyncio.Future[Committed]:
        """Queue `writes` and `events` as one indivisible change; done when durable, in order of submission.

        The future fails with what a write raised, with QueueFull, or with StoreError when the file cannot be written.
        """
        loop = self._loop
        if loop is None:
            raise StoreError(f"store {self.path}: not started")
        future: asyncio.Future[Committed] = loop.create_future()
        drafts = list(events)
        for draft in drafts:
            if not draft.at_ms:
                draft.at_ms = int(time.time() * 1000)
        writer = self._writer
        if writer is None:
            future.set_exception(StoreError(f"store {self.path}: is stopped, nothing can be written any more"))
        elif not writer.put(Submission(future, writes, drafts)):
            future.set_exception(
                StoreError(f"store {self.path}: is stopping, nothing can be written any more")
                if writer.stopping
                else QueueFull(
                    f"store {self.path}: {self.options.queue} changes wait already; the disk is too slow or stuck",
                    limit=self.options.queue,
                )
            )
        return future

    def _deliver(self, outcomes: list[Outcome]) -> None:
        """On the store thread: hand a group over to the loop."""
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._resolve, outcomes)
        except RuntimeError:  # the loop was closed without stop(): the facts are committed, nobody listens
            return

    def _resolve(self, outcomes: list[Outcome]) -> None:
        events: list[Event] = []
        for outcome in outcomes:
            events.extend(outcome.events)
            future: asyncio.Future[Committed] = outcome.ticket
            if future.cancelled():
                continue
            if outcome.error is not None:
                future.set_exception(outcome.error)
            else:
                future.set_result(Committed(outcome.results, tuple(outcome.events)))
        if self._writer is not None:
            self._first_id = self._writer.first_id
        if events:
            self._head_id = events[-1].id
            for listener in tuple(self._listeners):
                listener(events)

    def on_committed(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(events)` on the loop after each commit, in order of ids. Returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def journal_first_id(self) -> int:
        """Oldest event id kept; head_id + 1 when the journal is empty."""
        return self._first_id

    @property
    def head_id(self) -> int:
        """Id of the newest event delivered to listeners; 0 before the first."""
        return self._head_id

    @property
    def running(self) -> bool:
        """Between start() and stop()."""
        return self._writer is not None

    @property
    def depth(self) -> int:
        """Submissions that wait for the writer."""
        return self._writer.depth if self._writer else 0

    @property
    def failing(self) -> str | None:
        """Why the last commit failed; None while commits succeed."""
        return self._writer.failing if self._writer else "stopped"

    async def read_events(self, since: int, limit: int = 1000) -> list[Event]:
        """Up to `limit` journaled events with ids above `since`. Raises JournalGone."""
        return await self.query(journal.read, since, limit)

    async def query(
        self,
        reader: Callable[Concatenate[sqlite3.Connection, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run `reader(db, ...)` on the query thread with a read-only connection. Sees all that was committed before."""
        if self._loop is None or self._threads is None or self._reader is None:
            raise StoreError(f"store {self.path}: not running")
        db = self._reader

        def run() -> R:
            try:
                return reader(db, *args, **kwargs)
            except sqlite3.Error as error:
                raise explain(error, self.path, "could not read") from error

        return await self._loop.run_in_executor(self._threads, run)
