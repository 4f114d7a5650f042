"""How a leg ended, and which error says so."""

from __future__ import annotations

from typing import NamedTuple

from .. import errors
from .._sip import status_text


class End(NamedTuple):
    """`status`: final SIP status when never answered, 0 after a normal BYE. `q850`: cause. `side`: local, remote,
    timeout, transport or protocol. `reason`: text of the Reason header or status line, as the peer sent it."""

    status: int
    q850: int
    side: str
    reason: str = ""

    def __str__(self) -> str:
        status = f"{self.status} {self.reason or status_text(self.status)}" if self.status else "ended"
        return f"{status} (Q.850 {self.q850}, {self.side})"


_BY_STATUS: dict[int, type[errors.CallFailed]] = {
    403: errors.Declined,
    404: errors.Unreachable,
    410: errors.Unreachable,
    480: errors.NoAnswer,
    484: errors.Unreachable,
    486: errors.CallBusy,
    487: errors.Cancelled,
    488: errors.NoMedia,
    600: errors.CallBusy,
    603: errors.Declined,
    604: errors.Unreachable,
    606: errors.NoMedia,
    607: errors.Declined,
    608: errors.Declined,
}


def failure(end: End, *, rang: bool, what: str) -> errors.CallFailed:
    """The typed error of a leg that ended while somebody waited for its answer.

    `rang`: the far side had said 18x, which tells a timeout of the person from one of the network. `what` names the
    call in the message. A status without a meaning of its own becomes Unreachable when 5xx, else CallFailed.
    """
    kind: type[errors.CallFailed]
    if end.status == 408:
        kind = errors.NoAnswer if rang else errors.Unreachable
    elif end.side == "protocol":
        kind = errors.NoMedia
    elif end.status == 0:
        kind = errors.HungUp
    else:
        fallback = errors.Unreachable if 500 <= end.status < 600 else errors.CallFailed
        kind = _BY_STATUS.get(end.status, fallback)
    return kind(f"{what}: {end}", sip_status=end.status, q850_cause=end.q850, side=end.side)
