"""What the methods of one connection work with, and those that the control socket answers by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import BadParams, Capacity, Forbidden, JournalGone, Unauthenticated
from ..schema._base import Done
from ..schema.engine import Drain
from ..schema.event import Ack, Subscribe, Subscribed, Unsubscribe
from ..schema.info import ApiInfo
from ..schema.session import Auth, JournalBounds, ListSessions, Pong, SessionPage, Welcome
from .describe import API_COMPATIBLE, API_LEVEL
from .facade import Facade
from .hub import Hub
from .roles import only_agent
from .session import Session
from .subscription import FILTERS, Subscription

if TYPE_CHECKING:
    from .connection import Connection
    from .server import ControlServer


class Context:
    """One per connection."""

    def __init__(self, server: ControlServer, connection: Connection, session: Session) -> None:
        self.server = server
        self.connection = connection
        self.session = session
        self._failed_tokens = 0
        self._next_sub = 1

    @property
    def engine(self) -> Facade:
        return self.server.engine

    @property
    def hub(self) -> Hub:
        return self.server.hub

    def describe(self) -> ApiInfo:
        return self.server.description

    def ping(self) -> Pong:
        head = self.hub.head if self.session.identity else 0
        return Pong(at_ms=self.server.wall_ms(), head=head)

    def auth(self, p: Auth) -> Welcome:
        low, high = p.api
        if high < API_COMPATIBLE or low > API_LEVEL or low > high:
            raise BadParams(
                f"session.auth: api {low} to {high} is not spoken here; levels {API_COMPATIBLE} to {API_LEVEL} are",
                field="api",
            )
        if p.token is not None:
            self._auth_by_token(p.token)
        if self.session.identity is None:
            raise Unauthenticated(
                f"session.auth: {self.session.peer} is not known by itself; give a token", field="token"
            )
        self.session.api = min(high, API_LEVEL)
        self.session.client = p.client
        return Welcome(
            session_id=self.session.id,
            api=self.session.api,
            roles=tuple(sorted(self.session.roles)),
            limits=self.server.limits.shown(),
            server=self.server.info,
            journal=JournalBounds(first_id=self.hub.first_id, last_id=self.hub.head),
        )

    def _auth_by_token(self, token: str) -> None:
        try:
            self.session.identify(self.server.authenticator.of_token(token))
        except Unauthenticated:
            self._failed_tokens += 1
            if self._failed_tokens >= self.server.limits.failed_tokens:
                self.connection.close_after_reply("wrong tokens")
            raise

    def sessions(self, p: ListSessions) -> SessionPage:
        """By id, that is by the time they connected."""
        known = sorted((connection.info() for connection in self.server.connections), key=lambda one: one.id)
        behind = [one for one in known if p.after is None or one.id > p.after]
        page = behind[: p.limit]
        return SessionPage(items=tuple(page), next=page[-1].id if len(behind) > len(page) else None)

    def subscribe(self, p: Subscribe) -> Subscribed:
        limit = self.server.limits.subscriptions
        if len(self.connection.outbox.subscriptions) >= limit:
            raise Capacity(f"events.subscribe: this session has {limit} subscriptions; end one first", limit=limit)
        p = self._restricted(p)
        since = self._since(p)
        sub = Subscription(
            self._next_sub,
            p,
            self.connection.outbox.backlog,
            self.hub.head if since is None else since,
            live=since is None,
        )
        self._next_sub += 1
        self.connection.subscribed(sub)
        return Subscribed(sub_id=sub.sub_id, from_=sub.position + 1, head=self.hub.head)

    def _restricted(self, p: Subscribe) -> Subscribe:
        unknown = sorted(set(p.filter) - set(FILTERS))
        if unknown:
            raise BadParams(
                f"events.subscribe: filter.{unknown[0]} is not known; allowed: {', '.join(FILTERS)}",
                field=f"filter.{unknown[0]}",
            )
        if not only_agent(self.session.roles):
            return p
        if self.session.agent is None:
            raise Forbidden("events.subscribe: a session of role agent logs its agent in first (agent.login)")
        return msgspec.structs.replace(p, filter={**p.filter, "agent_id": self.session.agent})

    def _since(self, p: Subscribe) -> int | None:
        if p.since is None:
            return None
        first, head = self.hub.first_id, self.hub.head
        if p.epoch is not None and p.epoch != self.hub.epoch:
            why = f"the journal began anew (epoch {self.hub.epoch})"
        elif p.since > head:
            why = f"event {p.since} is not in the journal, the newest is {head}"
        elif p.since + 1 < first:
            why = f"event {p.since + 1} is no longer in the journal, the oldest kept is {first}"
        else:
            return p.since
        raise JournalGone(
            f"events.subscribe: {why}; list the objects and go on from their last_event_id",
            field="since",
            first_id=first,
            last_id=head,
        )

    def unsubscribe(self, p: Unsubscribe) -> Done:
        return Done(already=not self.connection.unsubscribed(p.sub_id))

    def ack(self, p: Ack) -> Done:
        sub = self.connection.outbox.subscriptions.get(p.sub_id)
        if sub is None:
            return Done(already=True)
        sub.acked = max(p.id, sub.acked or 0)
        return Done()

    def drain(self, p: Drain) -> Done:
        """Draining outlives this request: it ends by stopping the engine."""

        async def drain() -> Any:
            return await self.engine.drain(p)

        self.server.keep(drain())
        return Done()
