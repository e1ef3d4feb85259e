"""Lists for SQL that Oxigraph makes: terms that pass a test which SQL does not know, and long lists of values.

In:   the words of a filter with one variable and the column it is about, or those of VALUES
Out:  numbers of terms, for a statement of SQL

A filter such as REGEX over a name is asked about each name once, not about each figure, and what passes leads to
figures by an index.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import pyoxigraph as ox

from api.cube.parts.reading import Element, names_in
from api.cube.sql.given import Listed, Tested
from api.cube.sql.lifting import Lifted, Word
from api.cube.sql.numbers import Uncertain
from api.cube.sql.terms import Terms, select

# So many answers are kept, and lists of so many terms together, those that were used last.
_MOST_KEPT = 100
_MOST_TERMS = 100_000

_HAS = ox.NamedNode("x-part:has")
_FAR = 1_000_000

# What is another thing each time, or looks at more than a term.
_NOT_ALONE = frozenset({"RAND", "NOW", "UUID", "STRUUID", "BNODE", "EXISTS"})
_FORMS = frozenset({"SELECT", "CONSTRUCT", "DESCRIBE", "ASK"})


class Tests:
    """Makes tests and lists over the terms of one process."""

    def __init__(self, terms: Terms, rows_begin: str) -> None:
        """rows_begin: how the IRIs of observations begin."""
        self._terms, self._rows_begin = terms, rows_begin
        self._stores: OrderedDict[tuple[str, str], ox.Store] = OrderedDict()
        self._kept: OrderedDict[tuple[tuple[str, str], str], str] = OrderedDict()

    def give(self, wanted: Tested | Listed, lifted: Lifted) -> tuple[str, dict[int, Any]]:
        """Give a list that a statement of SQL needs, as JSON, and those in it that have no number of their own."""
        if isinstance(wanted, Tested):
            return self._passing(wanted, lifted), {}
        return self._listed(wanted, lifted)

    def _listed(self, listed: Listed, lifted: Lifted) -> tuple[str, dict[int, Any]]:
        values = _spelled(lifted.words[slice(*listed.words)])
        text = f"{_prologue(lifted)} SELECT ?v {{ VALUES ?v {{ {values} }} }}"
        numbers: list[int] = []
        others: dict[Any, int] = {}
        for (term,) in select(ox.Store(), text):
            if not isinstance(term, ox.NamedNode) or term.value.startswith(self._rows_begin):
                raise Uncertain("a list of more than things")
            number = self._terms.find(term)
            # Far from those that other constants have.
            numbers.append(others.setdefault(term, -_FAR - len(others)) if number is None else number)
        return json.dumps(numbers), {number: term for term, number in others.items()}

    def _passing(self, tested: Tested, lifted: Lifted) -> str:
        """Give what passes a test of a query, as a list of what the column has for it."""
        words = lifted.words
        number = "n" if tested.variable != "n" else "m"
        text = (
            f"{_prologue(lifted)} SELECT ?{number} {{ ?{number} {_HAS} ?{tested.variable} "
            f"FILTER({_spelled(words[slice(*tested.words)])}) }}"
        )
        key = tested.domain, text
        if key not in self._kept:
            passing = (
                int(row[0].value.rpartition(":")[2]) for row in select(self._store(tested.domain), text)
            )
            self._kept[key] = json.dumps(sorted(found - tested.offset for found in passing))
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _store(self, domain: tuple[str, str]) -> ox.Store:
        """Give a store that says each term of a column by its number."""
        if domain not in self._stores:
            store = self._stores[domain] = ox.Store()
            terms = self._terms.all
            store.extend(
                ox.Quad(ox.NamedNode(f"x-part:{number}"), _HAS, terms[number])
                for number in self._terms.domain(*domain)
            )
            while len(self._stores) > 1 and sum(map(len, self._stores.values())) > _MOST_TERMS:
                self._stores.popitem(last=False)
        self._stores.move_to_end(domain)
        return self._stores[domain]


def _prologue(lifted: Lifted) -> str:
    words = lifted.words
    return _spelled(words[: next(at for at, word in enumerate(words) if word.text.upper() in _FORMS)])


def _spelled(words: Sequence[Word]) -> str:
    return "".join(word.space + word.text for word in words)


def tests_in(element: Element, words: Sequence[Word], count: int) -> list[tuple[int, int]] | None:
    """Find the words of the tests of a filter that && joins; None where these are not so many."""
    begin = element.start + 1
    if words[begin].text != "(":
        end = element.end - (words[element.end - 1].text == ".")
        return [(begin, end)] if count == 1 else None
    depth, starts, ends = 0, [begin + 1], list[int]()
    for at in range(begin, element.end):
        text = words[at].text
        depth += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
        if depth == 1 and text == "||":
            return [(begin, element.end - (words[element.end - 1].text == "."))] if count == 1 else None
        if depth == 1 and text == "&&":
            ends.append(at)
            starts.append(at + 1)
        if depth == 0:
            ends.append(at)
            break
    return list(zip(starts, ends, strict=True)) if len(starts) == count else None


def variable_alone(words: Sequence[Word]) -> str | None:
    """Give the one variable that a test is about; None if there are others, or it looks at more than a term."""
    names = names_in(words)
    for at, word in enumerate(words):
        is_called = at + 1 < len(words) and words[at + 1].text == "("
        if word.text.upper() in _NOT_ALONE or (is_called and word.kind in ("iri", "name")):
            return None
    return next(iter(names)) if len(names) == 1 else None
