"""Events over a real socket: replay, live feed, slow readers by each policy, and that nobody else is hurt."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import uvloop

from switchroom.control.limits import ControlLimits
from tests.unit.control_office import Office, Wire, office

pytestmark = pytest.mark.filterwarnings("ignore:Overriding the .event_loop_policy. fixture")


@pytest.fixture(params=["asyncio", "uvloop"])
def event_loop_policy(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoopPolicy:
    """Their transports buffer and pause each in its own way; the daemon runs on uvloop."""
    return uvloop.EventLoopPolicy() if request.param == "uvloop" else asyncio.DefaultEventLoopPolicy()


FACT = {"topics": ["test.*"]}
TIGHT = ControlLimits(queue_bytes=200_000, queue_events=50)
PAD = 4_000  # bytes of an event that fills socket buffers soon


def ids(wire: Wire, topic: str = "test.fact") -> list[int]:
    return [event["id"] for event in wire.events(topic)]


async def slow_reader(o: Office, **more: Any) -> Wire:
    """Subscribed, and then it reads no more: `fill` until the engine's queue for it is over its limit."""
    wire = await Wire.open(o.unix)
    await wire.good("events.subscribe", {**FACT, **more})
    wire.reader._transport.pause_reading()  # type: ignore[attr-defined]
    return wire


async def fill(o: Office, events: int = 800) -> tuple[int, int]:
    """(id of the first, id of the last) of events that no socket buffer holds."""
    first = o.engine.store.head_id + 1
    for _ in range(events // 100):
        await o.publish(100, size=PAD)
    return first, o.engine.store.head_id


def go_on(wire: Wire) -> None:
    wire.reader._transport.resume_reading()  # type: ignore[attr-defined]


async def test_events_come_in_order_with_their_subscription(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        found = await w.good("events.subscribe", FACT)
        last = await o.publish(100)
        await w.until(lambda: len(ids(w)) == 100)
        assert ids(w) == list(range(found["from"], last + 1))
        assert {event["sub_id"] for event in w.events()} == {found["sub_id"]}


async def test_since_replays_and_goes_on_live_without_gap_or_repeat(tmp_path: Path) -> None:
    async with office(tmp_path, limits=ControlLimits(replay_chunk=7)) as o, await Wire.open(o.unix) as w:
        before = await o.publish(200)
        await w.good("events.subscribe", {**FACT, "since": before - 150})
        for _ in range(40):  # commits go on while the journal is read
            await o.publish(5)
        last = await o.publish(1)
        await w.until(lambda: last in ids(w))
        assert ids(w) == list(range(before - 149, last + 1))


async def test_only_topics_and_ids_asked_for_come(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        await w.good("events.subscribe", {"topics": ["call.*"], "filter": {"campaign_id": "spring"}})
        await w.good("events.subscribe", {"topics": ["call.record.>"]})
        publish = o.engine.events.publish
        publish("call.answered", {}, campaign_id="spring")
        publish("call.answered", {}, campaign_id="autumn")
        publish("call.record.a.b", {}, campaign_id="spring")
        publish("agent.state", {}, campaign_id="spring")
        publish("call.ended", {}, campaign_id="spring")
        await w.until(lambda: bool(w.events("call.ended")))
        came = [(event["sub_id"], event["topic"]) for message in w.pushed for event in message[2]]
        assert sorted(came) == [(1, "call.answered"), (1, "call.ended"), (2, "call.record.a.b")]


async def test_a_batch_is_one_notification_of_many_maps(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        since = o.engine.store.head_id
        await o.publish(50)
        await w.good("events.subscribe", {**FACT, "since": since, "batch": 20})
        await w.until(lambda: len(ids(w)) == 50)
        assert [len(message[2]) for message in w.pushed] == [20, 20, 10]


async def test_the_reply_to_subscribe_comes_before_its_events(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        since = o.engine.store.head_id
        await o.publish(20)
        w.ask("events.subscribe", {**FACT, "since": since})
        await w.until(lambda: len(ids(w)) == 20)
        assert w.order[0] == "reply"


async def test_unsubscribed_means_no_more(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        sub = await w.good("events.subscribe", FACT)
        assert await w.good("events.unsubscribe", {"sub_id": sub["sub_id"]}) == {"already": False}
        assert await w.good("events.unsubscribe", {"sub_id": sub["sub_id"]}) == {"already": True}
        await o.publish(10)
        await w.good("api.ping")
        assert not w.pushed


async def test_a_client_that_never_subscribes_receives_nothing_unasked(tmp_path: Path) -> None:
    async with office(tmp_path, limits=ControlLimits(tick_s=0.05)) as o, await Wire.open(o.unix) as w:
        await o.publish(100)
        await asyncio.sleep(0.2)
        await w.good("api.ping")
        assert not w.pushed


async def test_a_subscriber_gets_ticks_with_the_head(tmp_path: Path) -> None:
    async with office(tmp_path, limits=ControlLimits(tick_s=0.05)) as o, await Wire.open(o.unix) as w:
        await w.good("events.subscribe", {"topics": ["nothing.here"]})
        head = await o.publish(3)
        await w.until(lambda: any(tick["data"]["head"] == head for tick in w.events("engine.tick")))
        assert all(tick["id"] == 0 for tick in w.events("engine.tick"))


@pytest.mark.parametrize(
    ("params", "code", "field"),
    [
        ({"topics": ["call..x"]}, 1002, "topics"),
        ({"topics": ["*>"]}, 1002, "topics"),
        ({"topics": []}, 1002, "topics"),
        ({"topics": [">"], "filter": {"tenant": "x"}}, 1002, "filter.tenant"),
        ({"topics": [">"], "since": 10**9}, 3004, "since"),
        ({"topics": [">"], "since": 0, "epoch": "another"}, 3004, "since"),
    ],
)
async def test_a_subscription_that_cannot_be_is_refused(
    tmp_path: Path, params: dict[str, Any], code: int, field: str
) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        error = await w.error("events.subscribe", params)
        assert (error[0], error[2]["field"]) == (code, field)


async def test_since_too_old_is_journal_gone_with_the_first_id(tmp_path: Path) -> None:
    async with office(tmp_path, store="journal_events = 1000") as o, await Wire.open(o.unix) as w:
        for _ in range(25):
            await o.publish(100)
        first = o.engine.store.journal_first_id
        assert first > 1000
        error = await w.error("events.subscribe", {**FACT, "since": first - 2})
        assert (error[0], error[2]["first_id"], error[2]["last_id"]) == (3004, first, 2500)
        await w.good("events.subscribe", {**FACT, "since": first - 1})
        await w.until(lambda: 2500 in ids(w))
        assert ids(w) == list(range(first, 2501))


async def test_what_the_journal_lost_before_a_slow_reader_came_to_it_is_said(tmp_path: Path) -> None:
    async with office(tmp_path, limits=TIGHT, store="journal_events = 1000") as o:
        w = await slow_reader(o)
        first, last = await fill(o, 4_000)
        go_on(w)
        await w.until(lambda: last in ids(w))
        (dropped,) = [message[2][0] for message in w.pushed if message[1] == "events.dropped"]
        assert dropped["count"] is None
        missing = sorted(set(range(first, last + 1)) - set(ids(w)))
        assert (missing[0], missing[-1]) == (dropped["from"], dropped["to"])
        assert len(missing) == dropped["to"] - dropped["from"] + 1
        await w.__aexit__()


async def test_subscriptions_have_a_limit(tmp_path: Path) -> None:
    async with office(tmp_path, limits=ControlLimits(subscriptions=2)) as o, await Wire.open(o.unix) as w:
        await w.good("events.subscribe", FACT)
        sub = await w.good("events.subscribe", FACT)
        assert (await w.error("events.subscribe", FACT))[2]["limit"] == 2
        await w.good("events.unsubscribe", {"sub_id": sub["sub_id"]})
        await w.good("events.subscribe", FACT)


async def test_pause_tells_that_it_lags_and_then_loses_nothing(tmp_path: Path) -> None:
    async with office(tmp_path, limits=TIGHT) as o:
        w = await slow_reader(o)
        first, last = await fill(o)
        (session,) = [c.info() for c in o.server.connections]
        assert session.lag_events > 0
        go_on(w)
        await w.until(lambda: last in ids(w))
        assert ids(w) == list(range(first, last + 1))
        lagging = [message[2][0] for message in w.pushed if message[1] == "events.lagging"]
        assert lagging
        assert lagging[0]["sub_id"] == 1
        assert first <= lagging[0]["last_id"] < last
        await o.publish(1)  # live again
        await w.until(lambda: last + 1 in ids(w))
        await w.__aexit__()


async def test_drop_says_what_is_missing(tmp_path: Path) -> None:
    async with office(tmp_path, limits=TIGHT) as o:
        w = await slow_reader(o, policy="drop")
        first, last = await fill(o)
        go_on(w)
        await w.until(lambda: last in ids(w))
        dropped = [message[2][0] for message in w.pushed if message[1] == "events.dropped"]
        missing = sorted(set(range(first, last + 1)) - set(ids(w)))
        assert missing
        assert sum(one["count"] for one in dropped) == len(missing)
        assert (dropped[0]["from"], dropped[-1]["to"]) == (missing[0], missing[-1])
        assert ids(w) == sorted(ids(w))
        await w.__aexit__()


async def test_close_closes(tmp_path: Path) -> None:
    async with office(tmp_path, limits=TIGHT) as o:
        w = await slow_reader(o, policy="close")
        await fill(o)
        assert o.server.closed["reader too slow for policy close"] == 1
        assert not o.server.connections
        await w.__aexit__()


@pytest.mark.parametrize("policy", ["pause", "drop"])
async def test_one_that_never_reads_hurts_nobody_and_holds_bounded_memory(tmp_path: Path, policy: str) -> None:
    async with office(tmp_path, limits=TIGHT) as o, await Wire.open(o.unix) as healthy:
        await healthy.good("events.subscribe", FACT)
        w = await slow_reader(o, policy=policy)
        first, last = await fill(o, 2_000)
        await healthy.until(lambda: last in ids(healthy))
        assert ids(healthy) == list(range(first, last + 1))
        lazy = next(c for c in o.server.connections if c.info().lag_events)
        assert lazy.outbox.backlog.bytes <= TIGHT.queue_bytes
        assert lazy.outbox.backlog.events <= TIGHT.queue_events
        assert lazy.transport.get_write_buffer_size() < 512 * 1024
        await w.__aexit__()


async def test_a_reader_that_takes_nothing_at_all_is_closed(tmp_path: Path) -> None:
    limits = ControlLimits(queue_bytes=200_000, queue_events=50, stall_s=0.3)
    async with office(tmp_path, limits=limits) as o:
        w = await slow_reader(o)
        await fill(o)
        async with asyncio.timeout(20):
            while o.server.connections:
                await asyncio.sleep(0.02)
        assert o.server.closed["read nothing for 0.3 s"] == 1
        await w.__aexit__()


async def test_samples_are_the_latest_and_have_no_number(tmp_path: Path) -> None:
    async with office(tmp_path, limits=TIGHT) as o:
        w = await slow_reader(o, topics=["test.*", "campaign.stats"])
        await fill(o)
        for i in range(500):
            o.engine.events.sample("campaign.stats", {"i": i}, campaign_id="spring")
        go_on(w)
        await w.until(lambda: bool(w.events("campaign.stats")))
        samples = w.events("campaign.stats")
        assert [(event["id"], event["data"]["i"]) for event in samples] == [(0, 499)]
        await w.__aexit__()


async def test_replies_overtake_events_that_wait(tmp_path: Path) -> None:
    async with office(tmp_path, limits=ControlLimits()) as o:
        w = await slow_reader(o)
        await fill(o, 400)
        asked = w.ask("api.ping")
        await w.writer.drain()
        async with await Wire.open(o.unix) as other:
            await other.good("api.ping")
        go_on(w)
        await w.until(lambda: asked in w.replies)
        assert len(ids(w)) < 400
        await w.__aexit__()


async def test_after_a_reconnect_the_rest_comes_from_the_journal(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        async with await Wire.open(o.unix) as w:
            await w.good("events.subscribe", FACT)
            await o.publish(10)
            await w.until(lambda: len(ids(w)) == 10)
            seen = ids(w)
        await o.publish(10)
        async with await Wire.open(o.unix) as w:
            await w.good("events.subscribe", {**FACT, "since": seen[-1]})
            last = await o.publish(10)
            await w.until(lambda: last in ids(w))
            assert seen + ids(w) == list(range(seen[0], last + 1))


async def test_an_ack_shows_in_the_list_of_sessions(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        sub = await w.good("events.subscribe", FACT)
        last = await o.publish(5)
        await w.good("events.ack", {"sub_id": sub["sub_id"], "id": last - 1})
        (session,) = (await w.good("session.list"))["items"]
        assert (session["acked_id"], session["subscriptions"]) == (last - 1, 1)
