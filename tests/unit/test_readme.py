"""The README's programs run as they stand."""

from __future__ import annotations

import asyncio
import re
import sys
import textwrap
from pathlib import Path

import pytest

from switchroom.core import Core, CoreOptions
from tests.conftest import ENVIRONMENT, free_port, free_port_range

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
VOICE = ROOT / "engine/switchroom/farm/voices"


def block(kind: str, holding: str) -> str:
    return next(text for language, text in BLOCKS if language == kind and holding in text)


async def test_the_first_program_answers_a_call_and_plays_its_file(tmp_path: Path) -> None:
    """Ten lines; only the port is changed, so that nobody else's is in the way."""
    sip, ports = free_port(), free_port_range(40)
    (tmp_path / "welcome.wav").write_bytes(next(VOICE.glob("*.wav")).read_bytes())
    (tmp_path / "switchroom.toml").write_text(
        textwrap.dedent(f"""
            [sip]
            listen = ["udp://127.0.0.1:{sip}"]
            [media]
            ports = "{ports[0]}-{ports[1]}"
            [control]
            listen = []
        """)
    )
    program = block("python", "app.run()").replace("switchroom.Engine()", 'switchroom.Engine("switchroom.toml")')
    assert len([line for line in program.splitlines() if line.strip()]) <= 10
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, cwd=tmp_path, env=ENVIRONMENT)
    try:
        async with Core(CoreOptions(ports=free_port_range(40), workers=1)) as core:
            call = core.dial(f"sip:you@127.0.0.1:{sip}", ring_timeout_s=20)
            await call.wait_answered()
            async with call.frames() as frames:
                heard = [frame async for _, frame in _first(frames, 25)]
            assert any(max(frame) > 16 for frame in heard), "nothing but silence was heard"
            call.hangup()
            await call.wait_ended()
    finally:
        process.terminate()
        assert await process.wait() == 0


async def _first(frames: object, count: int):  # type: ignore[no-untyped-def]
    """The first `count` frames."""
    number = 0
    async for frame in frames:  # type: ignore[attr-defined]
        yield number, frame
        number += 1
        if number == count:
            return


def test_the_smallest_configuration_is_valid() -> None:
    from switchroom import config

    found = config.parse(block("toml", "[[trunk]]"))
    assert found.route[0].record is True


@pytest.mark.parametrize("command", re.findall(r"switchroom (\w+)", block("sh", "switchroom serve")))
def test_every_command_of_the_readme_exists(command: str) -> None:
    from switchroom.cli import main as cli

    assert command in cli.COMMANDS
