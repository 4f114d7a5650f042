"""The control socket: MessagePack-RPC over Unix sockets and loopback TCP, typed by `switchroom.schema`."""

from __future__ import annotations
