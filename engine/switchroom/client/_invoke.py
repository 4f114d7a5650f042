"""What the generated methods stand on: one call by name, with or without a type for its result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
Params = msgspec.Struct | dict[str, Any] | None


def given(**arguments: Any) -> dict[str, Any]:
    """Those that are not None."""
    return {name: value for name, value in arguments.items() if value is not None}


class AsyncTyped:
    """`await typed(...)` gives the result as its struct."""

    def __init__(self, send: Callable[[str, Params, float | None], Awaitable[bytes]] | AsyncTyped) -> None:
        self._send: Callable[[str, Params, float | None], Awaitable[bytes]]
        self._send = send._send if isinstance(send, AsyncTyped) else send

    async def typed(self, method: str, params: dict[str, Any], result: type[T]) -> T:
        return msgspec.msgpack.decode(await self._send(method, params, None), type=result)


class AsyncInvoke(AsyncTyped):
    """`await invoke("noun.verb", {...})` gives plain dicts and lists."""

    async def __call__(self, method: str, params: Params = None, *, timeout_s: float | None = None) -> Any:
        """Call any method by its name. Raises the EngineError that the engine answered, TimeoutError, OSError."""
        return msgspec.msgpack.decode(await self._send(method, params, timeout_s))


class Typed:
    """The same, blocking."""

    def __init__(self, send: Callable[[str, Params, float | None], bytes] | Typed) -> None:
        self._send: Callable[[str, Params, float | None], bytes]
        self._send = send._send if isinstance(send, Typed) else send

    def typed(self, method: str, params: dict[str, Any], result: type[T]) -> T:
        return msgspec.msgpack.decode(self._send(method, params, None), type=result)


class Invoke(Typed):
    """The same, blocking."""

    def __call__(self, method: str, params: Params = None, *, timeout_s: float | None = None) -> Any:
        """Call any method by its name. Raises the EngineError that the engine answered, TimeoutError, OSError."""
        return msgspec.msgpack.decode(self._send(method, params, timeout_s))
