r"""A publisher's way of writing periods becomes the notation of a period.

In:   a text, and a style: patterns with named groups, declared in a recipe or built in
Out:  a notation such as 2023-04-01_P1Y

A style is tried pattern by pattern, and the whole text must match. The groups say what the parts are:
start (the year it starts in), end (the year it ends in), month (a number or an English name), quarter, day.
A year may have two digits where the other has four.

>>> style = PeriodStyle("spans", (PeriodPattern(r"(?P<start>\d{4})-(?P<end>\d{2})"),))
>>> style.read("2014-16")
'2014-01-01_P3Y'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from ingest.period import MONTHS, PeriodAmbiguous, PeriodUnknown, make_period, read_period

GROUPS = frozenset({"start", "end", "month", "quarter", "day"})

_MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")


@dataclass(frozen=True, slots=True)
class PeriodPattern:
    """One form of a style.

    starts  month and day the period starts on; for a period of whole years
    years   how many years it lasts; None counts from start to end
    on      month and day of a moment in the year of the text: the period is that day
    month   the month of the year of the text: the period is that month
    """

    pattern: str
    starts: str = "01-01"
    years: int | None = None
    on: str | None = None
    month: int | None = None

    def faults(self) -> list[str]:
        """Say what is wrong with the pattern itself, one sentence each."""
        try:
            groups = set(re.compile(self.pattern).groupindex)
        except re.error as error:
            return [f"the pattern '{self.pattern}' cannot be read: {error}"]
        faults = [f"the group '{group}' means nothing in a period" for group in sorted(groups - GROUPS)]
        if not groups & {"start", "end"}:
            faults.append("a pattern needs a group start or end, the year of the period")
        for name, text in (("starts", self.starts), ("on", self.on)):
            if text is not None and not _MONTH_DAY.fullmatch(text):
                faults.append(f"'{text}' is no month and day for '{name}': write 04-01")
        if sum(told is not None for told in (self.years, self.on, self.month)) > 1:
            faults.append("years, on and month exclude each other")
        return faults


@dataclass(frozen=True, slots=True)
class PeriodStyle:
    """How a publisher writes periods: several forms, the first that fits the whole text decides.

    `kind` makes it a built-in style: the text is read as ingest.period reads it, with that kind declared.
    """

    name: str
    patterns: tuple[PeriodPattern, ...] = ()
    kind: str | None = None

    def read(self, text: str) -> str:
        """Read a text as the notation of a period. Raises PeriodUnknown if no form fits."""
        if not self.patterns:
            try:
                return read_period(text, self.kind).notation
            except PeriodAmbiguous as ambiguous:
                raise PeriodUnknown(text, f"It can be {ambiguous.readings}.") from ambiguous
        for form in self.patterns:
            if match := re.fullmatch(form.pattern, text):
                return _read_parts(text, form, {k: v for k, v in match.groupdict().items() if v})
        raise PeriodUnknown(text, f"The style '{self.name}' has no such form.")


def _read_parts(text: str, form: PeriodPattern, parts: dict[str, str]) -> str:
    start, end = _years(text, form, parts)
    if "day" in parts:
        return _make(text, start, _month(text, parts["month"]), int(parts["day"]), "P1D")
    if "quarter" in parts:
        return _make(text, start, 3 * int(parts["quarter"]) - 2, 1, "P3M")
    if "month" in parts:
        return _make(text, start, _month(text, parts["month"]), 1, "P1M")
    if form.month is not None:
        return _make(text, start, form.month, 1, "P1M")
    if form.on is not None:
        month, day = (int(part) for part in form.on.split("-"))
        return _make(text, start, month, day, "P1D")
    month, day = (int(part) for part in form.starts.split("-"))
    return _make(text, start, month, day, f"P{_length(text, form, start, end)}Y")


def _years(text: str, form: PeriodPattern, parts: dict[str, str]) -> tuple[int, int | None]:
    """Give the year of the start and, where the text says both, of the end."""
    start, end = parts.get("start"), parts.get("end")
    if start and end:
        if len(start) < 4 and len(end) < 4:
            raise PeriodUnknown(text, "Neither year says its century.")
        if len(end) < 4:
            century = start[: 4 - len(end)] + end
            end = century if int(century) >= int(start) else str(int(century) + 10 ** len(end))
        if len(start) < 4:
            start = end[: 4 - len(start)] + start
        return int(start), int(end)
    year = start or end or ""
    if len(year) != 4:
        raise PeriodUnknown(text, "The year does not say its century.")
    crosses = form.starts != "01-01" and form.on is None and form.month is None and not set(parts) & _WITHIN
    # A year that starts in April and is named by its end, started the year before.
    return int(year) - (1 if start is None and crosses else 0), None


_WITHIN = {"month", "quarter", "day"}


def _length(text: str, form: PeriodPattern, start: int, end: int | None) -> int:
    if end is None:
        return form.years or 1
    counted = end - start + (1 if form.starts == "01-01" else 0)
    if counted < 1 or (form.years is not None and counted != form.years):
        wanted = form.years or "at least 1"
        raise PeriodUnknown(text, f"From {start} to {end} is {counted} years; wanted {wanted}.")
    return counted


def _month(text: str, month: str) -> int:
    if month.isdecimal():
        return int(month)
    for number, name in enumerate(MONTHS, 1):
        if len(month) >= 3 and name.casefold().startswith(month.casefold()):
            return number
    raise PeriodUnknown(text, f"'{month}' is no month.")


def _make(text: str, year: int, month: int, day: int, length: str) -> str:
    try:
        start_on = date(year, month, day)
    except ValueError as error:
        raise PeriodUnknown(text, f"There is no such day: {error}.") from error
    return make_period(start_on, length, text).notation


def built_in_styles() -> dict[str, PeriodStyle]:
    """Give the styles every recipe may name: iso, and one for each kind a text may leave open."""
    kinds = ("calendar-year", "financial-year", "school-year", "academic-year", "month", "quarter", "day")
    return {"iso": PeriodStyle("iso")} | {kind: PeriodStyle(kind, kind=kind) for kind in kinds}
