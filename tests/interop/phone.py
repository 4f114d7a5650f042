"""A SIP peer played by the test itself, datagram by datagram: for what no user agent does, or not at that moment."""

from __future__ import annotations

import contextlib
import socket

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
)


class Phone:
    """A socket that speaks to the daemon, message by message."""

    def __init__(self, port: int, own: socket.socket | None = None) -> None:
        self.socket = own or socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))  # from now on nobody else is heard
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.socket.recv(65535)
        self.socket.settimeout(5)
        self.host, self.port = self.socket.getsockname()
        self.sent = 0
        self.seen: set[str] = set()

    def message(
        self, start: str = "OPTIONS sip:echo@127.0.0.1 SIP/2.0", body: str = "", **headers: str | None
    ) -> bytes:
        """A good request; `headers` replaces some (`call_id` for Call-ID) or, with None, leaves them out."""
        self.sent += 1
        values: dict[str, str | None] = {
            "via": f"SIP/2.0/UDP {self.host}:{self.port};rport;branch=z9hG4bK{self.port}x{self.sent}",
            "from": "<sip:phone@127.0.0.1>;tag=1",
            "to": "<sip:echo@127.0.0.1>",
            "call_id": f"{self.port}-{self.sent}",
            "cseq": f"1 {start.split(' ', 1)[0]}",
            "contact": f"<sip:phone@{self.host}:{self.port}>",
            "max_forwards": "70",
            "content_type": "application/sdp" if body else None,
            "content_length": str(len(body)),
            **headers,
        }
        lines = [f"{name.replace('_', '-').title()}: {value}" for name, value in values.items() if value is not None]
        return "\r\n".join([start, *lines, "", body]).encode("latin-1")

    def invite(self, **headers: str | None) -> bytes:
        return self.message("INVITE sip:echo@127.0.0.1 SIP/2.0", **{"body": SDP, **headers})  # type: ignore[arg-type]

    def send(self, data: bytes) -> None:
        self.socket.send(data)

    def receive(self) -> str:
        """The next message that is no copy of an earlier one."""
        while (message := self._next()) in self.seen:
            pass
        self.seen.add(message)
        return message

    def _next(self) -> str:
        return self.socket.recv(65535).decode()

    def final(self) -> str:
        """The next final response."""
        while (answer := self.receive()).startswith("SIP/2.0 1"):
            pass
        return answer

    def next(self, line: str) -> str:
        """The next message that has this header line, be it a copy."""
        while line not in (message := self._next()).split("\r\n"):
            pass
        return message

    def ask(self, data: bytes) -> str:
        """Its final response."""
        self.send(data)
        return self.final()

    def proves_life(self) -> None:
        """OPTIONS is answered, and nothing else was: the daemon answers in the order of arrival."""
        request = self.message()
        (call_id,) = (line for line in request.decode().splitlines() if line.startswith("Call-Id:"))
        answer = self.ask(request)
        assert answer.startswith("SIP/2.0 200") and call_id.partition(" ")[2] in answer, answer


def value(message: str, name: str) -> str:
    """Of the first header line of that name."""
    return next(line.partition(": ")[2] for line in message.split("\r\n") if line.startswith(f"{name}: "))


def reply(request: str, status: str, body: str = "", contact: str = "<sip:callee@127.0.0.1>") -> bytes:
    """What a callee says to a request; its tag is 7."""
    to = value(request, "To")
    lines = [
        f"SIP/2.0 {status}",
        *(f"{name}: {value(request, name)}" for name in ("Via", "From", "Call-ID", "CSeq")),
        f"To: {to}" if ";tag=" in to else f"To: {to};tag=7",
        f"Contact: {contact}",
        *(["Content-Type: application/sdp"] if body else []),
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", body]).encode()
