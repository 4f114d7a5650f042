"""Requests over a real socket to a real engine: what is answered, what is refused, and in what words."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from switchroom.control.limits import ControlLimits
from tests.unit.control_office import Wire, office


async def test_a_call_is_placed_and_its_reply_says_answered(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        found = await w.good("call.originate", {"uri": o.uri("echo"), "wait": "answered"})
        assert found["state"] == "answered"
        assert (await w.good("call.get", {"id": found["id"]}))["id"] == found["id"]
        assert await w.good("call.hangup", {"id": found["id"]}) == {"already": False}


async def test_waiting_does_not_block_the_connection(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        waiting, ping = w.ask("call.originate", {"uri": o.uri("late"), "wait": "answered"}), w.ask("api.ping")
        await w.until(lambda: waiting in w.replies)
        assert list(w.replies) == [ping, waiting]
        assert w.replies[waiting][1]["state"] == "answered"


async def test_a_busy_number_is_an_outcome_with_numbers_and_no_error(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        found = await w.good("call.originate", {"uri": o.uri("busy"), "wait": "answered"})
        assert (found["state"], found["sip_status"], found["q850_cause"]) == ("ended", 486, 17)


async def test_waiting_ends_at_its_timeout_and_the_call_goes_on(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        found = await w.good("call.originate", {"uri": o.uri("never"), "wait": "answered", "timeout_ms": 1})
        assert found["state"] in {"calling", "ringing"}
        ended = await w.good("call.get", {"id": found["id"]})
        assert ended["state"] != "ended"


async def test_a_client_that_leaves_while_it_waits_leaves_its_call_up(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as staying:
        async with await Wire.open(o.unix) as leaving:
            leaving.ask("call.originate", {"uri": o.uri("late"), "wait": "answered", "call_id": "mine"})
            await leaving.writer.drain()
            await staying.good("events.subscribe", {"topics": ["call.*"], "filter": {"call_id": "mine"}, "since": 0})
        await staying.until(lambda: any(e["call_id"] == "mine" for e in staying.events("call.answered")))
        assert (await staying.good("call.get", {"id": "mine"}))["state"] == "answered"


@pytest.mark.parametrize(
    ("method", "params", "code", "field", "words"),
    [
        ("call.get", [{"idd": "x"}], 1002, "idd", "did you mean id?"),
        ("call.get", [{}], 1002, "id", "id is missing"),
        ("call.get", [], 1002, "id", "id is missing"),
        ("call.get", [{"id": 5}], 1002, "id", "must be `str`, got `int`"),
        ("call.get", [{"id": "a b"}], 1002, "id", "regex"),
        ("call.get", ["a"], 1002, "params", "one map of named arguments"),
        ("call.get", [{"id": "a"}, {}], 1002, "params", "one map of named arguments"),
        ("call.get", {"id": "a"}, 1002, "params", "one map of named arguments"),
        (
            "campaign.create",
            [{"name": "x", "settings": {"retri": []}}],
            1002,
            "settings.retri",
            "did you mean retry?",
        ),
        (
            "campaign.create",
            [{"name": "x", "settings": {"retry": [{"disposition": "busy", "after_ms": -1}]}}],
            1002,
            "settings.retry[0].after_ms",
            ">= 0",
        ),
        (
            "campaign.create",
            [{"name": "x", "settings": {"retry": [{"disposition": "busy", "after": 1}]}}],
            1002,
            "settings.retry[0].after",
            "did you mean after_ms?",
        ),
        ("call.orginate", [{}], 1001, None, "did you mean call.originate?"),
        ("nvim_command", ["q"], 1001, None, "not Neovim"),
        ("call.get", [{"id": "nobody"}], 3000, None, "nobody"),
    ],
)
async def test_an_error_names_the_argument_and_what_is_allowed(
    tmp_path: Path, method: str, params: object, code: int, field: str | None, words: str
) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        w.send([0, 77, method, params])
        await w.until(lambda: 77 in w.replies)
        error, result = w.replies[77]
        assert result is None
        assert error[0] == code
        assert words in error[1]
        assert error[2].get("field") == field
        assert error[2]["trace_id"]
        assert error[2]["name"]


async def test_a_failed_notification_is_answered_by_an_error_notification(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        w.send([2, "call.hangup", [{"id": "nobody"}]])
        w.send([2, "nothing.here", []])
        w.send([2, "api.ping", []])
        await w.good("api.ping")
        await w.until(lambda: len(w.pushed) == 2)
        errors = {message[2][0]["method"]: message[2][0] for message in w.pushed}
        assert errors["call.hangup"]["code"] == 3000
        assert errors["nothing.here"]["name"] == "unknown_method"


async def test_pipelined_requests_may_be_answered_out_of_order(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        slow = w.ask("call.originate", {"uri": o.uri("late"), "wait": "answered"})
        quick = [w.ask("api.ping") for _ in range(50)]
        await w.until(lambda: slow in w.replies)
        assert list(w.replies) == [*quick, slow]


async def test_a_msgid_still_pending_is_refused_and_the_first_is_answered(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        w.send([0, 5, "call.originate", [{"uri": o.uri("late"), "wait": "answered"}]])
        w.send([0, 5, "api.ping", []])
        await w.until(lambda: bool(w.pushed))
        assert "still pending" in w.pushed[0][2][0]["message"]
        await w.until(lambda: 5 in w.replies)
        assert w.replies[5][1]["state"] == "answered"


async def test_too_many_pending_requests_are_busy(tmp_path: Path) -> None:
    async with office(tmp_path, limits=ControlLimits(pending=3)) as o, await Wire.open(o.unix) as w:
        asked = [w.ask("call.originate", {"uri": o.uri("late"), "wait": "answered"}) for _ in range(4)]
        await w.until(lambda: asked[-1] in w.replies)
        assert w.replies[asked[-1]][0][0] == 4001
        assert w.replies[asked[-1]][0][2]["limit"] == 3
        await w.until(lambda: all(msgid in w.replies for msgid in asked))


async def test_too_many_requests_a_second_are_told_when_to_come_back(tmp_path: Path) -> None:
    async with office(tmp_path, limits=ControlLimits(rate=1.0, burst=5.0)) as o, await Wire.open(o.unix) as w:
        asked = [w.ask("api.ping") for _ in range(8)]
        await w.until(lambda: all(msgid in w.replies for msgid in asked))
        errors = [w.replies[msgid][0] for msgid in asked]
        assert errors[:5] == [None] * 5
        assert all(error[0] == 4000 and 0 < error[2]["retry_after_ms"] <= 1000 for error in errors[5:])


@pytest.mark.parametrize("message", [[7, 1, "x", []], [1, 1, None, None], [0, 1, "x"], [2, 5, []]])
async def test_a_message_that_is_none_is_told_and_the_connection_stays(tmp_path: Path, message: object) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        w.send(message)
        await w.good("api.ping")
        assert w.pushed[0][1] == "error"
        assert w.pushed[0][2][0]["code"] == 1000


async def test_a_stream_that_is_not_ours_gets_one_error_and_is_closed(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        w.ask("api.ping")
        w.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        w.ask("api.ping")
        await w.closed()
        assert len(w.replies) == 1
        assert [message[1] for message in w.pushed] == ["error"]
        assert w.pushed[0][2][0]["name"] == "bad_frame"


async def test_a_claimed_length_beyond_the_limit_closes_before_its_bytes(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        w.writer.write(b"\x94\x00\x01\xa8api.ping\xdb\x7f\xff\xff\xff")
        await w.closed()
        error = w.pushed[0][2][0]
        assert (error["name"], error["data"]["limit"]) == ("too_large", 262_144)


async def test_a_half_closed_client_gets_its_replies_and_is_closed(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        w.ask("call.originate", {"uri": o.uri("late"), "wait": "answered"})
        w.writer.write_eof()
        await w.closed()
        assert w.replies[1][1]["state"] == "answered"


async def test_many_small_requests_of_one_client_leave_others_their_turn(tmp_path: Path) -> None:
    limits = ControlLimits(rate=1e9, burst=1e9)
    async with (
        office(tmp_path, limits=limits) as o,
        await Wire.open(o.unix) as greedy,
        await Wire.open(o.unix) as modest,
    ):
        await greedy.good("api.ping")
        asked = [greedy.ask("api.ping") for _ in range(5_000)]
        await modest.good("api.ping")
        assert max(connection.session.requests for connection in o.server.connections) < len(asked)
        await greedy.until(lambda: len(greedy.replies) == len(asked))


async def test_a_client_that_asks_and_never_reads_is_no_longer_read(tmp_path: Path) -> None:
    """Its replies would pile up: beyond `replies_bytes` its requests wait in its own socket."""
    limits = ControlLimits(rate=1e9, burst=1e9, replies_bytes=100_000)
    async with office(tmp_path, limits=limits) as o, await Wire.open(o.unix) as w, await Wire.open(o.unix) as other:
        request = b"\x94\x00\x01\xa8api.info\x90"
        w.writer.write(request * 2_000)  # some 50 kB each: 100 MB of replies
        for _ in range(50):
            await other.good("api.ping")
        await asyncio.sleep(0)
        held = max(connection.outbox.replies_bytes for connection in o.server.connections)
        assert held < 300_000
        while len(w.replies) < 1 or w.order.count("reply") < 2_000:
            await w.read()


async def test_api_info_describes_itself(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        info = await w.good("api.info")
        assert info["api_level"] == 1
        assert {"call.originate", "events.subscribe", "engine.drain"} <= {method["name"] for method in info["methods"]}
        assert info["limits"]["frame_bytes"] == 1_048_576


async def test_draining_refuses_new_work_and_answers_at_once(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        await w.good("call.originate", {"uri": o.uri("echo"), "wait": "answered", "call_id": "one"})
        await w.good("events.subscribe", {"topics": ["engine.*", "call.ended"]})
        assert await w.good("engine.drain", {"deadline_ms": 200}) == {"already": False}
        assert o.engine.draining
        await w.until(lambda: bool(w.events("engine.stopping")))
        assert w.events("engine.draining")[0]["id"] < w.events("engine.stopping")[0]["id"]
