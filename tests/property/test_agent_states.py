"""An agent's times add up and refused actions change nothing, for any order of actions."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from switchroom.agents.agent import Agent
from switchroom.errors import WrongState
from switchroom.schema.agent import AgentState

ACTIONS = ["login", "ready", "pause", "reserve", "unreserve", "talk", "end", "wrapped", "lost", "found", "logout"]


def act(agent: Agent, what: str, now: int) -> None:
    match what:
        case "login":
            agent.login(now)
        case "ready":
            agent.ready(now)
        case "pause":
            agent.pause("why", now)
        case "reserve":
            agent.reserve("call", "c", now)
        case "unreserve":
            agent.unreserve(now)
        case "talk":
            agent.talk(now)
        case "end":
            agent.end_talk(5_000, now)
        case "wrapped":
            agent.end_wrapup(now)
        case "lost":
            agent.lost("gone", now)
        case "found":
            agent.connected = True
        case _:
            agent.logout(now)


@given(
    st.booleans(),
    st.sampled_from([None, 0, 3_000]),
    st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 9_000))),
)
def test_times_add_up_and_refusals_change_nothing(
    nailed_up: bool, wrapup_ms: int | None, actions: list[tuple[str, int]]
) -> None:
    agent = Agent(id="a", name="a", uri="sip:a@127.0.0.1", nailed_up=nailed_up, wrapup_ms=wrapup_ms, connected=True)
    now = online = 0
    for what, step in actions:
        now += step
        if agent.state != "offline":
            online += step
        state, version = agent.state, agent.version
        try:
            act(agent, what, now)
        except WrongState:
            assert (agent.state, agent.version) == (state, version)
        assert sum(agent.total_ms(name, now) for name in get_args(AgentState)) == online
        assert (agent.call_id is not None) == (agent.state in {"reserved", "talking", "wrapup"})
        assert (agent.wrapup_until_ms is not None) == (agent.state == "wrapup")
        if agent.state == "ready" and agent.nailed_up:
            assert agent.connected
