"""One campaign: its state, its attempts by phase, its counters; routes what happens to attempts and pacer alike.

Pure: times are seconds on one monotonic clock, handed in; the shell carries the commands out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from ..errors import WrongState
from ..schema.campaign import CampaignSettings, CampaignState
from .attempt import Attempt, Commands, Phase
from .disposition import Disposition
from .pacing import AgentView, Budget, Decision, Pacer, ProgressivePacer, Situation
from .predictive import PredictiveOptions, PredictivePacer


class AbandonLedger(Protocol):
    """What the law counts; compliance.abandon.Ledger is one. Instants in ms on the campaign's clock."""

    def add(self, at_ms: int, abandoned: bool) -> None: ...

    def windows(self, now_ms: int) -> Sequence[Budget]: ...


def make_pacer(settings: CampaignSettings) -> Pacer:
    """The pacer that `settings` ask for, knowing nothing yet."""
    if settings.mode == "progressive":
        return ProgressivePacer()
    return PredictivePacer(
        PredictiveOptions(
            amd=settings.amd,
            wrapup_s=max(0.1, settings.wrapup_ms / 1000),
            wait_s=settings.abandon_after_ms / 2000,
        )
    )


class Campaign:
    """See the module. `attempts` holds those in progress, oldest first."""

    def __init__(
        self,
        id: str,
        settings: CampaignSettings,
        ledger: AbandonLedger,
        state: CampaignState = "new",
        pacer: Pacer | None = None,
    ) -> None:
        self.id = id
        self.settings = settings
        self.ledger = ledger
        self.state: CampaignState = state
        self.pacer = pacer or make_pacer(settings)
        self.attempts: dict[str, Attempt] = {}
        self.dispositions: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self.started = 0
        self.people = 0
        self.talked = 0
        self.abandoned = 0
        self.decision = Decision(why="not started")

    def restore(self, dispositions: dict[str, int], verdicts: dict[str, int], people: int, abandoned: int) -> None:
        """Counters as they were before a restart."""
        self.dispositions, self.verdicts = Counter(dispositions), Counter(verdicts)
        self.started = self.dispositions.total()
        self.talked = self.dispositions[Disposition.TALKED]
        self.people, self.abandoned = people, abandoned

    # --- state

    def update(self, settings: CampaignSettings) -> None:
        """New settings; what the pacer learned is kept unless the mode or AMD changes."""
        if (settings.mode, settings.amd) != (self.settings.mode, self.settings.amd):
            self.pacer = make_pacer(settings)
        self.settings = settings

    def start(self) -> bool:
        """New or paused to running. False when it runs already."""
        if self.state in {"stopping", "ended"}:
            raise WrongState(
                f"campaign {self.id} is {self.state}; create a new one for the contacts that are left", state=self.state
            )
        changed = self.state != "running"
        self.state = "running"
        return changed

    def pause(self) -> bool:
        """No new calls; those in progress go on. False when it is paused already."""
        if self.state not in {"running", "paused"}:
            raise WrongState(f"campaign {self.id} is {self.state}; only a running one can pause", state=self.state)
        changed = self.state == "running"
        self.state = "paused"
        return changed

    def stop(self) -> bool:
        """No new calls, and ended with the last one. False when it is stopping or ended already."""
        if self.state in {"stopping", "ended"}:
            return False
        self.state = "stopping"
        return True

    def finish(self, contacts_left: bool) -> bool:
        """End it, if it is time: the last attempt of a stopping campaign, or nothing left to dial."""
        if self.attempts or self.state not in {"running", "stopping"}:
            return False
        if self.state == "running" and (contacts_left or not self.settings.end_when_done):
            return False
        self.state = "ended"
        return True

    # --- pacing

    def decide(self, now: float, agents: Sequence[AgentView], room: int) -> Decision:
        """How many calls to launch. `room`: what trunks, limits and the hopper leave."""
        settings = self.settings
        self.decision = self.pacer.decide(
            Situation(
                now=now,
                agents=agents,
                attempts=self.attempts.values(),
                room=min(room, settings.max_calls - len(self.attempts)),
                max_abandon=settings.max_abandon,
                max_lines_per_agent=settings.max_lines_per_agent,
                budgets=self.ledger.windows(int(now * 1000)),
            )
        )
        return self.decision

    def launch(self, attempt_id: str, contact_id: str, now: float, predicted_overflow: float = 0.0) -> Attempt:
        """The INVITE goes out."""
        attempt = Attempt(attempt_id, contact_id, self.settings, now)
        attempt.predicted_overflow = predicted_overflow
        self.attempts[attempt_id] = attempt
        self.started += 1
        return attempt

    def forget(self, attempt: Attempt) -> None:
        """It never went out."""
        if self.attempts.pop(attempt.id, None) is not None:
            self.started -= 1

    # --- what happens to attempts: see the methods of Attempt

    def ringing(self, attempt: Attempt, now: float) -> Commands:
        return self._feed(attempt, now, lambda: attempt.ringing(now))

    def answered(self, attempt: Attempt, now: float) -> Commands:
        return self._feed(attempt, now, lambda: attempt.answered(now))

    def verdict(self, attempt: Attempt, verdict: str, now: float) -> Commands:
        if attempt.phase is Phase.DETECTING:
            self.verdicts[verdict] += 1
        return self._feed(attempt, now, lambda: attempt.verdict(verdict, now))

    def beep(self, attempt: Attempt, heard: bool, now: float) -> Commands:
        return self._feed(attempt, now, lambda: attempt.beep(heard, now))

    def played(self, attempt: Attempt, complete: bool, now: float) -> Commands:
        return self._feed(attempt, now, lambda: attempt.played(complete, now))

    def agent_found(self, attempt: Attempt, agent_id: str, now: float) -> Commands:
        return self._feed(attempt, now, lambda: attempt.agent_found(agent_id, now))

    def connected(self, attempt: Attempt, now: float) -> Commands:
        return self._feed(attempt, now, lambda: attempt.connected(now))

    def agent_gone(self, attempt: Attempt, now: float) -> Commands:
        return self._feed(attempt, now, lambda: attempt.agent_gone(now))

    def cancel(self, attempt: Attempt, now: float) -> Commands:
        return self._feed(attempt, now, lambda: attempt.cancel(now))

    def call_ended(
        self, attempt: Attempt, now: float, sip_status: int = 0, q850_cause: int = 0, side: str = ""
    ) -> Commands:
        commands = self._feed(attempt, now, lambda: attempt.call_ended(now, sip_status, q850_cause, side))
        if self.attempts.pop(attempt.id, None) is not None and attempt.fate is not None:
            self.dispositions[attempt.fate] += 1
        return commands

    def expire(self, now: float) -> list[tuple[Attempt, Commands]]:
        """Abandon whoever has waited to the limit."""
        due = [a for a in self.attempts.values() if (limit := a.abandon_at) is not None and now >= limit]
        return [(attempt, self._feed(attempt, now, partial(attempt.limit_reached, now))) for attempt in due]

    def next_limit(self) -> float | None:
        """When the next waiting person reaches the limit."""
        return min((limit for a in self.attempts.values() if (limit := a.abandon_at) is not None), default=None)

    def _feed(self, attempt: Attempt, now: float, event: Callable[[], Commands]) -> Commands:
        left = attempt.phase
        commands = event()
        if attempt.phase is not left:
            self.pacer.call_moved(attempt, left, now)
            if attempt.person and not attempt.counted:
                self._count(attempt, now)
        return commands

    def _count(self, attempt: Attempt, now: float) -> None:
        """Enter a person in the ledger as soon as it is decided how it went."""
        if attempt.phase is Phase.TALKING:
            abandoned = False
            self.talked += 1
        elif attempt.fate is Disposition.ABANDONED:
            abandoned = True
            self.abandoned += 1
        elif attempt.phase in (Phase.ENDING, Phase.ENDED):
            abandoned = False
        else:
            return
        attempt.counted = True
        self.people += 1
        self.ledger.add(int(now * 1000), abandoned)
        self.pacer.person_decided(attempt, abandoned)

    # --- figures

    def phases(self) -> Counter[Phase]:
        """Attempts in progress by phase."""
        return Counter(attempt.phase for attempt in self.attempts.values())

    @property
    def abandon_rate(self) -> float:
        """Since the start: abandoned / people (16 CFR 310.4(b)(4))."""
        return self.abandoned / self.people if self.people else 0.0
