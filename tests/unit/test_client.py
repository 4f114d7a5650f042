"""Both clients against a real engine: types, errors, lost connections, slow programs."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from switchroom.client import AsyncClient, Client, Disconnected
from switchroom.client import stream as stream_module
from switchroom.client._methods import MUTATING, AsyncMethods, Methods
from switchroom.control.methods import METHODS
from switchroom.control.server import ControlServer
from switchroom.errors import BadParams, Conflict, JournalGone, NotFound, Unauthenticated
from switchroom.schema.call import CallInfo, Originate
from switchroom.schema.event import Event
from tests.unit.control_office import Office, office


async def take(stream: stream_module.EventStream, count: int) -> list[Event]:
    async with asyncio.timeout(20):
        return [await anext(stream) for _ in range(count)]


async def restart(o: Office) -> None:
    """Another control server on the same addresses, as after a daemon's restart; the store stays."""
    await o.server.stop(0.0)
    o.server = ControlServer(o.server.config, o.engine)
    await o.server.start()


async def test_results_are_the_engines_types(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await AsyncClient.connect(o.unix) as client:
        call = await client.call.originate(uri=o.uri("echo"), wait="answered")
        assert isinstance(call, CallInfo)
        assert (await client.call.get(id=call.id)).state == "answered"
        assert (await client.call.list()).items[0].id == call.id
        assert (await client.engine.health()).ready
        assert (await client.api.info()).api_level == client.welcome.api == 1


async def test_any_method_by_its_name_with_a_dict_or_a_struct(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await AsyncClient.connect(o.unix) as client:
        one = await client.call("call.originate", {"uri": o.uri("echo")})
        two = await client.call("call.originate", Originate(uri=o.uri("echo")))
        assert {one["direction"], two["direction"]} == {"out"}


async def test_errors_are_the_engines_exceptions(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await AsyncClient.connect(o.unix) as client:
        with pytest.raises(NotFound, match="nobody") as found:
            await client.call.get(id="nobody")
        assert found.value.data["trace_id"]
        with pytest.raises(BadParams) as bad:
            await client.call("call.get", {"idd": 1})
        assert bad.value.data["field"] == "idd"
        await client.call.originate(uri=o.uri("echo"), idem="k")
        with pytest.raises(Conflict):
            await client.call.originate(uri=o.uri("busy"), idem="k")


async def test_nobody_listening_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        await AsyncClient.connect(f"unix:{tmp_path}/nothing.sock")
    with pytest.raises(ValueError, match="unix:PATH"):
        await AsyncClient.connect("udp://127.0.0.1:1")


async def test_a_token_is_sent_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"secret").hexdigest()
    control = f'[[control.token]]\nname = "crm"\nsha256 = "{digest}"\nroles = ["observer"]\n'
    async with office(tmp_path, control) as o:
        async with await AsyncClient.connect(o.tcp, token="secret") as client:
            assert client.welcome.roles == ("observer",)
        with pytest.raises(Unauthenticated):
            await AsyncClient.connect(o.tcp, token="guess")


async def test_a_request_that_takes_too_long_is_a_timeout(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await AsyncClient.connect(o.unix) as client:
        with pytest.raises(TimeoutError):
            request = {"uri": o.uri("never"), "wait": "answered"}
            await client.call("call.originate", request, timeout_s=0.01)
        assert (await client.api.ping()).at_ms


async def test_events_go_on_after_a_lost_connection_without_gap_or_repeat(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await AsyncClient.connect(o.unix) as client:
        stream = await client.subscribe(["test.*"])
        await o.publish(10)
        first = await take(stream, 10)
        for connection in tuple(o.server.connections):
            connection.transport.abort()
        await o.publish(10)
        second = await take(stream, 10)
        await restart(o)
        await o.publish(10)
        third = await take(stream, 10)
        found = [event.id for event in (*first, *second, *third)]
        assert found == list(range(found[0], found[0] + 30))


async def test_a_read_is_sent_again_over_a_new_connection_and_a_change_is_not(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await AsyncClient.connect(o.unix) as client:
        call = await client.call.originate(uri=o.uri("echo"), wait="answered", call_id="kept")
        await o.server.stop(0.0)
        reading = asyncio.ensure_future(client.call.get(id=call.id))
        o.server = ControlServer(o.server.config, o.engine)
        await o.server.start()
        assert (await reading).id == "kept"
        changing = asyncio.ensure_future(client.call.originate(uri=o.uri("late"), wait="answered", call_id="cut"))
        while o.engine.calls.find("cut") is None:
            await asyncio.sleep(0.001)
        for connection in tuple(o.server.connections):
            connection.transport.abort()
        with pytest.raises(Disconnected):
            await changing
        assert o.engine.calls.find("cut") is not None


async def test_a_change_with_a_key_is_sent_again_and_happens_once(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await AsyncClient.connect(o.unix) as client:
        placing = asyncio.ensure_future(
            client.call.originate(uri=o.uri("late"), wait="answered", call_id="once", idem="order 1")
        )
        while o.engine.calls.find("once") is None:
            await asyncio.sleep(0.001)
        for connection in tuple(o.server.connections):
            connection.transport.abort()
        call = await placing
        assert (call.id, call.state, call.replayed) == ("once", "answered", True)


async def test_an_engine_that_stays_away_ends_streams_and_requests(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        client = await AsyncClient.connect(o.unix, reconnect_s=0.2)
        stream = await client.subscribe([">"])
        await o.server.stop(0.0)
        with pytest.raises(Disconnected, match=r"not back within 0\.2 s"):
            await anext(stream)
        with pytest.raises(Disconnected):
            await client.api.ping()
        await client.close()


async def test_a_program_that_does_not_read_loses_nothing_and_holds_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "BUFFER", 50)
    async with office(tmp_path) as o, await AsyncClient.connect(o.unix) as client:
        stream = await client.subscribe(["test.*"])
        for _ in range(10):
            await o.publish(100)
            await client.api.ping()  # requests go on meanwhile
        assert stream.waiting == 50
        found = [event.id for event in await take(stream, 1000)]
        assert found == list(range(found[0], found[0] + 1000))


async def test_a_gap_that_cannot_be_filled_is_told_once_and_then_it_goes_on(tmp_path: Path) -> None:
    async with office(tmp_path, store="journal_events = 1000") as o, await AsyncClient.connect(o.unix) as client:
        stream = await client.subscribe(["test.*"])
        await o.publish(10)
        await take(stream, 10)
        await o.server.stop(0.0)
        for _ in range(25):
            await o.publish(100)
        o.server = ControlServer(o.server.config, o.engine)
        await o.server.start()
        with pytest.raises(JournalGone):
            await take(stream, 1)
        last = await o.publish(1)
        assert [event.id for event in await take(stream, 1)] == [last]


async def test_a_stopped_stream_ends_and_others_go_on(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await AsyncClient.connect(o.unix) as client:
        one, two = await client.subscribe(["test.*"]), await client.subscribe(["test.*"])
        await o.publish(5)
        await take(one, 5)
        await one.stop()
        with pytest.raises(StopAsyncIteration):
            await anext(one)
        await o.publish(5)
        assert len(await take(two, 10)) == 10
        (session,) = (await client.session.list()).items
        assert session.subscriptions == 1


async def test_the_blocking_client_does_the_same(tmp_path: Path) -> None:
    def program(address: str, uri: str) -> list[str]:
        with Client(address) as client:
            events = client.subscribe(["call.*"])
            call = client.call.originate(uri=uri, wait="answered")
            client.call.hangup(id=call.id)
            topics = []
            for event in events:
                if event.call_id == call.id:
                    topics.append(event.topic)
                if event.topic == "call.ended" and event.call_id == call.id:
                    break
            with pytest.raises(NotFound):
                client.call.get(id="nobody")
            with pytest.raises(TimeoutError):
                events.stop()
                client.subscribe(["nothing.here"]).next(timeout_s=0.01)
            return topics

    async with office(tmp_path) as o:
        topics = await asyncio.to_thread(program, o.unix, o.uri("echo"))
        assert (topics[0], topics[-1]) == ("call.created", "call.ended")
        async with asyncio.timeout(10):
            while o.server.connections:
                await asyncio.sleep(0.01)


async def test_the_blocking_client_tells_when_nobody_listens(tmp_path: Path) -> None:
    def program() -> None:
        with pytest.raises(OSError, match="No such file"):
            Client(f"unix:{tmp_path}/nothing.sock")

    await asyncio.to_thread(program)


async def test_a_client_closes_twice_and_while_it_waits(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        client = await AsyncClient.connect(o.unix)
        waiting = asyncio.ensure_future(client.call.originate(uri=o.uri("never"), wait="answered", call_id="up"))
        while o.engine.calls.find("up") is None:
            await asyncio.sleep(0.001)
        await client.close()
        await client.close()
        with pytest.raises(Disconnected):
            await waiting
        assert o.engine.calls.find("up") is not None


def test_the_clients_know_every_method_and_which_ones_change_something() -> None:
    assert frozenset(name for name, method in METHODS.items() if method.mutates) == MUTATING
    for base in (AsyncMethods, Methods):
        nouns = base(lambda *_: None)  # type: ignore[arg-type, call-arg]
        for name in METHODS:
            at: object = nouns
            for word in name.split("."):
                at = getattr(at, "import_" if word == "import" else word)
            assert callable(at)
