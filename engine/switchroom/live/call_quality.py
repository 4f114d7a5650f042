"""What a call's sound is told as: in its CDR, in call.stats, in events."""

from __future__ import annotations

from typing import Any

from ..core import Leg, LegQuality, QualityAlarm, Rating, SideSound
from ..schema.call import LegStatsInfo, QualityInfo, RatingInfo, SoundInfo


def leg_stats(leg: Leg) -> LegStatsInfo:
    stats, quality = leg.stats(), leg.quality()
    return LegStatsInfo(
        leg_id=leg.id,
        codec=leg.codec,
        rx_packets=stats.rx_packets,
        rx_bytes=stats.rx_bytes,
        rx_lost=stats.rx_lost,
        rx_reordered=stats.rx_reordered,
        rx_duplicates=stats.rx_duplicates,
        rx_bad=stats.rx_bad,
        rx_foreign=stats.rx_foreign,
        tx_packets=stats.tx_packets,
        tx_bytes=stats.tx_bytes,
        tx_errors=stats.tx_errors,
        jitter_us=stats.jitter_us,
        remote_lost=stats.remote_lost,
        remote_jitter_us=stats.remote_jitter_us,
        rtt_us=stats.rtt_us,
        ssrc_changes=stats.ssrc_changes,
        quality=None if quality is None else _quality(quality),
    )


def _quality(q: LegQuality) -> QualityInfo:
    return QualityInfo(
        rx=_rating(q.rx),
        tx=_rating(q.tx),
        said=_sound(q.said),
        heard=_sound(q.heard),
        packets=q.packets,
        lost=q.lost,
        burst_r_cent=q.burst_r_cent,
        burst_density_permille=q.burst_density_permille,
        gap_density_permille=q.gap_density_permille,
        burst_ms=q.burst_ms,
        gap_ms=q.gap_ms,
        delay_ms=q.delay_ms,
        rtt_us=q.rtt_us,
        rtt_max_us=q.rtt_max_us,
        intervals=q.intervals,
        one_way_ms=q.one_way_ms,
        dead_air_ms=q.dead_air_ms,
        remote_loss_permille=q.remote_loss_permille,
        alarms=q.alarms,
        alarmed=q.alarmed,
        xr_r=q.xr_r,
        xr_mos_lq_cent=q.xr_mos_lq,
        xr_mos_cq_cent=q.xr_mos_cq,
        xr_level_cdbm0=q.xr_signal_cdbm0,
    )


def _rating(r: Rating) -> RatingInfo:
    return RatingInfo(
        r_tenth=r.r,
        r_last_tenth=r.r_last,
        r_min_tenth=r.r_min,
        mos_cent=r.mos,
        mos_last_cent=r.mos_last,
        mos_min_cent=r.mos_min,
        mos_avg_cent=r.mos_avg,
    )


def _sound(s: SideSound) -> SoundInfo:
    return SoundInfo(voice_ms=s.voice_ms, clipped_samples=s.clipped, level_cdbm0=s.level_cdbm0)


def cdr_quality(leg: Leg) -> dict[str, Any]:
    """Columns of CallRow."""
    stats, q = leg.stats(), leg.quality()
    columns: dict[str, Any] = {
        "tx_lost": stats.remote_lost,
        "tx_jitter_us": stats.remote_jitter_us,
        "rtt_us": stats.rtt_us,
    }
    if q is not None:
        columns |= {
            "rx_r_tenth": q.rx.r or None,
            "rx_mos_cent": q.rx.mos or None,
            "rx_mos_min_cent": q.rx.mos_min or q.rx.mos or None,
            "tx_r_tenth": q.tx.r or None,
            "tx_mos_cent": q.tx.mos or None,
            "tx_mos_min_cent": q.tx.mos_min or q.tx.mos or None,
            "rx_level_cdbm0": q.said.level_cdbm0,
            "tx_level_cdbm0": q.heard.level_cdbm0,
            "rx_clipped": q.said.clipped,
            "one_way_ms": q.one_way_ms,
            "dead_air_ms": q.dead_air_ms,
        }
    return columns


def alarm_data(leg: Leg, alarm: QualityAlarm) -> dict[str, Any]:
    """What the event call.quality says. `value` in hundredths (mos), thousandths (loss, clipping), ms (times) or
    hundredths of dBm0 (levels)."""
    data: dict[str, Any] = {
        "leg_id": leg.id,
        "alarm": alarm.alarm,
        "state": "begin" if alarm.begins else "end",
        "value": alarm.value,
    }
    if alarm.reason is not None:
        data["reason"] = alarm.reason
    if not alarm.begins:
        data["lasted_ms"] = alarm.lasted_ms
    return data
