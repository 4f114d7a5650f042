"""CANCEL in every position: RFC 3261 9."""

from __future__ import annotations

from tests.interop.office import Line
from tests.interop.peers import needs_sipp
from tests.interop.sipp import Peers

pytestmark = needs_sipp


async def test_cancel_before_any_response_waits_for_the_callees_first_one(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_is_slow_and_cancelled", line, silent_ms=500)
    await sipp.caller("caller_cancels_at_once", line.number)
    await sipp.pass_()
    order = [message.what for message in callee.messages]
    assert order.index("180") < order.index("CANCEL")
    assert len(callee.copies("INVITE")) >= 2 and "BYE" not in order


async def test_cancel_while_it_rings_cancels_the_callee(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_never_answers", line, status="180 Ringing")
    await sipp.caller("caller_cancels", line.number, progress=180)
    await sipp.pass_()
    assert callee.received("BYE") == []


async def test_cancel_in_early_media_cancels_the_callee(sipp: Peers, line: Line) -> None:
    await sipp.callee("callee_is_cancelled_in_early_media", line)
    await sipp.caller("caller_cancels", line.number, progress=183)
    await sipp.pass_()


async def test_answer_that_crosses_our_cancel_is_acknowledged_and_hung_up(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_answers_the_cancel", line)
    await sipp.caller("caller_cancels", line.number, progress=180)
    await sipp.pass_()
    (bye,) = callee.received("BYE")
    (invite,) = callee.received("INVITE")
    assert int(bye.header("CSeq").split()[0]) == int(invite.header("CSeq").split()[0]) + 1
    assert bye.header("To").endswith(callee.sent(200)[0].header("To").partition(";tag=")[2])


async def test_cancel_without_answer_is_repeated(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_answers_cancel_late", line, silent_ms=500)
    await sipp.caller("caller_cancels", line.number, progress=180)
    await sipp.pass_()
    cancels = callee.copies("CANCEL")
    assert len(cancels) >= 2 and len(set(cancels)) == 1


async def test_cancel_before_a_route_has_answered_is_487(sipp: Peers) -> None:
    await sipp.caller("caller_cancels", "slow", progress=180)
    await sipp.pass_()


async def test_cancel_after_the_answer_changes_nothing(sipp: Peers) -> None:
    await sipp.caller("caller_cancels_too_late", "echo")
    await sipp.pass_()


async def test_cancel_of_nothing_is_481(sipp: Peers) -> None:
    await sipp.caller("caller_cancels_nothing", "echo")
    await sipp.pass_()
