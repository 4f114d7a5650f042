"""Bases of all wire structs."""

from __future__ import annotations

from typing import Annotated

import msgspec


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Arguments of a method. Unknown keys are refused."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What we send. May gain keys within an api level."""


Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:+@-]+$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Uri = Annotated[str, msgspec.Meta(min_length=3, max_length=512)]
Text = Annotated[str, msgspec.Meta(max_length=4096)]
Idem = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Ms = Annotated[int, msgspec.Meta(ge=0, le=86_400_000)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class Page(Request, frozen=True, kw_only=True):
    """Cursor paging: `after` is the last id of the previous page."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    after: str | None = None


class ById(Request, frozen=True, kw_only=True):
    """The object's id."""

    id: Id


class Done(Reply, frozen=True, kw_only=True):
    """A command took effect. `already`: there was nothing left to do."""

    already: bool = False
