"""The media half of a Leg: what it hears, who listens to it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Any

import structlog

from .._media import AMD_REASONS, AMD_VERDICTS
from .._media import EVENTS as MEDIA_EVENTS
from .._sip import addr_text
from ..errors import BadParams, MediaError, WrongState
from .audio import AudioSink, Frames
from .events import AmdResult, BeepResult, Digit, LegEvent, LegEventKind, LegState, LegStats
from .music import Music, Parked
from .options import DtmfMode
from .playback import Playback, Position
from .quality import LegQuality, QualityAlarm
from .recording import SIDES, Beep, Gap, Recording, RecordOptions, RecordPart, RecordResult
from .sounds import SAMPLES_PER_MS, Playable, Source, as_items

if TYPE_CHECKING:
    from .._media import Event as MediaEvent
    from .core import Core

log = structlog.get_logger(__name__)

_DIGITS = frozenset("0123456789ABCD*#")
_DIGITS_MAX = 32
_WAYS = ("event", "audio")  # enum dtmf_way


class LegAudio:
    __slots__ = (
        "_amd",
        "_beep",
        "_core",
        "_digits",
        "_media",
        "_moves",
        "_parked",
        "_peer",
        "_players",
        "_quality",
        "_recordings",
        "_rtp",
        "_sink",
        "_stats",
        "_tap",
        "closed",
        "dtmf_mode",
        "id",
        "on_event",
        "on_partner",
        "state",
    )

    id: str
    state: LegState
    on_event: Callable[[Any, LegEvent], None] | None

    def __init__(self, core: Core) -> None:
        self._core = core
        self._media = 0  # handle; 0: no sockets are open
        self._rtp: bytes | None = None  # our RTP address
        self._stats: LegStats | None = None  # final ones, once closed
        self._quality: LegQuality | None = None  # final, once closed
        self._players: dict[int, Playback] | None = None
        self._peer: LegAudio | None = None  # bridged with
        self._moves = 0  # counts every change of what it is joined to
        self._parked: Parked | None = None
        self._recordings = 0
        self._amd: asyncio.Future[AmdResult] | None = None
        self._beep: asyncio.Future[BeepResult | None] | None = None
        self._tap: Frames | None = None
        self._sink: AudioSink | None = None
        self._digits: asyncio.Queue[str] | None = None
        self.closed = False
        self.dtmf_mode: DtmfMode = core.settings.dtmf  # to be changed before the audio is opened
        self.on_event = None
        self.on_partner: tuple[Callable[[], None], ...] = ()  # told when its partner has changed

    def _emit(self, kind: LegEventKind, at: float, value: Any = None) -> None:
        if self.on_event is not None:
            try:
                self.on_event(self, LegEvent(kind, at, value))
            except Exception:
                # The caller's bug must cost neither this leg's later events nor other legs'.
                log.exception("leg_event_handler_failed", leg_id=self.id, kind=kind.value)

    def _open_media(self) -> int:
        """The media leg, opened at first use. MediaError when no ports are left, WrongState once ended."""
        if not self._media:
            if self.state is LegState.ENDED:
                raise WrongState(f"leg {self.id} has ended", leg_id=self.id)
            self._media, self._rtp = self._core._open_media_leg(self)
        return self._media

    # ---------------------------------------------------------- what it hears

    def play(
        self,
        what: Source | Sequence[Playable],
        loops: int = 1,
        *,
        queue: bool = False,
        volume_db: float = 0.0,
        start_ms: int = 0,
        epoch: float = 0.0,
    ) -> Playback:
        """Play a file, a clip, or a list of items without gaps between them, to the leg. In place of what plays and
        waits; with `queue` behind it. `loops` of the whole; 0: until stopped.

        A path is read here and now when it is not held yet; `await core.load(path)` does it without holding the loop.
        `epoch` (seconds, the loop's clock): begin where a list that runs since then would be by now.
        """
        if isinstance(what, str | os.PathLike):
            what = self._core.clip(what)
        items = as_items(what)
        leg, playback, tag = self._playback()
        self._core.media.play(
            leg,
            items,
            tag,
            loops=loops,
            gain_cdb=round(max(-60.0, min(12.0, volume_db)) * 100),
            queue=queue,
            start=start_ms * SAMPLES_PER_MS,
            epoch=round(epoch * 1e9),
        )
        return self._started(tag, playback)

    def tone(
        self,
        hz: int,
        hz2: int = 0,
        *,
        level_dbm0: float = -13.0,
        on_ms: int = 0,
        off_ms: int = 0,
        total_ms: int = 0,
    ) -> Playback:
        """One or two frequencies, each at `level_dbm0`. `off_ms` 0: steady. `total_ms` 0: until stopped."""
        leg, playback, tag = self._playback()
        self._core.media.tone(leg, hz, hz2, round(level_dbm0 * 100), on_ms, off_ms, total_ms, tag)
        return self._started(tag, playback)

    def dtmf(self, digits: str, *, tone_ms: int = 100, gap_ms: int = 100) -> Playback:
        """Send 1-32 of 0-9 A-D * #: as telephone-event (RFC 4733) when agreed, else as tones."""
        digits = digits.upper()
        if not digits or len(digits) > _DIGITS_MAX or not _DIGITS.issuperset(digits):
            raise BadParams(f"digits {digits!r}: 1 to {_DIGITS_MAX} of 0-9 A-D * # are allowed", field="digits")
        leg, playback, tag = self._playback()
        self._core.media.dtmf(leg, digits, tone_ms, gap_ms, tag)
        return self._started(tag, playback)

    def _playback(self) -> tuple[int, Playback, int]:
        tag = self._core._next_tag()
        return self._open_media(), Playback(self, tag), tag

    def _started(self, tag: int, playback: Playback) -> Playback:
        if self._players is None:
            self._players = {}
        self._players[tag] = playback
        return playback

    @property
    def playbacks(self) -> tuple[Playback, ...]:
        """What plays and what waits behind it, oldest first."""
        return tuple(self._players.values()) if self._players else ()

    def stop_playing(self) -> None:
        """All of it, with a fade of 5 ms."""
        if self._media:
            self._core.media.stop_play(self._media)

    def _play_do(self, tag: int, what: int, value: int, ramp_ms: int) -> None:
        if self._media:
            self._core.media.play_do(self._media, tag, what, value, ramp_ms)

    def bridge(self, other: LegAudio) -> None:
        """Both hear each other from now on; earlier bridges of either end."""
        self._core.media.bridge(self._open_media(), other._open_media())
        changed = {self, other, *self._let_go(), *other._let_go()}
        self._peer, other._peer = other, self
        _tell(changed)

    def unbridge(self) -> None:
        if self._media:
            self._core.media.unbridge(self._media)
        self._left()

    def echo(self, on: bool = True) -> None:
        """The leg hears itself."""
        self._core.media.echo(self._open_media(), on)
        self._left()

    def _left(self) -> None:
        """It is not where it was: whoever was bridged with it is alone."""
        if parted := self._let_go():
            _tell({self, *parted})

    def _let_go(self) -> tuple[LegAudio, ...]:
        self._moves += 1
        peer, self._peer = self._peer, None
        if peer is None:
            return ()
        peer._moves += 1
        peer._peer = None
        return (peer,)

    @property
    def partner(self) -> LegAudio | None:
        """Who it is bridged with. Functions in `on_partner` are told when that has changed."""
        return self._peer

    def park(self, music: Music | None = None) -> None:
        """Take the leg off its bridge and let it hear `music` (None: nothing); its partner hears nothing. Parked
        again: other music. What is played to it meanwhile interrupts the music, which then goes on."""
        self._open_media()
        if self._parked is None:
            peer = self._peer
            self.unbridge()
            self._parked = Parked(peer, self._moves, peer._moves if peer is not None else 0)
        self._parked.music = music
        if music is not None:
            self._parked.playback = music.play(self)
        elif self._parked.playback is not None:
            self._parked.playback.stop()

    def unpark(self) -> bool:
        """End the music; bridge it again with its partner when both are still where park() left them. True: they hear
        each other again."""
        parked, self._parked = self._parked, None
        if parked is None:
            return False
        if parked.playback is not None:
            parked.playback.stop()
        peer = parked.peer
        still = peer is not None and peer._media and self._media
        if still and (parked.moves, parked.peer_moves) == (self._moves, peer._moves):  # type: ignore[union-attr]  # `still`
            self.bridge(peer)  # type: ignore[arg-type]  # `still`
            return True
        return False

    @property
    def parked(self) -> bool:
        return self._parked is not None

    def sink(self, buffer_ms: int = 400) -> AudioSink:
        """Become the leg's player: write PCM to it. One at a time; a new one replaces it."""
        if self._sink is not None:
            self._sink.close()
        self._core.media.open_sink(self._open_media(), buffer_ms)
        self._sink = AudioSink(self)
        return self._sink

    # -------------------------------------------------------- who listens to it

    def record(self, path: str | os.PathLike[str], options: RecordOptions | None = None) -> Recording:
        """Record as a WAV file at `path`, both sides unless told otherwise; missing folders are made."""
        name, o = os.fspath(path), options or RecordOptions()
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        suffix = os.path.splitext(name)[1] if o.suffix is None else o.suffix
        beep = o.beep or Beep(every_ms=0)
        handle = self._core.media.start_recording(
            self._open_media(),
            name,
            0,
            suffix=len(os.fsencode(suffix)),
            sides=SIDES.index(o.sides),
            linear=o.linear,
            part_ms=o.part_ms,
            part_bytes=o.part_bytes,
            beep_every_ms=beep.every_ms,
            beep_ms=beep.ms,
            beep_hz=beep.hz,
            beep_cdb=round(beep.level_dbm0 * 100),
        )
        recording = Recording(self, handle, name, suffix)
        self._core._recordings[handle] = recording
        self._recordings += 1
        return recording

    def _stop_recording(self, handle: int, at: float) -> None:
        self._core.media.stop_recording(handle, round(at * 1e9))

    def _pause_recording(self, handle: int, on: bool) -> None:
        media = self._core.media
        (media.pause_recording if on else media.resume_recording)(handle)

    def amd(
        self,
        *,
        initial_silence_ms: int = 0,
        greeting_ms: int = 0,
        after_greeting_ms: int = 0,
        total_ms: int = 0,
        min_word_ms: int = 0,
        max_words: int = 0,
    ) -> asyncio.Future[AmdResult]:
        """Who answered? From now on; 0 is the detector's default. A leg that closes first is `unknown`."""
        media = self._open_media()
        self._core.media.start_amd(
            media, initial_silence_ms, greeting_ms, after_greeting_ms, total_ms, min_word_ms, max_words
        )
        self._amd = asyncio.get_running_loop().create_future()
        return self._amd

    def stop_amd(self) -> None:
        """No verdict will come; the future is cancelled."""
        if self._amd is not None and not self._amd.done() and self._media:
            self._core.media.stop_amd(self._media)
            self._amd.cancel()

    def beep(self, timeout_s: float = 30.0) -> asyncio.Future[BeepResult | None]:
        """Wait for an answering machine's beep; None when none came in time or the leg closed."""
        self._core.media.start_beep(self._open_media(), round(timeout_s * 1000))
        self._beep = asyncio.get_running_loop().create_future()
        return self._beep

    def frames(self, buffer_ms: int = 500) -> Frames:
        """What the leg says, as PCM frames. One reader at a time; WrongState for a second."""
        if self._tap is not None:
            raise WrongState(
                f"leg {self.id}: somebody reads its frames already; close that reader first", leg_id=self.id
            )
        self._core.media.open_tap(self._open_media(), buffer_ms)
        self._tap = Frames(self)
        return self._tap

    def _close_tap(self) -> None:
        self._tap = None
        if self._media:
            self._core.media.close_tap(self._media)

    def open_fork(self, sides: int, buffer_ms: int) -> None:
        """A tap beside frames(), for a media fork: what it says (1), hears (2), both (3). WrongState: it has one."""
        self._core.media.open_fork(self._open_media(), sides, buffer_ms)

    def read_fork(self, records: int) -> tuple[bytes, int]:
        """Whole records, in order, and how many were lost because nobody read. NotFound once the leg is closed."""
        return self._core.media.read_fork(self._media, records)

    def close_fork(self) -> None:
        if self._media:
            self._core.media.close_fork(self._media)

    async def digits(self) -> AsyncIterator[str]:
        """Digits the far side presses, from the first call of this on; ends when the leg closes."""
        if self._digits is None:
            self._digits = asyncio.Queue()
        while not (self.closed and self._digits.empty()):
            digit = await self._digits.get()
            if digit:
                yield digit

    def stats(self) -> LegStats:
        """Counters now; the final ones once closed; zeros when no audio was ever opened."""
        if self._media:
            return LegStats.of(self._core.media.leg_stats(self._media))
        return self._stats or LegStats()

    def quality(self) -> LegQuality | None:
        """Figures as of the last half second; the final ones once closed. None: this Core does not measure, or no
        audio was ever opened."""
        if self._media and self._core._quality is not None:
            return LegQuality.of(self._core.media.leg_quality(self._media))
        return self._quality

    # ----------------------------------------------------------- media events

    def _on_leg_closed(self, event: MediaEvent) -> None:
        self._quality = self.quality()
        media, self._media = self._media, 0
        self._stats = LegStats.of(self._core.media.leg_stats(media))
        self._core._release_media_leg(media)
        at = event[3] * 1e-9
        self._end_audio(at)
        self._close_if_done(at)

    def _abandon_audio(self, at: float) -> None:
        """The media threads are gone."""
        self._media = self._recordings = 0
        self._end_audio(at)

    def _end_audio(self, at: float) -> None:
        """Nobody shall wait for what cannot come any more."""
        self._left()
        self._parked = None
        for tag in list(self._players or ()):
            self._play_ended(tag, False, at)
        if self._amd is not None and not self._amd.done():
            self._amd.set_result(AmdResult("unknown", 0, 0.0, "hangup"))
        if self._beep is not None and not self._beep.done():
            self._beep.set_result(None)
        if self._tap is not None:
            self._tap._ended()
            self._tap = None
        if self._sink is not None:
            self._sink._ended()

    def _close_if_done(self, at: float) -> None:
        """The last event: signalling, audio and recordings are all over."""
        if self.closed or self._media or self._recordings or self.state is not LegState.ENDED:
            return
        self.closed = True
        if self._digits is not None:
            self._digits.put_nowait("")
        self._core._forget(self)
        self._emit(LegEventKind.CLOSED, at, self.stats())
        self._on_closed()

    def _on_closed(self) -> None:
        """For the signalling half."""

    def _on_latched(self, event: MediaEvent) -> None:
        address = event[8]
        self._emit(LegEventKind.LATCHED, event[3] * 1e-9, addr_text(address) if address else None)

    def _on_silent(self, event: MediaEvent) -> None:
        self._emit(LegEventKind.SILENT, event[3] * 1e-9, event[4])

    def _on_resumed(self, event: MediaEvent) -> None:
        self._emit(LegEventKind.RESUMED, event[3] * 1e-9)

    def _on_dtmf(self, event: MediaEvent) -> None:
        digit = chr(event[4])
        if self._digits is not None:
            self._digits.put_nowait(digit)
        self._emit(LegEventKind.DTMF, event[3] * 1e-9, Digit(digit, event[5], _WAYS[event[6]]))

    def _on_play_done(self, event: MediaEvent) -> None:
        self._play_ended(event[2], event[4] == 0, event[3] * 1e-9, position=_position(event))

    def _on_play_at(self, event: MediaEvent) -> None:
        playback = self._players.get(event[2]) if self._players else None
        if playback is not None:
            playback._at(event[4], _position(event))
            self._emit(LegEventKind.PLAYING, event[3] * 1e-9, playback)

    def _play_ended(
        self,
        tag: int,
        finished: bool,
        at: float,
        error: Exception | None = None,
        position: Position | None = None,
    ) -> None:
        playback = self._players.pop(tag, None) if self._players else None
        if playback is None:
            return  # the end of a sink
        playback._end(finished, error, position)
        if self._parked is not None and not self._players and self.state is not LegState.ENDED:
            self._parked.resume(self)
        self._emit(LegEventKind.PLAYED, at, playback)

    def _tell_recording(self, recording: Recording, kind: LegEventKind, at: float, value: Any) -> None:
        if recording.listener is not None:
            try:
                recording.listener(LegEvent(kind, at, value))
            except Exception:
                log.exception("leg_event_handler_failed", leg_id=self.id, kind=kind.value)
        self._emit(kind, at, value)

    def _on_rec_done(self, event: MediaEvent) -> None:
        recording = self._core._recordings.pop(event[1])
        self._recordings -= 1
        result = RecordResult(recording.path, event[5], event[6], event[4], max(event[7], 1))
        recording._end(result)
        at = event[3] * 1e-9
        self._tell_recording(recording, LegEventKind.RECORDED, at, result)
        self._close_if_done(at)

    def _on_rec_part(self, event: MediaEvent) -> None:
        recording, number = self._core._recordings[event[1]], event[4]
        part = RecordPart(recording.part(number), number, event[5], event[6])
        self._tell_recording(recording, LegEventKind.RECORD_PART, event[3] * 1e-9, part)

    def _on_rec_paused(self, event: MediaEvent) -> None:
        recording, gap = self._core._recordings[event[1]], Gap(event[5], None)
        recording.gaps.append(gap)
        self._tell_recording(recording, LegEventKind.RECORD_PAUSED, event[3] * 1e-9, gap)

    def _on_rec_resumed(self, event: MediaEvent) -> None:
        recording = self._core._recordings[event[1]]
        recording.gaps[-1] = Gap(recording.gaps[-1].start, event[5])
        self._tell_recording(recording, LegEventKind.RECORD_RESUMED, event[3] * 1e-9, recording.gaps[-1])

    def _on_rec_error(self, event: MediaEvent) -> None:
        log.warning("recording_failed", leg_id=self.id, error=os.strerror(event[4]))
        recording = self._core._recordings[event[1]]
        self._tell_recording(recording, LegEventKind.RECORD_ERROR, event[3] * 1e-9, event[4])

    def _on_amd(self, event: MediaEvent) -> None:
        result = AmdResult(AMD_VERDICTS[event[4]], event[5], event[6] / 1000, AMD_REASONS[event[7]])
        if self._amd is not None and not self._amd.done():
            self._amd.set_result(result)
        self._emit(LegEventKind.AMD, event[3] * 1e-9, result)

    def _on_beep(self, event: MediaEvent) -> None:
        result = BeepResult(event[5], event[6]) if event[4] else None
        if self._beep is not None and not self._beep.done():
            self._beep.set_result(result)
        self._emit(LegEventKind.BEEP, event[3] * 1e-9, result)

    def _on_tap_ready(self, event: MediaEvent) -> None:
        if self._tap is not None:
            self._tap._ready()

    def _on_sink_low(self, event: MediaEvent) -> None:
        if self._sink is not None:
            self._sink._low(event[5])

    def _on_quality(self, event: MediaEvent) -> None:
        self._emit(LegEventKind.QUALITY, event[3] * 1e-9, QualityAlarm.of(*event[4:8]))

    def _on_command_failed(self, event: MediaEvent) -> None:
        why = os.strerror(event[4])
        log.warning("media_command_failed", leg_id=self.id, command=event[5], error=why)
        self._play_ended(event[2], False, event[3] * 1e-9, MediaError(f"leg {self.id}: {why}", errno=event[4]))


def _tell(legs: set[LegAudio]) -> None:
    """Their partner has changed."""
    for leg in legs:
        for listener in leg.on_partner:
            try:
                listener()
            except Exception:
                log.exception("leg_partner_handler_failed", leg_id=leg.id)


def _position(event: MediaEvent) -> Position:
    return Position(event[5] // SAMPLES_PER_MS, event[6] // SAMPLES_PER_MS, event[7])


ON_MEDIA: tuple[Callable[[LegAudio, MediaEvent], None], ...] = tuple(
    getattr(LegAudio, f"_on_{name}") for name in MEDIA_EVENTS
)
"""The handler of each event kind."""

OF_RECORDING = frozenset(
    MEDIA_EVENTS.index(name) for name in ("rec_done", "rec_error", "rec_part", "rec_paused", "rec_resumed")
)
"""Kinds whose handle is a recording's."""
