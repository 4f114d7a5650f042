"""One daemon for all tests with SIPp."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from switchroom.client import AsyncClient
from tests.interop.office import Line, Office
from tests.interop.sipp import Peers, peers


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Its daemon must live through all tests, with no traceback in its log and no call left."""
    made = Office(tmp_path_factory.mktemp("office"))
    made.daemon.start()
    try:
        yield made
        assert made.daemon.stop() == 0
        for trouble in ("Traceback", "drain_deadline"):
            assert trouble not in made.daemon.log(), made.daemon.log()
    finally:
        if made.daemon.process is not None and made.daemon.process.poll() is None:
            made.daemon.kill()
        made.close()


@pytest.fixture
def line(office: Office) -> Line:
    return office.line()


@pytest.fixture
async def client(office: Office) -> AsyncIterator[AsyncClient]:
    async with await AsyncClient.connect(f"unix:{office.daemon.folder}/control.sock") as connected:
        yield connected


@pytest.fixture
async def sipp(office: Office, tmp_path: Path) -> AsyncIterator[Peers]:
    async with peers(tmp_path, office.sip) as found:
        yield found
