"""The live view shows what the daemon sent."""

from __future__ import annotations

from rich.console import Console

from switchroom.cli.board import Board, draw, line
from switchroom.schema.agent import AgentInfo
from switchroom.schema.campaign import CampaignStats, PacingView
from switchroom.schema.engine import EngineStats


def engine(at_ms: int, **counters: int) -> EngineStats:
    return EngineStats(at_ms=at_ms, uptime_ms=at_ms, **counters)


def filled() -> Board:
    board = Board()
    board.on_engine(engine(1000, calls_total=10, rtp_rx=1000, cpu_ms=100))
    board.on_engine(engine(3000, calls_total=20, rtp_rx=5000, cpu_ms=600, calls_now=7, rtp_lost=3))
    board.on_campaign(
        CampaignStats(
            id="demo",
            state="running",
            contacts=300,
            contacts_open=75,
            ringing=12,
            talking=4,
            humans=50,
            abandoned=2,
            abandon_rate=0.04,
            utilisation=0.61,
            amd={"human": 48, "machine": 22},
            dispositions={"connected": 40, "busy": 9},
            pacing=PacingView(at_ms=5, launch=3, agents_ready=2, agents_total=10, why="2 free, 1 soon"),
        )
    )
    for number, state in enumerate(("talking", "talking", "ready", "wrapup")):
        board.on_agent(AgentInfo(id=f"a{number}", name="", uri="sip:a@b", state=state, since_ms=0, nailed_up=True))
    return board


def shown(board: Board) -> str:
    console = Console(width=150, height=40, record=True, file=open("/dev/null", "w"))
    console.print(draw(board))
    return console.export_text()


def test_rates_come_from_the_samples_two_seconds_apart() -> None:
    rates = filled().rates()
    assert (rates.calls, rates.rtp_in, rates.cpu) == (5.0, 2000.0, 0.25)


def test_screen_shows_every_figure_asked_for() -> None:
    text = shown(filled())
    for words in ("ringing", "12", "talking", "4.00%", "limit 3.0%", "61.0%", "2 free, 1 soon", "human", "48", "2000"):
        assert words in text, words
    assert "225 of 300" in text


def test_screen_can_be_drawn_before_anything_is_known() -> None:
    assert "no campaign" in shown(Board())


def test_screen_survives_a_narrow_terminal() -> None:
    console = Console(width=40, height=10, record=True, file=open("/dev/null", "w"))
    console.print(draw(filled()))
    assert console.export_text()


def test_agents_are_counted_by_their_latest_state() -> None:
    board = filled()
    board.on_agent(AgentInfo(id="a0", name="", uri="sip:a@b", state="ready", since_ms=0, nailed_up=True))
    assert board.agents_by_state()["talking"] == 1 and board.agents_by_state()["ready"] == 2


def test_a_decision_is_listed_once_however_often_it_is_sampled() -> None:
    board = filled()
    assert board.campaign is not None
    board.on_campaign(board.campaign)
    assert len(board.decisions) == 1


def test_plain_line_holds_the_same_figures() -> None:
    text = line(filled())
    for words in ("225/300", "ringing=12", "4.0%", "talking=2", "5.0 cps", "3 lost"):
        assert words in text, words
