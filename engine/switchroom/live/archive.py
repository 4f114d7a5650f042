"""Recordings that are at their place: found, read, held, erased, each erasure with its proof."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog

from ..errors import BadParams, EngineError, MediaError, NotFound, WrongState
from ..recording import durable
from ..recording.ledger import Ledger
from ..recording.retention import Kept, describe, due
from ..recording.sealed import Sealed, is_sealed
from ..schema._base import Done
from ..schema.recording import (
    Erased,
    EraseRecording,
    GetRecording,
    HoldRecording,
    ListRecordings,
    ReadRecording,
    RecordingData,
    RecordingInfo,
    RecordingPage,
    RetentionResult,
    RunRetention,
)
from ..store import EventDraft, Store
from ..store.recordings import HoldRecording as PutHold
from ..store.recordings import PutRecording, RecordingRow, page_recordings, read_kept, read_parts
from .clock import now_ms
from .events import Events
from .recordings import Recordings

log = structlog.get_logger(__name__)

_IDS_SHOWN = 1_000
RETENTION = "retention"
"""Who erased, when it was a rule."""


class Archive:
    """Loop thread; whatever touches files runs on another."""

    def __init__(self, recordings: Recordings, store: Store, events: Events) -> None:
        self._recordings = recordings
        self._store = store
        self._events = events
        self._config = recordings.config
        self.ledger = Ledger(recordings.root)
        self._erasing = asyncio.Lock()
        self._retaining: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Finish erasures that a crash interrupted; then look at the rules now and then."""
        self._retaining = asyncio.get_running_loop().create_task(self._retain_often())

    async def stop(self) -> None:
        task, self._retaining = self._retaining, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    # -------------------------------------------------------------------- look

    async def list(self, req: ListRecordings) -> RecordingPage:
        recording_id, _, part = (req.after or "").partition("/")
        if req.after is not None and not part.isdigit():
            raise BadParams(f"after {req.after!r}: must be ID/PART, the `next` of the page before", field="after")
        rows = await self._store.query(
            page_recordings,
            (recording_id, int(part or 0)),
            req.limit + 1,
            call_id=req.call_id,
            campaign_id=req.campaign_id,
            state=req.state,
        )
        items = tuple(_info(row) for row in rows[: req.limit])
        more = len(rows) > req.limit
        return RecordingPage(items=items, next=f"{items[-1].id}/{items[-1].part}" if more else None)

    async def get(self, req: GetRecording) -> RecordingInfo:
        return _info(await self._part(req.id, req.part))

    async def read(self, req: ReadRecording) -> RecordingData:
        """WrongState: it is not there (yet, or any more). MediaError: it cannot be read or decrypted."""
        row = await self._part(req.id, req.part)
        if row.state != "ready":
            raise WrongState(f"recording {req.id}/{req.part} is {row.state}; only a ready one can be read")
        try:
            data, size = await asyncio.to_thread(self._piece, Path(row.path), req.offset, req.length)
        except OSError as error:
            raise MediaError(f"recording {req.id}/{req.part}: cannot be read: {error}") from error
        return RecordingData(data=data, offset=req.offset, size=size)

    def _piece(self, path: Path, offset: int, length: int) -> tuple[bytes, int]:
        if is_sealed(path):
            with Sealed(path, self._recordings.keys) as sealed:
                return sealed.read(offset, length), sealed.size
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(length), path.stat().st_size

    async def _part(self, recording_id: str, part: int) -> RecordingRow:
        for row in await self._parts(recording_id):
            if row.part == part:
                return row
        raise NotFound(f"recording {recording_id} has no part {part}")

    async def _parts(self, recording_id: str) -> builtins.list[RecordingRow]:
        rows = await self._store.query(read_parts, recording_id)
        if not rows:
            raise NotFound(f"no recording {recording_id}")
        return rows

    # -------------------------------------------------------------------- hold

    async def hold(self, req: HoldRecording) -> Done:
        return await self._set_hold(req.id, req.reason)

    async def release(self, req: GetRecording) -> Done:
        return await self._set_hold(req.id, None)

    async def _set_hold(self, recording_id: str, reason: str | None) -> Done:
        async with self._erasing:  # an erasure that has looked at the hold is over, or sees this one
            rows = await self._parts(recording_id)
            if all(row.hold == reason for row in rows):
                return Done(already=True)
            data = {"recording_id": recording_id, "reason": reason}
            event = EventDraft("recording.held", data, rows[0].call_id, rows[0].campaign_id, rows[0].agent_id)
            await self._events.commit([PutHold(recording_id, reason)], [event])
        return Done()

    # ------------------------------------------------------------------- erase

    async def erase(self, req: EraseRecording, who: str) -> Erased:
        """All parts of one recording. WrongState: a legal hold, or a part that is not complete yet."""
        async with self._erasing:
            rows = await self._parts(req.id)
            held = next((row.hold for row in rows if row.hold is not None), None)
            if held is not None:
                raise WrongState(f"recording {req.id} is under legal hold ({held}); recording.release lifts it")
            if any(row.state in {"recording", "closed"} for row in rows):
                raise WrongState(f"recording {req.id} is not complete yet; stop it first")
            entry = None
            left = [row for row in rows if row.state == "ready"]
            for row in left:
                entry = await self._erase(row, who, req.reason)
        return Erased(files=len(left), ledger_hash=entry["hash"] if entry else None, already=not left)

    async def _erase(self, row: RecordingRow, who: str, why: str) -> dict[str, Any]:
        """The proof first, then the file, then the books: a crash in between is finished at the next start."""
        entry = await asyncio.to_thread(self._erase_file, row, who, why)
        row.state, row.erased_at_ms = "erased", entry["at_ms"]
        data = {
            "recording_id": row.id,
            "part": row.part,
            "why": why,
            "ledger_seq": entry["seq"],
            "ledger_hash": entry["hash"],
        }
        event = EventDraft("recording.erased", data, row.call_id, row.campaign_id, row.agent_id)
        await self._events.commit([PutRecording(row)], [event])
        log.info("recording_erased", recording_id=row.id, part=row.part, who=who, why=why, ledger_seq=entry["seq"])
        return entry

    def _erase_file(self, row: RecordingRow, who: str, why: str) -> dict[str, Any]:
        path = Path(row.path)
        found = durable.sha256_of(path) if path.exists() else None
        entry = self.ledger.append(
            at_ms=now_ms(),
            who=who,
            why=why,
            recording_id=row.id,
            part=row.part,
            call_id=row.call_id,
            path=row.path,
            bytes=row.bytes,
            sha256=row.sha256,
            found_sha256=found,  # None: it was gone already; another one: it had been changed
        )
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            durable.sync_folder(path.parent)
        return entry

    async def _finish_erasures(self) -> None:
        """Proofs without an end: the file may still be there, and the books do not know."""
        for entry in await asyncio.to_thread(lambda: list(self.ledger.entries())):
            rows = await self._store.query(read_parts, entry["recording_id"])
            for row in rows:
                if row.part == entry["part"] and row.state == "ready":
                    await asyncio.to_thread(Path(row.path).unlink, missing_ok=True)
                    row.state, row.erased_at_ms = "erased", entry["at_ms"]
                    await self._events.commit([PutRecording(row)])

    # --------------------------------------------------------------- retention

    async def _retain_often(self) -> None:
        try:
            await self._finish_erasures()
        except (EngineError, OSError) as error:
            log.error("erasures_not_finished", error=str(error))
        while True:
            if self._config.retention:
                try:
                    await self.retention(RunRetention())
                except (EngineError, OSError) as error:
                    log.error("retention_failed", error=str(error))
            await asyncio.sleep(self._config.retention_every_ms / 1000)

    async def retention(self, req: RunRetention) -> RetentionResult:
        """Erase what the rules say; with `dry_run` only count it."""
        ids: list[str] = []
        count = erased = 0
        after = (-1, "", 0)
        while rows := await self._store.query(read_kept, after):
            for row, disposition in rows:
                after = (row.ended_at_ms or 0, row.id, row.part)
                kept = Kept(row.ended_at_ms or 0, row.campaign_id, row.tenant, disposition, row.hold)
                rule = due(self._config.retention, kept, now_ms())
                if rule is None:
                    continue
                count += 1
                if len(ids) < _IDS_SHOWN:
                    ids.append(f"{row.id}/{row.part}")
                if not req.dry_run:
                    erased += await self._erase_by_rule(row, describe(rule))
        return RetentionResult(due=count, erased=erased, ids=tuple(ids))

    async def _erase_by_rule(self, row: RecordingRow, why: str) -> bool:
        async with self._erasing:
            now = await self._part(row.id, row.part)  # a hold may have come since
            if now.state != "ready" or now.hold is not None:
                return False
            await self._erase(now, RETENTION, why)
        return True


def _info(row: RecordingRow) -> RecordingInfo:
    values = dict(_fields(row))
    values["gaps"] = tuple((gap[0], gap[1]) for gap in row.gaps)
    return RecordingInfo(**values)


def _fields(row: RecordingRow) -> Iterator[tuple[str, Any]]:
    for name in RecordingInfo.__struct_fields__:
        yield name, getattr(row, name)
