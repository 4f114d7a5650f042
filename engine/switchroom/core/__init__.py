"""The asyncio face of the C library: Core, Leg and what they hand out."""

from .audio import FRAME_BYTES, AudioSink, Frames
from .audiofile import FileLimits
from .cause import End, failure
from .clip import Clip
from .core import Core
from .events import AmdResult, BeepResult, Digit, LegEvent, LegEventKind, LegState, LegStats
from .leg import MAX_FORWARDS, Leg
from .mix import Mix
from .music import Music
from .options import CoreOptions
from .playback import Playback, PlaybackState, Position
from .quality import LegQuality, QualityAlarm, QualityOptions, Rating, SideSound
from .recording import Beep, Gap, Recording, RecordOptions, RecordPart, RecordResult, part_path
from .sounds import Pause, Playable, Segment, Sound, Source, Tone, length_ms
from .uri import SipUri, parse_uri

__all__ = [
    "FRAME_BYTES",
    "MAX_FORWARDS",
    "AmdResult",
    "AudioSink",
    "Beep",
    "BeepResult",
    "Clip",
    "Core",
    "CoreOptions",
    "Digit",
    "End",
    "FileLimits",
    "Frames",
    "Gap",
    "Leg",
    "LegEvent",
    "LegEventKind",
    "LegQuality",
    "LegState",
    "LegStats",
    "Mix",
    "Music",
    "Pause",
    "Playable",
    "Playback",
    "PlaybackState",
    "Position",
    "QualityAlarm",
    "QualityOptions",
    "Rating",
    "RecordOptions",
    "RecordPart",
    "RecordResult",
    "Recording",
    "Segment",
    "SideSound",
    "SipUri",
    "Sound",
    "Source",
    "Tone",
    "failure",
    "length_ms",
    "parse_uri",
    "part_path",
]
