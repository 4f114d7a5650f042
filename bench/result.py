"""One figure of a benchmark: what was measured, under which load, with what loss, against which bar."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import process


@dataclass(frozen=True, slots=True)
class Figure:
    """`values` are the repeats, in `unit`; `bar` is the figure to reach (at most), None: for information."""

    name: str
    unit: str
    values: Sequence[float]
    load: str
    loss: str = "none"
    bar: float | None = None
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return statistics.median(self.values)


def table(figures: Sequence[Figure]) -> str:
    """Plain text, one line per figure."""
    head = ("figure", "median", "min–max", "unit", "bar", "load", "loss")
    rows = [head]
    for figure in figures:
        spread = f"{min(figure.values):.3g}–{max(figure.values):.3g} ({len(figure.values)})"
        bar = "" if figure.bar is None else f"{'ok' if figure.median <= figure.bar else 'OVER'} ≤ {figure.bar:g}"
        rows.append((figure.name, f"{figure.median:.3g}", spread, figure.unit, bar, figure.load, figure.loss))
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def write_json(path: Path, figures: Sequence[Figure], parameters: dict[str, Any]) -> None:
    """Everything, with the commit and the machine."""
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "git": git.stdout.strip() or "unknown",
        "machine": process.machine(),
        "parameters": parameters,
        "figures": [{**asdict(figure), "median": figure.median} for figure in figures],
    }
    path.write_text(json.dumps(document, indent=1))
