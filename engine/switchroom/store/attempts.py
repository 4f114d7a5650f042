"""Attempts in the store: leased, launched, ended, each step durable before the next begins.

An attempt is *leased* (its contact taken from the queue) ahead of need, and *launched* in a commit of its own before
the INVITE goes out. So after a crash a lease without a launch was never dialed and is given back; a launched attempt
without an end may have rung, is closed as `interrupted`, and counts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from ..errors import WrongState

AttemptState = Literal["leased", "launched", "ended"]


@dataclass(slots=True)
class AttemptRow:
    """One attempt to reach a contact. `ordinal` counts a contact's attempts from 1. `human_at_ms`: when a person was
    taken to have answered (the AMD verdict, or the answer itself without AMD)."""

    id: str
    campaign_id: str
    contact_id: str
    number: str
    ordinal: int
    leased_at_ms: int
    state: AttemptState = "leased"
    started_at_ms: int | None = None
    ringing_at_ms: int | None = None
    answered_at_ms: int | None = None
    human_at_ms: int | None = None
    connected_at_ms: int | None = None
    ended_at_ms: int | None = None
    disposition: str | None = None
    agent_id: str | None = None
    agent_disposition: str | None = None
    call_id: str | None = None
    trunk: str | None = None
    sip_status: int = 0
    q850_cause: int = 0
    side: str | None = None
    amd: str | None = None
    amd_ms: int | None = None
    message_played: bool = False
    talk_ms: int = 0
    recording: str | None = None
    record_ms: int | None = None


_NAMES = tuple(f.name for f in fields(AttemptRow))
_COLUMNS = ", ".join(_NAMES)
_SETTLED = tuple(name for name in _NAMES if name not in {"id", "agent_disposition"})  # that one the agent writes
_SET = ", ".join(f"{name} = ?" for name in _SETTLED)


def _values(row: AttemptRow) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _NAMES)


def _attempt(values: Sequence[Any]) -> AttemptRow:
    row = AttemptRow(**dict(zip(_NAMES, values, strict=True)))
    row.message_played = bool(row.message_played)
    return row


@dataclass(slots=True)
class LeaseContacts:
    """Take contacts and open an attempt for each. Returns, per attempt, whether the contact was open to be taken."""

    attempts: Sequence[AttemptRow]

    def apply(self, db: sqlite3.Connection) -> list[bool]:
        taken = [
            db.execute(
                "UPDATE contacts SET state = 'leased' WHERE campaign_id = ? AND id = ? AND state = 'open'",
                (attempt.campaign_id, attempt.contact_id),
            ).rowcount
            == 1
            for attempt in self.attempts
        ]
        marks = ", ".join("?" for _ in _NAMES)
        db.executemany(
            f"INSERT INTO attempts ({_COLUMNS}) VALUES ({marks})",
            [_values(attempt) for attempt, ok in zip(self.attempts, taken, strict=True) if ok],
        )
        return taken


@dataclass(slots=True)
class LaunchAttempts:
    """The INVITEs of these leased attempts go out next: from here on they count. (id, call_id, trunk, at_ms) each.

    Raises WrongState, changing nothing, when one of them is not leased.
    """

    launches: Sequence[tuple[str, str, str | None, int]]

    def apply(self, db: sqlite3.Connection) -> None:
        for attempt_id, call_id, trunk, at_ms in self.launches:
            done = db.execute(
                "UPDATE attempts SET state = 'launched', call_id = ?, trunk = ?, started_at_ms = ? "
                "WHERE id = ? AND state = 'leased'",
                (call_id, trunk, at_ms, attempt_id),
            )
            if done.rowcount != 1:
                raise WrongState(f"attempt {attempt_id} is not leased, it cannot be launched", id=attempt_id)
            db.execute(
                "UPDATE contacts SET attempts = attempts + 1 FROM attempts AS a "
                "WHERE a.id = ? AND contacts.campaign_id = a.campaign_id AND contacts.id = a.contact_id",
                (attempt_id,),
            )


@dataclass(slots=True)
class ReturnLeases:
    """Give contacts back that were leased and not dialed; their attempts never happened. Returns how many."""

    attempt_ids: Sequence[str]

    def apply(self, db: sqlite3.Connection) -> int:
        returned = 0
        for attempt_id in self.attempt_ids:
            db.execute(
                "UPDATE contacts SET state = 'open' FROM attempts AS a WHERE a.id = ? AND a.state = 'leased' "
                "AND contacts.campaign_id = a.campaign_id AND contacts.id = a.contact_id",
                (attempt_id,),
            )
            returned += db.execute("DELETE FROM attempts WHERE id = ? AND state = 'leased'", (attempt_id,)).rowcount
        return returned


@dataclass(slots=True)
class UndoLaunch:
    """A launched attempt whose INVITE never went out (a limit was reached): it never happened."""

    attempt_id: str

    def apply(self, db: sqlite3.Connection) -> None:
        db.execute(
            "UPDATE contacts SET state = 'open', attempts = contacts.attempts - 1 FROM attempts AS a "
            "WHERE a.id = ? AND a.state = 'launched' "
            "AND contacts.campaign_id = a.campaign_id AND contacts.id = a.contact_id",
            (self.attempt_id,),
        )
        db.execute("DELETE FROM attempts WHERE id = ? AND state = 'launched'", (self.attempt_id,))


@dataclass(slots=True)
class NoteProgress:
    """What is known of an attempt under way, so that a crash leaves it in the books (who talked, which recording)."""

    row: AttemptRow

    def apply(self, db: sqlite3.Connection) -> None:
        row = self.row
        db.execute(
            "UPDATE attempts SET ringing_at_ms = ?, answered_at_ms = ?, human_at_ms = ?, connected_at_ms = ?, "
            "agent_id = ?, amd = ?, amd_ms = ?, recording = ? WHERE id = ? AND state = 'launched'",
            (
                row.ringing_at_ms,
                row.answered_at_ms,
                row.human_at_ms,
                row.connected_at_ms,
                row.agent_id,
                row.amd,
                row.amd_ms,
                row.recording,
                row.id,
            ),
        )


@dataclass(slots=True)
class EndAttempt:
    """Close a launched attempt with its one disposition and settle its contact.

    `contact_state` is "open" (to be tried again at `next_at_ms`) or "done" or "invalid". Raises WrongState, changing
    nothing, when the attempt is not launched or has ended already.
    """

    row: AttemptRow
    contact_state: Literal["open", "done", "invalid"]
    next_at_ms: int = 0

    def apply(self, db: sqlite3.Connection) -> None:
        row = self.row
        if row.disposition is None or row.ended_at_ms is None:
            raise WrongState(f"attempt {row.id} cannot end without a disposition and a time", id=row.id)
        row.state = "ended"
        done = db.execute(
            f"UPDATE attempts SET {_SET} WHERE id = ? AND state = 'launched'",
            (*(getattr(row, name) for name in _SETTLED), row.id),
        )
        if done.rowcount != 1:
            raise WrongState(f"attempt {row.id} is not under way, it cannot end (again)", id=row.id)
        db.execute(
            "UPDATE contacts SET state = ?, last_disposition = ?, next_at_ms = ? "
            "WHERE campaign_id = ? AND id = ? AND state = 'leased'",
            (self.contact_state, row.disposition, self.next_at_ms, row.campaign_id, row.contact_id),
        )


@dataclass(slots=True)
class SetAgentDisposition:
    """The agent's own word for how the talk went, given in wrap-up (after the attempt's end)."""

    attempt_id: str
    word: str

    def apply(self, db: sqlite3.Connection) -> None:
        db.execute("UPDATE attempts SET agent_disposition = ? WHERE id = ?", (self.word, self.attempt_id))


def read_unfinished(db: sqlite3.Connection) -> list[AttemptRow]:
    """Attempts that a crash left leased or launched, oldest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM attempts WHERE state <> 'ended' ORDER BY id")
    return [_attempt(row) for row in rows]


def read_attempts(db: sqlite3.Connection, campaign_id: str) -> list[AttemptRow]:
    """All attempts of a campaign, oldest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM attempts WHERE campaign_id = ? ORDER BY id", (campaign_id,))
    return [_attempt(row) for row in rows]


def read_people(db: sqlite3.Connection, campaign_id: str, since_ms: int) -> list[tuple[int, str]]:
    """(answered_at_ms, disposition) of ended attempts that a person answered since `since_ms`, oldest first."""
    rows = db.execute(
        "SELECT answered_at_ms, disposition FROM attempts WHERE campaign_id = ? AND answered_at_ms >= ? "
        "AND human_at_ms IS NOT NULL AND state = 'ended' ORDER BY answered_at_ms",
        (campaign_id, since_ms),
    )
    return [(int(row[0]), str(row[1])) for row in rows]


def read_verdict_counts(db: sqlite3.Connection, campaign_id: str) -> dict[str, int]:
    """AMD verdicts of a campaign's ended attempts."""
    rows = db.execute(
        "SELECT amd, count(*) FROM attempts WHERE campaign_id = ? AND state = 'ended' AND amd IS NOT NULL GROUP BY amd",
        (campaign_id,),
    )
    return {str(name): int(count) for name, count in rows}


def read_disposition_counts(db: sqlite3.Connection, campaign_id: str) -> dict[str, int]:
    """Ended attempts of a campaign by disposition."""
    rows = db.execute(
        "SELECT disposition, count(*) FROM attempts WHERE campaign_id = ? AND state = 'ended' GROUP BY disposition",
        (campaign_id,),
    )
    return {str(name): int(count) for name, count in rows}
