"""What follows from figures becomes files and statements: restated figures, and what became of targets.

In:   Contents
Out:  a CSV and a Parquet file of each among the downloads, lines of N-Triples

None of it is an observation or a part of the cube: the cube has what sources published. A restated figure is a
fragment of its area, what became of a target a fragment of the target, and each leads to the observations that it
was made from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from publish.contents import Contents, Row, plain_number
from publish.files import csv_lines
from publish.folder import Folder
from publish.triples import RDF_TYPE, Names, line, literal
from schemas import Field, TableSchema


def write_derived_files(contents: Contents, downloads: Folder) -> None:
    """Write each table as one CSV and one Parquet file. Without any rows, the files have none."""
    for name, table in (("restated_figures", contents.restated), ("target_progress", contents.targets)):
        schema = contents.model.derived[name]
        texts = _as_texts(table, schema)
        downloads.write(f"{name}.csv", csv_lines(texts, schema.fields), table.num_rows)
        pq.write_table(table, downloads.folder / f"{name}.parquet", compression="zstd")
        downloads.note(f"{name}.parquet", table.num_rows)


def _as_texts(table: pa.Table, schema: TableSchema) -> pa.Table:
    """Write numbers as published ones are: in plain decimal notation."""
    columns = {
        field.name: pa.array(
            [None if cell is None else _text(field, cell) for cell in table[field.name].to_pylist()],
            pa.string(),
        )
        for field in schema.fields
    }
    return pa.table(columns)


def _text(field: Field, cell: float | str) -> str:
    if field.type == "boolean":
        return "true" if cell else "false"
    return plain_number(cell) if isinstance(cell, float) else str(cell)


def restated_lines(contents: Contents, names: Names) -> Iterator[str]:
    """Write what each restated figure says."""
    rows = contents.restated.to_pylist()
    subjects = [_restated_subject(names, row) for row in rows]
    yield from _derived_lines(contents, names, "restated_figures", rows, subjects)
    derived = names.iri("prov:wasDerivedFrom")
    for row, subject in zip(rows, subjects, strict=True):
        for area in row["predecessors"].split(";"):
            yield line(subject, derived, f"<{names.thing(_observation(row, area))}>")


def target_lines(contents: Contents, names: Names) -> Iterator[str]:
    """Write what became of each target."""
    rows = contents.targets.to_pylist()
    subjects = [names.thing(f"target/{row['target']}") + _fragment(row) for row in rows]
    yield from _derived_lines(contents, names, "target_progress", rows, subjects)
    derived = names.iri("prov:wasDerivedFrom")
    for row, subject in zip(rows, subjects, strict=True):
        # A figure without a value is no observation, and nothing was derived from it.
        if row["value"] is not None:
            observation = _observation(row | {"breakdown": ""}, row["area"])
            yield line(subject, derived, f"<{names.thing(observation)}>")


def _fragment(row: Row) -> str:
    return f"#progress/{row['area']}" if row["area"] else "#progress"


def _derived_lines(
    contents: Contents, names: Names, table: str, rows: Sequence[Row], subjects: Sequence[str]
) -> Iterator[str]:
    """Write the columns of each row of a derived table."""
    schema = contents.model.derived[table]
    links = {field.name: contents.model.link(schema, field) for field in schema.fields}
    for row, subject in zip(rows, subjects, strict=True):
        yield line(subject, RDF_TYPE, f"<{names.iri(schema.rdf_type or '')}>")
        for field in schema.fields:
            if field.rdf_property is not None and row[field.name] is not None:
                yield from _cell_lines(names, field, links, row, subject)


def _cell_lines(
    names: Names, field: Field, links: Mapping[str, str | None], row: Row, subject: str
) -> Iterator[str]:
    predicate, path = names.iri(field.rdf_property or ""), links[field.name]
    if field.list_of is not None:
        for area in row[field.name].split(field.delimiter or ";"):
            yield line(subject, predicate, f"<{names.thing(f'area/{area}')}>")
    elif path is not None:
        yield line(subject, predicate, f"<{names.thing(path.format_map(row))}>")
    else:
        yield line(subject, predicate, _literal(field, row[field.name]))


def _restated_subject(names: Names, row: Row) -> str:
    parts = [row[name] for name in ("dataset", "indicator", "version", "period", "breakdown") if row[name]]
    return names.thing(f"area/{row['area']}") + f"#restated/{'/'.join(parts)}"


def _observation(row: Row, area: str) -> str:
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
