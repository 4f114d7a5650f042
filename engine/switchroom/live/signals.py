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
    """Returns when the engine is drained (a signal came, or engine.drain was called), or a second signal came.

    The handlers stay for the life of the loop: a late signal must not kill what is closing its files.
    """
    came: asyncio.Queue[int] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for expected in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(expected, came.put_nowait, expected)
    first, asked = asyncio.ensure_future(came.get()), asyncio.ensure_future(engine.drained.wait())
    try:
        await asyncio.wait((first, asked), return_when=asyncio.FIRST_COMPLETED)
        if asked.done():
            log.info("drained_on_request")
            return
        number = signal.Signals(first.result()).name
    finally:
        first.cancel()
        asked.cancel()
        await asyncio.gather(first, asked, return_exceptions=True)
    log.info("draining", signal=number, deadline_ms=engine.config.engine.drain_ms)
    drained, second = asyncio.ensure_future(engine.drain()), asyncio.ensure_future(came.get())
    try:
        await asyncio.wait((drained, second), return_when=asyncio.FIRST_COMPLETED)
        if drained.done():
            drained.result()
        else:
            log.warning("stopping_now", signal=signal.Signals(second.result()).name)
    finally:
        drained.cancel()
        second.cancel()
        await asyncio.gather(drained, second, return_exceptions=True)
