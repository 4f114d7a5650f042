"""conference.*: up to 16 calls that hear each other."""

from __future__ import annotations

from ._base import Id, Page, Reply, Request


class CreateConference(Request, frozen=True, kw_only=True):
    """Without `id` one is made."""

    id: Id | None = None


class JoinConference(Request, frozen=True, kw_only=True):
    """An answered call; it leaves its bridge. Again: other roles."""

    id: Id
    call_id: Id
    talk: bool = True
    hear: bool = True


class LeaveConference(Request, frozen=True, kw_only=True):
    id: Id
    call_id: Id


class MuteConference(Request, frozen=True, kw_only=True):
    """`muted`: the others do not hear this call."""

    id: Id
    call_id: Id
    muted: bool = True


class ConferenceMember(Reply, frozen=True, kw_only=True):
    call_id: str
    talk: bool
    hear: bool


class Conference(Reply, frozen=True, kw_only=True):
    id: str
    members: tuple[ConferenceMember, ...] = ()


class ConferencePage(Reply, frozen=True, kw_only=True):
    items: tuple[Conference, ...]
    next: str | None = None
    as_of: int = 0


class ListConferences(Page, frozen=True, kw_only=True):
    pass
