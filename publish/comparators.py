"""What stands beside the figures of a council: nation, region, type of council and groups, as a derived table.

In:   the figures of councils as coded rows, the canonical tables of areas, groups and definitions
Out:  the table comparators in key order

The engine adds up (compare.comparators); each row is then decided on small values (compare.rebuilding).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from decimal import Decimal
from typing import Any

import pyarrow as pa

from compare import (
    Comparator,
    Membership,
    Rule,
    Sums,
    combining_rule,
    comparator,
    comparator_sums,
    memberships,
)
from ingest.engine import Engine
from ingest.expressions import expression, ibis
from publish.observations import Observations
from schemas import Model

KEY = ("dataset", "indicator", "version", "period", "breakdown", "kind", "comparator", "tier")

_FORM = pa.schema(
    [
        *((name, pa.string()) for name in KEY),
        ("value", pa.float64()),
        ("method", pa.string()),
        ("area_count", pa.int64()),
        ("missing_count", pa.int64()),
        ("published_value", pa.float64()),
        ("rebuilt_value", pa.float64()),
        ("difference", pa.float64()),
        ("is_beyond_rounding", pa.int64()),
        ("lower_limit", pa.float64()),
        ("upper_limit", pa.float64()),
        ("limit_method", pa.string()),
    ]
)

# What a row is decided on.
_DECIDING = (
    *("indicator", "expected", "existing_count", "covered"),
    *("area_count", "value", "lowest", "highest", "parts_count", "numerator", "denominator"),
    *("published_text", "published_lower", "published_upper"),
)

Row = dict[str, Any]


def council_types(model: Model) -> frozenset[str]:
    """Give the area types that belong to a tier of councils."""
    tiers = model.code_lists["tier"].codes
    return frozenset(area_type for tier in tiers for area_type in tier.more["area_types"])


def describe_comparators(
    engine: Engine,
    observations: Observations,
    coded: Mapping[str, ibis.Table],
    council_figures: ibis.Table,
    rows: Mapping[str, Sequence[Row]],
    model: Model,
) -> pa.Table:
    """Work out what stands for each set of councils, on codes.

    coded             "periods" and "tiers", as contents.coded_tables gives them
    council_figures   kept in the engine, with value_text, numerator and denominator
    rows              canonical rows of areas, area_changes, area_parents, group_members and indicators
    """
    belonging = memberships(rows["areas"], rows["area_parents"], rows["group_members"], council_types(model))
    names = sorted({(one.kind, one.comparator) for one in belonging})
    if not names:
        return _FORM.empty_table()
    numbers = {area: place for place, (area,) in enumerate(observations.lists["area"], start=1)}
    # A council without any figure is still one that a figure is missing of.
    for one in belonging:
        numbers.setdefault(one.area, len(numbers) + 1)
    found = comparator_sums(
        {
            "council_figures": council_figures,
            "periods": coded["periods"],
            "tiers": coded["tiers"],
            "memberships": _load_memberships(engine, belonging, names, numbers),
            "areas": _load_councils(engine, rows["areas"], {one.area for one in belonging}, numbers),
            "area_changes": _load_changes(engine, rows["area_changes"], numbers),
            "published": _published(engine, observations, names, numbers),
        }
    )
    rules = _rules(rows["indicators"], observations.lists["definition"])
    table = engine.read(found)
    return _spelled(table, names, observations.lists, rules)


def _load_memberships(
    engine: Engine,
    belonging: Sequence[Membership],
    names: Sequence[tuple[str, str]],
    numbers: Mapping[str, int],
) -> ibis.Table:
    """Bring who belongs to what into the engine, as numbers."""
    places = {name: place for place, name in enumerate(names)}
    table = pa.table(
        {
            "comparator": pa.array([places[one.kind, one.comparator] for one in belonging], pa.int32()),
            "area": pa.array([numbers[one.area] for one in belonging], pa.int32()),
            "start_on": pa.array([one.start_on for one in belonging], pa.date32()),
            "end_on": pa.array([one.end_on for one in belonging], pa.date32()),
        }
    )
    return engine.load("memberships", table)


def _load_councils(
    engine: Engine, areas: Sequence[Row], councils: Set[str], numbers: Mapping[str, int]
) -> ibis.Table:
    """Bring the councils and how long they existed into the engine."""
    used = [row for row in areas if row["area"] in councils]
    table = pa.table(
        {
            "area": pa.array([numbers[row["area"]] for row in used], pa.int32()),
            "area_type": pa.array([row["area_type"] for row in used], pa.string()),
            "start_on": pa.array([row["start_on"] for row in used], pa.string()).cast(pa.date32()),
            "end_on": pa.array([row["end_on"] for row in used], pa.string()).cast(pa.date32()),
        }
    )
    return engine.load("councils", table)


def _load_changes(engine: Engine, changes: Sequence[Row], numbers: Mapping[str, int]) -> ibis.Table:
    """Bring which council followed which into the engine."""
    pairs = [(numbers.get(row["from_area"]), numbers.get(row["to_area"])) for row in changes]
    known = sorted({pair for pair in pairs if None not in pair})
    table = pa.table(
        {
            "from_area": pa.array([pair[0] for pair in known], pa.int32()),
            "to_area": pa.array([pair[1] for pair in known], pa.int32()),
        }
    )
    return engine.load("council_changes", table)


def _published(
    engine: Engine,
    observations: Observations,
    names: Sequence[tuple[str, str]],
    numbers: Mapping[str, int],
) -> ibis.Table:
    """Give the figures that publishers give for nations and regions themselves."""
    pairs = [
        (place, numbers[name])
        for place, (kind, name) in enumerate(names)
        if kind in {"nation", "region"} and name in numbers
    ]
    table = pa.table(
        {
            "comparator": pa.array([place for place, _ in pairs], pa.int32()),
            "area": pa.array([number for _, number in pairs], pa.int32()),
        }
    )
    wanted = engine.load("comparator_areas", table)
    return published_figures(observations.rows, observations.lookups["status"], wanted)


@expression
def published_figures(rows: ibis.Table, status: ibis.Table, wanted: ibis.Table) -> ibis.Table:
    """Give the figures of some areas, by what these are comparators of, in the columns of council figures."""
    rows = rows.filter(rows.is_missing == 0).join(wanted, "area")
    rows = rows.join(status, rows.status == status.status_number)
    rows = rows.filter(rows.status_status != "definition-differs")
    return rows.select(
        "dataset",
        "period",
        "breakdown",
        "comparator",
        "value_text",
        "lower_limit",
        "upper_limit",
        indicator="definition",
        version=ibis.literal(0, "int32"),
    )


def _rules(indicators: Sequence[Row], definitions: Sequence[tuple[str, ...]]) -> list[Rule]:
    """Give the rule of each definition, in the order of their numbers."""
    rows = {(row["indicator"], row["version"]): row for row in indicators}

    def number(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    return [
        combining_rule(row["unit"], number(row["multiplier"]), number(row["highest"]))
        for row in (rows[indicator, version] for indicator, version in definitions)
    ]


def _spelled(
    table: pa.Table,
    names: Sequence[tuple[str, str]],
    lists: Mapping[str, tuple[tuple[str, ...], ...]],
    rules: Sequence[Rule],
) -> pa.Table:
    """Decide each row, put texts in the place of codes, and the rows into key order."""
    columns = {name: table[name].to_pylist() for name in table.column_names}
    kept: list[int] = []
    decided: list[Comparator] = []
    for place, chosen in enumerate(_decided(columns, rules)):
        if chosen is not None:
            kept.append(place)
            decided.append(chosen)
    spelled: dict[str, list[Any]] = {
        name: [lists[name][columns[name][place] - 1][0] for place in kept]
        for name in ("dataset", "period", "breakdown")
    }
    definitions = [lists["definition"][columns["indicator"][place] - 1] for place in kept]
    found = [names[columns["comparator"][place]] for place in kept]
    limits = [one.limits for one in decided]
    spelled |= {
        "indicator": [indicator for indicator, _ in definitions],
        "version": [version for _, version in definitions],
        "kind": [kind for kind, _ in found],
        "comparator": [notation for _, notation in found],
        "tier": [columns["tier"][place] for place in kept],
        "value": [float(one.value) for one in decided],
        "method": [one.method for one in decided],
        "area_count": [one.area_count for one in decided],
        "missing_count": [one.missing for one in decided],
        "published_value": [_float(one.published) for one in decided],
        "rebuilt_value": [_float(one.rebuilt) for one in decided],
        "difference": [_float(one.difference) for one in decided],
        "is_beyond_rounding": [int(one.is_beyond_rounding) for one in decided],
        "lower_limit": [None if one is None else float(one.lower) for one in limits],
        "upper_limit": [None if one is None else float(one.upper) for one in limits],
        "limit_method": [None if one is None else one.method for one in limits],
    }
    return pa.table(spelled, schema=_FORM).sort_by([(name, "ascending") for name in KEY])


def _decided(columns: Mapping[str, list[Any]], rules: Sequence[Rule]) -> Iterator[Comparator | None]:
    """Decide what stands for the councils of each row."""
    for definition, expected, existing, covered, *summed, published, lower, upper in zip(
        *(columns[name] for name in _DECIDING), strict=True
    ):
        area_count, *sums = summed
        missing = max((expected or 0) - existing - covered, 0)
        yield comparator(
            Sums(area_count, missing, *sums),
            rules[definition - 1],
            None if published is None else Decimal(published),
            None if lower is None or upper is None else (Decimal(lower), Decimal(upper)),
        )


def _float(number: Decimal | None) -> float | None:
    return None if number is None else float(number)


def list_disagreements(comparators: pa.Table) -> list[Row]:
    """List the rows whose published and rebuilt values differ by more than rounding explains."""
    names = (*KEY, "published_value", "rebuilt_value", "difference", "area_count")
    found = comparators.select([*names, "is_beyond_rounding"]).to_pylist()
    return [{name: row[name] for name in names} for row in found if row["is_beyond_rounding"]]
