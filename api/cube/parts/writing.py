"""Solutions of parts, written into a query; and what is known of them where only the rest is read.

In:   words, parts, and what was found for each
Out:  text; and of the outline of a query rdflib's algebra
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyoxigraph as ox
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Literal, URIRef, Variable

from api.cube.parts.reading import Query
from api.cube.parts.splitting import Part
from api.cube.queries import read_query, walk
from api.cube.sql.lifting import Word

# A longer list of things narrows nothing that is worth its reading.
_MOST_KNOWN = 20_000

# What stands for a part where only the rest of a query is read.
STUB = "x-part:"
# Another IRI than any there is.
_NOTHING = "x-part:nothing"


def write_values(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Write solutions as a group. Within a query of its own, Oxigraph joins it by a table of hashes."""
    shown = " ".join(f"?{name}" for name in names)
    cells = " ".join(f"({' '.join('UNDEF' if cell is None else str(cell) for cell in row)})" for row in rows)
    values = f"VALUES ({shown}) {{ {cells} }}"
    return f" {{ SELECT {shown} {{ {values} }} }} " if names else f" {{ {values} }} "


def stub(at: int, part: Part) -> str:
    """Write a mark for a part, plainly: what is known of it is seen from beside it then."""
    if not part.names:
        return " { } "
    shown = " ".join(f"?{name}" for name in part.names)
    cells = " ".join([f"<{STUB}{at}>"] * len(part.names))
    return f" VALUES ({shown}) {{ ({cells}) }} "


def bound_by(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Sequence[str] | None]:
    """Say what each variable is bound to, of those that have a value in every solution."""
    found: dict[str, Sequence[str] | None] = {}
    for at, name in enumerate(names):
        cells = {row[at] for row in rows}
        if len(cells) <= _MOST_KNOWN and all(isinstance(cell, ox.NamedNode) for cell in cells):
            found[name] = sorted(cell.value for cell in cells) or [_NOTHING]
        elif None not in cells:
            found[name] = None
    return found


def put_in(query: Query, words: Sequence[Word], parts: Sequence[Part], texts: Sequence[str]) -> str:
    """Write a query with texts in the place of its parts."""
    gone = {word for part in parts for start, end in part.words for word in range(start, end)}
    places: dict[int, list[str]] = {}
    for part, text in zip(parts, texts, strict=True):
        places.setdefault(part.place, []).append(text)
    spelled = [word.space + word.text for word in words]
    written: list[str] = []
    for at, text in enumerate(spelled):
        if at == query.template:
            written += spelled[query.where.start : query.where.end]
        written += places.get(at, ())
        if at not in gone:
            written.append(text)
    return "".join(written)


def read_outline(outline: str, known: Mapping[str, Mapping[str, Sequence[str] | None]]) -> CompValue | None:
    """Read what a query is without its parts, and put in what is known of these: see Rewritten."""
    query = read_query(outline)
    for node in walk(query) if query is not None else ():
        marks = (
            {str(term) for row in node.res or () for term in row.values()} if node.name == "values" else set()
        )
        for mark in marks:
            if mark.startswith(STUB):
                node["res"] = _as_rows(known[mark.removeprefix(STUB)])
    return query


def _as_rows(known: Mapping[str, Sequence[str] | None]) -> list[dict[Any, Any]]:
    """Write what variables are bound to as rows of VALUES, which say no more than that."""
    count = max((len(things or ()) for things in known.values()), default=0)
    return [
        {
            Variable(name): Literal("") if things is None else URIRef(things[at % len(things)])
            for name, things in known.items()
        }
        for at in range(max(count, 1))
    ]
