"""All calls that are up, and what the control socket may do with them."""

from __future__ import annotations

import asyncio
import builtins
import time
from collections.abc import Callable, Iterator
from typing import Any

import structlog
import uuid_utils

from ..core import Core, Leg, LegEvent, LegEventKind
from ..errors import BadParams, EngineError, Exists, NotFound, QueueFull, StoreError, WrongState
from ..schema._base import ById, Done
from ..schema.call import (
    Bridge,
    CallInfo,
    CallPage,
    CallStats,
    Dtmf,
    Hangup,
    ListCalls,
    Originate,
    RecordInfo,
    RecordPause,
    RecordStart,
    RecordStop,
)
from ..schema.event import Event
from ..store import AnyWrite, Committed, EventDraft, Store
from ..store.calls import CallRow, InsertCall, read_call, read_calls
from .call import Call, CallLeg, ended_data
from .call_quality import alarm_data, leg_stats
from .events import Events
from .recordings import CallRecording, Recordings
from .trunks import Trunk, Trunks

log = structlog.get_logger(__name__)

_AGAIN_S = 1.0
_PUBLISH_S = 5.0
_SETTLE_S = 10.0


class Calls:
    """Registry of calls by id. Each ends as one row of the store and one event `call.ended`, committed together."""

    def __init__(self, core: Core, trunks: Trunks, store: Store, recordings: Recordings, events: Events) -> None:
        self._core = core
        self._trunks = trunks
        self._store = store
        self._recordings = recordings
        self._events = events
        self._publish = events.publish
        self._calls: dict[str, Call] = {}
        self.on_cdr: Callable[[CallRow], None] | None = None  # hears of each CDR once it is committed
        self._writing = 0
        self._ending: dict[str, CallRow] = {}  # ended, and not in the store yet
        self._written = asyncio.Event()
        self._fewer = asyncio.Event()  # a call has gone
        store.on_committed(self._note_events)

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls.values())

    def find(self, call_id: str) -> Call | None:
        return self._calls.get(call_id)

    # ---------------------------------------------------------------- for live

    def incoming(self, leg: Leg) -> Call:
        """A call of its own for a leg that came in."""
        call = Call(leg.id, "in", leg.from_user, leg.ruri_user, leg.created_at)
        self._register(call)
        self.add_leg(call, leg)
        self._announce("call.created", call)
        return call

    def dial(
        self,
        *,
        number: str | None = None,
        uri: str | None = None,
        trunk: Trunk | None = None,
        caller_id: str | None = None,
        ring_timeout_s: float | None = None,
        call_id: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        **ids: str | None,
    ) -> Call:
        """Place a call: `number` through a `trunk` that Trunks.pick() gave, or straight to `uri`.

        `ids`: campaign_id, contact_id, attempt_id, agent_id. The INVITE is out on return (see Core.dial for errors).
        """
        if call_id is not None and call_id in self._calls:
            if trunk is not None:
                trunk.state.release()
            raise Exists(f"call {call_id} is there already", call_id=call_id)
        if trunk is not None:
            assert number is not None
            leg = self._trunks.dial(trunk, number, caller_id=caller_id, ring_timeout_s=ring_timeout_s, headers=headers)
        else:
            assert uri is not None
            leg = self._core.dial(uri, from_=caller_id, ring_timeout_s=ring_timeout_s, headers=headers)
        call = Call(call_id or str(uuid_utils.uuid7()), "out", leg.from_user, number or leg.to_user, leg.created_at)
        for name, value in ids.items():
            setattr(call, name, value)
        self._register(call)
        self.add_leg(call, leg, trunk)
        self._announce("call.created", call)
        return call

    def dial_leg(self, call: Call, uri: str, *, ring_timeout_s: float) -> Leg:
        """One more leg of a call that is up, to a SIP URI. Raises as Core.dial() does."""
        leg = self._core.dial(uri, from_=call.from_ or None, ring_timeout_s=ring_timeout_s)
        self.add_leg(call, leg)
        return leg

    def add_leg(self, call: Call, leg: Leg, trunk: Trunk | None = None) -> None:
        """One more leg of the call; `trunk` is released at its end."""
        call.legs.append(leg)
        if trunk is not None:
            call.trunk = trunk.name
        leg.owner = CallLeg(call, leg, trunk)
        leg.on_event = self._on_event

    def record(self, call: Call, name: str | None = None, **how: Any) -> CallRecording:
        """Record the call's first leg (Recordings.record)."""
        call.recording = self._recordings.record(call, name, **how)
        call.record_result = None
        return call.recording

    def record_or_tell(self, call: Call) -> None:
        """A recording that cannot start costs the recording, not the call."""
        try:
            self.record(call)
        except (EngineError, OSError) as error:
            log.error("recording_failed", call_id=call.id, error=str(error))
            self._publish("recording.failed", {"error": str(error)}, **call.ids)

    async def wait_empty(self, left_out: Callable[[Call], bool] = lambda call: False) -> None:
        """Until no call is up, those apart that `left_out` names."""
        while any(not left_out(call) for call in self._calls.values()):
            self._fewer.clear()
            await self._fewer.wait()

    async def settle(self) -> None:
        """Until every CDR of a call that has closed is committed; with a store that cannot, for ten seconds."""
        try:
            async with asyncio.timeout(_SETTLE_S):
                while self._writing:
                    self._written.clear()
                    await self._written.wait()
        except TimeoutError:
            log.error("cdrs_given_up", count=self._writing, reason=self._store.failing)

    # ------------------------------------------------------------------ events

    def _register(self, call: Call) -> None:
        self._calls[call.id] = call

    def _announce(self, topic: str, call: Call, **more: Any) -> None:
        call.version += 1
        data: dict[str, Any] = {"direction": call.direction, "from": call.from_, "to": call.to, **more}
        if call.trunk is not None:
            data["trunk"] = call.trunk
        self._publish(topic, data, **call.ids)

    def _on_event(self, leg: Leg, event: LegEvent) -> None:
        place: CallLeg = leg.owner
        call, kind = place.call, event.kind
        first = leg is call.legs[0]
        if kind is LegEventKind.RINGING and first:
            self._announce("call.ringing", call, sip_status=event.value)
        elif kind is LegEventKind.ANSWERED and first:
            self._announce("call.answered", call)
        elif kind is LegEventKind.RECORDED:
            if call.recording is not None and call.recording.result is event.value:
                call.record_result = event.value
        elif kind is LegEventKind.DTMF:
            self._announce("call.dtmf", call, digit=event.value.digit, leg_id=leg.id, way=event.value.way)
        elif kind is LegEventKind.QUALITY and (first or event.value.alarm != "dead_air"):
            # Dead air is the talk's, not a leg's: told once.
            self._announce("call.quality", call, **alarm_data(leg, event.value))
        elif kind is LegEventKind.ENDED and place.trunk is not None:
            answered = leg.answered_at is not None
            place.trunk.release(event.value, rang=leg.ringing_at is not None, answered=answered)
        if call.listener is not None:
            call.listener(call, leg, event)
        for watcher in call.watchers:
            watcher(call, leg, event)
        if kind is LegEventKind.CLOSED and call.closed:
            self._finish(call)

    def _finish(self, call: Call) -> None:
        if self._calls.pop(call.id, None) is None:
            return
        self._fewer.set()
        row = call.row()
        # These point back at the call: without them its memory is free at once, not at some later collection.
        call.listener = None
        call.watchers = ()
        for leg in call.legs:
            leg.owner = leg.on_event = None
        draft = EventDraft(
            "call.ended", ended_data(call, row), call_id=call.id, campaign_id=call.campaign_id, agent_id=call.agent_id
        )
        writes: list[AnyWrite] = [InsertCall(row)]
        drafts = [draft]
        if call.finisher is not None:
            more_writes, more_drafts = call.finisher(call, row)
            writes += more_writes
            drafts += more_drafts
            call.finisher = None
        self._writing += 1
        self._ending[row.id] = row
        self._commit_row(row, writes, drafts)

    def _commit_row(self, row: CallRow, writes: builtins.list[AnyWrite], drafts: builtins.list[EventDraft]) -> None:
        done = self._events.commit(writes, drafts)
        done.add_done_callback(lambda done: self._row_written(done, row, writes, drafts))

    def _row_written(
        self,
        done: asyncio.Future[Committed],
        row: CallRow,
        writes: builtins.list[AnyWrite],
        drafts: builtins.list[EventDraft],
    ) -> None:
        error = None if done.cancelled() else done.exception()
        if isinstance(error, StoreError | QueueFull) and self._store.running:
            # A full disk must not cost a disposition: it waits here until there is room.
            log.error("cdr_not_written", call_id=row.id, error=str(error), again_s=_AGAIN_S)
            asyncio.get_running_loop().call_later(_AGAIN_S, self._commit_row, row, writes, drafts)
            return
        self._writing -= 1
        self._ending.pop(row.id, None)
        if not self._writing:
            self._written.set()
        if error is not None:
            log.error("cdr_not_written", call_id=row.id, error=str(error))
        elif self.on_cdr is not None:
            self.on_cdr(row)

    def _note_events(self, events: list[Event]) -> None:
        for event in events:
            if event.call_id is not None and (call := self._calls.get(event.call_id)) is not None:
                call.last_event_id = event.id

    # ----------------------------------------------------------------- control

    async def originate(self, req: Originate) -> CallInfo:
        """Place a call; the reply is the call as it stands, its fate comes as events."""
        if (req.uri is None) == (req.number is None):
            raise BadParams("give either uri (sip:...) or number", field="uri")
        trunk = None
        if req.number is not None:
            trunk = self._trunks.pick(None if req.trunk is None else [req.trunk])
        elif req.trunk is not None:
            raise BadParams("trunk goes with number, not with uri", field="trunk")
        if req.play is not None:
            await self._core.load(req.play)  # a bad file is told now, not after the answer
        call = self.dial(
            number=req.number,
            uri=req.uri,
            trunk=trunk,
            caller_id=req.caller_id,
            ring_timeout_s=None if req.ring_timeout_ms is None else req.ring_timeout_ms / 1000,
            call_id=req.call_id,
        )
        if req.play is not None or req.record:
            call.listener = _Greeting(self, req.play, req.record)
        return call.info()

    async def get(self, req: ById) -> CallInfo:
        call = self._calls.get(req.id)
        return call.info() if call is not None else _ended_info(await self._ended(req.id))

    def stats(self, req: ById) -> CallStats:
        call = self._calls.get(req.id)
        if call is None:
            raise NotFound(f"no call {req.id} is up", call_id=req.id)
        return CallStats(id=call.id, legs=tuple(leg_stats(leg) for leg in call.legs))

    async def list(self, req: ListCalls) -> CallPage:
        """Calls that are up, oldest first; with state "ended": those in the store."""
        as_of = self._store.head_id
        if req.state == "ended":
            rows = await self._store.query(read_calls, req.after or "", req.limit + 1)
            infos = [_ended_info(row) for row in rows]
        else:
            infos = self._page(req)
        more = len(infos) > req.limit
        items = tuple(infos[: req.limit])
        return CallPage(items=items, next=items[-1].id if more else None, as_of=as_of)

    def _page(self, req: ListCalls) -> builtins.list[CallInfo]:
        ids = sorted(
            call.id
            for call in self._calls.values()
            if call.id > (req.after or "") and (req.state is None or call.state == req.state)
        )
        return [self._calls[call_id].info() for call_id in ids[: req.limit + 1]]

    async def hangup(self, req: Hangup) -> Done:
        call = self._calls.get(req.id)
        if call is None:
            await self._ended(req.id)
            return Done(already=True)
        already = call.leg.ended
        call.hangup(req.q850_cause)
        return Done(already=already)

    def bridge(self, req: Bridge) -> Done:
        """Each hears the other; both stay calls of their own, each ends by itself."""
        a, b = self.answered(req.id), self.answered(req.with_id)
        a.leg.bridge(b.leg)
        now = time.monotonic()
        a.connected_at = a.connected_at or now
        b.connected_at = b.connected_at or now
        self._announce("call.bridged", a, with_id=b.id)
        return Done()

    def dtmf(self, req: Dtmf) -> Done:
        self.answered(req.id).leg.dtmf(req.digits, tone_ms=req.tone_ms, gap_ms=req.gap_ms)
        return Done()

    def record_start(self, req: RecordStart) -> RecordInfo:
        call = self.answered(req.id)
        if call.recording is not None and call.recording.result is None:
            return _record_info(call, call.recording, already=True)
        made = self.record(call, req.name, sides=req.sides, beep_every_ms=req.beep_every_ms)
        return _record_info(call, made)

    async def record_stop(self, req: RecordStop) -> RecordInfo:
        """Complete the file; the reply comes when it is."""
        call = self._calls.get(req.id)
        if call is None:
            row = await self._ended(req.id)
            if row.recording is None:
                raise NotFound(f"call {req.id} was not recorded", call_id=req.id)
            return RecordInfo(id=req.id, path=row.recording, already=True)
        made = _recording_of(call)
        already = made.result is not None
        made.stop()
        await made
        await made.wait_published(_PUBLISH_S)
        return _record_info(call, made, already=already)

    def record_pause(self, req: RecordPause) -> RecordInfo:
        """From the moment the command is posted; `already` when it is paused."""
        call = self.answered(req.id)
        made = _recording_of(call, going_on=True)
        return _record_info(call, made, already=not made.pause())

    def record_resume(self, req: RecordPause) -> RecordInfo:
        call = self.answered(req.id)
        made = _recording_of(call, going_on=True)
        return _record_info(call, made, already=not made.resume())

    def answered(self, call_id: str) -> Call:
        """A call that is up and answered; NotFound, WrongState."""
        call = self._calls.get(call_id)
        if call is None:
            raise NotFound(f"no call {call_id} is up", call_id=call_id)
        if call.state != "answered":
            raise WrongState(f"call {call_id} is {call.state}: it must be answered first", call_id=call_id)
        return call

    async def _ended(self, call_id: str) -> CallRow:
        row = self._ending.get(call_id) or await self._store.query(read_call, call_id)
        if row is None:
            raise NotFound(f"no call {call_id}", call_id=call_id)
        return row


def _recording_of(call: Call, *, going_on: bool = False) -> CallRecording:
    made = call.recording
    if made is None or (going_on and made.result is not None):
        raise WrongState(f"call {call.id} is not being recorded", call_id=call.id)
    return made


def _record_info(call: Call, made: CallRecording, *, already: bool = False) -> RecordInfo:
    return RecordInfo(
        id=call.id,
        path=made.path,
        recording_id=made.id,
        already=already,
        ready=made.published,
        paused=made.paused,
    )


class _Greeting:
    """What originate asked for once the call is answered."""

    __slots__ = ("_calls", "_play", "_record")

    def __init__(self, calls: Calls, play: str | None, record: bool) -> None:
        self._calls = calls
        self._play = play
        self._record = record

    def __call__(self, call: Call, leg: Leg, event: LegEvent) -> None:
        if event.kind is not LegEventKind.ANSWERED or leg is not call.leg:
            return
        try:
            if self._record:
                self._calls.record(call)
            if self._play is not None:
                leg.play(self._play)
        except (EngineError, OSError):
            log.exception("originate_audio_failed", call_id=call.id)
            call.hangup(41)  # Q.850: temporary failure


def _ended_info(row: CallRow) -> CallInfo:
    return CallInfo(
        id=row.id,
        state="ended",
        direction=row.direction,
        from_=row.from_,
        to=row.to_,
        trunk=row.trunk,
        campaign_id=row.campaign_id,
        contact_id=row.contact_id,
        attempt_id=row.attempt_id,
        agent_id=row.agent_id,
        created_at_ms=row.created_at_ms,
        ringing_at_ms=row.ringing_at_ms,
        answered_at_ms=row.answered_at_ms,
        ended_at_ms=row.ended_at_ms,
        sip_status=row.sip_status,
        q850_cause=row.q850_cause,
        side=row.side,  # type: ignore[arg-type]  # written from the same words
        recording=row.recording,
    )
