"""The farm: answers every call to its address as the population says."""

from __future__ import annotations

import asyncio
import collections
import contextlib
from dataclasses import dataclass, field
from typing import Any

import structlog

from ..core import Core, CoreOptions, Leg
from .agent import AGENT_BIT
from .callee import Callee
from .population import Population
from .truth import CalleeTruth, TruthLog

log = structlog.get_logger("farm")


@dataclass(slots=True)
class FarmSummary:
    """Counts of what the farm's callees lived through."""

    calls: int = 0
    answered: int = 0
    kinds: collections.Counter[str] = field(default_factory=collections.Counter)
    sides: collections.Counter[str] = field(default_factory=collections.Counter)
    rx_packets: int = 0
    rx_lost: int = 0
    tx_packets: int = 0
    tx_errors: int = 0
    failed: int = 0  # callees who could not live as planned

    def add(self, truth: CalleeTruth) -> None:
        self.calls += 1
        self.answered += truth.answered_at_ms is not None
        self.kinds[truth.kind] += 1
        self.sides[truth.side] += 1
        self.rx_packets += truth.rx_packets
        self.rx_lost += truth.rx_lost
        self.tx_packets += truth.tx_packets
        self.tx_errors += truth.tx_errors

    def as_json(self) -> dict[str, Any]:
        counts = {name: getattr(self, name) for name in ("calls", "answered", "rx_packets", "rx_lost")}
        more = {name: getattr(self, name) for name in ("tx_packets", "tx_errors", "failed")}
        return {**counts, **more, "kinds": dict(self.kinds), "sides": dict(self.sides)}


class Farm:
    """`async with Farm(...)`: takes calls from entering until leaving, which hangs up whoever is still on the line."""

    def __init__(self, options: CoreOptions, population: Population, truth: TruthLog) -> None:
        self.core = Core(options)
        self.summary = FarmSummary()
        self._population = population
        self._truth = truth
        self._calls: collections.Counter[str] = collections.Counter()
        self._identity = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Farm:
        self.core.incoming = self._incoming
        await self.core.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.core.accept_new(False)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.core.stop()

    def _incoming(self, leg: Leg) -> None:
        number = leg.ruri_user
        nth = self._calls[number]
        self._calls[number] += 1
        self._identity = self._identity % (AGENT_BIT - 1) + 1
        plan = self._population.draw(number, nth)
        callee = Callee(self.core, leg, plan, self._identity, self._population.voices)
        task = asyncio.get_running_loop().create_task(self._live(callee))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _live(self, callee: Callee) -> None:
        truth = await callee.live()
        self.summary.add(truth)
        self._truth.write(truth)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.summary.failed += 1
            log.error("callee_failed", error=repr(error))

    @property
    def calls_now(self) -> int:
        return len(self._tasks)

    async def empty(self, deadline_s: float) -> None:
        """Wait until all calls have ended, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline_s):
                while self._tasks:
                    await asyncio.wait(set(self._tasks))
