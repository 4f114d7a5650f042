"""Something a leg hears that ends: a playlist, a tone, digits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from .._media import PLAY_DOS

if TYPE_CHECKING:
    from ._leg_audio import LegAudio

PlaybackState = Literal["waiting", "playing", "paused", "done"]
_DO = {name: PLAY_DOS.index(name) for name in PLAY_DOS}
_START, _PAUSED, _RESUMED = 0, 1, 2  # enum play_at


class Position(NamedTuple):
    """`ms`: from the start of the list, in its present round. `played_ms`: heard in all. `item`: index in the list."""

    ms: int = 0
    played_ms: int = 0
    item: int = 0


class Playback:
    """Await it for the end: True when it was heard to its end, False when it was stopped, replaced or cut by a
    hang-up. `on_done(playback)` is the same without a task; `on_start(playback)`: its first sample is on its way.
    `position`: where it was when last told: at its start, its end and after each command. Commands after the end do
    nothing."""

    __slots__ = (
        "_asked",
        "_future",
        "_leg",
        "_tag",
        "duration_ms",
        "error",
        "finished",
        "id",
        "on_done",
        "on_start",
        "position",
        "state",
    )

    def __init__(self, leg: LegAudio, tag: int) -> None:
        self._leg = leg
        self._tag = tag
        self._future: asyncio.Future[bool] | None = None
        self._asked: list[asyncio.Future[Position]] = []
        self.id: Any = None  # the caller's own word, as the next one
        self.duration_ms: int | None = None
        self.state: PlaybackState = "waiting"
        self.position = Position()
        self.finished: bool | None = None
        self.error: Exception | None = None
        self.on_start: Callable[[Playback], None] | None = None
        self.on_done: Callable[[Playback], None] | None = None

    @property
    def done(self) -> bool:
        return self.finished is not None

    def stop(self) -> None:
        """Silence after a fade of 5 ms; what waits behind it begins."""
        self._do("stop")

    def pause(self) -> None:
        """Silence until resume(); what waits behind it waits on."""
        self._do("pause")

    def resume(self) -> None:
        self._do("resume")

    def seek(self, ms: int) -> None:
        """To `ms` from the start of the list; behind its end: it is over."""
        self._do("seek", ms * 8)

    def skip(self, ms: int) -> None:
        """Forward by `ms`, or back."""
        self._do("skip", ms * 8)

    def volume(self, db: float, ramp_ms: int = 20) -> None:
        """0: as recorded; up to +12, -60 and less is silence. Reached evenly within `ramp_ms`."""
        self._do("volume", round(max(-60.0, min(12.0, db)) * 100), ramp_ms)

    async def where(self) -> Position:
        """Its position now."""
        if not self.done:
            answer: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
            self._asked.append(answer)
            self._do("where")
            await answer
        return self.position

    def _do(self, what: str, value: int = 0, ramp_ms: int = 0) -> None:
        if not self.done:
            self._leg._play_do(self._tag, _DO[what], value, ramp_ms)

    def __await__(self) -> Generator[None, None, bool]:
        while not self.done:
            if self._future is None:
                self._future = asyncio.get_running_loop().create_future()
            yield from asyncio.shield(self._future).__await__()
        if self.error is not None:
            raise self.error
        return bool(self.finished)

    def _at(self, what: int, position: Position) -> None:
        """The media thread tells where it is; `what` it has done."""
        self.position = position
        if what in (_START, _RESUMED):
            self.state = "playing" if what == _RESUMED or self.state != "paused" else "paused"
        elif what == _PAUSED:
            self.state = "paused"
        if what != _START:
            self._answer()
        elif self.on_start is not None:
            self.on_start(self)

    def _answer(self) -> None:
        asked, self._asked = self._asked, []
        for answer in asked:
            if not answer.done():
                answer.set_result(self.position)

    def _end(self, finished: bool, error: Exception | None = None, position: Position | None = None) -> None:
        if self.done:
            return
        self.finished, self.error, self.state = finished, error, "done"
        if position is not None:
            self.position = position
        self._answer()
        if self._future is not None and not self._future.done():
            self._future.set_result(finished)
        if self.on_done is not None:
            self.on_done(self)
