"""The daemon under test, and the programs that load it, each a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from switchroom.farm.ports import free_port

__all__ = ["folder", "free_port", "running"]

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'engine'}:{ROOT}", "PYTHONUNBUFFERED": "1"}


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="switchroom-bench-") as name:
        yield Path(name)


@contextlib.contextmanager
def running(
    command: list[str], ready: str | None = None, cwd: Path | None = None, stdin: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[str]]:
    """A process that is stopped at the end; waits for `ready` on its standard output when given."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=ENVIRONMENT,
            cwd=cwd,
            start_new_session=True,
        )
        try:
            if ready is not None:
                _wait_for(process, ready)
            yield process
        except BaseException:
            errors.seek(0)
            sys.stderr.write(errors.read()[-4000:])
            raise
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _wait_for(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    raise RuntimeError(f"{process.args!r} ended before it said {text!r}")


@contextlib.contextmanager
def daemon(work: Path, config: str) -> Iterator[int]:
    """`switchroom serve` with that configuration; its process id."""
    file = work / "switchroom.toml"
    file.write_text(config)
    command = [sys.executable, "-m", "switchroom", "serve", "-c", str(file)]
    with running(command, ready="ready", cwd=work) as process:
        time.sleep(0.5)  # imports and first ticks are not what is measured
        yield process.pid
