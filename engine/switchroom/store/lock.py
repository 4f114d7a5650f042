"""One daemon per store file: an advisory lock that the kernel drops when the process dies."""

from __future__ import annotations

import fcntl
import os

from ..errors import StoreError


def take_lock(path: str) -> int:
    """Lock `path`.lock and return the descriptor to keep open. Raises StoreError when another process has it."""
    name = f"{path}.lock"
    try:
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"store {path}: cannot create {name}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise StoreError(
            f"store {path}: in use by process {holder}; a store belongs to one daemon, "
            "stop that one or name another file in [store] url"
        ) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor
