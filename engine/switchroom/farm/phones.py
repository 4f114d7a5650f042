"""Agents' phones: SIP user agents that are logged in over the control socket, answer, talk and wrap up."""

from __future__ import annotations

import asyncio
import collections
import itertools
from dataclasses import dataclass
from typing import Any

import structlog

from ..client import AsyncClient
from ..core import Clip, Core, CoreOptions, Leg, Playback
from ..errors import EngineError
from .agent import AGENT_BIT, Shift, agent_speech, draw
from .audio import RATE, room_tone
from .callee import now_ms
from .truth import PhoneTruth, TalkTruth, TruthLog
from .voice import Voices

log = structlog.get_logger("phones")

_ROOM_S = 4  # of room tone, repeated
_GOODBYE_S = 2.0  # for the daemon to hang up the phones of agents who log out


@dataclass(slots=True)
class _Talk:
    """A talk that is going on."""

    identity: int
    call_id: str
    nth: int
    started_at_ms: int
    timer: asyncio.TimerHandle
    hung_up: bool = False


class Agent:
    """One agent: a phone that is always answered, and a mind that follows `agent.state` events."""

    def __init__(self, agent_id: str, phones: Phones) -> None:
        self.id = agent_id
        self.talks = 0
        self.hung_up = asyncio.Event()  # the phone is on the hook
        self.hung_up.set()
        self._phones = phones
        self._leg: Leg | None = None
        self._talk: _Talk | None = None
        self._ready_clip: tuple[int, Clip] | None = None
        self._playback: Playback | None = None
        self._work: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------- the phone

    async def answer(self, leg: Leg) -> None:
        """A call to this phone, from its INVITE to its end."""
        self.hung_up.clear()
        try:
            await self._answer(leg)
        finally:
            self.hung_up.set()

    async def _answer(self, leg: Leg) -> None:
        leg.ring()
        await asyncio.sleep(0.1)
        leg.answer()
        answered_at_ms = now_ms()
        self._leg = leg
        self._breathe()
        end = await leg.wait_ended()
        if self._leg is leg:
            self._leg = None
        await leg.wait_closed()
        stats = leg.stats()
        self._phones.add_phone(
            PhoneTruth(
                agent_id=self.id,
                sip_call_id=leg.sip_call_id,
                answered_at_ms=answered_at_ms,
                ended_at_ms=now_ms(),
                side=end.side,
                rx_packets=stats.rx_packets,
                rx_lost=stats.rx_lost,
                tx_packets=stats.tx_packets,
                tx_errors=stats.tx_errors,
            )
        )

    def _breathe(self) -> None:
        """Between talks the phone sends what a quiet room sounds like."""
        if self._leg is not None and not self._leg.ended:
            self._playback = self._leg.play(self._phones.room_tone, loops=0)

    # -------------------------------------------------------------- the mind

    def on_state(self, state: str, call_id: str | None) -> None:
        if state == "talking" and call_id is not None:
            self._begin(call_id)
            return
        self._finish()
        if state == "wrapup":
            self._later(self._wrap_up(draw(self._phones.shift, self.id, self.talks - 1).wrapup_s))
        if state == "ready":
            self.prepare()

    def prepare(self) -> None:
        """Render the next talk while there is time."""
        if self._ready_clip is None:
            identity = self._phones.next_identity()
            speech = agent_speech(self._phones.shift.seed, self.id, self.talks, identity, self._phones.voices)
            self._ready_clip = identity, self._phones.core.clip_pcm(speech.samples)

    def _begin(self, call_id: str) -> None:
        if self._talk is not None:
            return
        self.prepare()
        assert self._ready_clip is not None
        identity, clip = self._ready_clip
        self._ready_clip = None
        if self._leg is not None and not self._leg.ended:
            self._playback = self._leg.play(clip)
        clip.release()  # what plays it keeps it
        talk_s = draw(self._phones.shift, self.id, self.talks).talk_s
        timer = asyncio.get_running_loop().call_later(talk_s, lambda: self._later(self._hang_up(call_id)))
        self._talk = _Talk(identity, call_id, self.talks, now_ms(), timer)
        self.talks += 1

    def _finish(self) -> None:
        talk, self._talk = self._talk, None
        if talk is None:
            return
        talk.timer.cancel()
        self._breathe()
        self._phones.add_talk(
            TalkTruth(
                identity=talk.identity,
                agent_id=self.id,
                call_id=talk.call_id,
                nth=talk.nth,
                started_at_ms=talk.started_at_ms,
                ended_at_ms=now_ms(),
                hung_up=talk.hung_up,
            )
        )

    async def _hang_up(self, call_id: str) -> None:
        if self._talk is not None and self._talk.call_id == call_id:
            self._talk.hung_up = True
            await self._phones.client.call.hangup(id=call_id)

    async def _wrap_up(self, duration_s: float) -> None:
        await asyncio.sleep(duration_s)
        await self._phones.client.agent.wrapup_done(id=self.id, disposition="done")

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("agent_command_failed", agent_id=self.id, error=str(error))
            self._phones.count("failed_commands")

    async def stop(self) -> None:
        self._finish()
        for task in list(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)


class Phones:
    """All agents of one process: one SIP address, one control connection. Entering logs them in, leaving logs them
    out."""

    def __init__(
        self, options: CoreOptions, control: str, shift: Shift, voices: Voices, talks: TruthLog, calls: TruthLog
    ) -> None:
        self.core = Core(options, self._incoming)
        self.shift = shift
        self.voices = voices
        self.client: AsyncClient
        self.room_tone: Clip
        self._control = control
        self._talk_log, self._phone_log = talks, calls
        self._identities = itertools.count()
        self._agents = {agent_id: Agent(agent_id, self) for agent_id in shift.agent_ids()}
        self._counts: collections.Counter[str] = collections.Counter()

    async def __aenter__(self) -> Phones:
        await self.core.start()
        try:
            self.room_tone = self.core.clip_pcm(room_tone(_ROOM_S * RATE, seed=0))
            self.client = await AsyncClient.connect(self._control, name="phones")
            self._events = await self.client.subscribe(["agent.state"])
            for agent in self._agents.values():
                agent.prepare()
                await self._log_in(agent)
        except BaseException:
            await self.core.stop()
            raise
        return self

    async def _log_in(self, agent: Agent) -> None:
        uri = f"sip:{agent.id}@{self.core.sip_addresses[0]}"
        await self.client.agent.login(id=agent.id, uri=uri, ready=True, campaigns=self.shift.campaigns)

    async def __aexit__(self, *_: object) -> None:
        try:
            for agent in self._agents.values():
                await agent.stop()
                await self.client.agent.logout(id=agent.id)
            async with asyncio.timeout(_GOODBYE_S):
                for agent in self._agents.values():
                    await agent.hung_up.wait()
        except (EngineError, OSError) as error:  # the daemon may be gone before its agents
            log.warning("logout_failed", error=str(error))
        await self.client.close()
        await self.core.stop()

    def _incoming(self, leg: Leg) -> Any:
        agent = self._agents.get(leg.ruri_user)
        if agent is None:
            leg.reject(404)
            return None
        return agent.answer(leg)

    async def work(self, stop: asyncio.Event) -> None:
        """Follow the events until told to stop or until the daemon is gone."""
        following = asyncio.ensure_future(self._follow())
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait((following, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if following.done():
            following.result()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    async def _follow(self) -> None:
        async for event in self._events:
            agent = self._agents.get(event.agent_id or "")
            if agent is not None:
                agent.on_state(str(event.data.get("state", "")), event.call_id or event.data.get("call_id"))

    def next_identity(self) -> int:
        return AGENT_BIT + next(self._identities) % AGENT_BIT

    def count(self, what: str) -> None:
        self._counts[what] += 1

    def add_talk(self, truth: TalkTruth) -> None:
        self._counts["talks"] += 1
        self._counts["talk_ms"] += truth.ended_at_ms - truth.started_at_ms
        self._talk_log.write(truth)

    def add_phone(self, truth: PhoneTruth) -> None:
        self._counts["calls"] += 1
        for name in ("rx_packets", "rx_lost", "tx_packets", "tx_errors"):
            self._counts[name] += getattr(truth, name)
        self._phone_log.write(truth)

    def summary(self) -> dict[str, int]:
        return {"agents": len(self._agents), "failed_commands": 0, **self._counts}
