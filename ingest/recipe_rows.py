"""The rows of one part of a source become the rows of standard tables, all at once.

In:   a Part (one staged table), a Block of a recipe, a DuckDB connection
Out:  a relation of finished rows in the connection, counts, and problems

Python decides on the different texts only; the engine joins the decisions back to the rows. Names of columns
and tables in the SQL are made here (x0, f1, b3); no text of a source or a recipe becomes part of it except as
a quoted literal.
"""

# The SQL is put together from names made here; the module's docstring says how.
# ruff: noqa: S608

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest.problems import Place, Problem, find_nearest, problem
from ingest.reading import Staged
from ingest.recipe_expressions import (
    ANY_NUMBER,
    FAULT,
    LET,
    MARK,
    Expression,
    Fault,
    Number,
    Rule,
    Value,
    World,
)
from ingest.recipe_language import Block, CorrectionRule, Reading, Source, Turning
from ingest.recipe_sources import FILE_PARTS, plain_heading

PLAIN_NUMBER = r"-?[0-9]+(\.[0-9]+)?"
_BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"

BLANK_ROW = "The row is blank."


@dataclass
class Part:
    """One table of a source as it was staged: a file, or one sheet of it.

    source_id  the number of the file among all sources, as rows carry it in _source
    path       the file's place in its package
    """

    source: Source
    source_id: int
    path: str
    staged: Staged
    headings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        seen: dict[str, int] = {}
        for number, heading in enumerate(self.staged.headings, 1):
            name = plain_heading(heading)
            seen[name] = seen.get(name, 0) + 1
            self.headings[name if seen[name] == 1 else f"{name}#{seen[name]}"] = f"c{number}"

    @property
    def place(self) -> Place:
        sheet = self.source.reading.sheet
        return Place(self.path, None if sheet is None else str(sheet))

    @property
    def file_parts(self) -> dict[str, str]:
        path = Path(self.path)
        folder = path.parent.as_posix()
        stem = path.name.removesuffix(".gz").rsplit(".", 1)[0]
        return dict(
            zip(FILE_PARTS, (self.path, path.name, stem, "" if folder == "." else folder), strict=True)
        )

    def column(self, name: str) -> str | None:
        """Find the staged column of a heading. "notes#2?" is the second of that heading, if there is one."""
        return self.headings.get(name.removesuffix("?"))


@dataclass
class Count:
    """What became of the rows of one part in one block; the four parts add up to `rows`.

    table   None for the rows of the file itself, of which `written` are handed on to the blocks
    rows    rows read, or, where columns become rows, rows times columns
    """

    source: str
    file: str
    table: str | None
    rows: int
    written: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    repeats: int = 0
    problems: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether every row is accounted for."""
        return self.rows == self.written + sum(self.left_out.values()) + self.repeats + self.problems


def quoted(text: str) -> str:
    """Write a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


class PartRows:
    """The rows of one part, ready for its blocks."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, part: Part, world: World, scratch_name: str
    ) -> None:
        self.connection, self.part, self.world = connection, part, world
        self.name = scratch_name
        self.problems: list[Problem] = []
        self.corrected: list[tuple[CorrectionRule, int]] = []
        self.looked_up: set[str] = set()

    def run(self, sql: str, *values: Any) -> duckdb.DuckDBPyConnection:
        return self.connection.execute(sql, list(values))

    def prepare(self) -> Count:
        """Make the relation of all rows that the blocks read: trimmed, corrected, without those left out."""
        part, reading = self.part, self.part.source.reading
        every = ", ".join(
            f"trim({column}, {_BLANKS}) AS {column}" for column in sorted(part.headings.values(), key=_number)
        )
        self.run(
            f"CREATE TEMP TABLE {self.name}_all AS SELECT _row{', ' if every else ''}{every} "
            "FROM read_parquet(?)",
            str(part.staged.parquet),
        )
        count = Count(part.source.name, part.path, None, part.staged.row_count)
        self._apply_corrections()
        texts = " || ".join(part.headings.values()) or "''"
        blank, end = f"({texts}) = ''", self._find_end(reading)
        after = "false" if end is None else f"_row >= {end}"
        rest = self._count(f"{after} AND NOT ({blank})")
        if rest and reading.rest is None:
            self.problems.append(
                problem("recipe-rest-undeclared", part.place.at(row=end), rows=rest, count=1)
            )
            count.problems += rest
        elif rest:
            count.left_out[str(reading.rest)] = rest
        if blanks := self._count(blank):
            count.left_out[BLANK_ROW] = blanks
        kept = f"NOT ({after}) AND NOT ({blank})"
        self.run(f"CREATE TEMP TABLE {self.name} AS SELECT * FROM {self.name}_all WHERE {kept}")
        self.run(f"DROP TABLE {self.name}_all")
        self._leave_out(part.source.leave_out, count)
        count.written = int(self._one(f"SELECT count(*) FROM {self.name}"))
        return count

    def _one(self, sql: str) -> Any:
        found = self.run(sql).fetchone()
        return found[0] if found else None

    def _count(self, condition: str) -> int:
        return int(self._one(f"SELECT count(*) FROM {self.name}_all WHERE {condition}"))

    def _find_end(self, reading: Reading) -> int | None:
        """Find the row at which the table ends: the first where the column that ends it is blank."""
        if reading.until_blank is None:
            return None
        if reading.until_blank:
            column = self.part.column(reading.until_blank)
            if column is None:
                self._miss(reading.until_blank)
                return None
            blank = f"{column} = ''"
        else:
            blank = f"({' || '.join(self.part.headings.values())}) = ''"
        found = self._one(f"SELECT min(_row) FROM {self.name}_all WHERE {blank}")
        return None if found is None else int(found)

    def _miss(self, heading: str) -> None:
        nearest = find_nearest(heading, self.part.headings)
        place = self.part.place.at(row=max(self.part.source.reading.headings, default=1))
        self.problems.append(problem("recipe-column-missing", place, value=heading, nearest=nearest))

    def _apply_corrections(self) -> None:
        for rule in self.part.source.corrections:
            column = self.part.column(rule.column)
            if column is None:
                self._miss(rule.column)
                continue
            where = f"{column} = {quoted(rule.found)}" + (f" AND _row = {rule.row}" if rule.row else "")
            rows = [row for (row,) in self.run(f"SELECT _row FROM {self.name}_all WHERE {where}").fetchall()]
            if not rows:
                place = self.part.place.at(row=rule.row, column=rule.column)
                self.problems.append(problem("recipe-correction-stale", place, value=rule.found))
            self.run(f"UPDATE {self.name}_all SET {column} = ? WHERE {where}", rule.corrected)
            self.corrected.extend((rule, row) for row in sorted(rows))

    def _leave_out(self, rules: tuple[Rule, ...], count: Count) -> None:
        if not rules:
            return
        relation = Relation(self, self.name, {})
        lets = self.part.source.lets
        if not relation.has(_all_uses((), rules, lets)):
            return
        decided = relation.decide({}, rules, lets)
        for reason, rows in decided.left_out(rules):
            count.left_out[reason] = count.left_out.get(reason, 0) + rows
        self.run(
            f"CREATE TEMP TABLE {self.name}_kept AS SELECT w.* FROM {self.name} w "
            f"JOIN {decided.name} d USING (_row) WHERE d.left_out IS NULL"
        )
        self.run(f"DROP TABLE {self.name}")
        self.run(f"ALTER TABLE {self.name}_kept RENAME TO {self.name}")
        self.run(f"DROP TABLE {decided.name}")

    def write(self, block: Block, number: int, into: str) -> Count:
        """Make the finished rows of a block, as a new relation `into`."""
        relation = self._turn(block.turning, f"{self.name}_turned")
        count = Count(self.part.source.name, self.part.path, block.table, relation.rows())
        fields = {**block.fields, **block.dimensions}
        if not relation.has(_all_uses(fields.values(), block.leave_out, block.lets)):
            count.problems = count.rows
            return count
        decided = relation.decide(fields, block.leave_out, block.lets)
        for reason, rows in decided.left_out(block.leave_out):
            count.left_out[reason] = count.left_out.get(reason, 0) + rows
        count.problems, problems = decided.problems()
        self.problems.extend(problems)
        cells = "".join(f', {decided.outputs[name]} AS "{name}"' for name in fields)
        self.run(
            f"CREATE TEMP TABLE {into} AS SELECT {number} AS _block, {self.part.source_id} AS _source, _row, "
            f"_turn{cells} FROM {decided.name} WHERE left_out IS NULL AND NOT is_faulty"
        )
        count.written = int(self._one(f"SELECT count(*) FROM {into}"))
        self.run(f"DROP TABLE {decided.name}")
        if block.turning is not None:
            self.run(f"DROP TABLE {relation.name}")
        return count

    def _turn(self, turning: Turning | None, into: str) -> Relation:
        """Give the relation a block reads: the rows themselves, or one row for each row and turn."""
        if turning is None:
            return Relation(self, self.name, {})
        if turning.split is not None:
            return self._split(turning, into)
        turns = list(self._turns(turning))
        names = sorted(turning.gives)
        texts = {name: [turn[name][1] for turn in turns] for name in names}
        is_column = {name: any(turn[name][0] for turn in turns) for name in names}
        numbers = ", ".join(map(str, range(len(turns))))
        lists = [f"unnest([{numbers}]::INTEGER[]) AS _turn"]
        given: dict[str, str] = {}
        for position, name in enumerate(names):
            given[name] = f"t{position}"
            items = (
                (text if turn[name][0] else quoted(text))
                for turn, text in zip(turns, texts[name], strict=True)
            )
            lists.append(f"unnest([{', '.join(items)}]::VARCHAR[]) AS t{position}")
        if turning.once:
            if any(is_column[name] and name != turning.cell for name in names):
                raise ValueError("a turning that is read once has no cells")
            row = max(self.part.source.reading.headings, default=1)
            source = f"(SELECT {row}::BIGINT AS _row)"
            lists = [item for item, name in zip(lists, [None, *names], strict=True) if name != turning.cell]
            given.pop(turning.cell, None)
            chosen = "s._row"
        else:
            source, chosen = self.name, "s.*"
        if not turns:
            empty = ", ".join(f"''::VARCHAR AS t{position}" for position in range(len(names)))
            lists = ["0 AS _turn", empty]
        where = "" if turns else " WHERE false"
        self.run(f"CREATE TEMP TABLE {into} AS SELECT {chosen}, {', '.join(lists)} FROM {source} s{where}")
        return Relation(self, into, given, has_turns=True, has_rows=not turning.once)

    def _split(self, turning: Turning, into: str) -> Relation:
        """Give one row for each piece of a column's text. A blank text has one blank piece."""
        column = self.part.column(turning.split or "")
        if column is None:
            self._miss(turning.split or "")
            column = "''"
        pieces = f"string_split({column}, {quoted(turning.separator)})"
        self.run(
            f"CREATE TEMP TABLE {into} AS SELECT * EXCLUDE (pieces), "
            "unnest(range(len(pieces)))::INTEGER AS _turn, "
            f"trim(unnest(pieces), {_BLANKS}) AS t0 FROM (SELECT *, {pieces} AS pieces FROM {self.name})"
        )
        return Relation(self, into, {turning.cell: "t0"}, has_turns=True)

    def _turns(self, turning: Turning) -> Iterator[dict[str, tuple[bool, str]]]:
        """Give each turn: for each name, whether it is a column, and the column or the text."""
        for turn in turning.turns:
            found = {name: (False, text) for name, text in turn.texts}
            for name, heading in turn.columns:
                column = self.part.column(heading)
                if column is None and not heading.endswith("?"):
                    self._miss(heading)
                found[name] = (column is not None, column or "")
            yield found
        if turning.turns:
            return
        for heading in turning.names:
            if self.part.column(heading) is None:
                self._miss(heading)
        for heading, column in self.part.headings.items():
            if turning.pattern is not None:
                match = re.fullmatch(turning.pattern, heading)
                groups = match.groupdict() if match else None
            else:
                groups = {} if heading in turning.names else None
            if groups is not None:
                texts = {name: (False, text or "") for name, text in groups.items()}
                yield {**texts, "heading": (False, heading), turning.cell: (True, column)}

    def read_columns(self, names: Sequence[str]) -> list[tuple[str, ...]]:
        """Give every different combination of some columns or parts of the file's name."""
        parts = self.part.file_parts
        chosen = []
        for name in names:
            column = self.part.column(name)
            if name not in parts and column is None and not name.endswith("?"):
                self._miss(name)
                return []
            chosen.append(quoted(parts.get(name, "")) if column is None else column)
        self.looked_up.update(name.removesuffix("?") for name in names)
        return self.run(f"SELECT DISTINCT {', '.join(chosen)} FROM {self.name}").fetchall()

    def used_headings(self) -> set[str]:
        """Say which headings anything in the recipe's source uses."""
        source = self.part.source
        names: set[str] = {rule.column for rule in source.corrections}
        if source.reading.until_blank:
            names.add(source.reading.until_blank)
        names |= _all_uses((), source.leave_out, source.lets)
        for block in source.blocks:
            names |= _all_uses(
                (*block.fields.values(), *block.dimensions.values()), block.leave_out, block.lets
            )
            if block.turning is not None and block.turning.turns:
                names |= {heading for turn in block.turning.turns for _, heading in turn.columns}
            elif block.turning is not None:
                names.add(block.turning.split or "")
                names |= {
                    heading
                    for heading in self.part.headings
                    if heading in block.turning.names
                    or (block.turning.pattern is not None and re.fullmatch(block.turning.pattern, heading))
                }
        return {name.removesuffix(MARK).removesuffix("?") for name in names}

    def has_text(self, column: str) -> bool:
        """Say whether any row has a text in a staged column."""
        return bool(self._one(f"SELECT count(*) FROM {self.name} WHERE {column} <> ''"))


@dataclass
class Relation:
    """A relation with the texts that expressions use: columns of the part, and names given by turning."""

    rows_of: PartRows
    name: str
    given: Mapping[str, str]
    has_turns: bool = False
    has_rows: bool = True

    def rows(self) -> int:
        return int(self.rows_of._one(f"SELECT count(*) FROM {self.name}"))

    def place_of(self, use: str) -> str | None:
        """Find the column of the relation that holds a text; None if it is no column of it."""
        name = use.removesuffix(MARK)
        if name in self.given:
            return self.given[name]
        return self.rows_of.part.column(name) if self.has_rows else None

    def sql_of(self, use: str, prefix: str = "") -> str:
        """Write a text as SQL. Where only its mark matters, all plain numbers are one."""
        column = f"{prefix}{self.place_of(use)}"
        if use.endswith(MARK):
            return f"CASE WHEN {_is_plain(column)} THEN {quoted(ANY_NUMBER)} ELSE {column} END"
        return column

    def has(self, uses: Iterable[str]) -> bool:
        """Note the columns that are missing. False if there are any."""
        names = {use.removesuffix(MARK) for use in uses if not use.startswith(LET)}
        missing = sorted(
            name for name in names - {*FILE_PARTS} if self.place_of(name) is None and not name.endswith("?")
        )
        for heading in missing:
            self.rows_of._miss(heading)
        return not missing

    def decide(
        self, fields: Mapping[str, Expression], rules: Sequence[Rule], lets: Mapping[str, Expression]
    ) -> Decided:
        """Read every expression and rule once for each combination of the texts it uses."""
        with_lets = self._add_lets(fields.values(), rules, lets)
        if with_lets is not self:
            decided = with_lets.decide(fields, rules, {})
            self.rows_of.run(f"DROP TABLE {with_lets.name}")
            return decided
        groups: dict[frozenset[str], Decision] = {}
        plain: dict[str, str] = {}
        for name, expression in fields.items():
            uses = set(expression.uses)
            column = expression.plain_column if isinstance(expression, Value | Number) else None
            if column is not None and (found := self.place_of(column)) is not None:
                uses = (uses - {column}) | {column + MARK}
                plain[name] = found
            groups.setdefault(self._joinable(uses), Decision()).fields[name] = expression
        for number, rule in enumerate(rules):
            groups.setdefault(self._joinable(rule.uses), Decision()).rules[number] = rule
        return Decided.make(self, groups, plain, len(rules))

    def _add_lets(
        self, fields: Iterable[Expression], rules: Sequence[Rule], lets: Mapping[str, Expression]
    ) -> Relation:
        """Give a relation that has the named expressions as texts, each read once for what it uses."""
        uses = _all_uses(fields, rules, lets)
        wanted = [name for name in lets if LET + name in uses]
        if not wanted:
            return self
        columns = {str(self.place_of(use)) for use in uses if self.place_of(use) is not None}
        turn = "_turn" if self.has_turns else "0 AS _turn"
        chosen = ", ".join(["_row", turn, *sorted(columns)])
        name = f"{self.name}_let"
        run = self.rows_of.run
        run(f"CREATE TEMP TABLE {name} AS SELECT {chosen} FROM {self.name}")
        relation = Relation(self.rows_of, name, dict(self.given), True, self.has_rows)
        for number, let in enumerate(wanted):
            decision = Decision({let: lets[let]})
            ordered = sorted(relation._joinable(lets[let].uses))
            table, _ = _evaluate(relation, ordered, decision, faults_as_texts=True)
            view = f"{name}_m"
            self.rows_of.connection.register(view, table)
            on = " AND ".join(
                f"m.k{position} = {relation.sql_of(use, 'r.')}" for position, use in enumerate(ordered)
            )
            run(
                f"CREATE TEMP TABLE {name}_next AS SELECT r.*, m.o0 AS l{number} FROM {name} r "
                f"LEFT JOIN {view} m ON {on or 'true'}"
            )
            self.rows_of.connection.unregister(view)
            run(f"DROP TABLE {name}")
            run(f"ALTER TABLE {name}_next RENAME TO {name}")
            relation.given = {**relation.given, LET + let: f"l{number}"}
        return relation

    def _joinable(self, uses: Iterable[str]) -> frozenset[str]:
        return frozenset(use for use in uses if self.place_of(use) is not None)

    def texts(self, uses: Sequence[str]) -> list[tuple[str, ...]]:
        """Give every different combination of some texts, in order."""
        if not uses:
            return [()]
        columns = ", ".join(self.sql_of(use) for use in uses)
        order = ", ".join(str(position) for position in range(1, len(uses) + 1))
        return self.rows_of.run(f"SELECT DISTINCT {columns} FROM {self.name} ORDER BY {order}").fetchall()


@dataclass
class Decision:
    """The fields and rules that use the same texts."""

    fields: dict[str, Expression] = field(default_factory=dict)
    rules: dict[int, Rule] = field(default_factory=dict)


@dataclass
class Decided:
    """A relation of rows with their fields, the rule that leaves each out, and whether a fault was found."""

    relation: Relation
    name: str
    outputs: dict[str, str]
    faults: list[list[Fault]]

    @classmethod
    def make(
        cls,
        relation: Relation,
        groups: Mapping[frozenset[str], Decision],
        plain: Mapping[str, str],
        rule_count: int,
    ) -> Decided:
        """Evaluate each group on its different texts and join the answers."""
        connection, name = relation.rows_of.connection, f"{relation.name}_decided"
        outputs: dict[str, str] = {}
        rule_columns: dict[int, str] = {}
        faults: list[list[Fault]] = []
        joins, chosen, registered = [], [], []
        for number, (uses, decision) in enumerate(
            sorted(groups.items(), key=lambda item: tuple(sorted(item[0])))
        ):
            ordered = sorted(uses)
            table, found = _evaluate(relation, ordered, decision)
            faults.append(found)
            view = f"{name}_m{number}"
            connection.register(view, table)
            registered.append(view)
            on = " AND ".join(
                f"m{number}.k{position} = {relation.sql_of(use, 'r.')}"
                for position, use in enumerate(ordered)
            )
            joins.append(f"LEFT JOIN {view} m{number} ON {on or 'true'}")
            chosen.append(f"m{number}.e AS e{number}")
            for field_name in decision.fields:
                output = f"f{len(outputs)}"
                outputs[field_name] = output
                answer = f"m{number}.{_output(decision, field_name)}"
                if field_name in plain:
                    column = f"r.{plain[field_name]}"
                    answer = f"CASE WHEN {_is_plain(column)} THEN {column} ELSE {answer} END"
                chosen.append(f"{answer} AS {output}")
            for rule in decision.rules:
                rule_columns[rule] = f"m{number}.r{rule}"
        whens = " ".join(f"WHEN {rule_columns[rule]} THEN {rule}" for rule in range(rule_count))
        left_out = f"CASE {whens} END" if whens else "NULL::INTEGER"
        faulty = " OR ".join(f"m{number}.e IS NOT NULL" for number in range(len(groups))) or "false"
        turn = "r._turn" if relation.has_turns else "0 AS _turn"
        connection.execute(
            f"CREATE TEMP TABLE {name} AS SELECT r._row, {turn}, {left_out} AS left_out, "
            f"{faulty} AS is_faulty{''.join(', ' + item for item in chosen)} "
            f"FROM {relation.name} r {' '.join(joins)}"
        )
        for view in registered:
            connection.unregister(view)
        return cls(relation, name, outputs, faults)

    def left_out(self, rules: Sequence[Rule]) -> list[tuple[str, int]]:
        """Count the rows each rule leaves out."""
        found = self.relation.rows_of.run(
            f"SELECT left_out, count(*) FROM {self.name} WHERE left_out IS NOT NULL "
            "GROUP BY left_out ORDER BY left_out"
        ).fetchall()
        return [(rules[number].reason, rows) for number, rows in found]

    def problems(self) -> tuple[int, list[Problem]]:
        """Count the rows with faults, and give each fault once, with its first row and its rows' count."""
        run = self.relation.rows_of.run
        counted = run(f"SELECT count(*) FROM {self.name} WHERE left_out IS NULL AND is_faulty").fetchone()
        rows = int(counted[0]) if counted else 0
        if not rows:
            return 0, []
        place = self.relation.rows_of.part.place
        merged: dict[tuple[object, ...], tuple[Fault, int, int]] = {}
        for number, faults in enumerate(self.faults):
            if not faults:
                continue
            met = run(
                f"SELECT e{number}, count(*), min(_row) FROM {self.name} "
                f"WHERE left_out IS NULL AND e{number} IS NOT NULL GROUP BY e{number} ORDER BY 1"
            ).fetchall()
            for index, count, first in met:
                fault = faults[index]
                key = (fault.code, fault.value, fault.column, tuple(sorted(map(str, fault.facts.items()))))
                seen = merged.get(key)
                if seen is not None:
                    count, first = max(count, seen[1]), min(first, seen[2])
                merged[key] = (fault, count, first)
        found = [
            problem(
                fault.code,
                place.at(row=first, column=fault.column),
                value=fault.value,
                count=count,
                **fault.facts,
            )
            for fault, count, first in merged.values()
        ]
        return rows, found


def _is_plain(column: str) -> str:
    return f"regexp_full_match({column}, {quoted(PLAIN_NUMBER)})"


def _output(decision: Decision, field_name: str) -> str:
    return f"o{list(decision.fields).index(field_name)}"


def _evaluate(
    relation: Relation, uses: Sequence[str], decision: Decision, *, faults_as_texts: bool = False
) -> tuple[pa.Table, list[Fault]]:
    """Read the expressions of one group for every different combination of their texts."""
    part, world = relation.rows_of.part, relation.rows_of.world
    base = dict(part.file_parts)
    for optional in _optional(decision):
        base.setdefault(optional, "")
    combinations = relation.texts(uses)
    answers: list[list[str | None]] = [[] for _ in decision.fields]
    rules: list[list[bool]] = [[] for _ in decision.rules]
    faults: list[Fault] = []
    fault_numbers: list[int | None] = []
    for combination in combinations:
        texts = base | dict(zip(uses, combination, strict=True))
        for use, text in zip(uses, combination, strict=True):
            # What is read by its mark alone may also be asked for as itself: plain numbers were set apart.
            if use.endswith(MARK):
                texts.setdefault(use.removesuffix(MARK), text)
        fault_number: int | None = None
        for position, expression in enumerate(decision.fields.values()):
            try:
                answers[position].append(expression.read(texts, world))
            except Fault as fault:
                fault.column = fault.column or _column_of(fault, texts, uses)
                if faults_as_texts:
                    answers[position].append(f"{FAULT}{len(world.faults)}")
                    world.faults.append(fault)
                    continue
                answers[position].append(None)
                if fault_number is None:
                    fault_number = len(faults)
                    faults.append(fault)
        fault_numbers.append(fault_number)
        for position, rule in enumerate(decision.rules.values()):
            rules[position].append(rule.holds(texts, world))
    keys = list(zip(*combinations, strict=True)) if uses else []
    columns: dict[str, pa.Array] = {f"k{n}": pa.array(key, pa.string()) for n, key in enumerate(keys)}
    columns |= {f"o{n}": pa.array(answer, pa.string()) for n, answer in enumerate(answers)}
    columns |= {
        f"r{rule}": pa.array(told, pa.bool_()) for rule, told in zip(decision.rules, rules, strict=True)
    }
    columns["e"] = pa.array(fault_numbers, pa.int32())
    for n in range(len(uses)):
        columns.setdefault(f"k{n}", pa.array([], pa.string()))
    return pa.table(columns), faults


def _optional(decision: Decision) -> set[str]:
    """Give the names that may be missing: without them, nothing."""
    uses = {use for expression in decision.fields.values() for use in expression.uses}
    uses |= {use for rule in decision.rules.values() for use in rule.uses}
    return {use for use in uses if use.removesuffix(MARK).endswith("?")}


def _all_uses(
    fields: Iterable[Expression], rules: Iterable[Rule], lets: Mapping[str, Expression]
) -> frozenset[str]:
    """Give the texts that expressions and rules use, and those that the named expressions among them use."""
    items: list[Expression | Rule] = [*fields, *rules]
    uses: set[str] = set().union(*(item.uses for item in items))
    for name in reversed(list(lets)):
        if LET + name in uses:
            uses |= lets[name].uses
    return frozenset(uses)


def _column_of(fault: Fault, texts: Mapping[str, str], uses: Sequence[str]) -> str | None:
    """Find the column that a fault is about: the one that holds the text found, else the first."""
    for use in uses:
        if texts[use] == fault.value:
            return use.removesuffix(MARK)
    return uses[0].removesuffix(MARK) if uses else None


def _number(column: str) -> int:
    return int(column[1:])
