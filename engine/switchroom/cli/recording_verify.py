"""`switchroom recordings verify`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..recording.keys import Keyring
    from ..store.recordings import RecordingRow


def run(args: argparse.Namespace) -> int:
    from ..errors import ConfigError

    if not args.folder.is_dir():
        raise ConfigError(f"{args.folder}: is no folder; name the one that [recording] path says")
    expected = _expected(args.cdr) if args.cdr else {}
    keys, rows = _books(args.config) if args.config else (None, [])
    files = {str(path.relative_to(args.folder)) for path in _recordings(args.folder)}
    problems = _problems(args.folder, files | expected.keys(), expected, keys)
    problems += [problem for row in rows for problem in _row_problems(row)]
    problems += _ledger_problems(args.folder)
    if args.json:
        print(json.dumps({"recordings": len(files), "problems": problems}))
    else:
        for problem in problems:
            print(problem, file=sys.stderr)
        print(f"{len(files)} recordings, {len(problems)} problems")
    return 1 if problems else 0


def _recordings(folder: Path) -> list[Path]:
    from ..recording.publish import SUFFIXES
    from ..recording.sealed import SUFFIX

    endings = (*SUFFIXES.values(), SUFFIX)
    return [path for path in folder.rglob("*") if path.name.endswith(endings)]


def _books(config_file: Path) -> tuple[Keyring, list[RecordingRow]]:
    """The keys and what the store knows."""
    from ..config import load
    from ..errors import ConfigError
    from ..recording.keys import load_keys
    from ..store.recordings import page_recordings
    from ..store.store import open_reader, path_of

    config = load(config_file)
    path = path_of(config.store.url)
    if not Path(path).exists():
        raise ConfigError(f"{path}: no such store, which {config_file} names in [store] url")
    db = open_reader(path)
    try:
        rows, after = [], ("", 0)
        while page := page_recordings(db, after, 1_000):
            rows += page
            after = (page[-1].id, page[-1].part)
    finally:
        db.close()
    return load_keys(config.recording.key), rows


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


def _problems(folder: Path, names: set[str], expected: dict[str, float], keys: Keyring | None) -> list[str]:
    found = []
    for name in sorted(names):
        path, length = folder / name, expected.get(name)
        if path.suffix in {".sealed", ".flac", ".opus"} and path.exists():
            found += _content_problems(path, length, keys)
        else:
            found += _wav_problems(path, length)
    return found


def _wav_problems(path: Path, length: float | None) -> list[str]:
    from ..recording.verify import problems

    return problems(path, length)


def _content_problems(path: Path, length: float | None, keys: Keyring | None) -> list[str]:
    """Of a sealed or compressed file: it opens, to its end. A sealed one without its key is left at its header."""
    from ..errors import EngineError
    from ..recording.content import content, duration_ms

    if path.suffix == ".sealed" and keys is None:
        from ..recording.sealed import read_header

        try:
            with path.open("rb") as file:
                read_header(file, path)
        except (EngineError, OSError) as error:
            return [str(error)]
        return []
    try:
        with content(path, keys) as file:
            found = duration_ms(file, path)
    except (EngineError, OSError, ValueError) as error:
        return [str(error)]
    if length is not None and abs(found - length) > 100:
        return [f"{path}: {found:.0f} ms long, its CDR says {length:.0f} ms"]
    return []


def _row_problems(row: RecordingRow) -> list[str]:
    from ..recording.durable import sha256_of

    path, name = Path(row.path), f"recording {row.id}/{row.part}"
    if row.state == "erased":
        return [f"{name}: was erased, and {path} is there"] if path.exists() else []
    if row.state != "ready":
        return []
    if not path.exists():
        return [f"{name}: {path} is gone, and no erasure is noted"]
    if (found := sha256_of(path)) != row.sha256:
        return [f"{name}: {path} has SHA-256 {found}, the store says {row.sha256}"]
    return []


def _ledger_problems(folder: Path) -> list[str]:
    from ..recording.ledger import Ledger, LedgerError

    try:
        for _ in Ledger(folder).entries():
            pass
    except (LedgerError, OSError) as error:
        return [str(error)]
    return []
