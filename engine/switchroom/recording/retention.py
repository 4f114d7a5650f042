"""Which recordings have been kept long enough. Pure: rules and rows in, a verdict out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ..config import RetentionConfig

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Kept:
    """What a rule can look at. `hold`: the reason of a legal hold."""

    ended_at_ms: int
    campaign_id: str | None = None
    tenant: str | None = None
    disposition: str | None = None
    hold: str | None = None


def _matches(pattern: str | None, value: str | None) -> bool:
    return pattern is None or (value is not None and fnmatchcase(value, pattern))


def rule_for(rules: Sequence[RetentionConfig], kept: Kept) -> RetentionConfig | None:
    """The first rule that fits; None: it is kept for ever."""
    for rule in rules:
        if (
            _matches(rule.campaign, kept.campaign_id)
            and _matches(rule.tenant, kept.tenant)
            and _matches(rule.disposition, kept.disposition)
        ):
            return rule
    return None


def due(rules: Sequence[RetentionConfig], kept: Kept, now_ms: int) -> RetentionConfig | None:
    """The rule by which it is to be erased now. Never one under a legal hold."""
    rule = rule_for(rules, kept)
    if rule is None or rule.keep_days is None or kept.hold is not None:
        return None
    return rule if now_ms - kept.ended_at_ms >= rule.keep_days * DAY_MS else None


def describe(rule: RetentionConfig) -> str:
    """For the ledger: the rule as it was."""
    parts = [
        f"{name}={value}"
        for name in ("campaign", "tenant", "disposition")
        if (value := getattr(rule, name)) is not None
    ]
    return f"retention: {' '.join(parts) or 'all'} keep_days={rule.keep_days}"
