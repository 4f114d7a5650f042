"""engine.*: health, figures, draining."""

from __future__ import annotations

from ._base import Ms, Reply, Request


class Health(Reply, frozen=True, kw_only=True):
    """`live`: loop and workers move. `ready`: takes new calls."""

    live: bool
    ready: bool
    reasons: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()


class Drain(Request, frozen=True, kw_only=True):
    deadline_ms: Ms = 30_000


class BadDatagram(Reply, frozen=True, kw_only=True):
    """A SIP datagram against the grammar: who sent it, what is wrong, how it begins (200 bytes at most)."""

    at_ms: int
    source: str
    size: int
    reason: str
    text: str


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
    rss_kib: int = 0
    loop_lag_max_ms: int = 0
    """Of the last ten seconds."""
    loop_lag_peak_ms: int = 0
    """Since start."""
    events_head: int = 0
