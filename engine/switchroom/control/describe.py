"""`api.info`, made from the method table, the topics and the error tree; and the same as a page for people."""

from __future__ import annotations

from functools import lru_cache
from inspect import cleandoc
from typing import Any

import msgspec

from .. import _version
from ..errors import error_table
from ..schema.event import Event
from ..schema.info import ApiInfo, ErrorInfo, MethodInfo
from ..schema.topics import TOPICS
from .limits import ControlLimits

API_LEVEL = 1
API_COMPATIBLE = 1  # the oldest level still honoured


@lru_cache(maxsize=4)
def describe(limits: ControlLimits) -> ApiInfo:
    """The whole protocol as this build speaks it."""
    from .methods import METHODS  # methods need this module: api.info is one of them
    from .roles import roles_of

    kinds = [kind for method in METHODS.values() for kind in (method.params, method.result)]
    refs, schemas = msgspec.json.schema_components([*kinds, Event], ref_template="#/schemas/{name}")
    methods = tuple(
        MethodInfo(
            name=method.name,
            doc=method.doc,
            roles=roles_of(method.name),
            since=method.since,
            deprecated_since=method.deprecated_since,
            mutates=method.mutates,
            idem=method.idem is not None,
            params=refs[2 * i],
            result=refs[2 * i + 1],
        )
        for i, method in enumerate(METHODS.values())
    )
    return ApiInfo(
        api_level=API_LEVEL,
        api_compatible=API_COMPATIBLE,
        version=_version.__version__,
        methods=methods,
        events=TOPICS,
        errors=tuple(ErrorInfo(code=code, name=name, doc=doc) for code, name, doc in error_table()),
        limits=limits.shown(),
        schemas={name: _unindented(schema) for name, schema in schemas.items()},
    )


def _unindented(schema: Any) -> Any:
    """Docstrings without the indentation of their source, which some versions of Python and msgspec leave in."""
    if isinstance(schema, dict):
        return {
            key: cleandoc(value) if key == "description" and isinstance(value, str) else _unindented(value)
            for key, value in schema.items()
        }
    return [_unindented(value) for value in schema] if isinstance(schema, list) else schema


def level_document(description: ApiInfo) -> dict[str, Any]:
    """What docs/api-level-N.json holds: the description without the version of the program."""
    document: dict[str, Any] = msgspec.to_builtins(description)
    del document["version"]
    return document


def neovim_info(channel: int, description: ApiInfo) -> tuple[int, dict[str, Any]]:
    """Answer to nvim_get_api_info: what stock Neovim clients need to attach, and ours beside it."""
    major, minor, patch = ([*description.version.split("."), "0", "0"])[:3]
    version = {
        "major": _number(major),
        "minor": _number(minor),
        "patch": _number(patch),
        "api_level": description.api_level,
        "api_compatible": description.api_compatible,
        "prerelease": False,
    }
    kinds = enumerate(("Buffer", "Window", "Tabpage"))
    types = {name: {"id": i, "prefix": f"nvim_{name.lower()}_"} for i, name in kinds}
    return channel, {"version": version, "types": types, "functions": [], "switchroom": description}


def _number(text: str) -> int:
    digits = "".join(character for character in text if character.isdigit())
    return int(digits or 0)
