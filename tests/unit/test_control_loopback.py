"""Who is at the other end of a TCP connection over loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from switchroom.control.loopback import uid_of_peer

CONNECT = """
import encodings.idna, os, socket, sys
os.setuid(int(sys.argv[3]))
with socket.create_connection((sys.argv[1], int(sys.argv[2]))):
    print("connected", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
@pytest.mark.parametrize("uid", [os.getuid(), 65534] if os.getuid() == 0 else [os.getuid()])
def test_the_owner_of_the_other_end_is_told(family: socket.AddressFamily, host: str, uid: int) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.bind((host, 0))
        listening.listen()
        port = listening.getsockname()[1]
        with subprocess.Popen(
            [sys.executable, "-c", CONNECT, host, str(port), str(uid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as client:
            assert client.stdin and client.stdout
            assert client.stdout.readline() == "connected\n"
            accepted, _ = listening.accept()
            with accepted:
                assert uid_of_peer(accepted) == uid
            client.stdin.close()


def test_a_socket_that_is_no_tcp_tells_nothing() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert uid_of_peer(one) is None


def test_a_client_that_has_closed_is_not_taken_for_root() -> None:
    """The kernel shows uid 0 for a socket without an owner: who connects, asks and closes at once must not be admin."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        with socket.create_connection(listening.getsockname()) as client:
            client.sendall(b"x")
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.recv(1) == b"x"
            assert uid_of_peer(accepted) is None
