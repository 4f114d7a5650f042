"""The audit log: every call that changes something, and every refused one. Names and ids, never numbers or secrets."""

from __future__ import annotations

from typing import Any

import structlog

from ..errors import EngineError
from .session import Session

_log = structlog.get_logger("switchroom.audit")


def changed(session: Session, method: str, target: Any, trace_id: str, error: BaseException | None = None) -> None:
    """A mutating call ended, well or not."""
    result = "ok" if error is None else error.name if isinstance(error, EngineError) else "internal"
    _log.info("control_call", **_who(session), method=method, object=target, result=result, trace_id=trace_id)


def refused(session: Session, method: str, error: EngineError, trace_id: str) -> None:
    """A call that the session may not make."""
    _log.warning("control_refused", **_who(session), method=method[:128], result=error.name, trace_id=trace_id)


def closed(session: Session, reason: str) -> None:
    """The engine closed the connection, not the client."""
    _log.warning("control_closed", **_who(session), reason=reason)


def _who(session: Session) -> dict[str, Any]:
    return {"session_id": session.id, "peer": str(session.peer), "name": session.name}
