"""What one leg's end means for the other."""

from __future__ import annotations

_OURS = frozenset({401, 407, 487})
"""Failures between us and the trunk, which the caller can do nothing about (487: nobody but us cancels our leg)."""


def may_fail_over(status: int, side: str, *, rang: bool) -> bool:
    """Is the next trunk worth a try? Yes when the trunk failed, no when the person or number did.

    After it rang, another trunk would ring the same phone again: only a 5xx of the network then counts.
    """
    if 500 <= status < 600:
        return True
    return not rang and (side in ("timeout", "transport") or status == 408)


def refusal_status(status: int, *, rang: bool) -> int:
    """SIP status for the caller when our leg to the callee ended unanswered with `status`.

    486, 404, 603 and so on pass through. A timeout is 480 when it rang and 504 when nothing was heard; what is between
    us and the trunk, and redirection (which we do not follow), is 503.
    """
    if status in {0, 408}:
        return 480 if rang else 504
    if status < 400 or status in _OURS:
        return 503
    return status
