"""Rows become an ordinary Data Package: CSV files and one datapackage.json.

In:   rows as mappings of column to text, with the standard table they belong to
Out:  a folder that frictionless validates, the same bytes for the same rows

The Table Schema of each resource is the standard table's own, cut down to the columns that are used.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from examples.make_england.credits import LICENCES, Credit
from schemas.model import TableSchema, load_model

Row = dict[str, str]

VERSION = "1.0.0"
HOMEPAGE = "https://datapackage.org/profiles/2.0"


@dataclass(frozen=True)
class Resource:
    """Rows of one standard table. Columns without a value in any row are not written.

    name          the resource's name, also its file's
    table         the standard table
    dataset       for observations: the dataset all rows belong to
    dimensions    for observations: label of each dimension that has a column
    is_packed     whether the file is gzip: for tables of many thousand rows
    """

    name: str
    table: str
    title: str
    rows: Sequence[Mapping[str, str]]
    dataset: str | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[Credit, ...] = ()
    is_packed: bool = False


@dataclass(frozen=True)
class Package:
    name: str
    title: str
    description: str
    credits: tuple[Credit, ...]
    resources: tuple[Resource, ...]
    licence: str
    keywords: tuple[str, ...] = ()


def rows_of(things: Iterable[object], *columns: str) -> list[Row]:
    """Make a row of each thing, from its attributes of these names."""
    return [{name: str(getattr(thing, name)) for name in columns} for thing in things]


def write_package(package: Package, folder: Path) -> dict[str, int]:
    """Write a package into a folder of its own. Returns rows written for each file."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {resource.name for resource in package.resources}
    written: dict[str, int] = {}
    described = []
    for resource in package.resources:
        schema = _schema(resource, names)
        data = _csv_bytes(resource, [entry["name"] for entry in schema["fields"]], schema["primaryKey"])
        if resource.is_packed:
            data = gzip.compress(data, compresslevel=9, mtime=0)
        path = folder / f"{resource.name}.csv{'.gz' if resource.is_packed else ''}"
        path.write_bytes(data)
        written[f"{folder.name}/{path.name}"] = len(resource.rows)
        described.append(_describe(resource, path.name, data, schema))
    descriptor: dict[str, Any] = {
        "$schema": f"{HOMEPAGE}/datapackage.json",
        "name": package.name,
        "title": package.title,
        "description": package.description,
        "version": VERSION,
        "keywords": list(package.keywords),
        "licenses": [LICENCES[package.licence]],
        "sources": [_source(credit) for credit in package.credits],
        "contributors": [
            {"title": title, "roles": ["publisher"]}
            for title in dict.fromkeys(credit.publisher for credit in package.credits)
        ],
        "attribution": " ".join(dict.fromkeys(credit.attribution for credit in package.credits)),
        "resources": described,
    }
    text = json.dumps(descriptor, ensure_ascii=False, indent=1) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8")
    return written


def _describe(resource: Resource, path: str, data: bytes, schema: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"name": resource.name, "table": resource.table}
    if resource.dataset:
        out["dataset"] = resource.dataset
    out |= {
        "title": resource.title,
        "type": "table",
        "path": path,
        "scheme": "file",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        **({"compression": "gz"} if path.endswith(".gz") else {}),
        "bytes": len(data),
        "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
    }
    if resource.sources:
        out["sources"] = [_source(credit) for credit in resource.sources]
    out["schema"] = schema
    return out


def _source(credit: Credit) -> dict[str, str]:
    return {"title": f"{credit.title} ({credit.publisher})", "path": credit.address}


def _columns(table: TableSchema, rows: Iterable[Mapping[str, str]]) -> list[str]:
    used = {name for row in rows for name, value in row.items() if value != ""}
    return [entry.name for entry in table.fields if entry.name in used]


def _schema(resource: Resource, names: set[str]) -> dict[str, Any]:
    """Cut the standard table's schema down to the columns used and the tables that are in the package."""
    table = load_model().tables[resource.table]
    unknown = (
        {name for row in resource.rows for name in row} - set(table.field_names) - set(resource.dimensions)
    )
    if unknown:
        raise ValueError(f"{resource.name}: no such column in the table {table.name}: {sorted(unknown)}")
    columns = _columns(table, resource.rows)
    schema = table.descriptor()
    fields = {entry["name"]: entry for entry in schema["fields"]}
    dimensions = [
        {"name": name, "title": label, "type": "string", "description": f"{label}; empty for everyone."}
        for name, label in resource.dimensions.items()
    ]
    at = columns.index("period") + 1 if "period" in columns else len(columns)
    ordered = [fields[name] for name in columns]
    ordered[at:at] = dimensions
    out: dict[str, Any] = {
        "$schema": f"{HOMEPAGE}/tableschema.json",
        "fields": ordered,
        "missingValues": [""],
        "primaryKey": [name for name in table.primary_key if name in columns] + list(resource.dimensions),
    }
    keys = [
        key
        for key in schema.get("foreignKeys", [])
        if key["reference"]["resource"] in names and set(key["fields"]) <= set(columns)
    ]
    if keys:
        out["foreignKeys"] = [
            key | {"reference": key["reference"] | {"resource": ""}}
            if key["reference"]["resource"] == resource.name
            else key
            for key in keys
        ]
    return out


def _csv_bytes(resource: Resource, columns: list[str], key: list[str]) -> bytes:
    rows = sorted(resource.rows, key=lambda row: tuple(row.get(name, "") for name in key))
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        values = tuple(row.get(name, "") for name in key)
        if values in seen:
            raise ValueError(f"{resource.name}: two rows for {values}")
        seen.add(values)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(name, "") for name in columns] for row in rows)
    return text.getvalue().encode("utf-8")
