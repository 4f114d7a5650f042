"""The configuration file: what is accepted, and what an error tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from switchroom import config
from switchroom.config import reference
from switchroom.errors import ConfigError

GUIDE = """
[sip]
listen = ["udp://127.0.0.1:5060", "tcp://127.0.0.1:5060"]
[media]
address = "127.0.0.1"
ports = "20000-29999"
workers = 1
[control]
listen = ["unix:./run/control.sock", "tcp://127.0.0.1:7400"]
[store]
url = "sqlite:./data/switchroom.db"
[recording]
path = "./recordings"
[[trunk]]
name = "carrier"
uri = "sip:127.0.0.2:5080"
[[route]]
to = "echo"
action = "echo"
answer_after_ms = 0
auth = false
[[account]]
user = "alice"
password = "secret"
[[route]]
to = "*"
action = "dial"
trunk = "carrier"
record = false
"""


def problems(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        config.parse(text, "switchroom.toml")
    return str(caught.value)


def test_the_documented_shape_is_accepted_and_tcp_is_warned_about() -> None:
    found = config.parse(GUIDE)
    assert found.trunk[0].uri == "sip:127.0.0.2:5080"
    assert [route.action for route in found.route] == ["echo", "dial"]
    assert any("tcp://127.0.0.1:5060" in text for text in config.warnings(found))


def test_an_empty_file_is_all_defaults() -> None:
    assert config.parse("") == config.Config()


def test_every_problem_is_reported_in_one_go_with_file_key_value_and_what_is_allowed() -> None:
    text = problems('[sip]\nt1_ms = "x"\nmaxcalls = 3\n[[route]]\nto = "*"\naction = "eccho"\n')
    lines = text.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("switchroom.toml: ") for line in lines)
    assert "sip.t1_ms: found 'x'" in text
    assert "sip.maxcalls: unknown key (did you mean max_calls?)" in text
    assert "route[0].action: found 'eccho'; allowed: echo, play, dial, reject" in text


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[sip]\nlisten = ["udp://example.org:5060"]', "sip.listen[0]"),
        ('[sip]\nlisten = ["udp://127.0.0.1:99999"]', "sip.listen[0]"),
        ('[sip]\nlisten = ["tcp://127.0.0.1:5060"]', "at least one udp"),
        ('[control]\nlisten = ["tcp://0.0.0.0:7400"]', "control.allow_remote"),
        ('[media]\nports = "30000-20000"', "media.ports"),
        ('[media]\naddress = "here"', "media.address"),
        ('[[route]]\nto = "*"\naction = "dial"\ntrunk = "nobody"', "trunk 'nobody' is not defined"),
        ('[[route]]\nto = "*"\naction = "dial"', "needs trunk"),
        ('[[route]]\nto = "*"\naction = "play"', "needs file"),
        ('[[route]]\nto = "*"\naction = "echo"\nauth = true', "auth = true"),
        ('[[trunk]]\nname = "a"\nuri = "sip:h"\n[[trunk]]\nname = "a"\nuri = "sip:h"', "twice"),
        ('[[trunk]]\nname = "a"', "trunk[0].uri: is missing"),
        ('[[recording.key]]\nid = "a"', "recording.key[0] (a): needs one of file, env and command"),
        ('[[recording.key]]\nid = "a"\nenv = "X"\n[[recording.key]]\nid = "a"\nenv = "Y"', "'a' twice"),
        ("[recording]\nrequire_key = true", "recording.require_key"),
        ("sip = 3", "sip: found 3, must be a table"),
        ("[sip", "not valid TOML"),
    ],
)
def test_a_problem_names_its_key(text: str, named: str) -> None:
    assert named in problems(text)


def test_password_files_are_read_and_secrets_stay_out_of_repr(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("s3cret\n")
    file = tmp_path / "switchroom.toml"
    file.write_text('[[trunk]]\nname = "a"\nuri = "sip:h"\nusername = "u"\npassword_file = "pw"\n')
    found = config.load(file)
    assert found.trunk[0].password == "s3cret"
    assert "s3cret" not in repr(found)


def test_a_missing_password_file_is_an_error_at_start(tmp_path: Path) -> None:
    file = tmp_path / "switchroom.toml"
    file.write_text('[[trunk]]\nname = "a"\nuri = "sip:h"\npassword_file = "pw"\n')
    with pytest.raises(ConfigError, match="password_file"):
        config.load(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.toml: cannot be read"):
        config.load(tmp_path / "nothing.toml")


def test_the_reference_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs" / "configuration.md"
    assert page.read_text() == reference.markdown(), "run `make docs`"


def test_every_key_is_documented() -> None:
    for line in reference.markdown().splitlines():
        if line.startswith("| `"):
            assert line.rstrip(" |").split("|")[-1].strip(), line


def test_codecs_of_media_and_trunk_are_read_in_order() -> None:
    text = '[media]\ncodecs = ["OPUS", "PCMU"]\n[[trunk]]\nname = "x"\nuri = "sip:127.0.0.2"\ncodecs = ["G722"]\n'
    read = config.parse(text)
    assert read.media.codecs == ("OPUS", "PCMU") and read.trunk[0].codecs == ("G722",)
    assert config.parse("").media.codecs == ("PCMU", "PCMA") and config.parse("").trunk == ()
    for bad in ('["PCMU", "PCMU"]', '["G729"]', "[]"):
        with pytest.raises(ConfigError, match=r"media\.codecs"):
            config.parse(f"[media]\ncodecs = {bad}\n")
