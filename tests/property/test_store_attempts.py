"""Whatever is leased, launched, ended, withdrawn or cut short by a crash, in whatever order: nobody is dialed twice for
an attempt, and every attempt that was launched ends exactly once."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from switchroom.errors import WrongState
from switchroom.store.attempts import (
    AttemptRow,
    EndAttempt,
    LaunchAttempts,
    LeaseContacts,
    ReturnLeases,
    UndoLaunch,
    read_attempts,
    read_unfinished,
)
from switchroom.store.contacts import ContactRow, InsertContacts, read_due, read_page
from switchroom.store.tables import migrate

CONTACTS = 4
index = st.integers(0, 30)


class Books(RuleBasedStateMachine):
    """The model keeps which INVITEs went out; the store must agree with it at every step."""

    def __init__(self) -> None:
        super().__init__()
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        migrate(self.db, "memory")
        InsertContacts([ContactRow("c", f"k{n}", f"+1{n}") for n in range(CONTACTS)]).apply(self.db)
        self.serial = 0
        self.known: list[AttemptRow] = []
        self.dialed: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.undone: set[str] = set()

    def teardown(self) -> None:
        self.db.close()

    def _some(self, number: int) -> AttemptRow | None:
        return self.known[number % len(self.known)] if self.known else None

    @rule(contact=st.integers(0, CONTACTS - 1))
    def lease(self, contact: int) -> None:
        self.serial += 1
        row = AttemptRow(f"a{self.serial:04d}", "c", f"k{contact}", f"+1{contact}", self.serial, 1)
        due = {found.id for found in read_due(self.db, "c", 10**12, 100)}
        [taken] = LeaseContacts([row]).apply(self.db)
        assert taken == (row.contact_id in due)
        if taken:
            self.known.append(row)

    @rule(number=index)
    def launch(self, number: int) -> None:
        row = self._some(number)
        if row is not None:
            with contextlib.suppress(WrongState):
                LaunchAttempts([(row.id, f"call-{row.id}", "t", 2)]).apply(self.db)
                self.dialed[row.id] += 1  # only now may the INVITE go out

    @rule(number=index)
    def give_back(self, number: int) -> None:
        row = self._some(number)
        if row is not None:
            ReturnLeases([row.id]).apply(self.db)

    @rule(number=index)
    def undo(self, number: int) -> None:
        """The INVITE could not be sent after all."""
        row = self._some(number)
        if row is not None and self.dialed[row.id] and not self.ends[row.id]:
            UndoLaunch(row.id).apply(self.db)
            self.undone.add(row.id)

    @rule(number=index, again=st.booleans())
    def end(self, number: int, again: bool) -> None:
        row = self._some(number)
        if row is not None:
            self._end(row, "busy", "open" if again else "done")

    def _end(self, row: AttemptRow, disposition: str, contact_state: str) -> None:
        row.disposition, row.ended_at_ms, row.started_at_ms = disposition, 3, 2
        with contextlib.suppress(WrongState):
            EndAttempt(row, contact_state, 0).apply(self.db)  # type: ignore[arg-type]
            self.ends[row.id] += 1

    @rule()
    def crash(self) -> None:
        """What a start after SIGKILL does."""
        for row in read_unfinished(self.db):
            if row.state == "leased":
                ReturnLeases([row.id]).apply(self.db)
            else:
                self._end(row, "interrupted", "open")
        assert read_unfinished(self.db) == []

    @invariant()
    def nobody_is_dialed_twice_for_an_attempt(self) -> None:
        assert all(count == 1 for count in self.dialed.values())

    @invariant()
    def books_and_model_agree(self) -> None:
        attempts = {row.id: row for row in read_attempts(self.db, "c")}
        really = {id_ for id_ in self.dialed if id_ not in self.undone}
        assert {id_ for id_, row in attempts.items() if row.state != "leased"} == really
        assert {id_ for id_, row in attempts.items() if row.state == "ended"} == set(self.ends)
        assert all(count == 1 for count in self.ends.values())

    @invariant()
    def a_contact_has_one_attempt_at_a_time(self) -> None:
        attempts = read_attempts(self.db, "c")
        for contact in read_page(self.db, "c", 0, 100):
            own = [row for row in attempts if row.contact_id == contact.id]
            open_ = [row for row in own if row.state != "ended"]
            assert len(open_) == (contact.state == "leased")
            assert contact.attempts == sum(row.state != "leased" for row in own)


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
