"""Supervisors beside calls: who listens, whispers, barges in.

The bridge of the call is left alone. Its two legs and the supervisors are members of a mix beside it; who hears whom is
a matter of masks, so a change of mode, and a supervisor who comes or goes, costs neither side a packet.
"""

from __future__ import annotations

from collections.abc import Iterator

import structlog
import uuid_utils

from ..core import Core, Leg, LegEvent, LegEventKind, Mix
from ..errors import BadParams, EngineError, NotFound, WrongState
from ..schema._base import ById, Done
from ..schema.supervise import (
    ListSupervisions,
    SuperviseChange,
    SuperviseMode,
    SuperviseStart,
    Supervision,
    SupervisionPage,
)
from .agents import Agents
from .call import Call
from .calls import Calls
from .events import Events

log = structlog.get_logger(__name__)

_TEMPORARY_FAILURE = 41  # Q.850


class _Supervisor:
    """One supervision. `own`: we called the phone, and hang it up at the end."""

    __slots__ = ("call", "id", "joined", "leg", "mode", "name", "own", "post")

    def __init__(self, post: _Post, name: str, call: Call, leg: Leg, mode: SuperviseMode, *, own: bool) -> None:
        self.id = str(uuid_utils.uuid7())
        self.post = post
        self.name = name
        self.call = call
        self.leg = leg
        self.mode: SuperviseMode = mode
        self.own = own
        self.joined = False

    def info(self, *, left: bool = False) -> Supervision:
        return Supervision(
            id=self.id,
            call_id=self.post.call.id,
            supervisor=self.name,
            supervisor_call_id=self.call.id,
            mode=self.mode,
            state="left" if left else "joined" if self.joined else "ringing",
        )


class _Post:
    """A call that is supervised, and its mix."""

    __slots__ = ("_agents", "_core", "_mix", "_named", "call", "supervisors")

    def __init__(self, core: Core, agents: Agents, call: Call) -> None:
        self._core = core
        self._agents = agents
        self._mix: Mix | None = None
        self._named: str | None = None  # leg_id of the agent's side, when it was named
        self.call = call
        self.supervisors: list[_Supervisor] = []

    def name_agent(self, leg_id: str | None) -> None:
        if leg_id is not None and leg_id not in {leg.id for leg in self._sides()}:
            raise BadParams(f"leg {leg_id} is not one of call {self.call.id}'s two sides", field="agent_leg")
        self._named = leg_id or self._named

    def _sides(self) -> tuple[Leg, ...]:
        first = self.call.leg
        return (first, first.partner) if isinstance(first.partner, Leg) else (first,)

    def is_side(self, leg: Leg) -> bool:
        return leg in self._sides()

    def _split(self) -> tuple[Leg | None, Leg | None]:
        """The customer's and the agent's side."""
        first, *rest = self._sides()
        second = rest[0] if rest else None
        if self._named is not None:
            swapped = first.id == self._named
        else:
            swapped = self._agents.is_phone(first) and (second is None or not self._agents.is_phone(second))
        return (second, first) if swapped else (first, second)

    def rebuild(self) -> None:
        """The bridge is another one: the mix goes where it is, with all who are there. They miss nothing but the time
        of two commands."""
        self.close()
        self._mix = mix = self._core.mix()
        for side in self._sides():
            mix.join(side, beside=True)
            mix.hear(side, ())
        for supervisor in self.supervisors:
            if supervisor.joined:
                mix.join(supervisor.leg, talk=supervisor.mode != "listen")
        self._set_masks()

    def add(self, supervisor: _Supervisor) -> None:
        supervisor.joined = True
        if self._mix is None:
            self.rebuild()
            return
        self._mix.join(supervisor.leg, talk=supervisor.mode != "listen")
        self._set_masks()

    def change(self, supervisor: _Supervisor, mode: SuperviseMode) -> None:
        """Who may not hear the supervisor is settled before the supervisor may talk."""
        supervisor.mode = mode
        if not supervisor.joined or self._mix is None:
            return
        self._set_masks()
        self._mix.join(supervisor.leg, talk=mode != "listen")

    def remove(self, supervisor: _Supervisor) -> None:
        self.supervisors.remove(supervisor)
        leg = supervisor.leg
        if supervisor.joined and self._mix is not None and not leg.ended and leg.partner is None:
            self._mix.leave(leg)  # else it has left by itself
        if not self.supervisors:
            self.close()

    def close(self) -> None:
        """The bridge goes on as if nothing had been."""
        if self._mix is not None:
            self._mix.close()
            self._mix = None

    def _set_masks(self) -> None:
        assert self._mix is not None
        customer, agent = self._split()
        joined = [each for each in self.supervisors if each.joined]
        if customer is not None and not customer.ended:
            self._mix.hear(customer, [each.leg for each in joined if each.mode == "barge"])
        if agent is not None and not agent.ended:
            self._mix.hear(agent, [each.leg for each in joined if each.mode != "listen"])


class Supervisors:
    """`engine.supervisors`. Any number beside a call, up to what a mix holds (14)."""

    def __init__(self, core: Core, calls: Calls, agents: Agents, events: Events) -> None:
        self._core = core
        self._calls = calls
        self._agents = agents
        self._events = events
        self._posts: dict[str, _Post] = {}  # by call id

    def __iter__(self) -> Iterator[_Supervisor]:
        return (each for post in self._posts.values() for each in post.supervisors)

    # ------------------------------------------------------------- control socket

    def start(self, req: SuperviseStart) -> Supervision:
        """Returns at once: the phone rings, `supervisor.joined` follows. Raises as Calls.dial() does, and WrongState
        when the agent's phone is needed otherwise."""
        call = self._calls.answered(req.call_id)
        post = self._posts.get(call.id) or _Post(self._core, self._agents, call)
        post.name_agent(req.agent_leg)
        phone = None if req.supervisor.startswith(("sip:", "sips:")) else self._agents.spare_phone(req.supervisor)
        if phone is not None and (post.is_side(phone) or any(each.leg is phone for each in self)):
            raise WrongState(f"the phone of {req.supervisor} is in a call already", supervisor=req.supervisor)
        supervisor = self._call_phone(post, req) if phone is None else self._take_phone(post, req, phone)
        if call.id not in self._posts:
            self._posts[call.id] = post
            call.watchers += (self._on_call,)
            call.leg.on_partner += (lambda: self._on_partner(post),)
        post.supervisors.append(supervisor)
        supervisor.call.watchers += (self._on_phone,)
        if phone is not None:
            phone.on_partner += (lambda: self._on_phone_taken(supervisor),)
            self._join(supervisor)
        return supervisor.info()

    def _call_phone(self, post: _Post, req: SuperviseStart) -> _Supervisor:
        by_id = not req.supervisor.startswith(("sip:", "sips:"))
        uri = self._agents.phone_uri(req.supervisor) if by_id else req.supervisor
        agent_id = req.supervisor if by_id else None
        call = self._calls.dial(uri=uri, ring_timeout_s=req.ring_timeout_ms / 1000, agent_id=agent_id)
        return _Supervisor(post, req.supervisor, call, call.leg, req.mode, own=True)

    def _take_phone(self, post: _Post, req: SuperviseStart, phone: Leg) -> _Supervisor:
        return _Supervisor(post, req.supervisor, phone.owner.call, phone, req.mode, own=False)

    def mode(self, req: SuperviseChange) -> Supervision:
        """From one to the other without a gap; while it rings: what it will be."""
        supervisor = self._named(req.id)
        if supervisor.mode != req.mode:
            supervisor.post.change(supervisor, req.mode)
            self._tell("supervisor.mode", supervisor, mode=req.mode)
        return supervisor.info()

    def stop(self, req: ById) -> Done:
        supervisor = next((each for each in self if each.id == req.id), None)
        if supervisor is None:
            return Done(already=True)
        self._leave(supervisor, "stopped")
        return Done()

    def list(self, req: ListSupervisions) -> SupervisionPage:
        found = sorted(
            (each for each in self if req.call_id in (None, each.post.call.id) and each.id > (req.after or "")),
            key=lambda each: each.id,
        )
        page = found[: req.limit]
        return SupervisionPage(
            items=tuple(each.info() for each in page),
            next=page[-1].id if len(found) > req.limit else None,
            as_of=self._events.store.head_id,
        )

    # ------------------------------------------------------------------- events

    def _join(self, supervisor: _Supervisor) -> None:
        try:
            supervisor.post.add(supervisor)
        except EngineError as error:
            log.warning("supervisor_not_joined", call_id=supervisor.post.call.id, error=str(error))
            self._leave(supervisor, str(error))
            return
        self._tell("supervisor.joined", supervisor, mode=supervisor.mode, supervisor_call_id=supervisor.call.id)

    def _on_phone(self, call: Call, leg: Leg, event: LegEvent) -> None:
        """What happens to a supervisor's phone."""
        supervisor = next((each for each in self if each.leg is leg), None)
        if supervisor is None:
            return
        if event.kind is LegEventKind.ANSWERED and not supervisor.joined:
            self._join(supervisor)
        elif event.kind is LegEventKind.ENDED:
            self._leave(supervisor, "hung_up" if supervisor.joined else "not_answered")
        elif event.kind is LegEventKind.SILENT:
            log.warning("supervisor_phone_silent", call_id=call.id, silent_ms=event.value)
            self._leave(supervisor, "silent", q850=_TEMPORARY_FAILURE)  # a phone that died sends no BYE

    def _on_phone_taken(self, supervisor: _Supervisor) -> None:
        """A nailed-up phone got a call of its own."""
        if supervisor in self and supervisor.leg.partner is not None:
            self._leave(supervisor, "took_a_call")

    def _on_call(self, call: Call, leg: Leg, event: LegEvent) -> None:
        """What happens to a supervised call."""
        post = self._posts.get(call.id)
        if post is not None and leg is call.leg and event.kind is LegEventKind.ENDED:
            for supervisor in list(post.supervisors):
                self._leave(supervisor, "call_ended")

    def _on_partner(self, post: _Post) -> None:
        """The call was bridged to somebody else, or is alone."""
        if self._posts.get(post.call.id) is not post or post.call.leg.ended:
            return
        try:
            if any(each.joined for each in post.supervisors):
                post.rebuild()
        except EngineError as error:
            log.warning("supervisors_lost", call_id=post.call.id, error=str(error))
            for supervisor in list(post.supervisors):
                self._leave(supervisor, str(error))

    def _leave(self, supervisor: _Supervisor, reason: str, q850: int = 16) -> None:
        post = supervisor.post
        post.remove(supervisor)
        if not post.supervisors:
            self._posts.pop(post.call.id, None)
            post.call.watchers = tuple(each for each in post.call.watchers if each != self._on_call)
            post.call.leg.on_partner = ()
        supervisor.call.watchers = tuple(each for each in supervisor.call.watchers if each != self._on_phone)
        if supervisor.own:
            supervisor.call.hangup(q850)
        else:
            supervisor.leg.on_partner = ()
        self._tell("supervisor.left", supervisor, reason=reason)

    def _tell(self, topic: str, supervisor: _Supervisor, **data: str) -> None:
        about = {"id": supervisor.id, "supervisor": supervisor.name, **data}
        self._events.publish(topic, about, **supervisor.post.call.ids)

    def _named(self, id_: str) -> _Supervisor:
        supervisor = next((each for each in self if each.id == id_), None)
        if supervisor is None:
            raise NotFound(f"no supervision {id_} is going on", id=id_)
        return supervisor
