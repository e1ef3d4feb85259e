"""The files of one source become one relation of rows, and columns of it become rows where a recipe says so.

In:   the staged parts of a source (files, or sheets of them), a DuckDB connection
Out:  SourceRows: a relation of trimmed, corrected texts with _source and _row, and what became of each row

Names of columns and tables in the SQL are made here (h0, t1, s2_all); no text of a source or a recipe becomes
part of it except as a quoted literal.
"""

# ruff: noqa: S608 - the docstring says what the SQL is made of

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from ingest.problems import Place, Problem, find_nearest, problem
from ingest.reading import Staged
from ingest.recipe_decisions import Relation, all_uses, quoted
from ingest.recipe_expressions import LET, MARK, World
from ingest.recipe_form import Block, CorrectionRule, Source, Turning
from ingest.recipe_grammar import plain_heading
from ingest.recipe_sources import FILE_PARTS

_BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"

BLANK_ROW = "The row is blank."


@dataclass
class Part:
    """One file of a source, or one sheet of it, as it was staged.

    source_id  the number of the file among all sources, as rows carry it in _source
    path       the file's place in its package
    headings   the staged column of each heading; the second of one name is called name#2
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
            name = self.source.reading.rename.get(name, name)
            seen[name] = seen.get(name, 0) + 1
            self.headings[name if seen[name] == 1 else f"{name}#{seen[name]}"] = f"c{number}"

    @property
    def place(self) -> Place:
        sheet = self.source.reading.sheet
        return Place(self.path, None if sheet is None else str(sheet))

    @property
    def heading_row(self) -> int:
        return max(self.source.reading.headings, default=1)

    @property
    def file_parts(self) -> dict[str, str]:
        path = Path(self.path)
        folder = path.parent.as_posix()
        stem = path.name.removesuffix(".gz").rsplit(".", 1)[0]
        return dict(
            zip(FILE_PARTS, (self.path, path.name, stem, "" if folder == "." else folder), strict=True)
        )


@dataclass
class Count:
    """What became of the rows of one part in one block; the parts add up to `rows`.

    table   None for the rows of the file itself, of which `written` are handed on to the blocks
    rows    rows read, or, where columns become rows, rows times columns
    rest    how many of those left out come after the end of the table, and are another source's
    """

    source: str
    file: str
    table: str | None
    rows: int
    written: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    repeats: int = 0
    problems: int = 0
    rest: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether every row is accounted for."""
        return self.rows == self.written + sum(self.left_out.values()) + self.repeats + self.problems

    def leave_out(self, reason: str, rows: int) -> None:
        if rows:
            self.left_out[reason] = self.left_out.get(reason, 0) + rows


class SourceRows:
    """The rows of all parts of a source, ready for its blocks.

    columns   the column of the relation for each heading that any part has, and for parts of a file's name
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: Source,
        parts: Sequence[Part],
        world: World,
        name: str,
    ) -> None:
        self.connection, self.source, self.world, self.name = connection, source, world, name
        self.problems: list[Problem] = []
        self.corrected: list[tuple[CorrectionRule, int, str]] = []
        self.looked_up: set[str] = set()
        self.counts = {
            part.source_id: Count(source.name, part.path, None, part.staged.row_count) for part in parts
        }
        self.parts = {part.source_id: part for part in parts if self._has_columns(part)}
        names = dict.fromkeys(heading for part in self.parts.values() for heading in part.headings)
        # Where no part can be read, the columns are there all the same, without rows.
        names |= dict.fromkeys(sorted(self.needed_headings() - {*FILE_PARTS}))
        self.columns = {heading: f"h{number}" for number, heading in enumerate(names)}
        self.columns |= {part: f"p{number}" for number, part in enumerate(FILE_PARTS)}

    def run(self, sql: str, *values: Any) -> duckdb.DuckDBPyConnection:
        return self.connection.execute(sql, list(values))

    def _has_columns(self, part: Part) -> bool:
        """Note the columns that the recipe needs and the part lacks. Such a part is not read at all."""
        if not part.headings and part.staged.problems:
            return False  # nothing could be read of it, as staging has said
        missing = sorted(self.needed_headings() - set(part.headings) - {*FILE_PARTS})
        self._note_missing(part, missing)
        if missing:
            self.counts[part.source_id].problems = part.staged.row_count
        return not missing

    def _note_missing(self, part: Part, headings: Sequence[str]) -> None:
        for heading in headings:
            nearest = find_nearest(heading, part.headings)
            place = part.place.at(row=part.heading_row)
            self.problems.append(problem("recipe-column-missing", place, value=heading, nearest=nearest))

    def used_headings(self) -> set[str]:
        """Say which headings anything in the recipe's source uses; those that may be missing end with ?."""
        source = self.source
        names: set[str] = {rule.column for rule in source.corrections}
        if source.reading.until_blank:
            names.add(source.reading.until_blank)
        names |= all_uses((), source.leave_out, source.lets)
        for block in source.blocks:
            uses = all_uses((*block.fields.values(), *block.dimensions.values()), block.leave_out, block.lets)
            names |= {use for use in uses if block.turning is None or _bare(use) not in block.turning.gives}
            names |= _turned_headings(block.turning)
        return {_bare(name) for name in names if not name.startswith(LET)}

    def needed_headings(self) -> set[str]:
        return {name for name in self.used_headings() if not name.endswith("?")}

    def prepare(self) -> None:
        """Make the relation of all rows that the blocks read: trimmed, corrected, without those left out."""
        self._gather()
        self._apply_corrections()
        self._end_tables()
        self._leave_out()
        written = self._by_source(f"SELECT _source, count(*) FROM {self.name} GROUP BY _source")
        for source_id in self.parts:
            self.counts[source_id].written = written.get(source_id, 0)

    def _gather(self) -> None:
        """Put the rows of all parts together, column by heading."""
        selects = []
        for part in self.parts.values():
            cells = [f"{part.source_id}::INTEGER AS _source", "_row"]
            for heading, column in self.columns.items():
                if heading in FILE_PARTS:
                    cells.append(f"{quoted(part.file_parts[heading])} AS {column}")
                elif heading in part.headings:
                    cells.append(f"trim({part.headings[heading]}, {_BLANKS}) AS {column}")
                else:
                    cells.append(f"NULL::VARCHAR AS {column}")
            selects.append(f"SELECT {', '.join(cells)} FROM read_parquet({quoted(str(part.staged.parquet))})")
        if not selects:
            empty = ", ".join(f"''::VARCHAR AS {column}" for column in self.columns.values())
            selects = [f"SELECT 0 AS _source, 0::BIGINT AS _row, {empty} WHERE false"]
        self.run(f"CREATE TEMP TABLE {self.name}_all AS {' UNION ALL '.join(selects)}")

    def _by_source(self, sql: str) -> dict[int, int]:
        return dict(self.run(sql).fetchall())

    @property
    def _is_blank(self) -> str:
        headings = [column for heading, column in self.columns.items() if heading not in FILE_PARTS]
        return f"concat({', '.join(headings)}) = ''" if headings else "true"

    def _end_tables(self) -> None:
        """End each table where the recipe says, and take out blank rows."""
        reading = self.source.reading
        blank = self._is_blank
        self.run(f"CREATE TEMP TABLE {self.name}_end (_source INTEGER, _end BIGINT)")
        if reading.until_blank is not None:
            ends = f"{self.columns[reading.until_blank]} = ''" if reading.until_blank else blank
            self.run(
                f"INSERT INTO {self.name}_end SELECT _source, min(_row) FROM {self.name}_all "
                f"WHERE {ends} GROUP BY _source"
            )
        found = self.run(
            f"SELECT _source, count(*) FILTER ({blank}), count(*) FILTER (NOT {blank} AND _row >= _end), "
            f"min(_end) FROM {self.name}_all LEFT JOIN {self.name}_end USING (_source) "
            "GROUP BY _source ORDER BY _source"
        ).fetchall()
        for source_id, blanks, rest, end in found:
            count = self.counts[source_id]
            count.leave_out(BLANK_ROW, blanks)
            if rest and reading.rest is None:
                place = self.parts[source_id].place.at(row=end)
                self.problems.append(problem("recipe-rest-undeclared", place, rows=rest))
                count.problems += rest
            else:
                count.leave_out(str(reading.rest), rest)
                count.rest = rest
        self.run(
            f"CREATE TEMP TABLE {self.name} AS SELECT a.* FROM {self.name}_all a "
            f"LEFT JOIN {self.name}_end USING (_source) WHERE NOT {blank} AND (_end IS NULL OR _row < _end)"
        )
        self.run(f"DROP TABLE {self.name}_all")

    def _apply_corrections(self) -> None:
        for rule in self.source.corrections:
            column = self.columns.get(rule.column)
            if column is None:
                continue
            where = f"{column} = {quoted(rule.found)}" + (f" AND _row = {rule.row}" if rule.row else "")
            rows = self.run(
                f"SELECT _source, _row FROM {self.name}_all WHERE {where} ORDER BY _source, _row"
            ).fetchall()
            if not rows:
                place = next(iter(self.parts.values())).place.at(row=rule.row, column=rule.column)
                self.problems.append(problem("recipe-correction-stale", place, value=rule.found))
            self.run(f"UPDATE {self.name}_all SET {column} = ? WHERE {where}", rule.corrected)
            self.corrected.extend((rule, row, self.parts[source_id].path) for source_id, row in rows)

    def _leave_out(self) -> None:
        rules = self.source.leave_out
        if not rules:
            return
        decided = Relation(self, self.name, {}).decide({}, rules, self.source.lets)
        for source_id, reason, rows in decided.left_out(rules):
            self.counts[source_id].leave_out(reason, rows)
        self.run(
            f"CREATE TEMP TABLE {self.name}_kept AS SELECT w.* FROM {self.name} w "
            f"JOIN {decided.name} d USING (_source, _row) WHERE d.left_out IS NULL"
        )
        self.run(f"DROP TABLE {self.name}")
        self.run(f"ALTER TABLE {self.name}_kept RENAME TO {self.name}")
        self.run(f"DROP TABLE {decided.name}")

    def write(self, block: Block, into: str) -> dict[int, Count]:
        """Make the finished rows of a block, as a new relation `into`. Gives the count of each part."""
        fields = {**block.fields, **block.dimensions}
        uses = all_uses(fields.values(), block.leave_out, block.lets)
        needed = {column for use in uses if (column := self.columns.get(_bare(use).removesuffix("?")))}
        relation = self._turn(block.turning, f"{self.name}_turned", ["_source", "_row", *sorted(needed)])
        read = self._by_source(f"SELECT _source, count(*) FROM {relation.name} GROUP BY _source")
        counts = {
            source_id: Count(self.source.name, part.path, block.table, read.get(source_id, 0))
            for source_id, part in self.parts.items()
        }
        decided = relation.decide(fields, block.leave_out, block.lets)
        for source_id, reason, rows in decided.left_out(block.leave_out):
            counts[source_id].leave_out(reason, rows)
        for source_id, rows in decided.faulty_rows().items():
            counts[source_id].problems += rows
        places = {source_id: part.place for source_id, part in self.parts.items()}
        self.problems.extend(decided.problems(places))
        cells = "".join(f', {decided.outputs[name]} AS "{name}"' for name in fields)
        self.run(
            f"CREATE TEMP TABLE {into} AS SELECT _source, _row, _turn{cells} FROM {decided.name} "
            "WHERE left_out IS NULL AND NOT is_faulty"
        )
        for source_id, rows in self._by_source(
            f"SELECT _source, count(*) FROM {into} GROUP BY _source"
        ).items():
            counts[source_id].written = rows
        self.run(f"DROP TABLE {decided.name}")
        if block.turning is not None:
            self.run(f"DROP TABLE {relation.name}")
        return counts

    def _turn(self, turning: Turning | None, into: str, needed: Sequence[str]) -> Relation:
        """Give the relation a block reads: the rows themselves, or one row for each row and turn.

        needed   the columns that the block uses; a table of 500 columns is not to be repeated 500 times
        """
        if turning is None:
            return Relation(self, self.name, {})
        if turning.split is not None:
            return self._split(turning, into, needed)
        if turning.once:
            return self._turn_once(turning, into)
        turns = list(self._turns(turning))
        names = sorted(turning.gives)
        lists = [f"unnest([{', '.join(map(str, range(len(turns))))}]::INTEGER[]) AS _turn"]
        for position, name in enumerate(names):
            items = (turn[name][1] if turn[name][0] else quoted(turn[name][1]) for turn in turns)
            lists.append(f"unnest([{', '.join(items)}]::VARCHAR[]) AS t{position}")
        # A cell of a column that this part does not have is no cell at all.
        present = f"t{names.index(turning.cell)} IS NOT NULL" if turning.cell in names else "true"
        self.run(
            f"CREATE TEMP TABLE {into} AS SELECT * FROM "
            f"(SELECT {', '.join([*needed, *lists])} FROM {self.name}) WHERE {present if turns else 'false'}"
        )
        given = {name: f"t{position}" for position, name in enumerate(names)}
        return Relation(self, into, given, has_turns=True)

    def _turn_once(self, turning: Turning, into: str) -> Relation:
        """Give one row for each column that becomes rows, with the row of the headings."""
        names = sorted(turning.gives - {turning.cell})
        selects = []
        for part in self.parts.values():
            parts = ", ".join(
                f"{quoted(text)} AS {self.columns[name]}" for name, text in part.file_parts.items()
            )
            for number, turn in enumerate(self._turns(turning)):
                if turn["heading"][1] in part.headings:
                    texts = ", ".join(f"{quoted(turn[name][1])} AS t{at}" for at, name in enumerate(names))
                    selects.append(
                        f"SELECT {part.source_id}::INTEGER AS _source, {part.heading_row}::BIGINT AS _row, "
                        f"{number}::INTEGER AS _turn, {parts}, {texts}"
                    )
        self.run(f"CREATE TEMP TABLE {into} AS {' UNION ALL '.join(selects)}")
        return Relation(self, into, {name: f"t{at}" for at, name in enumerate(names)}, has_turns=True)

    def _split(self, turning: Turning, into: str, needed: Sequence[str]) -> Relation:
        """Give one row for each piece of a column's text. A blank text has one blank piece."""
        pieces = f"string_split({self.columns[str(turning.split)]}, {quoted(turning.separator)})"
        self.run(
            f"CREATE TEMP TABLE {into} AS SELECT * EXCLUDE (pieces), "
            "unnest(range(len(pieces)))::INTEGER AS _turn, "
            f"trim(unnest(pieces), {_BLANKS}) AS t0 "
            f"FROM (SELECT {', '.join(needed)}, {pieces} AS pieces FROM {self.name})"
        )
        return Relation(self, into, {turning.cell: "t0"}, has_turns=True)

    def _turns(self, turning: Turning) -> Iterator[Mapping[str, tuple[bool, str]]]:
        """Give each turn: for each name, whether it is a column, and the column or the text."""
        for turn in turning.turns:
            columns = ((name, heading.removesuffix("?")) for name, heading in turn.columns)
            yield {name: (False, text) for name, text in turn.texts} | {
                name: (True, f"coalesce({self.columns[heading]}, '')")
                if heading in self.columns
                else (False, "")
                for name, heading in columns
            }
        if turning.turns:
            return
        for heading, column in self.columns.items():
            groups = _turned(turning, heading)
            if groups is not None and heading not in FILE_PARTS:
                texts = {name: (False, text or "") for name, text in groups.items()}
                yield {**texts, "heading": (False, heading), turning.cell: (True, column)}

    def has_columns(self, names: Sequence[str]) -> bool:
        """Say whether any part has each of some columns; one that none has becomes a problem."""
        missing = [name for name in names if name not in self.columns]
        for part in list(self.parts.values())[:1]:
            self._note_missing(part, missing)
        return bool(self.parts) and not missing

    def read_columns(self, names: Sequence[str]) -> list[tuple[str, ...]]:
        """Give every different combination of some columns or parts of the file's name."""
        self.looked_up.update(names)
        chosen = ", ".join(f"coalesce({self.columns.get(name, 'NULL')}, '')" for name in names)
        return self.run(f"SELECT DISTINCT {chosen} FROM {self.name}").fetchall()

    def find_unused(self) -> Iterator[tuple[Part, str]]:
        """Find the columns with text that the recipe says nothing about."""
        used = (
            {name.removesuffix("?") for name in self.used_headings()}
            | set(self.source.unused)
            | self.looked_up
        )
        turnings = [block.turning for block in self.source.blocks if block.turning is not None]
        unused = [
            heading
            for heading in self.columns
            if heading not in used
            and heading not in FILE_PARTS
            and all(_turned(turning, heading) is None for turning in turnings)
        ]
        if not unused:
            return
        filled = ", ".join(f"bool_or({self.columns[heading]} <> '')" for heading in unused)
        for source_id, *told in self.run(
            f"SELECT _source, {filled} FROM {self.name} GROUP BY _source ORDER BY _source"
        ).fetchall():
            for heading, has_text in zip(unused, told, strict=True):
                if has_text:
                    yield self.parts[source_id], heading


def _bare(use: str) -> str:
    return use.removesuffix(MARK)


def _turned_headings(turning: Turning | None) -> set[str]:
    if turning is None:
        return set()
    columns = {heading for turn in turning.turns for _, heading in turn.columns}
    return columns | set(turning.names) | ({turning.split} if turning.split is not None else set())


def _turned(turning: Turning, heading: str) -> Mapping[str, str | None] | None:
    """Say whether a heading's column becomes rows: the texts its pattern gives, or None."""
    if turning.pattern is not None:
        match = re.fullmatch(turning.pattern, heading)
        return match.groupdict() if match else None
    return {} if heading in turning.names else None
