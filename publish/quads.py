"""Every statement of an edition becomes lines of N-Quads, to download.

In:   contents, their statements about all but observations, and the shares of those
Out:  downloads/site.nq.gz: a member for the statements that are not about one observation, and one for each share

What observations say follows from their lines of CSV, from a few tables that say what codes stand for, and from this
code: a share of which these are the same says what it said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import chain, groupby

from ingest.exchange import FORMULA_GUARD, FORMULA_MARKS
from publish.contents import Contents
from publish.folder import Folder
from publish.parts import Parts, part_file
from publish.shares import Share, batches_of
from publish.statements import Spelling, StatementWriter
from publish.triples import Names
from publish.unchanged import digest_code

QUADS = "site.nq.gz"

# Tables that say what the codes in lines of observations stand for.
_TABLES = ("datasets", "indicators", "dimensions", "codes")


def write_quads(
    contents: Contents,
    downloads: Folder,
    statements: bytes,
    digests: tuple[Mapping[str, str], Mapping[Share, str]],
    parts: Parts,
) -> int:
    """Write every statement: a graph for each dataset's observations, and one for the rest.

    statements  lines of N-Triples, about all but observations
    digests   of each table, and of each share of the observations
    parts     what may be taken from the edition before

    Returns how many lines there are.
    """
    tables, shares = digests
    # A line end stands nowhere but at the end of a statement: inside of texts it is escaped.
    rest = statements.replace(b" .\n", f" <{contents.base}catalog> .\n".encode())
    frame = _digest_frame(contents, tables)
    keys = {
        share: hashlib.sha256(f"{frame} {digest}".encode()).hexdigest() for share, digest in shares.items()
    }
    count = rest.count(b"\n")
    writer = StatementWriter(contents, Spelling(Names(contents.base, contents.model), is_lines=True))
    with part_file(downloads, QUADS, parts) as file:
        file.add([rest])
        file.keep()
        wanted = [share for share, key in keys.items() if not file.has(key)]
        made = groupby(batches_of(contents.observations, wanted), key=lambda one: one[0])
        for share, key in keys.items():
            if share not in wanted:
                count += file.take(key).count
                parts.reused += 1
                continue
            before = writer.written
            _, batches = next(made)
            file.add(chain.from_iterable(writer.write(batch) for _, batch in batches))
            count += file.keep(key, writer.written - before).count
    return count


def _digest_frame(contents: Contents, tables: Mapping[str, str]) -> str:
    """Take the digest of all that statements about observations follow from, but their own lines."""
    texts = [digest_code(), contents.base, *(tables[name] for name in _TABLES)]
    # A cell of CSV has an apostrophe before what a spreadsheet would run, so these two notes would have one line.
    odd = (FORMULA_GUARD, *FORMULA_MARKS)
    texts += [note for (note,) in contents.observations.lists["note"] if note.startswith(odd)]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
