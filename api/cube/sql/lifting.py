"""The constants of a query, lifted out: queries that differ in them alone have one shape, and one plan.

In:   the text of a query
Out:  Lifted: its text with a mark in place of each constant, and the constants

What is lifted is certain to be one word of the language: a full address, a prefixed name, a plain text, a number
without a sign. What is a property or a class somewhere in the edition stays, and so does everything else.
A mark is a word of the same kind, so that the text with marks is a query that can be parsed.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

from api.sparql_shapes import TOKEN

# More constants are no shape that comes again.
MOST_CONSTANTS = 400

_XSD = "http://www.w3.org/2001/XMLSchema#"
_MARK = "x-mark:"
_LIST = f"{_MARK}list-"
_FIRST_NUMBER = 910_000_000_000_000
_NUMBER_MARK = re.compile(r"91\d{13}(?!\d)")

_LINES = str.maketrans("\n\r\t", "   ")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9./_:#=@,+~?&-]*")
# What is put behind a base as it is: no step of it leads up, and it is no address of its own.
_RELATIVE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._=,-]*(?:/[A-Za-z0-9_][A-Za-z0-9._=,-]*)*")
_BASE = re.compile(r"https?://[A-Za-z0-9.:-]+/(?:[A-Za-z0-9_-]+/)*")
# What stands behind these words is told apart by a plan.
_KEEPING = frozenset({"PREFIX", "GRAPH", "FROM", "NAMED"})
_LOCAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.=-]*")
_TEXT = re.compile(r"""\"[^"\\\n\r]*\"|'[^'\\\n\r]*'""")
_NUMBER = re.compile(r"\d{1,15}|(?=.{3,16}$)\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Constant:
    """kind is iri, row (the IRI of an observation), string, integer or decimal; value is its text."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a query: its kind as TOKEN has it, its text, what is before it (a space or nothing), and its mark.

    mark   what stands for it in the shape: its own text, where it is no constant that was lifted out
    """

    kind: str
    text: str
    space: str
    mark: str


@dataclass(frozen=True, slots=True)
class Lifted:
    """A query with its constants lifted out. Two with the same text are of one shape."""

    text: str
    constants: tuple[Constant, ...]
    words: tuple[Word, ...]


def lift(query: str, known: Container[str], rows_begin: str, *, keeps_all: bool = False) -> Lifted | None:
    """Lift the constants out of a query; None if it has none that are certain, or too many.

    known        IRIs that stay: what is a property or a class
    rows_begin   how the IRIs of observations begin
    keeps_all    whether every constant stays: the shape is that of one query
    """
    if _MARK in query or _NUMBER_MARK.search(query) or _is_odd(query):
        return None
    tokens = _read(query)
    spaces: dict[str, str] = {}
    words: list[Word] = []
    constants: list[Constant] = []
    for at, (kind, text, space) in enumerate(tokens):
        before, after = tokens[at - 1][1] if at else "", tokens[at + 1][1] if at + 1 < len(tokens) else ""
        constant = None
        if kind == "iri" and (before.upper() == "BASE" or (at > 1 and tokens[at - 2][1].upper() == "PREFIX")):
            name = "" if before.upper() == "BASE" else before
            if name in spaces or not (_ADDRESS if name else _BASE).fullmatch(text[1:-1]):
                return None
            spaces[name] = text[1:-1]
        elif kind == "iri" and spaces.get("") and not _is_certain(text[1:-1]):
            return None
        elif not (
            before == "^^" or after in ("^^", "(") or before.upper() in _KEEPING or _is_language(tokens, at)
        ):
            constant = _constant(kind, text, spaces, known, rows_begin)
        if constant is None or keeps_all:
            words.append(Word(kind, text, space, text))
            continue
        words.append(Word(kind, text, space, _mark(constant.kind, len(constants))))
        constants.append(constant)
        if len(constants) > MOST_CONSTANTS:
            return None
    return Lifted("".join(word.space + word.mark for word in words), tuple(constants), tuple(words))


def _read(query: str) -> list[tuple[str, str, str]]:
    """Read a query into words: kind, text, and what stood before it."""
    # What stood between two words is one space, or nothing: a sign may belong to the word before it.
    tokens: list[tuple[str, str, str]] = []
    space = ""
    for found in TOKEN.finditer(query):
        if found.lastgroup == "skip":
            space = " "
        else:
            tokens.append((found.lastgroup or "", found.group(), space))
            space = ""
    return tokens


def _is_certain(address: str) -> bool:
    """Say whether an address means the same to every reader where there is a base."""
    return bool(_ADDRESS.fullmatch(address) or _RELATIVE.fullmatch(address))


def _is_language(tokens: Sequence[tuple[str, str, str]], at: int) -> bool:
    """Say whether a text is the language that LANG is compared with: what texts there are follows from it."""
    return at > 4 and tokens[at - 1][1] == "=" and tokens[at - 5][1].upper() == "LANG"


def _is_odd(query: str) -> bool:
    """Say whether there is something in a query that shows nothing, other than spaces and ends of lines."""
    return not query.isprintable() and not query.translate(_LINES).isprintable()


def _constant(
    kind: str, text: str, spaces: dict[str, str], known: Container[str], rows_begin: str
) -> Constant | None:
    """Give a word as a constant; None if it stays."""
    if kind == "string" or kind == "text":
        return Constant("string", text[1:-1]) if _TEXT.fullmatch(text) else None
    if kind == "number":
        if not _NUMBER.fullmatch(text):
            return None
        return Constant("decimal" if "." in text else "integer", text)
    address = ""
    if kind == "iri" and _ADDRESS.fullmatch(text[1:-1]):
        address = text[1:-1]
    elif kind == "iri" and "" in spaces and _RELATIVE.fullmatch(text[1:-1]):
        address = spaces[""] + text[1:-1]
    elif kind == "name":
        prefix, _, local = text.partition(":")
        if f"{prefix}:" in spaces and _LOCAL.fullmatch(local) and "=" not in local:
            address = spaces[f"{prefix}:"] + local
    if not address or address in known or address.startswith(_XSD):
        return None
    return Constant("row" if address.startswith(rows_begin) else "iri", address)


def _mark(kind: str, number: int) -> str:
    if kind == "string":
        return f'"{_MARK}{number}"'
    if kind == "integer":
        return str(_FIRST_NUMBER + number)
    if kind == "decimal":
        return f"{_FIRST_NUMBER + number}.5"
    return f"<{_MARK}{kind}-{number}>"


def mark_list(words: tuple[int, int]) -> str:
    """Give the mark of a long list of values, by the words that it is made of."""
    return f"{_LIST}{words[0]}-{words[1]}"


def marked_list(text: str) -> tuple[int, int] | None:
    """Give the words that a mark of a list stands for, by the text of a term; None if it is no such mark."""
    if not text.startswith(_LIST):
        return None
    start, end = text.removeprefix(_LIST).split("-")
    return int(start), int(end)


def marked(text: str) -> int | None:
    """Give the number of the constant that a mark stands for, by the text of a term; None if it is no mark."""
    if text.startswith(_MARK):
        return int(text.removeprefix(_MARK).rpartition("-")[2])
    if _NUMBER_MARK.match(text):
        return int(text.partition(".")[0]) - _FIRST_NUMBER
    return None
