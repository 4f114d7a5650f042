"""cdr.jsonl and cdr.csv, appended as calls end. The store is the record; these are for people and their scripts."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from ..reporting import cdr
from ..store.calls import CallRow

log = structlog.get_logger(__name__)


class CdrFiles:
    """Appends in a thread of its own, a batch per wake-up, so that a slow disk costs the loop nothing.

    A full disk loses lines here, not in the store: `failing` says why, `switchroom report` writes them anew.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.failing: str | None = None
        self._rows: list[CallRow] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="switchroom-cdr")
        self._writing: asyncio.Future[None] | None = None

    def add(self, row: CallRow) -> None:
        """Loop thread: one ended call."""
        self._rows.append(row)
        if self._writing is None:
            self._write()

    def _write(self) -> None:
        rows, self._rows = self._rows, []
        self._writing = asyncio.get_running_loop().run_in_executor(self._thread, self._append, rows)
        self._writing.add_done_callback(self._written)

    def _written(self, done: asyncio.Future[None]) -> None:
        self._writing = None
        error = None if done.cancelled() else done.exception()
        if error is not None and not isinstance(error, OSError):
            raise error
        if error is not None and self.failing is None:
            log.error("cdr_files_failing", folder=str(self.folder), error=str(error))
        self.failing = str(error) if error is not None else None
        if self._rows:
            self._write()

    def _append(self, rows: list[CallRow]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "cdr.jsonl").open("ab") as file:
            file.write(b"".join(cdr.json_line(row) for row in rows))
        with (self.folder / "cdr.csv").open("ab") as file:
            header = cdr.csv_header() if file.tell() == 0 else b""
            file.write(header + b"".join(cdr.csv_line(row) for row in rows))

    async def close(self) -> None:
        """Everything added is written, as far as the disk allows."""
        while self._writing is not None or self._rows:
            if self._writing is None:
                self._write()
            assert self._writing is not None
            await asyncio.wait((self._writing,))
            await asyncio.sleep(0)
        await asyncio.to_thread(self._thread.shutdown)
