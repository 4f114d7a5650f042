"""`switchroom recordings`: looking after recorded files."""

from __future__ import annotations

import argparse
from pathlib import Path

DEFAULT_CONTROL = "unix:./run/control.sock"
_CONFIG_HELP = "configuration: its keys decrypt, its store knows the hashes"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "recordings",
        help="verify, list, export, decrypt, hold and erase recordings",
        description="Look after recorded files.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _add_verify(actions)
    _add_files(actions)
    _add_books(actions)


def _add_verify(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verify = actions.add_parser(
        "verify",
        help="are all files whole, and as long as their CDRs say?",
        description="Check that files are whole recordings, and that the ledger of erasures is an unbroken chain; with "
        "--cdr also that each recorded call has its file and that its length is the CDR's within 100 ms; with "
        "--config that every file is the one whose hash the store knows, and that sealed ones decrypt. Exit status "
        "1 if one is not.",
    )
    verify.add_argument("folder", type=Path, metavar="DIR", help="folder of recordings")
    verify.add_argument("--cdr", type=Path, metavar="FILE", help="cdr.jsonl to compare with")
    verify.add_argument("-c", "--config", type=Path, metavar="FILE", help=_CONFIG_HELP)
    verify.add_argument("--json", action="store_true", help="print the result as JSON")


def _add_files(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    repair = actions.add_parser(
        "repair",
        help="put right what a crash left",
        description="Make the headers of unfinished files (*.wav.part) below a folder say what they hold. The daemon "
        "does this itself at its start and publishes them; this is for folders without a daemon.",
    )
    repair.add_argument("folder", type=Path, metavar="DIR", help="folder of recordings, no daemon writing to it")
    decrypt = actions.add_parser("decrypt", help="a sealed file in the clear", description="Decrypt one file.")
    decrypt.add_argument("file", type=Path, metavar="FILE", help="NAME.sealed")
    decrypt.add_argument("-o", "--out", type=Path, metavar="OUT", help="[the name without .sealed, in this folder]")
    play = actions.add_parser(
        "play", help="listen to a file", description="Play a recording, sealed or not; nothing is written to the disk."
    )
    play.add_argument("file", type=Path, metavar="FILE")
    play.add_argument(
        "--player", default="ffplay -nodisp -autoexit -loglevel error -", metavar="CMD", help="reads a file on stdin"
    )
    export = actions.add_parser(
        "export",
        help="copies in the clear, with a manifest",
        description="Copy recordings out of the archive, decrypted, with manifest.json: whose they are, when, gaps, "
        "and the SHA-256 of each file as archived and as exported.",
    )
    export.add_argument("out", type=Path, metavar="DIR", help="is made; must be empty")
    export.add_argument("--call", metavar="ID", help="of this call")
    export.add_argument("--campaign", metavar="ID", help="of this campaign")
    for action in (decrypt, play, export):
        required = action is export
        action.add_argument("-c", "--config", type=Path, metavar="FILE", required=required, help=_CONFIG_HELP)


def _add_books(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    found = actions.add_parser("list", help="recorded files, as the daemon knows them")
    found.add_argument("--call", metavar="ID", help="of this call")
    found.add_argument("--campaign", metavar="ID", help="of this campaign")
    found.add_argument("--state", choices=("recording", "closed", "ready", "failed", "erased"))
    found.add_argument("--json", action="store_true", help="JSON Lines")
    hold = actions.add_parser("hold", help="legal hold: not erased by rule or hand")
    release = actions.add_parser("release", help="lift a legal hold")
    erase = actions.add_parser("erase", help="erase a recording, with proof")
    for action in (hold, release, erase):
        action.add_argument("id", metavar="ID", help="of the recording")
    for action in (hold, erase):
        action.add_argument("--reason", required=True, metavar="TEXT", help="goes into the ledger and the journal")
    retention = actions.add_parser("retention", help="apply the retention rules now")
    retention.add_argument("--dry-run", action="store_true", help="say what would be erased, erase nothing")
    for action in (found, hold, release, erase, retention):
        action.add_argument("--control", default=DEFAULT_CONTROL, metavar="ADDRESS", help=f"[{DEFAULT_CONTROL}]")
        action.add_argument("--token", help="for session.auth, where the socket does not know who is calling")


def run(args: argparse.Namespace) -> int:
    if args.action == "verify":
        from . import recording_verify

        return recording_verify.run(args)
    if args.action in {"repair", "decrypt", "play", "export"}:
        from . import recording_files

        return recording_files.run(args)
    from . import recording_books

    return recording_books.run(args)
