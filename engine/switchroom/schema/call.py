"""call.*: one call, its legs, its end."""

from __future__ import annotations

from typing import Literal

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


class LegInfo(Reply, frozen=True, kw_only=True):
    """One SIP dialog with one media endpoint. Loss and jitter are of what we received (RFC 3550)."""

    leg_id: str
    sip_call_id: str
    direction: Direction
    state: str
    from_user: str
    to_user: str
    codec: str
    rx_packets: int = 0
    rx_lost: int = 0
    tx_packets: int = 0
    jitter_us: int = 0


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


class Play(Request, frozen=True, kw_only=True):
    """Play a WAV file of the server; `loops` 0 means for ever."""

    id: Id
    file: Name
    loops: Count = 1


class Dtmf(Request, frozen=True, kw_only=True):
    id: Id
    digits: Name
    tone_ms: Ms = 100
    gap_ms: Ms = 100


class RecordStart(Request, frozen=True, kw_only=True):
    """Stereo file: left what the far side says, right what it hears. `name` below the recordings folder."""

    id: Id
    name: Name | None = None


class RecordStop(Request, frozen=True, kw_only=True):
    id: Id


class RecordInfo(Reply, frozen=True, kw_only=True):
    id: str
    path: str
    already: bool = False
