"""call.*: one call, its legs, its end."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ._base import Count, Id, Idem, Ms, Name, Page, Reply, Request, Uri

CallState = Literal["new", "calling", "ringing", "answered", "ended"]
Direction = Literal["in", "out"]
Side = Literal["local", "remote", "timeout", "transport", "protocol"]


class Originate(Request, frozen=True, kw_only=True):
    """Place a call. `uri` (sip:...) goes there directly; `number` goes out through `trunk` or the first that is up.
    Without `ring_timeout_ms` it rings as long as the configuration's sip.ring_timeout_ms allows."""

    uri: Uri | None = None
    number: Name | None = None
    trunk: Name | None = None
    caller_id: Name | None = None
    ring_timeout_ms: Ms | None = None
    play: Name | None = None
    record: bool = False
    call_id: Id | None = None
    idem: Idem | None = None
    wait: Literal["none", "ringing", "answered", "ended"] = "none"
    timeout_ms: Ms = 120_000


class RatingInfo(Reply, frozen=True, kw_only=True):
    """E-model of one direction (ITU-T G.107): R in tenths (0-1000), MOS in hundredths (100-450); 0: not known yet.
    `last`, `min` and `avg` are of intervals of 10 s."""

    r_tenth: int = 0
    r_last_tenth: int = 0
    r_min_tenth: int = 0
    mos_cent: int = 0
    mos_last_cent: int = 0
    mos_min_cent: int = 0
    mos_avg_cent: int = 0


class SoundInfo(Reply, frozen=True, kw_only=True):
    """One direction. `level_cdbm0`: of the speech, hundredths of dBm0; absent when none was measured."""

    voice_ms: int = 0
    clipped_samples: int = 0
    level_cdbm0: int | None = None


class QualityInfo(Reply, frozen=True, kw_only=True):
    """How a leg sounds. `rx`, `said`: from the far side; `tx`, `heard`: to it, `tx` by its reports. Bursts and gaps of
    loss as RFC 3611 4.7.2 has them. `alarms`: limits crossed now; `alarmed`: at any time. `xr_*`: the far side's own
    VoIP metrics (RFC 3611), absent when it sends none."""

    rx: RatingInfo
    tx: RatingInfo
    said: SoundInfo
    heard: SoundInfo
    packets: int = 0
    lost: int = 0
    burst_r_cent: int = 0
    burst_density_permille: int = 0
    gap_density_permille: int = 0
    burst_ms: int = 0
    gap_ms: int = 0
    delay_ms: int = 0
    rtt_us: int = 0
    rtt_max_us: int = 0
    intervals: int = 0
    one_way_ms: int = 0
    dead_air_ms: int = 0
    remote_loss_permille: int = 0
    alarms: tuple[str, ...] = ()
    alarmed: tuple[str, ...] = ()
    xr_r: int | None = None
    xr_mos_lq_cent: int | None = None
    xr_mos_cq_cent: int | None = None
    xr_level_cdbm0: int | None = None


class LegStatsInfo(Reply, frozen=True, kw_only=True):
    """Counters of one leg's audio (RFC 3550), both directions; `remote_*` and `rtt_us` by the far side's reports.
    `quality` is absent when [quality] is off."""

    leg_id: str
    codec: str
    rx_packets: int = 0
    rx_bytes: int = 0
    rx_lost: int = 0
    rx_reordered: int = 0
    rx_duplicates: int = 0
    rx_bad: int = 0
    rx_foreign: int = 0
    tx_packets: int = 0
    tx_bytes: int = 0
    tx_errors: int = 0
    jitter_us: int = 0
    remote_lost: int = 0
    remote_jitter_us: int = 0
    rtt_us: int = 0
    ssrc_changes: int = 0
    quality: QualityInfo | None = None


class CallStats(Reply, frozen=True, kw_only=True):
    """The call's legs as they sound now."""

    id: str
    legs: tuple[LegStatsInfo, ...]


class LegInfo(Reply, frozen=True, kw_only=True):
    """One SIP dialog with one media endpoint. Loss and jitter are of what we received (RFC 3550). MOS in hundredths, 0:
    not known; more by call.stats. `srtp`: suite of its encryption, empty: in clear."""

    leg_id: str
    sip_call_id: str
    direction: Direction
    state: str
    from_user: str
    to_user: str
    codec: str
    srtp: str = ""
    rx_packets: int = 0
    rx_lost: int = 0
    tx_packets: int = 0
    jitter_us: int = 0
    rtt_us: int = 0
    rx_mos_cent: int = 0
    tx_mos_cent: int = 0


class CallInfo(Reply, frozen=True, kw_only=True):
    """A call as it stands. `sip_status`, `q850_cause` and `side` tell how it ended."""

    id: str
    state: CallState
    direction: Direction
    from_: str = msgspec.field(name="from")
    to: str
    trunk: str | None = None
    campaign_id: str | None = None
    contact_id: str | None = None
    attempt_id: str | None = None
    agent_id: str | None = None
    created_at_ms: int
    ringing_at_ms: int | None = None
    answered_at_ms: int | None = None
    ended_at_ms: int | None = None
    sip_status: int = 0
    q850_cause: int = 0
    side: Side | None = None
    recording: str | None = None
    legs: tuple[LegInfo, ...] = ()
    replayed: bool = False
    version: int = 0
    last_event_id: int = 0


class CallPage(Reply, frozen=True, kw_only=True):
    items: tuple[CallInfo, ...]
    next: str | None = None
    as_of: int = 0


class ListCalls(Page, frozen=True, kw_only=True):
    state: CallState | None = None


class Hangup(Request, frozen=True, kw_only=True):
    id: Id
    q850_cause: Count = 16


class Bridge(Request, frozen=True, kw_only=True):
    """Join two answered calls: each hears the other."""

    id: Id
    with_id: Id


Number = int | float | Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
Db = Annotated[int, msgspec.Meta(ge=-60, le=12)]


class Say(Request, frozen=True, kw_only=True):
    """Speech from recorded fragments: exactly one of the first seven, in the words of `lang` (the configuration's
    audio.language when left out). `money`: an amount of `currency` (EUR, USD, GBP, CHF), as "12.50". `date`:
    YYYY-MM-DD. `time`: HH:MM. `duration_s`: whole seconds."""

    number: Number | None = None
    ordinal: Number | None = None
    digits: Name | None = None
    money: Number | None = None
    date: Name | None = None
    time: Name | None = None
    duration_s: Number | None = None
    currency: Name = "EUR"
    lang: Name | None = None


class PlayItem(Request, frozen=True, kw_only=True):
    """Exactly one of `file`, `tone`, `say` and `silence_ms`. `tone`: dial, ringback, busy, congestion, waiting or info,
    as in `country` (ISO 3166; audio.country when left out). Of a file `from_ms` is left out at its beginning. At most
    `ms` of it is played; a tone without `ms` goes on until it is stopped. `loops`: of a file; 0 for ever."""

    file: Name | None = None
    tone: Name | None = None
    country: Name | None = None
    say: Say | None = None
    silence_ms: Ms | None = None
    from_ms: Ms = 0
    ms: Ms | None = None
    loops: Count = 1


Items = Annotated[tuple[PlayItem, ...], msgspec.Meta(max_length=256)]


class Play(Request, frozen=True, kw_only=True):
    """Play a `file` of the server, or `items` one after the other without a gap. `mode` replace: in place of what plays
    and waits; queue: behind it. `loops` of the whole; 0 means for ever."""

    id: Id
    file: Name | None = None
    loops: Count = 1
    items: Items = ()
    mode: Literal["replace", "queue"] = "replace"
    volume_db: Db = 0
    start_ms: Ms = 0
    play_id: Id | None = None


class PlayInfo(Reply, frozen=True, kw_only=True):
    """Where it stands. `position_ms`: from the start of the list, in its present round; `item`: index in it; of an item
    of several fragments each counts. `duration_ms` of all rounds; null: it does not end by itself."""

    id: str
    play_id: str
    state: Literal["waiting", "playing", "paused", "done"]
    position_ms: int = 0
    played_ms: int = 0
    item: int = 0
    duration_ms: int | None = None
    already: bool = False


class PlayList(Reply, frozen=True, kw_only=True):
    """What plays, and what waits behind it in this order."""

    items: tuple[PlayInfo, ...]


class PlayStop(Request, frozen=True, kw_only=True):
    """Without `play_id`: all that plays and waits."""

    id: Id
    play_id: Id | None = None


class PlayControl(Request, frozen=True, kw_only=True):
    """Without `play_id`: the one that plays."""

    id: Id
    play_id: Id | None = None


class PlaySeek(Request, frozen=True, kw_only=True):
    """To `position_ms` from the start of the list, or `by_ms` from where it is. Behind the end: it is over."""

    id: Id
    play_id: Id | None = None
    position_ms: Ms | None = None
    by_ms: Annotated[int, msgspec.Meta(ge=-86_400_000, le=86_400_000)] | None = None


class PlayVolume(Request, frozen=True, kw_only=True):
    """0: as recorded; -60: silence. Reached evenly within `ramp_ms`."""

    id: Id
    play_id: Id | None = None
    volume_db: Db
    ramp_ms: Annotated[int, msgspec.Meta(ge=1, le=600_000)] = 20


class Hold(Request, frozen=True, kw_only=True):
    """The call hears music, whoever it was joined to hears nothing. `music`: in place of audio.hold_music. `common`:
    all who are held with the same music hear the same (audio.hold_start when left out)."""

    id: Id
    music: Items = ()
    common: bool | None = None


class Dtmf(Request, frozen=True, kw_only=True):
    id: Id
    digits: Name
    tone_ms: Ms = 100
    gap_ms: Ms = 100


class RecordStart(Request, frozen=True, kw_only=True):
    """`name`: file below the recordings folder, its ending is put right. `sides`: both are stereo, left the customer
    (what the first leg says), right the agent (what it hears); one of them, or both mixed, is mono: of a member of a
    conference, the conference as it hears it. What is not given is as configured."""

    id: Id
    name: Name | None = None
    sides: Literal["both", "customer", "agent", "mixed"] | None = None
    beep_every_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] | None = None


class RecordStop(Request, frozen=True, kw_only=True):
    id: Id


class RecordPause(Request, frozen=True, kw_only=True):
    """Nothing of what is said while it is paused is kept: card numbers, for instance."""

    id: Id


class RecordInfo(Reply, frozen=True, kw_only=True):
    """`id` is the call's. `ready`: the file lies at `path` (else the event recording.ready will tell)."""

    id: str
    path: str
    recording_id: str | None = None
    already: bool = False
    ready: bool = False
    paused: bool = False
