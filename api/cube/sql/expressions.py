"""Filters and computed values become SQL.

In:   an expression of rdflib's algebra, and the columns of the solutions that it is about
Out:  SQL that is 1, 0 or, where SPARQL has an error, NULL; or a Column

What SPARQL says of errors in &&, || and ! is what SQL says of NULL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Literal, URIRef, Variable

from api.cube.sql.apart import test_apart
from api.cube.sql.columns import Column
from api.cube.sql.languages import language_of
from api.cube.sql.making import Making
from api.cube.sql.numbers import Uncertain

_NUMBERS = ("decimal", "integer", "number")
_XSD = "http://www.w3.org/2001/XMLSchema#"
# SQL for what is always an error: a variable without a value.
_ERROR = "NULL"

Exists = Callable[[Any], str]


def is_text(kind: str) -> bool:
    """Say whether terms of a kind are texts, with a language or without."""
    return kind == "string" or kind.startswith("@")


def are_alike(types: frozenset[str]) -> bool:
    """Say whether terms of some kinds are equal only where they are the same."""
    return bool(types) and all(kind == "iri" or is_text(kind) for kind in types)


def text_of(column: Column) -> str:
    """SQL for the text of a column's terms. Raises Uncertain where it is not known."""
    if column.kind == "text":
        return column.first
    if column.kind != "term" or column.is_given:
        raise Uncertain("a text that is not known")
    return f"(SELECT text FROM terms WHERE id = {column.number})"


def ordered(column: Column) -> tuple[str, ...]:
    """SQL by which the terms of a column are put in order. Raises Uncertain where that is not certain."""
    if column.kind in ("decimal", "integer", "number", "boolean"):
        return column.parts
    if column.kind == "text":
        return column.parts
    if column.kind == "row":
        return (f"row_text({', '.join(column.parts)})",)
    if column.kind == "term" and column.types:
        if len(column.types) == 1 and not column.types.isdisjoint(("iri", "date")):
            return (text_of(column),)
        if column.types == {"integer"}:
            return (f"CAST({text_of(column)} AS INTEGER)",)
        if all(map(is_text, column.types)):
            if len(column.types) == 1:
                return (text_of(column),)
            # One text in several languages: by these, and without one last.
            language = language_of(column)
            return text_of(column), f"{language} = ''", language
    raise Uncertain(f"the order of {column.kind}")


class Expressions:
    """Expressions over the columns of one relation.

    exists    gives SQL for whether a group has a solution together with one of these
    """

    def __init__(self, making: Making, columns: Mapping[Any, Column], exists: Exists) -> None:
        self._making, self._columns, self._exists = making, columns, exists

    # ---- truth ----

    def test(self, node: Any) -> str:
        """SQL for whether an expression is true. Raises Uncertain."""
        if isinstance(node, CompValue):
            method = getattr(self, f"_test_{node.name}", None)
            if method is not None:
                found: str = method(node)
                return found
        column = self.value(node)
        if column.kind == "none":
            return _ERROR
        if column.kind != "boolean":
            raise Uncertain("the truth of a value")
        return column.first

    def _test_ConditionalAndExpression(self, node: CompValue) -> str:  # noqa: N802 - rdflib's name
        return "(" + " AND ".join(map(self.test, [node.expr, *(node.other or ())])) + ")"

    def _test_ConditionalOrExpression(self, node: CompValue) -> str:  # noqa: N802
        return "(" + " OR ".join(map(self.test, [node.expr, *(node.other or ())])) + ")"

    def _test_UnaryNot(self, node: CompValue) -> str:  # noqa: N802
        return f"(NOT {self.test(node.expr)})"

    def _test_Builtin_BOUND(self, node: CompValue) -> str:  # noqa: N802
        column = self._columns.get(node.arg)
        return "0" if column is None else f"({column.first} IS NOT NULL)"

    def _test_Builtin_EXISTS(self, node: CompValue) -> str:  # noqa: N802
        return self._exists(node.graph)

    def _test_Builtin_NOTEXISTS(self, node: CompValue) -> str:  # noqa: N802
        return f"(NOT {self._exists(node.graph)})"

    def _test_Builtin_sameTerm(self, node: CompValue) -> str:  # noqa: N802
        first, second = self.value(node.arg1), self.value(node.arg2)
        if "none" in (first.kind, second.kind):
            return _ERROR
        if first.kind == second.kind == "term":
            return f"({first.number} = {second.number})"
        raise Uncertain("sameTerm")

    def _test_Apart(self, node: CompValue) -> str:  # noqa: N802
        return test_apart(self._making, node, self._columns.get(node.var))

    def _test_RelationalExpression(self, node: CompValue) -> str:  # noqa: N802
        if node.op in ("IN", "NOT IN"):
            others = node.other if isinstance(node.other, list) else [node.other]
            first = self.value(node.expr)
            tests = [self._equal(first, self.value(other)) for other in others]
            either = f"({' OR '.join(tests) or '0'})"
            return either if node.op == "IN" else f"(NOT {either})"
        first, second = self.value(node.expr), self.value(node.other)
        if node.op in ("=", "!="):
            test = self._equal(first, second)
            return test if node.op == "=" else f"(NOT {test})"
        if node.op not in ("<", ">", "<=", ">="):
            raise Uncertain(f"the comparison {node.op}")
        return self._compared(first, second, node.op)

    def _equal(self, first: Column, second: Column) -> str:
        if "none" in (first.kind, second.kind):
            return _ERROR
        if first.kind in _NUMBERS and second.kind in _NUMBERS:
            return f"({first.first} = {second.first} AND {_rest(first)} = {_rest(second)})"
        if first.kind == second.kind == "term":
            if are_alike(first.types) and are_alike(second.types):
                return f"({first.number} = {second.number})"
        elif first.kind == second.kind == "row":
            return f"({' AND '.join(f'{a} = {b}' for a, b in zip(first.parts, second.parts, strict=True))})"
        elif first.kind == second.kind and first.kind in ("boolean", "text"):
            return f"({first.first} = {second.first})"
        elif {first.kind, second.kind} == {"text", "term"}:
            term = first if first.kind == "term" else second
            if term.types <= {"string"}:
                return f"({_text(first)} = {_text(second)})"
        else:
            kinds = {first.kind, second.kind}
            term = first if first.kind == "term" else second
            if kinds & set(_NUMBERS) and "term" in kinds and are_alike(term.types):
                return f"(CASE WHEN {first.first} IS NOT NULL AND {second.first} IS NOT NULL THEN 0 END)"
        raise Uncertain(f"{first.kind} = {second.kind}")

    def _compared(self, first: Column, second: Column, sign: str) -> str:
        if "none" in (first.kind, second.kind):
            return _ERROR
        if first.kind in _NUMBERS and second.kind in _NUMBERS:
            one, other, one_rest, other_rest = first.first, second.first, _rest(first), _rest(second)
            if one_rest == other_rest == "0":
                return f"({one} {sign} {other})"
            return f"({one} {sign[0]} {other} OR ({one} = {other} AND {one_rest} {sign} {other_rest}))"
        if all(column.kind in ("term", "text") for column in (first, second)):
            kinds = {kind for column in (first, second) for kind in (column.types or {"string"})}
            if kinds in ({"string"}, {"date"}):
                return f"({_text(first)} {sign} {_text(second)})"
        raise Uncertain(f"{first.kind} {sign} {second.kind}")

    def _texts(self, node: CompValue) -> tuple[str, str]:
        """SQL for a text, and for one without a language that is looked for in it."""
        first, second = self.value(node.arg1), self.value(node.arg2)
        if first.kind == "term" and not all(map(is_text, first.types)):
            raise Uncertain("a part of what is no text")
        if (
            first.kind not in ("term", "text")
            or second.kind not in ("term", "text")
            or not second.types <= {"string"}
        ):
            raise Uncertain("a part that is no text")
        return _text(first), _text(second)

    def _test_Builtin_CONTAINS(self, node: CompValue) -> str:  # noqa: N802
        text, part = self._texts(node)
        return f"(instr({text}, {part}) > 0)"

    def _test_Builtin_STRSTARTS(self, node: CompValue) -> str:  # noqa: N802
        text, part = self._texts(node)
        return f"(substr({text}, 1, length({part})) = {part})"

    def _test_Builtin_STRENDS(self, node: CompValue) -> str:  # noqa: N802
        text, part = self._texts(node)
        return f"(substr({text}, length({text}) - length({part}) + 1) = {part} AND length({part}) <= length({text}))"

    def _test_Builtin_isIRI(self, node: CompValue) -> str:  # noqa: N802
        column = self.value(node.arg)
        if column.kind == "none":
            return _ERROR
        is_iri = column.kind == "row" or (column.kind == "term" and column.types == {"iri"})
        if not is_iri and column.kind in ("mixed", "term") and "iri" in (column.types or {"iri"}):
            raise Uncertain("terms of several kinds")
        return f"(CASE WHEN {column.first} IS NOT NULL THEN {int(is_iri)} END)"

    _test_Builtin_isURI = _test_Builtin_isIRI  # noqa: N815

    # ---- values ----

    def value(self, node: Any) -> Column:
        """Give an expression as a column. Raises Uncertain."""
        given = self._making.given
        if isinstance(node, Variable):
            column = self._columns.get(node)
            return Column("none", (_ERROR,), is_optional=True) if column is None else column
        if isinstance(node, URIRef | Literal):
            kind = given.kind(node)
            if kind == "decimal":
                return Column("decimal", given.number(node))
            if kind == "integer":
                return Column("integer", (given.whole(node),))
            if kind == "boolean":
                return Column("boolean", (str(int(str(node) == "true")),))
            if kind == "row":
                raise Uncertain("the address of an observation as a value")
            text = given.text(node) if kind == "string" else ""
            return Column("term", (given.term(node), text), types=frozenset((kind,)), is_given=True)
        if isinstance(node, CompValue):
            method = getattr(self, f"_value_{node.name}", None)
            if method is not None:
                found: Column = method(node)
                return found
            if hasattr(self, f"_test_{node.name}"):
                return Column("boolean", (self.test(node),), is_optional=True)
        raise Uncertain(f"the expression {getattr(node, 'name', node)!r}")

    def _value_Builtin_IF(self, node: CompValue) -> Column:  # noqa: N802
        test = self.test(node.arg1)
        return _choice([(test, self.value(node.arg2)), (f"NOT {test}", self.value(node.arg3))])

    def _value_Builtin_COALESCE(self, node: CompValue) -> Column:  # noqa: N802
        columns = [self.value(one) for one in node.arg]
        columns = [column for column in columns if column.kind != "none"]
        if not columns:
            return Column("none", (_ERROR,), is_optional=True)
        return _choice([(f"{column.first} IS NOT NULL", column) for column in columns])

    def _value_Builtin_STR(self, node: CompValue) -> Column:  # noqa: N802
        column = self.value(node.arg)
        if (
            column.kind == "term"
            and not column.types <= {"iri", "string", "date"}
            and not all(map(is_text, column.types))
        ):
            raise Uncertain("the text of a number")
        if column.kind == "decimal":
            text = f"decimal_text({column.first}, {column.parts[1]})"
        elif column.kind == "row":
            text = f"row_text({', '.join(column.parts)})"
        else:
            text = _text(column) if column.kind != "none" else _ERROR
        return Column("text", (text,), is_optional=column.is_optional)

    def _value_Builtin_LANG(self, node: CompValue) -> Column:  # noqa: N802
        column = self.value(node.arg)
        if (
            column.kind != "term"
            or column.is_given
            or not column.types
            or not all(map(is_text, column.types))
        ):
            raise Uncertain("the language of what may be no text")
        return Column("text", (language_of(column),), is_optional=True)

    def _value_Builtin_DATATYPE(self, node: CompValue) -> Column:  # noqa: N802
        column = self.value(node.arg)
        if column.kind not in ("decimal", "integer", "boolean"):
            raise Uncertain("the datatype of a term")
        kind = self._making.given.term(URIRef(f"{_XSD}{column.kind}"))
        return Column(
            "term",
            (f"CASE WHEN {column.first} IS NOT NULL THEN {kind} END",),
            is_optional=True,
            types=frozenset(("iri",)),
            is_given=True,
        )

    def _value_AdditiveExpression(self, node: CompValue) -> Column:  # noqa: N802
        found = self.value(node.expr)
        for sign, other in zip(node.op, node.other, strict=True):
            found = _worked_out(found, sign, self.value(other))
        return found

    _value_MultiplicativeExpression = _value_AdditiveExpression  # noqa: N815


def _worked_out(first: Column, sign: str, second: Column) -> Column:
    if "none" in (first.kind, second.kind):
        return Column("none", (_ERROR,), is_optional=True)
    kinds = {first.kind, second.kind}
    if not kinds <= {"decimal", "integer"} or sign not in "+-*/":
        raise Uncertain(f"{first.kind} {sign} {second.kind}")
    with_numbers = f"'{sign}', {first.first}, {_rest(first)}, {second.first}, {_rest(second)}"
    is_optional = first.is_optional or second.is_optional or sign == "/"
    if kinds == {"integer"} and sign != "/":
        return Column("integer", (f"whole({with_numbers})",), is_optional)
    return Column("decimal", (f"worked_value({with_numbers})", f"worked_rest({with_numbers})"), is_optional)


def _rest(column: Column) -> str:
    return "0" if column.kind == "integer" else column.parts[1]


def _text(column: Column) -> str:
    """SQL for the text of a column, that of a constant too."""
    if column.kind == "term" and column.is_given and len(column.parts) == 2 and column.parts[1]:
        return column.parts[1]
    return text_of(column)


def _choice(cases: list[tuple[str, Column]]) -> Column:
    """The column of the first case that is true."""
    columns = [column for _, column in cases]
    kinds = {column.kind for column in columns}
    if kinds <= set(_NUMBERS) and len(kinds) > 1:
        columns = [Column("number", (column.first, _rest(column))) for column in columns]
    elif len(kinds) > 1 or kinds & {"none", "mixed", "row"}:
        raise Uncertain("values of several kinds")
    elif kinds == {"term"}:
        columns = [
            Column("term", (column.number,), types=column.types, is_given=column.is_given)
            for column in columns
        ]
    tests = [test for test, _ in cases]
    parts = tuple(
        "CASE "
        + " ".join(f"WHEN {test} THEN {part}" for test, part in zip(tests, of_part, strict=True))
        + " END"
        for of_part in zip(*(column.parts for column in columns), strict=True)
    )
    if all(part == "0" for part in (column.parts[-1] for column in columns)) and len(parts) == 2:
        parts = (parts[0], "0")
    return Column(
        columns[0].kind,
        parts,
        is_optional=True,
        types=frozenset(kind for column in columns for kind in column.types),
        is_given=any(column.is_given for column in columns),
    )
