"""Who is at the other end: Unix peer credentials, loopback, token; and what that session may do."""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import uuid_utils

from ..config import ControlConfig
from ..errors import Forbidden, Unauthenticated
from ..schema.session import ClientInfo
from .loopback import uid_of_peer
from .roles import may, only_agent

_UCRED = struct.Struct("3i")  # struct ucred of socket(7): pid, uid, gid


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of a connection. `uid` is -1 when the kernel does not tell: TCP from another machine."""

    kind: str
    address: str
    uid: int = -1
    pid: int = -1
    loopback: bool = False

    def __str__(self) -> str:
        if self.kind == "unix":
            return f"unix uid {self.uid} pid {self.pid}"
        return f"tcp {self.address}" if self.uid < 0 else f"tcp {self.address} uid {self.uid}"


def peer_of(connection: socket.socket | Any) -> Peer:
    """Peer of a connected socket. Raises OSError when it is gone."""
    if connection.family == socket.AF_UNIX:
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        pid, uid, _gid = _UCRED.unpack(raw)
        return Peer("unix", f"uid:{uid}", uid=uid, pid=pid, loopback=True)
    host = str(connection.getpeername()[0])
    loopback = host.startswith("127.") or host in {"::1", "::ffff:127.0.0.1"}
    uid = uid_of_peer(connection) if loopback else None
    return Peer("tcp", host, uid=-1 if uid is None else uid, loopback=loopback)


@dataclass(frozen=True, slots=True)
class Identity:
    """`name` is for the audit log; `agent` binds a session of role agent to that agent."""

    name: str
    roles: frozenset[str]
    agent: str | None = None


class Authenticator:
    """Identities from the configuration. `own_uid` is the engine's."""

    def __init__(self, config: ControlConfig, own_uid: int | None = None) -> None:
        own = os.getuid() if own_uid is None else own_uid
        admin = frozenset({"admin"})
        self._users = {uid: Identity(f"uid:{uid}", admin) for uid in (own, 0)}
        for user in config.user:
            self._users[user.uid] = Identity(f"uid:{user.uid}", frozenset(user.roles), user.agent)
        self._trusted = Identity("loopback", admin) if config.trust_loopback else None
        self._tokens = [
            (bytes.fromhex(token.sha256), Identity(token.name, frozenset(token.roles), token.agent))
            for token in config.token
        ]

    def of_peer(self, peer: Peer) -> Identity | None:
        """Known without a word: by uid (Unix socket, or TCP over loopback), or by trust_loopback."""
        known = self._users.get(peer.uid)
        return known or (self._trusted if peer.kind == "tcp" and peer.loopback else None)

    def of_token(self, token: str) -> Identity:
        """Raises Unauthenticated. Takes the same time whichever token is right, or none."""
        digest = hashlib.sha256(token.encode()).digest()
        found: Identity | None = None
        for known, identity in self._tokens:
            if hmac.compare_digest(known, digest):
                found = identity
        if found is None:
            raise Unauthenticated("session.auth: this token is not known; see [[control.token]]", field="token")
        return found


@dataclass(slots=True)
class Session:
    """One connected client and its rights."""

    peer: Peer
    connected_at_ms: int
    id: str = field(default_factory=lambda: str(uuid_utils.uuid7()))
    identity: Identity | None = None
    agent: str | None = None
    client: ClientInfo | None = None
    api: int = 1
    requests: int = 0
    refused: int = 0
    on_identified: Callable[[], None] | None = None

    @property
    def name(self) -> str:
        return self.identity.name if self.identity else ""

    @property
    def roles(self) -> frozenset[str]:
        return self.identity.roles if self.identity else frozenset()

    def identify(self, identity: Identity) -> None:
        self.identity = identity
        self.agent = identity.agent
        if self.on_identified is not None:
            self.on_identified()

    def require_identity(self, method: str) -> None:
        """Raises Unauthenticated."""
        if self.identity is None:
            raise Unauthenticated(
                f"{method[:64]}: call session.auth with a token first; before it only api.info and api.ping are open"
            )

    def require_role(self, method: str) -> None:
        """Raises Forbidden."""
        if not may(self.roles, method):
            raise Forbidden(f"{method}: not allowed for {', '.join(sorted(self.roles))}; api.info lists the roles")

    def require_agent(self, method: str, agent: str, *, login: bool = False) -> None:
        """A session of role agent acts for one agent: that of its token, or the first it logs in."""
        if not only_agent(self.roles):
            return
        if self.agent is None and login:
            self.agent = agent
        if self.agent != agent:
            own = f"its own agent {self.agent}" if self.agent else "an agent it has logged in"
            raise Forbidden(f"{method}: this session may act for {own} only, not for {agent}", agent_id=agent)
