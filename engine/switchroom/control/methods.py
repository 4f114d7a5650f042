"""The methods: name, arguments, result, and the one line that calls the engine.

Everything else (who may call it, its description in api.info, the clients' stubs, the docs) is made from this table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import Forbidden
from ..schema import (
    agent,
    call,
    campaign,
    conference,
    contact,
    engine,
    event,
    fork,
    info,
    recording,
    session,
    supervise,
    trunk,
)
from ..schema._base import ById, Done, Request
from .idem import IdemRule
from .roles import may
from .waiting import wait_call

if TYPE_CHECKING:
    from .context import Context

Handler = Callable[["Context", Any], Any]
Finish = Callable[["Context", Any, Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """`run` returns the result struct or an awaitable of it. `mutates`: goes to the audit log, and goes on when the
    client leaves. `object`: the argument that names what it acts on, for that log. `finish` runs after it (and after a
    replay) for as long as the client waits."""

    name: str
    params: type[msgspec.Struct]
    result: type[msgspec.Struct]
    doc: str
    run: Handler
    mutates: bool = False
    since: int = 1
    deprecated_since: int | None = None
    object: str = "id"
    idem: IdemRule | None = None
    find: Handler | None = None
    finish: Finish | None = None


class Empty(Request, frozen=True, kw_only=True):
    """Nothing."""


def _read(name: str, params: Any, result: Any, doc: str, run: Handler) -> Method:
    return Method(name, params, result, doc, run)


def _act(name: str, params: Any, result: Any, doc: str, run: Handler, **more: Any) -> Method:
    return Method(name, params, result, doc, run, mutates=True, **more)


def _own(method: str, run: Handler) -> Handler:
    """agent.*: a session of role agent acts for its own agent only."""

    def checked(c: Context, p: Any) -> Any:
        c.session.require_agent(method, p.id, login=method == "agent.login")
        return run(c, p)

    return checked


def _originate(c: Context, p: call.Originate) -> Any:
    if p.record and not may(c.session.roles, "call.record.start"):
        raise Forbidden("call.originate: record needs the role recorder (or admin)", field="record")
    return c.engine.calls.originate(msgspec.structs.replace(p, wait="none"))


def _erase(c: Context, p: recording.EraseRecording) -> Any:
    return c.engine.archive.erase(p, c.session.name)


async def _originated(c: Context, p: call.Originate, info: call.CallInfo) -> call.CallInfo:
    return await wait_call(c.engine.calls, c.hub, info, p.wait, p.timeout_ms / 1000)


_CALL = IdemRule("call_id", call.CallInfo, repeatable=False)
_CAMPAIGN = IdemRule("id", campaign.CampaignInfo, repeatable=True)
_CONTACT = IdemRule("id", contact.ContactInfo, repeatable=True)


API = (
    _read("api.info", info.Info, info.ApiInfo, "The whole protocol, described by itself.", lambda c, p: c.describe()),
    _read("api.ping", session.Ping, session.Pong, "Is the engine there? Costs nothing.", lambda c, p: c.ping()),
    _read("session.auth", session.Auth, session.Welcome, "Say who is calling; learn limits and the journal's bounds. "
          "Over the Unix socket the kernel has said who is calling: optional there.", lambda c, p: c.auth(p)),
    _read("session.list", session.ListSessions, session.SessionPage, "Connected clients and how far they lag.",
          lambda c, p: c.sessions(p)),
)  # fmt: skip

CALLS = (
    _act("call.originate", call.Originate, call.CallInfo, "Place a call. Returns at once unless `wait` says until "
         "when; when `timeout_ms` is over, the call goes on and is returned as it stands.",
         _originate, object="call_id", idem=_CALL, find=lambda c, p: c.engine.calls.get(ById(id=p.call_id)),
         finish=_originated),
    _read("call.get", ById, call.CallInfo, "One call, also shortly after its end.", lambda c, p: c.engine.calls.get(p)),
    _read("call.stats", ById, call.CallStats, "RTP counters and quality of each leg of a call that is up.",
          lambda c, p: c.engine.calls.stats(p)),
    _read("call.list", call.ListCalls, call.CallPage, "Calls in progress.", lambda c, p: c.engine.calls.list(p)),
    _act("call.hangup", call.Hangup, Done, "End a call; `already` when it has ended.",
         lambda c, p: c.engine.calls.hangup(p)),
    _act("call.bridge", call.Bridge, Done, "Join two answered calls.", lambda c, p: c.engine.calls.bridge(p)),
    _act("call.play", call.Play, call.PlayInfo, "Play files, speech from fragments, tones into a call.",
         lambda c, p: c.engine.plays.play(p)),
    _act("call.play.stop", call.PlayStop, Done, "Stop with a fade of 5 ms; `already` when it has ended.",
         lambda c, p: c.engine.plays.stop(p)),
    _act("call.play.pause", call.PlayControl, call.PlayInfo, "Silence until it is resumed; what is queued waits on.",
         lambda c, p: c.engine.plays.pause(p)),
    _act("call.play.resume", call.PlayControl, call.PlayInfo, "Go on where it was paused.",
         lambda c, p: c.engine.plays.resume(p)),
    _act("call.play.seek", call.PlaySeek, call.PlayInfo, "Go on somewhere else.", lambda c, p: c.engine.plays.seek(p)),
    _act("call.play.volume", call.PlayVolume, call.PlayInfo, "Louder or softer, on a ramp.",
         lambda c, p: c.engine.plays.volume(p)),
    _read("call.play.list", ById, call.PlayList, "What plays in a call, and where it stands.",
          lambda c, p: c.engine.plays.list(p)),
    _act("call.hold", call.Hold, Done, "Music for the call's far side; whoever it was joined to hears nothing.",
         lambda c, p: c.engine.plays.hold(p)),
    _act("call.unhold", ById, Done, "End the music; join it again with whom it heard before, if still free.",
         lambda c, p: c.engine.plays.unhold(p)),
    _act("call.dtmf", call.Dtmf, Done, "Send DTMF digits (RFC 4733).", lambda c, p: c.engine.calls.dtmf(p)),
    _act("call.record.start", call.RecordStart, call.RecordInfo, "Record a call as a stereo file.",
         lambda c, p: c.engine.calls.record_start(p)),
    _act("call.record.stop", call.RecordStop, call.RecordInfo, "Complete the recording; `already` when none runs.",
         lambda c, p: c.engine.calls.record_stop(p)),
    _act("call.fork.start", fork.ForkStart, fork.ForkInfo, "Live audio of a leg to a program and back "
         "(docs/media-fork.md); the reply comes when its sink is connected.", lambda c, p: c.engine.forks.start(p)),
    _act("call.fork.stop", fork.ForkStop, Done, "End a fork; `already` when there is none.",
         lambda c, p: c.engine.forks.stop(p)),
    _act("call.record.pause", call.RecordPause, call.RecordInfo, "Silence in the file from now on, nothing of what is "
         "said is kept; `already` when it is paused.", lambda c, p: c.engine.calls.record_pause(p)),
    _act("call.record.resume", call.RecordPause, call.RecordInfo, "Record again; `already` when it was not paused.",
         lambda c, p: c.engine.calls.record_resume(p)),
)  # fmt: skip

RECORDINGS = (
    _read("recording.list", recording.ListRecordings, recording.RecordingPage, "Recorded files, by id and part.",
          lambda c, p: c.engine.archive.list(p)),
    _read("recording.get", recording.GetRecording, recording.RecordingInfo, "One recorded file.",
          lambda c, p: c.engine.archive.get(p)),
    _act("recording.read", recording.ReadRecording, recording.RecordingData, "A piece of the audio, decrypted. Goes to "
         "the audit log.", lambda c, p: c.engine.archive.read(p)),
    _act("recording.hold", recording.HoldRecording, Done, "Legal hold: neither rules nor people erase it.",
         lambda c, p: c.engine.archive.hold(p)),
    _act("recording.release", recording.GetRecording, Done, "Lift the legal hold of all its parts.",
         lambda c, p: c.engine.archive.release(p)),
    _act("recording.erase", recording.EraseRecording, recording.Erased, "Erase all its parts; who, when, why and the "
         "file's hash go into the ledger of erasures.", _erase),
    _act("recording.retention", recording.RunRetention, recording.RetentionResult, "Apply the retention rules now.",
         lambda c, p: c.engine.archive.retention(p), object="dry_run"),
)  # fmt: skip

SUPERVISORS = (
    _act("call.supervise.start", supervise.SuperviseStart, supervise.Supervision, "Put a supervisor beside a call: "
         "listen (hears both), whisper (heard by the agent too), barge (heard by all). Returns at once; "
         "supervisor.joined follows.", lambda c, p: c.engine.supervisors.start(p), object="call_id"),
    _act("call.supervise.mode", supervise.SuperviseChange, supervise.Supervision, "Change between listen, whisper and "
         "barge without a gap.", lambda c, p: c.engine.supervisors.mode(p)),
    _act("call.supervise.stop", ById, Done, "The supervisor leaves, the call goes on; `already` when gone.",
         lambda c, p: c.engine.supervisors.stop(p)),
    _read("call.supervise.list", supervise.ListSupervisions, supervise.SupervisionPage, "Supervisors beside calls.",
          lambda c, p: c.engine.supervisors.list(p)),
)  # fmt: skip

CONFERENCES = (
    _act("conference.create", conference.CreateConference, conference.Conference, "A conference nobody is in yet.",
         lambda c, p: c.engine.conferences.create(p)),
    _act("conference.join", conference.JoinConference, conference.Conference, "An answered call joins, or changes what "
         "it may do; it leaves its bridge.", lambda c, p: c.engine.conferences.join(p)),
    _act("conference.leave", conference.LeaveConference, Done, "A call leaves and goes on by itself; `already` when it "
         "was not in it.", lambda c, p: c.engine.conferences.leave(p)),
    _act("conference.mute", conference.MuteConference, conference.Conference,
         "The others hear a call no more, or again.", lambda c, p: c.engine.conferences.mute(p)),
    _read("conference.get", ById, conference.Conference, "One conference and who is in it.",
          lambda c, p: c.engine.conferences.get(p)),
    _read("conference.list", conference.ListConferences, conference.ConferencePage, "Conferences.",
          lambda c, p: c.engine.conferences.list(p)),
    _act("conference.close", ById, Done, "The end of it; its calls go on. `already` when there is no such.",
         lambda c, p: c.engine.conferences.close(p)),
)  # fmt: skip

CAMPAIGNS = (
    _act("campaign.create", campaign.CreateCampaign, campaign.CampaignInfo, "A new campaign; it does not dial yet.",
         lambda c, p: c.engine.campaigns.create(p), idem=_CAMPAIGN,
         find=lambda c, p: c.engine.campaigns.get(ById(id=p.id))),
    _act("campaign.update", campaign.UpdateCampaign, campaign.CampaignInfo, "Replace its settings.",
         lambda c, p: c.engine.campaigns.update(p)),
    _act("campaign.start", campaign.StartCampaign, campaign.CampaignInfo, "Begin, or go on after a pause.",
         lambda c, p: c.engine.campaigns.start(p), idem=_CAMPAIGN),
    _act("campaign.pause", ById, campaign.CampaignInfo, "Dial no more; calls in progress go on.",
         lambda c, p: c.engine.campaigns.pause(p)),
    _act("campaign.stop", ById, campaign.CampaignInfo, "Dial no more and end when the last call has ended.",
         lambda c, p: c.engine.campaigns.stop(p)),
    _read("campaign.get", ById, campaign.CampaignInfo, "One campaign.", lambda c, p: c.engine.campaigns.get(p)),
    _read("campaign.list", campaign.ListCampaigns, campaign.CampaignPage, "Campaigns.",
          lambda c, p: c.engine.campaigns.list(p)),
    _read("campaign.stats", ById, campaign.CampaignStats, "Counters, rates and the last pacing decision.",
          lambda c, p: c.engine.campaigns.stats(p)),
    _act("contact.add", contact.AddContact, contact.ContactInfo, "One contact, dialed as soon as pacing allows.",
         lambda c, p: c.engine.contacts.add(p), idem=_CONTACT,
         find=lambda c, p: c.engine.contacts.get(contact.GetContact(campaign_id=p.campaign_id, id=p.id))),
    _act("contact.import", contact.ImportContacts, contact.ImportResult, "Contacts from CSV; bad lines are named.",
         lambda c, p: c.engine.contacts.import_(p), object="campaign_id"),
    _read("contact.get", contact.GetContact, contact.ContactInfo, "One contact.",
          lambda c, p: c.engine.contacts.get(p)),
    _read("contact.list", contact.ListContacts, contact.ContactPage, "Contacts of a campaign, by id.",
          lambda c, p: c.engine.contacts.list(p)),
)  # fmt: skip


def _agent(verb: str, params: Any, doc: str) -> Method:
    name = f"agent.{verb}"
    return _act(name, params, agent.AgentInfo, doc, _own(name, lambda c, p: getattr(c.engine.agents, verb)(p)))


AGENTS = (
    _agent("login", agent.Login, "An agent begins a shift."),
    _agent("ready", agent.Ready, "Take the next call."),
    _agent("pause", agent.PauseAgent, "Take no calls; after the current one when talking."),
    _agent("logout", agent.Logout, "End the shift; after the current call when talking."),
    _agent("wrapup_done", agent.WrapupDone, "End wrap-up now, with the agent's word for how it went."),
    _read("agent.get", ById, agent.AgentInfo, "One agent.",
          _own("agent.get", lambda c, p: c.engine.agents.get(p))),
    _read("agent.list", agent.ListAgents, agent.AgentPage, "Agents.", lambda c, p: c.engine.agents.list(p)),
)  # fmt: skip

TRUNKS = (
    _read("trunk.list", trunk.ListTrunks, trunk.TrunkPage, "Trunks and their health.",
          lambda c, p: c.engine.trunks.list(p)),
    _read("trunk.get", trunk.TrunkByName, trunk.TrunkInfo, "One trunk.", lambda c, p: c.engine.trunks.get(p)),
    _act("trunk.enable", trunk.TrunkByName, trunk.TrunkInfo, "Send calls to it again.",
         lambda c, p: c.engine.trunks.enable(p), object="name"),
    _act("trunk.disable", trunk.TrunkByName, trunk.TrunkInfo, "Send no new calls to it; calls in progress go on.",
         lambda c, p: c.engine.trunks.disable(p), object="name"),
)  # fmt: skip

EVENTS = (
    _read("events.subscribe", event.Subscribe, event.Subscribed, "Events from now on, or from `since` on out of the "
          "journal and then live, without a gap or a repeat.", lambda c, p: c.subscribe(p)),
    _read("events.unsubscribe", event.Unsubscribe, Done, "No more of them; `already` when there is no such.",
          lambda c, p: c.unsubscribe(p)),
    _read("events.ack", event.Ack, Done, "Handled up to that id. Optional: shows in session.list.",
          lambda c, p: c.ack(p)),
)  # fmt: skip

ENGINE = (
    _read("engine.health", Empty, engine.Health, "Does it live, does it take calls, and if not, why.",
          lambda c, p: c.engine.health()),
    _read("engine.stats", Empty, engine.EngineStats, "Counters of calls, SIP, RTP and the process.",
          lambda c, p: c.engine.stats()),
    _act("engine.drain", engine.Drain, Done, "Take no new work, let calls end until the deadline, then stop. Returns "
         "at once; engine.draining tells what is left.", lambda c, p: c.drain(p)),
)  # fmt: skip

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        *API,
        *CALLS,
        *RECORDINGS,
        *SUPERVISORS,
        *CONFERENCES,
        *CAMPAIGNS,
        *AGENTS,
        *TRUNKS,
        *EVENTS,
        *ENGINE,
    )
}
