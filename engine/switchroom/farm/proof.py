"""Proof that a channel of a recording holds exactly what one speaker said: nothing lost, nobody else.

Markers tell who speaks and roughly when; then the recording is held against the speaker's samples, rendered again. Each
20 ms of them is unlike any other, even in silence, so a lost, repeated, swapped or foreign packet shows. A speaker
whose process gets no CPU for a while pauses and goes on with the next sample: that is told apart from a loss.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from . import marker
from .audio import FRAME, RATE, Samples
from .timeline import Speech

_EDGE = 3  # frames at either end of the overlap that the cut of a call may go through
_TAIL_MS = 300  # of silence at the end of a recording: audio stops a little before the call is over
_PAUSE_MAX = 2 * RATE  # longer ones are a loss
_SURE = 2 * FRAME  # so many equal samples are no accident
_SEARCH = 60  # samples around a marker's place in which the exact one is looked for


@dataclass(frozen=True, slots=True)
class Channel:
    """What was found. `lag`: sample of the recording at which the speaker's audio begins (negative: before the
    recording does), None: not found. `bad`: places (ms in the recording) of 20 ms frames that differ."""

    lag: int | None
    frames: int
    bad: tuple[int, ...]
    paused_ms: int  # silence put in between where the speaker's own machine stood still; nothing is missing
    lead_ms: int  # of the recording before the speaker's audio begins
    tail_ms: int  # after it ends
    own_markers: int
    foreign: tuple[int, ...]  # identities that do not belong here

    def problems(self) -> list[str]:
        found = []
        if self.foreign:
            found.append(f"someone else is heard: identities {', '.join(map(str, self.foreign))}")
        if self.lag is None:
            found.append("the speaker is not heard")
        elif self.tail_ms > _TAIL_MS:
            found.append(f"nothing is heard in the last {self.tail_ms} ms")
        elif self.bad:
            places = ", ".join(f"{ms} ms" for ms in self.bad[:5])
            found.append(f"{len(self.bad)} of {self.frames} frames lost or damaged, first at {places}")
        return found


def check_channel(pcm: Samples, speech: Speech) -> Channel:
    """Hold one channel `pcm` against all that its speaker said in that call."""
    said, identity = speech.samples, speech.identity
    whole, pcm = len(pcm), np.trim_zeros(pcm, "b")
    heard = marker.decode(pcm)
    foreign = tuple(sorted({h.identity for h in heard if h.identity != identity}))
    own = [h for h in heard if h.identity == identity]
    lag = _lag_by_markers(pcm, speech, own)
    if lag is None:
        lag = _lag_by_correlation(pcm, said)
    if lag is None:
        return Channel(None, 0, (), 0, 0, 0, len(own), foreign)
    lag = _first_lag(pcm, said, lag)
    found = _compare(pcm, said, lag)
    last = min(len(pcm), lag + found.paused + len(said))
    return Channel(
        lag=lag,
        frames=found.frames,
        bad=tuple(found.bad),
        paused_ms=found.paused * 1000 // RATE,
        lead_ms=max(0, lag) * 1000 // RATE,
        tail_ms=(whole - last) * 1000 // RATE,
        own_markers=len(own),
        foreign=foreign,
    )


def _lag_by_markers(pcm: Samples, speech: Speech, own: list[marker.Heard]) -> int | None:
    """From the first marker that is in both, exact to the sample; None when none leads to a match."""
    for heard in own:
        if heard.sequence in speech.marks:
            rough = heard.at - speech.marks[heard.sequence]
            lag = _refined(pcm, speech.samples, rough, heard.at)
            if lag is not None:
                return lag
    return None


def _refined(pcm: Samples, said: Samples, rough: int, at: int) -> int | None:
    """The lag near `rough` at which most samples of the marker at `at` are equal, if more than half are."""
    here = pcm[at : at + marker.LENGTH]
    best, best_share = None, 0.5
    for lag in range(rough - _SEARCH, rough + _SEARCH + 1):
        start = at - lag
        if start < 0 or start + len(here) > len(said):
            continue
        share = float(np.mean(here == said[start : start + len(here)]))
        if share > best_share:
            best, best_share = lag, share
    return best


def _lag_by_correlation(pcm: Samples, said: Samples) -> int | None:
    """For talks too short for a marker: where the two are alike, if they are at all."""
    if len(pcm) < FRAME * 5 or len(said) < FRAME * 5:
        return None
    size = 1 << (len(pcm) + len(said) - 1).bit_length()
    a, b = np.fft.rfft(pcm.astype(np.float64), size), np.fft.rfft(said.astype(np.float64), size)
    correlation = np.fft.irfft(a * np.conj(b), size)
    peak = int(correlation.argmax())
    lag = peak - size if peak > size // 2 else peak
    first, last = max(0, lag), min(len(pcm), lag + len(said))
    if last - first < FRAME * 5:
        return None
    share = float(np.mean(pcm[first:last] == said[first - lag : last - lag]))
    return lag if share > 0.5 else None


def _first_lag(pcm: Samples, said: Samples, lag: int) -> int:
    """The lag at the beginning, which pauses before the place where `lag` was found make smaller. `lag` if no other."""
    start = max(0, lag) + _EDGE * FRAME
    here, low = pcm[start : start + _SURE], max(0, start - lag)
    if len(here) < _SURE or len(said) < low + _SURE:
        return lag
    near = np.lib.stride_tricks.sliding_window_view(said[low : low + _PAUSE_MAX + _SURE], _SURE)
    equal = np.flatnonzero((near == here).all(axis=1))
    return start - low - int(equal[0]) if len(equal) else lag


@dataclass(slots=True)
class _Comparison:
    frames: int = 0
    bad: list[int] = field(default_factory=list)
    paused: int = 0


def _compare(pcm: Samples, said: Samples, lag: int) -> _Comparison:
    """Walk along both, frame by frame from the first that differs."""
    found = _Comparison()
    start = at = max(0, lag) + _EDGE * FRAME
    while True:
        end = min(len(pcm), lag + len(said)) - _EDGE * FRAME
        found.frames = max(0, end - start) // FRAME
        if at >= end:
            return found
        differing = np.flatnonzero(pcm[at:end] != said[at - lag : end - lag])
        if len(differing) == 0:
            return found
        place = at + int(differing[0])
        pause = _pause_at(pcm, said, place, lag)
        if pause:
            lag += pause
            found.paused += pause
            at = place + pause
        else:
            found.bad.append(place * 1000 // RATE)
            at = start + ((place - start) // FRAME + 1) * FRAME


def _pause_at(pcm: Samples, said: Samples, place: int, lag: int) -> int:
    """Samples of silence at `place` after which the speaker goes on with the very next sample; 0: it is no pause."""
    if pcm[place] != 0:
        return 0
    sounding = np.flatnonzero(pcm[place : place + _PAUSE_MAX])
    if len(sounding) == 0:
        return 0
    pause = int(sounding[0])
    after = pcm[place + pause : place + pause + _SURE]
    meant = said[place - lag : place - lag + len(after)]
    return pause if len(meant) == len(after) and bool((after == meant).all()) else 0
