"""Two Cores in one process: `caller` dials, `callee` does what the test says with what comes in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from switchroom.core import Core, CoreOptions, Leg, LegEvent, LegEventKind
from tests.conftest import free_port_range


class Pair:
    def __init__(self, caller: Core, callee: Core) -> None:
        self.caller = caller
        self.callee = callee
        self.arrived: asyncio.Queue[Leg] = asyncio.Queue()
        callee.incoming = self._arrive

    def _arrive(self, leg: Leg) -> None:
        self.arrived.put_nowait(leg)

    @property
    def uri(self) -> str:
        return f"sip:bob@127.0.0.1:{self.callee.sip_port}"

    async def ringing(self, **options: object) -> tuple[Leg, Leg]:
        """Our leg and theirs; theirs has done nothing yet."""
        ours = self.caller.dial(self.uri, from_="alice", **options)  # type: ignore[arg-type]
        async with asyncio.timeout(5):
            return ours, await self.arrived.get()

    async def up(self, **options: object) -> tuple[Leg, Leg]:
        """An answered call."""
        ours, theirs = await self.ringing(**options)
        theirs.answer()
        async with asyncio.timeout(5):
            await ours.wait_answered()
        return ours, theirs


async def start_pair(**options: object) -> Pair:
    low, high = free_port_range(120)
    middle = low + 60
    caller = Core(CoreOptions(ports=(low, middle - 1), workers=1, t1_ms=100, **options))  # type: ignore[arg-type]
    callee = Core(CoreOptions(ports=(middle, high), workers=1, t1_ms=100, **options))  # type: ignore[arg-type]
    await caller.start()
    await callee.start()
    return Pair(caller, callee)


class Heard:
    """Keeps a leg's events; `await heard.get(kind)` is the first of that kind, past or to come."""

    def __init__(self, leg: Leg) -> None:
        self.events: list[LegEvent] = []
        self._changed = asyncio.Event()
        leg.on_event = self._note

    def _note(self, leg: Leg, event: LegEvent) -> None:
        self.events.append(event)
        self._changed.set()

    @property
    def kinds(self) -> list[LegEventKind]:
        return [event.kind for event in self.events]

    async def get(self, kind: LegEventKind, accept: Callable[[LegEvent], bool] = lambda _: True) -> LegEvent:
        async with asyncio.timeout(10):
            while True:
                for event in self.events:
                    if event.kind is kind and accept(event):
                        return event
                self._changed.clear()
                await self._changed.wait()
