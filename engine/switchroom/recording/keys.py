"""Keys that recordings are encrypted with: 256 bits each, named, per tenant, from a file, the environment or a command
(a key-management service's own client). The newest of a tenant encrypts, all of them decrypt."""

from __future__ import annotations

import base64
import binascii
import os
import shlex
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..config import RecordingKeyConfig
from ..errors import ConfigError

KEY_BYTES = 32
_COMMAND_S = 15.0


@dataclass(frozen=True, slots=True)
class Key:
    """`tenant` "": of everyone who has none of their own."""

    id: str
    tenant: str
    secret: bytes = field(repr=False)


class Keyring:
    """Keys by id, and which one to use."""

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        self._by_id: dict[str, Key] = {}
        self._newest: dict[str, Key] = {}
        for key in keys:
            if key.id in self._by_id:
                raise ConfigError(f"recording.key {key.id!r}: is there twice; each key needs an id of its own")
            self._by_id[key.id] = self._newest[key.tenant] = key

    def __bool__(self) -> bool:
        return bool(self._by_id)

    def find(self, key_id: str) -> Key | None:
        return self._by_id.get(key_id)

    def for_tenant(self, tenant: str | None) -> Key | None:
        """The last one of the tenant in the order of the file, else of nobody in particular."""
        return self._newest.get(tenant or "") or self._newest.get("")


def load_keys(entries: Iterable[RecordingKeyConfig], folder: Path = Path()) -> Keyring:
    """Get all secrets now, so that a missing one is an error at start. `folder`: where relative paths begin."""
    return Keyring(Key(entry.id, entry.tenant or "", _secret(entry, folder)) for entry in entries)


def _secret(entry: RecordingKeyConfig, folder: Path) -> bytes:
    name = f"recording.key {entry.id!r}"
    if [entry.file, entry.env, entry.command].count(None) != 2:
        raise ConfigError(f"{name}: needs one of file, env and command")
    try:
        if entry.file is not None:
            found = (folder / entry.file).read_bytes()
        elif entry.env is not None:
            found = os.environb[entry.env.encode()]
        else:
            assert entry.command is not None
            found = subprocess.run(
                shlex.split(entry.command), stdout=subprocess.PIPE, timeout=_COMMAND_S, check=True
            ).stdout
    except KeyError:
        raise ConfigError(f"{name}: environment variable {entry.env} is not set") from None
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigError(f"{name}: cannot be read: {error}") from error
    return _parse(name, found)


def _parse(name: str, found: bytes) -> bytes:
    """32 bytes as they are, or as 64 hexadecimal digits, or in base64."""
    if len(found) == KEY_BYTES:
        return found
    text = found.strip()
    for decode in (binascii.unhexlify, lambda data: base64.b64decode(data, validate=True)):
        try:
            secret = bytes(decode(text))
        except (binascii.Error, ValueError):
            continue
        if len(secret) == KEY_BYTES:
            return secret
    raise ConfigError(
        f"{name}: is no key: must be {KEY_BYTES} bytes, raw, as 64 hexadecimal digits or in base64; "
        "`openssl rand -hex 32` makes one"
    )
