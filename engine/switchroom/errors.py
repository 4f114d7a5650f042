"""Errors of the engine: one small tree with stable codes that the control socket reuses.

Code ranges (never renumbered): 10xx protocol, 20xx access, 30xx state, 40xx limits, 50xx network and
telephony, 90xx internal. A message names the object, what was found and what to do.
"""

from __future__ import annotations

from typing import Any, ClassVar


class EngineError(Exception):
    """Something inside went wrong. Base of all errors raised by Switchroom; `data` is machine-readable."""

    code: ClassVar[int] = 9000
    name: ClassVar[str] = "internal"

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.data: dict[str, Any] = {key: value for key, value in data.items() if value is not None}


class ProtocolError(EngineError):
    """The byte stream is not MessagePack-RPC."""

    code = 1000
    name = "bad_frame"


class UnknownMethod(EngineError):
    """No method of that name; `api.info` lists them."""

    code = 1001
    name = "unknown_method"


class BadParams(EngineError):
    """An argument is missing, of the wrong type or out of range; `field` names it."""

    code = 1002
    name = "bad_params"


class TooLarge(EngineError):
    """A frame, array, map or string above the limit."""

    code = 1003
    name = "too_large"


class TooDeep(EngineError):
    """Nested deeper than the limit."""

    code = 1004
    name = "too_deep"


class Unauthenticated(EngineError):
    """Call session.auth first."""

    code = 2000
    name = "unauthenticated"


class Forbidden(EngineError):
    """The session's roles do not allow it."""

    code = 2001
    name = "forbidden"


class NotFound(EngineError):
    """No object of that id."""

    code = 3000
    name = "not_found"


class Exists(EngineError):
    """An object of that id or name is there already."""

    code = 3001
    name = "exists"


class WrongState(EngineError):
    """The object cannot do that in its present state."""

    code = 3002
    name = "wrong_state"


class Conflict(EngineError):
    """Same idempotency key, other arguments."""

    code = 3003
    name = "conflict"


class JournalGone(EngineError):
    """That event id is no longer in the journal; `first_id` is the oldest kept."""

    code = 3004
    name = "journal_gone"


class RateLimited(EngineError):
    """Too many requests; `retry_after_ms` says when."""

    code = 4000
    name = "rate"


class Busy(EngineError):
    """Too many requests pending."""

    code = 4001
    name = "busy"


class Capacity(EngineError):
    """A limit on calls is reached; `limit` says which."""

    code = 4002
    name = "capacity"


class QueueFull(EngineError):
    """A bounded queue is full."""

    code = 4003
    name = "queue_full"


class Draining(EngineError):
    """The engine takes no new work; `retry_after_ms`."""

    code = 4004
    name = "draining"


class NoRoute(EngineError):
    """No trunk or address to send the call to."""

    code = 5000
    name = "no_route"


class TrunkDown(EngineError):
    """The trunk does not answer or is disabled."""

    code = 5001
    name = "trunk_down"


class CallFailed(EngineError):
    """A call came to no answer; `sip_status`, `q850_cause` and `side` say how."""

    code = 5002
    name = "call_failed"

    def __init__(self, message: str, *, sip_status: int = 0, q850_cause: int = 0, side: str = "", **data: Any) -> None:
        super().__init__(message, sip_status=sip_status, q850_cause=q850_cause, side=side, **data)
        self.sip_status = sip_status
        self.q850_cause = q850_cause
        self.side = side


class CallBusy(CallFailed):
    """486 or 600."""

    code = 5003
    name = "call_busy"


class Declined(CallFailed):
    """603, 607, 608 or 403: somebody or something said no."""

    code = 5004
    name = "declined"


class NoAnswer(CallFailed):
    """Rang until our limit or the far side's (408 after ringing, 480)."""

    code = 5005
    name = "no_answer"


class Unreachable(CallFailed):
    """404, 410, 484, 604: no such number; 408 without any answer; 5xx: the trunk cannot."""

    code = 5006
    name = "unreachable"


class Cancelled(CallFailed):
    """We gave up before an answer (487)."""

    code = 5007
    name = "cancelled"


class NoMedia(CallFailed):
    """No common codec (488), or an unusable description."""

    code = 5008
    name = "no_media"


class HungUp(CallFailed):
    """The call ended while something was still waiting for it."""

    code = 5009
    name = "hung_up"


class MediaError(EngineError):
    """No usable audio file, ports used up, a full disk under a recording."""

    code = 5010
    name = "media"


class SinkDown(EngineError):
    """The program that a media fork was to connect to is not there."""

    code = 5020
    name = "sink_down"


class StoreError(EngineError):
    """The store could not commit."""

    code = 9001
    name = "store"


class ConfigError(EngineError):
    """The configuration is not usable; the message lists every problem."""

    code = 9002
    name = "config"


def error_table() -> list[tuple[int, str, str]]:
    """All (code, name, first line of the docstring), by code: for `api.info` and the docs. Kinds that share the code of
    their base are that base to whoever hears of them over the wire."""
    found: dict[int, tuple[int, str, str]] = {}
    stack: list[type[EngineError]] = [EngineError]
    while stack:
        kind = stack.pop()
        stack.extend(kind.__subclasses__())
        found.setdefault(kind.code, (kind.code, kind.name, (kind.__doc__ or "").strip().split("\n")[0]))
    return [found[code] for code in sorted(found)]


def error_class(code: int) -> type[EngineError]:
    """Class of a code, for what came over the wire; EngineError for codes this version does not know."""
    stack: list[type[EngineError]] = [EngineError]
    while stack:
        kind = stack.pop()
        if kind.code == code:
            return kind
        stack.extend(kind.__subclasses__())
    return EngineError
