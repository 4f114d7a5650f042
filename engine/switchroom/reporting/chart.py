"""Charts as SVG text: stacked areas, lines with a limit, horizontal bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from .series import Series

COLOURS = ("#9fb7d4", "#f2c14e", "#8c6bb1", "#e4572e", "#2a9d8f", "#c9ced6")
NAMED = {"talking": "#2a9d8f", "waiting": "#e4572e", "wrapup": "#8c6bb1", "paused": "#c9ced6"}
"""The same word has the same colour in every chart."""
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 520, 240, 52, 24, 22


def _nice(value: float) -> float:
    """The next of 1, 2, 5 times a power of ten at or above `value`."""
    power = 1.0
    while power < value:
        power *= 10
    while power / 10 >= value:
        power /= 10
    return next((step * power / 10 for step in (1, 2, 5) if step * power / 10 >= value), power)


def _frame(top: float, end_s: float, percent: bool) -> list[str]:
    """Axes, grid and their figures for values 0-top and times 0-end_s."""
    parts = []
    for i in range(5):
        y = _y(top * i / 4, top)
        text = f"{top * i / 4 * 100:.3g} %" if percent else f"{top * i / 4:.3g}"
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e6e9ed"/>')
        parts.append(_text(LEFT - 5, y + 4, text, "end"))
    for i in range(5):
        x = _x(end_s * i / 4, end_s)
        parts.append(_text(x, HEIGHT - 6, f"{end_s * i / 4:.0f} s", "end" if i == 4 else "middle"))
    return parts


def _x(at_s: float, end_s: float) -> float:
    return LEFT + (WIDTH - LEFT) * (at_s / end_s if end_s else 0)


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value / top if top else 0)


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 11) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="#5b6875" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _svg(parts: Sequence[str], height: int = HEIGHT, label: str = "chart") -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'


def _colours(names: Iterable[str]) -> list[str]:
    return [NAMED.get(name, colour) for name, colour in zip(names, COLOURS, strict=False)]


def _legend(names: Sequence[str]) -> list[str]:
    parts, x = [], LEFT + 4.0
    for name, colour in zip(names, _colours(names), strict=False):
        parts.append(f'<rect x="{x:.1f}" y="4" width="10" height="10" fill="{colour}"/>')
        parts.append(_text(x + 14, 13, name))
        x += 24 + 6.6 * len(name)
    return parts


def stacked(series: Series, label: str) -> str:
    """Levels on top of each other, in the order of the series."""
    if not series.at_s:
        return "<p>nothing to draw</p>"
    end = series.at_s[-1]
    totals = [sum(column) for column in zip(*series.values.values(), strict=True)]
    top = _nice(max([*totals, 1.0]))
    parts = _frame(top, end, percent=False) + _legend(list(series.values))
    base = [0.0] * len(series.at_s)
    for colour, values in zip(_colours(series.values), series.values.values(), strict=False):
        upper = [low + value for low, value in zip(base, values, strict=True)]
        there = [f"{_x(at, end):.1f},{_y(value, top):.1f}" for at, value in zip(series.at_s, upper, strict=True)]
        back = [f"{_x(at, end):.1f},{_y(value, top):.1f}" for at, value in zip(series.at_s, base, strict=True)]
        parts.append(f'<polygon points="{" ".join(there + back[::-1])}" fill="{colour}"/>')
        base = upper
    return _svg(parts, label=label)


def lines(series: Series, limit: float | None = None, percent: bool = False) -> str:
    """One line per name; `limit` as a dashed red line."""
    if not series.at_s:
        return "<p>nothing to draw</p>"
    end = series.at_s[-1]
    highest = max(max(values) for values in series.values.values())
    top = _nice(max(highest, limit or 0, 1e-6) * 1.05)
    parts = _frame(top, end, percent)
    for colour, values in zip(COLOURS[3:], series.values.values(), strict=False):
        points = " ".join(
            f"{_x(at, end):.1f},{_y(value, top):.1f}" for at, value in zip(series.at_s, values, strict=True)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    if limit is not None:
        y = _y(limit, top)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#b3261e" stroke-dasharray="5 4"/>'
        )
        parts.append(_text(WIDTH, y - 4, f"limit {limit * 100:.3g} %" if percent else f"limit {limit:.3g}", "end"))
    return _svg(parts, label="line chart")


def bars(rows: Sequence[tuple[str, int]]) -> str:
    """Horizontal bars with their counts."""
    if not rows:
        return "<p>nothing to draw</p>"
    most = max(count for _, count in rows) or 1
    parts = []
    for i, (name, count) in enumerate(rows):
        y, width = i * 22, (WIDTH - 190) * count / most
        parts.append(_text(132, y + 15, name, "end", 12))
        parts.append(f'<rect x="140" y="{y + 3}" width="{width:.1f}" height="16" rx="2" fill="#2a9d8f"/>')
        parts.append(_text(146 + width, y + 15, str(count), "start", 12))
    return _svg(parts, height=len(rows) * 22 + 4, label="bar chart")
