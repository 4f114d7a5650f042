"""Calls through Kamailio: every request of ours inside the dialog takes the way that it has recorded."""

from __future__ import annotations

from pathlib import Path

from switchroom.client import AsyncClient
from tests.conftest import free_port
from tests.interop.kamailio import kamailio, needs_kamailio
from tests.interop.office import Office, hang_up
from tests.interop.peers import needs_sipp
from tests.interop.sipp import Message, Peers

pytestmark = [needs_sipp, needs_kamailio]


def came_through(message: Message, proxy: int) -> bool:
    return f":{proxy};" in message.headers("Via")[0] and len(message.headers("Via")) == 2


async def test_call_to_a_callee_behind_it(sipp: Peers, office: Office, tmp_path: Path) -> None:
    near, far = office.line(), office.line()
    near.held.close()
    async with kamailio(tmp_path / "kamailio", near.port, far.port):
        callee = await sipp.callee("callee_answers", far)
        await sipp.caller("caller_talks", near.number, talk_ms=50)
        await sipp.pass_()
    for what in ("INVITE", "ACK", "BYE"):
        (message,) = callee.received(what)
        assert came_through(message, near.port)
        assert message.headers("Route") == []


async def test_cancel_goes_through_it(sipp: Peers, office: Office, tmp_path: Path) -> None:
    near, far = office.line(), office.line()
    near.held.close()
    async with kamailio(tmp_path / "kamailio", near.port, far.port):
        await sipp.callee("callee_never_answers", far, status="180 Ringing")
        await sipp.caller("caller_cancels", near.number, progress=180)
        await sipp.pass_()


async def test_busy_callee_behind_it(sipp: Peers, office: Office, tmp_path: Path) -> None:
    near, far = office.line(), office.line()
    near.held.close()
    async with kamailio(tmp_path / "kamailio", near.port, far.port):
        await sipp.callee("callee_rings_then_refuses", far, status="486 Busy Here")
        await sipp.caller("caller_rings_then_is_refused", near.number, status=486)
        await sipp.pass_()


async def test_call_from_a_caller_behind_it_that_hangs_up(sipp: Peers, office: Office, tmp_path: Path) -> None:
    proxy = free_port()
    async with kamailio(tmp_path / "kamailio", proxy, office.sip):
        caller = await sipp.caller("caller_talks", "echo", through=proxy, talk_ms=50)
        await sipp.pass_()
    (answer,) = caller.received(200, "INVITE")
    assert f"127.0.0.1:{proxy};lr" in answer.header("Record-Route")
    assert answer.header("Contact") == f"<sip:127.0.0.1:{office.sip}>"


async def test_call_from_a_caller_behind_it_that_we_hang_up(
    sipp: Peers, office: Office, client: AsyncClient, tmp_path: Path
) -> None:
    proxy = free_port()
    async with kamailio(tmp_path / "kamailio", proxy, office.sip):
        caller = await sipp.caller("caller_is_hung_up", "echo", through=proxy)
        await hang_up(client, await caller.seen(200))
        await sipp.pass_()
    (bye,) = caller.received("BYE")
    assert came_through(bye, proxy)
