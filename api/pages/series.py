"""Figures as they are published: the observations of an area, of its like, and of all councils of a tier.

In:   the observations, periods and distributions of an edition
Out:  Observed, in series by dataset, indicator and breakdown; middles; the values of a tier's councils

What the figures mean beside each other is the subject of figures.py.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api import sentences
from api.observations import load_codes
from api.pages.definitions import Definition, Definitions
from api.pages.places import Place, compared_tier, find_places, load_councils, types_of_tier
from api.sentences import Span
from compare import Distribution, Figure, Limits, NotKnown, Parts, figure_limits
from publish.rows import print_value, read

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
    span = Span(
        row["period_label"], dt.date.fromisoformat(row["start_on"]), dt.date.fromisoformat(row["end_on"])
    )
    return make_observed(row, definition, place, span, row["period_kind"])


def make_observed(
    row: Mapping[str, Any], definition: Definition, place: Place, span: Span, period_kind: str
) -> Observed:
    """Make an observation of a row whose period is known."""
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
        period_kind=period_kind,
        period_start=span.start_on,
        period_end=span.end_on,
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
        span,
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


@dataclass(frozen=True, slots=True)
class KnownPeriod:
    """A period as every figure of it has it."""

    span: Span
    kind: str


def load_periods(edition: Edition) -> Mapping[str, KnownPeriod]:
    """Load every period by its notation; kept while the edition is in use."""
    return edition.once("periods", lambda: _read_periods(edition))


def _read_periods(edition: Edition) -> dict[str, KnownPeriod]:
    rows = edition.rows("SELECT period, label, kind, start_on, end_on FROM periods")
    return {
        row["period"]: KnownPeriod(
            Span(row["label"], dt.date.fromisoformat(row["start_on"]), dt.date.fromisoformat(row["end_on"])),
            row["kind"],
        )
        for row in rows
    }


def list_observed(
    edition: Edition,
    wanted: Mapping[str, Iterable[int]],
    define: Callable[[str, str], Definition],
    places: Mapping[str, Place],
) -> list[Observed]:
    """List the figures of some places as observations, by coded rows.

    wanted   numbers of definitions, periods, breakdowns, areas or datasets; a column without any finds nothing
    define   gives the definition of an indicator and version
    places   by area; figures of others are left out
    """
    codes, periods = load_codes(edition), load_periods(edition)
    values = codes.values
    numbers = {column: sorted(set(listed)) for column, listed in wanted.items()}
    if not all(numbers.values()):
        return []
    # Only our own column names and question marks are put into the statement, which reads one index.
    where = " AND ".join(f"r.{column} IN ({','.join('?' * len(found))})" for column, found in numbers.items())
    rows = edition.rows(
        f"SELECT r.dataset, r.definition, r.area, r.period, r.breakdown, {read('value', 'r')}, r.scale, r.value_text,"  # noqa: S608
        f" r.status, {read('lower_limit', 'r')}, {read('upper_limit', 'r')}, r.numerator, r.denominator,"
        " r.sample_size, n.note"
        f" FROM observation_rows r LEFT JOIN observation_notes n ON n.id = r.note WHERE {where}",
        [number for found in numbers.values() for number in found],
    )
    out = []
    for dataset, definition, area, period, breakdown, value, scale, text, status, *rest in map(tuple, rows):
        place = places.get(values["area"][area])
        if place is None:
            continue
        indicator, version = values["definition"][definition]
        notation = values["period"][period]
        row = {
            "dataset": values["dataset"][dataset],
            "indicator": indicator,
            "version": version,
            "area": place.area,
            "period": notation,
            "breakdown": values["breakdown"][breakdown],
            "value_text": print_value(value, scale) if text is None and value is not None else text,
            "status": values["status"][status],
            **dict(zip(_REST, rest, strict=True)),
        }
        known = periods[notation]
        out.append(make_observed(row, define(indicator, version), place, known.span, known.kind))
    return out


_REST = ("lower_limit", "upper_limit", "numerator", "denominator", "sample_size", "note")


def numbers_of(edition: Edition, cell: Cell) -> dict[str, list[int]]:
    """Give the numbers that a cell's coded rows have; an empty list for what no row has."""
    codes = load_codes(edition)
    pair = (cell.indicator, cell.version)
    told = {
        "period": codes.numbers["period"].get(cell.period),
        "breakdown": codes.numbers["breakdown"].get(cell.breakdown),
        "dataset": codes.numbers["dataset"].get(cell.dataset),
    }
    definitions = codes.definitions.get(cell.indicator, ())
    return {
        "definition": [number for number in definitions if codes.values["definition"][number] == pair],
        **{column: [] if number is None else [number] for column, number in told.items()},
    }


def list_series(
    edition: Edition, definitions: Definitions, place: Place, indicator: str | None = None
) -> dict[SeriesKey, tuple[Observed, ...]]:
    """List an area's figures by dataset, indicator and breakdown, oldest first.

    Those that are not broken down, and of indicators that have none, the first few groups.
    """
    codes = load_codes(edition)
    area = codes.numbers["area"].get(place.area)
    if area is None or (indicator is not None and indicator not in codes.definitions):
        return {}
    total = codes.numbers["breakdown"].get("")
    wanted = {"area": [area]} | ({} if indicator is None else {"definition": codes.definitions[indicator]})
    out = _read_series(edition, definitions, place, wanted | {"breakdown": [total or 0]})
    whole = {key[1] for key in out}
    others = [] if indicator in whole else _list_grouped(edition, area, indicator, whole)
    more = _read_series(edition, definitions, place, {"area": [area], "definition": others})
    seen: dict[tuple[str, str], int] = {}
    for key in sorted(more):
        seen[key[:2]] = seen.get(key[:2], 0) + 1
        if seen[key[:2]] <= _MOST_GROUPS:
            out[key] = more[key]
    return out


def _list_grouped(edition: Edition, area: int, indicator: str | None, whole: Container[str]) -> list[int]:
    """List the numbers of definitions that an area has only broken-down figures of."""
    codes = load_codes(edition)
    if indicator is not None:
        return list(codes.definitions[indicator])
    rows = edition.rows("SELECT DISTINCT definition FROM observation_rows WHERE area = ?", (area,))
    return [row[0] for row in rows if codes.values["definition"][row[0]][0] not in whole]


def _read_series(
    edition: Edition, definitions: Definitions, place: Place, wanted: Mapping[str, Iterable[int]]
) -> dict[SeriesKey, tuple[Observed, ...]]:
    found = list_observed(edition, wanted, definitions.get, {place.area: place})
    out: dict[SeriesKey, list[Observed]] = {}
    for one in sorted(found, key=lambda one: (one.span.start_on, one.span.end_on)):
        figure = one.figure
        out.setdefault((figure.dataset, figure.indicator, figure.breakdown), []).append(one)
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
        f"SELECT dataset, definition, breakdown, period, area, {read('value')}, status FROM observation_rows"  # noqa: S608
        f" WHERE {conditions} AND digits IS NOT NULL",
        [number for found in listed.values() for number in found],
    )
    answering = _answering(edition, definitions, members, listed["definition"])
    differs = codes.numbers["status"].get("definition-differs")
    breaks = codes.numbers["status"].get("break")
    found: dict[tuple[int, int, int, int], tuple[list[float], list[int]]] = {}
    for dataset, definition, breakdown, period, area, value, status in rows:
        if status != differs and area in answering[definition]:
            values, statuses = found.setdefault((dataset, definition, breakdown, period), ([], []))
            values.append(value)
            statuses.append(status)
    periods = load_periods(edition)
    out: dict[SeriesKey, list[Middle]] = {}
    for (dataset, definition, breakdown, period), (values, statuses) in found.items():
        indicator, version = codes.values["definition"][definition]
        key = (codes.values["dataset"][dataset], indicator, codes.values["breakdown"][breakdown])
        if key in wanted:
            middle = sentences.exact(statistics.median(values))
            is_after_break = breaks in statuses
            span = periods[codes.values["period"][period]].span
            out.setdefault(key, []).append(Middle(span, version, middle, len(values), is_after_break))
    return {
        key: tuple(sorted(out[key], key=lambda one: (one.span.start_on, one.span.end_on, one.version)))
        for key in sorted(out)
    }


def _answering(
    edition: Edition, definitions: Definitions, members: Sequence[str], numbers: Iterable[int]
) -> dict[int, frozenset[int]]:
    """Tell by the number of a definition which councils, by number, answer for the indicator."""
    codes = load_codes(edition)
    types = {
        codes.numbers["area"][area]: place.area_type
        for area, place in find_places(edition, members).items()
        if area in codes.numbers["area"]
    }
    by_tier: dict[str, frozenset[int]] = {}
    out = {}
    for number in numbers:
        tier = definitions.in_use[codes.values["definition"][number][0]].tier
        if tier not in by_tier:
            by_tier[tier] = frozenset(
                area for area, area_type in types.items() if compared_tier(tier, area_type) is not None
            )
        out[number] = by_tier[tier]
    return out


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
    codes, councils = load_codes(edition), load_councils(edition)
    types = types_of_tier(tier)
    end_on = load_periods(edition)[cell.period].span.end_on
    differs = codes.numbers["status"].get("definition-differs")
    out, restated = [], []
    known = {row["area"]: row for row in _cell_rows(edition, cell)}
    for number, row in known.items():
        place = councils.get(codes.values["area"][number])
        if place is None or place.area_type not in types or row["status"] == differs:
            continue
        began_later = place.start_on is not None and place.start_on > end_on
        if began_later or place.end_on is None or place.end_on >= end_on:
            out.append((place.area, row["value"]))
        if began_later:
            restated.append(place.area)
    if restated:
        changes = edition.rows(
            "SELECT from_area, to_area FROM area_changes"  # noqa: S608
            f" WHERE to_area IN ({','.join('?' * len(restated))})",
            restated,
        )
        numbers = codes.numbers["area"]
        left_out = {row["to_area"] for row in changes if numbers.get(row["from_area"]) in known}
        out = [pair for pair in out if pair[0] not in left_out]
    return sorted(out)


def load_values(edition: Edition, cell: Cell, tier: str) -> Sequence[float]:
    """Load the usable figures of a tier's councils, which every council's strip has; kept for the edition."""

    def ask() -> tuple[float, ...]:
        return tuple(value for _, value in list_council_values(edition, cell, tier))

    return edition.once(("values of councils", cell, tier), ask)


def list_areas_of_cell(edition: Edition, cell: Cell) -> frozenset[str]:
    """List the areas that a cell says something of, be it that a value is missing."""
    areas = load_codes(edition).values["area"]
    return frozenset(areas[row["area"]] for row in _cell_rows(edition, cell, is_known=False))


def _cell_rows(edition: Edition, cell: Cell, *, is_known: bool = True) -> list[Any]:
    """Give a cell's coded rows, those with a value or all."""
    numbers = numbers_of(edition, cell)
    if not all(numbers.values()):
        return []
    where = " AND ".join(f"{column} = ?" for column in numbers)
    # Only our own column names and question marks are put into the statement.
    sql = f"SELECT area, {read('value')} AS value, status FROM observation_rows WHERE {where}"  # noqa: S608
    sql += " AND digits IS NOT NULL" if is_known else ""
    return edition.rows(sql, [found[0] for found in numbers.values()])
