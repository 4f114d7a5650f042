"""Who may connect, who may do what, and what happens to those who may not."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import stat
from pathlib import Path

import pytest

from switchroom.config import ControlConfig
from switchroom.control.limits import ControlLimits, TokenBucket
from switchroom.control.listen import listen
from switchroom.control.methods import METHODS
from switchroom.control.roles import may, roles_of
from switchroom.control.session import Authenticator, Peer
from switchroom.errors import ConfigError
from tests.unit.control_office import Wire, office


@pytest.fixture(autouse=True)
def strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """TCP clients are of nobody that the kernel knows, as from another machine; see test_control_loopback."""
    monkeypatch.setattr("switchroom.control.session.uid_of_peer", lambda _: None)


SECRET = "correct horse battery staple"


def token(*roles: str, name: str = "crm", secret: str = SECRET, more: str = "") -> str:
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return f'[[control.token]]\nname = "{name}"\nsha256 = "{digest}"\nroles = {list(roles)}\n{more}\n'.replace("'", '"')


def user(*roles: str, more: str = "") -> str:
    return f"[[control.user]]\nuid = {os.getuid()}\nroles = {list(roles)}\n{more}\n".replace("'", '"')


async def test_the_unix_socket_knows_who_is_calling(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        await w.good("call.list")  # without a word of session.auth
        hello = await w.good("session.auth", {"client": {"name": "test", "version": "1"}})
        assert hello["roles"] == ["admin"]
        assert hello["api"] == 1
        assert hello["server"]["epoch"] == o.engine.store.epoch
        (session,) = (await w.good("session.list"))["items"]
        assert (session["client"], session["name"]) == ("test 1", f"uid:{os.getuid()}")


async def test_the_unix_socket_is_for_its_owner_only_unless_configured(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        path = Path(o.unix.removeprefix("unix:"))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()
    async with office(tmp_path, 'socket_mode = "0660"'):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660


async def test_tcp_without_a_token_may_only_ask_what_is_open(tmp_path: Path) -> None:
    async with office(tmp_path, token("operator")) as o, await Wire.open(o.tcp) as w:
        assert (await w.good("api.info"))["api_level"] == 1
        assert (await w.good("api.ping"))["head"] == 0
        for method in ("call.list", "events.subscribe", "no.such"):
            error = await w.error(method)
            assert error[0] == 2000
            assert "session.auth" in error[1]
        assert (await w.error("session.auth"))[2]["field"] == "token"


async def test_a_token_gives_its_roles(tmp_path: Path) -> None:
    async with office(tmp_path, token("operator")) as o, await Wire.open(o.tcp) as w:
        assert (await w.good("session.auth", {"token": SECRET}))["roles"] == ["operator"]
        await w.good("call.list")
        error = await w.error("trunk.disable", {"name": "x"})
        assert error[0] == 2001
        assert "operator" in error[1]


async def test_three_wrong_tokens_close_the_connection(tmp_path: Path) -> None:
    async with office(tmp_path, token("operator")) as o, await Wire.open(o.tcp) as w:
        asked = [w.ask("session.auth", {"token": f"guess {i}"}) for i in range(5)]
        await w.closed()
        assert [w.replies[msgid][0][0] for msgid in asked if msgid in w.replies] == [2000] * 3


async def test_loopback_is_trusted_only_when_the_file_says_so(tmp_path: Path) -> None:
    async with office(tmp_path, "trust_loopback = true") as o, await Wire.open(o.tcp) as w:
        assert (await w.good("session.auth"))["roles"] == ["admin"]


async def test_an_api_level_we_do_not_speak_is_refused_with_ours(tmp_path: Path) -> None:
    async with office(tmp_path) as o, await Wire.open(o.unix) as w:
        error = await w.error("session.auth", {"api": [2, 9]})
        assert (error[0], error[2]["field"]) == (1002, "api")
        assert "levels 1 to 1" in error[1]
        assert (await w.good("session.auth", {"api": [1, 9]}))["api"] == 1


async def test_silence_before_auth_closes(tmp_path: Path) -> None:
    limits = ControlLimits(auth_s=0.2)
    async with office(tmp_path, limits=limits) as o, await Wire.open(o.tcp) as w, await Wire.open(o.unix) as known:
        await w.closed()
        assert o.server.closed["no session.auth"] == 1
        await known.good("api.ping")


async def test_talking_without_auth_closes_in_the_end(tmp_path: Path) -> None:
    limits = ControlLimits(auth_s=0.4, auth_total_s=0.5)
    async with office(tmp_path, limits=limits) as o, await Wire.open(o.tcp) as w:
        with pytest.raises((EOFError, ConnectionError)):
            async with asyncio.timeout(20):
                while True:
                    await w.good("api.ping")
                    await asyncio.sleep(0.01)


async def test_unauthenticated_connections_are_few_per_address(tmp_path: Path) -> None:
    async with office(tmp_path, token("observer")) as o:
        first = [await Wire.open(o.tcp) for _ in range(4)]
        for wire in first:
            await wire.good("api.ping")
        fifth = await Wire.open(o.tcp)
        await fifth.closed()
        await first[0].good("session.auth", {"token": SECRET})
        sixth = await Wire.open(o.tcp)
        await sixth.good("api.ping")
        for wire in (*first, fifth, sixth):
            await wire.__aexit__()


async def test_a_frame_before_auth_is_small_and_after_it_large(tmp_path: Path) -> None:
    big = {"token": SECRET, "client": {"name": "x", "pad": ["y" * 60_000, "z" * 10_000]}}
    async with office(tmp_path, token("operator")) as o:
        async with await Wire.open(o.tcp) as w:
            w.ask("session.auth", big)
            await w.closed()
            assert w.pushed[0][2][0]["data"]["limit"] == 65_536
        async with await Wire.open(o.tcp) as w:
            await w.good("session.auth", {"token": SECRET})
            await w.good("session.auth", big)


async def test_recording_is_a_permission_of_its_own(tmp_path: Path) -> None:
    async with office(tmp_path, user("operator")) as o, await Wire.open(o.unix) as w:
        error = await w.error("call.originate", {"uri": o.uri("echo"), "record": True})
        assert (error[0], error[2]["field"]) == (2001, "record")
        assert (await w.error("call.record.start", {"id": "x"}))[0] == 2001
    async with office(tmp_path, user("operator", "recorder")) as o, await Wire.open(o.unix) as w:
        call = await w.good("call.originate", {"uri": o.uri("echo"), "record": True, "wait": "answered"})
        assert (await w.good("call.record.stop", {"id": call["id"]}))["path"]


def test_listening_in_is_a_permission_of_its_own() -> None:
    for method in ("call.supervise.start", "call.supervise.mode", "call.supervise.stop"):
        assert roles_of(method) == ("supervisor", "admin")
    assert not may(frozenset({"supervisor"}), "call.hangup")


async def test_an_agents_session_sees_the_events_of_its_agent_only(tmp_path: Path) -> None:
    async with office(tmp_path, user("agent", more='agent = "ann"')) as o, await Wire.open(o.unix) as w:
        await w.good("events.subscribe", {"topics": [">"], "filter": {"agent_id": "bob"}})
        for name in ("bob", "ann"):
            o.engine.events.publish("agent.state", {}, agent_id=name)
        await w.until(lambda: bool(w.events("agent.state")))
        assert [event["agent_id"] for event in w.events("agent.state")] == ["ann"]
        error = await w.error("agent.pause", {"id": "bob"})
        assert error[0] == 2001
        assert "ann" in error[1]


async def test_an_agents_session_without_an_agent_sees_nothing(tmp_path: Path) -> None:
    async with office(tmp_path, user("agent")) as o, await Wire.open(o.unix) as w:
        assert (await w.error("events.subscribe", {"topics": [">"]}))[0] == 2001
        assert (await w.error("agent.ready", {"id": "ann"}))[0] == 2001


async def test_who_is_connected_is_for_admins() -> None:
    assert roles_of("session.list") == ("admin",)


@pytest.mark.parametrize("role", ["observer", "agent", "operator", "recorder", "supervisor"])
def test_only_admins_reach_trunks_and_draining(role: str) -> None:
    for method in ("trunk.enable", "trunk.disable", "engine.drain"):
        assert not may(frozenset({role}), method)


def test_an_observer_changes_nothing() -> None:
    assert not [name for name, method in METHODS.items() if method.mutates and may(frozenset({"observer"}), name)]


def test_every_method_has_a_role_that_allows_it() -> None:
    assert all(may(frozenset({"admin"}), name) for name in METHODS)


def test_other_users_of_the_unix_socket_have_no_rights_by_themselves() -> None:
    known = Authenticator(ControlConfig(), own_uid=1000)
    assert known.of_peer(Peer("unix", "uid:1000", uid=1000)) is not None
    assert known.of_peer(Peer("unix", "uid:0", uid=0)) is not None
    assert known.of_peer(Peer("unix", "uid:1001", uid=1001)) is None


def test_trusted_loopback_does_not_trust_other_addresses() -> None:
    known = Authenticator(ControlConfig(trust_loopback=True), own_uid=1000)
    assert known.of_peer(Peer("tcp", "127.0.0.1", loopback=True)) is not None
    assert known.of_peer(Peer("tcp", "192.0.2.1")) is None


async def test_an_address_that_is_not_loopback_needs_plain_words() -> None:
    with pytest.raises(ConfigError, match="allow_remote"):
        await listen("tcp://0.0.0.0:0", ControlConfig(), asyncio.Protocol)
    opened = await listen("tcp://0.0.0.0:0", ControlConfig(allow_remote=True), asyncio.Protocol)
    await opened.close()


async def test_a_stale_unix_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "c.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    opened = await listen(f"unix:{path}", ControlConfig(), asyncio.Protocol)
    await opened.close()
    assert not path.exists()


async def test_a_unix_socket_in_use_is_left_alone(tmp_path: Path) -> None:
    text = f"unix:{tmp_path}/c.sock"
    first = await listen(text, ControlConfig(), asyncio.Protocol)
    with pytest.raises(ConfigError, match="in use"):
        await listen(text, ControlConfig(), asyncio.Protocol)
    await asyncio.open_unix_connection(f"{tmp_path}/c.sock")
    await first.close()


async def test_a_file_in_the_way_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "c.sock"
    path.write_text("precious")
    with pytest.raises(ConfigError, match="not a socket"):
        await listen(f"unix:{path}", ControlConfig(), asyncio.Protocol)
    assert path.read_text() == "precious"


async def test_a_path_too_long_for_a_unix_socket_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="107 at most"):
        await listen(f"unix:{tmp_path}/{'x' * 120}", ControlConfig(), asyncio.Protocol)


async def test_a_tcp_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"tcp://127.0.0.1:{port}"):
            await listen(f"tcp://127.0.0.1:{port}", ControlConfig(), asyncio.Protocol)


async def test_changes_and_refusals_are_in_the_audit_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with office(tmp_path, token("observer")) as o, await Wire.open(o.unix) as admin, await Wire.open(o.tcp) as w:
        await w.good("session.auth", {"token": SECRET})
        await admin.good("call.originate", {"uri": o.uri("echo"), "call_id": "logged"})
        await admin.good("call.get", {"id": "logged"})
        await w.error("call.hangup", {"id": "logged"})
        await admin.error("call.hangup", {"id": "nobody"})
    lines = [line for line in capsys.readouterr().out.splitlines() if "control_" in line]
    assert not [line for line in lines if "call.get" in line]
    (placed,) = [line for line in lines if "call.originate" in line]
    assert "object=logged" in placed
    assert "result=ok" in placed
    (refused,) = [line for line in lines if "control_refused" in line]
    assert "name=crm" in refused
    assert "method=call.hangup" in refused
    assert any("object=nobody" in line and "result=not_found" in line for line in lines)
    assert SECRET not in "".join(lines)


def test_a_token_bucket_gives_the_burst_and_then_the_rate() -> None:
    bucket = TokenBucket(rate=10.0, burst=3.0, now=100.0)
    assert [bucket.take(100.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert bucket.take(100.0) == pytest.approx(0.1)
    assert bucket.take(100.15) == 0.0
    assert bucket.take(200.0) == 0.0
    assert [bucket.take(200.0) for _ in range(3)][:2] == [0.0, 0.0]
