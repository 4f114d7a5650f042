"""The parser's offline face: what comes out as values, and what is said about bad input."""

from __future__ import annotations

import pytest

from switchroom import sip
from switchroom.errors import BadParams

INVITE = (
    b"INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
    b'f: "A" <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\ni: 1@192.0.2.1\r\nCSeq: 7 INVITE\r\n'
    b"Contact: <sip:a@192.0.2.1>\r\nX-Campaign: spring\r\nSubject: one\r\n two\r\nContent-Length: 4\r\n\r\nbody"
)


def test_a_request_comes_out_whole() -> None:
    message = sip.sip_parse(INVITE)
    assert message.is_request
    assert (message.method, message.ruri, message.status, message.body) == ("INVITE", "sip:bob@example.com", 0, b"body")
    assert message.headers[0] == ("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1")
    assert len(message.headers) == 10


def test_compact_names_come_out_long() -> None:
    message = sip.sip_parse(INVITE)
    assert message.values("from") == ('"A" <sip:a@example.com>;tag=1',)
    assert message.values("Call-ID") == ("1@192.0.2.1",)
    assert message.values("x-campaign") == ("spring",)
    assert message.values("Route") == ()


def test_a_folded_value_keeps_its_line_break() -> None:
    assert sip.sip_parse(INVITE).values("Subject") == ("one\r\n two",)


def test_a_response_has_status_and_reason() -> None:
    message = sip.sip_parse(INVITE.replace(b"INVITE sip:bob@example.com SIP/2.0", b"SIP/2.0 486 Busy Here", 1))
    assert (message.is_request, message.status, message.reason, message.method) == (False, 486, "Busy Here", "INVITE")


def test_missing_headers_are_named_unless_not_asked_for() -> None:
    data = INVITE.replace(b"CSeq: 7 INVITE\r\n", b"")
    with pytest.raises(BadParams, match="CSeq"):
        sip.sip_parse(data)
    assert sip.sip_parse(data, check=False).values("CSeq") == ()


@pytest.mark.parametrize(
    "data", [b"", b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", INVITE.replace(b"SIP/2.0\r", b"SIP/3.0\r")]
)
def test_what_is_no_sip_is_refused(data: bytes) -> None:
    with pytest.raises(BadParams, match="SIP message"):
        sip.sip_parse(data)


def test_bytes_that_are_no_text_survive() -> None:
    message = sip.sip_parse(INVITE.replace(b"spring", b"\xff\xfe"))
    assert message.values("X-Campaign")[0].encode("utf-8", "surrogateescape") == b"\xff\xfe"


def test_an_offer_comes_out_with_its_codecs() -> None:
    sdp = sip.sdp_parse(
        "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
        "m=video 6000 RTP/AVP 31\r\nm=audio 5004 RTP/AVP 8 0 18 101\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=ptime:30\r\na=sendonly\r\n"
    )
    assert [(line.kind, line.port) for line in sdp.media] == [("video", 6000), ("audio", 5004)]
    assert sdp.audio == 1 and sdp.rtp == "192.0.2.1:5004" and sdp.rtcp == "192.0.2.1:5005"
    assert sdp.payloads[:3] == ((8, "PCMA"), (0, "PCMU"), (18, None))
    assert (sdp.telephone_event, sdp.ptime_ms, sdp.direction, sdp.rtcp_mux) == (101, 30, "sendonly", False)


def test_bad_sdp_says_what_is_wrong() -> None:
    with pytest.raises(BadParams, match=r"not a valid SDP: \w+"):
        sip.sdp_parse("v=0\r\nm=audio many RTP/AVP 0\r\n")


def test_uris_come_apart() -> None:
    uri = sip.uri_parse("sip:bob@[2001:db8::1]:5070;transport=udp?a=b")
    assert uri == sip.SipUri("sip", "bob", "2001:db8::1", 5070, "transport=udp", "a=b")
    assert sip.uri_parse("tel:+15550100").user == "+15550100"
    with pytest.raises(BadParams, match="not a valid"):
        sip.uri_parse("bob")
