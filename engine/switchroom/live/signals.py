"""SIGTERM and SIGINT: the first drains, the second ends."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from .engine import Engine

log = structlog.get_logger(__name__)


async def until_stopped(engine: Engine) -> None:
    """Returns when a signal came and the engine is drained, or a second signal came."""
    came: asyncio.Queue[int] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        loop.add_signal_handler(number, came.put_nowait, number)
    try:
        first = await came.get()
        log.info("draining", signal=signal.Signals(first).name, deadline_ms=engine.config.engine.drain_ms)
        drained, second = asyncio.ensure_future(engine.drain()), asyncio.ensure_future(came.get())
        try:
            await asyncio.wait((drained, second), return_when=asyncio.FIRST_COMPLETED)
            if not drained.done():
                log.warning("stopping_now", signal=signal.Signals(second.result()).name)
            else:
                drained.result()
        finally:
            drained.cancel()
            second.cancel()
            await asyncio.gather(drained, second, return_exceptions=True)
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
