"""The model becomes metadata.json: what Datasette says beside each table and column.

In:   a Model
Out:  a JSON-ready dictionary in the layout of Datasette 0.65

Title, source, licence and address of a site are null here; publish fills them for each edition.

Source: Datasette 0.65 documentation, Metadata.
"""

from __future__ import annotations

from typing import Any

from schemas.definitions import Model, TableSchema

# The name of the database, after its file in an edition.
DATABASE = "catalogue"

# The column by whose text a row is known where other tables refer to it.
_LABEL_COLUMNS = ("label", "title")


def make_metadata(model: Model) -> dict[str, Any]:
    """Describe the catalogue for Datasette: every table, then the tables for machines, which are hidden."""
    published = {**model.tables, **model.derived}
    tables: dict[str, Any] = {name: _describe_table(model, published[name]) for name in sorted(published)}
    tables |= {name: {"hidden": True} for name in sorted(model.display.hidden)}
    return {
        "title": None,
        "description": "Figures about local public services, with what stands behind each.",
        "license": None,
        "license_url": None,
        "source": None,
        "source_url": None,
        "about": None,
        "about_url": None,
        "databases": {
            DATABASE: {
                "description": "One edition of the catalogue. The table figures has every figure in words.",
                "statuses": dict(model.display.statuses),
                "tables": tables,
            }
        },
    }


def status_of(model: Model, name: str) -> str:
    """Say whether a table is published, reference or derived."""
    if name in model.display.reference:
        return "reference"
    return "published" if name in model.tables else "derived"


def _describe_table(model: Model, table: TableSchema) -> dict[str, Any]:
    display = model.display
    out: dict[str, Any] = {
        "title": table.title,
        "description": table.description.strip(),
        "status": status_of(model, table.name),
        "columns": {field.name: _note(field.title, field.description) for field in table.fields},
    }
    if table.name in model.tables:
        out["columns"] |= display.provenance
    units = {field.name: field.unit for field in table.fields if field.unit is not None}
    if units:
        out["units"] = units
    for name in _LABEL_COLUMNS:
        if name in table.field_names and table.primary_key:
            out["label_column"] = name
            break
    if table.name in display.facets:
        out["facets"] = list(display.facets[table.name])
    if table.name in display.order:
        column = display.order[table.name]
        out["sort_desc" if column.startswith("-") else "sort"] = column.removeprefix("-")
    if table.name in display.page_size:
        out["size"] = display.page_size[table.name]
    return out


def _note(title: str, description: str) -> str:
    return f"{title}. {description}"
