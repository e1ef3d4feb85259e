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
from itertools import combinations
from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Variable

from api.cube.sql.aggregates import aggregate, from_counts
from api.cube.sql.columns import Column, Item, Namer, Relation, is_constant, united, written_as
from api.cube.sql.numbers import Uncertain

# So many relations go into one statement.
_MOST_PARTS = 200

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
    if distinct:
        relations = _without_more(relations)
    names = list(dict.fromkeys(name for relation in relations for name in relation.columns))
    columns = {name: united([relation.columns.get(name) for relation in relations]) for name in names}
    parts = []
    out: dict[Any, Column] = {}
    for relation in relations:
        own = {name: written_as(relation.columns.get(name), columns[name]) for name in names}
        written = replace(relation, columns=own)
        if distinct:
            written = written.without_found(own.values())
            counted = from_counts(written, own.values())
            written = counted[0] if counted else written
        sql, out = written.select(names, distinct=distinct)
        if distinct and all(is_constant(part) for column in own.values() for part in column.parts):
            sql = f"SELECT * FROM ({sql} LIMIT 1)"
        parts.append(sql)
    made = namer.wrap(" UNION ALL ".join(parts), out)
    kept = {name: replace(columns[name], parts=made.columns[name].parts) for name in names}
    return replace(made, columns=kept, is_narrow=all(relation.is_narrow for relation in relations))


def _without_more(relations: Sequence[Relation]) -> list[Relation]:
    """Leave relations out that have nothing but solutions of another one: they are asked for more."""
    asked = [_asked_for(relation) for relation in relations]
    return [
        relation
        for at, (relation, (shown, parts)) in enumerate(zip(relations, asked, strict=True))
        if not (
            relation.is_inner
            and any(
                relations[place].is_inner
                and other == shown
                and (fewer < parts or (fewer == parts and place < at))
                for place, (other, fewer) in enumerate(asked)
            )
        )
    ]


def _asked_for(relation: Relation) -> tuple[tuple[Any, ...], frozenset[str]]:
    """Say what a relation has, and what it is asked for; a table that is there once has one name everywhere."""
    tables = [item.sql.rpartition(" AS ")[0] for item in relation.items]
    named = {
        item.name: table
        for item, table in zip(relation.items, tables, strict=True)
        # What stands alone has no name.
        if table and tables.count(table) == 1
    }
    names = re.compile(rf"\b({'|'.join(named)})\b") if named else None

    def same(sql: str) -> str:
        return names.sub(lambda found: named[found[1]], sql) if names else sql

    shown = tuple(
        (name, column.kind, column.offset, tuple(map(same, column.parts)))
        for name, column in sorted(relation.columns.items())
    )
    return shown, frozenset(map(same, (*(item.sql for item in relation.items), *relation.where)))


def are_counts(relations: Sequence[Relation], keys: Sequence[Any], aggregates: Iterable[CompValue]) -> bool:
    """Say whether aggregates count solutions, and no more, so that each relation may be counted by itself."""
    return all(
        one.name == "Aggregate_Sample"
        or (
            one.name == "Aggregate_Count"
            and isinstance(one.vars, str)
            and (not one.distinct or _are_apart(relations, keys, one.vars))
        )
        for one in aggregates
    )


def _are_apart(relations: Sequence[Relation], keys: Sequence[Any], name: Any) -> bool:
    """Say whether no two relations have one term of a variable in one group."""
    known = []
    for relation in relations:
        column = relation.columns.get(name)
        if column is None or column.kind not in ("row", "term"):
            return False
        constant = {
            key: part
            for key in keys
            if key in relation.columns and is_constant(part := relation.columns[key].first)
        }
        known.append((column.kind, constant))
    return all(
        kind != other or any(these[key] != those.get(key, these[key]) for key in these)
        for (kind, these), (other, those) in combinations(known, 2)
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


def once_each(
    relations: Sequence[Relation], keys: Sequence[Any], aggregates: Iterable[CompValue]
) -> list[Relation] | None:
    """Give relations without what does not matter where different terms of one variable are counted; None elsewhere."""
    listed = [one for one in aggregates if one.name != "Aggregate_Sample"]
    names = {one.vars for one in listed if isinstance(one.vars, Variable)}
    if len(names) != 1 or not all(one.name == "Aggregate_Count" and one.distinct for one in listed):
        return None
    return _without_more([relation.only((*keys, *names)) for relation in relations])
