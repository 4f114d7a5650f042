"""One attempt under way: its INVITE, what its leg's events mean to the attempt, the commands that come of them carried
out, its agent, and its end, which goes into the same commit as the CDR.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog
import uuid_utils

from ..core import Leg, LegEvent, LegEventKind
from ..dialing.attempt import (
    Attempt,
    Command,
    Commands,
    Detect,
    End,
    FindAgent,
    HangUp,
    Phase,
    Play,
    ReleaseAgent,
    WaitBeep,
)
from ..dialing.disposition import Disposition
from ..dialing.hopper import Lease
from ..dialing.retry import settle
from ..errors import EngineError
from ..store import AnyWrite, EventDraft
from ..store.attempts import AttemptRow, EndAttempt, NoteProgress, UndoLaunch
from ..store.calls import CallRow
from .call import Call
from .desk import Desk
from .trunks import Trunk

if TYPE_CHECKING:
    from .dialer import Dialer

log = structlog.get_logger(__name__)

AMD_LIMIT_MS = 4_000
"""A person must not listen to silence for longer, whatever the detector thinks."""


class Line:
    """An attempt and what belongs to it. `trunk`: taken for it, until its call has it. `desk`: its agent."""

    __slots__ = ("_dialer", "amd_ms", "attempt", "call", "call_id", "desk", "lease", "trunk")

    def __init__(self, dialer: Dialer, attempt: Attempt, lease: Lease, trunk: Trunk) -> None:
        self._dialer = dialer
        self.attempt = attempt
        self.lease = lease
        self.trunk: Trunk | None = trunk
        self.call_id = str(uuid_utils.uuid7())
        self.call: Call | None = None
        self.desk: Desk | None = None
        self.amd_ms: int | None = None

    # ---------------------------------------------------------------- launching

    def started(self) -> EventDraft:
        """The event that tells of the launch."""
        lease = self.lease
        data = {"attempt_id": self.attempt.id, "contact_id": lease.contact_id, "ordinal": lease.ordinal}
        return EventDraft("attempt.started", data, call_id=self.call_id, campaign_id=self._dialer.id)

    def dial(self) -> None:
        """The INVITE goes out."""
        dialer = self._dialer
        trunk, self.trunk = self.trunk, None  # the call gives it back at its end, or dial() when it raises
        if dialer.desk.closing or self.attempt.phase is not Phase.DIALING:
            if trunk is not None:
                trunk.state.release()
            self._undo("the engine stops")
            return
        try:
            self.call = dialer.desk.calls.dial(
                number=self.lease.number,
                trunk=trunk,
                caller_id=dialer.settings.caller_id,
                ring_timeout_s=dialer.settings.ring_timeout_ms / 1000,
                call_id=self.call_id,
                campaign_id=dialer.id,
                contact_id=self.lease.contact_id,
                attempt_id=self.attempt.id,
                tenant=dialer.settings.tenant,
            )
        except EngineError as error:
            self._undo(str(error))
            return
        self.call.listener = lambda call, leg, event: self._on_event(leg, event)
        self.call.finisher = lambda call, row: self._finisher(row)

    def _undo(self, why: str) -> None:
        """No INVITE went out: the contact goes back to the queue, nothing is counted."""
        dialer, attempt_id = self._dialer, self.attempt.id
        log.warning("attempt_not_sent", campaign_id=dialer.id, attempt_id=attempt_id, reason=why)
        self.withdraw()
        event = EventDraft("attempt.withdrawn", {"attempt_id": attempt_id, "reason": why}, campaign_id=dialer.id)
        dialer.commit([UndoLaunch(attempt_id)], [event])
        dialer.hopper.wake()

    def withdraw(self) -> None:
        """It is as if it had never been decided."""
        self._dialer.campaign.forget(self.attempt)
        self._dialer.lines.pop(self.attempt.id, None)
        if self.trunk is not None:
            self.trunk.state.release()
            self.trunk = None

    # ------------------------------------------------------------------ events

    def _on_event(self, leg: Leg, event: LegEvent) -> None:
        if self.call is None or leg is not self.call.leg:
            if self.desk is not None:
                self.desk.on_leg(leg, event)
            return
        handler = _HANDLERS.get(event.kind)
        if handler is None:
            return
        before = self.attempt.phase
        self.carry_out(handler(self, event))
        if self.attempt.phase is not before:
            self._dialer.poke()

    def _ringing(self, event: LegEvent) -> Commands:
        return self._dialer.campaign.ringing(self.attempt, event.at)

    def _answered(self, event: LegEvent) -> Commands:
        return self._dialer.campaign.answered(self.attempt, event.at)

    def _verdict(self, event: LegEvent) -> Commands:
        self.amd_ms = event.value.ms
        data = {"verdict": event.value.verdict, "reason": event.value.reason, "after_ms": event.value.ms}
        self._dialer.desk.events.publish("call.amd", data, call_id=self.call_id, campaign_id=self._dialer.id)
        return self._dialer.campaign.verdict(self.attempt, event.value.verdict, event.at)

    def _beep(self, event: LegEvent) -> Commands:
        return self._dialer.campaign.beep(self.attempt, event.value is not None, event.at)

    def _played(self, event: LegEvent) -> Commands:
        return self._dialer.campaign.played(self.attempt, bool(event.value.finished), event.at)

    def _ended(self, event: LegEvent) -> Commands:
        end = event.value
        return self._dialer.campaign.call_ended(self.attempt, event.at, end.status, end.q850, end.side)

    def cancel(self) -> None:
        """Hang up whatever goes on, for a reason of our own."""
        self.carry_out(self._dialer.campaign.cancel(self.attempt, time.monotonic()))

    # ---------------------------------------------------------------- commands

    def carry_out(self, commands: Commands) -> None:
        """What the attempt's policy wants done, at once and in order."""
        for command in commands:
            try:
                _COMMANDS[type(command)](self, command)
            except (EngineError, OSError) as error:
                log.error(
                    "command_failed",
                    campaign_id=self._dialer.id,
                    call_id=self.call_id,
                    command=repr(command),
                    error=str(error),
                )
                self._command_failed(command)

    def _command_failed(self, command: Command) -> None:
        """A leg that ends at this moment, no media port, a file that is gone: go on with what is left to do."""
        now, campaign = time.monotonic(), self._dialer.campaign
        if isinstance(command, Detect):
            self.carry_out(campaign.verdict(self.attempt, "unknown", now))
        elif isinstance(command, WaitBeep):
            self.carry_out(campaign.beep(self.attempt, False, now))
        elif isinstance(command, Play):
            self.carry_out(campaign.played(self.attempt, False, now))

    def _do_detect(self, command: Command) -> None:
        assert self.call is not None
        self.call.leg.amd(total_ms=AMD_LIMIT_MS)

    def _do_find_agent(self, command: Command) -> None:
        self._dialer.waiting.append(self)
        self._dialer.desk.match()

    def _do_release(self, command: Command) -> None:
        assert isinstance(command, ReleaseAgent)
        if command.talked:
            self._talk_over()
        desk, self.desk = self.desk, None
        if desk is not None:
            desk.release(self._dialer.settings.wrapup_ms)

    def _talk_over(self) -> None:
        attempt, call = self.attempt, self.call
        assert call is not None
        call.talk_ended_at = attempt.talk_ended_at
        if call.recording is not None:
            call.recording.stop(attempt.talk_ended_at or 0.0)
        if attempt.connected_at is not None and attempt.talk_ended_at is not None:
            self._dialer.campaign.pacer.talk_ended(attempt.talk_ended_at - attempt.connected_at)

    def _do_wait_beep(self, command: Command) -> None:
        assert isinstance(command, WaitBeep)
        assert self.call is not None
        self.call.leg.beep(command.timeout_ms / 1000)

    def _do_play(self, command: Command) -> None:
        assert isinstance(command, Play)
        assert self.call is not None
        self.call.leg.play(command.file)

    def _do_hang_up(self, command: Command) -> None:
        if self.call is not None:
            self.call.hangup()

    def _do_end(self, command: Command) -> None:
        assert isinstance(command, End)
        assert self.call is not None
        self.call.disposition = command.disposition
        self.call.hangup()  # an agent's leg of its own, if one is still up

    # -------------------------------------------------------------------- agent

    def connect(self, desk: Desk) -> None:
        """The waiting person and an agent who has been reserved for them."""
        self._dialer.waiting.remove(self)
        call = self.call
        assert call is not None
        self.desk = desk
        self.carry_out(self._dialer.campaign.agent_found(self.attempt, desk.agent.id, time.monotonic()))
        if self.attempt.phase is not Phase.CONNECTING:
            return
        call.agent_id = desk.agent.id
        desk.on_gone = lambda _: self._agent_gone()
        desk.connect(call, self.attempt.id, lambda joined: self._joined(desk, joined))

    def _agent_gone(self) -> None:
        self.carry_out(self._dialer.campaign.agent_gone(self.attempt, time.monotonic()))

    def _joined(self, desk: Desk, joined: bool) -> None:
        """They hear each other; the recording begins with the talk and is as long as it."""
        dialer, call, attempt = self._dialer, self.call, self.attempt
        assert call is not None
        if not joined or attempt.phase is not Phase.CONNECTING:
            self._agent_gone()
            return
        if dialer.settings.record:
            dialer.desk.calls.record_or_tell(call)
        now = time.monotonic()
        self.carry_out(dialer.campaign.connected(attempt, now))
        call.connected_at = now
        wait_ms = round((now - (attempt.human_at or now)) * 1000)
        data = {"attempt_id": attempt.id, "contact_id": attempt.contact_id, "wait_ms": wait_ms}
        event = EventDraft("attempt.connected", data, call_id=call.id, campaign_id=dialer.id, agent_id=desk.agent.id)
        dialer.commit([NoteProgress(self._progress())], [event])

    # ---------------------------------------------------------------------- end

    def _progress(self) -> AttemptRow:
        """The attempt's row as it stands."""
        attempt, call = self.attempt, self.call
        assert call is not None
        return AttemptRow(
            id=attempt.id,
            campaign_id=self._dialer.id,
            contact_id=attempt.contact_id,
            number=self.lease.number,
            ordinal=self.lease.ordinal,
            leased_at_ms=self.lease.leased_at_ms,
            state="launched",
            started_at_ms=call.created_at_ms,
            ringing_at_ms=call.at_ms(attempt.ringing_at),
            answered_at_ms=call.at_ms(attempt.answered_at),
            human_at_ms=call.at_ms(attempt.human_at) if attempt.person else None,
            connected_at_ms=call.at_ms(attempt.connected_at),
            agent_id=call.agent_id,
            call_id=call.id,
            trunk=call.trunk,
            amd=attempt.amd,
            amd_ms=self.amd_ms,
            message_played=attempt.message_played,
            recording=call.recording.path if call.recording else None,
        )

    def _finisher(self, row: CallRow) -> tuple[list[AnyWrite], list[EventDraft]]:
        """The call is closed: the attempt's end goes into the same commit as its CDR."""
        attempt, dialer = self.attempt, self._dialer
        fate = attempt.fate or Disposition.FAILED
        settled = settle(dialer.settings.retry, fate, self.lease.ordinal, row.ended_at_ms)
        ended = self._progress()
        ended.ended_at_ms = row.ended_at_ms
        ended.disposition = fate
        ended.sip_status, ended.q850_cause, ended.side = row.sip_status, row.q850_cause, row.side
        ended.talk_ms, ended.record_ms = row.talk_ms, row.record_ms
        data: dict[str, Any] = {
            "attempt_id": attempt.id,
            "contact_id": attempt.contact_id,
            "ordinal": self.lease.ordinal,
            "disposition": str(fate),
            "sip_status": row.sip_status,
            "talk_ms": row.talk_ms,
            "next_at_ms": settled.next_at_ms or None,
        }
        event = EventDraft("attempt.ended", data, call_id=row.id, campaign_id=dialer.id, agent_id=row.agent_id)
        dialer.ended(self, settled)
        return [EndAttempt(ended, settled.state, settled.next_at_ms)], [event]


_HANDLERS: dict[LegEventKind, Callable[[Line, LegEvent], Commands]] = {
    LegEventKind.RINGING: Line._ringing,
    LegEventKind.EARLY_MEDIA: Line._ringing,
    LegEventKind.ANSWERED: Line._answered,
    LegEventKind.AMD: Line._verdict,
    LegEventKind.BEEP: Line._beep,
    LegEventKind.PLAYED: Line._played,
    LegEventKind.ENDED: Line._ended,
}
"""What the events of the person's leg mean."""

_COMMANDS: dict[type[Command], Callable[[Line, Command], None]] = {
    Detect: Line._do_detect,
    FindAgent: Line._do_find_agent,
    ReleaseAgent: Line._do_release,
    WaitBeep: Line._do_wait_beep,
    Play: Line._do_play,
    HangUp: Line._do_hang_up,
    End: Line._do_end,
}
