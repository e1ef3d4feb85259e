"""The languages of texts: what a filter says of them, and how they are looked up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Literal, Variable

from api.cube.sql.columns import Column


def language_of(column: Column) -> str:
    """SQL for the language of a column's terms, '' where a text has none."""
    return f"(SELECT language FROM terms WHERE id = {column.number})"


def languages_in(node: Any) -> Iterator[tuple[Any, str]]:
    """Give the variables whose language a filter names, and the kind that their terms are of where it is true."""
    if not isinstance(node, CompValue):
        return
    if node.name == "ConditionalAndExpression":
        for one in (node.expr, *(node.other or ())):
            yield from languages_in(one)
    elif node.name == "RelationalExpression" and node.op == "=" and isinstance(node.other, Literal):
        asked = node.expr
        is_language = isinstance(asked, CompValue) and asked.name == "Builtin_LANG"
        if is_language and isinstance(asked.arg, Variable) and node.other.datatype is None:
            yield asked.arg, f"@{node.other}"
