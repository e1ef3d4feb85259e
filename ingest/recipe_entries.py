"""JSON that describes several things under what they share becomes rows.

In:   a JSON file, the way to an object in it, and the key of what all entries share, if any
Out:  Staged, like any other table: one row for each entry

The object is either one entry, or holds entries by name; each entry takes over what is shared and may say
otherwise. The column "key" has the entry's name, '' where the object is the only entry.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest.problems import Place, problem
from ingest.reading import Selection, Staged
from ingest.reading.selection import staged_path
from ingest.reading.staging import RowWriter
from ingest.reading.structured import cell_text, read_json
from ingest.recipe_form import Reading


def stage_entries(file: Path, reading: Reading, scratch: Path, place: Place) -> Staged:
    """Stage the entries of a JSON file. Rows are numbered from 2, as if a heading stood above them."""
    parquet = staged_path(file, Selection(format="json", json_path=reading.json_path), scratch)
    try:
        entries = _entries(read_json(file.read_bytes()), reading)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        with RowWriter(parquet, 0):
            fault = problem("recipe-json-unread", place, reason=f"{type(error).__name__}: {error}")
            return Staged(parquet, (), (fault,))
    headings = tuple(dict.fromkeys([reading.key_column, *(key for entry in entries for key in entry)]))
    with RowWriter(parquet, len(headings)) as writer:
        rows = [[cell_text(entry.get(heading)) for heading in headings] for entry in entries]
        writer.write(rows, range(2, len(rows) + 2))
    return Staged(parquet, headings, (), len(entries))


def _entries(document: Any, reading: Reading) -> list[dict[str, Any]]:
    for step in reading.json_path:
        document = document[step]
    if not isinstance(document, dict):
        raise TypeError("an object of entries is wanted")
    shared = document.get(reading.shared, {}) if reading.shared else {}
    named = {key: value for key, value in document.items() if key != reading.shared}
    if not all(isinstance(value, dict) for value in named.values()):
        return [{reading.key_column: ""} | shared | named]
    return [{reading.key_column: key} | shared | value for key, value in named.items()]
