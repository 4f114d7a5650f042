"""What becomes of a recorded file: repaired, encoded, sealed, published, erased with proof. No engine needed."""

from __future__ import annotations

import io
import json
import os
import signal
import stat
import struct
from pathlib import Path

import numpy as np
import pytest

from switchroom.config import RecordingKeyConfig, RetentionConfig
from switchroom.errors import ConfigError
from switchroom.recording import durable, ledger, retention
from switchroom.recording.encode import EncodeError, Encoder
from switchroom.recording.keys import Key, Keyring, load_keys
from switchroom.recording.paths import relative_path, within
from switchroom.recording.publish import Job, publish, target_path
from switchroom.recording.repair import Shape, header, repair
from switchroom.recording.sealed import Sealed, SealError, seal
from switchroom.recording.verify import MULAW, BadRecording, problems, read_info

KEY = Key("k1", "acme", b"\x01" * 32)
OTHER = Key("k2", "acme", b"\x02" * 32)


def recorded(path: Path, seconds: float = 1.0) -> Path:
    """A stereo mu-law file as the recorder writes it: two tones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = round(seconds * 8000)
    t = np.arange(frames)
    codes = np.stack([128 + 60 * (np.sin(t * hz) > 0) + t % 7 for hz in (0.3, 0.5)], axis=1).astype(np.uint8)
    path.write_bytes(header(Shape(MULAW, 2), frames) + codes.tobytes())
    return path


# ---------------------------------------------------------------- where it lies


def test_recordings_are_spread_over_folders() -> None:
    paths = {relative_path(1_795_291_200_123, f"call{i}") for i in range(2_000)}
    folders = {path.rsplit("/", 1)[0] for path in paths}
    assert len(folders) == 256 and all(folder.startswith("2026-11-21/20/") for folder in folders)
    assert relative_path(0, "x", "") == relative_path(0, "x", "")


def test_a_name_stays_in_the_folder(tmp_path: Path) -> None:
    assert within(tmp_path, "a/b") == tmp_path / "a/b"
    for bad in ("../x", "/etc/x", ".", "a/../.."):
        assert within(tmp_path, bad) is None


# ---------------------------------------------------------------- repair


def test_a_header_that_lags_behind_is_put_right(tmp_path: Path) -> None:
    """As a SIGKILL leaves it: audio behind what the header names, the last sample cut."""
    path = recorded(tmp_path / "a.wav")
    with path.open("r+b") as file:
        file.write(header(Shape(MULAW, 2), 100))
        file.seek(0, os.SEEK_END)
        file.write(b"\x80")
    info, changed = repair(path)
    assert changed and (info.frames, info.claimed_frames) == (8000, 8000) and problems(path) == []
    assert repair(path) == (info, False)


def test_a_header_that_promises_too_much_is_put_right(tmp_path: Path) -> None:
    """As a power cut leaves it: the header is newer than the audio."""
    path = recorded(tmp_path / "a.wav")
    os.truncate(path, 58 + 1000)
    info, changed = repair(path)
    assert changed and info.frames == 500 and problems(path) == []


def test_a_header_that_is_gone_is_made_anew_from_the_books(tmp_path: Path) -> None:
    path = recorded(tmp_path / "a.wav")
    with path.open("r+b") as file:
        file.write(b"\0" * 58)
    with pytest.raises(BadRecording):
        repair(path)
    info, changed = repair(path, Shape(MULAW, 2))
    assert changed and info.frames == 8000 and info.format == MULAW


@pytest.mark.parametrize("data", [b"", b"RIFF", b"\xff" * 40, os.urandom(57)])
def test_what_is_no_recording_is_refused_not_guessed(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    with pytest.raises(BadRecording):
        repair(path, Shape(MULAW, 2))
    assert path.read_bytes() == data


# ---------------------------------------------------------------- keys


def test_keys_come_from_file_environment_and_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "raw").write_bytes(b"\x07" * 32)
    monkeypatch.setenv("SWITCHROOM_TEST_KEY", "ab" * 32)
    ring = load_keys(
        (
            RecordingKeyConfig(id="all", file="raw"),
            RecordingKeyConfig(id="old", tenant="acme", env="SWITCHROOM_TEST_KEY"),
            RecordingKeyConfig(id="new", tenant="acme", command=f"printf {'cd' * 32}"),
        ),
        tmp_path,
    )
    assert ring.for_tenant("acme") == Key("new", "acme", b"\xcd" * 32), "the last one encrypts"
    assert ring.find("old") == Key("old", "acme", b"\xab" * 32), "older ones still decrypt"
    assert ring.for_tenant("else") == ring.for_tenant(None) == Key("all", "", b"\x07" * 32)
    assert "\\x07" not in repr(ring.find("all"))


@pytest.mark.parametrize(
    "entry, says",
    [
        (RecordingKeyConfig(id="a"), "one of file, env and command"),
        (RecordingKeyConfig(id="a", file="x", env="y"), "one of file, env and command"),
        (RecordingKeyConfig(id="a", file="/nowhere/key"), "cannot be read"),
        (RecordingKeyConfig(id="a", env="SWITCHROOM_NOT_SET"), "is not set"),
        (RecordingKeyConfig(id="a", command="false"), "cannot be read"),
        (RecordingKeyConfig(id="a", command="echo short"), "is no key"),
    ],
)
def test_a_key_that_cannot_be_had_is_named_at_start(entry: RecordingKeyConfig, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load_keys([entry])


# ---------------------------------------------------------------- sealed


def sealed_file(path: Path, data: bytes, key: Key = KEY, chunk: int = 64) -> Path:
    with path.open("wb") as target:
        seal(io.BytesIO(data), target, key, "a.wav", chunk)
    return path


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 128, 1000])
def test_sealed_files_open_with_their_key(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    path = sealed_file(tmp_path / "a.sealed", data)
    assert size < 16 or data[:16] not in path.read_bytes()
    with Sealed(path, Keyring([OTHER, KEY])) as sealed:
        out = io.BytesIO()
        sealed.unseal(out)
        assert out.getvalue() == data and sealed.size == size and sealed.header.tenant == "acme"
        assert sealed.read(60, 10) == data[60:70] and sealed.read(size, 5) == b""


def test_the_wrong_key_is_told_from_damage(tmp_path: Path) -> None:
    path = sealed_file(tmp_path / "a.sealed", b"x" * 200)
    with pytest.raises(SealError, match="'k1', which is not configured"):
        Sealed(path, Keyring([OTHER]))
    with pytest.raises(SealError, match="same id has another secret"):
        Sealed(path, Keyring([Key("k1", "acme", b"\x03" * 32)]))


def test_no_byte_of_a_sealed_file_can_be_changed_unseen(tmp_path: Path) -> None:
    good = sealed_file(tmp_path / "a.sealed", bytes(range(200))).read_bytes()
    path = tmp_path / "b.sealed"
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(SealError), Sealed(path, Keyring([KEY])) as sealed:
            sealed.unseal(io.BytesIO())
    for length in range(len(good)):
        path.write_bytes(good[:length])
        with pytest.raises(SealError), Sealed(path, Keyring([KEY])) as sealed:
            sealed.unseal(io.BytesIO())


def test_chunks_of_a_sealed_file_cannot_be_exchanged(tmp_path: Path) -> None:
    good = sealed_file(tmp_path / "a.sealed", b"a" * 64 + b"b" * 64 + b"c").read_bytes()
    start = 12 + struct.unpack(">I", good[8:12])[0]
    one, two, rest = good[start : start + 80], good[start + 80 : start + 160], good[start + 160 :]
    path = tmp_path / "b.sealed"
    for changed in (two + one + rest, one + rest, one + one + rest, one + two):
        path.write_bytes(good[:start] + changed)
        with pytest.raises(SealError), Sealed(path, Keyring([KEY])) as sealed:
            sealed.unseal(io.BytesIO())


def test_hostile_headers_of_sealed_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.sealed"
    good = json.dumps(
        {"key": "k1", "salt": "00" * 32, "prefix": "00" * 7, "check": "", "chunk": 2**40, "name": "", "tenant": ""}
    )
    for text in (good, "[" * 2000, "{}", "null", good.replace("00" * 7, "zz"), good.replace("k1", "\\ud800")):
        path.write_bytes(b"SWRSEAL1" + struct.pack(">I", len(text)) + text.encode() + b"\0" * 64)
        with pytest.raises(SealError):
            Sealed(path, Keyring([KEY]))
    path.write_bytes(b"SWRSEAL1" + b"\xff" * 4 + b"{}")
    with pytest.raises(SealError):
        Sealed(path, Keyring([KEY]))


# ---------------------------------------------------------------- publish


def no_encoder(source: Path, target: Path, kind: str) -> int:
    raise AssertionError("wav needs no encoder")


def test_a_plain_recording_is_there_at_once_or_not_at_all(tmp_path: Path) -> None:
    source = recorded(tmp_path / "r/day/call.wav.part")
    data = source.read_bytes()
    done = publish(Job(source, tmp_path / "r/day/call", tmp_path / "r"), no_encoder)
    assert done.path == tmp_path / "r/day/call.wav" and done.path.read_bytes() == data
    assert done.sha256 == durable.sha256_of(done.path) and (done.duration_ms, done.repaired) == (1000, False)
    assert [path.name for path in (tmp_path / "r/day").iterdir()] == ["call.wav"]


def test_a_sealed_recording_decrypts_to_what_was_recorded(tmp_path: Path) -> None:
    source = recorded(tmp_path / "spool/call.wav.part")
    data = source.read_bytes()
    done = publish(Job(source, tmp_path / "r/call", tmp_path / "r", key=KEY), no_encoder)
    assert done.path.name == "call.wav.sealed" and done.key_id == "k1" and not source.exists()
    with Sealed(done.path, Keyring([KEY])) as sealed:
        assert sealed.read(0, 1 << 20) == data
    assert done.sha256 == durable.sha256_of(done.path)


def test_flac_is_every_sample_and_smaller(tmp_path: Path) -> None:
    source = recorded(tmp_path / "call.wav.part", 5.0)
    encoder = Encoder()
    try:
        done = publish(Job(source, tmp_path / "call", tmp_path, "flac"), encoder.encode)
    finally:
        encoder.close()
    assert done.path == target_path(tmp_path / "call", "flac", None) and done.warning is None
    assert not source.exists() and done.duration_ms == 5000
    assert [path.name for path in tmp_path.iterdir()] == ["call.flac"]


def test_opus_is_as_long_and_verified(tmp_path: Path) -> None:
    t = np.arange(16_000)
    pcm = np.stack([9000 * np.sin(t * 0.4), 3000 * np.sin(t * 0.2)], axis=1).astype("<i2")
    source = tmp_path / "call.wav.part"
    source.write_bytes(header(Shape(1, 2), 16_000) + pcm.tobytes())
    encoder = Encoder()
    try:
        done = publish(Job(source, tmp_path / "call", tmp_path, "opus", key=KEY), encoder.encode)
    finally:
        encoder.close()
    assert done.path.name == "call.opus.sealed" and done.duration_ms == 2000 and done.bytes < 20_000


def test_an_encoder_that_dies_costs_the_format_not_the_recording(tmp_path: Path) -> None:
    encoder = Encoder()

    def killed(source: Path, target: Path, kind: str) -> int:
        process = encoder._running()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        encoder._running = lambda: process  # type: ignore[method-assign]
        return encoder.encode(source, target, "flac")

    done = publish(Job(recorded(tmp_path / "call.wav.part"), tmp_path / "call", tmp_path, "flac"), killed)
    assert done.path.name == "call.wav" and done.warning and "died" in done.warning and problems(done.path) == []
    del encoder._running
    with pytest.raises(EncodeError, match="cannot be made"):
        encoder.encode(tmp_path / "absent.wav", tmp_path / "x.flac", "flac")  # and it starts again
    encoder.close()


def test_a_disk_without_room_leaves_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = recorded(tmp_path / "spool/call.wav.part")
    target = tmp_path / "r"
    target.mkdir()

    def full(path: Path, *args: object, **more: object) -> io.BytesIO:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "written", full)
    monkeypatch.setattr("switchroom.recording.publish.durable.written", full)
    with pytest.raises(OSError, match="No space"):
        publish(Job(source, target / "call", target, key=KEY), no_encoder)
    assert problems(source) == [] and list(target.rglob("*.sealed")) == []


def test_what_was_written_halfway_is_taken_away(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), durable.written(tmp_path / "x") as file:
        file.write(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- ledger


def test_the_ledger_is_a_chain(tmp_path: Path) -> None:
    book = ledger.Ledger(tmp_path)
    entries = [book.append(who="ann", recording_id=f"r{i}") for i in range(3)]
    assert list(book.entries()) == entries and [entry["seq"] for entry in entries] == [1, 2, 3]
    assert entries[1]["prev"] == entries[0]["hash"] and entries[0]["prev"] == ledger.START
    assert stat.S_IMODE(book.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [lines[0].replace(b"ann", b"bob"), *lines[1:]],
        lambda lines: [lines[0], lines[2]],
        lambda lines: lines[1:],
        lambda lines: [lines[1], lines[0], lines[2]],
        lambda lines: [b"[]\n", *lines],
    ],
)
def test_a_ledger_that_was_changed_is_seen(tmp_path: Path, change: object) -> None:
    book = ledger.Ledger(tmp_path)
    for i in range(3):
        book.append(who="ann", recording_id=f"r{i}")
    book.path.write_bytes(b"".join(change(book.path.read_bytes().splitlines(keepends=True))))  # type: ignore[operator]
    with pytest.raises(ledger.LedgerError):
        list(book.entries())


def test_a_line_cut_by_a_power_cut_is_written_again(tmp_path: Path) -> None:
    book = ledger.Ledger(tmp_path)
    first = book.append(who="ann", n=1)
    with book.path.open("ab") as file:
        file.write(b'{"seq":2,"half')
    second = book.append(who="ann", n=2)
    assert list(book.entries()) == [first, second] and second["seq"] == 2


# ---------------------------------------------------------------- retention

RULES = (
    RetentionConfig(campaign="vip*", keep_days=None),
    RetentionConfig(disposition="sale", keep_days=365),
    RetentionConfig(tenant="acme", keep_days=30),
    RetentionConfig(keep_days=90),
)


@pytest.mark.parametrize(
    "kept, days",
    [
        (retention.Kept(0, campaign_id="vip-1", tenant="acme"), None),
        (retention.Kept(0, tenant="acme", disposition="sale"), 365),
        (retention.Kept(0, tenant="acme"), 30),
        (retention.Kept(0), 90),
    ],
)
def test_the_first_rule_that_fits_decides(kept: retention.Kept, days: int | None) -> None:
    if days is None:
        assert retention.due(RULES, kept, 10**15) is None
        return
    assert retention.due(RULES, kept, days * retention.DAY_MS - 1) is None
    rule = retention.due(RULES, kept, days * retention.DAY_MS)
    assert rule is not None and f"keep_days={days}" in retention.describe(rule)


def test_a_legal_hold_is_above_every_rule() -> None:
    assert retention.due(RULES, retention.Kept(0, hold="case 17"), 10**15) is None


def test_without_a_rule_it_is_kept() -> None:
    assert retention.due(RULES[:3], retention.Kept(0), 10**15) is None


def test_read_info_still_knows_published_files(tmp_path: Path) -> None:
    assert read_info(recorded(tmp_path / "x.wav")).bytes == 16_000
