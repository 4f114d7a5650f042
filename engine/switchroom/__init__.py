"""Switchroom: the media and dialing engine of call centres.

`Engine` is the whole engine inside your program (see `switchroom.embed`); `switchroom.core` is SIP and media alone;
`switchroom.client` drives a daemon over its control socket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._version import __version__
from .errors import (
    CallBusy,
    CallFailed,
    Cancelled,
    Capacity,
    ConfigError,
    Declined,
    Draining,
    EngineError,
    HungUp,
    MediaError,
    NoAnswer,
    NoMedia,
    NoRoute,
    RateLimited,
    TrunkDown,
    Unreachable,
)

if TYPE_CHECKING:
    from .config import Config
    from .core import End
    from .embed import Call, Engine

Busy = CallBusy

__all__ = [
    "Busy",
    "Call",
    "CallBusy",
    "CallFailed",
    "Cancelled",
    "Capacity",
    "Config",
    "ConfigError",
    "Declined",
    "Draining",
    "End",
    "Engine",
    "EngineError",
    "HungUp",
    "MediaError",
    "NoAnswer",
    "NoMedia",
    "NoRoute",
    "RateLimited",
    "TrunkDown",
    "Unreachable",
    "__version__",
]

_LAZY = {"Call": "embed", "Engine": "embed", "Config": "config", "End": "core"}


def __getattr__(name: str) -> Any:
    """Import what needs the extensions only when it is asked for: the command line starts in a blink."""
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
