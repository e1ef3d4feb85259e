"""The text of a period becomes a start and a length.

In:   a text as a publisher wrote it, and the kind of period that somebody declared, if any
Out:  a Period: notation, first and last day, length, kind, label in words

Pure functions on single texts; harmonise.py applies them to every different text of a table. The kinds are
the code list period-kind, where each has the days it may start on and its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from schemas import load_model

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

# Kinds that a pair of years such as 2023-24 can name; all start in the first year and end in the second.
PAIRED_KINDS = ("financial-year", "school-year", "academic-year")

_YEAR = re.compile(r"([0-9]{4})")
_PAIR = re.compile(r"([0-9]{4})[-/]([0-9]{2}|[0-9]{4})")
_QUARTER = re.compile(r"([0-9]{4})[-_ ]?[Qq]([1-4])")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_START_AND_LENGTH = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[_/]P([1-9][0-9]{0,3})([YMD])")


class PeriodUnknown(ValueError):  # noqa: N818 - named as the problem that it becomes
    """A text is no period. `reason` is a sentence for the publisher."""

    def __init__(self, text: str, reason: str) -> None:
        self.text, self.reason = text, reason
        super().__init__(f"{text!r} is not a period. {reason}")


class PeriodAmbiguous(ValueError):  # noqa: N818 - named as the problem that it becomes
    """A text can be read in several ways. `readings` says which, ready to be put into a sentence."""

    def __init__(self, text: str, readings: str) -> None:
        self.text, self.readings = text, readings
        super().__init__(f"{text!r} can be {readings}.")


@dataclass(frozen=True, slots=True)
class Period:
    """A start and a length. Its kind and its label follow from the two.

    notation   unique and safe in an address: 2023-04-01_P1Y
    length     ISO 8601, in the largest unit that fits: P1Y, never P12M
    kind       a code of the list period-kind
    label      in words: "April 2023 to March 2024"

    Periods sort by first day, then by last day.
    """

    notation: str
    start_on: date
    length: str
    kind: str
    label: str

    @property
    def end_on(self) -> date:
        """The last day of the period."""
        return _end(self.start_on, self.length)

    def __lt__(self, other: Period) -> bool:
        return (self.start_on, self.end_on) < (other.start_on, other.end_on)

    def __str__(self) -> str:
        return self.notation


@lru_cache(maxsize=65536)
def read_period(text: str, period_kind: str | None = None) -> Period:
    """Read the text of a period.

    Accepts a calendar year ("2024"), a quarter of it ("2024-Q1"), a month ("2024-03"), a day ("2024-03-31"),
    a start with a length ("2023-04-01/P1Y", "2023-04-01_P1Y") and, with a declared kind that can be meant, a
    pair of years ("2023-24", "2023/24"). A financial year starts on 1 April: the local government year, not
    the tax year of 6 April.

    period_kind    what the indicator or the resource declares, or None. It settles what a text leaves open;
                   it does not make a text mean what it does not say. A period that is read can still be of
                   another kind than the declared one.

    Raises PeriodUnknown for anything else, and for a pair of years that do not follow each other
    ("2023-25"): a typing slip must not become a new period.
    Raises PeriodAmbiguous where two readings are left ("2007-08" is a year or a month).

    >>> read_period("2023/24", "financial-year").label
    'April 2023 to March 2024'
    >>> str(read_period("2024 Q3"))
    '2024-07-01_P3M'
    """
    if match := _START_AND_LENGTH.fullmatch(text):
        return make_period(_read_date(text, match[1]), _shortest(int(match[2]), match[3]), text)
    if match := _DAY.fullmatch(text):
        return make_period(_read_date(text, text), "P1D", text)
    if match := _YEAR.fullmatch(text):
        return make_period(_read_date(text, f"{text}-01-01"), "P1Y", text)
    if match := _QUARTER.fullmatch(text):
        month = 3 * int(match[2]) - 2
        return make_period(_read_date(text, f"{match[1]}-{month:02}-01"), "P3M", text)
    year_month = _MONTH.fullmatch(text)
    is_month = year_month is not None and 1 <= int(year_month[2]) <= 12
    if match := _PAIR.fullmatch(text):
        return _read_pair(text, match[1], match[2], is_month, period_kind)
    raise PeriodUnknown(text, "It has none of the forms that are known.")


def _read_pair(text: str, first: str, second: str, is_month: bool, period_kind: str | None) -> Period:
    year = int(first)
    follows = int(second) == (year + 1 if len(second) == 4 else (year + 1) % 100)
    if is_month and (period_kind == "month" or not follows):
        return make_period(_read_date(text, f"{text}-01"), "P1M", text)
    if not follows:
        raise PeriodUnknown(text, f"{second} does not follow {first}.")
    if period_kind in PAIRED_KINDS:
        return make_period(_read_date(text, f"{first}-{_starts()[period_kind]}"), "P1Y", text)
    month = f"{MONTHS[int(second) - 1]} {first}, or " if is_month else ""
    raise PeriodAmbiguous(text, f"{month}a financial, school or academic year")


def make_period(start_on: date, length: str, text: str | None = None) -> Period:
    """Make the period that starts on a day and has a length.

    length    ISO 8601 in its shortest form: P1Y, P6M, P1D
    text      what it was read from, for the message; the notation if left out

    Raises PeriodUnknown if no kind of period has this length, or if it ends after the year 9999.

    >>> make_period(date(2011, 1, 1), "P3Y").label
    '2011 to 2013'
    """
    notation = f"{start_on.isoformat()}_{length}"
    try:
        _end(start_on, length)
    except (OverflowError, ValueError):
        raise PeriodUnknown(text or notation, "It ends after the year 9999.") from None
    kind = find_kind(start_on, length)
    if kind is None:
        raise PeriodUnknown(text or notation, f"No kind of period has the length {length}.")
    return Period(notation, start_on, length, kind, _label(start_on, _end(start_on, length)))


def find_kind(start_on: date, length: str) -> str | None:
    """Find the kind of period that a start and a length make, or None.

    A kind that names its days of start comes before one that may start on any.

    >>> find_kind(date(2023, 4, 1), "P1Y")
    'financial-year'
    >>> find_kind(date(2023, 4, 6), "P1Y")
    'other-year'
    """
    day = start_on.strftime("%m-%d")
    for wanted in (day, "any"):
        for code in load_model().code_lists["period-kind"].codes:
            if wanted in code.more["starts"] and re.fullmatch(code.more["length"], length):
                return code.code
    return None


@lru_cache(maxsize=1)
def _starts() -> Mapping[str, str]:
    codes = load_model().code_lists["period-kind"].codes
    return {code.code: str(code.more["starts"][0]) for code in codes}


def _read_date(text: str, iso: str) -> date:
    try:
        return date.fromisoformat(iso)
    except ValueError:
        raise PeriodUnknown(text, f"There is no day {iso}.") from None


def _shortest(count: int, unit: str) -> str:
    if unit == "M" and count % 12 == 0:
        return f"P{count // 12}Y"
    return f"P{count}{unit}"


def _end(start_on: date, length: str) -> date:
    count, unit = int(length[1:-1]), length[-1]
    if unit == "D":
        return start_on + timedelta(days=count - 1)
    months = start_on.year * 12 + start_on.month - 1 + count * (12 if unit == "Y" else 1)
    year, month = divmod(months, 12)
    if year == 10000 and month == 0 and start_on.day == 1:
        return date.max
    first_of_next = date(year, month + 1, 1)
    last_day = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    # From 31 January one month lasts until 28 February: the day that would follow does not exist.
    return first_of_next + timedelta(days=min(start_on.day, last_day) - 2)


def _label(start_on: date, end_on: date) -> str:
    if start_on == end_on:
        return f"{start_on.day} {MONTHS[start_on.month - 1]} {start_on.year}"
    whole_months = start_on.day == 1 and (end_on == date.max or (end_on + timedelta(days=1)).day == 1)
    if not whole_months:
        return f"{_label(start_on, start_on)} to {_label(end_on, end_on)}"
    if start_on.month == 1 and end_on.month == 12:
        same = start_on.year == end_on.year
        return str(start_on.year) if same else f"{start_on.year} to {end_on.year}"
    last = f"{MONTHS[end_on.month - 1]} {end_on.year}"
    if (start_on.year, start_on.month) == (end_on.year, end_on.month):
        return last
    first = MONTHS[start_on.month - 1]
    return f"{first} to {last}" if start_on.year == end_on.year else f"{first} {start_on.year} to {last}"


# Counts on one day of each year, such as a school census, do not fall on the same day.
_YEAR_APART_WITHIN = timedelta(days=15)


def year_before(period: Period, others: Iterable[Period]) -> Period | None:
    """Find the period of the same length that began a year earlier.

    A quarter is held against the same quarter of the year before. Of counts on one day the nearest within a
    fortnight is taken.
    """
    wanted = _year_earlier(period.start_on)
    near = [
        other
        for other in others
        if (other.kind, other.length) == (period.kind, period.length)
        and abs(other.start_on - wanted) <= _YEAR_APART_WITHIN
    ]
    return min(near, key=lambda other: (abs(other.start_on - wanted), other.start_on), default=None)


def _year_earlier(day: date) -> date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)
