"""Trunks that ask for a password: RFC 3261 22, RFC 7616, RFC 8760. The credentials are computed here a second time, and
once by SIPp."""

from __future__ import annotations

import hashlib
import re

import pytest

from tests.interop.office import PASSWORD, USER, Line
from tests.interop.peers import needs_sipp
from tests.interop.sipp import Message, Peers

pytestmark = needs_sipp

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
WWW = 'WWW-Authenticate: Digest realm="a, b", algorithm=MD5, qop="auth"'
_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^",\s]+))')


def credentials(message: Message, header: str = "Authorization") -> dict[str, str]:
    """Fields of a Digest header, without quotes."""
    scheme, _, rest = message.header(header).partition(" ")
    assert scheme == "Digest"
    return {name: quoted or plain for name, quoted, plain in _FIELD.findall(rest)}


def response(fields: dict[str, str], method: str, password: str = PASSWORD) -> str:
    """RFC 7616 3.4.1, RFC 2069 without qop."""

    def h(*parts: str) -> str:
        return HASHES[fields.get("algorithm", "MD5")](":".join(parts).encode()).hexdigest()

    ha1, ha2 = h(USER, fields["realm"], password), h(method, fields["uri"])
    if "qop" not in fields:
        return h(ha1, fields["nonce"], ha2)
    return h(ha1, fields["nonce"], fields["nc"], fields["cnonce"], fields["qop"], ha2)


def check(message: Message, header: str = "Authorization") -> dict[str, str]:
    fields = credentials(message, header)
    method = message.what
    assert (fields["username"], fields["uri"]) == (USER, message.start.split()[1])
    assert fields["response"] == response(fields, method)
    return fields


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize(
    ("status", "asks", "answers"),
    [
        ("401 Unauthorized", "WWW-Authenticate", "Authorization"),
        ("407 Proxy Authentication Required", "Proxy-Authenticate", "Proxy-Authorization"),
    ],
)
async def test_challenged_call_goes_out_again_with_credentials(
    sipp: Peers, line: Line, algorithm: str, status: str, asks: str, answers: str
) -> None:
    challenge = f'{asks}: Digest realm="carrier", algorithm={algorithm}, qop="auth,auth-int", opaque="o=1"'
    callee = await sipp.callee("callee_challenges", line, status=status, challenge=challenge)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    first, second = callee.received("INVITE")
    assert first.headers(answers) == []
    fields = check(second, answers)
    assert (fields["algorithm"], fields["nonce"], fields["nc"], fields["qop"]) == (algorithm, "n1", "00000001", "auth")
    assert fields["opaque"] == "o=1"
    for name in ("Call-ID", "From", "To"):  # RFC 3261 22.2
        assert second.header(name) == first.header(name)
    assert int(second.header("CSeq").split()[0]) == int(first.header("CSeq").split()[0]) + 1
    assert second.header("Via") != first.header("Via")
    assert second.body == first.body
    (bye,) = callee.received("BYE")
    assert check(bye, answers)["nc"] == "00000002"


async def test_challenge_without_qop_is_answered_as_in_rfc_2069(sipp: Peers, line: Line) -> None:
    challenge = 'WWW-Authenticate: Digest realm="old"'
    callee = await sipp.callee("callee_challenges", line, status="401 Unauthorized", challenge=challenge)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    fields = check(callee.received("INVITE")[1])
    assert not {"qop", "nc", "cnonce"} & fields.keys()


async def test_first_challenge_that_we_know_is_answered(sipp: Peers, line: Line) -> None:
    challenge = (
        'WWW-Authenticate: Digest realm="r", nonce="x", algorithm=SHA-512-256, qop="auth"\n'
        'WWW-Authenticate: Digest realm="r", nonce="y", algorithm=SHA-256, qop="auth"\n'
        'WWW-Authenticate: Digest realm="r", algorithm=MD5, qop="auth"'
    )
    callee = await sipp.callee("callee_challenges", line, status="401 Unauthorized", challenge=challenge)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    fields = check(callee.received("INVITE")[1])
    assert (fields["algorithm"], fields["nonce"]) == ("SHA-256", "y")


async def test_credentials_are_right_for_sipp(sipp: Peers, line: Line) -> None:
    words = {"status": "401 Unauthorized", "challenge": WWW, "user": USER, "password": PASSWORD}
    callee = await sipp.callee("callee_checks_password", line, **words)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    assert len(callee.received("INVITE")) == 2


async def test_wrong_password_ends_the_call_after_one_try(sipp: Peers, line: Line) -> None:
    words = {"status": "401 Unauthorized", "challenge": WWW, "user": USER, "password": "another"}
    callee = await sipp.callee("callee_checks_password", line, **words)
    await sipp.caller("caller_is_refused", line.number, status=503)
    await sipp.pass_()
    assert len(callee.received("INVITE")) == 2


async def test_stale_nonce_is_answered_with_the_new_one(sipp: Peers, line: Line) -> None:
    words = {"status": "401 Unauthorized", "status2": "401 Unauthorized"}
    stale = f"{WWW}, stale=TRUE"
    callee = await sipp.callee("callee_challenges_twice", line, **words, challenge=WWW, challenge2=stale)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    _, second, third = callee.received("INVITE")
    assert [(check(each)["nonce"], check(each)["nc"]) for each in (second, third)] == [
        ("n1", "00000001"),
        ("n2", "00000001"),
    ]


async def test_proxy_and_callee_may_both_ask(sipp: Peers, line: Line) -> None:
    """A 407 of a proxy, then a 401 of the callee behind it: the third INVITE answers both."""
    words = {"status": "407 Proxy Authentication Required", "status2": "401 Unauthorized"}
    proxy = WWW.replace("WWW", "Proxy")
    callee = await sipp.callee("callee_challenges_twice", line, **words, challenge=proxy, challenge2=WWW)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    third = callee.received("INVITE")[2]
    assert check(third, "Proxy-Authorization")["nonce"] == "n1"
    assert check(third, "Authorization")["nonce"] == "n2"


async def test_refusal_of_the_credentials_reaches_the_caller(sipp: Peers, line: Line) -> None:
    words = {"status": "401 Unauthorized", "challenge": WWW, "refusal": "403 Forbidden"}
    await sipp.callee("callee_refuses_after_challenge", line, **words)
    await sipp.caller("caller_is_refused", line.number, status=403)
    await sipp.pass_()


@pytest.mark.parametrize(
    "challenge",
    ['WWW-Authenticate: Digest realm="r", algorithm=WHIRLPOOL', 'WWW-Authenticate: Basic realm="r"'],
)
async def test_challenge_that_we_cannot_answer_ends_the_call(sipp: Peers, line: Line, challenge: str) -> None:
    await sipp.callee("callee_only_challenges", line, status="401 Unauthorized", challenge=challenge)
    await sipp.caller("caller_is_refused", line.number, status=503)
    await sipp.pass_()


async def test_challenged_bye_goes_out_again_with_credentials(sipp: Peers, line: Line) -> None:
    words = {"status": "407 Proxy Authentication Required", "challenge": WWW.replace("WWW", "Proxy")}
    callee = await sipp.callee("callee_challenges_bye", line, **words)
    await sipp.caller("caller_talks", line.number, talk_ms=50)
    await sipp.pass_()
    first, second = callee.received("BYE")
    check(second, "Proxy-Authorization")
    assert int(second.header("CSeq").split()[0]) == int(first.header("CSeq").split()[0]) + 1
