"""Markers: found again after mu-law, noise and any shift in time; never found where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from switchroom.farm import marker
from switchroom.farm.audio import LEVELS, room_tone, to_ulaw_grid


def marked(identity: int, sequence: int, at: int, seed: int = 1) -> np.ndarray:
    signal = room_tone(at + marker.LENGTH + 4000, seed).astype(float)
    signal[at : at + marker.LENGTH] += marker.encode(identity, sequence)
    return to_ulaw_grid(signal)


@pytest.mark.parametrize("identity, sequence", [(0, 0), (1, 255), (0x8001, 7), (0xFFFF, 128), (0x1111, 0x11)])
def test_marker_survives_mulaw(identity: int, sequence: int) -> None:
    (heard,) = marker.decode(marked(identity, sequence, 1600))
    assert (heard.identity, heard.sequence) == (identity, sequence)


@pytest.mark.parametrize("shift", [0, 1, 20, 39, 160, 161, 479])
def test_marker_is_found_wherever_it_starts(shift: int) -> None:
    (heard,) = marker.decode(marked(300, 3, 1600 + shift))
    assert abs(heard.at - (1600 + shift)) <= marker.HOP // 2


def test_two_markers_are_told_apart() -> None:
    both = np.concatenate([marked(300, 3, 800), marked(0x8002, 4, 800)])
    assert [(h.identity, h.sequence) for h in marker.decode(both)] == [(300, 3), (0x8002, 4)]


def test_marker_with_a_lost_packet_in_it_is_not_misread() -> None:
    signal = marked(300, 3, 1600)
    signal[1600 + 2 * marker.STEP : 1600 + 2 * marker.STEP + 320] = 0
    assert marker.decode(signal) == []


def test_noise_and_tones_hold_no_markers() -> None:
    rng = np.random.default_rng(5)
    assert marker.decode(to_ulaw_grid(rng.normal(0, 3000, 40_000))) == []
    time = np.arange(40_000) / 8000
    assert marker.decode(to_ulaw_grid(8000 * np.sin(2 * np.pi * 1000 * time))) == []


def test_shorter_than_a_marker_is_no_error() -> None:
    assert marker.decode(np.zeros(100, dtype=np.int16)) == []


def test_identity_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="0-65535"):
        marker.encode(65_536, 0)


def test_mulaw_grid_has_the_255_levels_of_g711() -> None:
    assert len(LEVELS) == 255
    assert LEVELS[-1] == 32124 and LEVELS[127] == 0 and LEVELS[128] == 8  # ITU-T G.711 table 2a, times 4


def test_grid_is_a_fixed_point() -> None:
    once = to_ulaw_grid(np.linspace(-40_000, 40_000, 5000))
    assert (to_ulaw_grid(once) == once).all()
