"""The protocol as a client speaks it, without I/O: bytes of requests, and what arrives made of messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from ..control.framing import FrameLimits, Framer, Notification, Response, decode, method_name
from ..errors import EngineError, ProtocolError, error_class
from ._invoke import Params

# The engine's pages are larger than what it takes itself.
LIMITS = FrameLimits(
    frame_bytes=64 * 1024 * 1024, depth=32, array_elements=1_000_000, map_pairs=65_536, text_bytes=16 * 1024 * 1024
)
_encoder = msgspec.msgpack.Encoder()


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer to request `msgid`: bytes of the result, or the error to raise."""

    msgid: int
    result: bytes
    error: EngineError | None


@dataclass(frozen=True, slots=True)
class Pushed:
    """A notification: its name and its arguments."""

    name: str
    args: list[Any]


class Wire:
    """One connection."""

    def __init__(self) -> None:
        self._framer = Framer(LIMITS)
        self._next = 0

    def request(self, method: str, params: Params) -> tuple[int, bytes]:
        """(msgid, bytes to send)"""
        self._next = (self._next + 1) & 0xFFFFFFFF
        return self._next, _encoder.encode((0, self._next, method, (params if params is not None else {},)))

    def receive(self, data: bytes) -> Iterator[Reply | Pushed]:
        """Messages that are complete now. Raises ProtocolError, TooLarge or TooDeep: close then."""
        self._framer.feed(data)
        while (frame := self._framer.next()) is not None:
            message = decode(frame)
            if isinstance(message, Response):
                yield Reply(message.msgid, bytes(message.result), error_of(message.error))
            elif isinstance(message, Notification):
                args = msgspec.msgpack.decode(message.params)
                yield Pushed(method_name(message.method), args if isinstance(args, list) else [args])
            else:
                raise ProtocolError(f"the server sent a request ({method_name(message.method)}); it never should")


def error_of(error: Any) -> EngineError | None:
    """[code, message, data] as the exception the engine raised; its class by code."""
    if error is None:
        return None
    if not isinstance(error, list) or len(error) < 2:
        return EngineError(f"the server answered with an error of unknown shape: {error!r}")
    data = error[2] if len(error) > 2 and isinstance(error[2], dict) else {}
    data = {key: value for key, value in data.items() if key not in {"self", "message"}}
    return error_class(int(error[0]))(str(error[1]), **data)
