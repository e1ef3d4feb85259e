"""The figures of exactly this indicator as rows of JSON, described by JSON Schema 2020-12.

In:   Blank
Out:  a schema of a list of objects, each with the names of the columns

Beside what a Table Schema can say it holds the rule of all figures: a value, or a status that says why not.
"""

from __future__ import annotations

from typing import Any

from api.definition_forms.blank import Blank, statuses
from schemas import Field

_TYPES = {"number": "number", "integer": "integer"}


def json_schema(blank: Blank, address: str) -> dict[str, Any]:
    """Describe rows of JSON. `address` is where this schema stands."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "title": f"Figures: {blank.label}",
        "description": f"Rows of figures for {blank.uri}. A cell that is empty in a table is null or left out.",
        "type": "array",
        "items": {
            "type": "object",
            "properties": {field.name: _property(field) for field in blank.fields},
            "required": [field.name for field in blank.fields if field.required],
            "additionalProperties": False,
            "allOf": [_no_value(), _value()],
        },
    }


def _property(field: Field) -> dict[str, Any]:
    kind = _TYPES.get(field.type, "string")
    said: dict[str, Any] = {"title": field.title, "description": field.description}
    said["type"] = kind if field.required else [kind, "null"]
    if field.enum is not None:
        said["enum"] = [*field.enum, *(() if field.required else (None,))]
    if field.pattern is not None:
        said["pattern"] = f"^(?:{field.pattern})$"
    for name, value in (
        ("minimum", field.minimum),
        ("maximum", field.maximum),
        ("minLength", field.min_length),
        ("maxLength", field.max_length),
    ):
        if value is not None:
            said[name] = value
    return said


def _no_value() -> dict[str, Any]:
    """Say that some statuses permit no value."""
    return {
        "if": {"properties": {"status": {"enum": statuses("absent")}}, "required": ["status"]},
        "then": {"properties": {"value": {"type": "null"}}},
    }


def _value() -> dict[str, Any]:
    """Say that a value is there unless the status says why not."""
    why_not = [*statuses("absent"), *statuses("either")]
    return {
        "if": {"not": {"properties": {"status": {"enum": why_not}}, "required": ["status"]}},
        "then": {"properties": {"value": {"type": "number"}}, "required": ["value"]},
    }
