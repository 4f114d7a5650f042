"""One call as it lives: its legs, its times, what becomes its CDR."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from ..core import Leg, LegEvent, LegState, RecordResult
from ..schema.call import CallInfo, CallState, LegInfo
from ..store import AnyWrite, EventDraft
from ..store.calls import CallRow
from .call_quality import cdr_quality
from .clock import wall_ms
from .recordings import CallRecording
from .trunks import Trunk

_STATES: dict[LegState, CallState] = {
    LegState.CALLING: "calling",
    LegState.INCOMING: "new",
    LegState.EARLY: "ringing",
    LegState.ANSWERED: "answered",
    LegState.ENDED: "ended",
}


class CallLeg:
    """A leg's place in a call; it is `Leg.owner`."""

    __slots__ = ("call", "leg", "trunk")

    def __init__(self, call: Call, leg: Leg, trunk: Trunk | None) -> None:
        self.call = call
        self.leg = leg
        self.trunk = trunk


class Call:
    """`legs[0]` is the one that gives the call its times and its cause. `listener(call, leg, event)` hears every event
    of every leg, after the call has taken note of it. Ids of campaign, contact, attempt and agent, and `disposition`,
    are set by whoever knows them, before the call ends, to be in its CDR. `finisher(call, row)` may add writes and
    events to those of the CDR: all become durable together."""

    __slots__ = (
        "agent_id",
        "attempt_id",
        "campaign_id",
        "connected_at",
        "contact_id",
        "created_at",
        "created_at_ms",
        "direction",
        "disposition",
        "finisher",
        "from_",
        "id",
        "last_event_id",
        "legs",
        "listener",
        "record_result",
        "recording",
        "recordings_made",
        "talk_ended_at",
        "tenant",
        "to",
        "trunk",
        "version",
        "watchers",
    )

    def __init__(self, call_id: str, direction: Literal["in", "out"], from_: str, to: str, created_at: float) -> None:
        self.id = call_id
        self.direction = direction
        self.from_ = from_
        self.to = to
        self.created_at = created_at
        self.created_at_ms = wall_ms(created_at)
        self.connected_at: float | None = None  # when two people, or a person and the program, were joined
        self.talk_ended_at: float | None = None  # None: the end of the call
        self.legs: list[Leg] = []
        self.trunk: str | None = None
        self.campaign_id: str | None = None
        self.contact_id: str | None = None
        self.attempt_id: str | None = None
        self.agent_id: str | None = None
        self.disposition: str | None = None
        self.tenant: str | None = None
        self.recording: CallRecording | None = None  # the last one
        self.recordings_made = 0
        self.record_result: RecordResult | None = None
        self.listener: Callable[[Call, Leg, LegEvent], None] | None = None
        self.finisher: Callable[[Call, CallRow], tuple[list[AnyWrite], list[EventDraft]]] | None = None
        self.watchers: tuple[Callable[[Call, Leg, LegEvent], None], ...] = ()  # hear the same after the listener
        self.version = 0
        self.last_event_id = 0

    def __repr__(self) -> str:
        return f"<Call {self.id} {self.direction} {self.state} {self.from_!r} -> {self.to!r}>"

    @property
    def leg(self) -> Leg:
        return self.legs[0]

    @property
    def state(self) -> CallState:
        return _STATES[self.legs[0].state] if self.legs else "new"

    @property
    def closed(self) -> bool:
        """All legs are closed and all recordings complete: nothing more will happen."""
        return all(leg.closed for leg in self.legs)

    @property
    def ids(self) -> dict[str, str]:
        """Ids that its events carry."""
        ids = {"call_id": self.id}
        if self.campaign_id is not None:
            ids["campaign_id"] = self.campaign_id
        if self.agent_id is not None:
            ids["agent_id"] = self.agent_id
        return ids

    def hangup(self, q850: int = 16) -> None:
        for leg in self.legs:
            leg.hangup(q850)

    def at_ms(self, at: float | None) -> int | None:
        """UTC ms of an instant of this call: from one wall time, so differences stay true when the clock is set."""
        return None if at is None else self.created_at_ms + round((at - self.created_at) * 1000)

    def info(self) -> CallInfo:
        leg = self.leg
        end = leg.end
        return CallInfo(
            id=self.id,
            state=self.state,
            direction=self.direction,
            from_=self.from_,
            to=self.to,
            trunk=self.trunk,
            campaign_id=self.campaign_id,
            contact_id=self.contact_id,
            attempt_id=self.attempt_id,
            agent_id=self.agent_id,
            created_at_ms=self.created_at_ms,
            ringing_at_ms=self.at_ms(leg.ringing_at),
            answered_at_ms=self.at_ms(leg.answered_at),
            ended_at_ms=self.at_ms(leg.ended_at),
            sip_status=end.status if end else 0,
            q850_cause=end.q850 if end else 0,
            side=end.side if end else None,  # type: ignore[arg-type]  # the C core's words are schema.Side's
            recording=self.recording.path if self.recording else None,
            legs=tuple(leg_info(each) for each in self.legs),
            version=self.version,
            last_event_id=self.last_event_id,
        )

    def row(self) -> CallRow:
        """The CDR, once closed."""
        leg = self.leg
        end, stats = leg.end, leg.stats()
        assert end is not None
        assert leg.ended_at is not None
        # A campaign's call talks when an agent is there; any other one from the answer on.
        connected = self.connected_at if self.attempt_id is not None else self.connected_at or leg.answered_at
        talk_ended = self.talk_ended_at or leg.ended_at
        return CallRow(
            id=self.id,
            direction=self.direction,
            from_=self.from_,
            to_=self.to,
            created_at_ms=self.created_at_ms,
            ended_at_ms=self.at_ms(leg.ended_at) or 0,
            trunk=self.trunk,
            campaign_id=self.campaign_id,
            contact_id=self.contact_id,
            attempt_id=self.attempt_id,
            agent_id=self.agent_id,
            disposition=self.disposition,
            ringing_at_ms=self.at_ms(leg.ringing_at),
            answered_at_ms=self.at_ms(leg.answered_at),
            connected_at_ms=self.at_ms(connected),
            talk_ms=0 if connected is None else max(0, round((talk_ended - connected) * 1000)),
            sip_status=end.status,
            q850_cause=end.q850,
            side=end.side,
            sip_call_id=leg.sip_call_id,
            codec=leg.codec or None,
            srtp=leg.encrypted or None,
            recording=self.recording.path if self.recording else None,
            record_ms=self.record_result.ms if self.record_result else None,
            rx_packets=stats.rx_packets,
            rx_lost=stats.rx_lost,
            tx_packets=stats.tx_packets,
            jitter_us=stats.jitter_us,
            **cdr_quality(leg),
        )


def leg_info(leg: Leg) -> LegInfo:
    stats, quality = leg.stats(), leg.quality()
    return LegInfo(
        leg_id=leg.id,
        sip_call_id=leg.sip_call_id,
        direction=leg.direction,
        state=leg.state.value,
        from_user=leg.from_user,
        to_user=leg.to_user,
        codec=leg.codec,
        srtp=leg.encrypted,
        rx_packets=stats.rx_packets,
        rx_lost=stats.rx_lost,
        tx_packets=stats.tx_packets,
        jitter_us=stats.jitter_us,
        rtt_us=stats.rtt_us,
        rx_mos_cent=quality.rx.mos if quality else 0,
        tx_mos_cent=quality.tx.mos if quality else 0,
    )


def ended_data(call: Call, row: CallRow) -> dict[str, Any]:
    """What the event call.ended says: the CDR's essence and each leg's audio."""
    data: dict[str, Any] = {
        "direction": row.direction,
        "from": row.from_,
        "to": row.to_,
        "sip_status": row.sip_status,
        "q850_cause": row.q850_cause,
        "side": row.side,
        "talk_ms": row.talk_ms,
        "legs": [
            {
                "leg_id": leg.id,
                "srtp": leg.encrypted,
                "rx_packets": s.rx_packets,
                "rx_lost": s.rx_lost,
                "jitter_us": s.jitter_us,
            }
            for leg, s in ((leg, leg.stats()) for leg in call.legs)
        ],
    }
    if row.rx_mos_cent is not None:
        data["rx_mos_cent"] = row.rx_mos_cent
    if row.tx_mos_cent is not None:
        data["tx_mos_cent"] = row.tx_mos_cent
    optional = (("trunk", row.trunk), ("disposition", row.disposition), ("recording", row.recording))
    data.update((name, value) for name, value in optional if value is not None)
    return data
