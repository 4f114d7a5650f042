"""campaign.*: a list of contacts, a way of dialing it, and the law it keeps."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ._base import Id, Idem, Ms, Name, Page, Reply, Request, Share

CampaignState = Literal["new", "running", "paused", "stopping", "ended"]
Mode = Literal["progressive", "predictive"]
MachineAction = Literal["hangup", "agent", "message"]

Clock = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class CallingWindow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Local wall time of the called person: from `start` up to, not including, `end`, on `days`."""

    days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    start: Clock = "08:00"
    end: Clock = "21:00"


class RetryRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """After `disposition`, try again no sooner than `after_ms`, at most `max_attempts` attempts in all."""

    disposition: Name
    after_ms: Annotated[int, msgspec.Meta(ge=0, le=90 * 86_400_000)]
    max_attempts: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3


class CampaignSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that steers a campaign. Defaults satisfy 16 CFR 310.4(b) and 47 CFR 64.1200(a)(7)."""

    mode: Mode = "predictive"
    trunk: Name | None = None  # None: the first trunk that is up, in the order of the file
    caller_id: Name | None = None
    country: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$")] = "US"  # of numbers without +
    time_zone: Name | None = None  # None: of the number; if unknown, all zones of its country must allow
    calling_hours: tuple[CallingWindow, ...] = (CallingWindow(),)
    ring_timeout_ms: Annotated[int, msgspec.Meta(ge=1_000, le=180_000)] = 25_000  # FTC: at least 15 s or four rings
    max_abandon: Share = 0.03  # of calls answered by a person
    abandon_after_ms: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 2_000  # person answered, no agent by then
    abandon_message: Name | None = None  # WAV; None: the call is released after the limit and counted
    amd: bool = True
    machine: MachineAction = "hangup"
    machine_message: Name | None = None  # WAV for machine = "message"
    beep_timeout_ms: Ms = 30_000
    record: bool = True
    tenant: Name | None = None  # whose recordings these are: chooses the key
    max_calls: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1_000  # of this campaign at once
    max_lines_per_agent: Annotated[float, msgspec.Meta(ge=1.0, le=20.0)] = 5.0
    wrapup_ms: Ms = 10_000  # when the agent sets none
    retry: tuple[RetryRule, ...] = (
        RetryRule(disposition="busy", after_ms=15 * 60_000, max_attempts=3),
        RetryRule(disposition="no_answer", after_ms=2 * 3_600_000, max_attempts=3),
        RetryRule(disposition="machine", after_ms=4 * 3_600_000, max_attempts=3),
        RetryRule(disposition="failed", after_ms=30 * 60_000, max_attempts=3),
    )
    end_when_done: bool = True  # ends by itself when no contact is left that could be dialed again


class CreateCampaign(Request, frozen=True, kw_only=True):
    id: Id | None = None
    name: Name
    settings: CampaignSettings = CampaignSettings()
    idem: Idem | None = None


class UpdateCampaign(Request, frozen=True, kw_only=True):
    """Replaces the settings; takes effect with the next decision."""

    id: Id
    settings: CampaignSettings


class StartCampaign(Request, frozen=True, kw_only=True):
    id: Id
    idem: Idem | None = None


class CampaignInfo(Reply, frozen=True, kw_only=True):
    id: str
    name: str
    state: CampaignState
    settings: CampaignSettings
    created_at_ms: int
    contacts: int = 0
    replayed: bool = False
    version: int = 0
    last_event_id: int = 0


class CampaignPage(Reply, frozen=True, kw_only=True):
    items: tuple[CampaignInfo, ...]
    next: str | None = None
    as_of: int = 0


class ListCampaigns(Page, frozen=True, kw_only=True):
    state: CampaignState | None = None


class PacingView(Reply, frozen=True, kw_only=True):
    """Last decision and why: `launch` calls, from `free` agents, `soon` expected free, `live` calls in progress."""

    at_ms: int = 0
    launch: int = 0
    agents_ready: int = 0
    agents_total: int = 0
    in_progress: int = 0
    answer_rate: float = 0.0
    expected_answers: float = 0.0
    expected_free: float = 0.0
    overflow: float = 0.0  # chance that one more call would find no agent
    why: str = ""


class CampaignStats(Reply, frozen=True, kw_only=True):
    """Counters since the start. `abandon_rate` = abandoned / (connected + abandoned), people only."""

    id: str
    state: CampaignState
    contacts: int = 0
    contacts_open: int = 0  # may still be dialed
    attempts: int = 0
    in_progress: int = 0
    dialing: int = 0
    ringing: int = 0
    detecting: int = 0
    waiting: int = 0
    talking: int = 0
    dispositions: dict[str, int] = msgspec.field(default_factory=dict)
    amd: dict[str, int] = msgspec.field(default_factory=dict)
    humans: int = 0
    connected: int = 0
    abandoned: int = 0
    abandon_rate: float = 0.0
    max_abandon: float = 0.03
    utilisation: float = 0.0  # talk / (talk + ready) of its agents
    pacing: PacingView = PacingView()
