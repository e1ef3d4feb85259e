"""What is needed to say an observation again from its row: the pieces that its statements are made of.

In:   Contents
Out:  a file of JSON beside the store of an edition whose observations are not in the store

The pieces are those of statements.py, by the same numbers, so that a row says the same wherever it is said. A
reader of coded rows puts them together: see api/cube.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ingest.expressions import expression, ibis
from publish.contents import Contents
from publish.counts import add_up
from publish.observations import NUMBERS, ORDER
from publish.statements import Spelling, StatementWriter, canonical
from publish.triples import Names

PIECES = "cube.json"

# A number with more characters than these may be another one once it is kept in binary.
_TRUE_CHARACTERS = 15


def write_pieces(contents: Contents, path: Path) -> None:
    """Write the pieces of an edition's observations.

    The file holds:
    base, class  the address of the site, and how the IRIs of observations begin
    lists        the codes behind the numbers of rows: dataset, definition, area, period, breakdown, note
    series       for each pair of dataset and definition: the two numbers, how its IRIs begin, and what a figure
                 with a value and one without say
    cells        for each pair of dataset and breakdown: the two numbers, how its IRIs end, what it says
    area, period, note, and status (with a value, without): what each code says
    numbers      the properties of figures, the column each is in, and its datatype
    counts       how many figures there are: dataset, definition, period, with a value, without
    texts        how many values are kept as text too, and the most digits that any value has behind the point
    digits       figures beside the value that a number in binary does not keep: by column, key of the row and text

    What something says is a list of pairs: a property's IRI, and an object as it stands in N-Triples.
    """
    names = Names(contents.base, contents.model)
    writer = StatementWriter(contents, Spelling(names, is_lines=True))
    path.write_text(
        json.dumps(
            {
                "base": contents.base,
                **writer.pieces(),
                "counts": _counts(contents),
                "texts": _texts(contents),
                "digits": _digits(contents),
            },
            ensure_ascii=False,
        ),
        encoding="utf-8",
    )


def _counts(contents: Contents) -> list[tuple[int, ...]]:
    """Count the figures of each dataset, definition and period."""
    found = add_up(
        contents.observations.counts.figures, ("dataset", "definition", "period"), ("figures", "missing")
    )
    return [(*key, count - missing, missing) for *key, count, missing in found]


def _texts(contents: Contents) -> tuple[int, int]:
    """Count the values that are kept as text too, and the digits behind the point of the value that has most."""
    figures = contents.observations.counts.figures
    return int(figures["texts"].sum()), int(figures["digits"].max(initial=0))


def _digits(contents: Contents) -> dict[str, dict[str, str]]:
    """Find the figures beside the value whose digits a number in binary does not give back."""
    found: dict[str, dict[str, str]] = {name: {} for name in NUMBERS}
    if contents.observations.counts.figures["longest"].max(initial=0) <= _TRUE_CHARACTERS:
        return found
    rows, engine = contents.observations.rows, contents.observations.engine
    [longest] = engine.read(longest_of(rows, NUMBERS)).to_pylist()
    for name in (name for name in NUMBERS if (longest[name] or 0) > _TRUE_CHARACTERS):
        long = engine.read(longer_than(rows, name, _TRUE_CHARACTERS))
        keys = zip(*(long[column].to_pylist() for column in ORDER), strict=True)
        found[name] = {
            " ".join(map(str, key)): text
            for key, text in zip(keys, canonical(long[name].combine_chunks()).to_pylist(), strict=True)
            if repr(float(text)) != text
        }
    return found


@expression
def longest_of(rows: ibis.Table, columns: Sequence[str]) -> ibis.Table:
    """Say how long the longest text of some columns is."""
    return rows.aggregate(**{name: rows[name].length().max() for name in columns})


@expression
def longer_than(rows: ibis.Table, column: str, length: int) -> ibis.Table:
    """Give the texts of a column that are longer than so much, with their keys."""
    return rows.filter(rows[column].length() > length).select(*ORDER, column)
