"""The periods a figure may be for, in the texts that a publisher may write.

In:   the kind of period that a definition asks for, the days it counts from and to, periods already published
Out:  texts that ingest/period.py reads as exactly these periods, newest first
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from ingest.period import PAIRED_KINDS, Period, PeriodUnknown, make_period, read_period
from schemas import load_model

# Periods in a list; a drop-down with more is searched, not read.
MOST_PERIODS = 120

# Kinds whose periods follow one another from the first day they may start on.
_LENGTH_IN_MONTHS = {"calendar-year": 12, **dict.fromkeys(PAIRED_KINDS, 12), "quarter": 3, "month": 1}
_FIRST_DAYS_OF_QUARTERS = ("01-01", "04-01", "07-01", "10-01")


def period_text(period: Period) -> str:
    """Write a period the way people do, where that can be read back; else as its start and length.

    >>> period_text(read_period("2023-24", "financial-year")), period_text(read_period("2011-01-01/P3Y"))
    ('2023-24', '2011-01-01/P3Y')
    """
    year, month = period.start_on.year, period.start_on.month
    if period.kind == "calendar-year":
        return f"{year:04}"
    if period.kind in PAIRED_KINDS:
        return f"{year:04}-{(year + 1) % 100:02}"
    if period.kind == "quarter" and f"{period.start_on:%m-%d}" in _FIRST_DAYS_OF_QUARTERS:
        return f"{year:04}-Q{(month + 2) // 3}"
    if period.kind == "month" and period.start_on.day == 1:
        return f"{year:04}-{month:02}"
    if period.kind == "day":
        return period.start_on.isoformat()
    return period.notation.replace("_", "/")


def list_periods(
    kind: str, valid: tuple[date, date | None], published: Sequence[Period], until: date, step: int | None
) -> tuple[Period, ...]:
    """List the periods of a kind that a definition counts, newest first.

    valid      the first day of its first period, and the last day of its last; None while it is in use
    published  periods that figures are published for, of any kind
    until      no period that begins later is listed
    step       months from one figure to the next, where there is a timetable

    Where a kind does not fix the days that its periods start on, those published tell, and one more.
    """
    known = sorted({period for period in published if period.kind == kind})
    first, last = valid
    if _follows_the_calendar(kind, known):
        found = list(_between(kind, first, until))
    else:
        found = [*known, *_next(known[-1], step)] if known else []
    fitting = [
        one for one in found if first <= one.start_on <= until and (last is None or one.end_on <= last)
    ]
    return tuple(sorted(fitting, reverse=True)[:MOST_PERIODS])


def is_whole_list(kind: str, periods: Sequence[Period]) -> bool:
    """Say whether a list of periods leaves none out that a definition counts."""
    return _follows_the_calendar(kind, periods) and len(periods) < MOST_PERIODS


def example_period(kind: str, first: date) -> Period:
    """Make a period of a kind for an example, where none is known."""
    length = str(load_model().code_lists["period-kind"].code(kind).more["length"]).replace("[2-9]", "3")
    (start,) = load_model().code_lists["period-kind"].code(kind).more["starts"][:1]
    return make_period(first if start == "any" else date.fromisoformat(f"{first.year:04}-{start}"), length)


def _follows_the_calendar(kind: str, known: Iterable[Period]) -> bool:
    if kind not in _LENGTH_IN_MONTHS:
        return False
    days = _FIRST_DAYS_OF_QUARTERS if kind == "quarter" else None
    return all(
        f"{one.start_on:%m-%d}" in days if days else one.start_on.day == 1
        for one in known
        if one.kind == kind
    )


def _between(kind: str, first: date, until: date) -> Iterator[Period]:
    """Give the periods of a kind that follow the calendar, from a day until another."""
    start, months = example_period(kind, date(first.year, 1, 1)).start_on, _LENGTH_IN_MONTHS[kind]
    length = f"P{months // 12}Y" if months % 12 == 0 else f"P{months}M"
    while start <= until:
        if start >= first:
            yield make_period(start, length)
        start = _later(start, months)


def _next(newest: Period, step: int | None) -> Iterator[Period]:
    """Give the period that follows the newest, where it is known how long that takes."""
    if step is not None:
        try:
            yield make_period(_later(newest.start_on, step), newest.length)
        except (PeriodUnknown, ValueError):
            # There is no such day a month later: 31 January is followed by no 31 February.
            return


def _later(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 + months
    return day.replace(year=total // 12, month=total % 12 + 1)


def read_published(notations: Iterable[str]) -> tuple[Period, ...]:
    """Read the periods of an edition's figures."""
    return tuple(read_period(notation) for notation in notations)
