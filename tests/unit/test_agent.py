"""The agent's states, times and turn."""

from __future__ import annotations

import pytest

from switchroom.agents.agent import Agent, longest_idle
from switchroom.errors import WrongState


def ready_agent(name: str = "anna", now: int = 0, **more: object) -> Agent:
    agent = Agent(id=name, name=name, uri=f"sip:{name}@127.0.0.1", connected=True, **more)  # type: ignore[arg-type]
    agent.login(now)
    agent.ready(now)
    return agent


def talking_agent(now: int = 0) -> Agent:
    agent = ready_agent(now=now)
    agent.reserve("call", "c", now)
    agent.talk(now)
    return agent


def test_round_through_all_states_keeps_the_times() -> None:
    agent = ready_agent(now=0)
    agent.reserve("call", "c", 5_000)
    agent.talk(5_100)
    agent.end_talk(10_000, 65_100)
    assert (agent.state, agent.wrapup_until_ms) == ("wrapup", 75_100)
    assert agent.end_wrapup(75_100)
    info = agent.info(80_000)
    assert (info.state, info.ready_ms, info.talk_ms, info.wrapup_ms, info.talks) == ("ready", 9_900, 60_000, 10_000, 1)
    assert info.call_id is None


def test_own_wrapup_time_goes_before_the_campaigns() -> None:
    agent = talking_agent()
    agent.wrapup_ms = 0
    agent.end_talk(10_000, 1_000)
    assert agent.state == "ready"


def test_pause_asked_during_a_call_takes_effect_after_wrapup() -> None:
    agent = talking_agent()
    assert agent.pause("lunch", 10)
    assert (agent.state, agent.pausing) == ("talking", True)
    agent.end_talk(100, 20)
    assert agent.state == "wrapup"
    agent.end_wrapup(120)
    assert (agent.state, agent.pausing, agent.pause_reason) == ("paused", False, "lunch")


def test_ready_takes_back_a_pause_asked_for() -> None:
    agent = talking_agent()
    agent.pause("lunch", 10)
    assert agent.ready(11)
    agent.end_talk(0, 20)
    assert agent.state == "ready"


def test_logout_during_a_talk_waits_for_its_end() -> None:
    agent = talking_agent()
    assert not agent.logout(10)
    agent.end_talk(10_000, 20)
    assert agent.state == "offline"


def test_lost_nailed_up_call_keeps_the_agent_from_calls() -> None:
    agent = ready_agent()
    agent.lost("its phone hung up", 10)
    assert (agent.state, agent.pause_reason) == ("paused", "its phone hung up")
    with pytest.raises(WrongState, match="not open"):
        agent.ready(11)


def test_lost_call_during_a_talk_pauses_at_its_end() -> None:
    agent = talking_agent()
    agent.lost("no audio", 10)
    assert agent.state == "talking"
    agent.end_talk(0, 20)
    assert agent.state == "paused"


@pytest.mark.parametrize("what", ["reserve", "talk", "end_talk", "unreserve", "ready"])
def test_offline_agent_does_nothing(what: str) -> None:
    agent = Agent(id="a", name="a", uri="sip:a@127.0.0.1")
    actions = {
        "reserve": lambda: agent.reserve("k", None, 0),
        "talk": lambda: agent.talk(0),
        "end_talk": lambda: agent.end_talk(0, 0),
        "unreserve": lambda: agent.unreserve(0),
        "ready": lambda: agent.ready(0),
    }
    with pytest.raises(WrongState):
        actions[what]()
    assert agent.state == "offline"


def test_longest_idle_is_next_and_must_serve_the_campaign() -> None:
    first, second, third = ready_agent("b", 5), ready_agent("a", 10), ready_agent("z", 1, campaigns=("other",))
    assert longest_idle([second, first, third], "c") is first
    first.reserve("k", "c", 20)
    assert longest_idle([second, first, third], "c") is second
    assert longest_idle([third], "c") is None


def test_version_rises_with_every_change_of_state() -> None:
    agent = ready_agent()
    before = agent.version
    agent.pause(None, 5)
    assert agent.version == before + 1
