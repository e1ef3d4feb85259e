"""The solutions of several relations together, and what is counted of them.

In:   relations
Out:  a relation of all their solutions; or one of groups, counted in each relation and then added up

What only counts, or only asks which different solutions there are, is asked of each relation first: where all it has
are constants of its own, as with each property of observations, that takes no more than a look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Variable

from api.cube.sql.aggregates import aggregate, from_counts
from api.cube.sql.columns import Column, Item, Namer, Relation, united, written_as
from api.cube.sql.numbers import Uncertain

# So many relations go into one statement.
_MOST_PARTS = 200

_CONSTANT = re.compile(r"\(\d+\+0\)|0")

# Where nothing can match there is no solution.
NOTHING_MATCHES = Relation((Item("(SELECT 1)"),), ("0",))


def unite(relations: Sequence[Relation], namer: Namer, *, distinct: bool = False) -> Relation:
    """Give the solutions of each of some relations. Raises Uncertain if they are too many.

    distinct   whether it does not matter how often there is one
    """
    if not relations:
        return NOTHING_MATCHES
    if len(relations) == 1:
        return relations[0]
    if len(relations) > _MOST_PARTS:
        raise Uncertain("many parts of a union")
    names = list(dict.fromkeys(name for relation in relations for name in relation.columns))
    columns = {name: united([relation.columns.get(name) for relation in relations]) for name in names}
    parts = []
    out: dict[Any, Column] = {}
    for relation in relations:
        own = {name: written_as(relation.columns.get(name), columns[name]) for name in names}
        written = replace(relation, columns=own)
        if distinct:
            counted = from_counts(written, own.values())
            written = counted[0] if counted else written
        sql, out = written.select(names, distinct=distinct)
        if distinct and all(_CONSTANT.fullmatch(part) for column in own.values() for part in column.parts):
            sql = f"SELECT * FROM ({sql} LIMIT 1)"
        parts.append(sql)
    made = namer.wrap(" UNION ALL ".join(parts), out)
    kept = {name: replace(columns[name], parts=made.columns[name].parts) for name in names}
    return replace(made, columns=kept, is_narrow=all(relation.is_narrow for relation in relations))


def are_counts(aggregates: Iterable[CompValue]) -> bool:
    """Say whether aggregates count solutions, and no more."""
    return all(
        one.name == "Aggregate_Sample"
        or (one.name == "Aggregate_Count" and not one.distinct and isinstance(one.vars, str))
        for one in aggregates
    )


def count_each(
    relations: Iterable[Relation],
    keys: Sequence[Any],
    aggregates: Sequence[CompValue],
    namer: Namer,
    *,
    is_grouped: bool,
) -> tuple[str, dict[Any, Column]]:
    """Count by groups in each relation, and add up what was counted. Raises Uncertain. See `aggregates.aggregate`."""
    counts = [one for one in aggregates if one.name == "Aggregate_Count"]
    groups = [CompValue("Aggregate_Sample", res=key, vars=key) for key in keys]
    counted = [
        namer.wrap(*aggregate(relation, keys, [*groups, *counts], is_grouped=is_grouped))
        for relation in relations
    ]
    sums = [CompValue("Aggregate_Sum", res=one.res, vars=one.res, distinct=None) for one in counts]
    others = [one for one in aggregates if one.name == "Aggregate_Sample"]
    return aggregate(unite(counted, namer), keys, [*others, *sums], is_grouped=is_grouped)


def counted_once(
    relations: Sequence[Relation], keys: Sequence[Any], aggregates: Iterable[CompValue], namer: Namer
) -> Relation:
    """Give the solutions of each of some relations; those of which one is enough to each relation once."""
    listed = [one for one in aggregates if one.name != "Aggregate_Sample"]
    are_once = all(
        one.name == "Aggregate_Count" and one.distinct and isinstance(one.vars, Variable) for one in listed
    )
    names = {one.vars for one in listed} if are_once else set()
    kinds = {
        relation.columns[name].kind for relation in relations for name in names if name in relation.columns
    }
    if len(names) != 1 or kinds != {"term"}:
        return unite(relations, namer)
    return unite([relation.only((*keys, *names)) for relation in relations], namer, distinct=True)
