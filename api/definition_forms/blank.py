"""What a figure of exactly one version of an indicator may hold, column by column.

In:   the version's row, the columns of the table observations, the figures already published
Out:  Blank: the columns that apply, each a Field with the codes and bounds of this version

A bound or a list here is never narrower than what is published: whatever an edition says of the indicator
passes. Which columns apply follows from the definition, or from figures that have them already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from api.definition_forms.periods import is_whole_list, list_periods, period_text, read_published
from api.edition import Edition
from api.observations import Filters, Row, datasets_of, list_page, load_codes, reader, select
from api.pages.definitions import MONTHS_BETWEEN
from api.pages.places import types_of_tier
from ingest.period import Period
from publish.rows import kept_in
from schemas import Code, Field, TableSchema, load_model

# A list of more areas than this is a register, not a list to choose from.
MOST_AREAS = 2_000

# Seconds to look through all figures of an indicator; done once for an edition.
_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Item:
    """One value that may be written, and what it means in words."""

    text: str
    words: str


@dataclass(frozen=True, slots=True)
class Dimension:
    """What figures are broken down by. An empty cell stands for the total."""

    dimension: str
    label: str
    definition: str
    code_list: str
    codes: tuple[Item, ...]
    total: str | None


@dataclass(frozen=True)
class Blank:
    """What a figure of one version may hold.

    row          the version's row of the table indicators
    uri          of the version
    schema       the table observations with the columns that apply; a dimension's is after the period
    areas        of the tier that answers, those that still exist first
    known_areas  codes of these and of all other areas that have a figure; None where they are too many
    periods      newest first; `is_whole` says that there are no others
    bounds       the least and the most that the value can be
    example      a published figure as it would be written, by column; {} where there is none
    """

    row: Mapping[str, Any]
    uri: str
    unit_label: str
    owner_label: str
    schema: TableSchema
    datasets: tuple[Item, ...]
    areas: tuple[Item, ...]
    known_areas: tuple[str, ...] | None
    periods: tuple[Period, ...]
    is_whole: bool
    dimensions: tuple[Dimension, ...]
    bounds: tuple[float | None, float | None]
    example: Mapping[str, Any]
    edition: str
    base: str

    @property
    def indicator(self) -> str:
        return str(self.row["indicator"])

    @property
    def version(self) -> str:
        return str(self.row["version"])

    @property
    def label(self) -> str:
        return str(self.row["label"])

    @property
    def made_on(self) -> date:
        """The day of the edition."""
        return date.fromisoformat(self.edition[:10])

    @property
    def valid_from(self) -> date:
        return date.fromisoformat(self.row["valid_from"])

    @property
    def period_kind(self) -> Code:
        return load_model().code_lists["period-kind"].code(self.row["period_kind"])

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.schema.fields

    def dimension_of(self, column: str) -> Dimension | None:
        """Find the dimension that a column holds."""
        return next((one for one in self.dimensions if one.dimension == column), None)

    def started(self) -> dict[str, str]:
        """Start a row: what is the same in every figure of this version."""
        started = {"indicator": self.indicator, "version": self.version}
        if len(self.datasets) == 1:
            started["dataset"] = self.datasets[0].text
        return started


def statuses(value: str | None = None) -> list[str]:
    """List the codes of statuses, or those that need a value ("required") or permit none ("absent")."""
    codes = load_model().code_lists["status"].codes
    return [code.code for code in codes if value is None or code.more["value"] == value]


def bounds_of(row: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Say between which numbers a value lies.

    A percentage is 0 to 100; a definition that gives one bound itself says that the other has no limit.

    >>> bounds_of({"unit": "percent", "lowest": None, "highest": None})
    (0, 100)
    >>> bounds_of({"unit": "percent", "lowest": 0.0, "highest": None})
    (0, None)
    """
    lowest, highest = row["lowest"], row["highest"]
    if row["unit"] == "percent" and lowest is None and highest is None:
        return 0, 100
    return _short(lowest), _short(highest)


def _short(number: float | None) -> float | None:
    """Write a whole number without a point."""
    return int(number) if number is not None and number == int(number) else number


def load_blank(edition: Edition, row: Mapping[str, Any]) -> Blank:
    """Work out what a figure of a version may hold; kept while the edition is in use."""
    key = ("blank", row["indicator"], row["version"])
    return edition.once(key, lambda: _make_blank(edition, dict(row)))


def _make_blank(edition: Edition, row: Mapping[str, Any]) -> Blank:
    seen = _look(edition, str(row["indicator"]))
    titles = {one["dataset"]: one["title"] for one in edition.rows("SELECT dataset, title FROM datasets")}
    datasets = tuple(Item(name, titles.get(name, name)) for name in seen.datasets)
    dimensions = tuple(_dimensions(edition, seen))
    valid = (date.fromisoformat(row["valid_from"]), _day(row["valid_to"]))
    made_on = date.fromisoformat(edition.name[:10])
    step = MONTHS_BETWEEN.get(row["frequency"])
    periods = list_periods(row["period_kind"], valid, read_published(seen.periods), made_on, step)
    areas = tuple(_areas(edition, row, valid))
    known = sorted({one.text for one in areas} | set(seen.areas))
    known_areas = tuple(known) if 0 < len(known) <= MOST_AREAS else None
    bounds = bounds_of(row)
    columns = _columns(row, seen)
    lists = {
        "dataset": [one.text for one in datasets],
        "indicator": [str(row["indicator"])],
        "version": [str(row["version"])],
        "area": list(known_areas or ()),
    }
    unit = edition.value("SELECT label FROM codes WHERE code_list = 'unit' AND code = ?", (row["unit"],))
    schema = load_model().tables["observations"]
    fields = []
    for field in schema.fields:
        if field.name not in columns:
            continue
        if lists.get(field.name):
            field = replace(field, enum=tuple(lists[field.name]), pattern=None)
        if field.name == "dataset" and datasets:
            field = replace(field, required=True)
        if field.name == "value":
            field = replace(field, minimum=bounds[0], maximum=bounds[1])
        fields.append(replace(field, description=_describe(field, row, unit)))
        if field.name == "period":
            fields += [_dimension_field(one) for one in dimensions]
    owner = edition.value("SELECT label FROM bodies WHERE body = ?", (row["owner"],))
    return Blank(
        row=row,
        uri=edition.uri("indicator", str(row["indicator"]), f"v{row['version']}"),
        unit_label=unit or row["unit"],
        owner_label=owner or row["owner"],
        schema=replace(
            schema,
            fields=tuple(fields),
            primary_key=(*schema.primary_key, *(one.dimension for one in dimensions)),
            foreign_keys=(),
        ),
        datasets=datasets,
        areas=areas,
        known_areas=known_areas,
        periods=periods,
        is_whole=is_whole_list(row["period_kind"], periods),
        dimensions=dimensions,
        bounds=bounds,
        example=_example(edition, row, columns, dimensions),
        edition=edition.name,
        base=edition.base,
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the published figures of an indicator have, in whichever version."""

    datasets: Sequence[str]
    areas: Sequence[str]
    periods: Sequence[str]
    breakdowns: Sequence[str]
    columns: frozenset[str]


_OPTIONAL = ("lower_limit", "upper_limit", "numerator", "denominator", "sample_size")


def _look(edition: Edition, indicator: str) -> _Seen:
    return edition.once(("seen", indicator), lambda: _look_through(edition, indicator))


def _look_through(edition: Edition, indicator: str) -> _Seen:
    """Look through the figures of an indicator for what they have."""
    codes = load_codes(edition)
    numbers = codes.definitions.get(indicator, ())
    marks = ",".join("?" * len(numbers))

    def distinct(column: str) -> list[str]:
        # A column of our own; the marks are question marks only.
        sql = f"SELECT DISTINCT {column} FROM observation_rows WHERE definition IN ({marks})"  # noqa: S608
        values = codes.values[column]
        return sorted(values[row[0]] for row in edition.rows(sql, numbers, seconds=_SECONDS))

    counts = ", ".join(f"count({kept_in(column)})" for column in _OPTIONAL)
    sql = f"SELECT {counts} FROM observation_rows WHERE definition IN ({marks})"  # noqa: S608 - as above
    (found,) = edition.rows(sql, numbers, seconds=_SECONDS)
    return _Seen(
        datasets=datasets_of(edition, select(edition, Filters(indicators=(indicator,)))) if numbers else (),
        areas=distinct("area"),
        periods=distinct("period"),
        breakdowns=distinct("breakdown"),
        columns=frozenset(column for column, count in zip(_OPTIONAL, found, strict=True) if count),
    )


def _columns(row: Mapping[str, Any], seen: _Seen) -> frozenset[str]:
    """Say which columns apply: those every figure has, and those that the definition or a figure has."""
    told = {"dataset", "indicator", "version", "area", "period", "value", "status", "note"} | seen.columns
    told |= {column for column in ("numerator", "denominator") if row[column]}
    if row["uncertainty_method"] or "lower_limit" in told or "upper_limit" in told:
        told |= {"lower_limit", "upper_limit"}
    if row["uncertainty_method"] or row["evidence"] in ("perception", "experience"):
        told.add("sample_size")
    return frozenset(told)


def _describe(field: Field, row: Mapping[str, Any], unit: str | None) -> str:
    """Describe a column as this definition fills it, where the table can only say it of all."""
    if field.name == "value":
        return f"{field.description} Unit: {unit or row['unit']}."
    if field.name == "period":
        kind = load_model().code_lists["period-kind"].code(row["period_kind"])
        return f"The period. {kind.label}: {kind.definition}"
    if field.name in ("numerator", "denominator") and row[field.name]:
        return f"{field.description.rstrip('.')}: {row[field.name]}"
    return field.description


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _areas(edition: Edition, row: Mapping[str, Any], valid: tuple[date, date | None]) -> Iterable[Item]:
    """List the areas of the tier that answers which existed while the version counted."""
    types = types_of_tier(row["tier"])
    first, last = valid
    marks = ",".join("?" * len(types))
    rows = edition.rows(
        # The marks are question marks only.
        "SELECT area, coalesce(everyday_label, label) AS name, end_on FROM areas"  # noqa: S608
        f" WHERE area_type IN ({marks}) AND coalesce(end_on, '9999') >= ? AND coalesce(start_on, '') <= ?"
        " ORDER BY end_on IS NOT NULL, name, area LIMIT ?",
        (*types, first.isoformat(), (last or date.max).isoformat(), MOST_AREAS),
    )
    for one in rows:
        ended = f", until {one['end_on']}" if one["end_on"] else ""
        yield Item(one["area"], f"{one['name']}{ended}")


def _dimensions(edition: Edition, seen: _Seen) -> Iterable[Dimension]:
    """List what the figures of an indicator are broken down by, in the order of their names."""
    names = sorted({pair.partition("=")[0] for text in seen.breakdowns for pair in text.split(";") if pair})
    for name in names:
        row = edition.row("SELECT * FROM dimensions WHERE dimension = ?", (name,))
        if row is None:
            continue
        codes = edition.rows(
            "SELECT code, label, definition, is_total FROM codes WHERE code_list = ?"
            " ORDER BY sort_order IS NULL, sort_order, code LIMIT 5000",
            (row["code_list"],),
        )
        yield Dimension(
            dimension=name,
            label=row["label"],
            definition=row["definition"],
            code_list=row["code_list"],
            codes=tuple(
                Item(one["code"], one["label"] + (f": {one['definition']}" if one["definition"] else ""))
                for one in codes
            ),
            total=next((one["code"] for one in codes if one["is_total"]), None),
        )


def _dimension_field(one: Dimension) -> Field:
    return Field(
        name=one.dimension,
        title=one.label,
        description=f"{one.definition} Empty where the figure is not broken down by it.",
        type="string",
        enum=tuple(code.text for code in one.codes) or None,
    )


def _example(
    edition: Edition, row: Mapping[str, Any], columns: frozenset[str], dimensions: Sequence[Dimension]
) -> Row:
    """Take a published figure for an example, written as a publisher may write it."""
    version = (row["indicator"], row["version"])
    definitions = load_codes(edition).values["definition"]
    if version not in definitions:
        return {}
    every = select(edition, Filters(indicators=(str(row["indicator"]),)))
    number = definitions.index(version)
    own = replace(every, where="r.definition = ? AND r.digits IS NOT NULL", params=(number,))
    found = list_page(edition, own, 1, None)
    if not found:
        return {}
    item = reader(edition)(found[0])
    told = {column: item[column] for column in columns if item.get(column) is not None}
    told["value"] = item["value_text"]
    (period,) = read_published([item["period"]])
    told["period"] = period_text(period)
    pairs = dict(pair.split("=") for pair in item["breakdown"].split(";") if pair)
    return told | {one.dimension: pairs[one.dimension] for one in dimensions if one.dimension in pairs}
