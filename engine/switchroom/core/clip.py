"""Audio held in memory, shared by all legs that play it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .core import Core


class Clip:
    """8 kHz mono. `release()` frees it once nothing plays it; the Core frees what is left when it stops."""

    __slots__ = ("_core", "_handle", "name", "samples")

    def __init__(self, core: Core, handle: int, name: str, samples: int) -> None:
        self._core = core
        self._handle = handle
        self.name = name
        self.samples = samples

    @property
    def ms(self) -> int:
        return self.samples // 8

    def release(self) -> None:
        handle, self._handle = self._handle, 0
        if handle:
            self._core._release_clip(handle)

    def __repr__(self) -> str:
        return f"Clip({self.name!r}, ms={self.ms})"
