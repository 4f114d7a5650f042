"""Recordings in the store: one row per file, from its start to the proof of its erasure."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field, fields
from typing import Any, Literal

State = Literal["recording", "closed", "ready", "failed", "erased"]


@dataclass(slots=True)
class RecordingRow:
    """One file. `source` is where it grows, `path` where it is kept: both absolute. `codec`: ulaw, alaw or linear, of
    the source. `gaps`: pauses, ms from the file's beginning. State recording: it grows; closed: complete, not
    published yet; ready: at `path`; failed: there is no file; erased: no more. `error`: what cut it short."""

    id: str
    part: int
    call_id: str
    sides: str
    codec: str
    format: str
    source: str
    path: str
    started_at_ms: int
    state: State = "recording"
    campaign_id: str | None = None
    agent_id: str | None = None
    tenant: str | None = None
    ended_at_ms: int | None = None
    duration_ms: int = 0
    bytes: int = 0
    sha256: str | None = None
    key_id: str | None = None
    gaps: list[list[int]] = field(default_factory=list)
    error: str | None = None
    hold: str | None = None
    erased_at_ms: int | None = None


_NAMES = tuple(f.name for f in fields(RecordingRow))
_COLUMNS = ", ".join(_NAMES)
_PREFIXED = ", ".join(f"r.{name}" for name in _NAMES)


@dataclass(slots=True)
class PutRecording:
    """Insert or replace; a hold that was set meanwhile stays."""

    row: RecordingRow

    def apply(self, db: sqlite3.Connection) -> None:
        values = {name: getattr(self.row, name) for name in _NAMES}
        values["gaps"] = json.dumps(self.row.gaps)
        kept = ", ".join(f"{name} = excluded.{name}" for name in _NAMES if name not in {"id", "part", "hold"})
        marks = ", ".join(f":{name}" for name in _NAMES)
        db.execute(
            f"INSERT INTO recordings ({_COLUMNS}) VALUES ({marks}) ON CONFLICT (id, part) DO UPDATE SET {kept}", values
        )


@dataclass(slots=True)
class HoldRecording:
    """Set or (None) lift the legal hold of all parts; gives how many there are."""

    id: str
    hold: str | None

    def apply(self, db: sqlite3.Connection) -> int:
        return db.execute("UPDATE recordings SET hold = ? WHERE id = ?", (self.hold, self.id)).rowcount


def _row(values: tuple[Any, ...]) -> RecordingRow:
    named = dict(zip(_NAMES, values, strict=True))
    named["gaps"] = json.loads(named["gaps"])
    return RecordingRow(**named)


def read_parts(db: sqlite3.Connection, recording_id: str) -> list[RecordingRow]:
    """All parts of one, in order; empty: there is no such recording."""
    return [
        _row(row)
        for row in db.execute(f"SELECT {_COLUMNS} FROM recordings WHERE id = ? ORDER BY part", (recording_id,))
    ]


def read_unpublished(db: sqlite3.Connection) -> list[RecordingRow]:
    """Those that a crash left on the way."""
    found = db.execute(f"SELECT {_COLUMNS} FROM recordings WHERE state IN ('recording', 'closed') ORDER BY id, part")
    return [_row(row) for row in found]


def page_recordings(
    db: sqlite3.Connection,
    after: tuple[str, int] = ("", 0),
    limit: int = 100,
    *,
    call_id: str | None = None,
    campaign_id: str | None = None,
    state: str | None = None,
) -> list[RecordingRow]:
    """By id and part, behind `after`."""
    where, args = ["(id, part) > (?, ?)"], list[Any](after)
    for name, value in (("call_id", call_id), ("campaign_id", campaign_id), ("state", state)):
        if value is not None:
            where.append(f"{name} = ?")
            args.append(value)
    found = db.execute(
        f"SELECT {_COLUMNS} FROM recordings WHERE {' AND '.join(where)} ORDER BY id, part LIMIT ?", (*args, limit)
    )
    return [_row(row) for row in found]


def read_kept(
    db: sqlite3.Connection, after: tuple[int, str, int], limit: int = 1_000
) -> list[tuple[RecordingRow, str | None]]:
    """Published ones by end, id and part behind `after`, each with the disposition of its call."""
    found = db.execute(
        f"SELECT {_PREFIXED}, c.disposition FROM recordings r LEFT JOIN calls c ON c.id = r.call_id "
        "WHERE r.state = 'ready' AND (r.ended_at_ms, r.id, r.part) > (?, ?, ?) "
        "ORDER BY r.ended_at_ms, r.id, r.part LIMIT ?",
        (*after, limit),
    )
    return [(_row(row[:-1]), row[-1]) for row in found]
