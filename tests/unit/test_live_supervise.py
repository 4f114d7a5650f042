"""Supervisors and conferences with real RTP: everybody says a tone of their own, and is asked which ones they hear."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from switchroom import errors
from switchroom.config import RouteConfig
from switchroom.core import Leg
from switchroom.live.call import Call
from switchroom.schema._base import ById
from switchroom.schema.agent import Login, PauseAgent, Ready
from switchroom.schema.call import Bridge, Originate, RecordStart, RecordStop
from switchroom.schema.conference import (
    CreateConference,
    JoinConference,
    LeaveConference,
    ListConferences,
    MuteConference,
)
from switchroom.schema.supervise import ListSupervisions, SuperviseChange, SuperviseMode, SuperviseStart, Supervision
from tests.sound import read_wav
from tests.unit.live_office import Office, office

TONES = {"customer": 500, "ann": 900, "boss": 1300, "bob": 1700}
WINDOW = 1600  # 0.2 s: a bin is 5 Hz


def who_is_in(samples: np.ndarray) -> set[str]:
    """Whose tones: amplitude of each, against a tenth of what one says at -20 dBm0."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) / len(samples) * 4
    return {name for name, hz in TONES.items() if spectrum[round(hz * len(samples) / 8000)] > 230}


class Phone:
    """The far end of a call: says its tone, and knows what it hears."""

    def __init__(self, leg: Leg, name: str) -> None:
        self.leg = leg
        leg.tone(TONES[name], level_dbm0=-20)

    async def hears(self, *names: str) -> None:
        """Until these and nobody else are heard for 0.2 s."""
        async with asyncio.timeout(10), self.leg.frames() as frames:
            pcm = b""
            async for frame in frames:
                pcm = (pcm + frame)[-2 * WINDOW :]
                if len(pcm) == 2 * WINDOW and who_is_in(np.frombuffer(pcm, np.int16)) == set(names):
                    return


class Floor:
    """An office whose phones all live in one Core, each reached by its name."""

    def __init__(self, office: Office, phones: dict[str, Phone]) -> None:
        self.office = office
        self.phones = phones

    def uri(self, name: str) -> str:
        return f"sip:{name}@127.0.0.1:{self.office.carriers['floor'].sip_port}"

    async def call(self, name: str) -> Call:
        """An answered call to a phone."""
        info = await self.office.calls.originate(Originate(uri=self.uri(name)))
        call = self.office.calls.find(info.id)
        assert call is not None
        async with asyncio.timeout(10):
            await call.leg.wait_answered()
        return call

    async def talk(self) -> tuple[Call, Call]:
        """The customer and ann."""
        customer, ann = await self.call("customer"), await self.call("ann")
        self.office.calls.bridge(Bridge(id=customer.id, with_id=ann.id))
        return customer, ann

    async def supervise(self, call: Call, mode: SuperviseMode = "listen") -> Supervision:
        started = self.office.supervisors.start(SuperviseStart(call_id=call.id, supervisor=self.uri("boss"), mode=mode))
        assert started.state == "ringing"
        await self.office.topics("supervisor.joined")
        return started

    async def left(self) -> str:
        """Why the supervisor left."""
        await self.office.topics("supervisor.left")
        return str(next(event.data["reason"] for event in self.office.events if event.topic == "supervisor.left"))


@contextlib.asynccontextmanager
async def floor(folder: Path, **options: int) -> AsyncIterator[Floor]:
    phones: dict[str, Phone] = {}

    def ring(leg: Leg) -> None:
        if leg.ruri_user not in TONES:
            leg.reject(486)
        else:
            leg.answer()
            phones[leg.ruri_user] = Phone(leg, leg.ruri_user)

    dial = (RouteConfig(to="*", action="dial", trunk="floor"),)
    async with office(folder, dial, carriers={"floor": ring}, **options) as o:
        yield Floor(o, phones)


async def test_each_mode_is_heard_by_whom_it_should_and_the_customers_recording_has_no_whisper(tmp_path: Path) -> None:
    async with floor(tmp_path) as f:
        customer, _ = await f.talk()
        phones, supervisors = f.phones, f.office.supervisors
        await phones["customer"].hears("ann")
        path = f.office.calls.record_start(RecordStart(id=customer.id)).path
        boss = await f.supervise(customer)
        await phones["boss"].hears("customer", "ann")
        await phones["ann"].hears("customer")
        assert supervisors.mode(SuperviseChange(id=boss.id, mode="whisper")).mode == "whisper"
        await phones["ann"].hears("customer", "boss")
        await phones["customer"].hears("ann")
        await f.office.calls.record_stop(RecordStop(id=customer.id))
        supervisors.mode(SuperviseChange(id=boss.id, mode="barge"))
        await phones["customer"].hears("ann", "boss")
        await phones["ann"].hears("customer", "boss")
        assert [each.mode for each in supervisors.list(ListSupervisions(call_id=customer.id)).items] == ["barge"]
        supervisors.mode(SuperviseChange(id=boss.id, mode="listen"))
        await phones["customer"].hears("ann")
        assert supervisors.stop(ById(id=boss.id)).already is False
        assert supervisors.stop(ById(id=boss.id)).already is True
        await phones["ann"].hears("customer")
        assert await f.left() == "stopped"
        assert [event.data["mode"] for event in f.office.events if event.topic == "supervisor.mode"] == [
            "whisper",
            "barge",
            "listen",
        ]
        async with asyncio.timeout(10):
            await phones["boss"].leg.wait_ended()
        assert phones["customer"].leg.stats().rx_lost == 0
        sound = read_wav(Path(path)) * 32768
        said, heard = sound[:, 0], sound[:, 1]
        frames = range(0, len(sound) - WINDOW, WINDOW)
        assert len(frames) >= 2
        assert set.union(*(who_is_in(said[i : i + WINDOW]) for i in frames)) == {"customer"}
        assert set.union(*(who_is_in(heard[i : i + WINDOW]) for i in frames)) == {"ann"}


async def test_a_customer_who_hangs_up_takes_the_supervisor_along(tmp_path: Path) -> None:
    async with floor(tmp_path) as f:
        customer, _ = await f.talk()
        await f.supervise(customer, "barge")
        await f.phones["customer"].hears("ann", "boss")
        f.phones["customer"].leg.hangup()
        assert await f.left() == "call_ended"
        async with asyncio.timeout(10):
            await f.phones["boss"].leg.wait_ended()
        assert f.office.supervisors.list(ListSupervisions()).items == ()


async def test_a_supervisor_who_hangs_up_leaves_the_call_as_it_was(tmp_path: Path) -> None:
    async with floor(tmp_path) as f:
        customer, _ = await f.talk()
        await f.supervise(customer, "barge")
        await f.phones["customer"].hears("ann", "boss")
        f.phones["boss"].leg.hangup()
        assert await f.left() == "hung_up"
        await f.phones["customer"].hears("ann")
        await f.phones["ann"].hears("customer")


async def test_a_supervisors_phone_that_died_is_hung_up_and_the_call_goes_on(tmp_path: Path) -> None:
    async with floor(tmp_path, silence_ms=1_000) as f:
        customer, _ = await f.talk()
        await f.supervise(customer, "whisper")
        await f.phones["ann"].hears("customer", "boss")
        f.phones["boss"].leg.tone(1300, total_ms=1)  # and then nothing more is sent
        assert await f.left() == "silent"
        async with asyncio.timeout(10):
            await f.phones["boss"].leg.wait_ended()
        await f.phones["ann"].hears("customer")


async def test_a_supervisor_follows_the_customer_to_another_agent(tmp_path: Path) -> None:
    async with floor(tmp_path) as f:
        customer, ann = await f.talk()
        await f.supervise(customer, "whisper")
        await f.phones["boss"].hears("customer", "ann")
        bob = await f.call("bob")
        f.office.calls.bridge(Bridge(id=customer.id, with_id=bob.id))
        await f.phones["boss"].hears("customer", "bob")
        await f.phones["bob"].hears("customer", "boss")
        await f.phones["customer"].hears("bob")
        ann.hangup()
        bob.leg.unbridge()
        await f.phones["boss"].hears("customer")


async def test_the_phone_of_a_paused_agent_is_used_and_given_up_when_a_call_comes(tmp_path: Path) -> None:
    async with floor(tmp_path) as f:
        agents = f.office.agents
        for name in ("ann", "boss"):
            agents.login(Login(id=name, uri=f.uri(name)))
        async with asyncio.timeout(10):
            while not all(agent.connected for agent in agents):
                await asyncio.sleep(0.02)
        customer = await f.call("customer")
        ann, boss = agents.spare_phone("ann"), agents.spare_phone("boss")
        assert ann is not None and boss is not None
        customer.leg.bridge(ann)
        start = SuperviseStart(call_id=customer.id, supervisor="boss", mode="whisper")
        assert f.office.supervisors.start(start).state == "joined"
        await f.phones["ann"].hears("customer", "boss")
        await f.phones["customer"].hears("ann")
        with pytest.raises(errors.WrongState, match="in a call already"):
            f.office.supervisors.start(start)
        other = await f.call("bob")
        boss.bridge(other.leg)
        assert await f.left() == "took_a_call"
        await f.phones["bob"].hears("boss")
        await f.phones["ann"].hears("customer")
        agents.ready(Ready(id="boss"))
        with pytest.raises(errors.WrongState, match="pause first"):
            f.office.supervisors.start(start)
        agents.pause(PauseAgent(id="boss"))
        await agents.stop()


async def test_a_call_that_a_route_dialed_on_is_supervised_like_any_other(tmp_path: Path) -> None:
    async with floor(tmp_path) as f:
        leg = f.office.dial("ann")
        async with asyncio.timeout(10):
            await leg.wait_answered()
        customer = Phone(leg, "customer")
        await customer.hears("ann")
        (call,) = f.office.calls
        boss = await f.supervise(call, "whisper")
        await f.phones["ann"].hears("customer", "boss")
        await customer.hears("ann")
        f.office.supervisors.mode(SuperviseChange(id=boss.id, mode="barge"))
        await customer.hears("ann", "boss")
        leg.hangup()
        assert await f.left() == "call_ended"


async def test_who_hears_the_whisper_can_be_named(tmp_path: Path) -> None:
    """The call is one that the agent placed: its first leg is the agent's."""
    async with floor(tmp_path) as f:
        ann, customer = await f.call("ann"), await f.call("customer")
        f.office.calls.bridge(Bridge(id=ann.id, with_id=customer.id))
        start = SuperviseStart(call_id=ann.id, supervisor=f.uri("boss"), mode="whisper", agent_leg=ann.leg.id)
        f.office.supervisors.start(start)
        await f.phones["ann"].hears("customer", "boss")
        await f.phones["customer"].hears("ann")
        with pytest.raises(errors.BadParams, match="two sides"):
            f.office.supervisors.start(SuperviseStart(call_id=ann.id, supervisor="sip:x@y", agent_leg="other"))


async def test_supervision_that_cannot_be_is_refused_or_told(tmp_path: Path) -> None:
    async with floor(tmp_path) as f:
        with pytest.raises(errors.NotFound):
            f.office.supervisors.start(SuperviseStart(call_id="none", supervisor="sip:a@b"))
        with pytest.raises(errors.NotFound):
            f.office.supervisors.mode(SuperviseChange(id="none", mode="barge"))
        customer, _ = await f.talk()
        with pytest.raises(errors.NotFound, match="nobody"):
            f.office.supervisors.start(SuperviseStart(call_id=customer.id, supervisor="nobody"))
        f.office.supervisors.start(SuperviseStart(call_id=customer.id, supervisor=f.uri("busy")))
        assert await f.left() == "not_answered"
        await f.phones["customer"].hears("ann")


async def test_a_conference_is_heard_by_roles_and_ends_without_its_calls(tmp_path: Path) -> None:
    async with floor(tmp_path) as f:
        rooms = f.office.conferences
        room = rooms.create(CreateConference(id="monday")).id
        with pytest.raises(errors.Exists):
            rooms.create(CreateConference(id="monday"))
        calls = {name: await f.call(name) for name in ("customer", "ann", "boss")}
        for name, call in calls.items():
            rooms.join(JoinConference(id=room, call_id=call.id, talk=name != "boss"))
        await f.phones["customer"].hears("ann")
        await f.phones["boss"].hears("customer", "ann")
        rooms.mute(MuteConference(id=room, call_id=calls["boss"].id, muted=False))
        rooms.mute(MuteConference(id=room, call_id=calls["ann"].id))
        await f.phones["customer"].hears("boss")
        assert rooms.list(ListConferences()).items[0].members[1].talk is False
        assert rooms.leave(LeaveConference(id=room, call_id=calls["ann"].id)).already is False
        assert rooms.leave(LeaveConference(id=room, call_id=calls["ann"].id)).already is True
        with pytest.raises(errors.NotFound, match="not in conference"):
            rooms.mute(MuteConference(id=room, call_id=calls["ann"].id))
        calls["customer"].leg.bridge(calls["ann"].leg)  # and is out of it by that
        await f.phones["customer"].hears("ann")
        assert [member.call_id for member in rooms.get(ById(id=room)).members] == [calls["boss"].id]
        f.phones["boss"].leg.hangup()
        await f.office.topics("call.ended")
        assert rooms.get(ById(id=room)).members == ()
        assert rooms.close(ById(id=room)).already is False
        assert rooms.close(ById(id=room)).already is True
        await f.office.topics("conference.closed")
        left = [event.data["reason"] for event in f.office.events if event.topic == "conference.left"]
        assert left == ["left", "bridged", "ended"]
