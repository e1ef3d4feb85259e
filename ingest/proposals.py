"""A file or a form becomes proposed definitions: columns of the table indicators, of which only the label must be.

In:   a YAML, JSON or CSV file, or the fields of a form
Out:  Proposal values, and problems

Texts stay texts: a YAML date or number is what its author wrote. A file may hold at most MOST_PROPOSALS and
LONGEST_FILE bytes, a text at most LONGEST_TEXT characters. In YAML `row` of a problem is a line; in JSON it is
the number of the proposal.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ingest.checking.wording import list_codes
from ingest.problems import Place, Problem, find_nearest, group_problems, problem
from ingest.reading.delimited import cell_limit
from schemas import Field, load_model

MOST_PROPOSALS = 50
LONGEST_FILE = 256 * 1024
LONGEST_TEXT = 10_000

# Control characters, and halves of characters that UTF-8 cannot write.
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

# A value of a column as it was found, and the row it was found in.
Cell = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed definition: what it says in each column that is not empty, and where it stands in its file."""

    columns: Mapping[str, str]
    row: int | None = None

    @property
    def label(self) -> str:
        return self.columns["label"]


class _NotAProposal(Exception):  # noqa: N818 - it becomes a problem
    """A text does not have the shape of proposals. Carries the problem."""

    def __init__(self, found: Problem) -> None:
        self.problem = found
        super().__init__(found.message)


def read_proposals(file: Path) -> tuple[list[Proposal], list[Problem]]:
    """Read a file of proposed definitions.

    Returns those without problems, in the order of the file, and all problems.

    Raises OSError if the file cannot be opened.
    """
    place = Place(file.name)
    with file.open("rb") as opened:
        content = opened.read(LONGEST_FILE + 1)
    read = _READERS.get(file.suffix.lower())
    if read is None:
        names = ", ".join(sorted(_READERS))
        return [], [problem("format-unknown", place, value=file.suffix or file.name, wanted=names)]
    try:
        sets = read(_decode(content, place), place)
        if len(sets) > MOST_PROPOSALS:
            found, wanted = f"{len(sets):,} proposed definitions", f"{MOST_PROPOSALS:,}"
            raise _NotAProposal(problem("proposals-too-large", place, found=found, wanted=wanted))
    except _NotAProposal as fault:
        return [], [fault.problem]
    proposals, problems = [], []
    for row, cells in sets:
        proposal, faults = check_columns(cells, place.at(row))
        problems += faults
        if proposal is not None:
            proposals.append(proposal)
    return proposals, group_problems(problems)


def check_columns(cells: Mapping[str, Cell], place: Place) -> tuple[Proposal | None, list[Problem]]:
    """Check what a proposal says against the columns of the table indicators.

    Returns the proposal, or None where there is a problem, and the problems.
    """
    table = load_model().tables["indicators"]
    problems: list[Problem] = []
    columns: dict[str, str] = {}
    for name, (text, row) in cells.items():
        here = place.at(row, name)
        if name not in table.field_names:
            nearest = find_nearest(name, table.field_names)
            problems.append(problem("column-unknown", here, value=name, table=table.name, nearest=nearest))
        elif text.strip():
            problems += _check_text(table.field(name), text.strip(), here)
            columns[name] = text.strip()
    if not columns.get("label"):
        problems.append(problem("value-missing", place.at(column="label"), column="label"))
    return (None if problems else Proposal(columns, place.row)), problems


def _check_text(field: Field, text: str, place: Place) -> Iterable[Problem]:
    """Check a text: not too long, and a code where the column has a closed list."""
    most = min(field.max_length or LONGEST_TEXT, LONGEST_TEXT)
    if _NO_TEXT.search(text):
        yield problem("value-malformed", place, value=text, wanted="text without control characters")
    elif len(text) > most:
        yield problem("value-too-long", place, value=text, wanted=f"at most {most:,} characters")
    elif field.enum is not None and text not in field.enum:
        nearest = _find_code(field, text)
        codes = list_codes(field.enum)
        listed = field.code_list or field.name
        yield problem("code-unknown", place, value=text, list=listed, nearest=nearest, wanted=codes)


def _find_code(field: Field, text: str) -> str | None:
    """Find the code that somebody meant who wrote its label, or nearly the code."""
    lists = load_model().code_lists
    if field.code_list is not None and field.code_list in lists:
        by_label = {code.label.casefold(): code.code for code in lists[field.code_list].codes}
        found = by_label.get(text.casefold())
        if found is not None:
            return found
    return find_nearest(text, field.enum or ())


def _decode(content: bytes, place: Place) -> str:
    if len(content) > LONGEST_FILE:
        found, wanted = f"more than {LONGEST_FILE:,} bytes", f"{LONGEST_FILE:,} bytes"
        raise _NotAProposal(problem("proposals-too-large", place, found=found, wanted=wanted))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        wrong = content[fault.start : fault.start + 4].hex(" ")
        raise _NotAProposal(
            problem("encoding-wrong", place, value=wrong, encoding="UTF-8", readings="")
        ) from fault
    if not text.strip():
        raise _NotAProposal(problem("file-empty", place))
    return text


Sets = Sequence[tuple[int | None, Mapping[str, Cell]]]


def _misshapen(place: Place, fault: str) -> _NotAProposal:
    return _NotAProposal(problem("proposal-misshapen", place, fault=fault))


class _Loader(yaml.BaseLoader):
    """YAML in which every value is a text, and nothing stands for a part written elsewhere."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # untyped in the library
            raise yaml.composer.ComposerError(None, None, "an alias (*) is not permitted", mark)
        return super().compose_node(parent, index)


def _read_yaml(text: str, place: Place) -> Sets:
    try:
        node = yaml.compose(text, Loader=_Loader)
    except RecursionError as fault:
        raise _misshapen(place, "is nested too deep") from fault
    except yaml.MarkedYAMLError as fault:
        row = fault.problem_mark.line + 1 if fault.problem_mark else None
        reason = f"{fault.problem}."
        raise _NotAProposal(
            problem("file-unreadable", place.at(row), wanted="YAML", reason=reason)
        ) from fault
    except yaml.YAMLError as fault:
        reason = "it has a character that YAML does not permit."
        raise _NotAProposal(problem("file-unreadable", place, wanted="YAML", reason=reason)) from fault
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return [(_line(one), _read_node(one, place)) for one in nodes]


def _read_node(node: Any, place: Place) -> dict[str, Cell]:
    if not isinstance(node, yaml.MappingNode):
        raise _misshapen(place.at(_line(node)), "is not a set of names and texts")
    cells: dict[str, Cell] = {}
    for key, value in node.value:
        here = place.at(_line(key))
        if not isinstance(key, yaml.ScalarNode):
            raise _misshapen(here, "has a name that is not a text")
        if key.value in cells:
            raise _misshapen(here.at(column=key.value), "names a column twice")
        parts = value.value if isinstance(value, yaml.SequenceNode) else [value]
        if not all(isinstance(part, yaml.ScalarNode) for part in parts):
            raise _misshapen(here.at(column=key.value), "has names inside a text")
        cells[key.value] = (";".join(part.value for part in parts), _line(key))
    return cells


def _line(node: Any) -> int | None:
    return None if node is None else node.start_mark.line + 1


def _read_json(text: str, place: Place) -> Sets:
    def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
        if twice is not None:
            raise _misshapen(place.at(column=twice), "names a column twice")
        return dict(pairs)

    try:
        # Numbers stay as they are written.
        told = json.loads(text, object_pairs_hook=read_object, parse_int=str, parse_float=str)
    except json.JSONDecodeError as fault:
        reason = f"{fault.msg} (line {fault.lineno}, column {fault.colno})."
        raise _NotAProposal(problem("file-unreadable", place, wanted="JSON", reason=reason)) from fault
    except RecursionError as fault:
        raise _misshapen(place, "is nested too deep") from fault
    listed = told if isinstance(told, list) else [told]
    return [(number, _read_object(one, place.at(number))) for number, one in enumerate(listed, 1)]


def _read_object(told: Any, place: Place) -> dict[str, Cell]:
    if not isinstance(told, dict):
        raise _misshapen(place, "is not a set of names and texts")
    cells: dict[str, Cell] = {}
    for name, value in told.items():
        parts = value if isinstance(value, list) else [value]
        if any(isinstance(part, list | dict) for part in parts):
            raise _misshapen(place.at(column=name), "has names inside a text")
        cells[name] = (";".join("" if part is None else str(part) for part in parts), None)
    return cells


def _read_csv(text: str, place: Place) -> Sets:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        with cell_limit(LONGEST_FILE):
            return list(_read_rows(rows, place))
    except csv.Error as fault:
        reason = f"{fault}."
        raise _NotAProposal(
            problem("file-unreadable", place.at(rows.line_num), wanted="CSV", reason=reason)
        ) from fault


def _read_rows(rows: Any, place: Place) -> Iterator[tuple[int, Mapping[str, Cell]]]:
    headings = [heading.strip() for heading in next(rows)]
    for at, heading in enumerate(headings):
        if heading in headings[:at]:
            raise _misshapen(place.at(1, heading or None), "names a column twice")
    for row in rows:
        if len(row) > len(headings):
            raise _misshapen(place.at(rows.line_num), "has more cells than headings")
        if any(cell.strip() for cell in row):
            yield rows.line_num, {name: (cell, None) for name, cell in zip(headings, row, strict=False)}


_READERS = {".csv": _read_csv, ".json": _read_json, ".yaml": _read_yaml, ".yml": _read_yaml}
