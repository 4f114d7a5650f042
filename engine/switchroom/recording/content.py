"""What is in a kept file, whatever became of it: decrypted, as it would lie there unencrypted."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from .keys import Keyring
from .sealed import SUFFIX, Sealed, is_sealed
from .verify import read_info

_IN_MEMORY = 64 << 20


@contextlib.contextmanager
def content(path: Path, keys: Keyring | None) -> Iterator[BinaryIO]:
    """The plain file from its beginning, seekable. A sealed one is decrypted first, all of it, in memory (beyond
    64 MiB in a temporary file without a name). SealError, OSError."""
    if not is_sealed(path):
        with path.open("rb") as file:
            yield file
        return
    with Sealed(path, keys or Keyring()) as sealed, tempfile.SpooledTemporaryFile(_IN_MEMORY) as plain:
        sealed.unseal(cast(BinaryIO, plain))
        plain.seek(0)
        yield cast(BinaryIO, plain)


def plain_name(path: Path) -> str:
    """Its name without the ending of a sealed file."""
    return path.name.removesuffix(SUFFIX)


def duration_ms(file: BinaryIO, path: Path) -> float:
    """How long the audio is; reads compressed files to their end. ValueError: it is none."""
    if plain_name(path).endswith(".wav"):
        with tempfile.NamedTemporaryFile() as copy:
            while data := file.read(1 << 20):
                copy.write(data)
            copy.flush()
            return read_info(Path(copy.name)).duration_ms
    try:
        import soundfile
    except ImportError:
        raise ValueError(f"{path}: cannot be looked into: pip install 'switchroom[audio]'") from None
    try:
        with soundfile.SoundFile(file) as sound:
            frames = sum(len(block) for block in sound.blocks(1 << 16, dtype="int16"))
            return float(frames * 1000 / sound.samplerate)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"{path}: {error}") from error
