"""What to read of a file, and what reading it gives.

In:   a publisher's description of its file: the descriptor of a package, or a recipe
Out:  Selection, Staged and the limits that keep reading bounded

Rows are numbered as a spreadsheet numbers them: the first row of a file or sheet is row 1, whatever it holds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ingest.problems import Place, Problem, problem

FORMATS = ("csv", "tsv", "xlsx", "ods", "json", "ndjson", "parquet")

Format = Literal["csv", "tsv", "xlsx", "ods", "json", "ndjson", "parquet"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cells of a file are a table, and how its text is to be read.

    format         one of FORMATS; None takes the file name's word for it
    encoding       a text encoding; None tries a byte order mark, then UTF-8
    delimiter      between cells; None detects comma, tab, semicolon or bar, as frictionless does
    quote          around cells; None means the double quote; "" means that nothing is quoted
    escape         the character that takes the meaning from the next one, if any
    double_quote   a quote inside a quoted cell is written twice
    line_terminator  None means any of LF, CR LF and CR
    comment        rows that start with this text are passed over
    sheet          a sheet's name, or its number from 1; None is the first sheet
    heading_rows   rows that hold the headings; () means none, and the columns are called field1, field2 …
    heading_join   stands between the parts of a heading that is spread over several rows
    fill_headings  a blank cell in any heading row but the last repeats the one to its left (merged headings)
    first_row      the first row of the table; None is the row after the last heading row
    last_row       the last row of the table; None is the last row of the file
    comment_rows   rows that are passed over
    skip_blank_rows  rows without any text are passed over, not a problem
    json_path      keys and positions (from 0) that lead to the list of rows, or to an object of rows
    key_column     the heading of the column that takes the keys, where the rows are an object of objects
    links          a workbook's cell that holds a link (by formula, or in an ODS text) has its address as its text
    as_laid_out    the layout is known to be untidy, because a recipe will put it in order: blank rows stay,
                   short rows are filled up, cells beyond the headings make columns with a blank heading, and
                   blank and repeated headings stand. Without it each of these is a problem.
    """

    format: Format | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    double_quote: bool = True
    skip_initial_space: bool = False
    line_terminator: str | None = None
    comment: str | None = None
    sheet: str | int | None = None
    heading_rows: tuple[int, ...] = (1,)
    heading_join: str = " "
    fill_headings: bool = False
    first_row: int | None = None
    last_row: int | None = None
    comment_rows: tuple[int, ...] = ()
    skip_blank_rows: bool = False
    json_path: tuple[str | int, ...] = ()
    key_column: str = "key"
    links: bool = False
    as_laid_out: bool = False

    @property
    def start_row(self) -> int:
        """The first row of the table itself."""
        if self.first_row is not None:
            return self.first_row
        return max(self.heading_rows) + 1 if self.heading_rows else 1

    def has_row(self, row: int) -> bool:
        """Say whether a row is between the first and the last of the table, and not passed over."""
        return (
            row >= self.start_row
            and (self.last_row is None or row <= self.last_row)
            and row not in self.comment_rows
            and row not in self.heading_rows
        )


@dataclass(frozen=True, slots=True)
class Staged:
    """The rows of one table as text, on disk.

    parquet    columns c1 … cN (text, never NULL: an empty cell is '') and _row (BIGINT), in the file's order
    headings   of c1 … cN, as written in the file
    problems   what a publisher has to mend; rows without a problem of their own are staged all the same
    row_count  how many rows are staged
    encoding   what the text was read as, None where the format has no encoding
    delimiter  what was found between cells, None where the format has none
    """

    parquet: Path
    headings: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    row_count: int = 0
    encoding: str | None = None
    delimiter: str | None = None

    @property
    def is_readable(self) -> bool:
        """Say whether a table was found at all; if not, the problems say why, and nothing is staged."""
        return bool(self.headings)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that no honest table meets. They keep a hostile file from taking memory or disk.

    Characters for cell and row, bytes for the rest. `ratio` is the size unpacked to the size packed; it may
    be passed as long as no more than `ratio_from` bytes come out, for a short file of zeros hurts nobody.
    """

    cell: int = 4_000_000
    row: int = 16_000_000
    columns: int = 16_384
    sheet_cells: int = 25_000_000
    json: int = 100 * 1024**2
    workbook: int = 1024**3
    unpacked: int = 8 * 1024**3
    ratio: int = 200
    ratio_from: int = 64 * 1024**2

    def most_from(self, packed: int) -> int:
        """Say how many bytes may come out of a packed file of so many bytes."""
        return min(self.unpacked, max(self.ratio_from, packed * self.ratio))


LIMITS = Limits()


class Found:
    """Problems found while one file is read.

    Of each code at most `most` are kept with their places; the rest are counted in the last of them, so a
    file that is wrong in every row takes no more memory than one that is wrong in a thousand.
    """

    def __init__(self, place: Place, most: int = 1000) -> None:
        self.place = place
        self._most = most
        self._kept: dict[str, list[Problem]] = {}
        self._more: dict[str, int] = {}

    def add(self, code: str, row: int | None = None, column: str | None = None, **facts: Any) -> None:
        """Note a problem at a row and column of the file that is being read."""
        kept = self._kept.setdefault(code, [])
        if len(kept) < self._most:
            kept.append(problem(code, self.place.at(row, column), **facts))
        else:
            self._more[code] = self._more.get(code, 0) + 1

    @property
    def problems(self) -> tuple[Problem, ...]:
        found: list[Problem] = []
        for code, kept in self._kept.items():
            last = replace(kept[-1], count=kept[-1].count + self._more.get(code, 0))
            found.extend([*kept[:-1], last])
        return tuple(found)


def staged_path(file: Path, selection: Selection, scratch: Path) -> Path:
    """Name the Parquet file of one selection of one file: the same again for the same two."""
    digest = hashlib.sha256(f"{file}\n{selection!r}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return scratch / f"staged-{digest}.parquet"
