"""The days that somebody means by a date, a month, a year or a financial year in a list of their own.

In:   a text
Out:  its first and last day
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass

from api import sentences

_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?(?:T[0-9:.]+(?:Z|[+-][0-9:]+)?)?")
_FINANCIAL_YEAR = re.compile(r"([0-9]{4})[/-]([0-9]{2}|[0-9]{4})")


@dataclass(frozen=True, slots=True)
class Days:
    """The days that a text means: one, or all of a month, a year or a financial year."""

    first: str
    last: str

    @property
    def words(self) -> str:
        first, last = (dt.date.fromisoformat(day) for day in (self.first, self.last))
        if (self.first[5:], self.last[5:]) == ("01-01", "12-31") and first.year == last.year:
            return f"in {first.year}"
        return (
            f"on {sentences.day(first)}"
            if first == last
            else f"between {sentences.day(first)} and {sentences.day(last)}"
        )


def read_days(text: str) -> Days | None:
    """Read a day, a month, a year or a financial year; None if it is none of them.

    2011-12 is the financial year, in which December 2011 lies.

    >>> read_days("2019/20")
    Days(first='2019-04-01', last='2020-03-31')
    """
    text = text.strip()
    if (found := _FINANCIAL_YEAR.fullmatch(text)) and int(found[2][-2:]) == (int(found[1]) + 1) % 100:
        year = int(found[1])
        return Days(f"{year:04}-04-01", f"{year + 1:04}-03-31") if 1 <= year < 9999 else None
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    month, day = (int(part) if part else None for part in found.groups()[1:])
    try:
        first = dt.date(int(found[1]), month or 1, day or 1)
        if day:
            return Days(first.isoformat(), first.isoformat())
        if month:
            last = first.replace(day=calendar.monthrange(first.year, month)[1])
            return Days(first.isoformat(), last.isoformat())
        return Days(first.isoformat(), first.replace(month=12, day=31).isoformat())
    except ValueError:
        return None
