"""contact.*: whom to call."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ._base import Id, Idem, Name, Page, Reply, Request

ContactState = Literal["open", "leased", "done", "invalid"]


class AddContact(Request, frozen=True, kw_only=True):
    """One contact, dialed as soon as pacing allows: higher `priority` first."""

    campaign_id: Id
    id: Id | None = None
    number: Name
    name: Name | None = None
    priority: Annotated[int, msgspec.Meta(ge=-1000, le=1000)] = 0
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    idem: Idem | None = None


class ImportContacts(Request, frozen=True, kw_only=True):
    """CSV, header line first; a `number` (or `phone`) column is needed, `id`, `name`, `priority` are known, others are
    kept as fields. Give `path` (on the server) or `data` (bytes, UTF-8)."""

    campaign_id: Id
    path: Name | None = None
    data: bytes | None = None


class RejectedLine(Reply, frozen=True, kw_only=True):
    """`line` counts from 1, the header being line 1."""

    line: int
    reason: str
    value: str = ""


class ImportResult(Reply, frozen=True, kw_only=True):
    """`rejected` holds the first 1,000; `rejected_count` all."""

    accepted: int
    rejected_count: int
    duplicates: int
    rejected: tuple[RejectedLine, ...] = ()


class ContactInfo(Reply, frozen=True, kw_only=True):
    id: str
    campaign_id: str
    number: str
    name: str = ""
    state: ContactState = "open"
    priority: int = 0
    attempts: int = 0
    last_disposition: str | None = None
    next_attempt_at_ms: int | None = None
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    replayed: bool = False


class GetContact(Request, frozen=True, kw_only=True):
    """A contact's id is unique within its campaign."""

    campaign_id: Id
    id: Id


class ContactPage(Reply, frozen=True, kw_only=True):
    items: tuple[ContactInfo, ...]
    next: str | None = None


class ListContacts(Page, frozen=True, kw_only=True):
    campaign_id: Id
