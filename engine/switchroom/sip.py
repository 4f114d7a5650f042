"""SIP messages and SDP, parsed by the C library into plain values: for tools and tests, not for the call path.

Text is decoded as UTF-8 with `surrogateescape`, so that bytes which are no text survive. Needs the `dsp` extra.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Any

from ._dsp import ffi, lib
from .errors import BadParams

__all__ = ["Sdp", "SdpMedia", "SipMessage", "SipUri", "sdp_parse", "sip_parse", "uri_parse"]

_CODECS = {lib.CODEC_PCMU: "PCMU", lib.CODEC_PCMA: "PCMA", lib.CODEC_G722: "G722", lib.CODEC_OPUS: "OPUS"}
_DIRECTIONS = ("inactive", "sendonly", "recvonly", "sendrecv")  # enum media_dir


def _bytes(view: Any) -> bytes:
    return bytes(ffi.buffer(view.p, view.n)) if view.n else b""


def _text(view: Any) -> str:
    return _bytes(view).decode("utf-8", "surrogateescape")


def _view(text: bytes) -> tuple[Any, Any]:
    """A struct str over `text`, and the buffer that must outlive it."""
    buffer = ffi.from_buffer("char[]", text)
    return ffi.new("struct str *", (buffer, len(text))), buffer


def _refused(what: str, why: Any) -> BadParams:
    reason = ffi.string(why).decode() if why else "against the grammar"
    return BadParams(f"not a valid {what}: {reason}")


def _address(address: Any) -> str:
    """ "192.0.2.1:5004", or empty when there is none."""
    out = ffi.new("char[64]")
    size = lib.net_addr_format(ffi.addressof(address), True, out)
    return bytes(ffi.buffer(out, size)).decode()


def _header_name(header: Any) -> str:
    known = ffi.string(lib.sip_header_names[header.id]).decode() if header.id else ""
    return known or _text(header.name)


@dataclass(frozen=True, slots=True)
class SipMessage:
    """A request has `method` and `ruri`, a response `status` and `reason` (and the method of its CSeq).

    `headers`: (name, trimmed value) in order, compact names as long ones; a folded value keeps its line break.
    """

    method: str
    ruri: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def is_request(self) -> bool:
        return self.status == 0

    def values(self, name: str) -> tuple[str, ...]:
        """Values of a header by its long name, without regard to case."""
        return tuple(value for header, value in self.headers if header.lower() == name.lower())


def sip_parse(data: bytes, *, check: bool = True) -> SipMessage:
    """One datagram or whole message. `check`: the mandatory headers must be there and well formed (RFC 3261 8.1.1).

    BadParams says what is wrong with it.
    """
    message = ffi.new("struct sip_msg *")
    buffer = ffi.from_buffer("char[]", data)
    rc = lib.sip_msg_parse(message, buffer, len(data))
    if rc == -errno.EAGAIN:
        raise BadParams("not a SIP message: only white space, a keep-alive")
    if rc == 0 and check:
        rc = lib.sip_msg_check(message)
    if rc != 0:
        raise _refused("SIP message", message.why)
    return SipMessage(
        method=_text(message.method_name),
        ruri=_text(message.ruri),
        status=0 if message.request else int(message.status),
        reason=_text(message.reason),
        headers=tuple((_header_name(h), _text(h.value)) for h in message.hdr[0 : message.nhdr]),
        body=_bytes(message.body),
    )


@dataclass(frozen=True, slots=True)
class SipUri:
    """`host` without brackets; of a tel URI empty, with the number in `user`. `port` 0: none given."""

    scheme: str
    user: str
    host: str
    port: int
    params: str
    headers: str


def uri_parse(text: str) -> SipUri:
    """A sip, sips or tel URI (RFC 3261 19.1, RFC 3966). BadParams when it is none."""
    uri = ffi.new("struct sip_uri *")
    view, _buffer = _view(text.encode("utf-8", "surrogateescape"))
    if lib.sip_uri_parse(uri, view[0]) != 0:
        raise BadParams(f"not a valid SIP or tel URI: {text!r}")
    return SipUri(
        _text(uri.scheme), _text(uri.user), _text(uri.host), int(uri.port), _text(uri.params), _text(uri.headers)
    )


@dataclass(frozen=True, slots=True)
class SdpMedia:
    """One m= line: kind, port, protocol, formats as written."""

    kind: str
    port: int
    proto: str
    formats: str


@dataclass(frozen=True, slots=True)
class Sdp:
    """What a telephone needs of a session description (RFC 8866): its lines, and the audio stream that is usable.

    `audio`: index into `media`, None when none is usable; all below belongs to it. `payloads`: (payload type, codec
    or None when unknown) in order of preference. `direction` is as its author wrote it.
    """

    media: tuple[SdpMedia, ...]
    audio: int | None
    rtp: str
    rtcp: str
    payloads: tuple[tuple[int, str | None], ...]
    telephone_event: int | None
    direction: str
    ptime_ms: int
    rtcp_mux: bool


def sdp_parse(text: str | bytes) -> Sdp:
    """BadParams says what is wrong."""
    data = text.encode() if isinstance(text, str) else text
    sdp = ffi.new("struct sdp *")
    view, _buffer = _view(data)
    if lib.sdp_parse(sdp, view[0]) != 0:
        raise _refused("SDP", sdp.why)
    lines = sdp.media[0 : sdp.nmedia]
    return Sdp(
        media=tuple(SdpMedia(_text(m.kind), int(m.port), _text(m.proto), _text(m.formats)) for m in lines),
        audio=int(sdp.audio) if sdp.audio >= 0 else None,
        rtp=_address(sdp.rtp),
        rtcp=_address(sdp.rtcp),
        payloads=tuple((int(sdp.pt[i]), _CODECS.get(sdp.codec[i])) for i in range(sdp.npt)),
        telephone_event=None if sdp.te_pt == 255 else int(sdp.te_pt),
        direction=_DIRECTIONS[sdp.dir],
        ptime_ms=int(sdp.ptime_ms),
        rtcp_mux=bool(sdp.rtcp_mux),
    )
