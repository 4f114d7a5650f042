"""One daemon for all tests with SIPp."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from switchroom.client import AsyncClient, Client
from tests.interop.office import Line, Office
from tests.interop.sipp import Peers, peers


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Its daemon must live through all tests, and in the end every call and every leg must be accounted for."""
    made = Office(tmp_path_factory.mktemp("office"))
    made.daemon.start()
    try:
        yield made
        check_quiet(made)
        assert made.daemon.stop() == 0
        check_books(made)
        assert "Traceback" not in made.daemon.log(), made.daemon.log()
    finally:
        if made.daemon.process is not None and made.daemon.process.poll() is None:
            made.daemon.kill()
        made.close()


def check_quiet(office: Office) -> None:
    """Nothing is up, and no trunk believes that it carries a call."""
    with Client(office.control) as client:
        deadline = time.monotonic() + 10
        while (stats := client.engine.stats()).legs_now and time.monotonic() < deadline:
            time.sleep(0.05)
        assert (stats.legs_now, stats.calls_now) == (0, 0), client.call.list()
        busy = [trunk.name for trunk in client.trunk.list(limit=1000).items if trunk.calls]
        assert busy == []


def check_books(office: Office) -> None:
    """Each call that began has ended, once, and has one record."""
    with contextlib.closing(sqlite3.connect(office.daemon.folder / "data" / "switchroom.db")) as store:
        began, ended, records = (
            sorted(call_id for (call_id,) in store.execute(query))
            for query in (
                "SELECT call_id FROM events WHERE topic = 'call.created'",
                "SELECT call_id FROM events WHERE topic = 'call.ended'",
                "SELECT id FROM calls",
            )
        )
    assert began == ended == records


@pytest.fixture
def line(office: Office) -> Line:
    return office.line()


@pytest.fixture
async def client(office: Office) -> AsyncIterator[AsyncClient]:
    async with await AsyncClient.connect(office.control) as connected:
        yield connected


@pytest.fixture
async def sipp(office: Office, tmp_path: Path) -> AsyncIterator[Peers]:
    async with peers(tmp_path, office.sip) as found:
        yield found
