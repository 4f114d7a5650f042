"""The engine: everything of one process, put together and taken down in order."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import msgspec
import structlog

from .. import config as configuration
from ..config import Config, QualityConfig, StoreConfig, parse_listen
from ..core import Core, CoreOptions, FileLimits, QualityOptions
from ..schema.engine import Drain, EngineStats, Health
from ..store import Store
from .agents import Agents
from .archive import Archive
from .calls import Calls
from .campaigns import Campaigns
from .cdr_files import CdrFiles
from .conferences import Conferences
from .contacts import Contacts
from .events import Events
from .forks import Forks
from .health import Watch
from .inbound import Inbound
from .plays import Plays
from .recordings import Recordings
from .supervisors import Supervisors
from .trunks import Trunks

log = structlog.get_logger(__name__)


class Engine:
    """`async with Engine(config) as engine:`. `config`: a Config, the path of a file, or None: defaults, SIP on
    127.0.0.1:5060, no control socket, and a store that is thrown away at the end.

    Raises ConfigError before anything starts, OSError naming an address that cannot be bound.
    """

    def __init__(self, config: Config | str | Path | None = None) -> None:
        if config is None:
            config = Config(control=configuration.ControlConfig(listen=()), store=StoreConfig(url="sqlite:temporary"))
        elif not isinstance(config, Config):
            config = configuration.load(config)
        self.config = config
        self.draining = False
        self.drained = asyncio.Event()
        self._running = False
        self.cdr_files: CdrFiles | None = None
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        self._running = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.draining = True
        self._running = False
        await self._stack.aclose()

    async def _start(self) -> None:
        """In this order; the stack takes it down in the reverse one."""
        enter = self._stack.enter_async_context
        self.store = await enter(self._open_store())
        self.events = Events(self.store)
        self._stack.callback(self.events.flush)
        self.core = await enter(Core(_core_options(self.config)))
        self.trunks = Trunks(self.core, self.config.trunk, self.events.publish)
        self.recordings = Recordings(self.config.recording, self.store, self.events)
        self.calls = Calls(self.core, self.trunks, self.store, self.recordings, self.events)
        self.plays = Plays(self.core, self.config.audio, self.calls.answered, self.events)
        await self.plays.open()
        if self.config.reporting.path is not None:
            self.cdr_files = CdrFiles(self.config.reporting.path)
            self.calls.on_cdr = self.cdr_files.add
            self._stack.push_async_callback(self.cdr_files.close)
        self._stack.push_async_callback(self.recordings.stop)
        self._stack.push_async_callback(self.calls.settle)
        self._stack.push_async_callback(self._end_calls)
        self.forks = Forks(self.calls, self.events.publish, self.config.fork)
        self._stack.push_async_callback(self.forks.close)
        self.agents = Agents(self.calls, self.events)
        self._stack.push_async_callback(self.agents.stop)
        self.supervisors = Supervisors(self.core, self.calls, self.agents, self.events)
        self.conferences = Conferences(self.core, self.calls, self.events)
        self.campaigns = Campaigns(self.core, self.calls, self.trunks, self.agents, self.store, self.events)
        self.contacts = Contacts(self.store, self.events, self.campaigns.settings_of, self.campaigns.contacts_changed)
        await self.recordings.start()
        self.archive = Archive(self.recordings, self.store, self.events)
        self.archive.start()
        self._stack.push_async_callback(self.archive.stop)
        await self.campaigns.open()
        self._stack.push_async_callback(self.campaigns.close)
        await self.trunks.start()
        self._stack.push_async_callback(self.trunks.stop)
        self.watch = Watch(self)
        self.watch.start()
        self._stack.push_async_callback(self.watch.stop)
        self.core.incoming = Inbound(self.core, self.calls, self.trunks, self.config.route)

    @contextlib.asynccontextmanager
    async def _open_store(self) -> AsyncIterator[Store]:
        with contextlib.ExitStack() as stack:
            url = self.config.store.url
            if url == "sqlite:temporary":
                url = f"sqlite:{stack.enter_context(tempfile.TemporaryDirectory(prefix='switchroom-'))}/switchroom.db"
            store = Store(url, journal_events=self.config.store.journal_events)
            await store.start()
            try:
                yield store
            finally:
                await store.stop()

    # ------------------------------------------------------------------- state

    def not_ready(self) -> list[str]:
        """Why no new work is taken; empty: it is."""
        reasons = []
        if self.draining:
            reasons.append("draining")
        if self.store.failing is not None:
            reasons.append(f"store: {self.store.failing}")
        if self.core.legs >= self.config.sip.max_calls:
            reasons.append(f"{self.config.sip.max_calls} calls are up, the limit of sip.max_calls")
        return reasons

    def health(self) -> Health:
        return self.watch.health()

    def stats(self) -> EngineStats:
        return self.watch.stats()

    # ------------------------------------------------------------------- drain

    async def drain(self, req: Drain | None = None) -> None:
        """Take no new work, let calls end by themselves until the deadline, then hang them up. Idempotent."""
        deadline_ms = self.config.engine.drain_ms if req is None else req.deadline_ms
        if not self.draining:
            self.draining = True
            self.campaigns.hold()
            self.core.accept_new(False)
            self.events.publish("engine.draining", {"calls": len(self.calls), "deadline_ms": deadline_ms})
        try:
            async with asyncio.timeout(deadline_ms / 1000):
                await self.calls.wait_empty(left_out=self.agents.holds)
                await self.agents.stop()
                await self.calls.wait_empty()
        except TimeoutError:
            log.warning("drain_deadline", calls=len(self.calls))
            await self._end_calls()
        self.events.publish("engine.stopping", {})
        await self.events.commit([])  # and told to whoever subscribed
        self.drained.set()

    async def _end_calls(self) -> None:
        """Hang up whatever is up and wait until its CDRs are written, for two seconds at most."""
        for call in list(self.calls):
            call.hangup()
        try:
            async with asyncio.timeout(2.0):
                await self.calls.wait_empty()
        except TimeoutError:
            log.warning("calls_did_not_end", calls=len(self.calls))


def _core_options(config: Config) -> CoreOptions:
    listens = [parse_listen(text) for text in config.sip.listen]
    first, last = (int(part) for part in config.media.ports.split("-"))
    return CoreOptions(
        sip_listen=tuple((listen.host, listen.port) for listen in listens if listen.scheme == "udp"),
        media_address=config.media.address,
        ports=(first, last),
        workers=config.media.workers,
        wake=config.media.wake,
        pin=config.media.pin,
        silence_ms=config.media.silence_ms,
        srtp=config.media.srtp,
        rtcp_mux=config.media.rtcp_mux,
        grace_ms=config.media.grace_ms,
        relatch_ms=config.media.relatch_ms,
        dtmf=config.media.dtmf,
        codecs=config.media.codecs,
        opus_complexity=config.media.opus_complexity,
        opus_bitrate=config.media.opus_bitrate,
        ring_timeout_s=config.sip.ring_timeout_ms / 1000,
        user_agent=config.sip.user_agent,
        max_calls=config.sip.max_calls,
        t1_ms=config.sip.t1_ms,
        clip_cache=config.audio.cache_mib << 20,
        files=FileLimits(audio_s=config.audio.file_max_s),
        quality=_quality_options(config.quality),
        record_buffer=config.recording.buffer_mib << 20,
    )


def _quality_options(quality: QualityConfig) -> QualityOptions | None:
    if not quality.enabled:
        return None
    limits = msgspec.structs.asdict(quality)
    del limits["enabled"]
    return QualityOptions(**limits)
