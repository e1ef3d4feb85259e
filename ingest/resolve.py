"""Which period a figure is for, and which version of its indicator counted it.

In:   the texts of one figure (period, version) and the versions of its indicator
Out:  a Period and a version

The two settle each other: the indicator says which kind of year "2023-24" is, the period's first day says
which version was in force. Pure functions on single figures; harmonise.py and the checker apply them once to
every different combination of a table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ingest.period import Period, PeriodAmbiguous, PeriodUnknown, read_period


@dataclass(frozen=True, slots=True)
class Version:
    """What is needed of one version of an indicator. `valid_from` is None if its text is no date."""

    version: str
    valid_from: date | None
    period_kind: str

    @property
    def place(self) -> tuple[date, tuple[int, ...]]:
        """Where the version stands among the others: by its first day, then by its numbers."""
        return self.valid_from or date.min, read_numbers(self.version)


def read_numbers(version: str) -> tuple[int, ...]:
    """Read the numbers of a version, so that 1.10.0 comes after 1.9.0.

    >>> read_numbers("1.10.0") > read_numbers("1.9.0")
    True
    """
    return tuple(int(number) for number in re.findall("[0-9]+", version)[:3])


def find_version(versions: Sequence[Version], start_on: date) -> Version | None:
    """Find the version that counts a period: the latest in force on its first day, else the earliest.

    >>> old, new = Version("1.0.0", date(2010, 4, 1), "month"), Version("2.0.0", date(2020, 4, 1), "month")
    >>> [find_version([new, old], date(year, 1, 1)).version for year in (2000, 2015, 2021)]
    ['1.0.0', '1.0.0', '2.0.0']
    """
    in_order = sorted(versions, key=lambda version: version.place)
    in_force = [version for version in in_order if (version.valid_from or date.min) <= start_on]
    if in_force:
        return in_force[-1]
    return in_order[0] if in_order else None


def resolve_period(text: str, versions: Sequence[Version], named: str = "") -> tuple[Period, Version | None]:
    """Read a period as the versions of its indicator declare its kind, and find the version for it.

    named    the version that the figure itself names; "" if it names none

    Where versions declare different kinds, the later ones are tried first, and a reading counts if the
    version in force on its first day declares that kind.

    Raises PeriodUnknown or PeriodAmbiguous if no version makes it a period.
    """
    own = next((version for version in versions if version.version == named), None)
    if own is not None:
        return read_period(text, own.period_kind), own
    latest_first = sorted(versions, key=lambda version: version.place, reverse=True)
    kinds: list[str | None] = list(dict.fromkeys(version.period_kind for version in latest_first))
    first: tuple[Period, Version | None] | None = None
    fault: PeriodUnknown | PeriodAmbiguous | None = None
    for kind in kinds or [None]:
        try:
            period = read_period(text, kind)
        except (PeriodUnknown, PeriodAmbiguous) as caught:
            fault = fault or caught
            continue
        version = find_version(versions, period.start_on)
        if version is None or version.period_kind == kind:
            return period, version
        first = first or (period, version)
    if first is None:
        assert fault is not None
        raise fault
    return first


def read_date(text: str) -> date | None:
    """Read a date; None if the text is none: whoever wrote it is told by the checker."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def resolve_row(
    indicator: str, version: str, period: str, versions: Sequence[Version]
) -> dict[str, str | None]:
    """Say what one combination of indicator, version and period text is: a period, or why it is none."""
    row: dict[str, str | None] = {"indicator": indicator, "version": version, "period": period}
    if not period:
        return row
    try:
        read, found = resolve_period(period, versions, version)
    except PeriodUnknown as fault:
        return row | {"fault": "period-unknown", "reason": fault.reason}
    except PeriodAmbiguous as fault:
        return row | {"fault": "period-ambiguous", "reason": fault.readings}
    return row | {
        "notation": read.notation,
        "start_on": read.start_on.isoformat(),
        "end_on": read.end_on.isoformat(),
        "kind": read.kind,
        "words": read.label,
        "length": read.length,
        "resolved": found.version if found else None,
        "wanted_kind": found.period_kind if found else None,
    }
