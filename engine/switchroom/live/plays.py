"""What calls hear by command: playlists, music on hold."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

import uuid_utils

from ..config import AudioConfig
from ..core import Core, Music, Playback, length_ms
from ..errors import BadParams, Exists, NotFound
from ..schema._base import ById, Done
from ..schema.call import (
    Hold,
    Play,
    PlayControl,
    PlayInfo,
    PlayItem,
    PlayList,
    PlaySeek,
    PlayStop,
    PlayVolume,
)
from .call import Call
from .events import Events
from .playlist import PlaylistMaker

_MUSIC_MAX = 64


class Plays:
    """`audio`: its [audio]; `answered(id)` gives a call that is up and answered, or raises NotFound or WrongState."""

    def __init__(self, core: Core, audio: AudioConfig, answered: Callable[[str], Call], events: Events) -> None:
        self._audio = audio
        self._answered = answered
        self._events = events
        self._maker = PlaylistMaker(core, audio)
        self._turns: dict[str, tuple[asyncio.Lock, int]] = {}
        self._music: dict[tuple[tuple[PlayItem, ...], bool], Music] = {}

    async def open(self) -> None:
        """A bad file of hold music is told at start."""
        await self._hold_music((), None)

    @contextlib.asynccontextmanager
    async def _turn(self, call_id: str) -> AsyncIterator[None]:
        """Commands to one call are carried out in the order they came, also while files of an earlier one are read."""
        lock, waiting = self._turns.get(call_id, (asyncio.Lock(), 0))
        self._turns[call_id] = lock, waiting + 1
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._turns[call_id]
            self._turns[call_id] = lock, waiting - 1
            if waiting == 1:
                del self._turns[call_id]

    # -------------------------------------------------------------------- play

    async def play(self, req: Play) -> PlayInfo:
        if (req.file is None) == (not req.items):
            raise BadParams("give either file or items", field="items")
        items = req.items or (PlayItem(file=req.file),)
        async with self._turn(req.id):
            self._answered(req.id)
            if req.play_id is not None and self._find(req.id, req.play_id) is not None:
                raise Exists(f"call {req.id} plays {req.play_id} already", call_id=req.id)
            sounds = await self._maker.make(items)
            call = self._answered(req.id)
            playback = call.leg.play(
                sounds, req.loops, queue=req.mode == "queue", volume_db=req.volume_db, start_ms=req.start_ms
            )
            once = length_ms(sounds)
            playback.id = req.play_id or str(uuid_utils.uuid7())
            playback.duration_ms = once * req.loops if once is not None and req.loops else None
            playback.on_start = lambda playback: self._tell(call, "call.play.started", playback)
            playback.on_done = lambda playback: self._tell(call, "call.play.ended", playback)
            return _info(req.id, playback)

    def _tell(self, call: Call, topic: str, playback: Playback) -> None:
        data: dict[str, object] = {"play_id": playback.id}
        if topic == "call.play.started":
            data["duration_ms"] = playback.duration_ms
        else:
            where = playback.position
            data |= {"finished": bool(playback.finished), "position_ms": where.ms, "played_ms": where.played_ms}
            data["item"] = where.item
            if playback.error is not None:
                data["error"] = str(playback.error)
        self._events.publish(topic, data, **call.ids)

    def _find(self, call_id: str, play_id: str | None) -> Playback | None:
        """None: the one that plays."""
        playbacks = [each for each in self._answered(call_id).leg.playbacks if each.id is not None]
        if play_id is None:
            return playbacks[0] if playbacks else None
        return next((each for each in playbacks if each.id == play_id), None)

    def _need(self, call_id: str, play_id: str | None) -> Playback:
        playback = self._find(call_id, play_id)
        if playback is None:
            what = f" plays {play_id} no more" if play_id else " plays nothing"
            raise NotFound(f"call {call_id}{what}", call_id=call_id)
        return playback

    async def stop(self, req: PlayStop) -> Done:
        async with self._turn(req.id):
            if req.play_id is not None:
                playback = self._find(req.id, req.play_id)
                if playback is not None:
                    playback.stop()
                return Done(already=playback is None)
            leg = self._answered(req.id).leg
            already = not leg.playbacks
            leg.stop_playing()
            return Done(already=already)

    async def pause(self, req: PlayControl) -> PlayInfo:
        return await self._do(req.id, req.play_id, Playback.pause)

    async def resume(self, req: PlayControl) -> PlayInfo:
        return await self._do(req.id, req.play_id, Playback.resume)

    async def seek(self, req: PlaySeek) -> PlayInfo:
        if (req.position_ms is None) == (req.by_ms is None):
            raise BadParams("give either position_ms or by_ms", field="position_ms")
        if req.by_ms is not None:
            by_ms = req.by_ms
            return await self._do(req.id, req.play_id, lambda playback: playback.skip(by_ms))
        position_ms = req.position_ms or 0
        return await self._do(req.id, req.play_id, lambda playback: playback.seek(position_ms))

    async def volume(self, req: PlayVolume) -> PlayInfo:
        return await self._do(req.id, req.play_id, lambda playback: playback.volume(req.volume_db, req.ramp_ms))

    async def _do(self, call_id: str, play_id: str | None, command: Callable[[Playback], None]) -> PlayInfo:
        async with self._turn(call_id):
            playback = self._need(call_id, play_id)
            command(playback)
            await playback.where()
            return _info(call_id, playback)

    async def list(self, req: ById) -> PlayList:
        playing = [each for each in self._answered(req.id).leg.playbacks if each.id is not None]
        for playback in playing:
            await playback.where()
        return PlayList(items=tuple(_info(req.id, each) for each in playing if not each.done))

    # -------------------------------------------------------------------- hold

    async def hold(self, req: Hold) -> Done:
        async with self._turn(req.id):
            self._answered(req.id)
            music = await self._hold_music(req.music, req.common)
            call = self._answered(req.id)
            already = call.leg.parked
            call.leg.park(music)
            if not already:
                self._events.publish("call.held", {}, **call.ids)
            return Done(already=already)

    async def unhold(self, req: ById) -> Done:
        async with self._turn(req.id):
            call = self._answered(req.id)
            if not call.leg.parked:
                return Done(already=True)
            joined = call.leg.unpark()
            self._events.publish("call.unheld", {"joined": joined}, **call.ids)
            return Done()

    async def _hold_music(self, items: Sequence[PlayItem], common: bool | None) -> Music | None:
        """One source for all who ask for the same."""
        asked = tuple(items) or tuple(PlayItem(file=file) for file in self._audio.hold_music)
        if not asked:
            return None
        shared = self._audio.hold_start == "common" if common is None else common
        key = asked, shared
        music = self._music.get(key)
        if music is None:
            sounds = await self._maker.make(asked)
            music = Music(sounds, common=shared, volume_db=self._audio.hold_volume_db)
            if len(self._music) >= _MUSIC_MAX:
                del self._music[next(iter(self._music))]
            music = self._music.setdefault(key, music)
        return music


def _info(call_id: str, playback: Playback) -> PlayInfo:
    where = playback.position
    return PlayInfo(
        id=call_id,
        play_id=playback.id,
        state=playback.state,
        position_ms=where.ms,
        played_ms=where.played_ms,
        item=where.item,
        duration_ms=playback.duration_ms,
        already=playback.done,
    )
