"""`switchroom recordings list|hold|release|erase|retention`: through a running daemon, which keeps the books."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import EngineError

if TYPE_CHECKING:
    from ..client import Client


def run(args: argparse.Namespace) -> int:
    from ..client import Client

    try:
        with Client(args.control, token=args.token, name="recordings", reconnect_s=0.0, timeout_s=600.0) as client:
            return _ACTIONS[args.action](client, args)
    except OSError as error:
        raise EngineError(f"{args.control}: no daemon there ({error}); start one with `switchroom serve`") from error


def _list(client: Client, args: argparse.Namespace) -> int:
    for item in _items(client, args):
        if args.json:
            print(msgspec.json.encode(item).decode())
            continue
        at = datetime.fromtimestamp(item["started_at_ms"] / 1000, UTC)
        marks = "".join((" sealed" * bool(item["key_id"]), " held" * bool(item["hold"])))
        name = f"{item['id']}/{item['part']}"
        print(f"{at:%Y-%m-%d %H:%M:%S}  {item['duration_ms'] / 1000:8.1f} s  {item['state']}{marks}  {name}")
    return 0


def _items(client: Client, args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    asked = {"call_id": args.call, "campaign_id": args.campaign, "state": args.state, "limit": 1_000}
    asked = {name: value for name, value in asked.items() if value is not None}
    while True:
        page = msgspec.to_builtins(client.call("recording.list", asked))
        yield from page["items"]
        if page["next"] is None:
            return
        asked["after"] = page["next"]


def _hold(client: Client, args: argparse.Namespace) -> int:
    client.call("recording.hold", {"id": args.id, "reason": args.reason})
    return 0


def _release(client: Client, args: argparse.Namespace) -> int:
    client.call("recording.release", {"id": args.id})
    return 0


def _erase(client: Client, args: argparse.Namespace) -> int:
    done = msgspec.to_builtins(client.call("recording.erase", {"id": args.id, "reason": args.reason}))
    print(f"{done['files']} files erased" + (f", proof {done['ledger_hash']}" if done["ledger_hash"] else ""))
    return 0


def _retention(client: Client, args: argparse.Namespace) -> int:
    done = msgspec.to_builtins(client.call("recording.retention", {"dry_run": args.dry_run}))
    for name in done["ids"]:
        print(name)
    print(f"{done['due']} due, {done['erased']} erased", file=sys.stderr)
    return 0


_ACTIONS = {"list": _list, "hold": _hold, "release": _release, "erase": _erase, "retention": _retention}
