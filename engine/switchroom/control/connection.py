"""One client's connection: bytes in, messages handled in turns; replies and events out as fast as it reads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import structlog

from ..errors import EngineError, JournalGone, ProtocolError, TooDeep, TooLarge
from ..schema.session import SessionInfo
from . import audit
from .context import Context
from .dispatch import Dispatcher, error_notification
from .framing import Framer
from .outbox import Outbox
from .session import Session, peer_of
from .subscription import Entry, Subscription, event_message

if TYPE_CHECKING:
    from .server import ControlServer

_log = structlog.get_logger("switchroom.control")
_CHUNK = 64 * 1024
_PIECE = 32  # events
_HIGH_WATER, _LOW_WATER = 64 * 1024, 16 * 1024  # of the transport: little, so that replies overtake events


class Connection(asyncio.Protocol):
    """`number` counts connections; `opened_at`, `heard_at` and `written_at` are of the server's clock."""

    transport: asyncio.Transport
    session: Session
    dispatcher: Dispatcher

    def __init__(self, server: ControlServer) -> None:
        self.server = server
        self.number = server.next_number()
        self.outbox = Outbox(server.limits.queue_bytes, server.limits.queue_events)
        self.closing = False
        self.opened_at = self.heard_at = self.written_at = server.monotonic()
        self._framer = Framer(server.limits.frame_before_auth)
        self._replays: dict[int, asyncio.Task[None]] = {}
        self._write_paused = False
        self._buffered = 0  # bytes the transport held when progress was last seen
        self._turn: asyncio.Handle | None = None
        self._dropped = 0
        self._admitted = False
        self._reading = True
        self._half_closed = False
        self._last_reply: str | None = None
        self._closed_at = 0.0

    # ---------------------------------------------------------------- transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport = cast(asyncio.Transport, transport)  # uvloop's is not derived from it
        transport.set_write_buffer_limits(high=_HIGH_WATER, low=_LOW_WATER)
        try:
            peer = peer_of(transport.get_extra_info("socket"))
        except OSError:  # gone already
            self.closing = True
            transport.abort()
            return
        self.session = Session(peer, self.server.wall_ms())
        self.session.on_identified = self._identified
        self.dispatcher = Dispatcher(Context(self.server, self, self.session), self.opened_at)
        identity = self.server.authenticator.of_peer(peer)
        if identity is not None:
            self.session.identify(identity)
        why = self.server.admit(self)
        self._admitted = why is None
        if why is not None:
            self.close_now(why)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closing = True
        if self._turn is not None:
            self._turn.cancel()
        self.server.hub.remove(self)
        for sub_id in list(self.outbox.subscriptions):
            self.unsubscribed(sub_id)
        if self._admitted:
            self.server.forget(self)
            self.server.keep(self.dispatcher.close())

    def pause_writing(self) -> None:
        self._write_paused = True

    def resume_writing(self) -> None:
        self._write_paused = False
        self.pump()
        self._next_turn()

    def data_received(self, data: bytes) -> None:
        if not self.closing:
            self._framer.feed(data)
            self._work()

    def eof_received(self) -> bool:
        """A client that half-closes still gets its replies; then `pump` closes."""
        self.finish()
        return not self.closing

    # ---------------------------------------------------------------- in

    def _work(self) -> None:
        """Handle a turn's worth of messages; the rest waits until others had their turn, or the replies are read."""
        self._turn = None
        now = self.server.monotonic()
        try:
            for _ in range(self.server.limits.turn):
                if self.closing or self._replies_full():
                    break
                frame = self._framer.next()
                if frame is None:
                    self.pump()
                    self._read(True)
                    return
                self.heard_at = now
                self._one(frame, now)
        except (ProtocolError, TooLarge, TooDeep) as error:
            self.reply(error_notification(error))
            self.close_soon(error.message)
            return
        self._read(False)
        self.pump()
        self._next_turn()

    def _one(self, frame: bytes, now: float) -> None:
        try:
            self.dispatcher.handle(frame, now)
        except ProtocolError as error:  # the message was complete: the next one can be found
            self.reply(error_notification(error))
        if self._last_reply is not None:
            self.close_soon(self._last_reply)

    def close_after_reply(self, why: str) -> None:
        """The request at hand is the last one that is handled."""
        self._last_reply = why

    def _next_turn(self) -> None:
        if self._turn is None and not self.closing and not self._replies_full():
            self._turn = asyncio.get_running_loop().call_soon(self._work)

    def _replies_full(self) -> bool:
        return self.outbox.replies_bytes > self.server.limits.replies_bytes

    def _read(self, on: bool) -> None:
        if on != self._reading and not self.closing:
            self._reading = on
            (self.transport.resume_reading if on else self.transport.pause_reading)()

    def _identified(self) -> None:
        self._framer.limit(self.server.limits.frame)
        self.server.identified(self)

    # ---------------------------------------------------------------- out

    def reply(self, data: bytes) -> None:
        """Queue a reply; `pump` writes it."""
        if not self.closing:
            self.outbox.reply(data)

    def pump(self) -> None:
        """Write while the transport has room."""
        while not self._write_paused and not self.closing:
            chunk = self.outbox.take(_CHUNK)
            if not chunk:
                if self._half_closed and not self.dispatcher.busy:
                    self._end()
                    self.transport.close()
                return
            self.written_at = self.server.monotonic()
            self.transport.write(chunk)

    def offer(self, entries: list[Entry]) -> None:
        """Written piece by piece: a large commit alone makes nobody a slow reader."""
        for start in range(0, len(entries), _PIECE):
            for sub in tuple(self.outbox.subscriptions.values()):
                if not all(sub.offer(entry) for entry in entries[start : start + _PIECE]):
                    self.close_now("reader too slow for policy close")
                    return
                if not sub.live and sub.sub_id not in self._replays:
                    self._replay(sub)
            self.pump()

    def sample(self, entry: Entry) -> None:
        for sub in self.outbox.subscriptions.values():
            sub.sample(entry)
        self.pump()

    def tick(self, entry: Entry) -> None:
        if not self._write_paused and not self.closing:
            self.reply(event_message([entry.alone()], 1))
            self.pump()

    # ---------------------------------------------------------------- subscriptions

    def subscribed(self, sub: Subscription) -> None:
        self.outbox.add(sub)
        self.server.hub.add(self)
        if not sub.live:
            self._replay(sub)

    def unsubscribed(self, sub_id: int) -> bool:
        """False when there is no such subscription."""
        sub = self.outbox.remove(sub_id)
        if sub is None:
            return False
        self._dropped += sub.dropped
        task = self._replays.pop(sub_id, None)
        if task is not None:
            task.cancel()
        if not self.outbox.subscriptions:
            self.server.hub.remove(self)
        return True

    def _replay(self, sub: Subscription) -> None:
        task = self.server.keep(self._replaying(sub))
        self._replays[sub.sub_id] = task

    async def _replaying(self, sub: Subscription) -> None:
        """Feed it from the journal, a chunk whenever the last one is written, until it is level with the hub."""
        hub, chunk = self.server.hub, self.server.limits.replay_chunk
        try:
            while True:
                self.pump()
                await sub.drained.wait()
                try:
                    entries = await hub.read(sub.seen, chunk)
                except JournalGone as error:
                    sub.lose(sub.seen + 1, int(error.data["first_id"]) - 1)
                    continue
                if not entries and sub.seen >= hub.head:
                    # No await since the read saw nothing newer and the hub announced nothing newer: no gap.
                    sub.live = True
                    return
                sub.fill(entries)
        except EngineError as error:
            _log.error("control_replay_failed", session_id=self.session.id, sub_id=sub.sub_id, error=error.message)
            self.reply(error_notification(error, sub_id=sub.sub_id))
            self.close_soon("the journal cannot be read")
        finally:
            self._replays.pop(sub.sub_id, None)

    # ---------------------------------------------------------------- end

    def check(self, now: float) -> None:
        """Called about once a second: close what is silent before it said who it is, or does not read."""
        limits = self.server.limits
        if self.closing:
            if now - self._closed_at > limits.auth_s:  # does not even read its last words
                self.transport.abort()
            return
        if self.session.identity is None:
            if now - self.heard_at > limits.auth_s or now - self.opened_at > limits.auth_total_s:
                self.close_now("no session.auth")
            return
        held = self.transport.get_write_buffer_size()
        if held == 0 or held < self._buffered:
            self.written_at = now
        self._buffered = held
        if now - self.written_at > limits.stall_s:
            self.close_now(f"read nothing for {limits.stall_s:g} s")

    def finish(self) -> None:
        """Close once all that waits is written and no request is on its way."""
        self._half_closed = True
        self.pump()

    def close_soon(self, why: str) -> None:
        """Close when the replies are written."""
        if not self.closing:
            self.transport.write(self.outbox.take_replies())
            self._end(why)
            self.transport.close()

    def close_now(self, why: str) -> None:
        if not self.closing:
            self._end(why)
            self.transport.abort()

    def _end(self, why: str | None = None) -> None:
        self.closing = True
        self._closed_at = self.server.monotonic()
        if why is not None:
            self.server.count_closed(why)
            audit.closed(self.session, why)

    def info(self) -> SessionInfo:
        subs = self.outbox.subscriptions.values()
        client = self.session.client
        return SessionInfo(
            id=self.session.id,
            peer=str(self.session.peer),
            name=self.session.name,
            roles=tuple(sorted(self.session.roles)),
            client=f"{client.name} {client.version}".strip() if client else "",
            connected_at_ms=self.session.connected_at_ms,
            requests=self.session.requests,
            refused=self.session.refused,
            subscriptions=len(subs),
            queue_bytes=self.outbox.backlog.bytes + self.outbox.replies_bytes + self.transport.get_write_buffer_size(),
            queue_events=self.outbox.backlog.events,
            lag_events=max((self.server.hub.head - sub.position for sub in subs), default=0),
            acked_id=min((sub.acked for sub in subs if sub.acked is not None), default=None),
            dropped=self._dropped + sum(sub.dropped for sub in subs),
        )
