"""SIPp playing scenarios of our own against the daemon.

A scenario is a file of `scenarios/`: SIPp's XML with a few additions, filled in before SIPp sees it. `$word` stands for
what the test gives; `$id` is unique to the run, `$retrans` 0 makes SIPp send a message once. `<?part NAME?>` stands for
the file `scenarios/parts/NAME.xml`; words given with it, as in `<?part progress status="180 Ringing"?>`, hold inside
that part. `<?options …?>` adds to SIPp's command line. SIPp exits 0 only when its call went exactly as the scenario
says: a message that it does not expect fails it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import Template

from tests.conftest import free_port
from tests.interop.office import T1_MS, Line
from tests.interop.peers import listening

SCENARIOS = Path(__file__).parent / "scenarios"
_PART = re.compile(r"<\?part ([\w-]+)((?:\s+\w+=\"[^\"]*\")*)\s*\?>")
_OPTIONS = re.compile(r"<\?options ([^?]+)\?>")
_WORD = re.compile(r"(\w+)=\"([^\"]*)\"")
_LOGGED = re.compile(rb"^-{10,} \S+ \S+\n\w+ message (sent|received) [(\[](\d+)[^\n]*\n\n", re.MULTILINE)
FINISHED_S = 20.0

SDP = """v=0
o=- 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
"""


DEFAULTS: dict[str, object] = {
    "calls": 1,
    "contact": "[local_ip]:[local_port]",
    "hops": 70,
    "host": "127.0.0.1",
    "linger_ms": 1,  # with 0, one SIPp in thirty never ends
    "retrans": 4 * T1_MS,  # a daemon that a busy machine keeps waiting is not to be taken for a lost message
    "sdp": SDP,
}
# No -mp: SIPp then looks for free media ports by itself.
ALWAYS = (
    "-nostdin -r 100 -timer_resol 1 -recv_timeout 10000 -max_invite_retrans 20 -max_non_invite_retrans 20 "
    "-trace_msg -message_file messages.log -trace_err -error_file errors.log"
).split()


def fill_in(name: str, words: dict[str, object]) -> str:
    """Text of a scenario or part. KeyError names a word that is missing."""

    text = (SCENARIOS / f"{name}.xml").read_text()
    done, at = [], 0
    for found in _PART.finditer(text):
        own = {word: Template(value).substitute(words) for word, value in _WORD.findall(found[2])}
        done += [Template(text[at : found.start()]).substitute(words), fill_in(f"parts/{found[1]}", {**words, **own})]
        at = found.end()
    return "".join([*done, Template(text[at:]).substitute(words)])


@dataclass(frozen=True)
class Message:
    """One datagram as SIPp logged it. `what`: method or status."""

    sent: bool
    text: str

    @property
    def what(self) -> str:
        first, second = self.text.split(" ", 2)[:2]
        return second if first.startswith("SIP/") else first

    @property
    def start(self) -> str:
        return self.text.split("\r\n", 1)[0]

    @property
    def body(self) -> str:
        return self.text.partition("\r\n\r\n")[2]

    def headers(self, name: str) -> list[str]:
        """Values of all its lines of that name."""
        head = self.text.partition("\r\n\r\n")[0].split("\r\n")[1:]
        pairs = (line.partition(":") for line in head)
        return [value.strip() for key, _, value in pairs if key.strip().lower() == name.lower()]

    def header(self, name: str) -> str:
        (value,) = self.headers(name)
        return value


class Sipp:
    """One SIPp process with one scenario, in a folder of its own."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, name: str, port: int) -> None:
        self.process = process
        self.folder = folder
        self.name = name
        self.port = port

    async def passes(self) -> None:
        """It ends with success; else AssertionError with all it has seen."""
        try:
            async with asyncio.timeout(FINISHED_S):
                status = await self.process.wait()
        except TimeoutError:
            status = None
        assert status == 0, self.story(status)

    def story(self, status: int | None) -> str:
        """What went on, for a failed test."""
        files = [self.folder / name for name in ("errors.log", "messages.log", "output.log")]
        told = "\n\n".join(f"{file.name}:\n{_text(file)[-6000:]}" for file in files)
        return f"SIPp {self.name}: {'not finished' if status is None else f'exit status {status}'}\n{told}"

    async def seen(self, what: str | int, count: int = 1) -> str:
        """The Call-ID, once it has received `count` such messages."""
        async with asyncio.timeout(FINISHED_S):
            while len(found := [each for each in self._read() if not each.sent and each.what == str(what)]) < count:
                await asyncio.sleep(0.01)
        return found[0].header("Call-ID")

    @cached_property
    def messages(self) -> list[Message]:
        """Everything sent and received, in order, once it has ended."""
        assert self.process.returncode is not None
        return self._read()

    def _read(self) -> list[Message]:
        file = self.folder / "messages.log"
        log = file.read_bytes() if file.exists() else b""
        return [
            Message(found[1] == b"sent", log[found.end() : found.end() + int(found[2])].decode())
            for found in _LOGGED.finditer(log)
        ]

    def received(self, what: str | int, cseq: str = "") -> list[Message]:
        """Those of that kind, each once however often it came; `cseq`: only those whose CSeq ends so."""
        return list(dict.fromkeys(self.copies(what, cseq)))

    def copies(self, what: str | int, cseq: str = "") -> list[Message]:
        """As they came."""
        return self._of(False, what, cseq)

    def sent(self, what: str | int, cseq: str = "") -> list[Message]:
        """Each once."""
        return list(dict.fromkeys(self._of(True, what, cseq)))

    def _of(self, sent: bool, what: str | int, cseq: str) -> list[Message]:
        found = [message for message in self.messages if message.sent is sent and message.what == str(what)]
        return [message for message in found if message.header("CSeq").endswith(cseq)]


def _text(file: Path) -> str:
    return file.read_bytes().decode(errors="replace") if file.exists() else ""


class Peers:
    """The SIPp processes of one test."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port  # the daemon's
        self.running: list[Sipp] = []

    async def caller(self, scenario: str, number: str, *, through: int | None = None, **words: object) -> Sipp:
        """Calls `number` of the daemon, perhaps `through` a proxy at that port; `host`: from this address, to the same
        of the daemon."""
        host, port = str(words.get("host", "127.0.0.1")), through or self.port
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return await self._start(scenario, free_port(), [target], {"number": number, **words})

    async def callee(self, scenario: str, line: Line, **words: object) -> Sipp:
        """Waits at the far end of `line` for one call."""
        line.held.close()
        peer = await self._start(scenario, line.port, [], words)
        await listening(line.port)
        return peer

    async def _start(self, scenario: str, port: int, target: list[str], words: dict[str, object]) -> Sipp:
        folder = self.folder / f"sipp{len(self.running)}-{scenario}"
        folder.mkdir(parents=True)
        words = {**DEFAULTS, "id": f"{secrets.token_hex(5)}x[call_number]", **words}
        text = fill_in(scenario, words)
        (folder / "scenario.xml").write_text(_OPTIONS.sub("", text))
        own = ("-i", words["host"], "-p", port, "-m", words["calls"])
        command = ["sipp", *target, "-sf", "scenario.xml", *map(str, own), *ALWAYS]
        command += [option for found in _OPTIONS.findall(text) for option in found.split()]
        with (folder / "output.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder
            )
        peer = Sipp(process, folder, scenario, port)
        self.running.append(peer)
        return peer

    async def pass_(self) -> None:
        """All of them end with success."""
        for peer in reversed(self.running):  # the caller, which came last, tells most
            await peer.passes()

    async def stop(self) -> None:
        for peer in self.running:
            if peer.process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    peer.process.kill()
                await peer.process.wait()


@contextlib.asynccontextmanager
async def peers(folder: Path, port: int) -> AsyncIterator[Peers]:
    found = Peers(folder, port)
    try:
        yield found
    finally:
        await found.stop()
