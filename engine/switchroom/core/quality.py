"""Quality of a leg: what is measured, what is reported, which limits raise an alarm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from .._media import QUALITY_ALARMS

_XR = {"auto": 0, "always": 1, "never": 2}
_UNKNOWN = -(2**31)
_ONE_WAY = QUALITY_ALARMS.index("one_way")
_REASONS = {1: "no_packets", 2: "silence"}


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityOptions:
    """Of a Core; every leg of it is then measured. A limit of 0 raises no alarm. Levels are of speech, in dBm0.

    `levels`: also look at the samples (G.711 only): level, clipping, silence, and what follows from it. `rtcp_xr`:
    send RFC 3611 reports to peers that send some (auto), always, never. The reasons for the defaults stand in
    docs/configuration.md.
    """

    levels: bool = True
    rtcp_xr: str = "auto"
    mos_min: float = 3.5
    loss_percent: float = 5.0
    jitter_ms: int = 60
    rtt_ms: int = 400
    clipping_permille: int = 10
    level_low_dbm0: float = -40.0
    level_high_dbm0: float = -6.0
    silence_dbm0: float = -50.0
    one_way_ms: int = 15_000
    dead_air_ms: int = 20_000
    interval_ms: int = 10_000

    def as_c(self) -> dict[str, int]:
        """struct quality_opts of switchroom.h."""
        return {
            "levels": self.levels,
            "xr": _XR[self.rtcp_xr],
            "mos_cent": round(100 * self.mos_min),
            "loss_permille": round(10 * self.loss_percent),
            "jitter_ms": self.jitter_ms,
            "rtt_ms": self.rtt_ms,
            "clip_permille": self.clipping_permille,
            "level_low_cdb": round(100 * self.level_low_dbm0),
            "level_high_cdb": round(100 * self.level_high_dbm0),
            "silence_cdb": round(100 * self.silence_dbm0),
            "one_way_ms": self.one_way_ms,
            "dead_air_ms": self.dead_air_ms,
            "interval_ms": self.interval_ms,
        }


class QualityAlarm(NamedTuple):
    """A limit was crossed. `value` in the unit of `alarm` (switchroom.h, QUALITY_ALARMS); `lasted_ms` at its end;
    `reason` of one_way: no_packets or silence."""

    alarm: str
    begins: bool
    value: int
    lasted_ms: int = 0
    reason: str | None = None

    @classmethod
    def of(cls, a: int, b: int, c: int, d: int) -> QualityAlarm:
        return cls(QUALITY_ALARMS[a], d != 0, b, c, _REASONS.get(d) if a == _ONE_WAY else None)


class Rating(NamedTuple):
    """E-model of one direction (G.107): R in tenths, 0-1000; MOS in hundredths, 100-450. `last`, `min`, `avg` are of
    the intervals; 0: too little was heard to say."""

    r: int
    r_last: int
    r_min: int
    r_avg: int
    mos: int
    mos_last: int
    mos_min: int
    mos_avg: int


class SideSound(NamedTuple):
    """One direction. `level_cdbm0`: mean level of the speech in hundredths of dBm0, None: none was measured.
    `clipped`: samples."""

    voice_ms: int
    measured_ms: int
    clipped: int
    level_cdbm0: int | None


class LegQuality(NamedTuple):
    """`rx`: how the far side sounds here; `tx`: how we sound there, by its reports. `said`, `heard`: by the far side.
    Loss and bursts (RFC 3611 4.7.2) of what we receive. `xr_*`: the far side's own VoIP metrics, None: not said."""

    rx: Rating
    tx: Rating
    said: SideSound
    heard: SideSound
    packets: int
    lost: int
    burst_r_cent: int
    burst_density_permille: int
    gap_density_permille: int
    burst_ms: int
    gap_ms: int
    delay_ms: int
    rtt_us: int
    rtt_max_us: int
    intervals: int
    one_way_ms: int
    dead_air_ms: int
    alarms: tuple[str, ...]
    alarmed: tuple[str, ...]
    remote_loss_permille: int
    xr_seen: int
    xr_sent: int
    xr_signal_cdbm0: int | None
    xr_r: int | None
    xr_mos_lq: int | None
    xr_mos_cq: int | None

    @classmethod
    def of(cls, figures: dict[str, Any]) -> LegQuality:
        values = dict(figures)
        for name in ("rx", "tx"):
            values[name] = Rating(**figures[name])
        for name in ("said", "heard"):
            level = figures[name]["level_cdb"]
            sound = {key: value for key, value in figures[name].items() if key != "level_cdb"}
            values[name] = SideSound(**sound, level_cdbm0=None if level == _UNKNOWN else level)
        for name in ("alarms", "alarmed"):
            values[name] = tuple(word for bit, word in enumerate(QUALITY_ALARMS) if figures[name] >> bit & 1)
        signal = values.pop("xr_signal_cdb")
        values["xr_signal_cdbm0"] = None if signal == _UNKNOWN else signal
        for name in ("xr_r", "xr_mos_lq", "xr_mos_cq"):
            values[name] = values[name] or None
        return cls(**values)
