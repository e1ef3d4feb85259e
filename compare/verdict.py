"""May two figures be compared? One function decides, with every reason.

In:   two figures with what their definitions, areas and periods say of them
Out:  a verdict: like for like, with care, or not comparable, and the reasons with their evidence

The rules are those of docs/reference/verdict.md. Pages, the API, files and linked data all carry what this
function says; nothing else in the project decides whether figures are comparable.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum


class Level(IntEnum):
    """How far two figures may be compared, mildest first, so that the worst of several is their maximum."""

    LIKE_FOR_LIKE = 0
    WITH_CARE = 1
    NOT_COMPARABLE = 2

    @property
    def notation(self) -> str:
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class Figure:
    """One observation with all that decides whether it may stand beside another.

    value        None where the status says why there is none
    is_total     the unit grows with the size of the place (people, pounds), unlike a rate or a share
    tiers        the tiers whose area types include this area's; empty for regions and countries
    runs         the body of this area runs the service the indicator is about
    is_sampled   the definition says how a range is worked out, so a figure without one lacks it
    restated     how the figure was put together from those of earlier areas: the method of
                 compare/restating.py; empty for a figure as published
    """

    indicator: str
    version: str
    dataset: str
    unit: str
    area: str
    area_type: str
    period: str
    period_kind: str
    period_start: dt.date
    period_end: dt.date
    value: Decimal | None
    status: str = "normal"
    lower_limit: Decimal | None = None
    upper_limit: Decimal | None = None
    breakdown: str = ""
    is_total: bool = False
    tiers: frozenset[str] = frozenset()
    runs: bool = True
    is_sampled: bool = False
    area_start: dt.date | None = None
    area_end: dt.date | None = None
    restated: str = ""

    @property
    def limits(self) -> tuple[Decimal, Decimal] | None:
        """Lower and upper limit, or None unless both are known."""
        if self.lower_limit is None or self.upper_limit is None:
            return None
        return self.lower_limit, self.upper_limit


@dataclass(frozen=True, slots=True)
class Step:
    """One version of a definition and how it stands to the version before it.

    comparable   "yes", "with-care" or "no"; None for a first version
    """

    version: str
    comparable: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a verdict. `text` is a sentence a reader understands; `evidence` the two values."""

    code: str
    level: Level
    text: str
    evidence: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    level: Level
    reasons: tuple[Reason, ...]


# What each special status means for a comparison. Statuses that are not here have nothing to say.
_STATUS_LEVELS: Mapping[str, tuple[Level, str]] = {
    "provisional": (Level.WITH_CARE, "A figure is provisional and may change."),
    "estimated": (Level.WITH_CARE, "A figure was estimated."),
    "imputed": (Level.WITH_CARE, "A figure was filled in by the publisher."),
    "forecast": (Level.WITH_CARE, "A figure is a forecast."),
    "combined": (Level.WITH_CARE, "A figure covers more than its own area."),
    "unreliable": (Level.WITH_CARE, "A figure rests on too few cases or answers to be relied on."),
    "definition-differs": (
        Level.NOT_COMPARABLE,
        "A figure was counted in another way than the definition says.",
    ),
}

_COMPARABLE = {"yes": Level.LIKE_FOR_LIKE, "with-care": Level.WITH_CARE, "no": Level.NOT_COMPARABLE}


def verdict(
    a: Figure,
    b: Figure,
    *,
    steps: Sequence[Step] = (),
    crosswalk: tuple[str, str] | None = None,
    extension: tuple[str, str] | None = None,
    breaks: Sequence[dt.date] = (),
) -> Verdict:
    """Decide whether two figures may be compared.

    steps      the versions of the indicator, oldest first; needed where the versions differ. With an
               extension, those of the standard definition
    crosswalk  for two different indicators: what is declared of them, ("with-care", "clause that differs")
    extension  for two different indicators of which one extends the other, or that both extend one standard
               definition: the versions of the standard that the two figures count by
    breaks     start dates of periods at which the series of either area was marked as broken

    The order of a and b makes no difference to the level. Every rule that has something to say is heard, so
    that a reader sees all reasons at once.
    """
    reasons = tuple(
        sorted(
            (
                *_about_definition(a, b, steps, crosswalk, extension),
                *_about_period(a, b, breaks),
                *_about_area(a, b),
                *_about_value(a, b),
            ),
            key=lambda reason: (-reason.level, reason.code),
        )
    )
    return Verdict(max((reason.level for reason in reasons), default=Level.LIKE_FOR_LIKE), reasons)


def level_of_versions(a: str, b: str, steps: Sequence[Step]) -> Level:
    """Decide how far figures of two versions of one definition may be compared, by what each step declares."""
    if a == b:
        return Level.LIKE_FOR_LIKE
    return max((reason.level for reason in _about_versions(a, b, steps)), default=Level.LIKE_FOR_LIKE)


def _about_definition(
    a: Figure,
    b: Figure,
    steps: Sequence[Step],
    crosswalk: tuple[str, str] | None,
    extension: tuple[str, str] | None,
) -> Iterator[Reason]:
    if a.indicator != b.indicator:
        evidence = {"indicator": (a.indicator, b.indicator)}
        if extension is not None:
            text = "One definition extends the other, or both extend one standard, and they count the same."
            yield Reason("extends", Level.LIKE_FOR_LIKE, text, evidence)
            if extension[0] != extension[1]:
                yield from _about_versions(*extension, steps)
        if crosswalk is None and extension is None:
            yield Reason("indicator", Level.NOT_COMPARABLE, "They measure different things.", evidence)
        elif crosswalk is not None and crosswalk[0] != "yes":
            yield Reason("indicator", _COMPARABLE[crosswalk[0]], crosswalk[1], evidence)
    elif a.version != b.version:
        yield from _about_versions(a.version, b.version, steps)
    if a.unit != b.unit:
        yield Reason("unit", Level.NOT_COMPARABLE, "They are in different units.", {"unit": (a.unit, b.unit)})
    if a.indicator == b.indicator and a.dataset != b.dataset:
        yield Reason(
            "source",
            Level.WITH_CARE,
            "They come from two sources, which may count differently.",
            {"dataset": (a.dataset, b.dataset)},
        )
    if a.breakdown != b.breakdown:
        yield Reason(
            "breakdown",
            Level.WITH_CARE,
            "They are about different groups of people. The difference is a gap between groups.",
            {"breakdown": (a.breakdown, b.breakdown)},
        )


def _about_versions(a: str, b: str, steps: Sequence[Step]) -> Iterator[Reason]:
    """Walk from the older of two versions to the newer and hear what each step declares."""
    order = [step.version for step in steps]
    evidence = {"version": (a, b)}
    if a not in order or b not in order:
        yield Reason(
            "version", Level.NOT_COMPARABLE, "Nobody has said how these two versions compare.", evidence
        )
        return
    first, last = sorted((order.index(a), order.index(b)))
    for step in steps[first + 1 : last + 1]:
        level = _COMPARABLE[step.comparable or "no"]
        if level is not Level.LIKE_FOR_LIKE:
            text = f"The definition changed with version {step.version}."
            yield Reason("version", level, f"{text} {step.note}".strip(), evidence)


def _about_period(a: Figure, b: Figure, breaks: Sequence[dt.date]) -> Iterator[Reason]:
    evidence = {"period": (a.period, b.period)}
    if a.period_kind != b.period_kind:
        yield Reason(
            "period-kind",
            Level.NOT_COMPARABLE,
            "Their periods are of different kinds.",
            {"period_kind": (a.period_kind, b.period_kind)},
        )
    elif abs((a.period_end - a.period_start) - (b.period_end - b.period_start)) > dt.timedelta(days=5):
        # Five days: leap years in periods of several years are no difference in length.
        text = "Their periods are of different lengths."
        yield Reason("period-length", Level.NOT_COMPARABLE, text, evidence)
    elif a.period != b.period and a.area != b.area:
        yield Reason("period", Level.WITH_CARE, "They are for different periods.", evidence)
    earlier, later = sorted((a, b), key=lambda figure: figure.period_start)
    if any(earlier.period_start < day <= later.period_start for day in breaks):
        yield Reason(
            "break", Level.NOT_COMPARABLE, "The way of counting changed between the two periods.", evidence
        )


def _about_area(a: Figure, b: Figure) -> Iterator[Reason]:
    for figure in (a, b):
        if not figure.runs:
            yield Reason(
                "does-not-run",
                Level.NOT_COMPARABLE,
                "The council of one area does not run this service.",
                {"area": (a.area, b.area)},
            )
            break
    yield from _about_restating(a, b)
    if a.area == b.area:
        return
    types = {"area_type": (a.area_type, b.area_type)}
    if a.tiers and b.tiers and not (a.tiers & b.tiers):
        yield Reason(
            "area-type",
            Level.NOT_COMPARABLE,
            "The two councils are of different tiers and run different services.",
            types,
        )
    elif bool(a.tiers) != bool(b.tiers) and (a.is_total or b.is_total):
        text = "A total for a small place says nothing beside one for a large place."
        yield Reason("size", Level.NOT_COMPARABLE, text, types)
    elif a.is_total or b.is_total:
        yield Reason(
            "size",
            Level.WITH_CARE,
            "The figures are totals, which grow with the size of the place.",
            {"area": (a.area, b.area)},
        )
    for figure in (a, b):
        # A restated figure says so itself.
        began_later = (
            figure.area_start is not None and figure.area_start > figure.period_end and not figure.restated
        )
        ended_before = figure.area_end is not None and figure.area_end < figure.period_start
        if began_later or ended_before:
            yield Reason(
                "boundaries",
                Level.WITH_CARE,
                "A figure is for a boundary that was not in force in its period.",
                {"area": (a.area, b.area), "period": (a.period, b.period)},
            )
            break


def _about_restating(a: Figure, b: Figure) -> Iterator[Reason]:
    methods = {figure.restated for figure in (a, b)} - {""}
    evidence = {"restated": (a.restated, b.restated)}
    if methods - {"same-boundary"}:
        text = "A figure was put together from those of the areas that this one followed."
        yield Reason("restated", Level.WITH_CARE, text, evidence)
    elif methods:
        text = "A figure was published for an earlier area with the same boundary."
        yield Reason("restated", Level.LIKE_FOR_LIKE, text, evidence)


def _about_value(a: Figure, b: Figure) -> Iterator[Reason]:
    statuses = {"status": (a.status, b.status)}
    if a.value is None or b.value is None:
        yield Reason("no-value", Level.NOT_COMPARABLE, "One of them has no value.", statuses)
        return
    for status in sorted({a.status, b.status} & _STATUS_LEVELS.keys()):
        level, text = _STATUS_LEVELS[status]
        yield Reason(f"status-{status}", level, text, statuses)
    if any(figure.is_sampled and figure.limits is None for figure in (a, b)):
        yield Reason(
            "uncertainty",
            Level.WITH_CARE,
            "They rest on a sample and the range of one of them is not known.",
            {"area": (a.area, b.area)},
        )
