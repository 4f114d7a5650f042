"""Local addresses and free ports for programs that start others on this machine."""

from __future__ import annotations

import contextlib
import random
import socket
from ipaddress import ip_address

from ..errors import BadParams, MediaError


def local_address(uri: str) -> str:
    """The address of ours from which a SIP URI's host is reached (no packet is sent). Loopback for loopback."""
    host, port = _host_port(uri)
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as probe:
            probe.connect(address)
            return str(probe.getsockname()[0])
    except OSError as error:
        raise BadParams(f"{uri}: {host} cannot be reached from here ({error}); give --address", field="uri") from error


def _host_port(uri: str) -> tuple[str, int]:
    rest = uri.removeprefix("sip:").split(";")[0].split("?")[0].rpartition("@")[2]
    host, separator, port = rest.rpartition(":")
    if not separator or not port.isdigit() or rest.endswith("]"):
        host, port = rest, "5060"
    return host.removeprefix("[").removesuffix("]"), int(port)


_SINGLE = range(30_000, 32_768)
"""Below the kernel's ephemeral ports (ip_local_port_range begins at 32768), above those of ranges."""
_RANGES = range(10_000, 30_000)


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM, host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago and that nobody gets who asks for any, for a program that is yet to bind it."""
    family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    for port in random.SystemRandom().sample(_SINGLE, len(_SINGLE)):
        with socket.socket(family, kind) as probe, contextlib.suppress(OSError):
            probe.bind((host, port))
            return port
    raise MediaError(f"no free port on {host} between {_SINGLE[0]} and {_SINGLE[-1]}; end what holds them")


def free_udp_range(count: int, rng: random.Random, host: str = "127.0.0.1") -> tuple[int, int]:
    """First (even) and last of `count` UDP ports in a row below the ephemeral ones, all free a moment ago."""
    for _ in range(200):
        first = rng.randrange(_RANGES[0], _RANGES[-1] + 1 - count, 2)
        if _all_free(host, first, count):
            return first, first + count - 1
    raise MediaError(
        f"no {count} free UDP ports in a row on {host} between {_RANGES[0]} and {_RANGES[-1]}; end what holds them"
    )


def _all_free(host: str, first: int, count: int) -> bool:
    """Looked at one by one: a user's processes may hold no more than 1,024 files at once."""
    try:
        for port in range(first, first + count):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.bind((host, port))
    except OSError:
        return False
    return True
