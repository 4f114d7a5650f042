"""When a contact is tried again."""

from __future__ import annotations

from switchroom.dialing.disposition import Disposition
from switchroom.dialing.retry import Settled, settle
from switchroom.schema.campaign import RetryRule

RULES = (
    RetryRule(disposition="busy", after_ms=60_000, max_attempts=3),
    RetryRule(disposition="failed", after_ms=5_000, max_attempts=2),
)


def test_rule_sets_the_time_of_the_next_attempt() -> None:
    assert settle(RULES, Disposition.BUSY, 2, 1_000) == Settled("open", 61_000)


def test_last_attempt_closes_the_contact() -> None:
    assert settle(RULES, Disposition.BUSY, 3, 1_000) == Settled("done")


def test_disposition_without_a_rule_closes_the_contact() -> None:
    assert settle(RULES, Disposition.TALKED, 1, 0) == Settled("done")
    assert settle((), Disposition.BUSY, 1, 0) == Settled("done")


def test_number_that_does_not_exist_is_marked() -> None:
    assert settle(RULES, Disposition.INVALID_NUMBER, 1, 0) == Settled("invalid")


def test_interrupted_and_cancelled_follow_the_rule_for_failed() -> None:
    assert settle(RULES, Disposition.INTERRUPTED, 1, 0) == Settled("open", 5_000)
    assert settle(RULES, Disposition.CANCELLED, 2, 0) == Settled("done")
    own = (*RULES, RetryRule(disposition="interrupted", after_ms=1, max_attempts=9))
    assert settle(own, Disposition.INTERRUPTED, 2, 0) == Settled("open", 1)
