"""One figure of a publisher becomes one row of the table observations, or a reason to leave it out.

In:   an indicator, an area code, a period and what the source says of the figure
Out:  an observation row; figures of areas the example does not have, or of years before 2011, are left out

Nothing here reads a file, so any figure can be tried in a test.
"""

from __future__ import annotations

import math
import re

from examples.make_england.ledger import Account
from examples.make_england.packages import Row
from examples.make_england.register import Register
from ingest.period import Period, make_period, read_period

FIRST_YEAR = 2011
PAIRED = frozenset({"financial-year", "school-year", "academic-year"})

# Areas of the statistics office that are not in the example, by the first three characters of the code.
OTHER_AREAS = {
    "E13": "inner or outer London",
    "E23": "police area",
    "E61": "the Greater London Authority, whose area is the region",
    "K03": "Great Britain",
    "K04": "England and Wales",
}


def why_not(register: Register, area_code: str, period: Period) -> str | None:
    """Say why a figure is left out, or None where it is not."""
    area = register.areas.get(area_code)
    if area is None:
        return OTHER_AREAS.get(area_code[:3], "area of Scotland, Wales or Northern Ireland")
    if period.start_on.year < FIRST_YEAR:
        return f"before {FIRST_YEAR}"
    if area.end_on and area.end_on < period.start_on.isoformat():
        return "for an area that had ended before the period began"
    return None


def came_later(register: Register, area_code: str, period: Period) -> bool:
    """Say whether the area came after the period, so that the figure was worked out for it later."""
    return register.areas[area_code].start_on > period.end_on.isoformat()


def observation(indicator: str, area_code: str, period: Period, value: str, status: str = "") -> Row:
    """Make a row with the shortest text of the period that its kind makes clear."""
    row = {"indicator": indicator, "area": area_code, "period": period_text(period), "value": value}
    if status not in {"", "normal"}:
        row["status"] = status
    return row


def period_text(period: Period) -> str:
    """Write a period as short as its kind allows.

    >>> period_text(read_period("2023-04-01/P1Y"))
    '2023-24'
    """
    year = period.start_on.year
    if period.kind == "calendar-year":
        return str(year)
    if period.kind in PAIRED:
        return f"{year}-{(year + 1) % 100:02}"
    if period.kind == "day":
        return period.start_on.isoformat()
    return f"{period.start_on.isoformat()}/{period.length}"


def year_ending(year: int, period_kind: str) -> Period:
    """Make the period that a publisher calls by the year in which it ends.

    >>> year_ending(2024, "financial-year").notation
    '2023-04-01_P1Y'
    """
    if period_kind in PAIRED:
        return read_period(f"{year - 1}-{year % 100:02}", period_kind)
    return read_period(str(year))


def shortest(text: str) -> str:
    """Write a number as the shortest text that reads back as the same number; other text stays.

    A spreadsheet stores 72.4 as the nearest number it can hold, and some tools write all its digits.

    >>> shortest("72.400000000000006"), shortest("60"), shortest("-"), shortest("60.10")
    ('72.4', '60', '-', '60.10')
    """
    if not re.fullmatch(r"-?[0-9]+\.[0-9]{12,}", text):
        return text
    number = float(text)
    if not math.isfinite(number):
        return text
    written = repr(number)
    return written if "e" not in written else text


def leave_out_or(account: Account, reason: str | None) -> bool:
    """Write a reason into the account; True if there was one."""
    if reason is None:
        return False
    account.leave_out(reason)
    return True


__all__ = [
    "came_later",
    "leave_out_or",
    "make_period",
    "observation",
    "period_text",
    "read_period",
    "shortest",
    "why_not",
    "year_ending",
]
