"""Addresses that are pages only: home, search, lists, comparison, statements, problems, and static files.

In:   a visitor's request
Out:  the page that api/pages makes; for a list that is also data, the way to the data
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable, Mapping
from functools import cache
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from api import pages
from api.edition import Edition
from api.failures import Failure, unknown_thing
from api.forms import CSV, HTML, JSON, Choice, Form, choose, content_type, has_tag, link, split_suffix
from api.html import check_parameters, parameters_of, send_page
from api.located import locate
from api.openapi import describe
from api.pages.page import STATIC, Page
from api.postcodes import find_folder
from api.programme_door import CALENDAR
from api.replies import CURRENT, Reply, edition_of, root_of
from api.search import LONGEST_TEXT, find_exact, find_hits, find_spellings
from api.things import find_meant, find_thing
from api.v1_lists import LISTS as DATA_LISTS
from schemas import load_model

router = APIRouter(include_in_schema=False)

# Lists whose items can also be had as data, and where.
_DATA = {listed.name: f"/api/v1/{listed.name}" for listed in DATA_LISTS}


async def _page(request: Request, name: str, make: Callable[[], Page | None]) -> Response:
    """Answer a page that is the same for everyone who asks for this address."""
    edition = edition_of(request)
    choice = choose(request.headers.get("accept"), (HTML,))
    moved = check_parameters(request, edition, parameters_of(name))
    if moved is not None:
        return moved
    reply = Reply(request, edition, choice.media_type)
    return reply.unchanged() or await send_page(request, make, reply=reply)


@router.get("/")
async def home(request: Request) -> Response:
    """Answer the first page."""
    edition = edition_of(request)
    return await _page(request, "home", lambda: pages.home(edition))


@router.get("/search")
async def search(request: Request) -> Response:
    """Answer what was found, or go straight to the one thing that is named."""
    edition = edition_of(request)
    text = request.query_params.get("q", "").strip()[:LONGEST_TEXT]
    if text and edition.pin is None:
        exact = find_exact(edition, text)
        if exact is not None:
            headers = {"Location": root_of(edition) + exact.address, "Cache-Control": CURRENT}
            return Response(status_code=302, headers=headers)

    def make() -> Page:
        hits = find_hits(edition, text) if text else []
        located = locate(edition, text, find_folder()) if text else None
        nearest = find_spellings(edition, text) if text and not hits and located is None else []
        return pages.search(edition, text, hits, nearest, located)

    return await _page(request, "search", make)


@router.get("/areas/{area}/inspections")
async def area_inspections(request: Request, area: str) -> Response:
    """Answer the judgements of an area's council, newest first; as data they are a list of the API."""
    return await _area_page(request, area, "inspections", pages.area_inspections)


@router.get("/areas/{area}/neighbourhoods")
async def area_neighbourhoods(request: Request, area: str) -> Response:
    """Answer where the neighbourhoods of an area stand."""
    return await _area_page(request, area, "neighbourhoods", pages.area_neighbourhoods)


async def _area_page(
    request: Request, area: str, name: str, make: Callable[[Edition, str, Mapping[str, str]], Page | None]
) -> Response:
    """Answer a further page of an area, or the way to the area that was meant."""
    edition = edition_of(request)
    kind = load_model().kinds["area"]
    thing = find_thing(edition, kind, (area,)) or find_meant(edition, kind, (area,))
    if thing is None:
        raise unknown_thing("area", area, (row[0] for row in edition.rows("SELECT area FROM areas")))
    if thing.path != area:
        asked = f"?{request.url.query}" if request.url.query else ""
        headers = {
            "Location": f"{root_of(edition)}{thing.address}/{name}{asked}",
            "Cache-Control": CURRENT,
        }
        return Response(status_code=301, headers=headers)
    query = dict(request.query_params)
    return await _page(request, f"area_{name}", lambda: make(edition, area, query))


@router.get("/areas/{area}/inspections.{ending}")
async def area_inspections_data(request: Request, area: str, ending: str) -> Response:
    """Send to the judgements of an area's council as data, or to the calendar of what is planned there."""
    edition = edition_of(request)
    if ending == CALENDAR.suffix:
        body = edition.value(
            "SELECT x.body FROM body_areas x JOIN bodies b ON b.body = x.body WHERE x.area = ?"
            " AND x.end_on IS NULL AND b.end_on IS NULL ORDER BY x.body",
            (area,),
        )
        if body is None:
            raise unknown_thing("area", area, (row[0] for row in edition.rows("SELECT area FROM body_areas")))
        address = f"{root_of(edition)}/bodies/{quote(body)}/programme.{ending}"
        return Response(status_code=303, headers={"Location": address, "Cache-Control": CURRENT})
    if ending not in (JSON.suffix, CSV.suffix):
        raise Failure("address-unknown", f"This has no form '.{ending[:20]}'.")
    query = urlencode({"area": area, "format": ending})
    headers = {"Location": f"{root_of(edition)}/api/v1/judgements?{query}", "Cache-Control": CURRENT}
    return Response(status_code=303, headers=headers)


@router.get("/compare")
async def compare(request: Request) -> Response:
    """Answer councils beside each other, for one indicator or several, in one of several views."""
    edition = edition_of(request)
    query = dict(request.query_params)
    # A form sends a list as one parameter for each of its values.
    for name in ("indicator", "areas"):
        if name in query:
            query[name] = ",".join(request.query_params.getlist(name))
    return await _page(request, "compare", lambda: pages.compare(edition, query))


@router.get("/downloads")
async def downloads(request: Request) -> Response:
    """Answer the list of an edition's files."""
    edition = edition_of(request)
    return await _page(request, "downloads", lambda: pages.downloads(edition))


@router.get("/api")
async def api_reference(request: Request) -> Response:
    """Answer the reference of the API."""
    edition = edition_of(request)
    described = describe(request.app, edition)
    return await _page(request, "api_reference", lambda: pages.api_reference(edition, described))


@router.get("/api/examples")
async def worked_examples(request: Request) -> Response:
    """Answer the same tasks in every tool."""
    edition = edition_of(request)
    return await _page(request, "worked_examples", lambda: pages.worked_examples(edition))


@router.get("/api/examples/{name}")
async def worked_example(request: Request, name: str) -> Response:
    """Answer the file of one tool."""
    edition = edition_of(request)
    tools = {tool.file: tool for tool in pages.read_worked(edition).tools}
    if name not in tools:
        raise unknown_thing("example", name, tools)
    moved = check_parameters(request, edition, ())
    if moved is not None:
        return moved
    reply = Reply(request, edition, "text/plain")
    return reply.unchanged() or reply.send(tools[name].text.encode("utf-8"))


@router.get("/problems")
async def problems(request: Request) -> Response:
    """Answer every kind of problem and failure."""
    edition = edition_of(request)
    return await _page(request, "problems", lambda: pages.problems(edition))


@router.get("/problems/{code}")
async def problem(request: Request, code: str) -> Response:
    """Answer what a kind of problem or failure means, and how to mend it."""
    edition = edition_of(request)
    return await _page(request, "problem", lambda: pages.problem(edition, code))


@router.get("/accessibility")
async def accessibility(request: Request) -> Response:
    """Answer the accessibility statement."""
    edition = edition_of(request)
    return await _page(request, "accessibility", lambda: pages.accessibility(edition))


@router.get("/not-for")
async def not_for(request: Request) -> Response:
    """Answer what these figures are not for."""
    edition = edition_of(request)
    return await _page(request, "not_for", lambda: pages.not_for(edition))


@router.get("/methods")
async def methods(request: Request) -> Response:
    """Answer how numbers are worked out."""
    edition = edition_of(request)
    return await _page(request, "methods", lambda: pages.methods(edition))


@router.get("/data")
async def data(request: Request) -> Response:
    """Send to Datasette."""
    headers = {"Location": f"{root_of(edition_of(request))}/data/", "Cache-Control": CURRENT}
    return Response(status_code=301, headers=headers)


async def answer_list(request: Request, name: str, ending: Form | None) -> Response:
    """Answer the page of a list, or send to its data."""
    edition = edition_of(request)
    offered = (HTML, JSON, CSV) if name in _DATA else (HTML,)
    if ending is not None and ending not in offered:
        raise Failure("address-unknown", f"This has no form '.{ending.suffix}'.")
    accept = request.headers.get("accept")
    choice = Choice(ending, ending.media_type) if ending else choose(accept, offered)
    root = root_of(edition)
    if choice.form is not HTML:
        pairs = [*request.query_params.multi_items(), ("format", choice.form.suffix)]
        address = f"{root}{_DATA[name]}?{urlencode(pairs)}"
        headers = {"Location": address, "Cache-Control": CURRENT, "Vary": "Accept"}
        return Response(status_code=303, headers=headers)
    moved = check_parameters(request, edition, parameters_of(name))
    if moved is not None:
        return moved
    reply = Reply(request, edition, choice.media_type, vary="Accept" if len(offered) > 1 else None)
    query = dict(request.query_params)
    links = [link(f"{root}/{name}.{form.suffix}", "alternate", type=form.media_type) for form in offered[1:]]

    def make() -> Page:
        return pages.LISTS[name](edition, query)

    return reply.unchanged() or await send_page(request, make, reply=reply, links=links)


@cache
def static_files() -> Mapping[str, tuple[bytes, str, str]]:
    """Read the files that pages link to: bytes, content type and tag, by path."""
    found = {}
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            body = path.read_bytes()
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            kind = content_type(kind) if kind.startswith("text/") else kind
            tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            found[path.relative_to(STATIC).as_posix()] = (body, kind, tag)
    return found


@router.get("/static/{path:path}")
async def static(request: Request, path: str) -> Response:
    """Answer a file that pages link to."""
    file = static_files().get(path)
    if file is None:
        raise Failure("address-unknown", "There is no such file.")
    body, kind, tag = file
    headers = {"Content-Type": kind, "ETag": tag, "Cache-Control": "public, max-age=0, s-maxage=3600"}
    told = request.headers.get("if-none-match", "")
    if has_tag(told, tag) or has_tag(told, f'{tag[:-1]}-gzip"'):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers)


def make_list_router() -> APIRouter:
    """Make the routes of lists: every list of pages has an address."""
    lists = APIRouter(include_in_schema=False)
    for name in pages.LISTS:
        if name != "editions":
            _add_list(lists, name)
    return lists


def _add_list(lists: APIRouter, name: str) -> None:
    async def endpoint(request: Request) -> Response:
        _, ending = split_suffix(request.url.path.removeprefix("/"))
        return await answer_list(request, name, ending)

    for path in (f"/{name}", f"/{name}.{{ending}}"):
        lists.add_api_route(path, endpoint, methods=["GET"], name=f"list_{name}_page")
