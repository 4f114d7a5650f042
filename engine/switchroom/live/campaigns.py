"""All campaigns: their life over the control socket, the sharing of agents among them, recovery after a crash."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Iterator

import msgspec
import structlog
import uuid_utils

from ..agents.agent import Agent
from ..compliance.abandon import MONTH_MS, Ledger
from ..compliance.hours import zone
from ..core import Core
from ..dialing.attempt import Phase
from ..dialing.campaign import Campaign
from ..dialing.disposition import Disposition
from ..dialing.pacing import AgentView
from ..dialing.retry import settle
from ..errors import BadParams, EngineError, Exists, NotFound, WrongState
from ..schema._base import ById
from ..schema.campaign import (
    CampaignInfo,
    CampaignPage,
    CampaignSettings,
    CampaignStats,
    CreateCampaign,
    ListCampaigns,
    PacingView,
    StartCampaign,
    UpdateCampaign,
)
from ..schema.event import Event
from ..store import AnyWrite, EventDraft, Store
from ..store import campaigns as stored
from ..store.attempts import (
    AttemptRow,
    EndAttempt,
    ReturnLeases,
    read_disposition_counts,
    read_people,
    read_unfinished,
    read_verdict_counts,
)
from ..store.campaigns import CampaignRow, InsertCampaign, read_campaigns
from ..store.contacts import read_counts
from .agents import Agents
from .calls import Calls
from .clock import now_ms, wall_less_monotonic_ms
from .dialer import Dialer
from .events import Events
from .trunks import Trunks

log = structlog.get_logger(__name__)

SAMPLE_S = 0.5


class Campaigns:
    """engine.campaigns, and the desk at which the dialers meet."""

    def __init__(self, core: Core, calls: Calls, trunks: Trunks, agents: Agents, store: Store, events: Events) -> None:
        self.core = core
        self.calls = calls
        self.trunks = trunks
        self.agents = agents
        self.store = store
        self.events = events
        self.closing = False
        self._dialers: dict[str, Dialer] = {}
        self._sampler: asyncio.Task[None] | None = None
        self._wrapups: dict[str, tuple[str, int]] = {}  # agents in wrap-up: their campaign, since when (ms)
        self._matching = False
        agents.on_change.append(self._agent_changed)
        store.on_committed(self._note_events)

    def __iter__(self) -> Iterator[Dialer]:
        return iter(self._dialers.values())

    def find(self, campaign_id: str) -> Dialer:
        """NotFound when there is none."""
        dialer = self._dialers.get(campaign_id)
        if dialer is None:
            raise NotFound(f"no campaign {campaign_id}", campaign_id=campaign_id)
        return dialer

    # ------------------------------------------------------------- start, stop

    async def open(self) -> None:
        """Load what the store has, settle what a crash left, go on with what ran. Agents must log in again."""
        for row in await self.store.query(read_campaigns):
            await self._load(row)
        await self._recover()
        for dialer in self._dialers.values():
            if dialer.campaign.state in ("running", "stopping"):
                dialer.run()
        self._sampler = asyncio.get_running_loop().create_task(self._sample())

    async def _load(self, row: CampaignRow) -> Dialer:
        query = self.store.query
        clock_ms = wall_less_monotonic_ms()
        history = await query(read_people, row.id, now_ms() - MONTH_MS)
        ledger = Ledger((at_ms - clock_ms, disposition == Disposition.ABANDONED) for at_ms, disposition in history)
        campaign = Campaign(row.id, row.settings, ledger, row.state)
        dispositions = await query(read_disposition_counts, row.id)
        verdicts = await query(read_verdict_counts, row.id)
        people = await query(read_people, row.id, 0)
        abandoned = sum(disposition == Disposition.ABANDONED for _, disposition in people)
        campaign.restore(dispositions, verdicts, len(people), abandoned)
        dialer = self._dialers[row.id] = Dialer(self, row, campaign)
        counts = await query(read_counts, row.id)
        dialer.total, dialer.closed = counts.total, counts.done + counts.invalid
        return dialer

    async def _recover(self) -> None:
        """Attempts that a crash left: those never launched did not happen, the others are over, once and for all."""
        unfinished = await self.store.query(read_unfinished)
        leased = [attempt.id for attempt in unfinished if attempt.state == "leased"]
        launched = [attempt for attempt in unfinished if attempt.state == "launched"]
        writes: list[AnyWrite] = [ReturnLeases(leased)] if leased else []
        events = []
        for attempt in launched:
            write, event = self._interrupt(attempt)
            writes.append(write)
            events.append(event)
        if writes:
            await self.store.submit(writes, events)
            log.warning("recovered", returned=len(leased), interrupted=len(launched))

    def _interrupt(self, attempt: AttemptRow) -> tuple[EndAttempt, EventDraft]:
        dialer = self._dialers[attempt.campaign_id]
        ended_at_ms = now_ms()
        settled = settle(dialer.settings.retry, Disposition.INTERRUPTED, attempt.ordinal, ended_at_ms)
        attempt.disposition, attempt.ended_at_ms = Disposition.INTERRUPTED, ended_at_ms
        dialer.closed += settled.state != "open"
        dialer.campaign.dispositions[Disposition.INTERRUPTED] += 1
        dialer.campaign.started += 1
        data = {
            "attempt_id": attempt.id,
            "contact_id": attempt.contact_id,
            "ordinal": attempt.ordinal,
            "disposition": str(Disposition.INTERRUPTED),
            "next_at_ms": settled.next_at_ms or None,
        }
        event = EventDraft("attempt.ended", data, call_id=attempt.call_id, campaign_id=attempt.campaign_id)
        return EndAttempt(attempt, settled.state, settled.next_at_ms), event

    def hold(self) -> None:
        """Launch nothing more (drain); calls in progress go on. Campaigns stay running in the store."""
        self.closing = True
        for dialer in self._dialers.values():
            dialer.leases.return_all()

    async def close(self) -> None:
        """Cancel what is in progress, give leases back. The calls' ends are written as they close."""
        self.hold()
        if self._sampler is not None:
            self._sampler.cancel()
            await asyncio.gather(self._sampler, return_exceptions=True)
            self._sampler = None
        for dialer in self._dialers.values():
            dialer.stop()
            for line in list(dialer.lines.values()):
                line.cancel()
            await dialer.settle()
            dialer.leases.return_all()

    # ------------------------------------------------------------- for dialers

    def why_not(self, settings: CampaignSettings) -> str | None:
        """Why nothing can be launched now, None when it can."""
        if self.store.failing is not None:
            return f"the store cannot be written: {self.store.failing}"
        trunks = [trunk for trunk in self.trunks.all() if settings.trunk in (None, trunk.name)]
        if not trunks:
            return f"no trunk {settings.trunk or ''} in the configuration"
        if not any(trunk.state.up for trunk in trunks):
            return f"trunk {', '.join(trunk.name for trunk in trunks)} is down or disabled"
        return None

    def views(self, campaign_id: str) -> builtins.list[AgentView]:
        """Agents of a campaign who are at work, for its pacer."""
        running = max(1, sum(dialer.campaign.state == "running" for dialer in self._dialers.values()))
        clock_s = wall_less_monotonic_ms() / 1000
        return [
            AgentView(
                agent.state,
                agent.since_ms / 1000 - clock_s,
                1.0 / (min(running, len(agent.campaigns)) if agent.campaigns else running),
                agent.pausing or agent.leaving,
            )
            for agent in self.agents
            if agent.state not in ("offline", "paused") and agent.serves(campaign_id)
        ]

    def worked_ms(self, campaign_id: str) -> tuple[int, int]:
        """(talking, ready) of all agents of a campaign since they logged in."""
        at_ms = now_ms()
        own = [agent for agent in self.agents if agent.serves(campaign_id)]
        return sum(a.total_ms("talking", at_ms) for a in own), sum(a.total_ms("ready", at_ms) for a in own)

    def match(self) -> None:
        """Give people who wait to agents who are free, whoever has waited longest first."""
        self._matching = False
        waiting = []
        for dialer in self._dialers.values():
            if dialer.waiting:
                dialer.waiting = [line for line in dialer.waiting if line.attempt.phase is Phase.WAITING]
                waiting += [(line.attempt.human_at or 0.0, dialer, line) for line in dialer.waiting]
        for _, dialer, line in sorted(waiting, key=lambda entry: entry[0]):
            if line.attempt.phase is not Phase.WAITING:
                continue
            desk = self.agents.reserve(dialer.id, line.call_id)
            if desk is not None:
                line.connect(desk)

    def _agent_changed(self, agent: Agent) -> None:
        wrapup = self._wrapups.pop(agent.id, None)
        if wrapup is not None:
            campaign_id, since_ms = wrapup
            dialer = self._dialers.get(campaign_id)
            if dialer is not None:
                dialer.campaign.pacer.wrapup_ended((agent.since_ms - since_ms) / 1000)
        if agent.state == "wrapup" and agent.campaign_id is not None:
            self._wrapups[agent.id] = (agent.campaign_id, agent.since_ms)
        if agent.state == "ready" and not self._matching:
            self._matching = True  # in a turn of its own: whoever changed the agent is not done with it yet
            asyncio.get_running_loop().call_soon(self.match)
        for dialer in self._dialers.values():
            dialer.poke()

    def settings_of(self, campaign_id: str) -> CampaignSettings:
        """For whoever adds contacts: NotFound, or WrongState when it takes none any more."""
        dialer = self.find(campaign_id)
        state = dialer.campaign.state
        if state in ("stopping", "ended"):
            raise WrongState(f"campaign {campaign_id} is {state}; create a new one for new contacts", state=state)
        return dialer.settings

    def contacts_changed(self, campaign_id: str) -> None:
        """There are new contacts to dial."""
        self.find(campaign_id).contacts_changed()

    def _note_events(self, events: builtins.list[Event]) -> None:
        for event in events:
            dialer = self._dialers.get(event.campaign_id) if event.campaign_id is not None else None
            if dialer is not None:
                dialer.last_event_id = event.id

    async def _sample(self) -> None:
        """The live figures of campaigns that run, twice a second."""
        while True:
            await asyncio.sleep(SAMPLE_S)
            for dialer in self._dialers.values():
                if dialer.campaign.state in ("running", "paused", "stopping"):
                    stats = self._stats(dialer)
                    self.events.sample("campaign.stats", msgspec.to_builtins(stats), campaign_id=dialer.id)
                    self.events.sample("pacing.decision", msgspec.to_builtins(stats.pacing), campaign_id=dialer.id)

    # ------------------------------------------------------------------ control

    def _check(self, settings: CampaignSettings) -> None:
        """Raises BadParams for what cannot work, before it is found in mid-campaign."""
        names = [trunk.name for trunk in self.trunks.all()]
        if settings.trunk is not None and settings.trunk not in names:
            known = ", ".join(names) or "none"
            raise BadParams(f"settings.trunk {settings.trunk!r}: no such trunk; configured: {known}", field="trunk")
        if settings.machine == "message" and settings.machine_message is None:
            raise BadParams("settings.machine is message, but machine_message names no file", field="machine_message")
        if settings.machine != "hangup" and not settings.amd:
            raise BadParams(f"settings.machine is {settings.machine}, but amd is off", field="machine")
        if settings.time_zone is not None and zone(settings.time_zone) is None:
            raise BadParams(
                f"settings.time_zone {settings.time_zone!r} is no IANA zone, as Europe/Berlin is", field="time_zone"
            )
        for field in ("abandon_message", "machine_message"):
            file = getattr(settings, field)
            if file is not None:
                self._check_file(field, file)

    def _check_file(self, field: str, file: str) -> None:
        try:
            self.core.clip(file)
        except (EngineError, OSError) as error:
            raise BadParams(f"settings.{field} {file!r}: {error}", field=field) from error

    async def create(self, req: CreateCampaign) -> CampaignInfo:
        self._check(req.settings)
        campaign_id = req.id or str(uuid_utils.uuid7())
        if campaign_id in self._dialers:
            raise Exists(f"campaign {campaign_id} exists already; choose another id", campaign_id=campaign_id)
        row = CampaignRow(campaign_id, req.name, "new", req.settings, now_ms(), version=1)
        dialer = Dialer(self, row, Campaign(campaign_id, req.settings, Ledger(), "new"))
        self._dialers[campaign_id] = dialer
        event = EventDraft("campaign.created", {"name": row.name}, campaign_id=campaign_id)
        try:
            await self.events.commit([InsertCampaign(row)], [event])
        except EngineError:
            del self._dialers[campaign_id]
            raise
        return self._info(dialer)

    async def update(self, req: UpdateCampaign) -> CampaignInfo:
        dialer = self.find(req.id)
        if dialer.campaign.state == "ended":
            raise WrongState(f"campaign {req.id} has ended, its settings are history", state="ended")
        self._check(req.settings)
        dialer.update(req.settings)
        dialer.row.version += 1
        event = EventDraft("campaign.updated", {"version": dialer.row.version}, campaign_id=req.id)
        await self.events.commit([stored.UpdateCampaign(dialer.row)], [event])
        dialer.poke()
        return self._info(dialer)

    async def start(self, req: StartCampaign) -> CampaignInfo:
        dialer = self.find(req.id)
        self._check(dialer.settings)
        if dialer.campaign.start():
            if dialer.row.started_at_ms is None:
                dialer.row.started_at_ms = now_ms()
                dialer.worked_before = self.worked_ms(req.id)
            done = dialer.change_state()
            dialer.run()
            await done
        return self._info(dialer)

    async def pause(self, req: ById) -> CampaignInfo:
        dialer = self.find(req.id)
        if dialer.campaign.pause():
            dialer.leases.return_all()
            await dialer.change_state()
        return self._info(dialer)

    async def stop(self, req: ById) -> CampaignInfo:
        """No new calls; it ends with the last one."""
        dialer = self.find(req.id)
        if dialer.campaign.stop():
            dialer.leases.return_all()
            done = dialer.change_state()
            dialer.run()
            await done
        return self._info(dialer)

    def get(self, req: ById) -> CampaignInfo:
        return self._info(self.find(req.id))

    def list(self, req: ListCampaigns) -> CampaignPage:
        """In order of creation; `after` is the last id of the page before."""
        as_of = self.store.head_id
        dialers = list(self._dialers.values())
        start = dialers.index(self.find(req.after)) + 1 if req.after else 0
        found = [one for one in dialers[start:] if req.state in (None, one.campaign.state)]
        items = tuple(self._info(one) for one in found[: req.limit])
        return CampaignPage(items=items, next=items[-1].id if len(found) > req.limit else None, as_of=as_of)

    def stats(self, req: ById) -> CampaignStats:
        return self._stats(self.find(req.id))

    def _info(self, dialer: Dialer) -> CampaignInfo:
        row = dialer.row
        return CampaignInfo(
            id=row.id,
            name=row.name,
            state=dialer.campaign.state,
            settings=row.settings,
            created_at_ms=row.created_at_ms,
            contacts=dialer.total,
            version=row.version,
            last_event_id=dialer.last_event_id,
        )

    def _stats(self, dialer: Dialer) -> CampaignStats:
        campaign = dialer.campaign
        phases = campaign.phases()
        talk, ready = dialer.worked or self.worked_ms(dialer.id)
        talk, ready = talk - dialer.worked_before[0], ready - dialer.worked_before[1]
        return CampaignStats(
            id=dialer.id,
            state=campaign.state,
            contacts=dialer.total,
            contacts_open=dialer.total - dialer.closed,
            attempts=campaign.started,
            in_progress=len(campaign.attempts),
            dialing=phases[Phase.DIALING],
            ringing=phases[Phase.RINGING],
            detecting=phases[Phase.DETECTING],
            waiting=phases[Phase.WAITING] + phases[Phase.CONNECTING],
            talking=phases[Phase.TALKING],
            dispositions={str(name): count for name, count in campaign.dispositions.items()},
            amd=dict(campaign.verdicts),
            humans=campaign.people,
            connected=campaign.talked,
            abandoned=campaign.abandoned,
            abandon_rate=campaign.abandon_rate,
            max_abandon=dialer.settings.max_abandon,
            utilisation=max(0.0, talk / (talk + ready)) if talk + ready > 0 else 0.0,
            pacing=_pacing_view(dialer),
        )


def _pacing_view(dialer: Dialer) -> PacingView:
    decision = dialer.campaign.decision
    return PacingView(
        at_ms=now_ms(),
        launch=decision.launch,
        agents_ready=decision.agents_ready,
        agents_total=decision.agents_total,
        in_progress=decision.in_progress,
        answer_rate=round(decision.answer_rate, 4),
        expected_answers=round(decision.expected_answers, 2),
        expected_free=round(decision.expected_free, 2),
        overflow=round(decision.overflow, 4),
        why=f"holds: {dialer.holding}" if dialer.holding else decision.why,
    )
