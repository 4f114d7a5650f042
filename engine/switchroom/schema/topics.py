"""Topics of events. A new one is added here, with its `since`; clients must ignore topics they do not know."""

from __future__ import annotations

from .info import TopicInfo

TOPICS: tuple[TopicInfo, ...] = tuple(
    TopicInfo(topic=topic, doc=doc, since=1, journaled=journaled)
    for topic, journaled, doc in (
        ("call.created", True, "A call exists: direction, from, to, trunk."),
        ("call.ringing", True, "The far side rings: sip_status (180 or 183)."),
        ("call.answered", True, "The call was answered."),
        ("call.amd", True, "Answering-machine detection has decided: verdict, reason, after_ms."),
        ("call.bridged", True, "Two calls hear each other: with_id."),
        ("call.play.started", True, "The far side hears it now: play_id, duration_ms."),
        ("call.play.ended", True, "It is over: play_id, finished (false: stopped), position_ms, played_ms, item."),
        ("call.held", True, "The call hears music, or nothing."),
        ("call.unheld", True, "It is off hold: joined (true: it hears again whom it heard before)."),
        ("call.dtmf", True, "A digit was received: digit, leg_id, way (event or audio)."),
        (
            "call.quality",
            True,
            "A limit of [quality] was crossed: leg_id, alarm, state (begin, end), value, lasted_ms.",
        ),
        ("call.ended", True, "The call has ended: sip_status, q850_cause, side, and what its CDR says."),
        ("fork.started", True, "A leg's audio goes to a program: leg, sink, format, rate_hz, direction."),
        ("fork.ended", True, "It goes there no more: reason, frames, dropped, lost, back_ms, back_dropped_ms, clears."),
        ("supervisor.joined", True, "A supervisor is beside a call: id, supervisor, mode, supervisor_call_id."),
        ("supervisor.mode", True, "Listens, whispers or barges in from now on: id, supervisor, mode."),
        ("supervisor.left", True, "A supervisor is gone, or did not come: id, supervisor, reason."),
        ("conference.created", True, "A conference exists: id."),
        ("conference.joined", True, "A call is in it, or may do something else: id, talk, hear."),
        ("conference.muted", True, "The others hear a call no more, or again: id, muted."),
        ("conference.left", True, "A call is out of it: id, reason (left, ended, bridged, closed)."),
        ("conference.closed", True, "It is over: id."),
        ("recording.started", True, "A recording begins: recording_id, path, sides."),
        ("recording.paused", True, "What is said from now on is not recorded: recording_id, at_ms into it."),
        ("recording.resumed", True, "It is recorded again: recording_id, at_ms into it."),
        ("recording.part", True, "A file of a recording that goes on is complete: as recording.ready."),
        (
            "recording.ready",
            True,
            "A recording is complete: recording_id, part (the last), path, bytes, duration_ms, "
            "sha256, format; gaps, key_id, recovered (after a crash), error (what cut it short) when there are any.",
        ),
        ("recording.failed", True, "A recording stopped early or cannot be published, the call goes on: error."),
        ("recording.held", True, "A legal hold was set or released: recording_id, reason (none: released)."),
        ("recording.erased", True, "A file was erased: recording_id, part, why, ledger_seq, ledger_hash."),
        ("attempt.started", True, "A contact is being dialed: attempt_id, contact_id, ordinal."),
        ("attempt.withdrawn", True, "It was not dialed after all, and does not count: reason."),
        ("attempt.connected", True, "The person who answered hears an agent."),
        ("attempt.ended", True, "An attempt to reach a contact has ended: its one disposition."),
        ("attempt.disposed", True, "The agent's own word for how the talk went: attempt_id, disposition, note."),
        ("campaign.created", True, "A campaign exists: name."),
        ("campaign.updated", True, "Its settings were replaced: version."),
        ("campaign.state", True, "It runs, pauses, stops or has ended: state."),
        ("campaign.hold", True, "It runs and may not dial just now, or may again: on, reason."),
        ("campaign.stats", False, "Twice a second: data is its CampaignStats."),
        ("pacing.decision", False, "Twice a second: the last decision of its pacing and why (PacingView)."),
        ("contact.added", True, "A contact was added: contact_id."),
        ("contact.importing", True, "A part of a file was stored: done, of."),
        ("contact.imported", True, "A file of contacts was imported: accepted, rejected, duplicates."),
        ("agent.state", True, "An agent changed state: state, since_ms, connected, reason."),
        ("trunk.up", True, "A trunk answers again: trunk, status."),
        ("trunk.down", True, "A trunk answers no more: trunk, status."),
        ("trunk.enabled", True, "trunk.enable was called: trunk."),
        ("trunk.disabled", True, "trunk.disable was called: trunk."),
        ("engine.stats", False, "Twice a second: data is EngineStats."),
        ("engine.tick", False, "Every 10 s to each client that subscribed to anything: head is the newest event id."),
        ("engine.draining", True, "No new work is taken: calls (still up), deadline_ms."),
        ("engine.stopping", True, "The last event: connections close next."),
    )
)
