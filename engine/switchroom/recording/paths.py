"""Where a recording lies: folders by UTC date, hour and a hash of its name, so that none grows without bound."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2s
from pathlib import Path

PARTIAL = ".part"
"""Ends the name of a file that is not published yet."""


def relative_path(at_ms: int, name: str, suffix: str = ".wav") -> str:
    """`2026-11-21/14/3f/NAME.wav` for a recording begun at that instant (ms since 1970): 256 folders an hour.

    Mass erasure from one large folder makes creating files in it dear; and what is erased by age goes by folders.
    `name`, usually the call's id, must hold no path separator.
    """
    if "/" in name or name in {"", ".", ".."}:
        raise ValueError(f"call id {name!r} cannot be a file name")
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    spread = blake2s(name.encode(), digest_size=1).hexdigest()
    return f"{at:%Y-%m-%d}/{at:%H}/{spread}/{name}{suffix}"


def within(root: Path, relative: str) -> Path | None:
    """The file of that name below `root`, links followed; None: it leads out of it."""
    path = (root / relative).resolve()
    return path if path.is_relative_to(root.resolve()) and path != root.resolve() else None
