"""`wait` of call.originate: from the call's events, so that a client that goes away takes nothing with it."""

from __future__ import annotations

import asyncio
import inspect
from typing import Literal

from ..errors import NotFound
from ..schema._base import ById
from ..schema.call import CallInfo
from .facade import Calls
from .hub import Hub

Until = Literal["none", "ringing", "answered", "ended"]
_REACHED = {
    "ringing": {"ringing", "answered", "ended"},
    "answered": {"answered", "ended"},
    "ended": {"ended"},
}


async def wait_call(calls: Calls, hub: Hub, call: CallInfo, until: Until, timeout_s: float) -> CallInfo:
    """The call when it is `until` or has ended, or as it stands after `timeout_s`. No outcome is an error here."""
    if until == "none":
        return call
    deadline = asyncio.timeout(timeout_s)
    try:
        async with deadline:
            with hub.watch(call.id) as changed:
                while (call := await _now(calls, call)).state not in _REACHED[until]:
                    await changed.wait()
                    changed.clear()
    except TimeoutError:
        if not deadline.expired():
            raise
        return await _now(calls, call)
    return call


async def _now(calls: Calls, call: CallInfo) -> CallInfo:
    """`call` as it is now, or as it was: between its end and the commit of its record it is not to be found, and the
    event that comes with the commit says when it is."""
    try:
        found = calls.get(ById(id=call.id))
        return await found if inspect.isawaitable(found) else found
    except NotFound:
        return call
