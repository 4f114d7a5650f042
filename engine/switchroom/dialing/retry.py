"""When a contact may be tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..schema.campaign import RetryRule
from .disposition import Disposition

#: Whose rule applies when a disposition has none of its own: both are no fault of the person.
_RULE_OF = {Disposition.INTERRUPTED: Disposition.FAILED, Disposition.CANCELLED: Disposition.FAILED}


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of the contact: "open" again from `next_at_ms` on, "done", or "invalid" (the number is no good)."""

    state: Literal["open", "done", "invalid"]
    next_at_ms: int = 0


def rule_for(rules: Sequence[RetryRule], disposition: Disposition) -> RetryRule | None:
    """The first rule named like `disposition`, else that of its stand-in."""
    for name in (disposition, _RULE_OF.get(disposition)):
        for rule in rules:
            if rule.disposition == name:
                return rule
    return None


def settle(rules: Sequence[RetryRule], disposition: Disposition, attempts: int, now_ms: int) -> Settled:
    """The contact after its `attempts`-th attempt ended with `disposition` at `now_ms`."""
    rule = rule_for(rules, disposition)
    if rule is not None and attempts < rule.max_attempts:
        return Settled("open", now_ms + rule.after_ms)
    return Settled("invalid" if disposition is Disposition.INVALID_NUMBER else "done")
