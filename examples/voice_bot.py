"""A program that talks with a caller: it listens to a media fork, waits until the caller has said something, answers,
and stops as soon as the caller speaks again (barge-in). Standard library only; docs/media-fork.md has the protocol.

    python examples/voice_bot.py run/bot.sock [answer.wav]
    switchroom ctl call.fork.start id=CALL sink=unix:run/bot.sock
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import math
import os
import struct
import sys
import wave

HEADER = struct.Struct("!BBBBIQHH")  # version, leg, kind, flags, sequence, media clock, bytes that follow, 0
HELLO, AUDIO, MARK, CLEAR, END = range(5)
CLEARED = 1
RATE_HZ = 8000
FRAME = 320  # bytes: 20 ms of 16-bit samples
LOUD = 500  # root mean square of a frame with a voice in it; -33 dBm0
TALK_FRAMES = 8  # so many loud ones are speech, not a click
PAUSE_FRAMES = 20  # so much quiet after it ends a sentence


def melody() -> bytes:
    """What it says when it was given no file: five seconds of two notes."""
    notes = [math.sin(2 * math.pi * (440 if i // 4000 % 2 else 550) * i / RATE_HZ) for i in range(5 * RATE_HZ)]
    return struct.pack(f"<{len(notes)}h", *(round(6000 * v) for v in notes))


def voice(path: str) -> bytes:
    with wave.open(path, "rb") as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE_HZ, 1, 2):
            raise ValueError(f"{path}: 16-bit mono WAV at {RATE_HZ} Hz is needed")
        return file.readframes(file.getnframes())


class Talk:
    """One call."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes) -> None:
        self._reader = reader
        self._writer = writer
        self._answer = answer
        self._sequence = 0
        self._loud = self._quiet = 0
        self._spoke = False
        self.speaking = False
        self.answers = self.barge_ins = self.heard_out = 0

    def _send(self, kind: int, payload: bytes = b"") -> None:
        self._writer.write(HEADER.pack(1, 0, kind, 0, self._sequence, 0, len(payload), 0) + payload)
        self._sequence += 1

    async def run(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                version, _, kind, flags, _, _, length, _ = HEADER.unpack(await self._reader.readexactly(HEADER.size))
                payload = await self._reader.readexactly(length)
                if version != 1 or kind == END:
                    break
                if kind == AUDIO:
                    self._hear(payload)
                elif kind == MARK:
                    self.speaking = False
                    self.heard_out += not flags & CLEARED
        self._writer.close()

    def _hear(self, pcm: bytes) -> None:
        samples = array.array("h", pcm)
        if sys.byteorder == "big":
            samples.byteswap()
        loud = math.sqrt(sum(v * v for v in samples) / len(samples)) > LOUD
        self._loud = self._loud + 1 if loud else 0
        self._quiet = 0 if loud else self._quiet + 1
        if self._loud == TALK_FRAMES:
            self._spoke = True
            if self.speaking:
                self.speaking = False
                self.barge_ins += 1
                self._send(CLEAR)
        if self._spoke and self._quiet == PAUSE_FRAMES and not self.speaking:
            self._spoke = False
            self._say()

    def _say(self) -> None:
        """All of it at once: the engine plays it at the speed of speech, and says by the mark when it has."""
        self.speaking = True
        self.answers += 1
        for at in range(0, len(self._answer), FRAME):
            self._send(AUDIO, self._answer[at : at + FRAME])
        self._send(MARK, b"answer")


class Bot:
    """Listens on a Unix socket; one Talk per call that is forked to it."""

    def __init__(self, path: str, answer: bytes) -> None:
        self._path = path
        self._answer = answer
        self.talks: list[Talk] = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = Talk(reader, writer, self._answer)
        self.talks.append(talk)
        await talk.run()

    async def start(self) -> asyncio.Server:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)
        return await asyncio.start_unix_server(self._serve, self._path)


async def main(path: str, *file: str) -> None:
    server = await Bot(path, voice(file[0]) if file else melody()).start()
    print(f"listening on unix:{path}")
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(*sys.argv[1:]))
