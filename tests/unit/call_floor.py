"""A whole engine in the test's process, a town of callees behind its trunk, and agents' phones: all over real SIP and
RTP on loopback. What a callee does is chosen by the number dialed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from switchroom.config import Config, ControlConfig, MediaConfig, RecordingConfig, SipConfig, StoreConfig, TrunkConfig
from switchroom.core import Core, CoreOptions, Leg
from switchroom.live import Engine
from switchroom.schema._base import ById
from switchroom.schema.agent import AgentInfo, Login
from switchroom.schema.campaign import CallingWindow, CampaignSettings, CampaignStats, CreateCampaign, StartCampaign
from switchroom.schema.contact import ImportContacts
from switchroom.schema.event import Event
from switchroom.store.attempts import AttemptRow, read_attempts
from switchroom.store.calls import CallRow, read_calls
from switchroom.store.contacts import ContactRow, read_page
from tests.conftest import free_port_range

Callee = Callable[[Leg], Awaitable[None]]
ALWAYS = (CallingWindow(start="00:00", end="24:00"),)


async def person(leg: Leg) -> None:
    """Answers, and stays until the other side hangs up."""
    leg.ring()
    leg.answer()
    await leg.wait_ended()


def person_for(seconds: float) -> Callee:
    """Answers, and hangs up after so long."""

    async def callee(leg: Leg) -> None:
        leg.ring()
        leg.answer()
        await asyncio.sleep(seconds)
        leg.hangup()

    return callee


def refuses(status: int) -> Callee:
    async def callee(leg: Leg) -> None:
        leg.reject(status)

    return callee


async def rings(leg: Leg) -> None:
    """Rings and never answers."""
    leg.ring()
    await leg.wait_ended()


@dataclass
class Floor:
    engine: Engine
    town: Core
    phones: Core
    callees: dict[str, Callee] = field(default_factory=dict)
    agents: dict[str, Callee] = field(default_factory=dict)
    dialed: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    agent_legs: dict[str, list[Leg]] = field(default_factory=dict)

    async def log_in(self, name: str = "anna", callee: Callee = person, **options: Any) -> AgentInfo:
        """An agent with a phone; returns when they are ready."""
        self.agents[name] = callee
        uri = f"sip:{name}@127.0.0.1:{self.phones.sip_port}"
        self.engine.agents.login(Login(id=name, uri=uri, ready=True, **options))
        await self.until(lambda: self.agent(name).state == "ready")
        return self.agent(name)

    def agent(self, name: str = "anna") -> AgentInfo:
        return self.engine.agents.get(ById(id=name))

    async def campaign(self, callees: dict[str, Callee], id: str = "c", start: bool = True, **settings: Any) -> None:
        """A campaign over the numbers of `callees`, in their order; without AMD unless told."""
        self.callees.update(callees)
        base: dict[str, Any] = {"amd": False, "mode": "progressive", "calling_hours": ALWAYS, "wrapup_ms": 0}
        made = CampaignSettings(**{"retry": (), **base, **settings})
        await self.engine.campaigns.create(CreateCampaign(id=id, name=id, settings=made))
        lines = "number\n" + "".join(f"{number}\n" for number in callees)
        result = await self.engine.contacts.import_(ImportContacts(campaign_id=id, data=lines.encode()))
        assert result.accepted == len(callees), result
        if start:
            await self.engine.campaigns.start(StartCampaign(id=id))

    def stats(self, id: str = "c") -> CampaignStats:
        return self.engine.campaigns.stats(ById(id=id))

    async def ended(self, id: str = "c") -> list[AttemptRow]:
        """The campaign's attempts, once it has ended by itself."""
        await self.until(lambda: self.engine.campaigns.get(ById(id=id)).state == "ended")
        await self.engine.calls.settle()
        return await self.attempts(id)

    async def attempts(self, id: str = "c") -> list[AttemptRow]:
        return await self.engine.store.query(read_attempts, id)

    async def contacts(self, id: str = "c") -> list[ContactRow]:
        return await self.engine.store.query(read_page, id, 0, 1_000)

    async def cdrs(self) -> list[CallRow]:
        return [row for row in await self.engine.store.query(read_calls) if row.attempt_id is not None]

    def topics(self, prefix: str = "") -> list[str]:
        return [event.topic for event in self.events if event.topic.startswith(prefix)]

    async def until(self, true: Callable[[], object], seconds: float = 30.0) -> None:
        """Wait for what must become true; the limit only ends a test that failed."""
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.01)


def _config(folder: Path, ports: tuple[int, int], town: Core, silence_ms: int, **trunk: Any) -> Config:
    carrier = TrunkConfig(
        name="carrier", uri=f"sip:127.0.0.1:{town.sip_port}", **{"health_ms": 0, "max_cps": 1000.0, **trunk}
    )
    return Config(
        sip=SipConfig(listen=("udp://127.0.0.1:0",), t1_ms=100),
        media=MediaConfig(address="127.0.0.1", ports=f"{ports[0]}-{ports[1]}", workers=1, silence_ms=silence_ms),
        control=ControlConfig(listen=()),
        store=StoreConfig(url=f"sqlite:{folder}/switchroom.db"),
        recording=RecordingConfig(path=str(folder / "recordings")),
        trunk=(carrier,),
    )


@contextlib.asynccontextmanager
async def call_floor(folder: Path, silence_ms: int = 30_000, **trunk: Any) -> AsyncIterator[Floor]:
    """`trunk`: options of the TrunkConfig."""
    first, _ = free_port_range(180)
    async with contextlib.AsyncExitStack() as stack:
        town = await stack.enter_async_context(Core(CoreOptions(ports=(first, first + 59), workers=1, t1_ms=100)))
        phones = await stack.enter_async_context(
            Core(CoreOptions(ports=(first + 60, first + 119), workers=1, t1_ms=100))
        )
        config = _config(folder, (first + 120, first + 179), town, silence_ms, **trunk)
        engine = await stack.enter_async_context(Engine(config))
        floor = Floor(engine, town, phones)
        engine.store.on_committed(floor.events.extend)

        async def arrives(leg: Leg) -> None:
            floor.dialed.append(leg.ruri_user)
            await floor.callees[leg.ruri_user](leg)

        async def phone_rings(leg: Leg) -> None:
            floor.agent_legs.setdefault(leg.ruri_user, []).append(leg)
            await floor.agents[leg.ruri_user](leg)

        town.incoming = arrives
        phones.incoming = phone_rings
        yield floor
