"""Groups and their counts, sums and means.

In:   a relation, the variables it is grouped by, and the aggregates of rdflib's algebra
Out:  a statement, and the columns as it gives them

What Oxigraph does with a variable that has no value in a solution of the group: COUNT leaves it out, and any other
aggregate has no value then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Variable

from api.cube.sql.columns import Column, Item, Relation, is_constant
from api.cube.sql.expressions import text_of
from api.cube.sql.groups import ROWS
from api.cube.sql.numbers import FAST_DIGITS, FAST_MOST, Uncertain
from api.cube.sql.terms import COUNTS


def aggregate(
    relation: Relation,
    keys: Sequence[Any],
    aggregates: Iterable[CompValue],
    one: str | None = None,
    *,
    is_grouped: bool,
) -> tuple[str, dict[Any, Column]]:
    """Group a relation. Raises Uncertain.

    one          SQL for how many solutions a row stands for; None where it is one
    is_grouped   whether there is GROUP BY; without it there is one group, also of no solutions
    """
    grouped = {key: relation.columns[key] for key in keys if key in relation.columns}
    if any(column.kind in ("mixed", "number") for column in grouped.values()):
        raise Uncertain("groups by terms of several kinds")
    listed = list(aggregates)
    if one is None:
        relation, one = _counted(relation, grouped, listed)
    columns: dict[Any, Column] = {}
    for node in listed:
        if node.name == "Aggregate_Sample":
            if node.vars not in keys:
                raise Uncertain("SAMPLE")
            found = grouped.get(node.vars)
        else:
            found = _aggregate(node, relation, one, is_grouped=is_grouped)
        if found is not None:
            columns[node.res] = found
    parts = [part for column in grouped.values() for part in column.parts if not is_constant(part)]
    sql, out = replace(relation, columns=columns).select(columns)
    if parts:
        sql += f" GROUP BY {', '.join(parts)}"
    elif is_grouped:
        # One group of all, but none of no solutions. To group by a constant takes SQLite many times as long.
        sql += (
            " HAVING COUNT(*) > 0" if any(node.name != "Aggregate_Sample" for node in listed) else " LIMIT 1"
        )
    return sql, out


def _counted(
    relation: Relation, grouped: Mapping[Any, Column], aggregates: Sequence[CompValue]
) -> tuple[Relation, str | None]:
    """Take the counts that are kept in place of rows, where no more than numbers of rows is asked for.

    Gives the relation and SQL for how many rows one of its rows stands for; None where it is one.
    """
    counted = []
    for node in aggregates:
        if node.name == "Aggregate_Sample":
            continue
        if node.name != "Aggregate_Count" or not isinstance(node.vars, str):
            return relation, None
        column = relation.columns.get(node.vars)
        if column is not None and (column.is_optional or node.distinct):
            counted.append(column)
    relation = relation.without_found((*grouped.values(), *counted))
    used = [column for column in counted if column.is_optional or not _is_each(column, relation)]
    return from_counts(relation, (*grouped.values(), *used)) or (relation, None)


def from_counts(relation: Relation, used: Iterable[Column]) -> tuple[Relation, str] | None:
    """Take the counts that are kept in place of rows; None where more is asked of these than how many there are.

    used   the columns that are asked for

    Gives SQL, too, for how many rows one of the relation's rows stands for.
    """
    rows = [item for item in relation.items if item.sql.startswith(f"{ROWS} AS ")]
    if len(rows) != 1 or rows[0].on is not None:
        return None
    name = rows[0].sql.rpartition(" AS ")[2]
    text = " ".join(
        (
            *relation.where,
            *(f"{item.sql} {item.on}" for item in relation.items),
            *(part for column in used for part in column.parts),
        )
    )
    asked = set(re.findall(rf"\b{name}\.(\w+(?: IS (?:NOT )?NULL)?)", text))
    if "digits" in asked or not all(
        re.fullmatch(r"(?:dataset|definition|period|digits)(?: IS (?:NOT )?NULL)?", one) for one in asked
    ):
        return None
    items = (Item(f"{COUNTS} AS {name}") if item is rows[0] else item for item in relation.items)
    return replace(relation, items=tuple(items)), f"{name}.number"


def _aggregate(node: CompValue, relation: Relation, one: str | None, *, is_grouped: bool) -> Column | None:
    """Make the column of one aggregate; None where it never has a value.

    one   SQL for how many solutions a row stands for; None where it is one
    """
    word = node.name.removeprefix("Aggregate_")
    distinct = bool(node.distinct)
    if word == "Count":
        return Column("integer", (_count(node.vars, relation, one, distinct=distinct),))
    if not isinstance(node.vars, Variable):
        raise Uncertain(f"{word} of an expression")
    column = relation.columns.get(node.vars)
    if word not in ("Sum", "Avg", "Min", "Max"):
        raise Uncertain(word)
    if column is None:
        if not is_grouped and word in ("Sum", "Avg"):
            raise Uncertain(f"{word} of nothing")
        return Column("integer", ("MAX(NULL)",), is_optional=True)
    if word in ("Min", "Max") and column.kind == "term" and column.types in ({"date"}, {"iri"}):
        made = _first_term(word, column)
    elif column.kind not in ("decimal", "integer"):
        raise Uncertain(f"{word} of {column.kind}")
    else:
        made = _extreme(word, column) if word in ("Min", "Max") else _sum(word, column, distinct=distinct)
    if column.is_optional:
        made = _if(f"COUNT({column.first}) = COUNT(*)", made)
    if not is_grouped and word in ("Sum", "Avg"):
        # Of nothing, both are a whole number.
        if column.kind == "decimal" or word == "Avg":
            made = replace(
                made, parts=(f"CASE WHEN COUNT(*) = 0 THEN doubt() ELSE {made.first} END", *made.parts[1:])
            )
        else:
            made = replace(made, parts=(f"CASE WHEN COUNT(*) = 0 THEN 0 ELSE {made.first} END",))
    is_optional = column.is_optional or (not is_grouped and word in ("Min", "Max"))
    return replace(made, is_optional=is_optional)


def _if(test: str, column: Column) -> Column:
    parts = tuple(f"CASE WHEN {test} THEN {part} END" for part in column.parts)
    return replace(column, parts=parts)


def _count(of: Any, relation: Relation, one: str | None, *, distinct: bool) -> str:
    every = "COUNT(*)" if one is None else f"COALESCE(SUM({one}), 0)"
    if of == "*":
        if distinct:
            raise Uncertain("COUNT of different solutions")
        return every
    if not isinstance(of, Variable):
        raise Uncertain("COUNT of an expression")
    column = relation.columns.get(of)
    if column is None:
        return "COUNT(NULL)"
    if column.kind == "count":
        return f"COALESCE({'MAX' if distinct else 'SUM'}({column.first}), 0)"
    if not column.is_optional and (not distinct or _is_each(column, relation)):
        return every
    if not distinct:
        if one is None:
            return f"COUNT({column.first})"
        return f"COALESCE(SUM(CASE WHEN {column.first} IS NOT NULL THEN {one} END), 0)"
    if column.kind in ("mixed", "number"):
        raise Uncertain("different terms of several kinds")
    if column.kind in ("row", "thing"):
        # The rows of a key part are told apart by all of them.
        return f"COUNT(DISTINCT {' || '.join(_padded(column.parts))})"
    if not column.is_exact:
        return f"COUNT(DISTINCT decimal_text({column.first}, {column.parts[1]}))"
    return f"COUNT(DISTINCT {column.first})"


def _is_each(column: Column, relation: Relation) -> bool:
    """Say whether each solution has an observation of its own."""
    if column.kind != "row" or len(relation.items) != 1:
        return False
    table, _, name = relation.items[0].sql.rpartition(" AS ")
    return table in (ROWS, COUNTS) and column.first.startswith(f"{name}.")


def _padded(parts: Sequence[str]) -> list[str]:
    return [f"{part} || ' '" for part in parts]


def _first_term(word: str, column: Column) -> Column:
    """Make the column of the first or last term by its text, in which there is no space."""
    found = f"{word.upper()}({text_of(column)} || ' ' || {column.number})"
    return Column("term", (f"CAST(substr({found}, instr({found}, ' ') + 1) AS INTEGER)",), types=column.types)


def _extreme(word: str, column: Column) -> Column:
    if column.kind == "integer" or column.is_exact:
        return replace(column, parts=(f"{word.upper()}({column.first})", *column.parts[1:]), scale=None)
    # Where a float does not tell all of a figure, the smallest may be another one.
    first, rest = column.parts
    value = f"CASE WHEN MAX({rest} <> 0) THEN doubt() ELSE {word.upper()}({first}) END"
    return replace(column, parts=(value, "0"), scale=None)


def _sum(word: str, column: Column, *, distinct: bool) -> Column:
    first = column.first
    different = "DISTINCT " if distinct else ""
    if column.kind == "integer":
        total, scale = f"SUM({different}{first})", 0
        if word == "Sum":
            return Column("integer", (total,))
    elif column.scale is not None:
        scale = FAST_DIGITS
        one = (
            f"CASE WHEN {column.scale} <= {10**scale} AND abs({first}) < {FAST_MOST} "
            f"THEN CAST(round({first} * {10**scale}.0) AS INTEGER) WHEN {first} IS NOT NULL THEN doubt() END"
        )
        total = f"SUM({different}{one})"
    elif distinct:
        raise Uncertain("a sum of different figures")
    else:
        scale = 18
        total = f"total_units({first}, {column.parts[1]})"
    if word == "Sum":
        return Column("decimal", (f"sum_value({total}, {scale})", f"sum_rest({total}, {scale})"))
    count = f"COUNT({different}{first})"
    arguments = f"{total}, {scale}, {count}"
    return Column("decimal", (f"mean_value({arguments})", f"mean_rest({arguments})"))
