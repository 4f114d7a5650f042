"""Originate, answer, answering-machine detection, hang-up after 2.5 s: CPU of the dialing process per call."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter

import uvloop

from switchroom.core import Core, CoreOptions, Leg

from . import daemon
from .process import usage
from .result import Figure

HOLD_S = 2.5


async def answer(sip: int) -> None:
    """The called people: each answers at once and says a short greeting. Runs until it is terminated."""
    core = Core(
        CoreOptions(sip_listen=[("127.0.0.1", sip)], media_address="127.0.0.1", ports=(40_000, 49_999), workers=1)
    )
    await core.start()
    greeting = core.clip(daemon.ROOT / "engine/switchroom/farm/voices/greeting_01.wav")

    def incoming(leg: Leg) -> None:
        leg.answer()
        leg.play(greeting)

    core.incoming = incoming
    print("up", flush=True)
    await asyncio.Event().wait()


async def dial(sip: int, rate: float, calls: int) -> dict[str, object]:
    """The process under test: measures its own CPU over the whole run."""
    core = Core(
        CoreOptions(sip_listen=[("127.0.0.1", 0)], media_address="127.0.0.1", ports=(20_000, 39_999), workers=1)
    )
    await core.start()
    await asyncio.sleep(0.5)
    verdicts: Counter[str] = Counter()

    async def one(number: int) -> None:
        leg = core.dial(f"sip:{number}@127.0.0.1:{sip}")
        await leg.wait_answered()
        detection = leg.amd()
        await asyncio.sleep(HOLD_S)
        verdicts[str(detection.result().verdict) if detection.done() else "late"] += 1
        leg.hangup()
        await leg.wait_ended()

    before = usage(os.getpid())
    async with asyncio.TaskGroup() as group:
        for i in range(calls):
            group.create_task(one(1000 + i))
            await asyncio.sleep(1 / rate)
    after = usage(os.getpid())
    await core.stop()
    return {"cpu_s": after.cpu_s - before.cpu_s, "verdicts": dict(verdicts)}


def run(short: bool) -> list[Figure]:
    rate, calls = (20, 40) if short else (150, 4_500)
    sip = daemon.free_port()
    here = [sys.executable, "-m", "bench.amd"]
    with daemon.running([*here, "answer", str(sip)], ready="up", cwd=daemon.ROOT):
        seen = subprocess.run(
            [*here, "dial", str(sip), str(rate), str(calls)],
            capture_output=True,
            text=True,
            env=daemon.ENVIRONMENT,
            cwd=daemon.ROOT,
            check=True,
            timeout=calls / rate + 60,
        )
    result = json.loads(seen.stdout.strip().splitlines()[-1])
    cost = result["cpu_s"] * 1000 / calls
    loss = ", ".join(f"{count} {verdict}" for verdict, count in result["verdicts"].items())
    return [
        Figure("originate + AMD, CPU", "ms/call", [cost], f"{rate} calls/s, {calls} calls of {HOLD_S} s", loss, bar=2.0)
    ]


if __name__ == "__main__":
    if sys.argv[1] == "answer":
        uvloop.run(answer(int(sys.argv[2])))
    else:
        print(json.dumps(uvloop.run(dial(int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))))
