"""Conferences: calls that hear each other, by roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import uuid_utils

from ..core import Core, Leg, LegEvent, LegEventKind, Mix
from ..errors import Exists, NotFound, WrongState
from ..schema._base import ById, Done
from ..schema.conference import (
    Conference,
    ConferenceMember,
    ConferencePage,
    CreateConference,
    JoinConference,
    LeaveConference,
    ListConferences,
    MuteConference,
)
from .call import Call
from .calls import Calls
from .events import Events


@dataclass(slots=True)
class _Member:
    call: Call
    talk: bool
    hear: bool
    watcher: Callable[[Call, Leg, LegEvent], None]
    taken: Callable[[], None]


@dataclass(slots=True)
class _Room:
    id: str
    mix: Mix
    members: dict[str, _Member] = field(default_factory=dict)  # by call id

    def info(self) -> Conference:
        members = (ConferenceMember(call_id=id_, talk=m.talk, hear=m.hear) for id_, m in self.members.items())
        return Conference(id=self.id, members=tuple(members))


class Conferences:
    """All conferences by id; one lives until it is closed. A call is in one at most."""

    def __init__(self, core: Core, calls: Calls, events: Events) -> None:
        self._core = core
        self._calls = calls
        self._events = events
        self._rooms: dict[str, _Room] = {}

    def create(self, req: CreateConference) -> Conference:
        id_ = req.id or str(uuid_utils.uuid7())
        if id_ in self._rooms:
            raise Exists(f"conference {id_} is there already", id=id_)
        room = self._rooms[id_] = _Room(id_, self._core.mix())
        self._events.publish("conference.created", {"id": id_})
        return room.info()

    def join(self, req: JoinConference) -> Conference:
        """Capacity when 16 are in it."""
        room, call = self._named(req.id), self._calls.answered(req.call_id)
        for other in self._rooms.values():
            if other is not room and call.id in other.members:
                raise WrongState(f"call {call.id} is in conference {other.id}: it must leave that first", id=other.id)
        room.mix.join(call.leg, talk=req.talk, hear=req.hear)
        member = room.members.get(call.id)
        if member is None:
            member = room.members[call.id] = _Member(
                call, req.talk, req.hear, partial(self._on_event, room), partial(self._on_taken, room, call)
            )
            call.watchers += (member.watcher,)
            call.leg.on_partner += (member.taken,)
        member.talk, member.hear = req.talk, req.hear
        self._events.publish("conference.joined", {"id": room.id, "talk": req.talk, "hear": req.hear}, **call.ids)
        return room.info()

    def leave(self, req: LeaveConference) -> Done:
        room = self._named(req.id)
        member = room.members.get(req.call_id)
        if member is None:
            return Done(already=True)
        room.mix.leave(member.call.leg)
        self._left(room, member.call, "left")
        return Done()

    def mute(self, req: MuteConference) -> Conference:
        room = self._named(req.id)
        member = room.members.get(req.call_id)
        if member is None:
            raise NotFound(f"call {req.call_id} is not in conference {req.id}", call_id=req.call_id)
        room.mix.join(member.call.leg, talk=not req.muted, hear=member.hear)
        member.talk = not req.muted
        self._events.publish("conference.muted", {"id": room.id, "muted": req.muted}, **member.call.ids)
        return room.info()

    def get(self, req: ById) -> Conference:
        return self._named(req.id).info()

    def list(self, req: ListConferences) -> ConferencePage:
        ids = sorted(id_ for id_ in self._rooms if id_ > (req.after or ""))
        page = ids[: req.limit]
        return ConferencePage(
            items=tuple(self._rooms[id_].info() for id_ in page),
            next=page[-1] if len(ids) > req.limit else None,
            as_of=self._events.store.head_id,
        )

    def close(self, req: ById) -> Done:
        """Its members hear nothing more of each other; their calls go on."""
        room = self._rooms.pop(req.id, None)
        if room is None:
            return Done(already=True)
        room.mix.close()
        for member in list(room.members.values()):
            self._left(room, member.call, "closed")
        self._events.publish("conference.closed", {"id": room.id})
        return Done()

    def _on_event(self, room: _Room, call: Call, leg: Leg, event: LegEvent) -> None:
        if leg is call.leg and event.kind is LegEventKind.ENDED and call.id in room.members:
            self._left(room, call, "ended")

    def _on_taken(self, room: _Room, call: Call) -> None:
        """It was bridged, and so left the mix."""
        if call.id in room.members and call.leg.partner is not None:
            self._left(room, call, "bridged")

    def _left(self, room: _Room, call: Call, reason: str) -> None:
        member = room.members.pop(call.id)
        call.watchers = tuple(each for each in call.watchers if each is not member.watcher)
        call.leg.on_partner = tuple(each for each in call.leg.on_partner if each is not member.taken)
        self._events.publish("conference.left", {"id": room.id, "reason": reason}, **call.ids)

    def _named(self, id_: str) -> _Room:
        room = self._rooms.get(id_)
        if room is None:
            raise NotFound(f"no conference {id_}", id=id_)
        return room
