"""`switchroom top`: the live view on a running daemon."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from .argument import seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .board import Board

DEFAULT_CONTROL = "unix:./run/control.sock"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "top",
        help="watch a running daemon",
        description="Live view of a running daemon; plain lines when the output is no terminal. Ctrl-C ends it.",
    )
    parser.add_argument("--control", default=DEFAULT_CONTROL, metavar="ADDRESS", help=f"[{DEFAULT_CONTROL}]")
    parser.add_argument("--token", help="for session.auth, where the socket does not know who is calling")
    parser.add_argument("--campaign", metavar="ID", help="which campaign to show [the one that runs]")
    parser.add_argument("--seconds", type=seconds, metavar="S", help="stop after S seconds")
    parser.add_argument("--every", type=seconds, default=2.0, metavar="S", help="seconds between plain lines [2]")
    parser.add_argument("--json", action="store_true", help="print the figures once, as JSON, and stop")


def run(args: argparse.Namespace) -> int:
    try:
        return asyncio.run(_top(args))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        from ..errors import EngineError

        raise EngineError(f"{args.control}: no daemon there ({error}); start one with `switchroom serve`") from error


async def _top(args: argparse.Namespace) -> int:
    from ..client import AsyncClient
    from .board import Board
    from .feed import Feed

    board = Board(title=f"switchroom  {args.control}")
    client = await AsyncClient.connect(args.control, token=args.token, name="top")
    try:
        feed = Feed(client, board, args.campaign)
        if args.json:
            await feed.once()
            print(_as_json(board))
            return 0
        feeding = asyncio.ensure_future(feed.run())
        try:
            async with shown(board, args.every):
                await asyncio.wait((feeding,), timeout=args.seconds)
            if feeding.done():
                feeding.result()
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
    finally:
        await client.close()
    return 0


def _as_json(board: Board) -> str:
    import msgspec

    agents = list(board.agents.values())
    whole = {"engine": board.engine, "campaign": board.campaign, "agents": agents}
    return msgspec.json.encode(whole).decode()


@asynccontextmanager
async def shown(board: Board, every_s: float = 2.0) -> AsyncIterator[None]:
    """The board on the screen while the block runs: drawn four times a second on a terminal, else a line now and
    then."""
    task = asyncio.ensure_future(_on_terminal(board) if sys.stdout.isatty() else _in_lines(board, every_s))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _on_terminal(board: Board) -> None:
    from rich.live import Live

    from .board import draw

    with Live(draw(board), screen=True, auto_refresh=False) as live:
        while True:
            await asyncio.sleep(0.25)
            live.update(draw(board), refresh=True)


async def _in_lines(board: Board, every_s: float) -> None:
    from .board import line

    while True:
        await asyncio.sleep(every_s)
        print(line(board), flush=True)
