"""`switchroom serve`: the daemon."""

from __future__ import annotations

import argparse
import logging
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..config import Config


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "serve",
        help="run the daemon",
        description="Run the daemon. Prints one `ready` line when it takes calls; logs go to stderr as JSON lines. "
        "SIGTERM and SIGINT let calls end ([engine] drain_ms); a second one ends now.",
    )
    parser.add_argument("-c", "--config", required=True, metavar="FILE", help="configuration (TOML)")
    parser.add_argument("--check", action="store_true", help="check the configuration in full and stop")


def run(args: argparse.Namespace) -> int:
    from .. import config as configuration

    config = configuration.load(args.config)
    for warning in configuration.warnings(config):
        print(f"switchroom: {args.config}: {warning}", file=sys.stderr)
    if args.check:
        print(f"{args.config}: good")
        return 0
    import uvloop

    _set_up_logs(config.engine.log_level)
    return uvloop.run(_serve(config))


async def _serve(config: Config) -> int:
    import structlog

    from ..embed import Engine
    from ..live.signals import until_stopped

    log = structlog.get_logger("serve")
    async with Engine(config) as engine:
        listening = [*(f"udp://{address}" for address in engine.core.sip_addresses), *engine.control.addresses]
        print("ready", *listening, flush=True)
        log.info("ready", listening=listening)
        await until_stopped(engine)
    log.info("stopped")
    return 0


def _set_up_logs(level: str) -> None:
    """JSON lines on stderr, for structlog and for libraries that use the standard logging."""
    import structlog

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    numeric = getattr(logging, level.upper())
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(level=numeric, handlers=[handler], force=True)
