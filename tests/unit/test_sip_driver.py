"""The Cython SIP driver on a loop: two cores, real loopback sockets."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable

import pytest

from switchroom import _sip
from switchroom.errors import BadParams, NotFound

RTP = _sip.addr_parse("127.0.0.1", 40_000)
LOCAL: _sip.Local = (RTP, bytes((0, 8)), 101, 3, 0, False)
KIND = {name: number for number, name in enumerate(_sip.EVENTS)}


class Peer:
    """One SIP core that keeps its events and lets a test wait for one."""

    def __init__(self, **options: int) -> None:
        self.events: list[_sip.Event] = []
        self.on_event: Callable[[_sip.Event], None] | None = None
        self._changed = asyncio.Event()
        self.sip = _sip.Sip(asyncio.get_running_loop(), self._take, t1_ms=100, **options)
        self.flow, self.address = self.sip.open_udp(_sip.addr_parse("127.0.0.1", 0))

    def _take(self, events: list[_sip.Event]) -> None:
        for event in events:
            self.events.append(event)
            if self.on_event is not None:
                self.on_event(event)
        self._changed.set()

    async def wait(self, name: str, count: int = 1) -> _sip.Event:
        async with asyncio.timeout(10):
            while True:
                found = [event for event in self.events if event[0] == KIND[name]]
                if len(found) >= count:
                    return found[count - 1]
                self._changed.clear()
                await self._changed.wait()

    def call(self, to: Peer, **more: object) -> int:
        host, port = _sip.addr_text(to.address)
        uri, from_ = f"sip:bob@{host}:{port}", '"Alice" <sip:alice@example.com>'
        return self.sip.create(self.flow, to.address, uri, from_, LOCAL, **more)  # type: ignore[arg-type]


@pytest.fixture
async def peers() -> AsyncIterator[tuple[Peer, Peer]]:
    a, b = Peer(), Peer()
    yield a, b
    a.sip.close()
    b.sip.close()


async def test_call_goes_through_its_life(peers: tuple[Peer, Peer]) -> None:
    a, b = peers
    ours = a.call(b, tag=77)
    incoming = await b.wait("incoming")
    theirs, words = incoming[1], incoming[10]
    assert words[2] == "bob" and words[4] == "alice"
    assert incoming[7] is not None and incoming[7][:3] == (RTP, incoming[7][1], 0)
    b.sip.progress(theirs, 180)
    assert (await a.wait("progress"))[3] == 180
    b.sip.answer(theirs, (RTP, bytes((8,)), 101, 3, 0, False))
    answered = await a.wait("answered")
    assert answered[1:4] == (ours, 77, 200)
    assert answered[7] is not None and answered[7][2] == 8
    assert answered[10][0] == words[0], "the Call-ID is the same on both sides"
    await b.wait("confirmed")
    a.sip.hangup(ours, 16)
    ended = await b.wait("ended")
    assert (ended[3], ended[4], _sip.SIDES[ended[5]]) == (0, 16, "remote")
    assert _sip.SIDES[(await a.wait("ended"))[5]] == "local"


async def test_event_of_a_command_comes_after_the_command_returned(peers: tuple[Peer, Peer]) -> None:
    a, b = peers
    call = a.call(b)
    a.sip.hangup(call)
    assert a.events == []
    assert (await a.wait("ended"))[1] == call


async def test_handler_may_command_the_core(peers: tuple[Peer, Peer]) -> None:
    a, b = peers
    b.on_event = lambda e: b.sip.reject(e[1], 486) if e[0] == KIND["incoming"] else None
    a.call(b)
    assert (await a.wait("ended"))[3] == 486


async def test_five_hundred_calls_at_once_lose_none(peers: tuple[Peer, Peer]) -> None:
    a, b = peers
    b.on_event = lambda e: b.sip.answer(e[1], LOCAL) if e[0] == KIND["incoming"] else None
    a.on_event = lambda e: a.sip.hangup(e[1]) if e[0] == KIND["answered"] else None
    calls = {a.call(b) for _ in range(500)}
    await a.wait("ended", 500)
    await b.wait("ended", 500)
    assert {event[1] for event in a.events if event[0] == KIND["ended"]} == calls
    assert a.sip.stats()["tx_dropped"] == b.sip.stats()["tx_dropped"] == 0


async def test_stalled_loop_loses_no_call(peers: tuple[Peer, Peer]) -> None:
    a, b = peers
    b.on_event = lambda e: b.sip.reject(e[1], 486) if e[0] == KIND["incoming"] else None
    for _ in range(200):
        a.call(b)
    time.sleep(2.0)  # the stall is what is tested
    await a.wait("ended", 200)
    assert {event[3] for event in a.events if event[0] == KIND["ended"]} == {486}


def refusal(invite: str) -> bytes:
    """486 to a request, as its receiver would write it."""
    kept = [line for line in invite.split("\r\n") if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
    kept = [f"{line};tag=them" if line.startswith("To:") else line for line in kept]
    return "\r\n".join(["SIP/2.0 486 Busy Here", *kept, "Content-Length: 0", "", ""]).encode()


@pytest.mark.parametrize("batches", [0, 3])
async def test_answer_that_waits_in_the_socket_comes_before_timers_that_are_due(batches: int) -> None:
    """Loops run timers before sockets: one that was late must not give up a call whose answer is there."""
    a = Peer()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        far.settimeout(10)
        port = far.getsockname()[1]
        ours, handle = _sip.addr_text(a.address), 0
        try:
            dst = _sip.addr_parse("127.0.0.1", port)
            handle = a.sip.create(a.flow, dst, f"sip:x@127.0.0.1:{port}", "sip:a@127.0.0.1", LOCAL, ring_ms=50)
            invite = far.recv(4096).decode()
            for _ in range(batches * 64):  # others came before it
                far.sendto(b"\r\n\r\n", ours)
            far.sendto(refusal(invite), ours)
            time.sleep(0.1)  # the stall: it covers the ring timeout
            for _ in range(batches + 1):  # what the loop does first when it moves again
                a.sip._tick()
            assert [(event[1], event[3]) for event in a.events if event[0] == KIND["ended"]] == [(handle, 486)]
        finally:
            a.sip.close()


async def test_flood_does_not_keep_timers_from_firing() -> None:
    a = Peer()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        port, ours = far.getsockname()[1], _sip.addr_text(a.address)
        try:
            dst = _sip.addr_parse("127.0.0.1", port)
            a.sip.create(a.flow, dst, f"sip:x@127.0.0.1:{port}", "sip:a@127.0.0.1", LOCAL, ring_ms=1)
            time.sleep(0.01)
            for _ in range(65):  # 64 batches may come first
                for _ in range(64):
                    far.sendto(b"\r\n\r\n", ours)
                assert a.events == []
                a.sip._tick()
            assert [event[3] for event in a.events if event[0] == KIND["ended"]] == [408]
        finally:
            a.sip.close()


async def test_unanswered_invite_is_retransmitted_and_times_out() -> None:
    a = Peer()
    silent, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    port = silent.get_extra_info("sockname")[1]
    try:
        dst = _sip.addr_parse("127.0.0.1", port)
        a.sip.create(a.flow, dst, f"sip:x@127.0.0.1:{port}", "sip:a@127.0.0.1", LOCAL)
        ended = await a.wait("ended")
        assert (ended[3], _sip.SIDES[ended[5]]) == (408, "timeout")
        assert a.sip.stats()["retransmits_tx"] >= 5
    finally:
        silent.close()
        a.sip.close()


async def test_options_is_answered_and_tells_its_tag(peers: tuple[Peer, Peer]) -> None:
    a, b = peers
    a.sip.options(a.flow, b.address, "sip:127.0.0.1", 5)
    answer = await a.wait("options")
    assert (answer[1], answer[2], answer[3]) == (0, 5, 200)


async def test_stale_handle_is_an_error_of_the_table(peers: tuple[Peer, Peer]) -> None:
    a, _ = peers
    with pytest.raises(NotFound):
        a.sip.hangup(12345)
    with pytest.raises(BadParams):
        _sip.addr_parse("not an address", 5060)


async def test_close_is_final_and_idempotent(peers: tuple[Peer, Peer]) -> None:
    a, _ = peers
    a.sip.close()
    a.sip.close()
    with pytest.raises(RuntimeError, match="closed"):
        a.sip.stats()
