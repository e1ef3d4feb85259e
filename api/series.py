"""Figures put together as series: one dataset, indicator, area, breakdown and kind of period, oldest first.

In:   a selection of observations in the order by area
Out:  a part of its series, and the key from which the next part goes on

Each point says whether it may be compared with the one before it: where it may not, a line is cut. Restated
figures stand beside the points, in a list of their own.

All figures of an area and an indicator lie side by side, so a part needs no more than its own figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any

from api import observations
from api.edition import Edition
from api.observations import FIELDS, Selection, load_codes
from api.restated import POINT_FIELDS as RESTATED_FIELDS
from api.restated import list_restated
from api.verdicts import VERDICT_FIELDS, Judge, as_members, as_row
from compare import Figure, Verdict, decide_in_turn, reason_codes

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
    *VERDICT_FIELDS,
)

# A row of the same figures as a table.
ROW_FIELDS = (*FIELDS, *VERDICT_FIELDS)


@dataclass(frozen=True, slots=True)
class Series:
    """One series: its figures as rows of ROW_FIELDS, oldest first, and the verdicts they carry.

    period_kind   the kind of period that all its figures are for
    restated      figures of earlier periods put together from those of the areas that this one followed
    """

    rows: Sequence[Row]
    verdicts: Sequence[Verdict | None]
    period_kind: str
    restated: Sequence[Row] = ()

    def as_item(self) -> Row:
        """Write the series as JSON has it."""
        newest = self.rows[-1]
        told = {name: newest[name] for name in SERIES_FIELDS} | {"period_kind": self.period_kind}
        points = [{name: row[name] for name in POINT_FIELDS} for row in self.rows]
        return told | {"points": points, "restated": list(self.restated)} | as_members(self.verdicts)


def list_series(
    edition: Edition, selection: Selection, limit: int, after: Sequence[int]
) -> tuple[list[Series], tuple[int, int, int] | None]:
    """List up to `limit` series.

    after    empty for the first part; else the key that came with the part before: numbers of area and
             definition, and how many of their series have been given

    Returns the series and the key of the next part, None at the end.
    """
    skipped = after[2] if after else 0
    found: list[Series] = []
    judge = Judge(edition)
    for key, group in _groups(edition, selection, after[:2] or None):
        for place, one in enumerate(_assemble(judge, group)):
            if place < skipped:
                continue
            if len(found) == limit:
                return found, (*key, place)
            found.append(one)
        skipped = 0
    return found, None


def stream_rows(edition: Edition, selection: Selection) -> Iterator[list[Row]]:
    """Go through the figures of all series as rows of ROW_FIELDS, those of an area and indicator at a time."""
    judge = Judge(edition)
    for _, group in _groups(edition, selection, None):
        yield [row for one in _assemble(judge, group) for row in one.rows]


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


def _assemble(judge: Judge, rows: Sequence[Any]) -> list[Series]:
    """Put the rows of one area and indicator together as series, by breakdown, dataset and kind of period."""
    read = observations.reader(judge.edition)
    periods = judge.periods
    found: dict[tuple[str, str, str], list[Row]] = {}
    for item in sorted(map(read, rows), key=lambda item: periods[item["period"]][1:]):
        kind = periods[item["period"]][0]
        found.setdefault((item["breakdown"], item["dataset"], kind), []).append(item)
    restated = _list_restated(judge, next(iter(found.values()))[0]) if found else {}
    return [_with_verdicts(judge, found[key], key[2], restated.get(key, ())) for key in sorted(found)]


def _list_restated(judge: Judge, row: Row) -> dict[tuple[str, str, str], list[Row]]:
    """List the restated figures of a row's area and indicator by breakdown, dataset and kind of period."""
    restated: dict[tuple[str, str, str], list[Row]] = {}
    for item in list_restated(judge.edition, row["area"], row["indicator"]):
        key = (item["breakdown"], item["dataset"], judge.periods[item["period"]][0])
        restated.setdefault(key, []).append({name: item[name] for name in RESTATED_FIELDS})
    return restated


def _with_verdicts(judge: Judge, rows: Sequence[Row], period_kind: str, restated: Sequence[Row]) -> Series:
    """Hold each figure of a series against the one before."""
    figures = judge.figures(rows)
    breaks = [figure.period_start for figure in figures if figure.status == "break"]
    verdicts = decide_in_turn(figures, partial(judge.decide, breaks=breaks))
    told = [row | as_row(one) for row, one in zip(rows, verdicts, strict=True)]
    return Series(told, verdicts, period_kind, _hold_restated(judge, rows, figures, restated))


def _hold_restated(
    judge: Judge, rows: Sequence[Row], figures: Sequence[Figure], restated: Sequence[Row]
) -> list[Row]:
    """Say of each restated figure whether it may be compared with the first figure of the area itself."""
    first = next((figure for figure in figures if figure.value is not None), None)
    if first is None:
        return [item | {"verdict": None, "reasons": []} for item in restated]
    made = [
        replace(figure, restated=item["method"])
        for figure, item in zip(judge.figures([rows[0] | item for item in restated]), restated, strict=True)
    ]
    breaks = [figure.period_start for figure in (*figures, *made) if figure.status == "break"]
    held = []
    for item, figure in zip(restated, made, strict=True):
        decided = judge.decide(figure, first, breaks)
        held.append(item | {"verdict": decided.level.notation, "reasons": list(reason_codes(decided))})
    return held


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
