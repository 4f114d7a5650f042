"""report.html: one page, self-contained, charts as inline SVG; nothing is fetched."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..schema.agent import AgentState
from .chart import bars, lines, stacked
from .report import Report

STYLE = """
body{font:15px/1.45 system-ui,sans-serif;color:#1c2733;background:#f5f6f8;margin:0}
main{max-width:1080px;margin:0 auto;padding:24px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:16px;margin:0 0 8px}
.sub{color:#5b6875;margin:0 0 16px}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(480px,1fr));gap:16px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:16px 0}
.tile,.card{background:#fff;border:1px solid #dfe3e8;border-radius:8px;padding:12px 14px}
.card{margin-bottom:16px;min-width:0}.tile b{display:block;font-size:22px}.tile span{color:#5b6875;font-size:13px}
.bad{color:#b3261e}.good{color:#1b7f3b}
table{border-collapse:collapse;width:100%;font-size:13px}
td,th{text-align:left;padding:3px 8px;border-bottom:1px solid #eceff2}
td.n,th.n{text-align:right}svg{width:100%;height:auto;display:block}details summary{cursor:pointer}
"""


def page(report: Report) -> str:
    """The whole page."""
    ok = report.consistent
    verdict = '<b class="good">the books balance</b>' if ok else '<b class="bad">something does not add up</b>'
    duration = (report.to_ms - report.from_ms) / 1000
    limit = report.kpis.max_abandon
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(report.name)}: report</title><style>{STYLE}</style><main>"
        f"<h1>{escape(report.name)}</h1>"
        f"<p class=sub>{duration:.0f} s, campaign {escape(report.campaign_id)}; {verdict}</p>"
        f"{_tiles(report)}<div class=grid>"
        f"{_card('Calls by state', stacked(report.calls_by_state, 'calls'))}"
        f"{_card('Agents by state', stacked(report.agents_by_state, 'agents'))}"
        f"{_card('Abandon rate against its limit', lines(report.abandon_rate, limit=limit, percent=True))}"
        f"{_card('How attempts ended', bars(sorted(report.kpis.dispositions.items(), key=lambda item: -item[1])))}"
        f"{_card('Talk time, seconds', bars(report.talk_histogram))}"
        f"{_card('Checks', _checks(report))}"
        f"</div>{_card('Agents', _agents(report))}{_card('Contacts', _contacts(report))}</main></html>"
    )


def _card(title: str, body: str) -> str:
    return f"<section class=card><h2>{escape(title)}</h2>{body}</section>"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f} %"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value / 1000:.1f} s"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _tiles(report: Report) -> str:
    k = report.kpis
    over = k.abandon_rate is not None and k.abandon_rate > k.max_abandon
    tiles = [
        ("contacts reached", f"{k.contacts_reached} of {k.contacts}", ""),
        ("attempts", str(k.attempts), ""),
        ("talks", str(k.talks), ""),
        (f"abandoned, limit {_percent(k.max_abandon)}", _percent(k.abandon_rate), "bad" if over else ""),
        ("utilisation", _percent(k.utilisation), ""),
        ("occupancy", _percent(k.occupancy), ""),
        ("talks per agent hour", _number(k.talks_per_agent_hour), ""),
        ("handling time", _seconds(k.aht_ms), ""),
        ("person to agent", _seconds(k.to_agent_ms), ""),
        ("hit rate", _percent(k.hit_rate), ""),
    ]
    cells = "".join(
        f'<div class=tile><b class="{kind}">{value}</b><span>{label}</span></div>' for label, value, kind in tiles
    )
    return f"<div class=tiles>{cells}</div>"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]], numbers_from: int = 1) -> str:
    def row(cells: Sequence[object], tag: str) -> str:
        return "<tr>" + "".join(
            f"<{tag}{' class=n' if i >= numbers_from else ''}>{escape(str(cell))}</{tag}>"
            for i, cell in enumerate(cells)
        )

    return f"<table>{row(head, 'th')}{''.join(row(cells, 'td') for cells in rows)}</table>"


def _checks(report: Report) -> str:
    rows = []
    for name, problems in report.checks.items():
        mark = "<span class=good>passed</span>" if not problems else f"<span class=bad>{len(problems)} problems</span>"
        detail = "".join(f"<br>{escape(text)}" for text in problems[:20])
        rows.append(f"<tr><td>{escape(name)}{detail}</td><td>{mark}</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def _agents(report: Report) -> str:
    states: tuple[AgentState, ...] = ("ready", "reserved", "talking", "wrapup", "paused")
    rows = [
        [times.agent_id, times.talks, *(f"{times.of(state) / 1000:.0f}" for state in states)]
        for times in report.kpis.agents
    ]
    return _table(["agent", "talks", *(f"{state}, s" for state in states)], rows)


def _contacts(report: Report) -> str:
    rows = []
    for contact in report.contacts:
        attempts = contact["attempts"]
        story = ", ".join(str(attempt.get("disposition", "?")) for attempt in attempts) or "not dialed"
        talk = sum(attempt.get("talk_ms", 0) for attempt in attempts)
        rows.append([contact["id"], contact["number"], contact["name"], contact["state"], story, f"{talk / 1000:.1f}"])
    table = _table(["id", "number", "name", "state", "attempts", "talk, s"], rows, numbers_from=5)
    return f"<details><summary>{len(rows)} contacts</summary>{table}</details>"
