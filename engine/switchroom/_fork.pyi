"""Frames of a media fork: docs/media-fork.md has the layout."""

from typing_extensions import Buffer

VERSION: str
HELLO: int
AUDIO: int
MARK: int
CLEAR: int
END: int
CLEARED: int
HEADER: int
FORMATS: tuple[str, ...]

class Encoder:
    clock: int
    def __init__(self, format: str, rate_hz: int, channels: int, leg: int) -> None: ...
    def records(self, data: Buffer) -> list[bytes]: ...
    def control(self, kind: int, payload: Buffer, flags: int = 0) -> bytes: ...

class Decoder:
    def __init__(self, format: str, rate_hz: int) -> None: ...
    def feed(self, data: Buffer) -> list[tuple[int, bytes]]: ...
