"""Recordings of real calls through the live parts: published, paused, in parts, sealed, recovered, held, erased."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from switchroom import errors
from switchroom.config import RecordingConfig, RecordingKeyConfig, RetentionConfig
from switchroom.core import Leg
from switchroom.live.archive import Archive
from switchroom.live.call import Call
from switchroom.live.recordings import Recordings
from switchroom.recording.durable import sha256_of
from switchroom.recording.repair import Shape, header
from switchroom.recording.verify import MULAW, problems, read_info
from switchroom.schema.call import Originate, RecordPause, RecordStart, RecordStop
from switchroom.schema.event import Event
from switchroom.schema.recording import (
    EraseRecording,
    GetRecording,
    HoldRecording,
    ListRecordings,
    ReadRecording,
    RunRetention,
)
from switchroom.store.recordings import PutRecording, RecordingRow
from tests.unit.live_office import Office, office


def answer(leg: Leg) -> None:
    leg.answer()
    leg.tone(440)


async def talk(o: Office, **request: object) -> Call:
    info = await o.calls.originate(Originate(number="1", **request))  # type: ignore[arg-type]
    call = o.calls.find(info.id)
    assert call is not None
    await call.leg.wait_answered()
    return call


async def told(o: Office, topic: str, count: int = 1) -> list[Event]:
    async with asyncio.timeout(10):
        while len(found := [event for event in o.events if event.topic == topic]) < count:
            await asyncio.sleep(0.02)
    return found


async def recorded(o: Office, seconds: float = 0.2) -> Event:
    """One recording, ready."""
    call = await talk(o)
    o.calls.record_start(RecordStart(id=call.id))
    await asyncio.sleep(seconds)
    assert (await o.calls.record_stop(RecordStop(id=call.id))).ready
    return (await o.recorded())[-1]


async def test_a_recording_is_announced_with_size_length_and_hash(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": answer}) as o:
        ready = await recorded(o)
        path = Path(ready.data["path"])
        assert problems(path, ready.data["duration_ms"], 1) == []
        assert ready.data["sha256"] == sha256_of(path) and ready.data["bytes"] == path.stat().st_size
        [started] = await told(o, "recording.started")
        assert started.call_id == ready.call_id and started.data["path"] == str(path)
        assert list((tmp_path / "recordings").rglob("*.part")) == []


async def test_pause_is_silence_in_the_file_and_a_gap_in_the_books(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": answer}) as o:
        call = await talk(o)
        with pytest.raises(errors.WrongState):
            o.calls.record_pause(RecordPause(id=call.id))
        o.calls.record_start(RecordStart(id=call.id, sides="customer"))
        await asyncio.sleep(0.2)
        assert o.calls.record_pause(RecordPause(id=call.id)).paused
        assert o.calls.record_pause(RecordPause(id=call.id)).already
        [paused] = await told(o, "recording.paused")
        await asyncio.sleep(0.2)
        assert not o.calls.record_resume(RecordPause(id=call.id)).paused
        [resumed] = await told(o, "recording.resumed")
        await o.calls.record_stop(RecordStop(id=call.id))
        [ready] = await o.recorded()
        assert ready.data["gaps"] == [[paused.data["at_ms"], resumed.data["at_ms"]]]
        path = Path(ready.data["path"])
        assert read_info(path).channels == 1
        start, end = (8 * at for at in ready.data["gaps"][0])
        audio = path.read_bytes()[58:]
        assert set(audio[start + 8 : end]) == {0xFF} and len(audio) > end  # whole ms


async def test_every_recording_of_a_call_has_a_file_of_its_own(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": answer}) as o:
        call = await talk(o)
        for _ in range(2):
            o.calls.record_start(RecordStart(id=call.id))
            await asyncio.sleep(0.1)
            await o.calls.record_stop(RecordStop(id=call.id))
        first, second = await o.recorded(2)
        assert first.data["recording_id"] == call.id and second.data["recording_id"] == f"{call.id}_2"
        assert first.data["path"] != second.data["path"]
        o.calls.record_start(RecordStart(id=call.id, name="mine/it.wav"))
        await o.calls.record_stop(RecordStop(id=call.id))
        assert (tmp_path / "recordings/mine/it.wav").exists()
        with pytest.raises(errors.Exists):
            o.calls.record_start(RecordStart(id=call.id, name="mine/it"))


async def test_parts_follow_each_other_without_a_seam(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": answer}, recording={"part_ms": 1000}) as o:
        call = await talk(o)
        made = o.calls.record(call)
        await asyncio.sleep(2.4)
        made.stop()
        result = await made
        assert await made.wait_published(10)
        parts = await told(o, "recording.part", result.parts - 1)
        [ready] = await o.recorded()
        assert [event.data["part"] for event in parts] == list(range(1, result.parts))
        assert ready.data["part"] == result.parts >= 2
        files = [Path(event.data["path"]) for event in (*parts, ready)]
        assert [file.name for file in files][:2] == [f"{call.id}.wav", f"{call.id}-2.wav"]
        assert sum(read_info(file).frames for file in files) == result.samples


async def test_a_tenants_recording_is_sealed_with_its_key_and_read_in_the_clear(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\x05" * 32)
    key = RecordingKeyConfig(id="k", tenant="acme", file=str(tmp_path / "key"))
    spool = str(tmp_path / "spool")
    config = {"key": (key,), "require_key": True, "spool": spool, "format": "flac"}
    async with office(tmp_path, carriers={"one": answer}, recording=config) as o:
        call = await talk(o)
        with pytest.raises(errors.MediaError, match="no recording key"):
            o.calls.record(call)
        call.tenant = "acme"
        made = o.calls.record(call)
        await asyncio.sleep(0.3)
        made.stop()
        [ready] = await o.recorded()
        path = Path(ready.data["path"])
        assert path.name == f"{call.id}.flac.sealed" and path.is_relative_to(tmp_path / "recordings")
        assert ready.data["key_id"] == "k" and b"fLaC" not in path.read_bytes()
        assert [file for file in Path(spool).rglob("*") if file.is_file()] == []
        archive = Archive(o.recordings, o.store, o.events_of)
        piece = await archive.read(ReadRecording(id=call.id, length=4))
        assert piece.data == b"fLaC" and piece.size > 4


async def test_what_a_crash_left_is_repaired_and_published_at_the_next_start(tmp_path: Path) -> None:
    root = tmp_path / "recordings"
    async with office(tmp_path, carriers={"one": answer}) as o:
        rows = []
        for name, data in (
            ("grew", header(Shape(MULAW, 2), 10) + b"\x22" * 1001),
            ("garbled", b"\0" * 58 + b"\x22" * 1000),
            ("empty", b""),
        ):
            source = root / "day" / f"{name}.wav.part"
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_bytes(data)
            rows.append(
                RecordingRow(
                    id=name,
                    part=1,
                    call_id=name,
                    sides="both",
                    codec="ulaw",
                    format="wav",
                    source=str(source),
                    path=str(source).removesuffix(".part"),
                    started_at_ms=1,
                )
            )
        renamed = RecordingRow(**{**_fields(rows[0]), "id": "renamed", "path": str(root / "day/renamed.wav")})
        renamed.source = str(root / "day/renamed.wav.part")
        (root / "day/renamed.wav").write_bytes(header(Shape(MULAW, 2), 500) + b"\x22" * 1000)
        await o.store.submit([PutRecording(row) for row in (*rows, renamed)])
        again = Recordings(RecordingConfig(path=str(root)), o.store, o.events_of)
        await again.start()
        await again.stop()
        ready = {event.data["recording_id"]: event for event in await o.recorded(3)}
        assert set(ready) == {"grew", "garbled", "renamed"}
        assert all(event.data["recovered"] for event in ready.values())
        for name in ready:
            assert problems(root / "day" / f"{name}.wav") == [] and read_info(root / f"day/{name}.wav").frames == 500
        [failed] = await told(o, "recording.failed")
        assert failed.data["recording_id"] == "empty" and (root / "day/empty.wav.part").exists()


def _fields(row: RecordingRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.__slots__}


async def test_erasure_leaves_a_proof_and_no_file(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": answer}) as o:
        ready = await recorded(o)
        archive = Archive(o.recordings, o.store, o.events_of)
        name = ready.data["recording_id"]
        await archive.hold(HoldRecording(id=name, reason="case 17"))
        with pytest.raises(errors.WrongState, match="case 17"):
            await archive.erase(EraseRecording(id=name, reason="asked for"), "ann")
        assert (await archive.hold(HoldRecording(id=name, reason="case 17"))).already
        await archive.release(GetRecording(id=name))
        erased = await archive.erase(EraseRecording(id=name, reason="asked for"), "ann")
        assert erased.files == 1 and not Path(ready.data["path"]).exists()
        [entry] = archive.ledger.entries()
        assert (entry["who"], entry["why"], entry["recording_id"]) == ("ann", "asked for", name)
        assert entry["sha256"] == entry["found_sha256"] == ready.data["sha256"]
        [event] = await told(o, "recording.erased")
        assert event.data["ledger_hash"] == entry["hash"] == erased.ledger_hash
        assert (await archive.erase(EraseRecording(id=name, reason="again"), "ann")).already
        assert (await archive.get(GetRecording(id=name))).state == "erased"
        with pytest.raises(errors.WrongState, match="erased"):
            await archive.read(ReadRecording(id=name))
        with pytest.raises(errors.NotFound):
            await archive.get(GetRecording(id="nobody"))


async def test_rules_erase_what_is_due_and_nothing_else(tmp_path: Path) -> None:
    rules = (RetentionConfig(tenant="short", keep_days=0), RetentionConfig(keep_days=30))
    async with office(tmp_path, carriers={"one": answer}, recording={"retention": rules}) as o:
        call = await talk(o)
        for tenant in ("short", None, "short"):
            call.tenant = tenant
            o.calls.record(call)
            await o.calls.record_stop(RecordStop(id=call.id))
        await o.recorded(3)
        archive = Archive(o.recordings, o.store, o.events_of)
        await archive.hold(HoldRecording(id=f"{call.id}_3", reason="case"))
        dry = await archive.retention(RunRetention(dry_run=True))
        assert (dry.due, dry.erased, dry.ids) == (1, 0, (f"{call.id}/1",))
        assert (await archive.retention(RunRetention())).erased == 1
        page = await archive.list(ListRecordings(call_id=call.id, limit=2))
        assert [item.state for item in page.items] == ["erased", "ready"] and page.next == f"{call.id}_2/1"
        rest = await archive.list(ListRecordings(call_id=call.id, after=page.next))
        assert [(item.state, item.hold) for item in rest.items] == [("ready", "case")]
        [entry] = archive.ledger.entries()
        assert entry["who"] == "retention" and entry["why"] == "retention: tenant=short keep_days=0"


async def test_an_erasure_that_a_crash_cut_short_is_finished(tmp_path: Path) -> None:
    """The proof was written, the file is still there."""
    async with office(tmp_path, carriers={"one": answer}) as o:
        ready = await recorded(o)
        archive = Archive(o.recordings, o.store, o.events_of)
        archive.ledger.append(at_ms=5, who="ann", why="x", recording_id=ready.data["recording_id"], part=1)
        archive.start()
        async with asyncio.timeout(10):
            while Path(ready.data["path"]).exists():
                await asyncio.sleep(0.02)
            while (await archive.get(GetRecording(id=ready.data["recording_id"]))).state != "erased":
                await asyncio.sleep(0.02)
        await archive.stop()


async def test_a_place_that_cannot_be_written_costs_the_recording_not_the_call(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": answer}) as o:
        call = await talk(o)
        (tmp_path / "recordings/taken.wav.part").mkdir(parents=True)
        o.calls.record_start(RecordStart(id=call.id, name="taken"))
        [failed] = await told(o, "recording.failed")
        assert "directory" in failed.data["error"] and not call.leg.ended
        assert json.dumps(failed.data)
