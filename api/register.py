"""/register: who owns the definitions, under which terms, and how they are taken, proposed and followed.

In:   a visitor's request
Out:  the page that api/pages/register.py makes
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api import pages
from api.forms import HTML, choose
from api.html import check_parameters, send_page
from api.replies import Reply, edition_of

router = APIRouter(include_in_schema=False)


@router.get("/register")
async def register(request: Request) -> Response:
    """Answer what the register of definitions is."""
    edition = edition_of(request)
    choice = choose(request.headers.get("accept"), (HTML,))
    moved = check_parameters(request, edition, ())
    if moved is not None:
        return moved
    reply = Reply(request, edition, choice.media_type)
    return reply.unchanged() or await send_page(request, lambda: pages.register(edition), reply=reply)
