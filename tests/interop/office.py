"""A daemon for tests with SIPp, with a line of its own for each test: a number that leads to a port held for it."""

from __future__ import annotations

import socket
from pathlib import Path

from switchroom.client import AsyncClient
from tests.conftest import Daemon, free_port, free_port_range
from tests.sound import write_tone

LINES = 120
USER, PASSWORD = "office", "open sesame"
T1_MS = 50  # so that 64*T1 is 3.2 s
RING_MS = 2000
CONFIG = """
[sip]
listen = ["udp://127.0.0.1:{sip}", "udp://[::1]:{sip}"]
t1_ms = {t1_ms}
ring_timeout_ms = {ring_ms}
[media]
address = "127.0.0.1"
ports = "{first}-{last}"
workers = 1
[control]
listen = ["unix:./control.sock"]
[[route]]
to = "echo"
action = "echo"
[[route]]
to = "tone"
action = "play"
file = "tone.wav"
loops = 0
[[trunk]]
name = "loop"
uri = "sip:127.0.0.1:{sip}"
max_cps = 1000
health_ms = 0
[[route]]
to = "loop"
action = "dial"
trunk = "loop"
failover = ["loop"]
[[route]]
to = "slow"
action = "echo"
answer_after_ms = 400
"""
LINE = """
[[trunk]]
name = "line{n}"
uri = "sip:127.0.0.1:{port}"
username = "{user}"
password = "{password}"
health_ms = 0
[[route]]
to = "line{n}"
action = "dial"
trunk = "line{n}"
[[route]]
to = "kept{n}"
action = "dial"
trunk = "line{n}"
record = true
[[route]]
to = "pair{n}"
action = "dial"
trunk = "line{n}"
failover = ["line{next}"]
"""


class Line:
    """A trunk of the daemon and the port it leads to, held until a peer listens there. Nobody answers before.

    Dial `number` to get there, `kept` to be recorded too, `pair` to get to the next line too when this one fails."""

    def __init__(self, n: int) -> None:
        self.number, self.kept, self.pair, self.trunk = f"line{n}", f"kept{n}", f"pair{n}", f"line{n}"
        self.port = free_port()
        self.held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.held.bind(("127.0.0.1", self.port))


class Office:
    """The daemon under test."""

    def __init__(self, folder: Path) -> None:
        self.sip = free_port()
        self.lines = [Line(n) for n in range(LINES)]
        self._unused = iter(self.lines)
        first, last = free_port_range(120)
        config = CONFIG.format(sip=self.sip, first=first, last=last, t1_ms=T1_MS, ring_ms=RING_MS)
        for n, line in enumerate(self.lines):
            following = min(n + 1, LINES - 1)
            config += LINE.format(n=n, next=following, port=line.port, user=USER, password=PASSWORD)
        write_tone(folder / "tone.wav", 440, 1.0)
        self.daemon = Daemon(folder, config)

    @property
    def control(self) -> str:
        return f"unix:{self.daemon.folder}/control.sock"

    def line(self) -> Line:
        """One that no other test uses."""
        return next(self._unused)

    def close(self) -> None:
        for line in self.lines:
            line.held.close()


async def hang_up(client: AsyncClient, sip_call_id: str) -> None:
    """End the daemon's call that has a leg of this Call-ID."""
    page = await client.call.list()
    (call,) = (call for call in page.items if any(leg.sip_call_id == sip_call_id for leg in call.legs))
    await client.call.hangup(id=call.id)
