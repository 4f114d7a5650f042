"""Roles: named sets of method patterns. A session may call what any of its roles allows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from .pattern import Patterns

# Open before session.auth.
OPEN = frozenset({"api.info", "api.ping", "session.auth"})

_EVERYONE = ("api.*", "session.auth", "events.*")
_READ = ("*.get", "*.list", "*.stats", "call.play.list", "engine.health")

# `call.*` holds none of call.record.*, call.fork.* and call.supervise.*: recording people, listening to them live, by a
# program or a person, are permissions of their own (roles recorder, forker, supervisor).
ROLES: dict[str, Patterns] = {
    "observer": Patterns(*_EVERYONE, *_READ),
    "agent": Patterns(*_EVERYONE, "agent.login", "agent.ready", "agent.pause", "agent.logout", "agent.wrapup_done",
                      "agent.get"),
    "operator": Patterns(*_EVERYONE, *_READ, "call.*", "call.play.*", "conference.*", "campaign.*", "contact.*",
                         "agent.*"),
    "supervisor": Patterns(*_EVERYONE, *_READ, "call.supervise.*"),
    "recorder": Patterns(*_EVERYONE, "call.record.*", "recording.list", "recording.get", "recording.read",
                         "recording.hold"),
    "forker": Patterns(*_EVERYONE, "call.fork.*"),
    "admin": Patterns(">"),
}  # fmt: skip

# What `observer` and `operator` may not see, though it ends in get, list or stats: who else is connected.
_ADMIN_ONLY = frozenset({"session.list"})


@lru_cache(maxsize=4_096)
def may(roles: frozenset[str], method: str) -> bool:
    """Do `roles` allow calling `method`?"""
    if "admin" in roles:
        return True
    return method not in _ADMIN_ONLY and any(ROLES[role].match(method) for role in roles)


def roles_of(method: str) -> tuple[str, ...]:
    """Roles that allow a method; empty when it is open to all."""
    return () if method in OPEN else tuple(role for role in ROLES if may(frozenset({role}), method))


def only_agent(roles: Iterable[str]) -> bool:
    """Is this session limited to one agent's own state and events?"""
    return set(roles) <= {"agent", "recorder", "forker"}
