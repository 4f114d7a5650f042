"""The asyncio face of the C library: Core, Leg and what they hand out."""

from .audio import FRAME_BYTES, AudioSink, Frames
from .cause import End, failure
from .clip import Clip
from .core import Core
from .events import AmdResult, BeepResult, Digit, LegEvent, LegEventKind, LegState, LegStats
from .leg import MAX_FORWARDS, Leg
from .mix import Mix
from .options import CoreOptions
from .playback import Playback
from .recording import Recording, RecordResult
from .uri import SipUri, parse_uri

__all__ = [
    "FRAME_BYTES",
    "MAX_FORWARDS",
    "AmdResult",
    "AudioSink",
    "BeepResult",
    "Clip",
    "Core",
    "CoreOptions",
    "Digit",
    "End",
    "Frames",
    "Leg",
    "LegEvent",
    "LegEventKind",
    "LegState",
    "LegStats",
    "Mix",
    "Playback",
    "RecordResult",
    "Recording",
    "SipUri",
    "failure",
    "parse_uri",
]
