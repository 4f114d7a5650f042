"""Listening to recordings with the ground truth in hand: the right voices, whole, for as long as the CDR says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import MediaError
from ..recording.verify import problems as file_problems
from ..store.calls import CallRow
from .agent import agent_speech
from .audio import RATE, Samples, read_wav
from .check import TOLERANCE_MS, Evidence, Finding
from .population import Population, callee_speech
from .proof import Channel, check_channel
from .truth import CalleeTruth, TalkTruth

_QUIET = 32  # peak of room tone; an agent who has not begun to speak is no louder


@dataclass(frozen=True, slots=True)
class Room:
    """What is needed to render everybody's words again."""

    population: Population
    agent_seed: int
    recordings: Path


def messages_follow_the_beep(evidence: Evidence, room: Room) -> Finding:
    """What a machine hears of us begins when its beep is over. A beep that was not found is no inconsistency."""
    callees = {callee.sip_call_id: callee for callee in evidence.callees}
    finding = Finding("messages to machines begin after the beep", 0)
    for cdr in evidence.cdrs:
        callee = callees.get(cdr.sip_call_id or "")
        if callee is None or callee.kind != "machine" or callee.answered_at_ms is None or callee.heard_at_ms is None:
            continue
        plan = room.population.draw(callee.number, callee.nth)
        if plan.beep_end_ms is None or cdr.disposition not in ("machine", "machine_message"):
            continue
        finding.of += 1
        early_ms = callee.answered_at_ms + plan.beep_end_ms - callee.heard_at_ms
        if early_ms > 0:
            finding.offenders.append(
                f"call {cdr.id} to {callee.number}: something is heard {early_ms} ms before the end"
            )
    return finding


def recordings_match(evidence: Evidence, room: Room) -> Finding:
    """Every talk has a recording, whole as a file, whose length is its CDR's within TOLERANCE_MS."""
    talks = [cdr for cdr in evidence.cdrs if cdr.disposition == "talked"]
    finding = Finding("every talk has a recording as long as its CDR says", len(talks))
    for cdr in talks:
        if cdr.recording is None or cdr.record_ms is None:
            finding.offenders.append(f"call {cdr.id}: talked {cdr.talk_ms} ms, its CDR names no recording")
            continue
        finding.offenders += [
            f"call {cdr.id}: {problem}"
            for problem in file_problems(room.recordings / cdr.recording, cdr.record_ms, TOLERANCE_MS)
        ]
        if cdr.record_ms < cdr.talk_ms - TOLERANCE_MS:
            finding.offenders.append(f"call {cdr.id}: talked {cdr.talk_ms} ms, recorded only {cdr.record_ms} ms")
    return finding


def audio_is_whole(evidence: Evidence, room: Room) -> Finding:
    """In each talk's recording the left channel is its callee, the right its agent, each sample, and nobody else."""
    callees = {callee.sip_call_id: callee for callee in evidence.callees}
    agents = {talk.call_id: talk for talk in evidence.talks}
    finding = Finding("no audio lost or crossed between calls", 0)
    jobs = []
    for cdr in evidence.cdrs:
        callee, talk = callees.get(cdr.sip_call_id or ""), agents.get(cdr.id)
        if cdr.disposition == "talked" and cdr.recording is not None and callee is not None and talk is not None:
            jobs.append((room, cdr, callee, talk))
    finding.of = len(jobs)
    paused_ms = 0
    for job in jobs:
        problems, paused = _listen_to(*job)
        finding.offenders += problems
        paused_ms += paused
    if paused_ms:
        finding.note = f"speakers' processes stood still for {paused_ms} ms in all and then went on; nothing is missing"
    return finding


def _listen_to(room: Room, cdr: CallRow, callee: CalleeTruth, talk: TalkTruth) -> tuple[list[str], int]:
    """What is wrong with a recording, and how long its speakers paused, ms."""
    assert cdr.recording is not None
    try:
        rate, data = read_wav(room.recordings / cdr.recording)
    except MediaError as error:
        return [f"call {cdr.id}: {error.message}"], 0
    if rate != RATE or data.shape[1] != 2:
        return [f"call {cdr.id}: {rate} Hz, {data.shape[1]} channels; must be {RATE} Hz stereo"], 0
    left, right = _hear_callee(room, callee, data[:, 0]), _hear_agent(room, talk, data[:, 1])
    found = [f"call {cdr.id}, left (callee {callee.number}): {problem}" for problem in left.problems()]
    found += [f"call {cdr.id}, right ({talk.agent_id}): {problem}" for problem in right.problems()]
    if right.lag is not None and right.lag > 0 and int(np.abs(data[: right.lag, 1]).max(initial=0)) > _QUIET:
        found.append(f"call {cdr.id}, right: something else is heard in the {right.lead_ms} ms before the agent speaks")
    return found, left.paused_ms + right.paused_ms


def _hear_callee(room: Room, callee: CalleeTruth, pcm: Samples) -> Channel:
    plan = room.population.draw(callee.number, callee.nth)
    return check_channel(pcm, callee_speech(plan, room.population.voices, callee.identity))


def _hear_agent(room: Room, talk: TalkTruth, pcm: Samples) -> Channel:
    voices = room.population.voices
    return check_channel(pcm, agent_speech(room.agent_seed, talk.agent_id, talk.nth, talk.identity, voices))
