"""Figures that no source gives for areas of today, put together from those of the areas they followed.

In:   coded observations, and the standard tables areas, area_changes and indicators
Out:  the derived table restated_figures, in key order

What can be put together and how is decided in compare/; here codes become texts again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from compare.lineage import AreaChange, Cover, find_covers
from compare.restating import STATUSES, TEXTS, Measure, Method, finish, restated_sums
from ingest.engine import Engine
from publish.observations import Observations, with_statuses
from schemas import Model

Row = dict[str, Any]

FORM = pa.schema(
    [
        *((name, pa.string()) for name in ("dataset", "indicator", "version", "area", "period", "breakdown")),
        ("value", pa.float64()),
        ("value_text", pa.string()),
        ("method", pa.string()),
        ("gap", pa.string()),
        ("known_count", pa.int64()),
        ("predecessor_count", pa.int64()),
        ("status", pa.string()),
        *((name, pa.float64()) for name in ("lower_limit", "upper_limit", "numerator", "denominator")),
        ("predecessors", pa.string()),
        ("missing_predecessors", pa.string()),
    ]
)
KEY = FORM.names[:6]


def restate_figures(
    engine: Engine, model: Model, observations: Observations, tables: Mapping[str, Sequence[Row]]
) -> pa.Table:
    """Restate figures for all areas that are still in use and followed others.

    tables   "areas", "area_changes" and "indicators" as canonical text
    """
    lists = observations.lists
    covers = _find_covers(tables["areas"], tables["area_changes"])
    measures = _read_measures(model, tables["indicators"], lists["definition"])
    types = {row["area"]: row["area_type"] for row in tables["areas"]}
    rules = sorted({_rule(measure) for measure in measures.values()})
    members = list(_list_members(covers, types, rules, {area: n for n, (area,) in _numbered(lists["area"])}))
    if not members or not measures:
        return FORM.empty_table()
    found = restated_sums(
        {
            "observations": with_statuses(observations.rows, observations.lookups["status"], TEXTS),
            "measures": engine.load("restating_measures", _measures_table(measures, rules)),
            "members": engine.load("restating_members", pa.Table.from_pylist(members, _MEMBERS)),
        }
    )
    ordered = sorted(covers)
    numbers = {area: n for n, (area,) in _numbered(lists["area"])}
    areas = {_area_number(area, place, numbers): area for place, area in enumerate(ordered)}
    written = (
        _write_row(row, lists, measures[row["indicator"]], covers[areas[row["area"]]][row["cover"]])
        for row in engine.read(found).to_pylist()
    )
    return pa.Table.from_pylist(
        sorted(written, key=lambda row: tuple(row[name] for name in KEY)), schema=FORM
    )


def _numbered(values: Sequence[tuple[str, ...]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    return enumerate(values, start=1)


def _find_covers(areas: Sequence[Row], changes: Sequence[Row]) -> dict[str, tuple[Cover, ...]]:
    in_use = {row["area"] for row in areas if row["end_on"] is None}
    return find_covers(
        (
            AreaChange(
                row["from_area"], row["to_area"], dt.date.fromisoformat(row["changed_on"]), row["change"]
            )
            for row in changes
        ),
        {row["area"]: row["area_type"] for row in areas},
        in_use & {row["to_area"] for row in changes},
    )


def _read_measures(
    model: Model, indicators: Sequence[Row], definitions: Sequence[tuple[str, ...]]
) -> dict[int, Measure]:
    """Give what each definition that has figures says of how they can be put together, by its number."""
    units = {code.code: code.more for code in model.code_lists["unit"].codes}
    rows = {(row["indicator"], row["version"]): row for row in indicators}
    measures = {}
    for number, key in _numbered(definitions):
        row = rows[key[0], key[1]]
        unit = units.get(row["unit"], {})
        multiplier = row["multiplier"] or unit.get("multiplier")
        said = (row["label"], row["question"], row["definition"], row["numerator"], row["formula"])
        measures[number] = Measure(
            row["unit"],
            bool(unit.get("is_total")),
            None if multiplier is None else Decimal(str(multiplier)),
            row["evidence"],
            row["tier"],
            " ".join(text for text in said if text),
        )
    return measures


def _rule(measure: Measure) -> tuple[str, str]:
    """What of a measure decides which areas count: who answers for it, and whether it is about spending."""
    return measure.tier, "finance" if measure.evidence == "finance" else "other"


_MEMBERS = pa.schema(
    [
        ("rule", pa.int32()),
        ("area", pa.int32()),
        ("cover", pa.int64()),
        ("size", pa.int64()),
        ("is_same", pa.int64()),
        ("part", pa.int32()),
        ("bit", pa.int64()),
    ]
)


def _list_members(
    covers: Mapping[str, Sequence[Cover]],
    types: Mapping[str, str],
    rules: Sequence[tuple[str, str]],
    numbers: Mapping[str, int],
) -> Iterator[Row]:
    """Give the parts of each cover that have figures and count for its area, once for each rule."""
    for rule, (tier, evidence) in enumerate(rules):
        measure = Measure("", False, None, evidence, tier)
        for place, area in enumerate(sorted(covers)):
            for cover_number, cover in enumerate(covers[area]):
                for bit, part in enumerate(cover.parts):
                    if part in numbers and measure.counts(types[area], types[part]):
                        yield {
                            "rule": rule,
                            "area": _area_number(area, place, numbers),
                            "cover": cover_number,
                            "size": len(cover.parts),
                            "is_same": int(cover.is_same),
                            "part": numbers[part],
                            "bit": 1 << bit,
                        }


def _area_number(area: str, place: int, numbers: Mapping[str, int]) -> int:
    """Give the number of an area, and one below zero where it has no figure of its own."""
    return numbers.get(area, -1 - place)


def _measures_table(measures: Mapping[int, Measure], rules: Sequence[tuple[str, str]]) -> pa.Table:
    listed = sorted(measures.items())
    return pa.table(
        {
            "indicator": pa.array([number for number, _ in listed], pa.int32()),
            # A definition's number tells its version as well.
            "version": pa.array([0] * len(listed), pa.int32()),
            "rule": pa.array([rules.index(_rule(measure)) for _, measure in listed], pa.int32()),
            "method": pa.array([measure.method or "" for _, measure in listed], pa.string()),
            "multiplier": pa.array([float(one.multiplier or 1) for _, one in listed], pa.float64()),
        }
    )


def _write_row(
    row: Row, lists: Mapping[str, Sequence[tuple[str, ...]]], measure: Measure, cover: Cover
) -> Row:
    """Make a row of the derived table from the sums of one area."""
    indicator, version = lists["definition"][row["indicator"] - 1]
    known = tuple(bool(row["known"] >> place & 1) for place in range(len(cover.parts)))
    written: Row = {
        **{name: lists[name][row[name] - 1][0] for name in ("dataset", "period", "breakdown")},
        "indicator": indicator,
        "version": version,
        "area": cover.area,
        "known_count": sum(known),
        "predecessor_count": len(known),
        "predecessors": _listed(cover, known, wanted=True),
        "missing_predecessors": _listed(cover, known, wanted=False),
        "status": STATUSES[row["worst"]],
    }
    if cover.is_same:
        numbers = ("lower_limit", "upper_limit", "numerator", "denominator")
        carried = {name: None if row[name] is None else float(row[name]) for name in numbers}
        value = row["value_text"]
        return written | carried | {"method": "same-boundary", "value": float(value), "value_text": value}
    method: Method | None = measure.method
    assert method is not None
    made = finish(
        method,
        known,
        status=written["status"],
        top=row["top"],
        bottom=row["bottom"] if method == "rebuilt-rate" else None,
        multiplier=measure.multiplier or Decimal(1),
        decimals=row["decimals"],
        agrees=row["disagreeing"] == 0,
    )
    return written | {
        "method": method,
        "gap": made.gap,
        "value": None if made.exact is None else float(made.exact),
        "value_text": None if made.value is None else f"{made.value:f}",
        "numerator": None if made.numerator is None else float(made.numerator),
        "denominator": None if made.denominator is None else float(made.denominator),
    }


def _listed(cover: Cover, known: Sequence[bool], *, wanted: bool) -> str | None:
    areas = [part for part, is_known in zip(cover.parts, known, strict=True) if is_known is wanted]
    return ";".join(areas) or None
