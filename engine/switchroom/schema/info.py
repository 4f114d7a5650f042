"""api.info: the whole protocol, described by itself."""

from __future__ import annotations

from typing import Any

import msgspec

from ._base import Reply, Request
from .session import Limits


class Info(Request, frozen=True, kw_only=True):
    """Nothing."""


class MethodInfo(Reply, frozen=True, kw_only=True):
    """`params` and `result` are JSON Schemas whose references point into `schemas`. `roles`: any of them may call it;
    empty: open to all. `mutates`: it changes something and is written to the audit log. `idem`: takes that key."""

    name: str
    doc: str
    roles: tuple[str, ...]
    since: int
    deprecated_since: int | None = None
    mutates: bool = False
    idem: bool = False
    params: dict[str, Any] = msgspec.field(default_factory=dict)
    result: dict[str, Any] = msgspec.field(default_factory=dict)


class TopicInfo(Reply, frozen=True, kw_only=True):
    """`journaled`: false for samples, of which only the latest counts and none is replayed."""

    topic: str
    doc: str
    since: int
    journaled: bool = True


class ErrorInfo(Reply, frozen=True, kw_only=True):
    code: int
    name: str
    doc: str


class ApiInfo(Reply, frozen=True, kw_only=True):
    """`api_compatible` is the oldest level still honoured."""

    api_level: int
    api_compatible: int
    version: str
    methods: tuple[MethodInfo, ...]
    events: tuple[TopicInfo, ...]
    errors: tuple[ErrorInfo, ...]
    limits: Limits
    schemas: dict[str, Any]
