"""A daemon killed in mid-campaign and started again carries on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from switchroom.client import AsyncClient
from switchroom.core import Core, CoreOptions, Leg
from switchroom.recording.verify import read_info
from switchroom.schema.campaign import CallingWindow, CampaignSettings, RetryRule
from switchroom.store.attempts import AttemptRow, read_attempts
from switchroom.store.contacts import ContactRow, read_page
from tests.conftest import Daemon, free_port, free_port_range

CONFIG = """
[sip]
listen = ["udp://127.0.0.1:{sip}"]
t1_ms = 100
[media]
ports = "{first}-{last}"
workers = 1
[control]
listen = ["unix:./control.sock"]
[recording]
path = "./recordings"
[[trunk]]
name = "town"
uri = "sip:127.0.0.1:{town}"
max_cps = 50.0
health_ms = 0
"""
NUMBERS = [f"+121255503{n:02d}" for n in range(40)]
AGENTS = ("anna", "bert", "carl")
SETTINGS = CampaignSettings(
    amd=False,
    mode="progressive",
    wrapup_ms=100,
    ring_timeout_ms=3_000,
    calling_hours=(CallingWindow(start="00:00", end="24:00"),),
    retry=(RetryRule(disposition="failed", after_ms=500, max_attempts=3),),  # interrupted ones follow it
)


class Town:
    """Callees: two of three talk for a while, every third is busy. Counts who was dialed how often."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.dialed: Counter[str] = Counter()
        self.up: set[Leg] = set()
        core.incoming = self.arrives

    async def arrives(self, leg: Leg) -> None:
        self.dialed[leg.ruri_user] += 1
        if NUMBERS.index(leg.ruri_user) % 3 == 2:
            leg.reject(486)
            return
        self.up.add(leg)
        leg.ring()
        leg.answer()
        await asyncio.sleep(0.8)
        self.up.discard(leg)
        leg.hangup()


async def answers(leg: Leg) -> None:
    leg.answer()
    await leg.wait_ended()


async def log_in(client: AsyncClient, phones: Core) -> None:
    for name in AGENTS:
        uri = f"sip:{name}@127.0.0.1:{phones.sip_port}"
        await client.agent.login(id=name, uri=uri, ready=True)


async def told_until_killed(daemon: Daemon, phones: Core, enough: int) -> dict[str, str]:
    """Run the campaign until `enough` attempts were announced as ended and a talk goes on, then kill the daemon.
    Returns what was announced: attempt id to disposition."""
    told: dict[str, str] = {}
    client = await AsyncClient.connect(f"unix:{daemon.folder}/control.sock")
    events = await client.subscribe(["attempt.ended"])
    await client.campaign.create(id="c", name="c", settings=SETTINGS)
    await client.contact.import_(campaign_id="c", data=("number\n" + "\n".join(NUMBERS)).encode())
    await log_in(client, phones)
    await client.campaign.start(id="c")
    async with asyncio.timeout(60):
        async for event in events:
            told[event.data["attempt_id"]] = event.data["disposition"]
            if len(told) >= enough and (await client.campaign.stats(id="c")).talking:
                break
    daemon.kill()
    await client.close()
    return told


async def until_ended(daemon: Daemon, phones: Core) -> None:
    client = await AsyncClient.connect(f"unix:{daemon.folder}/control.sock")
    await log_in(client, phones)
    async with asyncio.timeout(90):
        while (await client.campaign.get(id="c")).state != "ended":
            await asyncio.sleep(0.1)
    await client.close()


def read_books(folder: Path) -> tuple[list[AttemptRow], list[ContactRow]]:
    db = sqlite3.connect(next(folder.rglob("switchroom.db")))
    try:
        return read_attempts(db, "c"), read_page(db, "c", 0, 1_000)
    finally:
        db.close()


async def test_sigkill_in_mid_campaign_loses_no_record_and_dials_nobody_twice(
    tmp_path: Path, make_daemon: Callable[[str], Daemon]
) -> None:
    first, _ = free_port_range(190)
    options = [CoreOptions(ports=(low, low + 59), workers=1, t1_ms=100) for low in (first, first + 60)]
    async with Core(options[0]) as core, Core(options[1]) as phones:
        town = Town(core)
        phones.incoming = answers
        config = CONFIG.format(sip=free_port(), first=first + 120, last=first + 189, town=core.sip_port)
        daemon = make_daemon(config)
        told = await told_until_killed(daemon, phones, enough=8)
        crashed, _ = read_books(daemon.folder)
        for leg in list(town.up):
            leg.hangup()
        daemon.start()
        await until_ended(daemon, phones)
        assert daemon.stop() == 0

    attempts, contacts = read_books(daemon.folder)
    by_id = {attempt.id: attempt for attempt in attempts}
    assert {attempt_id: by_id[attempt_id].disposition for attempt_id in told} == told
    under_way = {attempt.id for attempt in crashed if attempt.state == "launched"}
    assert {a.id for a in attempts if a.disposition == "interrupted"} == under_way != set()
    assert {attempt.state for attempt in attempts} == {"ended"}
    assert len({(attempt.contact_id, attempt.ordinal) for attempt in attempts}) == len(attempts)
    sent = Counter(attempt.number for attempt in attempts)
    assert all(town.dialed[number] <= sent[number] for number in NUMBERS), "dialed more often than attempted"
    assert {contact.state for contact in contacts} == {"done"} and len(contacts) == len(NUMBERS)
    assert sum(attempt.disposition == "talked" for attempt in attempts) == len([n for n in range(40) if n % 3 != 2])
    cut = [path for id_ in under_way if (path := Path(by_id[id_].recording or "/")).is_file()]
    assert all(read_info(path).frames == read_info(path).claimed_frames for path in cut)
