"""Figures as they are published: the observations of an area, of its like, and of all councils of a tier.

In:   the observations, periods and distributions of an edition
Out:  Observed, in series by dataset, indicator and breakdown; middles; the values of a tier's councils

What the figures mean beside each other is the subject of figures.py.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api import sentences
from api.observations import load_codes
from api.pages.definitions import Definition, Definitions
from api.pages.places import Place, compared_tier, find_places, types_of_tier
from api.sentences import Span
from compare import Distribution, Figure, Limits, NotKnown, Parts, figure_limits

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class Observed:
    """One observation with its period in words.

    figure         with its limits: those published, or those worked out from its parts
    limit_method   how the limits were found; None without any
    range_fault    why limits that were published are not used, in words
    """

    figure: Figure
    span: Span
    note: str | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    sample_size: int | None = None
    limit_method: str | None = None
    range_fault: str = ""

    @property
    def value(self) -> Decimal | None:
        return self.figure.value

    @property
    def status(self) -> str:
        return self.figure.status

    @property
    def words(self) -> str:
        """The period in words."""
        return sentences.period_words(self.span)

    @property
    def short(self) -> str:
        """The period for a narrow column."""
        return sentences.period_short(self.span)


@dataclass(frozen=True, slots=True)
class Middle:
    """The middle of the similar councils in one period, and over how many that have a figure."""

    span: Span
    version: str
    value: Decimal
    among: int
    is_after_break: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """Which figures: of one dataset, indicator, version, period and breakdown, for all areas."""

    dataset: str
    indicator: str
    version: str
    period: str
    breakdown: str = ""


OBSERVATIONS = (
    "SELECT o.dataset, o.indicator, o.version, o.area, o.period, o.value_text, o.status, o.lower_limit,"
    " o.upper_limit, o.numerator, o.denominator, o.sample_size, o.note, o.breakdown,"
    " p.label AS period_label, p.kind AS period_kind, p.start_on, p.end_on"
    " FROM observations o JOIN periods p ON p.period = o.period"
)


def read_observed(row: Any, definition: Definition, place: Place) -> Observed:
    """Make an observation of a row of OBSERVATIONS."""
    start_on, end_on = dt.date.fromisoformat(row["start_on"]), dt.date.fromisoformat(row["end_on"])
    value = None if row["value_text"] is None else Decimal(row["value_text"])
    numerator, denominator = _decimal(row["numerator"]), _decimal(row["denominator"])
    ends = _decimal(row["lower_limit"]), _decimal(row["upper_limit"])
    parts = Parts(
        definition.rule.chance,
        value,
        definition.rule.multiplier,
        numerator,
        denominator,
        row["sample_size"],
        *ends,
    )
    limits = figure_limits(parts) if None not in ends or definition.rule.chance else None
    known = limits if isinstance(limits, Limits) else None
    figure = Figure(
        indicator=row["indicator"],
        version=row["version"],
        dataset=row["dataset"],
        unit=definition.unit.notation,
        area=row["area"],
        area_type=place.area_type,
        period=row["period"],
        period_kind=row["period_kind"],
        period_start=start_on,
        period_end=end_on,
        value=value,
        status=row["status"],
        lower_limit=known.lower if known else None,
        upper_limit=known.upper if known else None,
        breakdown=row["breakdown"],
        is_total=definition.is_total,
        tiers=place.tiers,
        runs=row["status"] != "not-provided",
        is_sampled=definition.is_sampled,
        area_start=place.start_on,
        area_end=place.end_on,
    )
    return Observed(
        figure,
        Span(row["period_label"], start_on, end_on),
        row["note"],
        numerator,
        denominator,
        row["sample_size"],
        known.method if known else None,
        limits.text if isinstance(limits, NotKnown) and None not in ends and value is not None else "",
    )


def _decimal(number: float | str | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))


# An indicator without a figure for everyone is shown for so many groups at most.
_MOST_GROUPS = 4

SeriesKey = tuple[str, str, str]


def list_series(
    edition: Edition, definitions: Definitions, place: Place, indicator: str | None = None
) -> dict[SeriesKey, tuple[Observed, ...]]:
    """List an area's figures by dataset, indicator and breakdown, oldest first.

    Those that are not broken down, and of indicators that have none, the first few groups.
    """
    where = "o.area = ? AND o.breakdown = ''"
    params = [place.area]
    if indicator is not None:
        where += " AND o.indicator = ?"
        params.append(indicator)
    out = _read_series(edition, definitions, place, where, params)
    whole = {key[1] for key in out}
    marks = ",".join("?" * len(whole))
    grouped = where.replace("o.breakdown = ''", f"o.breakdown <> '' AND o.indicator NOT IN ({marks})")
    more = _read_series(edition, definitions, place, grouped, [place.area, *sorted(whole), *params[1:]])
    seen: dict[tuple[str, str], int] = {}
    for key in sorted(more):
        seen[key[:2]] = seen.get(key[:2], 0) + 1
        if seen[key[:2]] <= _MOST_GROUPS:
            out[key] = more[key]
    return out


def _read_series(
    edition: Edition, definitions: Definitions, place: Place, where: str, params: Sequence[str]
) -> dict[SeriesKey, tuple[Observed, ...]]:
    out: dict[SeriesKey, list[Observed]] = {}
    for row in edition.rows(f"{OBSERVATIONS} WHERE {where} ORDER BY p.start_on, p.end_on", params):
        one = read_observed(row, definitions.get(row["indicator"], row["version"]), place)
        out.setdefault((row["dataset"], row["indicator"], row["breakdown"]), []).append(one)
    return {key: tuple(listed) for key, listed in out.items()}


def list_spreads(edition: Edition, tier: str) -> Mapping[Cell, Distribution]:
    """List the distributions of a tier; kept while the edition is in use."""
    return edition.once(("spreads", tier), lambda: _read_spreads(edition, tier))


def _read_spreads(edition: Edition, tier: str) -> dict[Cell, Distribution]:
    rows = edition.rows("SELECT * FROM distributions WHERE tier = ?", (tier,))
    names = ("dataset", "indicator", "version", "period", "breakdown")
    return {Cell(*(row[name] for name in names)): read_spread(row) for row in rows}


def read_spread(row: Any) -> Distribution:
    """Make a distribution of a row of its table."""
    names = ("lowest", "lower_quartile", "median", "upper_quartile", "highest")
    return Distribution(row["tier"], row["area_count"], *(sentences.exact(row[name]) for name in names))


def list_middles(
    edition: Edition, definitions: Definitions, members: Sequence[str], keys: Iterable[SeriesKey]
) -> dict[SeriesKey, tuple[Middle, ...]]:
    """Work out the middle of some councils in each period, oldest first.

    Only members of a tier that answers for an indicator count for it.
    """
    wanted = set(keys)
    codes = load_codes(edition)
    numbers = {
        "area": [codes.numbers["area"][area] for area in members if area in codes.numbers["area"]],
        "definition": [number for _, indicator, _ in wanted for number in codes.definitions[indicator]],
        "breakdown": [codes.numbers["breakdown"][breakdown] for _, _, breakdown in wanted],
    }
    if not numbers["area"] or not wanted:
        return {}
    listed = {name: sorted(set(found)) for name, found in numbers.items()}
    # Only our own column names and question marks are put into the statement, which reads one index.
    conditions = " AND ".join(f"{name} IN ({','.join('?' * len(found))})" for name, found in listed.items())
    rows = edition.rows(
        "SELECT dataset, definition, breakdown, period, area, value, status FROM observation_rows"  # noqa: S608
        f" WHERE {conditions} AND value IS NOT NULL",
        [number for found in listed.values() for number in found],
    )
    answering = _answering(edition, definitions, members)
    differs = codes.numbers["status"].get("definition-differs")
    breaks = codes.numbers["status"].get("break")
    found: dict[tuple[int, ...], list[tuple[float, bool]]] = {}
    for *cell, area, value, status in map(tuple, rows):
        if status != differs and answering(cell[1], area):
            found.setdefault(tuple(cell), []).append((value, status == breaks))
    spans = edition.once("spans of periods", lambda: _read_spans(edition))
    out: dict[SeriesKey, list[Middle]] = {}
    for (dataset, definition, breakdown, period), values in found.items():
        indicator, version = codes.values["definition"][definition]
        key = (codes.values["dataset"][dataset], indicator, codes.values["breakdown"][breakdown])
        if key in wanted:
            middle = sentences.exact(statistics.median(value for value, _ in values))
            is_after_break = any(broken for _, broken in values)
            span = spans[codes.values["period"][period]]
            out.setdefault(key, []).append(Middle(span, version, middle, len(values), is_after_break))
    return {
        key: tuple(sorted(out[key], key=lambda one: (one.span.start_on, one.span.end_on, one.version)))
        for key in sorted(out)
    }


def _answering(
    edition: Edition, definitions: Definitions, members: Sequence[str]
) -> Callable[[int, int], bool]:
    """Tell of numbers of a definition and an area whether the council answers for the indicator."""
    codes = load_codes(edition)
    types = {
        codes.numbers["area"].get(area): place.area_type
        for area, place in find_places(edition, members).items()
    }
    tiers = [
        None if pair is None else definitions.in_use[pair[0]].tier for pair in codes.values["definition"]
    ]

    def tell(definition: int, area: int) -> bool:
        return compared_tier(tiers[definition] or "", types[area]) is not None

    return tell


def _read_spans(edition: Edition) -> dict[str, Span]:
    rows = edition.rows("SELECT period, label, start_on, end_on FROM periods")
    return {
        row["period"]: Span(
            row["label"], dt.date.fromisoformat(row["start_on"]), dt.date.fromisoformat(row["end_on"])
        )
        for row in rows
    }


def choose_series(series: Mapping[SeriesKey, tuple[Observed, ...]]) -> dict[SeriesKey, tuple[Observed, ...]]:
    """Keep one dataset for each indicator: the one with the newest figure, then the first by notation."""
    newest: dict[str, tuple[dt.date, str]] = {}
    for (dataset, indicator, _), listed in sorted(series.items()):
        end_on = listed[-1].span.end_on
        if indicator not in newest or end_on > newest[indicator][0]:
            newest[indicator] = (end_on, dataset)
    return {key: listed for key, listed in series.items() if newest[key[1]][1] == key[0]}


def list_council_values(edition: Edition, cell: Cell, tier: str) -> list[tuple[str, float]]:
    """List the usable figures of a tier's councils, by area: the set that its distribution describes.

    A council counts if it existed on the period's last day, or if the source restated the period on it and
    gives none for the council it followed.
    """
    types = types_of_tier(tier)
    where = "o.indicator = ? AND o.version = ? AND o.period = ? AND o.breakdown = ? AND o.dataset = ?"
    params = (cell.indicator, cell.version, cell.period, cell.breakdown, cell.dataset)
    # Only our own words and question marks are put into the statements.
    rows = edition.rows(
        "SELECT o.area, o.value, coalesce(a.start_on > p.end_on, 0) AS is_restated"  # noqa: S608
        " FROM observations o JOIN areas a ON a.area = o.area JOIN periods p ON p.period = o.period"
        f" WHERE {where} AND a.area_type IN ({','.join('?' * len(types))})"
        " AND o.value IS NOT NULL AND o.status <> 'definition-differs'"
        " AND (a.end_on IS NULL OR a.end_on >= p.end_on OR a.start_on > p.end_on) ORDER BY o.area",
        (*params, *types),
    )
    restated = [row["area"] for row in rows if row["is_restated"]]
    if restated:
        doubled = edition.rows(
            "SELECT DISTINCT c.to_area FROM area_changes c JOIN observations o ON o.area = c.from_area"  # noqa: S608
            f" WHERE {where} AND o.value IS NOT NULL AND c.to_area IN ({','.join('?' * len(restated))})",
            (*params, *restated),
        )
        left_out = {row["to_area"] for row in doubled}
        rows = [row for row in rows if row["area"] not in left_out]
    return [(row["area"], row["value"]) for row in rows]
