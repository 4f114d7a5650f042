"""What happens to a leg, for `Leg.on_event`."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

from .._sip import addr_text


class LegState(Enum):
    """INCOMING: their INVITE waits for us. CALLING: ours waits for them. EARLY: it rings."""

    CALLING = "calling"
    INCOMING = "incoming"
    EARLY = "early"
    ANSWERED = "answered"
    ENDED = "ended"


class LegEventKind(Enum):
    """The value of a LegEvent, by kind, stands beside each name."""

    RINGING = "ringing"  # status: 180-189, the first one; once more for the first 180 after a 183
    EARLY_MEDIA = "early_media"  # status of the response whose SDP opened the audio
    ANSWERED = "answered"  # None
    CONFIRMED = "confirmed"  # None: their ACK to our 2xx came
    MEDIA_CHANGED = "media_changed"  # what we may do now: "sendrecv", "sendonly", "recvonly", "inactive"
    MODIFIED = "modified"  # status of our re-INVITE's final response
    LATCHED = "latched"  # (host, port) the audio comes from
    SILENT = "silent"  # ms since the last packet
    RESUMED = "resumed"  # None
    DTMF = "dtmf"  # Digit
    AMD = "amd"  # AmdResult
    BEEP = "beep"  # BeepResult, or None when none was heard
    PLAYING = "playing"  # the Playback: it has begun, or a command to it was carried out
    PLAYED = "played"  # the Playback: it has ended
    RECORDED = "recorded"  # RecordResult
    RECORD_PART = "record_part"  # RecordPart
    RECORD_PAUSED = "record_paused"  # Gap
    RECORD_RESUMED = "record_resumed"  # Gap
    RECORD_ERROR = "record_error"  # errno; the recording has stopped, the call goes on
    QUALITY = "quality"  # QualityAlarm
    ENDED = "ended"  # End; no more signalling
    CLOSED = "closed"  # LegStats: audio is closed, recordings are complete; the last event


class LegEvent(NamedTuple):
    """`at`: seconds, the loop's clock."""

    kind: LegEventKind
    at: float
    value: Any = None


class Digit(NamedTuple):
    """`way`: "event" (RFC 4733) or "audio" (a tone was heard)."""

    digit: str
    ms: int
    way: str = "event"


class AmdResult(NamedTuple):
    """`verdict`: human, machine, sit, fax, silence or unknown. `confidence`: 0.0-1.0. `reason`: what decided."""

    verdict: str
    ms: int
    confidence: float
    reason: str


class BeepResult(NamedTuple):
    """`ms`: since the wait began."""

    ms: int
    hz: int


class LegStats(NamedTuple):
    """Of what we received, except where a name says tx or remote (RFC 3550). `rtt_us` 0: unknown. `first_rx_at`,
    `last_rx_at`: seconds, the loop's clock, 0.0: never. `playout_` to `stretched_ms`: where samples are played out, in
    a mix; how far behind the fastest packets now and wanted, packets too late or given up, milliseconds made up for
    packets that were not there, and milliseconds of speech cut out or put in to keep the pace.
    `encrypted`: number of the SRTP suite, 0: in clear. `srtp_bad`: wrong key or tampered with. `foreign`: (host,
    port) of the last sender that `rx_foreign` counts."""

    rx_packets: int = 0
    rx_bytes: int = 0
    tx_packets: int = 0
    tx_bytes: int = 0
    rx_lost: int = 0
    rx_reordered: int = 0
    rx_duplicates: int = 0
    rx_bad: int = 0
    rx_foreign: int = 0
    tx_errors: int = 0
    jitter_us: int = 0
    remote_lost: int = 0
    remote_jitter_us: int = 0
    rtt_us: int = 0
    ssrc_changes: int = 0
    playout_delay_ms: int = 0
    playout_target_ms: int = 0
    playout_late: int = 0
    playout_dropped: int = 0
    concealed_ms: int = 0
    stretched_ms: int = 0
    first_rx_at: float = 0.0
    last_rx_at: float = 0.0
    local_port: int = 0
    worker: int = 0
    encrypted: int = 0
    rtcp_mux: int = 0
    srtp_bad: int = 0
    srtp_replayed: int = 0
    foreign: tuple[str, int] | None = None

    @classmethod
    def of(cls, counters: dict[str, Any]) -> LegStats:
        values: dict[str, Any] = {name: counters[name] for name in cls._fields}
        values["first_rx_at"] *= 1e-9
        values["last_rx_at"] *= 1e-9
        if values["foreign"] is not None:
            values["foreign"] = addr_text(values["foreign"])
        return cls(**values)
