"""Audio held in memory, shared by all legs that play it."""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from .audiofile import FileLimits, read_file

if TYPE_CHECKING:
    from .._media import ClipData
    from .core import Core


class Clip:
    """8 kHz mono. Freed when nobody holds it and nothing plays it, earlier with `release()`: then it cannot be played
    any more, what plays it goes on."""

    __slots__ = ("__weakref__", "_core", "_handle", "name", "samples")

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

    def __del__(self) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"Clip({self.name!r}, ms={self.ms})"


_Key = tuple[str, int, int]


class ClipFiles:
    """Clips of files, read once: kept by path, time of change and size, the last used ones up to `cache_bytes` of
    audio. One thread of its own decodes."""

    def __init__(self, core: Core, cache_bytes: int, limits: FileLimits) -> None:
        self._core = core
        self._cache_bytes = cache_bytes
        self._limits = limits
        self._kept: OrderedDict[_Key, Clip] = OrderedDict()  # last used at the end
        self._kept_bytes = 0
        self._known: WeakValueDictionary[_Key, Clip] = WeakValueDictionary()  # dropped, but still held by somebody
        self._reading: dict[_Key, asyncio.Future[Clip]] = {}
        self._thread: ThreadPoolExecutor | None = None

    @property
    def kept_bytes(self) -> int:
        return self._kept_bytes

    def get(self, path: str | os.PathLike[str]) -> Clip:
        """The file's clip; reads it in this thread when it must. MediaError, OSError."""
        key = _key_of(path)
        return self._find(key) or self._keep(key, read_file(key[0], self._limits))

    async def load(self, path: str | os.PathLike[str]) -> Clip:
        """The same; the loop goes on meanwhile."""
        key = _key_of(path)
        clip = self._find(key)
        if clip is not None:
            return clip
        reading = self._reading.get(key)
        if reading is None:
            reading = self._reading[key] = asyncio.ensure_future(self._read(key))
        return await asyncio.shield(reading)

    async def _read(self, key: _Key) -> Clip:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "audio-files")
        try:
            data = await asyncio.get_running_loop().run_in_executor(self._thread, read_file, key[0], self._limits)
            return self._find(key) or self._keep(key, data)
        finally:
            del self._reading[key]

    def _find(self, key: _Key) -> Clip | None:
        clip = self._known.get(key)
        if clip is None or not clip._handle:
            return None
        if key in self._kept:
            self._kept.move_to_end(key)
        else:
            self._remember(key, clip)
        return clip

    def _keep(self, key: _Key, data: ClipData) -> Clip:
        clip = self._core._adopt_clip(data, key[0])
        self._known[key] = clip
        self._remember(key, clip)
        return clip

    def _remember(self, key: _Key, clip: Clip) -> None:
        old = self._kept.pop(key, None)
        self._kept_bytes += 2 * (clip.samples - (old.samples if old is not None else 0))
        self._kept[key] = clip
        while self._kept_bytes > self._cache_bytes and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= 2 * dropped.samples

    def close(self) -> None:
        for reading in list(self._reading.values()):
            reading.cancel()
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)
        self._kept.clear()
        self._kept_bytes = 0


def _key_of(path: str | os.PathLike[str]) -> _Key:
    name = os.fspath(path)
    found = os.stat(name)
    return name, found.st_mtime_ns, found.st_size
