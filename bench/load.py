"""The far side of the load runs: one process that calls through the daemon to itself, with real audio on every leg.

Run as `python -m bench.load bridge …`; prints one JSON line of what it saw. Its own CPU is not measured: it sits on the
other core.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any

import uvloop

from switchroom.core import Core, CoreOptions, Leg


def options(sip: int, ports: tuple[int, int]) -> CoreOptions:
    return CoreOptions(
        sip_listen=[("127.0.0.1", sip)], media_address="127.0.0.1", ports=ports, workers=1, max_calls=20_000
    )


async def bridge(args: argparse.Namespace) -> dict[str, Any]:
    """`calls` calls to the daemon, which sends them back to us; both ends play and count."""
    core = Core(options(args.sip, (40_000, 49_999)))
    await core.start()
    clip = core.clip(args.clip)
    answered: list[Leg] = []

    def incoming(leg: Leg) -> None:
        leg.answer()
        leg.play(clip, loops=0)
        answered.append(leg)

    core.incoming = incoming
    legs: list[Leg] = []
    for i in range(args.calls):
        leg = core.dial(f"sip:{1000 + i}@127.0.0.1:{args.daemon}")
        legs.append(leg)
        await asyncio.sleep(1 / args.rate)
    await asyncio.gather(*(leg.wait_answered() for leg in legs))
    for leg in legs:
        leg.play(clip, loops=0)
    print("up", flush=True)
    await asyncio.to_thread(sys.stdin.readline)  # the measured window ends when the parent says so
    every = legs + answered
    stats = [leg.stats() for leg in every]
    lost = sum(s.rx_lost for s in stats)
    received = sum(s.rx_packets for s in stats)
    for leg in legs:
        leg.hangup()
    await asyncio.gather(*(leg.wait_ended() for leg in every))
    await core.stop()
    return {"legs": len(every), "received": received, "lost": lost}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sip", type=int, required=True)
    parser.add_argument("--daemon", type=int, required=True)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--clip", required=True)
    args = parser.parse_args()
    print(json.dumps(uvloop.run(bridge(args))), flush=True)


if __name__ == "__main__":
    main()
