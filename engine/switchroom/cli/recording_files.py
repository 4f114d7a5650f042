"""`switchroom recordings repair|decrypt|play|export`: on the files themselves, no daemon needed."""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, EngineError
from ..recording import durable
from ..recording.content import content, plain_name
from ..recording.keys import Keyring, load_keys
from ..recording.paths import PARTIAL
from ..recording.repair import repair
from ..recording.verify import BadRecording

if TYPE_CHECKING:
    from ..store.recordings import RecordingRow


def run(args: argparse.Namespace) -> int:
    actions = {"repair": _repair, "decrypt": _decrypt, "play": _play, "export": _export}
    try:
        return actions[args.action](args)
    except OSError as error:
        raise EngineError(f"{error.filename or args.action}: {error.strerror or error}") from error


def _keys(config: Path | None) -> Keyring:
    from ..config import load

    return Keyring() if config is None else load_keys(load(config).recording.key)


def _repair(args: argparse.Namespace) -> int:
    if not args.folder.is_dir():
        raise ConfigError(f"{args.folder}: is no folder")
    changed = bad = 0
    for path in sorted(args.folder.rglob(f"*.wav{PARTIAL}")):
        try:
            info, was_changed = repair(path)
        except BadRecording as error:
            print(error, file=sys.stderr)
            bad += 1
            continue
        changed += was_changed
        print(f"{path}: {info.duration_ms / 1000:.1f} s{', repaired' if was_changed else ''}")
    print(f"{changed} repaired, {bad} beyond repair")
    return 1 if bad else 0


def _decrypt(args: argparse.Namespace) -> int:
    out = args.out or Path(plain_name(args.file))
    if out.exists():
        raise EngineError(f"{out}: is there already; name another one with --out")
    with content(args.file, _keys(args.config)) as plain, durable.written(out) as target:
        shutil.copyfileobj(plain, target)
    print(out)
    return 0


def _play(args: argparse.Namespace) -> int:
    command = shlex.split(args.player)
    if shutil.which(command[0]) is None:
        raise EngineError(f"{command[0]}: not found; name a program that reads a file on stdin with --player")
    with content(args.file, _keys(args.config)) as plain:
        with subprocess.Popen(command, stdin=subprocess.PIPE) as player:
            assert player.stdin is not None
            try:
                shutil.copyfileobj(plain, player.stdin)
            except BrokenPipeError:
                pass  # it has heard enough
    return 0 if player.returncode == 0 else 1


def _export(args: argparse.Namespace) -> int:
    from .recording_verify import _books

    if args.call is None and args.campaign is None:
        raise ConfigError("export: say which: --call ID or --campaign ID")
    args.out.mkdir(parents=True, exist_ok=True)
    if any(args.out.iterdir()):
        raise ConfigError(f"{args.out}: is not empty")
    keys, rows = _books(args.config)
    chosen = [
        row
        for row in rows
        if row.state == "ready" and args.call in {None, row.call_id} and args.campaign in {None, row.campaign_id}
    ]
    manifest = [_export_one(row, args.out, keys) for row in chosen]
    with durable.written(args.out / "manifest.json") as file:
        file.write(json.dumps({"recordings": manifest}, indent=1).encode() + b"\n")
    print(f"{len(manifest)} recordings in {args.out}")
    return 0 if manifest else 1


def _export_one(row: RecordingRow, out: Path, keys: Keyring) -> dict[str, Any]:
    path = Path(row.path)
    target = out / plain_name(path)
    if target.exists():
        target = out / f"{row.id}-{row.part}{''.join(Path(plain_name(path)).suffixes)}"
    with content(path, keys) as plain, durable.written(target) as file:
        shutil.copyfileobj(plain, file)
    return {
        "file": target.name,
        "sha256": durable.sha256_of(target),
        "archived_sha256": row.sha256,
        "archived_as": row.path,
        **{
            name: getattr(row, name)
            for name in ("id", "part", "call_id", "campaign_id", "agent_id", "tenant", "sides", "started_at_ms",
                         "ended_at_ms", "duration_ms", "gaps", "error", "hold")
        },
    }  # fmt: skip
