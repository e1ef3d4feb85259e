"""What somebody most likely meant who wrote a code that is not there.

In:   a text, and the table it should have named a row of
Out:  the code of the row that was meant, or None

A name is as good as a code here: "Harrow" in a column of area codes means E09000015.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

from collections.abc import Callable

from ingest.checking.grammar import name
from ingest.checking.world import World
from ingest.problems import find_nearest

# Columns that hold a name of what a row is about.
_LABELS = ("label", "everyday_label", "short_label", "title")

# Beyond this many codes the engine picks the likeliest before they are compared in full.
_MANY = 2000


def find_codes_of(world: World, table: str, column: str) -> Callable[[str], str | None]:
    """Give the function that finds the code in a column of a table that a text most likely means."""

    def find(text: str) -> str | None:
        if not text.strip() or len(text) > 200:
            return None
        return _find_by_label(world, table, column, text) or _find_by_code(world, table, column, text)

    return find


def _find_by_label(world: World, table: str, column: str, text: str) -> str | None:
    labels = [label for label in _LABELS if label in world.tables[table].names]
    if not labels:
        return None
    same = " OR ".join(f"lower({name(label)}) = lower(trim($text))" for label in labels)
    # A name can have been given to several areas one after another; the newest is most likely meant.
    newest = "end_on = '' DESC, end_on DESC, " if "end_on" in world.tables[table].names else ""
    rows = world.connection.execute(
        f"SELECT {name(column)} FROM {world.view(table)} WHERE {same}"
        f" ORDER BY {newest}{name(column)} LIMIT 1",
        {"text": text},
    ).fetchall()
    return str(rows[0][0]) if rows else None


def _find_by_code(world: World, table: str, column: str, text: str) -> str | None:
    codes = f"SELECT DISTINCT {name(column)} AS code FROM {world.view(table)} WHERE {name(column)} <> ''"
    rows = world.connection.execute(
        f"SELECT code FROM ({codes}) ORDER BY damerau_levenshtein(lower(code), lower(trim($text))), code"
        f" LIMIT {_MANY}",
        {"text": text},
    ).fetchall()
    return find_nearest(text, [str(row[0]) for row in rows])
