"""Where councils stand on two indicators is held together, for every derivation of that kind.

In:   harmonised tables, the pairs of figures of these derivations
Out:  for each pair the standing of both figures, or that one has no place among councils

Who counts in a set is the expression of compare.distribution; where each stands is decided in compare.standings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from compare import council_figures, tiers_of_types
from compare.derived import Derived, Input, missing
from compare.standings import difference_of_standings, standings
from ingest.engine import Engine
from ingest.expressions import expression, ibis
from ingest.harmonise import different
from ingest.period import read_period

KIND = "standings"

_MORE = ("value_text", "status", "lower_limit", "upper_limit", "_source", "_row")

# By derivation, side, period, tier and area.
Found = dict[tuple[str, str, str, str], dict[str, Input]]


def place_all(
    engine: Engine,
    tables: Mapping[str, ibis.Table],
    sides: Sequence[Mapping[str, str]],
    polarities: Mapping[tuple[str, str], str],
) -> Found:
    """Say where every council stands on each side of each derivation, by derivation, side, period and tier.

    sides        as compare.derived.sides_of gives them, of derivations of this kind
    polarities   by indicator and version
    """
    if not sides:
        return {}
    observations = tables["observations"]
    wanted = sorted({row["indicator"] for row in sides})
    names = engine.load("indicators_of_standings", pa.table({"indicator": pa.array(wanted, pa.string())}))
    asked = of_indicators(observations, names)
    periods = engine.read(different(asked, "period"))["period"].to_pylist()
    ends = pa.table(
        {
            "period": pa.array(sorted(periods), pa.string()),
            "end_on": pa.array([read_period(one).end_on for one in sorted(periods)], pa.date32()),
        }
    )
    given = {name: tables[name] for name in ("indicators", "areas", "area_changes")}
    given |= {"observations": asked, "periods": engine.load("ends_of_standings", ends)}
    given["tiers"] = engine.load("tiers_of_types", tiers_of_types())
    rows = engine.read(council_figures(given, _MORE)).to_pylist()
    rows.sort(key=lambda row: (row["dataset"], row["version"], row["_source"], row["_row"]))
    by_cell: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        by_cell.setdefault((row["indicator"], row["version"], row["breakdown"]), []).append(row)
    sets: Found = {}
    of_sets: dict[tuple[str, str, str, str], str] = {}
    for side in sides:
        cell = (side["indicator"], side["version"])
        for row in by_cell.get((*cell, side["breakdown"]), ()):
            key = (side["derivation"], side["side"], row["period"], row["tier"])
            # Where several datasets give the same figure the one whose name comes first counts.
            sets.setdefault(key, {}).setdefault(row["area"], read_input(row))
            of_sets.setdefault(key, polarities[cell])
    return {key: standings(figures, of_sets[key]) for key, figures in sets.items()}


@expression
def of_indicators(observations: ibis.Table, names: ibis.Table) -> ibis.Table:
    """Give the observations of some indicators."""
    return observations.semi_join(names, "indicator")


def read_input(row: Mapping[str, Any], prefix: str = "") -> Input:
    """Read a figure's text, status and limits from a row."""

    def read(column: str) -> Decimal | None:
        text = row[f"{prefix}{column}"]
        return None if text is None else Decimal(text)

    return Input(read("value_text"), row[f"{prefix}status"], read("lower_limit"), read("upper_limit"))


def derive_standing(pair: Mapping[str, Any], found: Found, tiers: Sequence[str]) -> Derived:
    """Hold the two figures of a pair together by their standings in the first tier that has both."""
    first, second = read_input(pair, "first_"), read_input(pair, "second_")
    if first.value is None or second.value is None:
        return missing(first, second)
    for tier in tiers:
        placed = [
            found.get((pair["derivation"], side, pair["period"], tier), {}).get(pair["area"])
            for side in ("first", "second")
        ]
        if placed[0] is not None and placed[1] is not None:
            return difference_of_standings(placed[0], placed[1])
    return Derived(None, "not-applicable", note="One of the two figures has no place among councils.")
