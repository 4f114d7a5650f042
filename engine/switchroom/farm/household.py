"""Processes that belong together: started each in a group of its own, always ended, and looked for afterwards."""

from __future__ import annotations

import asyncio
import ctypes
import os
import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import EngineError

_MARK = "SWITCHROOM_HOUSEHOLD"
_LIBC = ctypes.CDLL(None)
_LAST_WORDS = 10  # lines of a log shown when its process fails


def _end_with_parent() -> None:
    """In the child: SIGTERM when the parent is gone, even by SIGKILL (prctl(2), PR_SET_PDEATHSIG)."""
    _LIBC.prctl(1, signal.SIGTERM)


class Member:
    """One process. Its standard output is read; standard error is its log file."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.process = process
        self.log = log
        self.ready_line = ""
        self.output = ""

    @property
    def pid(self) -> int:
        return self.process.pid

    async def ready(self, timeout_s: float = 30.0) -> str:
        """Its `ready` line without that word. EngineError with the last of its log when it does not come."""
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(timeout_s):
                async for line in self.process.stdout:
                    if line.startswith(b"ready"):
                        self.ready_line = line.decode().removeprefix("ready").strip()
                        return self.ready_line
        except TimeoutError:
            raise EngineError(f"{self.name}: not ready after {timeout_s:.0f} s; {self._log_says()}") from None
        status = await self.process.wait()
        raise EngineError(f"{self.name}: ended with status {status} before it was ready; {self._log_says()}")

    def _log_says(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-_LAST_WORDS:]
        return "\n  ".join([f"the last of {self.log}:", *lines]) if lines else f"{self.log} is empty"

    def must_be_running(self) -> None:
        if self.process.returncode is not None:
            raise EngineError(f"{self.name}: ended with status {self.process.returncode}; {self._log_says()}")

    async def end(self, timeout_s: float) -> int:
        """SIGTERM, and SIGKILL to its group if it does not end in time. Its exit status."""
        if self.process.returncode is None:
            self.process.terminate()
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(timeout_s):
                self.output += (await self.process.stdout.read()).decode(errors="replace")
                return await self.process.wait()
        except TimeoutError:
            self.kill()
            return await self.process.wait()

    def kill(self) -> None:
        """The process and whatever it started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # gone already


class Household:
    """`async with`: whoever is still alive at the end is killed. `left()` then tells who escaped."""

    def __init__(self, logs: Path) -> None:
        self.members: list[Member] = []
        self._logs = logs
        self._token = secrets.token_hex(8)

    async def __aenter__(self) -> Household:
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        for member in self.members:
            if member.process.returncode is None:
                member.kill()
                await member.process.wait()

    async def start(self, name: str, arguments: Sequence[str]) -> Member:
        """Run `switchroom ARGUMENTS`."""
        log = self._logs / f"{name}.log"
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "switchroom",
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env=self._environment(),
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509: one thread, one system call
            )
        member = Member(name, process, log)
        self.members.append(member)
        return member

    def _environment(self) -> dict[str, str]:
        source = str(Path(__file__).resolve().parents[2])  # so that children are this very package
        path = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH", ""))))
        return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", _MARK: self._token}

    def left(self) -> list[str]:
        """Processes of this household, or started by one, that are alive: `pid command`."""
        mark = f"{_MARK}={self._token}".encode()
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    found.append(f"{folder.name} {command.strip()}")
            except OSError:
                continue  # gone meanwhile, or another user's
        return found
