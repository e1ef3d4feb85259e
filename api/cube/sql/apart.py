"""Tests that are made apart from SQL, for every term that a column can have: see Tested."""

from __future__ import annotations

from rdflib.plugins.sparql.parserutils import CompValue

from api.cube.sql.columns import Column
from api.cube.sql.given import Tested
from api.cube.sql.making import Making
from api.cube.sql.numbers import Uncertain


def test_apart(making: Making, node: CompValue, column: Column | None) -> str:
    """SQL for whether what a column has passes a test. Raises Uncertain where its terms are not known or many.

    node   with `var`, the variable, and `words`, where the test stands in the query
    """
    if column is None or column.kind != "term" or column.is_optional or column.is_given:
        raise Uncertain("a test of what is not known")
    name, _, part = column.first.partition(".")
    table = making.tables.get(name)
    if table is None or not part.isidentifier():
        raise Uncertain("a test of what comes from no table")
    domain = making.codes.domain(part, column.offset) if column.offset else (table, part)
    making.terms.domain(*domain)
    passing = making.given.passing(Tested(node.words, str(node.var), domain, column.offset))
    return f"({column.first} IN (SELECT value FROM json_each({passing})))"
