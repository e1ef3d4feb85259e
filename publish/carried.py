"""What follows from figures that did not change is carried over from the edition before.

In:   the lines of each share of the observations, as digests, and the edition before
Out:  the rows of derived tables that need not be worked out again

A comparator, a distribution and a restated figure follow from the figures of one indicator, from the standard tables
other than observations, and from our code. If those are what they were, so are its rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.standard_file import read_parquet
from publish.observations import Observations
from publish.parts import Part, Parts
from publish.shares import Share
from publish.unchanged import digest_code

FOLDER = "carried"

_LINES, _FRAME = "lines", "frame"


@dataclass
class Carried:
    """What is carried over into contents; nothing, until it is known what has changed.

    indicators  of which every figure is what it was
    tables      the rows of derived tables about them
    """

    indicators: frozenset[str] = frozenset()
    tables: dict[str, pa.Table] = field(default_factory=dict)

    def fresh(self, observations: Observations) -> Observations:
        """Leave out of observations those of which nothing is to be worked out."""
        if not self.tables:
            return observations
        wanted = [
            number
            for number, (indicator, _) in enumerate(observations.lists["definition"], start=1)
            if indicator not in self.indicators
        ]
        return observations.only(wanted)

    def join(self, name: str, fresh: pa.Table, key: tuple[str, ...]) -> pa.Table:
        """Put what was worked out and what is carried over together, in key order."""
        kept = self.tables.get(name)
        if kept is None:
            return fresh
        return pa.concat_tables([fresh, kept.cast(fresh.schema)]).sort_by([(one, "ascending") for one in key])


def find_unchanged(observations: Observations, shares: Mapping[Share, str], parts: Parts) -> frozenset[str]:
    """Find the indicators of which every figure is what it was in the edition before."""
    known = parts.known.get(_LINES, {})
    same = [share for share, digest in shares.items() if digest in known]
    definitions = observations.lists["definition"]
    return frozenset(definitions[at - 1][0] for share in same for at in share.numbers)


def carry(
    carried: Carried,
    unchanged: frozenset[str],
    tables: Mapping[str, str],
    shares: Mapping[Share, str],
    parts: Parts,
) -> None:
    """Carry over what can be, and note what the next edition needs to know whether it can.

    tables   the digest of each standard table
    """
    told = [digest_code(), *(f"{name} {tables[name]}" for name in sorted(tables) if name not in _OF_FIGURES)]
    frame = hashlib.sha256("\n".join(told).encode()).hexdigest()
    for digest in shares.values():
        parts.note(_LINES, digest, Part(0, 0))
    parts.note(_FRAME, frame, Part(0, 0))
    if frame not in parts.known.get(_FRAME, {}) or not unchanged:
        return
    paths = {name: parts.find_file(f"{FOLDER}/{name}.parquet") for name in TABLES}
    found = {name: path for name, path in paths.items() if path is not None}
    if len(found) < len(TABLES):
        return
    names = pa.array(sorted(unchanged), pa.string())
    for name, path in found.items():
        table = read_parquet(path)
        carried.tables[name] = table.filter(pc.is_in(table["indicator"], names))
    carried.indicators = unchanged


# The derived tables that are carried over, and the tables whose digests change with every figure.
TABLES = ("comparators", "distributions", "restated")
_OF_FIGURES = frozenset({"observations", "sources"})


def write_carried(folder: Path, tables: Iterable[tuple[str, pa.Table]], parts: Parts) -> None:
    """Leave tables for the next edition."""
    (folder / FOLDER).mkdir(exist_ok=True)
    for name, table in tables:
        path = f"{FOLDER}/{name}.parquet"
        pq.write_table(table, folder / path, compression="zstd")
        parts.note_file(path, folder)
