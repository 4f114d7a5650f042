"""The description of the protocol, and that what is checked in is what the code says."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from switchroom.control.compatible import broken_promises
from switchroom.control.describe import API_LEVEL, describe, level_document
from switchroom.control.limits import ControlLimits
from switchroom.control.markdown import page
from switchroom.control.methods import METHODS
from switchroom.control.params import ParamsDecoder
from switchroom.control.stubs import python
from switchroom.errors import error_table
from switchroom.schema.topics import TOPICS
from tests.conftest import ROOT

DESCRIPTION = describe(ControlLimits())
LEVEL_FILE = ROOT / f"docs/api-level-{API_LEVEL}.json"


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(level_document(DESCRIPTION)))
    return found


def checked_in() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(LEVEL_FILE.read_text())
    return found


def test_this_api_level_keeps_what_it_promised() -> None:
    assert not broken_promises(checked_in(), document()), "raise API_LEVEL, or keep the old way working"


@pytest.mark.parametrize(
    ("file", "made", "how"),
    [
        (LEVEL_FILE, lambda: json.dumps(document(), sort_keys=True), "switchroom api --json"),
        (ROOT / "docs/protocol.md", lambda: page(DESCRIPTION), "switchroom api --markdown"),
        (ROOT / "engine/switchroom/client/_methods.py", python, "switchroom api --stubs python"),
    ],
)
def test_what_is_checked_in_is_what_the_code_says(file: Path, made: Any, how: str) -> None:
    text = json.dumps(json.loads(file.read_text()), sort_keys=True) if file.suffix == ".json" else file.read_text()
    assert text == made(), f"{how} > {file.relative_to(ROOT)}"


def damaged(change: Any) -> list[str]:
    new = copy.deepcopy(document())
    change(new)
    return broken_promises(document(), new)


def drop(rows: list[dict[str, Any]], **what: Any) -> None:
    (key, value), *_ = what.items()
    rows[:] = [row for row in rows if row[key] != value]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: drop(d["methods"], name="call.bridge"), "call.bridge: the method is gone"),
        (lambda d: d["schemas"]["Hangup"]["properties"].pop("q850_cause"), "argument q850_cause is gone"),
        (lambda d: d["schemas"]["Hangup"]["required"].append("q850_cause"), "has become mandatory"),
        (lambda d: d["schemas"]["CallInfo"]["properties"].pop("sip_status"), "result key sip_status is gone"),
        (lambda d: d["schemas"]["LegInfo"]["properties"].pop("codec"), "call.list.items[].legs[]: result key codec"),
        (
            lambda d: d["schemas"]["Originate"]["properties"]["wait"]["enum"].remove("ringing"),
            "no longer takes 'ringing'",
        ),
        (lambda d: drop(d["events"], topic="call.ended"), "topic call.ended is gone"),
        (lambda d: drop(d["errors"], code=3000), "error code 3000 is gone"),
        (lambda d: next(e for e in d["errors"] if e["code"] == 3000).update(name="missing"), "was not_found"),
        (lambda d: next(m for m in d["methods"] if m["name"] == "call.get")["roles"].remove("observer"), "observer"),
    ],
)
def test_a_broken_promise_is_named(change: Any, words: str) -> None:
    assert any(words in line for line in damaged(change)), damaged(change)


def test_additions_break_nothing() -> None:
    def add(new: dict[str, Any]) -> None:
        new["methods"].append({**new["methods"][0], "name": "new.thing"})
        new["schemas"]["Hangup"]["properties"]["new"] = {"type": "integer"}
        new["schemas"]["CallInfo"]["properties"]["new"] = {"type": "integer"}
        new["errors"].append({"code": 4999, "name": "new", "doc": ""})

    assert damaged(add) == []


def test_every_reference_leads_to_a_schema() -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    found = references(document())
    assert found
    assert found <= {f"#/schemas/{name}" for name in document()["schemas"]}


def test_every_topic_that_the_engine_publishes_is_described() -> None:
    said = re.compile(r"(?:publish|EventDraft|sample|_announce)\(\s*\"([a-z_.]+)\"")
    published = {
        topic for file in (ROOT / "engine/switchroom/live").glob("*.py") for topic in said.findall(file.read_text())
    }
    assert len(published) > 10
    assert published <= {topic.topic for topic in TOPICS}


def test_every_error_has_one_code_and_one_name() -> None:
    codes, names = [row[0] for row in error_table()], [row[1] for row in error_table()]
    assert len(set(codes)) == len(codes)
    assert len(set(names)) == len(names)
    assert all(1000 <= code < 10_000 for code in codes)


def test_every_method_takes_its_own_schemas_defaults() -> None:
    for method in METHODS.values():
        fields = msgspec.structs.fields(method.params)
        if not any(field.required for field in fields):
            assert ParamsDecoder(method.name, method.params).decode(b"\x90") == method.params()


def test_no_request_takes_an_unknown_argument() -> None:
    for method in METHODS.values():
        assert method.params.__struct_config__.forbid_unknown_fields, method.name


def test_no_result_refuses_a_key_it_does_not_know() -> None:
    for method in METHODS.values():
        assert not method.result.__struct_config__.forbid_unknown_fields, method.name


def test_every_request_and_its_idempotency_rule_agree() -> None:
    for method in METHODS.values():
        has_key = "idem" in method.params.__struct_fields__
        assert has_key == (method.idem is not None), method.name
        if method.idem is not None:
            assert method.idem.id_field in method.params.__struct_fields__
            assert "replayed" in method.idem.result.__struct_fields__
            assert method.idem.result is method.result
