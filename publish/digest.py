"""The content of an edition becomes one digest, the same on any machine and with any number of threads.

In:   the tables of an edition, in key order
Out:  sha256 in hexadecimal, of every table's own digest

Each table is written as lines in key order, one for each row: columns as canonical text, apart by tabs, a
tab, a line end or a backslash in a text escaped. No clock, no path and no bytes of a database or Parquet
file are in it. The site's base and title are, because every address begins with the one and every page shows
the other. What follows from the tables by this version of the product (distributions, labels) is not
digested again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import ibis
import pyarrow as pa

from publish.engine import Engine
from publish.observations import LISTS, NUMBERS, ORDER, Observations

# The value as a number follows from its text.
_DIGESTED = (*ORDER, "status", "note", "value_text", *NUMBERS, "sample_size", "_source", "_row")

_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


def digest_tables(
    engine: Engine,
    tables: Mapping[str, pa.Table],
    coded: Observations,
    sources: Iterable[Mapping[str, Any]],
) -> dict[str, str]:
    """Give the digest of each table, by its name; the tables are in key order."""
    digests = {name: _lines_digest(_lines(table)) for name, table in tables.items()}
    digests["observations"] = _rows_digest(engine, coded)
    for name in LISTS:
        digests[f"observations {name}s"] = _lines_digest(
            "\t".join(map(_line, row)) for row in coded.lists[name]
        )
    digests["sources"] = _lines_digest(
        "\t".join(_line(str(row[name] if row[name] is not None else "")) for name in sorted(row))
        for row in sources
    )
    return digests


def digest_edition(said: Mapping[str, str], tables: Mapping[str, str]) -> str:
    """Give the digest of an edition from what it says of itself and the digests of its tables."""
    texts = [f"{name}\t{_line(value)}" for name, value in sorted(said.items())]
    texts += [f"table\t{name}\t{digest}" for name, digest in sorted(tables.items())]
    return _lines_digest(texts)


def _lines_digest(texts: Iterable[str]) -> str:
    sha = hashlib.sha256()
    for text in texts:
        sha.update(text.encode() + b"\n")
    return sha.hexdigest()


def _line(text: str) -> str:
    for found, written in _ESCAPES:
        text = text.replace(found, written)
    return text


def _lines(table: pa.Table) -> Iterator[str]:
    """Write the rows of a small table as lines."""
    columns = [
        ["" if cell is None else _line(str(cell)) for cell in column.to_pylist()] for column in table.columns
    ]
    return map("\t".join, zip(*columns, strict=True))


def _rows_digest(engine: Engine, coded: Observations) -> str:
    """Digest the coded rows; they hold whole numbers and digits only, so nothing is escaped."""
    rows = coded.rows
    cells = [
        piece for name in _DIGESTED for piece in (rows[name].cast("string").fill_null(""), ibis.literal("\t"))
    ]
    cells[-1] = ibis.literal("\n")
    sha = hashlib.sha256()
    texts = coded.in_order(rows.mutate(text=ibis.literal("").join(cells)), ["text"])
    for text in engine.texts(texts):
        sha.update(text)
    return sha.hexdigest()
