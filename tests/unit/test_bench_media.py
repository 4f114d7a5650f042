"""The media benchmark: it runs, every packet of a small load arrives, and it speaks the peer's protocol."""

from __future__ import annotations

from typing import Any

import pytest

from bench import rtpengine, yardstick
from bench.yardstick import Engine, Load, Relay, YardstickRelay, measure

CALLS = 5


@pytest.mark.parametrize(
    "relay",
    [YardstickRelay("tick"), YardstickRelay("slots"), Engine("plain"), Engine("recording")],
    ids=["tick", "slots", "engine", "recording"],
)
def test_a_small_load_goes_through_every_relay_without_loss(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yardstick, "WARM_UP_S", 0.2)
    seen = measure(relay, CALLS, 0.3, Load(jitter_ms=2, drift_ppm=100))
    assert seen.expected > 0
    assert (seen.lost, seen.errors) == (0, 0)
    assert seen.timed == seen.received
    assert seen.cpu_s > 0


def test_audio_that_the_engine_makes_itself_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yardstick, "WARM_UP_S", 0.2)
    seen = measure(Engine("conference"), CALLS, 0.3, Load())
    assert seen.legs == 3 * CALLS
    assert seen.received > 0


@pytest.mark.parametrize(
    ("value", "coded"),
    [
        (42, b"i42e"),
        ("sdp", b"3:sdp"),
        ("", b"0:"),
        ("ü", b"2:\xc3\xbc"),
        ({"b": 1, "a": ["x", {}]}, b"d1:al1:xdee1:bi1ee"),
    ],
)
def test_bencode_is_what_the_peer_speaks(value: Any, coded: bytes) -> None:
    assert rtpengine.encode(value) == coded
    assert rtpengine.decode(coded) == (value, len(coded))
