"""Figures put together as series: one dataset, indicator, area, breakdown and kind of period, oldest first.

In:   a selection of observations in the order by area
Out:  a part of its series, and the key from which the next part goes on

Each point says whether it may be compared with the one before it: where it may not, a line is cut. Restated
figures stand beside the points, in a list of their own.

All figures of an area and an indicator lie side by side, so a part needs no more than its own figures.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Any

from api import observations
from api.edition import Edition
from api.observations import Selection, load_codes
from api.pages.definitions import Definition, load_definitions
from api.restated import POINT_FIELDS as RESTATED_FIELDS
from api.restated import list_restated
from compare import Figure, verdict

Row = dict[str, Any]

SERIES_FIELDS = ("dataset", "indicator", "indicator_label", "area", "area_label", "breakdown", "unit")

# Which series a figure belongs to, among those of one area and indicator.
_ORDER = ("breakdown", "dataset", "period_kind")

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
    """Put the rows of one area and indicator together as series, by breakdown, dataset and kind of period."""
    read = observations.reader(edition)
    periods = _periods(edition)
    found: dict[tuple[str, ...], Row] = {}
    for item in sorted(map(read, rows), key=lambda item: periods[item["period"]][1:]):
        item["period_kind"] = periods[item["period"]][0]
        key = tuple(item[name] for name in _ORDER)
        one = found.setdefault(
            key,
            {name: item[name] for name in (*SERIES_FIELDS, "period_kind")} | {"points": [], "restated": []},
        )
        one["unit"] = item["unit"]
        one["points"].append({name: item[name] for name in POINT_FIELDS})
    for one in found.values():
        _say_verdicts(edition, one)
    if found:
        first = next(iter(found.values()))
        for item in list_restated(edition, first["area"], first["indicator"]):
            kind = periods[item["period"]][0]
            series = found.get((item["breakdown"], item["dataset"], kind))
            if series is not None:
                series["restated"].append({name: item[name] for name in RESTATED_FIELDS})
        for one in found.values():
            _hold_restated(edition, one)
    return [found[key] for key in sorted(found)]


def _say_verdicts(edition: Edition, one: Row) -> None:
    """Say of each point of a series whether it may be compared with the one before, and why not."""
    definitions = load_definitions(edition)
    periods = _periods(edition)
    figures = []
    for point in one["points"]:
        definition = definitions.get(one["indicator"], point["version"])
        figures.append(_figure(one, point, periods[point["period"]], definition))
    breaks = [figure.period_start for figure in figures if figure.status == "break"]
    steps = definitions.steps[one["indicator"]]
    for point in one["points"][:1]:
        point |= {"verdict": None, "reasons": []}
    for (earlier, later), point in zip(pairwise(figures), one["points"][1:], strict=True):
        decided = verdict(earlier, later, steps=steps, breaks=breaks)
        codes = [reason.code for reason in decided.reasons]
        point |= {"verdict": decided.level.notation, "reasons": list(dict.fromkeys(codes))}


def _hold_restated(edition: Edition, one: Row) -> None:
    """Say of each restated figure whether it may be compared with the first figure of the area itself."""
    first = next((point for point in one["points"] if point["value"] is not None), None)
    definitions, periods = load_definitions(edition), _periods(edition)
    every = [*one["points"], *one["restated"]]
    breaks = [
        dt.date.fromisoformat(periods[point["period"]][1]) for point in every if point["status"] == "break"
    ]
    for point in one["restated"]:
        point |= {"verdict": None, "reasons": []}
        if first is None:
            continue
        a, b = (
            _figure(one, each, periods[each["period"]], definitions.get(one["indicator"], each["version"]))
            for each in (point, first)
        )
        decided = verdict(
            replace(a, restated=point["method"]), b, steps=definitions.steps[one["indicator"]], breaks=breaks
        )
        codes = dict.fromkeys(reason.code for reason in decided.reasons)
        point |= {"verdict": decided.level.notation, "reasons": list(codes)}


def _figure(one: Row, point: Row, period: tuple[str, str, str], definition: Definition) -> Figure:
    kind, start_on, end_on = period
    lower, upper = (
        None if point[name] is None else Decimal(str(point[name])) for name in ("lower_limit", "upper_limit")
    )
    return Figure(
        indicator=one["indicator"],
        version=point["version"],
        dataset=one["dataset"],
        unit=definition.unit.notation,
        area=one["area"],
        area_type="",
        period=point["period"],
        period_kind=kind,
        period_start=dt.date.fromisoformat(start_on),
        period_end=dt.date.fromisoformat(end_on),
        value=None if point["value_text"] is None else Decimal(point["value_text"]),
        status=point["status"],
        lower_limit=lower,
        upper_limit=upper,
        breakdown=one["breakdown"],
        runs=point["status"] != "not-provided",
        is_sampled=definition.is_sampled,
    )


def _periods(edition: Edition) -> dict[str, tuple[str, str, str]]:
    """Give kind, first day and last day of each period."""

    def ask() -> dict[str, tuple[str, str, str]]:
        rows = edition.rows("SELECT period, kind, start_on, end_on FROM periods")
        return {row[0]: (row[1], row[2], row[3]) for row in rows}

    return edition.once("periods by notation", ask)


def count_series(edition: Edition, selection: Selection) -> int:
    """Count the series of a selection; remembered, because every part says it."""

    def ask() -> int:
        # Conditions are our own columns with bound numbers.
        sql = (
            "SELECT count(*) FROM (SELECT DISTINCT r.area, d.indicator, r.breakdown, r.dataset, k.kind"  # noqa: S608
            f" FROM {selection.source} JOIN observation_definitions AS d ON d.id = r.definition"
            " JOIN observation_periods AS p ON p.id = r.period JOIN periods AS k ON k.period = p.period"
            f" WHERE {selection.where})"
        )
        return int(edition.value(sql, selection.params, seconds=30.0))

    return edition.once(("series", selection), ask)
