"""What slow queries have in common: their shape, counted without anything that a visitor wrote.

In:   a query, how long it took or how it was ended
Out:  counts by shape, for /metrics

A shape is a query with its constants lifted out: no text, number, address or name of its own is left, only keywords,
variables by number, and the terms of vocabularies that everybody knows. Nothing says who asked. Light queries are
counted as one. The number of shapes is bounded; the one that took least is forgotten first.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MOST_SHAPES = 100
LONGEST_SHAPE = 400
# What is read of a query; the rest of a longer one does not count.
LONGEST_READ = 4_000
# Seconds, and what a query of at most so many is counted as.
CLASSES = ((0.1, "light"), (1.0, "under-1s"), (10.0, "under-10s"))
_SLOWEST = "over-10s"

# Longest first where one begins like another; what fits nothing is a sign of its own.
TOKEN = re.compile(
    r"""
    (?P<skip>\s+|\#[^\n\r]*)
  | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
  | (?P<text>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
      |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
  | (?P<language>@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*)
  | (?P<variable>[?$]\w+)
  | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[\w.-]*:(?:[\w.:%\\-]*[\w%-])?|_:[\w.-]+)
  | (?P<word>[A-Za-z]\w*)
  | (?P<sign>\^\^|&&|\|\||[<>!]=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PROLOGUE = re.compile(r"\b(PREFIX)\s+([\w.-]*:)\s*<([^<>\s]*)>|\bBASE\s*<[^<>\s]*>", re.IGNORECASE)
# Keywords and functions of SPARQL; any other word tells nothing that should be kept.
_WORDS = re.compile(
    "SELECT|CONSTRUCT|DESCRIBE|ASK|DISTINCT|REDUCED|AS|FROM|NAMED|WHERE|GROUP|BY|HAVING|ORDER|ASC|"
    "DESC|LIMIT|OFFSET|VALUES|UNDEF|OPTIONAL|GRAPH|BIND|MINUS|UNION|FILTER|IN|NOT|EXISTS|TRUE|FALSE|"
    "COUNT|SUM|MIN|MAX|AVG|SAMPLE|GROUP_CONCAT|SEPARATOR|STR|LANG|LANGMATCHES|DATATYPE|BOUND|IRI|URI|"
    "BNODE|RAND|ABS|CEIL|FLOOR|ROUND|CONCAT|STRLEN|UCASE|LCASE|ENCODE_FOR_URI|CONTAINS|STRSTARTS|"
    "STRENDS|STRBEFORE|STRAFTER|YEAR|MONTH|DAY|HOURS|MINUTES|SECONDS|TIMEZONE|TZ|NOW|UUID|STRUUID|MD5|"
    "SHA1|SHA256|SHA384|SHA512|COALESCE|IF|STRLANG|STRDT|SAMETERM|ISIRI|ISURI|ISBLANK|ISLITERAL|"
    "ISNUMERIC|REGEX|SUBSTR|REPLACE|SERVICE|SILENT"
)
_LOCAL = re.compile(r"[A-Za-z][A-Za-z-]{0,40}")


def shape_of(query: str, vocabularies: Mapping[str, str]) -> str:
    """Lift the constants out of a query.

    vocabularies   prefixes and the addresses they stand for; only terms of these are kept

    >>> shape_of("PREFIX s: <http://s/> SELECT ?x { ?x s:label 'Ann' ; s:of <http://a/1> } LIMIT 5", {"s": "http://s/"})
    'SELECT ?1 { ?1 s:label "" ; s:of <> } LIMIT 0'
    """
    query = query[:LONGEST_READ]
    spaces = {prefix: address for _, prefix, address in _PROLOGUE.findall(query) if prefix}
    numbers: dict[str, int] = {}
    parts: list[str] = []
    length = 0
    for token in _tokens(_PROLOGUE.sub(" ", query), spaces, vocabularies, numbers):
        # Ten constants in a row are as many as one.
        if parts and token == parts[-1] and token in ("<>", '""', "0"):
            continue
        parts.append(token)
        length += len(token) + 1
        if length > LONGEST_SHAPE:
            break
    return " ".join(parts)[:LONGEST_SHAPE]


def _tokens(
    query: str, spaces: Mapping[str, str], vocabularies: Mapping[str, str], numbers: dict[str, int]
) -> Iterator[str]:
    for found in TOKEN.finditer(query):
        kind, text = found.lastgroup, found.group()
        if kind == "variable":
            yield f"?{numbers.setdefault(text[1:], len(numbers) + 1)}"
        elif kind in ("iri", "name"):
            yield _term(text, spaces, vocabularies)
        elif kind == "word":
            yield "a" if text == "a" else text.upper() if _WORDS.fullmatch(text.upper()) else "word"
        elif kind in ("text", "number"):
            yield '""' if kind == "text" else "0"
        elif kind == "sign":
            yield text if text.isascii() and text.isprintable() else "sign"


def _term(text: str, spaces: Mapping[str, str], vocabularies: Mapping[str, str]) -> str:
    """Write a term of a vocabulary by its prefix, and anything else as an address without a name."""
    prefix, _, local = text.partition(":")
    address = text[1:-1] if text.startswith("<") else spaces.get(f"{prefix}:", "") + local
    for name, start in vocabularies.items():
        if address.startswith(start) and _LOCAL.fullmatch(address[len(start) :]):
            return f"{name}:{address[len(start) :]}"
    return "<>"


@dataclass
class _Counted:
    shape: str
    classes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


class Shapes:
    """Counts of shapes, as long as the process lives."""

    def __init__(self) -> None:
        self._light = 0
        self._slow: dict[str, _Counted] = {}

    def count(self, query: str, vocabularies: Mapping[str, str], seconds: float, ended: str | None) -> None:
        """Count a query. `ended` is the code of the failure by which it was ended, None if it was answered."""
        time_class = ended or next((name for most, name in CLASSES if seconds <= most), _SLOWEST)
        if time_class == "light":
            self._light += 1
            return
        shape = shape_of(query, vocabularies)
        name = hashlib.blake2b(shape.encode(), digest_size=6).hexdigest()
        counted = self._slow.setdefault(name, _Counted(shape))
        counted.classes[time_class] += 1
        counted.seconds += seconds
        if len(self._slow) > MOST_SHAPES:
            del self._slow[min((other for other in self._slow if other != name), key=self._seconds)]

    def _seconds(self, name: str) -> float:
        return self._slow[name].seconds

    def lines(self) -> Iterator[str]:
        """Write the counts in the text format of Prometheus: most time first."""
        yield "# HELP likeforlike_sparql_light_total SPARQL queries answered in a tenth of a second."
        yield "# TYPE likeforlike_sparql_light_total counter"
        yield f"likeforlike_sparql_light_total {self._light}"
        ordered = sorted(self._slow.items(), key=lambda one: (-one[1].seconds, one[0]))
        yield "# HELP likeforlike_sparql_shape_info Slow SPARQL queries without their constants, most time first."
        yield "# TYPE likeforlike_sparql_shape_info gauge"
        for name, counted in ordered:
            text = counted.shape.replace("\\", "\\\\").replace('"', '\\"')
            yield f'likeforlike_sparql_shape_info{{shape="{name}",query="{text}"}} 1'
        yield "# HELP likeforlike_sparql_shape_total Slow SPARQL queries by shape and by time or how they ended."
        yield "# TYPE likeforlike_sparql_shape_total counter"
        for name, counted in ordered:
            for time_class, count in sorted(counted.classes.items()):
                yield f'likeforlike_sparql_shape_total{{shape="{name}",class="{time_class}"}} {count}'
        yield "# HELP likeforlike_sparql_shape_seconds_total The time they took."
        yield "# TYPE likeforlike_sparql_shape_seconds_total counter"
        for name, counted in ordered:
            yield f'likeforlike_sparql_shape_seconds_total{{shape="{name}"}} {counted.seconds:.3f}'
