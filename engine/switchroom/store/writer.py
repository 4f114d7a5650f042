"""The store thread: groups what waits into one transaction, commits, tells the loop.

One thread owns the writing connection. Each submission runs under a savepoint of its own, so that one that breaks a
constraint fails alone; when the commit itself fails (disk full, file locked) the group is tried again for
`patience_s`, then every submission of it fails with StoreError. Nothing is dropped in silence.
"""

from __future__ import annotations

import collections
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from ..errors import EngineError, StoreError
from ..schema.event import Event
from . import journal
from .journal import EventDraft
from .tables import migrate


@runtime_checkable
class Write(Protocol):
    """One change. Runs on the store thread inside the group's transaction."""

    def apply(self, db: sqlite3.Connection) -> object:
        """Do it; the return value reaches the submitter. An EngineError raised here undoes this submission only."""


SqlWrite = tuple[str, Sequence[Any]]
AnyWrite = Write | SqlWrite


@dataclass(slots=True)
class Submission:
    """What one `Store.submit` call asks for. `ticket` is the store's to find the future again."""

    ticket: Any
    writes: Sequence[AnyWrite]
    events: list[EventDraft]


@dataclass(slots=True)
class Outcome:
    """What became of one submission: its results and events, or `error`."""

    ticket: Any
    results: tuple[object, ...] = ()
    events: list[Event] = field(default_factory=list)
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class WriterOptions:
    """`synchronous`: "FULL" outlives a power cut, "NORMAL" only the process. `group`: most submissions per commit."""

    path: str
    synchronous: str = "FULL"
    group: int = 2_000
    queue: int = 200_000
    patience_s: float = 10.0
    busy_timeout_s: float = 2.0
    journal_events: int = 1_000_000
    journal_age_ms: int = 7 * 86_400_000
    idem_age_ms: int = 86_400_000


_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full: free space, the engine goes on by itself",
    sqlite3.SQLITE_BUSY: "another process holds the file: end it (only one daemon may use a store)",
    sqlite3.SQLITE_LOCKED: "another process holds the file: end it (only one daemon may use a store)",
    sqlite3.SQLITE_IOERR: "reading or writing failed: see the kernel's log, check the disk and its quota",
    sqlite3.SQLITE_READONLY: "the file or its folder is not writable: check owner and mount options",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened: check that its folder exists and is writable",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: restore a copy, or run sqlite3 FILE .recover",
    sqlite3.SQLITE_NOTADB: "the file is not a SQLite database: name another one in [store] url",
}
_PASSING = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR}


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's primary result code, 0 when the error came from the binding."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def explain(error: sqlite3.Error, path: str, what: str) -> StoreError:
    """The StoreError that says what to do about `error`."""
    advice = _ADVICE.get(primary_code(error), "see the message of SQLite")
    return StoreError(f"store {path}: {what}: {error}; {advice}", sqlite_code=primary_code(error), path=path)


def connect(path: str, synchronous: str, busy_timeout_s: float) -> sqlite3.Connection:
    """A writing connection in autocommit mode, WAL on, migrated. Raises StoreError."""
    try:
        db = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {synchronous}")
        db.execute("PRAGMA temp_store = MEMORY")
        migrate(db, path)
    except sqlite3.Error as error:
        raise explain(error, path, "cannot open") from error
    return db


class Writer:
    """Owns the writing connection and its thread. `deliver` is called on that thread with each group's outcomes."""

    def __init__(
        self, options: WriterOptions, db: sqlite3.Connection, deliver: Callable[[list[Outcome]], None]
    ) -> None:
        self.options = options
        self._db = db
        self._deliver = deliver
        self._waiting: collections.deque[Submission] = collections.deque()
        self._wake = threading.Condition(threading.Lock())
        self._stopping = False
        self.first_id, self.head_id = journal.bounds(db)
        self.commits = 0
        self.failing: str | None = None
        self._prune_at = self.head_id + 1_000
        self._thread = threading.Thread(target=self._run, name="switchroom-store", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, submission: Submission) -> bool:
        """Queue it. False when the queue is full or the writer is stopping. Any thread."""
        with self._wake:
            if self._stopping or len(self._waiting) >= self.options.queue:
                return False
            self._waiting.append(submission)
            if len(self._waiting) == 1:
                self._wake.notify()
        return True

    @property
    def stopping(self) -> bool:
        return self._stopping

    @property
    def depth(self) -> int:
        """Submissions that wait."""
        return len(self._waiting)

    def stop(self) -> None:
        """Commit what waits, close the file, end the thread. Blocks; not for the loop thread."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            group = self._take()
            if not group:
                break
            self._deliver(self._commit_patiently(group))
        try:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:  # the facts are safe in the WAL; the next start folds it in
            self.failing = str(error)
        self._db.close()

    def _take(self) -> list[Submission]:
        with self._wake:
            while not self._waiting and not self._stopping:
                self._wake.wait()
            count = min(len(self._waiting), self.options.group)
            return [self._waiting.popleft() for _ in range(count)]

    def _commit_patiently(self, group: list[Submission]) -> list[Outcome]:
        deadline = time.monotonic() + self.options.patience_s
        pause = 0.02
        while True:
            try:
                outcomes = self._commit(group)
            except sqlite3.Error as error:
                self.failing = str(error)
                self._roll_back()
                if primary_code(error) in _PASSING and time.monotonic() < deadline and not self._stopping:
                    time.sleep(pause)
                    pause = min(pause * 2, 0.5)
                    continue
                failure = explain(error, self.options.path, "could not commit")
                return [Outcome(submission.ticket, error=failure) for submission in group]
            self.failing = None
            return outcomes

    def _roll_back(self) -> None:
        if self._db.in_transaction:  # SQLite undoes it by itself on some errors
            self._db.execute("ROLLBACK")

    def _commit(self, group: list[Submission]) -> list[Outcome]:
        next_id = self.head_id + 1
        outcomes = []
        self._db.execute("BEGIN IMMEDIATE")
        for submission in group:
            outcome = self._apply(submission, next_id)
            next_id += len(outcome.events)
            outcomes.append(outcome)
        first_id = self._prune(next_id - 1)
        self._db.execute("COMMIT")
        self.commits += 1
        self.head_id = next_id - 1
        self.first_id = first_id if first_id is not None else self.first_id
        return outcomes

    def _apply(self, submission: Submission, first_id: int) -> Outcome:
        db = self._db
        db.execute("SAVEPOINT one")
        try:
            results = tuple(
                db.execute(*write).rowcount if isinstance(write, tuple) else write.apply(db)
                for write in submission.writes
            )
            events = journal.append(db, submission.events, first_id) if submission.events else []
        except sqlite3.OperationalError:
            raise  # full, locked, I/O: the group's trouble
        except Exception as error:
            db.execute("ROLLBACK TO one")
            db.execute("RELEASE one")
            return Outcome(submission.ticket, error=self._own_fault(error))
        db.execute("RELEASE one")
        return Outcome(submission.ticket, results, events)

    def _own_fault(self, error: Exception) -> Exception:
        if isinstance(error, EngineError):
            return error
        if isinstance(error, sqlite3.Error):
            return explain(error, self.options.path, "refused a write")
        wrapped = StoreError(f"store {self.options.path}: a write is faulty: {error!r}")
        wrapped.__cause__ = error
        return wrapped

    def _prune(self, head_id: int) -> int | None:
        """Every 1,000 events look whether old ones must go; a bounded piece at a time."""
        if head_id < self._prune_at:
            return None
        self._prune_at = head_id + 1_000
        now_ms = int(time.time() * 1000)
        self._db.execute("DELETE FROM idem WHERE at_ms < ?", (now_ms - self.options.idem_age_ms,))
        return journal.prune(
            self._db, head_id, self.options.journal_events, now_ms - self.options.journal_age_ms, chunk=5_000
        )
