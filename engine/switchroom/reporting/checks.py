"""Do the books balance? Each check returns what is wrong, by id; an empty list is a passed check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from ..recording.verify import problems
from ..store.attempts import AttemptRow
from ..store.calls import CallRow
from ..store.contacts import ContactRow

RECORDING_TOLERANCE_MS = 100.0


def one_disposition_each(attempts: Sequence[AttemptRow]) -> list[str]:
    """Every attempt ended, in exactly one disposition."""
    wrong = [
        f"attempt {attempt.id} (contact {attempt.contact_id}) is {attempt.state} with disposition {attempt.disposition}"
        for attempt in attempts
        if attempt.state != "ended" or not attempt.disposition or attempt.ended_at_ms is None
    ]
    twice = [id_ for id_, count in Counter(attempt.id for attempt in attempts).items() if count > 1]
    return wrong + [f"attempt {id_} is there more than once" for id_ in twice]


def nobody_dialed_twice_at_once(attempts: Sequence[AttemptRow]) -> list[str]:
    """No contact has two attempts that overlap, nor two of the same ordinal."""
    wrong: list[str] = []
    by_contact: dict[str, list[AttemptRow]] = {}
    for attempt in attempts:
        if attempt.started_at_ms is not None:
            by_contact.setdefault(attempt.contact_id, []).append(attempt)
    for contact_id, own in by_contact.items():
        own.sort(key=lambda attempt: attempt.started_at_ms or 0)
        for first, second in pairwise(own):
            if first.ended_at_ms is None or (second.started_at_ms or 0) < first.ended_at_ms:
                wrong.append(f"contact {contact_id}: attempts {first.id} and {second.id} overlap")
            if first.ordinal == second.ordinal:
                wrong.append(
                    f"contact {contact_id}: attempts {first.id} and {second.id} are both number {first.ordinal}"
                )
    return wrong


def talks_are_recorded(calls: Sequence[CallRow], root: Path) -> list[str]:
    """Every talk has a recording, whole, as long as its CDR's talk within 100 ms."""
    wrong: list[str] = []
    for call in calls:
        if call.disposition != "talked":
            continue
        if call.recording is None:
            wrong.append(f"call {call.id}: talk of {call.talk_ms} ms without a recording")
            continue
        expected = call.talk_ms
        wrong += [
            f"call {call.id}: {text}" for text in problems(root / call.recording, expected, RECORDING_TOLERANCE_MS)
        ]
    return wrong


def no_audio_lost(calls: Sequence[CallRow]) -> list[str]:
    """No RTP packet of any call went missing on the way to us."""
    return [
        f"call {call.id}: {call.rx_lost} of {call.rx_packets + call.rx_lost} RTP packets lost"
        for call in calls
        if call.rx_lost
    ]


def attempts_have_cdrs(attempts: Sequence[AttemptRow], calls: Sequence[CallRow]) -> list[str]:
    """Every attempt that was sent has exactly one CDR, with the same disposition."""
    by_attempt: dict[str, list[CallRow]] = {}
    for call in calls:
        if call.attempt_id is not None:
            by_attempt.setdefault(call.attempt_id, []).append(call)
    wrong: list[str] = []
    for attempt in attempts:
        own = by_attempt.pop(attempt.id, [])
        if len(own) != 1 and attempt.disposition != "interrupted":
            wrong.append(f"attempt {attempt.id} has {len(own)} CDRs")
        elif any(call.disposition != attempt.disposition for call in own):
            wrong.append(f"attempt {attempt.id} is {attempt.disposition}, its CDR says {own[0].disposition}")
    return wrong + [f"CDR of unknown attempt {id_}" for id_ in by_attempt]


def contacts_are_settled(contacts: Sequence[ContactRow]) -> list[str]:
    """No contact is left leased."""
    return [f"contact {contact.id} is still leased" for contact in contacts if contact.state == "leased"]
