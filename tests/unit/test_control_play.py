"""call.play and its relatives over the control socket: what a call hears, and what its clients are told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from switchroom.core import Frames
from tests.sound import loudest, write_tone
from tests.unit.control_office import Office, Wire, office


class Talk:
    """A call that the engine places to its own echo route: what we play to it comes back."""

    def __init__(self, office: Office, wire: Wire, call_id: str, frames: Frames) -> None:
        self.office = office
        self.wire = wire
        self.id = call_id
        self.frames = frames

    async def play(self, **params: Any) -> dict[str, Any]:
        result: dict[str, Any] = await self.wire.good("call.play", {"id": self.id, **params})
        return result

    async def hear(self, hz: int) -> None:
        """Until that frequency is heard."""
        async with asyncio.timeout(20):
            while True:
                pcm = np.frombuffer(await anext(self.frames), np.int16) / 32768
                if np.abs(pcm).max() > 0.03 and abs(loudest(pcm)[0] - hz) < 40:
                    return

    async def event(self, topic: str, **data: Any) -> dict[str, Any]:
        """The next event of that topic whose data has these values."""

        def found() -> list[dict[str, Any]]:
            return [each["data"] for each in self.wire.events(topic) if data.items() <= each["data"].items()]

        await self.wire.until(lambda: bool(found()))
        return found()[0]


@contextlib.asynccontextmanager
async def talk(folder: Path, audio: str = "") -> AsyncIterator[Talk]:
    async with office(folder, store=f"[audio]\n{audio}") as o, await Wire.open(o.unix) as wire:
        await wire.good("session.auth", {"api": [1, 1], "client": {"name": "test", "version": "1"}})
        await wire.good("events.subscribe", {"topics": ["call.>"]})
        info = await wire.good("call.originate", {"uri": o.uri("echo"), "wait": "answered", "timeout_ms": 20_000})
        call = o.engine.calls.find(info["id"])
        assert call is not None
        yield Talk(o, wire, info["id"], call.leg.frames(20_000))


def record(folder: Path, lang: str, **words: int) -> None:
    """Fragments, each a tone of its own."""
    for name, hz in words.items():
        path = folder / lang / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_tone(path.with_suffix(".wav"), hz, 0.2)


async def test_items_are_heard_one_after_the_other_and_told(tmp_path: Path) -> None:
    t = np.arange(44100 // 4) / 44100
    soundfile.write(tmp_path / "high.flac", 0.3 * np.sin(2 * np.pi * 1500 * t), 44100)
    write_tone(tmp_path / "low.wav", 600, 0.3)
    record(tmp_path / "prompts", "de", num__1m=900, unit__euro=1100, word__and=1300, num__50=1700)
    write_tone(tmp_path / "prompts/de/unit/cent-many.wav", 2000, 0.2)
    async with talk(tmp_path, f'prompts = "{tmp_path}/prompts"\nlanguage = "de"') as call:
        info = await call.play(
            items=[
                {"file": str(tmp_path / "low.wav")},
                {"silence_ms": 100},
                {"file": str(tmp_path / "high.flac")},
                {"say": {"money": "1.50", "currency": "EUR"}},
                {"tone": "busy", "country": "de", "ms": 400},
            ],
            play_id="first",
        )
        assert info["play_id"] == "first" and info["duration_ms"] == 300 + 100 + 250 + 5 * 200 + 400
        for hz in (600, 1500, 900, 1100, 1300, 1700, 2000, 425):
            await call.hear(hz)
        assert (await call.event("call.play.started"))["play_id"] == "first"
        ended = await call.event("call.play.ended")
        assert ended == {"play_id": "first", "finished": True, "position_ms": 2050, "played_ms": 2050, "item": 9}
        assert (await call.wire.good("call.play.list", {"id": call.id}))["items"] == []


async def test_play_is_paused_moved_and_stopped_by_its_id(tmp_path: Path) -> None:
    file = str(write_tone(tmp_path / "long.wav", 600, 60))
    other = str(write_tone(tmp_path / "other.wav", 1200, 60))
    async with talk(tmp_path) as call:
        await call.play(file=file, play_id="a", volume_db=-3)
        await call.play(file=other, play_id="b", mode="queue", loops=0)
        await call.hear(600)
        wire, on = call.wire, {"id": call.id}
        paused = await wire.good("call.play.pause", on)
        assert (paused["play_id"], paused["state"]) == ("a", "paused")
        moved = await wire.good("call.play.seek", {**on, "play_id": "a", "position_ms": 30_000})
        assert moved["position_ms"] == 30_000 and moved["played_ms"] == paused["played_ms"]
        moved = await wire.good("call.play.seek", {**on, "by_ms": -10_000})
        assert moved["position_ms"] == 20_000
        await wire.good("call.play.volume", {**on, "volume_db": 0, "ramp_ms": 5})
        listed = await wire.good("call.play.list", on)
        assert [(each["play_id"], each["state"]) for each in listed["items"]] == [("a", "paused"), ("b", "waiting")]
        assert [each["duration_ms"] for each in listed["items"]] == [60_000, None]
        assert (await wire.good("call.play.resume", on))["state"] == "playing"
        assert (await wire.good("call.play.stop", {**on, "play_id": "a"}))["already"] is False
        await call.hear(1200)
        assert (await call.event("call.play.ended", play_id="a"))["finished"] is False
        assert (await wire.good("call.play.stop", {**on, "play_id": "a"}))["already"] is True
        assert (await wire.error("call.play.pause", {**on, "play_id": "a"}))[2]["name"] == "not_found"
        await wire.good("call.play.stop", on)
        assert (await call.event("call.play.ended", play_id="b"))["finished"] is False
        assert (await wire.good("call.play.stop", on))["already"] is True


async def test_what_cannot_be_played_is_told_before_anything_is_heard(tmp_path: Path) -> None:
    record(tmp_path / "prompts", "en", num__1=900, num__2=1000)
    (tmp_path / "bad.wav").write_bytes(b"RIFF and nothing")
    file = str(write_tone(tmp_path / "good.wav", 600, 0.2))
    async with talk(tmp_path, f'prompts = "{tmp_path}/prompts"') as call:
        wire, on = call.wire, {"id": call.id}
        refused: list[tuple[dict[str, Any], str, str]] = [
            ({}, "bad_params", "either file or items"),
            ({"file": file, "items": [{"file": file}]}, "bad_params", "either file or items"),
            ({"items": [{"file": file}, {}]}, "bad_params", r"items\[1\]: give one of"),
            ({"items": [{"file": file, "tone": "busy"}]}, "bad_params", "give one of"),
            ({"items": [{"tone": "engaged"}]}, "bad_params", "busy"),
            ({"items": [{"tone": "busy", "country": "xx"}]}, "bad_params", "country"),
            ({"items": [{"say": {"number": 1, "digits": "1"}}]}, "bad_params", "say"),
            ({"items": [{"say": {"number": "x"}}]}, "bad_params", "number"),
            ({"items": [{"say": {"number": 1, "lang": "../de"}}]}, "bad_params", "language"),
            ({"items": [{"say": {"digits": "1234"}}]}, "media", r"en: no recording of num/3, num/4 \("),
            ({"items": [{"file": file, "from_ms": 200}]}, "bad_params", "200 ms"),
            ({"file": str(tmp_path / "bad.wav")}, "media", "bad.wav"),
            ({"file": str(tmp_path / "absent.wav")}, "media", "absent.wav"),
        ]
        for params, name, text in refused:
            _, message, data = await wire.error("call.play", {**on, **params})
            assert data["name"] == name, (params, message)
            with pytest.raises(AssertionError, match=text):
                raise AssertionError(message)
        assert (await wire.error("call.play", {"id": "nobody", "file": file}))[2]["name"] == "not_found"
        assert (await wire.error("call.play.seek", on))[2]["name"] == "bad_params"
        assert (await wire.error("call.play.pause", on))[2]["name"] == "not_found"
        assert (await wire.good("call.play.list", on))["items"] == []


async def test_call_on_hold_hears_the_music_of_the_house(tmp_path: Path) -> None:
    music = write_tone(tmp_path / "music.wav", 700, 0.5)
    other = write_tone(tmp_path / "other.wav", 1400, 0.5)
    async with talk(tmp_path, f'hold_music = ["{music}"]\nhold_volume_db = -3') as call:
        wire, on = call.wire, {"id": call.id}
        second = await wire.good("call.originate", {"uri": call.office.uri("echo"), "wait": "answered"})
        await wire.good("call.bridge", {"id": call.id, "with_id": second["id"]})
        assert (await wire.good("call.hold", on))["already"] is False
        await call.hear(700)
        assert (await wire.good("call.hold", {**on, "music": [{"file": str(other)}], "common": False}))[
            "already"
        ] is True
        await call.hear(1400)
        await call.event("call.held")
        assert (await wire.good("call.unhold", on))["already"] is False
        assert (await call.event("call.unheld"))["joined"] is True
        assert (await wire.good("call.unhold", on))["already"] is True
        bad = await wire.error("call.hold", {**on, "music": [{"tone": "dial"}]})
        assert bad[2]["name"] == "bad_params" and "end" in bad[1]


async def test_bad_hold_music_is_told_at_start(tmp_path: Path) -> None:
    from switchroom.errors import MediaError

    with pytest.raises(MediaError, match=r"absent\.wav"):
        async with office(tmp_path, store=f'[audio]\nhold_music = ["{tmp_path}/absent.wav"]'):
            pass


async def test_client_plays_and_pauses_by_the_same_name(tmp_path: Path) -> None:
    from switchroom.client import AsyncClient

    file = str(write_tone(tmp_path / "long.wav", 600, 60))
    async with talk(tmp_path) as call, await AsyncClient.connect(call.office.unix) as client:
        info = await client.call.play(id=call.id, file=file)
        paused = await client.call.play.pause(id=call.id)
        assert (paused.play_id, paused.state) == (info.play_id, "paused")
