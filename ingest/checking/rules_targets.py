"""Rules of targets: of an indicator in use, in its unit and its kind of period, whole, said once, and measurable.

A target is a row of its table, as few as people write. What a relative one is measured from is asked of the
observations, of no more indicators than such targets name.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ingest.checking.faults import Example, Fault
from ingest.checking.found import Found, Word, find
from ingest.checking.grammar import among, name
from ingest.checking.rules_derivations import DIFFERENCE_UNITS
from ingest.checking.rules_figures import word_kind
from ingest.checking.rules_periods import load_versions
from ingest.checking.world import StandardTable, World
from ingest.period import read_period, year_before
from ingest.problems import Place, Problem, problem
from ingest.resolve import Version, read_numbers, resolve_row
from schemas import Rule

Row = dict[str, Any]
Said = dict[tuple[int, int], dict[str, Any]]

# What tells one target from another besides how it is measured.
_KEY = ("indicator", "area", "body", "kind")
_PERIODS = ("period", "baseline_period")
_STATES = {"draft": "a draft", "consultation": "in consultation", "withdrawn": "withdrawn"}


def check_targets(world: World, table: StandardTable, _rule: Rule) -> Iterator[Found]:
    """Find targets that nobody could meet, or of which nobody could say whether they are met."""
    targets = _Targets(world, table)
    faults: dict[tuple[str, str], Said] = {}

    def say(row: Row, code: str, at: str, facts: dict[str, str]) -> None:
        said = faults.setdefault((code, at), {})
        said[row["_source"], row["_row"]] = {"target": row["target"], "basis": row["basis"], **facts}

    for row in targets.rows:
        for code, column, facts in (
            *_check_whole(row),
            *_check_percentile(row),
            *targets.check_unit(row),
            *targets.check_indicator(row),
            *targets.check_replaced(row),
            *targets.check_measured(row),
        ):
            say(row, code, column, facts)
    for row, other, what in targets.find_twice():
        say(row, "target-twice", "target", {"other": other, "what": what})
    for (code, column), said in faults.items():
        yield _found(table, code, column, said)
    yield from targets.find_wrong_periods()


def _check_whole(row: Row) -> Iterator[tuple[str, str, dict[str, str]]]:
    is_band = row["test"] == "between"
    if is_band != bool(row["upper_value"]):
        found = "empty" if is_band else f"{row['upper_value']}, which only a band has"
        yield "target-band-open", "upper_value", {"test": row["test"], "found": found}


def _check_percentile(row: Row) -> Iterator[tuple[str, str, dict[str, str]]]:
    is_percentile = row["basis"] == "percentile"
    if is_percentile != bool(row["group"]):
        found = "empty" if is_percentile else row["group"]
        yield "target-percentile-unfit", "group", {"column": "group", "found": found}
    for column in ("value", "upper_value") if is_percentile else ():
        if not _is_percentile(row[column]):
            found = f"{row[column]}; it is 0 to 100"
            yield "target-percentile-unfit", column, {"column": column, "found": found}


def _is_percentile(text: str) -> bool:
    try:
        return not text or 0 <= float(text) <= 100
    except ValueError:
        return True  # that it is no number is told where cells are checked


@dataclass
class _Targets:
    """The rows of the table targets, and what of the other tables they are held against."""

    world: World
    table: StandardTable

    @cached_property
    def rows(self) -> list[Row]:
        columns = (*self.table.schema.field_names, "_source", "_row")
        query = f"SELECT {', '.join(map(name, columns))} FROM {self.table.view} ORDER BY _source, _row"
        return [dict(zip(columns, row, strict=True)) for row in self.world.rows(query)]

    @cached_property
    def by_notation(self) -> Mapping[str, Row]:
        return {row["target"]: row for row in self.rows}

    @cached_property
    def versions(self) -> Mapping[str, Sequence[Version]]:
        return load_versions(self.world)

    @cached_property
    def definitions(self) -> Mapping[str, Sequence[Row]]:
        """Give unit, status and last day of the versions of each indicator that has a target, oldest first."""
        columns = ("indicator", "version", "unit", "status", "valid_to")
        named = sorted({row["indicator"] for row in self.rows})
        query = (
            f"SELECT {', '.join(columns)} FROM {self.world.view('indicators')}"
            f" WHERE {among('indicator', named)}"
        )
        found: dict[str, list[Row]] = {}
        for cells in sorted(self.world.rows(query), key=lambda cells: read_numbers(cells[1])):
            found.setdefault(cells[0], []).append(dict(zip(columns, cells, strict=True)))
        return found

    def resolve(self, row: Row, column: str = "period") -> Mapping[str, str | None]:
        """Say what the period of a target is, as its indicator declares it."""
        return resolve_row(row["indicator"], "", row[column], self.versions.get(row["indicator"], ()))

    def check_unit(self, row: Row) -> Iterator[tuple[str, str, dict[str, str]]]:
        versions = {one["version"]: one["unit"] for one in self.definitions.get(row["indicator"], ())}
        unit = versions.get(self.resolve(row).get("resolved") or "")
        if unit is None or not row["unit"]:
            return  # that it is not there is told of the reference, or of the empty cell
        wanted = unit
        if row["basis"] == "percentile":
            wanted = "percentile"
        elif row["basis"] in {"national-last-year", "own-last-year"}:
            wanted = DIFFERENCE_UNITS.get(unit, unit)
        if row["unit"] != wanted:
            yield (
                "target-unit-wrong",
                "unit",
                {"indicator": row["indicator"], "unit": unit, "wanted": wanted},
            )

    def check_indicator(self, row: Row) -> Iterator[tuple[str, str, dict[str, str]]]:
        versions = self.definitions.get(row["indicator"], ())
        start = self.resolve(row).get("start_on")
        if not versions or start is None:
            return
        if any(
            one["status"] == "current" or (one["status"] == "withdrawn" and one["valid_to"] >= start)
            for one in versions
        ):
            return
        newest = versions[-1]
        found = _STATES.get(newest["status"], str(newest["status"]))
        if newest["status"] == "withdrawn" and newest["valid_to"]:
            found += f", last in use on {newest['valid_to']}"
        yield "target-indicator-not-in-use", "indicator", {"found": found, "period": row["period"]}

    def check_replaced(self, row: Row) -> Iterator[tuple[str, str, dict[str, str]]]:
        other = self.by_notation.get(row["replaces"])
        if other is None:
            return
        for column in ("indicator", "area", "body"):
            if other[column] != row[column]:
                differs = f"{column}: {other[column] or '(empty)'}"
                yield "target-replaces-other", "replaces", {"differs": differs}
                return

    def find_twice(self) -> Iterator[tuple[Row, str, str]]:
        """Find targets beside another one for the same; those that were replaced do not count."""
        replaced = {row["replaces"] for row in self.rows if row["replaces"]}
        first: dict[tuple[str, ...], Row] = {}
        for row in self.rows:
            period = self.resolve(row).get("notation")
            if row["target"] in replaced or period is None:
                continue
            key = (*(row[column] for column in _KEY), period)
            other = first.setdefault(key, row)
            if other is not row:
                what = ", ".join(filter(None, (*key[:-1], row["period"])))
                yield row, other["target"], what

    def find_wrong_periods(self) -> Iterator[Found]:
        """Find periods of another kind than the indicator's."""
        for column in _PERIODS:
            said: Said = {}
            for row in self.rows:
                read = self.resolve(row, column)
                wanted = read.get("wanted_kind")
                if read.get("notation") and wanted and read["kind"] != wanted:
                    said[row["_source"], row["_row"]] = {
                        "indicator": row["indicator"],
                        "kind": str(read["kind"]),
                        "wanted_kind": wanted,
                    }
            if said:
                yield _found(
                    self.table, "period-kind-wrong", column, said, _word_as(word_kind(self.world), said)
                )

    def check_measured(self, row: Row) -> Iterator[tuple[str, str, dict[str, str]]]:
        """Find a relative target whose own figure is there and whose benchmark is not."""
        if row["basis"] == "absolute" or not self.world.has("observations"):
            return
        known = self.figures.get(row["indicator"], {})
        period = self.resolve(row).get("notation")
        if period is None or not self._are_there(known.get(period, frozenset()), row["area"]):
            return
        if row["basis"] == "percentile":
            members = self.members.get(row["group"])
            if members is not None and len(known[period] & members) < _FEWEST:
                wanted = f"the figures of the group {row['group']}"
                lack = "fewer than two are published for its period"
                yield "target-of-nothing", "group", {"wanted": wanted, "lack": lack}
            return
        before = _year_before(period, known)
        whose = "its own figure" if row["basis"] == "own-last-year" else "the national figure"
        area = row["area"] if row["basis"] == "own-last-year" else ""
        if before is None or not self._are_there(known[before], area):
            yield (
                "target-of-nothing",
                "basis",
                {"wanted": f"{whose} of a year earlier", "lack": "that is not published"},
            )

    @staticmethod
    def _are_there(areas: frozenset[str], area: str) -> bool:
        return area in areas if area else bool(areas)

    @cached_property
    def figures(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """For each indicator of a relative target and each period, the areas that have a figure for everyone."""
        named = sorted({row["indicator"] for row in self.rows if row["basis"] != "absolute"})
        observations = self.world.tables["observations"]
        whole = "".join(f" AND {self.world.breakdown(one)} = ''" for one in observations.dimensions)
        query = (
            f"SELECT DISTINCT indicator, version, period, area FROM {observations.view}"
            f" WHERE {among('indicator', named)} AND value <> ''{whole}"
        )
        found: dict[str, dict[str, set[str]]] = {}
        for indicator, version, text, area in self.world.rows(query):
            period = resolve_row(indicator, version, text, self.versions.get(indicator, ())).get("notation")
            if period is not None:
                found.setdefault(indicator, {}).setdefault(period, set()).add(area)
        return {
            indicator: {period: frozenset(areas) for period, areas in periods.items()}
            for indicator, periods in found.items()
        }

    @cached_property
    def members(self) -> Mapping[str, frozenset[str]]:
        """The areas of each group. One whose neighbours are worked out later is left out."""
        if not self.world.has("group_members", "neighbours", "group_inputs"):
            return {}
        groups = sorted({row["group"] for row in self.rows if row["group"]})
        found: dict[str, set[str]] = {group: set() for group in groups}
        for query in (
            f'SELECT "group", area FROM {self.world.view("group_members")}',
            f'SELECT "group", neighbour FROM {self.world.view("neighbours")}',
        ):
            for group, area in self.world.rows(query):
                if group in found:
                    found[group].add(area)
        built = {
            row[0]
            for row in self.world.rows(f'SELECT DISTINCT "group" FROM {self.world.view("group_inputs")}')
        }
        return {group: frozenset(areas) for group, areas in found.items() if areas or group not in built}


# A percentile of one figure would be that figure; compare.targets holds to the same.
_FEWEST = 2


def _year_before(period: str, known: Mapping[str, Any]) -> str | None:
    found = year_before(read_period(period), map(read_period, known))
    return None if found is None else found.notation


def _rows_of(table: StandardTable, column: str, said: Said) -> str:
    places = ", ".join(f"({int(source)}, {int(row)})" for source, row in said)
    return (
        f"SELECT _source, _row, {name(column)} AS cell FROM {table.view} WHERE (_source, _row) IN ({places})"
    )


def _found(table: StandardTable, code: str, column: str, said: Said, word: Word | None = None) -> Found:
    """Make what was found of the rows at fault."""

    def word_said(example: Example, fault: Fault, place: Place) -> Problem:
        return problem(fault.type, place, value=example.cell, **said[example.source, example.row])

    return find(code, column, _rows_of(table, column, said), word=word or word_said)


def _word_as(word: Word, said: Said) -> Word:
    """Word an example with what is said of its row, where the words are another rule's."""
    return lambda example, fault, place: word(
        replace(example, facts=said[example.source, example.row]), fault, place
    )
