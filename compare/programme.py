"""Which planned inspections fall on one body at once.

In:   planned windows
Out:  a Clash for each pair of windows of one body and two inspectors that share a day
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """A planned inspection. Both days are inside the window."""

    plan: str
    body: str
    inspector: str
    start_on: dt.date
    end_on: dt.date


@dataclass(frozen=True, slots=True)
class Clash:
    """Two windows that share days; `start_on` and `end_on` are the first and the last of these."""

    first: Window
    second: Window
    start_on: dt.date
    end_on: dt.date

    @property
    def days(self) -> int:
        return (self.end_on - self.start_on).days + 1


def clashes(windows: Iterable[Window]) -> list[Clash]:
    """Find the windows of one body and of two inspectors that share a day, the earliest first.

    Windows of one inspector do not clash: it knows its own plans.
    """
    by_body: dict[str, list[Window]] = {}
    for window in sorted(windows, key=lambda one: (one.start_on, one.end_on, one.plan)):
        by_body.setdefault(window.body, []).append(window)
    found = []
    for own in by_body.values():
        for place, first in enumerate(own):
            for second in own[place + 1 :]:
                if second.start_on > first.end_on:
                    break
                if second.inspector != first.inspector:
                    last = min(first.end_on, second.end_on)
                    found.append(Clash(first, second, second.start_on, last))
    return sorted(found, key=lambda clash: (clash.start_on, clash.first.plan, clash.second.plan))
