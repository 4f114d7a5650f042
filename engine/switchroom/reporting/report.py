"""The report of a campaign: what happened to every contact, the KPIs, the checks, series for charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..store.agents import AgentLogRow
from ..store.attempts import AttemptRow
from ..store.calls import CallRow
from ..store.campaigns import CampaignRow
from ..store.contacts import ContactRow
from . import checks, kpi
from .series import Series, agents_by_state, calls_by_state, cumulative_abandon_rate, histogram


@dataclass(frozen=True, slots=True)
class Material:
    """All rows of one campaign. `log` may hold agents of other campaigns' time too; [from_ms, to_ms] is the window."""

    campaign: CampaignRow
    contacts: Sequence[ContactRow]
    attempts: Sequence[AttemptRow]
    calls: Sequence[CallRow]
    log: Sequence[AgentLogRow]
    from_ms: int
    to_ms: int
    recordings: Path


@dataclass(frozen=True, slots=True)
class Report:
    """`checks`: name to problems found, none when it passed."""

    campaign_id: str
    name: str
    from_ms: int
    to_ms: int
    kpis: kpi.Kpis
    checks: dict[str, list[str]]
    contacts: list[dict[str, Any]]
    calls_by_state: Series
    agents_by_state: Series
    abandon_rate: Series
    talk_histogram: list[tuple[str, int]]
    extra: dict[str, Any]

    @property
    def consistent(self) -> bool:
        return not any(self.checks.values())


def build(material: Material, extra: dict[str, Any] | None = None) -> Report:
    """The report; `extra` is carried along (the demo's own checks and paths)."""
    m = material
    ended = [attempt for attempt in m.attempts if attempt.state == "ended"]
    started = [attempt for attempt in m.attempts if attempt.state != "leased"]
    return Report(
        campaign_id=m.campaign.id,
        name=m.campaign.name,
        from_ms=m.from_ms,
        to_ms=m.to_ms,
        kpis=kpi.compute(ended, m.log, len(m.contacts), m.campaign.settings.max_abandon, m.from_ms, m.to_ms),
        checks={
            "every attempt has exactly one disposition": checks.one_disposition_each(started),
            "nobody was dialed twice for one attempt": checks.nobody_dialed_twice_at_once(started),
            "every attempt has one CDR that agrees": checks.attempts_have_cdrs(started, m.calls),
            "every talk has a recording of the length its CDR states": checks.talks_are_recorded(m.calls, m.recordings),
            "no RTP packet was lost": checks.no_audio_lost(m.calls),
            "no contact is left leased": checks.contacts_are_settled(m.contacts),
        },
        contacts=_by_contact(m.contacts, started),
        calls_by_state=calls_by_state(started, m.from_ms, m.to_ms),
        agents_by_state=agents_by_state(m.log, m.from_ms, m.to_ms),
        abandon_rate=cumulative_abandon_rate(ended, m.from_ms, m.to_ms),
        talk_histogram=histogram([attempt.talk_ms for attempt in ended if attempt.disposition == "talked"]),
        extra=extra or {},
    )


def _by_contact(contacts: Sequence[ContactRow], attempts: Sequence[AttemptRow]) -> list[dict[str, Any]]:
    own: dict[str, list[AttemptRow]] = {}
    for attempt in attempts:
        own.setdefault(attempt.contact_id, []).append(attempt)
    return [
        {
            "id": contact.id,
            "number": contact.number,
            "name": contact.name,
            "state": contact.state,
            "last_disposition": contact.last_disposition,
            "next_attempt_at_ms": contact.next_at_ms or None,
            "attempts": [_brief(attempt) for attempt in own.get(contact.id, [])],
        }
        for contact in contacts
    ]


def _brief(attempt: AttemptRow) -> dict[str, Any]:
    """An attempt without what its contact says already and without what is empty."""
    left_out = {"campaign_id", "contact_id", "number", "state"}
    return {
        name: value
        for name, value in asdict(attempt).items()
        if name not in left_out and value is not None and value is not False
    }


def as_json(report: Report) -> dict[str, Any]:
    """report.json: stable keys; series as parallel arrays."""
    return {"version": 1, "consistent": report.consistent, **asdict(report)}
