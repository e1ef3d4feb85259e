"""Targets and figures become what became of each target, as a derived table.

In:   coded observations, the canonical tables of targets, areas, bodies, groups and definitions, and comparators
Out:  the table target_progress in key order

Which figures a target needs is gathered here, a few for each; whether it is met is decided on small values by
compare.targets, with the same ranges that pages show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import pyarrow as pa

from compare import Level, Membership, memberships
from compare.targets import FEWEST_FOR_PERCENTILE, Judged, Target, judge
from compare.verdict import Step, level_of_versions
from ingest.engine import Engine
from ingest.period import Period, read_period, year_before
from ingest.resolve import read_numbers
from publish.comparators import council_types
from publish.observations import Observations
from publish.target_figures import Figures, Reading, read_decimal
from schemas import Model

Row = dict[str, Any]
Tables = Mapping[str, Sequence[Row]]

_TYPES = {"string": pa.string(), "number": pa.float64(), "integer": pa.int64(), "boolean": pa.int64()}

# The submitted tables that say what targets ask, of whom, and measured from what.
NEEDED = (
    *("targets", "areas", "area_parents", "body_areas", "groups", "group_members", "neighbours"),
    "indicators",
)


def form_of(model: Model) -> pa.Schema:
    """Give the columns of the derived table, typed."""
    fields = model.derived["target_progress"].fields
    return pa.schema([(field.name, _TYPES[field.type]) for field in fields])


def describe_targets(
    engine: Engine, model: Model, observations: Observations, tables: Tables, comparators: pa.Table
) -> pa.Table:
    """Say what became of every target.

    tables        canonical rows of NEEDED
    comparators   the derived table of that name
    """
    if not tables["targets"]:
        return form_of(model).empty_table()
    world = _World(engine, model, observations, tables, comparators)
    rows = [row for target in tables["targets"] for row in world.judge(target)]
    rows.sort(key=lambda row: (row["target"], row["area"] or ""))
    return pa.Table.from_pylist(rows, schema=form_of(model))


class _World:
    """All that targets are judged by. What only some kinds of target need is worked out when one is met."""

    def __init__(
        self,
        engine: Engine,
        model: Model,
        observations: Observations,
        tables: Tables,
        comparators: pa.Table,
    ) -> None:
        self.model, self.tables, self.comparators = model, tables, comparators
        self.types = {row["area"]: row["area_type"] for row in tables["areas"]}
        self.replaced = {row["replaces"]: row["target"] for row in tables["targets"] if row["replaces"]}
        self.definitions = {(row["indicator"], row["version"]): row for row in tables["indicators"]}
        self.bodies: dict[str, list[Row]] = {}
        self.governed: dict[str, list[Row]] = {}
        for row in tables["body_areas"]:
            self.bodies.setdefault(row["area"], []).append(row)
            self.governed.setdefault(row["body"], []).append(row)
        self.periods = [read_period(text) for (text,) in observations.lists["period"]]
        self.figures = Figures(engine, observations, self.definitions, self._cells(), self._areas())

    def _cells(self) -> set[tuple[str, str]]:
        """Name the indicators and periods whose figures some target needs."""
        cells = set()
        for row in self.tables["targets"]:
            cells.add((row["indicator"], row["period"]))
            if row["baseline_period"]:
                cells.add((row["indicator"], row["baseline_period"]))
            if row["basis"] == "own-last-year" and (before := self._year_before(row)):
                cells.add((row["indicator"], before.notation))
        return cells

    def _areas(self) -> set[str]:
        """Name the areas whose figures some target needs."""
        areas: set[str] = set()
        for row in self.tables["targets"]:
            if row["area"]:
                areas.add(row["area"])
            elif row["body"]:
                areas.update(one["area"] for one in self.governed.get(row["body"], ()))
            else:
                areas |= self.councils
            if row["basis"] == "percentile":
                for table, column in (("group_members", "area"), ("neighbours", "neighbour")):
                    rows = self.tables[table]
                    areas.update(one[column] for one in rows if one["group"] == row["group"])
        return areas

    @cached_property
    def councils(self) -> set[str]:
        types = council_types(self.model)
        return {area for area, area_type in self.types.items() if area_type in types}

    @cached_property
    def belonging(self) -> Mapping[tuple[str, str], Sequence[Membership]]:
        """Give the memberships in nations by area, and those in groups by the group."""
        found: dict[tuple[str, str], list[Membership]] = {}
        areas, parents, members = (self.tables[name] for name in ("areas", "area_parents", "group_members"))
        for one in memberships(areas, parents, members, council_types(self.model)):
            if one.kind in {"nation", "group"}:
                key = one.area if one.kind == "nation" else one.comparator
                found.setdefault((one.kind, key), []).append(one)
        return found

    @cached_property
    def nations(self) -> Mapping[tuple[str, str, str], Sequence[Row]]:
        """Give the comparators of nations by indicator, period and nation."""
        columns = ("indicator", "version", "period", "breakdown", "kind", "comparator", "tier")
        wanted = {row["indicator"] for row in self.tables["targets"] if row["basis"] == "national-last-year"}
        found: dict[tuple[str, str, str], list[Row]] = {}
        for row in self.comparators.select([*columns, "value", "method"]).to_pylist():
            if row["kind"] == "nation" and row["indicator"] in wanted and not row["breakdown"]:
                found.setdefault((row["indicator"], row["period"], row["comparator"]), []).append(row)
        return found

    def judge(self, row: Row) -> Iterator[Row]:
        """Judge a target for each area that it is for."""
        period = read_period(row["period"])
        target = Target(row["test"], row["basis"], Decimal(row["value"]), read_decimal(row["upper_value"]))
        for area in self._areas_of(row, period):
            figure = self.figures.find(row["indicator"], row["period"], area)
            baseline = self._baseline(row, area, figure)
            benchmark = self._benchmark(row, period, area, figure)
            judged = judge(
                target,
                figure.value if figure else None,
                figure.limits if figure else None,
                measured_from=benchmark.figures,
                baseline=baseline,
                is_as_defined=figure is None or figure.status != "definition-differs",
            )
            yield self._write(row, period, area, figure, benchmark, baseline, judged)

    def _areas_of(self, row: Row, period: Period) -> Sequence[str | None]:
        """List the areas that a target is for: its own, those of its body, or every council with a figure."""
        if row["area"]:
            return [row["area"]]
        if row["body"]:
            links = self.governed.get(row["body"], ())
            return sorted({link["area"] for link in links if _holds(link, period)}) or [None]
        found = self.figures.areas_of(row["indicator"], row["period"]) & self.councils
        return sorted(found) or [None]

    def _body_of(self, row: Row, area: str | None, period: Period) -> str | None:
        """Name the body that is to reach a target: its own, else the one council of the area."""
        if row["body"] or area is None:
            return row["body"] or None
        found = {link["body"] for link in self.bodies.get(area, ()) if _holds(link, period)}
        return found.pop() if len(found) == 1 else None

    def _year_before(self, row: Row) -> Period | None:
        return year_before(read_period(row["period"]), self.periods)

    def _baseline(self, row: Row, area: str | None, figure: Reading | None) -> Decimal | None:
        if not row["baseline_period"]:
            return None
        found = self.figures.find(row["indicator"], row["baseline_period"], area)
        return found.value if found and self._are_alike(row["indicator"], found.version, figure) else None

    def _are_alike(self, indicator: str, version: str, figure: Reading | None) -> bool:
        """Say whether a figure of one version may stand beside the figure of the target."""
        if figure is None or figure.version == version:
            return True
        return level_of_versions(version, figure.version, self._steps(indicator)) < Level.NOT_COMPARABLE

    def _steps(self, indicator: str) -> list[Step]:
        rows = sorted(
            (row for row in self.tables["indicators"] if row["indicator"] == indicator),
            key=lambda row: read_numbers(row["version"]),
        )
        return [Step(row["version"], row["comparable_with_previous"]) for row in rows]

    def _benchmark(self, row: Row, period: Period, area: str | None, figure: Reading | None) -> _Benchmark:
        """Find the figures that a target is measured from."""
        if row["basis"] == "absolute":
            return _Benchmark("as-set")
        if row["basis"] == "percentile":
            figures = [
                found.value
                for member in self._members(row["group"], area, period)
                if (found := self.figures.find(row["indicator"], row["period"], member)) is not None
                and found.value is not None
                and found.status != "definition-differs"
                and self._are_alike(row["indicator"], found.version, figure)
            ]
            enough = len(figures) >= FEWEST_FOR_PERCENTILE
            return _Benchmark("group-percentile" if enough else None, tuple(figures))
        before = self._year_before(row)
        if before is None:
            return _Benchmark(None)
        if row["basis"] == "own-last-year":
            own = self.figures.find(row["indicator"], before.notation, area)
            usable = own and own.status != "definition-differs"
            if (
                own
                and usable
                and own.value is not None
                and self._are_alike(row["indicator"], own.version, figure)
            ):
                return _Benchmark("own-figure", (own.value,), before.notation)
            return _Benchmark(None, (), before.notation)
        return self._national(row, before, area, figure)

    def _members(self, group: str, area: str | None, period: Period) -> list[str]:
        """List who is in a group on the last day of a period, or whom it gives an area as neighbours."""
        members = {
            one.area
            for one in self.belonging.get(("group", group), ())
            if one.start_on <= period.end_on <= one.end_on
        }
        if not members:
            rows = self.tables["neighbours"]
            members = {one["neighbour"] for one in rows if (one["group"], one["area"]) == (group, area)}
        return sorted(members)

    def _national(self, row: Row, before: Period, area: str | None, figure: Reading | None) -> _Benchmark:
        """Find what stood for the councils of the nation: of the tier that an area is compared in."""
        tiers = [
            code.code
            for code in self.model.code_lists["tier"].codes
            if self.types.get(area or "") in code.more["area_types"]
        ]
        for one in self.belonging.get(("nation", area or ""), ()):
            if not one.start_on <= before.end_on <= one.end_on:
                continue
            rows = self.nations.get((row["indicator"], before.notation, one.comparator), ())
            by_tier = {
                found["tier"]: found
                for found in rows
                if self._are_alike(row["indicator"], found["version"], figure)
            }
            for tier in tiers:
                if tier in by_tier:
                    found = by_tier[tier]
                    value = Decimal(repr(found["value"]))
                    return _Benchmark(f"national-{found['method']}", (value,), before.notation)
        return _Benchmark(None, (), before.notation)

    def _write(
        self,
        row: Row,
        period: Period,
        area: str | None,
        figure: Reading | None,
        benchmark: _Benchmark,
        baseline: Decimal | None,
        judged: Judged,
    ) -> Row:
        limits = figure.limits if figure else None
        is_percentile = row["basis"] == "percentile"
        return {
            **{name: row[name] for name in ("target", "indicator", "period", "kind", "test")},
            "area": area,
            "body": self._body_of(row, area, period),
            "version": figure.version if figure else None,
            "target_value": _float(judged.wanted),
            "target_upper_value": _float(judged.upper_wanted),
            "method": benchmark.method if judged.wanted is not None else None,
            "benchmark_value": _float(benchmark.figures[0])
            if benchmark.figures and not is_percentile
            else None,
            "benchmark_period": benchmark.period,
            "benchmark_count": len(benchmark.figures) or None if is_percentile else None,
            "dataset": figure.dataset if figure else None,
            "value": _float(figure.value) if figure else None,
            "status": figure.status if figure else None,
            "lower_limit": _float(limits.lower) if limits else None,
            "upper_limit": _float(limits.upper) if limits else None,
            "limit_method": limits.method if limits else None,
            "result": judged.result,
            "is_range_known": None if judged.is_range_known is None else int(judged.is_range_known),
            "baseline_value": _float(baseline),
            "progress_percent": _float(judged.progress),
            "replaced_by": self.replaced.get(row["target"]),
        }


@dataclass(frozen=True, slots=True)
class _Benchmark:
    """The figures that a target is measured from, the period of a year earlier, and how they were found."""

    method: str | None
    figures: tuple[Decimal, ...] = ()
    period: str | None = None


def _holds(link: Row, period: Period) -> bool:
    """Say whether a body governs an area on the last day of a period."""
    day = period.end_on.isoformat()
    return (link["start_on"] or "") <= day <= (link["end_on"] or "9999-12-31")


def _float(number: Decimal | None) -> float | None:
    return None if number is None else float(number)
