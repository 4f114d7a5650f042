"""Every limit of the control socket in one place; `api.info` and `session.auth` show them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..schema.session import Limits
from .framing import BEFORE_AUTH, FrameLimits


@dataclass(frozen=True, slots=True)
class ControlLimits:
    """Times in seconds, sizes in bytes. `turn`: messages of one client handled before others get their turn."""

    frame: FrameLimits = field(default_factory=FrameLimits)
    frame_before_auth: FrameLimits = BEFORE_AUTH
    pending: int = 256
    rate: float = 1_000.0
    burst: float = 2_000.0
    subscriptions: int = 64
    queue_bytes: int = 4 * 1024 * 1024
    queue_events: int = 10_000
    replies_bytes: int = 1024 * 1024  # beyond it nothing more is read from that client
    auth_s: float = 5.0
    auth_total_s: float = 30.0
    stall_s: float = 30.0
    unauthenticated: int = 64
    unauthenticated_per_address: int = 4
    sessions: int = 1_000
    failed_tokens: int = 3
    turn: int = 64
    replay_chunk: int = 200
    tick_s: float = 10.0

    def shown(self) -> Limits:
        return Limits(
            frame_bytes=self.frame.frame_bytes,
            frame_bytes_before_auth=self.frame_before_auth.frame_bytes,
            depth=self.frame.depth,
            array_elements=self.frame.array_elements,
            map_pairs=self.frame.map_pairs,
            text_bytes=self.frame.text_bytes,
            pending_requests=self.pending,
            requests_per_s=int(self.rate),
            requests_burst=int(self.burst),
            subscriptions=self.subscriptions,
            queue_bytes=self.queue_bytes,
            queue_events=self.queue_events,
            auth_timeout_ms=int(self.auth_s * 1000),
            stall_timeout_ms=int(self.stall_s * 1000),
            unauthenticated=self.unauthenticated,
            unauthenticated_per_address=self.unauthenticated_per_address,
        )


class TokenBucket:
    """`rate` per second, `burst` at once. The clock is handed in, in seconds."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, now

    def take(self, now: float) -> float:
        """0.0 when there was one to take, else the seconds until there will be."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left >= 1.0:
            self._left -= 1.0
            return 0.0
        return (1.0 - self._left) / self._rate
