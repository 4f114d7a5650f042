"""What the control socket does with calls and trunks, over real sockets."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from switchroom import errors
from switchroom.core import Leg
from switchroom.schema._base import ById
from switchroom.schema.call import Bridge, CallInfo, Dtmf, Hangup, ListCalls, Originate, RecordStart, RecordStop
from switchroom.schema.trunk import ListTrunks, TrunkByName
from tests.sound import write_tone
from tests.unit.live_office import Office, office


def answer(leg: Leg) -> None:
    leg.ring()
    leg.answer()


async def answered(o: Office, info: CallInfo) -> CallInfo:
    call = o.calls.find(info.id)
    assert call is not None
    await call.leg.wait_answered()
    return await o.calls.get(ById(id=info.id))


async def test_originate_through_a_trunk_lives_and_is_found_after_its_end(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": answer}, caller_id="4930999") as o:
        info = await o.calls.originate(Originate(number="+4940222"))
        assert (info.state, info.direction, info.to, info.trunk) == ("calling", "out", "+4940222", "one")
        up = await answered(o, info)
        assert up.state == "answered" and up.legs[0].from_user == "4930999" and up.version > info.version
        assert o.trunks.get(TrunkByName(name="one")).calls == 1
        assert (await o.calls.hangup(Hangup(id=info.id))).already is False
        await o.rows()
        ended = await o.calls.get(ById(id=info.id))
        assert (ended.state, ended.side, ended.answered_at_ms) == ("ended", "local", up.answered_at_ms)
        assert (await o.calls.hangup(Hangup(id=info.id))).already is True
        assert o.trunks.get(TrunkByName(name="one")).calls == 0
        assert await o.topics() == ["call.created", "call.ringing", "call.answered", "call.ended"]


async def test_originate_to_a_uri_plays_and_records(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "hello.wav", 500, 0.3)
    async with office(tmp_path, carriers={"one": answer}) as o:
        uri = f"sip:bob@127.0.0.1:{o.carriers['one'].sip_port}"
        info = await o.calls.originate(Originate(uri=uri, play=str(file), record=True, call_id="mine"))
        assert info.id == "mine"
        up = await answered(o, info)
        assert up.recording is not None and up.recording.startswith(str(tmp_path / "recordings"))
        stopped = await o.calls.record_stop(RecordStop(id="mine"))
        assert stopped.path == up.recording and Path(stopped.path).stat().st_size > 0
        assert (await o.calls.record_stop(RecordStop(id="mine"))).already is True


async def test_originate_refuses_what_cannot_be(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": answer}) as o:
        port = o.carriers["one"].sip_port
        refused: list[tuple[Originate, type[Exception]]] = [
            (Originate(), errors.BadParams),
            (Originate(uri="sip:x@127.0.0.1", number="1"), errors.BadParams),
            (Originate(uri="sip:x@127.0.0.1", trunk="one"), errors.BadParams),
            (Originate(number="1", trunk="none"), errors.NotFound),
            (Originate(uri=f"sip:x@127.0.0.1:{port}", play=str(tmp_path / "absent.wav")), FileNotFoundError),
        ]
        for request, error in refused:
            with pytest.raises(error):
                await o.calls.originate(request)
        await o.calls.originate(Originate(number="1", call_id="same"))
        with pytest.raises(errors.Exists):
            await o.calls.originate(Originate(number="1", call_id="same"))
        assert o.trunks.get(TrunkByName(name="one")).calls == 1, "what was refused was given back"


async def test_failed_call_keeps_its_cause(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": lambda leg: leg.reject(486)}) as o:
        info = await o.calls.originate(Originate(number="1"))
        (row,) = await o.rows()
        assert (row.id, row.sip_status, row.q850_cause, row.side) == (info.id, 486, 17, "remote")


async def test_two_calls_are_bridged(tmp_path: Path) -> None:
    far: list[Leg] = []

    def carrier(leg: Leg) -> None:
        far.append(leg)
        leg.answer()

    async with office(tmp_path, carriers={"one": carrier}) as o:
        a = await answered(o, await o.calls.originate(Originate(number="1")))
        b = await answered(o, await o.calls.originate(Originate(number="2")))
        o.calls.bridge(Bridge(id=a.id, with_id=b.id))
        digits = far[1].digits()
        first = asyncio.ensure_future(anext(digits))
        await far[0].tone(400, total_ms=200)
        await far[0].dtmf("7")
        assert await first == "7"
        assert far[1].stats().rx_packets >= 10


async def test_commands_need_an_answered_call(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": lambda leg: leg.ring()}) as o:
        info = await o.calls.originate(Originate(number="1"))
        with pytest.raises(errors.WrongState, match="answered"):
            o.calls.dtmf(Dtmf(id=info.id, digits="1"))
        with pytest.raises(errors.NotFound):
            o.calls.dtmf(Dtmf(id="nobody", digits="1"))
        with pytest.raises(errors.NotFound):
            await o.calls.hangup(Hangup(id="nobody"))


async def test_recording_stays_in_its_folder(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": answer}) as o:
        info = await answered(o, await o.calls.originate(Originate(number="1")))
        for name in ("../outside.wav", "/etc/outside.wav"):
            with pytest.raises(errors.BadParams, match="recordings"):
                o.calls.record_start(RecordStart(id=info.id, name=name))
        started = o.calls.record_start(RecordStart(id=info.id, name="below/it.wav"))
        assert started.path == str(tmp_path / "recordings" / "below" / "it.wav")
        assert o.calls.record_start(RecordStart(id=info.id)).already is True


async def test_list_pages_by_cursor(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": answer}) as o:
        ids = [(await o.calls.originate(Originate(number=str(i)))).id for i in range(5)]
        first = await o.calls.list(ListCalls(limit=3))
        rest = await o.calls.list(ListCalls(limit=3, after=first.next))
        assert [info.id for info in (*first.items, *rest.items)] == ids and rest.next is None
        for call_id in ids:
            await o.calls.hangup(Hangup(id=call_id))
        await o.rows(5)
        assert [info.id for info in (await o.calls.list(ListCalls(state="ended"))).items] == ids
        assert (await o.calls.list(ListCalls())).items == ()


async def test_dead_trunk_goes_down_and_comes_back(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": answer}, health_ms=50) as o:
        trunk = TrunkByName(name="one")
        await _until(lambda: o.trunks.get(trunk).last_status == 200)
        o.carriers["one"].accept_new(False)
        await _until(lambda: not o.trunks.get(trunk).up)
        with pytest.raises(errors.TrunkDown):
            await o.calls.originate(Originate(number="1"))
        o.carriers["one"].accept_new(True)
        await _until(lambda: o.trunks.get(trunk).up)
        assert (await o.topics("trunk.up")) == ["trunk.down", "trunk.up"]


async def _until(true: object) -> None:
    async with asyncio.timeout(10):
        while not true():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def test_disabled_trunk_keeps_its_calls_and_takes_no_more(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": answer, "two": answer}) as o:
        info = await answered(o, await o.calls.originate(Originate(number="1")))
        assert o.trunks.disable(TrunkByName(name="one")).enabled is False
        assert (await o.calls.originate(Originate(number="2"))).trunk == "two"
        assert (await o.calls.get(ById(id=info.id))).state == "answered"
        assert o.trunks.enable(TrunkByName(name="one")).up
        page = o.trunks.list(ListTrunks(limit=1))
        assert [t.name for t in page.items] == ["one"] and page.next == "one"
        assert [t.name for t in o.trunks.list(ListTrunks(after="one")).items] == ["two"]


async def test_every_call_of_a_storm_leaves_one_row(tmp_path: Path) -> None:
    statuses = [200, 486, 404, 503]

    def carrier(leg: Leg) -> None:
        status = statuses[int(leg.ruri_user) % 4]
        leg.answer() if status == 200 else leg.reject(status)
        if status == 200:
            leg.hangup()

    async with office(tmp_path, carriers={"one": carrier}, max_cps=10_000) as o:
        for i in range(100):
            await o.calls.originate(Originate(number=str(i)))
            if i % 10 == 9:
                await o.rows(i - 8)
        rows = await o.rows(100)
        assert sorted(row.sip_status for row in rows) == sorted([0, 486, 404, 503] * 25)
        assert len(o.calls) == 0 and o.trunks.get(TrunkByName(name="one")).calls == 0
        assert o.trunks.get(TrunkByName(name="one")).failures_total == 25
