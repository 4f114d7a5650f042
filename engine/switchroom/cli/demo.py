"""`switchroom demo`: a campaign from one command, checked against what really happened."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .argument import count, seconds

if TYPE_CHECKING:
    from ..farm.check import Evidence, Finding
    from ..farm.demo import Demo, DemoOptions, Outcome


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "demo",
        help="run a predictive campaign over real SIP and RTP",
        description="Start a daemon, a farm of callees and agents' phones, import a list of contacts, run a predictive "
        "campaign, report. Exit status 0 only if everything reported is consistent and is what happened.",
    )
    parser.add_argument("--contacts", type=count, default=300, metavar="N", help="at most 1600 [300]")
    parser.add_argument("--agents", type=count, default=10, metavar="N", help="[10]")
    parser.add_argument("--seed", type=int, default=1, help="decides who is on the list and what they do [1]")
    parser.add_argument("--seconds", type=seconds, default=240.0, metavar="S", help="stop the campaign after S [240]")
    parser.add_argument("--mix", type=Path, metavar="FILE", help="TOML of `switchroom farm --show-mix`")
    parser.add_argument("--out", type=Path, default=Path("demo-out"), metavar="DIR", help="[./demo-out]")
    parser.add_argument("--every", type=seconds, default=2.0, metavar="S", help="seconds between plain lines [2]")
    parser.add_argument("--json", action="store_true", help="print the result as JSON at the end, no view")


def run(args: argparse.Namespace) -> int:
    from ..errors import ConfigError
    from ..farm.demo import DemoOptions
    from .main import INTERRUPTED

    if args.contacts > 1600:
        raise ConfigError(f"--contacts {args.contacts}: there are only 1600 fictitious numbers")
    import uvloop

    options = DemoOptions(args.out, args.contacts, args.agents, args.seed, args.seconds, args.mix)
    try:
        return uvloop.run(_demo(options, args))
    except asyncio.CancelledError:
        print("stopped by SIGTERM; nothing was checked", file=sys.stderr)
        return INTERRUPTED


async def _demo(options: DemoOptions, args: argparse.Namespace) -> int:
    from ..farm.demo import Demo

    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    demo = Demo(options)
    async with demo:
        if not args.json:
            _say_imported(demo)
        outcome = await _watched(demo, args)
    outcome.left += demo.left()
    return _conclude(demo, outcome, args.json)


async def _watched(demo: Demo, args: argparse.Namespace) -> Outcome:
    """Run the campaign with the live view on."""
    if args.json:
        return await demo.run()
    from ..errors import EngineError
    from ..farm.demo import CAMPAIGN
    from .board import Board
    from .feed import Feed
    from .top import shown

    board = Board(title=f"switchroom demo  {args.contacts} contacts, {args.agents} agents")
    feeding = asyncio.ensure_future(Feed(demo.client, board, CAMPAIGN).run())
    try:
        async with shown(board, args.every):
            return await demo.run()
    finally:
        feeding.cancel()
        (stopped,) = await asyncio.gather(feeding, return_exceptions=True)
        # The daemon ends before the view does: that it is gone is no news.
        if isinstance(stopped, BaseException) and not isinstance(
            stopped, asyncio.CancelledError | EngineError | OSError
        ):
            raise stopped


def _say_imported(demo: Demo) -> None:
    found = demo.imported
    print(f"contacts.csv: {found.accepted} accepted, {found.rejected_count} rejected, {found.duplicates} duplicates")
    for line in found.rejected:
        print(f"  line {line.line}: {line.reason}" + (f" ({line.value!r})" if line.value else ""))
    sys.stdout.flush()


def _conclude(demo: Demo, outcome: Outcome, as_json: bool) -> int:
    """Report, checks, exit status."""
    from ..farm import check
    from ..farm.demo import CAMPAIGN
    from . import dossier
    from .report import print_report

    material = dossier.load(demo.store, None, demo.recordings)
    cdrs = dossier.read_cdrs(demo.out / "cdr.jsonl", CAMPAIGN)
    evidence = check.Evidence(material.attempts, cdrs, demo.callees(), demo.talks(), demo.phones(), outcome.late_ms())
    findings = _findings(demo, outcome, evidence)
    extra = {
        "ground_truth": {finding.check: finding.offenders for finding in findings},
        "confusion": check.confusion(evidence),
        "amd_errors": check.amd_errors(evidence),
        "processes": outcome.summaries,
    }
    report, files = dossier.write(material, demo.out, extra, cdrs=False)
    good = report.consistent and all(finding.good for finding in findings)
    if as_json:
        import msgspec

        print(msgspec.json.encode({"good": good, "kpis": report.kpis, "checks": report.checks, **extra}).decode())
        return 0 if good else 1
    print_report(report, files)
    print("against what callees and agents lived:")
    _print_findings(findings)
    _print_confusion(check.confusion(evidence), check.amd_errors(evidence))
    print(f"recordings  {demo.recordings}  ground truth {demo.out / 'truth'}  logs {demo.out / 'logs'}")
    print("consistent: everything reported is what happened" if good else "NOT CONSISTENT: see BAD above")
    return 0 if good else 1


def _findings(demo: Demo, outcome: Outcome, evidence: Evidence) -> list[Finding]:
    from ..farm import check, listen
    from ..farm.demo import failed_processes
    from ..farm.population import Mix, Population, load_mix
    from ..farm.voice import shipped

    mix = load_mix(demo.options.mix) if demo.options.mix else Mix()
    room = listen.Room(Population(demo.options.seed, mix, shipped()), demo.options.seed, demo.recordings)
    accepted = outcome.imported.accepted
    return [
        *check.consistent(evidence),
        check.counters_add_up(evidence, accepted, outcome.campaign.dispositions, all_dialed=not outcome.stopped),
        check.engine_lost_nothing(outcome.engine),
        listen.recordings_match(evidence, room),
        listen.audio_is_whole(evidence, room),
        listen.messages_follow_the_beep(evidence, room),
        check.Finding("every process ended well", len(outcome.statuses), failed_processes(outcome)),
        check.nothing_left_behind(outcome.left),
    ]


def _print_findings(findings: list[Finding]) -> None:
    for finding in findings:
        print(f"{'ok  ' if finding.good else 'BAD '} {finding.check} ({finding.of})")
        if finding.note:
            print(f"     {finding.note}")
        for offender in finding.offenders[:20]:
            print(f"     {offender}")
        if len(finding.offenders) > 20:
            print(f"     … and {len(finding.offenders) - 20} more, all in report.json")


def _print_confusion(table: dict[str, dict[str, int]], errors: dict[str, list[str]]) -> None:
    """Rows: what the callees were; columns: what was reported."""
    columns = sorted({name for row in table.values() for name in row})
    print("callee was  " + "  ".join(columns))
    for kind, row in table.items():
        print(f"  {kind:10}" + "  ".join(f"{row.get(name, 0) or '.':>{len(name)}}" for name in columns))
    for what, who in errors.items():
        print(f"  answering-machine detection: {len(who)} x {what}: {', '.join(who[:8])}{' …' if len(who) > 8 else ''}")
