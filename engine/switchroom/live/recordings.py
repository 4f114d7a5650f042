"""Recordings of calls: begun, paused, ended, published, and taken up again after a crash."""

from __future__ import annotations

import asyncio
import builtins
import os
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import structlog

from ..config import RecordingConfig
from ..core import Beep, Gap, LegEvent, LegEventKind, Recording, RecordOptions, RecordPart, RecordResult, part_path
from ..core.recording import SAMPLES_PER_MS, Sides
from ..errors import BadParams, EngineError, Exists, MediaError
from ..recording import durable
from ..recording.encode import EncodeError, Encoder
from ..recording.keys import Keyring, load_keys
from ..recording.paths import PARTIAL, relative_path, within
from ..recording.publish import SUFFIXES, Job, Published, publish, target_path
from ..recording.repair import Shape
from ..recording.sealed import SealError
from ..recording.verify import ALAW, MULAW, PCM, BadRecording
from ..store import EventDraft, Store
from ..store.recordings import PutRecording, RecordingRow, read_unpublished
from .clock import now_ms
from .events import Events

if TYPE_CHECKING:
    from .call import Call

log = structlog.get_logger(__name__)

_SUFFIX = ".wav" + PARTIAL
_THREADS = 2
_AGAIN_S = 30.0
_SIDES: dict[str, Sides] = {"both": "both", "customer": "said", "agent": "heard", "mixed": "mixed"}
_FORMATS = {"ulaw": MULAW, "alaw": ALAW, "linear": PCM}


class CallRecording:
    """One recording of a call, in one file or several. Awaitable: until all audio is in its files."""

    __slots__ = ("_owner", "_published", "_publishing", "_samples", "call", "path", "recording", "row")

    def __init__(self, owner: Recordings, call: Call, recording: Recording, row: RecordingRow) -> None:
        self._owner = owner
        self.call = call
        self.recording = recording
        self.row = row  # of the part that grows
        self.path = row.path
        """Where its first file will be."""
        self._samples = 0  # in parts that are complete
        self._publishing: asyncio.Task[None] | None = None  # of the part before
        self._published = asyncio.Event()

    @property
    def id(self) -> str:
        return self.row.id

    @property
    def result(self) -> RecordResult | None:
        return self.recording.result

    @property
    def paused(self) -> bool:
        return self.recording.paused

    @property
    def published(self) -> bool:
        return self._published.is_set()

    def stop(self, at: float = 0.0) -> None:
        self.recording.stop(at)

    def pause(self) -> bool:
        return self.recording.pause()

    def resume(self) -> bool:
        return self.recording.resume()

    def __await__(self) -> Generator[None, None, RecordResult]:
        return self.recording.__await__()

    async def wait_published(self, timeout_s: float) -> bool:
        """Until its last file lies where it is kept, or has failed to. False: not within the time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._published.wait()
        except TimeoutError:
            return False
        return True

    # Events of its leg.

    def on_part(self, part: RecordPart) -> None:
        done, self.row = self.row, self._owner._next_row(self.row)
        self._complete(done, part.samples)
        self._owner._part_done(self, done)

    def on_done(self, result: RecordResult) -> None:
        self._complete(self.row, result.samples - self._samples)
        if result.errno:
            self.row.error = os.strerror(result.errno)
        self._owner._done(self)

    def on_gap(self, gap: Gap) -> None:
        verb, at = ("paused", gap.start) if gap.to is None else ("resumed", gap.to)
        self._owner._announce(self, f"recording.{verb}", at_ms=at // SAMPLES_PER_MS)

    def _complete(self, row: RecordingRow, samples: int) -> None:
        start, self._samples = self._samples, self._samples + samples
        row.duration_ms = samples // SAMPLES_PER_MS
        row.gaps = [
            [(max(gap.start, start) - start) // SAMPLES_PER_MS, (min(to, self._samples) - start) // SAMPLES_PER_MS]
            for gap in self.recording.gaps
            if (to := self._samples if gap.to is None else gap.to) > start and gap.start < self._samples
        ]
        row.state, row.ended_at_ms = "closed", now_ms()


class Recordings:
    """All recordings of the engine that are not at their place yet. Loop thread only."""

    def __init__(self, config: RecordingConfig, store: Store, events: Events, keys: Keyring | None = None) -> None:
        """`keys`: instead of those that the configuration names."""
        self.config = config
        self.root = Path(config.path).absolute()
        self.spool = Path(config.spool).absolute() if config.spool else self.root
        self.keys = load_keys(config.key) if keys is None else keys
        self._store = store
        self._events = events
        self._growing: set[Path] = set()
        self._pending: set[asyncio.Task[None]] = set()
        self._names: dict[str, int] = {}
        self._encoder = Encoder()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="recordings")
        self._syncing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def start(self) -> None:
        """Take up what a crash left; from now on files that grow are forced to the disk if that is configured."""
        rows = await self._store.query(read_unpublished)
        known = {row.source for row in rows}
        orphans = await asyncio.get_running_loop().run_in_executor(self._threads, self._orphans, known)
        for row in rows:
            self._spawn(self._recover(row))
        for source in orphans:
            self._spawn(self._recover(_orphan(source, self.spool, self.root)))
        if self.config.sync == "interval":
            self._syncing = asyncio.create_task(self._sync_often())

    async def stop(self) -> None:
        """Until what is complete is published."""
        self._closing.set()
        if self._syncing is not None:
            self._syncing.cancel()
            await asyncio.gather(self._syncing, return_exceptions=True)
        while self._pending:
            await asyncio.gather(*self._pending, return_exceptions=True)
        await asyncio.to_thread(self._encoder.close)
        self._threads.shutdown(wait=False)

    # ------------------------------------------------------------------- start

    def record(
        self,
        call: Call,
        name: str | None = None,
        *,
        sides: Literal["both", "customer", "agent", "mixed"] | None = None,
        beep_every_ms: int | None = None,
    ) -> CallRecording:
        """Record the first leg of a call. `name` below the recordings folder, its ending is put right.

        BadParams: the name leads out of the folder. Exists: there is such a file. MediaError: no key for the tenant.
        """
        key = self.keys.for_tenant(call.tenant)
        if key is None and self.config.require_key:
            raise MediaError(
                f"call {call.id}: there is no recording key for tenant {call.tenant!r}; add one as [[recording.key]], "
                "or set recording.require_key = false",
                call_id=call.id,
            )
        recording_id, relative = self._name(call, name)
        source = self.spool / (relative + _SUFFIX)
        target = within(self.root, relative)
        if target is None:
            raise BadParams(f"recording name {name!r} leads out of the recordings folder", field="name")
        path = target_path(target, self.config.format, key)
        if path.exists() or source in self._growing:
            raise Exists(f"recording {name!r}: there is such a file already", call_id=call.id)
        chosen = sides or self.config.sides
        linear = self.config.linear or chosen == "mixed"
        row = RecordingRow(
            id=recording_id,
            part=1,
            call_id=call.id,
            campaign_id=call.campaign_id,
            agent_id=call.agent_id,
            tenant=call.tenant,
            sides=chosen,
            codec="linear" if linear else "alaw" if call.leg.codec == "PCMA" else "ulaw",
            format=self.config.format,
            source=str(source),
            path=str(path),
            started_at_ms=now_ms(),
            key_id=key.id if key else None,
        )
        recording = call.leg.record(source, self._options(row, beep_every_ms))
        made = CallRecording(self, call, recording, row)
        recording.listener = lambda event: self._on_event(made, event)
        self._growing.add(source)
        data = {"recording_id": row.id, "path": row.path, "sides": row.sides}
        self._commit(row, EventDraft("recording.started", data, **_ids(row)))
        return made

    def _name(self, call: Call, name: str | None) -> tuple[str, str]:
        """Id, and path below the folder without any ending."""
        count = call.recordings_made = call.recordings_made + 1
        recording_id = call.id if count == 1 else f"{call.id}_{count}"
        if name is None:
            return recording_id, relative_path(now_ms(), recording_id, "")
        for ending in (".wav", ".flac", ".opus"):
            name = name.removesuffix(ending)
        return recording_id, name

    def _options(self, row: RecordingRow, beep_every_ms: int | None) -> RecordOptions:
        c = self.config
        every = c.beep_every_ms if beep_every_ms is None else beep_every_ms
        return RecordOptions(
            sides=_SIDES[row.sides],
            linear=c.linear,
            suffix=_SUFFIX,
            part_ms=c.part_ms,
            part_bytes=c.part_mib << 20,
            beep=Beep(every, c.beep_ms, c.beep_hz, float(c.beep_dbm0)) if every else None,
        )

    def _next_row(self, row: RecordingRow) -> RecordingRow:
        """Of the part behind this one."""
        number = row.part + 1
        first = row.source if row.part == 1 else row.source.replace(f"-{row.part}{_SUFFIX}", _SUFFIX)
        source = part_path(first, _SUFFIX, number)
        target = self.root / Path(source).relative_to(self.spool)
        key = self.keys.find(row.key_id) if row.key_id else None
        path = target_path(target.with_name(target.name.removesuffix(_SUFFIX)), self.config.format, key)
        self._growing.add(Path(source))
        return RecordingRow(
            id=row.id,
            part=number,
            call_id=row.call_id,
            campaign_id=row.campaign_id,
            agent_id=row.agent_id,
            tenant=row.tenant,
            sides=row.sides,
            codec=row.codec,
            format=row.format,
            source=source,
            path=str(path),
            started_at_ms=now_ms(),
            key_id=row.key_id,
        )

    # ------------------------------------------------------------------ events

    def _on_event(self, made: CallRecording, event: LegEvent) -> None:
        kind = event.kind
        if kind is LegEventKind.RECORD_PART:
            made.on_part(event.value)
        elif kind is LegEventKind.RECORDED:
            made.on_done(event.value)
        elif kind in {LegEventKind.RECORD_PAUSED, LegEventKind.RECORD_RESUMED}:
            made.on_gap(event.value)
        elif kind is LegEventKind.RECORD_ERROR:
            self._announce(made, "recording.failed", error=os.strerror(event.value))

    def _announce(self, made: CallRecording, topic: str, **data: Any) -> None:
        self._events.publish(topic, {"recording_id": made.id, **data}, **made.call.ids)

    def _part_done(self, made: CallRecording, row: RecordingRow) -> None:
        self._commit(made.row)
        made._publishing = self._spawn(self._publish(row, "recording.part", made._publishing))

    def _done(self, made: CallRecording) -> None:
        self._spawn(self._publish(made.row, "recording.ready", made._publishing, made._published.set))

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)
        return task

    def _commit(self, row: RecordingRow, *events: EventDraft) -> asyncio.Future[Any]:
        done = self._events.commit([PutRecording(row)], list(events))
        done.add_done_callback(_written)
        return done

    # ----------------------------------------------------------------- publish

    async def _publish(
        self,
        row: RecordingRow,
        topic: str,
        before: asyncio.Task[None] | None = None,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """Until it lies at its place, after the part before it; a disk without room is asked again until the engine
        stops."""
        if before is not None:
            await asyncio.wait((before,))
        try:
            while not await self._publish_once(row, topic):
                self._commit(row)
                if await self._stopping(_AGAIN_S):
                    return
        finally:
            self._growing.discard(Path(row.source))
            then()

    async def _stopping(self, within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                await self._closing.wait()
        except TimeoutError:
            return False
        return True

    async def _publish_once(self, row: RecordingRow, topic: str, **more: Any) -> bool:
        """False: try again later."""
        if row.error is not None and not os.path.isfile(row.source):  # noqa: ASYNC240  # one look, once per recording
            self._fail(row, row.error)  # it could not even be created; recording.failed has told why
            return True
        try:
            done = await asyncio.get_running_loop().run_in_executor(self._threads, self._publish_file, row)
        except (BadRecording, SealError, EncodeError, FileNotFoundError) as error:
            self._fail(row, str(error), tell=True)
            return True
        except OSError as error:
            log.error("recording_not_published", recording_id=row.id, source=row.source, error=str(error))
            if row.error != str(error):
                row.error = str(error)
                data = {"recording_id": row.id, "part": row.part, "error": str(error)}
                self._events.publish("recording.failed", data, **_ids(row))
            return False
        await asyncio.wait((self._published(row, done, topic, more),))
        return True

    def _publish_file(self, row: RecordingRow) -> Published:
        source, path = Path(row.source), Path(row.path)
        if not source.exists() and path.exists():  # a crash between the rename and the commit
            return _lies_there(path, row)
        key = self.keys.find(row.key_id) if row.key_id else None
        if row.key_id and key is None:
            raise SealError(f"{row.source}: key {row.key_id!r} is not configured any more; it is left as it is")
        target = self.root / source.relative_to(self.spool) if source.is_relative_to(self.spool) else source
        return publish(
            Job(
                source=source,
                target=target.with_name(target.name.removesuffix(_SUFFIX)),
                root=self.root,
                format=row.format,  # type: ignore[arg-type]  # written from the configuration's words
                key=key,
                sync=self.config.sync != "none",
                shape=Shape(_FORMATS[row.codec], 2 if row.sides == "both" else 1),
            ),
            self._encoder.encode,
        )

    def _published(self, row: RecordingRow, done: Published, topic: str, more: dict[str, Any]) -> asyncio.Future[Any]:
        row.state, row.path, row.format = "ready", str(done.path), done.format
        row.bytes, row.sha256, row.duration_ms = done.bytes, done.sha256, done.duration_ms
        row.ended_at_ms = row.ended_at_ms or row.started_at_ms + done.duration_ms
        data: dict[str, Any] = {
            "recording_id": row.id,
            "part": row.part,
            "path": row.path,
            "bytes": row.bytes,
            "duration_ms": row.duration_ms,
            "sha256": row.sha256,
            "format": row.format,
            **more,
        }
        optional = {"gaps": row.gaps, "key_id": row.key_id, "error": row.error, "warning": done.warning}
        data.update((name, value) for name, value in optional.items() if value)
        if done.warning:
            log.warning("recording_kept_as_wav", recording_id=row.id, reason=done.warning)
        return self._commit(row, EventDraft(topic, data, **_ids(row)))

    def _fail(self, row: RecordingRow, error: str, *, tell: bool = False) -> None:
        row.state, row.error = "failed", error
        log.error("recording_failed", recording_id=row.id, part=row.part, source=row.source, error=error)
        data = {"recording_id": row.id, "part": row.part, "error": error}
        self._commit(row, *([EventDraft("recording.failed", data, **_ids(row))] if tell else []))

    # ------------------------------------------------------------------- crash

    async def _recover(self, row: RecordingRow) -> None:
        log.warning("recording_recovered", recording_id=row.id, part=row.part, source=row.source)
        while not await self._publish_once(row, "recording.ready", recovered=True):
            if await self._stopping(_AGAIN_S):
                return

    def _orphans(self, known: set[str]) -> builtins.list[Path]:
        """Files of the last two days that the store does not know: killed before their first commit. And what
        was being written under a temporary name is taken away."""
        days = [f"{time.strftime('%Y-%m-%d', time.gmtime(time.time() - ago))}" for ago in (0, 86_400)]
        found: list[Path] = []
        for base in {self.spool, self.root}:
            for day in days:
                for file in (base / day).rglob("*"):
                    if file.name.endswith(durable.TEMPORARY):
                        file.unlink(missing_ok=True)
                    elif file.name.endswith(_SUFFIX) and str(file) not in known:
                        found.append(file)
        return found

    async def _sync_often(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.config.sync_ms / 1000)
            await loop.run_in_executor(self._threads, _sync_all, tuple(self._growing))


def _sync_all(files: tuple[Path, ...]) -> None:
    for file in files:
        try:
            durable.sync_file(file)
        except FileNotFoundError:
            continue
        except OSError as error:
            log.error("recording_not_synced", file=str(file), error=str(error))


def _written(done: asyncio.Future[Any]) -> None:
    error = None if done.cancelled() else done.exception()
    if error is None:
        return
    if not isinstance(error, EngineError):
        raise error
    log.error("recording_not_noted", error=str(error))  # the file is what counts; the next start finds it


def _ids(row: RecordingRow) -> dict[str, Any]:
    return {"call_id": row.call_id, "campaign_id": row.campaign_id, "agent_id": row.agent_id}


def _orphan(source: Path, spool: Path, root: Path) -> RecordingRow:
    """All that its name tells."""
    name = source.name.removesuffix(_SUFFIX)
    base = spool if source.is_relative_to(spool) else root
    target = root / source.relative_to(base)
    return RecordingRow(
        id=name,
        part=1,
        call_id=name,
        sides="both",
        codec="ulaw",
        format="wav",
        source=str(source),
        path=str(target.with_name(name + SUFFIXES["wav"])),
        started_at_ms=round(source.stat().st_mtime * 1000),
    )


def _lies_there(path: Path, row: RecordingRow) -> Published:
    return Published(
        path=path,
        bytes=path.stat().st_size,
        sha256=durable.sha256_of(path),
        frames=row.duration_ms * SAMPLES_PER_MS,
        rate=SAMPLES_PER_MS * 1000,
        format=row.format,  # type: ignore[arg-type]  # written from the configuration's words
        key_id=row.key_id,
        repaired=False,
    )
