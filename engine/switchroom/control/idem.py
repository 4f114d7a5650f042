"""Idempotency keys: a command that is sent again gets the first outcome, also over a restart.

The key is claimed in the store, together with the id that the new object will have, before the command runs; the
outcome replaces the claim. So a crash in between leaves a claim: a command that is safe to repeat under the same id
is repeated, an originate is not (its call may have rung).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from ..errors import CallFailed, Conflict, EngineError, NotFound, WrongState, error_class
from ..store.idem import ForgetOutcome, RememberOutcome, ReplaceOutcome
from .facade import Journal

Run = Callable[[Any], Awaitable[msgspec.Struct]]
Keep = Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]


class _Outcome(msgspec.Struct, array_like=True):
    """What the store holds under a key."""

    state: Literal["begun", "done", "failed"]
    object_id: str | None = None
    result: msgspec.Raw = msgspec.Raw(b"\xc0")
    error: tuple[int, str, dict[str, Any]] | None = None


_encoder = msgspec.msgpack.Encoder(enc_hook=str)
_decoder = msgspec.msgpack.Decoder(_Outcome)


@dataclass(frozen=True, slots=True)
class IdemRule:
    """`id_field`: the argument that names the object, filled in before the claim. `repeatable`: may run again under
    the same id after a crash. `result`: what it returns."""

    id_field: str
    result: type[msgspec.Struct]
    repeatable: bool


@dataclass(slots=True)
class Command:
    """One call with a key. `find` gives the object as it is now, when there is such a thing."""

    method: str
    rule: IdemRule
    params: Any
    run: Run
    find: Run | None = None
    replayed: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.params.idem

    @property
    def object_id(self) -> str | None:
        found: str | None = getattr(self.params, self.rule.id_field)
        return found

    def name_object(self, object_id: str | None) -> None:
        self.params = msgspec.structs.replace(self.params, **{self.rule.id_field: object_id})

    async def find_object(self) -> msgspec.Struct | None:
        try:
            return await self.find(self.params) if self.find is not None else None
        except NotFound:
            return None


class Idempotency:
    """One per server. `keep` starts a task that outlives the client."""

    def __init__(self, journal: Journal, wall_ms: Callable[[], int], new_id: Callable[[], str], keep: Keep) -> None:
        self._journal = journal
        self._wall_ms = wall_ms
        self._new_id = new_id
        self._keep = keep
        self._running: dict[tuple[str, str], tuple[bytes, asyncio.Task[msgspec.Struct]]] = {}

    async def run(self, command: Command) -> msgspec.Struct:
        """Its result, or the first one's with `replayed`. Raises Conflict for a key bound to other arguments."""
        key = command.key
        digest = hashlib.sha256(msgspec.msgpack.encode(command.params)).digest()
        running = self._running.get(key)
        if running is not None:
            if running[0] != digest:
                raise Conflict(
                    f"{key[0]}: idempotency key {key[1]!r} is in use with other arguments; choose a new key",
                    field="idem",
                )
            return _replayed(await asyncio.shield(running[1]))
        task = self._keep(self._first(command, digest))
        self._running[key] = (digest, task)
        task.add_done_callback(lambda _: self._running.pop(key, None))
        result = await asyncio.shield(task)
        return _replayed(result) if command.replayed else result

    async def _first(self, command: Command, digest: bytes) -> msgspec.Struct:
        """No other of this key runs here; the store may know an outcome."""
        command.name_object(command.object_id or self._new_id())
        claim = _encoder.encode(_Outcome("begun", command.object_id))
        committed = await self._journal.submit([RememberOutcome(*command.key, digest, claim, self._wall_ms())])
        known = committed.results[0]
        if known is None:
            return await self._execute(command)
        assert isinstance(known, bytes)
        return await self._again(command, _decoder.decode(known))

    async def _again(self, command: Command, outcome: _Outcome) -> msgspec.Struct:
        command.replayed = True
        command.name_object(outcome.object_id)
        if outcome.error is not None:
            code, message, data = outcome.error
            raise error_class(code)(message, **{**data, "replayed": True})
        found = await command.find_object()
        if found is not None:
            return found
        if outcome.state == "done":
            return msgspec.msgpack.decode(outcome.result, type=command.rule.result)
        if not command.rule.repeatable:
            raise WrongState(
                f"{command.method}: the engine stopped while the first request with this key ran; whether the call "
                "went out is not known. Look at the call records, or use a new key",
                call_id=outcome.object_id,
            )
        command.replayed = False
        return await self._execute(command)

    async def _execute(self, command: Command) -> msgspec.Struct:
        try:
            result = await command.run(command.params)
        except CallFailed as error:
            await self._replace(command, error=(error.code, error.message, error.data))
            raise
        except EngineError:  # nothing was done: the key is free again
            await self._journal.submit([ForgetOutcome(*command.key)])
            raise
        await self._replace(command, result=result)
        return result

    async def _replace(
        self,
        command: Command,
        result: msgspec.Struct | None = None,
        error: tuple[int, str, dict[str, Any]] | None = None,
    ) -> None:
        state: Literal["done", "failed"] = "failed" if error else "done"
        raw = msgspec.Raw(_encoder.encode(result))
        outcome = _Outcome(state, command.object_id, raw, error)
        await self._journal.submit([ReplaceOutcome(*command.key, _encoder.encode(outcome))])


def _replayed(result: msgspec.Struct) -> msgspec.Struct:
    return msgspec.structs.replace(result, replayed=True)
