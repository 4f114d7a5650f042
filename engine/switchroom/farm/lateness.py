"""How late a process is: on a busy machine simulated people act, and write down times, later than they meant to."""

from __future__ import annotations

import asyncio
from types import TracebackType

PERIOD_S = 0.05


class Lateness:
    """`async with Lateness() as late:` measures the running loop; `late.max_ms` is the latest it has been."""

    def __init__(self) -> None:
        self.max_ms = 0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Lateness:
        self._task = asyncio.get_running_loop().create_task(self._run())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, at: TracebackType | None) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + PERIOD_S
            await asyncio.sleep(PERIOD_S)
            self.max_ms = max(self.max_ms, round((loop.time() - due) * 1000))
