"""Real calls between processes: the farm answers, a Core of this process calls, every recording is held against what
both sides said."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from switchroom.core import Core, CoreOptions, LegStats
from switchroom.errors import CallBusy, CallFailed, Cancelled, Declined, NoAnswer, Unreachable
from switchroom.farm.agent import AGENT_BIT, agent_speech
from switchroom.farm.audio import read_wav
from switchroom.farm.population import Kind, Population, callee_speech, load_mix
from switchroom.farm.proof import check_channel
from switchroom.farm.truth import CalleeTruth, read_truth
from switchroom.farm.voice import shipped
from tests.conftest import ENVIRONMENT, free_port_range

MIX = """
person = 4
machine = 1
busy = 1
no_answer = 1
reject = 1
sit = 1
leaves = 1
slow = 0
ring_s = [0.2, 0.5]
talk_s = [3.0, 4.0]
message_s = [0.2, 0.4]
"""


class FarmProcess:
    """`switchroom farm` with its own folder, ports and mix."""

    def __init__(self, folder: Path, mix: str) -> None:
        self.folder = folder
        (folder / "mix.toml").write_text(mix)
        first, last = free_port_range(160)
        arguments = ["--listen", "127.0.0.1:0", "--rtp", f"{first}-{last}", "--truth", str(folder / "truth.jsonl")]
        self._log = (folder / "farm.log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "switchroom", "farm", *arguments, "--mix", str(folder / "mix.toml")],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=ENVIRONMENT,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready sip:"), (folder / "farm.log").read_text()
        self.address = line.split(":", 1)[1].strip()
        self.population = Population(1, load_mix(folder / "mix.toml"), shipped())

    def stop(self) -> dict[str, object]:
        """SIGTERM; the summary that it prints."""
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=20)
        self._log.close()
        assert self.process.returncode == 0, (self.folder / "farm.log").read_text()
        summary: dict[str, object] = json.loads(out.splitlines()[-1])
        return summary

    def truth(self) -> dict[str, CalleeTruth]:
        return {truth.sip_call_id: truth for truth in read_truth(self.folder / "truth.jsonl", CalleeTruth)}

    def numbers(self, kind: Kind, count: int) -> list[str]:
        """The first `count` numbers behind which there is one of that kind."""
        every = (f"+1212555{last:04}" for last in range(10_000))
        found = (number for number in every if self.population.kind(number) is kind)
        return [next(found) for _ in range(count)]


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[FarmProcess]:
    process = FarmProcess(tmp_path, MIX)
    yield process
    if process.process.poll() is None:
        process.process.kill()
        process.process.wait(10)


@contextlib.asynccontextmanager
async def caller() -> AsyncIterator[Core]:
    async with Core(CoreOptions(ports=free_port_range(160), workers=1)) as core:
        yield core


async def talk(core: Core, farm: FarmProcess, number: str, identity: int, path: Path) -> tuple[str, LegStats]:
    """Call, record, speak as an agent until they hang up. The SIP Call-ID and the counters."""
    leg = core.dial(f"sip:{number}@{farm.address}")
    await leg.wait_answered()
    leg.record(path)
    leg.play(core.clip_pcm(agent_speech(1, "agent", identity, identity, farm.population.voices).samples))
    await leg.wait_closed()
    return leg.sip_call_id, leg.stats()


async def test_no_sample_is_lost_or_crossed_in_twelve_talks_at_once(farm: FarmProcess) -> None:
    numbers = farm.numbers(Kind.PERSON, 12)
    async with caller() as core, asyncio.TaskGroup() as group:
        talks = [
            group.create_task(talk(core, farm, number, AGENT_BIT + n, farm.folder / f"{n}.wav"))
            for n, number in enumerate(numbers)
        ]
    farm.stop()
    truth, voices = farm.truth(), farm.population.voices
    for n, (number, task) in enumerate(zip(numbers, talks, strict=True)):
        call_id, stats = task.result()
        lived = truth[call_id]
        _, recorded = read_wav(farm.folder / f"{n}.wav")
        left = check_channel(recorded[:, 0], callee_speech(farm.population.draw(number), voices, lived.identity))
        right = check_channel(recorded[:, 1], agent_speech(1, "agent", AGENT_BIT + n, AGENT_BIT + n, voices))
        assert left.problems() + right.problems() == [], number
        assert left.frames > 100 and right.frames > 100
        assert (stats.rx_lost, lived.rx_lost) == (0, 0)


@pytest.mark.parametrize(
    "kind, error",
    [(Kind.BUSY, CallBusy), (Kind.REJECT, Declined), (Kind.NO_ANSWER, NoAnswer | Cancelled)],
)
async def test_callee_who_does_not_answer_ends_the_call_in_its_own_way(
    farm: FarmProcess, kind: Kind, error: type[CallFailed]
) -> None:
    (number,) = farm.numbers(kind, 1)
    async with caller() as core:
        leg = core.dial(f"sip:{number}@{farm.address}", ring_timeout_s=1.5)
        with pytest.raises(CallFailed) as failed:
            await leg.wait_answered()
    assert isinstance(failed.value, error)
    assert farm.stop()["kinds"] == {kind.value: 1}


async def test_announcement_before_the_answer_is_heard_as_early_media(farm: FarmProcess) -> None:
    number = next(n for n in farm.numbers(Kind.SIT, 20) if farm.population.draw(n).early)
    async with caller() as core:
        leg = core.dial(f"sip:{number}@{farm.address}")
        leg.record(farm.folder / "early.wav")
        with pytest.raises(Unreachable):
            await leg.wait_answered()
        await leg.wait_closed()
    farm.stop()
    (lived,) = farm.truth().values()
    _, recorded = read_wav(farm.folder / "early.wav")
    said = callee_speech(farm.population.draw(number), farm.population.voices, lived.identity)
    assert check_channel(recorded[:, 0], said).problems() == []


def test_call_command_tells_the_outcome_and_records(farm: FarmProcess) -> None:
    (person,), (busy,) = farm.numbers(Kind.PERSON, 1), farm.numbers(Kind.BUSY, 1)
    record = ["--record", str(farm.folder / "call.wav"), "--json"]
    answered = run_call(farm, person, *record)
    outcome = json.loads(answered.stdout)
    assert answered.returncode == 0 and outcome["answered"] and outcome["rx_lost"] == 0
    _, recorded = read_wav(farm.folder / "call.wav")
    assert len(recorded) // 8 == pytest.approx(outcome["duration_ms"], abs=100)
    refused = run_call(farm, busy)
    assert refused.returncode == 1 and "call_busy (SIP 486" in refused.stdout


def run_call(farm: FarmProcess, number: str, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "switchroom", "call", f"sip:{number}@{farm.address}", "--timeout", "5", *more],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
