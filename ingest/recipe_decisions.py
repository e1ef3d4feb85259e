"""Expressions and rules are applied to all rows at once.

In:   a relation of texts, the expressions of a block and its rules
Out:  a relation with the fields of each row, the rule that leaves it out, and whether a fault was found

Python decides on the different texts only, once for each combination that an expression uses; the engine
joins the decisions back to the rows.
"""

# ruff: noqa: S608 - names in the SQL are made here; texts are bound or quoted literals

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from ingest.problems import Place, Problem, problem
from ingest.recipe_conditions import Rule
from ingest.recipe_expressions import (
    ANY_NUMBER,
    FAULT,
    LET,
    MARK,
    NOTHING,
    Column,
    Expression,
    Fault,
    Let,
    World,
)
from ingest.recipe_figures import Number, Value

PLAIN_NUMBER = r"-?[0-9]+(\.[0-9]+)?"


class Rows(Protocol):
    """What a relation belongs to: its columns by heading, and where SQL is run."""

    world: World
    columns: dict[str, str]

    def run(self, sql: str, *values: Any) -> duckdb.DuckDBPyConnection: ...
    @property
    def connection(self) -> duckdb.DuckDBPyConnection: ...


def quoted(text: str) -> str:
    """Write a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def all_uses(
    fields: Iterable[Expression], rules: Iterable[Rule], lets: Mapping[str, Expression]
) -> frozenset[str]:
    """Give the texts that expressions and rules use, and those that the named expressions among them use."""
    items: list[Expression | Rule] = [*fields, *rules]
    uses: set[str] = set().union(*(item.uses for item in items))
    for name in reversed(list(lets)):
        if LET + name in uses:
            uses |= lets[name].uses
    return frozenset(uses)


@dataclass
class Decision:
    """The fields and rules that use the same texts."""

    fields: dict[str, Expression] = field(default_factory=dict)
    rules: dict[int, Rule] = field(default_factory=dict)


@dataclass
class Relation:
    """A relation with the texts that expressions use: columns by heading, and names given by the recipe.

    origins   for each text that a recipe gave a name, a heading that it is made of
    """

    rows: Rows
    name: str
    given: Mapping[str, str]
    has_turns: bool = False
    origins: dict[str, str] = field(default_factory=dict)

    def column_of(self, use: str) -> str | None:
        """Find the column of the relation that holds a text; None if it has none."""
        name = use.partition(MARK)[0]
        return self.given.get(name) or self.rows.columns.get(name.removesuffix("?"))

    def sql_of(self, use: str, prefix: str = "") -> str:
        """Write a text as SQL. Where only its mark matters, all plain numbers are one."""
        column = f"coalesce({prefix}{self.column_of(use)}, '')"
        if MARK not in use:
            return column
        return f"CASE WHEN {self.is_plain(use, prefix)} THEN {quoted(ANY_NUMBER)} ELSE {column} END"

    def is_plain(self, use: str, prefix: str = "") -> str:
        """Write as SQL whether a text is a plain number, which passes as it is.

        A use that ends with the name of a multiplier means a number that is not multiplied.
        """
        name, _, multiplier = use.partition(MARK)
        is_plain = f"regexp_full_match(coalesce({prefix}{self.column_of(name)}, ''), {quoted(PLAIN_NUMBER)})"
        if not multiplier:
            return is_plain
        return f"coalesce({prefix}{self.column_of(multiplier)}, '') = '' AND {is_plain}"

    def heading_of(self, use: str) -> str:
        """Name the heading of a text; for one that a recipe gave a name, a heading that it is made of."""
        name = use.partition(MARK)[0]
        return self.origins.get(name, name.removeprefix(LET)).removesuffix("?")

    def _known(self, uses: Iterable[str]) -> list[str]:
        return sorted(use for use in uses if self.column_of(use) is not None)

    def decide(
        self, fields: Mapping[str, Expression], rules: Sequence[Rule], lets: Mapping[str, Expression]
    ) -> Decided:
        """Read every expression and rule once for each combination of the texts it uses."""
        fields, multipliers = _name_multipliers(fields)
        with_lets = self._add_lets(fields.values(), rules, {**lets, **multipliers})
        groups: dict[tuple[str, ...], Decision] = {}
        plain: dict[str, str] = {}
        for name, expression in fields.items():
            uses = set(expression.uses)
            if isinstance(expression, Value | Number) and isinstance(expression.figure.cell, Column):
                column = expression.figure.cell.name
                multiplier = expression.figure.multiply
                plain[name] = column + MARK + (LET + multiplier.name if isinstance(multiplier, Let) else "")
                uses = (uses - {column}) | {plain[name]}
            groups.setdefault(tuple(with_lets._known(uses)), Decision()).fields[name] = expression
        for number, rule in enumerate(rules):
            groups.setdefault(tuple(with_lets._known(rule.uses)), Decision()).rules[number] = rule
        decided = Decided(with_lets, f"{self.name}_decided")
        decided.make(dict(sorted(groups.items())), plain, len(rules))
        if with_lets is not self:
            self.rows.run(f"DROP TABLE {with_lets.name}")
        return decided

    def _add_lets(
        self, fields: Iterable[Expression], rules: Sequence[Rule], lets: Mapping[str, Expression]
    ) -> Relation:
        """Give a relation that has the named expressions as texts, each read once for what it uses."""
        uses = all_uses(fields, rules, lets)
        wanted = [name for name in lets if LET + name in uses]
        if not wanted:
            return self
        columns = sorted({column for use in uses if (column := self.column_of(use)) is not None})
        turn = "_turn" if self.has_turns else "0 AS _turn"
        name = f"{self.name}_let"
        self.rows.run(
            f"CREATE TEMP TABLE {name} AS SELECT {', '.join(['_source', '_row', turn, *columns])} FROM {self.name}"
        )
        relation = Relation(self.rows, name, dict(self.given), has_turns=True, origins=dict(self.origins))
        while wanted:
            # All that need no other are read together, then those that need only these, and so on.
            waiting = {LET + let for let in wanted}
            ready = {let: lets[let] for let in wanted if not lets[let].uses & waiting}
            relation._join_lets(ready)
            wanted = [let for let in wanted if let not in ready]
        return relation

    def _join_lets(self, ready: Mapping[str, Expression]) -> None:
        """Add columns for named expressions that need only columns which are there."""
        groups: dict[tuple[str, ...], Decision] = {}
        for let, expression in ready.items():
            groups.setdefault(tuple(self._known(expression.uses)), Decision()).fields[let] = expression
        joins: list[str] = []
        chosen: list[str] = []
        given = dict(self.given)
        for at, uses in enumerate(sorted(groups)):
            answers = Answers(self, uses, groups[uses])
            answers.read(faults_as_texts=True)
            self.rows.connection.register(f"{self.name}_m{at}", answers.table)
            joins.append(f"LEFT JOIN {self.name}_m{at} m{at} ON {_on(self, f'm{at}', uses)}")
            for position, let in enumerate(groups[uses].fields):
                given[LET + let] = f"l{len(given)}"
                if uses:
                    # What no other expression made comes first: it stands in the file.
                    first = min(uses, key=lambda use: use.startswith(LET))
                    self.origins[LET + let] = self.heading_of(first)
                chosen.append(f"m{at}.o{position} AS {given[LET + let]}")
        self.rows.run(
            f"CREATE TEMP TABLE {self.name}_next AS SELECT r.*, {', '.join(chosen)} "
            f"FROM {self.name} r {' '.join(joins)}"
        )
        for at in range(len(joins)):
            self.rows.connection.unregister(f"{self.name}_m{at}")
        self.rows.run(f"DROP TABLE {self.name}")
        self.rows.run(f"ALTER TABLE {self.name}_next RENAME TO {self.name}")
        self.given = given


@dataclass
class Answers:
    """What the expressions and rules of one group answer for every different combination of their texts.

    table   k0 … the texts, o0 … the fields, r0 … the rules by number, e the number of a fault in `faults`
    """

    relation: Relation
    uses: Sequence[str]
    decision: Decision
    table: pa.Table = None
    faults: list[Fault] = field(default_factory=list)

    def read(self, *, faults_as_texts: bool = False) -> None:
        """Read them. `faults_as_texts` puts a fault in the place of the text, for whoever uses the text."""
        world, decision = self.relation.rows.world, self.decision
        combinations = self._combinations()
        absent = dict.fromkeys(_optional(decision), "")
        answers: list[list[str | None]] = [[] for _ in decision.fields]
        told: list[list[bool]] = [[] for _ in decision.rules]
        fault_numbers: list[int | None] = []
        for combination in combinations:
            texts = absent | dict(zip(self.uses, combination, strict=True))
            # What is asked for by its mark may also be read itself: plain numbers have been set apart.
            for use in self.uses:
                if MARK in use:
                    texts.setdefault(use.partition(MARK)[0], texts[use])
            first: int | None = None
            for position, expression in enumerate(decision.fields.values()):
                try:
                    answers[position].append(expression.read(texts, world))
                except Fault as fault:
                    if fault.column is None:
                        fault.column = self._column_of(fault, texts)
                    if faults_as_texts:
                        answers[position].append(f"{FAULT}{len(world.faults)}")
                        world.faults.append(fault)
                        continue
                    answers[position].append(None)
                    if first is None:
                        first = len(self.faults)
                        self.faults.append(fault)
            fault_numbers.append(first)
            for position, rule in enumerate(decision.rules.values()):
                told[position].append(rule.holds(texts, world))
        keys = list(zip(*combinations, strict=True)) or [()] * len(self.uses)
        columns = {f"k{n}": pa.array(keys[n], pa.string()) for n in range(len(self.uses))}
        columns |= {f"o{n}": pa.array(answer, pa.string()) for n, answer in enumerate(answers)}
        columns |= {f"r{rule}": pa.array(t, pa.bool_()) for rule, t in zip(decision.rules, told, strict=True)}
        columns["e"] = pa.array(fault_numbers, pa.int32())
        self.table = pa.table(columns)

    def _combinations(self) -> list[tuple[str, ...]]:
        if not self.uses:
            return [()]
        columns = ", ".join(self.relation.sql_of(use) for use in self.uses)
        order = ", ".join(str(position) for position in range(1, len(self.uses) + 1))
        sql = f"SELECT DISTINCT {columns} FROM {self.relation.name} ORDER BY {order}"
        return self.relation.rows.run(sql).fetchall()

    def _column_of(self, fault: Fault, texts: Mapping[str, str]) -> str | None:
        """Find the column that a fault is about: the one that holds the text found, else the first."""
        found = next((use for use in self.uses if texts[use] == fault.value), None)
        use = found or next(iter(self.uses), None)
        return self.relation.heading_of(use) if use else None


@dataclass
class Decided:
    """The relation `name` of rows with their fields, the rule that leaves each out, and its faults.

    outputs  the column of each field
    faults   the faults of each group, by the numbers in e0 …
    """

    relation: Relation
    name: str
    outputs: dict[str, str] = field(default_factory=dict)
    faults: list[list[Fault]] = field(default_factory=list)

    def make(self, groups: Mapping[tuple[str, ...], Decision], plain: Mapping[str, str], rules: int) -> None:
        """Read each group on its different texts and join the answers to the rows."""
        connection = self.relation.rows.connection
        joins, chosen, views = [], [], []
        rule_columns: dict[int, str] = {}
        for number, (uses, decision) in enumerate(groups.items()):
            answers = Answers(self.relation, uses, decision)
            answers.read()
            self.faults.append(answers.faults)
            views.append(f"{self.name}_m{number}")
            connection.register(views[-1], answers.table)
            joins.append(f"LEFT JOIN {views[-1]} m{number} ON {_on(self.relation, f'm{number}', uses)}")
            chosen.append(f"m{number}.e AS e{number}")
            for position, name in enumerate(decision.fields):
                answer = f"m{number}.o{position}"
                if name in plain:
                    column = self.relation.column_of(plain[name])
                    is_plain = self.relation.is_plain(plain[name], "r.")
                    answer = f"CASE WHEN {is_plain} THEN r.{column} ELSE {answer} END"
                self.outputs[name] = f"f{len(self.outputs)}"
                chosen.append(f"{answer} AS {self.outputs[name]}")
            rule_columns |= {rule: f"m{number}.r{rule}" for rule in decision.rules}
        whens = " ".join(f"WHEN {rule_columns[rule]} THEN {rule}" for rule in range(rules))
        left_out = f"CASE {whens} END" if whens else "NULL::INTEGER"
        faulty = " OR ".join(f"m{number}.e IS NOT NULL" for number in range(len(groups))) or "false"
        turn = "r._turn" if self.relation.has_turns else "0 AS _turn"
        self.relation.rows.run(
            f"CREATE TEMP TABLE {self.name} AS SELECT r._source, r._row, {turn}, {left_out} AS left_out, "
            f"{faulty} AS is_faulty{''.join(', ' + item for item in chosen)} "
            f"FROM {self.relation.name} r {' '.join(joins)}"
        )
        for view in views:
            connection.unregister(view)

    def left_out(self, rules: Sequence[Rule]) -> list[tuple[int, str, int]]:
        """Count the rows of each source that each rule leaves out: source, reason, rows."""
        found = self.relation.rows.run(
            f"SELECT _source, left_out, count(*) FROM {self.name} WHERE left_out IS NOT NULL "
            "GROUP BY _source, left_out ORDER BY left_out, _source"
        ).fetchall()
        return [(source, rules[number].reason, rows) for source, number, rows in found]

    def faulty_rows(self) -> dict[int, int]:
        """Count the rows of each source in which a fault was found."""
        where = "left_out IS NULL AND is_faulty"
        sql = f"SELECT _source, count(*) FROM {self.name} WHERE {where} GROUP BY _source"
        return dict(self.relation.rows.run(sql).fetchall())

    def problems(self, places: Mapping[int, Place]) -> list[Problem]:
        """Give each fault of each source once, with its first row and how many rows it meets."""
        merged: dict[tuple[object, ...], tuple[int, Fault, int, int]] = {}
        for number, faults in enumerate(self.faults):
            if not faults:
                continue
            met = self.relation.rows.run(
                f"SELECT _source, e{number}, count(*), min(_row) FROM {self.name} "
                f"WHERE left_out IS NULL AND e{number} IS NOT NULL GROUP BY ALL ORDER BY ALL"
            ).fetchall()
            of_group: dict[tuple[object, ...], tuple[int, Fault, int, int]] = {}
            key: tuple[object, ...]
            for source, index, count, first in met:
                fault = faults[index]
                facts = tuple(sorted((name, str(fact)) for name, fact in fault.facts.items()))
                key = (source, fault.code, fault.value, fault.column, facts)
                # Each row has one fault of a group, so these are other rows.
                _, _, counted, row = of_group.get(key, (source, fault, 0, first))
                of_group[key] = (source, fault, count + counted, min(first, row))
            for key, (source, fault, count, first) in of_group.items():
                # Several fields may stumble over the same text; the rows are the same ones.
                _, _, counted, row = merged.get(key, (source, fault, 0, first))
                merged[key] = (source, fault, max(count, counted), min(first, row))
        return [
            problem(
                fault.code,
                places[source].at(row=first, column=fault.column),
                value=fault.value,
                count=count,
                **fault.facts,
            )
            for source, fault, count, first in merged.values()
        ]


def _name_multipliers(
    fields: Mapping[str, Expression],
) -> tuple[dict[str, Expression], dict[str, Expression]]:
    """Give each multiplier of a figure a name, so that numbers it leaves alone can pass as they are."""
    named: dict[str, Expression] = {}
    multipliers: dict[str, Expression] = {}
    for name, expression in fields.items():
        named[name] = expression
        if isinstance(expression, Value | Number) and expression.figure.multiply != NOTHING:
            hidden = f"\0times {name}"
            multipliers[hidden] = expression.figure.multiply
            figure = replace(expression.figure, multiply=Let(hidden, expression.figure.multiply))
            named[name] = replace(expression, figure=figure)
    return named, multipliers


def _on(relation: Relation, table: str, uses: Sequence[str]) -> str:
    equal = (f"{table}.k{position} = {relation.sql_of(use, 'r.')}" for position, use in enumerate(uses))
    return " AND ".join(equal) or "true"


def _optional(decision: Decision) -> set[str]:
    """Give the names that may be missing: without them, nothing."""
    uses = {use for expression in decision.fields.values() for use in expression.uses}
    uses |= {use for rule in decision.rules.values() for use in rule.uses}
    return {use for use in uses if use.removesuffix(MARK).endswith("?")}
