"""Campaigns in the store."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import cast, get_args

import msgspec

from ..errors import Exists, NotFound
from ..schema.campaign import CampaignSettings, CampaignState

_COLUMNS = "id, name, state, settings, created_at_ms, started_at_ms, ended_at_ms, version"
_settings_decoder = msgspec.json.Decoder(CampaignSettings)


@dataclass(slots=True)
class CampaignRow:
    """A campaign as stored."""

    id: str
    name: str
    state: CampaignState
    settings: CampaignSettings
    created_at_ms: int
    started_at_ms: int | None = None
    ended_at_ms: int | None = None
    version: int = 0


@dataclass(slots=True)
class InsertCampaign:
    """A new campaign. Raises Exists."""

    row: CampaignRow

    def apply(self, db: sqlite3.Connection) -> None:
        row = self.row
        try:
            db.execute(
                f"INSERT INTO campaigns ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    row.id,
                    row.name,
                    row.state,
                    msgspec.json.encode(row.settings).decode(),
                    row.created_at_ms,
                    row.started_at_ms,
                    row.ended_at_ms,
                    row.version,
                ),
            )
        except sqlite3.IntegrityError as error:
            raise Exists(f"campaign {row.id} exists already; choose another id", id=row.id) from error


@dataclass(slots=True)
class UpdateCampaign:
    """Name, state, settings, times and version of an existing campaign. Raises NotFound."""

    row: CampaignRow

    def apply(self, db: sqlite3.Connection) -> None:
        row = self.row
        done = db.execute(
            "UPDATE campaigns SET name = ?, state = ?, settings = ?, started_at_ms = ?, ended_at_ms = ?, version = ? "
            "WHERE id = ?",
            (
                row.name,
                row.state,
                msgspec.json.encode(row.settings).decode(),
                row.started_at_ms,
                row.ended_at_ms,
                row.version,
                row.id,
            ),
        )
        if done.rowcount != 1:
            raise NotFound(f"no campaign {row.id}", id=row.id)


def read_campaigns(db: sqlite3.Connection) -> list[CampaignRow]:
    """All campaigns, oldest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM campaigns ORDER BY created_at_ms, id").fetchall()
    return [
        CampaignRow(
            id=row[0],
            name=row[1],
            state=_state(row[2]),
            settings=_settings_decoder.decode(row[3]),
            created_at_ms=row[4],
            started_at_ms=row[5],
            ended_at_ms=row[6],
            version=row[7],
        )
        for row in rows
    ]


def _state(text: str) -> CampaignState:
    if text not in get_args(CampaignState):
        raise ValueError(f"campaign state {text!r} in the store is none of {get_args(CampaignState)}")
    return cast(CampaignState, text)
