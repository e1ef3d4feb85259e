"""Observations by any filter, from the coded rows: a part of a list in a millisecond, or all in a stream.

In:   filters in words (notations, codes), a place to go on from
Out:  rows as Python values with notations; how many there are in all

The rows of the catalogue are small whole numbers. What they stand for is read once for an edition; the
statements below compare numbers only, along one of the two orders that the catalogue keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from api.edition import Edition
from api.failures import Failure
from api.suggesting import unknown_area
from ingest.problems import find_nearest, shown
from publish.rows import print_value, read

Row = dict[str, Any]

_COLUMNS = (
    f"r.definition, r.period, r.breakdown, r.area, r.dataset, {read('value', 'r')} AS value, r.scale, r.status,"
    f" {read('lower_limit', 'r')}, {read('upper_limit', 'r')}, r.numerator, r.denominator, r.sample_size,"
    " n.note, r.value_text"
)

# The two orders that observation_rows is kept in.
_BY_DEFINITION = ("definition", "period", "breakdown", "area", "dataset")
_BY_AREA = ("area", "definition", "period", "breakdown", "dataset")

LATEST = "latest"
TOTAL = "total"


@dataclass(frozen=True)
class Codes:
    """What the numbers in observation_rows stand for. Lists begin at 1, so their first item is None.

    values       for each column what its numbers stand for; a definition is (indicator, version)
    numbers      the same the other way round, but for definitions
    definitions  the numbers of all versions of an indicator
    latest       by definition the newest period, where that is the newest of the whole indicator
    labels       of areas, indicators, periods and breakdowns
    units        by indicator and version
    """

    values: Mapping[str, Sequence[Any]]
    numbers: Mapping[str, Mapping[str, int]]
    definitions: Mapping[str, tuple[int, ...]]
    latest: Mapping[int, int]
    labels: Mapping[str, Mapping[str, str]]
    units: Mapping[tuple[str, str], str]


def load_codes(edition: Edition) -> Codes:
    """Load what the numbers of an edition stand for: about as many texts as it has areas."""
    return edition.once("observation codes", lambda: _read_codes(edition))


def _read_codes(edition: Edition) -> Codes:
    values: dict[str, list[Any]] = {}
    for name, table in (
        ("dataset", "observation_datasets"),
        ("area", "observation_areas"),
        ("period", "observation_periods"),
        ("breakdown", "observation_breakdowns"),
        ("status", "observation_statuses"),
    ):
        # Tables and columns of the catalogue, written above.
        rows = edition.rows(f'SELECT id, "{name}" FROM "{table}" ORDER BY id')  # noqa: S608
        values[name] = _by_number((row[0], row[1]) for row in rows)
    rows = edition.rows("SELECT id, indicator, version FROM observation_definitions ORDER BY id")
    values["definition"] = _by_number((row[0], (row[1], row[2])) for row in rows)
    definitions: dict[str, list[int]] = {}
    for number, pair in enumerate(values["definition"]):
        if pair is not None:
            definitions.setdefault(pair[0], []).append(number)
    labels = {
        name: {row[0]: row[1] for row in edition.rows(sql)}
        for name, sql in (
            ("area", "SELECT area, coalesce(everyday_label, label) FROM areas"),
            ("indicator", "SELECT indicator, label FROM indicator_heads"),
            ("period", "SELECT period, label FROM periods"),
            ("breakdown", "SELECT breakdown, label FROM breakdowns"),
        )
    }
    units = {
        (row[0], row[1]): row[2] for row in edition.rows("SELECT indicator, version, unit FROM indicators")
    }
    return Codes(
        values=values,
        numbers={
            name: {value: number for number, value in enumerate(listed) if value is not None}
            for name, listed in values.items()
            if name != "definition"
        },
        definitions={indicator: tuple(numbers) for indicator, numbers in definitions.items()},
        latest=_latest(edition, values),
        labels=labels,
        units=units,
    )


def _by_number(pairs: Iterable[tuple[int, Any]]) -> list[Any]:
    """Put values at the place of their numbers."""
    told = dict(pairs)
    return [told.get(number) for number in range(max(told, default=0) + 1)]


def _latest(edition: Edition, values: Mapping[str, Sequence[Any]]) -> dict[int, int]:
    """Find each indicator's newest period, hopping from one pair of definition and period to the next."""
    found = edition.rows(
        """
        WITH RECURSIVE pairs (definition, period) AS (
            SELECT * FROM (SELECT definition, period FROM observation_rows ORDER BY 1, 2 LIMIT 1)
            UNION ALL
            SELECT next.definition, next.period FROM pairs JOIN observation_rows AS next
            ON (next.definition, next.period, next.breakdown, next.area, next.dataset) = (
                SELECT definition, period, breakdown, area, dataset FROM observation_rows AS o
                WHERE (o.definition, o.period) > (pairs.definition, pairs.period)
                ORDER BY o.definition, o.period, o.breakdown, o.area, o.dataset LIMIT 1
            )
        )
        SELECT definition, period FROM pairs
        """
    )
    ends = {row[0]: row[1] for row in edition.rows("SELECT period, end_on FROM periods")}
    newest: dict[str, tuple[str, int, int]] = {}
    for definition, period in found:
        indicator = values["definition"][definition][0]
        candidate = (ends.get(values["period"][period], ""), definition, period)
        newest[indicator] = max(newest.get(indicator, ("", 0, 0)), candidate)
    return {definition: period for _, definition, period in newest.values()}


@dataclass(frozen=True)
class Filters:
    """Which observations. An empty tuple does not filter; several values mean any of them.

    periods      notations, or "latest": the newest period that an indicator has any figure for
    breakdowns   breakdown texts, or "total" for figures that are not broken down
    since        only periods that begin on this day (ISO 8601) or after
    until        only periods that end on this day or before
    """

    datasets: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    breakdowns: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True)
class Selection:
    """Filters as a statement: conditions on numbers, and the order the rows come in."""

    where: str
    params: tuple[int, ...]
    order: tuple[str, ...]

    @property
    def source(self) -> str:
        """What to select from. The order by area has an index that must be used: the rows come out in it."""
        is_by_area = self.order == _BY_AREA
        return f"observation_rows AS r{' INDEXED BY observation_rows_by_area' if is_by_area else ''}"


def select(edition: Edition, filters: Filters) -> Selection:
    """Turn filters into conditions.

    Raises Failure (404) for a value that nothing in the edition has, with the nearest that there is: an empty
    list would look like an answer.
    """
    codes = load_codes(edition)
    conditions: list[str] = []
    params: list[int] = []

    def among(column: str, numbers: Sequence[int]) -> None:
        conditions.append(f"r.{column} IN ({', '.join('?' * len(numbers))})")
        params.extend(numbers)

    definitions = [
        n for name in filters.indicators for n in _known("indicator", name, codes.definitions, edition)
    ]
    periods = [name for name in filters.periods if name != LATEST]
    if LATEST in filters.periods:
        wanted = set(definitions) or codes.latest.keys()
        pairs = [(d, p) for d, p in sorted(codes.latest.items()) if d in wanted]
        latest = " OR ".join("(r.definition = ? AND r.period = ?)" for _ in pairs) or "0"
        others = _numbers("period", periods, codes, edition)
        if others:
            latest += f" OR r.period IN ({', '.join('?' * len(others))})"
        conditions.append(f"({latest})")
        params.extend(number for pair in pairs for number in pair)
        params.extend(others)
    elif periods:
        among("period", _numbers("period", periods, codes, edition))
    if filters.since is not None or filters.until is not None:
        among("period", _between(edition, codes, filters.since, filters.until))
    if definitions:
        among("definition", definitions)
    for column, names in (
        ("area", filters.areas),
        ("dataset", filters.datasets),
        ("breakdown", tuple("" if name == TOTAL else name for name in filters.breakdowns)),
        ("status", filters.statuses),
    ):
        if names:
            among(column, _numbers(column, names, codes, edition))
    return Selection(
        " AND ".join(conditions) or "1", tuple(params), _BY_AREA if filters.areas else _BY_DEFINITION
    )


def _between(edition: Edition, codes: Codes, since: str | None, until: str | None) -> list[int]:
    """Give the numbers of the periods between two days, both of them included.

    Raises Failure (400) if the first day comes after the last.
    """
    if since is not None and until is not None and since > until:
        detail = f"'since' is {since} and 'until' is {until}: the first day comes after the last."
        raise Failure("parameter-wrong", detail, problems=[{"parameter": "since", "detail": detail}])
    rows = edition.rows(
        "SELECT period FROM periods WHERE (?1 IS NULL OR start_on >= ?1) AND (?2 IS NULL OR end_on <= ?2)",
        (since, until),
    )
    # A condition without any number would be no condition; nothing has the number 0.
    return sorted(codes.numbers["period"].get(row[0], 0) for row in rows) or [0]


def by_area(selection: Selection) -> Selection:
    """Give the same selection in the order by area, indicator and period."""
    return replace(selection, order=_BY_AREA)


def _numbers(column: str, names: Sequence[str], codes: Codes, edition: Edition) -> list[int]:
    known = codes.numbers[column]
    return [number for name in names for number in _known(column, name, known, edition)]


# Codes that are known though no figure has them, by the name of the filter.
_ALSO_KNOWN = {
    "area": "SELECT 1 FROM areas WHERE area = ?",
    "indicator": "SELECT 1 FROM indicator_heads WHERE indicator = ?",
    "dataset": "SELECT 1 FROM datasets WHERE dataset = ?",
    "period": "SELECT 1 FROM periods WHERE period = ?",
    "status": "SELECT 1 FROM codes WHERE code_list = 'status' AND code = ?",
}


def _known(column: str, name: str, known: Mapping[str, Any], edition: Edition) -> tuple[int, ...]:
    """Give the numbers of a name; none for one that is known but has no figures."""
    found = known.get(name)
    if found is not None:
        return found if isinstance(found, tuple) else (found,)
    if column in _ALSO_KNOWN and edition.value(_ALSO_KNOWN[column], (name,)):
        return (0,)
    if column == "area":
        raise unknown_area(edition, name)
    nearest = find_nearest(name, [key for key in known if key])
    hint = f" Closest: {nearest}." if nearest else ""
    detail = f"There is no {column} '{shown(name)}' in this edition.{hint}"
    problem = {"parameter": column, "detail": detail, "nearest": nearest}
    raise Failure("thing-unknown", detail, problems=[problem])


def count(edition: Edition, selection: Selection) -> int:
    """Count the observations of a selection; remembered, because every part of a list says it."""

    def ask() -> int:
        # Conditions are our own columns with bound numbers.
        sql = f"SELECT count(*) FROM {selection.source} WHERE {selection.where}"  # noqa: S608
        return int(edition.value(sql, selection.params, seconds=30.0))

    return edition.once(selection, ask)


def datasets_of(edition: Edition, selection: Selection) -> list[str]:
    """List the datasets that the observations of a selection are from."""

    def ask() -> list[str]:
        # Conditions are our own columns with bound numbers.
        sql = f"SELECT DISTINCT r.dataset FROM {selection.source} WHERE {selection.where}"  # noqa: S608
        names = load_codes(edition).values["dataset"]
        return sorted(names[row[0]] for row in edition.rows(sql, selection.params, seconds=30.0))

    return edition.once(("datasets", selection), ask)


def list_page(edition: Edition, selection: Selection, limit: int, after: Sequence[int] | None) -> list[Any]:
    """List up to `limit` coded rows, after the one whose key is given, in the selection's order."""
    sql, params = _statement(selection, after)
    return edition.rows(f"{sql} LIMIT ?", (*params, limit))


def stream(edition: Edition, selection: Selection, start: Sequence[int] | None = None) -> Iterator[list[Any]]:
    """Go through all coded rows of a selection, some hundreds at a time.

    start    the beginning of the key of the first row, where it is not the first of all
    """
    sql, params = _statement(selection, start, ">=")
    return edition.chunks(sql, params, size=500)


def _statement(
    selection: Selection, after: Sequence[int] | None, relation: str = ">"
) -> tuple[str, tuple[int, ...]]:
    key = ", ".join(f"r.{column}" for column in selection.order)
    where, params = selection.where, selection.params
    if after is not None:
        start = ", ".join(f"r.{column}" for column in selection.order[: len(after)])
        where += f" AND ({start}) {relation} ({', '.join('?' * len(after))})"
        params = (*params, *after)
    # Conditions and keys are our own columns with bound numbers.
    sql = (
        f"SELECT {_COLUMNS} FROM {selection.source} LEFT JOIN observation_notes AS n ON n.id = r.note"  # noqa: S608
        f" WHERE {where} ORDER BY {key}"
    )
    return sql, params


def key_of(row: Any, selection: Selection) -> tuple[int, ...]:
    """Give the key of a coded row, from which a later page goes on."""
    return tuple(row[column] for column in selection.order)


# What an observation says, in the order of its CSV columns. It only ever grows at the end.
FIELDS = (
    "dataset",
    "indicator",
    "indicator_label",
    "version",
    "area",
    "area_label",
    "period",
    "period_label",
    "breakdown",
    "breakdown_label",
    "value",
    "value_text",
    "unit",
    "status",
    "lower_limit",
    "upper_limit",
    "numerator",
    "denominator",
    "sample_size",
    "note",
    "uri",
)


def reader(edition: Edition) -> Callable[[Any], Row]:
    """Make the function that reads coded rows of an edition as FIELDS."""
    codes = load_codes(edition)
    definitions, areas = codes.values["definition"], codes.values["area"]
    datasets, periods = codes.values["dataset"], codes.values["period"]
    breakdowns, statuses = codes.values["breakdown"], codes.values["status"]
    indicator_labels, area_labels = codes.labels["indicator"], codes.labels["area"]
    period_labels, breakdown_labels = codes.labels["period"], codes.labels["breakdown"]
    start = f"{edition.base}id/observation/"

    def read(row: Any) -> Row:
        definition, period, breakdown, area, dataset, value, scale, status, *rest = row
        lower_limit, upper_limit, numerator, denominator, sample_size, note, value_text = rest
        if value is not None and value_text is None:
            value_text = print_value(value, scale)
        indicator, version = definitions[definition]
        dataset, area, period = datasets[dataset], areas[area], periods[period]
        breakdown = breakdowns[breakdown]
        uri = f"{start}{dataset}/{indicator}/{area}/{period}"
        return {
            "dataset": dataset,
            "indicator": indicator,
            "indicator_label": indicator_labels.get(indicator),
            "version": version,
            "area": area,
            "area_label": area_labels.get(area),
            "period": period,
            "period_label": period_labels.get(period),
            "breakdown": breakdown,
            "breakdown_label": breakdown_labels.get(breakdown),
            "value": value,
            "value_text": value_text,
            "unit": codes.units.get((indicator, version)),
            "status": statuses[status],
            "lower_limit": lower_limit,
            "upper_limit": upper_limit,
            "numerator": numerator,
            "denominator": denominator,
            "sample_size": sample_size,
            "note": note,
            "uri": f"{uri}/{breakdown.replace(';', '/')}" if breakdown else uri,
        }

    return read
