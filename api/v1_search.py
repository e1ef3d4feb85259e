"""/api/v1/search: things by what people write.

In:   a text, kinds
Out:  hits, areas first; the one thing it names exactly; the nearest spellings where nothing is found
"""

# Not from __future__ import annotations: FastAPI reads those of endpoints that are made in a function.

from collections.abc import Sequence
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, create_model
from starlette.responses import Response

from api.answers import Row, begin, dump, envelope, standing_links
from api.edition import Edition
from api.failures import Failure
from api.forms import JSON, choose
from api.located import Located, locate
from api.postcodes import ATTRIBUTION, LICENCE, find_folder
from api.replies import edition_of
from api.search import LONGEST_TEXT, Hit, find_exact, find_hits, find_spellings
from api.v1_models import PIN_FIELDS, TEXT_PATTERN, Envelope, Parameters, values
from api.v1_responses import responses
from ingest.problems import find_nearest, shown
from schemas import load_model


class SearchParameters(Parameters):
    """What to search for."""

    q: str = Field(
        min_length=1,
        max_length=LONGEST_TEXT,
        pattern=TEXT_PATTERN,
        description="A name, an old name, a code, or part of one; or a postcode, or its first half.",
    )
    kind: list[str] = Field(default=[])
    limit: int = Field(50, ge=1, le=200, description="How many hits at most.")


class HitModel(BaseModel):
    """Something that was found."""

    kind: str = Field(description="What kind of thing it is.")
    notation: str = Field(description="Its short stable name.")
    label: str = Field(description="Its name.")
    name: str | None = Field(description="The other or former name that fits, if it is not the label.")
    language: str | None = Field(description="The language of that name, where it is not English (BCP 47).")
    is_current: bool = Field(description="Whether it exists today.")
    uri: str = Field(description="Its URI.")
    address: str = Field(description="Where its document is, on this site.")


class SearchAnswer(Envelope):
    """What was found."""

    exact: HitModel | None = Field(description="The one thing that the text names exactly.")
    count: int = Field(description="How many hits there are in this answer.")
    next: None = Field(description="Always null: a search is one part.")
    items: list[HitModel] = Field(description="The hits, areas first.")
    nearest: list[HitModel] = Field(description="Where nothing is found: things with the nearest names.")


_POSTCODES: Row = {
    "title": "ONS Postcode Directory",
    "publisher": "Office for National Statistics",
    "licence": LICENCE,
    "attribution": ATTRIBUTION,
}


def _item(edition: Edition, hit: Hit) -> Row:
    return {
        "kind": hit.kind,
        "notation": hit.notation,
        "label": hit.label,
        "name": hit.name,
        "language": hit.language,
        "is_current": hit.is_current,
        "uri": edition.uri(hit.kind, hit.notation),
        "address": hit.address,
    }


def _located(located: Located | None, kinds: Sequence[str]) -> list[Hit]:
    """Give the councils of a postcode as hits."""
    if located is None or (kinds and "area" not in kinds):
        return []
    name = located.postcode.text
    return [Hit("area", place.area, place.name, name, True, place.area_type) for place, _ in located.councils]


async def answer_search(request: Request, asked: SearchParameters) -> Response:
    """Answer a search."""
    edition = edition_of(request)
    for kind in asked.kind:
        if kind not in load_model().kinds:
            nearest = find_nearest(kind, load_model().kinds)
            hint = f" Closest: {nearest}." if nearest else ""
            detail = f"'{shown(kind)}' is not a kind of thing.{hint}"
            problem = {"parameter": "kind", "detail": detail, "nearest": nearest}
            raise Failure("parameter-wrong", detail, problems=[problem])
    choice = choose(request.headers.get("accept"), (JSON,))
    reply = begin(request, edition, choice)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    # The first postcode of a letter takes up to half a second.
    located = await anyio.to_thread.run_sync(locate, edition, asked.q, find_folder())
    by_postcode = _located(located, asked.kind)
    found = find_hits(edition, asked.q, asked.kind, asked.limit)
    known = {hit.notation for hit in by_postcode}
    hits = [*by_postcode, *(hit for hit in found if hit.kind != "area" or hit.notation not in known)]
    hits = hits[: asked.limit]
    exact = find_exact(edition, asked.q)
    sources = [_POSTCODES] if by_postcode else []
    document = envelope(edition, sources, asked.model_dump(exclude=set(PIN_FIELDS)))
    document |= {
        "exact": _item(edition, exact) if exact else None,
        "count": len(hits),
        "next": None,
        "items": [_item(edition, hit) for hit in hits],
        "nearest": [] if hits else [_item(edition, hit) for hit in find_spellings(edition, asked.q)],
    }
    return reply.send(dump(document), standing_links(edition, sources))


def make_router() -> APIRouter:
    """Make the route of the search."""
    router = APIRouter(prefix="/api/v1", tags=["Search"])
    kinds: Any = (list[str], values("Only things of this kind.", codes=tuple(load_model().kinds)))
    parameters = create_model("SearchParameters", __base__=SearchParameters, kind=kinds)

    @router.get(
        "/search",
        operation_id="search",
        summary="Things by what people write",
        responses=responses(SearchAnswer),
    )
    async def search(
        request: Request,
        asked: Annotated[parameters, Query()],  # type: ignore[valid-type]  # made above
    ) -> Response:
        """Search names, codes and other words of everything that has an address, and councils by postcode."""
        return await answer_search(request, asked)

    return router
