"""COUNT(DISTINCT *) counts what is named, as SPARQL 1.1 has it.

In:   the text of a query
Out:  the same, with a query within that shows all variables where such a count is asked for

A solution has neither the blank nodes of a pattern nor what lies between the steps of a path. Oxigraph tells
solutions apart by both when it counts them; where a query within shows all variables, it does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from api.sparql_shapes import TOKEN

_COUNT = ("COUNT", "(", "DISTINCT", "*")
_MAY_COUNT = re.compile(r"\bdistinct\s*(?:#[^\n\r]*\s*)*\*", re.IGNORECASE)


@dataclass
class _Select:
    """A query that shows something, or one within another.

    depth        how many brackets are open around it
    begin, end   where its group is
    """

    depth: int
    begin: int | None = None
    end: int | None = None
    counts: bool = False


def count_what_is_named(query: str) -> str:
    """Write a query so that COUNT(DISTINCT *) counts variables alone; others stay as they are.

    Of what is no query, something comes out that is none.
    """
    # Most queries have no star, and to see that takes no time.
    if "*" not in query or not _MAY_COUNT.search(query):
        return query
    words = [found for found in TOKEN.finditer(query) if found.lastgroup != "skip"]
    inserted: dict[int, str] = {}
    for one in _selects(words):
        if one.counts and one.begin is not None and one.end is not None:
            inserted[one.begin] = "{ SELECT * "
            inserted[one.end] = " }"
    places = sorted({0, *inserted, len(query)})
    return "".join(query[start:end] + inserted.get(end, "") for start, end in pairwise(places))


def _selects(words: Sequence[re.Match[str]]) -> Iterator[_Select]:
    """Find the queries in a text, with where their groups are."""
    texts = [word.group().upper() for word in words]
    waiting: list[_Select] = []
    depth = 0
    for at, (word, text) in enumerate(zip(words, texts, strict=True)):
        if text == "SELECT":
            waiting.append(_Select(depth))
        elif tuple(texts[at : at + 4]) == _COUNT and waiting:
            waiting[-1].counts = True
        elif text == "{" and waiting and (waiting[-1].depth, waiting[-1].begin) == (depth, None):
            waiting[-1].begin = word.start()
        if text in ("(", "[", "{"):
            depth += 1
        elif text in (")", "]", "}"):
            depth -= 1
            while waiting and waiting[-1].depth > depth:
                yield waiting.pop()
            if text == "}" and waiting and waiting[-1].depth == depth and waiting[-1].begin is not None:
                waiting[-1].end = waiting[-1].end or word.end()
    yield from waiting
