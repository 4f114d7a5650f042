"""The command line: help for everything, mistakes are told in a line and give status 2."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from switchroom._version import __version__
from switchroom.cli import main as cli
from switchroom.farm.audio import write_wav
from tests.conftest import ENVIRONMENT


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main([command, "--help"])
    assert left.value.code == 0
    assert f"switchroom {command}" in capsys.readouterr().out


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    out = capsys.readouterr().out
    assert [c for c in cli.COMMANDS if not re.search(rf"^    {c}\s", out, re.MULTILINE)] == []
    assert "exit status" in out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["unknown"],
        ["serve"],
        ["call", "tel:123"],
        ["call", "sip:a b@c"],
        ["farm", "--listen", "localhost:5060"],
        ["farm", "--listen", "127.0.0.1"],
        ["farm", "--rtp", "100-200"],
        ["phones"],
        ["phones", "--control", "unix:x", "--talk", "5-2"],
        ["demo", "--contacts", "0"],
        ["demo", "--seconds", "-3"],
        ["report"],
        ["report", "--db", "a", "-c", "b"],
        ["recordings"],
    ],
)
def test_wrong_usage_gives_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    assert "usage: switchroom" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["serve", "-c", "/nowhere/switchroom.toml"], "/nowhere/switchroom.toml: cannot be read"),
        (["farm", "--mix", "/nowhere/mix.toml", "--show-mix"], "/nowhere/mix.toml: cannot be read"),
        (["report", "--db", "/nowhere/x.db"], "no such store"),
        (["recordings", "verify", "/nowhere"], "is no folder"),
        (["demo", "--contacts", "1601"], "only 1600"),
    ],
)
def test_wrong_file_gives_status_2_and_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("switchroom: ") and says in err and err.count("\n") == 1


def test_check_names_what_is_wrong_in_a_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "switchroom.toml"
    file.write_text("[media]\nworkers = 99\n")
    assert cli.main(["serve", "--check", "-c", str(file)]) == 2
    assert "media.workers: found 99" in capsys.readouterr().err
    file.write_text("[media]\nworkers = 1\n")
    assert cli.main(["serve", "--check", "-c", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: good\n"


def test_mix_that_is_shown_can_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["farm", "--show-mix"]) == 0
    (tmp_path / "mix.toml").write_text(shown := capsys.readouterr().out)
    assert cli.main(["farm", "--mix", str(tmp_path / "mix.toml"), "--show-mix"]) == 0
    assert capsys.readouterr().out == shown


def test_demo_touches_no_folder_of_somebody_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert cli.main(["demo", "--out", str(tmp_path)]) == 2
    assert "no demo made" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_top_without_a_daemon_tells_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["top", "--control", f"unix:{tmp_path}/none.sock", "--json"]) == 1
    assert "switchroom serve" in capsys.readouterr().err


def test_module_is_the_same_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "switchroom", "--version"], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"switchroom {__version__}\n"


# -------------------------------------------------------- recordings verify


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    write_wav(tmp_path / "good.wav", np.zeros((8000, 2), dtype=np.int16))
    return tmp_path


def verify(folder: Path, rows: list[dict[str, object]]) -> int:
    (folder / "cdr.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return cli.main(["recordings", "verify", str(folder), "--cdr", str(folder / "cdr.jsonl")])


def test_recording_as_long_as_its_cdr_is_good(recorded: Path) -> None:
    assert verify(recorded, [{"recording": "good.wav", "record_ms": 1050}]) == 0


def test_recording_of_another_length_is_named(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(recorded, [{"recording": "good.wav", "record_ms": 1200}]) == 1
    assert "1000 ms long, its CDR says 1200" in capsys.readouterr().err


def test_recording_that_is_gone_is_named(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(recorded, [{"recording": "gone.wav", "record_ms": 1000}]) == 1
    assert "gone.wav" in capsys.readouterr().err


def test_cut_file_is_named(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = (recorded / "good.wav").read_bytes()
    (recorded / "cut.wav").write_bytes(whole[: len(whole) // 2])
    assert cli.main(["recordings", "verify", str(recorded)]) == 1
    assert "cut.wav" in capsys.readouterr().err
