"""What several files of unit tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from .core_pair import Pair, start_pair


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    pair = await start_pair()
    yield pair
    await pair.caller.stop()
    await pair.callee.stop()
