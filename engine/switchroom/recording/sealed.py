"""Encrypted recordings: AES-256-GCM in chunks, so that a file of any size is written and read in small pieces, and any
part of it without the rest. The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) under a key of its
own per file (HKDF-SHA256, RFC 5869).

    8 bytes   SWRSEAL1
    4 bytes   length of the header, big-endian, at most 4096
    header    JSON: key (id), salt (32 bytes), prefix (7 bytes), check (16 bytes), chunk (bytes of plain text in
              one), name (of the plain file), tenant; binary values in hexadecimal
    chunks    each up to `chunk` bytes encrypted, then the tag of 16 bytes

File key = HKDF(secret of the key, salt, "switchroom seal 1" + magic + length + header), so a changed header is another
key; `check` comes out of HKDF(secret, salt, "switchroom check 1") and tells a wrong key from a damaged file. Nonce of
chunk i = prefix + i (4 bytes, big-endian) + 1 for the last chunk, 0 for the others: chunks cannot be left out, moved or
cut off at the end unnoticed. An empty file is one empty last chunk.
"""

from __future__ import annotations

import hmac
import json
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import MediaError
from .keys import Key, Keyring

MAGIC = b"SWRSEAL1"
SUFFIX = ".sealed"
CHUNK = 64 * 1024
TAG = 16
_HEADER_MOST = 4096


class SealError(MediaError):
    """The file cannot be decrypted: another key, an unknown one, damage, or no sealed file at all."""


@dataclass(frozen=True, slots=True)
class SealHeader:
    key: str
    salt: bytes
    prefix: bytes
    check: bytes
    chunk: int
    name: str
    tenant: str
    raw: bytes  # magic, length and JSON: what the file key is bound to


def _hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length, salt, info).derive(secret)


def _cipher(key: Key, header: SealHeader) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(_hkdf(key.secret, header.salt, b"switchroom seal 1" + header.raw, 32))


def _check(key: Key, salt: bytes) -> bytes:
    return _hkdf(key.secret, salt, b"switchroom check 1", 16)


def _nonce(prefix: bytes, index: int, last: bool) -> bytes:
    return prefix + struct.pack(">IB", index, last)


def seal(source: BinaryIO, target: BinaryIO, key: Key, name: str, chunk: int = CHUNK) -> None:
    """Encrypt all of `source` to `target`. OSError as they give it."""
    salt, prefix = os.urandom(32), os.urandom(7)
    fields = {"key": key.id, "salt": salt.hex(), "prefix": prefix.hex(), "check": _check(key, salt).hex()}
    text = json.dumps({**fields, "chunk": chunk, "name": name, "tenant": key.tenant}).encode()
    if len(text) > _HEADER_MOST:
        raise SealError(f"{name}: name and key id are too long for the header of a sealed file")
    raw = MAGIC + struct.pack(">I", len(text)) + text
    cipher = _cipher(key, SealHeader(key.id, salt, prefix, b"", chunk, name, key.tenant, raw))
    target.write(raw)
    index, data = 0, source.read(chunk)
    while True:
        following = source.read(chunk)
        target.write(cipher.encrypt(_nonce(prefix, index, not following), data, None))
        if not following:
            return
        index, data = index + 1, following


def is_sealed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def read_header(file: BinaryIO, path: object) -> SealHeader:
    """From the file's beginning. SealError: it is none of ours. Every length is checked before it is used."""
    start = file.read(len(MAGIC) + 4)
    if len(start) != len(MAGIC) + 4 or not start.startswith(MAGIC):
        raise SealError(f"{path}: is no sealed recording")
    (size,) = struct.unpack(">I", start[len(MAGIC) :])
    text = file.read(size) if size <= _HEADER_MOST else b""
    try:
        found = json.loads(text)
        header = SealHeader(
            key=str(found["key"]),
            salt=bytes.fromhex(found["salt"]),
            prefix=bytes.fromhex(found["prefix"]),
            check=bytes.fromhex(found["check"]),
            chunk=int(found["chunk"]),
            name=str(found["name"]),
            tenant=str(found["tenant"]),
            raw=start + text,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SealError(f"{path}: the header of this sealed recording cannot be read") from error
    if len(header.prefix) != 7 or len(header.salt) != 32 or not 16 <= header.chunk <= 1 << 24:
        raise SealError(f"{path}: the header of this sealed recording makes no sense")
    return header


class Sealed:
    """An open sealed file, to be read from any place. Context manager. Raises SealError, OSError."""

    def __init__(self, path: Path, keys: Keyring) -> None:
        self.path = path
        self._file = path.open("rb")
        try:
            self.header = read_header(self._file, path)
            self._start = self._file.tell()
            self._cipher = _cipher(self._key(keys), self.header)
            self._chunks, self.size = self._measure()
        except BaseException:
            self._file.close()
            raise

    def _key(self, keys: Keyring) -> Key:
        key = keys.find(self.header.key)
        if key is None:
            raise SealError(
                f"{self.path}: is encrypted with key {self.header.key!r}, which is not configured; add it as "
                "[[recording.key]]"
            )
        if not hmac.compare_digest(_check(key, self.header.salt), self.header.check):
            raise SealError(
                f"{self.path}: key {key.id!r} is not the one it was encrypted with: the same id has another secret"
            )
        return key

    def _measure(self) -> tuple[int, int]:
        body = self._file.seek(0, os.SEEK_END) - self._start
        sealed = self.header.chunk + TAG
        chunks = max(1, -(-body // sealed))
        if body < TAG or 0 < body % sealed < TAG:
            raise SealError(f"{self.path}: is cut off in the middle of a chunk")
        return chunks, body - chunks * TAG

    def _chunk(self, index: int) -> bytes:
        from cryptography.exceptions import InvalidTag

        sealed = self.header.chunk + TAG
        self._file.seek(self._start + index * sealed)
        try:
            nonce = _nonce(self.header.prefix, index, index == self._chunks - 1)
            return bytes(self._cipher.decrypt(nonce, self._file.read(sealed), None))
        except InvalidTag:
            raise SealError(
                f"{self.path}: chunk {index} of {self._chunks} is damaged, or the file is cut off"
            ) from None

    def read(self, offset: int, length: int) -> bytes:
        """That part of the plain file; shorter at its end."""
        chunk, found = self.header.chunk, []
        end = min(offset + length, self.size)
        while offset < end:
            data = self._chunk(offset // chunk)[offset % chunk :][: end - offset]
            found.append(data)
            offset += len(data)
        return b"".join(found)

    def unseal(self, target: BinaryIO) -> None:
        """Decrypt all of it; every chunk is authentic before it is written."""
        for index in range(self._chunks):
            target.write(self._chunk(index))

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Sealed:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
