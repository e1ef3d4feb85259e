"""What a checked recipe is made of.

In:   expressions, conditions and figures that a recipe's texts were read into
Out:  a Recipe: sources, how each is read, what rows are left out and why, what is written to which table
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.recipe_conditions import Rule
from ingest.recipe_expressions import Expression, ListTable
from ingest.recipe_figures import Figure
from ingest.recipe_periods import PeriodStyle


@dataclass(frozen=True)
class Reading:
    """Which part of a file is a table.

    headings    rows that hold the headings, joined by a space
    until_blank the column whose first blank cell ends the table; '' for the first row without any text;
                None reads to the last row
    rest        why the rows after the table are left to others; None where there must be none
    rename      what the recipe calls a heading that is written otherwise here
    shared      for JSON of several entries: the key of what all entries share
    links       for workbooks: a cell that holds a link is read as the link's address
    """

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | int | None = None
    headings: tuple[int, ...] = (1,)
    first_row: int | None = None
    last_row: int | None = None
    until_blank: str | None = None
    rest: str | None = None
    rename: Mapping[str, str] = field(default_factory=dict)
    json_path: tuple[str | int, ...] = ()
    key_column: str = "key"
    entries: bool = False
    shared: str | None = None
    links: bool = False


@dataclass(frozen=True)
class CorrectionRule:
    """A declared change to a known fault. Without a row it applies wherever the column has the text found."""

    column: str
    found: str
    corrected: str
    reason: str
    provided_by: str
    declared_on: str
    row: int | None = None


@dataclass(frozen=True)
class Partner:
    """The file that must stand beside each file of a source, named by parts of its name."""

    file: Expression
    missing: str


@dataclass(frozen=True)
class Turn:
    """One of the rows that a row is turned into: a text, or a column, for each name."""

    texts: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Turning:
    """Columns become rows.

    turns    one for each row wanted, written out
    pattern  or: one for each column whose heading fits, named by the groups of the pattern
    names    or: one for each of these columns
    split    or: one for each piece of the text of this column, between separators; the piece is named `cell`
    cell     the name of the cell's text; `heading` is the name of its heading
    once     one row for each column, whatever the table's rows hold
    """

    turns: tuple[Turn, ...] = ()
    pattern: str | None = None
    names: tuple[str, ...] = ()
    split: str | None = None
    separator: str = ""
    cell: str = "cell"
    once: bool = False

    @property
    def gives(self) -> frozenset[str]:
        """The names that expressions may use."""
        if self.turns:
            return frozenset(name for turn in self.turns for name, _ in (*turn.texts, *turn.columns))
        if self.split is not None:
            return frozenset({self.cell})
        groups = set(re.compile(self.pattern).groupindex) if self.pattern else set()
        return frozenset({self.cell, "heading"} | groups)


@dataclass(frozen=True)
class Block:
    """What is written to one standard table from the rows of a source.

    lets   the named expressions it may use, those of its source first; later ones use earlier ones
    """

    table: str
    lets: Mapping[str, Expression]
    fields: Mapping[str, Expression]
    dimensions: Mapping[str, Expression]
    turning: Turning | None
    leave_out: tuple[Rule, ...]
    figure: Figure | None


@dataclass(frozen=True)
class Source:
    """One table of the package, which may lie in several files of one layout."""

    name: str
    files: tuple[str, ...]
    optional: bool
    partner: Partner | None
    reading: Reading
    unused: Mapping[str, str]
    corrections: tuple[CorrectionRule, ...]
    lets: Mapping[str, Expression]
    leave_out: tuple[Rule, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Repeats:
    """Rows of a table that may come twice: the same key, and the same text in the fields named."""

    same: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class FixedRow:
    """A row that the recipe itself carries, with the line it stands on."""

    cells: Mapping[str, str]
    line: int


@dataclass(frozen=True)
class Recipe:
    """A declared mapping from a publisher's own layout to standard tables.

    look_ups   for each source that others look things up in: the columns they ask for
    """

    name: str
    title: str
    description: str
    file: Path
    sources: tuple[Source, ...]
    styles: Mapping[str, PeriodStyle]
    lists: Mapping[str, ListTable]
    fixed: Mapping[str, tuple[FixedRow, ...]]
    repeats: Mapping[str, Repeats]
    unused_files: Mapping[str, str]
    unused_sheets: Mapping[str, str]
    look_ups: Mapping[str, frozenset[str]]

    @property
    def tables(self) -> tuple[str, ...]:
        """The standard tables that the recipe writes, in the order it names them."""
        written = (block.table for source in self.sources for block in source.blocks)
        return tuple(dict.fromkeys((*self.fixed, *written)))
