"""/questions and /questions/{name}: what people ask, and one question with its answer.

In:   a visitor's request
Out:  the page; its SQL and SPARQL lead to /data/ and /sparql, which are the other doors. The same as JSON, where
      the address ends in .json or Accept says so
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import anyio.to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from api import pages
from api.answers import Row, dump, envelope, sources_of_datasets, standing_links
from api.edition import Edition
from api.failures import unknown_thing
from api.forms import HTML, JSON, Choice, choose, link
from api.html import check_parameters, send_page
from api.pages.answering import Asked, ask, begin, list_choices, read_rows, write_sparql
from api.pages.page import Page
from api.replies import Reply, edition_of, root_of
from schemas.questions import load_questions

router = APIRouter(include_in_schema=False)


_FORMS = (HTML, JSON)
_ENDING = f".{JSON.suffix}"


@router.get("/questions")
@router.get("/questions.json")
async def questions(request: Request) -> Response:
    """Answer every question, topic by topic."""
    edition = edition_of(request)
    return await _answer(
        request, "/questions", (), lambda: pages.questions(edition), lambda: _list_questions(edition)
    )


@router.get("/questions/{name}")
async def question(request: Request, name: str) -> Response:
    """Answer one question, for what was chosen."""
    edition, query = edition_of(request), dict(request.query_params)
    known, name = load_questions(), name.removesuffix(_ENDING)
    if name not in known:
        raise unknown_thing("question", name, known)
    return await _answer(
        request,
        f"/questions/{name}",
        tuple(known[name].parameters),
        lambda: pages.question(edition, name, query),
        lambda: _tell(edition, ask(edition, known[name], query)),
    )


async def _answer(
    request: Request,
    address: str,
    parameters: Sequence[str],
    make: Callable[[], Page | None],
    tell: Callable[[], Row],
) -> Response:
    """Answer as a page or as JSON."""
    edition = edition_of(request)
    is_named = request.url.path.endswith(_ENDING)
    choice = Choice(JSON, JSON.media_type) if is_named else choose(request.headers.get("accept"), _FORMS)
    moved = check_parameters(request, edition, parameters)
    if moved is not None:
        return moved
    named = f"{address}{_ENDING}" if choice.form is JSON else address
    reply = Reply(request, edition, choice.media_type, address=named, vary=None if is_named else "Accept")
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    other, ending = (HTML, "") if choice.form is JSON else (JSON, _ENDING)
    links = [link(f"{root_of(edition)}{address}{ending}", "alternate", type=other.media_type)]
    if choice.form is HTML:
        return await send_page(request, make, reply=reply, links=links)
    document = await anyio.to_thread.run_sync(tell)
    return reply.send(dump(document), [*standing_links(edition, document["source"]), *links])


def _list_questions(edition: Edition) -> Row:
    """List every question with what it can be asked about, and the values it begins with."""
    asked = [begin(edition, one) for one in load_questions().values()]
    items = [_describe(edition, one) for one in asked]
    return envelope(edition, [], {}) | {"count": len(items), "next": None, "items": items}


def _describe(edition: Edition, asked: Asked) -> Row:
    base = edition.base.rstrip("/")
    api = asked.api_address
    return {
        "question": asked.question.name,
        "topic": asked.question.topic,
        "title": asked.question.title,
        "description": asked.question.description,
        "parameters": [
            {
                "name": name,
                "title": parameter.title,
                "kind": parameter.kind,
                "value": asked.values[name],
                "choices": len(list_choices(edition, parameter)),
            }
            for name, parameter in asked.question.parameters.items()
        ],
        "columns": dict(asked.question.columns),
        "address": f"{base}{asked.address}",
        "page": f"{base}{asked.page_address}",
        "api": f"{base}{api}" if api else None,
    }


def _tell(edition: Edition, asked: Asked) -> Row:
    """Answer one question with the rows of its SQL."""
    rows = read_rows(edition, asked)
    sources = sources_of_datasets(edition, {str(row["dataset"]) for row in rows if row.get("dataset")})
    document = envelope(edition, sources, asked.values) | _describe(edition, asked)
    document |= {"sql": asked.question.sql, "sparql": write_sparql(edition, asked)}
    return document | {"count": len(rows), "most": asked.question.limit, "next": None, "items": rows}
