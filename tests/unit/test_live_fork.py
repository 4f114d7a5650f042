"""Media forks over real sockets and real RTP: both directions, marks, barge-in, clients that are slow, rude or gone."""

from __future__ import annotations

import array
import asyncio
import contextlib
import importlib.util
import math
import struct
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from switchroom import _fork, errors
from switchroom.config import ForkConfig
from switchroom.core import Leg
from switchroom.live.events import Events
from switchroom.live.fork import Fork
from switchroom.live.forks import Forks
from switchroom.schema.call import Hangup, Originate
from switchroom.schema.fork import ForkInfo, ForkStart, ForkStop
from tests.unit.live_office import Office, office

HEADER = struct.Struct("!BBBBIQHH")


def rms(pcm: bytes) -> float:
    samples = array.array("h", pcm)
    return math.sqrt(sum(v * v for v in samples) / max(1, len(samples)))


def tone(ms: int, hz: int = 440) -> bytes:
    return struct.pack(f"<{8 * ms}h", *(round(8000 * math.sin(2 * math.pi * hz * i / 8000)) for i in range(8 * ms)))


class Client:
    """What listens at a sink: keeps every frame as (kind, flags, seq, clock, payload). `reads` False: takes nothing."""

    def __init__(self, path: Path, *, reads: bool = True) -> None:
        self.path = path
        self.sink = f"unix:{path}"
        self.frames: list[tuple[int, int, int, int, bytes]] = []
        self.reading = asyncio.Event()
        if reads:
            self.reading.set()
        self.over = asyncio.Event()
        self._changed = asyncio.Event()
        self.writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._changed.set()
        await self.reading.wait()
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                version, _, kind, flags, seq, clock, n, _ = HEADER.unpack(await reader.readexactly(HEADER.size))
                assert version == 1
                self.frames.append((kind, flags, seq, clock, await reader.readexactly(n)))
                self._changed.set()
        self.over.set()
        self._changed.set()

    def send(self, kind: int, payload: bytes = b"") -> None:
        assert self.writer is not None
        self.writer.write(HEADER.pack(1, 0, kind, 0, 0, 0, len(payload), 0) + payload)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    def audio(self) -> list[bytes]:
        return [payload for kind, _, _, _, payload in self.frames if kind == _fork.AUDIO]

    def marks(self) -> list[tuple[bytes, int]]:
        return [(payload, flags) for kind, flags, _, _, payload in self.frames if kind == _fork.MARK]


class Scene:
    """A call to a far side, and the forks of its office."""

    def __init__(self, o: Office, forks: Forks, call_id: str, far: Leg) -> None:
        self.o = o
        self.forks = forks
        self.call_id = call_id
        self.far = far

    async def start(self, client: Client, **options: Any) -> ForkInfo:
        info = await self.forks.start(ForkStart(id=self.call_id, sink=client.sink, **options))
        await client.until(lambda: client.writer is not None)
        return info

    async def ended(self) -> dict[str, Any]:
        await self.o.topics("fork.ended")
        return next(event.data for event in self.o.events if event.topic == "fork.ended")

    async def far_hears(self, frames: Any, holds: Callable[[float], bool], count: int = 5) -> None:
        """Until so many frames in a row are as asked."""
        run = 0
        async with asyncio.timeout(15):
            async for pcm in frames:
                run = run + 1 if holds(rms(pcm)) else 0
                if run == count:
                    return


@contextlib.asynccontextmanager
async def scene(folder: Path, **config: Any) -> AsyncIterator[Scene]:
    arrived: asyncio.Queue[Leg] = asyncio.Queue()

    def carrier(leg: Leg) -> None:
        leg.answer()
        arrived.put_nowait(leg)

    async with office(folder, carriers={"one": carrier}) as o:
        forks = Forks(o.calls, Events(o.store).publish, ForkConfig(**config))
        info = await o.calls.originate(Originate(number="1"))
        call = o.calls.find(info.id)
        assert call is not None
        async with asyncio.timeout(10):
            await call.leg.wait_answered()
            far = await arrived.get()
        try:
            yield Scene(o, forks, info.id, far)
        finally:
            await forks.close()


@contextlib.asynccontextmanager
async def listening(client: Client) -> AsyncIterator[Client]:
    server = await asyncio.start_unix_server(client.serve, client.path)
    try:
        yield client
    finally:
        client.reading.set()
        server.close()
        if client.writer is not None:
            client.writer.close()


async def test_a_fork_hears_both_sides_numbered_and_on_one_clock(tmp_path: Path) -> None:
    async with scene(tmp_path) as s, listening(Client(tmp_path / "sink")) as client:
        info = await s.start(client, direction="both")
        call = s.o.calls.find(s.call_id)
        assert call is not None and info.direction == "both"
        s.far.tone(500, level_dbm0=-10)
        call.leg.tone(700, level_dbm0=-20)

        def both() -> bool:
            return any(rms(left(a)) > 3000 and 1000 < rms(right(a)) < 3000 for a in client.audio())

        await client.until(both)
        assert s.forks.stop(ForkStop(id=s.call_id)).already is False
        async with asyncio.timeout(10):
            await client.over.wait()
        first, *frames, last = client.frames
        hello = msgspec.msgpack.decode(first[4])
        assert first[0] == _fork.HELLO and hello["call_id"] == s.call_id and hello["channels"] == 2
        assert last[0] == _fork.END and msgspec.msgpack.decode(last[4]) == {"reason": "stopped"}
        assert [f[2] for f in client.frames] == list(range(len(client.frames)))
        assert [f[3] for f in frames] == [160 * i for i in range(len(frames))], "20 ms a frame, from 0"
        data = await s.ended()
        assert data["reason"] == "stopped" and data["dropped"] == data["lost"] == 0 and data["frames"] >= len(frames)
        assert s.forks.stop(ForkStop(id=s.call_id)).already is True


def left(frame: bytes) -> bytes:
    return array.array("h", frame)[0::2].tobytes()


def right(frame: bytes) -> bytes:
    return array.array("h", frame)[1::2].tobytes()


@pytest.mark.parametrize(("options", "size"), [({"rate_hz": 16000}, 640), ({"format": "wire"}, 160), ({}, 320)])
async def test_frames_come_in_the_format_asked_for(tmp_path: Path, options: dict[str, Any], size: int) -> None:
    async with scene(tmp_path) as s, listening(Client(tmp_path / "sink")) as client:
        info = await s.start(client, **options)
        await client.until(lambda: len(client.audio()) >= 3)
        assert {len(a) for a in client.audio()} == {size}
        assert info.format == ("pcmu" if options.get("format") else "pcm_s16le")


async def test_audio_back_is_heard_and_its_mark_comes_when_it_was(tmp_path: Path) -> None:
    async with scene(tmp_path) as s, listening(Client(tmp_path / "sink")) as client, s.far.frames() as heard:
        await s.start(client)
        client.send(_fork.AUDIO, tone(400))
        client.send(_fork.MARK, b"one")
        client.send(_fork.MARK, b"two")
        await s.far_hears(heard, lambda level: level > 3000)
        await client.until(lambda: len(client.marks()) == 2)
        assert client.marks() == [(b"one", 0), (b"two", 0)]


async def test_clear_stops_at_once_and_gives_the_marks_back(tmp_path: Path) -> None:
    async with scene(tmp_path) as s, listening(Client(tmp_path / "sink")) as client, s.far.frames() as heard:
        await s.start(client)
        for _ in range(20):
            client.send(_fork.AUDIO, tone(500))  # ten seconds
        client.send(_fork.MARK, b"never")
        await s.far_hears(heard, lambda level: level > 3000)
        client.send(_fork.CLEAR)
        await client.until(lambda: client.marks() == [(b"never", _fork.CLEARED)])
        # A second of tone at most was on its way; that it ends at all within the reading is the proof.
        await s.o.calls.hangup(Hangup(id=s.call_id))
        data = await s.ended()
        assert data["reason"] == "call_ended" and data["clears"] == 1 and data["back_ms"] == 10_000
        assert data["back_dropped_ms"] == 0


async def test_a_client_that_never_reads_loses_the_oldest_and_then_its_fork(tmp_path: Path) -> None:
    async with scene(tmp_path, buffer_ms=400, stall_ms=1000) as s:
        async with listening(Client(tmp_path / "sink", reads=False)) as client:
            await s.start(client)
            fork: Fork = s.forks._forks[s.call_id, 0]
            for _ in range(60):  # 18 MB: more than all buffers on the way hold
                for _ in range(100):
                    fork._write(fork._encoder.control(_fork.MARK, bytes(3000)))
                await asyncio.sleep(0)
            assert fork.dropped > 1000 and len(fork._waiting) <= 20
            data = await s.ended()
            assert data["reason"] == "stalled" and data["dropped"] >= fork.dropped
            call = s.o.calls.find(s.call_id)
            assert call is not None and call.state == "answered", "the call has noticed nothing"
            client.reading.set()
            await client.until(client.over.is_set)
            assert client.frames[0][0] == _fork.HELLO


async def test_a_client_that_talks_nonsense_is_left(tmp_path: Path) -> None:
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", HEADER.pack(1, 0, _fork.AUDIO, 0, 0, 0, 3, 0) + b"odd", bytes(64)):
        folder = tmp_path / nonsense.hex()[:4]
        folder.mkdir()
        async with scene(folder) as s, listening(Client(tmp_path / "sink")) as client:
            await s.start(client)
            assert client.writer is not None
            client.writer.write(nonsense)
            assert (await s.ended())["reason"] == "protocol"
            assert len(s.forks) == 0
        (tmp_path / "sink").unlink(missing_ok=True)


async def test_a_client_that_goes_away_ends_its_fork_and_may_come_again(tmp_path: Path) -> None:
    async with scene(tmp_path) as s, listening(Client(tmp_path / "sink")) as client:
        await s.start(client)
        with pytest.raises(errors.Exists):
            await s.start(client)
        assert client.writer is not None
        client.writer.close()
        assert (await s.ended())["reason"] == "closed"
        client.writer = None
        await s.start(client)
        await s.o.calls.hangup(Hangup(id=s.call_id))
        await s.o.rows()


async def test_more_audio_than_may_wait_is_dropped_and_counted(tmp_path: Path) -> None:
    async with scene(tmp_path, back_ms=1000) as s, listening(Client(tmp_path / "sink")) as client:
        await s.start(client)
        fork: Fork = s.forks._forks[s.call_id, 0]
        for _ in range(10):
            client.send(_fork.AUDIO, tone(500))
        async with asyncio.timeout(10):
            while fork.back_bytes < 10 * 8000:
                await asyncio.sleep(0)
        s.forks.stop(ForkStop(id=s.call_id))
        assert 2000 <= (await s.ended())["back_dropped_ms"] <= 4500


async def test_what_cannot_be_forked_is_refused(tmp_path: Path) -> None:
    async with scene(tmp_path, max_forks=0) as s, listening(Client(tmp_path / "sink")) as client:
        with pytest.raises(errors.Capacity):
            await s.start(client)
    (tmp_path / "two").mkdir()
    async with scene(tmp_path / "two", sinks=("unix:*",)) as s:
        for request, error in (
            (ForkStart(id="nobody", sink="unix:x"), errors.NotFound),
            (ForkStart(id=s.call_id, sink="unix:x", leg=3), errors.NotFound),
            (ForkStart(id=s.call_id, sink="tcp://127.0.0.1:9"), errors.Forbidden),
            (ForkStart(id=s.call_id, sink=f"unix:{tmp_path}/nobody"), errors.SinkDown),
            (ForkStart(id=s.call_id, sink="unix:x", format="pcmu", rate_hz=16000), errors.BadParams),
        ):
            with pytest.raises(error):
                await s.forks.start(request)
        assert len(s.forks) == 0 and "fork.started" not in [event.topic for event in s.o.events]


async def test_the_example_answers_and_stops_when_the_caller_barges_in(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("voice_bot", Path(__file__).parents[2] / "examples" / "voice_bot.py")
    assert spec is not None and spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    async with scene(tmp_path) as s, s.far.frames() as heard:
        bot = example.Bot(str(tmp_path / "bot.sock"), tone(30_000))
        server = await bot.start()
        try:
            await s.forks.start(ForkStart(id=s.call_id, sink=f"unix:{tmp_path}/bot.sock"))
            await s.far.tone(500, total_ms=500)
            await s.far_hears(heard, lambda level: level > 3000)
            await s.far.tone(500, total_ms=500)  # over its answer of half a minute
            async with asyncio.timeout(15):
                while not bot.talks[0].barge_ins:
                    await asyncio.sleep(0.01)
            s.forks.stop(ForkStop(id=s.call_id))
            data = await s.ended()
            assert data["clears"] == 1 and bot.talks[0].answers >= 1 and bot.talks[0].heard_out == 0
        finally:
            server.close()
