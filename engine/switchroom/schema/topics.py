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
        ("call.dtmf", True, "A digit was received: digit, leg_id."),
        ("call.ended", True, "The call has ended: sip_status, q850_cause, side, and what its CDR says."),
        ("recording.ready", True, "A recording is complete: path, duration_ms."),
        ("recording.failed", True, "A recording stopped early, the call goes on: error."),
        ("attempt.ended", True, "An attempt to reach a contact has ended: its one disposition."),
        ("campaign.created", True, "A campaign exists."),
        ("campaign.updated", True, "Its settings were replaced."),
        ("campaign.state", True, "It runs, pauses, stops or has ended: state."),
        ("campaign.stats", False, "Once a second while it runs: data is its CampaignStats."),
        ("contact.imported", True, "A file of contacts was imported: accepted, rejected_count, duplicates."),
        ("agent.state", True, "An agent changed state: state, before."),
        ("trunk.up", True, "A trunk answers again: trunk, status."),
        ("trunk.down", True, "A trunk answers no more: trunk, status."),
        ("trunk.enabled", True, "trunk.enable was called: trunk."),
        ("trunk.disabled", True, "trunk.disable was called: trunk."),
        ("engine.stats", False, "Twice a second: data is EngineStats."),
        ("engine.tick", False, "Every 10 s to each client that subscribed to anything: head is the newest event id."),
        ("engine.draining", True, "No new work is taken: calls, campaigns left."),
        ("engine.stopping", True, "The last event: connections close next."),
    )
)
