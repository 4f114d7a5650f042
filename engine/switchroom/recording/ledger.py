"""The proof of erasure: one line per recording that was erased or tried to be, in a file that only grows.

Each line is a JSON object with `seq`, what happened and `prev`, the hash of the line before; `hash` is SHA-256 over the
line without it, keys sorted. A line changed, left out, or taken away in the middle breaks the chain. Lines cut off at
the end are seen by whoever has noted `head` elsewhere: the event `recording.erased` carries it into the journal.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import StoreError

FILE = "erasures.jsonl"
START = "0" * 64
_TAIL = 64 * 1024  # more than any line


class LedgerError(StoreError):
    """The chain is broken, or the file cannot be read."""


def _digest(entry: dict[str, Any]) -> str:
    body = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Ledger:
    """`append` is durable when it returns; processes exclude each other by a lock on the file."""

    def __init__(self, root: Path) -> None:
        self.path = root / FILE

    def append(self, **what: Any) -> dict[str, Any]:
        """Add a line; gives it back with seq, prev and hash. LedgerError when the end of the file is no ledger."""
        new = not self.path.exists()
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last = self._last(file)
            entry = {"seq": last["seq"] + 1, **what, "prev": last["hash"]}
            entry["hash"] = _digest(entry)
            os.write(file.fileno(), json.dumps(entry, sort_keys=True, separators=(",", ":")).encode() + b"\n")
            os.fdatasync(file.fileno())
        if new:
            folder = os.open(self.path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        return entry

    def _last(self, file: BinaryIO) -> dict[str, Any]:
        start = max(0, file.seek(0, os.SEEK_END) - _TAIL)
        file.seek(start)
        data = file.read()
        if data and not data.endswith(b"\n"):  # a power cut in the middle of a line: it was never told as done
            data = data[: data.rfind(b"\n") + 1]
            os.truncate(self.path, start + len(data))
        if not data:
            return {"seq": 0, "hash": START}
        line = data[data.rfind(b"\n", 0, -1) + 1 :]
        return self._entry(line, "the last line")

    def _entry(self, line: bytes, where: str) -> dict[str, Any]:
        try:
            entry = json.loads(line)
            if not isinstance(entry["seq"], int) or entry["hash"] != _digest(entry):
                raise ValueError("its hash is not that of what it says")
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(f"{self.path}: {where} is damaged or was changed: {error}") from error
        return dict(entry)

    def entries(self) -> Iterator[dict[str, Any]]:
        """All lines, each checked against the one before. LedgerError at the first that does not fit."""
        if not self.path.exists():
            return
        previous, expected = START, 1
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                entry = self._entry(line, f"line {number}")
                if entry["prev"] != previous or entry["seq"] != expected:
                    raise LedgerError(f"{self.path}: line {number} does not follow the one before it")
                previous, expected = entry["hash"], expected + 1
                yield entry
