"""engine.*: health, figures, draining."""

from __future__ import annotations

from ._base import Ms, Reply, Request


class Health(Reply, frozen=True, kw_only=True):
    """`live`: loop and workers move. `ready`: takes new calls. `degraded`: what does not work as it should. `notes`:
    what could be better on this machine, though all works."""

    live: bool
    ready: bool
    reasons: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Drain(Request, frozen=True, kw_only=True):
    deadline_ms: Ms = 30_000


class BadDatagram(Reply, frozen=True, kw_only=True):
    """A SIP datagram against the grammar: who sent it, what is wrong, how it begins (200 bytes at most)."""

    at_ms: int
    source: str
    size: int
    reason: str
    text: str


class WorkerStats(Reply, frozen=True, kw_only=True):
    """A media worker. Counters since start."""

    legs: int
    priority: str
    """How its thread may run: `realtime`, `nice` or `normal`."""
    rtp_rx: int
    rtp_tx: int
    rtp_forwarded: int
    rtp_tx_errors: int
    events_dropped: int
    late_ticks: int
    """Rounds that began more than 5 ms late; what was missed is then made up for."""
    max_tick_us: int
    cpu_ms: int
    slots: tuple[int, ...]
    """Legs whose frame was due in each of the last 20 ms."""
    delays: tuple[int, ...]
    """Rounds that began late: the first by less than 1 µs, number i by less than 2^i µs, the last by more."""


class EngineStats(Reply, frozen=True, kw_only=True):
    """Counters since start, unless `_now`. CPU times are of the whole process and of the media threads."""

    at_ms: int
    uptime_ms: int
    calls_now: int = 0
    legs_now: int = 0
    calls_total: int = 0
    sip_rx: int = 0
    sip_tx: int = 0
    sip_bad: int = 0
    sip_bad_last: tuple[BadDatagram, ...] = ()
    """The last 16 of them; not in the samples that are sent as events."""
    sip_retransmits: int = 0
    calls_refused: int = 0
    rtp_rx: int = 0
    rtp_tx: int = 0
    rtp_lost: int = 0
    rtp_tx_errors: int = 0
    late_ticks: int = 0
    recordings_now: int = 0
    rec_errors: int = 0
    cpu_ms: int = 0
    media_cpu_ms: int = 0
    workers: tuple[WorkerStats, ...] = ()
    """Not in the samples that are sent as events."""
    rss_kib: int = 0
    loop_lag_max_ms: int = 0
    """Of the last ten seconds."""
    loop_lag_peak_ms: int = 0
    """Since start."""
    events_head: int = 0
