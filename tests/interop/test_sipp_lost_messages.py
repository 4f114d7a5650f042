"""Messages lost and repeated, in every position of a call. Whoever leaves a message unanswered for a while is, on the
wire, one whose answer was lost. What comes again at once is sent by a peer of the test's own: SIPp cannot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from switchroom.client import AsyncClient
from switchroom.schema.call import CallInfo
from tests.interop.office import T1_MS, Line, Office
from tests.interop.peers import needs_sipp
from tests.interop.phone import SDP, Phone, reply, value
from tests.interop.sipp import Message, Peers
from tests.interop.wire import wire

pytestmark = needs_sipp


def one(messages: list[Message]) -> bool:
    """Several, and all the same."""
    return len(messages) >= 2 and len(set(messages)) == 1


@pytest.fixture
def caller(office: Office) -> Iterator[Phone]:
    made = Phone(office.sip)
    yield made
    made.socket.close()


@pytest.fixture
def callee(office: Office, line: Line) -> Phone:
    return Phone(office.sip, line.held)


async def test_invite_without_response_is_repeated_as_it_was(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_is_slow", line, silent_ms=500)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    assert one(callee.copies("INVITE"))


async def test_messages_of_the_caller_that_come_again_are_one_call(sipp: Peers, line: Line, caller: Phone) -> None:
    peer = await sipp.callee("callee_answers", line)
    uri = f"sip:{line.number}@127.0.0.1"
    invite = caller.message(f"INVITE {uri} SIP/2.0", body=SDP, call_id=f"again-{caller.port}")
    for _ in range(3):
        caller.send(invite)
    answer = caller.final()
    caller.send(invite)
    same = {"to": value(answer, "To"), "call_id": f"again-{caller.port}"}
    ack = caller.message(f"ACK {uri} SIP/2.0", **same)
    bye = caller.message(f"BYE {uri} SIP/2.0", cseq="2 BYE", **same)
    for message in (ack, ack, bye, bye, bye):
        caller.send(message)
    answers = {caller.next("CSeq: 2 BYE") for _ in range(3)}
    assert len(answers) == 1 and answers.pop().startswith("SIP/2.0 200")
    await sipp.pass_()
    for what in ("INVITE", "ACK", "BYE"):
        assert len(peer.received(what)) == 1


async def test_provisional_that_comes_again_changes_nothing(sipp: Peers, line: Line) -> None:
    await sipp.callee("callee_repeats_provisionals", line)
    caller = await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    assert len(caller.copies(180)) == 1


async def test_every_repeated_200_gets_the_same_ack(sipp: Peers, line: Line, callee: Phone) -> None:
    caller = await sipp.caller("caller_talks", line.number, talk_ms=300)
    invite = callee.receive()
    answer = reply(invite, "200 OK", SDP, f"<sip:callee@{callee.host}:{callee.port}>")
    for _ in range(3):
        callee.send(answer)
    acks = {callee.next("CSeq: 1 ACK") for _ in range(3)}
    assert len(acks) == 1
    callee.send(reply(callee.next("CSeq: 2 BYE"), "200 OK"))
    await sipp.pass_()
    assert len(caller.received(200, "INVITE")) == 1


async def test_every_repeated_refusal_gets_the_same_ack(sipp: Peers, line: Line, callee: Phone) -> None:
    await sipp.caller("caller_is_refused", line.number, status=486)
    refusal = reply(callee.receive(), "486 Busy Here")
    for _ in range(3):
        callee.send(refusal)
    acks = {callee.next("CSeq: 1 ACK") for _ in range(3)}
    assert len(acks) == 1
    await sipp.pass_()


async def test_answer_is_repeated_until_the_ack(sipp: Peers) -> None:
    caller = await sipp.caller("caller_acks_late", "echo", silent_ms=500)
    await sipp.pass_()
    order = [message.what for message in caller.messages]
    acknowledged = order.index("ACK")
    assert order[:acknowledged].count("200") >= 2
    assert set(order[acknowledged:]) == {"ACK", "BYE", "200"} and order.count("ACK") == 1
    assert caller.copies(200, "INVITE") == caller.received(200, "INVITE") * order[:acknowledged].count("200")


async def test_call_without_ack_is_hung_up_on_both_sides(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_answers", line)
    caller = await sipp.caller("caller_never_acks", line.number)
    await sipp.pass_()
    assert one(caller.copies(200))
    assert len(callee.received("BYE")) == 1


async def test_refusal_is_repeated_until_the_ack(sipp: Peers) -> None:
    caller = await sipp.caller("caller_acks_refusal_late", "nobody", status=404, silent_ms=500)
    await sipp.pass_()
    order = [message.what for message in caller.messages]
    assert order.count("404") >= 2 and order[-1] == "ACK"


async def test_bye_without_answer_is_repeated_as_it_was(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_answers_bye_late", line, silent_ms=500)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    assert one(callee.copies("BYE"))


# --------------------------------------------- every message lost, the first time


@pytest.mark.parametrize(
    ("caller", "callee", "words"),
    [
        ("caller_talks", "callee_is_slow", {}),
        ("caller_is_refused", "callee_refuses", {"status": "486 Busy Here"}),
        ("caller_is_hung_up", "callee_hangs_up", {}),
    ],
)
async def test_call_gets_through_when_every_message_is_lost_once(
    sipp: Peers, office: Office, client: AsyncClient, caller: str, callee: str, words: dict[str, str]
) -> None:
    near, far = office.line(), office.line()
    async with wire(office.sip, at=near.held, callee=far.port) as right, wire(office.sip) as left:
        # SIPp takes an INVITE that comes again for a new one once it has repeated its 200: so it does that late.
        own = {"silent_ms": 0, "contact": f"127.0.0.1:{right.port}", "retrans": 300, "linger_ms": 400}
        await sipp.callee(callee, far, **own, **words)
        heard = {
            "contact": f"127.0.0.1:{left.port}",
            "talk_ms": 500,
            "retrans": T1_MS,
            "status": words.get("status", "")[:3],
        }
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
        bad_wire = {"through": left.peer_port, "contact": f"127.0.0.1:{left.port}", "linger_ms": 400, "retrans": T1_MS}
        await sipp.caller("caller_cancels_over_a_bad_wire", line.number, **bad_wire)
        await sipp.pass_()
    assert not await calls_to(client, line.number)


async def calls_to(client: AsyncClient, number: str) -> list[CallInfo]:
    """Those that are up."""
    return [call for call in (await client.call.list(limit=1000)).items if call.to == number]
