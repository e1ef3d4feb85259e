"""The content of an edition becomes one digest, the same on any machine and with any number of threads.

In:   Contents
Out:  sha256 in hexadecimal, of every table's own digest

Each table is written as lines in key order, one for each row: columns as canonical text, apart by tabs, a
tab, a line end or a backslash in a text escaped. Observations are lines of CSV; where each was read is not
among their columns, for it follows from the sources. No clock, no path and no bytes of a database or Parquet
file are in it. The site's base and title are, because every address begins with the one and every page shows
the other. What follows from the tables by this version of the product (distributions, labels) is not
digested again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa

from publish.contents import Contents

_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))

_APART = "\x1f"


def digest_tables(contents: Contents, observations: str) -> dict[str, str]:
    """Give the digest of each table, by its name.

    observations    the digest of the observations
    """
    digests = {name: _lines_digest(_lines(table)) for name, table in contents.tables.items()}
    digests["observations"] = observations
    digests["sources"] = _lines_digest(
        "\t".join(_line(str(row[name] if row[name] is not None else "")) for name in sorted(row))
        for row in contents.sources
    )
    return digests


def digest_edition(contents: Contents, tables: Mapping[str, str]) -> str:
    """Give the digest of an edition from what it says of itself and the digests of its tables."""
    said = {"base": contents.base, "title": contents.title, "product_version": contents.product_version}
    texts = [f"{name}\t{_line(value)}" for name, value in sorted(said.items())]
    texts += [f"table\t{name}\t{digest}" for name, digest in sorted(tables.items())]
    return _lines_digest(texts)


def digest_after(content: str, before: str) -> str:
    """Give the digest of an edition that has revisions: from its content and the edition it follows.

    The revisions follow from the two, so they are not digested by themselves.
    """
    return _lines_digest((f"content\t{content}", f"before\t{before}"))


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
    columns = map(_cells, table.columns)
    return map("\t".join, zip(*columns, strict=True))


def _cells(column: pa.ChunkedArray) -> list[str]:
    cells = ["" if cell is None else str(cell) for cell in column.to_pylist()]
    # Few columns have anything to escape; one look at all of their text is enough to know.
    text = _APART.join(cells)
    return list(map(_line, cells)) if any(found in text for found, _ in _ESCAPES) else cells
