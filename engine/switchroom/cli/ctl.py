"""`switchroom ctl`: any method of the control socket from the shell, JSON out."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..client import Client

DEFAULT_CONTROL = "unix:./run/control.sock"

_EPILOG = """\
arguments:
  key=value        as the method's schema has it: text, number, true/false; again for a list: topics=a topics=b
  key=@FILE        bytes of a file, for an argument of bytes: data=@contacts.csv
  key:=JSON        JSON: settings:='{"mode": "progressive"}'
  key.key=value    inside of an object: settings.max_abandon=0.02

examples:
  switchroom ctl call.originate uri=sip:100@127.0.0.1:5070 wait=answered
  switchroom ctl contact.import campaign_id=spring data=@contacts.csv
  switchroom ctl events 'call.*' agent.state          events as JSON Lines, until Ctrl-C
  switchroom api                                      all methods

exit status: 0 done, 1 the engine said no or is not there, 2 wrong arguments
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "ctl",
        help="call a method of a running daemon",
        description="Call any method of a running daemon and print its result as JSON, or print events as they come.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--control", default=DEFAULT_CONTROL, metavar="ADDRESS", help=f"[{DEFAULT_CONTROL}]")
    parser.add_argument("--token", help="for session.auth, where the socket does not know who is calling")
    parser.add_argument("--timeout", type=float, default=30.0, metavar="S", help="of the reply, beside timeout_ms [30]")
    parser.add_argument("--since", type=int, metavar="ID", help="events: replay those after ID first")
    parser.add_argument("--count", type=int, metavar="N", help="events: stop after N")
    parser.add_argument("method", metavar="METHOD", help="noun.verb, or the word events")
    parser.add_argument("arguments", nargs="*", metavar="KEY=VALUE", help="see below; for events: topics")


def run(args: argparse.Namespace) -> int:
    from ..client import Client
    from ..errors import BadParams, EngineError, UnknownMethod
    from ._arguments import parse

    try:
        params = None if args.method == "events" else parse(args.method, args.arguments)
        with Client(args.control, token=args.token, name="ctl", timeout_s=args.timeout, reconnect_s=0.0) as client:
            if params is None:
                return _events(client, args)
            _print(client.call(args.method, params), pretty=sys.stdout.isatty())
    except (BadParams, UnknownMethod, ValueError) as error:
        print(f"switchroom: {error}", file=sys.stderr)
        return 2
    except TimeoutError as error:
        raise EngineError(f"{args.method}: no answer within {args.timeout:g} s (--timeout)") from error
    except OSError as error:
        raise EngineError(f"{args.control}: no daemon there ({error}); start one with `switchroom serve`") from error
    return 0


def _events(client: Client, args: argparse.Namespace) -> int:
    left = args.count
    if left is not None and left <= 0:
        return 0
    for event in client.subscribe(args.arguments or [">"], since=args.since):
        _print(event, pretty=False)
        if left is not None and (left := left - 1) == 0:
            break
    return 0


def _print(value: Any, *, pretty: bool) -> None:
    import msgspec

    data = msgspec.json.encode(value)
    print((msgspec.json.format(data) if pretty else data).decode(), flush=True)
