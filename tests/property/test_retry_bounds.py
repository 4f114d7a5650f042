"""No contact is tried more often, or sooner, than its rules allow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switchroom.dialing.disposition import Disposition
from switchroom.dialing.retry import settle
from switchroom.schema.campaign import RetryRule

RULES = st.lists(
    st.builds(
        RetryRule,
        disposition=st.sampled_from([str(d) for d in Disposition]),
        after_ms=st.integers(0, 90 * 86_400_000),
        max_attempts=st.integers(1, 100),
    ),
    max_size=6,
)


@given(RULES, st.lists(st.sampled_from(list(Disposition)), min_size=101, max_size=101), st.integers(0, 2**42))
def test_contact_closes_within_its_allowed_attempts(
    rules: list[RetryRule], dispositions: list[Disposition], now_ms: int
) -> None:
    for number, disposition in enumerate(dispositions, 1):
        settled = settle(rules, disposition, number, now_ms)
        if settled.state != "open":
            assert settled.next_at_ms == 0
            return
        names = {str(disposition), "failed"}
        assert any(
            rule.disposition in names and number < rule.max_attempts and settled.next_at_ms == now_ms + rule.after_ms
            for rule in rules
        )
        now_ms = settled.next_at_ms
    raise AssertionError("still open after 101 attempts")
