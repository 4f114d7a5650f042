"""Routes of incoming calls: the first whose glob fits the user part of the Request-URI."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence

from ..config import RouteConfig


class RouteTable:
    """Globs compiled once. `*` any text, `?` one character, `[abc]` one of them; case matters, as it does in a SIP
    user part (RFC 3261 19.1.4)."""

    __slots__ = ("_routes",)

    def __init__(self, routes: Sequence[RouteConfig]) -> None:
        self._routes = [(re.compile(fnmatch.translate(route.to)), route) for route in routes]

    def find(self, user: str) -> RouteConfig | None:
        """The first route for `user`; None when none fits."""
        for pattern, route in self._routes:
            if pattern.match(user):
                return route
        return None


def trunks_of(route: RouteConfig) -> tuple[str, ...]:
    """Names of the trunks a `dial` route tries, in order, each once."""
    first = (route.trunk,) if route.trunk else ()
    return tuple(dict.fromkeys((*first, *route.failover)))
