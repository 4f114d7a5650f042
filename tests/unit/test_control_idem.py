"""Idempotency keys against a real store: one effect for many requests, over a crash too."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest

from switchroom.control.idem import Command, Idempotency, IdemRule
from switchroom.errors import CallBusy, Conflict, NoRoute, NotFound, WrongState
from switchroom.schema.call import CallInfo, Originate
from switchroom.store import Store
from tests.unit.control_office import Wire, office


def info(call_id: str, state: str = "calling") -> CallInfo:
    return CallInfo(id=call_id, state=state, direction="out", from_="", to="x", created_at_ms=1)  # type: ignore[arg-type]


class Exchange:
    """Places calls: counts them, can be slow, can refuse."""

    def __init__(self, store: Store) -> None:
        self.placed: list[str] = []
        self.known: dict[str, CallInfo] = {}
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ids = iter(f"id{i}" for i in range(100))
        self.idem = Idempotency(store, lambda: 1_700_000_000_000, lambda: next(self._ids), self.keep)

    def keep(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        return task

    async def run(self, params: Originate) -> CallInfo:
        assert params.call_id is not None
        self.placed.append(params.call_id)
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.known[params.call_id] = info(params.call_id)
        return self.known[params.call_id]

    async def find(self, params: Originate) -> CallInfo:
        assert params.call_id is not None
        if params.call_id not in self.known:
            raise NotFound("no such call")
        return self.known[params.call_id]

    async def send(self, key: str = "k", uri: str = "sip:a@b", repeatable: bool = False, find: bool = True) -> Any:
        rule = IdemRule("call_id", CallInfo, repeatable)
        params = Originate(uri=uri, idem=key)
        return await self.idem.run(
            Command("call.originate", rule, params, self.run, self.find if find else None)  # type: ignore[arg-type]
        )


@contextlib.asynccontextmanager
async def store_at(folder: Path) -> AsyncIterator[Store]:
    store = Store(f"sqlite:{folder}/switchroom.db")
    await store.start()
    try:
        yield store
    finally:
        await store.stop()


async def test_a_retry_gets_the_first_outcome_marked_as_replayed(tmp_path: Path) -> None:
    async with store_at(tmp_path) as store:
        exchange = Exchange(store)
        first = await exchange.send()
        again = await exchange.send()
        assert exchange.placed == [first.id]
        assert again == msgspec.structs.replace(first, replayed=True)


async def test_a_retry_while_the_first_runs_waits_for_its_outcome(tmp_path: Path) -> None:
    async with store_at(tmp_path) as store:
        exchange = Exchange(store)
        exchange.gate.clear()
        first = asyncio.ensure_future(exchange.send())
        again = asyncio.ensure_future(exchange.send())
        while not exchange.placed:
            await asyncio.sleep(0)
        exchange.gate.set()
        assert (await first).replayed is False
        assert (await again).replayed is True
        assert len(exchange.placed) == 1


async def test_a_client_that_leaves_does_not_undo_the_command(tmp_path: Path) -> None:
    async with store_at(tmp_path) as store:
        exchange = Exchange(store)
        exchange.gate.clear()
        first = asyncio.ensure_future(exchange.send())
        while not exchange.placed:
            await asyncio.sleep(0)
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
        exchange.gate.set()
        again = await exchange.send()
        assert [again.id] == exchange.placed
        assert again.replayed


async def test_other_arguments_under_the_same_key_are_a_conflict(tmp_path: Path) -> None:
    async with store_at(tmp_path) as store:
        exchange = Exchange(store)
        await exchange.send()
        with pytest.raises(Conflict):
            await exchange.send(uri="sip:other@b")
        exchange.gate.clear()
        running = asyncio.ensure_future(exchange.send("k2"))
        while len(exchange.placed) < 2:
            await asyncio.sleep(0)
        with pytest.raises(Conflict):
            await exchange.send("k2", uri="sip:other@b")
        exchange.gate.set()
        await running
        assert len(exchange.placed) == 2


async def test_the_outcome_outlives_the_engine(tmp_path: Path) -> None:
    async with store_at(tmp_path) as store:
        first = await Exchange(store).send()
    async with store_at(tmp_path) as store:
        exchange = Exchange(store)
        again = await exchange.send()
        assert exchange.placed == []
        assert (again.id, again.replayed) == (first.id, True)


async def test_the_object_is_shown_as_it_is_now(tmp_path: Path) -> None:
    async with store_at(tmp_path) as store:
        exchange = Exchange(store)
        first = await exchange.send()
        exchange.known[first.id] = info(first.id, "answered")
        assert (await exchange.send()).state == "answered"


async def test_an_error_that_left_nothing_frees_the_key(tmp_path: Path) -> None:
    async with store_at(tmp_path) as store:
        exchange = Exchange(store)
        exchange.error = NoRoute("no trunk")
        with pytest.raises(NoRoute):
            await exchange.send()
        exchange.error = None
        assert (await exchange.send()).replayed is False
        assert len(exchange.placed) == 2


async def test_a_call_that_failed_is_an_outcome(tmp_path: Path) -> None:
    async with store_at(tmp_path) as store:
        exchange = Exchange(store)
        exchange.error = CallBusy("busy", sip_status=486, q850_cause=17, side="remote")
        with pytest.raises(CallBusy):
            await exchange.send()
        with pytest.raises(CallBusy) as again:
            await exchange.send()
        assert (again.value.sip_status, again.value.data["replayed"]) == (486, True)
        assert len(exchange.placed) == 1


async def crashed(store: Store) -> str:
    """An engine that is killed after the claim, while the command runs. The id it had chosen."""
    exchange = Exchange(store)
    exchange.gate.clear()
    running = asyncio.ensure_future(exchange.send())
    while not exchange.placed:
        await asyncio.sleep(0)
    for task in exchange._tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    return exchange.placed[0]


async def test_after_a_crash_a_call_is_not_placed_again(tmp_path: Path) -> None:
    async with store_at(tmp_path) as store:
        call_id = await crashed(store)
    async with store_at(tmp_path) as store:
        exchange = Exchange(store)
        with pytest.raises(WrongState, match="not known") as error:
            await exchange.send()
        assert error.value.data["call_id"] == call_id
        assert exchange.placed == []


async def test_after_a_crash_a_call_that_left_a_record_is_the_outcome(tmp_path: Path) -> None:
    async with store_at(tmp_path) as store:
        call_id = await crashed(store)
        exchange = Exchange(store)
        exchange.known[call_id] = info(call_id, "ended")
        again = await exchange.send()
        assert (again.id, again.state, again.replayed) == (call_id, "ended", True)


async def test_after_a_crash_what_may_be_repeated_is_done_under_the_same_id(tmp_path: Path) -> None:
    async with store_at(tmp_path) as store:
        call_id = await crashed(store)
        exchange = Exchange(store)
        again = await exchange.send(repeatable=True)
        assert exchange.placed == [call_id] == [again.id]
        assert again.replayed is False


async def test_over_the_socket_two_clients_with_one_key_place_one_call(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as one, await Wire.open(o.unix) as two:
        request = {"uri": o.uri("late"), "idem": "order 7", "wait": "answered"}
        first, second = await asyncio.gather(one.good("call.originate", request), two.good("call.originate", request))
        assert first["id"] == second["id"]
        assert [first["replayed"], second["replayed"]] == [False, True]
        assert first["state"] == second["state"] == "answered"
        out = [call for call in o.engine.calls if call.direction == "out"]
        assert len(out) == 1
        error = await one.error("call.originate", {**request, "uri": o.uri("echo")})
        assert (error[0], error[2]["field"]) == (3003, "idem")
