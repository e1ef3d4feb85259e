"""/editions/{name}/diff?from=: what an edition says otherwise than another, as a page and as JSON.

In:   two editions that are kept; without `from`, the one before
Out:  counts and lists of figures and definitions

Its tag is made of both editions.
"""

from __future__ import annotations

import anyio.to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from api.answers import dump, envelope, sources_of_datasets, standing_links
from api.as_of import read_moves
from api.edition import Edition, Editions
from api.failures import Failure, unknown_thing
from api.forms import HTML, JSON, link
from api.html import check_parameters, send_page
from api.pages.edition_diff import as_document, edition_difference, find_difference
from api.pages.page import with_query
from api.publications import begin
from api.replies import editions_of, root_of
from ingest.problems import shown

router = APIRouter(include_in_schema=False)

PARAMETERS = ("from",)
_FORMS = (HTML, JSON)


@router.get("/editions/{name}/diff")
@router.get("/editions/{name}/diff.{ending}")
async def difference(request: Request, name: str, ending: str | None = None) -> Response:
    """Answer what changed from one edition to another."""
    editions = editions_of(request)
    after = editions.find(name)
    if after is None:
        raise unknown_thing("edition", name, editions.names())
    moved = check_parameters(request, after, PARAMETERS)
    if moved is not None:
        return moved
    before = _before(editions, after, request.query_params.get("from"))
    address = f"/editions/{name}/diff"
    choice, reply = begin(request, after, address, ending, _FORMS, beside=before)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    asked = {"from": before.name}
    links = [
        link(
            with_query(f"{root_of(after)}{address}.{form.suffix}", **asked), "alternate", type=form.media_type
        )
        for form in _FORMS
        if form is not choice.form
    ]
    if choice.form is HTML:
        return await send_page(
            request, lambda: edition_difference(find_difference(before, after)), reply=reply, links=links
        )
    found = await anyio.to_thread.run_sync(find_difference, before, after)
    sources = sources_of_datasets(after, found.figures.datasets)
    document = envelope(after, sources, asked) | as_document(found)
    return reply.send(dump(document), [*standing_links(after, sources), *links])


def _before(editions: Editions, after: Edition, name: str | None) -> Edition:
    """Find the edition to compare with: the one that is named, else the one that was current before.

    Raises Failure.
    """
    if name is not None:
        found = editions.find(name)
        if found is None:
            nearest = shown(name[:60])
            raise Failure(
                "edition-unknown", f"There is no edition '{nearest}' here. /editions lists those kept."
            )
        return found
    order = list(dict.fromkeys(move.edition for move in read_moves(editions)))
    earlier = order[: order.index(after.name)] if after.name in order else []
    for one in [after.manifest.get("follows"), *reversed(earlier)]:
        found = editions.find(one) if one else None
        if found is not None:
            return found
    detail = f"There is no edition before {after.name} to compare with; name one with 'from'."
    raise Failure("parameter-wrong", detail, problems=[{"parameter": "from", "detail": detail}])
