"""The definitions of an edition become a package of their own, which other instances and clubs pull.

In:   Contents, and the downloads that are being written
Out:  definitions/: datapackage.json and a CSV file for each table that definitions need, at one address for ever

The package is an ordinary one. What another instance must know beside is said in properties of it: `base`, which
begins the address of every definition, and `formulaGuard`, the mark that stands before a text that a spreadsheet
would run.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.exchange import FORMULA_GUARD, PROFILE, describe_table
from ingest.pulling.tables import TABLES
from publish.contents import Contents
from publish.descriptors import APOSTROPHE, licence_entry
from publish.files import csv_lines
from publish.folder import Folder

FOLDER = "definitions"


def write_definition_files(contents: Contents, downloads: Folder) -> None:
    """Write every table of the package that has rows."""
    for name in TABLES:
        table = _chosen(contents, name)
        if table.num_rows:
            schema = contents.model.tables[name]
            lines = csv_lines(table.select(list(schema.field_names)), schema.fields)
            downloads.write(f"{FOLDER}/{name}.csv", lines, table.num_rows)


def _chosen(contents: Contents, name: str) -> pa.Table:
    table = contents.tables[name]
    if name != "bodies":
        return table
    owners = sorted({row["owner"] for row in contents.rows("indicators")})
    return table.filter(pc.is_in(table["body"], pa.array(owners, pa.string())))


def definitions_descriptor(contents: Contents, edition: str, downloads: Folder) -> dict[str, Any]:
    """Describe the package of definitions.

    edition    the name of the edition it belongs to
    """
    present = {name: downloads.files.get(f"{FOLDER}/{name}.csv") for name in TABLES}
    resources = []
    for name, file in present.items():
        if file is not None:
            schema = contents.model.tables[name]
            kept = tuple(key for key in schema.foreign_keys if present.get(key.table) is not None)
            described = replace(schema, foreign_keys=kept)
            resources.append(describe_table(name, f"{name}.csv", file.bytes, file.sha256, described))
    definitions = contents.rows("indicators")
    owners = {row["owner"] for row in definitions}
    licences = [licence_entry(path) for path in sorted({row["licence"] for row in definitions})]
    sources = [
        {"title": row["label"]} | ({"path": row["website"]} if row["website"] else {})
        for row in contents.rows("bodies")
        if row["body"] in owners
    ]
    slug = re.sub(r"[^a-z0-9]+", "-", contents.title.lower()).strip("-") or "site"
    return {
        "$schema": PROFILE,
        "name": f"{slug}-definitions",
        "title": f"{contents.title}: definitions",
        "description": (
            "Every version of every definition that is published here, with the stages it went through, the "
            f"codes it uses and the bodies that own it. {APOSTROPHE}"
        ),
        "homepage": f"{contents.base}indicators",
        "version": edition,
        "base": contents.base,
        "formulaGuard": FORMULA_GUARD,
        # The standard wants a list to have something in it.
        **({"licenses": licences} if licences else {}),
        **({"sources": sources} if sources else {}),
        "resources": resources,
    }
