"""Trunks at work: OPTIONS health, calls through them, what the control socket may ask."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from ..config import TrunkConfig
from ..core import MAX_FORWARDS, Core, End, Leg, parse_uri
from ..core.uri import escape_user
from ..errors import EngineError, NoRoute, NotFound
from ..routing.cause import may_fail_over
from ..routing.trunk import TrunkState, pick
from ..schema.trunk import ListTrunks, TrunkByName, TrunkInfo, TrunkPage
from .clock import now_ms

log = structlog.get_logger(__name__)

Publish = Callable[..., object]
"""engine.events.publish(topic, data, **ids)"""


class Trunk:
    """One [[trunk]]: its pure state, where it is, when it was last asked."""

    __slots__ = ("checked_at_ms", "hop", "state")

    def __init__(self, config: TrunkConfig) -> None:
        self.state = TrunkState(config)
        uri = parse_uri(config.uri)
        self.hop = f"[{uri.host}]" if ":" in uri.host else uri.host
        if uri.port:
            self.hop = f"{self.hop}:{uri.port}"
        self.checked_at_ms: int | None = None

    @property
    def name(self) -> str:
        return self.state.config.name

    def uri_of(self, number: str) -> str:
        return f"sip:{escape_user(number)}@{self.hop}"

    def release(self, end: End, *, rang: bool, answered: bool) -> None:
        """A call taken by `Trunks.pick()` has ended."""
        self.state.release(failed=not answered and may_fail_over(end.status, end.side, rang=rang))

    def info(self) -> TrunkInfo:
        s = self.state
        return TrunkInfo(
            name=s.config.name,
            uri=s.config.uri,
            up=s.up,
            enabled=s.enabled,
            calls=s.calls,
            max_calls=s.config.max_calls,
            max_cps=s.config.max_cps,
            caller_id=s.config.caller_id,
            last_status=s.last_status,
            last_checked_at_ms=self.checked_at_ms,
            calls_total=s.calls_total,
            failures_total=s.failures_total,
        )


class Trunks:
    """All trunks, in the order of the configuration. `start()` begins the health checks, `stop()` ends them."""

    def __init__(self, core: Core, configs: Sequence[TrunkConfig], publish: Publish) -> None:
        self._core = core
        self._publish = publish
        self._trunks = {config.name: Trunk(config) for config in configs}
        self._probes: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        for trunk in self._trunks.values():
            if trunk.state.config.health_ms:
                self._probes.append(asyncio.get_running_loop().create_task(self._probe(trunk)))

    async def stop(self) -> None:
        for probe in self._probes:
            probe.cancel()
        await asyncio.gather(*self._probes, return_exceptions=True)
        self._probes.clear()

    def all(self) -> tuple[Trunk, ...]:
        """In the order of the configuration."""
        return tuple(self._trunks.values())

    # ------------------------------------------------------------------- calls

    def pick(self, names: Sequence[str] | None = None) -> Trunk:
        """Take a call on the first trunk of `names` (None: of all) that can carry one; the leg's end must release() it.

        NotFound for an unknown name; NoRoute, TrunkDown, Capacity or RateLimited when none can.
        """
        candidates = self._trunks.values() if names is None else [self._named(name) for name in names]
        state = pick([trunk.state for trunk in candidates], time.monotonic())
        return self._trunks[state.config.name]

    def dial(
        self,
        trunk: Trunk,
        number: str,
        *,
        caller_id: str | None = None,
        ring_timeout_s: float | None = None,
        prefer: str = "",
        headers: tuple[tuple[str, str], ...] = (),
        max_forwards: int = MAX_FORWARDS,
    ) -> Leg:
        """Call `number` through a trunk that pick() gave. When this raises, the call has been given back.

        `prefer`: of the trunk's codecs, the one to offer first.
        """
        config = trunk.state.config
        codecs = config.codecs or self._core.settings.codecs
        try:
            return self._core.dial(
                trunk.uri_of(number),
                from_=caller_id or config.caller_id,
                username=config.username,
                password=config.password,
                ring_timeout_s=ring_timeout_s,
                codecs=sorted(codecs, key=lambda codec: codec != prefer),
                headers=headers,
                max_forwards=max_forwards,
                srtp=config.srtp,
            )
        except BaseException:
            trunk.state.release()
            raise

    # ------------------------------------------------------------------ health

    async def _probe(self, trunk: Trunk) -> None:
        config = trunk.state.config
        while True:
            try:
                status = await self._core.options(config.uri)
            except NoRoute as error:
                log.warning("trunk_probe_failed", trunk=config.name, error=str(error))
                status = 503
            except EngineError:
                # Not the trunk's fault (our transactions are used up): no verdict, and it must not end the checks.
                log.exception("trunk_probe_not_sent", trunk=config.name)
                status = None
            if status is not None:
                self._probed(trunk, status)
            await asyncio.sleep(config.health_ms / 1000)

    def _probed(self, trunk: Trunk, status: int) -> None:
        trunk.checked_at_ms = now_ms()
        if trunk.state.probed(status):
            up = trunk.state.healthy
            log.warning("trunk_up" if up else "trunk_down", trunk=trunk.name, status=status)
            self._publish("trunk.up" if up else "trunk.down", {"trunk": trunk.name, "status": status})

    # ----------------------------------------------------------------- control

    def _named(self, name: str) -> Trunk:
        trunk = self._trunks.get(name)
        if trunk is None:
            known = ", ".join(self._trunks) or "none"
            raise NotFound(f"no trunk {name!r}; configured: {known}", trunk=name)
        return trunk

    def get(self, req: TrunkByName) -> TrunkInfo:
        return self._named(req.name).info()

    def list(self, req: ListTrunks) -> TrunkPage:
        names = list(self._trunks)
        start = names.index(self._named(req.after).name) + 1 if req.after else 0
        page = names[start : start + req.limit]
        more = start + req.limit < len(names)
        items = tuple(self._trunks[name].info() for name in page)
        return TrunkPage(items=items, next=page[-1] if more else None)

    def enable(self, req: TrunkByName) -> TrunkInfo:
        return self._switch(req.name, True)

    def disable(self, req: TrunkByName) -> TrunkInfo:
        """No new calls; those that are up go on."""
        return self._switch(req.name, False)

    def _switch(self, name: str, on: bool) -> TrunkInfo:
        trunk = self._named(name)
        if trunk.state.enabled != on:
            trunk.state.enabled = on
            data: dict[str, Any] = {"trunk": name}
            self._publish("trunk.enabled" if on else "trunk.disabled", data)
        return trunk.info()
