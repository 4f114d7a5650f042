"""call.fork.*: live audio of a call to a program, and back. docs/media-fork.md has the layout of the stream."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ._base import Id, Reply, Request

Leg = Annotated[int, msgspec.Meta(ge=0, le=255)]
ForkDirection = Literal["in", "out", "both"]


class ForkStart(Request, frozen=True, kw_only=True):
    """`sink`: unix:PATH or tcp://HOST:PORT where the client listens; the engine connects. `direction`: in is what the
    leg says, out what it hears, both two channels in this order. `format` wire: the leg's own codec (G.711)."""

    id: Id
    sink: Annotated[str, msgspec.Meta(min_length=6, max_length=256)]
    leg: Leg = 0
    direction: ForkDirection = "in"
    format: Literal["pcm_s16le", "pcmu", "pcma", "wire"] = "pcm_s16le"
    rate_hz: Literal[8000, 16000] = 8000


class ForkStop(Request, frozen=True, kw_only=True):
    id: Id
    leg: Leg = 0


class ForkInfo(Reply, frozen=True, kw_only=True):
    """A fork of a call's leg; at most one per leg."""

    id: str
    leg: int
    sink: str
    format: str
    rate_hz: int
    direction: ForkDirection
