"""The SIP core on an asyncio loop. Addresses are opaque bytes made by addr_parse()."""

from asyncio import AbstractEventLoop
from collections.abc import Callable

EVENTS: tuple[str, ...]
"""Names of event kinds: the kind of an event tuple is the index."""
SIDES: tuple[str, ...]
SRTP_SUITES: tuple[str, ...]
"""Names by number; 0 is none, the empty string."""
VERSION: str

Text = str | bytes
Media = tuple[bytes, bytes | None, int, int, int, int, bool, int, object, tuple[int, int, int, int, int]]
"""The peer's audio: RTP address, RTCP address, codec, telephone-event type (255: none), direction (what we may
do: 1 send, 2 receive), ptime in ms, rtcp-mux, SRTP suite (0: in clear), keys (opaque, for Media.remote(); None:
in clear); of the codec: payload type sent, payload type in our offers, kHz of telephone-event, whether they can use
Opus FEC, kHz of Opus that they play (0: not said)."""
Local = tuple[bytes, bytes, int, int, int, bool]
"""Our audio: RTP address, codecs (ids, preferred first), telephone-event type, direction, SRTP policy
(0 off, 1 optional, 2 required), rtcp-mux."""
Event = tuple[int, int, int, int, int, int, int, Media | None, int, bytes | None, tuple[str, ...]]
"""kind, call, tag, status, q850, side, at_ns, media, flow, source, words.

words of INCOMING: call_id, ruri, ruri_user, from, from_user, to, to_user, contact, headers;
of the others: call_id, reason."""

def monotonic_ns() -> int: ...
def status_text(status: int) -> str: ...
def status_q850(status: int) -> int: ...
def addr_parse(host: str, port: int) -> bytes: ...
def addr_text(address: bytes) -> tuple[str, int]: ...

class Sip:
    def __init__(
        self,
        loop: AbstractEventLoop,
        on_events: Callable[[list[Event]], None],
        *,
        user_agent: Text | None = None,
        max_calls: int = 0,
        t1_ms: int = 0,
        t2_ms: int = 0,
        t4_ms: int = 0,
        retry_after_s: int = 0,
        allow_options: bool = True,
        codecs: bytes = b"",
    ) -> None: ...
    def close(self) -> None: ...
    def open_udp(
        self, bind_to: bytes, *, advertise: bytes | None = None, rcvbuf: int = 4 << 20
    ) -> tuple[int, bytes]: ...
    def accept_new(self, on: bool) -> None: ...
    def create(
        self,
        flow: int,
        dst: bytes,
        ruri: Text,
        from_: Text,
        local: Local,
        *,
        to: Text | None = None,
        route: Text | None = None,
        username: Text | None = None,
        password: Text | None = None,
        headers: Text | None = None,
        ring_ms: int = 0,
        tag: int = 0,
        hops: int = 0,
    ) -> int: ...
    def progress(self, call: int, status: int, local: Local | None = None) -> None: ...
    def answer(self, call: int, local: Local) -> None: ...
    def media(self, call: int) -> Media | None: ...
    def agrees(self, call: int, local: Local) -> bool: ...
    def reject(self, call: int, status: int, headers: Text | None = None) -> None: ...
    def hangup(self, call: int, q850: int = 0) -> None: ...
    def modify(self, call: int, local: Local) -> None: ...
    def options(self, flow: int, dst: bytes, ruri: Text, tag: int) -> None: ...
    def bad(self) -> list[tuple[int, str, int, int, str, bytes]]: ...
    def stats(self) -> dict[str, int]: ...
