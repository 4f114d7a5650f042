"""events.*: the journal and its subscriptions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ._base import Count, Name, Reply, Request


class Subscribe(Request, frozen=True, kw_only=True):
    """`topics`: words joined by dots; `*` is one word, a final `>` the rest. `since`: replay after that id first."""

    topics: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=64)]
    filter: dict[str, str] = msgspec.field(default_factory=dict)  # campaign_id, call_id, agent_id
    since: Annotated[int, msgspec.Meta(ge=0)] | None = None
    epoch: Name | None = None  # of the session in which `since` was seen
    batch: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    policy: Literal["pause", "drop", "close"] = "pause"


class Subscribed(Reply, frozen=True, kw_only=True):
    sub_id: int
    from_: int = msgspec.field(name="from")
    head: int


class Unsubscribe(Request, frozen=True, kw_only=True):
    sub_id: Count


class Ack(Request, frozen=True, kw_only=True):
    """Handled up to and with `id`. Optional: lets the server show how far a client is behind."""

    sub_id: Count
    id: Annotated[int, msgspec.Meta(ge=0)]


class Event(Reply, frozen=True, kw_only=True):
    """A fact, numbered by order of commit."""

    id: int
    at_ms: int
    topic: str
    v: int = 1
    call_id: str | None = None
    campaign_id: str | None = None
    agent_id: str | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)
