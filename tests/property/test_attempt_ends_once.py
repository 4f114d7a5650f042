"""Whatever comes in whatever order, an attempt ends once, and an agent given to it is given back once."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from switchroom.dialing.attempt import Attempt, Command, Commands, End, FindAgent, Phase, ReleaseAgent
from switchroom.dialing.disposition import Disposition
from switchroom.schema.campaign import CampaignSettings

SETTINGS = st.builds(
    CampaignSettings,
    amd=st.booleans(),
    machine=st.sampled_from(["hangup", "agent", "message"]),
    machine_message=st.sampled_from([None, "m.wav"]),
    abandon_message=st.sampled_from([None, "a.wav"]),
    abandon_after_ms=st.sampled_from([0, 2_000]),
)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["ringing", "answered", "verdict", "beep", "played", "found", "connected", "gone", "limit", "cancel"]
        ),
        st.sampled_from(["human", "machine", "sit", "fax", "silence", "unknown"]),
        st.booleans(),
        st.floats(0.0, 5.0),
    ),
    max_size=30,
)


def feed(attempt: Attempt, what: str, verdict: str, flag: bool, now: float) -> Commands:
    actions: dict[str, Callable[[], Commands]] = {
        "ringing": lambda: attempt.ringing(now),
        "answered": lambda: attempt.answered(now),
        "verdict": lambda: attempt.verdict(verdict, now),
        "beep": lambda: attempt.beep(flag, now),
        "played": lambda: attempt.played(flag, now),
        "found": lambda: attempt.agent_found("anna", now),
        "connected": lambda: attempt.connected(now),
        "gone": lambda: attempt.agent_gone(now),
        "limit": lambda: attempt.limit_reached(now),
        "cancel": lambda: attempt.cancel(now),
    }
    return actions[what]()


@given(SETTINGS, EVENTS, EVENTS, st.sampled_from([0, 200, 404, 408, 486, 487, 503, 603]))
def test_attempt_ends_exactly_once_and_gives_its_agents_back(
    settings: CampaignSettings,
    before: list[tuple[str, str, bool, float]],
    after: list[tuple[str, str, bool, float]],
    status: int,
) -> None:
    attempt = Attempt("a", "k", settings, 0.0)
    log: list[Command] = []
    lent = 0
    now = 0.0
    for what, verdict, flag, step in before:
        now += step
        lent += what == "found"
        log += feed(attempt, what, verdict, flag, now)
        assert not any(isinstance(command, End) for command in log)
    log += attempt.call_ended(now, status)
    assert isinstance(log[-1], End)
    ended = len(log)
    for what, verdict, flag, step in after:
        now += step
        lent += what == "found"
        log += feed(attempt, what, verdict, flag, now)
    log += attempt.call_ended(now, status)

    ends = [command for command in log if isinstance(command, End)]
    assert len(ends) == 1 and attempt.phase is Phase.ENDED
    assert sum(isinstance(command, ReleaseAgent) for command in log) == lent
    assert all(isinstance(command, ReleaseAgent) for command in log[ended:])
    check_disposition(attempt, ends[0].disposition, log)


def check_disposition(attempt: Attempt, disposition: Disposition, log: list[Command]) -> None:
    talked = any(isinstance(command, ReleaseAgent) and command.talked for command in log)
    assert (disposition is Disposition.TALKED) == talked == (attempt.connected_at is not None)
    if disposition is Disposition.ABANDONED:
        assert attempt.person and FindAgent() in log
    if disposition is Disposition.MACHINE_MESSAGE:
        assert attempt.message_played
    if attempt.answered_at is None:
        assert disposition not in {Disposition.MACHINE, Disposition.SIT, Disposition.FAX, Disposition.HUNG_UP}
