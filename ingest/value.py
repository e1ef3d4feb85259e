"""The text of a figure becomes an exact value and a status.

In:   a cell as the source wrote it, and the marks that the source uses
Out:  a Decimal or None, and a code of the list status

Pure functions on single cells. A value keeps the decimal places of its source: 43.60 is not 43.6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

_GROUPED = re.compile(r"[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_PLAIN = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?")


class ValueMalformed(ValueError):  # noqa: N818 - named as the problem that it becomes
    """A cell is neither a number nor a known mark."""

    def __init__(self, cell: str) -> None:
        self.cell = cell
        super().__init__(f"{cell[:80]!r} is neither a number nor a known mark.")


def read_value(cell: str, marks: Mapping[str, str]) -> tuple[Decimal | None, str]:
    """Read one cell as a value and an observation status.

    cell     the text exactly as the source wrote it
    marks    this source's marks and the status each stands for: {"c": "suppressed", "p": "provisional"};
             a mark stands alone or after a number, with or without a space. "" is the mark of an empty cell.

    Returns (value, status). The value keeps the source's decimal places and stays in the indicator's own
    unit: a percentage is 0 to 100, never 0 to 1. An absent value is None, and then the status says why;
    None never comes with "normal".

    Raises ValueMalformed if the cell is neither a number nor a known mark.

    >>> marks = {"c": "suppressed", "p": "provisional"}
    >>> read_value("1,204", marks)
    (Decimal('1204'), 'normal')
    >>> read_value("43.60p", marks)
    (Decimal('43.60'), 'provisional')
    >>> read_value("c", marks)
    (None, 'suppressed')
    """
    text = cell.strip()
    if (status := marks.get(text)) is not None:
        if status == "normal":
            raise ValueMalformed(cell)
        return None, status
    if (number := find_number(text)) is not None:
        return number, "normal"
    for mark in sorted(marks, key=len, reverse=True):
        if mark and text.endswith(mark):
            number = find_number(text[: -len(mark)].rstrip())
            if number is not None:
                return number, marks[mark]
    raise ValueMalformed(cell)


def find_number(text: str) -> Decimal | None:
    """Find the number that a text writes, with or without commas between thousands; None if it is none.

    Only ASCII digits count, and only finite numbers of at most 1,000 characters.

    >>> find_number("12,04") is None
    True
    >>> find_number("-1,204.50")
    Decimal('-1204.50')
    """
    if len(text) > 1000:
        return None
    if _GROUPED.fullmatch(text):
        return Decimal(text.replace(",", ""))
    return Decimal(text) if _PLAIN.fullmatch(text) else None


def find_plain(text: str) -> str | None:
    """Find the plain decimal notation of a number as Table Schema lets it be written; None if it has none.

    Decimal places stay as they are; an exponent, a plus sign, needless zeros in front and the sign of a
    zero go. Infinite and undefined numbers have none, nor have numbers of more than 1,000 digits.

    >>> find_plain("1e3"), find_plain("+007.50"), find_plain("-0.0"), find_plain("NaN")
    ('1000', '7.50', '0.0', None)
    """
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return write_plain(number)


def write_plain(number: Decimal) -> str | None:
    """Write a number in plain decimal notation; None if it is not finite or has more than 1,000 digits."""
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(number.adjusted()) > 1000 or abs(exponent) > 1000:
        return None
    if number.is_zero():
        number = abs(number)
        if exponent > 0:
            return "0"
    return f"{number:f}"
