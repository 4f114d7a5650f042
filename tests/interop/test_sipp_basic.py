"""SIPp's built-in scenarios against a Core, both ways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from switchroom.core import Core, CoreOptions, Leg, LegEventKind
from tests.conftest import free_port_range
from tests.interop.peers import listening, needs_sipp, sipp

pytestmark = needs_sipp


@pytest.fixture
async def core() -> AsyncIterator[Core]:
    core = Core(CoreOptions(ports=free_port_range(200), workers=1))
    await core.start()
    yield core
    await core.stop()


async def test_uac_scenario_calls_us(core: Core, tmp_path: Path) -> None:
    """SIPp exits 0 only when each of its calls saw 180, 200 and the 200 to its BYE."""
    ended = []

    def answer(leg: Leg) -> None:
        leg.on_event = lambda leg, event: ended.append(event.value) if event.kind is LegEventKind.ENDED else None
        leg.ring()
        leg.answer()

    core.incoming = answer
    target = f"127.0.0.1:{core.sip_port}"
    async with sipp(tmp_path, "uac", "-m", "40", "-r", "100", "-d", "100", target=target) as peer:
        assert await peer.finished() == 0
    assert [(end.status, end.side) for end in ended] == [(0, "remote")] * 40
    assert core.stats()["sip"]["calls"] == 0


async def test_uas_scenario_is_called_by_us(core: Core, tmp_path: Path) -> None:
    async with sipp(tmp_path, "uas", "-m", "30") as peer:
        await listening(peer.port)
        legs = [core.dial(f"sip:service@127.0.0.1:{peer.port}") for _ in range(30)]
        await asyncio.gather(*(leg.wait_answered() for leg in legs))
        assert all(leg.ringing_at is not None and leg.codec == "PCMU" for leg in legs)
        for leg in legs:
            leg.hangup()
        assert await peer.finished() == 0
    assert {leg.end.side for leg in legs if leg.end} == {"local"}


async def test_uac_scenario_is_refused_while_draining(core: Core, tmp_path: Path) -> None:
    core.incoming = lambda leg: leg.answer()
    core.accept_new(False)
    target = f"127.0.0.1:{core.sip_port}"
    async with sipp(tmp_path, "uac", "-m", "3", "-r", "100", target=target) as peer:
        assert await peer.finished() == 1
    assert core.stats()["sip"]["calls_refused"] == 3
