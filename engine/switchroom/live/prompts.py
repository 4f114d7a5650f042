"""The folder of recorded fragments."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import MediaError
from ..prompts import language

SUFFIXES = (".wav", ".flac", ".opus", ".ogg", ".mp3")
"""The first that is there is played."""

_NAMED_MAX = 20


class PromptFolder:
    """LANGUAGE/GROUP/NAME with one of SUFFIXES, as de/num/21.wav. A folder of a region, as de-AT, goes before that of
    its language. Looked through once, and again when something is missing."""

    def __init__(self, root: str | None) -> None:
        self._root = None if root is None else Path(root)
        self._found: dict[str, Mapping[str, str]] = {}

    def files(self, names: Sequence[str], lang: str) -> list[str]:
        """Paths of fragments. MediaError names all that are missing. Reads the folder: not for the loop's thread."""
        if self._root is None:
            raise MediaError("nothing can be said: audio.prompts names no folder of recordings")
        folder = self._folder(lang)
        found = self._found.get(folder) or self._look(folder)
        if not found.keys() >= set(names):
            found = self._look(folder)
        missing = sorted(set(names) - found.keys())
        if missing:
            more = "" if len(missing) <= _NAMED_MAX else f" and {len(missing) - _NAMED_MAX} more"
            raise MediaError(
                f"{folder}: no recording of {', '.join(missing[:_NAMED_MAX])}{more} ({', '.join(SUFFIXES)})",
                file=folder,
            )
        return [found[name] for name in names]

    def _folder(self, lang: str) -> str:
        assert self._root is not None
        region = self._root / lang.replace("_", "-")
        # `lang` is a client's word: one that language() knows up to its region, and no path.
        return str(region if region.parent == self._root and region.is_dir() else self._root / language(lang).code)

    def _look(self, folder: str) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for suffix in reversed(SUFFIXES):
            for path in Path(folder).glob(f"*/*{suffix}"):
                found[f"{path.parent.name}/{path.name.removesuffix(suffix)}"] = os.fspath(path)
        self._found[folder] = found
        return found
