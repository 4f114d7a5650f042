"""Files that are there or not, whatever happens: written under another name, made durable, renamed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

TEMPORARY = ".tmp"
_BLOCK = 1 << 20


def sync_file(path: Path) -> None:
    """Its bytes and its length are on the disk."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fdatasync(fd)
    finally:
        os.close(fd)


def sync_folder(path: Path) -> None:
    """The names in it are on the disk."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_new_folders(path: Path, root: Path) -> None:
    """The names that lead from `root` to the folder `path`."""
    for folder in (path, *path.parents):
        sync_folder(folder)
        if folder == root:
            return


@contextlib.contextmanager
def written(path: Path, *, sync: bool = True) -> Iterator[BinaryIO]:
    """A file that appears as `path` when the block ends well, and leaves nothing behind when it does not."""
    temporary = path.with_name(path.name + TEMPORARY)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            if sync:
                os.fdatasync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if sync:
        sync_folder(path.parent)


def move(source: Path, target: Path, root: Path, *, sync: bool = True) -> None:
    """Rename, over file systems by a copy; with `sync` durable when it returns."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if sync:
        sync_file(source)
    if source.stat().st_dev == target.parent.stat().st_dev:
        source.replace(target)
    else:
        with source.open("rb") as old, written(target, sync=sync) as new:
            shutil.copyfileobj(old, new, _BLOCK)
        source.unlink()
    if sync:
        sync_new_folders(target.parent, root)


def sha256_of(path: Path) -> str:
    """Hex digest of a whole file; hashing lets other threads run."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
