"""key=value of the command line as the arguments of a method, by the method's own schema."""

from __future__ import annotations

import types
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from ..control.methods import METHODS
from ..errors import BadParams


def parse(method: str, arguments: Sequence[str]) -> dict[str, Any]:
    """Raises BadParams naming the argument. A method that is not known here takes text and JSON as they are."""
    kind: Any = METHODS[method].params if method in METHODS else None
    found: dict[str, Any] = {}
    for argument in arguments:
        key, value = _one(method, kind, argument)
        _put(found, key, value)
    return found


def _one(method: str, kind: Any, argument: str) -> tuple[list[str], Any]:
    key, equals, text = argument.partition("=")
    if not equals or not key:
        raise BadParams(f"{method}: {argument!r} must be key=value or key:=JSON", field=key)
    if key.endswith(":"):
        key = key[:-1]
        try:
            return key.split("."), msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            raise BadParams(f"{method}: {key}: {text!r} is not JSON ({error})", field=key) from error
    steps = key.split(".")
    at = _type_at(kind, steps)
    try:
        return steps, _value(at, text)
    except (msgspec.ValidationError, OSError) as error:
        said = str(error).replace("Expected", "must be", 1)
        raise BadParams(f"{method}: {key}: found {text!r}; {said}", field=key) from error


def _put(found: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        found = found.setdefault(step, {})
    if isinstance(value, list) and isinstance(found.get(steps[-1]), list):
        found[steps[-1]] += value
    else:
        found[steps[-1]] = value


def _type_at(kind: Any, steps: list[str]) -> Any:
    """Type of the field that the steps lead to; None when there is none: the engine says so better."""
    for step in steps:
        parts = _parts(kind)
        struct = next((part for part in parts if isinstance(part, type) and issubclass(part, msgspec.Struct)), None)
        mapping = next((part for part in parts if get_origin(part) is dict), None)
        if struct is not None:
            types_of = {field.encode_name: field.type for field in msgspec.structs.fields(struct)}
            kind = types_of.get(step)
        elif mapping is not None:
            kind = get_args(mapping)[1]
        else:
            return None
    return kind


def _parts(kind: Any) -> list[Any]:
    """Members of a union, without Annotated and None."""
    if get_origin(kind) is Annotated:
        return _parts(get_args(kind)[0])
    if get_origin(kind) in {Union, types.UnionType}:
        return [found for part in get_args(kind) for found in _parts(part)]
    return [] if kind in {None, type(None)} else [kind]


def _value(kind: Any, text: str) -> Any:
    parts = _parts(kind)
    if bytes in parts:
        return Path(text[1:]).read_bytes() if text.startswith("@") else text.encode()
    if not parts or str in parts or any(get_origin(part) is Literal for part in parts):
        return text
    if any(get_origin(part) in {tuple, list} for part in parts):
        inner = next(get_args(part)[0] for part in parts if get_origin(part) in {tuple, list})
        return [_value(inner, text)]
    if any(isinstance(part, type) and issubclass(part, msgspec.Struct) for part in parts):
        raise msgspec.ValidationError("Expected an object: use key.key=value, or key:=JSON")
    return msgspec.convert(text, kind, strict=False)
