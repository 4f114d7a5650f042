"""Which route a call takes, and what one leg's end means for the other."""

from __future__ import annotations

import pytest

from switchroom.config import RouteConfig
from switchroom.routing.cause import may_fail_over, refusal_status
from switchroom.routing.route import RouteTable, trunks_of


def test_first_match_wins() -> None:
    table = RouteTable(
        [
            RouteConfig(to="echo", action="echo"),
            RouteConfig(to="4930*", action="reject"),
            RouteConfig(to="49[1-3]?", action="echo"),
            RouteConfig(to="*", action="reject", status=404),
        ]
    )
    found = {user: table.find(user) for user in ("echo", "4930123", "492x", "Echo", "", "echo\n")}
    assert {user: route.to for user, route in found.items() if route} == {
        "echo": "echo",
        "4930123": "4930*",
        "492x": "49[1-3]?",
        "Echo": "*",
        "": "*",
        "echo\n": "*",
    }


def test_no_route_fits() -> None:
    assert RouteTable([RouteConfig(to="1*", action="echo")]).find("2") is None


def test_trunks_are_tried_once_each_in_order() -> None:
    route = RouteConfig(to="*", action="dial", trunk="a", failover=("b", "a", "c"))
    assert trunks_of(route) == ("a", "b", "c")


@pytest.mark.parametrize(
    ("status", "side", "rang", "expected"),
    [
        (503, "remote", False, True),
        (500, "remote", True, True),
        (408, "timeout", False, True),
        (0, "transport", False, True),
        (408, "timeout", True, False),
        (486, "remote", False, False),
        (404, "remote", False, False),
        (603, "remote", False, False),
    ],
)
def test_failover_is_for_the_trunks_faults(status: int, side: str, rang: bool, expected: bool) -> None:
    assert may_fail_over(status, side, rang=rang) is expected


@pytest.mark.parametrize(
    ("status", "rang", "expected"),
    [
        (486, True, 486),
        (404, False, 404),
        (603, True, 603),
        (503, False, 503),
        (408, True, 480),
        (408, False, 504),
        (407, False, 503),
        (302, False, 503),
        (487, True, 503),
        (0, False, 504),
    ],
)
def test_caller_hears_the_callees_cause(status: int, rang: bool, expected: int) -> None:
    assert refusal_status(status, rang=rang) == expected
