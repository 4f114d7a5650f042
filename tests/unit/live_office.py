"""The live parts around a Core, with a store of their own, and Cores that play carriers and callers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from switchroom.config import RecordingConfig, RouteConfig, TrunkConfig
from switchroom.core import Core, CoreOptions, Leg, QualityOptions
from switchroom.live.agents import Agents
from switchroom.live.calls import Calls
from switchroom.live.conferences import Conferences
from switchroom.live.events import Events
from switchroom.live.inbound import Inbound
from switchroom.live.recordings import Recordings
from switchroom.live.supervisors import Supervisors
from switchroom.live.trunks import Trunks
from switchroom.schema.event import Event
from switchroom.store import Store
from switchroom.store.calls import CallRow, read_calls
from tests.conftest import free_port_range


@dataclass
class Office:
    core: Core
    store: Store
    trunks: Trunks
    calls: Calls
    caller: Core
    carriers: dict[str, Core]
    recordings: Recordings
    events_of: Events
    agents: Agents
    supervisors: Supervisors
    conferences: Conferences
    events: list[Event] = field(default_factory=list)

    def dial(self, user: str, **options: Any) -> Leg:
        """The caller calls the office."""
        return self.caller.dial(f"sip:{user}@127.0.0.1:{self.core.sip_port}", from_="4930111", **options)

    async def rows(self, count: int = 1) -> list[CallRow]:
        """CDRs, once there are `count`."""
        async with asyncio.timeout(10):
            while len(rows := await self.store.query(read_calls)) < count:
                await asyncio.sleep(0.02)
        return rows

    async def recorded(self, count: int = 1) -> list[Event]:
        """The events recording.ready, once there are `count`: the files lie at their places."""
        async with asyncio.timeout(10):
            while len(found := [event for event in self.events if event.topic == "recording.ready"]) < count:
                await asyncio.sleep(0.02)
        return found

    async def topics(self, last: str = "call.ended") -> list[str]:
        """Topics of all events so far, once one of the topic `last` is among them."""
        async with asyncio.timeout(10):
            while last not in (topics := [event.topic for event in self.events]):
                await asyncio.sleep(0.02)
        return topics


async def _core(
    stack: contextlib.AsyncExitStack,
    ports: tuple[int, int],
    quality: QualityOptions | None = None,
    silence_ms: int = 30_000,
) -> Core:
    options = CoreOptions(ports=ports, workers=1, t1_ms=100, quality=quality, silence_ms=silence_ms)
    return await stack.enter_async_context(Core(options))


@contextlib.asynccontextmanager
async def office(
    folder: Path,
    routes: tuple[RouteConfig, ...] = (),
    carriers: dict[str, Callable[[Leg], object]] | None = None,
    quality: QualityOptions | None = None,
    recording: dict[str, Any] | None = None,
    silence_ms: int = 30_000,
    **trunk_options: Any,
) -> AsyncIterator[Office]:
    """`carriers`: name of a trunk and what its far side does with a call. `recording`: of [recording]."""
    first, _ = free_port_range(160)
    async with contextlib.AsyncExitStack() as stack:
        store = Store(f"sqlite:{folder}/test.db", synchronous="NORMAL")
        await store.start()
        stack.push_async_callback(store.stop)
        caller = await _core(stack, (first, first + 39))
        far = {}
        for i, (name, answer) in enumerate((carriers or {}).items()):
            far[name] = await _core(stack, (first + 40 + 40 * i, first + 79 + 40 * i))
            far[name].incoming = answer  # type: ignore[assignment]
        core = await _core(stack, (first + 120, first + 159), quality, silence_ms)
        configs = [
            TrunkConfig(name=name, uri=f"sip:127.0.0.1:{carrier.sip_port}", **{"health_ms": 0, **trunk_options})
            for name, carrier in far.items()
        ]
        events = Events(store)
        trunks = Trunks(core, configs, events.publish)
        await trunks.start()
        stack.push_async_callback(trunks.stop)
        config = RecordingConfig(path=str(folder / "recordings"), **(recording or {}))
        recordings = Recordings(config, store, events)
        calls = Calls(core, trunks, store, recordings, events)
        core.incoming = Inbound(core, calls, trunks, routes)
        agents = Agents(calls, events)
        supervisors, conferences = Supervisors(core, calls, agents, events), Conferences(core, calls, events)
        made = Office(core, store, trunks, calls, caller, far, recordings, events, agents, supervisors, conferences)
        store.on_committed(made.events.extend)
        await recordings.start()
        stack.push_async_callback(recordings.stop)
        stack.push_async_callback(calls.settle)
        stack.push_async_callback(core.stop)
        yield made
