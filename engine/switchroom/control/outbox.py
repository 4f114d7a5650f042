"""What waits to be written to one client: replies first, then its subscriptions in turn."""

from __future__ import annotations

from collections import deque

from .subscription import Backlog, Subscription


class Outbox:
    """No I/O: the connection takes chunks while its transport has room."""

    def __init__(self, queue_bytes: int, queue_events: int) -> None:
        self.backlog = Backlog(queue_bytes, queue_events)
        self.subscriptions: dict[int, Subscription] = {}
        self.replies_bytes = 0
        self._replies: deque[bytes] = deque()
        self._turns: deque[Subscription] = deque()

    def reply(self, data: bytes) -> None:
        self._replies.append(data)
        self.replies_bytes += len(data)

    def add(self, sub: Subscription) -> None:
        self.subscriptions[sub.sub_id] = sub
        self._turns.append(sub)

    def remove(self, sub_id: int) -> Subscription | None:
        sub = self.subscriptions.pop(sub_id, None)
        if sub is not None:
            sub.end()
            self._turns.remove(sub)
        return sub

    @property
    def waiting(self) -> bool:
        return bool(self._replies) or any(sub.waiting for sub in self._turns)

    def take_replies(self) -> bytes:
        """All replies: the last words before closing."""
        data = b"".join(self._replies)
        self._replies.clear()
        self.replies_bytes = 0
        return data

    def take(self, max_bytes: int) -> bytes:
        """About `max_bytes` of whole messages; empty when nothing waits."""
        out: list[bytes] = []
        size = 0
        while self._replies and size < max_bytes:
            size += len(self._replies[0])
            out.append(self._replies.popleft())
        self.replies_bytes -= size
        for _ in range(len(self._turns)):
            if size >= max_bytes:
                break
            sub = self._turns[0]
            self._turns.rotate(-1)
            chunk = sub.take(max_bytes - size)
            size += len(chunk)
            out.append(chunk)
        return b"".join(out)
