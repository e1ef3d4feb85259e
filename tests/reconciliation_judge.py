"""What the Reconciliation Service API demands of answers, in version 0.2 and in the draft of 1.0, in our words.

Each function takes an answer's JSON and fails with an assertion where the specification does not allow it.
"""

from __future__ import annotations

import re
from typing import Any

_DATE = re.compile(
    r"-?\d{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z?"
)
_VALUES = {"str": str, "int": int, "float": int | float, "date": str}


def _texts(told: dict[str, Any], *names: str) -> None:
    for name in names:
        assert isinstance(told.get(name), str), name
        assert told[name], name


def _reference(told: Any) -> None:
    """Judge a type: its identifier, or an object with one."""
    if not isinstance(told, str):
        _texts(told, "id")
        assert isinstance(told.get("name", ""), str)


def judge_manifest(told: dict[str, Any]) -> None:
    assert "0.2" in told["versions"]
    _texts(told, "name", "identifierSpace", "schemaSpace")
    assert "{{id}}" in told["view"]["url"]
    assert "{{id}}" in told["preview"]["url"]
    assert all(type(told["preview"][side]) is int for side in ("width", "height"))
    for one in told["defaultTypes"]:
        _texts(one, "id", "name")
    for service in (*told["suggest"].values(), told["extend"]["propose_properties"]):
        _texts(service, "service_url", "service_path")
    assert set(told["suggest"]) <= {"entity", "type", "property"}


def judge_draft_manifest(told: dict[str, Any]) -> None:
    assert "1.0-draft" in told["versions"]
    _texts(told, "name")
    assert re.search(r"\{[+]?id\}", told["view"]["url"])
    assert {"identifierSpace", "schemaSpace"} & told.keys() == set()
    assert set(told["suggest"]) == {"entity", "type", "property"}
    assert all(value is True for value in told["suggest"].values())
    assert type(told["extend"]["proposeProperties"]) is bool
    assert all(type(told["preview"][side]) is int for side in ("width", "height"))


def _judge_candidate(told: dict[str, Any], *, is_draft: bool) -> None:
    _texts(told, "id", "name", "description")
    assert type(told["match"]) is bool
    assert isinstance(told["score"], int | float)
    assert 0 <= told["score"] <= 100
    for one in told["type"]:
        _reference(one)
    names = [feature["id"] for feature in told["features"]]
    assert len(names) == len(set(names)) > 0
    for feature in told["features"]:
        _texts(feature, "id", *(("name",) if is_draft else ()))
        assert isinstance(feature["value"], bool | int | float)


def _judge_candidates(found: list[dict[str, Any]], *, is_draft: bool) -> None:
    for one in found:
        _judge_candidate(one, is_draft=is_draft)
    assert len({one["id"] for one in found}) == len(found)
    assert sum(one["match"] for one in found) <= 1


def judge_results(told: dict[str, Any], names: list[str]) -> None:
    """Judge the answer to a batch with these names of queries."""
    assert list(told) == names
    for one in told.values():
        _judge_candidates(one["result"], is_draft=False)


def judge_draft_results(told: dict[str, Any], count: int) -> None:
    assert len(told["results"]) == count
    for one in told["results"]:
        _judge_candidates(one["candidates"], is_draft=True)


def judge_suggestions(told: dict[str, Any]) -> None:
    for one in told["result"]:
        _texts(one, "id", "name")
        assert isinstance(one.get("description", ""), str)
        for kind in one.get("notable", ()):
            _reference(kind)


def _judge_value(told: dict[str, Any]) -> None:
    if "id" in told:
        assert set(told) <= {"id", "name", "description"}
        _texts(told, "id", "name")
        return
    ((kind, value),) = told.items()
    assert isinstance(value, _VALUES[kind])
    assert kind != "date" or _DATE.fullmatch(value)


def judge_extension(told: dict[str, Any], ids: list[str], *, is_draft: bool) -> None:
    properties = [one["id"] for one in told["meta"]]
    for one in told["meta"]:
        _texts(one, "id", "name")
        _reference(one.get("type", "area"))
    if is_draft:
        rows = {row["id"]: {one["id"]: one["values"] for one in row["properties"]} for row in told["rows"]}
    else:
        rows = told["rows"]
    assert list(rows) == ids
    for row in rows.values():
        assert list(row) == properties
        for values in row.values():
            for value in values:
                _judge_value(value)
