"""Pages about the API and the vocabulary, made from their own descriptions.

In:   the OpenAPI document, the vocabulary's triples
Out:  a reference that starts with tasks, and a list of terms
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.forms import EVERY_FORM
from api.model_context import is_installed
from api.model_context.tools import MOST_ROWS, TOOLS
from api.pages.page import Frame, Link, Page, make_page
from api.pages.rows import Value
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    where: str
    required: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API."""

    key: str
    method: str
    path: str
    title: str
    words: str
    parameters: Sequence[Parameter]
    answers: Sequence[tuple[str, str]]
    examples: Sequence[tuple[str, str]] = ()


def api_reference(edition: Edition, openapi: Mapping[str, Any]) -> Page:
    """Make the reference of the API from its own description."""
    frame = Frame(
        path="/api",
        title="API",
        lede="Every figure, list and definition as JSON or CSV, figures as spreadsheets too. No key is needed.",
        downloads=[Link("OpenAPI description", "/openapi.json")],
    )
    words = str(openapi["info"].get("description", ""))
    return make_page(
        edition,
        "api",
        frame,
        words=[part.strip() for part in words.split("\n\n") if part.strip()],
        tasks=_tasks(edition),
        operations=list_operations(openapi),
        tools=TOOLS if is_installed() else (),
        most_rows=MOST_ROWS,
    )


def _tasks(edition: Edition) -> list[tuple[str, str]]:
    """Give things to try, about an area and an indicator that this edition has."""
    tasks = [("Every indicator and its definition", "/api/v1/indicators")]
    area = edition.row(
        "SELECT area, coalesce(everyday_label, label) AS name FROM areas"
        " WHERE end_on IS NULL ORDER BY area_type <> 'london-borough', area LIMIT 1"
    )
    if area is not None:
        figures = f"/api/v1/observations?area={area['area']}&format=csv"
        tasks.append((f"All figures of {area['name']} as CSV", figures))
        tasks.append((f"The profile of {area['name']}", f"/api/v1/profile/{area['area']}"))
        series = f"/api/v1/series?area={area['area']}&format=csv"
        tasks.append((f"{area['name']} over time: which figures may be compared with the one before", series))
    indicator = edition.row(
        "SELECT h.indicator, h.label FROM indicator_heads h WHERE EXISTS"
        " (SELECT 1 FROM distributions d WHERE d.indicator = h.indicator) ORDER BY h.indicator LIMIT 1"
    )
    if indicator is not None:
        address = f"/api/v1/observations?indicator={indicator['indicator']}"
        tasks.append((f"{indicator['label']}: every area and period", address))
        compared = f"/api/v1/compare?indicator={indicator['indicator']}&group=all"
        tasks.append((f"{indicator['label']}: councils side by side, like for like", compared))
        tasks.append(("The same as a spreadsheet", f"{compared}&format=xlsx"))
        template = f"/indicators/{indicator['indicator']}/template.xlsx"
        tasks.append((f"{indicator['label']}: a template to send figures in", template))
    revised = edition.row(
        "SELECT s.indicator, h.label FROM definition_steps s JOIN indicator_heads h"
        " ON h.indicator = s.indicator ORDER BY s.indicator LIMIT 1"
    )
    if revised is not None:
        address = f"/indicators/{revised['indicator']}/diff.json"
        tasks.append((f"{revised['label']}: what the newest version changed", address))
    tasks.append(("Match names of your own list with codes, on a page or from OpenRefine", "/reconcile/list"))
    tasks.append(("Find something by its name", "/api/v1/search?q=education"))
    tasks.append(("What changed in definitions, newest first, as JSON Feed", "/changes.json"))
    tasks.append(("The same as an event stream of linked data", "/changes/stream.ttl"))
    return tasks


def list_operations(openapi: Mapping[str, Any]) -> list[Operation]:
    """List the operations of an OpenAPI document by address."""
    out = []
    for path, methods in sorted(openapi.get("paths", {}).items()):
        for method, told in sorted(methods.items()):
            answers = sorted(told.get("responses", {}).items())
            out.append(
                Operation(
                    key=f"{method}{path}".translate(str.maketrans("/", "-", "{}")),
                    method=method.upper(),
                    path=path,
                    title=str(told.get("summary") or path),
                    words=str(told.get("description", "")),
                    parameters=[_parameter(given) for given in told.get("parameters", ())],
                    answers=[(status, str(answer.get("description", ""))) for status, answer in answers],
                    examples=_examples(told),
                )
            )
    return out


def _examples(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List the forms of an operation's good answer, each with the address of a real one."""
    content = told.get("responses", {}).get("200", {}).get("content", {})
    labels = {form.media_type: form.label for form in EVERY_FORM}
    return [
        (labels.get(media_type, media_type), one["examples"]["live"]["externalValue"])
        for media_type, one in content.items()
        if "examples" in one
    ]


def _parameter(given: Mapping[str, Any]) -> Parameter:
    meaning = given.get("description") or given.get("schema", {}).get("description") or ""
    return Parameter(given["name"], given["in"], bool(given.get("required")), str(meaning))


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the vocabulary. `more` are its other statements: name of the property and value."""

    name: str
    label: str
    words: str
    more: Sequence[tuple[str, Value]]


def vocabulary(edition: Edition) -> Page:
    """Make the page of the vocabulary's terms, classes first."""
    # The routes read the vocabulary for its other forms too, and they import this package.
    from api.publications import vocabulary_triples

    base = f"{edition.base}def/"
    said: dict[str, list[tuple[str, str]]] = {}
    for triple in vocabulary_triples(edition):
        subject, thing = str(getattr(triple.subject, "value", "")), str(getattr(triple.object, "value", ""))
        if subject.startswith(base) and subject != base:
            said.setdefault(subject.removeprefix(base), []).append((triple.predicate.value, thing))
    sections: dict[str, list[Term]] = {"Classes": [], "Properties": [], "Other terms": []}
    for name, statements in sorted(said.items()):
        kinds = [thing for predicate, thing in statements if predicate.endswith("#type")]
        title = "Other terms"
        if any(kind.endswith("Class") for kind in kinds):
            title = "Classes"
        elif any(kind.endswith("Property") for kind in kinds):
            title = "Properties"
        sections[title].append(_term(base, name, statements))
    forms = (("Turtle", "ttl"), ("JSON-LD", "jsonld"), ("RDF/XML", "rdf"))
    frame = Frame(
        path="/def/",
        title="Vocabulary",
        lede=f"{len(said)} terms for what the standards have no word for. Terms of standards are used first.",
        downloads=[Link(name, f"/def.{suffix}") for name, suffix in forms],
    )
    listed = [(title, terms) for title, terms in sections.items() if terms]
    return make_page(edition, "vocabulary", frame, sections=listed, base=base)


def shorten(uri: str) -> str:
    """Write an address of a standard with its prefix, as Turtle does.

    >>> shorten("http://www.w3.org/2004/02/skos/core#Concept")
    'skos:Concept'
    """
    found = [(name, start) for name, start in load_model().prefixes.items() if uri.startswith(start)]
    if not found:
        return uri
    name, start = max(found, key=lambda pair: len(pair[1]))
    return f"{name}:{uri.removeprefix(start)}"


def _term(base: str, name: str, statements: Sequence[tuple[str, str]]) -> Term:
    label, words = name, ""
    more = []
    for predicate, thing in sorted(statements):
        short = predicate.rpartition("#")[2].rpartition("/")[2]
        if short == "label":
            label = thing
        elif short in {"comment", "definition"}:
            words = thing
        elif short not in {"isDefinedBy", "type"}:
            local = thing.removeprefix(base)
            is_ours = thing.startswith(base) and local
            more.append((short, Value(local, f"/def/#{local}") if is_ours else Value(shorten(thing))))
    return Term(name, label, words, more)
