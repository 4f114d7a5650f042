"""Tables of the SQLite store and how an older file becomes a newer one.

`PRAGMA user_version` holds the number of migrations applied. A migration is never edited once released; a new
one is appended. Instants are `_at_ms`, milliseconds since 1970 UTC; JSON columns hold UTF-8 text.
"""

from __future__ import annotations

import sqlite3

from ..errors import StoreError

_V1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE campaigns (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    started_at_ms INTEGER,
    ended_at_ms INTEGER,
    version INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE contacts (
    row INTEGER PRIMARY KEY,
    campaign_id TEXT NOT NULL,
    id TEXT NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    priority INTEGER NOT NULL DEFAULT 0,
    fields TEXT NOT NULL DEFAULT '{}',
    state TEXT NOT NULL DEFAULT 'open',
    attempts INTEGER NOT NULL DEFAULT 0,
    last_disposition TEXT,
    next_at_ms INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX contacts_id ON contacts (campaign_id, id);
CREATE UNIQUE INDEX contacts_number ON contacts (campaign_id, number);
CREATE INDEX contacts_queue ON contacts (campaign_id, state, priority DESC, next_at_ms, row);
CREATE INDEX contacts_by_id ON contacts (id);

CREATE TABLE attempts (
    id TEXT PRIMARY KEY,
    campaign_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    number TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    state TEXT NOT NULL,
    leased_at_ms INTEGER NOT NULL,
    started_at_ms INTEGER,
    ringing_at_ms INTEGER,
    answered_at_ms INTEGER,
    human_at_ms INTEGER,
    connected_at_ms INTEGER,
    ended_at_ms INTEGER,
    disposition TEXT,
    agent_id TEXT,
    agent_disposition TEXT,
    call_id TEXT,
    trunk TEXT,
    sip_status INTEGER NOT NULL DEFAULT 0,
    q850_cause INTEGER NOT NULL DEFAULT 0,
    side TEXT,
    amd TEXT,
    amd_ms INTEGER,
    message_played INTEGER NOT NULL DEFAULT 0,
    talk_ms INTEGER NOT NULL DEFAULT 0,
    recording TEXT,
    record_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX attempts_campaign ON attempts (campaign_id, answered_at_ms);
CREATE INDEX attempts_contact ON attempts (campaign_id, contact_id);
CREATE INDEX attempts_open ON attempts (state) WHERE state <> 'ended';

CREATE TABLE calls (
    id TEXT PRIMARY KEY,
    direction TEXT NOT NULL,
    from_ TEXT NOT NULL,
    to_ TEXT NOT NULL,
    trunk TEXT,
    campaign_id TEXT,
    contact_id TEXT,
    attempt_id TEXT,
    agent_id TEXT,
    disposition TEXT,
    created_at_ms INTEGER NOT NULL,
    ringing_at_ms INTEGER,
    answered_at_ms INTEGER,
    connected_at_ms INTEGER,
    ended_at_ms INTEGER NOT NULL,
    talk_ms INTEGER NOT NULL DEFAULT 0,
    sip_status INTEGER NOT NULL DEFAULT 0,
    q850_cause INTEGER NOT NULL DEFAULT 0,
    side TEXT,
    sip_call_id TEXT,
    codec TEXT,
    recording TEXT,
    record_ms INTEGER,
    rx_packets INTEGER NOT NULL DEFAULT 0,
    rx_lost INTEGER NOT NULL DEFAULT 0,
    tx_packets INTEGER NOT NULL DEFAULT 0,
    jitter_us INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX calls_created ON calls (created_at_ms);
CREATE INDEX calls_campaign ON calls (campaign_id, created_at_ms);

CREATE TABLE agent_log (
    row INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    agent_id TEXT NOT NULL,
    state TEXT NOT NULL,
    campaign_id TEXT,
    call_id TEXT,
    reason TEXT
);

CREATE TABLE idem (
    method TEXT NOT NULL,
    key TEXT NOT NULL,
    digest BLOB NOT NULL,
    outcome BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (method, key)
) WITHOUT ROWID;
CREATE INDEX idem_age ON idem (at_ms);

CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    topic TEXT NOT NULL,
    v INTEGER NOT NULL,
    call_id TEXT,
    campaign_id TEXT,
    agent_id TEXT,
    data BLOB NOT NULL
);
"""

_CALLS_QUALITY = """
ALTER TABLE calls ADD COLUMN tx_lost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN tx_jitter_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN rtt_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN rx_r_tenth INTEGER;
ALTER TABLE calls ADD COLUMN rx_mos_cent INTEGER;
ALTER TABLE calls ADD COLUMN rx_mos_min_cent INTEGER;
ALTER TABLE calls ADD COLUMN tx_r_tenth INTEGER;
ALTER TABLE calls ADD COLUMN tx_mos_cent INTEGER;
ALTER TABLE calls ADD COLUMN tx_mos_min_cent INTEGER;
ALTER TABLE calls ADD COLUMN rx_level_cdbm0 INTEGER;
ALTER TABLE calls ADD COLUMN tx_level_cdbm0 INTEGER;
ALTER TABLE calls ADD COLUMN rx_clipped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN one_way_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN dead_air_ms INTEGER NOT NULL DEFAULT 0;
"""

_RECORDINGS = """
CREATE TABLE recordings (
    id TEXT NOT NULL,
    part INTEGER NOT NULL,
    call_id TEXT NOT NULL,
    campaign_id TEXT,
    agent_id TEXT,
    tenant TEXT,
    sides TEXT NOT NULL,
    codec TEXT NOT NULL,
    state TEXT NOT NULL,
    format TEXT NOT NULL,
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    duration_ms INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT,
    key_id TEXT,
    gaps TEXT NOT NULL DEFAULT '[]',
    error TEXT,
    hold TEXT,
    erased_at_ms INTEGER,
    PRIMARY KEY (id, part)
) WITHOUT ROWID;
CREATE INDEX recordings_call ON recordings (call_id);
CREATE INDEX recordings_unpublished ON recordings (state) WHERE state IN ('recording', 'closed');
CREATE INDEX recordings_kept ON recordings (ended_at_ms) WHERE state = 'ready';
"""

_CALLS_SRTP = "ALTER TABLE calls ADD COLUMN srtp TEXT;"

_MIGRATIONS: tuple[str, ...] = (_V1, _CALLS_QUALITY, _RECORDINGS, _CALLS_SRTP)
VERSION = len(_MIGRATIONS)


def migrate(db: sqlite3.Connection, path: str) -> None:
    """Bring the file up to VERSION, each step in one transaction. Raises StoreError if the file is newer."""
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise StoreError(
            f"store {path}: the file has version {found}, this program knows versions up to {VERSION}; "
            "start the newer switchroom that wrote it, or name another file in [store] url"
        )
    for number in range(found, VERSION):
        db.executescript(f"BEGIN IMMEDIATE;\n{_MIGRATIONS[number]}\nPRAGMA user_version = {number + 1};\nCOMMIT;")
