"""The entry point `switchroom`.

Exit status: 0 done, 1 it failed, 2 wrong usage or configuration, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from .._version import __version__
from ..errors import ConfigError, EngineError

COMMANDS = ("serve", "call", "ctl", "api", "top", "demo", "report", "recordings", "prompts", "farm", "phones")

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

_EPILOG = "exit status: 0 done, 1 it failed, 2 wrong usage or configuration, 130 interrupted"


def _modules(arguments: Sequence[str]) -> list[ModuleType]:
    """Only the module of the command that is asked for; all of them for help and for mistakes."""
    first = next((argument for argument in arguments if not argument.startswith("-")), None)
    names = (first,) if first in COMMANDS else COMMANDS
    return [importlib.import_module(f"{__package__}.{name}") for name in names]


def build_parser(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="switchroom",
        description="Media and dialing engine for call centres: SIP, RTP, recording, predictive campaigns.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"switchroom {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for module in _modules(arguments):
        module.add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit status. Usage errors leave through SystemExit(2), as argparse does."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = build_parser(arguments)
    args = parser.parse_args(arguments)
    module = importlib.import_module(f"{__package__}.{args.command}")
    try:
        return int(module.run(args))
    except ConfigError as error:
        return _fail(error.message, USAGE)
    except EngineError as error:
        return _fail(error.message, FAILED)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _fail(message: str, status: int) -> int:
    print(f"switchroom: {message}", file=sys.stderr)
    return status
