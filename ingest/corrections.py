"""A publisher declares what of a file is known to be wrong, and what it should be.

In:   a staged file, and the corrections declared for it
Out:  the same file corrected, and problems: a correction of what the file does not say
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through checking/grammar.py

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from ingest.checking.grammar import literal
from ingest.problems import Place, Problem, problem
from ingest.reading import Staged


@dataclass(frozen=True, slots=True)
class Correction:
    """A declared change to a known fault: in this row and column, this text becomes that one."""

    notation: str
    resource: str
    row: int
    column: str
    found: str
    corrected: str


def read_correction(row: Mapping[str, str]) -> Correction | None:
    """Read a declared correction; None where its row is unfit, which the check of its table reports."""
    if not str(row.get("row", "")).isdecimal():
        return None
    texts = [row.get(column, "") for column in ("correction", "resource", "column", "found", "corrected")]
    notation, resource, column, found, corrected = texts
    return Correction(notation, resource, int(row["row"]), column, found, corrected)


def correct(
    staged: Staged, declared: Sequence[Correction], place: Place, connection: duckdb.DuckDBPyConnection
) -> tuple[Staged, list[Problem]]:
    """Apply the corrections declared for a file; one that no longer fits becomes a problem.

    place    what problems call the file
    """
    labels = [heading.strip() for heading in staged.headings]
    cells = {label: f"c{at}" for at, label in reversed(list(enumerate(labels, 1)))}
    source = f"read_parquet({literal(str(staged.parquet))})"
    problems: list[Problem] = []
    changes: dict[str, list[str]] = {}
    for correction in declared:
        cell = cells.get(correction.column)
        where = f"_row = {correction.row} AND {cell} = {literal(correction.found)}"
        if cell is None or not connection.execute(f"SELECT 1 FROM {source} WHERE {where}").fetchall():
            at = place.at(correction.row, correction.column)
            found = problem("correction-stale", at, value=correction.found, correction=correction.notation)
            problems.append(found)
        else:
            changes.setdefault(cell, []).append(f"WHEN {where} THEN {literal(correction.corrected)}")
    if not changes:
        return staged, problems
    replaced = ", ".join(f"CASE {' '.join(cases)} ELSE {c} END AS {c}" for c, cases in changes.items())
    target = staged.parquet.with_suffix(".corrected.parquet")
    connection.execute(
        f"COPY (SELECT * REPLACE ({replaced}) FROM {source}) TO {literal(str(target))} (FORMAT parquet)"
    )
    return replace(staged, parquet=target), problems
