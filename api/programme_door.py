"""/programme and /bodies/{body}/programme: planned inspections, as a page and as an iCalendar file.

In:   a visitor's request
Out:  the page; with the ending .ics the calendar, at an address that a calendar program can keep asking
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import anyio
from fastapi import APIRouter, Request
from starlette.responses import Response

from api import pages
from api.answers import sources_of_table, standing_links
from api.as_of import PINS
from api.edition import Edition
from api.failures import Failure, unknown_parameters, unknown_thing
from api.forms import HTML, Choice, Form, choose, link
from api.html import check_parameters, parameters_of, send_page
from api.icalendar import MEDIA_TYPE
from api.pages.page import Page
from api.replies import Reply, edition_of, root_of
from api.things import find_thing
from schemas import load_model

router = APIRouter(include_in_schema=False)

CALENDAR = Form("ics", MEDIA_TYPE, "iCalendar")
_OFFERED = (HTML, CALENDAR)


@router.get("/programme")
@router.get("/programme.{ending}")
async def programme(request: Request, ending: str | None = None) -> Response:
    """Answer every planned inspection."""
    edition, query = edition_of(request), dict(request.query_params)
    return await _answer(
        request,
        "/programme",
        ending,
        parameters_of("programme"),
        lambda: pages.programme(edition, query),
        None,
    )


@router.get("/bodies/{body}/programme")
@router.get("/bodies/{body}/programme.{ending}")
async def body_programme(request: Request, body: str, ending: str | None = None) -> Response:
    """Answer the inspections planned of one body, with what is published of it already."""
    edition = edition_of(request)
    thing = find_thing(edition, load_model().kinds["body"], (body,))
    if thing is None:
        raise unknown_thing("body", body, (row[0] for row in edition.rows("SELECT body FROM bodies")))
    path = f"/bodies/{quote(body)}/programme"
    return await _answer(request, path, ending, (), lambda: pages.body_programme(edition, body), thing.row)


async def _answer(
    request: Request,
    path: str,
    ending: str | None,
    parameters: Iterable[str],
    make: Callable[[], Page | None],
    body: Any | None,
) -> Response:
    edition = edition_of(request)
    form = next((one for one in _OFFERED if one.suffix == ending), None)
    if ending is not None and form is None:
        raise Failure("address-unknown", f"This has no form '.{ending[:20]}'.")
    choice = Choice(form, form.media_type) if form else choose(request.headers.get("accept"), _OFFERED)
    reply = Reply(
        request,
        edition,
        choice.media_type,
        address=f"{path}.{choice.form.suffix}",
        vary=None if ending else "Accept",
    )
    if choice.form is HTML:
        moved = check_parameters(request, edition, tuple(parameters))
        if moved is not None:
            return moved
        calendar = link(f"{root_of(edition)}{path}.{CALENDAR.suffix}", "alternate", type=CALENDAR.media_type)
        return reply.unchanged() or await send_page(request, make, reply=reply, links=[calendar])
    unknown = [name for name in request.query_params if name not in PINS]
    if unknown:
        raise unknown_parameters(unknown, PINS)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    return await _send_calendar(edition, reply, body, f"{path}.{CALENDAR.suffix}")


async def _send_calendar(edition: Edition, reply: Reply, body: Any | None, path: str) -> Response:
    written = await anyio.to_thread.run_sync(lambda: pages.write_programme(edition, body, path))
    links = standing_links(edition, sources_of_table(edition, "inspection_programme"))
    return reply.send(written, links)
