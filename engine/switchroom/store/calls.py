"""Ended calls in the store: the rows CDRs are made of. One row per call, written once, at its end."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, fields
from typing import Any

from ..schema.call import Direction


@dataclass(slots=True)
class CallRow:
    """One ended call. Sound is of the first leg: rx what it said, tx what it heard (lost and jitter by its reports).
    MOS in hundredths, R in tenths, level of speech in hundredths of dBm0; None: not known. `record_ms` is the length of
    the recording by its samples; `talk_ms` from connect to end.
    `srtp`: suite of the first leg's encryption, None: in clear."""

    id: str
    direction: Direction
    from_: str
    to_: str
    created_at_ms: int
    ended_at_ms: int
    trunk: str | None = None
    campaign_id: str | None = None
    contact_id: str | None = None
    attempt_id: str | None = None
    agent_id: str | None = None
    disposition: str | None = None
    ringing_at_ms: int | None = None
    answered_at_ms: int | None = None
    connected_at_ms: int | None = None
    talk_ms: int = 0
    sip_status: int = 0
    q850_cause: int = 0
    side: str | None = None
    sip_call_id: str | None = None
    codec: str | None = None
    srtp: str | None = None
    recording: str | None = None
    record_ms: int | None = None
    rx_packets: int = 0
    rx_lost: int = 0
    tx_packets: int = 0
    jitter_us: int = 0
    tx_lost: int = 0
    tx_jitter_us: int = 0
    rtt_us: int = 0
    rx_r_tenth: int | None = None
    rx_mos_cent: int | None = None
    rx_mos_min_cent: int | None = None
    tx_r_tenth: int | None = None
    tx_mos_cent: int | None = None
    tx_mos_min_cent: int | None = None
    rx_level_cdbm0: int | None = None
    tx_level_cdbm0: int | None = None
    rx_clipped: int = 0
    one_way_ms: int = 0
    dead_air_ms: int = 0


_NAMES = tuple(f.name for f in fields(CallRow))
_COLUMNS = ", ".join(_NAMES)


@dataclass(slots=True)
class InsertCall:
    """An ended call."""

    row: CallRow

    def apply(self, db: sqlite3.Connection) -> None:
        marks = ", ".join("?" for _ in _NAMES)
        db.execute(
            f"INSERT INTO calls ({_COLUMNS}) VALUES ({marks})",
            tuple(getattr(self.row, name) for name in _NAMES),
        )


def _call(values: tuple[Any, ...]) -> CallRow:
    return CallRow(**dict(zip(_NAMES, values, strict=True)))


def read_call(db: sqlite3.Connection, call_id: str) -> CallRow | None:
    """One ended call."""
    row = db.execute(f"SELECT {_COLUMNS} FROM calls WHERE id = ?", (call_id,)).fetchone()
    return None if row is None else _call(row)


def read_calls(
    db: sqlite3.Connection, after: str = "", limit: int = 1_000, campaign_id: str | None = None
) -> list[CallRow]:
    """Ended calls in order of id (that is, of time) behind `after`."""
    where, args = "id > ?", [after]
    if campaign_id is not None:
        where, args = where + " AND campaign_id = ?", [*args, campaign_id]
    rows = db.execute(f"SELECT {_COLUMNS} FROM calls WHERE {where} ORDER BY id LIMIT ?", (*args, limit))
    return [_call(row) for row in rows]
