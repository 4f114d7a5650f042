"""`switchroom api --stubs python`: the typed methods of the Python clients, written from the method table.

The result is checked in as client/_methods.py; a test compares it with what this module writes.
"""

from __future__ import annotations

import keyword
import textwrap
import types
from collections import defaultdict
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from .methods import METHODS, Method

_WIDTH = 120

_HEAD = '''"""Typed methods of the clients. Written by `switchroom api --stubs python`: do not edit.

Arguments that are None are not sent: the engine's defaults hold. They are in docs/protocol.md.
"""

# fmt: off

from __future__ import annotations

from typing import Any, Literal

{imports}
from ._invoke import AsyncInvoke, AsyncTyped, Invoke, Typed, given

MUTATING = frozenset(
    {{
{mutating}
    }}
)
'''


def python() -> str:
    """The whole module."""
    nouns: dict[str, list[Method]] = defaultdict(list)
    for method in METHODS.values():
        nouns[method.name.split(".")[0]].append(method)
    mutating = "\n".join(f'        "{method.name}",' for method in METHODS.values() if method.mutates)
    parts = [_HEAD.format(imports=_imports(), mutating=mutating)]
    for asynchronous in (True, False):
        parts += [_noun(noun, methods, asynchronous) for noun, methods in nouns.items()]
        parts.append(_methods(list(nouns), asynchronous))
    return "\n\n".join(parts)


def _class_name(noun: str, asynchronous: bool) -> str:
    words = "".join(word.capitalize() for word in noun.replace(".", "_").split("_"))
    return f"{'Async' if asynchronous else ''}{words}Methods"


def _noun(noun: str, methods: list[Method], asynchronous: bool, own: Method | None = None) -> str:
    """One class for `noun.*`, and before it one for each `noun.word.*`. `own`: the method named as the noun itself."""
    direct = [method for method in methods if method.name.count(".") == noun.count(".") + 1]
    deeper: dict[str, list[Method]] = defaultdict(list)
    for method in methods:
        if method not in direct:
            deeper[".".join(method.name.split(".")[: noun.count(".") + 2])].append(method)
    owns = {method.name: method for method in direct if method.name in deeper}
    direct = [method for method in direct if method.name not in owns]
    parts = [_noun(name, inner, asynchronous, owns.get(name)) for name, inner in deeper.items()]
    base = ("AsyncInvoke" if asynchronous else "Invoke") if own is None else "AsyncTyped" if asynchronous else "Typed"
    lines = [f"class {_class_name(noun, asynchronous)}({base}):", f'    """{noun}.*"""', ""]
    if deeper:
        lines += [f"    def __init__(self, invoke: {base}) -> None:", "        super().__init__(invoke)"]
        lines += [f"        self.{_word(name)} = {_class_name(name, asynchronous)}(invoke)" for name in deeper]
        lines.append("")
    spelled = [_method(method, asynchronous) for method in direct]
    if own is not None:
        spelled.insert(0, _method(own, asynchronous, "__call__"))
    lines.append("\n\n".join(spelled))
    return "\n\n".join([*parts, "\n".join(lines) + "\n"])


def _word(name: str) -> str:
    word = name.rsplit(".", 1)[-1]
    return f"{word}_" if keyword.iskeyword(word) else word


def _method(method: Method, asynchronous: bool, name: str | None = None) -> str:
    fields = msgspec.structs.fields(method.params)
    arguments = [_argument(field) for field in sorted(fields, key=lambda field: not field.required)]
    result = method.result.__name__
    start, wait = ("async def", "await ") if asynchronous else ("def", "")
    lines = [f"    {start} {name or _word(method.name)}(", "        self,"]
    if arguments:
        lines += ["        *,", *(f"        {argument}," for argument in arguments)]
    doc = textwrap.wrap(f'"""{method.doc}"""', _WIDTH - 8)
    lines += [f"    ) -> {result}:", *(f"        {line}" for line in doc)]
    lines.append(f'        return {wait}self.typed("{method.name}", given(')
    lines += [f"            {field.encode_name}={field.name}," for field in fields]
    lines.append(f"        ), {result})")
    return "\n".join(lines)


def _argument(field: msgspec.structs.FieldInfo) -> str:
    text = _type(field.type)
    if field.required:
        return f"{field.name}: {text}"
    return f"{field.name}: {text.removesuffix(' | None')} | None = None"


def _type(kind: Any) -> str:
    """Source text of a type."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _type(args[0])
    if origin is Literal:
        return f"Literal[{', '.join(map(_quoted, args))}]"
    if origin in {Union, types.UnionType}:
        return " | ".join(_type(part) for part in args)
    if origin is not None:
        inside = ", ".join("..." if part is Ellipsis else _type(part) for part in args)
        return f"{origin.__name__}[{inside}]"
    if kind is type(None):
        return "None"
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return f"{kind.__name__} | dict[str, Any]"
    return "Any" if kind is Any else str(kind.__name__)


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _methods(nouns: list[str], asynchronous: bool) -> str:
    base = "AsyncInvoke" if asynchronous else "Invoke"
    name = "AsyncMethods" if asynchronous else "Methods"
    lines = [
        f"class {name}:",
        '    """All nouns as attributes. `call` is also a function: any method by its name."""',
        "",
    ]
    lines += [f"    def __init__(self, invoke: {base}) -> None:"]
    lines += [f"        self.{_word(noun)} = {_class_name(noun, asynchronous)}(invoke)" for noun in nouns]
    return "\n".join(lines) + "\n"


def _structs(kind: Any) -> set[type[msgspec.Struct]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return {kind}
    return {found for part in get_args(kind) for found in _structs(part)}


def _imports() -> str:
    used: set[type[msgspec.Struct]] = set()
    for method in METHODS.values():
        used.add(method.result)
        for field in msgspec.structs.fields(method.params):
            used |= _structs(field.type)
    modules: dict[str, list[str]] = defaultdict(list)
    for kind in used:
        modules[kind.__module__.removeprefix("switchroom.")].append(kind.__name__)
    return "\n".join(f"from ..{module} import {', '.join(sorted(names))}" for module, names in sorted(modules.items()))
