"""What people can do with a definition, as its page says it: copy it, fill it in, check against it, ask for figures.

In:   a definition and the address of its document
Out:  words to copy, links in groups, and questions in SQL and SPARQL that answer with its figures
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.definition_forms.offers import OFFERS
from api.forms import BY_SUFFIX
from api.pages.definitions import Definition
from api.pages.page import LINKED_DATA, Link, with_query
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class UseLink:
    """A link to a form. `words` say what it is for; they may be empty."""

    label: str
    address: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that answers with an indicator's figures, and where it can be run."""

    name: str
    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Use:
    """What the page says of using a definition.

    copied     lines that name this version wherever they are pasted
    groups     pairs of a heading and its links
    questions  in SQL and in SPARQL
    """

    copied: Sequence[str]
    groups: Sequence[tuple[str, Sequence[UseLink]]]
    questions: Sequence[Question]


_HEADINGS = (
    ("To fill in and send", "fill"),
    ("To check figures against", "check"),
    ("For other systems", "read"),
)


def use_of(
    edition: Edition, definition: Definition, document: str, owner: str, figures: Sequence[Link]
) -> Use:
    """Gather what can be done with a definition.

    document   the address of its page: of the indicator, or of one version
    figures    links to its figures
    """
    groups = [
        (
            heading,
            [
                UseLink(offer.label, offer.address(document), offer.words)
                for offer in OFFERS
                if offer.use == use
            ],
        )
        for heading, use in _HEADINGS
    ]
    forms = [UseLink(BY_SUFFIX[suffix].label, f"{document}.{suffix}") for suffix in LINKED_DATA]
    groups.append(("The definition as data", forms))
    newest = UseLink("Newest figures as CSV", f"{document}.csv")
    groups.append(("Its figures", [newest, *(UseLink(one.label, one.address) for one in figures)]))
    uri = edition.uri("indicator", definition.indicator, f"v{definition.version}")
    cited = (
        f"{definition.label} ({definition.indicator}, version {definition.version}). {owner}. "
        f"{edition.title}, edition {edition.name}. {uri}"
    )
    copied = (
        f"Short name: {definition.indicator}",
        f"Version: {definition.version}",
        f"Address: {uri}",
        f"To cite: {cited}",
    )
    return Use(copied, groups, _questions(edition, definition))


def _questions(edition: Edition, definition: Definition) -> list[Question]:
    """Ask for this indicator's figures in SQL and in SPARQL."""
    sql = (
        "select area, period, breakdown, value, unit, status, version\nfrom figures\n"
        f"where indicator_notation = '{definition.indicator}'\norder by area, start_on"
    )
    base = edition.base
    prefixes = load_model().prefixes
    sparql = (
        f"PREFIX qb: <{prefixes['qb']}>\n"
        f"PREFIX def: <{base}def/>\n"
        f"PREFIX dim: <{prefixes['sdmx-dimension']}>\n"
        f"PREFIX measure: <{prefixes['sdmx-measure']}>\n"
        "SELECT ?area ?period ?value WHERE {\n"
        "  ?figure a qb:Observation ;\n"
        f"    def:indicator <{edition.uri('indicator', definition.indicator)}> ;\n"
        "    dim:refArea ?area ;\n    dim:refPeriod ?period ;\n    measure:obsValue ?value .\n"
        "}\nORDER BY ?area ?period LIMIT 1000"
    )
    return [
        Question("SQL", sql, with_query("/data/catalogue", sql=sql)),
        Question("SPARQL", sparql, with_query("/sparql", query=sparql)),
    ]
