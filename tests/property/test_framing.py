"""Cutting a byte stream into messages: what the C scanner takes and refuses, against a plain model of the rules."""

from __future__ import annotations

import math
import random
import struct
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switchroom.control.framing import (
    BEFORE_AUTH,
    FrameLimits,
    Framer,
    Notification,
    Request,
    Response,
    decode,
    method_name,
    notification,
)
from switchroom.errors import ProtocolError, TooDeep, TooLarge

SMALL = FrameLimits(frame_bytes=2_000, depth=6, array_elements=40, map_pairs=12, text_bytes=300)
REFUSALS = (ProtocolError, TooLarge, TooDeep)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=40)
    | st.binary(max_size=40)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=8), inner, max_size=6),
    max_leaves=12,
)
messages = st.one_of(
    st.tuples(st.just(0), st.integers(0, 2**32 - 1), st.text(max_size=20), st.lists(values, max_size=3)),
    st.tuples(st.just(1), st.integers(0, 2**32 - 1), values, values),
    st.tuples(st.just(2), st.text(max_size=20) | st.binary(max_size=20), st.lists(values, max_size=3)),
)


class Refused(Exception):
    """By the model."""


class Model:
    """The rules of csrc/rpc/frame.h, written the slow and obvious way: a recursive walk over complete bytes."""

    def __init__(self, data: bytes, limits: FrameLimits) -> None:
        self.data, self.limits, self.at = data, limits, 0

    def message(self) -> int | None:
        """Length of the message at the start; None: incomplete."""
        try:
            self.value(0)
        except IndexError:
            return None
        return self.at

    def take(self, n: int) -> bytes:
        if self.at + n > self.limits.frame_bytes:
            raise Refused
        chunk = self.data[self.at : self.at + n]
        self.at += n
        if len(chunk) < n:
            raise IndexError
        return chunk

    def value(self, depth: int, key: bool = False) -> bytes | None:
        byte = self.data[self.at]
        kind, count, head = self.head(byte)
        if depth == 0 and (kind != "array" or count not in {3, 4}):
            raise Refused
        if key and kind != "text":
            raise Refused
        if kind in {"text", "bin"}:
            if count > self.limits.text_bytes:
                raise Refused
            return self.take(head + count)[head:]
        if kind in {"array", "map"}:
            self.container(kind, count, head, depth + 1)
            return None
        if kind == "float" and math.isnan(
            struct.unpack(">f" if head == 5 else ">d", self.data[self.at + 1 :][: head - 1])[0]
        ):
            raise Refused
        self.take(head)
        return None

    def container(self, kind: str, count: int, head: int, depth: int) -> None:
        limits = self.limits
        if count > (limits.map_pairs if kind == "map" else limits.array_elements) or depth > limits.depth:
            raise Refused
        at_least = count * 2 if kind == "map" else count
        if self.at + head + at_least > limits.frame_bytes:
            raise Refused
        self.take(head)
        keys = []
        for _ in range(count):
            if kind == "map":
                keys.append(self.value(depth, key=True))
            self.value(depth)
        self.twice |= len(set(keys)) < len(keys)

    twice = False

    def head(self, byte: int) -> tuple[str, int, int]:
        if byte <= 0x7F or byte >= 0xE0:
            return "scalar", 0, 1
        if byte <= 0x8F:
            return "map", byte & 15, 1
        if byte <= 0x9F:
            return "array", byte & 15, 1
        if byte <= 0xBF:
            return "text", byte & 31, 1
        if byte == 0xC1 or 0xC7 <= byte <= 0xC9 or 0xD4 <= byte <= 0xD8:
            raise Refused
        width = {
            0xC4: 1, 0xC5: 2, 0xC6: 4, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2,
            0xD2: 4, 0xD3: 8, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4,
        }.get(byte, 0)  # fmt: skip
        raw = self.data[self.at + 1 : self.at + 1 + width]
        if len(raw) < width:
            raise IndexError
        kinds = {0xC4: "bin", 0xC5: "bin", 0xC6: "bin", 0xCA: "float", 0xCB: "float", 0xD9: "text", 0xDA: "text"}
        kinds |= {0xDB: "text", 0xDC: "array", 0xDD: "array", 0xDE: "map", 0xDF: "map"}
        kind = kinds.get(byte, "scalar")
        return kind, int.from_bytes(raw, "big") if kind not in {"scalar", "float"} else 0, 1 + width


def model(data: bytes, limits: FrameLimits) -> int | str | None:
    """Length, None for incomplete, or "refused"."""
    walk = Model(data, limits)
    try:
        length = walk.message()
    except Refused:
        return "refused"
    return "refused" if length is not None and walk.twice else length


def scanned(data: bytes, limits: FrameLimits, cuts: list[int] | None = None) -> int | str | None:
    """The same from the Framer, fed in pieces."""
    framer = Framer(limits)
    found: bytes | None = None
    last = 0
    try:
        for cut in [*sorted(cuts or []), len(data)]:
            framer.feed(data[last:cut])
            last = cut
            if found is None:
                found = framer.next()
    except REFUSALS:
        return "refused"
    return None if found is None else len(found)


@given(st.lists(messages, min_size=1, max_size=4), st.lists(st.integers(0, 400), max_size=8))
def test_messages_come_out_as_they_went_in_at_any_split(sent: list[Any], cuts: list[int]) -> None:
    stream = b"".join(msgpack.packb(message) for message in sent)
    framer = Framer(FrameLimits())
    out = []
    last = 0
    for cut in [*sorted(min(cut, len(stream)) for cut in cuts), len(stream)]:
        framer.feed(stream[last:cut])
        last = cut
        while (frame := framer.next()) is not None:
            out.append(frame)
    assert out == [msgpack.packb(message) for message in sent]
    assert framer.pending == 0


@given(messages)
def test_every_split_of_one_message_finds_the_same_end(message: Any) -> None:
    data = msgpack.packb(message)
    for cut in range(len(data)):
        assert scanned(data, FrameLimits(), [cut]) == len(data)


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4))
def test_random_bytes_are_judged_as_the_model_judges_them(data: bytes, cuts: list[int]) -> None:
    assert scanned(data, SMALL, [min(cut, len(data)) for cut in cuts]) == model(data, SMALL)


@given(messages, st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), max_size=6), st.integers(0, 2_000))
@settings(max_examples=400)
def test_damaged_and_cut_messages_are_judged_as_the_model_judges_them(
    message: Any, damage: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(msgpack.packb(message))
    for at, byte in damage:
        data[at % len(data)] = byte
    data = data[: max(1, length)]
    assert scanned(bytes(data), SMALL) == model(bytes(data), SMALL)


@given(st.binary(max_size=200))
def test_what_the_framer_takes_decodes_or_is_a_protocol_error(data: bytes) -> None:
    framer = Framer(SMALL)
    framer.feed(b"\x94" + data)
    try:
        while (frame := framer.next()) is not None:
            assert isinstance(decode(frame), Request | Response | Notification)
    except REFUSALS:
        pass


def test_mutations_of_real_messages_are_judged_as_the_model_judges_them() -> None:
    """A fuzzing loop from a fixed seed."""
    rng = random.Random(20261121)
    seeds = [
        msgpack.packb([0, 1, "call.originate", [{"uri": "sip:1@h", "wait": "answered", "timeout_ms": 2**40}]]),
        msgpack.packb([2, b"nvim_set_client_info", ["client", {"major": 0}, "remote", {}, {"k": [1.5, None]}]]),
        msgpack.packb([1, 7, [1000, "no", {"a": {"b": {"c": [b"\0" * 50]}}}], None]),
    ]
    for _ in range(20_000):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(4)):
            at = rng.randrange(len(data))
            choice = rng.randrange(3)
            if choice == 0:
                data[at] = rng.randrange(256)
            elif choice == 1:
                del data[at : at + rng.randrange(1, 5)]
                data = data or bytearray(b"\x90")
            else:
                data[at:at] = rng.randbytes(rng.randrange(1, 6))
        cuts = [rng.randrange(len(data) + 1) for _ in range(rng.randrange(4))]
        assert scanned(bytes(data), SMALL, cuts) == model(bytes(data), SMALL), data.hex()


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"GET / HTTP/1.1\r\n", ProtocolError, "not a MessagePack-RPC message"),
        (msgpack.packb([2, "x", [float("nan")]]), ProtocolError, "NaN"),
        (msgpack.packb([2, "x", [msgpack.ExtType(3, b"a")]]), ProtocolError, "ext"),
        (msgpack.packb([2, "x", [{1: 2}]]), ProtocolError, "keys must be text"),
        (b"\x93\x02\xa1x\x91\x82\xa1a\x01\xa1a\x02", ProtocolError, "same key twice"),
        (b"\x93\x02\xa1x" + b"\x91" * 100, TooDeep, "17, allowed are 16"),
        (b"\x93\x02\xa1x" + b"\x81\xa1a" * 100, TooDeep, "17, allowed are 16"),
        (b"\x93\x02\xdd\xff\xff\xff\xff", TooLarge, "4294967295, allowed are 65536"),
        (b"\x93\x02\xdf\x00\x00\x04\x01", TooLarge, "1025, allowed are 1024"),
        (b"\x93\x02\xdb\x7f\xff\xff\xff", TooLarge, "2147483647, allowed are 262144"),
        (b"\x93\x02\xc6\x00\x04\x00\x01", TooLarge, "262145, allowed are 262144"),
    ],
)
def test_a_refusal_names_what_was_found_and_what_is_allowed(data: bytes, error: type[Exception], words: str) -> None:
    framer = Framer(FrameLimits())
    framer.feed(data)
    with pytest.raises(error, match=words):
        framer.next()


def test_before_auth_a_frame_has_64_kib() -> None:
    data = msgpack.packb([2, "x", [b"x" * 30_000, b"y" * 30_000, b"z" * 10_000]])
    framer = Framer(BEFORE_AUTH)
    framer.feed(data[:60_100])
    with pytest.raises(TooLarge, match="65536"):
        framer.next()
    framer = Framer(BEFORE_AUTH)
    framer.limit(FrameLimits())
    framer.feed(data)
    assert framer.next() == data


def test_a_long_text_is_not_scanned_again_with_every_byte() -> None:
    """One byte at a time: the scanner goes on where it stopped, so this ends within the test's time limit."""
    data = msgpack.packb([2, "x", [list(range(60_000))]])
    framer = Framer(FrameLimits())
    for i in range(0, len(data) - 1, 7):
        framer.feed(data[i : min(i + 7, len(data) - 1)])
        assert framer.next() is None
    framer.feed(data[-1:])
    assert framer.next() == data


@pytest.mark.parametrize(
    "message",
    [[5, 1, "x", []], [0, -1, "x", []], [0, 2**32, "x", []], [0, 1, 7, []], [0, 1, "x"], [2, "x", [], 1], [1, 1, 2]],
)
def test_an_envelope_that_is_none_is_a_protocol_error(message: list[Any]) -> None:
    with pytest.raises(ProtocolError):
        decode(msgpack.packb(message))


def test_text_that_is_not_utf8_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError):
        decode(b"\x93\x02\xa2\xff\xfe\x90")


def test_a_method_may_be_bin() -> None:
    found = decode(msgpack.packb([2, b"api.ping", []]))
    assert isinstance(found, Notification)
    assert method_name(found.method) == "api.ping"


def test_a_notification_we_send_is_one_we_take() -> None:
    framer = Framer(FrameLimits())
    framer.feed(notification("error", {"code": 1000}))
    frame = framer.next()
    assert frame is not None
    assert msgpack.unpackb(frame) == [2, "error", [{"code": 1000}]]
