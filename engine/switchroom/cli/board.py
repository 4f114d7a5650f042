"""The live view: what is known of a running daemon, and how it is drawn.

`Board` only gathers; `draw` gives a rich renderable, `line` one plain line for logs and pipes.
"""

from __future__ import annotations

import collections
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from ..schema.agent import AgentInfo, AgentState
from ..schema.campaign import CampaignStats, PacingView
from ..schema.engine import EngineStats

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

AGENT_STATES: tuple[AgentState, ...] = ("ready", "reserved", "talking", "wrapup", "paused", "offline")
CALL_STATES = ("dialing", "ringing", "detecting", "waiting", "talking")
_COLOURS = {
    "ready": "green",
    "reserved": "cyan",
    "talking": "bold green",
    "wrapup": "yellow",
    "paused": "magenta",
    "offline": "dim",
    "dialing": "blue",
    "ringing": "cyan",
    "detecting": "yellow",
    "waiting": "red",
}
_WINDOW_MS = 2_000  # rates are taken over this long


@dataclass(slots=True)
class Rates:
    """Per second, from two samples of counters."""

    calls: float = 0.0
    rtp_in: float = 0.0
    rtp_out: float = 0.0
    cpu: float = 0.0  # cores in use by the whole daemon
    media_cpu: float = 0.0


@dataclass(slots=True)
class Board:
    """What is known now. The daemon's samples go in, nothing is asked for."""

    title: str = "switchroom"
    engine: EngineStats | None = None
    campaign: CampaignStats | None = None
    agents: dict[str, AgentInfo] = field(default_factory=dict)
    decisions: collections.deque[PacingView] = field(default_factory=lambda: collections.deque(maxlen=20))
    _past: collections.deque[EngineStats] = field(default_factory=collections.deque)

    def on_engine(self, stats: EngineStats) -> None:
        self.engine = stats
        self._past.append(stats)
        while len(self._past) > 2 and self._past[1].at_ms <= stats.at_ms - _WINDOW_MS:
            self._past.popleft()

    def on_campaign(self, stats: CampaignStats) -> None:
        self.campaign = stats
        decision = msgspec.structs.replace(stats.pacing, at_ms=0)  # asked again, the same one has another time
        if decision.why and (not self.decisions or self.decisions[-1] != decision):
            self.decisions.append(decision)

    def on_agent(self, agent: AgentInfo) -> None:
        self.agents[agent.id] = agent

    def agents_by_state(self) -> dict[str, int]:
        counts = collections.Counter(agent.state for agent in self.agents.values())
        return {state: counts[state] for state in AGENT_STATES if counts[state] or state not in ("offline", "paused")}

    def calls_by_state(self) -> dict[str, int]:
        stats = self.campaign
        return {state: getattr(stats, state) if stats is not None else 0 for state in CALL_STATES}

    def rates(self) -> Rates:
        if len(self._past) < 2 or self._past[-1].at_ms <= self._past[0].at_ms:
            return Rates()
        old, new = self._past[0], self._past[-1]
        ms = new.at_ms - old.at_ms
        return Rates(
            calls=(new.calls_total - old.calls_total) * 1000 / ms,
            rtp_in=(new.rtp_rx - old.rtp_rx) * 1000 / ms,
            rtp_out=(new.rtp_tx - old.rtp_tx) * 1000 / ms,
            cpu=(new.cpu_ms - old.cpu_ms) / ms,
            media_cpu=(new.media_cpu_ms - old.media_cpu_ms) / ms,
        )

    def done_share(self) -> float:
        """Contacts that need no more dialing, 0.0-1.0."""
        stats = self.campaign
        if stats is None or not stats.contacts:
            return 0.0
        return 1.0 - stats.contacts_open / stats.contacts


def line(board: Board) -> str:
    """One plain line: for terminals that are none."""
    stats, rates = board.campaign, board.rates()
    parts = []
    if stats is not None:
        calls = " ".join(f"{state}={count}" for state, count in board.calls_by_state().items())
        parts.append(f"{stats.id} {stats.state}: {stats.contacts - stats.contacts_open}/{stats.contacts} done, {calls}")
        limit = f"{stats.abandon_rate:.1%} (max {stats.max_abandon:.0%})"
        parts.append(f"abandoned {stats.abandoned}/{stats.humans} {limit}")
        parts.append(f"utilisation {stats.utilisation:.0%}")
    if board.agents:
        parts.append("agents " + " ".join(f"{state}={count}" for state, count in board.agents_by_state().items()))
    if board.engine is not None:
        lost = board.engine.rtp_lost
        parts.append(f"{board.engine.calls_now} calls, {rates.calls:.1f} cps, {rates.rtp_in:.0f} rtp/s, {lost} lost")
        parts.append(f"cpu {rates.cpu:.0%}")
    return " | ".join(parts) or "waiting for the daemon's first figures"


def draw(board: Board) -> RenderableType:
    """The whole screen."""
    from rich.layout import Layout

    layout = Layout()
    layout.split_column(
        Layout(_header(board), size=3), Layout(name="top", size=9), Layout(name="middle", size=9), Layout(name="bottom")
    )
    layout["top"].split_row(Layout(_calls(board)), Layout(_agents(board)), Layout(_limits(board), ratio=2))
    layout["middle"].split_row(Layout(_machine(board)), Layout(_amd(board)), Layout(_dispositions(board), ratio=2))
    layout["bottom"].update(_pacing(board))
    return layout


def _header(board: Board) -> RenderableType:
    from rich.panel import Panel
    from rich.text import Text

    text = Text(board.title, style="bold")
    stats = board.campaign
    if stats is not None:
        text.append(f"   campaign {stats.id}: {stats.state}", style="cyan")
        text.append(f"   {stats.contacts - stats.contacts_open} of {stats.contacts} contacts done ")
        text.append(_bar(board.done_share(), 30), style="cyan")
        text.append(f"   {stats.attempts} attempts")
    return Panel(text)


def _bar(share: float, width: int) -> str:
    full = round(min(max(share, 0.0), 1.0) * width)
    return "█" * full + "░" * (width - full)


def _grid() -> Table:
    from rich.table import Table

    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(ratio=1, no_wrap=True)
    return table


def _counts(title: str, counts: dict[str, int]) -> RenderableType:
    from rich.panel import Panel

    table = _grid()
    most = max(counts.values(), default=0)
    for name, count in counts.items():
        bar = _bar(count / most, 12).rstrip("░") if most else ""
        table.add_row(name, str(count), bar, style=_COLOURS.get(name, ""))
    return Panel(table, title=title)


def _calls(board: Board) -> RenderableType:
    now = board.engine.calls_now if board.engine is not None else 0
    return _counts(f"calls ({now} now)", board.calls_by_state())


def _agents(board: Board) -> RenderableType:
    return _counts(f"agents ({len(board.agents)})", board.agents_by_state())


def _limits(board: Board) -> RenderableType:
    """Abandon rate against its limit, utilisation, connects."""
    from rich.panel import Panel
    from rich.text import Text

    stats = board.campaign
    if stats is None:
        return Panel("no campaign", title="abandon rate and utilisation")
    within = stats.abandon_rate <= stats.max_abandon
    scale = max(2 * stats.max_abandon, stats.abandon_rate, 0.01)
    text = Text(f"abandoned    {stats.abandon_rate:6.2%} of {stats.humans} people; limit {stats.max_abandon:.1%}\n")
    gauge = _gauge(stats.abandon_rate / scale, stats.max_abandon / scale, 46)
    text.append(gauge, style="green" if within else "bold red")
    text.append(f"\nutilisation  {stats.utilisation:6.1%} (talk / (talk + ready))\n")
    text.append(_bar(stats.utilisation, 46), style="green")
    text.append(f"\nconnected {stats.connected}   abandoned {stats.abandoned}   in progress {stats.in_progress}")
    return Panel(text, title="abandon rate and utilisation")


def _gauge(share: float, limit: float, width: int) -> str:
    bar = list(_bar(share, width))
    bar[min(width - 1, round(limit * width))] = "│"
    return "".join(bar)


def _machine(board: Board) -> RenderableType:
    from rich.panel import Panel

    table, stats, rates = _grid(), board.engine, board.rates()
    if stats is not None:
        table.add_row("calls/s", f"{rates.calls:.1f}", "")
        table.add_row("RTP in/s", f"{rates.rtp_in:.0f}", "")
        table.add_row("RTP out/s", f"{rates.rtp_out:.0f}", "")
        table.add_row("RTP lost", str(stats.rtp_lost), "", style="bold red" if stats.rtp_lost else "")
        table.add_row("recordings", str(stats.recordings_now), "")
        table.add_row("CPU", f"{rates.cpu:.0%}", f"media {rates.media_cpu:.0%}")
        table.add_row("memory", f"{stats.rss_kib // 1024} MiB", f"lag {stats.loop_lag_max_ms} ms")
    return Panel(table, title="engine")


def _amd(board: Board) -> RenderableType:
    return _counts("AMD verdicts", dict(board.campaign.amd) if board.campaign is not None else {})


def _dispositions(board: Board) -> RenderableType:
    counts = dict(board.campaign.dispositions) if board.campaign is not None else {}
    return _counts("dispositions", dict(sorted(counts.items(), key=lambda item: -item[1])[:7]))


def _pacing(board: Board) -> RenderableType:
    from rich.panel import Panel
    from rich.table import Table

    table = Table(expand=True, box=None, padding=(0, 1))
    for name in ("launch", "calls", "answer rate", "overflow"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("why", ratio=1, no_wrap=True)
    for view in reversed(board.decisions):
        table.add_row(
            f"{view.launch:+d}" if view.launch else "0",
            str(view.in_progress),
            f"{view.answer_rate:.0%}",
            f"{view.overflow:.3f}",
            view.why,
        )
    return Panel(table, title="pacing decisions, latest first")
