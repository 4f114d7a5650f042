"""Every method against the real engine: its result is what its schema says, and what it did can be read back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec

import switchroom
from switchroom.control.methods import METHODS
from tests.unit.control_office import Office, Wire, office

CSV = b"number,name,city\n+12125550101,Ann,New York\nnonsense,Bob,Nowhere\n+12125550102,Cy,New York\n"


VOICE = Path(switchroom.__file__).parent / "farm" / "voices" / "greeting_01.wav"


class Typed:
    """Calls methods and checks each result against the method's result type. `used`: which ones."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.used: set[str] = set()

    async def __call__(self, method: str, **params: Any) -> Any:
        self.used.add(method)
        result = await self.wire.good(method, params)
        return msgspec.convert(result, METHODS[method].result, strict=True)


async def calls(o: Office, ask: Typed) -> None:
    one = await ask("call.originate", uri=o.uri("echo"), wait="answered", idem="one")
    two = await ask("call.originate", uri=o.uri("echo"), wait="answered")
    assert {one.id, two.id} <= {call.id for call in (await ask("call.list", state="answered")).items}
    assert (await ask("call.stats", id=one.id)).legs[0].quality is not None
    sink = Path(o.unix.removeprefix("unix:")).with_name("sink")
    listener = await asyncio.start_unix_server(lambda reader, writer: None, sink)
    fork = await ask("call.fork.start", id=one.id, sink=f"unix:{sink}", direction="both")
    assert (fork.format, fork.rate_hz) == ("pcm_s16le", 8000)
    assert (await ask("call.fork.stop", id=one.id)).already is False
    listener.close()
    await ask("call.dtmf", id=one.id, digits="12#")
    path = (await ask("call.record.start", id=one.id)).path
    assert (await ask("call.record.pause", id=one.id)).paused
    assert not (await ask("call.record.resume", id=one.id)).paused
    stopped = await ask("call.record.stop", id=one.id)
    assert stopped.path == path and stopped.ready
    await recordings(ask, stopped.recording_id)
    await ask("call.play", id=two.id, file=str(VOICE), loops=0)
    assert len((await ask("call.play.list", id=two.id)).items) == 1
    for verb in ("pause", "resume"):
        assert (await ask(f"call.play.{verb}", id=two.id)).play_id
    await ask("call.play.volume", id=two.id, volume_db=-6)
    await ask("call.play.seek", id=two.id, position_ms=100)
    await ask("call.play.stop", id=two.id)
    await ask("call.hold", id=two.id)
    await ask("call.unhold", id=two.id)
    await ask("call.bridge", id=one.id, with_id=two.id)
    await supervisors(o, ask, one.id)
    await conferences(ask, one.id)
    for call in (one, two):
        await ask("call.hangup", id=call.id)
        assert (await ask("call.get", id=call.id)).state in {"answered", "ended"}


async def recordings(ask: Typed, name: str) -> None:
    [item] = (await ask("recording.list", call_id=name)).items
    assert (await ask("recording.get", id=name)) == item and item.state == "ready"
    assert (await ask("recording.read", id=name, length=4)).data == b"RIFF"
    await ask("recording.hold", id=name, reason="case 17")
    assert (await ask("recording.retention", dry_run=True)).due == 0
    await ask("recording.release", id=name)
    assert (await ask("recording.erase", id=name, reason="asked for")).files == 1


async def supervisors(o: Office, ask: Typed, call_id: str) -> None:
    boss = await ask("call.supervise.start", call_id=call_id, supervisor=o.uri("echo"), mode="whisper")
    assert (boss.call_id, boss.mode) == (call_id, "whisper")
    assert [one.id for one in (await ask("call.supervise.list", call_id=call_id)).items] == [boss.id]
    assert (await ask("call.supervise.mode", id=boss.id, mode="barge")).mode == "barge"
    assert not (await ask("call.supervise.stop", id=boss.id)).already


async def conferences(ask: Typed, call_id: str) -> None:
    assert (await ask("conference.create", id="room")).members == ()
    assert [one.call_id for one in (await ask("conference.join", id="room", call_id=call_id)).members] == [call_id]
    assert not (await ask("conference.mute", id="room", call_id=call_id)).members[0].talk
    assert (await ask("conference.get", id="room")).members[0].hear
    assert [one.id for one in (await ask("conference.list")).items] == ["room"]
    assert not (await ask("conference.leave", id="room", call_id=call_id)).already
    assert not (await ask("conference.close", id="room")).already


async def campaigns(ask: Typed) -> None:
    created = await ask("campaign.create", name="Spring", id="spring", idem="c1", settings={"mode": "progressive"})
    assert created.settings.mode == "progressive"
    again = await ask("campaign.create", name="Spring", id="spring", idem="c1", settings={"mode": "progressive"})
    assert (again.id, again.replayed) == ("spring", True)
    settings = msgspec.to_builtins(msgspec.structs.replace(created.settings, max_abandon=0.01))
    assert (await ask("campaign.update", id="spring", settings=settings)).settings.max_abandon == 0.01
    imported = await ask("contact.import", campaign_id="spring", data=CSV)
    assert (imported.accepted, imported.rejected_count, imported.rejected[0].line) == (2, 1, 3)
    added = await ask("contact.add", campaign_id="spring", number="+12125550103", idem="lead 9")
    assert (await ask("contact.add", campaign_id="spring", number="+12125550103", idem="lead 9")).id == added.id
    assert (await ask("contact.get", campaign_id="spring", id=added.id)).number == "+12125550103"
    assert len((await ask("contact.list", campaign_id="spring")).items) == 3
    for verb, state in (("start", "running"), ("pause", "paused"), ("start", "running"), ("stop", "stopping")):
        assert (await ask(f"campaign.{verb}", id="spring")).state in {state, "ended"}
    assert (await ask("campaign.get", id="spring")).name == "Spring"
    assert [one.id for one in (await ask("campaign.list")).items] == ["spring"]
    assert (await ask("campaign.stats", id="spring")).contacts == 3


async def agents(o: Office, ask: Typed) -> None:
    await ask("agent.login", id="ann", uri=o.uri("echo"), nailed_up=False)
    assert (await ask("agent.ready", id="ann")).state == "ready"
    assert (await ask("agent.pause", id="ann", reason="lunch")).pause_reason == "lunch"
    assert (await ask("agent.wrapup_done", id="ann")).id == "ann"
    assert (await ask("agent.get", id="ann")).state == "paused"
    assert [one.id for one in (await ask("agent.list")).items] == ["ann"]
    assert (await ask("agent.logout", id="ann")).state == "offline"


async def the_rest(ask: Typed) -> None:
    await ask("api.info")
    await ask("api.ping")
    await ask("session.auth")
    await ask("session.list")
    assert (await ask("trunk.list")).items[0].name == "carrier"
    assert not (await ask("trunk.disable", name="carrier")).enabled
    assert (await ask("trunk.enable", name="carrier")).enabled
    await ask("trunk.get", name="carrier")
    sub = await ask("events.subscribe", topics=[">"])
    await ask("events.ack", sub_id=sub.sub_id, id=sub.head)
    await ask("events.unsubscribe", sub_id=sub.sub_id)
    assert (await ask("engine.health")).live
    stats = await ask("engine.stats")
    assert stats.calls_total
    assert sum(worker.rtp_rx for worker in stats.workers) == stats.rtp_rx
    assert all(sum(worker.delays) > 0 and len(worker.slots) == 20 for worker in stats.workers)
    await ask("engine.drain", deadline_ms=100)


async def test_every_method_answers_as_described(tmp_path: Path) -> None:
    trunk = '[[trunk]]\nname = "carrier"\nuri = "sip:127.0.0.1:9"\nhealth_ms = 0\n'
    async with office(tmp_path, store=trunk) as o, await Wire.open(o.unix) as w:
        ask = Typed(w)
        await calls(o, ask)
        await campaigns(ask)
        await agents(o, ask)
        await the_rest(ask)
        assert ask.used == set(METHODS)
