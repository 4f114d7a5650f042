"""The two clocks of the shell: UTC for what is stored and told, monotonic for what is measured and waited for."""

from __future__ import annotations

import time


def now_ms() -> int:
    """UTC, ms since 1970."""
    return time.time_ns() // 1_000_000


def wall_ms(at: float) -> int:
    """UTC ms of an instant on the loop's clock (seconds)."""
    return round((time.time() - (time.monotonic() - at)) * 1000)


def wall_less_monotonic_ms() -> int:
    """What turns ms of the monotonic clock into UTC ms, by adding it. It changes when the wall clock is set."""
    return (time.time_ns() - time.monotonic_ns()) // 1_000_000
