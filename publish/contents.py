"""Harmonised tables become the contents of one edition: everything that its forms are written from.

In:   typed standard tables as Ibis expressions, the sources they were read from
Out:  Contents: each table as canonical text in key order, coded observations, and what follows from them

What follows is small: periods, breakdowns, the head of each indicator, the items of list fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from compare import council_figures, distributions, tiers_of_types
from ingest.engine import Engine
from ingest.expressions import expression, ibis
from ingest.harmonise import Tables
from ingest.passing import MadeOf
from ingest.period import Period, read_period
from publish.canonical import canonical_table
from publish.carried import Carried
from publish.comparators import KEY as KEY_OF_COMPARATORS
from publish.comparators import describe_comparators
from publish.events import list_events
from publish.judgements import list_recomputed, list_shares
from publish.neighbours import GroupTables, work_out_neighbours
from publish.observations import Before, Observations, code_observations, with_statuses
from publish.restating import KEY as KEY_OF_RESTATED
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
    sources       the files that were read, by number
    given         the typed tables that it was gathered from
    carried       what need not be worked out, because the edition before has it
    made_of       what the figures are made of, where that is known

    What follows from these is worked out when it is first asked for: what is needed early need not wait for it.
    """

    title: str
    base: str
    product_version: str
    model: Model
    engine: Engine
    tables: Mapping[str, pa.Table]
    observations: Observations
    sources: tuple[Row, ...]
    given: Mapping[str, ibis.Table]
    carried: Carried = field(default_factory=Carried)
    made_of: MadeOf | None = None
    _rows: dict[str, list[Row]] = field(default_factory=dict)

    def rows(self, name: str) -> list[Row]:
        """Give a small table as Python rows, canonical text, in key order."""
        if name not in self._rows:
            self._rows[name] = self.tables[name].to_pylist()
        return self._rows[name]

    @cached_property
    def _spread_and_compared(self) -> tuple[pa.Table, pa.Table]:
        """The two tables that come from the figures of councils, which are found once for both."""
        observations = self.carried.fresh(self.observations)
        coded = coded_tables(self.engine, observations, self.given)
        figures = self.engine.keep("council_figures", council_figures(coded, TEXTS_OF_FIGURES))
        spread = _spelled_distributions(self.engine.read(distributions(figures)), self.observations.lists)
        rows = {name: self.rows(name) for name in _ROWS_OF_COMPARATORS}
        compared = describe_comparators(self.engine, observations, coded, figures, rows, self.model)
        self.engine.drop("council_figures")
        return (
            self.carried.join("distributions", spread, _KEY_OF_DISTRIBUTIONS),
            self.carried.join("comparators", compared, KEY_OF_COMPARATORS),
        )

    @property
    def distributions(self) -> pa.Table:
        """The derived table of that name, in key order."""
        return self._spread_and_compared[0]

    @property
    def comparators(self) -> pa.Table:
        """The derived table of that name, in key order."""
        return self._spread_and_compared[1]

    @cached_property
    def restated(self) -> pa.Table:
        """The derived table restated_figures, in key order."""
        rows = {name: self.rows(name) for name in ("areas", "area_changes", "indicators")}
        fresh = self.carried.fresh(self.observations)
        restated = restate_figures(self.engine, self.model, fresh, rows)
        return self.carried.join("restated", restated, tuple(KEY_OF_RESTATED))

    @cached_property
    def targets(self) -> pa.Table:
        """The derived table target_progress, in key order."""
        asked = {
            # Without a target nothing else is needed.
            name: self.rows(name) if self.tables["targets"].num_rows else []
            for name in ROWS_OF_TARGETS
        }
        return describe_targets(self.engine, self.model, self.observations, asked, self.comparators)

    @cached_property
    def register(self) -> Register:
        """The derived tables of the early-warning register."""
        peers = {
            "comparators": self.comparators,
            "distributions": self.distributions,
            "progress": self.targets.to_pylist(),
        }
        return work_out_signals(self.engine, self.model, self.observations, self.rows, peers)

    @cached_property
    def area_types(self) -> tuple[tuple[str, str, int], ...]:
        """For each indicator and kind of area with figures, how many areas have one, in key order."""
        return _count_area_types(self.observations, self.rows("areas"))

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

    @cached_property
    def recomputed_grades(self) -> tuple[Row, ...]:
        """Grades worked out again from the parts of their inspections, in key order."""
        return tuple(list_recomputed(self))

    @cached_property
    def grade_shares(self) -> tuple[Row, ...]:
        """How many bodies stand at each grade, in key order."""
        return tuple(list_shares(self))

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
    made_of: MadeOf | None = None,
    before: Before | None = None,
) -> Contents:
    """Stage everything that an edition publishes.

    tables   harmonised standard tables
    sources  rows of the table sources, by number
    made_of  what the figures are made of, where that is known
    before   the coded rows that are not among the tables, because they are what they were
    """
    observations = code_observations(engine, tables.observed or tables["observations"], before)
    canonical = {
        name: canonical_table(model, schema, tables.arrow(name))
        for name, schema in model.tables.items()
        if name != "observations"
    }
    canonical["neighbours"] = _with_built_neighbours(engine, model, observations, canonical)
    return Contents(
        title=heading.title,
        base=heading.base,
        product_version=heading.product_version,
        model=model,
        engine=engine,
        tables=canonical,
        observations=observations,
        sources=tuple(sorted(sources, key=lambda row: int(row["source"]))),
        given=tables,
        made_of=made_of,
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


_KEY_OF_DISTRIBUTIONS = ("dataset", "indicator", "version", "period", "breakdown", "tier")

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
    return {
        "observations": with_statuses(observations.rows, status, TEXTS_OF_FIGURES),
        "areas": coded_areas(tables["areas"], area),
        "indicators": coded_indicators(tables["indicators"], definition),
        "periods": engine.load("period_ends", ends),
        "area_changes": coded_changes(tables["area_changes"], area),
        "tiers": engine.load("tiers_of_types", tiers_of_types()),
    }


@expression
def coded_areas(areas: ibis.Table, area: ibis.Table) -> ibis.Table:
    """Give the areas that have figures, as codes."""
    areas = areas.join(area, areas.area == area.area_area)
    return areas.select("area_type", "start_on", "end_on", area="area_number")


@expression
def coded_indicators(indicators: ibis.Table, definition: ibis.Table) -> ibis.Table:
    """Give the definitions that have figures, as codes."""
    indicators = indicators.join(
        definition,
        [
            indicators.indicator == definition.definition_indicator,
            indicators.version == definition.definition_version,
        ],
    )
    return indicators.select("tier", indicator="definition_number", version=ibis.literal(0, "int32"))


def _count_area_types(observations: Observations, areas: Iterable[Row]) -> tuple[tuple[str, str, int], ...]:
    """Count the areas of each kind that have figures of an indicator, whatever the version and the period."""
    lists, series = observations.lists, observations.counts.series
    numbers = {area: number for number, (area,) in enumerate(lists["area"], start=1)}
    of_kind: dict[str, Any] = {}
    for row in areas:
        if row["area"] in numbers:
            known = of_kind.setdefault(row["area_type"], np.zeros(len(numbers) + 1, dtype=bool))
            known[numbers[row["area"]]] = True
    indicators = sorted({indicator for indicator, _ in lists["definition"]})
    places = {indicator: place for place, indicator in enumerate(indicators)}
    owners = np.array([0, *(places[indicator] for indicator, _ in lists["definition"])])
    has_value = series["values"] > 0
    pairs = np.unique(
        owners[series["definition"][has_value]] * (len(numbers) + 1) + series["area"][has_value]
    )
    owner, area = np.divmod(pairs, len(numbers) + 1)
    counts = {
        kind: np.bincount(owner[known[area]], minlength=len(indicators)).tolist()
        for kind, known in sorted(of_kind.items())
    }
    return tuple(
        (indicator, kind, counted[place])
        for place, indicator in enumerate(indicators)
        for kind, counted in counts.items()
        if counted[place]
    )


@expression
def coded_changes(changes: ibis.Table, area: ibis.Table) -> ibis.Table:
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
    return pa.table(spelled | rest).sort_by([(name, "ascending") for name in _KEY_OF_DISTRIBUTIONS])


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
