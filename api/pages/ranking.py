"""Where the council in focus stands among others, with the places that it and they may as well have.

In:   rows of councils for one period, one of them in focus
Out:  Places: what is said of the one in focus, an interval of places for each row, and who has no place and why

The places are compare.rank's. One is never given without its interval, and says nothing of good or bad.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api import sentences
from api.pages.councils import CouncilRow
from api.pages.places import Place
from compare import NotKnown, Ranking, Step, rank

# Fewer figures have no quarters.
_FEWEST_FOR_QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Apart:
    """Councils without a place for one reason, by name."""

    reason: str
    places: Sequence[Place]


@dataclass(frozen=True, slots=True)
class Places:
    """Who stands where.

    sentences      of the council in focus: its place, the interval and the quarter; empty where none is
    intervals      in words by area; empty where no range is known, as a place is never given alone
    apart          who may not be compared or has no figure, for each reason
    does_not_run   the councils that do not run the service, by name
    """

    sentences: Sequence[str]
    intervals: Mapping[str, str]
    apart: Sequence[Apart]
    does_not_run: Sequence[Place]


def find_places_of(rows: Sequence[CouncilRow], steps: Sequence[Step]) -> Places | None:
    """Rank rows beside the one in focus, or beside the first that has a figure where none has; None for totals.

    steps   the versions of the indicator, oldest first
    """
    if not rows or rows[0].definition.is_total:
        return None
    this = next((row for row in rows if row.is_this), None)
    usable = [row for row in rows if row.value is not None and _runs(row)]
    first = next((row for row in usable if row.is_this), usable[0] if usable else None)
    idle = [row.place for row in rows if not _runs(row)]
    if first is None or first.seen is None:
        return Places((), {}, (), idle)
    found = rank(first.seen.figure, [row.seen.figure for row in rows if row.seen is not None], steps=steps)
    told = _tell(this, found)
    if isinstance(found, NotKnown):
        return Places(told, {}, (), idle)
    intervals = {}
    if found.ranges_known:
        intervals = {
            one.figure.area: sentences.interval_words(one) for one in found.ranked if found.among > 1
        }
    return Places(told, intervals, _list_apart(rows, found), idle)


def _runs(row: CouncilRow) -> bool:
    return row.runs and (row.seen is None or row.seen.figure.runs)


def _tell(this: CouncilRow | None, found: Ranking | NotKnown) -> list[str]:
    """Say where the council in focus stands, or why it has no place."""
    if this is None or not _runs(this) or this.value is None:
        return []
    name = this.place.name
    if isinstance(found, NotKnown):
        return [f"{name} has no place. {found.text}"] if found.code == "not-comparable" else []
    place = sentences.place_sentence(found.focus, found.among)
    told = [f"{name}: {place[0].lower()}{place[1:]}"]
    if found.among >= _FEWEST_FOR_QUARTERS:
        told.append(sentences.quarter_sentence(found.focus.quartile))
    return told


def _list_apart(rows: Sequence[CouncilRow], found: Ranking) -> list[Apart]:
    """List who has no place: first those that may not be compared, then those without a figure."""
    refused = {figure.area: decided.reasons[0].text for figure, decided in found.refused}
    by_reason: dict[tuple[bool, str], list[Place]] = {}
    for row in rows:
        if not _runs(row) or (row.value is not None and row.place.area not in refused):
            continue
        has_none = row.value is None
        reason = row.text if has_none else refused[row.place.area]
        by_reason.setdefault((has_none, reason), []).append(row.place)
    return [
        Apart(reason, sorted(places, key=lambda place: (place.name, place.area)))
        for (_, reason), places in sorted(by_reason.items(), key=lambda pair: pair[0])
    ]
