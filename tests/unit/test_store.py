"""The store: durable, ordered, grouped; failing alone or saying why."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from switchroom.errors import Conflict, Exists, JournalGone, QueueFull, StoreError, WrongState
from switchroom.schema.campaign import CampaignSettings
from switchroom.schema.event import Event
from switchroom.store import EventDraft, Store
from switchroom.store.agents import AgentLogRow, LogAgent, read_agent_log
from switchroom.store.attempts import (
    AttemptRow,
    EndAttempt,
    LaunchAttempts,
    LeaseContacts,
    ReturnLeases,
    read_attempts,
    read_unfinished,
)
from switchroom.store.calls import CallRow, InsertCall, read_call
from switchroom.store.campaigns import CampaignRow, InsertCampaign, UpdateCampaign, read_campaigns
from switchroom.store.contacts import (
    ContactRow,
    DeferContacts,
    InsertContact,
    InsertContacts,
    read_counts,
    read_due,
)
from switchroom.store.idem import RememberOutcome, read_outcome


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    one = Store(f"sqlite:{tmp_path}/s.db", synchronous="NORMAL")
    await one.start()
    yield one
    await one.stop()


def contact(number: str, campaign: str = "c", **more: object) -> ContactRow:
    return ContactRow(campaign_id=campaign, id=f"id{number}", number=number, **more)  # type: ignore[arg-type]


def attempt(number: str, name: str = "a", ordinal: int = 1) -> AttemptRow:
    return AttemptRow(
        id=f"{name}{number}",
        campaign_id="c",
        contact_id=f"id{number}",
        number=number,
        ordinal=ordinal,
        leased_at_ms=1_000,
    )


async def launched(store: Store, number: str) -> AttemptRow:
    row = attempt(number)
    await store.submit([InsertContacts([contact(number)]), LeaseContacts([row])])
    await store.submit([LaunchAttempts([(row.id, "call", "t", 2_000)])])
    return row


async def test_events_are_numbered_in_order_of_commit_and_announced_after_it(store: Store) -> None:
    seen: list[Event] = []
    store.on_committed(seen.extend)
    results = await asyncio.gather(*(store.submit([], [EventDraft("x.y", {"n": n})]) for n in range(50)))
    assert [event.id for event in seen] == list(range(1, 51))
    assert [event.data["n"] for event in seen] == list(range(50))
    assert [result.events[0].id for result in results] == list(range(1, 51))
    assert store.head_id == 50
    assert [event.id for event in await store.read_events(48)] == [49, 50]


async def test_waiting_submissions_share_a_commit(store: Store) -> None:
    await asyncio.gather(*(store.submit([], [EventDraft("x.y")]) for _ in range(1_000)))
    assert store._writer is not None
    assert store._writer.commits < 100


async def test_submission_that_breaks_a_rule_fails_alone(store: Store) -> None:
    futures = [
        store.submit([InsertContact(contact("1"))], [EventDraft("contact.added")]),
        store.submit([InsertContact(contact("1"))], [EventDraft("contact.added")]),
        store.submit([InsertContact(contact("2"))], [EventDraft("contact.added")]),
    ]
    first, second, third = await asyncio.gather(*futures, return_exceptions=True)
    assert isinstance(second, Exists)
    assert not isinstance(first, BaseException) and not isinstance(third, BaseException)
    assert [first.events[0].id, third.events[0].id] == [1, 2]
    assert (await store.query(read_counts, "c")).open == 2


async def test_faulty_write_is_named_and_does_not_stop_the_writer(store: Store) -> None:
    with pytest.raises(StoreError, match="no such table"):
        await store.submit([("INSERT INTO nowhere VALUES (1)", ())])
    with pytest.raises(StoreError, match="faulty"):
        await store.submit([], [EventDraft("x.y", {"what": object()})])
    assert (await store.submit([], [EventDraft("x.y")])).events[0].id == 1


async def test_everything_submitted_before_stop_is_committed(tmp_path: Path) -> None:
    store = Store(f"sqlite:{tmp_path}/s.db")
    await store.start()
    futures = [store.submit([], [EventDraft("x.y")]) for _ in range(500)]
    await store.stop()
    assert all(future.done() for future in futures)
    again = Store(f"sqlite:{tmp_path}/s.db")
    await again.start()
    assert again.head_id == 500
    await again.stop()
    with pytest.raises(StoreError, match="stopped"):
        await again.submit([], [])


async def test_epoch_outlives_a_restart_and_instance_id_does_not(tmp_path: Path) -> None:
    first, second = Store(f"sqlite:{tmp_path}/s.db"), Store(f"sqlite:{tmp_path}/s.db")
    await first.start()
    await first.stop()
    await second.start()
    await second.stop()
    assert first.epoch == second.epoch != ""
    assert first.instance_id != second.instance_id


async def test_second_daemon_on_the_same_file_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match=f"in use by process {os.getpid()}"):
        await Store(f"sqlite:{store.path}").start()


async def test_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s.db") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="version 99"):
        await Store(f"sqlite:{tmp_path}/s.db").start()


async def test_file_that_is_no_database_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_text("hello, this is certainly not a database file\n" * 100)
    with pytest.raises(StoreError, match="not a SQLite database"):
        await Store(f"sqlite:{tmp_path}/s.db").start()


async def test_unknown_url_scheme_is_refused() -> None:
    with pytest.raises(StoreError, match="only sqlite:PATH"):
        Store("postgres://x")


async def test_full_disk_fails_the_change_with_advice_and_heals(tmp_path: Path) -> None:
    store = Store(f"sqlite:{tmp_path}/s.db", patience_s=0.05)
    await store.start()
    await store.submit([("PRAGMA max_page_count = 1", ())])  # the file may not grow: SQLite's own "disk full"
    big = [EventDraft("x.y", {"pad": "x" * 200_000})]
    with pytest.raises(StoreError, match="free space"):
        await store.submit([], big)
    assert store.failing is not None
    assert store._writer is not None
    store._writer._db.execute("PRAGMA max_page_count = 1000000")
    assert (await store.submit([], big)).events[0].id == 1
    assert store.failing is None
    await store.stop()


async def test_file_locked_by_another_program_is_waited_for(store: Store) -> None:
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    future = store.submit([], [EventDraft("x.y")])
    await asyncio.sleep(0.05)
    assert not future.done()
    other.execute("ROLLBACK")
    other.close()
    assert (await future).events[0].id == 1


async def test_full_queue_says_so(tmp_path: Path) -> None:
    store = Store(f"sqlite:{tmp_path}/s.db", queue=10)
    await store.start()
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    futures = [store.submit([], [EventDraft("x.y")]) for _ in range(40)]
    other.execute("ROLLBACK")
    other.close()
    outcomes = await asyncio.gather(*futures, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, QueueFull)]
    assert refused and store.head_id == 40 - len(refused)
    await store.stop()


async def test_pruned_journal_says_what_is_gone_and_keeps_counting(tmp_path: Path) -> None:
    store = Store(f"sqlite:{tmp_path}/s.db", journal_events=100)
    await store.start()
    for _ in range(3):
        await store.submit([], [EventDraft("x.y") for _ in range(1_000)])
    assert store.journal_first_id > 1_000
    with pytest.raises(JournalGone) as gone:
        await store.read_events(0)
    assert gone.value.data["first_id"] == store.journal_first_id
    assert len(await store.read_events(store.journal_first_id - 1, 10_000)) == 3_001 - store.journal_first_id
    await store.stop()
    await store.start()
    assert (await store.submit([], [EventDraft("x.y")])).events[0].id == 3_001
    await store.stop()


async def test_old_events_are_pruned_by_age(tmp_path: Path) -> None:
    store = Store(f"sqlite:{tmp_path}/s.db", journal_age_ms=1_000)
    await store.start()
    await store.submit([], [EventDraft("x.y", at_ms=1) for _ in range(500)])
    await store.submit([], [EventDraft("x.y") for _ in range(600)])
    await store.submit([], [EventDraft("x.y")])
    assert store.journal_first_id == 501
    await store.stop()


async def test_campaign_is_stored_and_updated(store: Store) -> None:
    row = CampaignRow("c", "Spring", "new", CampaignSettings(max_abandon=0.01), 5)
    await store.submit([InsertCampaign(row)])
    with pytest.raises(Exists):
        await store.submit([InsertCampaign(row)])
    row.state, row.version = "running", 1
    await store.submit([UpdateCampaign(row)])
    assert await store.query(read_campaigns) == [row]


async def test_due_contacts_come_by_priority_then_due_time_then_import(store: Store) -> None:
    rows = [contact("1"), contact("2"), contact("3", priority=5), contact("4"), contact("5")]
    assert (await store.submit([InsertContacts(rows)])).results == ([1, 1, 1, 1, 1],)
    await store.submit([DeferContacts("c", {"id1": 500, "id4": 9_000})])
    due = await store.query(read_due, "c", 1_000, 10)
    assert [row.number for row in due] == ["3", "2", "5", "1"]


async def test_import_leaves_out_numbers_and_ids_that_are_there(store: Store) -> None:
    await store.submit([InsertContacts([contact("1")])])
    again = [contact("1"), contact("2"), ContactRow("c", "id2", "3"), ContactRow("other", "id1", "1")]
    assert (await store.submit([InsertContacts(again)])).results == ([0, 1, 0, 1],)


async def test_contact_is_leased_once(store: Store) -> None:
    await store.submit([InsertContacts([contact("1")])])
    results = await asyncio.gather(
        store.submit([LeaseContacts([attempt("1", "a")])]), store.submit([LeaseContacts([attempt("1", "b")])])
    )
    assert [result.results for result in results] == [([True],), ([False],)]
    assert [row.id for row in await store.query(read_attempts, "c")] == ["a1"]


async def test_returned_lease_leaves_no_attempt(store: Store) -> None:
    await store.submit([InsertContacts([contact("1")]), LeaseContacts([attempt("1")])])
    assert (await store.submit([ReturnLeases(["a1"])])).results == (1,)
    assert await store.query(read_attempts, "c") == []
    assert [row.attempts for row in await store.query(read_due, "c", 0, 10)] == [0]


async def test_launched_attempt_cannot_be_returned_or_launched_again(store: Store) -> None:
    await launched(store, "1")
    assert (await store.submit([ReturnLeases(["a1"])])).results == (0,)
    with pytest.raises(WrongState):
        await store.submit([LaunchAttempts([("a1", "call2", None, 3)])])
    assert [row.state for row in await store.query(read_unfinished)] == ["launched"]


async def test_attempt_ends_once(store: Store) -> None:
    row = await launched(store, "1")
    row.disposition, row.ended_at_ms, row.started_at_ms = "busy", 3_000, 2_000
    await store.submit([EndAttempt(row, "open", 60_000)], [EventDraft("attempt.ended")])
    row.disposition = "no_answer"
    with pytest.raises(WrongState):
        await store.submit([EndAttempt(row, "done")], [EventDraft("attempt.ended")])
    assert [found.disposition for found in await store.query(read_attempts, "c")] == ["busy"]
    assert store.head_id == 1
    [due] = await store.query(read_due, "c", 60_000, 10)
    assert (due.attempts, due.last_disposition) == (1, "busy")
    assert await store.query(read_due, "c", 59_999, 10) == []


async def test_attempt_without_a_disposition_cannot_end(store: Store) -> None:
    row = await launched(store, "1")
    with pytest.raises(WrongState, match="disposition"):
        await store.submit([EndAttempt(row, "done")])


async def test_call_row_comes_back_as_written(store: Store) -> None:
    row = CallRow("k", "out", "+1", "+2", 10, 20, sip_status=486, q850_cause=17, side="remote")
    await store.submit([InsertCall(row)])
    assert await store.query(read_call, "k") == row
    assert await store.query(read_call, "nobody") is None


async def test_agent_log_starts_with_the_state_before(store: Store) -> None:
    for at, state in ((1, "ready"), (5, "talking"), (9, "wrapup"), (20, "ready")):
        await store.submit([LogAgent(AgentLogRow(at, "anna", state))])  # type: ignore[arg-type]
    assert [(row.at_ms, row.state) for row in await store.query(read_agent_log, 7, 10)] == [
        (5, "talking"),
        (9, "wrapup"),
    ]


async def test_idempotency_key_gives_the_first_outcome_and_refuses_other_arguments(store: Store) -> None:
    def remember(digest: bytes, outcome: bytes) -> RememberOutcome:
        return RememberOutcome("call.originate", "k", digest, outcome, 1)

    assert (await store.submit([remember(b"d", b"one")])).results == (None,)
    assert (await store.submit([remember(b"d", b"two")])).results == (b"one",)
    with pytest.raises(Conflict):
        await store.submit([InsertContact(contact("1")), remember(b"other", b"three")])
    assert await store.query(read_outcome, "call.originate", "k") == (b"d", b"one")
    assert (await store.query(read_counts, "c")).total == 0


@dataclass(slots=True)
class Slow:
    """A write that lets the submissions behind it pile up."""

    def apply(self, db: sqlite3.Connection) -> None:
        db.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT sum(i) FROM n"
        )


async def test_loop_is_free_while_the_store_works(store: Store) -> None:
    future = store.submit([Slow()])
    turns = 0
    while not future.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10


@pytest.mark.timeout(60)
def test_acknowledged_facts_survive_sigkill(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import asyncio, sys
        from switchroom.store import EventDraft, Store

        async def main():
            store = Store(sys.argv[1])
            await store.start()
            while True:
                done = await store.submit([], [EventDraft("x.y")])
                print(done.events[0].id, flush=True)

        asyncio.run(main())
    """)
    child = subprocess.Popen(
        [sys.executable, "-c", script, f"sqlite:{tmp_path}/s.db"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert child.stdout is not None
    acknowledged = [int(child.stdout.readline()) for _ in range(40)]
    child.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in child.stdout.read().split("\n") if line]
    child.wait()
    child.stdout.close()

    async def read() -> set[int]:
        store = Store(f"sqlite:{tmp_path}/s.db")
        await store.start()
        events = await store.read_events(0, 100_000)
        await store.stop()
        return {event.id for event in events}

    assert asyncio.run(read()) >= set(acknowledged)
