"""Listening sockets: Unix with its folder, mode and leftovers; TCP on loopback unless the file says otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from ..config import ControlConfig, parse_listen
from ..errors import ConfigError

_PATH_MAX = 107  # sun_path of unix(7), without its NUL
_BACKLOG = 128


@dataclass(slots=True)
class Listener:
    """`address` as in the configuration, with the real port. `file`: (path, inode) of a Unix socket."""

    address: str
    server: asyncio.Server
    file: tuple[Path, int] | None = None

    async def close(self) -> None:
        """Stop listening; connections stay. Removes the socket file unless another process has replaced it."""
        self.server.close()
        if self.file is not None:
            path, inode = self.file
            with contextlib.suppress(OSError):
                if path.stat().st_ino == inode:
                    path.unlink()


async def listen(text: str, config: ControlConfig, factory: Callable[[], asyncio.Protocol]) -> Listener:
    """Listen on one address of control.listen. Raises ConfigError that names it."""
    address = parse_listen(text)
    loop = asyncio.get_running_loop()
    if address.scheme == "unix":
        path = Path(address.path)
        unix, inode = _bind_unix(path, int(config.socket_mode, 8))
        return Listener(text, await loop.create_unix_server(factory, sock=unix), (path, inode))
    if not config.allow_remote and not ip_address(address.host).is_loopback:
        raise ConfigError(
            f"control.listen: {text} is not a loopback address and the protocol is not encrypted; "
            "use tcp://127.0.0.1:PORT, or set control.allow_remote = true"
        )
    tcp = _bind_tcp(text, address.host, address.port)
    host = f"[{address.host}]" if ":" in address.host else address.host
    found = f"tcp://{host}:{tcp.getsockname()[1]}"
    return Listener(found, await loop.create_server(factory, sock=tcp))


def _bind_tcp(text: str, host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(_BACKLOG)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        raise ConfigError(
            f"control.listen: cannot listen on {text}: {error.strerror}; another process may use the port"
        ) from error
    return bound


def _bind_unix(path: Path, mode: int) -> tuple[socket.socket, int]:
    """The listening socket and the inode of its file."""
    if len(os.fsencode(path)) > _PATH_MAX:
        raise ConfigError(
            f"control.listen: unix:{path} has {len(os.fsencode(path))} bytes, a Unix socket's path {_PATH_MAX} at most"
        )
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(path)
        before = os.umask(0o777 & ~mode)  # the file must not exist with a wider mode for an instant
        try:
            bound.bind(os.fspath(path))
        finally:
            os.umask(before)
        bound.listen(_BACKLOG)
        bound.setblocking(False)
        inode = path.stat().st_ino
    except OSError as error:
        bound.close()
        raise ConfigError(f"control.listen: cannot listen on unix:{path}: {error.strerror}") from error
    except ConfigError:
        bound.close()
        raise
    return bound, inode


def _remove_stale(path: Path) -> None:
    """A socket that nobody listens on is left from a crash. Raises ConfigError when it is in use or no socket."""
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise ConfigError(f"control.listen: unix:{path} exists and is not a socket; remove it or choose another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise ConfigError(f"control.listen: unix:{path} is in use: another switchroom listens there; stop it first")
