"""One event of a definition becomes a version object: what the definition was from a day on.

In:   a row of ROWS, whose first column is its place in the table
Out:  triples about the event's URI, without blank nodes; only what no later edition says otherwise

A version in use carries the words that say what is counted. Where a definition stands now, and until when it
counted, changes later; that is told by the events that follow.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping

import pyoxigraph as ox

from api.edition import Edition
from api.graphs import is_iri, prefixes_of

# Events with the words of the version, for those that say that one came into use.
ROWS = """
    SELECT c.rowid AS place, c.entry, c.changed_on, c.event, c.indicator, c.label, c.version, c.previous_version,
        c.note, c.comparable, c.breaks, c.counts_from, c.comments_until, c.other_indicator, c.other_uri, c.themes,
        c.owner, i.definition, i.question, i.numerator, i.denominator, i.formula, i.unit, i.licence
    FROM definition_events c
    LEFT JOIN indicators i ON c.event = 'current' AND i.indicator = c.indicator AND i.version = c.version
"""

# The column and the property of each text that says what is counted.
_TEXTS = (
    ("definition", "skos:definition"),
    ("question", "def:asks"),
    ("numerator", "def:numeratorDefinition"),
    ("denominator", "def:denominatorDefinition"),
    ("formula", "def:formula"),
)

_DATE = ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")
_DATE_TIME = ox.NamedNode("http://www.w3.org/2001/XMLSchema#dateTime")

Object = ox.NamedNode | ox.Literal


class Words:
    """Names and values as an edition's graphs write them."""

    def __init__(self, edition: Edition, more: Mapping[str, str]) -> None:
        """Take the prefixes of an edition, and more beside them."""
        self.base = edition.base
        self._prefixes = {**prefixes_of(edition), **more}

    def term(self, curie: str) -> ox.NamedNode:
        """Name a term of a vocabulary by its prefix."""
        prefix, _, name = curie.partition(":")
        return ox.NamedNode(self._prefixes[prefix] + name)

    def site(self, path: str) -> ox.NamedNode:
        """Name what has an address on this site."""
        return ox.NamedNode(self.base + path)

    def moment(self, day: str) -> ox.Literal:
        """Write a day as the moment at which it began."""
        return ox.Literal(f"{day}T00:00:00Z", datatype=_DATE_TIME)


def describe_member(words: Words, row: sqlite3.Row) -> Iterator[ox.Triple]:
    """Describe one event."""
    subject = words.site(f"id/{row['entry']}")
    for curie, value in _said(words, row):
        yield ox.Triple(subject, words.term(curie), value)


def _said(words: Words, row: sqlite3.Row) -> Iterator[tuple[str, Object]]:
    yield "dct:isVersionOf", words.site(f"id/indicator/{row['indicator']}")
    yield "dct:created", words.moment(row["changed_on"])
    yield "dct:publisher", words.site(f"id/body/{row['owner']}")
    match row["event"]:
        case "crosswalk":
            yield from _crosswalk(words, row)
        case "current":
            yield from _version(words, row)
        case _:
            yield from _stage(words, row)


def _version(words: Words, row: sqlite3.Row) -> Iterator[tuple[str, Object]]:
    """Say of a version in use what it counts, and how it stands to the one before."""
    yield "rdf:type", words.term("def:IndicatorVersion")
    yield "dcat:version", ox.Literal(row["version"])
    yield "skos:prefLabel", ox.Literal(row["label"], language="en")
    yield "def:validFrom", ox.Literal(row["counts_from"], datatype=_DATE)
    yield "sdmx-attribute:unitMeasure", words.site(f"id/code/unit/{row['unit']}")
    for column, curie in _TEXTS:
        if row[column]:
            yield curie, ox.Literal(row[column], language="en")
    if is_iri(row["licence"]):
        yield "dct:license", ox.NamedNode(row["licence"])
    for theme in filter(None, (row["themes"] or "").split(";")):
        yield "dcat:theme", words.site(f"id/code/theme/{theme}")
    if row["note"]:
        yield "skos:changeNote", ox.Literal(row["note"], language="en")
    if row["previous_version"]:
        before = f"id/indicator/{row['indicator']}/v{row['previous_version']}"
        yield "prov:wasRevisionOf", words.site(before)
        yield "def:comparableWithPrevious", words.site(f"id/code/comparability/{row['comparable']}")


def _stage(words: Words, row: sqlite3.Row) -> Iterator[tuple[str, Object]]:
    """Say which version reached which stage, until when comments are taken, and what follows."""
    yield "rdf:type", words.term("def:DefinitionStage")
    yield "def:stageOf", words.site(f"id/indicator/{row['indicator']}/v{row['version']}")
    yield "def:definitionStatus", words.site(f"id/code/definition-status/{row['event']}")
    if row["comments_until"]:
        yield "def:commentsUntil", ox.Literal(row["comments_until"], datatype=_DATE)
    if row["note"]:
        yield "rdfs:comment", ox.Literal(row["note"], language="en")
    if row["other_indicator"]:
        yield "dct:isReplacedBy", words.site(f"id/indicator/{row['other_indicator']}")


def _crosswalk(words: Words, row: sqlite3.Row) -> Iterator[tuple[str, Object]]:
    """Say which two definitions are held against each other, and whether their figures compare."""
    yield "rdf:type", words.term("def:Crosswalk")
    yield "def:fromIndicator", words.site(f"id/indicator/{row['indicator']}")
    if row["other_indicator"]:
        yield "def:toIndicator", words.site(f"id/indicator/{row['other_indicator']}")
    elif is_iri(row["other_uri"]):
        yield "def:toDefinition", ox.NamedNode(row["other_uri"])
    yield "def:comparable", words.site(f"id/code/comparability/{row['comparable']}")
    if row["note"]:
        yield "def:clause", ox.Literal(row["note"], language="en")
