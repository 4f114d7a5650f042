"""`switchroom recordings`: looking after recorded files."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "recordings",
        help="verify recordings",
        description="Look after recorded files.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser(
        "verify",
        help="are all files whole, and as long as their CDRs say?",
        description="Check that files are whole WAV recordings; with --cdr also that each recorded call has its file "
        "and that its length is the CDR's within 100 ms. Exit status 1 if one is not.",
    )
    verify.add_argument("folder", type=Path, metavar="DIR", help="folder of recordings")
    verify.add_argument("--cdr", type=Path, metavar="FILE", help="cdr.jsonl to compare with")
    verify.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    from ..errors import ConfigError

    if not args.folder.is_dir():
        raise ConfigError(f"{args.folder}: is no folder; name the one that [recording] path says")
    expected = _expected(args.cdr) if args.cdr else {}
    files = {str(path.relative_to(args.folder)) for path in args.folder.rglob("*.wav")}
    problems = _problems(args.folder, files | expected.keys(), expected)
    if args.json:
        print(json.dumps({"recordings": len(files), "problems": problems}))
    else:
        for problem in problems:
            print(problem, file=sys.stderr)
        print(f"{len(files)} recordings, {len(problems)} problems")
    return 1 if problems else 0


def _expected(cdr: Path) -> dict[str, float]:
    """Length in ms of each recording named in a cdr.jsonl."""
    from ..errors import ConfigError

    found: dict[str, float] = {}
    try:
        lines = cdr.read_text().splitlines()
    except OSError as error:
        raise ConfigError(f"{cdr}: cannot be read: {error.strerror}") from error
    for number, text in enumerate(lines, start=1):
        try:
            row = json.loads(text)
            if row["recording"] is not None and row["record_ms"] is not None:
                found[row["recording"]] = float(row["record_ms"])
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{cdr}:{number}: is no CDR ({error!r})") from error
    return found


def _problems(folder: Path, names: set[str], expected: dict[str, float]) -> list[str]:
    from ..recording.verify import problems

    return [problem for name in sorted(names) for problem in problems(folder / name, expected.get(name))]
