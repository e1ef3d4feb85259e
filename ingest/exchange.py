"""Tables that go from one site to another: how a file of them is described, and what guards its texts.

In:   a file of a standard table that was written
Out:  its resource in a Data Package; a text as it was before the guard was put in front
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from schemas import TableSchema

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"

# What a spreadsheet takes for the start of a formula, and what stands in front of a text that begins so.
FORMULA_MARKS = frozenset("=+-@\t\r")
FORMULA_GUARD = "'"


def unguarded(text: str) -> str:
    """Take the guard off a text.

    >>> unguarded("'=1+1"), unguarded("'tis"), unguarded("'")
    ('=1+1', "'tis", "'")
    """
    is_guarded = text[:1] == FORMULA_GUARD and text[1:2] in FORMULA_MARKS
    return text[1:] if is_guarded else text


def describe_table(name: str, path: str, size: int, sha256: str, schema: TableSchema) -> dict[str, Any]:
    """Describe one CSV file of a standard table as a resource."""
    return {
        "name": name,
        "type": "table",
        "path": path,
        "title": schema.title,
        "description": schema.description,
        "table": schema.name,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": size,
        "hash": f"sha256:{sha256}",
        "schema": _lists_as_text(schema).descriptor(),
    }


def _lists_as_text(schema: TableSchema) -> TableSchema:
    """Describe list fields as text: version 2.0 of the standard has lists, the profile it is judged by has none.

    What separates the items stands in each field's description.
    """
    fields = (
        replace(field, type="string", delimiter=None) if field.type == "list" else field
        for field in schema.fields
    )
    return replace(schema, fields=tuple(fields))
