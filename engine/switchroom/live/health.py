"""How the engine is: the loop's lag, counters for `engine.stats`, reasons for `engine.health`."""

from __future__ import annotations

import asyncio
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from ..schema.engine import BadDatagram, EngineStats, Health, WorkerStats
from .clock import now_ms

if TYPE_CHECKING:
    from .engine import Engine

log = structlog.get_logger(__name__)

PERIOD_S = 0.1
SAMPLE_S = 0.5
LATE_S = 1.0
"""A loop this late is degraded: calls wait for an answer that long."""
REMEMBERED_S = 10.0
PRIORITIES = ("normal", "nice", "realtime")  # enum media_priority


class Watch:
    """Measures how late the loop is and samples `engine.stats` twice a second."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._started = time.monotonic()
        self._lags: list[tuple[float, float]] = []  # (when, lag) of the last REMEMBERED_S, above 5 ms
        self._peak = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        for note in self._notes():
            log.warning("media_priority", note=note)
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        next_sample = due
        while True:
            due = max(due + PERIOD_S, loop.time())
            await asyncio.sleep(due - loop.time())
            self._note(loop.time(), loop.time() - due)
            if loop.time() >= next_sample:
                next_sample = loop.time() + SAMPLE_S
                self._engine.events.sample("engine.stats", _as_dict(self.stats()))

    def _note(self, now: float, lag: float) -> None:
        self._lags = [(at, value) for at, value in self._lags if at > now - REMEMBERED_S]
        if lag > 0.005:
            self._lags.append((now, lag))
            self._peak = max(self._peak, lag)
        if lag > LATE_S:
            log.warning("loop_late", lag_ms=round(lag * 1000))

    @property
    def lag_max_s(self) -> float:
        """Largest lag of the last ten seconds."""
        return max((lag for _, lag in self._lags), default=0.0)

    def stats(self) -> EngineStats:
        engine = self._engine
        counters = engine.core.stats()
        sip, media = counters["sip"], counters["media"]
        used = resource.getrusage(resource.RUSAGE_SELF)
        return EngineStats(
            at_ms=now_ms(),
            uptime_ms=round((time.monotonic() - self._started) * 1000),
            calls_now=len(engine.calls),
            legs_now=engine.core.legs,
            calls_total=sip["calls_in"] + sip["calls_out"],
            sip_rx=sip["rx"],
            sip_tx=sip["tx"],
            sip_bad=sip["rx_bad"],
            sip_bad_last=tuple(map(_bad_datagram, engine.core.sip.bad())),
            sip_retransmits=sip["retransmits_tx"],
            calls_refused=sip["calls_refused"],
            rtp_rx=media["rx_packets"],
            rtp_tx=media["tx_packets"],
            rtp_lost=media.get("rx_lost", 0),
            rtp_tx_errors=media["tx_errors"],
            late_ticks=media["late_ticks"],
            recordings_now=media["recordings"],
            rec_errors=media["rec_errors"],
            cpu_ms=round((used.ru_utime + used.ru_stime) * 1000),
            media_cpu_ms=media["cpu_ns"] // 1_000_000,
            workers=tuple(map(_worker, engine.core.worker_stats())),
            rss_kib=_rss_kib(),
            loop_lag_max_ms=round(self.lag_max_s * 1000),
            loop_lag_peak_ms=round(self._peak * 1000),
            events_head=engine.store.head_id,
        )

    def health(self) -> Health:
        engine = self._engine
        reasons = tuple(engine.not_ready())
        degraded = []
        if self.lag_max_s > LATE_S:
            degraded.append(f"the loop was {self.lag_max_s * 1000:.0f} ms late within the last {REMEMBERED_S:.0f} s")
        if engine.events.lost:
            degraded.append(f"{engine.events.lost} events could not be stored")
        if engine.cdr_files is not None and engine.cdr_files.failing:
            degraded.append(f"CDR files: {engine.cdr_files.failing}")
        down = [trunk.name for trunk in engine.trunks.all() if not trunk.state.up]
        if down:
            degraded.append(f"trunks down: {', '.join(down)}")
        return Health(live=True, ready=not reasons, reasons=reasons, degraded=tuple(degraded), notes=self._notes())

    def _notes(self) -> tuple[str, ...]:
        priorities = {PRIORITIES[worker["priority"]] for worker in self._engine.core.worker_stats()}
        return priority_notes(priorities)


def priority_notes(priorities: set[str]) -> tuple[str, ...]:
    """What to say of media workers that do not run at real-time priority."""
    missing = sorted(priorities - {"realtime"})
    if not missing:
        return ()
    return (
        f"media workers run at {' and '.join(missing)} priority, not real-time: on a busy machine audio may wait "
        "(permission: CAP_SYS_NICE, or LimitRTPRIO=1 of the service)",
    )


def _worker(stats: dict[str, Any]) -> WorkerStats:
    return WorkerStats(
        legs=stats["legs"],
        priority=PRIORITIES[stats["priority"]],
        rtp_rx=stats["rx_packets"],
        rtp_tx=stats["tx_packets"],
        rtp_forwarded=stats["forwarded"],
        rtp_tx_errors=stats["tx_errors"],
        events_dropped=stats["events_dropped"],
        late_ticks=stats["late_ticks"],
        max_tick_us=stats["max_tick_us"],
        cpu_ms=stats["cpu_ns"] // 1_000_000,
        slots=tuple(stats["slots"]),
        delays=tuple(stats["delays"]),
    )


def _bad_datagram(bad: tuple[int, str, int, int, str, bytes]) -> BadDatagram:
    at_ns, host, port, size, reason, data = bad
    return BadDatagram(
        at_ms=now_ms() - (time.monotonic_ns() - at_ns) // 1_000_000,
        source=f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        size=size,
        reason=reason,
        text=data.decode("utf-8", "backslashreplace"),
    )


def _as_dict(stats: EngineStats) -> dict[str, int]:
    """Of a sample: figures only."""
    apart = ("sip_bad_last", "workers")
    return {name: getattr(stats, name) for name in EngineStats.__struct_fields__ if name not in apart}


def _rss_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024
