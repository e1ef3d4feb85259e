"""What stands for the councils around an area: nation, region, type and group, as published or rebuilt.

In:   the derived table of comparators, the figures that are compared, the area in focus
Out:  rows of COMPARATOR_FIELDS, each with the method that made its value
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.edition import Edition
from api.pages.places import Place, list_around
from api.pages.series import Cell
from schemas import load_model

COMPARATOR_FIELDS = (
    "kind",
    "comparator",
    "label",
    "value",
    "method",
    "area_count",
    "missing_count",
    "published_value",
    "rebuilt_value",
    "difference",
    "is_beyond_rounding",
    "lower_limit",
    "upper_limit",
    "limit_method",
)

_KINDS = ("nation", "region", "area-type", "group")


def list_comparators(
    edition: Edition, cell: Cell, tier: str, focus: Place | None, group: str = ""
) -> list[dict[str, Any]]:
    """List what stands for the councils of a tier around an area, and for a group, widest first."""
    wanted = _around(edition, focus, group)
    if not wanted or not edition.has_table("comparators"):
        return []
    rows = edition.rows(
        "SELECT * FROM comparators WHERE dataset = ? AND indicator = ? AND version = ? AND period = ?"
        " AND breakdown = ? AND tier = ?",
        (cell.dataset, cell.indicator, cell.version, cell.period, cell.breakdown, tier),
    )
    found = []
    for row in rows:
        label = wanted.get((row["kind"], row["comparator"]))
        if label is not None:
            told = dict(row) | {"label": label, "is_beyond_rounding": bool(row["is_beyond_rounding"])}
            found.append({name: told[name] for name in COMPARATOR_FIELDS})
    return sorted(found, key=lambda row: (_KINDS.index(row["kind"]), row["comparator"]))


def _around(edition: Edition, focus: Place | None, group: str) -> Mapping[tuple[str, str], str]:
    """Name the comparators that are wanted: by kind and notation, what each is called."""
    wanted: dict[tuple[str, str], str] = {}
    if focus is not None:
        kinds = {"country": "nation", "region": "region"}
        for place in list_around(edition, focus.area):
            if place.area_type in kinds:
                wanted[kinds[place.area_type], place.area] = place.name
        types = load_model().code_lists["area-type"]
        wanted["area-type", focus.area_type] = types.code(focus.area_type).label
    label = edition.value('SELECT label FROM groups WHERE "group" = ?', (group,)) if group else None
    if label is not None:
        wanted["group", group] = label
    return wanted
