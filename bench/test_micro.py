"""Micro suites for pytest-benchmark: `pytest bench --benchmark-only`. Figures are for comparing before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from switchroom import sip
from switchroom.dialing.contact import ImportReader, normalise
from switchroom.dialing.pacing import Decision, Situation
from switchroom.schema.campaign import CampaignSettings
from tests.simulation.virtual_day import VirtualDay

Benchmark = Callable[..., Any]

INVITE = (
    b"INVITE sip:+4930123456@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776asdhds;rport\r\n"
    b'Max-Forwards: 70\r\nFrom: "Shop" <sip:+4930999@192.0.2.1>;tag=1928301774\r\nTo: <sip:+4930123456@192.0.2.10>\r\n'
    b"Call-ID: a84b4c76e66710@192.0.2.1\r\nCSeq: 314159 INVITE\r\nContact: <sip:shop@192.0.2.1>\r\n"
    b"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\nSupported: replaces\r\nUser-Agent: bench\r\n"
    b"Content-Type: application/sdp\r\nContent-Length: 0\r\n\r\n"
)


def test_a_message_to_python_objects(benchmark: Benchmark) -> None:
    assert benchmark(sip.sip_parse, INVITE).method == "INVITE"


def test_a_number_to_e164(benchmark: Benchmark) -> None:
    assert benchmark(normalise, "(202) 555-0123", "US") == "+12025550123"


def test_a_thousand_lines_of_contacts(benchmark: Benchmark) -> None:
    text = "number,name\n" + "".join(f"+1202555{i:04d},Name {i}\n" for i in range(1000))
    data = text.encode()
    found = benchmark(lambda: list(ImportReader(data, "US")))
    assert len(found) == 1000


class Reached(Exception):
    """The virtual day is where it is wanted."""


@pytest.mark.parametrize("agents", [20, 100, 500])
def test_a_pacing_decision_in_full_work(benchmark: Benchmark, agents: int) -> None:
    """The situation of a virtual day after ten minutes, decided on again and again."""
    day = VirtualDay(agents, CampaignSettings(max_calls=10_000), seed=1)
    pacer, found = day.campaign.pacer, []
    decide = pacer.decide

    def watch(situation: Situation) -> Decision:
        if situation.now >= 600:
            found.append(situation)
            raise Reached
        return decide(situation)

    pacer.decide = watch  # type: ignore[method-assign]
    with pytest.raises(Reached):
        day.run(700)
    decision = benchmark(decide, found[0])
    assert decision.agents_total == agents
