"""What became of a figure from edition to edition, as a part of its RDF description.

In:   a figure's rows of the derived table revisions
Out:  triples: a def:Revision for each, with what was said before and after, why, and what it is a revision of

A revision is the figure as it is said from one edition on: <figure#revised-EDITION>. What it revises is the figure as
it was said until then: the revision before it, or <figure#first>. Revisions follow from the editions before, so they
are in no download of the graph and not under /sparql; the downloads have them as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyoxigraph as ox

from api.edition import Edition
from api.pages.revisions import TABLE, rows_of_figure
from publish.canonical import plain_number
from publish.triples import RDF_TYPE, Names, line, table_lines
from schemas import load_model


def describe_revisions(edition: Edition, figure: str) -> list[ox.Triple]:
    """Describe every revision of a figure; nothing if it never changed."""
    rows = [dict(row) for row in reversed(rows_of_figure(edition, figure))]
    if not rows:
        return []
    model = load_model()
    names, schema = Names(edition.base, model), model.derived[TABLE]
    told = pa.Table.from_pylist(
        [{name: _text(row, name) for name in schema.field_names} for row in rows],
        schema=pa.schema([(name, pa.string()) for name in schema.field_names]),
    )
    lines = "".join(str(text) for text in table_lines(model, names, schema, told).to_pylist())
    lines += "".join(_chain(names, figure, rows))
    parsed = ox.parse(input=lines.encode(), format=ox.RdfFormat.N_TRIPLES)
    return [quad.triple for quad in parsed]


def _text(row: dict[str, Any], name: str) -> str | None:
    """Write a cell as it was published: a value with its own digits."""
    if name in ("value_before", "value_after"):
        side = name.removeprefix("value")
        return None if row[name] is None else str(row[f"value_text{side}"])
    value = row[name]
    if isinstance(value, float):
        return plain_number(value)
    return None if value in (None, "") else str(value)


def _chain(names: Names, figure: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Say of each revision its editions and what it revises, oldest first."""
    thing = names.thing(f"observation/{figure}")
    before = f"{thing}#first"
    entity, part = f"<{names.iri('prov:Entity')}>", names.iri("prov:specializationOf")
    lines = [line(before, RDF_TYPE, entity), line(before, part, f"<{thing}>")]
    for row in rows:
        revision = f"{thing}#revised-{row['to_edition']}"
        lines += [
            line(thing, names.iri("def:revision"), f"<{revision}>"),
            line(revision, RDF_TYPE, entity),
            line(revision, names.iri("prov:wasRevisionOf"), f"<{before}>"),
            *(
                line(revision, names.iri(name), f"<{names.thing(f'edition/{row[column]}')}>")
                for name, column in (("def:fromEdition", "from_edition"), ("def:toEdition", "to_edition"))
            ),
        ]
        before = revision
    return lines
