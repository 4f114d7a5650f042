"""call.supervise.*: a third person beside a call."""

from __future__ import annotations

from typing import Literal

from ._base import Id, Ms, Page, Reply, Request, Uri

SuperviseMode = Literal["listen", "whisper", "barge"]


class SuperviseStart(Request, frozen=True, kw_only=True):
    """`supervisor`: a SIP URI, or the id of an agent: a nailed-up phone is used when its agent is paused, another one
    is called. `agent_leg`: the leg_id of who hears a whisper; without it the phone of a logged-in agent in the call, or
    the leg that the call's first one is bridged to."""

    call_id: Id
    supervisor: Uri
    mode: SuperviseMode = "listen"
    agent_leg: Id | None = None
    ring_timeout_ms: Ms = 30_000


class SuperviseChange(Request, frozen=True, kw_only=True):
    id: Id
    mode: SuperviseMode


class Supervision(Reply, frozen=True, kw_only=True):
    """`supervisor_call_id`: the call to the supervisor's phone."""

    id: str
    call_id: str
    supervisor: str
    supervisor_call_id: str
    mode: SuperviseMode
    state: Literal["ringing", "joined", "left"]


class SupervisionPage(Reply, frozen=True, kw_only=True):
    items: tuple[Supervision, ...]
    next: str | None = None
    as_of: int = 0


class ListSupervisions(Page, frozen=True, kw_only=True):
    call_id: Id | None = None
