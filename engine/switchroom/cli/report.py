"""`switchroom report`: what a campaign came to."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..reporting.report import Report
    from .dossier import Files


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "report",
        help="report of a campaign from the store",
        description="Write report.json, report.html, cdr.jsonl and cdr.csv of a campaign and print its figures. "
        "Exit status 1 if its records are not consistent.",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("-c", "--config", type=Path, metavar="FILE", help="configuration of the daemon")
    source.add_argument("--db", type=Path, metavar="FILE", help="the store's SQLite file")
    parser.add_argument("--recordings", type=Path, metavar="DIR", help="folder of recordings, with --db [./recordings]")
    parser.add_argument("--campaign", metavar="ID", help="[the latest]")
    parser.add_argument("--out", type=Path, default=Path("report"), metavar="DIR", help="where to write [./report]")
    parser.add_argument("--json", action="store_true", help="print report.json instead of a summary")


def run(args: argparse.Namespace) -> int:
    from . import dossier

    db, recordings = _store(args)
    report, files = dossier.write(dossier.load(db, args.campaign, recordings), args.out)
    if args.json:
        print(files.report_json.read_text())
    else:
        print_report(report, files)
    return 0 if report.consistent else 1


def _store(args: argparse.Namespace) -> tuple[Path, Path]:
    """The store's file and the folder of recordings."""
    if args.db is not None:
        return args.db, args.recordings or Path("recordings")
    from .. import config as configuration

    config = configuration.load(args.config)
    return Path(config.store.url.removeprefix("sqlite:")), args.recordings or Path(config.recording.path)


def print_report(report: Report, files: Files) -> None:
    """The summary for people."""
    for text in summary(report):
        print(text)
    print(f"report      {files.report_html}  {files.report_json}")
    print(f"CDRs        {files.cdr_jsonl}  {files.cdr_csv}")
    print("in the books:")
    for check, problems in report.checks.items():
        print(f"{'ok  ' if not problems else 'BAD '} {check}")
        for problem in problems:
            print(f"     {problem}")


def summary(report: Report) -> list[str]:
    """KPIs, a line each."""
    k = report.kpis
    ends = ", ".join(f"{name} {count}" for name, count in sorted(k.dispositions.items(), key=lambda item: -item[1]))
    return [
        f"campaign    {report.name}: {(report.to_ms - report.from_ms) / 1000:.1f} s",
        f"contacts    {k.contacts}, reached {k.contacts_reached} ({_percent(k.contact_rate)})",
        f"attempts    {k.attempts}: {ends}",
        f"people      {k.people}, talks {k.talks}, abandoned {k.abandoned} "
        f"({_percent(k.abandon_rate)}, limit {_percent(k.max_abandon)})",
        f"agents      {len(k.agents)}, utilisation {_percent(k.utilisation)}, occupancy {_percent(k.occupancy)}",
        f"talk        {_seconds(k.talk_ms)} on average, handling {_seconds(k.aht_ms)}",
        f"to agent    {_seconds(k.to_agent_ms)} on average, at most {_seconds(k.to_agent_max_ms)}",
    ]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _seconds(ms: float | None) -> str:
    return "-" if ms is None else f"{ms / 1000:.2f} s"
