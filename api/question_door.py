"""/questions and /questions/{name}: what people ask, and one question with its answer.

In:   a visitor's request
Out:  the page; its SQL and SPARQL lead to /data/ and /sparql, which are the other doors
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from api import pages
from api.failures import unknown_thing
from api.forms import HTML, choose
from api.html import check_parameters, send_page
from api.pages.page import Page
from api.replies import Reply, edition_of
from schemas.questions import load_questions

router = APIRouter(include_in_schema=False)


@router.get("/questions")
async def questions(request: Request) -> Response:
    """Answer every question, topic by topic."""
    edition = edition_of(request)
    return await _page(request, (), lambda: pages.questions(edition))


@router.get("/questions/{name}")
async def question(request: Request, name: str) -> Response:
    """Answer one question, for what was chosen."""
    edition, query = edition_of(request), dict(request.query_params)
    known = load_questions()
    if name not in known:
        raise unknown_thing("question", name, known)
    return await _page(request, tuple(known[name].parameters), lambda: pages.question(edition, name, query))


async def _page(request: Request, parameters: Sequence[str], make: Callable[[], Page | None]) -> Response:
    edition = edition_of(request)
    choice = choose(request.headers.get("accept"), (HTML,))
    moved = check_parameters(request, edition, parameters)
    if moved is not None:
        return moved
    reply = Reply(request, edition, choice.media_type)
    return reply.unchanged() or await send_page(request, make, reply=reply)
