"""Figures put together as series: one dataset, indicator, area and breakdown, oldest first.

In:   a selection of observations in the order by area
Out:  a part of its series, and the key from which the next part goes on

All figures of an area and an indicator lie side by side, so a part needs no more than its own figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from api import observations
from api.edition import Edition
from api.observations import Selection, load_codes

Row = dict[str, Any]

SERIES_FIELDS = ("dataset", "indicator", "indicator_label", "area", "area_label", "breakdown", "unit")
POINT_FIELDS = (
    "period",
    "period_label",
    "version",
    "value",
    "value_text",
    "status",
    "lower_limit",
    "upper_limit",
    "uri",
)


def list_series(
    edition: Edition, selection: Selection, limit: int, after: Sequence[int]
) -> tuple[list[Row], tuple[int, int, int] | None]:
    """List up to `limit` series.

    after    empty for the first part; else the key that came with the part before: numbers of area and
             definition, and how many of their series have been given

    Returns the series and the key of the next part, None at the end.
    """
    skipped = after[2] if after else 0
    found: list[Row] = []
    for key, group in _groups(edition, selection, after[:2] or None):
        for place, one in enumerate(_assemble(edition, group)):
            if place < skipped:
                continue
            if len(found) == limit:
                return found, (*key, place)
            found.append(one)
        skipped = 0
    return found, None


def _groups(
    edition: Edition, selection: Selection, start: Sequence[int] | None
) -> Iterator[tuple[tuple[int, int], list[Any]]]:
    """Give the coded rows of each area and indicator, with the numbers they begin with."""
    definitions = load_codes(edition).values["definition"]

    def series_of(row: Any) -> tuple[int, str]:
        return row["area"], definitions[row["definition"]][0]

    rows = (row for chunk in observations.stream(edition, selection, start) for row in chunk)
    for _, group in groupby(rows, series_of):
        listed = list(group)
        yield (listed[0]["area"], listed[0]["definition"]), listed


def _assemble(edition: Edition, rows: Sequence[Any]) -> list[Row]:
    """Put the rows of one area and indicator together as series, by breakdown and dataset."""
    read = observations.reader(edition)
    starts = edition.once("period starts", lambda: _starts(edition))
    found: dict[tuple[str, str], Row] = {}
    for item in sorted(map(read, rows), key=lambda item: starts[item["period"]]):
        key = (item["breakdown"], item["dataset"])
        one = found.setdefault(key, {name: item[name] for name in SERIES_FIELDS} | {"points": []})
        one["unit"] = item["unit"]
        one["points"].append({name: item[name] for name in POINT_FIELDS})
    return [found[key] for key in sorted(found)]


def _starts(edition: Edition) -> dict[str, tuple[str, str]]:
    return {row[0]: (row[1], row[2]) for row in edition.rows("SELECT period, start_on, end_on FROM periods")}


def count_series(edition: Edition, selection: Selection) -> int:
    """Count the series of a selection; remembered, because every part says it."""

    def ask() -> int:
        # Conditions are our own columns with bound numbers.
        sql = (
            "SELECT count(*) FROM (SELECT DISTINCT r.area, d.indicator, r.breakdown, r.dataset"  # noqa: S608
            f" FROM {selection.source} JOIN observation_definitions AS d ON d.id = r.definition"
            f" WHERE {selection.where})"
        )
        return int(edition.value(sql, selection.params, seconds=30.0))

    return edition.once(("series", selection), ask)
