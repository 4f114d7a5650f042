"""Something a leg hears that ends: a clip, a tone, digits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._leg_audio import LegAudio


class Playback:
    """Await it for the end: True when it was heard to its end, False when it was stopped, replaced or cut by a
    hang-up. `on_done(playback)` is the same without a task. `stop()` any time."""

    __slots__ = ("_future", "_leg", "_tag", "error", "finished", "on_done")

    def __init__(self, leg: LegAudio, tag: int) -> None:
        self._leg = leg
        self._tag = tag
        self._future: asyncio.Future[bool] | None = None
        self.finished: bool | None = None
        self.error: Exception | None = None
        self.on_done: Callable[[Playback], None] | None = None

    @property
    def done(self) -> bool:
        return self.finished is not None

    def stop(self) -> None:
        """Silence at once. After the end: nothing."""
        if not self.done:
            self._leg._stop_playback(self)

    def __await__(self) -> Generator[None, None, bool]:
        while not self.done:
            if self._future is None:
                self._future = asyncio.get_running_loop().create_future()
            yield from asyncio.shield(self._future).__await__()
        if self.error is not None:
            raise self.error
        return bool(self.finished)

    def _end(self, finished: bool, error: Exception | None = None) -> None:
        if self.done:
            return
        self.finished, self.error = finished, error
        if self._future is not None and not self._future.done():
            self._future.set_result(finished)
        if self.on_done is not None:
            self.on_done(self)
