"""Where a recording lies: folders by UTC date and hour, so that no folder grows without bound."""

from __future__ import annotations

from datetime import UTC, datetime


def relative_path(at_ms: int, call_id: str) -> str:
    """`2026-11-21/14/CALL.wav` for a call of that instant (ms since 1970). `call_id` must hold no path separator."""
    if "/" in call_id or call_id in {"", ".", ".."}:
        raise ValueError(f"call id {call_id!r} cannot be a file name")
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{at:%Y-%m-%d}/{at:%H}/{call_id}.wav"
