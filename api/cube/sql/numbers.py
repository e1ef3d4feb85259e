"""Decimals to the last digit, kept as two numbers of SQLite.

A decimal is a float and a whole number: what the shortest text of the float says, and how many quintillionths
(10**-18) it differs from that. Nearly always the second is 0. Two decimals are equal where both numbers are, and
their order is that of the first and then the second, because rounding to a float never turns an order round.

Oxigraph keeps 18 digits behind the point; what it works out is cut off there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

UNIT = 10**18
_DIGITS = 18
# What a whole number of SQLite holds, and what Oxigraph holds in units.
_MOST, _MOST_UNITS = 2**63 - 1, 2**127 - 1
_EXACT = Context(prec=80)

# A sum is counted in millionths where no figure has more digits and none is so large that a float is too coarse.
FAST_DIGITS = 6
FAST_MOST = 4_000_000_000


_Function = Callable[..., float | int | str | None]


class Uncertain(Exception):  # noqa: N818 - no error: the query is answered in another way
    """There is no certain translation of a query, or a row shows that there is none."""


def units(value: float) -> int:
    """Give the decimal that is the shortest text of a float, in units. Raises Uncertain if that has more digits."""
    return _whole(Decimal(repr(value) if isinstance(value, float) else value))


def _whole(number: Decimal) -> int:
    scaled = number.scaleb(_DIGITS, _EXACT)
    whole = int(scaled)
    if whole != scaled or abs(whole) > _MOST_UNITS:
        raise Uncertain("a number with more digits than are kept")
    return whole


def split(total: int) -> tuple[float, int]:
    """Turn a number of units into the two numbers. Raises Uncertain if it is too large."""
    value = total / UNIT
    rest = total - units(value)
    if abs(rest) > _MOST:
        raise Uncertain("a number that is too large")
    return value, rest


def split_text(text: str) -> tuple[float, int]:
    """Turn the text of a decimal into the two numbers. Raises Uncertain if it has too many digits."""
    return split(_whole(Decimal(text)))


def write(value: float, rest: int) -> str:
    """Write the two numbers as the canonical text of a decimal."""
    if rest:
        text = format(Decimal(units(value) + rest).scaleb(-_DIGITS, _EXACT), "f")
        return text.rstrip("0").rstrip(".")
    text = repr(value)
    if "e" in text:
        text = format(Decimal(text), "f")
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def divide(dividend: Fraction, divisor: int) -> int:
    """Divide, as Oxigraph does: in units, the rest cut off."""
    quotient = dividend * UNIT / divisor
    whole = abs(quotient.numerator) // quotient.denominator
    return whole if quotient >= 0 else -whole


def work_out(sign: str, first: int, second: int) -> int | None:
    """Work with two decimals in units, as Oxigraph does; None where it has an error.

    Raises Uncertain where it may cut digits off in another way than this.
    """
    if sign in "+-":
        return first + second if sign == "+" else first - second
    if sign == "*":
        product, rest = divmod(first * second, UNIT)
        if rest or abs(product) > _MOST_UNITS:
            raise Uncertain("a product with many digits")
        return product
    if second == 0:
        return None
    places = 0
    while first and abs(first) * 10 ** (places + 1) <= _MOST_UNITS:
        places += 1
    of_divisor = second
    while of_divisor % 10 == 0:
        of_divisor //= 10
        places += 1
    if first and places < _DIGITS:
        raise Uncertain("a quotient of many digits")
    return divide(Fraction(first, second), 1)


class Doubts:
    """Whether a statement came to what is uncertain as it ran: nothing is raised through SQLite."""

    def __init__(self) -> None:
        self.is_uncertain = False

    def noting(self, function: _Function) -> _Function:
        """Make a function note what is uncertain, and give NULL."""

        def noted(*arguments: Any) -> float | int | str | None:
            try:
                return function(*arguments)
            except Uncertain:
                self.is_uncertain = True
                return None

        return noted

    def settle(self) -> None:
        """Raise Uncertain if anything was, since it was asked last."""
        if self.is_uncertain:
            self.is_uncertain = False
            raise Uncertain("what a row has")


def add_functions(connection: sqlite3.Connection) -> Doubts:
    """Give a connection the functions that statements of SQL call here; gives where they note what is uncertain."""
    doubts = Doubts()

    class Total:
        """The sum of decimals, in units, as text."""

        def __init__(self) -> None:
            self.total = 0

        def step(self, value: float | None, rest: int | None) -> None:
            if value is not None:
                try:
                    self.total += units(value) + (rest or 0)
                except Uncertain:
                    doubts.is_uncertain = True

        def finalize(self) -> str:
            return str(self.total)

    def add(name: str, arguments: int, function: _Function) -> None:
        connection.create_function(name, arguments, doubts.noting(function), deterministic=True)

    def rest_of(text: str, value: float) -> int:
        return _whole(Decimal(text)) - units(value)

    def total(of: int | str | None, scale: int) -> int | None:
        return None if of is None else int(of) * 10 ** (_DIGITS - scale)

    def sum_part(at: int) -> _Function:
        def part(of: int | str | None, scale: int) -> float | int | None:
            found = total(of, scale)
            return None if found is None else split(found)[at]

        return part

    def mean_part(at: int) -> _Function:
        def part(of: int | str | None, scale: int, count: int) -> float | int | None:
            found = total(of, scale)
            if found is None or not count:
                return None
            return split(divide(Fraction(found, UNIT), count))[at]

        return part

    def worked(
        sign: str, value: float | None, rest: int | None, other: float | None, other_rest: int | None
    ) -> int | None:
        if value is None or other is None:
            return None
        return work_out(sign, units(value) + (rest or 0), units(other) + (other_rest or 0))

    def worked_part(at: int) -> _Function:
        def part(*numbers: Any) -> float | int | None:
            found = worked(*numbers)
            return None if found is None else split(found)[at]

        return part

    def whole(*numbers: Any) -> int | None:
        found = worked(*numbers)
        if found is not None and abs(found) > _MOST * UNIT:
            raise Uncertain("a large number")
        return None if found is None else found // UNIT

    def decimal_text(value: float | None, rest: int | None) -> str | None:
        return None if value is None else write(value, rest or 0)

    def doubt() -> None:
        doubts.is_uncertain = True

    add("rest_of", 2, rest_of)
    add("worked_value", 5, worked_part(0))
    add("worked_rest", 5, worked_part(1))
    add("whole", 5, whole)
    add("decimal_text", 2, decimal_text)
    add("sum_value", 2, sum_part(0))
    add("sum_rest", 2, sum_part(1))
    add("mean_value", 3, mean_part(0))
    add("mean_rest", 3, mean_part(1))
    connection.create_function("doubt", 0, doubt)
    connection.create_aggregate("total_units", 2, Total)  # type: ignore[arg-type]
    return doubts
