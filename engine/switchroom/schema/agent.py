"""agent.*: the people who talk."""

from __future__ import annotations

from typing import Literal

from ._base import Id, Ms, Name, Page, Reply, Request, Uri

AgentState = Literal["offline", "ready", "reserved", "talking", "wrapup", "paused"]


class Login(Request, frozen=True, kw_only=True):
    """`nailed_up`: one call to `uri` is held open for the shift, so that a person who answers hears the agent at once;
    otherwise the agent's phone is called for each conversation."""

    id: Id
    uri: Uri
    name: Name | None = None
    nailed_up: bool = True
    ready: bool = False
    campaigns: tuple[Id, ...] = ()
    wrapup_ms: Ms | None = None


class Ready(Request, frozen=True, kw_only=True):
    id: Id


class PauseAgent(Request, frozen=True, kw_only=True):
    """Takes effect at once when idle, else after the current call's wrap-up."""

    id: Id
    reason: Name | None = None


class Logout(Request, frozen=True, kw_only=True):
    id: Id


class WrapupDone(Request, frozen=True, kw_only=True):
    """End wrap-up now; `disposition` is the agent's word for how the talk went."""

    id: Id
    disposition: Name | None = None
    note: Name | None = None


class AgentInfo(Reply, frozen=True, kw_only=True):
    id: str
    name: str
    uri: str
    state: AgentState
    since_ms: int
    nailed_up: bool
    connected: bool = False
    campaigns: tuple[str, ...] = ()
    call_id: str | None = None
    pause_reason: str | None = None
    pausing: bool = False
    talks: int = 0
    talk_ms: int = 0
    ready_ms: int = 0
    wrapup_ms: int = 0
    paused_ms: int = 0
    version: int = 0
    last_event_id: int = 0


class ListAgents(Page, frozen=True, kw_only=True):
    state: AgentState | None = None


class AgentPage(Reply, frozen=True, kw_only=True):
    items: tuple[AgentInfo, ...]
    next: str | None = None
    as_of: int = 0
