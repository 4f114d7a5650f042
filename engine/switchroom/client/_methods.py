"""Typed methods of the clients. Written by `switchroom api --stubs python`: do not edit.

Arguments that are None are not sent: the engine's defaults hold. They are in docs/protocol.md.
"""

# fmt: off

from __future__ import annotations

from typing import Any, Literal

from ..schema._base import Done
from ..schema.agent import AgentInfo, AgentPage
from ..schema.call import CallInfo, CallPage, CallStats, PlayInfo, PlayItem, PlayList, RecordInfo
from ..schema.campaign import CampaignInfo, CampaignPage, CampaignSettings, CampaignStats
from ..schema.conference import Conference, ConferencePage
from ..schema.contact import ContactInfo, ContactPage, ImportResult
from ..schema.engine import EngineStats, Health
from ..schema.event import Subscribed
from ..schema.fork import ForkInfo
from ..schema.info import ApiInfo
from ..schema.recording import Erased, RecordingData, RecordingInfo, RecordingPage, RetentionResult
from ..schema.session import ClientInfo, Pong, SessionPage, Welcome
from ..schema.supervise import Supervision, SupervisionPage
from ..schema.trunk import TrunkInfo, TrunkPage
from ._invoke import AsyncInvoke, AsyncTyped, Invoke, Typed, given

MUTATING = frozenset(
    {
        "call.originate",
        "call.hangup",
        "call.bridge",
        "call.play",
        "call.play.stop",
        "call.play.pause",
        "call.play.resume",
        "call.play.seek",
        "call.play.volume",
        "call.hold",
        "call.unhold",
        "call.dtmf",
        "call.record.start",
        "call.record.stop",
        "call.fork.start",
        "call.fork.stop",
        "call.record.pause",
        "call.record.resume",
        "recording.read",
        "recording.hold",
        "recording.release",
        "recording.erase",
        "recording.retention",
        "call.supervise.start",
        "call.supervise.mode",
        "call.supervise.stop",
        "conference.create",
        "conference.join",
        "conference.leave",
        "conference.mute",
        "conference.close",
        "campaign.create",
        "campaign.update",
        "campaign.start",
        "campaign.pause",
        "campaign.stop",
        "contact.add",
        "contact.import",
        "agent.login",
        "agent.ready",
        "agent.pause",
        "agent.logout",
        "agent.wrapup_done",
        "trunk.enable",
        "trunk.disable",
        "engine.drain",
    }
)


class AsyncApiMethods(AsyncInvoke):
    """api.*"""

    async def info(
        self,
    ) -> ApiInfo:
        """The whole protocol, described by itself."""
        return await self.typed("api.info", given(
        ), ApiInfo)

    async def ping(
        self,
    ) -> Pong:
        """Is the engine there? Costs nothing."""
        return await self.typed("api.ping", given(
        ), Pong)


class AsyncSessionMethods(AsyncInvoke):
    """session.*"""

    async def auth(
        self,
        *,
        api: tuple[int, int] | None = None,
        client: ClientInfo | dict[str, Any] | None = None,
        token: str | None = None,
    ) -> Welcome:
        """Say who is calling; learn limits and the journal's bounds. Over the Unix socket the kernel has said who is
        calling: optional there."""
        return await self.typed("session.auth", given(
            api=api,
            client=client,
            token=token,
        ), Welcome)

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
    ) -> SessionPage:
        """Connected clients and how far they lag."""
        return await self.typed("session.list", given(
            limit=limit,
            after=after,
        ), SessionPage)


class AsyncCallPlayMethods(AsyncTyped):
    """call.play.*"""

    async def __call__(
        self,
        *,
        id: str,
        file: str | None = None,
        loops: int | None = None,
        items: tuple[PlayItem | dict[str, Any], ...] | None = None,
        mode: Literal["replace", "queue"] | None = None,
        volume_db: int | None = None,
        start_ms: int | None = None,
        play_id: str | None = None,
    ) -> PlayInfo:
        """Play files, speech from fragments, tones into a call."""
        return await self.typed("call.play", given(
            id=id,
            file=file,
            loops=loops,
            items=items,
            mode=mode,
            volume_db=volume_db,
            start_ms=start_ms,
            play_id=play_id,
        ), PlayInfo)

    async def stop(
        self,
        *,
        id: str,
        play_id: str | None = None,
    ) -> Done:
        """Stop with a fade of 5 ms; `already` when it has ended."""
        return await self.typed("call.play.stop", given(
            id=id,
            play_id=play_id,
        ), Done)

    async def pause(
        self,
        *,
        id: str,
        play_id: str | None = None,
    ) -> PlayInfo:
        """Silence until it is resumed; what is queued waits on."""
        return await self.typed("call.play.pause", given(
            id=id,
            play_id=play_id,
        ), PlayInfo)

    async def resume(
        self,
        *,
        id: str,
        play_id: str | None = None,
    ) -> PlayInfo:
        """Go on where it was paused."""
        return await self.typed("call.play.resume", given(
            id=id,
            play_id=play_id,
        ), PlayInfo)

    async def seek(
        self,
        *,
        id: str,
        play_id: str | None = None,
        position_ms: int | None = None,
        by_ms: int | None = None,
    ) -> PlayInfo:
        """Go on somewhere else."""
        return await self.typed("call.play.seek", given(
            id=id,
            play_id=play_id,
            position_ms=position_ms,
            by_ms=by_ms,
        ), PlayInfo)

    async def volume(
        self,
        *,
        id: str,
        volume_db: int,
        play_id: str | None = None,
        ramp_ms: int | None = None,
    ) -> PlayInfo:
        """Louder or softer, on a ramp."""
        return await self.typed("call.play.volume", given(
            id=id,
            play_id=play_id,
            volume_db=volume_db,
            ramp_ms=ramp_ms,
        ), PlayInfo)

    async def list(
        self,
        *,
        id: str,
    ) -> PlayList:
        """What plays in a call, and where it stands."""
        return await self.typed("call.play.list", given(
            id=id,
        ), PlayList)


class AsyncCallRecordMethods(AsyncInvoke):
    """call.record.*"""

    async def start(
        self,
        *,
        id: str,
        name: str | None = None,
        sides: Literal["both", "customer", "agent", "mixed"] | None = None,
        beep_every_ms: int | None = None,
    ) -> RecordInfo:
        """Record a call as a stereo file."""
        return await self.typed("call.record.start", given(
            id=id,
            name=name,
            sides=sides,
            beep_every_ms=beep_every_ms,
        ), RecordInfo)

    async def stop(
        self,
        *,
        id: str,
    ) -> RecordInfo:
        """Complete the recording; `already` when none runs."""
        return await self.typed("call.record.stop", given(
            id=id,
        ), RecordInfo)

    async def pause(
        self,
        *,
        id: str,
    ) -> RecordInfo:
        """Silence in the file from now on, nothing of what is said is kept; `already` when it is paused."""
        return await self.typed("call.record.pause", given(
            id=id,
        ), RecordInfo)

    async def resume(
        self,
        *,
        id: str,
    ) -> RecordInfo:
        """Record again; `already` when it was not paused."""
        return await self.typed("call.record.resume", given(
            id=id,
        ), RecordInfo)


class AsyncCallForkMethods(AsyncInvoke):
    """call.fork.*"""

    async def start(
        self,
        *,
        id: str,
        sink: str,
        leg: int | None = None,
        direction: Literal["in", "out", "both"] | None = None,
        format: Literal["pcm_s16le", "pcmu", "pcma", "wire"] | None = None,
        rate_hz: Literal[8000, 16000] | None = None,
    ) -> ForkInfo:
        """Live audio of a leg to a program and back (docs/media-fork.md); the reply comes when its sink is
        connected."""
        return await self.typed("call.fork.start", given(
            id=id,
            sink=sink,
            leg=leg,
            direction=direction,
            format=format,
            rate_hz=rate_hz,
        ), ForkInfo)

    async def stop(
        self,
        *,
        id: str,
        leg: int | None = None,
    ) -> Done:
        """End a fork; `already` when there is none."""
        return await self.typed("call.fork.stop", given(
            id=id,
            leg=leg,
        ), Done)


class AsyncCallSuperviseMethods(AsyncInvoke):
    """call.supervise.*"""

    async def start(
        self,
        *,
        call_id: str,
        supervisor: str,
        mode: Literal["listen", "whisper", "barge"] | None = None,
        agent_leg: str | None = None,
        ring_timeout_ms: int | None = None,
    ) -> Supervision:
        """Put a supervisor beside a call: listen (hears both), whisper (heard by the agent too), barge (heard by all).
        Returns at once; supervisor.joined follows."""
        return await self.typed("call.supervise.start", given(
            call_id=call_id,
            supervisor=supervisor,
            mode=mode,
            agent_leg=agent_leg,
            ring_timeout_ms=ring_timeout_ms,
        ), Supervision)

    async def mode(
        self,
        *,
        id: str,
        mode: Literal["listen", "whisper", "barge"],
    ) -> Supervision:
        """Change between listen, whisper and barge without a gap."""
        return await self.typed("call.supervise.mode", given(
            id=id,
            mode=mode,
        ), Supervision)

    async def stop(
        self,
        *,
        id: str,
    ) -> Done:
        """The supervisor leaves, the call goes on; `already` when gone."""
        return await self.typed("call.supervise.stop", given(
            id=id,
        ), Done)

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        call_id: str | None = None,
    ) -> SupervisionPage:
        """Supervisors beside calls."""
        return await self.typed("call.supervise.list", given(
            limit=limit,
            after=after,
            call_id=call_id,
        ), SupervisionPage)


class AsyncCallMethods(AsyncInvoke):
    """call.*"""

    def __init__(self, invoke: AsyncInvoke) -> None:
        super().__init__(invoke)
        self.play = AsyncCallPlayMethods(invoke)
        self.record = AsyncCallRecordMethods(invoke)
        self.fork = AsyncCallForkMethods(invoke)
        self.supervise = AsyncCallSuperviseMethods(invoke)

    async def originate(
        self,
        *,
        uri: str | None = None,
        number: str | None = None,
        trunk: str | None = None,
        caller_id: str | None = None,
        ring_timeout_ms: int | None = None,
        play: str | None = None,
        record: bool | None = None,
        call_id: str | None = None,
        idem: str | None = None,
        wait: Literal["none", "ringing", "answered", "ended"] | None = None,
        timeout_ms: int | None = None,
    ) -> CallInfo:
        """Place a call. Returns at once unless `wait` says until when; when `timeout_ms` is over, the call goes on and
        is returned as it stands."""
        return await self.typed("call.originate", given(
            uri=uri,
            number=number,
            trunk=trunk,
            caller_id=caller_id,
            ring_timeout_ms=ring_timeout_ms,
            play=play,
            record=record,
            call_id=call_id,
            idem=idem,
            wait=wait,
            timeout_ms=timeout_ms,
        ), CallInfo)

    async def get(
        self,
        *,
        id: str,
    ) -> CallInfo:
        """One call, also shortly after its end."""
        return await self.typed("call.get", given(
            id=id,
        ), CallInfo)

    async def stats(
        self,
        *,
        id: str,
    ) -> CallStats:
        """RTP counters and quality of each leg of a call that is up."""
        return await self.typed("call.stats", given(
            id=id,
        ), CallStats)

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        state: Literal["new", "calling", "ringing", "answered", "ended"] | None = None,
    ) -> CallPage:
        """Calls in progress."""
        return await self.typed("call.list", given(
            limit=limit,
            after=after,
            state=state,
        ), CallPage)

    async def hangup(
        self,
        *,
        id: str,
        q850_cause: int | None = None,
    ) -> Done:
        """End a call; `already` when it has ended."""
        return await self.typed("call.hangup", given(
            id=id,
            q850_cause=q850_cause,
        ), Done)

    async def bridge(
        self,
        *,
        id: str,
        with_id: str,
    ) -> Done:
        """Join two answered calls."""
        return await self.typed("call.bridge", given(
            id=id,
            with_id=with_id,
        ), Done)

    async def hold(
        self,
        *,
        id: str,
        music: tuple[PlayItem | dict[str, Any], ...] | None = None,
        common: bool | None = None,
    ) -> Done:
        """Music for the call's far side; whoever it was joined to hears nothing."""
        return await self.typed("call.hold", given(
            id=id,
            music=music,
            common=common,
        ), Done)

    async def unhold(
        self,
        *,
        id: str,
    ) -> Done:
        """End the music; join it again with whom it heard before, if still free."""
        return await self.typed("call.unhold", given(
            id=id,
        ), Done)

    async def dtmf(
        self,
        *,
        id: str,
        digits: str,
        tone_ms: int | None = None,
        gap_ms: int | None = None,
    ) -> Done:
        """Send DTMF digits (RFC 4733)."""
        return await self.typed("call.dtmf", given(
            id=id,
            digits=digits,
            tone_ms=tone_ms,
            gap_ms=gap_ms,
        ), Done)


class AsyncRecordingMethods(AsyncInvoke):
    """recording.*"""

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        call_id: str | None = None,
        campaign_id: str | None = None,
        state: Literal["recording", "closed", "ready", "failed", "erased"] | None = None,
    ) -> RecordingPage:
        """Recorded files, by id and part."""
        return await self.typed("recording.list", given(
            limit=limit,
            after=after,
            call_id=call_id,
            campaign_id=campaign_id,
            state=state,
        ), RecordingPage)

    async def get(
        self,
        *,
        id: str,
        part: int | None = None,
    ) -> RecordingInfo:
        """One recorded file."""
        return await self.typed("recording.get", given(
            id=id,
            part=part,
        ), RecordingInfo)

    async def read(
        self,
        *,
        id: str,
        part: int | None = None,
        offset: int | None = None,
        length: int | None = None,
    ) -> RecordingData:
        """A piece of the audio, decrypted. Goes to the audit log."""
        return await self.typed("recording.read", given(
            id=id,
            part=part,
            offset=offset,
            length=length,
        ), RecordingData)

    async def hold(
        self,
        *,
        id: str,
        reason: str,
    ) -> Done:
        """Legal hold: neither rules nor people erase it."""
        return await self.typed("recording.hold", given(
            id=id,
            reason=reason,
        ), Done)

    async def release(
        self,
        *,
        id: str,
        part: int | None = None,
    ) -> Done:
        """Lift the legal hold of all its parts."""
        return await self.typed("recording.release", given(
            id=id,
            part=part,
        ), Done)

    async def erase(
        self,
        *,
        id: str,
        reason: str,
    ) -> Erased:
        """Erase all its parts; who, when, why and the file's hash go into the ledger of erasures."""
        return await self.typed("recording.erase", given(
            id=id,
            reason=reason,
        ), Erased)

    async def retention(
        self,
        *,
        dry_run: bool | None = None,
    ) -> RetentionResult:
        """Apply the retention rules now."""
        return await self.typed("recording.retention", given(
            dry_run=dry_run,
        ), RetentionResult)


class AsyncConferenceMethods(AsyncInvoke):
    """conference.*"""

    async def create(
        self,
        *,
        id: str | None = None,
    ) -> Conference:
        """A conference nobody is in yet."""
        return await self.typed("conference.create", given(
            id=id,
        ), Conference)

    async def join(
        self,
        *,
        id: str,
        call_id: str,
        talk: bool | None = None,
        hear: bool | None = None,
    ) -> Conference:
        """An answered call joins, or changes what it may do; it leaves its bridge."""
        return await self.typed("conference.join", given(
            id=id,
            call_id=call_id,
            talk=talk,
            hear=hear,
        ), Conference)

    async def leave(
        self,
        *,
        id: str,
        call_id: str,
    ) -> Done:
        """A call leaves and goes on by itself; `already` when it was not in it."""
        return await self.typed("conference.leave", given(
            id=id,
            call_id=call_id,
        ), Done)

    async def mute(
        self,
        *,
        id: str,
        call_id: str,
        muted: bool | None = None,
    ) -> Conference:
        """The others hear a call no more, or again."""
        return await self.typed("conference.mute", given(
            id=id,
            call_id=call_id,
            muted=muted,
        ), Conference)

    async def get(
        self,
        *,
        id: str,
    ) -> Conference:
        """One conference and who is in it."""
        return await self.typed("conference.get", given(
            id=id,
        ), Conference)

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
    ) -> ConferencePage:
        """Conferences."""
        return await self.typed("conference.list", given(
            limit=limit,
            after=after,
        ), ConferencePage)

    async def close(
        self,
        *,
        id: str,
    ) -> Done:
        """The end of it; its calls go on. `already` when there is no such."""
        return await self.typed("conference.close", given(
            id=id,
        ), Done)


class AsyncCampaignMethods(AsyncInvoke):
    """campaign.*"""

    async def create(
        self,
        *,
        name: str,
        id: str | None = None,
        settings: CampaignSettings | dict[str, Any] | None = None,
        idem: str | None = None,
    ) -> CampaignInfo:
        """A new campaign; it does not dial yet."""
        return await self.typed("campaign.create", given(
            id=id,
            name=name,
            settings=settings,
            idem=idem,
        ), CampaignInfo)

    async def update(
        self,
        *,
        id: str,
        settings: CampaignSettings | dict[str, Any],
    ) -> CampaignInfo:
        """Replace its settings."""
        return await self.typed("campaign.update", given(
            id=id,
            settings=settings,
        ), CampaignInfo)

    async def start(
        self,
        *,
        id: str,
        idem: str | None = None,
    ) -> CampaignInfo:
        """Begin, or go on after a pause."""
        return await self.typed("campaign.start", given(
            id=id,
            idem=idem,
        ), CampaignInfo)

    async def pause(
        self,
        *,
        id: str,
    ) -> CampaignInfo:
        """Dial no more; calls in progress go on."""
        return await self.typed("campaign.pause", given(
            id=id,
        ), CampaignInfo)

    async def stop(
        self,
        *,
        id: str,
    ) -> CampaignInfo:
        """Dial no more and end when the last call has ended."""
        return await self.typed("campaign.stop", given(
            id=id,
        ), CampaignInfo)

    async def get(
        self,
        *,
        id: str,
    ) -> CampaignInfo:
        """One campaign."""
        return await self.typed("campaign.get", given(
            id=id,
        ), CampaignInfo)

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        state: Literal["new", "running", "paused", "stopping", "ended"] | None = None,
    ) -> CampaignPage:
        """Campaigns."""
        return await self.typed("campaign.list", given(
            limit=limit,
            after=after,
            state=state,
        ), CampaignPage)

    async def stats(
        self,
        *,
        id: str,
    ) -> CampaignStats:
        """Counters, rates and the last pacing decision."""
        return await self.typed("campaign.stats", given(
            id=id,
        ), CampaignStats)


class AsyncContactMethods(AsyncInvoke):
    """contact.*"""

    async def add(
        self,
        *,
        campaign_id: str,
        number: str,
        id: str | None = None,
        name: str | None = None,
        priority: int | None = None,
        fields: dict[str, str] | None = None,
        idem: str | None = None,
    ) -> ContactInfo:
        """One contact, dialed as soon as pacing allows."""
        return await self.typed("contact.add", given(
            campaign_id=campaign_id,
            id=id,
            number=number,
            name=name,
            priority=priority,
            fields=fields,
            idem=idem,
        ), ContactInfo)

    async def import_(
        self,
        *,
        campaign_id: str,
        path: str | None = None,
        data: bytes | None = None,
    ) -> ImportResult:
        """Contacts from CSV; bad lines are named."""
        return await self.typed("contact.import", given(
            campaign_id=campaign_id,
            path=path,
            data=data,
        ), ImportResult)

    async def get(
        self,
        *,
        campaign_id: str,
        id: str,
    ) -> ContactInfo:
        """One contact."""
        return await self.typed("contact.get", given(
            campaign_id=campaign_id,
            id=id,
        ), ContactInfo)

    async def list(
        self,
        *,
        campaign_id: str,
        limit: int | None = None,
        after: str | None = None,
    ) -> ContactPage:
        """Contacts of a campaign, by id."""
        return await self.typed("contact.list", given(
            limit=limit,
            after=after,
            campaign_id=campaign_id,
        ), ContactPage)


class AsyncAgentMethods(AsyncInvoke):
    """agent.*"""

    async def login(
        self,
        *,
        id: str,
        uri: str,
        name: str | None = None,
        nailed_up: bool | None = None,
        ready: bool | None = None,
        campaigns: tuple[str, ...] | None = None,
        wrapup_ms: int | None = None,
    ) -> AgentInfo:
        """An agent begins a shift."""
        return await self.typed("agent.login", given(
            id=id,
            uri=uri,
            name=name,
            nailed_up=nailed_up,
            ready=ready,
            campaigns=campaigns,
            wrapup_ms=wrapup_ms,
        ), AgentInfo)

    async def ready(
        self,
        *,
        id: str,
    ) -> AgentInfo:
        """Take the next call."""
        return await self.typed("agent.ready", given(
            id=id,
        ), AgentInfo)

    async def pause(
        self,
        *,
        id: str,
        reason: str | None = None,
    ) -> AgentInfo:
        """Take no calls; after the current one when talking."""
        return await self.typed("agent.pause", given(
            id=id,
            reason=reason,
        ), AgentInfo)

    async def logout(
        self,
        *,
        id: str,
    ) -> AgentInfo:
        """End the shift; after the current call when talking."""
        return await self.typed("agent.logout", given(
            id=id,
        ), AgentInfo)

    async def wrapup_done(
        self,
        *,
        id: str,
        disposition: str | None = None,
        note: str | None = None,
    ) -> AgentInfo:
        """End wrap-up now, with the agent's word for how it went."""
        return await self.typed("agent.wrapup_done", given(
            id=id,
            disposition=disposition,
            note=note,
        ), AgentInfo)

    async def get(
        self,
        *,
        id: str,
    ) -> AgentInfo:
        """One agent."""
        return await self.typed("agent.get", given(
            id=id,
        ), AgentInfo)

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        state: Literal["offline", "ready", "reserved", "talking", "wrapup", "paused"] | None = None,
    ) -> AgentPage:
        """Agents."""
        return await self.typed("agent.list", given(
            limit=limit,
            after=after,
            state=state,
        ), AgentPage)


class AsyncTrunkMethods(AsyncInvoke):
    """trunk.*"""

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
    ) -> TrunkPage:
        """Trunks and their health."""
        return await self.typed("trunk.list", given(
            limit=limit,
            after=after,
        ), TrunkPage)

    async def get(
        self,
        *,
        name: str,
    ) -> TrunkInfo:
        """One trunk."""
        return await self.typed("trunk.get", given(
            name=name,
        ), TrunkInfo)

    async def enable(
        self,
        *,
        name: str,
    ) -> TrunkInfo:
        """Send calls to it again."""
        return await self.typed("trunk.enable", given(
            name=name,
        ), TrunkInfo)

    async def disable(
        self,
        *,
        name: str,
    ) -> TrunkInfo:
        """Send no new calls to it; calls in progress go on."""
        return await self.typed("trunk.disable", given(
            name=name,
        ), TrunkInfo)


class AsyncEventsMethods(AsyncInvoke):
    """events.*"""

    async def subscribe(
        self,
        *,
        topics: tuple[str, ...],
        filter: dict[str, str] | None = None,
        since: int | None = None,
        epoch: str | None = None,
        batch: int | None = None,
        policy: Literal["pause", "drop", "close"] | None = None,
    ) -> Subscribed:
        """Events from now on, or from `since` on out of the journal and then live, without a gap or a repeat."""
        return await self.typed("events.subscribe", given(
            topics=topics,
            filter=filter,
            since=since,
            epoch=epoch,
            batch=batch,
            policy=policy,
        ), Subscribed)

    async def unsubscribe(
        self,
        *,
        sub_id: int,
    ) -> Done:
        """No more of them; `already` when there is no such."""
        return await self.typed("events.unsubscribe", given(
            sub_id=sub_id,
        ), Done)

    async def ack(
        self,
        *,
        sub_id: int,
        id: int,
    ) -> Done:
        """Handled up to that id. Optional: shows in session.list."""
        return await self.typed("events.ack", given(
            sub_id=sub_id,
            id=id,
        ), Done)


class AsyncEngineMethods(AsyncInvoke):
    """engine.*"""

    async def health(
        self,
    ) -> Health:
        """Does it live, does it take calls, and if not, why."""
        return await self.typed("engine.health", given(
        ), Health)

    async def stats(
        self,
    ) -> EngineStats:
        """Counters of calls, SIP, RTP and the process."""
        return await self.typed("engine.stats", given(
        ), EngineStats)

    async def drain(
        self,
        *,
        deadline_ms: int | None = None,
    ) -> Done:
        """Take no new work, let calls end until the deadline, then stop. Returns at once; engine.draining tells what is
        left."""
        return await self.typed("engine.drain", given(
            deadline_ms=deadline_ms,
        ), Done)


class AsyncMethods:
    """All nouns as attributes. `call` is also a function: any method by its name."""

    def __init__(self, invoke: AsyncInvoke) -> None:
        self.api = AsyncApiMethods(invoke)
        self.session = AsyncSessionMethods(invoke)
        self.call = AsyncCallMethods(invoke)
        self.recording = AsyncRecordingMethods(invoke)
        self.conference = AsyncConferenceMethods(invoke)
        self.campaign = AsyncCampaignMethods(invoke)
        self.contact = AsyncContactMethods(invoke)
        self.agent = AsyncAgentMethods(invoke)
        self.trunk = AsyncTrunkMethods(invoke)
        self.events = AsyncEventsMethods(invoke)
        self.engine = AsyncEngineMethods(invoke)


class ApiMethods(Invoke):
    """api.*"""

    def info(
        self,
    ) -> ApiInfo:
        """The whole protocol, described by itself."""
        return self.typed("api.info", given(
        ), ApiInfo)

    def ping(
        self,
    ) -> Pong:
        """Is the engine there? Costs nothing."""
        return self.typed("api.ping", given(
        ), Pong)


class SessionMethods(Invoke):
    """session.*"""

    def auth(
        self,
        *,
        api: tuple[int, int] | None = None,
        client: ClientInfo | dict[str, Any] | None = None,
        token: str | None = None,
    ) -> Welcome:
        """Say who is calling; learn limits and the journal's bounds. Over the Unix socket the kernel has said who is
        calling: optional there."""
        return self.typed("session.auth", given(
            api=api,
            client=client,
            token=token,
        ), Welcome)

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
    ) -> SessionPage:
        """Connected clients and how far they lag."""
        return self.typed("session.list", given(
            limit=limit,
            after=after,
        ), SessionPage)


class CallPlayMethods(Typed):
    """call.play.*"""

    def __call__(
        self,
        *,
        id: str,
        file: str | None = None,
        loops: int | None = None,
        items: tuple[PlayItem | dict[str, Any], ...] | None = None,
        mode: Literal["replace", "queue"] | None = None,
        volume_db: int | None = None,
        start_ms: int | None = None,
        play_id: str | None = None,
    ) -> PlayInfo:
        """Play files, speech from fragments, tones into a call."""
        return self.typed("call.play", given(
            id=id,
            file=file,
            loops=loops,
            items=items,
            mode=mode,
            volume_db=volume_db,
            start_ms=start_ms,
            play_id=play_id,
        ), PlayInfo)

    def stop(
        self,
        *,
        id: str,
        play_id: str | None = None,
    ) -> Done:
        """Stop with a fade of 5 ms; `already` when it has ended."""
        return self.typed("call.play.stop", given(
            id=id,
            play_id=play_id,
        ), Done)

    def pause(
        self,
        *,
        id: str,
        play_id: str | None = None,
    ) -> PlayInfo:
        """Silence until it is resumed; what is queued waits on."""
        return self.typed("call.play.pause", given(
            id=id,
            play_id=play_id,
        ), PlayInfo)

    def resume(
        self,
        *,
        id: str,
        play_id: str | None = None,
    ) -> PlayInfo:
        """Go on where it was paused."""
        return self.typed("call.play.resume", given(
            id=id,
            play_id=play_id,
        ), PlayInfo)

    def seek(
        self,
        *,
        id: str,
        play_id: str | None = None,
        position_ms: int | None = None,
        by_ms: int | None = None,
    ) -> PlayInfo:
        """Go on somewhere else."""
        return self.typed("call.play.seek", given(
            id=id,
            play_id=play_id,
            position_ms=position_ms,
            by_ms=by_ms,
        ), PlayInfo)

    def volume(
        self,
        *,
        id: str,
        volume_db: int,
        play_id: str | None = None,
        ramp_ms: int | None = None,
    ) -> PlayInfo:
        """Louder or softer, on a ramp."""
        return self.typed("call.play.volume", given(
            id=id,
            play_id=play_id,
            volume_db=volume_db,
            ramp_ms=ramp_ms,
        ), PlayInfo)

    def list(
        self,
        *,
        id: str,
    ) -> PlayList:
        """What plays in a call, and where it stands."""
        return self.typed("call.play.list", given(
            id=id,
        ), PlayList)


class CallRecordMethods(Invoke):
    """call.record.*"""

    def start(
        self,
        *,
        id: str,
        name: str | None = None,
        sides: Literal["both", "customer", "agent", "mixed"] | None = None,
        beep_every_ms: int | None = None,
    ) -> RecordInfo:
        """Record a call as a stereo file."""
        return self.typed("call.record.start", given(
            id=id,
            name=name,
            sides=sides,
            beep_every_ms=beep_every_ms,
        ), RecordInfo)

    def stop(
        self,
        *,
        id: str,
    ) -> RecordInfo:
        """Complete the recording; `already` when none runs."""
        return self.typed("call.record.stop", given(
            id=id,
        ), RecordInfo)

    def pause(
        self,
        *,
        id: str,
    ) -> RecordInfo:
        """Silence in the file from now on, nothing of what is said is kept; `already` when it is paused."""
        return self.typed("call.record.pause", given(
            id=id,
        ), RecordInfo)

    def resume(
        self,
        *,
        id: str,
    ) -> RecordInfo:
        """Record again; `already` when it was not paused."""
        return self.typed("call.record.resume", given(
            id=id,
        ), RecordInfo)


class CallForkMethods(Invoke):
    """call.fork.*"""

    def start(
        self,
        *,
        id: str,
        sink: str,
        leg: int | None = None,
        direction: Literal["in", "out", "both"] | None = None,
        format: Literal["pcm_s16le", "pcmu", "pcma", "wire"] | None = None,
        rate_hz: Literal[8000, 16000] | None = None,
    ) -> ForkInfo:
        """Live audio of a leg to a program and back (docs/media-fork.md); the reply comes when its sink is
        connected."""
        return self.typed("call.fork.start", given(
            id=id,
            sink=sink,
            leg=leg,
            direction=direction,
            format=format,
            rate_hz=rate_hz,
        ), ForkInfo)

    def stop(
        self,
        *,
        id: str,
        leg: int | None = None,
    ) -> Done:
        """End a fork; `already` when there is none."""
        return self.typed("call.fork.stop", given(
            id=id,
            leg=leg,
        ), Done)


class CallSuperviseMethods(Invoke):
    """call.supervise.*"""

    def start(
        self,
        *,
        call_id: str,
        supervisor: str,
        mode: Literal["listen", "whisper", "barge"] | None = None,
        agent_leg: str | None = None,
        ring_timeout_ms: int | None = None,
    ) -> Supervision:
        """Put a supervisor beside a call: listen (hears both), whisper (heard by the agent too), barge (heard by all).
        Returns at once; supervisor.joined follows."""
        return self.typed("call.supervise.start", given(
            call_id=call_id,
            supervisor=supervisor,
            mode=mode,
            agent_leg=agent_leg,
            ring_timeout_ms=ring_timeout_ms,
        ), Supervision)

    def mode(
        self,
        *,
        id: str,
        mode: Literal["listen", "whisper", "barge"],
    ) -> Supervision:
        """Change between listen, whisper and barge without a gap."""
        return self.typed("call.supervise.mode", given(
            id=id,
            mode=mode,
        ), Supervision)

    def stop(
        self,
        *,
        id: str,
    ) -> Done:
        """The supervisor leaves, the call goes on; `already` when gone."""
        return self.typed("call.supervise.stop", given(
            id=id,
        ), Done)

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        call_id: str | None = None,
    ) -> SupervisionPage:
        """Supervisors beside calls."""
        return self.typed("call.supervise.list", given(
            limit=limit,
            after=after,
            call_id=call_id,
        ), SupervisionPage)


class CallMethods(Invoke):
    """call.*"""

    def __init__(self, invoke: Invoke) -> None:
        super().__init__(invoke)
        self.play = CallPlayMethods(invoke)
        self.record = CallRecordMethods(invoke)
        self.fork = CallForkMethods(invoke)
        self.supervise = CallSuperviseMethods(invoke)

    def originate(
        self,
        *,
        uri: str | None = None,
        number: str | None = None,
        trunk: str | None = None,
        caller_id: str | None = None,
        ring_timeout_ms: int | None = None,
        play: str | None = None,
        record: bool | None = None,
        call_id: str | None = None,
        idem: str | None = None,
        wait: Literal["none", "ringing", "answered", "ended"] | None = None,
        timeout_ms: int | None = None,
    ) -> CallInfo:
        """Place a call. Returns at once unless `wait` says until when; when `timeout_ms` is over, the call goes on and
        is returned as it stands."""
        return self.typed("call.originate", given(
            uri=uri,
            number=number,
            trunk=trunk,
            caller_id=caller_id,
            ring_timeout_ms=ring_timeout_ms,
            play=play,
            record=record,
            call_id=call_id,
            idem=idem,
            wait=wait,
            timeout_ms=timeout_ms,
        ), CallInfo)

    def get(
        self,
        *,
        id: str,
    ) -> CallInfo:
        """One call, also shortly after its end."""
        return self.typed("call.get", given(
            id=id,
        ), CallInfo)

    def stats(
        self,
        *,
        id: str,
    ) -> CallStats:
        """RTP counters and quality of each leg of a call that is up."""
        return self.typed("call.stats", given(
            id=id,
        ), CallStats)

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        state: Literal["new", "calling", "ringing", "answered", "ended"] | None = None,
    ) -> CallPage:
        """Calls in progress."""
        return self.typed("call.list", given(
            limit=limit,
            after=after,
            state=state,
        ), CallPage)

    def hangup(
        self,
        *,
        id: str,
        q850_cause: int | None = None,
    ) -> Done:
        """End a call; `already` when it has ended."""
        return self.typed("call.hangup", given(
            id=id,
            q850_cause=q850_cause,
        ), Done)

    def bridge(
        self,
        *,
        id: str,
        with_id: str,
    ) -> Done:
        """Join two answered calls."""
        return self.typed("call.bridge", given(
            id=id,
            with_id=with_id,
        ), Done)

    def hold(
        self,
        *,
        id: str,
        music: tuple[PlayItem | dict[str, Any], ...] | None = None,
        common: bool | None = None,
    ) -> Done:
        """Music for the call's far side; whoever it was joined to hears nothing."""
        return self.typed("call.hold", given(
            id=id,
            music=music,
            common=common,
        ), Done)

    def unhold(
        self,
        *,
        id: str,
    ) -> Done:
        """End the music; join it again with whom it heard before, if still free."""
        return self.typed("call.unhold", given(
            id=id,
        ), Done)

    def dtmf(
        self,
        *,
        id: str,
        digits: str,
        tone_ms: int | None = None,
        gap_ms: int | None = None,
    ) -> Done:
        """Send DTMF digits (RFC 4733)."""
        return self.typed("call.dtmf", given(
            id=id,
            digits=digits,
            tone_ms=tone_ms,
            gap_ms=gap_ms,
        ), Done)


class RecordingMethods(Invoke):
    """recording.*"""

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        call_id: str | None = None,
        campaign_id: str | None = None,
        state: Literal["recording", "closed", "ready", "failed", "erased"] | None = None,
    ) -> RecordingPage:
        """Recorded files, by id and part."""
        return self.typed("recording.list", given(
            limit=limit,
            after=after,
            call_id=call_id,
            campaign_id=campaign_id,
            state=state,
        ), RecordingPage)

    def get(
        self,
        *,
        id: str,
        part: int | None = None,
    ) -> RecordingInfo:
        """One recorded file."""
        return self.typed("recording.get", given(
            id=id,
            part=part,
        ), RecordingInfo)

    def read(
        self,
        *,
        id: str,
        part: int | None = None,
        offset: int | None = None,
        length: int | None = None,
    ) -> RecordingData:
        """A piece of the audio, decrypted. Goes to the audit log."""
        return self.typed("recording.read", given(
            id=id,
            part=part,
            offset=offset,
            length=length,
        ), RecordingData)

    def hold(
        self,
        *,
        id: str,
        reason: str,
    ) -> Done:
        """Legal hold: neither rules nor people erase it."""
        return self.typed("recording.hold", given(
            id=id,
            reason=reason,
        ), Done)

    def release(
        self,
        *,
        id: str,
        part: int | None = None,
    ) -> Done:
        """Lift the legal hold of all its parts."""
        return self.typed("recording.release", given(
            id=id,
            part=part,
        ), Done)

    def erase(
        self,
        *,
        id: str,
        reason: str,
    ) -> Erased:
        """Erase all its parts; who, when, why and the file's hash go into the ledger of erasures."""
        return self.typed("recording.erase", given(
            id=id,
            reason=reason,
        ), Erased)

    def retention(
        self,
        *,
        dry_run: bool | None = None,
    ) -> RetentionResult:
        """Apply the retention rules now."""
        return self.typed("recording.retention", given(
            dry_run=dry_run,
        ), RetentionResult)


class ConferenceMethods(Invoke):
    """conference.*"""

    def create(
        self,
        *,
        id: str | None = None,
    ) -> Conference:
        """A conference nobody is in yet."""
        return self.typed("conference.create", given(
            id=id,
        ), Conference)

    def join(
        self,
        *,
        id: str,
        call_id: str,
        talk: bool | None = None,
        hear: bool | None = None,
    ) -> Conference:
        """An answered call joins, or changes what it may do; it leaves its bridge."""
        return self.typed("conference.join", given(
            id=id,
            call_id=call_id,
            talk=talk,
            hear=hear,
        ), Conference)

    def leave(
        self,
        *,
        id: str,
        call_id: str,
    ) -> Done:
        """A call leaves and goes on by itself; `already` when it was not in it."""
        return self.typed("conference.leave", given(
            id=id,
            call_id=call_id,
        ), Done)

    def mute(
        self,
        *,
        id: str,
        call_id: str,
        muted: bool | None = None,
    ) -> Conference:
        """The others hear a call no more, or again."""
        return self.typed("conference.mute", given(
            id=id,
            call_id=call_id,
            muted=muted,
        ), Conference)

    def get(
        self,
        *,
        id: str,
    ) -> Conference:
        """One conference and who is in it."""
        return self.typed("conference.get", given(
            id=id,
        ), Conference)

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
    ) -> ConferencePage:
        """Conferences."""
        return self.typed("conference.list", given(
            limit=limit,
            after=after,
        ), ConferencePage)

    def close(
        self,
        *,
        id: str,
    ) -> Done:
        """The end of it; its calls go on. `already` when there is no such."""
        return self.typed("conference.close", given(
            id=id,
        ), Done)


class CampaignMethods(Invoke):
    """campaign.*"""

    def create(
        self,
        *,
        name: str,
        id: str | None = None,
        settings: CampaignSettings | dict[str, Any] | None = None,
        idem: str | None = None,
    ) -> CampaignInfo:
        """A new campaign; it does not dial yet."""
        return self.typed("campaign.create", given(
            id=id,
            name=name,
            settings=settings,
            idem=idem,
        ), CampaignInfo)

    def update(
        self,
        *,
        id: str,
        settings: CampaignSettings | dict[str, Any],
    ) -> CampaignInfo:
        """Replace its settings."""
        return self.typed("campaign.update", given(
            id=id,
            settings=settings,
        ), CampaignInfo)

    def start(
        self,
        *,
        id: str,
        idem: str | None = None,
    ) -> CampaignInfo:
        """Begin, or go on after a pause."""
        return self.typed("campaign.start", given(
            id=id,
            idem=idem,
        ), CampaignInfo)

    def pause(
        self,
        *,
        id: str,
    ) -> CampaignInfo:
        """Dial no more; calls in progress go on."""
        return self.typed("campaign.pause", given(
            id=id,
        ), CampaignInfo)

    def stop(
        self,
        *,
        id: str,
    ) -> CampaignInfo:
        """Dial no more and end when the last call has ended."""
        return self.typed("campaign.stop", given(
            id=id,
        ), CampaignInfo)

    def get(
        self,
        *,
        id: str,
    ) -> CampaignInfo:
        """One campaign."""
        return self.typed("campaign.get", given(
            id=id,
        ), CampaignInfo)

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        state: Literal["new", "running", "paused", "stopping", "ended"] | None = None,
    ) -> CampaignPage:
        """Campaigns."""
        return self.typed("campaign.list", given(
            limit=limit,
            after=after,
            state=state,
        ), CampaignPage)

    def stats(
        self,
        *,
        id: str,
    ) -> CampaignStats:
        """Counters, rates and the last pacing decision."""
        return self.typed("campaign.stats", given(
            id=id,
        ), CampaignStats)


class ContactMethods(Invoke):
    """contact.*"""

    def add(
        self,
        *,
        campaign_id: str,
        number: str,
        id: str | None = None,
        name: str | None = None,
        priority: int | None = None,
        fields: dict[str, str] | None = None,
        idem: str | None = None,
    ) -> ContactInfo:
        """One contact, dialed as soon as pacing allows."""
        return self.typed("contact.add", given(
            campaign_id=campaign_id,
            id=id,
            number=number,
            name=name,
            priority=priority,
            fields=fields,
            idem=idem,
        ), ContactInfo)

    def import_(
        self,
        *,
        campaign_id: str,
        path: str | None = None,
        data: bytes | None = None,
    ) -> ImportResult:
        """Contacts from CSV; bad lines are named."""
        return self.typed("contact.import", given(
            campaign_id=campaign_id,
            path=path,
            data=data,
        ), ImportResult)

    def get(
        self,
        *,
        campaign_id: str,
        id: str,
    ) -> ContactInfo:
        """One contact."""
        return self.typed("contact.get", given(
            campaign_id=campaign_id,
            id=id,
        ), ContactInfo)

    def list(
        self,
        *,
        campaign_id: str,
        limit: int | None = None,
        after: str | None = None,
    ) -> ContactPage:
        """Contacts of a campaign, by id."""
        return self.typed("contact.list", given(
            limit=limit,
            after=after,
            campaign_id=campaign_id,
        ), ContactPage)


class AgentMethods(Invoke):
    """agent.*"""

    def login(
        self,
        *,
        id: str,
        uri: str,
        name: str | None = None,
        nailed_up: bool | None = None,
        ready: bool | None = None,
        campaigns: tuple[str, ...] | None = None,
        wrapup_ms: int | None = None,
    ) -> AgentInfo:
        """An agent begins a shift."""
        return self.typed("agent.login", given(
            id=id,
            uri=uri,
            name=name,
            nailed_up=nailed_up,
            ready=ready,
            campaigns=campaigns,
            wrapup_ms=wrapup_ms,
        ), AgentInfo)

    def ready(
        self,
        *,
        id: str,
    ) -> AgentInfo:
        """Take the next call."""
        return self.typed("agent.ready", given(
            id=id,
        ), AgentInfo)

    def pause(
        self,
        *,
        id: str,
        reason: str | None = None,
    ) -> AgentInfo:
        """Take no calls; after the current one when talking."""
        return self.typed("agent.pause", given(
            id=id,
            reason=reason,
        ), AgentInfo)

    def logout(
        self,
        *,
        id: str,
    ) -> AgentInfo:
        """End the shift; after the current call when talking."""
        return self.typed("agent.logout", given(
            id=id,
        ), AgentInfo)

    def wrapup_done(
        self,
        *,
        id: str,
        disposition: str | None = None,
        note: str | None = None,
    ) -> AgentInfo:
        """End wrap-up now, with the agent's word for how it went."""
        return self.typed("agent.wrapup_done", given(
            id=id,
            disposition=disposition,
            note=note,
        ), AgentInfo)

    def get(
        self,
        *,
        id: str,
    ) -> AgentInfo:
        """One agent."""
        return self.typed("agent.get", given(
            id=id,
        ), AgentInfo)

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        state: Literal["offline", "ready", "reserved", "talking", "wrapup", "paused"] | None = None,
    ) -> AgentPage:
        """Agents."""
        return self.typed("agent.list", given(
            limit=limit,
            after=after,
            state=state,
        ), AgentPage)


class TrunkMethods(Invoke):
    """trunk.*"""

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
    ) -> TrunkPage:
        """Trunks and their health."""
        return self.typed("trunk.list", given(
            limit=limit,
            after=after,
        ), TrunkPage)

    def get(
        self,
        *,
        name: str,
    ) -> TrunkInfo:
        """One trunk."""
        return self.typed("trunk.get", given(
            name=name,
        ), TrunkInfo)

    def enable(
        self,
        *,
        name: str,
    ) -> TrunkInfo:
        """Send calls to it again."""
        return self.typed("trunk.enable", given(
            name=name,
        ), TrunkInfo)

    def disable(
        self,
        *,
        name: str,
    ) -> TrunkInfo:
        """Send no new calls to it; calls in progress go on."""
        return self.typed("trunk.disable", given(
            name=name,
        ), TrunkInfo)


class EventsMethods(Invoke):
    """events.*"""

    def subscribe(
        self,
        *,
        topics: tuple[str, ...],
        filter: dict[str, str] | None = None,
        since: int | None = None,
        epoch: str | None = None,
        batch: int | None = None,
        policy: Literal["pause", "drop", "close"] | None = None,
    ) -> Subscribed:
        """Events from now on, or from `since` on out of the journal and then live, without a gap or a repeat."""
        return self.typed("events.subscribe", given(
            topics=topics,
            filter=filter,
            since=since,
            epoch=epoch,
            batch=batch,
            policy=policy,
        ), Subscribed)

    def unsubscribe(
        self,
        *,
        sub_id: int,
    ) -> Done:
        """No more of them; `already` when there is no such."""
        return self.typed("events.unsubscribe", given(
            sub_id=sub_id,
        ), Done)

    def ack(
        self,
        *,
        sub_id: int,
        id: int,
    ) -> Done:
        """Handled up to that id. Optional: shows in session.list."""
        return self.typed("events.ack", given(
            sub_id=sub_id,
            id=id,
        ), Done)


class EngineMethods(Invoke):
    """engine.*"""

    def health(
        self,
    ) -> Health:
        """Does it live, does it take calls, and if not, why."""
        return self.typed("engine.health", given(
        ), Health)

    def stats(
        self,
    ) -> EngineStats:
        """Counters of calls, SIP, RTP and the process."""
        return self.typed("engine.stats", given(
        ), EngineStats)

    def drain(
        self,
        *,
        deadline_ms: int | None = None,
    ) -> Done:
        """Take no new work, let calls end until the deadline, then stop. Returns at once; engine.draining tells what is
        left."""
        return self.typed("engine.drain", given(
            deadline_ms=deadline_ms,
        ), Done)


class Methods:
    """All nouns as attributes. `call` is also a function: any method by its name."""

    def __init__(self, invoke: Invoke) -> None:
        self.api = ApiMethods(invoke)
        self.session = SessionMethods(invoke)
        self.call = CallMethods(invoke)
        self.recording = RecordingMethods(invoke)
        self.conference = ConferenceMethods(invoke)
        self.campaign = CampaignMethods(invoke)
        self.contact = ContactMethods(invoke)
        self.agent = AgentMethods(invoke)
        self.trunk = TrunkMethods(invoke)
        self.events = EventsMethods(invoke)
        self.engine = EngineMethods(invoke)
