"""Contacts in the store: the queue that the hopper is filled from."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import msgspec

from ..errors import Exists
from ..schema.contact import ContactState

_COLUMNS = "row, campaign_id, id, number, name, priority, fields, state, attempts, last_disposition, next_at_ms"
_INSERT = "INSERT OR IGNORE INTO contacts (campaign_id, id, number, name, priority, fields) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(slots=True)
class ContactRow:
    """A contact as stored. `next_at_ms`: not to be dialed before; 0 for at once."""

    campaign_id: str
    id: str
    number: str
    name: str = ""
    priority: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    state: ContactState = "open"
    attempts: int = 0
    last_disposition: str | None = None
    next_at_ms: int = 0
    row: int = 0


def _values(contact: ContactRow) -> tuple[object, ...]:
    fields = msgspec.json.encode(contact.fields).decode() if contact.fields else "{}"
    return (contact.campaign_id, contact.id, contact.number, contact.name, contact.priority, fields)


@dataclass(slots=True)
class InsertContacts:
    """Many contacts. Returns one number per contact: 1 inserted, 0 left out because id or number is there already."""

    rows: Sequence[ContactRow]

    def apply(self, db: sqlite3.Connection) -> list[int]:
        return [db.execute(_INSERT, _values(contact)).rowcount for contact in self.rows]


@dataclass(slots=True)
class InsertContact:
    """One contact. Raises Exists, naming what is there already."""

    row: ContactRow

    def apply(self, db: sqlite3.Connection) -> None:
        contact = self.row
        if db.execute(_INSERT, _values(contact)).rowcount == 1:
            return
        twin = db.execute(
            "SELECT id FROM contacts WHERE campaign_id = ? AND number = ?", (contact.campaign_id, contact.number)
        ).fetchone()
        if twin is not None:
            raise Exists(f"campaign {contact.campaign_id} has that number already, as contact {twin[0]}", id=twin[0])
        raise Exists(f"campaign {contact.campaign_id} has a contact {contact.id} already", id=contact.id)


@dataclass(slots=True)
class DeferContacts:
    """Open contacts that must wait until `until_ms` (outside their calling hours)."""

    campaign_id: str
    until_ms: dict[str, int]

    def apply(self, db: sqlite3.Connection) -> None:
        db.executemany(
            "UPDATE contacts SET next_at_ms = ? WHERE campaign_id = ? AND id = ? AND state = 'open'",
            [(until, self.campaign_id, contact_id) for contact_id, until in self.until_ms.items()],
        )


@dataclass(slots=True)
class CloseContact:
    """No more attempts, for a reason other than an attempt's end (`state`: done or invalid)."""

    campaign_id: str
    contact_id: str
    state: ContactState
    disposition: str

    def apply(self, db: sqlite3.Connection) -> None:
        db.execute(
            "UPDATE contacts SET state = ?, last_disposition = ? WHERE campaign_id = ? AND id = ? AND state = 'open'",
            (self.state, self.disposition, self.campaign_id, self.contact_id),
        )


def _contact(row: tuple[object, ...]) -> ContactRow:
    values = cast("tuple[int, str, str, str, str, int, str, ContactState, int, str | None, int]", row)
    return ContactRow(
        row=values[0],
        campaign_id=values[1],
        id=values[2],
        number=values[3],
        name=values[4],
        priority=values[5],
        fields=msgspec.json.decode(values[6], type=dict[str, str]) if values[6] != "{}" else {},
        state=values[7],
        attempts=values[8],
        last_disposition=values[9],
        next_at_ms=values[10],
    )


def read_due(db: sqlite3.Connection, campaign_id: str, now_ms: int, limit: int) -> list[ContactRow]:
    """Open contacts that may be dialed now: highest priority first, then longest due, then first imported."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM contacts WHERE campaign_id = ? AND state = 'open' AND next_at_ms <= ? "
        "ORDER BY priority DESC, next_at_ms, row LIMIT ?",
        (campaign_id, now_ms, limit),
    )
    return [_contact(row) for row in rows]


def read_contacts(db: sqlite3.Connection, contact_id: str) -> list[ContactRow]:
    """Contacts of that id, one per campaign that has it."""
    return [_contact(row) for row in db.execute(f"SELECT {_COLUMNS} FROM contacts WHERE id = ?", (contact_id,))]


def read_page(db: sqlite3.Connection, campaign_id: str, after_row: int, limit: int) -> list[ContactRow]:
    """Contacts of a campaign in order of import, from the one behind `after_row`."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM contacts WHERE campaign_id = ? AND row > ? ORDER BY row LIMIT ?",
        (campaign_id, after_row, limit),
    )
    return [_contact(row) for row in rows]


@dataclass(frozen=True, slots=True)
class ContactCounts:
    """Contacts of a campaign by state; `next_at_ms`: earliest instant of an open one, None when none is open."""

    open: int = 0
    leased: int = 0
    done: int = 0
    invalid: int = 0
    next_at_ms: int | None = None

    @property
    def total(self) -> int:
        return self.open + self.leased + self.done + self.invalid


def read_counts(db: sqlite3.Connection, campaign_id: str) -> ContactCounts:
    """How many contacts a campaign has, by state."""
    counts = dict(
        db.execute("SELECT state, count(*) FROM contacts WHERE campaign_id = ? GROUP BY state", (campaign_id,))
    )
    next_at = db.execute(
        "SELECT min(next_at_ms) FROM contacts WHERE campaign_id = ? AND state = 'open'", (campaign_id,)
    ).fetchone()[0]
    return ContactCounts(
        open=counts.get("open", 0),
        leased=counts.get("leased", 0),
        done=counts.get("done", 0),
        invalid=counts.get("invalid", 0),
        next_at_ms=next_at,
    )
