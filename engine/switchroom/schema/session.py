"""session.* and api.ping: who is calling."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ._base import Name, Page, Reply, Request

Level = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class ClientInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Name and version of the client program, for the logs. May hold other keys."""

    name: Name
    version: Annotated[str, msgspec.Meta(max_length=128)] = ""


class Auth(Request, frozen=True, kw_only=True):
    """`api`: lowest and highest api level the client speaks. `token`: needed unless the socket knows who is calling."""

    api: tuple[Level, Level] = (1, 1)
    client: ClientInfo | None = None
    token: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)] | None = None


class ServerInfo(Reply, frozen=True, kw_only=True):
    """`epoch` changes when the journal's ids begin anew; `instance_id` with every start."""

    name: str
    version: str
    instance_id: str
    epoch: str


class JournalBounds(Reply, frozen=True, kw_only=True):
    """Oldest and newest event id kept; first_id = last_id + 1 when there is none."""

    first_id: int
    last_id: int


class Limits(Reply, frozen=True, kw_only=True):
    """What a client may send and how much may wait for it. Sizes in bytes."""

    frame_bytes: int
    frame_bytes_before_auth: int
    depth: int
    array_elements: int
    map_pairs: int
    text_bytes: int
    pending_requests: int
    requests_per_s: int
    requests_burst: int
    subscriptions: int
    queue_bytes: int
    queue_events: int
    auth_timeout_ms: int
    stall_timeout_ms: int
    unauthenticated: int
    unauthenticated_per_address: int


class Welcome(Reply, frozen=True, kw_only=True):
    """Result of session.auth. `api` is the level of this session."""

    session_id: str
    api: int
    roles: tuple[str, ...]
    limits: Limits
    server: ServerInfo
    journal: JournalBounds


class Ping(Request, frozen=True, kw_only=True):
    """Nothing."""


class Pong(Reply, frozen=True, kw_only=True):
    """Wall clock of the server; `head` is the newest event id, 0 before session.auth."""

    at_ms: int
    head: int


class ListSessions(Page, frozen=True, kw_only=True):
    """Connected clients."""


class SessionInfo(Reply, frozen=True, kw_only=True):
    """One client. `queue_bytes` and `queue_events` wait for it; `lag_events` is how far its slowest subscription is
    behind the newest event; `dropped` events were skipped by policy."""

    id: str
    peer: str
    name: str
    roles: tuple[str, ...]
    client: str = ""
    connected_at_ms: int
    requests: int = 0
    refused: int = 0
    subscriptions: int = 0
    queue_bytes: int = 0
    queue_events: int = 0
    lag_events: int = 0
    acked_id: int | None = None
    dropped: int = 0


class SessionPage(Reply, frozen=True, kw_only=True):
    items: tuple[SessionInfo, ...]
    next: str | None = None
