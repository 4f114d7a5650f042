"""From the file that the recorder wrote to the one that is kept: repaired, encoded, encrypted, verified, hashed, and
there under its name at once or not at all. Runs on a thread of its own; nothing here waits for a call."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import durable
from .encode import EncodeError, Format
from .keys import Key, Keyring
from .repair import Shape, repair
from .sealed import SUFFIX as SEALED
from .sealed import Sealed, SealError, seal

Encode = Callable[[Path, Path, Format], int]
SUFFIXES: dict[Format, str] = {"wav": ".wav", "flac": ".flac", "opus": ".opus"}


@dataclass(frozen=True, slots=True)
class Job:
    """`target`: path of the kept file without its suffixes. `shape`: in case the file's own header is gone."""

    source: Path
    target: Path
    root: Path
    format: Format = "wav"
    key: Key | None = None
    sync: bool = True
    shape: Shape | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """`sha256` and `bytes` are of the file as it lies there (encrypted, if it is). `repaired`: its header had to be
    put right. `warning`: why it is not in the format that was asked for."""

    path: Path
    bytes: int
    sha256: str
    frames: int
    rate: int
    format: Format
    key_id: str | None
    repaired: bool
    warning: str | None = None

    @property
    def duration_ms(self) -> int:
        return self.frames * 1000 // self.rate


def target_path(target: Path, kind: Format, key: Key | None) -> Path:
    """Where a recording will be."""
    return target.with_name(target.name + SUFFIXES[kind] + (SEALED if key else ""))


def publish(job: Job, encode: Encode) -> Published:
    """The source is removed last, when what took its place is durable and verified. BadRecording: not repairable.
    OSError: the disk. An encoder that fails costs the format, not the recording."""
    info, repaired = repair(job.source, job.shape)
    kind, warning, plain = job.format, None, job.source
    if kind != "wav":
        encoded = target_path(job.target, kind, None).with_suffix(f".{kind}{durable.TEMPORARY}")
        encoded.parent.mkdir(parents=True, exist_ok=True)
        try:
            encode(job.source, encoded, kind)
            plain = encoded
        except EncodeError as error:
            encoded.unlink(missing_ok=True)
            kind, warning = "wav", error.message
    try:
        path, digest = _place(job, plain, kind)
    finally:
        if plain is not job.source:
            plain.unlink(missing_ok=True)
    job.source.unlink(missing_ok=True)
    return Published(
        path=path,
        bytes=path.stat().st_size,
        sha256=digest,
        frames=info.frames,
        rate=info.rate,
        format=kind,
        key_id=job.key.id if job.key else None,
        repaired=repaired,
        warning=warning,
    )


def _place(job: Job, plain: Path, kind: Format) -> tuple[Path, str]:
    path = target_path(job.target, kind, job.key)
    if job.key is None:
        digest = durable.sha256_of(plain)
        durable.move(plain, path, job.root, sync=job.sync)
        return path, digest
    with plain.open("rb") as source, durable.written(path, sync=job.sync) as target:
        seal(source, target, job.key, path.name.removesuffix(SEALED))
        target.flush()
        _verify_seal(Path(target.name), plain, job.key)
    if job.sync:
        durable.sync_new_folders(path.parent, job.root)
    return path, durable.sha256_of(path)


class _Hash:
    """A file that only takes what is written to it into account."""

    def __init__(self) -> None:
        self.sha = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sha.update(data)
        return len(data)


def _verify_seal(path: Path, plain: Path, key: Key) -> None:
    """What was encrypted decrypts to what it was made of."""
    found: Any = _Hash()
    with Sealed(path, Keyring([key])) as sealed:
        sealed.unseal(found)
    if found.sha.hexdigest() != durable.sha256_of(plain):
        raise SealError(f"{path}: does not decrypt to what was encrypted")
