"""SIP URIs and header text, as far as placing a call needs them."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

from ..errors import BadParams

_URI = re.compile(
    r"^sip:(?:([^@\s<>\"]+)@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?((?:[;?][^\s<>\"]*)?)$", re.I
)
_BAD_IN_LINE = re.compile(r"[\r\n\0]")


class SipUri(NamedTuple):
    """`host` without brackets; `port` 0: none given (5060, RFC 3263 without DNS)."""

    user: str
    host: str
    port: int
    params: str


def parse_uri(text: str) -> SipUri:
    """The parts of a sip: URI. BadParams says what is wrong; sips: and tel: are not spoken."""
    found = _URI.match(text)
    if not found or int(found[3] or 0) > 65535:
        raise BadParams(f"{text!r} is not a SIP address: sip:[user@]host[:port] is needed", field="uri")
    return SipUri(found[1] or "", found[2].strip("[]"), int(found[3] or 0), found[4])


def one_line(text: str, field: str) -> str:
    """Text that may stand in a header; BadParams when it would begin another one."""
    if _BAD_IN_LINE.search(text):
        raise BadParams(f"{field} {text!r} must be one line", field=field)
    return text


def header_lines(headers: tuple[tuple[str, str], ...]) -> str | None:
    """Complete header lines for the core. BadParams for a name or value that is not one line."""
    if not headers:
        return None
    for name, value in headers:
        if not re.fullmatch(r"[A-Za-z0-9.!%*_+`'~-]+", name):
            raise BadParams(f"{name!r} is not a header name", field="headers")
        one_line(value, name)
    return "".join(f"{name}: {value}\r\n" for name, value in headers)


def escape_user(user: str) -> str:
    """The text as user part of a URI (RFC 3261 25.1: unreserved and user-unreserved stand, the rest is escaped)."""
    return quote(user, safe="-_.!~*'()&=+$,;?/")
