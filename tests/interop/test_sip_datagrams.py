"""Datagrams of our own making: folded lines, messages that are none, messages gone bad on the way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator

import pytest

from switchroom.client import AsyncClient
from tests.interop.office import Office
from tests.interop.phone import SDP, Phone, value


@pytest.fixture
def phone(office: Office) -> Iterator[Phone]:
    made = Phone(office.sip)
    yield made
    made.socket.close()


async def quiet(client: AsyncClient) -> None:
    """Until no call is up."""
    async with asyncio.timeout(15):
        while (stats := await client.engine.stats()).calls_now or stats.legs_now:
            await asyncio.sleep(0.05)


async def test_folded_headers_make_a_call_and_come_back_on_one_line(phone: Phone, client: AsyncClient) -> None:
    folded = {
        "via": f"SIP/2.0/UDP {phone.host}:{phone.port}\r\n ;rport\r\n\t;branch=z9hG4bKfold{phone.port}",
        "from": '"A\r\n B"\r\n <sip:phone@127.0.0.1>\r\n\t;tag=1',
        "to": "\r\n <sip:echo@127.0.0.1>",
        "call_id": f"fold-{phone.port}",
        "subject": "on\r\n  and\r\n  on",
    }
    answer = phone.ask(phone.invite(**folded))
    assert answer.startswith("SIP/2.0 200")
    head = answer.partition("\r\n\r\n")[0].split("\r\n")
    assert not [line for line in head if line[0] in " \t"]
    assert [line for line in head if line.startswith('From: "A') and line.endswith("tag=1")]
    same = {"from": folded["from"], "call_id": folded["call_id"], "to": "\r\n\t" + value(answer, "To")}
    target = "sip:echo@127.0.0.1 SIP/2.0"
    phone.send(phone.message(f"ACK {target}", **same))
    assert phone.ask(phone.message(f"BYE {target}", **{**same, "cseq": "2\r\n BYE"})).startswith("SIP/2.0 200")
    await quiet(client)


@pytest.mark.parametrize(
    ("start", "headers", "status"),
    [
        ("INVITE sip:echo@127.0.0.1 SIP/3.0", {}, 505),
        ("INVITE tel:+4930111 SIP/2.0", {}, 416),
        ("INVITE sip:echo@127.0.0.1 SIP/2.0", {"require": "100rel, x"}, 420),
        ("INVITE sip:echo@127.0.0.1 SIP/2.0", {"content_type": "text/plain", "body": "hello"}, 415),
        ("INVITE sip:echo@127.0.0.1 SIP/2.0", {"content_encoding": "gzip", "body": SDP}, 415),
        ("INVITE sip:echo@127.0.0.1 SIP/2.0", {"body": "v=0\r\nm=nonsense\r\n"}, 400),
        ("INVITE sip:echo@127.0.0.1 SIP/2.0", {"contact": None, "body": SDP}, 400),
        ("INVITE sip:echo@127.0.0.1 SIP/2.0", {"cseq": "1 BYE", "body": SDP}, 400),
        ("INVITE sip:echo@127.0.0.1 SIP/2.0", {"cseq": "99999999999 INVITE", "body": SDP}, 400),
        ("INVITE sip:echo@127.0.0.1 SIP/2.0", {"content_length": "9999", "body": SDP}, 400),
        ("INVITE sip:echo@127.0.0.1 SIP/2.0", {"content_length": "-1", "body": SDP}, 400),
        ("INVITE sip:echo@127.0.0.1 SIP/2.0", {"max_forwards": "many", "body": SDP}, 400),
        ("INVITE sip:echo@127.0.0.1 SIP/2.0", {"to": "<sip:echo@127.0.0.1>;tag=unknown", "body": SDP}, 481),
        ("BYE sip:echo@127.0.0.1 SIP/2.0", {"to": "<sip:echo@127.0.0.1>;tag=1234567812345678"}, 481),
        ("CANCEL sip:echo@127.0.0.1 SIP/2.0", {}, 481),
    ],
)
def test_bad_request_gets_the_status_that_says_why(
    phone: Phone, start: str, headers: dict[str, str | None], status: int
) -> None:
    answer = phone.ask(phone.message(start, **headers))  # type: ignore[arg-type]
    assert answer.startswith(f"SIP/2.0 {status} "), answer
    phone.proves_life()


NOISE = {
    "one byte": b"\x00",
    "keep-alive": b"\r\n\r\n",
    "binary": bytes(range(256)) * 4,
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "rtp": b"\x80\x00\x00\x01\x00\x00\x00\xa0\xde\xad\xbe\xef" + b"\xff" * 160,
    "no end of line": b"INVITE sip:echo@127.0.0.1 SIP/2.0" + b" " * 2000,
    "request line only": b"INVITE sip:echo@127.0.0.1 SIP/2.0\r\n\r\n",
    "nothing but lines": b"\r\n" * 20_000,
    "nothing but a name": b"A" * 60_000,
    "response to nobody": b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK0123456789abcdef\r\n"
    b"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    "status out of range": b"SIP/2.0 999999 OK\r\n\r\n",
}


@pytest.mark.parametrize("name", NOISE)
def test_noise_is_not_answered(phone: Phone, name: str) -> None:
    phone.send(NOISE[name])
    phone.proves_life()


def test_stray_ack_is_not_answered(phone: Phone) -> None:
    phone.send(phone.message("ACK sip:echo@127.0.0.1 SIP/2.0"))
    phone.send(phone.message("ACK sip:echo@127.0.0.1 SIP/2.0", cseq="1 INVITE"))
    phone.proves_life()


async def test_noise_is_counted(phone: Phone, client: AsyncClient) -> None:
    before = (await client.engine.stats()).sip_bad
    phone.send(NOISE["http"])
    phone.proves_life()
    stats = await client.engine.stats()
    assert stats.sip_bad == before + 1
    assert stats.sip_bad_last[-1].source.startswith("127.0.0.1:") and stats.sip_bad_last[-1].reason


async def test_messages_gone_bad_leave_nothing_behind(phone: Phone, client: AsyncClient) -> None:
    dice = random.Random(4475)
    for _ in range(600):
        data = bytearray(dice.choice((phone.invite(), phone.message(), phone.message("BYE sip:x@127.0.0.1 SIP/2.0"))))
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(data))
            match dice.randrange(4):
                case 0:
                    data[at] = dice.randrange(256)
                case 1:
                    del data[at : at + dice.randint(1, 20)]
                case 2:
                    data[at:at] = dice.choice((b"\r\n", b"\x00", b'"', b"<", b";", b" ", b"9" * 30, b":", b"\r\n "))
                case _:
                    data[at : at + 10] = data[-10:]
            data = data or bytearray(b"\r")
        phone.send(bytes(data))
        if dice.random() < 0.1:
            await asyncio.sleep(0.005)
    await quiet(client)
    last = Phone(phone.socket.getpeername()[1])
    last.proves_life()
    last.socket.close()
