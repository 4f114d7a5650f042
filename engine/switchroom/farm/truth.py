"""Ground truth: what callees and agents really did, one JSON line each, to hold against what the engine reports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from ..errors import EngineError


class CalleeTruth(msgspec.Struct, kw_only=True, frozen=True):
    """One call as its callee lived it. `side`: who ended it, as the callee saw it. Instants in ms since 1970 UTC."""

    sip_call_id: str
    number: str
    nth: int
    identity: int
    kind: str
    invited_at_ms: int
    answered_at_ms: int | None
    heard_at_ms: int | None  # first RTP from the caller
    ended_at_ms: int
    status: int
    side: str
    rx_packets: int
    rx_lost: int
    tx_packets: int
    tx_errors: int


class TalkTruth(msgspec.Struct, kw_only=True, frozen=True):
    """One conversation as the agent lived it; `identity` is what the agent's markers said."""

    identity: int
    agent_id: str
    call_id: str
    nth: int
    started_at_ms: int
    ended_at_ms: int
    hung_up: bool


class PhoneTruth(msgspec.Struct, kw_only=True, frozen=True):
    """One call to an agent's phone."""

    agent_id: str
    sip_call_id: str
    answered_at_ms: int
    ended_at_ms: int
    side: str
    rx_packets: int
    rx_lost: int
    tx_packets: int
    tx_errors: int


Line = TypeVar("Line", bound=msgspec.Struct)


class TruthLog:
    """Appends lines to a file, each handed to the kernel whole when `write` returns. Path None: writes nothing."""

    def __init__(self, path: Path | None) -> None:
        self._file = path.open("ab", buffering=0) if path is not None else None

    def write(self, line: msgspec.Struct) -> None:
        if self._file is not None:
            self._file.write(msgspec.json.encode(line) + b"\n")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def read_truth(path: Path, kind: type[Line]) -> Iterator[Line]:
    """Lines of one kind. EngineError names file and line of the first that is none."""
    decoder = msgspec.json.Decoder(kind)
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            yield decoder.decode(line)
        except msgspec.DecodeError as error:
            raise EngineError(f"{path}:{number}: not a line of ground truth ({error})") from error
