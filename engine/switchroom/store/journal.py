"""Journal of events: facts numbered by order of commit, in the same file as the facts themselves."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..errors import JournalGone
from ..schema.event import Event

_COLUMNS = "id, at_ms, topic, v, call_id, campaign_id, agent_id, data"
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder()


@dataclass(slots=True)
class EventDraft:
    """An event before it has a number. `at_ms` 0: the time of `Store.submit`. `data` must be msgpack-able."""

    topic: str
    data: dict[str, Any] = field(default_factory=dict)
    call_id: str | None = None
    campaign_id: str | None = None
    agent_id: str | None = None
    at_ms: int = 0
    v: int = 1


def append(db: sqlite3.Connection, drafts: list[EventDraft], first_id: int) -> list[Event]:
    """Write `drafts` with ids from `first_id` on. Raises TypeError when data cannot be packed."""
    rows = []
    events = []
    for event_id, draft in enumerate(drafts, first_id):
        packed = _encoder.encode(draft.data)
        rows.append(
            (
                event_id,
                draft.at_ms,
                draft.topic,
                draft.v,
                draft.call_id,
                draft.campaign_id,
                draft.agent_id,
                packed,
            )
        )
        events.append(
            Event(
                id=event_id,
                at_ms=draft.at_ms,
                topic=draft.topic,
                v=draft.v,
                call_id=draft.call_id,
                campaign_id=draft.campaign_id,
                agent_id=draft.agent_id,
                data=draft.data,
            )
        )
    db.executemany(f"INSERT INTO events ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return events


def bounds(db: sqlite3.Connection) -> tuple[int, int]:
    """(oldest id kept, newest id); (1, 0) when the journal is empty."""
    low, high = db.execute("SELECT min(id), max(id) FROM events").fetchone()
    return (1, 0) if low is None else (int(low), int(high))


def read(db: sqlite3.Connection, since: int, limit: int) -> list[Event]:
    """Up to `limit` events with ids above `since`, in order. Raises JournalGone when some of them were pruned."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM events WHERE id > ? ORDER BY id LIMIT ?", (since, limit)).fetchall()
    first = bounds(db)[0]
    if since + 1 < first:
        raise JournalGone(
            f"event {since + 1} is no longer in the journal, the oldest kept is {first}; "
            "list the objects and go on from their last_event_id",
            first_id=first,
        )
    return [
        Event(
            id=row[0],
            at_ms=row[1],
            topic=row[2],
            v=row[3],
            call_id=row[4],
            campaign_id=row[5],
            agent_id=row[6],
            data=_decoder.decode(row[7]),
        )
        for row in rows
    ]


def prune(db: sqlite3.Connection, head_id: int, keep: int, older_than_ms: int, chunk: int) -> int:
    """Delete up to `chunk` events beyond the newest `keep` or older than `older_than_ms`; never the newest one, which
    carries the counter over a restart. Returns the oldest id kept."""
    first, _ = bounds(db)
    row = db.execute(
        "SELECT coalesce(max(id), 0) FROM (SELECT id FROM events WHERE at_ms < ? AND id BETWEEN ? AND ? ORDER BY id)",
        (older_than_ms, first, first + chunk),
    ).fetchone()
    last = min(max(head_id - keep, int(row[0])), head_id - 1, first + chunk)
    if last >= first:
        db.execute("DELETE FROM events WHERE id <= ?", (last,))
        first = last + 1
    return first
