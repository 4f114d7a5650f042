"""One attempt to reach a contact: a state machine from the INVITE to its single disposition.

    dialing -> ringing -> detecting -> waiting -> [calling agent] -> talking -> ending -> ended
                             |-> beep -> message -> ending

Events go in with the time they happened (seconds, any one clock); commands come out, for the shell to carry out. Events
that come too late for the phase (a verdict after the hang-up) are ignored: networks and people race. Whatever comes in
whatever order, `End` is commanded exactly once, when the call is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..schema.campaign import CampaignSettings
from .disposition import Disposition, of_failure


class Phase(Enum):
    """Where an attempt is. `WAITING` to `CONNECTING`: a person is on the line and no agent yet."""

    DIALING = "dialing"  # INVITE out, nothing heard
    RINGING = "ringing"
    DETECTING = "detecting"  # answered, AMD listens
    WAITING = "waiting"  # for an agent
    CONNECTING = "connecting"  # an agent is reserved; its phone rings or the bridge is being made
    TALKING = "talking"
    BEEP = "beep"  # machine: waiting for its beep
    MESSAGE = "message"  # playing: to a machine, or the abandon message
    ENDING = "ending"  # fate known, hang-up under way
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Command:
    """Base of what the shell is asked to do."""


@dataclass(frozen=True, slots=True)
class Detect(Command):
    """Start answering-machine detection."""


@dataclass(frozen=True, slots=True)
class FindAgent(Command):
    """Give this person the next free agent, as soon as there is one."""


@dataclass(frozen=True, slots=True)
class ReleaseAgent(Command):
    """The reserved agent is not needed after all (`talked` False), or the talk is over (True: wrap-up)."""

    agent_id: str
    talked: bool


@dataclass(frozen=True, slots=True)
class WaitBeep(Command):
    timeout_ms: int


@dataclass(frozen=True, slots=True)
class Play(Command):
    file: str


@dataclass(frozen=True, slots=True)
class HangUp(Command):
    pass


@dataclass(frozen=True, slots=True)
class End(Command):
    """Write the disposition down. The last command of every attempt."""

    disposition: Disposition


Commands = list[Command]
_BEFORE_ANSWER = (Phase.DIALING, Phase.RINGING)
_OVER = (Phase.ENDING, Phase.ENDED)


class Attempt:
    """See the module. Times are seconds on the caller's clock, None until they happen."""

    __slots__ = (
        "agent_id",
        "amd",
        "answered_at",
        "connected_at",
        "contact_id",
        "counted",
        "ended_at",
        "fate",
        "human_at",
        "id",
        "message_played",
        "person",
        "phase",
        "predicted_overflow",
        "ringing_at",
        "settings",
        "started_at",
        "talk_ended_at",
    )

    def __init__(self, id: str, contact_id: str, settings: CampaignSettings, now: float) -> None:
        self.id = id
        self.contact_id = contact_id
        self.settings = settings
        self.phase = Phase.DIALING
        self.started_at = now
        self.ringing_at: float | None = None
        self.answered_at: float | None = None
        self.human_at: float | None = None
        self.connected_at: float | None = None
        self.talk_ended_at: float | None = None
        self.ended_at: float | None = None
        self.agent_id: str | None = None
        self.amd: str | None = None
        self.person = False
        self.message_played = False
        self.counted = False
        self.fate: Disposition | None = None
        self.predicted_overflow = 0.0

    @property
    def abandon_at(self) -> float | None:
        """When a waiting person must have an agent; None when nobody waits (or only a machine)."""
        if self.phase not in (Phase.WAITING, Phase.CONNECTING) or self.human_at is None:
            return None
        return self.human_at + self.settings.abandon_after_ms / 1000

    def ringing(self, now: float) -> Commands:
        if self.phase is Phase.DIALING:
            self.phase = Phase.RINGING
            self.ringing_at = now
        return []

    def answered(self, now: float) -> Commands:
        """200 OK. Without AMD every answer is taken for a person."""
        if self.phase not in _BEFORE_ANSWER:
            return []
        self.answered_at = now
        if self.settings.amd:
            self.phase = Phase.DETECTING
            return [Detect()]
        return self._person(now)

    def verdict(self, verdict: str, now: float) -> Commands:
        """AMD has decided: human, machine, sit, fax, silence or unknown. In doubt it is a person: hanging up on a
        machine too late costs seconds, on a person it is an abandoned call."""
        if self.phase is not Phase.DETECTING:
            return []
        self.amd = verdict
        match verdict:
            case "machine":
                return self._machine(now)
            case "sit":
                return self._end_with(Disposition.SIT)
            case "fax":
                return self._end_with(Disposition.FAX)
            case _:
                return self._person(now)

    def _person(self, now: float) -> Commands:
        self.person = True
        return self._wait(now)

    def _wait(self, now: float) -> Commands:
        self.human_at = now
        self.phase = Phase.WAITING
        return [FindAgent()]

    def _machine(self, now: float) -> Commands:
        settings = self.settings
        if settings.machine == "agent":
            return self._wait(now)
        if settings.machine == "message" and settings.machine_message:
            self.phase = Phase.BEEP
            return [WaitBeep(settings.beep_timeout_ms)]
        return self._end_with(Disposition.MACHINE)

    def beep(self, heard: bool, now: float) -> Commands:
        """The machine's beep came, or did not in time."""
        if self.phase is not Phase.BEEP:
            return []
        if not heard or not self.settings.machine_message:
            return self._end_with(Disposition.MACHINE)
        self.phase = Phase.MESSAGE
        self.fate = Disposition.MACHINE
        return [Play(self.settings.machine_message)]

    def played(self, complete: bool, now: float) -> Commands:
        """The message is over; `complete` False: it was cut short."""
        if self.phase is not Phase.MESSAGE or self.fate is None:
            return []
        self.message_played = complete
        if complete and self.fate is Disposition.MACHINE:
            self.fate = Disposition.MACHINE_MESSAGE
        return self._end_with(self.fate)

    def agent_found(self, agent_id: str, now: float) -> Commands:
        """An agent is reserved. Too late: the agent is released at once."""
        if self.phase is not Phase.WAITING:
            return [ReleaseAgent(agent_id, talked=False)]
        self.agent_id = agent_id
        self.phase = Phase.CONNECTING
        return []

    def connected(self, now: float) -> Commands:
        """Person and agent hear each other."""
        if self.phase is Phase.CONNECTING:
            self.phase = Phase.TALKING
            self.connected_at = now
        return []

    def agent_gone(self, now: float) -> Commands:
        """The reserved agent cannot take it (back to waiting), or the agent's side ended the talk."""
        if self.phase is Phase.CONNECTING:
            commands = self._release(talked=False)
            self.phase = Phase.WAITING
            return [*commands, FindAgent()]
        if self.phase is Phase.TALKING:
            return self._talk_over(now)
        return []

    def _talk_over(self, now: float) -> Commands:
        self.talk_ended_at = now
        return [*self._release(talked=True), *self._end_with(Disposition.TALKED)]

    def _release(self, *, talked: bool) -> Commands:
        agent_id = self.agent_id
        if agent_id is None:
            return []
        if not talked:
            self.agent_id = None
        return [ReleaseAgent(agent_id, talked)]

    def limit_reached(self, now: float) -> Commands:
        """`abandon_at` has passed. A person is abandoned (with the message if there is one); a machine that waited for
        an agent is just a machine."""
        due = self.abandon_at
        if due is None or now < due:
            return []
        commands = self._release(talked=False)
        if not self.person:
            return [*commands, *self._end_with(Disposition.MACHINE)]
        if self.settings.abandon_message:
            self.phase = Phase.MESSAGE
            self.fate = Disposition.ABANDONED
            return [*commands, Play(self.settings.abandon_message)]
        return [*commands, *self._end_with(Disposition.ABANDONED)]

    def cancel(self, now: float) -> Commands:
        """Hang up whatever goes on, for a reason of our own."""
        if self.phase in _OVER:
            return []
        if self.phase is Phase.TALKING:
            return self._talk_over(now)
        commands = self._release(talked=False)
        return [*commands, *self._end_with(self.fate or self._fate_when_cut(now, ours=True))]

    def _end_with(self, fate: Disposition) -> Commands:
        self.fate = fate
        self.phase = Phase.ENDING
        return [HangUp()]

    def _fate_when_cut(self, now: float, *, ours: bool) -> Disposition:
        """Answered, and over before its end was decided."""
        match self.phase:
            case Phase.DIALING | Phase.RINGING:
                return Disposition.CANCELLED if ours else Disposition.FAILED
            case Phase.WAITING | Phase.CONNECTING if self.person:
                waited = self.abandon_at is not None and now >= self.abandon_at
                return Disposition.ABANDONED if ours or waited else Disposition.HUNG_UP
            case Phase.WAITING | Phase.CONNECTING | Phase.BEEP:
                return Disposition.MACHINE
            case _:
                return Disposition.HUNG_UP

    def call_ended(self, now: float, sip_status: int = 0, q850_cause: int = 0, side: str = "") -> Commands:
        """The person's leg is over, whoever ended it. `sip_status`: of the final response when never answered."""
        if self.phase is Phase.ENDED:
            return []
        commands: Commands = []
        if self.phase is Phase.TALKING:
            self.talk_ended_at = now
            commands = self._release(talked=True)
            self.fate = Disposition.TALKED
        elif self.phase is Phase.CONNECTING:
            self.fate = self._fate_when_cut(now, ours=False)
            commands = self._release(talked=False)
        elif self.fate is None and self.phase in _BEFORE_ANSWER and side == "local":
            self.fate = Disposition.CANCELLED  # hung up by somebody else than this machine
        elif self.fate is None and self.phase in _BEFORE_ANSWER:
            self.fate = of_failure(sip_status, q850_cause, side, rang=self.phase is Phase.RINGING)
        elif self.fate is None:
            self.fate = self._fate_when_cut(now, ours=False)
        self.phase = Phase.ENDED
        self.ended_at = now
        return [*commands, End(self.fate or Disposition.FAILED)]
