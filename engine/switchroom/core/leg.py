"""One SIP dialog with one media endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import structlog
import uuid_utils

from .._sip import EVENTS as SIP_EVENTS
from .._sip import SIDES, SRTP_SUITES, monotonic_ns
from ..errors import BadParams, MediaError, NotFound, WrongState
from ._leg_audio import LegAudio
from .cause import End, failure
from .events import LegEventKind, LegState
from .uri import header_lines

if TYPE_CHECKING:
    from .._sip import Event as SipEvent
    from .._sip import Local as SipLocal
    from .._sip import Media as SipMedia
    from .core import Core
    from .options import SrtpPolicy

log = structlog.get_logger(__name__)

CODECS = {"PCMU": 0, "PCMA": 8, "G722": 9, "OPUS": 128}
"""Ids of the C library, which are no payload types."""
_CODEC_NAMES = {number: name for name, number in CODECS.items()}
NO_CODEC = 255
TELEPHONE_EVENT = 101
NO_EVENTS = 255
MAX_FORWARDS = 70  # RFC 3261 8.1.1.6
_DIRECTIONS = ("inactive", "sendonly", "recvonly", "sendrecv")
_SEND, _SENDRECV = 1, 3
_POLICIES = {"off": 0, "optional": 1, "required": 2}
_SESSION_PROGRESS = 183
_MAX_FORWARDS = re.compile(r"^max-forwards[ \t]*:\s*(\d+)", re.IGNORECASE | re.MULTILINE)

# The dialog has ended and its event waits for its turn: a command that would end it again has nothing to do.
_ENDED_ALREADY = contextlib.suppress(NotFound)

# How far a leg has come; a waiter waits for one of these.
_RINGING, _ANSWERED, _ENDED, _CLOSED = range(1, 5)


def codec_numbers(names: Sequence[str]) -> bytes:
    """Ids of codecs, preferred first; BadParams names the ones that there are."""
    if not names or len(set(names)) != len(names) or any(name not in CODECS for name in names):
        raise BadParams(f"codecs {list(names)}: each of {', '.join(CODECS)} at most once, one at least", field="codecs")
    return bytes(CODECS[name] for name in names)


class Leg(LegAudio):
    """Made by `Core.dial()` or handed to `Core.incoming`. All times are seconds on the loop's clock.

    `on_event(leg, LegEvent)` hears everything, in order, without a task. `owner` is free for whoever drives it.
    """

    __slots__ = (
        "__weakref__",
        "_call",
        "_offer",
        "_remote",
        "_rings",
        "_sender",
        "_waiters",
        "answered_at",
        "created_at",
        "direction",
        "end",
        "ended_at",
        "from_user",
        "headers",
        "owner",
        "ringing_at",
        "ruri_user",
        "sip_call_id",
        "srtp",
        "to_user",
    )

    def __init__(self, core: Core, direction: Literal["in", "out"], from_user: str, to_user: str, at: float) -> None:
        super().__init__(core)
        self.id = str(uuid_utils.uuid7())
        self.direction = direction
        self.state = LegState.CALLING if direction == "out" else LegState.INCOMING
        self.from_user = from_user
        self.to_user = to_user
        self.ruri_user = to_user
        self.sip_call_id = ""
        self.headers = ""  # incoming: all header lines of the INVITE
        self.created_at = at
        self.ringing_at: float | None = None
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.end: End | None = None
        self.owner: Any = None
        self.srtp: SrtpPolicy = core.settings.srtp  # incoming: may be set until the first SDP of ours
        self._call = 0  # SIP handle; 0: no INVITE is out
        self._offer: SipMedia | None = None  # incoming: their description, until answered
        self._sender: bytes | None = None  # who signals
        self._remote: SipMedia | None = None
        self._rings = False  # 180-182 was said, not only 183
        self._waiters: list[tuple[int, asyncio.Future[None]]] | None = None

    def __repr__(self) -> str:
        return f"<Leg {self.id} {self.direction} {self.state.value} {self.from_user!r} -> {self.to_user!r}>"

    @property
    def codec(self) -> str:
        """PCMU, PCMA, G722 or OPUS once agreed, else empty."""
        media = self._remote or self._offer
        return _CODEC_NAMES.get(media[2], "") if media else ""

    @property
    def encrypted(self) -> str:
        """SRTP suite in use, as SDP calls it (AEAD_AES_128_GCM); empty: in clear, or nothing agreed yet."""
        return SRTP_SUITES[self._remote[7]] if self._remote else ""

    @property
    def acceptable(self) -> bool:
        """Incoming: their offer and our policy go together. False: answer() would refuse the call with 488."""
        offer = self._offer
        if offer is None or not self._call:
            return True
        return self._agrees((self._rtp or offer[0], bytes((offer[2],)), offer[3], offer[4], _POLICIES[self.srtp], True))

    @property
    def max_forwards(self) -> int:
        """Incoming: hops that their INVITE may still make, at most 70."""
        found = _MAX_FORWARDS.search(self.headers)
        return min(int(found[1]), MAX_FORWARDS) if found else MAX_FORWARDS

    @property
    def ended(self) -> bool:
        return self.state is LegState.ENDED

    # ------------------------------------------------------------- signalling

    def ring(self, status: int = 180, *, early_media: bool = False) -> None:
        """Incoming: say 180-183. `early_media`: with our SDP, so that the caller hears what is played before the
        answer (183 is usual); without an offer of theirs there is no SDP to answer, and it only rings. Once answered or
        ended: nothing."""
        if not self._unanswered("ring"):
            return
        local = self._describe() if early_media and self._offer is not None else None
        if local is not None and not self._agrees(local):
            self.reject(488)
        elif self._tell(self._core.sip.progress, status, local):
            if local is not None:
                self._accept_offer()
            self._rang(monotonic_ns() * 1e-9, status)

    def answer(self) -> None:
        """Incoming: 200 with our SDP. Once answered or ended: nothing. Refused with 488 when their offer does not go
        with `srtp`. MediaError when no RTP ports are left: the caller has then been refused with 503."""
        if not self._unanswered("answer"):
            return
        try:
            local = self._describe()
        except MediaError:
            self.reject(503)
            raise
        if not self._agrees(local):
            self.reject(488)
        elif self._tell(self._core.sip.answer, local):
            self._accept_offer()
            self._answered(monotonic_ns() * 1e-9)

    def reject(self, status: int = 603, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Incoming: a final 300-699. Once ended: nothing. An answered leg needs hangup(): WrongState."""
        if self.state is LegState.ANSWERED:
            raise WrongState(f"leg {self.id} is answered: hang up instead of rejecting", leg_id=self.id)
        if self._unanswered("reject"):
            with _ENDED_ALREADY:
                self._tell(self._core.sip.reject, status, header_lines(headers))

    def hangup(self, q850: int = 16) -> None:
        """End it as its state asks: CANCEL, BYE or a refusal. Once ended: nothing."""
        if self.state is LegState.ENDED:
            return
        if self._call:
            with _ENDED_ALREADY:
                self._tell(self._core.sip.hangup, q850)
        else:  # its address was still being looked up
            self._ended(End(487, q850, "local"), monotonic_ns() * 1e-9)

    def hold(self, on: bool = True) -> None:
        """Ask the far side to stop sending (a=sendonly), or to go on. A MODIFIED event says how it went."""
        if self.state is not LegState.ANSWERED or not self._rtp or not self._remote:
            raise WrongState(f"leg {self.id} is {self.state.value}: only an answered one can be held", leg_id=self.id)
        local = self._local(bytes((self._remote[2],)), self._events(self._remote[3]), _SEND if on else _SENDRECV)
        self._tell(self._core.sip.modify, local)

    def _tell(self, command: Callable[..., None], *args: Any) -> bool:
        """False: the call has ended already, in the datagram before or by an earlier command; ENDED is on its way."""
        try:
            command(self._call, *args)
        except NotFound:
            return False
        return True

    def _unanswered(self, verb: str) -> bool:
        if self.direction == "out":
            raise WrongState(f"leg {self.id} is ours: the far side alone can {verb} it", leg_id=self.id)
        return self.state in (LegState.INCOMING, LegState.EARLY)

    def _agrees(self, local: SipLocal) -> bool:
        try:
            return self._core.sip.agrees(self._call, local)
        except NotFound:  # it has ended, and we are about to hear of it
            return True

    def _local(self, codecs: bytes, te_pt: int, direction: int = _SENDRECV) -> SipLocal:
        assert self._rtp
        return self._rtp, codecs, te_pt, direction, _POLICIES[self.srtp], self._core.settings.rtcp_mux

    def _describe(self) -> SipLocal:
        """Our SDP to their offer, or our own offer when they made none."""
        self._open_media()
        offer = self._offer
        if offer is None:
            return self._local(codec_numbers(self._core.settings.codecs), self._events(TELEPHONE_EVENT))
        events = TELEPHONE_EVENT if offer[3] != NO_EVENTS else NO_EVENTS
        return self._local(bytes((offer[2],)), self._events(events), offer[4])

    def _events(self, te_pt: int) -> int:
        """The payload type of telephone-event, NO_EVENTS where digits shall come in the audio alone."""
        return NO_EVENTS if self.dtmf_mode == "inband" else te_pt

    def _accept_offer(self) -> None:
        """Ours is out: what was only offered is agreed to, its keys are made."""
        if self._offer is not None and (agreed := self._core.sip.media(self._call)) is not None:
            self._set_remote(agreed)

    def _set_remote(self, media: SipMedia) -> None:
        if media == self._remote:
            return
        self._remote = media
        rtp, rtcp, codec, te_pt, direction, ptime_ms, mux, _, keys, coding = media
        te_pt = self._events(te_pt)
        if self._media:
            self._core.media.remote(
                self._media,
                rtp,
                rtcp,
                codec,
                te_pt,
                direction,
                ptime_ms if ptime_ms in _PTIMES else 20,
                coding,
                peer=self._sender,
                rtcp_mux=mux,
                keys=keys,
            )

    # ---------------------------------------------------------------- waiting

    async def wait_ringing(self) -> None:
        """Until it rings or is answered; the typed CallFailed when it ends first."""
        await self._reach(_RINGING, self.ringing_at is not None or self.answered_at is not None)

    async def wait_answered(self) -> None:
        """Until the answer; the typed CallFailed when there is none. Cancelled, it hangs up."""
        try:
            await self._reach(_ANSWERED, self.answered_at is not None)
        except asyncio.CancelledError:
            self.hangup()
            raise

    async def wait_ended(self) -> End:
        """Until signalling is over."""
        if self.end is None:
            await self._wait(_ENDED)
        assert self.end
        return self.end

    async def wait_closed(self) -> None:
        """Until audio is closed too and recordings are complete."""
        if not self.closed:
            await self._wait(_CLOSED)

    async def _reach(self, level: int, reached: bool) -> None:
        if not reached and self.end is None:
            await self._wait(level)
            reached = self.answered_at is not None or (level == _RINGING and self.ringing_at is not None)
        # One that was answered and is over by now has still been answered; whoever waits for the end sees it.
        if not reached:
            assert self.end
            raise failure(self.end, rang=self.ringing_at is not None, what=f"call to {self.to_user or 'far side'}")

    async def _wait(self, level: int) -> None:
        waiter = level, asyncio.get_running_loop().create_future()
        if self._waiters is None:
            self._waiters = []
        self._waiters.append(waiter)
        try:
            await waiter[1]
        finally:
            if self._waiters and waiter in self._waiters:
                self._waiters.remove(waiter)

    def _wake(self, level: int) -> None:
        if not self._waiters:
            return
        for waited, future in self._waiters:
            if waited <= level and not future.done():
                future.set_result(None)

    # -------------------------------------------------------------- SIP events

    def _rang(self, at: float, status: int) -> None:
        if self.state is LegState.ANSWERED:
            return
        self.state = LegState.EARLY
        first, rings = self.ringing_at is None, status != _SESSION_PROGRESS
        if first:
            self.ringing_at = at
        if first or (rings and not self._rings):
            self._rings = rings
            self._emit(LegEventKind.RINGING, at, status)
            self._wake(_RINGING)

    def _answered(self, at: float) -> None:
        if self.answered_at is not None:
            return
        self.state = LegState.ANSWERED
        self.answered_at = at
        self._emit(LegEventKind.ANSWERED, at)
        self._wake(_ANSWERED)

    def _on_progress(self, event: SipEvent) -> None:
        at, status, media = event[6] * 1e-9, event[3], event[7]
        self.sip_call_id = self.sip_call_id or event[10][0]
        if media is not None and media[2] != NO_CODEC and media != self._remote:
            self._set_remote(media)
            self._emit(LegEventKind.EARLY_MEDIA, at, status)
        if 180 <= status < 190:
            self._rang(at, status)

    def _on_answered(self, event: SipEvent) -> None:
        self.sip_call_id = self.sip_call_id or event[10][0]
        media = event[7]
        if media is None or media[2] == NO_CODEC:
            log.warning("answer_without_usable_codec", leg_id=self.id)
            self.hangup(88)  # Q.850: incompatible destination
            return
        self._set_remote(media)
        self._answered(event[6] * 1e-9)

    def _on_confirmed(self, event: SipEvent) -> None:
        media = event[7]
        if media is not None:
            if media[2] == NO_CODEC:
                self.hangup(88)
                return
            self._set_remote(media)
        self._emit(LegEventKind.CONFIRMED, event[6] * 1e-9)

    def _on_media(self, event: SipEvent) -> None:
        media = event[7]
        if media is not None and media[2] != NO_CODEC:
            self._set_remote(media)
            self._emit(LegEventKind.MEDIA_CHANGED, event[6] * 1e-9, _DIRECTIONS[media[4] & 3])

    def _on_modified(self, event: SipEvent) -> None:
        media = event[7]
        if event[3] < 300 and media is not None and media[2] != NO_CODEC:
            self._set_remote(media)
        self._emit(LegEventKind.MODIFIED, event[6] * 1e-9, event[3])

    def _on_ended(self, event: SipEvent) -> None:
        words = event[10]
        self.sip_call_id = self.sip_call_id or words[0]
        self._ended(End(event[3], event[4], SIDES[event[5]], words[1]), event[6] * 1e-9)

    def _ended(self, end: End, at: float) -> None:
        if self._call:
            self._core._legs.pop(self._call, None)
            self._call = 0
        self.state = LegState.ENDED
        self.end = end
        self.ended_at = at
        if self._media:
            # As of the end itself: what it took us to hear of it is no part of a recording.
            self._core.media.close_leg(self._media, round(at * 1e9))
        self._left()
        self._emit(LegEventKind.ENDED, at, end)
        self._wake(_ENDED)
        self._close_if_done(at)

    def _on_closed(self) -> None:
        self._wake(_CLOSED)


_PTIMES = frozenset((10, 20, 30, 40, 60))

_HANDLED = ("progress", "answered", "confirmed", "media", "modified", "ended")
ON_SIP: dict[int, Callable[[Leg, SipEvent], None]] = {
    SIP_EVENTS.index(name): getattr(Leg, f"_on_{name}") for name in _HANDLED
}
"""The handler of each event kind that belongs to a leg."""
