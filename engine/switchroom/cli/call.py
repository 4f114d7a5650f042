"""`switchroom call`: one call from the shell, without a daemon."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from .argument import seconds, sip_uri


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "call",
        help="place one call from the shell",
        description="Place one call, without a daemon. Exit status 0 if it was answered, 1 if not.",
    )
    parser.add_argument("uri", type=sip_uri, metavar="URI", help="sip:user@host[:port]")
    parser.add_argument("--play", type=Path, metavar="FILE", help="WAV (8 kHz) to play, then hang up")
    parser.add_argument("--record", type=Path, metavar="FILE", help="stereo WAV: left the far side, right what we play")
    parser.add_argument("--ring", type=seconds, default=60.0, metavar="S", help="give up ringing after S seconds [60]")
    parser.add_argument(
        "--timeout", type=seconds, metavar="S", help="hang up S seconds after the answer [when --play ends, else never]"
    )
    parser.add_argument("--from", dest="from_", metavar="USER", help="user part of From")
    parser.add_argument("--username", help="for digest authentication")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="its password")
    parser.add_argument("--address", default=None, metavar="IP", help="local address [loopback for loopback]")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")


def run(args: argparse.Namespace) -> int:
    import uvloop

    outcome = uvloop.run(_call(args))
    if args.json:
        print(json.dumps(outcome))
    else:
        print(_text(outcome))
    return 0 if outcome["answered"] else 1


async def _call(args: argparse.Namespace) -> dict[str, Any]:
    from ..core import Core, CoreOptions
    from ..errors import CallFailed
    from ..farm.ports import local_address

    address = args.address or local_address(args.uri)
    core = Core(CoreOptions(sip_listen=((address, 0),), media_address=address, workers=1, max_calls=4))
    await core.start()
    try:
        password = args.password_file.read_text().strip() if args.password_file else None
        leg = core.dial(args.uri, from_=args.from_, username=args.username, password=password, ring_timeout_s=args.ring)
        try:
            await leg.wait_answered()
        except CallFailed as error:
            return _failed(args.uri, error)
        await _talk(leg, args)
        return _outcome(args.uri, leg)
    finally:
        await core.stop()


async def _talk(leg: Any, args: argparse.Namespace) -> None:
    """Play, record and wait, until the far side, --timeout, the end of the file or Ctrl-C ends it."""
    recording = leg.record(args.record) if args.record else None
    ended = asyncio.ensure_future(leg.wait_ended())
    playback = asyncio.ensure_future(_played(leg, args.play)) if args.play else None
    first = {ended, playback} if playback is not None else {ended}
    try:
        await asyncio.wait(first, timeout=args.timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leg.hangup()
        await ended
        if playback is not None:
            playback.cancel()
            await asyncio.gather(playback, return_exceptions=True)
    if recording is not None:
        await recording


async def _played(leg: Any, path: Path) -> None:
    await leg.play(path)


def _failed(uri: str, error: Any) -> dict[str, Any]:
    return {
        "uri": uri,
        "answered": False,
        "outcome": error.name,
        "sip_status": error.sip_status,
        "q850_cause": error.q850_cause,
        "side": error.side,
    }


def _outcome(uri: str, leg: Any) -> dict[str, Any]:
    stats, end = leg.stats(), leg.end
    return {
        "uri": uri,
        "answered": True,
        "outcome": "answered",
        "setup_ms": round((leg.answered_at - leg.created_at) * 1000),
        "duration_ms": round((leg.ended_at - leg.answered_at) * 1000),
        "codec": leg.codec,
        "sip_status": end.status,
        "q850_cause": end.q850,
        "side": end.side,
        "rx_packets": stats.rx_packets,
        "tx_packets": stats.tx_packets,
        "rx_lost": stats.rx_lost,
        "jitter_us": stats.jitter_us,
    }


def _text(outcome: dict[str, Any]) -> str:
    if not outcome["answered"]:
        return (
            f"{outcome['uri']}: {outcome['outcome']} (SIP {outcome['sip_status']}, "
            f"cause {outcome['q850_cause']}, {outcome['side']})"
        )
    return (
        f"{outcome['uri']}: answered after {outcome['setup_ms']} ms, {outcome['duration_ms'] / 1000:.2f} s, "
        f"{outcome['codec']}, ended by {outcome['side']} (cause {outcome['q850_cause']}); "
        f"received {outcome['rx_packets']} packets, {outcome['rx_lost']} lost, jitter {outcome['jitter_us']} µs; "
        f"sent {outcome['tx_packets']}"
    )
