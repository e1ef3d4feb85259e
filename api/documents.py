"""Every thing's URI and document: /id/{kind}/{notation} and /{kinds}/{notation}.

In:   an address, with or without a form's ending, and the header Accept
Out:  303 from the URI to the document; the document as page, JSON, CSV or graph; 301 to its one address

An address is answered in one place: what each form holds is made elsewhere (pages, tables.py, graphs.py).
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from api import pages
from api.answers import standing_links
from api.as_of import PINS
from api.croissant import croissant_link
from api.definition_forms.offers import offer_links
from api.edition import Edition
from api.failures import Failure, unknown_parameters, unknown_thing
from api.forms import (
    CSV,
    HTML,
    JSON,
    TABLE_FORMS,
    TURTLE,
    Choice,
    Form,
    alternates,
    choose,
    link,
    split_suffix,
)
from api.graphs import describe_thing, prefixes_of, sources_of
from api.html import check_parameters, parameters_of, send_page
from api.languages import LANG, Reader, find_reader
from api.pages.made import look_since_thing
from api.pages.page import Page
from api.pages.revisions import find_withdrawn
from api.replies import CURRENT, Reply, edition_of, editions_of, root_of, root_of_site
from api.sparql_results import write_graph
from api.successor import find_successor
from api.tables import answer_table
from api.things import Thing, find_meant, find_thing
from api.v1_figures import Document
from ingest.problems import find_nearest, shown
from schemas import Kind, load_model
from schemas.languages import ENGLISH

# Kinds whose data are lists of figures, which can be read in parts.
_IN_PARTS = ("limit", "cursor")

# Kinds that say, where an edition is pinned, what became of them since.
_TOLD_SINCE = frozenset({"observation", "indicator", "dataset"})


async def answer_uri(request: Request, kind_name: str, notation: str) -> Response:
    """Answer 303 from the URI of a thing, which is no document, to the document about it."""
    edition = edition_of(request)
    kind = load_model().kinds.get(kind_name)
    if kind is None:
        nearest = find_nearest(kind_name, load_model().kinds)
        hint = f" Closest: {nearest}." if nearest else ""
        raise Failure("thing-unknown", f"There is no kind of thing called '{shown(kind_name)}'.{hint}")
    if kind.kind == "edition":
        path, form = split_suffix(notation.strip("/"))
        if request.app.state.editions.find(path) is None:
            raise unknown_thing("edition", path, request.app.state.editions.names())
        address = f"/editions/{path}"
    else:
        thing, form = _resolve(edition, kind, notation.strip("/"))
        address = thing.address
    ending = f".{form.suffix}" if form else ""
    headers = {"Location": f"{root_of(edition)}{address}{ending}", "Cache-Control": CURRENT}
    return Response(status_code=303, headers=headers)


def _resolve(edition: Edition, kind: Kind, notation: str) -> tuple[Thing, Form | None]:
    """Find the thing a notation means, and the form its ending names.

    A code may end like a form, for area codes may hold dots: then the whole notation names the thing.

    Raises Failure (404).
    """
    path, form = split_suffix(notation, TABLE_FORMS)
    for text, ending in ((path, form), (notation, None)) if form else ((path, None),):
        parts = tuple(text.split("/"))
        thing = find_thing(edition, kind, parts) or find_meant(edition, kind, parts)
        if thing is not None:
            return thing, ending
    if kind.kind == "observation":
        gone = find_withdrawn(edition, path)
        if gone is not None:
            raise gone
    raise unknown_thing(kind.label, path, _known(edition, kind))


def _with_since(edition: Edition, current: Edition, thing: Thing) -> Edition:
    """Let a pinned edition say what became of a thing since."""
    since = look_since_thing(current, edition, thing.kind.kind, thing.notation)
    if edition.pin is None or since is None:
        return edition
    return edition.pinned(replace(edition.pin, since=since.as_document(current)))


def _known(edition: Edition, kind: Kind) -> list[str]:
    """Give the notations of a kind, for saying which is nearest; none for kinds that are many or deep."""
    if kind.table is None or kind.kind == "observation":
        return []
    model = load_model()
    schema = model.tables.get(kind.table) or model.derived[kind.table]
    if len(schema.primary_key) > 1 and kind.kind not in ("indicator", "framework"):
        return []
    # A table and a column of our own model.
    sql = f'SELECT DISTINCT "{schema.primary_key[0]}" FROM "{schema.name}" LIMIT 20000'  # noqa: S608
    return edition.once(sql, lambda: [row[0] for row in edition.rows(sql)])


async def answer_document(request: Request, kind: Kind, notation: str) -> Response:
    """Answer the document of a thing in the form that is asked for."""
    edition = edition_of(request)
    path, ending = split_suffix(notation, TABLE_FORMS)
    choice = (
        Choice(ending, ending.media_type) if ending else choose(request.headers.get("accept"), TABLE_FORMS)
    )
    address = f"/{kind.address}/{quote(path, safe='/=,;')}"
    # What became of a thing since follows from the current edition too.
    is_told = edition.pin is not None and kind.kind in _TOLD_SINCE
    current = editions_of(request).current if is_told else None
    asked, header = request.query_params.get(LANG), request.headers.get("accept-language")
    reader = find_reader(edition, kind.kind, path, header, asked)
    reply = Reply(
        request,
        edition,
        choice.media_type,
        address=f"{address}.{choice.form.suffix}",
        vary=_vary(reader, ending, is_asked=asked is not None),
        beside=current,
        language=reader.language if choice.form is HTML else None,
    )
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    thing, form = _resolve(edition, kind, notation)
    if current is not None:
        edition = _with_since(edition, current, thing)
    if thing.notation != tuple(path.split("/")) or form is not ending:
        return _moved(request, edition, thing, form)
    moved = _check(request, edition, thing, choice.form)
    if moved is not None:
        return moved
    links = [*_links(edition, thing, choice.form), *_language_links(edition, thing, reader)]
    if choice.form is HTML:
        query = dict(request.query_params)

        def make() -> Page | None:
            return pages.PAGES[kind.kind](edition.read_by(reader), thing.notation, query)

        licences = standing_links(edition, sources_of(edition, thing))
        return await send_page(request, make, reply=reply, links=[*licences, *links])
    if choice.form in (JSON, CSV):
        return await answer_table(request, edition, thing, Document(choice, reply, links))
    triples = describe_thing(edition, thing)
    body = write_graph(triples, choice.form.suffix, prefixes_of(edition), thing.uri(edition))
    return reply.send(body, [*standing_links(edition, sources_of(edition, thing)), *links])


def _vary(reader: Reader, ending: Form | None, *, is_asked: bool) -> str | None:
    """Say which headers chose the answer: the form without an ending, and of a page the language."""
    told = [] if ending else ["Accept"]
    if reader.names and not is_asked and ending in (None, HTML):
        told.append("Accept-Language")
    return ", ".join(told) or None


def _language_links(edition: Edition, thing: Thing, reader: Reader) -> list[str]:
    """Link a document to itself with its name in each language that it has one in."""
    tags = [ENGLISH, *reader.names] if reader.names else []
    address = f"{root_of(edition)}{thing.address}"
    return [link(f"{address}?{LANG}={tag}", "alternate", type=HTML.media_type, hreflang=tag) for tag in tags]


def _moved(request: Request, edition: Edition, thing: Thing, form: Form | None) -> Response:
    """Send to the one address of a thing, in the form that was asked for."""
    query = f"?{request.url.query}" if request.url.query else ""
    ending = f".{form.suffix}" if form else ""
    address = f"{root_of(edition)}{thing.address}{ending}{query}"
    return Response(status_code=301, headers={"Location": address, "Cache-Control": CURRENT})


def _check(request: Request, edition: Edition, thing: Thing, form: Form) -> Response | None:
    """Refuse parameters that the form of a thing does not have."""
    if form is HTML:
        return check_parameters(request, edition, [*parameters_of(thing.kind.kind), LANG])
    is_list = thing.kind.kind == "dataset" or (thing.kind.kind == "indicator" and form is CSV)
    known = [*PINS, LANG, *(_IN_PARTS if is_list and form in (JSON, CSV) else ())]
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise unknown_parameters(unknown, known)
    return None


def _links(edition: Edition, thing: Thing, chosen: Form) -> list[str]:
    """Link a document to its other forms, its one address, the thing it is about and its list."""
    address = f"{root_of(edition)}{thing.address}"
    found = alternates(address, TABLE_FORMS, chosen)
    found.append(link(f"{edition.base.rstrip('/')}{thing.address}", "canonical"))
    found.append(link(thing.uri(edition), "about"))
    if chosen in (JSON, CSV):
        found.append(link(f"{address}.{TURTLE.suffix}", "describedby", type=TURTLE.media_type))
    found.append(link(f"{root_of(edition)}/{thing.kind.address}", "collection"))
    after = find_successor(edition, thing.row) if thing.kind.kind == "indicator" else None
    if after is not None:
        following = replace(thing, notation=after.notation).address
        found.append(link(f"{root_of(edition)}{following}", "successor-version"))
    if thing.kind.kind == "indicator":
        found += offer_links(address, chosen)
    if thing.kind.kind == "dataset" and chosen is not CSV:
        # A reader of CSV on the Web would take it for its own description.
        found.append(croissant_link(address))
    return found


def make_router() -> APIRouter:
    """Make the routes of URIs and documents, one for each kind of thing."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/id/{kind_name}/{notation:path}", answer_uri, methods=["GET"])
    for kind in load_model().kinds.values():
        if kind.kind != "edition":
            _add_route(router, kind)
    return router


def _add_route(router: APIRouter, kind: Kind) -> None:
    async def endpoint(request: Request, notation: str) -> Response:
        if not notation or notation.endswith("/"):
            address = root_of_site(request) + request.url.path.rstrip("/")
            return Response(status_code=301, headers={"Location": address, "Cache-Control": CURRENT})
        return await answer_document(request, kind, notation)

    path = f"/{kind.address}/{{notation:path}}"
    router.add_api_route(path, endpoint, methods=["GET"], name=f"document_{kind.kind}")
