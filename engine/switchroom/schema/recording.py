"""recording.*: files of recorded calls, from their start to their erasure."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ._base import Id, Page, Reply, Request, Text

RecordingState = Literal["recording", "closed", "ready", "failed", "erased"]
Part = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class RecordingInfo(Reply, frozen=True, kw_only=True):
    """One file. `bytes` and `sha256` are of the file as it lies there; with `key_id` that is encrypted. `gaps`: pauses,
    ms from the beginning of the file. `error`: what cut it short. `hold`: reason of a legal hold."""

    id: str
    part: int
    call_id: str
    state: RecordingState
    path: str
    sides: Literal["both", "customer", "agent", "mixed"]
    format: str
    started_at_ms: int
    ended_at_ms: int | None = None
    duration_ms: int = 0
    bytes: int = 0
    sha256: str | None = None
    campaign_id: str | None = None
    agent_id: str | None = None
    tenant: str | None = None
    key_id: str | None = None
    gaps: tuple[tuple[int, int], ...] = ()
    error: str | None = None
    hold: str | None = None
    erased_at_ms: int | None = None


class RecordingPage(Reply, frozen=True, kw_only=True):
    """`next` is ID/PART."""

    items: tuple[RecordingInfo, ...]
    next: str | None = None


class ListRecordings(Page, frozen=True, kw_only=True):
    call_id: Id | None = None
    campaign_id: Id | None = None
    state: RecordingState | None = None


class GetRecording(Request, frozen=True, kw_only=True):
    id: Id
    part: Part = 1


class ReadRecording(Request, frozen=True, kw_only=True):
    """A piece of the audio file, decrypted."""

    id: Id
    part: Part = 1
    offset: Annotated[int, msgspec.Meta(ge=0, le=2**40)] = 0
    length: Annotated[int, msgspec.Meta(ge=1, le=65_536)] = 65_536


class RecordingData(Reply, frozen=True, kw_only=True):
    """`size`: of the whole file, decrypted."""

    data: bytes
    offset: int
    size: int


class HoldRecording(Request, frozen=True, kw_only=True):
    """Legal hold: not erased, by rule or by hand, until it is released."""

    id: Id
    reason: Annotated[Text, msgspec.Meta(min_length=1)]


class EraseRecording(Request, frozen=True, kw_only=True):
    """All parts. The reason goes into the ledger."""

    id: Id
    reason: Annotated[Text, msgspec.Meta(min_length=1)]


class Erased(Reply, frozen=True, kw_only=True):
    """`ledger_hash`: head of the chain of proofs after it."""

    files: int
    ledger_hash: str | None = None
    already: bool = False


class RunRetention(Request, frozen=True, kw_only=True):
    """`dry_run`: say what would be erased, erase nothing."""

    dry_run: bool = False


class RetentionResult(Reply, frozen=True, kw_only=True):
    """`ids`: the first thousand, ID/PART."""

    due: int
    erased: int
    ids: tuple[str, ...] = ()
