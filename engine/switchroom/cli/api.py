"""`switchroom api`: the protocol described, without a daemon."""

from __future__ import annotations

import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "api",
        help="describe the control protocol",
        description="Describe the control protocol of this build: its methods in short, or all of it.",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="what api.info answers; docs/api-level-N.json is this")
    form.add_argument("--markdown", action="store_true", help="the reference page, docs/protocol.md")
    form.add_argument("--stubs", choices=["python"], help="typed methods for a client, client/_methods.py")
    form.add_argument("--check", metavar="FILE", help="what a client written for FILE (an older --json) would miss")


def run(args: argparse.Namespace) -> int:
    import msgspec

    from ..control.describe import describe, level_document
    from ..control.limits import ControlLimits

    description = describe(ControlLimits())
    if args.json:
        print(msgspec.json.format(msgspec.json.encode(level_document(description))).decode())
    elif args.markdown:
        from ..control.markdown import page

        print(page(description), end="")
    elif args.stubs:
        from ..control.stubs import python

        print(python(), end="")
    elif args.check:
        return _check(args.check)
    else:
        for method in description.methods:
            print(f"{method.name:20} {'/'.join(method.roles) or 'open':28} {method.doc}")
    return 0


def _check(file: str) -> int:
    """1 when something that the older level promised is gone."""
    from pathlib import Path

    import msgspec

    from ..control.compatible import broken_promises
    from ..control.describe import describe, level_document
    from ..control.limits import ControlLimits

    old = msgspec.json.decode(Path(file).read_bytes())
    broken = broken_promises(old, level_document(describe(ControlLimits())))
    for line in broken:
        print(line)
    return 1 if broken else 0
