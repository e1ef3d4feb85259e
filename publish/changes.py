"""What each version of a definition changed becomes rows and statements.

In:   the versions of every definition, in Contents or as two rows
Out:  rows of definition_steps and definition_changes; lines of N-Triples, in a fixed order

A change set and each of its changes has a URI that begins with the newer version's, so one description of a
version holds them. Between two versions that do not follow each other the same statements can be made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa

from ingest.definition_change import DefinitionChange, compare_versions
from ingest.resolve import read_numbers
from publish.contents import Contents, Row
from publish.triples import Names, line, table_lines
from schemas import Model


def list_versions(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Give the versions of each indicator, oldest first."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: (row["indicator"], read_numbers(row["version"]))):
        found.setdefault(row["indicator"], []).append(row)
    return found


def list_steps(contents: Contents) -> list[Row]:
    """Give the rows of definition_steps: every version that follows another one."""
    return [_step_row(after, change) for after, change in _steps(contents)]


def list_changes(contents: Contents) -> list[Row]:
    """Give the rows of definition_changes: every field that a version changed."""
    return [row for after, change in _steps(contents) for row in _change_rows(after, change)]


def change_lines(contents: Contents, names: Names) -> Iterator[str]:
    """Write what every version of a definition changed from the one before it."""
    for after, change in _steps(contents):
        yield from lines_between(contents.model, names, after, change)


def lines_between(
    model: Model, names: Names, after: Mapping[str, Any], change: DefinitionChange
) -> Iterator[str]:
    """Write what changed from one version to a later one: the change set, each change, and the revision.

    after    the row of the later version
    """
    version = names.thing(f"indicator/{after['indicator']}/v{change.after}")
    previous = names.thing(f"indicator/{after['indicator']}/v{change.before}")
    change_set = f"{version}#from-v{change.before}"
    yield line(version, names.iri("prov:wasRevisionOf"), f"<{previous}>")
    yield line(version, names.iri("def:changeSet"), f"<{change_set}>")
    changes = _change_rows(after, change)
    for row in changes:
        yield line(change_set, names.iri("def:fieldChange"), f"<{change_set}-{row['field']}>")
    for table, rows in (("definition_steps", [_step_row(after, change)]), ("definition_changes", changes)):
        schema = model.derived[table]
        form = pa.schema([(name, pa.string()) for name in schema.field_names])
        told = table_lines(model, names, schema, pa.Table.from_pylist(rows, schema=form))
        yield from (str(text) for text in told.to_pylist())


def _steps(contents: Contents) -> Iterator[tuple[Mapping[str, Any], DefinitionChange]]:
    for versions in list_versions(contents.rows("indicators")).values():
        for before, after in pairwise(versions):
            yield after, compare_versions(before, after)


def _step_row(after: Mapping[str, Any], change: DefinitionChange) -> Row:
    return {
        "indicator": after["indicator"],
        "version": change.after,
        "previous": change.before,
        "level": change.level,
        "comparable": change.comparable,
        "first_period": change.first,
        "change_note": after["change_note"],
    }


def _change_rows(after: Mapping[str, Any], change: DefinitionChange) -> list[Row]:
    return [
        {
            "indicator": after["indicator"],
            "version": change.after,
            "previous": change.before,
            "field": one.field,
            "level": one.level,
            "before": one.before or None,
            "after": one.after or None,
            "meaning": one.meaning,
        }
        for one in change.changes
    ]
