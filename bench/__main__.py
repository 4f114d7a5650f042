"""`python -m bench [NAME …] [--short] [--json FILE]`."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

from .result import Figure, table, write_json

SUITES = {
    "parser": "SIP parser alone, ns per message",
    "media": "forwarding in the C library against a bare relay in the same run",
    "play": "one file to many legs, against the bare send of the same packets",
    "bridge": "bridged calls through the daemon, recording, memory",
    "signalling": "back-to-back calls per second, setup time",
    "amd": "originate and answering-machine detection",
    "flat": "memory over many calls",
    "publish": "recordings made durable, hashed, encoded, encrypted",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(f"{k}: {v}" for k, v in SUITES.items()))
    parser.add_argument("--short", action="store_true", help="seconds instead of minutes: shows that it runs, no more")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="where the figures go")
    args = parser.parse_args()
    unknown = set(args.names) - set(SUITES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(SUITES)}")
    figures: list[Figure] = []
    for name in args.names or SUITES:
        began = time.monotonic()
        print(f"{name}: {SUITES[name]} …", file=sys.stderr, flush=True)
        figures += importlib.import_module(f"bench.{name}").run(args.short)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(table(figures))
    write_json(args.json, figures, {"short": args.short, "names": args.names or list(SUITES)})
    over = [figure.name for figure in figures if figure.bar is not None and not figure.median <= figure.bar]
    if over and not args.short:
        print(f"over the bar: {', '.join(over)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
