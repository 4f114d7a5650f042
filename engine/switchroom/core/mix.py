"""Three or more legs together, each hearing whom it may: conferences, and supervisors beside a bridge."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .core import Core
    from .leg import Leg


class Mix:
    """Each member hears the sum of the others that may talk, or of those it has chosen. Up to 16 members."""

    __slots__ = ("_core", "_handle")

    def __init__(self, core: Core, handle: int) -> None:
        self._core = core
        self._handle = handle

    def join(self, leg: Leg, *, talk: bool = True, hear: bool = True, beside: bool = False) -> None:
        """Capacity when the mix is full. Joining again changes the roles.

        `beside`: the leg keeps its bridge, which goes on forwarding without a gap; what it hears of the mix is laid
        over that. It never hears its partner through the mix. Such legs join first: the mix lives where they are.
        """
        self._core.media.join_mix(self._handle, leg._open_media(), talk, hear, beside)
        if not beside:
            leg._left()

    def hear(self, leg: Leg, others: Iterable[Leg]) -> None:
        """From now on `leg` hears these members only, and nobody who joins later. NotFound: one is no member."""
        self._core.media.hear_mix(self._handle, leg._open_media(), [other._open_media() for other in others])

    def leave(self, leg: Leg) -> None:
        if leg._media:
            self._core.media.leave_mix(leg._media)

    def close(self) -> None:
        """Its members hear nothing more from each other. A second call does nothing."""
        handle, self._handle = self._handle, 0
        if handle:
            self._core.media.close_mix(handle)
