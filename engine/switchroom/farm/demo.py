"""The demo: a daemon, a farm of callees and agents' phones as processes, and a predictive campaign between them.

Times are scaled: people ring about four times as fast as in life, the campaign's limit on ringing with them, talks and
retries are seconds instead of minutes and hours. The limits on abandoned calls are the law's.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from ..client import AsyncClient
from ..errors import ConfigError
from ..schema.campaign import CallingWindow, CampaignSettings, CampaignStats, RetryRule
from ..schema.contact import ImportResult
from ..schema.engine import EngineStats
from . import contacts, voice
from .agent import Shift
from .household import Household, Member
from .ports import free_udp_range
from .truth import CalleeTruth, PhoneTruth, TalkTruth, read_truth

CAMPAIGN = "demo"
_MARK = ".switchroom-demo"  # lies in a folder that a demo made, and may clear

SETTINGS = CampaignSettings(
    mode="predictive",
    trunk="carrier",
    calling_hours=(CallingWindow(start="00:00", end="24:00"),),
    ring_timeout_ms=4_500,
    abandon_after_ms=2_000,
    wrapup_ms=3_000,
    machine="message",
    retry=(
        RetryRule(disposition="busy", after_ms=5_000, max_attempts=2),
        RetryRule(disposition="no_answer", after_ms=6_000, max_attempts=2),
        RetryRule(disposition="failed", after_ms=5_000, max_attempts=2),
    ),
)


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """`limit_s`: the campaign is stopped after so long if it has not ended by itself."""

    out: Path
    contacts: int = 300
    agents: int = 10
    seed: int = 1
    limit_s: float = 240.0
    mix: Path | None = None


@dataclass(slots=True)
class Outcome:
    """What the run left, for the checks. `stopped`: at the limit, so that contacts may be left over."""

    imported: ImportResult
    campaign: CampaignStats
    engine: EngineStats
    stopped: bool = False
    left: list[str] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    summaries: dict[str, Any] = field(default_factory=dict)

    def late_ms(self) -> int:
        """How late the latest of the processes was, at most."""
        people = [int(summary.get("late_max_ms", 0)) for summary in self.summaries.values()]
        return max([self.engine.loop_lag_peak_ms, *people])


class Demo:
    """`async with Demo(options) as demo:` has everything running; `await demo.run()` is the campaign, to its end."""

    def __init__(self, options: DemoOptions) -> None:
        self.options = options
        self.out = options.out
        self.client: AsyncClient
        self.imported: ImportResult
        self._house = Household(self.out / "logs")
        self._sockets: Path
        self._daemon: Member
        self._farm: Member
        self._phones: Member
        self._outcome: Outcome

    # ------------------------------------------------------------ start, stop

    async def __aenter__(self) -> Demo:
        prepare_folder(self.out)
        # A socket's path may have 107 bytes; a folder of somebody's own choice may be longer than that.
        self._sockets = Path(tempfile.mkdtemp(prefix="switchroom-"))
        await self._house.__aenter__()
        try:
            await self._start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if hasattr(self, "client"):
            await self.client.close()
        await self._house.__aexit__()
        shutil.rmtree(self._sockets, ignore_errors=True)

    async def _start(self) -> None:
        rng = random.Random()  # ports need not be the same again
        seed, agents = str(self.options.seed), self.options.agents
        farm = ["farm", "--listen", "127.0.0.1:0", "--rtp", _range(rng, 1200), "--seed", seed]
        mix = ["--mix", str(self.options.mix.resolve())] if self.options.mix else []
        self._farm = await self._house.start("farm", [*farm, *mix, "--truth", self._path("truth/callees.jsonl")])
        callees = await self._farm.ready()
        (self.out / "switchroom.toml").write_text(self._configuration(rng, callees))
        self._daemon = await self._house.start("daemon", ["serve", "-c", self._path("switchroom.toml")])
        await self._daemon.ready()
        self.client = await AsyncClient.connect(self.control, name="demo")
        await self._set_up_campaign()
        phones = ["phones", "--control", self.control, "--count", str(agents), "--seed", seed, "--campaign", CAMPAIGN]
        truth = ["--truth", self._path("truth/talks.jsonl"), "--phones-truth", self._path("truth/phones.jsonl")]
        self._phones = await self._house.start("phones", [*phones, "--rtp", _range(rng, 4 * agents + 20), *truth])
        await self._phones.ready()

    @property
    def control(self) -> str:
        return f"unix:{self._sockets}/control.sock"

    @property
    def store(self) -> Path:
        return self.out / "data" / "switchroom.db"

    @property
    def recordings(self) -> Path:
        return self.out / "recordings"

    def _path(self, name: str) -> str:
        return str((self.out / name).resolve())

    def _configuration(self, rng: random.Random, callees: str) -> str:
        return (
            "# Made by `switchroom demo`.\n"
            '[sip]\nlisten = ["udp://127.0.0.1:0"]\n'
            f'[media]\naddress = "127.0.0.1"\nports = "{_range(rng, 2000)}"\nworkers = 1\n'
            f"[control]\nlisten = [{_toml(self.control)}]\n"
            f"[store]\nurl = {_toml(f'sqlite:{self.store.resolve()}')}\n"
            f"[recording]\npath = {_toml(self.recordings.resolve())}\n"
            f"[reporting]\npath = {_toml(self.out.resolve())}\n"
            "[engine]\ndrain_ms = 5000\n"
            f'[[trunk]]\nname = "carrier"\nuri = {_toml(callees)}\nmax_calls = 300\nmax_cps = 40.0\n'
            'caller_id = "+12025550199"\nhealth_ms = 1000\n'
        )

    async def _set_up_campaign(self) -> None:
        listed = contacts.csv_file(self.options.contacts, self.options.seed)
        (self.out / "contacts.csv").write_bytes(listed)
        abandon, machine = self._message("abandon_message.wav"), self._message("machine_message.wav")
        settings = msgspec.structs.replace(SETTINGS, abandon_message=abandon, machine_message=machine)
        await self.client.campaign.create(id=CAMPAIGN, name="Demo", settings=settings)
        self.imported = await self.client.contact.import_(campaign_id=CAMPAIGN, data=listed)

    def _message(self, name: str) -> str:
        """A voice of the package under a short path: settings take names of 128 characters."""
        return shutil.copyfile(voice.FOLDER / name, self._sockets / name).as_posix()

    # ------------------------------------------------------------- the campaign

    async def run(self) -> Outcome:
        """Start the campaign, wait for its end or the limit, take the last figures, end all processes."""
        await self.client.campaign.start(id=CAMPAIGN)
        stopped = False
        try:
            async with asyncio.timeout(self.options.limit_s):
                await self._ended()
        except TimeoutError:
            stopped = True
            await self.client.campaign.stop(id=CAMPAIGN)
            async with asyncio.timeout(60.0):
                await self._ended()
        figures = await self.client.campaign.stats(id=CAMPAIGN), await self.client.engine.stats()
        outcome = Outcome(self.imported, *figures, stopped)
        await self._wind_up(outcome)
        return outcome

    async def _ended(self) -> None:
        while True:
            if (await self.client.campaign.get(id=CAMPAIGN)).state == "ended":
                return
            for member in self._house.members:
                member.must_be_running()
            await asyncio.sleep(0.2)

    async def _wind_up(self, outcome: Outcome) -> None:
        """Agents go home first, then the daemon, which then has no call left; the farm last."""
        for member in (self._phones, self._daemon, self._farm):
            if member is self._daemon:
                await self.client.close()
            outcome.statuses[member.name] = await member.end(timeout_s=20.0)
            last = member.output.strip().splitlines()[-1:]
            if last and last[0].startswith("{"):
                outcome.summaries[member.name] = msgspec.json.decode(last[0])

    def left(self) -> list[str]:
        """Processes of the demo that are still there; for after leaving it."""
        return self._house.left()

    # ---------------------------------------------------------- what was lived

    def callees(self) -> Sequence[CalleeTruth]:
        return list(read_truth(self.out / "truth" / "callees.jsonl", CalleeTruth))

    def talks(self) -> Sequence[TalkTruth]:
        return list(read_truth(self.out / "truth" / "talks.jsonl", TalkTruth))

    def phones(self) -> Sequence[PhoneTruth]:
        return list(read_truth(self.out / "truth" / "phones.jsonl", PhoneTruth))

    def shift(self) -> Shift:
        return Shift(agents=self.options.agents, seed=self.options.seed, campaigns=(CAMPAIGN,))


def _toml(value: object) -> str:
    """A TOML string: its escapes are JSON's."""
    return msgspec.json.encode(str(value)).decode()


def _range(rng: random.Random, count: int) -> str:
    first, last = free_udp_range(count, rng)
    return f"{first}-{last}"


def prepare_folder(out: Path) -> None:
    """An empty folder for a demo. What an earlier demo left is removed; anything else is not touched."""
    if out.exists() and any(out.iterdir()):
        if not (out / _MARK).exists():
            raise ConfigError(f"{out}: holds files that no demo made; name another folder with --out, or empty it")
        shutil.rmtree(out)
    for folder in ("data", "logs", "recordings", "truth"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    (out / _MARK).touch()


def failed_processes(outcome: Outcome) -> list[str]:
    """Processes that did not end well."""
    return [f"{name}: exit status {status}" for name, status in outcome.statuses.items() if status != 0]
