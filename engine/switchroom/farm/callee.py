"""One callee: carries out a plan on one incoming leg."""

from __future__ import annotations

import asyncio
import time

from ..core import Core, Leg, LegEvent, LegEventKind
from .population import Plan, callee_speech
from .truth import CalleeTruth
from .voice import Voices


class Watch:
    """What has happened to a leg, as events that can be waited for."""

    def __init__(self, leg: Leg) -> None:
        self.leg = leg
        self.heard_at_ms: int | None = None
        self.ended_at_ms = 0
        self.heard = asyncio.Event()
        self.ended = asyncio.Event()
        leg.on_event = self._on_event

    def _on_event(self, leg: Leg, event: LegEvent) -> None:
        match event.kind:
            case LegEventKind.LATCHED if not self.heard.is_set():
                self.heard_at_ms = now_ms()
                self.heard.set()
            case LegEventKind.ENDED:
                self.ended_at_ms = now_ms()
                self.ended.set()

    async def stays(self, duration_s: float) -> bool:
        """Wait; False as soon as the call has ended."""
        return not await _within(self.ended, duration_s)


async def _within(event: asyncio.Event, duration_s: float) -> bool:
    try:
        async with asyncio.timeout(duration_s):
            await event.wait()
    except TimeoutError:
        return event.is_set()
    return True


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Callee:
    """Who answers `leg`, under an identity of their own that their markers carry."""

    def __init__(self, core: Core, leg: Leg, plan: Plan, identity: int, voices: Voices) -> None:
        self._core = core
        self._leg = leg
        self._plan = plan
        self._identity = identity
        self._voices = voices
        self._watch = Watch(leg)
        self._answered_at_ms: int | None = None

    async def live(self) -> CalleeTruth:
        """From the INVITE to the end; what was lived. Cancelled: the call is ended."""
        invited_at_ms = now_ms()
        try:
            await self._act()
        finally:
            self._leg.hangup()
        await self._leg.wait_closed()
        return self._truth(invited_at_ms)

    async def _act(self) -> None:
        plan, leg, watch = self._plan, self._leg, self._watch
        if not await watch.stays(plan.delay_s):
            return
        if plan.ring_s is None or plan.ring_s > 0:
            leg.ring()
        if plan.ring_s is None:
            await watch.ended.wait()
            return
        if not await watch.stays(plan.ring_s):
            return
        if plan.status == 200:
            await self._talk()
            return
        if plan.early:
            await self._announce()
        if not watch.ended.is_set():
            leg.reject(plan.status)

    async def _announce(self) -> None:
        """Early media: audio under a 183."""
        self._leg.ring(183, early_media=True)
        clip = self._core.clip_pcm(callee_speech(self._plan, self._voices, self._identity).samples)
        self._leg.play(clip)
        await self._watch.stays(self._plan.stay_s)
        clip.release()

    async def _talk(self) -> None:
        clip = self._core.clip_pcm(callee_speech(self._plan, self._voices, self._identity).samples)
        self._leg.answer()
        self._answered_at_ms = now_ms()
        self._leg.play(clip)
        try:
            await self._listen()
        finally:
            clip.release()

    async def _listen(self) -> None:
        """Stay on the line until one's own reasons to leave, or theirs, come true."""
        plan, watch = self._plan, self._watch
        try:
            async with asyncio.timeout(plan.stay_s):
                if plan.patience_s is not None and not await self._hears(plan.patience_s):
                    return
                if plan.talk_s is not None:
                    await watch.stays(plan.talk_s)
                else:
                    await watch.ended.wait()
        except TimeoutError:
            return

    async def _hears(self, patience_s: float) -> bool:
        """Whether anything is heard before patience or the call ends."""
        heard = asyncio.ensure_future(self._watch.heard.wait())
        ended = asyncio.ensure_future(self._watch.ended.wait())
        try:
            await asyncio.wait((heard, ended), timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            heard.cancel()
            ended.cancel()
        return self._watch.heard.is_set()

    def _truth(self, invited_at_ms: int) -> CalleeTruth:
        leg, stats, end = self._leg, self._leg.stats(), self._leg.end
        return CalleeTruth(
            sip_call_id=leg.sip_call_id,
            number=self._plan.number,
            nth=self._plan.nth,
            identity=self._identity,
            kind=self._plan.kind.value,
            invited_at_ms=invited_at_ms,
            answered_at_ms=self._answered_at_ms,
            heard_at_ms=self._watch.heard_at_ms,
            ended_at_ms=self._watch.ended_at_ms,
            status=end.status if end is not None else 0,
            side=end.side if end is not None else "",
            rx_packets=stats.rx_packets,
            rx_lost=stats.rx_lost,
            tx_packets=stats.tx_packets,
            tx_errors=stats.tx_errors,
        )
