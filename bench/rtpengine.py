"""rtpengine as the peer: started in user space, told by its ng protocol (bencode over UDP) what to join."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

from .daemon import free_port

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n"
)


def encode(value: Any) -> bytes:
    """Bencode: whole numbers, text, lists, dictionaries with sorted keys."""
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        raw = value.encode()
        return b"%d:%s" % (len(raw), raw)
    if isinstance(value, dict):
        return b"d" + b"".join(encode(k) + encode(v) for k, v in sorted(value.items())) + b"e"
    return b"l" + b"".join(map(encode, value)) + b"e"


def decode(data: bytes, at: int = 0) -> tuple[Any, int]:
    """The value that begins there, and where it ends."""
    kind = data[at : at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1 : end]), end + 1
    if kind in (b"l", b"d"):
        items, at = [], at + 1
        while data[at : at + 1] != b"e":
            item, at = decode(data, at)
            items.append(item)
        return (items if kind == b"l" else dict(zip(items[::2], items[1::2], strict=True))), at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1 : end].decode(), end


class Ng:
    """Asks; one answer each."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(5)
        self._socket.connect(("127.0.0.1", port))
        self._cookie = 0

    def close(self) -> None:
        self._socket.close()

    def ask(self, **command: Any) -> dict[str, Any]:
        self._cookie += 1
        cookie = f"{self._cookie:08d}"
        self._socket.send(cookie.encode() + b" " + encode(command))
        while True:
            head, _, body = self._socket.recv(65536).partition(b" ")
            if head.decode() == cookie:
                answer: dict[str, Any] = decode(body)[0]
                return answer

    def call(self, number: int, a: int, b: int) -> tuple[int, int]:
        """Join two ports: where `a` sends to, where `b` sends to."""
        names = {"call-id": f"bench-{number}", "from-tag": f"a{number}"}
        offer = self.ask(command="offer", sdp=SDP.format(port=a), **names)
        answer = self.ask(command="answer", sdp=SDP.format(port=b), **names, **{"to-tag": f"b{number}"})
        return _port(answer["sdp"]), _port(offer["sdp"])


def _port(sdp: str) -> int:
    return int(next(line.split()[1] for line in sdp.splitlines() if line.startswith("m=audio")))


def installed() -> bool:
    return shutil.which("rtpengine") is not None


@contextlib.contextmanager
def rtpengine(pinned: Callable[[], None]) -> Iterator[tuple[int, Ng]]:
    """The running daemon's process id, and its control."""
    port = free_port()
    command = [
        *("rtpengine", "--foreground", "--log-stderr", "--log-level=2", "--table=-1", "--interface=127.0.0.1"),
        *(f"--listen-ng=127.0.0.1:{port}", "--port-min=20000", "--port-max=60000", "--num-threads=1"),
        *("--config-file=none", "--timeout=3600"),
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=pinned,  # noqa: PLW1509  a thread-free parent
    )
    ng = Ng(port)
    try:
        _wait_for(process, ng)
        yield process.pid, ng
    finally:
        ng.close()
        process.terminate()
        process.wait(30)


def _wait_for(process: subprocess.Popen[str], ng: Ng) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError):
            if ng.ask(command="ping").get("result") == "pong":
                return
        if process.poll() is not None:
            assert process.stderr is not None
            raise RuntimeError(f"rtpengine: {process.stderr.read()}")
        time.sleep(0.1)
    raise RuntimeError("rtpengine does not answer")
