"""The door of /indicators/{indicator}/diff: two versions of a definition, as page, JSON and linked data.

In:   from and to, each a version or its first numbers; format, an ending or the header Accept
Out:  the changes from the earlier one to the later; 301 where the two were named the wrong way round

Without `to` it is the version in use, without `from` the one before the other.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.answers import dump, envelope, sources_of_rows, standing_links
from api.as_of import PINS
from api.definition_diff import Diff, as_document, choose_versions, find_diff, list_versions
from api.edition import Edition
from api.failures import Failure, unknown_thing
from api.forms import DOCUMENT_FORMS, HTML, JSON, Choice, Form, alternates, choose, link
from api.graphs import describe_lines, prefixes_of
from api.html import check_parameters, send_page
from api.pages.diff import diff_page
from api.pages.page import Page, address_of, with_query
from api.replies import CURRENT, Reply, edition_of, root_of
from api.sparql_results import write_graph
from api.things import find_meant, find_thing
from ingest.problems import shown
from ingest.resolve import read_numbers
from publish.changes import lines_between
from publish.triples import Names
from schemas import load_model

PARAMETERS = ("from", "to", "format")

router = APIRouter(include_in_schema=False)

_BY_SUFFIX = {form.suffix: form for form in DOCUMENT_FORMS}


@router.get("/indicators/{indicator}/diff")
async def answer_diff(request: Request, indicator: str) -> Response:
    """Answer the diff in the form that `format` or the header Accept asks for."""
    named = request.query_params.get("format")
    if named is None:
        return await _answer(
            request, indicator, choose(request.headers.get("accept"), DOCUMENT_FORMS), "Accept"
        )
    if named not in _BY_SUFFIX:
        wanted = ", ".join(_BY_SUFFIX)
        raise Failure("parameter-wrong", f"'{shown(named)}' is not a value of 'format'; wanted: {wanted}.")
    return await _answer(request, indicator, _choice(_BY_SUFFIX[named]))


@router.get("/indicators/{indicator}/diff.{ending}")
async def answer_diff_form(
    request: Request, indicator: str, ending: Annotated[str, Path(max_length=20)]
) -> Response:
    """Answer the diff in the form that its ending names."""
    form = _BY_SUFFIX.get(ending)
    if form is None:
        raise Failure("address-unknown", f"Nothing has the address '{shown(request.url.path)}'.")
    return await _answer(request, indicator, _choice(form))


def _choice(form: Form) -> Choice:
    return Choice(form, form.media_type)


async def _answer(request: Request, indicator: str, choice: Choice, vary: str | None = None) -> Response:
    moved = check_parameters(request, edition_of(request), PARAMETERS)
    if moved is not None:
        return moved
    edition = edition_of(request)
    address = address_of("indicator", indicator) + "/diff"
    reply = Reply(request, edition, choice.media_type, address=f"{address}.{choice.form.suffix}", vary=vary)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    older, newer = _versions(edition, indicator, request)
    pinned = {name: request.query_params.get(name) for name in PINS}
    if read_numbers(older) > read_numbers(newer):
        query = {**pinned, "format": request.query_params.get("format"), "from": newer, "to": older}
        path = with_query(request.url.path, **query)
        return Response(
            status_code=301, headers={"Location": root_of(edition) + path, "Cache-Control": CURRENT}
        )
    diff = find_diff(edition, indicator, older, newer)
    links = _links(edition, diff, address, choice.form)
    sources = sources_of_rows(edition, [diff.before, diff.after])
    every = [*standing_links(edition, sources), *links]
    if choice.form is HTML:

        def make() -> Page:
            return diff_page(edition, diff)

        return await send_page(request, make, reply=reply, links=every)
    if choice.form is JSON:
        answer = envelope(edition, sources, {"indicator": indicator, "from": older, "to": newer})
        return reply.send(dump(answer | as_document(edition, diff)), every)
    topic = edition.uri("indicator", indicator, f"v{newer}#from-v{older}")
    model = load_model()
    lines = (
        "".join(lines_between(model, Names(edition.base, model), diff.after, diff.change))
        if diff.steps
        else ""
    )
    document = with_query(address, **{"from": older, "to": newer})
    triples = describe_lines(edition, lines, topic, document, sources)
    return reply.send(write_graph(triples, choice.form.suffix, prefixes_of(edition), topic), every)


def _versions(edition: Edition, indicator: str, request: Request) -> tuple[str, str]:
    """Find the two versions that are asked for.

    Raises Failure (404) if there is no such indicator or version.
    """
    kind = load_model().kinds["indicator"]
    head = find_thing(edition, kind, (indicator,))
    if head is None:
        known = edition.rows("SELECT indicator FROM indicator_heads")
        raise unknown_thing("indicator", indicator, [row["indicator"] for row in known])
    versions = list_versions(edition, indicator)
    found: dict[str, str | None] = {}
    for name in ("from", "to"):
        text = request.query_params.get(name) or None
        thing = find_meant(edition, kind, (indicator, f"v{text.removeprefix('v')}")) if text else None
        if text and thing is None:
            raise unknown_thing(f"version of {indicator}", text, [row["version"] for row in versions])
        found[name] = str(thing.row["version"]) if thing else None
    return choose_versions(versions, str(head.row["version"]), found["from"], found["to"])


def _links(edition: Edition, diff: Diff, address: str, chosen: Form) -> list[str]:
    """Link to the other forms of the same two versions, to the definition, and to the two versions."""
    query = urlencode({"from": diff.before["version"], "to": diff.after["version"]})
    root = root_of(edition)
    links = [
        one.replace(">;", f"?{query}>;", 1) for one in alternates(root + address, DOCUMENT_FORMS, chosen)
    ]
    links.append(link(f"{edition.base.rstrip('/')}{address}?{query}", "canonical"))
    links.append(link(edition.uri("indicator", diff.indicator), "about"))
    for relation, row in (("predecessor-version", diff.before), ("successor-version", diff.after)):
        links.append(link(root + address_of("indicator", diff.indicator, row["version"]), relation))
    return links
