"""What an edition says of itself and of its words: /editions, /catalog, /.well-known/void, /def/.

In:   the editions that are kept, the edition's store, the vocabulary of schemas/
Out:  documents in the forms that each has
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from fastapi import APIRouter, Request
from starlette.responses import Response

import schemas
from api import pages
from api.answers import dump, envelope, licence_links, sources_of_datasets, standing_links
from api.as_of import PINS
from api.edition import Edition
from api.failures import Failure, unknown_parameters, unknown_thing
from api.forms import (
    BY_SUFFIX,
    DOCUMENT_FORMS,
    GRAPH_FORMS,
    HTML,
    JSON,
    JSONLD,
    TURTLE,
    Choice,
    Form,
    alternates,
    choose,
    link,
    split_suffix,
)
from api.graphs import describe_node, prefixes_of
from api.html import check_parameters, parameters_of, send_page
from api.pages.page import Page
from api.replies import CURRENT, Reply, edition_of, editions_of, root_of
from api.sparql_results import write_graph
from publish.edition import EditionsFolder, Kept
from schemas.context import make_context

router = APIRouter(include_in_schema=False)

_VOCABULARY = Path(schemas.__file__).parent / "vocabulary.ttl"
_WITH_PAGE = (HTML, *GRAPH_FORMS)
_PARTS_OF_CATALOGUE = tuple(
    ox.NamedNode(f"http://www.w3.org/ns/dcat#{name}") for name in ("distribution", "service")
)
_SHORT = (
    ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"),
    ox.NamedNode("http://xmlns.com/foaf/0.1/name"),
)
_GRAPH_FIRST = (TURTLE, *(form for form in GRAPH_FORMS if form is not TURTLE))


def begin(
    request: Request,
    edition: Edition,
    address: str,
    ending: str | None,
    offered: tuple[Form, ...],
    content: str | None = None,
    beside: Edition | None = None,
) -> tuple[Choice, Reply]:
    """Choose the form of a document at `address` and begin its reply.

    content    the digest of what the address names, where it never changes
    beside     another edition that the document depends on

    Raises Failure: 404 for an ending that it does not have, 406 if no form is accepted.
    """
    if ending is not None:
        form = BY_SUFFIX.get(ending)
        if form not in offered or form is None:
            raise Failure("address-unknown", f"This has no form '.{ending[:20]}'.")
        choice = Choice(form, form.media_type)
    else:
        choice = choose(request.headers.get("accept"), offered)
    vary = None if ending else "Accept"
    named = f"{address}.{choice.form.suffix}"
    return choice, Reply(
        request, edition, choice.media_type, address=named, vary=vary, content=content, beside=beside
    )


def refuse_parameters(request: Request) -> None:
    """Refuse every parameter but those that pin any address."""
    unknown = [name for name in request.query_params if name not in PINS]
    if unknown:
        raise unknown_parameters(unknown, PINS)


@dataclass(frozen=True, slots=True)
class Graph:
    """Triples and the IRI they are about."""

    about: str
    triples: Sequence[ox.Triple]


def send_graph(
    edition: Edition, reply: Reply, choice: Choice, graph: Graph, links: Sequence[str] = ()
) -> Response:
    """Answer a graph in the form that was chosen."""
    body = write_graph(graph.triples, choice.form.suffix, prefixes_of(edition), graph.about)
    return reply.send(body, [*standing_links(edition, ()), *links])


@router.get("/editions")
@router.get("/editions.{ending}")
async def list_editions(request: Request, ending: str | None = None) -> Response:
    """List the editions that are kept, the one published last first."""
    edition = editions_of(request).current
    choice, reply = begin(request, edition, "/editions", ending, (HTML, JSON))
    links = alternates(f"{root_of(edition)}/editions", (HTML, JSON), choice.form)
    if choice.form is HTML:
        moved = check_parameters(request, edition, parameters_of("editions"))

        def make() -> Page | None:
            return pages.LISTS["editions"](edition, dict(request.query_params))

        # Which editions are kept is not part of any edition, so the page has no tag.
        return moved or await send_page(request, make, links=links)
    refuse_parameters(request)
    kept = EditionsFolder(editions_of(request).folder).kept()
    document = envelope(edition, [], {})
    document |= {"count": len(kept), "next": None, "items": [_told(edition, one) for one in kept]}
    headers = {**reply.told([*standing_links(edition, ()), *links]), "Cache-Control": "no-cache"}
    headers.pop("ETag")
    return Response(dump(document), headers=headers)


def _told(edition: Edition, one: Kept) -> dict[str, object]:
    return {
        "edition": one.name,
        "digest": one.digest,
        "is_current": one.is_current,
        "published_at": one.published_at,
        "uri": edition.uri("edition", one.name),
    }


@router.get("/editions/{name}")
async def edition_document(request: Request, name: str) -> Response:
    """Answer what an edition is: its page, its manifest as JSON, or its description as a graph."""
    path, form = split_suffix(name, DOCUMENT_FORMS)
    editions = editions_of(request)
    edition = editions.find(path)
    if edition is None:
        raise unknown_thing("edition", path, editions.names())
    address = f"/editions/{path}"
    choice, reply = begin(request, edition, address, form.suffix if form else None, DOCUMENT_FORMS)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    links = alternates(f"{root_of(edition)}{address}", DOCUMENT_FORMS, choice.form)
    links.append(link(f"{edition.base.rstrip('/')}{address}", "canonical"))
    links.append(link(edition.uri("edition", edition.name), "about"))
    links.append(link(f"{root_of(edition)}/editions", "collection"))
    sources = sources_of_datasets(edition, [row[0] for row in edition.rows("SELECT dataset FROM datasets")])
    links += licence_links(sources)
    if choice.form is HTML:
        moved = check_parameters(request, edition, parameters_of("edition"))

        def make() -> Page | None:
            return pages.PAGES["edition"](edition, (path,), dict(request.query_params))

        return moved or await send_page(request, make, reply=reply, links=links)
    refuse_parameters(request)
    if choice.form is JSON:
        document = envelope(edition, sources, {"edition": path}) | {"manifest": edition.manifest}
        return reply.send(dump(document), [*standing_links(edition, ()), *links])
    about = edition.uri("edition", path)
    return send_graph(edition, reply, choice, Graph(about, describe_node(edition, about)), links)


@router.get("/catalog")
@router.get("/catalog.{ending}")
async def catalog(request: Request, ending: str | None = None) -> Response:
    """Answer the DCAT catalogue of the edition. Its page is that of the downloads."""
    edition = edition_of(request)
    refuse_parameters(request)
    offered = (*_GRAPH_FIRST, HTML)
    choice, reply = begin(request, edition, "/catalog", ending, offered)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    if choice.form is HTML:
        headers = {"Location": f"{root_of(edition)}/downloads", "Cache-Control": CURRENT, "Vary": "Accept"}
        return Response(status_code=303, headers=headers)
    links = alternates(f"{root_of(edition)}/catalog", _GRAPH_FIRST, choice.form)
    graph = Graph(f"{edition.base}catalog", catalogue_triples(edition))
    return send_graph(edition, reply, choice, graph, links)


def catalogue_triples(edition: Edition) -> list[ox.Triple]:
    """Gather the catalogue: the series of editions, this edition, its datasets and distributions.

    Everything they point to has its class and its name with it, so that the catalogue can be judged alone.
    """
    found: dict[ox.Triple, None] = {}
    waiting = [f"{edition.base}catalog", edition.uri("edition", edition.name)]
    waiting += [
        edition.uri("dataset", row[0]) for row in edition.rows("SELECT dataset FROM datasets ORDER BY 1")
    ]
    seen = set(waiting)
    while waiting:
        for triple in describe_node(edition, waiting.pop()):
            found[triple] = None
            target = triple.object
            if not isinstance(target, ox.NamedNode) or target.value in seen:
                continue
            seen.add(target.value)
            if triple.predicate in _PARTS_OF_CATALOGUE:
                waiting.append(target.value)
            else:
                found |= dict.fromkeys(_told_in_short(edition, target))
    return list(found)


def _told_in_short(edition: Edition, node: ox.NamedNode) -> Iterator[ox.Triple]:
    for predicate in _SHORT:
        for quad in edition.store.quads_for_pattern(node, predicate, None, None):
            yield quad.triple


@router.get("/.well-known/void")
async def void(request: Request) -> Response:
    """Answer what there is of linked data here, and how to reach it."""
    edition = edition_of(request)
    choice = choose(request.headers.get("accept"), (*_GRAPH_FIRST, HTML))
    if choice.form is HTML:
        choice = Choice(TURTLE, TURTLE.media_type)
    reply = Reply(request, edition, choice.media_type, vary="Accept")
    graph = Graph(f"{edition.base}.well-known/void#data", describe_data(edition))
    return reply.unchanged() or send_graph(edition, reply, choice, graph)


def describe_data(edition: Edition) -> list[ox.Triple]:
    """Describe the site's linked data with VoID."""
    void_ = "http://rdfs.org/ns/void#"
    dct = "http://purl.org/dc/terms/"
    node = ox.NamedNode(f"{edition.base}.well-known/void#data")

    def named(name: str) -> ox.NamedNode:
        return ox.NamedNode(name)

    whole = named("http://www.w3.org/2001/XMLSchema#integer")
    said: list[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]] = [
        (named("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"), named(f"{void_}Dataset")),
        (named(f"{dct}title"), ox.Literal(edition.title, language="en")),
        (named(f"{dct}isVersionOf"), named(f"{edition.base}catalog")),
        (named(f"{dct}hasVersion"), named(edition.uri("edition", edition.name))),
        (named("http://xmlns.com/foaf/0.1/homepage"), named(edition.base)),
        (named(f"{void_}dataDump"), named(f"{edition.base}downloads/site.nq.gz")),
        (named(f"{void_}sparqlEndpoint"), named(f"{edition.base}sparql")),
        (named(f"{void_}uriSpace"), ox.Literal(f"{edition.base}id/")),
        (named(f"{void_}vocabulary"), named(f"{edition.base}def/")),
    ]
    statements = edition.manifest.get("statements")
    if isinstance(statements, int):
        said.append((named(f"{void_}triples"), ox.Literal(str(statements), datatype=whole)))
    said += [
        (named(f"{void_}vocabulary"), named(start))
        for name, start in schemas.load_model().prefixes.items()
        if name
    ]
    first = edition.row("SELECT area FROM areas ORDER BY end_on IS NOT NULL, area LIMIT 1")
    if first is not None:
        said.append((named(f"{void_}exampleResource"), named(edition.uri("area", first[0]))))
    return [ox.Triple(node, *statement) for statement in said]


@router.get("/def/context.jsonld")
async def context(request: Request) -> Response:
    """Answer the context with which JSON-LD can use the short names of the model."""
    edition = edition_of(request)
    refuse_parameters(request)
    reply = Reply(request, edition, JSONLD.media_type)
    return reply.unchanged() or reply.send(dump(make_context(schemas.load_model(), edition.base)))


@router.get("/def")
@router.get("/def/")
@router.get("/def.{ending}")
async def vocabulary(request: Request, ending: str | None = None) -> Response:
    """Answer the vocabulary as a page or a graph."""
    edition = edition_of(request)
    choice, reply = begin(request, edition, "/def", ending, _WITH_PAGE)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    links = alternates(f"{root_of(edition)}/def", _WITH_PAGE, choice.form)
    if choice.form is HTML:
        moved = check_parameters(request, edition, parameters_of("vocabulary"))
        return moved or await send_page(request, lambda: pages.vocabulary(edition), reply=reply, links=links)
    refuse_parameters(request)
    graph = Graph(f"{edition.base}def/", vocabulary_triples(edition))
    return send_graph(edition, reply, choice, graph, links)


@router.get("/def/{term}")
async def term(request: Request, term: str) -> Response:
    """Send from a term, which is no document, to where it is described."""
    edition = edition_of(request)
    name, form = split_suffix(term, _WITH_PAGE)
    subject = ox.NamedNode(f"{edition.base}def/{name}") if name.replace("-", "").isalnum() else None
    if not any(triple.subject == subject for triple in vocabulary_triples(edition)):
        raise Failure("thing-unknown", f"The vocabulary has no term '{term[:100]}'.")
    choice = Choice(form, form.media_type) if form else choose(request.headers.get("accept"), _WITH_PAGE)
    target = f"/def/#{name}" if choice.form is HTML else f"/def.{choice.form.suffix}"
    headers = {"Location": f"{root_of(edition)}{target}", "Cache-Control": CURRENT, "Vary": "Accept"}
    return Response(status_code=303, headers=headers)


def vocabulary_triples(edition: Edition) -> list[ox.Triple]:
    """Read the vocabulary under the edition's own address."""

    def read() -> list[ox.Triple]:
        text = _VOCABULARY.read_bytes()
        quads = ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri=edition.base)
        return [quad.triple for quad in quads]

    return edition.once("vocabulary", read)
