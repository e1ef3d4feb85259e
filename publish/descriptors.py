"""The downloads describe themselves: one Data Package of everything, and CSV on the Web for each dataset.

In:   Contents, and the files that were written
Out:  datapackage.json and a description beside each dataset's CSV file, as JSON

The package is an ordinary one: our own checker reads it like any publisher's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ingest.exchange import PROFILE, describe_table
from publish.contents import Contents, Row
from publish.files import observation_columns
from publish.folder import File
from publish.triples import Names
from schemas import Field, TableSchema

_CSVW_TYPES = {"number": "decimal", "integer": "integer", "date": "date", "boolean": "boolean"}

APOSTROPHE = (
    "A text that a spreadsheet would run as a formula has an apostrophe in front. Numbers stand as published."
)


def package_descriptor(contents: Contents, name: str, files: Mapping[str, File]) -> dict[str, Any]:
    """Describe all CSV files of an edition as one Data Package.

    name     the edition's name
    files    the files of the downloads, by path
    """
    resources = []
    present = {path[7:-4] for path in files if path.startswith("tables/")}
    for table, schema in contents.model.tables.items():
        if table in present:
            kept = tuple(key for key in schema.foreign_keys if key.table in present)
            described = replace(schema, foreign_keys=kept)
            resources.append(_describe(files[f"tables/{table}.csv"], table, described))
    for row in contents.rows("datasets"):
        path = f"datasets/{row['dataset']}.csv"
        if path in files:
            schema = _dataset_schema(contents, row["dataset"], present)
            resource = _describe(files[path], f"observations-{row['dataset']}", schema)
            resource |= {
                "title": row["title"],
                "description": row["description"],
                "table": "observations",
                "dataset": row["dataset"],
                "licenses": [licence_entry(row["licence"])],
                "sources": [_source(row)],
            }
            resources.append(resource)
    licences = sorted({row["licence"] for row in contents.rows("datasets")})
    sources = {json.dumps(_source(row), sort_keys=True): _source(row) for row in contents.rows("datasets")}
    return {
        "$schema": PROFILE,
        "name": re.sub(r"[^a-z0-9]+", "-", contents.title.lower()).strip("-") or "everything",
        "title": contents.title,
        "description": f"Every table of this edition as CSV. {APOSTROPHE}",
        "homepage": contents.base,
        "version": name,
        "licenses": [licence_entry(path) for path in licences],
        "sources": [sources[key] for key in sorted(sources)],
        "resources": resources,
    }


def _describe(file: File, name: str, schema: TableSchema) -> dict[str, Any]:
    return describe_table(name, file.path, file.bytes, file.sha256, schema)


def licence_entry(path: str) -> dict[str, str]:
    """Name a licence as a Data Package does."""
    return {"path": path}


def _source(row: Row) -> dict[str, str]:
    """Say where a dataset comes from, in the words that must stand beside its figures."""
    return {"title": row["attribution"]} | ({"path": row["source"]} if row["source"] else {})


def _dataset_schema(contents: Contents, dataset: str, present: set[str]) -> TableSchema:
    """Describe one dataset's file of observations: the table's schema with a column for each dimension."""
    schema = contents.model.tables["observations"]
    dimensions = {row["dimension"]: row for row in contents.rows("dimensions")}
    known = {field.name: field for field in schema.fields}
    fields = tuple(
        known[column] if column in known else _dimension_field(contents, dimensions[column])
        for column in observation_columns(contents, dataset)
    )
    return replace(
        schema,
        fields=fields,
        primary_key=(*schema.primary_key, *contents.dataset_dimensions[dataset]),
        foreign_keys=tuple(key for key in schema.foreign_keys if key.table in present),
    )


def _dimension_field(contents: Contents, row: Row) -> Field:
    codes = [code["code"] for code in contents.rows("codes") if code["code_list"] == row["code_list"]]
    return Field(
        name=row["dimension"],
        title=row["label"],
        description=f"{row['definition']} Empty where the figure is not broken down by it.",
        type="string",
        enum=tuple(codes),
    )


def csvw_description(contents: Contents, dataset: str, file: File) -> dict[str, Any]:
    """Describe one dataset's CSV file as CSV on the Web does."""
    names = Names(contents.base, contents.model)
    row = next(row for row in contents.rows("datasets") if row["dataset"] == dataset)
    schema = _dataset_schema(contents, dataset, set(contents.model.tables))
    dimensions = contents.dataset_dimensions[dataset]
    described: dict[str, Any] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "@id": names.thing(f"dataset/{dataset}") + "#csv",
        "url": file.path.rpartition("/")[2],
        "dc:title": row["title"],
        "dc:description": f"{row['description']} {APOSTROPHE}",
        "dc:license": {"@id": row["licence"]},
        "dc:rights": row["attribution"],
        "dc:isPartOf": {"@id": names.thing(f"dataset/{dataset}")},
        "tableSchema": {
            "columns": [_csvw_column(contents, names, schema, field) for field in schema.fields],
            "primaryKey": [_variable(name) for name in schema.primary_key],
        },
    }
    if not dimensions:
        described["tableSchema"]["aboutUrl"] = names.thing(schema.subject)
    return described


def _csvw_column(contents: Contents, names: Names, schema: TableSchema, field: Field) -> dict[str, Any]:
    column: dict[str, Any] = {
        "name": _variable(field.name),
        "titles": field.name,
        "dc:title": field.title,
        "dc:description": field.description,
        "datatype": _CSVW_TYPES.get(field.type, "string"),
    }
    lists = {row["dimension"]: row["code_list"] for row in contents.rows("dimensions")}
    if field.rdf_property is not None:
        column["propertyUrl"] = names.iri(field.rdf_property)
        path = contents.model.link(schema, field)
    else:
        column["propertyUrl"] = names.thing(f"dimension/{field.name}")
        path = f"code/{lists[field.name]}/{{{_variable(field.name)}}}"
    if path is not None:
        column["valueUrl"] = names.thing(path)
    if field.name in schema.primary_key and field.rdf_property is not None:
        column["required"] = True
    if field.name == "dataset":
        # A figure without a value is no observation, so a reader who makes RDF of the file must not be told
        # that every row belongs to the cube. The table says the dataset itself.
        column["suppressOutput"] = True
    return column


def _variable(name: str) -> str:
    """Make a column's name fit for a URI template."""
    return name.replace("-", "_")
