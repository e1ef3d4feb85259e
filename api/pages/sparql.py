"""The page of the SPARQL endpoint: a form, questions to start from, and results as a table.

In:   a query as a visitor wrote it, and what api/sparql.py got for it
Out:  the page; things of this site stand in the table by their names, with links; a fault is shown in its line

The page is whole without a script. Where npm has made it, an editor takes the place of the text area.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from api.pages.page import Frame, Link, Page, make_page, with_query
from api.pages.rows import Value
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition
    from api.failures import Failure
    from api.sparql_pool import Limits

# Rows that the page shows; a file has them all.
_SHOWN = 500

# Made at install time, see tools/editor.
_EDITOR = "built/sparql-editor.js"
_STATIC = Path(__file__).resolve().parent.parent / "static"

# Lines of the query that are shown before one that is wrong.
_BEFORE = 2
_LONGEST_LINE = 300

# Prefixes that the page lists, besides the vocabulary's own.
_PREFIXES = ("qb", "skos", "rdfs", "dct", "org", "sdmx-dimension", "sdmx-measure", "sdmx-attribute")

# Questions, and queries that any edition can answer. {…} are things that it has.
_QUESTIONS = (
    (
        "Which indicators are there?",
        """SELECT ?indicator ?label WHERE {
  ?indicator a def:Indicator ; skos:prefLabel ?label .
  FILTER(LANG(?label) = 'en')
}
ORDER BY ?label""",
    ),
    (
        "How many figures has each dataset?",
        """SELECT ?dataset (COUNT(?figure) AS ?figures) WHERE {
  ?figure qb:dataSet ?dataset .
}
GROUP BY ?dataset ORDER BY DESC(?figures)""",
    ),
    (
        "{label}: every area’s newest figure",
        """SELECT ?area ?value WHERE {
  ?figure a qb:Observation ;
    def:indicator <{indicator}> ;
    sdmx-dimension:refPeriod <{period}> ;
    sdmx-dimension:refArea ?area ;
    sdmx-measure:obsValue ?value .
}
ORDER BY ?area""",
    ),
    (
        "{label}: which figures are missing, and why?",
        """SELECT ?area ?period ?reason WHERE {
  ?figure a def:MissingObservation ;
    def:indicator <{indicator}> ;
    sdmx-dimension:refArea ?area ;
    sdmx-dimension:refPeriod ?period ;
    sdmx-attribute:obsStatus ?reason .
}
LIMIT 100""",
    ),
)

# Where the names of things that stand in a result are found.
_NAMES = (
    ("area", "SELECT area, coalesce(everyday_label, label) FROM areas WHERE area IN ({})"),
    ("indicator", "SELECT indicator, label FROM indicator_heads WHERE indicator IN ({})"),
    ("period", "SELECT period, label FROM periods WHERE period IN ({})"),
    ("dataset", "SELECT dataset, title FROM datasets WHERE dataset IN ({})"),
    ("body", "SELECT body, label FROM bodies WHERE body IN ({})"),
)


@dataclass(frozen=True, slots=True)
class Example:
    """A question in plain words and the query that answers it."""

    title: str
    query: str
    address: str


@dataclass(frozen=True, slots=True)
class Table:
    """A result as a table: names of variables, rows of cells, and how many rows there are in all."""

    names: Sequence[str]
    rows: Sequence[Sequence[Value]]
    count: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a query cannot be read: the lines up to there, and the last one in two parts."""

    line: int
    column: int
    before: Sequence[tuple[int, str]]
    start: str
    rest: str


def sparql(
    edition: Edition,
    text: str,
    limits: Limits,
    results: str | None = None,
    failure: Failure | None = None,
    following: str | None = None,
) -> Page:
    """Make the form, with the results of a query or what is wrong with it.

    text        the query; empty for the first of the examples
    results     a SPARQL 1.1 JSON document, or a graph as Turtle
    following   the query for the next part of the rows, if there may be one
    """
    table, graph, truth = read_results(edition, results) if results is not None else (None, None, None)
    examples = list_examples(edition)
    forms = (("JSON", "json"), ("CSV", "csv"), ("TSV", "tsv"), ("XML", "xml"))
    frame = Frame(
        path=with_query("/sparql", query=text),
        title="SPARQL",
        lede="Ask the linked data one question. The answer is a table with its own address.",
        status=failure.kind.status if failure is not None else 200,
        downloads=[Link(name, with_query("/sparql", query=text, format=form)) for name, form in forms]
        if table is not None
        else [],
    )
    return make_page(
        edition,
        "sparql",
        frame,
        text=text or examples[0].query,
        table=table,
        graph=graph,
        truth=truth,
        failure=failure,
        place=find_place(text, failure) if failure is not None else None,
        following=with_query("/sparql", query=following, format="html") if following else None,
        examples=examples,
        prefixes=_prefixes(edition),
        limits=limits,
        editor=_EDITOR if has_editor() else None,
    )


@cache
def has_editor() -> bool:
    """Say whether the editor has been made on this machine."""
    return (_STATIC / _EDITOR).is_file()


def find_place(text: str, failure: Failure) -> Place | None:
    """Find the line and the sign at which a query cannot be read, if the failure says where."""
    line, column = failure.more.get("line"), failure.more.get("column")
    lines = text.splitlines()
    if not isinstance(line, int) or not isinstance(column, int) or not 0 < line <= len(lines):
        return None
    before = [(at, lines[at - 1][:_LONGEST_LINE]) for at in range(max(1, line - _BEFORE), line)]
    whole, at = lines[line - 1], max(0, column - 1)
    start = max(0, at - _LONGEST_LINE)
    return Place(line, column, before, whole[start:at], whole[at : at + _LONGEST_LINE])


def read_results(edition: Edition, results: str) -> tuple[Table | None, str | None, str | None]:
    """Read results as a table, a graph's text, or the word that answers a yes-or-no question."""
    if not results.lstrip().startswith("{"):
        return None, results, None
    document = json.loads(results)
    if "boolean" in document:
        return None, None, "Yes" if document["boolean"] else "No"
    names = document["head"]["vars"]
    bindings = document["results"]["bindings"]
    shown = bindings[:_SHOWN]
    labels = _labels(edition, [cell for row in shown for cell in row.values()])
    rows = [[_cell(edition, row.get(name), labels) for name in names] for row in shown]
    return Table(names, rows, len(bindings)), None, None


def _cell(edition: Edition, cell: Mapping[str, Any] | None, labels: Mapping[str, str]) -> Value:
    """Write a cell; what is ours leads to its page inside the site."""
    if cell is None:
        return Value("")
    text = str(cell["value"])
    start = f"{edition.base}id/"
    if cell["type"] != "uri" or not text.startswith(start):
        return Value(text)
    local = text.removeprefix(start)
    return Value(labels.get(text, local), f"/id/{quote(unquote(local), safe='/=,;')}")


def _labels(edition: Edition, cells: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Find the names of areas, indicators and periods that stand in a result."""
    uris = {str(cell["value"]) for cell in cells if cell["type"] == "uri"}
    out: dict[str, str] = {}
    for kind, sql in _NAMES:
        start = edition.uri(kind) + "/"
        wanted = sorted(uri.removeprefix(start) for uri in uris if uri.startswith(start))[:_SHOWN]
        if wanted:
            rows = edition.rows(sql.format(",".join("?" * len(wanted))), wanted)
            out.update({start + row[0]: row[1] for row in rows})
    return out


def _prefixes(edition: Edition) -> dict[str, str]:
    named = load_model().prefixes
    return {"def": f"{edition.base}def/"} | {name: named[name] for name in _PREFIXES}


def list_examples(edition: Edition) -> list[Example]:
    """List questions that can be asked at once, about things this edition has."""
    known = edition.row(
        "SELECT d.indicator, max(d.period) AS period, h.label FROM distributions d"
        " JOIN indicator_heads h ON h.indicator = d.indicator WHERE d.breakdown = ''"
        " GROUP BY d.indicator ORDER BY d.indicator LIMIT 1"
    )
    gaps = {}
    if known is not None:
        gaps = {
            "{label}": known["label"],
            "{indicator}": edition.uri("indicator", known["indicator"]),
            "{period}": edition.uri("period", known["period"]),
        }
    out = []
    for title, query in _QUESTIONS:
        if "{label}" in title and not gaps:
            continue
        for gap, thing in gaps.items():
            title, query = title.replace(gap, thing), query.replace(gap, thing)
        used = [
            f"PREFIX {name}: <{uri}>\n" for name, uri in _prefixes(edition).items() if f"{name}:" in query
        ]
        whole = "".join(used) + query
        out.append(Example(title, whole, with_query("/sparql", query=whole)))
    return out
