"""One campaign at work: looks ten times a second, and whenever something happens, what is to be launched; carries out
what its pure policy commands; makes every step durable before the next.

The order that a crash cannot break: contacts are leased (committed), their launch is committed, the INVITE goes out,
and the end is committed together with the CDR.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
import uuid_utils

from ..compliance.hours import Hours, may_call, next_opening_ms, prepare
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
from ..dialing.campaign import Campaign
from ..dialing.contact import zones_of
from ..dialing.disposition import Disposition
from ..dialing.hopper import Hopper, Lease
from ..dialing.retry import settle
from ..errors import Capacity, EngineError, QueueFull, RateLimited, StoreError
from ..schema.campaign import CampaignSettings
from ..store import AnyWrite, Committed, EventDraft
from ..store.attempts import (
    AttemptRow,
    EndAttempt,
    LaunchAttempts,
    LeaseContacts,
    NoteProgress,
    ReturnLeases,
    UndoLaunch,
)
from ..store.calls import CallRow
from ..store.campaigns import CampaignRow, UpdateCampaign
from ..store.contacts import ContactRow, DeferContacts, read_counts, read_due
from .call import Call
from .desk import Desk
from .trunks import Trunk

if TYPE_CHECKING:
    from .campaigns import Campaigns

log = structlog.get_logger(__name__)

TICK_S = 0.1
CHECK_S = 0.5
"""How often a campaign with nothing under way asks the store whether it is done."""
AMD_LIMIT_MS = 4_000
"""A person must not listen to silence for longer, whatever the detector thinks."""


@dataclass(slots=True)
class Line:
    """An attempt under way and what belongs to it. `trunk`: taken for it, until its call has it. `desk`: its agent."""

    attempt: Attempt
    lease: Lease
    trunk: Trunk | None
    call_id: str
    call: Call | None = None
    desk: Desk | None = None
    amd_ms: int | None = None


class Dialer:
    """See the module. `campaigns` is the desk it shares agents, trunks, store and clock with."""

    def __init__(self, campaigns: Campaigns, row: CampaignRow, campaign: Campaign) -> None:
        self.desk = campaigns
        self.row = row
        self.campaign = campaign
        self.hopper = Hopper()
        self.lines: dict[str, Line] = {}
        self.waiting: list[Line] = []
        self.total = 0  # contacts, and how many of them are closed
        self.closed = 0
        self.last_event_id = 0
        self.holding: str | None = None  # why nothing is launched though it runs
        self.worked_before = (0, 0)  # (talking, ready) ms of the agents when it started
        self.worked: tuple[int, int] | None = None  # and when it ended
        self._hours: Hours = prepare(row.settings.calling_hours)
        self._timer: asyncio.TimerHandle | None = None
        self._poked = False
        self._last_tick = time.monotonic()
        self._tasks: set[asyncio.Task[None]] = set()
        self._check_at = 0.0

    @property
    def id(self) -> str:
        return self.row.id

    @property
    def settings(self) -> CampaignSettings:
        return self.row.settings

    def update(self, settings: CampaignSettings) -> None:
        self.row.settings = settings
        self._hours = prepare(settings.calling_hours)
        self.campaign.update(settings)

    # -------------------------------------------------------------------- clock

    def run(self) -> None:
        """Start looking, if it does not yet."""
        if self._timer is None and not self.desk.closing:
            self._last_tick = time.monotonic()
            self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def poke(self) -> None:
        """Something happened that may allow a launch: look in this turn of the loop."""
        if not self._poked and self._timer is not None:
            self._poked = True
            asyncio.get_running_loop().call_soon(self._look)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = None
        try:
            self._look()
        finally:  # one bad look must not stop the campaign
            if self.campaign.state in ("running", "stopping") or self.lines:
                self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _look(self) -> None:
        self._poked = False
        now = time.monotonic()
        for attempt, commands in self.campaign.expire(now):
            self._carry_out(self.lines[attempt.id], commands)
        if self.campaign.state == "running" and not self.desk.closing:
            self._fill()
            self._decide(now)
        self._finish_if_done(now)

    # ---------------------------------------------------------------- launching

    def _decide(self, now: float) -> None:
        self._hold(self.desk.why_not(self.settings))
        room = 0 if self.holding else len(self.hopper)
        decision = self.campaign.decide(now, self.desk.views(self.id), room)
        overflows = iter(decision.overflows)
        launched = []
        for _ in range(decision.launch):
            line = self._take_line(now, next(overflows, 0.0))
            if line is None:
                break
            launched.append(line)
        self.hopper.note_launches(len(launched), now - self._last_tick)
        self._last_tick = now
        if launched:
            self._commit_launch(launched)

    def _hold(self, why: str | None) -> None:
        """Say once why nothing is launched, and once that it goes on."""
        if (why is None) != (self.holding is None):
            log.warning("campaign_holds" if why else "campaign_goes_on", campaign_id=self.id, reason=why)
            self.desk.events.publish("campaign.hold", {"on": why is not None, "reason": why}, campaign_id=self.id)
        self.holding = why

    def _take_line(self, now: float, overflow: float) -> Line | None:
        """A contact that may be called at this moment, and a trunk for it; None when there is none of either."""
        lease = self._next_lease()
        if lease is None:
            return None
        names = None if self.settings.trunk is None else [self.settings.trunk]
        try:
            trunk = self.desk.trunks.pick(names)
        except (Capacity, RateLimited):
            self.hopper.give_back(lease)  # no failure of the attempt: the next look tries again
            return None
        except EngineError as error:
            self.hopper.give_back(lease)
            self._hold(str(error))
            return None
        attempt = self.campaign.launch(lease.attempt_id, lease.contact_id, now, overflow)
        line = Line(attempt, lease, trunk, str(uuid_utils.uuid7()))
        self.lines[attempt.id] = line
        return line

    def _next_lease(self) -> Lease | None:
        """The next contact within its calling hours; others go back until theirs begin."""
        late: list[Lease] = []
        found = None
        now_ms = time.time_ns() // 1_000_000
        while (lease := self.hopper.take()) is not None:
            if may_call(self._hours, lease.zones, now_ms):
                found = lease
                break
            late.append(lease)
        if late:
            self._defer(late, now_ms)
        return found

    def _defer(self, leases: list[Lease], now_ms: int) -> None:
        until = {lease.contact_id: self._opening_ms(lease.zones, now_ms) for lease in leases}
        self._commit([ReturnLeases([lease.attempt_id for lease in leases]), DeferContacts(self.id, until)])

    def _opening_ms(self, zones: tuple[str, ...], now_ms: int) -> int:
        """When such a contact may be called; when never within days, look again in a day: settings may change."""
        opening = next_opening_ms(self._hours, zones, now_ms)
        return now_ms + 86_400_000 if opening is None else opening

    def _commit_launch(self, lines: list[Line]) -> None:
        now_ms = time.time_ns() // 1_000_000
        launches = [(line.attempt.id, line.call_id, line.trunk.name if line.trunk else None, now_ms) for line in lines]
        events = [
            EventDraft(
                "attempt.started",
                {"attempt_id": line.attempt.id, "contact_id": line.lease.contact_id, "ordinal": line.lease.ordinal},
                call_id=line.call_id,
                campaign_id=self.id,
            )
            for line in lines
        ]
        done = self.desk.events.commit([LaunchAttempts(launches)], events)
        done.add_done_callback(lambda done: self._launch_committed(lines, done))

    def _launch_committed(self, lines: list[Line], done: asyncio.Future[Committed]) -> None:
        error = None if done.cancelled() else done.exception()
        if error is None and not done.cancelled():
            for line in lines:
                self._dial(line)
            return
        log.error("launch_not_written", campaign_id=self.id, error=str(error))
        for line in lines:
            self._withdraw(line)
        if isinstance(error, StoreError | QueueFull):
            for line in lines:
                self.hopper.give_back(line.lease)
        else:  # one of them is not ours to launch any more: look at the queue afresh
            self._commit([ReturnLeases([line.attempt.id for line in lines])])
            self.hopper.wake()

    def _withdraw(self, line: Line) -> None:
        """It is as if it had never been decided."""
        self.campaign.forget(line.attempt)
        self.lines.pop(line.attempt.id, None)
        if line.trunk is not None:
            line.trunk.state.release()
            line.trunk = None

    def _dial(self, line: Line) -> None:
        """The INVITE goes out."""
        trunk, line.trunk = line.trunk, None  # the call gives it back at its end, or dial() when it raises
        if self.desk.closing or line.attempt.phase is not Phase.DIALING:
            if trunk is not None:
                trunk.state.release()
            self._undo(line, "the engine stops")
            return
        try:
            line.call = self.desk.calls.dial(
                number=line.lease.number,
                trunk=trunk,
                caller_id=self.settings.caller_id,
                ring_timeout_s=self.settings.ring_timeout_ms / 1000,
                call_id=line.call_id,
                campaign_id=self.id,
                contact_id=line.lease.contact_id,
                attempt_id=line.attempt.id,
            )
        except EngineError as error:
            self._undo(line, str(error))
            return
        line.call.listener = lambda call, leg, event: self._on_event(line, leg, event)
        line.call.finisher = lambda call, row: self._finisher(line, row)

    def _undo(self, line: Line, why: str) -> None:
        """No INVITE went out: the contact goes back to the queue, nothing is counted."""
        log.warning("attempt_not_sent", campaign_id=self.id, attempt_id=line.attempt.id, reason=why)
        self._withdraw(line)
        event = EventDraft("attempt.withdrawn", {"attempt_id": line.attempt.id, "reason": why}, campaign_id=self.id)
        self._commit([UndoLaunch(line.attempt.id)], [event])
        self.hopper.wake()

    # ------------------------------------------------------------------ hopper

    def _fill(self) -> None:
        now_ms = time.time_ns() // 1_000_000
        agents = len(self.desk.views(self.id))
        wanted = self.hopper.wanted(agents, now_ms) if agents else 0
        if wanted > 0:
            self.hopper.filling = True
            self._task(self._lease(wanted))

    async def _lease(self, wanted: int) -> None:
        """Take contacts that are due, in calling hours, and lease them."""
        leases: list[Lease] = []
        try:
            now_ms = time.time_ns() // 1_000_000
            rows = await self.desk.store.query(read_due, self.id, now_ms, wanted)
            found = [(row, self._zones(row)) for row in rows]
            ready = [(row, zones) for row, zones in found if may_call(self._hours, zones, now_ms)]
            late = {row.id: self._opening_ms(zones, now_ms) for row, zones in found if (row, zones) not in ready}
            if late:
                await self.desk.store.submit([DeferContacts(self.id, late)])
                wanted -= len(late)
            leases = await self._lease_rows(ready, now_ms)
        except EngineError as error:
            log.error("contacts_not_leased", campaign_id=self.id, error=str(error))
        self.hopper.filled(leases, max(1, wanted), time.time_ns() // 1_000_000)
        if self.campaign.state != "running" or self.desk.closing:
            self.return_leases()
        elif leases:
            self.poke()

    async def _lease_rows(self, ready: list[tuple[ContactRow, tuple[str, ...]]], now_ms: int) -> list[Lease]:
        leases = [
            Lease(str(uuid_utils.uuid7()), row.id, row.number, row.attempts + 1, now_ms, zones) for row, zones in ready
        ]
        if not leases:
            return []
        rows = [
            AttemptRow(
                id=lease.attempt_id,
                campaign_id=self.id,
                contact_id=lease.contact_id,
                number=lease.number,
                ordinal=lease.ordinal,
                leased_at_ms=now_ms,
            )
            for lease in leases
        ]
        done = await self.desk.store.submit([LeaseContacts(rows)])
        taken = done.results[0]
        assert isinstance(taken, list)
        return [lease for lease, ok in zip(leases, taken, strict=True) if ok]

    def _zones(self, row: ContactRow) -> tuple[str, ...]:
        if self._hours.always:
            return ()
        if self.settings.time_zone is not None:
            return (self.settings.time_zone,)
        return zones_of(row.number, self.settings.country)

    def return_leases(self) -> asyncio.Future[Committed] | None:
        """Give back what was leased and not dialed."""
        leases = self.hopper.empty()
        return self._commit([ReturnLeases([lease.attempt_id for lease in leases])]) if leases else None

    # ------------------------------------------------------------------ events

    def _on_event(self, line: Line, leg: Leg, event: LegEvent) -> None:
        if line.call is None or leg is not line.call.leg:
            if line.desk is not None:
                line.desk.on_leg(leg, event)
            return
        handler = _HANDLERS.get(event.kind)
        if handler is None:
            return
        before = line.attempt.phase
        self._carry_out(line, handler(self, line, event))
        if line.attempt.phase is not before:
            self.poke()

    def _ringing(self, line: Line, event: LegEvent) -> Commands:
        return self.campaign.ringing(line.attempt, event.at)

    def _answered(self, line: Line, event: LegEvent) -> Commands:
        return self.campaign.answered(line.attempt, event.at)

    def _verdict(self, line: Line, event: LegEvent) -> Commands:
        line.amd_ms = event.value.ms
        data = {"verdict": event.value.verdict, "reason": event.value.reason, "after_ms": event.value.ms}
        self.desk.events.publish("call.amd", data, call_id=line.call_id, campaign_id=self.id)
        return self.campaign.verdict(line.attempt, event.value.verdict, event.at)

    def _beep(self, line: Line, event: LegEvent) -> Commands:
        return self.campaign.beep(line.attempt, event.value is not None, event.at)

    def _played(self, line: Line, event: LegEvent) -> Commands:
        return self.campaign.played(line.attempt, bool(event.value.finished), event.at)

    def _ended(self, line: Line, event: LegEvent) -> Commands:
        end = event.value
        return self.campaign.call_ended(line.attempt, event.at, end.status, end.q850, end.side)

    def cancel(self, line: Line) -> None:
        """Hang up whatever goes on, for a reason of our own."""
        self._carry_out(line, self.campaign.cancel(line.attempt, time.monotonic()))

    # ---------------------------------------------------------------- commands

    def _carry_out(self, line: Line, commands: list[Command]) -> None:
        for command in commands:
            try:
                _COMMANDS[type(command)](self, line, command)
            except (EngineError, OSError) as error:
                log.error(
                    "command_failed", campaign_id=self.id, call_id=line.call_id, command=repr(command), error=str(error)
                )
                self._command_failed(line, command)

    def _command_failed(self, line: Line, command: Command) -> None:
        """A leg that ends at this moment, no media port, a file that is gone: go on with what is left to do."""
        now = time.monotonic()
        if isinstance(command, Detect):
            self._carry_out(line, self.campaign.verdict(line.attempt, "unknown", now))
        elif isinstance(command, WaitBeep):
            self._carry_out(line, self.campaign.beep(line.attempt, False, now))
        elif isinstance(command, Play):
            self._carry_out(line, self.campaign.played(line.attempt, False, now))

    def _do_detect(self, line: Line, command: Command) -> None:
        assert line.call is not None
        line.call.leg.amd(total_ms=AMD_LIMIT_MS)

    def _do_find_agent(self, line: Line, command: Command) -> None:
        self.waiting.append(line)
        self.desk.match()

    def _do_release(self, line: Line, command: Command) -> None:
        assert isinstance(command, ReleaseAgent)
        if command.talked:
            self._talk_over(line)
        desk, line.desk = line.desk, None
        if desk is not None:
            desk.release(self.settings.wrapup_ms)

    def _talk_over(self, line: Line) -> None:
        attempt, call = line.attempt, line.call
        assert call is not None
        call.talk_ended_at = attempt.talk_ended_at
        if call.recording is not None:
            call.recording.stop()
        if attempt.connected_at is not None and attempt.talk_ended_at is not None:
            self.campaign.pacer.talk_ended(attempt.talk_ended_at - attempt.connected_at)

    def _do_wait_beep(self, line: Line, command: Command) -> None:
        assert isinstance(command, WaitBeep)
        assert line.call is not None
        line.call.leg.beep(command.timeout_ms / 1000)

    def _do_play(self, line: Line, command: Command) -> None:
        assert isinstance(command, Play)
        assert line.call is not None
        line.call.leg.play(command.file)

    def _do_hang_up(self, line: Line, command: Command) -> None:
        if line.call is not None:
            line.call.hangup()

    def _do_end(self, line: Line, command: Command) -> None:
        assert isinstance(command, End)
        assert line.call is not None
        line.call.disposition = command.disposition
        line.call.hangup()  # an agent's leg of its own, if one is still up

    # ------------------------------------------------------------------- agents

    def give(self, line: Line, desk: Desk) -> None:
        """Connect a waiting person with an agent who has been reserved for them."""
        self.waiting.remove(line)
        call = line.call
        assert call is not None
        line.desk = desk
        self._carry_out(line, self.campaign.agent_found(line.attempt, desk.agent.id, time.monotonic()))
        if line.attempt.phase is not Phase.CONNECTING:
            return
        call.agent_id = desk.agent.id
        desk.on_gone = lambda _: self._agent_gone(line)
        desk.connect(call, line.attempt.id, lambda joined: self._joined(line, desk, joined))

    def _agent_gone(self, line: Line) -> None:
        self._carry_out(line, self.campaign.agent_gone(line.attempt, time.monotonic()))

    def _joined(self, line: Line, desk: Desk, joined: bool) -> None:
        """They hear each other; the recording begins with the talk and is as long as it."""
        call, attempt = line.call, line.attempt
        assert call is not None
        if not joined or attempt.phase is not Phase.CONNECTING:
            self._agent_gone(line)
            return
        now = time.monotonic()
        if self.settings.record:
            self._record(call)
        self._carry_out(line, self.campaign.connected(attempt, now))
        call.connected_at = now
        wait_ms = round((now - (attempt.human_at or now)) * 1000)
        data = {"attempt_id": attempt.id, "contact_id": attempt.contact_id, "wait_ms": wait_ms}
        event = EventDraft("attempt.connected", data, call_id=call.id, campaign_id=self.id, agent_id=desk.agent.id)
        self._commit([NoteProgress(self._progress(line))], [event])

    def _record(self, call: Call) -> None:
        """A recording that cannot start costs the recording, not the talk."""
        try:
            self.desk.calls.record(call)
        except (EngineError, OSError) as error:
            log.error("recording_failed", call_id=call.id, error=str(error))
            self.desk.events.publish("recording.failed", {"error": str(error)}, **call.ids)

    # ---------------------------------------------------------------------- end

    def _progress(self, line: Line) -> AttemptRow:
        """The attempt's row as it stands."""
        attempt, call = line.attempt, line.call
        assert call is not None

        def ms(at: float | None) -> int | None:
            return None if at is None else call.created_at_ms + round((at - call.created_at) * 1000)

        return AttemptRow(
            id=attempt.id,
            campaign_id=self.id,
            contact_id=attempt.contact_id,
            number=line.lease.number,
            ordinal=line.lease.ordinal,
            leased_at_ms=line.lease.leased_at_ms,
            state="launched",
            started_at_ms=call.created_at_ms,
            ringing_at_ms=ms(attempt.ringing_at),
            answered_at_ms=ms(attempt.answered_at),
            human_at_ms=ms(attempt.human_at) if attempt.person else None,
            connected_at_ms=ms(attempt.connected_at),
            agent_id=call.agent_id,
            call_id=call.id,
            trunk=call.trunk,
            amd=attempt.amd,
            amd_ms=line.amd_ms,
            message_played=attempt.message_played,
            recording=call.recording.path if call.recording else None,
        )

    def _finisher(self, line: Line, row: CallRow) -> tuple[list[AnyWrite], list[EventDraft]]:
        """The call is closed: the attempt's end goes into the same commit as its CDR."""
        attempt = line.attempt
        fate = attempt.fate or Disposition.FAILED
        settled = settle(self.settings.retry, fate, line.lease.ordinal, row.ended_at_ms)
        ended = self._progress(line)
        ended.ended_at_ms = row.ended_at_ms
        ended.disposition = fate
        ended.sip_status, ended.q850_cause, ended.side = row.sip_status, row.q850_cause, row.side
        ended.talk_ms, ended.record_ms = row.talk_ms, row.record_ms
        data: dict[str, Any] = {
            "attempt_id": attempt.id,
            "contact_id": attempt.contact_id,
            "ordinal": line.lease.ordinal,
            "disposition": str(fate),
            "sip_status": row.sip_status,
            "talk_ms": row.talk_ms,
            "next_at_ms": settled.next_at_ms or None,
        }
        event = EventDraft("attempt.ended", data, call_id=row.id, campaign_id=self.id, agent_id=row.agent_id)
        self.lines.pop(attempt.id, None)
        self.closed += settled.state != "open"
        if settled.state == "open":
            self.hopper.wake()
        return [EndAttempt(ended, settled.state, settled.next_at_ms)], [event]

    def _finish_if_done(self, now: float) -> None:
        """Nothing under way: see whether anything is left to do, and end the campaign if not."""
        state = self.campaign.state
        if self.lines or self.hopper.filling or self.desk.closing or now < self._check_at:
            return
        if state == "stopping" and self.campaign.finish(contacts_left=True):
            self._end()
        elif state == "running" and not len(self.hopper) and self.total and self.settings.end_when_done:
            self._check_at = now + CHECK_S
            self._task(self._check_done())

    async def _check_done(self) -> None:
        """Ask the store: it alone knows of contacts that wait for a later attempt."""
        counts = await self.desk.store.query(read_counts, self.id)
        if self.lines or self.hopper.filling or len(self.hopper):
            return
        self.total, self.closed = counts.total, counts.done + counts.invalid
        if self.campaign.finish(contacts_left=self.closed < self.total):
            self._end()

    def _end(self) -> None:
        self.row.ended_at_ms = time.time_ns() // 1_000_000
        self.worked = self.desk.worked_ms(self.id)
        self.return_leases()
        self.change_state()

    def contacts_changed(self) -> None:
        """Contacts were added, perhaps some that go before those leased ahead."""
        self.return_leases()
        self.hopper.wake()
        self._task(self._count())
        self.poke()

    async def _count(self) -> None:
        self.total = (await self.desk.store.query(read_counts, self.id)).total

    def change_state(self, writes: list[AnyWrite] | None = None) -> asyncio.Future[Committed]:
        """Make the campaign's state durable and tell it."""
        row = self.row
        row.state = self.campaign.state
        row.version += 1
        log.info("campaign_state", campaign_id=row.id, state=row.state)
        event = EventDraft("campaign.state", {"state": row.state, "version": row.version}, campaign_id=row.id)
        return self._commit([UpdateCampaign(row), *(writes or ())], [event])

    # -------------------------------------------------------------------- tasks

    def _commit(self, writes: list[AnyWrite], events: list[EventDraft] | None = None) -> asyncio.Future[Committed]:
        done = self.desk.events.commit(writes, events or [])
        done.add_done_callback(self._log_failure)
        return done

    def _log_failure(self, done: asyncio.Future[Committed]) -> None:
        if not done.cancelled() and (error := done.exception()) is not None:
            log.error("campaign_not_written", campaign_id=self.id, error=str(error))

    def _task(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            if not isinstance(error, EngineError):
                raise error
            log.error("campaign_task_failed", campaign_id=self.id, error=str(error))

    async def settle(self) -> None:
        """Until no work of its own is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)


_HANDLERS: dict[LegEventKind, Callable[[Dialer, Line, LegEvent], Commands]] = {
    LegEventKind.RINGING: Dialer._ringing,
    LegEventKind.EARLY_MEDIA: Dialer._ringing,
    LegEventKind.ANSWERED: Dialer._answered,
    LegEventKind.AMD: Dialer._verdict,
    LegEventKind.BEEP: Dialer._beep,
    LegEventKind.PLAYED: Dialer._played,
    LegEventKind.ENDED: Dialer._ended,
}
"""What the events of the person's leg mean."""

_COMMANDS: dict[type[Command], Callable[[Dialer, Line, Command], None]] = {
    Detect: Dialer._do_detect,
    FindAgent: Dialer._do_find_agent,
    ReleaseAgent: Dialer._do_release,
    WaitBeep: Dialer._do_wait_beep,
    Play: Dialer._do_play,
    HangUp: Dialer._do_hang_up,
    End: Dialer._do_end,
}
