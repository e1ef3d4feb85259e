"""The rules of small numbers are put into force before anything else sees a figure.

In:   harmonised tables, among them disclosure_rules
Out:  the observations, those that a rule hides without a number
"""

from __future__ import annotations

from collections.abc import Mapping

from compare.small_numbers import SmallNumber, hide
from ingest.engine import Engine
from ingest.expressions import ibis


def without_small_numbers(engine: Engine, tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Give the observations of harmonised tables as they may be published."""
    observations = tables["observations"]
    if "disclosure_rules" not in tables:
        return observations
    columns = ("indicator", "area_type", "least_count", "least_people")
    rows = engine.read(tables["disclosure_rules"]).to_pylist()
    rules = [
        SmallNumber(**{name: row[name] or None for name in columns})
        for row in sorted(rows, key=lambda row: row["rule"])
    ]
    return hide(observations, rules, tables["indicators"], tables["areas"]) if rules else observations
