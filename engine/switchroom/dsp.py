"""G.711, tones, WAV files, detection of answering machines, beeps and digits over NumPy arrays: the offline face of the
C library.

For tools, tests and training; the live engine runs the same C code on its media threads. Audio is 8 kHz mono, a
one-dimensional int16 array, unless a function says otherwise. Needs the `dsp` extra (NumPy, cffi).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ._dsp import ffi, lib
from ._version import __version__
from .errors import BadParams, EngineError, MediaError

__all__ = [
    "RATE",
    "AmdOptions",
    "AmdResult",
    "Beep",
    "Digit",
    "Law",
    "Wav",
    "amd_classify",
    "beep_find",
    "cadence",
    "dtmf",
    "dtmf_find",
    "g711_decode",
    "g711_encode",
    "g711_transcode",
    "tone",
    "wav_read",
]

RATE = 8000  # samples per second of everything but WAV files

Law = Literal["ulaw", "alaw"]
Samples = npt.NDArray[np.int16]
Codes = npt.NDArray[np.uint8]

if (_compiled := ffi.string(lib.switchroom_version()).decode()) != __version__:
    raise EngineError(f"_dsp was built for {_compiled}, this package is {__version__}; run `make build`")

_CODECS = {"ulaw": lib.CODEC_PCMU, "alaw": lib.CODEC_PCMA}
_FORMATS = {lib.WAV_PCM16: "pcm16", lib.WAV_ULAW: "ulaw", lib.WAV_ALAW: "alaw"}


def _codec(law: Law) -> int:
    if law not in _CODECS:
        raise BadParams(f"law is {law!r}; it must be 'ulaw' or 'alaw'", field="law")
    return int(_CODECS[law])


def _samples(pcm: npt.ArrayLike) -> Samples:
    """`pcm` as a contiguous int16 array; other types are refused, since their scale is not known."""
    array = np.asarray(pcm)
    if array.dtype != np.int16 or array.ndim != 1:
        raise BadParams(f"pcm is {array.dtype} of shape {array.shape}; it must be int16 of shape (n,)", field="pcm")
    return np.ascontiguousarray(array)


def _codes(codes: npt.ArrayLike | bytes) -> Codes:
    array = np.frombuffer(codes, np.uint8) if isinstance(codes, bytes) else np.asarray(codes)
    if array.dtype != np.uint8 or array.ndim != 1:
        raise BadParams(
            f"codes are {array.dtype} of shape {array.shape}; they must be uint8 of shape (n,)", field="codes"
        )
    return np.ascontiguousarray(array)


def g711_encode(pcm: npt.ArrayLike, law: Law = "ulaw") -> Codes:
    """int16 samples (n,) to uint8 codes (n,). Bit-exact with the ITU-T software tool library (G.191)."""
    samples = _samples(pcm)
    out = np.empty(len(samples), np.uint8)
    lib.g711_encode(
        _codec(law), ffi.from_buffer("int16_t[]", samples), len(samples), ffi.from_buffer("uint8_t[]", out, True)
    )
    return out


def g711_decode(codes: npt.ArrayLike | bytes, law: Law = "ulaw") -> Samples:
    """uint8 codes (n,) to int16 samples (n,). ITU-T G.711 tables 1 and 2, on a 16-bit scale."""
    array = _codes(codes)
    out = np.empty(len(array), np.int16)
    lib.g711_decode(
        _codec(law), ffi.from_buffer("uint8_t[]", array), len(array), ffi.from_buffer("int16_t[]", out, True)
    )
    return out


def g711_transcode(codes: npt.ArrayLike | bytes, source: Law, target: Law) -> Codes:
    """uint8 codes (n,) of one law to those of the other, by way of the linear value."""
    array = _codes(codes)
    out = np.empty(len(array), np.uint8)
    lib.g711_transcode(
        _codec(source),
        _codec(target),
        ffi.from_buffer("uint8_t[]", array),
        len(array),
        ffi.from_buffer("uint8_t[]", out, True),
    )
    return out


def _u16(name: str, value: int) -> int:
    if not 0 <= value <= 0xFFFF:
        raise BadParams(f"{name} is {value}; it must be 0 to 65535", field=name)
    return value


def _tone(spec: Any, ms: int) -> Samples:
    state = ffi.new("struct tone *")
    if lib.tone_init(state, spec) != 0:
        raise BadParams(
            f"a tone of {spec.hz[0]} and {spec.hz[1]} Hz at {spec.level_cdb / 100} dBm0, {spec.on_ms} ms on, "
            f"{spec.off_ms} ms off, is not possible; frequencies go from 1 to 3900 Hz (the second may be 0), "
            "levels to 3 dBm0, and a pause needs a tone before it"
        )
    out = np.empty(ms * RATE // 1000, np.int16)
    lib.tone_fill(state, ffi.from_buffer("int16_t[]", out, True), len(out))
    return out


def tone(
    hz: int, ms: int, *, second_hz: int = 0, level_dbm0: float = -13.0, on_ms: int = 0, off_ms: int = 0
) -> Samples:
    """One or two sines, each at `level_dbm0` (a sine of full scale is +3.14 dBm0); int16 of shape (8 * ms,).

    `on_ms`, `off_ms`: cadence; 0, 0 is steady.
    """
    if not 0 < ms < 2**29:
        raise BadParams(f"ms is {ms}; it must be above 0", field="ms")
    if not -327 <= level_dbm0 <= 327:
        raise BadParams(f"level_dbm0 is {level_dbm0}; levels go from -327 to 3", field="level_dbm0")
    spec = ffi.new("struct tone_spec *")
    spec.hz = [_u16("hz", hz), _u16("second_hz", second_hz)]
    spec.level_cdb = round(level_dbm0 * 100)
    spec.on_ms, spec.off_ms = _u16("on_ms", on_ms), _u16("off_ms", off_ms)
    return _tone(spec, ms)


def cadence(
    segments: Sequence[tuple[Sequence[int], int, int, int]], repeat_from: int, samples: int, *, start: int = 0
) -> Samples:
    """Tones of several segments (frequencies, modulation Hz, level of each in hundredths of dBm0, ms), the part from
    `repeat_from` on repeated; int16 of shape (samples,), from sample `start` on."""
    plan = ffi.new("struct tone_plan *")
    if len(segments) > len(plan.segments) or any(len(hz) > len(plan.segments[0].hz) for hz, _, _, _ in segments):
        raise BadParams("a tone has at most 16 segments of at most 4 frequencies", field="segments")
    plan.n, plan.repeat_from = len(segments), repeat_from
    for place, (hz, mod_hz, level_cdb, ms) in zip(plan.segments, segments, strict=False):
        for i, each in enumerate(hz):
            place.hz[i] = _u16("hz", each)
        place.mod_hz, place.level_cdb, place.ms = _u16("mod_hz", mod_hz), level_cdb, ms
    if lib.cadence_check(plan) != 0:
        raise BadParams(f"a tone of segments {list(segments)} is not possible", field="segments")
    state = ffi.new("struct cadence *")
    lib.cadence_seek(state, plan, start)
    out = np.empty(samples, np.int16)
    lib.cadence_fill(state, ffi.from_buffer("int16_t[]", out, True), samples)
    return out


def dtmf(digit: str, ms: int) -> Samples:
    """The tone pair of a digit (0-9 A-D * #, ITU-T Q.23), each at -9 dBm0; int16 of shape (8 * ms,)."""
    spec = ffi.new("struct tone_spec *")
    single = digit.encode("ascii", "replace") if len(digit) == 1 else b"?"
    if not 0 < ms < 2**29 or lib.tone_dtmf(spec, single, ms) != 0:
        raise BadParams(f"no tone for digit {digit!r} of {ms} ms; digits are 0-9 A-D * #, ms is above 0", field="digit")
    return _tone(spec, ms)


@dataclass(frozen=True, slots=True)
class Wav:
    """A WAV file. `samples`: int16 of shape (n, channels); `format`: pcm16, ulaw or alaw."""

    format: str
    rate: int
    samples: npt.NDArray[np.int16]


def wav_read(source: str | Path | bytes) -> Wav:
    """Read a file, or its bytes: PCM 16, mu-law, A-law, any rate and channels. MediaError says what is wrong."""
    name = "data" if isinstance(source, bytes) else str(source)
    try:
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
    except OSError as error:
        raise MediaError(f"{name}: {error.strerror}", path=name) from error
    wav, why = ffi.new("struct wav *"), ffi.new("const char **")
    view = ffi.from_buffer(data)
    if lib.wav_parse(wav, view, len(data), why) != 0:
        reason = ffi.string(why[0]).decode()
        raise MediaError(f"{name}: not a WAV file that can be read: {reason}", path=name)
    planes = np.empty((wav.channels, lib.wav_samples(wav)), np.int16)
    for channel, plane in enumerate(planes):
        lib.wav_decode(wav, channel, ffi.from_buffer("int16_t[]", plane, True))
    return Wav(_FORMATS[wav.format], int(wav.rate), planes.T)


@dataclass(frozen=True, slots=True)
class AmdOptions:
    """Thresholds of answering-machine detection; 0: the default of switchroom.h (struct amd_opts)."""

    initial_silence_ms: int = 0
    greeting_ms: int = 0
    after_greeting_ms: int = 0
    total_ms: int = 0
    min_word_ms: int = 0
    max_words: int = 0


@dataclass(frozen=True, slots=True)
class AmdResult:
    """`verdict`: human, machine, sit, fax, silence or unknown; `reason`: what decided; `ms` since the first sample."""

    verdict: str
    ms: int
    confidence: float
    reason: str


def amd_classify(pcm: npt.ArrayLike, options: AmdOptions | None = None) -> AmdResult:
    """Who answered: int16 audio (n,) from the answer on. Audio that ends undecided is unknown, by hangup."""
    samples, chosen = _samples(pcm), options or AmdOptions()
    opts, amd = ffi.new("struct amd_opts *"), ffi.new("struct amd *")
    for name in AmdOptions.__dataclass_fields__:
        setattr(opts, name, _u16(name, getattr(chosen, name)))
    lib.amd_init(amd, opts)
    lib.amd_push(amd, ffi.from_buffer("int16_t[]", samples), len(samples))
    lib.amd_finish(amd)
    return AmdResult(
        ffi.string(lib.amd_verdict_names[amd.verdict]).decode(),
        int(amd.decided_ms),
        amd.confidence / 1000,
        ffi.string(lib.amd_reason_names[amd.reason]).decode(),
    )


@dataclass(frozen=True, slots=True)
class Beep:
    """Times are from the first sample, to 10 ms."""

    start_ms: int
    end_ms: int
    hz: int


def beep_find(pcm: npt.ArrayLike) -> Beep | None:
    """The first answering machine's beep that ends in int16 audio (n,), None when there is none."""
    samples = _samples(pcm)
    beep = ffi.new("struct beep *")
    lib.beep_init(beep)
    if not lib.beep_push(beep, ffi.from_buffer("int16_t[]", samples), len(samples)):
        return None
    return Beep(int(beep.start_ms), int(beep.end_ms), int(beep.hz))


@dataclass(frozen=True, slots=True)
class Digit:
    """A DTMF digit, 0-9 A-D * #, and how long it sounded."""

    digit: str
    ms: int


def dtmf_find(pcm: npt.ArrayLike) -> list[Digit]:
    """Digits that begin and end in int16 audio (n,), by the rules of ITU-T Q.24."""
    samples = _samples(pcm)
    state, ms, found, at = ffi.new("struct dtmf *"), ffi.new("uint32_t *"), [], 0
    view = ffi.from_buffer("int16_t[]", samples)
    lib.dtmf_init(state)
    while at < len(samples):
        at += int(lib.dtmf_push(state, view + at, len(samples) - at))
        digit = lib.dtmf_ended(state, ms)
        if digit != b"\0":
            found.append(Digit(digit.decode(), int(ms[0])))
    return found
