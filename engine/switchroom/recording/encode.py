"""FLAC and Opus from WAV, by libsndfile, in a process of its own.

    python -m switchroom.recording.encode      reads one job a line on stdin, answers one line on stdout, as JSON

A codec that crashes on some file takes that process with it, not the daemon; and encoding never holds the
interpreter's lock of those who carry calls. What was encoded is decoded again and compared before it counts.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Literal

from ..errors import MediaError

Format = Literal["wav", "flac", "opus"]
_KINDS = {"flac": ("FLAC", "PCM_16"), "opus": ("OGG", "OPUS")}
_BLOCK = 1 << 16
_LEVEL_DB = 3.0


class EncodeError(MediaError):
    """Encoding failed, or what came out is not what went in; the WAV file is kept."""


def encode(source: Path, target: Path, kind: str) -> int:
    """Make `target` of a WAV file; gives its samples per channel. EncodeError."""
    import soundfile

    container, subtype = _KINDS[kind]
    try:
        with (
            soundfile.SoundFile(str(source)) as old,
            soundfile.SoundFile(
                str(target), "w", samplerate=old.samplerate, channels=old.channels, format=container, subtype=subtype
            ) as new,
        ):
            for block in old.blocks(blocksize=_BLOCK, dtype="int16"):
                new.write(block)
            frames = int(old.frames)
        with target.open("rb") as file:
            os.fdatasync(file.fileno())
        _compare(source, target, exact=kind == "flac")
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise EncodeError(f"{source}: cannot be made {kind}: {error}") from error
    return frames


def _compare(source: Path, target: Path, *, exact: bool) -> None:
    """FLAC: every sample is the same. Opus: as long, and each side as loud within 3 dB."""
    import numpy as np
    import soundfile

    with soundfile.SoundFile(str(source)) as a, soundfile.SoundFile(str(target)) as b:
        if a.frames != b.frames or a.channels != b.channels:
            raise EncodeError(f"{target}: holds {b.frames} samples of {a.frames}")
        power = np.zeros((2, a.channels))
        for was, now in zip(a.blocks(_BLOCK, dtype="int16"), b.blocks(_BLOCK, dtype="int16"), strict=True):
            if exact and not np.array_equal(was, now):
                raise EncodeError(f"{target}: samples differ from those of the WAV file")
            for i, block in enumerate((was, now)):
                power[i] += np.square(block.reshape(len(block), -1).astype(np.float64)).sum(axis=0)
        if exact or not a.frames:
            return
        level = 10 * np.log10(power / a.frames + 1e3)  # 1e3: what is all but silent need not be equal
        if np.abs(level[0] - level[1]).max() > _LEVEL_DB:
            raise EncodeError(f"{target}: is not as loud as the WAV file")


class Encoder:
    """That process, started when first needed, again when it died. Any thread; one job at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def encode(self, source: Path, target: Path, kind: Format) -> int:
        """As encode() above. EncodeError also when the process died."""
        with self._lock:
            answer = self._ask({"source": str(source), "target": str(target), "kind": kind})
        if "error" in answer:
            raise EncodeError(str(answer["error"]))
        return int(answer["frames"])

    def _ask(self, job: dict[str, str]) -> dict[str, Any]:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            return dict(json.loads(line))
        except (OSError, ValueError) as error:
            self._end()
            raise EncodeError(f"{job['source']}: the encoder process died over it (status {process.poll()})") from error

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            folder = str(Path(__file__).parents[2])
            path = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH"))))
            self._process = subprocess.Popen(
                [sys.executable, "-m", "switchroom.recording.encode"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,  # Ctrl-C is for the daemon, which still needs it
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        process.kill()
        process.wait()

    def close(self) -> None:
        with self._lock:
            self._end()


def main() -> int:
    os.nice(10)
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer: dict[str, Any] = {"frames": encode(Path(job["source"]), Path(job["target"]), job["kind"])}
        except (EncodeError, OSError, ImportError) as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
