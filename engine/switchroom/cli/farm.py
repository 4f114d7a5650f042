"""`switchroom farm`: a farm of callees."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from pathlib import Path

from .argument import listen, ports


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "farm",
        help="run a farm of callees: people, machines, busy lines",
        description="Answer every call with a simulated person, answering machine, busy line … decided by the seed and "
        "the number called. Prints `ready`, and when told to end (SIGTERM, Ctrl-C) a JSON summary of what happened. "
        "Exit status 1 if a callee could not do what it should.",
    )
    parser.add_argument("--listen", type=listen, default=("127.0.0.1", 5080), metavar="IP:PORT", help="[…:5080]")
    parser.add_argument("--rtp", type=ports, default=(30000, 31999), metavar="FIRST-LAST", help="[30000-31999]")
    parser.add_argument("--seed", type=int, default=1, help="decides who is behind each number [1]")
    parser.add_argument("--mix", type=Path, metavar="FILE", help="TOML: shares of kinds, times; see --show-mix")
    parser.add_argument("--show-mix", action="store_true", help="print the mix as TOML and stop")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="append a JSON line per call: what really happened")
    parser.add_argument("--workers", type=int, default=1, help="media threads [1]")


def run(args: argparse.Namespace) -> int:
    from ..farm.population import Mix, load_mix

    mix = load_mix(args.mix) if args.mix else Mix()
    if args.show_mix:
        print(_as_toml(mix))
        return 0
    import uvloop

    from ..farm.population import Population
    from ..farm.voice import shipped

    return uvloop.run(_farm(args, Population(args.seed, mix, shipped())))


def _as_toml(mix: object) -> str:
    from dataclasses import asdict

    values = asdict(mix)  # type: ignore[call-overload]
    return "\n".join(f"{name} = {list(v) if isinstance(v, tuple) else v}" for name, v in values.items())


async def _farm(args: argparse.Namespace, population: object) -> int:
    from ..core import CoreOptions
    from ..farm.lateness import Lateness
    from ..farm.server import Farm
    from ..farm.truth import TruthLog

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    options = CoreOptions(sip_listen=(args.listen,), media_address=args.listen[0], ports=args.rtp, workers=args.workers)
    truth = TruthLog(args.truth)
    try:
        async with Lateness() as late, Farm(options, population, truth) as farm:  # type: ignore[arg-type]
            print(f"ready sip:{args.listen[0]}:{farm.core.sip_port}", flush=True)
            await stop.wait()
            await farm.empty(deadline_s=1.0)
        print(json.dumps({**farm.summary.as_json(), "late_max_ms": late.max_ms}), flush=True)
    finally:
        truth.close()
    return 1 if farm.summary.failed else 0
