"""Charts that leave the site: /chart/{indicator}.svg as a file, /embed/{indicator} for the frames of others.

In:   an indicator, with areas, period and view; for an embed also what it was made from
Out:  one SVG document with its own styles; a small page that alone may stand in a frame

Both say their verdict, their source and their licence: outside of the site nothing else does.
"""

from __future__ import annotations

import anyio.to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from api.answers import sources_of_datasets, standing_links
from api.edition import Edition
from api.failures import Failure
from api.forms import HTML
from api.html import check_parameters, send_page
from api.licences import licence_address, licence_title
from api.pages.chart import PARAMETERS, Chart, make_chart
from api.pages.embed import embed, embed_without
from api.pages.made import Since, look_since, read_made
from api.pages.page import Page
from api.pages.places import find_places
from api.replies import Reply, edition_of, editions_of
from api.svg_alone import MEDIA_TYPE, Caption, style_hash, write_document

router = APIRouter(include_in_schema=False)


@router.get("/chart/{indicator}.svg")
async def chart(request: Request, indicator: str) -> Response:
    """Answer a chart as one SVG document."""
    edition = edition_of(request)
    moved = check_parameters(request, edition, PARAMETERS)
    if moved is not None:
        return moved
    reply = Reply(request, edition, MEDIA_TYPE)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    query = dict(request.query_params)

    def make() -> tuple[bytes, Chart]:
        made = make_chart(edition, indicator, query)
        return write_document(_caption(edition, made), made.drawings), made

    body, made = await anyio.to_thread.run_sync(make)
    links = standing_links(edition, sources_of_datasets(edition, made.datasets))
    # Opened by itself the file is a page: only its own styles are let in.
    policy = f"default-src 'none'; style-src {style_hash()}; frame-ancestors 'none'"
    return reply.send(body, links, {"Content-Security-Policy": policy})


def _caption(edition: Edition, made: Chart) -> Caption:
    """Say what must go with the file: verdict, source, licence, edition."""
    names = {area: place.name for area, place in find_places(edition, made.judged.left_out).items()}
    told = [made.note] if made.note else []
    told += made.judged.tell(names)
    for source in sources_of_datasets(edition, made.datasets):
        address = licence_address(source["licence"])
        licence = licence_title(address) if address else "not said"
        told.append(f"{source['attribution'] or source['title']} Licence: {licence}.")
    told += made.credits
    told.append(f"{edition.title}, edition {edition.name}. Definition version {made.definition.version}.")
    return Caption(made.title, made.subtitle, told)


@router.get("/embed/{indicator}")
async def embedded(request: Request, indicator: str) -> Response:
    """Answer a chart as a page for frames; one that cannot be drawn says so in its frame."""
    edition = edition_of(request)
    query = dict(request.query_params)

    def make() -> Page:
        since: Since | None = None
        try:
            check_parameters(request, edition, (*PARAMETERS, "made"))
            if "made" in query:
                read_made(query["made"])
        except Failure as failure:
            return embed_without(edition, failure, None)
        try:
            made = make_chart(edition, indicator, query)
        except Failure as failure:
            if "made" in query:
                since = look_since(edition, editions_of(request), indicator, query, None)
            return embed_without(edition, failure, since if since and since.state == "withdrawn" else None)
        if "made" in query:
            since = look_since(edition, editions_of(request), indicator, query, made)
        return embed(edition, made, since, query)

    reply = Reply(request, edition, HTML.media_type)
    return reply.unchanged() or await send_page(request, make, reply=reply)
