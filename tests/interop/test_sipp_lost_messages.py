"""Messages lost and repeated, in every position of a call. Whoever leaves a message unanswered for a while is, on the
wire, one whose answer was lost."""

from __future__ import annotations

import pytest

from switchroom.client import AsyncClient
from switchroom.schema.call import CallInfo
from tests.interop.office import Line, Office
from tests.interop.peers import needs_sipp
from tests.interop.sipp import Peers
from tests.interop.wire import wire

pytestmark = needs_sipp


async def test_invite_without_response_is_repeated_as_it_was(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_is_slow", line, silent_ms=250)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    invites = callee.received("INVITE")
    assert len(invites) >= 3 and len(set(invites)) == 1


async def test_invite_that_comes_again_is_one_call(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_is_slow", line, silent_ms=0)
    caller = await sipp.caller("caller_repeats_invite", line.number)
    await sipp.pass_()
    assert len({message.header("Call-ID") for message in callee.received("INVITE")}) == 1
    assert len({message.header("To") for message in caller.received(200, "INVITE")}) == 1


async def test_provisional_that_comes_again_changes_nothing(sipp: Peers, line: Line) -> None:
    await sipp.callee("callee_repeats_provisionals", line)
    caller = await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    assert len(caller.received(180)) == 1


async def test_every_repeated_200_gets_the_same_ack(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_repeats_answer", line)
    caller = await sipp.caller("caller_talks", line.number, talk_ms=100)
    await sipp.pass_()
    acks = callee.received("ACK")
    assert len(acks) == 3 and len(set(acks)) == 1
    assert len(caller.received(200, "INVITE")) == 1


async def test_every_repeated_refusal_gets_an_ack(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_repeats_refusal", line)
    await sipp.caller("caller_is_refused", line.number, status=486)
    await sipp.pass_()
    acks = callee.received("ACK")
    assert len(acks) == 3 and len(set(acks)) == 1


async def test_answer_is_repeated_until_the_ack(sipp: Peers) -> None:
    caller = await sipp.caller("caller_acks_late", "echo", silent_ms=250)
    await sipp.pass_()
    order = [message.what for message in caller.messages]
    acknowledged = order.index("ACK")
    assert order[:acknowledged].count("200") == 3  # at 0, 50 and 150 ms
    assert order[acknowledged:] == ["ACK", "BYE", "200"]


async def test_call_without_ack_is_hung_up_on_both_sides(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_answers", line)
    caller = await sipp.caller("caller_never_acks", line.number)
    await sipp.pass_()
    assert len(caller.received(200)) >= 6
    assert len(callee.received("BYE")) == 1


async def test_refusal_is_repeated_until_the_ack(sipp: Peers) -> None:
    caller = await sipp.caller("caller_acks_refusal_late", "nobody", status=404, silent_ms=250)
    await sipp.pass_()
    order = [message.what for message in caller.messages]
    assert order == ["INVITE", "404", "404", "404", "ACK"]


async def test_ack_and_bye_that_come_again_change_nothing(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_answers", line)
    caller = await sipp.caller("caller_repeats_ack_and_bye", line.number)
    await sipp.pass_()
    byes = caller.received(200, "BYE")
    assert len(byes) == 4 and len(set(byes)) == 1
    assert len(callee.received("BYE")) == 1


async def test_bye_without_answer_is_repeated_as_it_was(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_answers_bye_late", line, silent_ms=250)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    byes = callee.received("BYE")
    assert len(byes) >= 3 and len(set(byes)) == 1


# --------------------------------------------- every message lost, the first time


@pytest.mark.parametrize(
    ("caller", "callee", "words"),
    [
        ("caller_talks", "callee_answers", {}),
        ("caller_is_refused", "callee_refuses", {"status": "486 Busy Here"}),
        ("caller_is_hung_up", "callee_hangs_up", {}),
    ],
)
async def test_call_gets_through_when_every_message_is_lost_once(
    sipp: Peers, office: Office, client: AsyncClient, caller: str, callee: str, words: dict[str, str]
) -> None:
    near, far = office.line(), office.line()
    async with wire(office.sip, at=near.held, callee=far.port) as right, wire(office.sip) as left:
        await sipp.callee(callee, far, contact=f"127.0.0.1:{right.port}", linger_ms=400, **words)
        heard = {"contact": f"127.0.0.1:{left.port}", "talk_ms": 500, "status": words.get("status", "")[:3]}
        await sipp.caller(caller, near.number, through=left.peer_port, **heard)
        await sipp.pass_()
    assert not await calls_to(client, near.number)


@pytest.mark.parametrize("callee", ["callee_never_answers", "callee_answers_the_cancel"])
async def test_cancel_gets_through_when_every_message_is_lost_once(
    sipp: Peers, office: Office, line: Line, client: AsyncClient, callee: str
) -> None:
    """Lost on the caller's side: SIPp takes a CANCEL that comes again for a new one."""
    async with wire(office.sip) as left:
        await sipp.callee(callee, line, status="180 Ringing")
        bad_wire = {"through": left.peer_port, "contact": f"127.0.0.1:{left.port}", "linger_ms": 400}
        await sipp.caller("caller_cancels_over_a_bad_wire", line.number, **bad_wire)
        await sipp.pass_()
    assert not await calls_to(client, line.number)


async def calls_to(client: AsyncClient, number: str) -> list[CallInfo]:
    """Those that are up."""
    return [call for call in (await client.call.list(limit=1000)).items if call.to == number]
