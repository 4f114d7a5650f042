"""`switchroom phones`: simulated agents with SIP phones."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from pathlib import Path

from .argument import count, listen, ports


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "phones",
        help="run simulated agents with SIP phones",
        description="Log agents in at a running daemon, answer their phones, talk, wrap up. Ends on SIGTERM or Ctrl-C, "
        "logs them out and prints a JSON summary. Exit status 1 if the daemon refused one of their commands.",
    )
    parser.add_argument("--control", required=True, metavar="ADDRESS", help="unix:PATH or tcp://HOST:PORT")
    parser.add_argument("--count", type=count, default=10, help="agents [10]")
    parser.add_argument("--listen", type=listen, default=("127.0.0.1", 0), metavar="IP:PORT", help="[any free port]")
    parser.add_argument("--rtp", type=ports, default=(32000, 32399), metavar="FIRST-LAST", help="[32000-32399]")
    parser.add_argument("--campaign", action="append", default=[], metavar="ID", help="they work for; repeatable [all]")
    parser.add_argument("--seed", type=int, default=1, help="decides how long each talk and wrap-up is [1]")
    parser.add_argument("--talk", type=_span, default=(2.5, 6.0), metavar="A-B", help="an agent ends talks after A-B s")
    parser.add_argument("--wrapup", type=_span, default=(0.3, 0.8), metavar="A-B", help="wrap-up takes A-B s")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="append one JSON line per talk")
    parser.add_argument("--phones-truth", type=Path, metavar="FILE", help="append one JSON line per call to a phone")


def _span(text: str) -> tuple[float, float]:
    low, _, high = text.partition("-")
    try:
        span = float(low), float(high or low)
    except ValueError:
        span = (-1.0, -1.0)
    if not 0 <= span[0] <= span[1]:
        raise argparse.ArgumentTypeError(f"found {text!r}; must be LEAST-MOST in seconds, as in 2.5-7")
    return span


def run(args: argparse.Namespace) -> int:
    import uvloop

    return uvloop.run(_phones(args))


async def _phones(args: argparse.Namespace) -> int:
    from ..core import CoreOptions
    from ..farm.agent import Shift
    from ..farm.lateness import Lateness
    from ..farm.phones import Phones
    from ..farm.truth import TruthLog
    from ..farm.voice import shipped

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    options = CoreOptions(sip_listen=(args.listen,), media_address=args.listen[0], ports=args.rtp, workers=1)
    shift = Shift(args.count, args.seed, args.talk, args.wrapup, campaigns=tuple(args.campaign))
    talks, calls = TruthLog(args.truth), TruthLog(args.phones_truth)
    try:
        async with Lateness() as late, Phones(options, args.control, shift, shipped(), talks, calls) as phones:
            print(f"ready {args.count} agents on sip:{args.listen[0]}:{phones.core.sip_port}", flush=True)
            await phones.work(stop)
        print(json.dumps({**phones.summary(), "late_max_ms": late.max_ms}), flush=True)
    finally:
        talks.close()
        calls.close()
    return 1 if phones.summary()["failed_commands"] else 0
