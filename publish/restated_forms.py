"""Restated figures become files and statements.

In:   Contents
Out:  restated_figures.csv and .parquet among the downloads, lines of N-Triples

A restated figure is no observation and no part of the cube: the cube has what sources published. It is a fragment
of its area, and leads to the observations that it was made from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from publish.canonical import plain_number
from publish.contents import Contents, Row
from publish.files import csv_lines
from publish.folder import Folder
from publish.triples import RDF_TYPE, Names, line, literal
from schemas import Field


def write_restated_files(contents: Contents, downloads: Folder) -> None:
    """Write all restated figures as one CSV and one Parquet file. Without any, the files have no rows."""
    table = contents.restated
    schema = contents.model.derived["restated_figures"]
    downloads.write("restated_figures.csv", csv_lines(as_texts(table), schema.fields), table.num_rows)
    pq.write_table(table, downloads.folder / "restated_figures.parquet", compression="zstd")
    downloads.note("restated_figures.parquet", table.num_rows)


def as_texts(table: pa.Table) -> pa.Table:
    """Write numbers as published ones are, in plain decimal notation, and truths as true and false."""
    columns = {}
    for field in table.schema:
        cells = table[field.name].to_pylist()
        if pa.types.is_floating(field.type):
            cells = [None if cell is None else plain_number(cell) for cell in cells]
        if pa.types.is_boolean(field.type):
            cells = [None if cell is None else str(cell).lower() for cell in cells]
        columns[field.name] = pa.array([None if cell is None else str(cell) for cell in cells], pa.string())
    return pa.table(columns)


def restated_lines(contents: Contents, names: Names) -> Iterator[str]:
    """Write what each restated figure says."""
    rows = contents.restated.to_pylist()
    subjects = [_subject(names, row) for row in rows]
    yield from derived_lines(contents, names, "restated_figures", rows, subjects)
    derived = names.iri("prov:wasDerivedFrom")
    for row, subject in zip(rows, subjects, strict=True):
        for area in row["predecessors"].split(";"):
            yield line(subject, derived, f"<{names.thing(observation_path(row, area))}>")


def derived_lines(
    contents: Contents, names: Names, table: str, rows: Sequence[Row], subjects: Sequence[str]
) -> Iterator[str]:
    """Write the filled columns of each row of a derived table under its subject."""
    schema = contents.model.derived[table]
    links = {field.name: contents.model.link(schema, field) for field in schema.fields}
    for row, subject in zip(rows, subjects, strict=True):
        yield line(subject, RDF_TYPE, f"<{names.iri(schema.rdf_type or '')}>")
        for field in schema.fields:
            if field.rdf_property is not None and row[field.name] is not None:
                yield from _cell_lines(names, field, links[field.name], row, subject)


def _cell_lines(names: Names, field: Field, path: str | None, row: Row, subject: str) -> Iterator[str]:
    predicate = names.iri(field.rdf_property or "")
    if field.list_of is not None:
        for area in row[field.name].split(field.delimiter or ";"):
            yield line(subject, predicate, f"<{names.thing(f'area/{area}')}>")
    elif path is not None:
        yield line(subject, predicate, f"<{names.thing(path.format_map(row))}>")
    else:
        yield line(subject, predicate, _literal(field, row[field.name]))


def _subject(names: Names, row: Row) -> str:
    parts = [row[name] for name in ("dataset", "indicator", "version", "period", "breakdown") if row[name]]
    return names.thing(f"area/{row['area']}") + f"#restated/{'/'.join(parts)}"


def observation_path(row: Row, area: str) -> str:
    """Name the observation of an area for the dataset, indicator, period and breakdown of a row."""
    pairs = sorted(row["breakdown"].split(";")) if row["breakdown"] else []
    return "/".join(["observation", row["dataset"], row["indicator"], area, row["period"], *pairs])


def _literal(field: Field, value: object) -> str:
    if isinstance(value, float):
        return literal(plain_number(value), "decimal")
    if field.type == "boolean":
        return literal("true" if value else "false", "boolean")
    if field.type == "integer":
        return literal(str(value), "integer")
    return literal(str(value))
