"""Patterns in the graph of each of some datasets, all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyoxigraph as ox

from api.cube.sql.columns import Column, Item, Relation, join
from api.cube.sql.groups import ROWS
from api.cube.sql.making import Making


def of_datasets(making: Making, relation: Relation, term: Any, numbers: Mapping[str, int]) -> list[Relation]:
    """Say of patterns which dataset's graph they match in: all their rows are of it. Nothing where no row matches.

    relation   of patterns, made within the datasets together
    term       the variable that is the graph
    numbers    of datasets, by the IRIs of their graphs
    """
    rows = [item.sql.rpartition(" AS ")[2] for item in relation.items if item.sql.startswith(f"{ROWS} AS ")]
    if not rows:
        return []
    terms = making.terms.number_all(ox.NamedNode(graph) for graph in numbers)
    pairs = list(zip(numbers.values(), terms, strict=True))
    table, name = making.terms.pairs(("graphs", *pairs), 1, pairs).name, making.namer.name("g")
    items = (*relation.items, Item(f"{table} AS {name}"))
    relation = replace(relation, items=items).with_where(*(f"{name}.k0 = {row}.dataset" for row in rows))
    column = Column("term", (f"{name}.o",), types=frozenset(("iri",)))
    return [join(relation, Relation(columns={term: column}), making.namer)]
