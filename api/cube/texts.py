"""Rows of observations as Turtle: the fastest way of many statements into a store.

In:   the cube, the rows that are asked for, the properties to say of them
Out:  pieces of text, each with the dataset that it is about and how many statements it holds

A statement in text is read in half the time that it takes to make one in Python and hand it over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from api.cube.pieces import KEYS, Asked, Cube
from publish.rows import kept_in, read

# So many statements make one piece of text, or a few more.
_STATEMENTS = 20_000


@dataclass(slots=True)
class Text:
    """Statements about observations of one dataset, given by its number."""

    dataset: int
    lines: list[str] = field(default_factory=list)
    statements: int = 0

    @property
    def turtle(self) -> bytes:
        """The text."""
        return "".join(self.lines).encode()


def write_rows(
    cube: Cube, asked: Asked, predicates: frozenset[str] | None, alike: Sequence[str] = ()
) -> Iterator[Text]:
    """Write what rows say: all that are asked for, and some more where telling them apart would cost more.

    predicates   the properties to say; all where None
    alike        what rows share of which one is enough; every row counts where there is nothing
    """
    if asked.is_empty:
        return
    spoken = {name: cube.spell(name, predicates) for name in (*KEYS, "note")}
    series, cells, areas, periods, statuses = (spoken[name] for name in KEYS)
    notes = spoken["note"]
    numbers = cube.numbers(predicates)
    says_codes = any(text for name in KEYS for text, _ in spoken[name])
    columns = [column for _, column, _ in numbers]
    columns += ["scale", "value_text"] if "value" in columns else []
    columns += ["note"] if any(text for text, _ in notes) else []
    tests = cube.tests(asked)
    if not says_codes:
        tests.append(f"({' OR '.join(f'{kept_in(column)} IS NOT NULL' for column in columns) or 'FALSE'})")
    where = f" WHERE {' AND '.join(tests)}" if tests else ""
    if alike:
        where += f" GROUP BY {', '.join(alike)}"
    names = ["dataset", "definition", "breakdown", "area", "period", "status", "digits IS NULL"]
    names += [f"{read(column)} AS {column}" for column in columns]
    # Only column names and numbers of ours are in it.
    sql = f"SELECT {', '.join(names)} FROM observation_rows{where}"  # noqa: S608
    texts: dict[int, Text] = {}
    with_figures = [(f' <{iri}> "', column, f'"^^<{kind}>;') for iri, column, kind in numbers]
    has_more = bool(columns)
    for row in cube.connect().execute(sql):
        dataset, definition, breakdown, area, period, status, is_missing = row[:7]
        place, cell = cube.series_numbers[dataset, definition], cube.cell_numbers[dataset, breakdown]
        text_series, count_series = series[2 * place - 2 + is_missing]
        text_area, count_area = areas[area - 1]
        text_period, count_period = periods[period - 1]
        text_status, count_status = statuses[2 * status - 2 + is_missing]
        text_cell, count_cell = cells[cell - 1]
        said = f"{text_series}{text_area}{text_period}{text_status}{text_cell}"
        count = count_series + count_area + count_period + count_status + count_cell
        if has_more:
            for before, column, after in with_figures:
                if row[column] is not None:
                    said += f"{before}{cube.number(row, column)}{after}"
                    count += 1
            if columns[-1] == "note" and row["note"] is not None:
                text_note, count_note = notes[row["note"] - 1]
                said, count = said + text_note, count + count_note
        if not count:
            continue
        subject = (
            f"{cube.starts[place - 1]}{cube.areas[area - 1]}/{cube.periods[period - 1]}{cube.ends[cell - 1]}"
        )
        text = texts.get(dataset)
        if text is None:
            text = texts[dataset] = Text(dataset)
        text.lines.append(f"<{subject}>{said}.\n")
        text.statements += count
        if text.statements >= _STATEMENTS:
            yield texts.pop(dataset)
    yield from texts.values()
