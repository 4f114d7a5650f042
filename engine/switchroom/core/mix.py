"""Three or more legs together; a supervisor who only listens."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .core import Core
    from .leg import Leg


class Mix:
    """Each member hears the sum of the others that may talk. Up to 16 members."""

    __slots__ = ("_core", "_handle")

    def __init__(self, core: Core, handle: int) -> None:
        self._core = core
        self._handle = handle

    def join(self, leg: Leg, *, talk: bool = True, hear: bool = True) -> None:
        """Capacity when the mix is full. Joining again changes the roles."""
        self._core.media.join_mix(self._handle, leg._open_media(), talk, hear)

    def leave(self, leg: Leg) -> None:
        if leg._media:
            self._core.media.leave_mix(leg._media)

    def close(self) -> None:
        """Its members hear nothing more from each other. A second call does nothing."""
        handle, self._handle = self._handle, 0
        if handle:
            self._core.media.close_mix(handle)
