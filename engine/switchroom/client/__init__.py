"""Clients of the control socket, blocking and for asyncio, with the same methods, types and errors as the engine."""

from __future__ import annotations

from .aio import AsyncClient
from .link import Disconnected
from .stream import EventStream
from .sync import Client, Events

__all__ = ["AsyncClient", "Client", "Disconnected", "EventStream", "Events"]
