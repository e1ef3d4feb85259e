"""The figure in a cell becomes a value and a status.

In:   the text of a cell, what the recipe says about marks, thousands and multipliers, what the row says beside it
Out:  the digits of the value, and the status that tells why there is none or what to know about it

A value keeps the publisher's digits. Only a multiplier changes them, and it is applied exactly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal, Inexact, InvalidOperation

from ingest.recipe_expressions import MARK, NOTHING, Column, Expression, Fault, Texts, World
from ingest.value import ValueMalformed, find_number, read_value

_EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])


@dataclass(frozen=True)
class Figure:
    """A cell that holds a figure or a mark that says why there is none. Value and Status read it.

    multiply   what the figure is multiplied by, exactly; '' for nothing
    thousands  the separator of thousands, or ''
    marks      a mark and the status it stands for
    empty      the status of an empty cell that nothing else explains, or ''
    statuses   what the row says beside the cell
    """

    cell: Expression
    multiply: Expression = NOTHING
    thousands: str = ""
    marks: Mapping[str, str] = field(default_factory=dict, hash=False)
    empty: str = ""
    statuses: Expression = NOTHING


@dataclass(frozen=True)
class Value:
    """The figure of a cell, in the publisher's digits unless it is multiplied."""

    figure: Figure

    @property
    def uses(self) -> frozenset[str]:
        return self.figure.cell.uses | self.figure.multiply.uses

    def read(self, texts: Texts, world: World) -> str:
        cell = self.figure.cell.read(texts, world)
        number, _ = _read_cell(cell, self.figure)
        multiplier = self.figure.multiply.read(texts, world)
        if not number or not multiplier:
            return number
        factor = find_number(multiplier)
        if factor is None:
            raise Fault("recipe-number-unread", multiplier, wanted="a number to multiply by")
        return _plain(_EXACT.multiply(Decimal(number), factor))


@dataclass(frozen=True)
class Status:
    """The status of a cell's figure: its own mark, else what the row says, else what an empty cell means."""

    figure: Figure

    @property
    def uses(self) -> frozenset[str]:
        if isinstance(self.figure.cell, Column):
            return self.figure.statuses.uses | {self.figure.cell.name + MARK}
        return self.figure.statuses.uses | self.figure.cell.uses

    def read(self, texts: Texts, world: World) -> str:
        if isinstance(self.figure.cell, Column):
            cell = texts[self.figure.cell.name + MARK]
        else:
            cell = self.figure.cell.read(texts, world)
        try:
            _, status = _read_cell(cell, self.figure)
        except Fault:
            status = ""  # the value tells
        if status:
            return status
        return self.figure.statuses.read(texts, world) or (self.figure.empty if not cell else "")


@dataclass(frozen=True)
class Number:
    """A number without a status."""

    figure: Figure

    @property
    def uses(self) -> frozenset[str]:
        return Value(self.figure).uses

    def read(self, texts: Texts, world: World) -> str:
        return Value(self.figure).read(texts, world)


def _read_cell(cell: str, figure: Figure) -> tuple[str, str]:
    """Read a cell as the digits of its number, '' for none, and the status of its mark, '' for none."""
    text = cell.strip()
    if not text:
        return "", figure.marks.get("", "")
    plain = _without_thousands(text, figure.thousands)
    try:
        number, status = read_value(plain, figure.marks)
    except ValueMalformed as malformed:
        wanted = "a number" + (f" or one of {', '.join(figure.marks)}" if figure.marks else "")
        raise Fault("recipe-number-unread", cell, wanted=wanted) from malformed
    if number is None:
        return "", status
    if "," in plain:
        # A comma was not declared to separate thousands, so it may as well stand for a decimal point.
        raise Fault("recipe-number-unread", cell, wanted="a number without commas, or 'thousands' declared")
    mark = next((m for m in figure.marks if m and plain.endswith(m) and status == figure.marks[m]), "")
    digits = plain[: len(plain) - len(mark)].strip().removeprefix("+")
    return digits, "" if status == "normal" else status


def _without_thousands(text: str, separator: str) -> str:
    if not separator or not re.match(rf"[-+]?\d{{1,3}}({re.escape(separator)}\d{{3}})+(?!\d)", text):
        return text
    return text.replace(separator, "")


def _plain(number: Decimal) -> str:
    """Write a product without an exponent and without empty decimal places."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
