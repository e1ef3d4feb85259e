"""JSON and Parquet become staged text.

In:   a JSON document or a Parquet file, and a Selection
Out:  Parquet of text, headings, and problems; the first record is row 2, as if headings stood above it

Numbers in JSON keep the digits they are written with. A list or an object inside a record stays JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.reading.layout import stage_rows
from ingest.reading.plain import Undecodable, find_source, make_plain
from ingest.reading.selection import LIMITS, Found, Selection, Staged, staged_path
from ingest.reading.staging import RowWriter, number_array, stage_nothing, text_array
from ingest.reading.text import number_text, text_of
from ingest.reading.undecodable import describe_undecodable

PARQUET_BATCH_ROWS = 60_000


class NumberText(str):
    """A number of a JSON document, in the digits it is written with."""

    __slots__ = ()


class Misshapen(Exception):  # noqa: N818 - becomes a problem
    """A document is not of a shape that holds rows. The argument says what it is instead."""


def stage_json(file: Path, selection: Selection, scratch: Path, found: Found) -> Staged:
    """Stage a JSON document: a list of objects, a list of lists, or an object of objects."""
    parquet = staged_path(file, selection, scratch)
    copy = parquet.with_suffix(".txt")
    try:
        source = find_source(file, selection.encoding, found)
        plain = make_plain(source, copy, found) if source else None
        if source is None or plain is None:
            return stage_nothing(parquet, found)
        if plain.path.stat().st_size > LIMITS.json:
            raise Misshapen(f"it has more than {LIMITS.json:,} bytes.")
        with plain.open_text() as text:
            document = _read(text.read(), lines=selection.format == "ndjson")
        table = _follow(document, selection.json_path)
        if not _is_list_of_lists(table):
            # Objects have their headings with them, whatever is said of rows.
            selection = replace(selection, heading_rows=(1,), first_row=max(2, selection.first_row or 2))
        headings, count = stage_rows(lambda: _rows(table, selection.key_column), selection, parquet, found)
        return Staged(parquet, headings, found.problems, count, source.encoding)
    except Undecodable as fault:
        describe_undecodable(fault, selection, found)
    except Misshapen as fault:
        found.add("file-unreadable", wanted="a table of JSON", reason=str(fault))
    except json.JSONDecodeError as fault:
        reason = f"{fault.msg} (column {fault.colno})."
        found.add("file-unreadable", fault.lineno, wanted="JSON", reason=reason)
    except RecursionError:
        found.add("file-unreadable", wanted="JSON", reason="it has lists in lists without end.")
    finally:
        copy.unlink(missing_ok=True)
    return stage_nothing(parquet, found)


def read_json(content: bytes, *, lines: bool = False) -> Any:
    """Read JSON, each number as NumberText.

    Raises json.JSONDecodeError, UnicodeDecodeError (both are ValueError), Misshapen and RecursionError.
    """
    return _read(content.decode("utf-8-sig"), lines=lines)


def _read(text: str, *, lines: bool) -> Any:
    decoder = json.JSONDecoder(
        object_pairs_hook=_object,
        parse_int=NumberText,
        parse_float=NumberText,
        parse_constant=_refuse_constant,
    )
    if not lines:
        return decoder.decode(text)
    records = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                records.append(decoder.decode(line))
            except json.JSONDecodeError as fault:
                raise json.JSONDecodeError(
                    fault.msg, "\n" * (number - 1) + line, number - 1 + fault.pos
                ) from None
    return records


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Misshapen(f"an object has the key '{twice}' twice.")
    return made


def _refuse_constant(name: str) -> None:
    raise Misshapen(f"{name} is not JSON.")


def _follow(document: Any, path: tuple[str | int, ...]) -> Any:
    here = document
    for step in path:
        if isinstance(here, dict) and str(step) in here:
            here = here[str(step)]
        elif isinstance(here, list) and str(step).isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            raise Misshapen(f"there is nothing at '{step}' of the path {'/'.join(map(str, path))}.")
    return here


def _rows(table: Any, key_column: str) -> Iterator[list[str]]:
    """Give a row of headings, then a row for each record."""
    if isinstance(table, dict) and table and all(isinstance(record, dict) for record in table.values()):
        table = [{key_column: key, **record} for key, record in table.items()]
    if not isinstance(table, list):
        raise Misshapen("it holds no list of rows.")
    if _is_list_of_lists(table):
        yield from ([cell_text(cell) for cell in record] for record in table)
        return
    if not all(isinstance(record, dict) for record in table):
        raise Misshapen("its rows are neither all objects nor all lists.")
    headings = list(dict.fromkeys(key for record in table for key in record))
    yield headings
    for record in table:
        yield [cell_text(record.get(heading)) for heading in headings]


def _is_list_of_lists(table: Any) -> bool:
    return isinstance(table, list) and bool(table) and all(isinstance(record, list) for record in table)


def cell_text(value: Any) -> str:
    """Write a value of a JSON document as a cell."""
    if isinstance(value, dict | list):
        return json_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def json_text(value: Any) -> str:
    """Write a value as JSON again, its numbers in their own digits."""
    if isinstance(value, NumberText):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json_text(key)}: {json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def stage_parquet(file: Path, selection: Selection, scratch: Path, found: Found) -> Staged:
    """Stage a Parquet file. Its columns have names of their own, so it has no row of headings."""
    parquet = staged_path(file, selection, scratch)
    try:
        with pq.ParquetFile(file) as source:
            headings = tuple(source.schema_arrow.names)
            if len(headings) > LIMITS.columns:
                found.add("table-too-large", found=f"{len(headings):,} columns", wanted=f"{LIMITS.columns:,}")
                return stage_nothing(parquet, found)
            first, last = selection.first_row or 2, selection.last_row or 2**62
            with RowWriter(parquet, len(headings)) as writer:
                row = 2
                for batch in source.iter_batches(PARQUET_BATCH_ROWS):
                    numbers = np.arange(row, row + len(batch))
                    row += len(batch)
                    if numbers[0] < first or numbers[-1] > last:
                        kept = (numbers >= first) & (numbers <= last)
                        at = np.flatnonzero(kept)
                        batch, numbers = batch.slice(int(at[0]) if len(at) else 0, len(at)), numbers[kept]
                    columns = [_column_text(column) for column in batch.columns]
                    writer.write_arrays(columns, number_array(numbers))
            return Staged(parquet, headings, found.problems, writer.row_count)
    except (pa.ArrowException, UnicodeDecodeError, OSError) as fault:
        # Arrow tells of a damaged file as OSError too; a disk that cannot be read has a number.
        if isinstance(fault, OSError) and fault.errno is not None:
            raise
        found.add("file-unreadable", wanted="Parquet", reason="it is damaged.")
    return stage_nothing(parquet, found)


def _column_text(column: pa.Array) -> pa.Array:
    """Write a column as text, NULL as ''."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind):
        return column.cast(pa.string()).fill_null("")
    if pa.types.is_floating(kind):
        # Writing a number is dear, and a column of figures repeats itself.
        coded = pc.dictionary_encode(column)
        texts = text_array([_number_text(value) for value in coded.dictionary.to_numpy()])
        return pa.DictionaryArray.from_arrays(coded.indices, texts).cast(pa.string()).fill_null("")
    if pa.types.is_nested(kind):
        return text_array([_nested_text(value) for value in column.to_pylist()])
    return text_array([text_of(value) for value in column.to_pylist()])


def _number_text(value: np.floating[Any]) -> str:
    """Write a number of any length in the digits that its own length needs: 0.1 of 32 bits is "0.1"."""
    if isinstance(value, np.float64) or not np.isfinite(value):
        return number_text(float(value))
    return np.format_float_positional(value, trim="-")


def _nested_text(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=text_of)
