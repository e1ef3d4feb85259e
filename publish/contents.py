"""Harmonised tables become the contents of one edition: everything that its forms are written from.

In:   typed standard tables as Ibis expressions, the sources they were read from
Out:  Contents: each table as canonical text in key order, coded observations, and what follows from them

Canonical text: decimals in plain notation, dates as ISO 8601, truth as true and false, an empty cell null.
What follows is small: periods, breakdowns, the head of each indicator, the items of list fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from compare import council_figures, distributions
from ingest.harmonise import Tables
from ingest.period import Period, read_period
from publish.comparators import describe_comparators
from publish.engine import Engine
from publish.events import list_events
from publish.neighbours import GroupTables, work_out_neighbours
from publish.observations import Observations, code_observations
from publish.restating import restate_figures
from publish.signals import Register, work_out_signals
from publish.targets import NEEDED as ROWS_OF_TARGETS
from publish.targets import describe_targets
from schemas import Field, Model, TableSchema

Row = dict[str, Any]

# Where a row of a standard table came from: the number of the source, and the row in it.
PROVENANCE = ("_source", "_row")


@dataclass(frozen=True)
class Contents:
    """What one edition publishes, before any form of it is written.

    tables        each submitted table except observations, in key order: its columns as canonical text (list
                  fields as they were written), then _source (int32) and _row (int64)
    distributions, comparators
                  the derived tables of those names, in key order
    distributions the derived table of that name, in key order
    restated      the derived table restated_figures, in key order
    register      the derived tables of the early-warning register
    targets       the derived table target_progress, in key order
    area_types    for each indicator and kind of area with figures, how many areas have one, in key order
    sources       the files that were read, by number
    """

    title: str
    base: str
    product_version: str
    model: Model
    engine: Engine
    tables: Mapping[str, pa.Table]
    observations: Observations
    distributions: pa.Table
    comparators: pa.Table
    restated: pa.Table
    register: Register
    targets: pa.Table
    area_types: tuple[tuple[str, str, int], ...]
    sources: tuple[Row, ...]
    _rows: dict[str, list[Row]] = field(default_factory=dict)

    def rows(self, name: str) -> list[Row]:
        """Give a small table as Python rows, canonical text, in key order."""
        if name not in self._rows:
            self._rows[name] = self.tables[name].to_pylist()
        return self._rows[name]

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """Every period that something is said about, in order of time."""
        found = {notation for (notation,) in self.observations.lists["period"]}
        for schema in self.model.tables.values():
            for column in schema.fields:
                if column.form == "period" and schema.name in self.tables:
                    found.update(row[column.name] for row in self.rows(schema.name) if row[column.name])
        return tuple(sorted(map(read_period, found)))

    @cached_property
    def breakdowns(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """The pairs of dimension and code of every breakdown, by its text; "" has none."""
        return {
            text: tuple(_pair(item) for item in text.split(";")) if text else ()
            for (text,) in self.observations.lists["breakdown"]
        }

    @cached_property
    def breakdown_labels(self) -> Mapping[str, str]:
        """Each breakdown in words; "All" is not broken down."""
        lists = {row["dimension"]: row["code_list"] for row in self.rows("dimensions")}
        codes = {(row["code_list"], row["code"]): row["label"] for row in self.rows("codes")}
        return {
            text: ", ".join(codes[lists[name], code] for name, code in pairs) or "All"
            for text, pairs in self.breakdowns.items()
        }

    @cached_property
    def indicator_heads(self) -> tuple[Row, ...]:
        """Each indicator once, with the version that is in use now: indicator, version, label."""
        versions: dict[str, list[Row]] = {}
        for row in self.rows("indicators"):
            versions.setdefault(row["indicator"], []).append(row)
        newest = (max(rows, key=_standing) for rows in versions.values())
        return tuple({name: row[name] for name in ("indicator", "version", "label")} for row in newest)

    @cached_property
    def definition_events(self) -> tuple[Row, ...]:
        """What happened to definitions, newest first."""
        return tuple(
            list_events(self.rows("indicators"), self.rows("definition_stages"), self.rows("crosswalk"))
        )

    def items(self, table: str, column: str) -> list[tuple[Row, str, int]]:
        """Give the items of a list field: the row, the item, and its place from 1."""
        mark = self.model.tables[table].field(column).delimiter or ";"
        return [
            (row, item, place)
            for row in self.rows(table)
            for place, item in enumerate(_split(row[column], mark), start=1)
        ]

    @cached_property
    def dataset_dimensions(self) -> Mapping[str, tuple[str, ...]]:
        """The dimensions of each dataset's figures besides area, period and indicator, as it orders them."""
        found: dict[str, list[str]] = {row["dataset"]: [] for row in self.rows("datasets")}
        for row, item, _ in self.items("datasets", "dimensions"):
            found[row["dataset"]].append(item)
        return {dataset: tuple(items) for dataset, items in found.items()}

    @cached_property
    def dataset_sources(self) -> Mapping[str, tuple[int, ...]]:
        """The numbers of the sources that each dataset's figures came from."""
        names, found = self.observations.lists["dataset"], dict[str, list[int]]()
        for number, source in self.observations.origins:
            found.setdefault(names[number - 1][0], []).append(source)
        return {dataset: tuple(sources) for dataset, sources in found.items()}


@dataclass(frozen=True, slots=True)
class Heading:
    """What an edition says of itself besides its contents."""

    title: str
    base: str
    product_version: str


def gather_contents(
    engine: Engine,
    model: Model,
    heading: Heading,
    tables: Tables,
    sources: Iterable[Row],
) -> Contents:
    """Stage everything that an edition publishes.

    tables   harmonised standard tables
    sources  rows of the table sources, by number
    """
    observations = code_observations(engine, tables["observations"])
    canonical = {
        name: _canonical(model, schema, tables.arrow(name))
        for name, schema in model.tables.items()
        if name != "observations"
    }
    canonical["neighbours"] = _with_built_neighbours(engine, model, observations, canonical)
    coded = coded_tables(engine, observations, tables)
    figures = engine.keep("council_figures", council_figures(coded, TEXTS_OF_FIGURES))
    spread = _spelled_distributions(engine.read(distributions(figures)), observations.lists)
    rows = {name: canonical[name].to_pylist() for name in _ROWS_OF_COMPARATORS}
    compared = describe_comparators(engine, observations, coded["periods"], figures, rows, model)
    engine.drop("council_figures")
    kept: dict[str, list[Row]] = {}

    def rows_of(name: str) -> list[Row]:
        if name not in kept:
            kept[name] = canonical[name].to_pylist()
        return kept[name]

    asked = {
        # Without a target nothing else is needed.
        name: rows_of(name) if canonical["targets"].num_rows else []
        for name in ROWS_OF_TARGETS
    }
    progress = describe_targets(engine, model, observations, asked, compared)
    peers = {"comparators": compared, "distributions": spread, "progress": progress.to_pylist()}
    return Contents(
        title=heading.title,
        base=heading.base,
        product_version=heading.product_version,
        model=model,
        engine=engine,
        tables=canonical,
        observations=observations,
        distributions=spread,
        comparators=compared,
        restated=restate_figures(
            engine,
            model,
            observations,
            {name: canonical[name].to_pylist() for name in ("areas", "area_changes", "indicators")},
        ),
        register=work_out_signals(engine, model, observations, rows_of, peers),
        targets=progress,
        area_types=_count_area_types(engine, observations, tables["areas"]),
        sources=tuple(sorted(sources, key=lambda row: int(row["source"]))),
        _rows=kept,
    )


def _with_built_neighbours(
    engine: Engine, model: Model, observations: Observations, canonical: Mapping[str, pa.Table]
) -> pa.Table:
    """Give the table of neighbours with those that are worked out here."""
    given = canonical["neighbours"]
    if not canonical["group_inputs"].num_rows:
        return given
    names = ("groups", "group_inputs", "neighbours", "areas")
    rows = work_out_neighbours(
        engine, model, observations, GroupTables(*(canonical[name].to_pylist() for name in names))
    )
    whole = pa.concat_tables([given, pa.Table.from_pylist(rows, schema=given.schema)])
    return whole.sort_by([(name, "ascending") for name in model.tables["neighbours"].primary_key])


# What comparators are added up from beside the value, and the small tables that say who belongs to what.
TEXTS_OF_FIGURES = ("value_text", "numerator", "denominator")
_ROWS_OF_COMPARATORS = ("areas", "area_changes", "area_parents", "group_members", "indicators")


def coded_tables(
    engine: Engine, observations: Observations, tables: Mapping[str, ibis.Table]
) -> dict[str, ibis.Table]:
    """Give the tables that councils are compared by as codes, which is twice as fast as on texts."""
    area, definition, status = (observations.lookups[name] for name in ("area", "definition", "status"))
    periods = [read_period(text) for (text,) in observations.lists["period"]]
    ends = pa.table(
        {
            "period": pa.array(range(1, len(periods) + 1), pa.int32()),
            "end_on": pa.array([period.end_on for period in periods], pa.date32()),
        }
    )
    no_version = ibis.literal(0, "int32")
    rows = observations.rows
    rows = rows.join(status, rows.status == status.status_number)
    areas, indicators = tables["areas"], tables["indicators"]
    areas = areas.join(area, areas.area == area.area_area)
    indicators = indicators.join(
        definition,
        [
            indicators.indicator == definition.definition_indicator,
            indicators.version == definition.definition_version,
        ],
    )
    return {
        "observations": rows.select(
            "dataset",
            *TEXTS_OF_FIGURES,
            indicator="definition",
            version=no_version,
            period="period",
            breakdown="breakdown",
            area="area",
            value="value",
            status="status_status",
        ),
        "areas": areas.select("area_type", "start_on", "end_on", area="area_number"),
        "indicators": indicators.select("tier", indicator="definition_number", version=no_version),
        "periods": engine.load("period_ends", ends),
        "area_changes": _coded_changes(tables["area_changes"], area),
    }


def _count_area_types(
    engine: Engine, observations: Observations, areas: ibis.Table
) -> tuple[tuple[str, str, int], ...]:
    """Count the areas of each kind that have figures of an indicator, whatever the version and the period."""
    area, definition = observations.lookups["area"], observations.lookups["definition"]
    pairs = (
        observations.rows.filter(observations.rows.is_missing == 0).select("definition", "area").distinct()
    )
    pairs = pairs.join(area, pairs.area == area.area_number)
    pairs = pairs.join(definition, pairs.definition == definition.definition_number)
    kinds = areas.select("area_type", area_code=areas.area)
    found = engine.read(
        pairs.join(kinds, pairs.area_area == kinds.area_code)
        .select("area_type", "area_code", indicator="definition_indicator")
        .distinct()
        .group_by(["indicator", "area_type"])
        .agg(area_count=ibis._.count())
    )
    columns = (found[name].to_pylist() for name in ("indicator", "area_type", "area_count"))
    return tuple(sorted(zip(*columns, strict=True)))


def _coded_changes(changes: ibis.Table, area: ibis.Table) -> ibis.Table:
    """Give the changes between areas that have figures, as codes."""
    later = changes.join(area, [("to_area", "area_area")]).select("from_area", to_number="area_number")
    both = later.join(area.view(), [("from_area", "area_area")])
    return both.select(from_area="area_number", to_area="to_number")


def _spelled_distributions(table: pa.Table, lists: Mapping[str, tuple[tuple[str, ...], ...]]) -> pa.Table:
    """Put texts in the place of codes, and the rows into key order."""
    spelled = {}
    for name, column, at in (
        ("dataset", "dataset", 0),
        ("definition", "indicator", 0),
        ("definition", "version", 1),
        ("period", "period", 0),
        ("breakdown", "breakdown", 0),
    ):
        numbers = table["indicator" if name == "definition" else column].to_pylist()
        spelled[column] = pa.array([lists[name][number - 1][at] for number in numbers], pa.string())
    rest = {name: table[name] for name in table.column_names if name not in spelled}
    key = ("dataset", "indicator", "version", "period", "breakdown", "tier")
    return pa.table(spelled | rest).sort_by([(name, "ascending") for name in key])


def _canonical(model: Model, schema: TableSchema, given: pa.Table) -> pa.Table:
    """Turn one table into canonical text in key order, the built-in code lists with it."""
    form = pa.schema(
        [*((name, pa.string()) for name in schema.field_names), ("_source", pa.int32()), ("_row", pa.int64())]
    )
    table = _as_texts(given, form)
    if built_in := _built_in_rows(model, schema.name):
        key = schema.primary_key
        known = {tuple(row[name] for name in key) for row in built_in}
        own = [row for row in table.to_pylist() if tuple(row[name] for name in key) not in known]
        table = pa.Table.from_pylist([*built_in, *own], schema=form)
    rest = (name for name in schema.field_names if name not in schema.primary_key)
    return table.sort_by([(name, "ascending") for name in (*schema.primary_key, *rest)])


def _as_texts(table: pa.Table, form: pa.Schema) -> pa.Table:
    """Turn typed columns into canonical text; a column that is not there is empty."""
    columns = []
    for wanted in form:
        if wanted.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, wanted.type))
            continue
        cells = table[wanted.name].combine_chunks()
        if pa.types.is_floating(cells.type):
            # Engines and libraries write floats differently, so Python does it.
            numbers = [None if value is None else plain_number(value) for value in cells.to_pylist()]
            cells = pa.array(numbers, pa.string())
        elif wanted.type == pa.string():
            cells = cells.cast(pa.string())
            cells = pc.if_else(pc.equal(cells, ""), None, cells)
        columns.append(cells.cast(wanted.type))
    return pa.Table.from_arrays(columns, schema=form)


def plain_number(value: float) -> str:
    """Write a number in plain decimal notation, without an exponent or a needless zero.

    >>> plain_number(0.00001), plain_number(5.0), plain_number(-0.0), plain_number(1e22)
    ('0.00001', '5', '0', '10000000000000000000000')
    """
    text = format(Decimal(repr(value)), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _built_in_rows(model: Model, table: str) -> list[Row]:
    """Give the rows that the model's own code lists add to the tables of code lists and codes."""
    if table == "code_lists":
        return [
            {"code_list": own.code_list, "label": own.label, "definition": own.definition}
            for own in model.code_lists.values()
        ]
    if table == "codes":
        return [
            {
                "code_list": own.code_list,
                "code": code.code,
                "label": code.label,
                "definition": code.definition,
                "sort_order": str(place),
                "symbol": code.more.get("symbol") or None,
            }
            for own in model.code_lists.values()
            for place, code in enumerate(own.codes, start=1)
        ]
    return []


def _standing(version: Row) -> tuple[bool, tuple[int, ...]]:
    """Order versions of one indicator: those in use after those that are not, then by number."""
    return version["status"] == "current", tuple(int(part) for part in version["version"].split("."))


def _pair(item: str) -> tuple[str, str]:
    dimension, _, code = item.partition("=")
    return dimension, code


def _split(cell: str | None, mark: str) -> Sequence[str]:
    return [item for item in re.split(rf"\s*{re.escape(mark)}\s*", cell.strip()) if item] if cell else ()


def path_columns(model: Model, schema: TableSchema) -> tuple[Field, ...]:
    """Give the columns of a table that become parts of addresses."""
    paths = [schema.subject, *(model.link(schema, column) or "" for column in schema.fields)]
    named = {name for path in paths for name in re.findall(r"{(\w+)}", path)}
    return tuple(column for column in schema.fields if column.name in named)
