"""A byte stream cut into MessagePack-RPC messages, and their envelope decoded.

The end of a message is found by the C scanner (csrc/rpc/frame.h), which enforces the limits before anything is
buffered or decoded; msgspec then decodes exactly that slice.
Source: https://github.com/msgpack-rpc/msgpack-rpc/blob/master/spec.md
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from .._frame import Scanner
from ..errors import ProtocolError, TooDeep, TooLarge

__all__ = ["BEFORE_AUTH", "FrameLimits", "Framer", "Notification", "Request", "Response", "decode", "notification"]

_ERRORS: dict[int, type[ProtocolError | TooDeep | TooLarge]] = {
    -errno.EBADMSG: ProtocolError,
    -errno.ELOOP: TooDeep,
    -errno.EMSGSIZE: TooLarge,
}


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """Inclusive limits of one message. `depth` counts nested arrays and maps, the message's own array being 1."""

    frame_bytes: int = 1024 * 1024
    depth: int = 16
    array_elements: int = 65_536
    map_pairs: int = 1_024
    text_bytes: int = 256 * 1024

    def for_scanner(self) -> dict[str, int]:
        return {
            "frame": self.frame_bytes,
            "depth": self.depth,
            "array": self.array_elements,
            "map": self.map_pairs,
            "str": self.text_bytes,
        }


BEFORE_AUTH = FrameLimits(frame_bytes=64 * 1024)


class Framer:
    """Messages out of a stream: `feed` what arrived, then take `next` until it gives None.

    Holds at most one incomplete message (`limits.frame_bytes`) and what one `feed` brought.
    """

    def __init__(self, limits: FrameLimits) -> None:
        self._scanner = Scanner(**limits.for_scanner())
        self._buffer = bytearray()
        self._start = 0

    def limit(self, limits: FrameLimits) -> None:
        """Other limits from now on."""
        self._scanner.limit(**limits.for_scanner())

    def feed(self, data: bytes) -> None:
        if self._start:
            del self._buffer[: self._start]
            self._start = 0
        self._buffer += data

    def next(self) -> bytes | None:
        """The next complete message. Raises ProtocolError, TooLarge or TooDeep; the stream's position is lost then."""
        length = self._scanner.scan(self._buffer, self._start)
        if length == 0:
            return None
        if length < 0:
            why, found, allowed = self._scanner.fault
            limit = f": {found}, allowed are {allowed}" if allowed else ""
            raise _ERRORS[length](f"{why}{limit}", limit=allowed or None)
        start, self._start = self._start, self._start + length
        return bytes(memoryview(self._buffer)[start : self._start])

    @property
    def pending(self) -> int:
        """Bytes that arrived and were not taken."""
        return len(self._buffer) - self._start


class _Message(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """`method` is text or bin: pynvim sends bin."""


MsgId = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]


class Request(_Message, tag=0, array_like=True, frozen=True, forbid_unknown_fields=True):
    """[0, msgid, method, params]"""

    msgid: MsgId
    method: Any
    params: msgspec.Raw


class Response(_Message, tag=1, array_like=True, frozen=True, forbid_unknown_fields=True):
    """[1, msgid, error, result]"""

    msgid: MsgId
    error: Any
    result: msgspec.Raw


class Notification(_Message, tag=2, array_like=True, frozen=True, forbid_unknown_fields=True):
    """[2, method, params]"""

    method: Any
    params: msgspec.Raw


_decoder = msgspec.msgpack.Decoder(Request | Response | Notification)
_encoder = msgspec.msgpack.Encoder()


def decode(frame: bytes) -> Request | Response | Notification:
    """Envelope of a complete message. Raises ProtocolError; the stream's position is still known then."""
    try:
        message: Request | Response | Notification = _decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProtocolError(f"not a request, response or notification: {error}") from error
    if not isinstance(message, Response) and not isinstance(message.method, str | bytes):
        raise ProtocolError(f"the method's name must be text or bin, not {type(message.method).__name__}")
    return message


def method_name(method: str | bytes) -> str:
    """Bytes that are not UTF-8 show as U+FFFD."""
    return method if isinstance(method, str) else method.decode(errors="replace")


def notification(method: str, argument: Any) -> bytes:
    """[2, method, [argument]]"""
    return _encoder.encode((2, method, (argument,)))
