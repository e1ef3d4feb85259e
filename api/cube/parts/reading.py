"""The words of a query as groups within braces, and the elements of each.

In:   words, as api.cube.sql.lifting reads them
Out:  Query: its groups and elements, each with the words it is made of

Only what is certain is read: a word that another reader could take for two, or two for one, makes the query unreadable.
What is within EXISTS is not taken apart, for it depends on what is around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from api.cube.sql.lifting import Word

# What an IRI is made of where it can be nothing else: no two comparisons with a word between them.
_IRI = re.compile(r"<(?:https?://[^()|,;!&]*|[A-Za-z][A-Za-z+.-]*:[A-Za-z0-9:/_.#%@-]*|[A-Za-z0-9_./#%-]*)>")
_SIGNS = frozenset(".;,[]()/|^+*?!{}=<>-") | {"^^", "&&", "||", "!=", "<=", ">="}
_OF_TRIPLES = frozenset(".;,[]()/|^+*?!")
_OPEN, _CLOSED = {"(": ")", "[": "]", "{": "}"}, frozenset(")]}")
_OF_WORDS = frozenset({"A", "TRUE", "FALSE"})

# Words of VALUES that are not read one by one.
_LONG = 1_500

# Elements that stand beside each other in any order.
JOINED = frozenset({"triples", "group", "graph", "values"})


class Unread(Exception):  # noqa: N818 - no error: the query is answered in another way
    """The words of a query are not certain to be what they look like."""


@dataclass(frozen=True, slots=True)
class Element:
    """Something in a group, made of the words from `start` to before `end`.

    kind     triples (about one subject), group (or several, joined by UNION), optional, minus, graph, values, filter
             or bind
    names    variables in it, and labels of blank nodes
    row      of VALUES, the first and the word behind the last of its first row
    groups   those in it that are looked into
    """

    kind: str
    start: int
    end: int
    names: frozenset[str]
    groups: tuple[Group, ...] = ()
    row: tuple[int, int] | None = None

    @property
    def is_long(self) -> bool:
        """Whether it is a list that takes a parser of algebra longer than all else."""
        return self.kind == "values" and self.end - self.start > _LONG

    def list_of(self, words: Sequence[Word]) -> tuple[int, int] | None:
        """Give the words of a long list of things for one variable; None if it is something else."""
        if not self.is_long or self.row is None:
            return None
        start, end = self.row[0], self.end - (1 if words[self.end - 1].text == "}" else 2)
        is_list = all(word.kind in ("iri", "name") for word in words[start:end])
        return (start, end) if is_list and words[start - 2].kind == "variable" else None

    @property
    def is_joined(self) -> bool:
        return self.kind in JOINED

    @property
    def has_labels(self) -> bool:
        return any(name.startswith("_:") for name in self.names)


@dataclass(slots=True)
class Group:
    """What is between two braces: elements, or a query of its own.

    is_all   whether a query of its own says SELECT *
    """

    start: int
    end: int
    elements: list[Element] = field(default_factory=list)
    inner: Group | None = None
    is_all: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A query.

    template   the word before which the template of CONSTRUCT goes, where the group is the template too
    """

    where: Group
    is_all: bool
    template: int | None = None


def read_groups(words: Sequence[Word]) -> Query:
    """Read the words of a query that can be parsed. Raises Unread."""
    return _Reader(words).query()


def text_of(query: Query, words: Sequence[Word]) -> str:
    """Write a query with its marks, and of long lists of values the first row."""
    kept = [True] * len(words)
    waiting = [query.where]
    for group in waiting:
        waiting += [group.inner] if group.inner is not None else []
        for element in group.elements:
            waiting += element.groups
            if element.is_long and element.row is not None:
                behind = element.row[1]
                last = element.end - 1 if words[element.end - 1].text == "}" else element.end - 2
                kept[behind:last] = [False] * (last - behind)
    return "".join(word.space + word.mark for word, is_kept in zip(words, kept, strict=True) if is_kept)


def names_in(words: Iterable[Word]) -> frozenset[str]:
    """Give the variables in some words, and the labels of blank nodes."""
    return frozenset(
        word.text[1:] if word.kind == "variable" else word.text
        for word in words
        if word.kind == "variable" or word.text.startswith("_:")
    )


class _Reader:
    def __init__(self, words: Sequence[Word]) -> None:
        self._words, self._at = words, 0
        for word in words:
            if not _is_certain(word):
                raise Unread(word.text)

    # ---- words ----

    def _sees(self, *texts: str, ahead: int = 0) -> bool:
        at = self._at + ahead
        return at < len(self._words) and self._words[at].text.upper() in texts

    def _take(self, *texts: str) -> str:
        if self._ends() or (texts and not self._sees(*texts)):
            raise Unread("another word was wanted")
        self._at += 1
        return self._words[self._at - 1].text

    def _ends(self) -> bool:
        return self._at >= len(self._words)

    def _may_take(self, *texts: str) -> bool:
        found = self._sees(*texts)
        self._at += found
        return found

    def _skip_brackets(self) -> None:
        """Go past brackets and all that is between them."""
        waiting = [_OPEN[self._take("(", "[", "{")]]
        while waiting:
            text = self._take()
            if text in _OPEN:
                waiting.append(_OPEN[text])
            elif text in _CLOSED and text != waiting.pop():
                raise Unread("brackets that do not fit")

    # ---- queries ----

    def query(self) -> Query:
        while self._sees("PREFIX", "BASE"):
            self._at += 3 if self._sees("PREFIX") else 2
        form = self._take("SELECT", "CONSTRUCT", "DESCRIBE", "ASK").upper()
        template = None
        if form == "CONSTRUCT":
            if self._sees("{"):
                self._skip_brackets()
            else:
                template = self._at
        is_all = self._head() and form != "CONSTRUCT"
        where = self._group()
        is_all = self._tail() or is_all or template is not None
        if not self._ends():
            raise Unread("more than a query")
        return Query(where, is_all, template)

    def _head(self) -> bool:
        """Go to the group of a query; says whether it asks for all variables."""
        begin = self._at
        while not self._sees("{"):
            if self._sees("("):
                self._skip_brackets()
            else:
                self._take()
        return self._words[begin].text == "*" or self._asks_for_all(begin)

    def _tail(self) -> bool:
        """Go past what is behind the group of a query; says whether it asks for all variables."""
        begin = self._at
        while not self._ends() and not self._sees("}"):
            if self._sees("(", "{", "["):
                self._skip_brackets()
            else:
                self._take()
        return self._asks_for_all(begin)

    def _asks_for_all(self, begin: int) -> bool:
        """Say whether DISTINCT * or REDUCED * stands here, in a count too."""
        words = [word.text.upper() for word in self._words[begin : self._at]]
        return any(word == "*" and before in ("DISTINCT", "REDUCED") for before, word in pairwise(words))

    # ---- groups ----

    def _group(self) -> Group:
        found = Group(self._at, self._at)
        self._take("{")
        if self._may_take("SELECT"):
            is_all = self._head()
            found.inner = self._group()
            found.is_all = self._tail() or is_all
        else:
            while not self._sees("}"):
                found.elements += self._elements()
        self._take("}")
        found.end = self._at
        return found

    def _elements(self) -> Iterator[Element]:
        """Read the next element; of triples, one for each subject."""
        begin, groups, kind, row = self._at, [], "triples", None
        if self._sees("{"):
            kind = "group"
            groups.append(self._group())
            while self._may_take("UNION"):
                groups.append(self._group())
        elif self._may_take("OPTIONAL", "MINUS"):
            kind = self._words[begin].text.lower()
            groups.append(self._group())
        elif self._may_take("GRAPH"):
            kind = "graph"
            self._take()
            groups.append(self._group())
        elif self._may_take("FILTER"):
            kind = "filter"
            while not self._sees("(", "{"):
                self._take()
            self._skip_brackets()
        elif self._may_take("BIND"):
            kind = "bind"
            self._skip_brackets()
        elif self._may_take("VALUES"):
            kind = "values"
            while not self._sees("{"):
                self._take()
            row = self._first_row()
            self._skip_brackets()
        else:
            yield from self._triples()
            return
        self._may_take(".")
        yield replace(self._element(kind, begin, groups), row=row)

    def _first_row(self) -> tuple[int, int]:
        """Find the first row of values behind a brace."""
        begin = end = self._at + 1
        while end < len(self._words) and self._words[begin].text == "(" and self._words[end].text != ")":
            end += 1
        return begin, end + 1

    def _triples(self) -> Iterator[Element]:
        while not (self._ends_triples()):
            begin = self._at
            if not self._sees("(", "[") and (self._ends() or self._words[begin].kind == "sign"):
                raise Unread("no subject")
            while not self._ends() and not self._ends_triples() and not self._sees("."):
                if self._sees("(", "["):
                    inside = self._at
                    self._skip_brackets()
                    if any(_is_strange(word) for word in self._words[inside : self._at]):
                        raise Unread("more than triples")
                elif _is_strange(self._words[self._at]):
                    raise Unread("more than triples")
                else:
                    self._at += 1
            self._may_take(".")
            yield self._element("triples", begin, [])

    def _ends_triples(self) -> bool:
        return self._sees("}", "{", "OPTIONAL", "MINUS", "GRAPH", "FILTER", "BIND", "VALUES")

    def _element(self, kind: str, begin: int, groups: Sequence[Group]) -> Element:
        return Element(kind, begin, self._at, names_in(self._words[begin : self._at]), tuple(groups))


def _is_strange(word: Word) -> bool:
    """Say whether a word has no place in triples."""
    if word.kind == "word":
        return word.text.upper() not in _OF_WORDS
    return word.kind == "sign" and word.text != "^^" and word.text not in _OF_TRIPLES


def _is_certain(word: Word) -> bool:
    """Say whether a word is one to every reader."""
    if "\\u" in word.text or "\\U" in word.text:
        return False
    if word.kind == "iri":
        return _IRI.fullmatch(word.text) is not None
    if word.kind == "name":
        return word.text[0] not in ".-" and "\\" not in word.text
    if word.kind == "number":
        return not word.text.endswith(".")
    return word.kind != "sign" or word.text in _SIGNS
