"""Requests of one connection: checked, run, answered. One bad request never ends the connection."""

from __future__ import annotations

import asyncio
import difflib
import inspect
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import structlog

from ..errors import Busy, EngineError, Forbidden, ProtocolError, RateLimited, Unauthenticated, UnknownMethod
from ..schema.session import ClientInfo
from . import audit
from .context import Context
from .describe import neovim_info
from .files import require_files
from .framing import Notification, Request, Response, decode, method_name, notification
from .idem import Command
from .limits import TokenBucket
from .methods import METHODS, Handler, Method
from .params import ParamsDecoder
from .roles import OPEN

_log = structlog.get_logger("switchroom.control")
_encoder = msgspec.msgpack.Encoder(enc_hook=str)
_DECODERS = {method.name: ParamsDecoder(method.name, method.params) for method in METHODS.values()}


@dataclass(frozen=True, slots=True)
class Job:
    """One request (`msgid`) or notification (None) on its way."""

    msgid: int | None
    method: str
    trace_id: str


class Dispatcher:
    """Owns the tasks of its requests. What changes something is kept by the server instead, and goes on when the
    client leaves; what only waits or reads ends with the connection."""

    def __init__(self, context: Context, now: float) -> None:
        self._c = context
        limits = context.server.limits
        self._max_pending = limits.pending
        self._bucket = TokenBucket(limits.rate, limits.burst, now)
        self._pending: dict[int | str, asyncio.Task[None]] = {}

    def handle(self, frame: bytes, now: float) -> None:
        """One message. Raises ProtocolError for what is no message of the protocol."""
        message = decode(frame)
        if isinstance(message, Response):
            raise ProtocolError("a response, but this server sends no requests")
        session = self._c.session
        session.requests += 1
        msgid = message.msgid if isinstance(message, Request) else None
        job = Job(msgid, method_name(message.method), f"{session.id[-12:]}-{session.requests}")
        try:
            self._admit(job, now)
            self._begin(job, message)
        except EngineError as error:
            self._fail(job, error)
        except Exception as error:
            self._fail(job, _internal(job, error))

    @property
    def busy(self) -> bool:
        """Are requests on their way?"""
        return bool(self._pending)

    async def close(self) -> None:
        """Cancel what still waits."""
        tasks = list(self._pending.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _admit(self, job: Job, now: float) -> None:
        wait_s = self._bucket.take(now)
        if wait_s:
            raise RateLimited(
                f"{job.method[:64]}: more than {self._c.server.limits.rate:g} requests per second",
                limit=self._c.server.limits.rate,
                retry_after_ms=max(1, int(wait_s * 1000)),
            )
        if len(self._pending) >= self._max_pending:
            raise Busy(
                f"{job.method[:64]}: {self._max_pending} requests of this client are pending; await some replies first",
                limit=self._max_pending,
            )
        if job.msgid in self._pending:
            raise ProtocolError(f"msgid {job.msgid} is still pending; choose another", msgid=job.msgid)

    def _begin(self, job: Job, message: Request | Notification) -> None:
        if job.method.startswith("nvim_"):
            self._neovim(job, message.params)
            return
        if job.method not in OPEN:
            self._c.session.require_identity(job.method)
        method = METHODS.get(job.method)
        if method is None:
            near = difflib.get_close_matches(job.method, METHODS, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; api.info lists them"
            raise UnknownMethod(f"no method {job.method[:64]!r}{hint}")
        if job.method not in OPEN:
            self._c.session.require_role(job.method)
        params = _DECODERS[method.name].decode(message.params)
        require_files(params, self._c.session.roles, self._c.server.config.files)
        value = self._start(job, method, params)
        if inspect.isawaitable(value):
            self._spawn(job, value)
        else:
            self._succeed(job, value)

    def _start(self, job: Job, method: Method, params: Any) -> Any:
        if method.idem is not None and params.idem is not None:
            return self._finish(method, params, self._idempotent(job, method, params))
        if not method.mutates:
            return method.run(self._c, params)
        try:
            value = method.run(self._c, params)
        except BaseException as error:
            self._audit(job, method, params, None, error)
            raise
        if inspect.isawaitable(value):
            value = asyncio.shield(self._c.server.keep(self._audited(job, method, params, value)))
        else:
            self._audit(job, method, params, value, None)
        if method.finish is not None and getattr(params, "wait", "none") != "none":
            return self._finish(method, params, value)
        return value

    async def _idempotent(self, job: Job, method: Method, params: Any) -> Any:
        assert method.idem is not None
        command = Command(method.name, method.idem, params, partial(self._run_audited, job, method))
        if method.find is not None:
            command.find = partial(self._settle, method.find)
        return await self._c.server.idem.run(command)

    async def _run_audited(self, job: Job, method: Method, params: Any) -> Any:
        return await self._audited(job, method, params, self._settle(method.run, params))

    async def _settle(self, handler: Handler, params: Any) -> Any:
        return await _settled(handler(self._c, params))

    async def _finish(self, method: Method, params: Any, value: Any) -> Any:
        result = await _settled(value)
        if method.finish is None:
            return result
        finished = await method.finish(self._c, params, result)
        return msgspec.structs.replace(finished, replayed=result.replayed)

    async def _audited(self, job: Job, method: Method, params: Any, value: Awaitable[Any]) -> Any:
        try:
            result = await value
        except BaseException as error:
            self._audit(job, method, params, None, error)
            raise
        self._audit(job, method, params, result, None)
        return result

    def _audit(self, job: Job, method: Method, params: Any, result: Any, error: BaseException | None) -> None:
        target = getattr(params, method.object, None) or getattr(result, "id", None)
        audit.changed(self._c.session, method.name, target, job.trace_id, error)

    def _spawn(self, job: Job, value: Awaitable[Any]) -> None:
        key: int | str = job.trace_id if job.msgid is None else job.msgid
        self._pending[key] = asyncio.get_running_loop().create_task(self._run(key, job, value))

    async def _run(self, key: int | str, job: Job, value: Awaitable[Any]) -> None:
        try:
            result = await value
        except EngineError as error:
            self._fail(job, error)
        except Exception as error:
            self._fail(job, _internal(job, error))
        else:
            self._succeed(job, result)
        finally:
            del self._pending[key]
        self._c.connection.pump()

    def _succeed(self, job: Job, result: Any) -> None:
        if job.msgid is not None:
            self._c.connection.reply(_encoder.encode((1, job.msgid, None, result)))

    def _fail(self, job: Job, error: EngineError) -> None:
        if isinstance(error, Forbidden | Unauthenticated):
            self._c.session.refused += 1
            audit.refused(self._c.session, job.method, error, job.trace_id)
        data = {**error.data, "name": error.name, "trace_id": job.trace_id}
        if job.msgid is None or (isinstance(error, ProtocolError) and job.msgid in self._pending):
            self._c.connection.reply(error_notification(error, method=job.method[:128], trace_id=job.trace_id))
        else:
            self._c.connection.reply(_encoder.encode((1, job.msgid, (error.code, error.message, data), None)))

    def _neovim(self, job: Job, raw: msgspec.Raw) -> None:
        """Two aliases, so that stock Neovim clients attach; they are open like api.info."""
        if job.method == "nvim_get_api_info":
            self._succeed(job, neovim_info(self._c.connection.number, self._c.describe()))
        elif job.method == "nvim_set_client_info":
            args = msgspec.msgpack.decode(raw)
            name = args[0] if isinstance(args, list) and args else None
            if isinstance(name, str) and 0 < len(name) <= 128 and self._c.session.client is None:
                self._c.session.client = ClientInfo(name=name)
            self._succeed(job, None)
        else:
            raise UnknownMethod(f"no method {job.method[:64]!r}: this is not Neovim; api.info lists the methods")


def error_notification(error: EngineError, **more: Any) -> bytes:
    """[2, "error", [{code, name, message, data, ...}]]: what a notification, or the stream itself, did wrong."""
    body = {"code": error.code, "name": error.name, "message": error.message, "data": error.data, **more}
    return notification("error", body)


def _internal(job: Job, error: Exception) -> EngineError:
    _log.error("control_internal_error", method=job.method, trace_id=job.trace_id, exc_info=error)
    return EngineError(f"{job.method}: internal error; the log has it under trace_id {job.trace_id}")


async def _settled(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
