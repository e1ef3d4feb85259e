"""Figures restated on today's areas, as programs read them.

In:   the table restated_figures of an edition
Out:  rows with labels, and the URIs of the figures that each was made from

An edition of before has no such table, and nothing was restated in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from api.edition import Edition
from api.observations import load_codes
from api.things import observation_notation

Row = dict[str, Any]

TABLE = "restated_figures"
KEY = ("dataset", "indicator", "version", "area", "period", "breakdown")

# What a restated figure says besides which series it belongs to.
POINT_FIELDS = (
    "period",
    "period_label",
    "version",
    "value",
    "value_text",
    "status",
    "method",
    "gap",
    "known_count",
    "predecessor_count",
    "lower_limit",
    "upper_limit",
    "numerator",
    "denominator",
    "predecessors",
    "missing_predecessors",
    "made_from",
)
FIELDS = (
    *(
        "dataset",
        "indicator",
        "indicator_label",
        "area",
        "area_label",
        "breakdown",
        "breakdown_label",
        "unit",
    ),
    *POINT_FIELDS,
)


def read_rows(edition: Edition, rows: Iterable[sqlite3.Row]) -> list[Row]:
    """Read rows of the table as FIELDS."""
    codes = load_codes(edition)
    labels = codes.labels
    found = []
    for row in rows:
        item = dict(row)
        for name in ("indicator", "area", "period", "breakdown"):
            item[f"{name}_label"] = labels[name].get(row[name])
        item["unit"] = codes.units.get((row["indicator"], row["version"]))
        for name in ("predecessors", "missing_predecessors"):
            item[name] = row[name].split(";") if row[name] else []
        item["made_from"] = [
            edition.uri("observation", *observation_notation({**dict(row), "area": area}))
            for area in item["predecessors"]
        ]
        found.append({name: item[name] for name in FIELDS})
    return found


def list_restated(edition: Edition, area: str, indicator: str | None = None) -> list[Row]:
    """List the restated figures of an area, oldest first."""
    if not has_restated(edition, area):
        return []
    condition = "" if indicator is None else " AND r.indicator = ?"
    # Only our own words are in the statement.
    rows = edition.rows(
        f"SELECT r.* FROM {TABLE} AS r JOIN periods AS p ON p.period = r.period"  # noqa: S608
        f" WHERE r.area = ?{condition} ORDER BY p.start_on, p.end_on, r.dataset, r.version, r.breakdown",
        (area,) if indicator is None else (area, indicator),
    )
    return read_rows(edition, rows)


def has_restated(edition: Edition, area: str) -> bool:
    """Say whether an area has restated figures."""
    return area in _areas(edition)


def _areas(edition: Edition) -> frozenset[str]:
    """Give the areas that have restated figures: few do, and the others need not be looked for."""

    def ask() -> frozenset[str]:
        if not edition.has_table(TABLE):
            return frozenset()
        return frozenset(row[0] for row in edition.rows(f"SELECT DISTINCT area FROM {TABLE}"))  # noqa: S608 - ours

    return edition.once("areas with restated figures", ask)


def select(filters: Mapping[str, Sequence[str]]) -> tuple[str, list[str]]:
    """Turn filters, any value of each, into a condition on the table and its parameters."""
    conditions, params = ["1"], list[str]()
    for name, given in filters.items():
        if given:
            conditions.append(f"r.{name} IN ({', '.join('?' * len(given))})")
            params += given
    return " AND ".join(conditions), params


def count_restated(edition: Edition, where: str, params: Sequence[str]) -> int:
    """Count the restated figures of a selection."""
    if not edition.has_table(TABLE):
        return 0
    # The condition is made of our own columns; every value is bound.
    return int(edition.value(f"SELECT count(*) FROM {TABLE} AS r WHERE {where}", params))  # noqa: S608


def list_part(
    edition: Edition, where: str, params: Sequence[str], limit: int, after: Sequence[str]
) -> list[Row]:
    """List up to `limit` restated figures of a selection in key order, after the one with a key."""
    if not edition.has_table(TABLE):
        return []
    begun = f" AND ({_IN_ORDER}) > ({', '.join('?' * len(KEY))})" if after else ""
    sql = _statement(f"{where}{begun}")
    return read_rows(edition, edition.rows(f"{sql} LIMIT ?", (*params, *after, limit)))


def stream(edition: Edition, where: str, params: Sequence[str]) -> Iterator[list[Row]]:
    """Go through all restated figures of a selection in key order, some hundreds at a time."""
    if edition.has_table(TABLE):
        for rows in edition.chunks(_statement(where), params, size=500):
            yield read_rows(edition, rows)


_IN_ORDER = ", ".join(f"r.{name}" for name in KEY)


def _statement(where: str) -> str:
    # The condition is made of our own columns; every value is bound.
    return f"SELECT r.* FROM {TABLE} AS r WHERE {where} ORDER BY {_IN_ORDER}"  # noqa: S608
