"""Encrypted calls each way with baresip: a tone sent is the tone received, and who has no keys gets no call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from switchroom.core import Core, CoreOptions, Leg
from switchroom.errors import NoMedia
from tests.conftest import free_port_range
from tests.interop.peers import BARESIP_MODULES, baresip, needs_baresip
from tests.interop.test_baresip import THEIRS, talk
from tests.sound import write_tone

pytestmark = [
    needs_baresip,
    pytest.mark.skipif(not (BARESIP_MODULES / "srtp.so").exists(), reason="needs baresip's module srtp"),
]


@pytest.fixture
async def core() -> AsyncIterator[Core]:
    core = Core(CoreOptions(ports=free_port_range(20), workers=1, srtp="optional"))
    await core.start()
    yield core
    await core.stop()


@pytest.fixture
def say(tmp_path: Path) -> Path:
    return write_tone(tmp_path / "say.wav", THEIRS[0], 5.0, THEIRS[1])


def check_secured(leg: Leg) -> None:
    stats = leg.stats()
    assert stats.encrypted and stats.rx_packets and stats.tx_packets
    assert (stats.srtp_replayed, stats.rx_bad) == (0, 0)
    assert stats.srtp_bad <= 2  # a peer that hangs up has been seen to say one last thing without its key


@pytest.mark.parametrize(("policy", "mediaenc"), [("required", "srtp-mand"), ("optional", "srtp")])
async def test_baresip_is_called_with_keys(core: Core, tmp_path: Path, say: Path, policy: str, mediaenc: str) -> None:
    async with baresip(tmp_path / "baresip", say, mediaenc=mediaenc) as peer:
        leg = core.dial(f"sip:bob@127.0.0.1:{peer.port}", srtp=policy)  # type: ignore[arg-type]  # a Literal's words
        await leg.wait_answered()
        assert leg.encrypted == "AEAD_AES_128_GCM"
        await talk(leg, tmp_path)
        await leg.wait_closed()
        check_secured(leg)


async def test_baresip_calls_with_keys(core: Core, tmp_path: Path, say: Path) -> None:
    arrived: asyncio.Queue[Leg] = asyncio.Queue()
    core.incoming = arrived.put_nowait
    dial = f"/dial sip:anna@127.0.0.1:{core.sip_port}"
    async with baresip(tmp_path / "baresip", say, dial, mediaenc="srtp-mand"):
        async with asyncio.timeout(10):
            leg = await arrived.get()
        leg.srtp = "required"
        assert leg.acceptable
        leg.answer()
        assert leg.encrypted
        await talk(leg, tmp_path)
        await leg.wait_closed()
        check_secured(leg)


async def test_baresip_without_srtp_is_not_called_in_clear(core: Core, tmp_path: Path, say: Path) -> None:
    async with baresip(tmp_path / "baresip", say) as peer:
        leg = core.dial(f"sip:bob@127.0.0.1:{peer.port}", srtp="required")
        with pytest.raises(NoMedia):
            await leg.wait_answered()
        again = core.dial(f"sip:bob@127.0.0.1:{peer.port}", srtp="optional")
        await again.wait_answered()
        assert again.encrypted == ""
        again.hangup()
