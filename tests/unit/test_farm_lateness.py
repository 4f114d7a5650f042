"""A stalled loop knows that it was late."""

from __future__ import annotations

import asyncio
import time

from switchroom.farm.lateness import PERIOD_S, Lateness


async def test_stall_is_measured() -> None:
    async with Lateness() as late:
        await asyncio.sleep(0)
        time.sleep(0.3)  # the stall is what is tested
        await asyncio.sleep(2 * PERIOD_S)
    assert late.max_ms >= 200
