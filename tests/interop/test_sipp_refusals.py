"""Calls that come to no answer: refused, rung out, sent on to the next trunk."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from switchroom import errors
from switchroom.client import AsyncClient
from switchroom.core import Core, CoreOptions
from tests.conftest import free_port_range
from tests.interop.office import T1_MS, Line, Office
from tests.interop.peers import needs_sipp
from tests.interop.sipp import Peers

pytestmark = needs_sipp


@pytest.fixture
async def core() -> AsyncIterator[Core]:
    """Calls of our own, whose errors have types."""
    async with Core(CoreOptions(ports=free_port_range(8), workers=1, t1_ms=T1_MS)) as running:
        yield running


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("404 Not Found", 404),
        ("480 Temporarily Unavailable", 480),
        ("484 Address Incomplete", 484),
        ("486 Busy Here", 486),
        ("600 Busy Everywhere", 600),
        ("603 Decline", 603),
        ("500 Server Internal Error", 500),
        ("302 Moved Temporarily", 503),  # we do not follow
        ("403 Forbidden", 403),
        ("408 Request Timeout", 504),  # nothing was heard of the callee
        ("482 Loop Detected", 482),
    ],
)
async def test_refusal_of_the_callee_reaches_the_caller(sipp: Peers, line: Line, said: str, heard: int) -> None:
    await sipp.callee("callee_refuses", line, status=said)
    await sipp.caller("caller_is_refused", line.number, status=heard)
    await sipp.pass_()


@pytest.mark.parametrize(("said", "heard"), [("486 Busy Here", 486), ("408 Request Timeout", 480)])
async def test_refusal_after_ringing_reaches_the_caller(sipp: Peers, line: Line, said: str, heard: int) -> None:
    await sipp.callee("callee_rings_then_refuses", line, status=said)
    await sipp.caller("caller_rings_then_is_refused", line.number, status=heard)
    await sipp.pass_()


@pytest.mark.parametrize(
    ("said", "error", "q850"),
    [
        ("486 Busy Here", errors.CallBusy, 17),
        ("603 Decline", errors.Declined, 21),
        ("404 Not Found", errors.Unreachable, 1),
        ("480 Temporarily Unavailable", errors.NoAnswer, 18),
        ("488 Not Acceptable Here", errors.NoMedia, 31),
        ("503 Service Unavailable", errors.Unreachable, 41),
    ],
)
async def test_refusal_is_a_typed_error_for_originate(
    core: Core, sipp: Peers, line: Line, said: str, error: type[errors.CallFailed], q850: int
) -> None:
    await sipp.callee("callee_refuses", line, status=said)
    with pytest.raises(error) as caught:
        await core.dial(f"sip:x@127.0.0.1:{line.port}").wait_answered()
    assert type(caught.value) is error
    status = int(said.split(maxsplit=1)[0])
    assert (caught.value.sip_status, caught.value.q850_cause, caught.value.side) == (status, q850, "remote")
    await sipp.pass_()


async def test_busy_callee_is_told_over_the_control_socket(client: AsyncClient, sipp: Peers, line: Line) -> None:
    await sipp.callee("callee_rings_then_refuses", line, status="486 Busy Here")
    call = await client.call.originate(number=line.number, trunk=line.trunk, wait="ended")
    assert (call.state, call.sip_status, call.q850_cause, call.side) == ("ended", 486, 17, "remote")
    assert call.ringing_at_ms is not None and call.answered_at_ms is None
    await sipp.pass_()


# ------------------------------------------------------------------- no answer


async def test_callee_that_rings_out_is_cancelled_and_480_for_the_caller(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_never_answers", line, status="180 Ringing")
    await sipp.caller("caller_rings_then_is_refused", line.number, status=480)
    await sipp.pass_()
    (cancel,) = callee.received("CANCEL")
    (invite,) = callee.received("INVITE")
    for name in ("Via", "From", "To", "Call-ID"):  # RFC 3261 9.1
        assert cancel.header(name) == invite.header(name)
    assert cancel.start.split()[1] == invite.start.split()[1]
    assert cancel.header("CSeq").split()[0] == invite.header("CSeq").split()[0]


async def test_callee_that_only_says_100_is_cancelled_and_504_for_the_caller(sipp: Peers, line: Line) -> None:
    await sipp.callee("callee_never_answers", line, status="100 Trying")
    await sipp.caller("caller_is_refused", line.number, status=504)
    await sipp.pass_()


async def test_silent_trunk_is_504_for_the_caller(sipp: Peers, line: Line) -> None:
    await sipp.caller("caller_is_refused", line.number, status=504)
    await sipp.pass_()


async def test_callee_that_rings_out_is_no_answer_for_originate(core: Core, sipp: Peers, line: Line) -> None:
    await sipp.callee("callee_never_answers", line, status="180 Ringing")
    with pytest.raises(errors.NoAnswer) as caught:
        await core.dial(f"sip:x@127.0.0.1:{line.port}", ring_timeout_s=0.3).wait_answered()
    assert (caught.value.sip_status, caught.value.side) == (408, "timeout")
    await sipp.pass_()


async def test_callee_that_says_nothing_is_unreachable_after_64_t1(core: Core, line: Line) -> None:
    with pytest.raises(errors.Unreachable) as caught:
        await core.dial(f"sip:x@127.0.0.1:{line.port}").wait_answered()
    assert (caught.value.sip_status, caught.value.side) == (408, "timeout")
    line.held.setblocking(False)
    invites = []
    with pytest.raises(BlockingIOError):
        while True:
            invites.append(line.held.recv(4096))
    assert 2 <= len(invites) <= 7 and len(set(invites)) == 1  # at 0, 1, 3, 7, 15, 31 and 63 T1


# -------------------------------------------------------------------- failover


@pytest.mark.parametrize("said", ["503 Service Unavailable", "500 Server Internal Error"])
async def test_trunk_that_fails_gives_way_to_the_next(sipp: Peers, office: Office, said: str) -> None:
    first, second = office.line(), office.line()
    await sipp.callee("callee_refuses", first, status=said)
    await sipp.callee("callee_answers", second)
    await sipp.caller("caller_talks", first.pair, talk_ms=50)
    await sipp.pass_()


async def test_silent_trunk_gives_way_to_the_next(sipp: Peers, office: Office) -> None:
    first, second = office.line(), office.line()
    await sipp.callee("callee_answers", second)
    await sipp.caller("caller_talks", first.pair, talk_ms=50)
    await sipp.pass_()


async def test_trunk_that_fails_after_ringing_gives_way_to_the_next(sipp: Peers, office: Office) -> None:
    first, second = office.line(), office.line()
    await sipp.callee("callee_rings_then_refuses", first, status="503 Service Unavailable")
    await sipp.callee("callee_answers", second)
    await sipp.caller("caller_talks", first.pair, talk_ms=50)
    await sipp.pass_()


async def test_busy_callee_is_not_tried_over_the_next_trunk(sipp: Peers, office: Office) -> None:
    first, second = office.line(), office.line()
    await sipp.callee("callee_refuses", first, status="486 Busy Here")
    await sipp.caller("caller_is_refused", first.pair, status=486)
    await sipp.pass_()
    second.held.setblocking(False)
    with pytest.raises(BlockingIOError):
        second.held.recv(1)


async def test_last_trunks_failure_reaches_the_caller(sipp: Peers, office: Office) -> None:
    first, second = office.line(), office.line()
    await sipp.callee("callee_refuses", first, status="503 Service Unavailable")
    await sipp.callee("callee_refuses", second, status="500 Server Internal Error")
    await sipp.caller("caller_is_refused", first.pair, status=500)
    await sipp.pass_()


async def test_trunk_that_leads_back_to_us_ends_with_483(sipp: Peers, client: AsyncClient) -> None:
    before = (await client.engine.stats()).calls_total
    await sipp.caller("caller_is_refused", "loop", status=483, hops=12)
    await sipp.pass_()
    assert (await client.engine.stats()).calls_total - before == 2 * 12 + 1  # one in and one out for each hop


async def test_number_without_route_is_404(sipp: Peers) -> None:
    await sipp.caller("caller_is_refused", "nobody", status=404)
    await sipp.pass_()


async def test_call_over_a_trunk_talks_and_is_hung_up(sipp: Peers, line: Line) -> None:
    await sipp.callee("callee_answers", line)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
