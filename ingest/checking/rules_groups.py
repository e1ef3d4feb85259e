"""Rules of comparator groups whose neighbours the product works out."""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

from collections.abc import Iterator

from ingest.checking.found import Found, find
from ingest.checking.rules_plain import has_rows
from ingest.checking.world import StandardTable, World
from schemas import Rule


def check_group_inputs(world: World, table: StandardTable, _rule: Rule) -> Iterator[Found]:
    """Find inputs from which no distance can be worked out: no tier says among whom, or no weight counts.

    A group that lists its neighbours itself only documents its inputs.
    """
    built = f"SELECT i.* FROM {table.view} AS i"
    if world.has("neighbours"):
        built += f' WHERE i."group" NOT IN (SELECT "group" FROM {world.view("neighbours")})'
    no_tier = (
        f'SELECT b._source, b._row, b."group" AS cell FROM ({built}) AS b'
        f' JOIN {world.view("groups")} AS g ON g."group" = b."group" WHERE g.tier = \'\''
    )
    if has_rows(world, no_tier):
        yield find("group-tier-missing", "group", no_tier)
    weightless = (
        f"SELECT b._source, b._row, b.weight AS cell FROM ({built}) AS b"
        " WHERE (SELECT max(TRY_CAST(o.weight AS DOUBLE)) FROM"
        f' {table.view} AS o WHERE o."group" = b."group") = 0'
    )
    if has_rows(world, weightless):
        yield find("group-weightless", "weight", weightless)
