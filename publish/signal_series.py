"""Rules that look at series of figures become signals, and what they found at the newest check.

In:   coded observations, comparators and distributions, the rules that are applied
Out:  for each rule its signals, its newest checks that fire or nearly do, and how often it was held

The engine holds a rule against every figure (compare.signals_table); what the checks of one series become is
decided in compare.signals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from compare import signals_table as table
from compare.signals import Check, Episode, chance, episodes
from ingest.engine import Engine
from ingest.expressions import expression, ibis
from ingest.period import read_period
from publish.observations import Observations
from publish.signal_rules import AppliedRule
from schemas import Model

Row = dict[str, Any]
# The codes of a series, in the order of compare.signals_table.SERIES.
Key = tuple[int, ...]

# Figures that a rule looks at. One that was estimated, filled in, forecast, counted in another way, taken together
# with another area's or made of too few cases makes no signal, and none that is missing does.
STATUSES = frozenset({"normal", "revised", "break"})

AGAINST = {
    "falling": "own-figures",
    "below-peers": "peers",
    "coasting": "peers",
    "perception-apart": "own-figures",
    "unexpected": "own-limit",
}


@dataclass(frozen=True, slots=True)
class Held:
    """What came of holding a rule against all series.

    episodes  each signal: the check it fired at last, its Episode with codes of periods, and its first figure
    newest    the newest check of each series where it fires or nearly does
    """

    checks: int
    newest_checks: int
    firings: int
    episodes: list[tuple[Row, Episode, Row]]
    newest: list[Row]


class Series:
    """Every series of an edition that a rule may look at."""

    def __init__(
        self, engine: Engine, model: Model, observations: Observations, rows: Callable[[str], Sequence[Row]]
    ) -> None:
        self._engine = engine
        self._model = model
        self._observations = observations
        self._rows = rows
        self._histories: dict[bool, ibis.Table] = {}
        self._moves: dict[tuple[bool, float, float, float], ibis.Table] = {}
        self._read: dict[bool, _Figures] = {}

    @cached_property
    def families(self) -> dict[int, tuple[int, int, int]]:
        """For each definition with a better side that is in use: family, epoch and sign, by its number.

        An epoch ends where a version says that its figures do not compare with those before.
        """
        heads: dict[str, bool] = {}
        versions: dict[str, list[Row]] = {}
        for row in self._rows("indicators"):
            versions.setdefault(row["indicator"], []).append(row)
            heads[row["indicator"]] = heads.get(row["indicator"], False) or row["status"] == "current"
        numbers = {key: number for number, key in enumerate(self._observations.lists["definition"], start=1)}
        signs = {"higher": 1, "lower": -1}
        found = {}
        for family, (indicator, listed) in enumerate(sorted(versions.items()), start=1):
            breaks = [row["valid_from"] for row in listed if row["comparable_with_previous"] == "no"]
            for row in listed:
                number = numbers.get((indicator, row["version"]))
                if number is not None and heads[indicator] and row["polarity"] in signs:
                    epoch = sum(day <= row["valid_from"] for day in breaks)
                    found[number] = (family, epoch, signs[row["polarity"]])
        return found

    def history(self, *, uses_provisional: bool) -> ibis.Table:
        """Give every figure that may be looked at, kept in the engine."""
        if uses_provisional not in self._histories:
            wanted = STATUSES | ({"provisional"} if uses_provisional else set())
            numbers = {text: n for n, (text,) in enumerate(self._observations.lists["status"], start=1)}
            known = sorted(numbers[text] for text in wanted if text in numbers)
            statuses = pa.table(
                {
                    "status": pa.array(known, pa.int32()),
                    "is_break": pa.array([int(one == numbers.get("break")) for one in known], pa.int64()),
                }
            )
            tables = {**self._tables, "statuses": self._engine.load("signal_statuses", statuses)}
            name = f"signal_history_{int(uses_provisional)}"
            self._histories[uses_provisional] = self._engine.keep(name, table.history(tables))
        return self._histories[uses_provisional]

    def moves(self, rule: AppliedRule) -> ibis.Table:
        """Give every figure that can be scored as a rule asks, kept in the engine."""
        asked = rule.numbers
        key = (rule.uses_provisional, asked["fewest"], asked["most"], asked["level"])
        if key not in self._moves:
            rows = self.history(uses_provisional=rule.uses_provisional)
            name = f"signal_moves_{len(self._moves)}"
            self._moves[key] = self._engine.keep(name, table.movements(rows, table.RUN, asked))
        return self._moves[key]

    @cached_property
    def _tables(self) -> Mapping[str, ibis.Table]:
        families = sorted(self.families.items())
        columns = list(zip(*[(number, *told) for number, told in families], strict=True)) or [()] * 4
        definitions = _table(("definition", "family", "epoch", "sign"), columns)
        return {
            "figures": figures_of_signals(self._observations.rows),
            "definitions": self._engine.load("signal_definitions", definitions),
            "answering": self._engine.load("signal_answering", self._answering()),
            "areas": self._engine.load("signal_areas", self._areas()),
            "periods": self._engine.load("signal_periods", self._periods()),
        }

    def _answering(self) -> pa.Table:
        """Say which area types answer for each definition, and in which tier they are compared."""
        tiers = {code.code: code.more["area_types"] for code in self._model.code_lists["tier"].codes}
        single = {area_type: tier for tier in ("lower-tier", "upper-tier") for area_type in tiers[tier]}
        answering: dict[tuple[str, ...], str] = {
            (row["indicator"], row["version"]): row["tier"] for row in self._rows("indicators")
        }
        found = [
            (number, area_type, single[area_type] if tier == "every-council" else tier)
            for number, key in enumerate(self._observations.lists["definition"], start=1)
            if number in self.families
            for tier in (answering[key],)
            for area_type in tiers[tier]
        ]
        columns = list(zip(*found, strict=True)) or [(), (), ()]
        return pa.table(
            {
                "definition": pa.array(columns[0], pa.int32()),
                "area_type": pa.array(columns[1], pa.string()),
                "tier": pa.array(columns[2], pa.string()),
            }
        )

    def _areas(self) -> pa.Table:
        numbers = {area: n for n, (area,) in enumerate(self._observations.lists["area"], start=1)}
        used = [row for row in self._rows("areas") if row["area"] in numbers]
        return pa.table(
            {
                "area": pa.array([numbers[row["area"]] for row in used], pa.int32()),
                "area_type": pa.array([row["area_type"] for row in used], pa.string()),
                "start_on": pa.array([row["start_on"] for row in used], pa.string()).cast(pa.date32()),
                "end_on": pa.array([row["end_on"] for row in used], pa.string()).cast(pa.date32()),
            }
        )

    def _periods(self) -> pa.Table:
        periods = [read_period(text) for (text,) in self._observations.lists["period"]]
        return pa.table(
            {
                "period": pa.array(range(1, len(periods) + 1), pa.int32()),
                "start_day": pa.array([one.start_on.toordinal() for one in periods], pa.int32()),
                "end_on": pa.array([one.end_on for one in periods], pa.date32()),
                "chain": pa.array([chain_of(one.start_on.year, one.length) for one in periods], pa.int32()),
            }
        )

    def code_peers(self, comparators: pa.Table) -> ibis.Table:
        """Give the values that stand for types of council, as codes, with what their own movement needs."""
        chosen = comparators.filter(pc.equal(comparators["kind"], "area-type"))
        lists = self._numbers
        # A type belongs to two tiers where it runs all services; its value is the same in both.
        found = {}
        for row in chosen.to_pylist():
            number = lists["definition"].get((row["indicator"], row["version"]))
            if number in self.families:
                key = (
                    *(lists["dataset"][row["dataset"],], number, lists["period"][row["period"],]),
                    *(lists["breakdown"][row["breakdown"],], row["comparator"]),
                )
                found[key] = (float(row["value"]), int(row["area_count"]))
        periods = {
            n: read_period(text) for n, (text,) in enumerate(self._observations.lists["period"], start=1)
        }
        rows = [
            {
                **dict(zip(("dataset", "definition", "period", "breakdown", "area_type"), key, strict=True)),
                **dict(zip(("family", "epoch", "sign"), self.families[key[1]], strict=True)),
                "peers_value": value,
                "area_count": count,
                "start_day": periods[key[2]].start_on.toordinal(),
                "chain": chain_of(periods[key[2]].start_on.year, periods[key[2]].length),
            }
            for key, (value, count) in sorted(found.items())
        ]
        return self._engine.load("signal_peers", pa.Table.from_pylist(rows, schema=_PEERS))

    def code_quarters(self, distributions: pa.Table) -> ibis.Table:
        """Give where the outer quarters of each tier's figures begin, as codes."""
        lists, rows = self._numbers, []
        columns = ("dataset", "indicator", "version", "period", "breakdown", "tier")
        for row in distributions.select([*columns, "lower_quartile", "upper_quartile"]).to_pylist():
            number = lists["definition"].get((row["indicator"], row["version"]))
            if number in self.families:
                coded = {name: lists[name][row[name],] for name in ("dataset", "period", "breakdown")}
                rows.append(row | coded | {"definition": number})
        return self._engine.load("signal_quarters", pa.Table.from_pylist(rows, schema=_QUARTERS))

    @cached_property
    def _numbers(self) -> dict[str, dict[tuple[str, ...], int]]:
        return {
            name: {key: number for number, key in enumerate(values, start=1)}
            for name, values in self._observations.lists.items()
        }

    def code_pairs(self) -> ibis.Table:
        """Give what people say beside what is counted, as families and breakdowns."""
        families = {
            self._observations.lists["definition"][number - 1][0]: family
            for number, (family, _, _) in self.families.items()
        }
        breakdowns, rows = self._numbers["breakdown"], []
        for row in self._rows("derivations"):
            pair = (families.get(row["first_indicator"]), families.get(row["second_indicator"]))
            parts = [breakdowns.get((row[f"{side}_breakdown"] or "",)) for side in ("first", "second")]
            if row["purpose"] == "perception" and None not in (*pair, *parts):
                rows.append((pair[0], parts[0], pair[1], parts[1]))
        names = ("family", "breakdown", "other_family", "other_breakdown")
        return self._engine.load("signal_pairs", _table(names, list(zip(*rows, strict=True)) or [()] * 4))

    def hold(self, rule: AppliedRule, asked: ibis.Table) -> Held:
        """Hold a rule against every series; `asked` has a row for each check."""
        found = self._engine.read(table.checks_in_order(asked))
        if not found.num_rows:
            return Held(0, 0, 0, [], [])
        figures = self._figures(uses_provisional=rule.uses_provisional)
        starts = _starts(found)
        ends = np.append(starts[1:], found.num_rows)
        fires = found["fires"].to_numpy().astype(bool)
        told = found["near"].to_numpy().astype(bool) | fires
        keys = _keys(found, starts)
        runs = found["run"].to_numpy()
        # The newest check counts only where the series has not broken since.
        newest = [
            int(end) - 1
            for key, end in zip(keys, ends, strict=True)
            if runs[end - 1] == figures.newest_run(key)
        ]
        firing = np.add.reduceat(fires.astype(np.int64), starts) > 0
        # One call for all rows is many times faster than one for each series.
        rows = iter(found.filter(pa.array(np.repeat(firing, ends - starts))).to_pylist())
        held = (
            (key, list(islice(rows, int(end - start))))
            for key, start, end, is_firing in zip(keys, starts, ends, firing, strict=True)
            if is_firing
        )
        return Held(
            found.num_rows,
            len(newest),
            int(fires.sum()),
            [made for key, checks in held for made in self._episodes(key, checks, figures.of(key))],
            found.take([place for place in newest if told[place]]).to_pylist(),
        )

    def _figures(self, *, uses_provisional: bool) -> _Figures:
        if uses_provisional not in self._read:
            rows = self.history(uses_provisional=uses_provisional)
            self._read[uses_provisional] = _Figures(self._engine.read(table.figures_in_order(rows)))
        return self._read[uses_provisional]

    def _episodes(
        self, series: Key, checks: Sequence[Row], history: Sequence[Row]
    ) -> Iterator[tuple[Row, Episode, Row]]:
        runs: dict[int, str] = {}
        for figure in history:
            runs.setdefault(figure["run"], str(figure["period"]))
        (area,) = self._observations.lists["area"][series[3] - 1]
        held = [Check(str(row["period"]), row["run"], bool(row["fires"])) for row in checks]
        at = {str(row["period"]): row for row in checks}
        for episode in episodes(held, list(runs.items()), self._ends[area]):
            row = at[episode.last]
            yield row, episode, _first(history, row)

    @cached_property
    def _ends(self) -> dict[str, str | None]:
        return {row["area"]: row["end_on"] for row in self._rows("areas")}


@expression
def figures_of_signals(rows: ibis.Table) -> ibis.Table:
    """Give coded rows with their limits as numbers."""
    return rows.select(
        *("dataset", "definition", "period", "breakdown", "area", "value", "status"),
        low=rows.lower_limit.cast("float64"),
        high=rows.upper_limit.cast("float64"),
    )


class _Figures:
    """The figures of every series, read once, in the order of series and time."""

    def __init__(self, found: pa.Table) -> None:
        self._columns = {name: found[name].to_numpy().tolist() for name in found.column_names}
        starts = _starts(found) if found.num_rows else np.array([], np.int64)
        ends = np.append(starts[1:], found.num_rows)
        places = zip(starts.tolist(), ends.tolist(), strict=True) if found.num_rows else ()
        self._places = dict(zip(_keys(found, starts), places, strict=True))
        self._runs = found["run"].to_numpy()

    def newest_run(self, key: Key) -> int:
        return int(self._runs[self._places[key][1] - 1])

    def of(self, key: Key) -> list[Row]:
        start, end = self._places[key]
        columns = {name: column[start:end] for name, column in self._columns.items()}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _starts(found: pa.Table) -> Any:
    """Give the places at which another series begins, in rows that are in order."""
    columns = [found[name].to_numpy() for name in table.SERIES]
    changes = np.zeros(found.num_rows, bool)
    changes[0] = True
    for column in columns:
        changes[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(changes)


def _keys(found: pa.Table, starts: Any) -> list[Key]:
    return list(zip(*(found[name].to_numpy()[starts].tolist() for name in table.SERIES), strict=True))


def _first(history: Sequence[Row], row: Row) -> Row:
    """Find the oldest figure among those that a check looked at."""
    newest = next(figure for figure in history if figure["period"] == row["period"])
    joined = [
        figure
        for figure in history
        if figure["run"] == row["run"]
        and figure["chain"] == newest["chain"]
        and figure["start_day"] <= row["start_day"]
    ]
    return joined[-row["points"] :][0]


def chain_of(year: int, length: str) -> int:
    """Number the chains of periods of several years: those of one chain do not overlap.

    >>> chain_of(2020, "P3Y"), chain_of(2021, "P3Y"), chain_of(2023, "P3Y"), chain_of(2023, "P1Y")
    (1, 2, 1, 0)
    """
    return year % int(length[1:-1]) if length.endswith("Y") else 0


def _table(names: Sequence[str], columns: Sequence[Sequence[int]]) -> pa.Table:
    return pa.table({name: pa.array(column, pa.int32()) for name, column in zip(names, columns, strict=True)})


_PEERS = pa.schema(
    [
        *((name, pa.int32()) for name in ("dataset", "definition", "period", "breakdown")),
        ("area_type", pa.string()),
        *((name, pa.int32()) for name in ("family", "epoch", "sign", "start_day", "chain")),
        ("peers_value", pa.float64()),
        ("area_count", pa.int64()),
    ]
)
_QUARTERS = pa.schema(
    [
        *((name, pa.int32()) for name in ("dataset", "definition", "period", "breakdown")),
        ("tier", pa.string()),
        ("lower_quartile", pa.float64()),
        ("upper_quartile", pa.float64()),
    ]
)


def expression_of(
    rule: AppliedRule, series: Series, comparators: pa.Table, distributions: pa.Table
) -> ibis.Table:
    """Give the expression that holds a rule against every figure."""
    rows, asked = series.history(uses_provisional=rule.uses_provisional), rule.numbers
    if rule.kind == "unexpected":
        return table.unexpected(rows, asked)
    if rule.kind == "falling":
        return table.falling(series.moves(rule))
    if rule.kind == "perception-apart":
        return table.apart(series.moves(rule), series.code_pairs())
    peers = series.code_peers(comparators)
    enough = table.enough_peers(peers, int(asked["fewest-peers"]))
    plain = table.plain_peers(enough)
    if rule.kind == "below-peers":
        return table.below(rows, plain, series.code_quarters(distributions), asked)
    assert rule.kind == "coasting", rule.kind
    return table.coasting(series.moves(rule), plain, table.moves_of_peers(enough, asked))


def chance_of(row: Row) -> float | None:
    """Give the chance of a check's score; None where it has none."""
    return None if row["score"] is None else chance(row["points"], row["score"])
