"""Everything the store knows of one campaign, and the files that are made from it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ..errors import ConfigError, EngineError, NotFound
from ..reporting import cdr, html
from ..reporting.report import Material, Report, as_json, build
from ..store.agents import read_agent_log
from ..store.attempts import read_attempts
from ..store.calls import CallRow, read_calls
from ..store.campaigns import CampaignRow, read_campaigns
from ..store.contacts import ContactRow, read_page

_PAGE = 1_000
_RENAMED = {"from": "from_", "to": "to_"}  # columns that are no Python names


@dataclass(frozen=True, slots=True)
class Files:
    """Where a report lies."""

    report_json: Path
    report_html: Path
    cdr_jsonl: Path
    cdr_csv: Path


def load(db_path: Path, campaign_id: str | None, recordings: Path) -> Material:
    """Rows of a campaign (None: the latest). ConfigError: no such file; NotFound: no such campaign."""
    if not db_path.is_file():
        raise ConfigError(f"{db_path}: no such store; name the file of [store] url with --db, or the configuration")
    db = sqlite3.connect(f"{db_path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        return _material(db, db_path, campaign_id, recordings)
    except sqlite3.DatabaseError as error:
        raise ConfigError(f"{db_path}: is no store of switchroom ({error})") from error
    finally:
        db.close()


def _material(db: sqlite3.Connection, db_path: Path, campaign_id: str | None, recordings: Path) -> Material:
    campaign = _choose(read_campaigns(db), campaign_id, db_path)
    attempts = read_attempts(db, campaign.id)
    from_ms = campaign.started_at_ms or campaign.created_at_ms
    last_ms = max((attempt.ended_at_ms or 0 for attempt in attempts), default=0)
    to_ms = max(campaign.ended_at_ms or last_ms, from_ms)
    return Material(
        campaign=campaign,
        contacts=_all_contacts(db, campaign.id),
        attempts=attempts,
        calls=_all_calls(db, campaign.id),
        log=read_agent_log(db, from_ms, to_ms),
        from_ms=from_ms,
        to_ms=to_ms,
        recordings=recordings,
    )


def _choose(campaigns: list[CampaignRow], campaign_id: str | None, db_path: Path) -> CampaignRow:
    for campaign in reversed(campaigns):
        if campaign_id in (None, campaign.id):
            return campaign
    known = ", ".join(campaign.id for campaign in campaigns) or "none"
    raise NotFound(f"campaign {campaign_id or ''}: not in {db_path}; there are: {known}")


def _all_contacts(db: sqlite3.Connection, campaign_id: str) -> list[ContactRow]:
    found: list[ContactRow] = []
    while page := read_page(db, campaign_id, found[-1].row if found else 0, _PAGE):
        found += page
    return found


def _all_calls(db: sqlite3.Connection, campaign_id: str) -> list[CallRow]:
    found: list[CallRow] = []
    while page := read_calls(db, found[-1].id if found else "", _PAGE, campaign_id):
        found += page
    return found


def read_cdrs(path: Path, campaign_id: str) -> list[CallRow]:
    """The lines of a cdr.jsonl that belong to a campaign. EngineError names the first that is no CDR."""
    found = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            values = msgspec.json.decode(line)
            row = CallRow(**{_RENAMED.get(name, name): value for name, value in values.items()})
        except (msgspec.DecodeError, TypeError, AttributeError) as error:
            raise EngineError(f"{path}:{number}: is no CDR ({error})") from error
        if row.campaign_id == campaign_id:
            found.append(row)
    return found


def write(
    material: Material, folder: Path, extra: dict[str, Any] | None = None, *, cdrs: bool = True
) -> tuple[Report, Files]:
    """report.json and report.html into `folder`; with `cdrs` the campaign's CDRs too, replacing what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    report = build(material, extra)
    files = Files(folder / "report.json", folder / "report.html", folder / "cdr.jsonl", folder / "cdr.csv")
    files.report_json.write_bytes(msgspec.json.format(msgspec.json.encode(as_json(report)), indent=2))
    files.report_html.write_text(html.page(report))
    if not cdrs:
        return report, files
    files.cdr_jsonl.write_bytes(b"".join(map(cdr.json_line, material.calls)))
    files.cdr_csv.write_bytes(cdr.csv_header() + b"".join(map(cdr.csv_line, material.calls)))
    return report, files
