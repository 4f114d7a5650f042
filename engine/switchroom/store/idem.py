"""Idempotency keys: the outcome of a command, kept for a day in the store, so that a retry gets it again."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from ..errors import Conflict


@dataclass(slots=True)
class RememberOutcome:
    """Bind (`method`, `key`) to `outcome`; `digest` is of the arguments.

    Submit it together with the writes it stands for. Raises Conflict (undoing them) when the key is bound to other
    arguments; bound to the same ones it returns the first outcome and changes nothing, else None.
    """

    method: str
    key: str
    digest: bytes
    outcome: bytes
    at_ms: int

    def apply(self, db: sqlite3.Connection) -> bytes | None:
        found = db.execute(
            "SELECT digest, outcome FROM idem WHERE method = ? AND key = ?", (self.method, self.key)
        ).fetchone()
        if found is None:
            db.execute(
                "INSERT INTO idem (method, key, digest, outcome, at_ms) VALUES (?, ?, ?, ?, ?)",
                (self.method, self.key, self.digest, self.outcome, self.at_ms),
            )
            return None
        if bytes(found[0]) != self.digest:
            raise Conflict(
                f"{self.method}: idempotency key {self.key!r} was used with other arguments; choose a new key",
                field="idem",
            )
        return bytes(found[1])


@dataclass(slots=True)
class ReplaceOutcome:
    """The command that claimed (`method`, `key`) has come to its end: this is what a retry gets."""

    method: str
    key: str
    outcome: bytes

    def apply(self, db: sqlite3.Connection) -> None:
        db.execute("UPDATE idem SET outcome = ? WHERE method = ? AND key = ?", (self.outcome, self.method, self.key))


@dataclass(slots=True)
class ForgetOutcome:
    """The command that claimed (`method`, `key`) changed nothing: a retry may do it anew."""

    method: str
    key: str

    def apply(self, db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM idem WHERE method = ? AND key = ?", (self.method, self.key))


def read_outcome(db: sqlite3.Connection, method: str, key: str) -> tuple[bytes, bytes] | None:
    """(digest, outcome) bound to a key, or None."""
    found = db.execute("SELECT digest, outcome FROM idem WHERE method = ? AND key = ?", (method, key)).fetchone()
    return None if found is None else (bytes(found[0]), bytes(found[1]))
