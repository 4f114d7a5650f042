"""`switchroom recordings` on files: verify against the books, decrypt, play, export, repair."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from switchroom.cli import main as cli
from switchroom.recording.durable import sha256_of
from switchroom.recording.keys import Key
from switchroom.recording.ledger import Ledger
from switchroom.recording.publish import Job, Published, publish
from switchroom.recording.repair import Shape, header
from switchroom.recording.verify import MULAW
from switchroom.store import Store
from switchroom.store.recordings import PutRecording, RecordingRow

AUDIO = header(Shape(MULAW, 2), 4000) + bytes(range(250)) * 32


def kept(root: Path, name: str, key: Key | None = None) -> Published:
    source = root / f"{name}.wav.part"
    source.write_bytes(AUDIO)
    return publish(Job(source, root / name, root, key=key), lambda *_: 0)


@pytest.fixture
async def archive(tmp_path: Path) -> Path:
    """A plain and a sealed recording, the books about them, and a configuration that names all."""
    root = tmp_path / "recordings"
    root.mkdir()
    (tmp_path / "key").write_text("0a" * 32 + "\n")
    (tmp_path / "switchroom.toml").write_text(
        f'[store]\nurl = "sqlite:{tmp_path}/s.db"\n[recording]\npath = "{root}"\n'
        '[[recording.key]]\nid = "k"\nfile = "key"\n'
    )
    store = Store(f"sqlite:{tmp_path}/s.db")
    await store.start()
    for name, key in (("plain", None), ("secret", Key("k", "", b"\x0a" * 32))):
        done = kept(root, name, key)
        row = RecordingRow(
            id=name,
            part=1,
            call_id="call1",
            sides="both",
            codec="ulaw",
            format="wav",
            source="",
            path=str(done.path),
            started_at_ms=1,
            state="ready",
            bytes=done.bytes,
            sha256=done.sha256,
            gaps=[[10, 20]],
        )
        await store.submit([PutRecording(row)])
    await store.stop()
    return tmp_path


def run(*arguments: object) -> int:
    return cli.main(["recordings", *map(str, arguments)])


def test_whole_files_verify_with_and_without_the_books(archive: Path) -> None:
    assert run("verify", archive / "recordings") == 0
    assert run("verify", archive / "recordings", "-c", archive / "switchroom.toml") == 0


def test_a_file_that_was_changed_is_named(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = archive / "recordings/plain.wav"
    path.write_bytes(AUDIO[:-1] + b"!")
    assert run("verify", archive / "recordings") == 0, "nobody can see that without the hash"
    assert run("verify", archive / "recordings", "-c", archive / "switchroom.toml") == 1
    assert "recording plain/1" in capsys.readouterr().err


def test_a_damaged_sealed_file_is_named(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = archive / "recordings/secret.wav.sealed"
    path.write_bytes(path.read_bytes()[:-1])
    assert run("verify", archive / "recordings", "-c", archive / "switchroom.toml") == 1
    assert "damaged" in capsys.readouterr().err


def test_a_file_gone_without_a_proof_is_named(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (archive / "recordings/plain.wav").unlink()
    assert run("verify", archive / "recordings", "-c", archive / "switchroom.toml") == 1
    assert "no erasure is noted" in capsys.readouterr().err


def test_a_ledger_that_was_changed_is_named(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = Ledger(archive / "recordings")
    book.append(who="ann", recording_id="x", part=1)
    assert run("verify", archive / "recordings") == 0
    book.path.write_bytes(book.path.read_bytes().replace(b"ann", b"bob"))
    assert run("verify", archive / "recordings") == 1
    assert "erasures.jsonl" in capsys.readouterr().err


def test_decrypt_gives_what_was_recorded(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sealed, out = archive / "recordings/secret.wav.sealed", archive / "clear.wav"
    assert run("decrypt", sealed, "-o", out) == 1
    assert "'k', which is not configured" in capsys.readouterr().err and not out.exists()
    assert run("decrypt", sealed, "-o", out, "-c", archive / "switchroom.toml") == 0
    assert out.read_bytes() == AUDIO
    assert run("decrypt", sealed, "-o", out, "-c", archive / "switchroom.toml") == 1, "never over another file"


def test_the_wrong_key_is_a_clear_error(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (archive / "key").write_text("0b" * 32)
    sealed = archive / "recordings/secret.wav.sealed"
    assert run("decrypt", sealed, "-o", archive / "x.wav", "-c", archive / "switchroom.toml") == 1
    assert "same id has another secret" in capsys.readouterr().err


def test_play_hands_the_plain_file_to_a_player(archive: Path) -> None:
    (archive / "want.wav").write_bytes(AUDIO)
    sealed = archive / "recordings/secret.wav.sealed"
    config = archive / "switchroom.toml"
    assert run("play", sealed, "-c", config, "--player", f"cmp - {archive / 'want.wav'}") == 0
    assert run("play", sealed, "-c", config, "--player", f"cmp -s - {archive / 'key'}") == 1
    assert run("play", sealed, "-c", config, "--player", "no-such-player") == 1


def test_export_copies_in_the_clear_with_a_manifest(archive: Path) -> None:
    out, config = archive / "out", archive / "switchroom.toml"
    assert run("export", out, "--call", "call1", "-c", config) == 0
    manifest = json.loads((out / "manifest.json").read_text())["recordings"]
    assert {entry["file"] for entry in manifest} == {"plain.wav", "secret.wav"}
    for entry in manifest:
        assert (out / entry["file"]).read_bytes() == AUDIO and entry["sha256"] == sha256_of(out / entry["file"])
        assert entry["gaps"] == [[10, 20]] and entry["call_id"] == "call1"
    assert run("export", out, "--call", "call1", "-c", config) == 2, "not among other files"
    assert run("export", archive / "none", "--call", "nobody", "-c", config) == 1


def test_repair_makes_unfinished_files_playable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.wav.part").write_bytes(header(Shape(MULAW, 2), 1) + b"\x11" * 16_000)
    (tmp_path / "b.wav.part").write_bytes(b"garbage")
    assert run("repair", tmp_path) == 1
    said = capsys.readouterr()
    assert "a.wav.part: 1.0 s, repaired" in said.out and "b.wav.part: not a RIFF/WAVE file" in said.err


def test_books_need_a_daemon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--control", f"unix:{tmp_path}/none.sock") == 1
    assert "no daemon there" in capsys.readouterr().err
