"""What an api level promises: within it arguments, result keys, topics and errors are added, never taken or changed."""

from __future__ import annotations

from typing import Any


def broken_promises(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What a client written against `old` (a level document) can no longer rely on; empty when it is all there."""
    broken: list[str] = []
    methods = {method["name"]: method for method in new["methods"]}
    for method in old["methods"]:
        now = methods.get(method["name"])
        if now is None:
            broken.append(f"{method['name']}: the method is gone")
            continue
        lost = set(method["roles"]) - set(now["roles"])
        if lost and now["roles"]:
            broken.append(f"{method['name']}: no longer open to {', '.join(sorted(lost))}")
        broken += _params(method, now, old, new)
        broken += _result(method["name"], method["result"], now["result"], old, new, set())
    for what, key in (("topic", "events"), ("error code", "errors")):
        field = "topic" if key == "events" else "code"
        have = {one[field] for one in new[key]}
        broken += [f"{what} {one[field]} is gone" for one in old[key] if one[field] not in have]
    names = {error["code"]: error["name"] for error in new["errors"]}
    broken += [
        f"error code {error['code']} was {error['name']}, is {names[error['code']]}"
        for error in old["errors"]
        if names.get(error["code"], error["name"]) != error["name"]
    ]
    return broken


def _params(method: dict[str, Any], now: dict[str, Any], old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    before, after = _resolve(method["params"], old), _resolve(now["params"], new)
    broken = [
        f"{method['name']}: argument {name} is gone"
        for name in before.get("properties", {})
        if name not in after.get("properties", {})
    ]
    demanded = set(after.get("required", ())) - set(before.get("required", ()))
    broken += [f"{method['name']}: argument {name} has become mandatory" for name in sorted(demanded)]
    for name, schema in before.get("properties", {}).items():
        then = after.get("properties", {}).get(name)
        if then is not None:
            gone = _accepted(schema, old) - _accepted(then, new)
            broken += [f"{method['name']}: {name} no longer takes {value}" for value in sorted(gone)]
    return broken


def _accepted(schema: dict[str, Any], document: dict[str, Any]) -> set[str]:
    """Types and words that a schema takes, one level deep."""
    schema = _resolve(schema, document)
    parts = schema.get("anyOf", [schema])
    words = {f"{word!r}" for part in parts for word in part.get("enum", ())}
    return words | {str(part["type"]) for part in parts if "type" in part}


def _result(where: str, before: Any, after: Any, old: dict[str, Any], new: dict[str, Any], seen: set[str]) -> list[str]:
    name = before.get("$ref")
    if name in seen:
        return []
    seen = seen | {name} if name else seen
    before, after = _resolve(before, old), _resolve(after, new)
    broken: list[str] = []
    for key, schema in before.get("properties", {}).items():
        then = after.get("properties", {}).get(key)
        if then is None:
            broken.append(f"{where}: result key {key} is gone")
        else:
            broken += _result(f"{where}.{key}", schema, then, old, new, seen)
    if "items" in before and isinstance(before["items"], dict) and isinstance(after.get("items"), dict):
        broken += _result(f"{where}[]", before["items"], after["items"], old, new, seen)
    return broken


def _resolve(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    ref = schema.get("$ref")
    if ref is None:
        return schema
    found: dict[str, Any] = document["schemas"][ref.rsplit("/", 1)[-1]]
    return found
