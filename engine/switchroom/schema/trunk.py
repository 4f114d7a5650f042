"""trunk.*: carriers and their health."""

from __future__ import annotations

from ._base import Name, Page, Reply, Request


class TrunkInfo(Reply, frozen=True, kw_only=True):
    """`up`: its OPTIONS are answered (or health checks are off) and it is enabled."""

    name: str
    uri: str
    up: bool
    enabled: bool
    calls: int
    max_calls: int
    max_cps: float
    caller_id: str | None = None
    last_status: int = 0
    last_checked_at_ms: int | None = None
    calls_total: int = 0
    failures_total: int = 0


class TrunkByName(Request, frozen=True, kw_only=True):
    """The trunk's name in the configuration file."""

    name: Name


class ListTrunks(Page, frozen=True, kw_only=True):
    """In the order of the configuration file."""


class TrunkPage(Reply, frozen=True, kw_only=True):
    items: tuple[TrunkInfo, ...]
    next: str | None = None
