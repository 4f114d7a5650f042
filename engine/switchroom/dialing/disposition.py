"""How an attempt ended: the system's word for it, exactly one per attempt."""

from __future__ import annotations

from enum import StrEnum


class Disposition(StrEnum):
    """`talked` to `hung_up`: a person answered. `machine` to `sit`: something else did. The rest: nobody did."""

    TALKED = "talked"  # connected to an agent
    ABANDONED = "abandoned"  # a person answered, no agent within the limit
    HUNG_UP = "hung_up"  # answered and gone before the verdict, or before the limit while waiting
    MACHINE = "machine"
    MACHINE_MESSAGE = "machine_message"  # and our message was left on it
    FAX = "fax"
    SIT = "sit"  # special information tones of the network: not in service
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    INVALID_NUMBER = "invalid_number"
    FAILED = "failed"  # the network or our side could not
    CANCELLED = "cancelled"  # we gave up before an answer, for a reason of our own
    INTERRUPTED = "interrupted"  # the engine died during the attempt


#: Dispositions that mean a person was on the line; `hung_up` counts only when AMD had said so.
PEOPLE = frozenset({Disposition.TALKED, Disposition.ABANDONED})

_BY_STATUS = {
    400: Disposition.FAILED,
    401: Disposition.FAILED,
    403: Disposition.DECLINED,
    404: Disposition.INVALID_NUMBER,
    407: Disposition.FAILED,
    410: Disposition.INVALID_NUMBER,
    480: Disposition.NO_ANSWER,
    484: Disposition.INVALID_NUMBER,
    486: Disposition.BUSY,
    488: Disposition.FAILED,
    600: Disposition.BUSY,
    603: Disposition.DECLINED,
    604: Disposition.INVALID_NUMBER,
    606: Disposition.FAILED,
    607: Disposition.DECLINED,
    608: Disposition.DECLINED,
}

_BY_CAUSE = {  # ITU-T Q.850
    1: Disposition.INVALID_NUMBER,  # unallocated number
    17: Disposition.BUSY,
    18: Disposition.NO_ANSWER,  # no user responding
    19: Disposition.NO_ANSWER,  # no answer from user
    20: Disposition.NO_ANSWER,  # subscriber absent
    21: Disposition.DECLINED,  # call rejected
    22: Disposition.INVALID_NUMBER,  # number changed
    28: Disposition.INVALID_NUMBER,  # number incomplete
}


def of_failure(sip_status: int, q850_cause: int, side: str = "", *, rang: bool) -> Disposition:
    """Disposition of a call that was never answered. `side`: who ended it ("timeout": our limit on ringing).

    A status with a meaning of its own decides (RFC 3261 21); a general one (500, 503, unknown) gives way to the Q.850
    cause of the gateway, when it says more. A timeout after ringing is nobody answering, without it the network's
    silence; so is 487, when it was not we who cancelled.
    """
    if sip_status in {408, 487} or side == "timeout":
        return Disposition.NO_ANSWER if rang else Disposition.FAILED
    known = _BY_STATUS.get(sip_status)
    if known is not None and known is not Disposition.FAILED:
        return known
    return _BY_CAUSE.get(q850_cause, Disposition.FAILED)
