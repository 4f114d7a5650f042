"""Proxies in the path, forks, and the many legal ways of writing a message."""

from __future__ import annotations

import pytest

from switchroom.client import AsyncClient
from tests.interop.office import Line, Office, hang_up
from tests.interop.peers import needs_sipp
from tests.interop.sipp import Peers

pytestmark = needs_sipp


# ---------------------------------------------------------------- record-route


async def test_our_requests_to_the_callee_take_its_route_set_reversed(sipp: Peers, line: Line) -> None:
    """The callee is behind two proxies, the nearer one last in Record-Route (RFC 3261 12.1.2)."""
    near, far = f"<sip:127.0.0.1:{line.port};lr;n=1>", "<sip:192.0.2.9;lr;n=2>"
    words = {"record_route": f"Record-Route: {far}, {near}", "contact": "192.0.2.10"}
    callee = await sipp.callee("callee_behind_proxies", line, **words)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    for request in callee.received("ACK") + callee.received("BYE"):
        assert request.start.split()[1] == "sip:callee@192.0.2.10"
        assert request.header("Route") == f"{near}, {far}"


async def test_record_routes_on_lines_of_their_own_count_in_order(sipp: Peers, line: Line) -> None:
    near, far = f"<sip:127.0.0.1:{line.port};lr>", "<sip:proxy@192.0.2.9:5070;transport=udp;lr>"
    words = {"record_route": f"Record-Route: {far}\nRecord-Route: {near}", "contact": "192.0.2.10:5099"}
    callee = await sipp.callee("callee_behind_proxies", line, **words)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    (bye,) = callee.received("BYE")
    assert bye.header("Route") == f"{near}, {far}"


async def test_strict_router_is_the_request_uri(sipp: Peers, line: Line) -> None:
    """RFC 3261 12.2.1.1: without lr, the target goes to the end of the route."""
    near, far = f"<sip:127.0.0.1:{line.port}>", "<sip:192.0.2.9;lr>"
    words = {"record_route": f"Record-Route: {far}, {near}", "contact": "192.0.2.10"}
    callee = await sipp.callee("callee_behind_proxies", line, **words)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    (bye,) = callee.received("BYE")
    assert bye.start.split()[1] == f"sip:127.0.0.1:{line.port}"
    assert bye.header("Route") == f"{far}, <sip:callee@192.0.2.10>"


async def test_our_requests_to_the_caller_take_its_route_set_in_order(sipp: Peers, client: AsyncClient) -> None:
    near, far = "<sip:[local_ip]:[local_port];lr;n=1>", "<sip:192.0.2.9;lr;n=2>"
    caller = await sipp.caller("caller_behind_proxies", "echo", record_route=f"Record-Route: {near}, {far}")
    await hang_up(client, await caller.seen(200))
    await sipp.pass_()
    (invite,) = caller.sent("INVITE")
    (answer,) = caller.received(200, "INVITE")
    assert answer.header("Record-Route") == invite.header("Record-Route")
    assert answer.headers("Via")[1] == invite.headers("Via")[1]
    (bye,) = caller.received("BYE")
    assert bye.start.split()[1] == "sip:caller@192.0.2.1:5062"
    assert bye.header("Route") == invite.header("Record-Route")


async def test_second_phone_of_a_fork_is_acknowledged_and_hung_up_at_once(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_is_forked", line)
    caller = await sipp.caller("caller_talks", line.number, talk_ms=300)
    await sipp.pass_()
    byes = callee.received("BYE")
    assert [bye.header("To")[-2:] for bye in byes] == ["-b", "-a"]
    assert byes[0].start.startswith("BYE sip:second@")
    assert {ack.header("To")[-2:] for ack in callee.received("ACK")} == {"-a", "-b"}
    assert len(caller.received(200, "INVITE")) == 1


async def test_callee_without_contact_is_called_by_the_uri_that_found_it(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_has_no_contact", line)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    (invite,), (bye,) = callee.received("INVITE"), callee.received("BYE")
    assert bye.start.split()[1] == invite.start.split()[1]


# --------------------------------------------------------------------- writing


async def test_compact_headers_and_odd_spacing_are_understood(sipp: Peers, line: Line) -> None:
    callee = await sipp.callee("callee_answers", line)
    caller = await sipp.caller("caller_is_compact", line.number)
    await sipp.pass_()
    (answer,) = caller.received(200, "INVITE")
    assert len(answer.headers("Via")) == 2 or "," in answer.header("Via")
    assert callee.received("INVITE")[0].header("From").startswith("<sip:caller@")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param('From: "{x}" <sip:caller@[local_ip]>;tag=$id'.replace("{x}", "long " * 400), id="display name"),
        pytest.param("From: <sip:caller@[local_ip]>;tag=" + "t" * 1000, id="tag"),
        pytest.param("From: <sip:caller@[local_ip]>;tag=$id\nX-Long: " + "y" * 6000, id="header we do not know"),
        pytest.param(
            "From: <sip:caller@[local_ip]>;tag=$id\n" + "\n".join(f"X-{n}: {n}" for n in range(80)), id="many headers"
        ),
        pytest.param(
            "\n".join(f"Via: SIP/2.0/UDP 192.0.2.{n};branch=z9hG4bK{n}" for n in range(40))
            + "\nFrom: <sip:caller@[local_ip]>;tag=$id",
            id="many hops",
        ),
    ],
)
async def test_long_but_legal_headers_make_a_call(sipp: Peers, line: Line, lines: str) -> None:
    await sipp.callee("callee_answers", line)
    own = lines.replace("$id", "abc")
    tag = own.partition(";tag=")[2].split("\n")[0]
    caller = await sipp.caller("caller_is_long_winded", line.number, lines=own, id=tag)
    await sipp.pass_()
    (invite,), (answer,) = caller.sent("INVITE"), caller.received(200, "INVITE")
    assert answer.header("From") == invite.header("From")
    assert answer.headers("Via")[1:] == invite.headers("Via")[1:]


async def test_call_from_ipv6(sipp: Peers, office: Office) -> None:
    caller = await sipp.caller("caller_talks", "echo", host="::1", talk_ms=50)
    await sipp.pass_()
    (answer,) = caller.received(200, "INVITE")
    assert answer.header("Contact") == f"<sip:[::1]:{office.sip}>"


async def test_call_to_ipv6(sipp: Peers, line: Line, client: AsyncClient) -> None:
    callee = await sipp.callee("callee_answers", line, host="::1")
    call = await client.call.originate(uri=f"sip:x@[::1]:{line.port}", wait="answered")
    assert call.state == "answered"
    await client.call.hangup(id=call.id)
    await sipp.pass_()
    (invite,) = callee.received("INVITE")
    assert invite.header("Via").startswith("SIP/2.0/UDP [::1]:")
