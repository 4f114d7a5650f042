"""Messages that cross each other in the daemon: it reads both in one go, before its own code has seen either."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from switchroom.client import AsyncClient
from switchroom.schema.call import CallInfo
from tests.interop.office import Line, Office
from tests.interop.phone import SDP, Phone, reply, value


@dataclass
class Two:
    """A caller and a callee; the callee has the INVITE, the caller has heard 180."""

    office: Office
    caller: Phone
    callee: Phone
    number: str
    offered: str  # the INVITE that the callee has
    same: dict[str, str]  # headers that the caller repeats
    via: str  # of the caller's INVITE

    def request(self, method: str, **headers: str) -> bytes:
        return self.caller.message(f"{method} sip:{self.number}@127.0.0.1 SIP/2.0", **{**self.same, **headers})

    def cancel(self) -> bytes:
        return self.request("CANCEL", via=self.via)

    @contextmanager
    def in_one_go(self) -> Iterator[None]:
        """What is sent inside waits in the daemon's socket until the end."""
        os.kill(self.office.daemon.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.office.daemon.pid, signal.SIGCONT)


@pytest.fixture
def two(office: Office, line: Line) -> Iterator[Two]:
    caller, callee = Phone(office.sip), Phone(office.sip, line.held)
    via = f"SIP/2.0/UDP {caller.host}:{caller.port};rport;branch=z9hG4bK{caller.port}invite"
    same = {"to": f"<sip:{line.kept}@127.0.0.1>", "call_id": f"race-{caller.port}"}
    caller.send(caller.message(f"INVITE sip:{line.kept}@127.0.0.1 SIP/2.0", body=SDP, via=via, **same))
    offered = callee.receive()
    callee.send(reply(offered, "180 Ringing"))
    ringing = caller.receive()
    assert ringing.startswith("SIP/2.0 180")
    yield Two(office, caller, callee, line.kept, offered, same, via)
    caller.socket.close()


async def ended(client: AsyncClient, number: str) -> CallInfo:
    """The call to `number`, once its record is written."""
    stream = await client.subscribe(["call.ended"], since=0)
    async for event in stream:
        assert event.call_id is not None
        call = await client.call.get(id=event.call_id)
        if call.to == number:
            await stream.stop()
            return call
    raise AssertionError("no such call has ended")


def answer(two: Two) -> None:
    two.callee.send(reply(two.offered, "200 OK", SDP, f"<sip:callee@{two.callee.host}:{two.callee.port}>"))


@pytest.mark.parametrize("first", ["cancel", "answer"])
async def test_cancel_that_crosses_the_answer_ends_both_sides_unanswered(
    two: Two, client: AsyncClient, first: str
) -> None:
    steps: list[Callable[[], None]] = [lambda: two.caller.send(two.cancel()), lambda: answer(two)]
    with two.in_one_go():
        for step in steps if first == "cancel" else reversed(steps):
            step()
    statuses = {value(got, "CSeq").split()[1]: got.split()[1] for got in (two.caller.receive(), two.caller.receive())}
    assert statuses == {"CANCEL": "200", "INVITE": "487"}
    assert [two.callee.receive().split()[0] for _ in range(2)] == ["ACK", "BYE"]
    call = await ended(client, two.number)
    assert (call.sip_status, call.side, call.answered_at_ms, call.recording) == (487, "remote", None, None)


async def test_both_sides_may_hang_up_at_once(two: Two, client: AsyncClient) -> None:
    answer(two)
    answered, _ = two.caller.receive(), two.callee.receive()
    assert answered.startswith("SIP/2.0 200")
    two.same["to"] = value(answered, "To")
    two.caller.send(two.request("ACK"))
    contact = value(two.offered, "Contact").strip("<>")
    bye = two.callee.message(
        f"BYE {contact} SIP/2.0",
        to=value(two.offered, "From"),
        call_id=value(two.offered, "Call-ID"),
        **{"from": value(two.offered, "To") + ";tag=7"},
    )
    with two.in_one_go():
        two.caller.send(two.request("BYE", cseq="2 BYE"))
        two.callee.send(bye)
    assert two.caller.receive().startswith("SIP/2.0 200")
    assert two.callee.receive().startswith("SIP/2.0 200")
    call = await ended(client, two.number)
    assert (call.sip_status, call.side) == (0, "remote") and call.recording is not None
