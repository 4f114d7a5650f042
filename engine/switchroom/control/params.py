"""Arguments of a method, decoded into its struct; what is wrong is told by name."""

from __future__ import annotations

import difflib
import re
from typing import Any

import msgspec
from msgspec import inspect

from ..errors import BadParams

_PARTS = re.compile(r"(?P<text>.*?)(?: - at `(?P<path>\$.*)`)?", re.DOTALL)
_NAMED = re.compile(r"Object (?P<what>contains unknown|missing required) field `(?P<name>.*)`", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[([^\]]*)\]")
_NO_ARGUMENTS = b"\x91\x80"
_ONE_MAP = "params must be an array holding one map of named arguments, as in [{...}]"


class ParamsDecoder:
    """[params] of one method. `[]` stands for `[{}]`."""

    def __init__(self, method: str, kind: type[msgspec.Struct]) -> None:
        self.method = method
        self.kind = kind
        self._decoder = msgspec.msgpack.Decoder(tuple[kind])  # type: ignore[valid-type]

    def decode(self, raw: bytes | msgspec.Raw) -> Any:
        """The struct. Raises BadParams with `field`."""
        try:
            return self._decoder.decode(_NO_ARGUMENTS if bytes(raw) == b"\x90" else raw)[0]
        except msgspec.ValidationError as error:
            raise explain(self.method, self.kind, str(error)) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadParams(f"{self.method}: {error}") from error


def explain(method: str, kind: Any, message: str) -> BadParams:
    """msgspec's message as an error that names the argument and what is allowed."""
    parts = _PARTS.fullmatch(message)
    text, path = (parts["text"], parts["path"]) if parts else (message, None)
    steps = [word or f"[{index}]" for word, index in _STEP.findall(path or "$[0]")]
    if path in {None, "$"}:
        return BadParams(f"{method}: {_ONE_MAP}", field="params")
    if steps and steps[0] == "[0]":
        steps = steps[1:]
    named = _NAMED.fullmatch(text)
    if named is None and not steps:
        return BadParams(f"{method}: {_ONE_MAP}", field="params")
    if named is None:
        field = _join(steps)
        return BadParams(f"{method}: {field}: {text.replace('Expected', 'must be', 1)}", field=field)
    field = _join([*steps, named["name"]])
    if named["what"].startswith("missing"):
        return BadParams(f"{method}: {field} is missing", field=field)
    allowed = _fields_at(kind, steps)
    near = difflib.get_close_matches(named["name"], allowed, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return BadParams(
        f"{method}: {field} is not an argument{hint}; allowed: {', '.join(allowed) or 'none'}",
        field=field,
        allowed=allowed,
    )


def _join(steps: list[str]) -> str:
    return "".join(step if step.startswith("[") else f".{step}" for step in steps).removeprefix(".") or "params"


def _fields_at(kind: Any, steps: list[str]) -> list[str]:
    """Names of the fields of the struct that `steps` lead to."""
    at: inspect.Type | None = inspect.type_info(kind)
    for step in steps:
        at = _step(_struct_or_array(at), step)
    at = _struct_or_array(at)
    return [field.encode_name for field in at.fields] if isinstance(at, inspect.StructType) else []


def _struct_or_array(at: inspect.Type | None) -> inspect.Type | None:
    if isinstance(at, inspect.Metadata):
        return _struct_or_array(at.type)
    if isinstance(at, inspect.UnionType):
        return next((found for part in at.types if (found := _struct_or_array(part)) is not None), None)
    return at if isinstance(at, inspect.StructType | inspect.VarTupleType | inspect.ListType) else None


def _step(at: inspect.Type | None, step: str) -> inspect.Type | None:
    if isinstance(at, inspect.VarTupleType | inspect.ListType):
        return at.item_type
    if isinstance(at, inspect.StructType):
        return next((field.type for field in at.fields if field.encode_name == step), None)
    return None
