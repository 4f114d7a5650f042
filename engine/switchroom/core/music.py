"""Hold music: one source for any number of legs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import BadParams
from .playback import Playback
from .sounds import Playable, length_ms

if TYPE_CHECKING:
    from ._leg_audio import LegAudio


class Music:
    """Items that repeat for ever, decoded once. `common`: it runs since it was made, all who listen hear the same and
    who joins comes in the middle; else each hears it from the start. Legs come and go with a fade of 5 ms."""

    __slots__ = ("_epoch", "_items", "volume_db")

    def __init__(self, items: Sequence[Playable], *, common: bool = True, volume_db: float = 0.0) -> None:
        if not length_ms(items):
            raise BadParams("hold music needs items that end: it repeats them by itself", field="music")
        self._items = tuple(items)
        self._epoch = time.monotonic() if common else 0.0
        self.volume_db = volume_db

    def play(self, leg: LegAudio) -> Playback:
        """In place of what the leg hears."""
        return leg.play(self._items, 0, volume_db=self.volume_db, epoch=self._epoch)


class Parked:
    """Where a parked leg was: with whom, and the count of moves of both since when nothing else has happened."""

    __slots__ = ("moves", "music", "peer", "peer_moves", "playback")

    def __init__(self, peer: LegAudio | None, moves: int, peer_moves: int) -> None:
        self.peer = peer
        self.moves = moves
        self.peer_moves = peer_moves
        self.music: Music | None = None
        self.playback: Playback | None = None

    def resume(self, leg: LegAudio) -> None:
        """Nothing plays any more."""
        if self.music is not None:
            self.playback = self.music.play(leg)
