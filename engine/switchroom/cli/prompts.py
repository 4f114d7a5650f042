"""`switchroom prompts`: what has to be recorded so that numbers, money, dates and times can be said."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "prompts",
        help="list what to record for a language",
        description="List the fragments of a language: file name without its suffix, a tab, what is said. They lie in "
        "DIR/LANGUAGE, where DIR is what [audio] prompts says, as WAV, FLAC, Opus, Ogg or MP3.",
    )
    parser.add_argument("language", metavar="LANGUAGE", help="en, de, fr or es")
    parser.add_argument("--missing", type=Path, metavar="DIR", help="only those that are not in DIR/LANGUAGE yet")


def run(args: argparse.Namespace) -> int:
    from ..live.prompts import SUFFIXES
    from ..prompts import fragments, language

    code = language(args.language).code
    for name, text in fragments(code).items():
        if args.missing is None or not any((args.missing / code / (name + suffix)).is_file() for suffix in SUFFIXES):
            print(f"{name}\t{text}")
    return 0
