"""Log of agent states in the store, for reports: one row per change."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import cast

from ..schema.agent import AgentState


@dataclass(slots=True)
class AgentLogRow:
    """From `at_ms` on, the agent was in `state`. `call_id` while reserved, talking and in wrap-up."""

    at_ms: int
    agent_id: str
    state: AgentState
    campaign_id: str | None = None
    call_id: str | None = None
    reason: str | None = None


@dataclass(slots=True)
class LogAgent:
    """An agent changed state."""

    row: AgentLogRow

    def apply(self, db: sqlite3.Connection) -> None:
        row = self.row
        db.execute(
            "INSERT INTO agent_log (at_ms, agent_id, state, campaign_id, call_id, reason) VALUES (?, ?, ?, ?, ?, ?)",
            (row.at_ms, row.agent_id, row.state, row.campaign_id, row.call_id, row.reason),
        )


def read_agent_log(db: sqlite3.Connection, from_ms: int, to_ms: int) -> list[AgentLogRow]:
    """Changes within [from_ms, to_ms], and for each agent the last one before, in order."""
    rows = db.execute(
        "SELECT at_ms, agent_id, state, campaign_id, call_id, reason FROM agent_log WHERE row IN ("
        " SELECT row FROM agent_log WHERE at_ms BETWEEN ? AND ?"
        " UNION SELECT max(row) FROM agent_log WHERE at_ms < ? GROUP BY agent_id) ORDER BY row",
        (from_ms, to_ms, from_ms),
    )
    return [AgentLogRow(row[0], row[1], cast(AgentState, row[2]), row[3], row[4], row[5]) for row in rows]
