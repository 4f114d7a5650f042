"""Is what the engine reports consistent, and is it what really happened? Pure: evidence in, findings out.

Errors of the answering-machine detector are no inconsistency: they are counted in the confusion table. A disposition
that cannot be, an attempt without an end, a recording that holds another talk, a lost packet are.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..schema.engine import EngineStats
from ..store.attempts import AttemptRow
from ..store.calls import CallRow
from .truth import CalleeTruth, PhoneTruth, TalkTruth

TOLERANCE_MS = 100
SLACK_MS = 500
PACKET_MS = 20

# What a callee of a kind may rightly be reported as, when it answered (or ended the call) and when it never did.
RIGHT: dict[str, frozenset[str]] = {
    "person": frozenset({"talked", "abandoned", "hung_up"}),
    "machine": frozenset({"machine", "machine_message"}),
    "busy": frozenset({"busy"}),
    "no_answer": frozenset({"no_answer"}),
    "reject": frozenset({"declined"}),
    "sit": frozenset({"sit", "invalid_number"}),
}
_BY_AUDIO = frozenset({"talked", "abandoned", "hung_up", "machine", "machine_message", "fax", "sit"})
_UNANSWERED = frozenset({"no_answer", "cancelled"})


@dataclass(slots=True)
class Finding:
    """One check: what was looked at, of how many, and who failed it, each with the reason."""

    check: str
    of: int
    offenders: list[str] = field(default_factory=list)
    note: str = ""

    @property
    def good(self) -> bool:
        return not self.offenders


@dataclass(slots=True)
class Evidence:
    """What the engine left (`attempts`, `cdrs`) and what the simulated people lived (`callees`, `talks`, `phones`)."""

    attempts: Sequence[AttemptRow]
    cdrs: Sequence[CallRow]
    callees: Sequence[CalleeTruth]
    talks: Sequence[TalkTruth]
    phones: Sequence[PhoneTruth] = ()
    late_ms: int = 0
    """How late any of the processes has been, at most: times that two of them wrote down differ by so much."""

    @property
    def slack_ms(self) -> int:
        """Two instants that should be one may lie so far apart."""
        return SLACK_MS + 2 * self.late_ms


def one_disposition(evidence: Evidence) -> Finding:
    """Every attempt has ended in exactly one disposition, and has exactly one CDR that says the same."""
    finding = Finding("every attempt has exactly one disposition", len(evidence.attempts))
    cdrs = collections.defaultdict(list)
    for cdr in evidence.cdrs:
        if cdr.attempt_id is not None:
            cdrs[cdr.attempt_id].append(cdr)
    for attempt in evidence.attempts:
        mine = cdrs.pop(attempt.id, [])
        if attempt.state != "ended" or attempt.disposition is None:
            finding.offenders.append(f"attempt {attempt.id}: state {attempt.state}, no disposition")
        elif [cdr.disposition for cdr in mine] != [attempt.disposition]:
            told = [cdr.disposition for cdr in mine]
            finding.offenders.append(f"attempt {attempt.id}: is {attempt.disposition}, its CDRs say {told}")
    finding.offenders += [f"attempt {attempt_id}: has a CDR, is not in the store" for attempt_id in cdrs]
    return finding


def every_call_is_known(evidence: Evidence) -> Finding:
    """Each call that reached a callee has one CDR under the same SIP Call-ID, and the other way round."""
    outgoing = [cdr for cdr in evidence.cdrs if cdr.attempt_id is not None]
    finding = Finding("every call is known to both sides", len(evidence.callees))
    ours = collections.Counter(cdr.sip_call_id or "" for cdr in outgoing)
    theirs = collections.Counter(callee.sip_call_id for callee in evidence.callees)
    for callee in evidence.callees:
        if ours[callee.sip_call_id] != 1:
            told = f"{ours[callee.sip_call_id]} CDRs for a call to {callee.number}"
            finding.offenders.append(f"Call-ID {callee.sip_call_id}: {told}")
    for cdr in outgoing:
        if (reached := theirs[cdr.sip_call_id or ""]) != 1:
            finding.offenders.append(f"call {cdr.id}: CDR {cdr.disposition}, reached {reached} callees")
    return finding


def dispositions_are_possible(evidence: Evidence) -> Finding:
    """What the network said (busy, declined, nobody answered) is reported as such; only audio may be misjudged."""
    finding = Finding("dispositions agree with what callees did", len(evidence.callees))
    given_up_ms = {cdr.sip_call_id: cdr.ended_at_ms for cdr in evidence.cdrs}
    for callee, disposition in _pairs(evidence):
        crossed = _acted_ms(callee) > given_up_ms[callee.sip_call_id] - evidence.slack_ms
        if disposition not in _possible(callee) | (_UNANSWERED if crossed else frozenset()):
            what = f"{callee.kind}, status {callee.status}, ended by {callee.side}"
            finding.offenders.append(f"{callee.number} call {callee.nth + 1} ({what}): reported as {disposition}")
    return finding


def _acted_ms(callee: CalleeTruth) -> int:
    """When it answered or refused; that may cross with the caller's giving up."""
    return callee.answered_at_ms if callee.answered_at_ms is not None else callee.ended_at_ms


def _possible(callee: CalleeTruth) -> frozenset[str]:
    if callee.answered_at_ms is not None:
        return _BY_AUDIO
    if callee.kind in ("person", "machine"):  # still ringing when the caller gave up
        return _UNANSWERED
    if callee.kind == "no_answer":
        return RIGHT["no_answer"] | _UNANSWERED
    if callee.side == "remote" and callee.status in (0, 487):  # cancelled before it could refuse
        return RIGHT[callee.kind] | _UNANSWERED
    return RIGHT[callee.kind]


def _pairs(evidence: Evidence) -> Iterable[tuple[CalleeTruth, str]]:
    by_call = {cdr.sip_call_id: cdr.disposition or "none" for cdr in evidence.cdrs}
    for callee in evidence.callees:
        if callee.sip_call_id in by_call:
            yield callee, by_call[callee.sip_call_id]


def confusion(evidence: Evidence) -> dict[str, dict[str, int]]:
    """Calls by what the callee was and what was reported."""
    table: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for callee, disposition in _pairs(evidence):
        table[callee.kind][disposition] += 1
    return {kind: dict(table[kind]) for kind in RIGHT if kind in table}


def amd_errors(evidence: Evidence) -> dict[str, list[str]]:
    """Answered calls whose audio was taken for something else: `person as machine` → numbers."""
    found: dict[str, list[str]] = collections.defaultdict(list)
    for callee, disposition in _pairs(evidence):
        if callee.answered_at_ms is not None and disposition not in RIGHT[callee.kind]:
            if disposition == "hung_up":
                continue  # they left before the verdict
            found[f"{callee.kind} as {disposition}"].append(callee.number)
    return dict(found)


def talks_are_agreed(evidence: Evidence) -> Finding:
    """Each talk in the CDRs is a talk that the same agent remembers, and the other way round."""
    talked = {cdr.id: cdr for cdr in evidence.cdrs if cdr.disposition == "talked"}
    finding = Finding("agents remember the talks that are reported", len(talked))
    remembered = collections.defaultdict(list)
    for talk in evidence.talks:
        remembered[talk.call_id].append(talk.agent_id)
    for call_id, cdr in talked.items():
        if remembered.get(call_id, []) != [cdr.agent_id]:
            agents = remembered.get(call_id, [])
            finding.offenders.append(f"call {call_id}: talked with {cdr.agent_id}; agents who remember it: {agents}")
    for call_id, agents in remembered.items():
        if call_id not in talked:
            finding.offenders.append(f"call {call_id}: {', '.join(agents)} talked, no CDR says so")
    return finding


def talk_times_agree(evidence: Evidence) -> Finding:
    """The talk time of a CDR and what the agent lived differ by no more than the way there and back takes."""
    slack_ms = evidence.slack_ms
    lived = {talk.call_id: talk.ended_at_ms - talk.started_at_ms for talk in evidence.talks}
    finding = Finding(f"talk times agree within {slack_ms} ms", len(lived))
    for cdr in evidence.cdrs:
        if cdr.disposition == "talked" and cdr.id in lived and abs(cdr.talk_ms - lived[cdr.id]) > slack_ms:
            finding.offenders.append(f"call {cdr.id}: {cdr.talk_ms} ms in its CDR, the agent lived {lived[cdr.id]} ms")
    return finding


def no_packet_lost(evidence: Evidence) -> Finding:
    """Loss and send errors as counted by the engine, the callees and the agents' phones.

    Packets refused at the end are none: the other side has closed its port, and who hung up may be told to stop
    sending a moment later than the other hears of it.
    """
    finding = Finding("no RTP packet lost", len(evidence.cdrs) + len(evidence.callees) + len(evidence.phones))
    finding.offenders += [f"call {cdr.id}: {cdr.rx_lost} packets lost" for cdr in evidence.cdrs if cdr.rx_lost]
    for callee in evidence.callees:
        finding.offenders += _lost(f"callee {callee.number} call {callee.nth + 1}", callee, evidence)
    for phone in evidence.phones:
        finding.offenders += _lost(f"phone of {phone.agent_id}", phone, evidence)
    return finding


def _lost(who: str, truth: CalleeTruth | PhoneTruth, evidence: Evidence) -> list[str]:
    at_the_end = truth.tx_errors if truth.side == "remote" else evidence.slack_ms // PACKET_MS
    unsent = max(0, truth.tx_errors - at_the_end)
    if not truth.rx_lost and not unsent:
        return []
    return [f"{who}: heard {truth.rx_lost} packets too few, could not send {unsent}"]


def engine_lost_nothing(engine: EngineStats) -> Finding:
    """The engine's own counters of what should never happen."""
    names = ("rtp_lost", "rtp_tx_errors", "rec_errors", "sip_bad")
    told = [f"{name}: {getattr(engine, name)}" for name in names if getattr(engine, name)]
    told += [f"from {bad.source}: {bad.reason}: {bad.text!r}" for bad in engine.sip_bad_last]
    return Finding("the engine counts no loss and no error", len(names), told)


def counters_add_up(evidence: Evidence, accepted: int, reported: dict[str, int], *, all_dialed: bool = True) -> Finding:
    """The campaign's own counters are what its attempts add up to; with `all_dialed`, nobody was left out."""
    finding = Finding("counters of the campaign add up", accepted)
    counted = collections.Counter(attempt.disposition or "none" for attempt in evidence.attempts)
    for disposition in sorted(counted.keys() | reported.keys()):
        if counted[disposition] != reported.get(disposition, 0):
            told = f"{counted[disposition]} attempts, the campaign counts {reported.get(disposition, 0)}"
            finding.offenders.append(f"disposition {disposition}: {told}")
    dialed = {attempt.contact_id for attempt in evidence.attempts}
    if all_dialed and len(dialed) != accepted:
        finding.offenders.append(f"contacts: {accepted} were accepted, {len(dialed)} were dialed")
    return finding


def nothing_left_behind(processes: Sequence[str]) -> Finding:
    return Finding("no process left behind", 1, [f"process {process} is still there" for process in processes])


def consistent(evidence: Evidence) -> list[Finding]:
    """All checks that need nothing but the records."""
    return [
        one_disposition(evidence),
        every_call_is_known(evidence),
        dispositions_are_possible(evidence),
        talks_are_agreed(evidence),
        talk_times_agree(evidence),
        no_packet_lost(evidence),
    ]
