"""Figures as a JSON-stat 2.0 dataset.

In:   FigureTable whose rows have dataset, indicator, area, period and breakdown
Out:  the document: a cube of those five dimensions, its values, their statuses, and the rest as an extension

A cube of councils, years and groups has many cells that nobody publishes, so values are written by place where
fewer than half are there. No value is said to be there that is not: a cell without a figure has no status either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any

from api.edition import Edition
from api.figure_forms.receipt import Receipt
from api.figure_forms.table import FigureTable, Row
from api.pages.definitions import load_definitions

_DIMENSIONS = {
    "dataset": "Dataset",
    "indicator": "Indicator",
    "area": "Area",
    "period": "Period",
    "breakdown": "Group of people or cases",
}
_ROLES = {"metric": ["indicator"], "geo": ["area"], "time": ["period"]}

# A breakdown without any part is about everyone; JSON-stat wants a name for it.
_EVERYONE = "total"

# Columns that a cell may have beside its value, and goes into the extension by the cell's place.
_BESIDE = ("lower_limit", "upper_limit", "verdict", "verdict_reasons", "place")


def write_jsonstat(table: FigureTable) -> dict[str, Any]:
    """Write a table of figures as a JSON-stat dataset."""
    receipt = Receipt()
    rows: list[Row] = []
    for chunk in table.chunks():
        receipt.add(chunk)
        rows += chunk
    index = {name: _categories(table.edition, name, rows) for name in _DIMENSIONS}
    size = [len(index[name]) for name in _DIMENSIONS]
    cells = {_place(row, index, size): row for row in rows}
    document: dict[str, Any] = {
        "version": "2.0",
        "class": "dataset",
        "label": table.title,
        "source": "; ".join(_sources(table.about["source"])),
        "updated": str(table.about["edition"])[:10],
        "id": list(_DIMENSIONS),
        "size": size,
        "role": _ROLES,
        "dimension": {name: _dimension(table.edition, name, index[name], rows) for name in _DIMENSIONS},
        "value": _values(cells, prod(size)),
        "extension": {
            "edition": table.about["edition"],
            "edition_uri": table.about["edition_uri"],
            "licence": table.about["licence"],
            "query": table.about["query"],
            **_beside(table.fields, cells),
            **table.extension,
            "receipt": receipt.as_row(complete=True),
        },
    }
    status = {str(at): row["status"] for at, row in sorted(cells.items()) if row["status"] != "normal"}
    if status:
        document["status"] = status
    if table.remarks:
        document["note"] = [f"{heading}: {words}" for heading, words in table.remarks]
    return document


def _key(row: Row, name: str) -> str:
    return row[name] or _EVERYONE


def _categories(edition: Edition, name: str, rows: Sequence[Row]) -> dict[str, int]:
    """Number the categories of a dimension as they come; periods by their days."""
    found: Iterable[str] = dict.fromkeys(_key(row, name) for row in rows)
    if name == "period":
        days = {
            row[0]: (row[1], row[2]) for row in edition.rows("SELECT period, start_on, end_on FROM periods")
        }
        found = sorted(found, key=lambda period: (*days[period], period))
    return {category: at for at, category in enumerate(found)}


def _place(row: Row, index: Mapping[str, Mapping[str, int]], size: Sequence[int]) -> int:
    """Give the place of a row's cell, the last dimension running fastest."""
    at = 0
    for name, length in zip(_DIMENSIONS, size, strict=True):
        at = at * length + index[name][_key(row, name)]
    return at


def _dimension(edition: Edition, name: str, index: Mapping[str, int], rows: Sequence[Row]) -> dict[str, Any]:
    labels = {_key(row, name): row.get(f"{name}_label") or _key(row, name) for row in rows}
    if name == "breakdown":
        labels |= {_EVERYONE: "Everyone"} if _EVERYONE in labels else {}
    category: dict[str, Any] = {"index": list(index), "label": {key: labels[key] for key in index}}
    if name == "indicator":
        definitions = load_definitions(edition)
        newest = {row["indicator"]: definitions.get(row["indicator"], row["version"]) for row in rows}
        category["unit"] = {
            key: {"label": newest[key].unit.label, "decimals": newest[key].decimals} for key in index
        }
    return {"label": _DIMENSIONS[name], "category": category}


def _values(cells: Mapping[int, Row], size: int) -> list[float | None] | dict[str, float | None]:
    if 2 * len(cells) < size:
        return {str(at): row["value"] for at, row in sorted(cells.items())}
    return [cells[at]["value"] if at in cells else None for at in range(size)]


def _beside(fields: Sequence[str], cells: Mapping[int, Row]) -> dict[str, Any]:
    """Give what else is said of cells, each by the cell's place."""
    found = {}
    for name in _BESIDE:
        if name in fields:
            said = {str(at): row[name] for at, row in sorted(cells.items()) if row[name] not in (None, [])}
            if said:
                found[name] = said
    return found


def _sources(sources: Sequence[Mapping[str, Any]]) -> list[str]:
    told = [source.get("attribution") or source.get("publisher") or source.get("title") for source in sources]
    return list(dict.fromkeys(str(words) for words in told if words))
