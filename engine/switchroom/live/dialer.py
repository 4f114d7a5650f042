"""One campaign at work: looks ten times a second, and whenever something happens, what is to be launched; makes every
step durable before the next. `leases` fills its hopper, `line` is one attempt under way.

The order that a crash cannot break: contacts are leased (committed), their launch is committed, the INVITE goes out,
and the end is committed together with the CDR.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING

import structlog

from ..dialing.campaign import Campaign
from ..dialing.hopper import Hopper
from ..dialing.retry import Settled
from ..errors import Capacity, EngineError, QueueFull, RateLimited, StoreError
from ..schema.campaign import CampaignSettings
from ..store import AnyWrite, Committed, EventDraft
from ..store.attempts import LaunchAttempts, ReturnLeases
from ..store.campaigns import CampaignRow, UpdateCampaign
from ..store.contacts import read_counts
from .clock import now_ms
from .leases import Leases
from .line import Line

if TYPE_CHECKING:
    from .campaigns import Campaigns

log = structlog.get_logger(__name__)

TICK_S = 0.1
CHECK_S = 0.5
"""How often a campaign with nothing under way asks the store whether it is done."""


class Dialer:
    """See the module. `campaigns` is the desk it shares agents, trunks, store and clock with."""

    def __init__(self, campaigns: Campaigns, row: CampaignRow, campaign: Campaign) -> None:
        self.desk = campaigns
        self.row = row
        self.campaign = campaign
        self.leases = Leases(self)
        self.lines: dict[str, Line] = {}
        self.waiting: list[Line] = []
        self.total = 0  # contacts, and how many of them are closed
        self.closed = 0
        self.last_event_id = 0
        self.holding: str | None = None  # why nothing is launched though it runs
        self.worked_before = (0, 0)  # (talking, ready) ms of the agents when it started
        self.worked: tuple[int, int] | None = None  # and when it ended
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

    @property
    def hopper(self) -> Hopper:
        return self.leases.hopper

    def update(self, settings: CampaignSettings) -> None:
        self.row.settings = settings
        self.leases.update()
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
            self.lines[attempt.id].carry_out(commands)
        if self.campaign.state == "running" and not self.desk.closing:
            self.leases.fill()
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
        lease = self.leases.next()
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
        line = self.lines[attempt.id] = Line(self, attempt, lease, trunk)
        return line

    def _commit_launch(self, lines: list[Line]) -> None:
        at_ms = now_ms()
        launches = [(line.attempt.id, line.call_id, line.trunk.name if line.trunk else None, at_ms) for line in lines]
        done = self.desk.events.commit([LaunchAttempts(launches)], [line.started() for line in lines])
        done.add_done_callback(lambda done: self._launch_committed(lines, done))

    def _launch_committed(self, lines: list[Line], done: asyncio.Future[Committed]) -> None:
        error = None if done.cancelled() else done.exception()
        if error is None and not done.cancelled():
            for line in lines:
                line.dial()
            return
        log.error("launch_not_written", campaign_id=self.id, error=str(error))
        for line in lines:
            line.withdraw()
        if isinstance(error, StoreError | QueueFull):
            for line in lines:
                self.hopper.give_back(line.lease)
        else:  # one of them is not ours to launch any more: look at the queue afresh
            self.commit([ReturnLeases([line.attempt.id for line in lines])])
            self.hopper.wake()

    # ---------------------------------------------------------------------- end

    def ended(self, line: Line, settled: Settled) -> None:
        """An attempt is over."""
        self.lines.pop(line.attempt.id, None)
        self.closed += settled.state != "open"
        if settled.state == "open":
            self.hopper.wake()

    def _finish_if_done(self, now: float) -> None:
        """Nothing under way: see whether anything is left to do, and end the campaign if not."""
        state = self.campaign.state
        if self.lines or self.hopper.filling or self.desk.closing or now < self._check_at:
            return
        if state == "stopping" and self.campaign.finish(contacts_left=True):
            self._end()
        elif state == "running" and not len(self.hopper) and self.total and self.settings.end_when_done:
            self._check_at = now + CHECK_S
            self.start_task(self._check_done())

    async def _check_done(self) -> None:
        """Ask the store: it alone knows of contacts that wait for a later attempt."""
        counts = await self.desk.store.query(read_counts, self.id)
        if self.lines or self.hopper.filling or len(self.hopper):
            return
        self.total, self.closed = counts.total, counts.done + counts.invalid
        if self.campaign.finish(contacts_left=self.closed < self.total):
            self._end()

    def _end(self) -> None:
        self.row.ended_at_ms = now_ms()
        self.worked = self.desk.worked_ms(self.id)
        self.leases.return_all()
        self.change_state()

    def contacts_changed(self) -> None:
        """Contacts were added, perhaps some that go before those leased ahead."""
        self.leases.return_all()
        self.hopper.wake()
        self.start_task(self._count())
        self.poke()

    async def _count(self) -> None:
        self.total = (await self.desk.store.query(read_counts, self.id)).total

    def change_state(self) -> asyncio.Future[Committed]:
        """Make the campaign's state durable and tell it."""
        row = self.row
        row.state = self.campaign.state
        row.version += 1
        log.info("campaign_state", campaign_id=row.id, state=row.state)
        event = EventDraft("campaign.state", {"state": row.state, "version": row.version}, campaign_id=row.id)
        return self.commit([UpdateCampaign(row)], [event])

    # -------------------------------------------------------------------- tasks

    def commit(self, writes: list[AnyWrite], events: list[EventDraft] | None = None) -> asyncio.Future[Committed]:
        """A failure is told in the log; the writer need not wait."""
        done = self.desk.events.commit(writes, events or [])
        done.add_done_callback(self._log_failure)
        return done

    def _log_failure(self, done: asyncio.Future[Committed]) -> None:
        if not done.cancelled() and (error := done.exception()) is not None:
            log.error("campaign_not_written", campaign_id=self.id, error=str(error))

    def start_task(self, work: Coroutine[None, None, None]) -> None:
        """Work of the campaign's own, which `settle()` waits for."""
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
