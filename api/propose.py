"""/propose and /api/v1/propose: what is published already that comes near a proposed definition.

In:   the columns of a proposal, in the address, in a form or as JSON
Out:  near definitions with reasons, their collections and series, and the burden it would add; as page or JSON

Nothing of a proposal is stored, and no answer to a posted one is kept by a cache.
"""

# Not from __future__ import annotations: FastAPI reads those of endpoints that are made in a function.

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import anyio.to_thread
import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, create_model
from starlette.responses import Response

from api import pages
from api.answers import begin, dump, envelope, standing_links
from api.as_of import PINS
from api.edition import Edition
from api.failures import Failure
from api.forms import HTML, JSON, choose
from api.html import check_parameters, send_page
from api.pages.page import Page
from api.pages.propose import FIELDS
from api.posted import FORM, media_type_of, read_form, read_text
from api.proposals import Considered, as_document, consider
from api.replies import Reply, edition_of
from api.v1_models import PIN_FIELDS, Envelope, Parameters
from api.v1_responses import failures, responses
from ingest.problems import Place, Problem, shown
from ingest.proposals import check_columns
from schemas import load_model

# A proposal that fills every column to its limit has fewer bytes.
LONGEST_BODY = 128 * 1024


class PartModel(BaseModel):
    """How near two definitions are in one part."""

    part: str = Field(description="numerator, denominator, population, wording or unit.")
    score: float | None = Field(description="0 to 1; null where one of the two does not say it.")
    standing: Literal["same", "near", "other", "not-said"] = Field(description="The score in words.")
    both: list[str] = Field(description="What both say, the weightiest first.")
    only_proposed: list[str] = Field(description="What only the proposal says.")
    only_known: list[str] = Field(description="What only the known definition says.")


class BurdenModel(BaseModel):
    """What a collection asks for."""

    tier: str = Field(description="Which councils report.")
    frequency: str = Field(description="How often.")
    councils: int = Field(description="How many councils of the tier there are today.")
    rows_a_year: int | None = Field(description="Councils times reports a year; null where irregular.")


class AddedBurdenModel(BurdenModel):
    """What the proposal would add."""

    assumed: list[str] = Field(description="Columns that the proposal does not give and that were assumed.")


class CollectionModel(BurdenModel):
    """Who asks for the same item already."""

    owner: str = Field(description="The body that owns the definition.")
    owner_label: str = Field(description="Its name.")
    source: str = Field(description="The return or survey that the figures come from.")


class SeriesModel(BaseModel):
    """Published figures that could answer already."""

    dataset: str = Field(description="The dataset.")
    title: str = Field(description="Its title.")
    publisher: str = Field(description="Who publishes it.")
    uri: str = Field(description="Its URI.")
    newest_period: str = Field(description="The newest period with figures.")
    newest_period_label: str = Field(description="The same in words.")
    areas: int = Field(description="How many areas have a value in it.")
    councils: int = Field(description="How many of them are councils of the tier.")
    councils_then: int = Field(description="How many councils of the tier there were at its end.")


class MatchModel(BaseModel):
    """A definition that comes near."""

    indicator: str = Field(description="The indicator.")
    version: str = Field(description="The version in use.")
    label: str = Field(description="Its name.")
    status: str = Field(description="Its stage.")
    replaced_by: str | None = Field(description="For a withdrawn one, what follows it.")
    uri: str = Field(description="URI of the version.")
    score: float = Field(description="How near, 0 to 1.")
    nearness: str = Field(description="The score in words.")
    reason: str = Field(description="All reasons in one line.")
    parts: list[PartModel] = Field(description="Part by part.")
    collection: CollectionModel = Field(description="Who collects it, and what that asks for.")
    series: list[SeriesModel] = Field(description="What is published of it.")


class ProposeAnswer(Envelope):
    """What an edition says to a proposal."""

    proposal: dict[str, str] = Field(description="The proposal as it was understood.")
    is_cut: bool = Field(description="Whether it was longer than what is read of a proposal.")
    matches: list[MatchModel] = Field(description="Definitions that come near, the nearest first.")
    burden: AddedBurdenModel = Field(description="What collecting it would add.")


def _cells(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Read fields as columns.

    Raises Failure if one is there twice.
    """
    names = [name for name, _ in pairs]
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        detail = f"The parameter '{shown(twice)}' is there twice."
        raise Failure("parameter-wrong", detail, problems=[{"parameter": shown(twice), "detail": detail}])
    return dict(pairs)


async def _read_posted(request: Request, offered: Sequence[str]) -> dict[str, str]:
    """Read the body of a proposal that was posted."""
    media_type = media_type_of(request)
    if media_type not in offered:
        raise Failure(
            "media-type-unknown", f"The header Content-Type says '{media_type[:100] or 'nothing'}'."
        )
    text = await read_text(request, LONGEST_BODY, "parameter-wrong")
    if media_type == FORM:
        return _cells(read_form(text, "parameter-wrong"))
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        raise Failure(
            "parameter-wrong", f"The body is not JSON: {fault.msg} (line {fault.lineno})."
        ) from None
    if not isinstance(told, dict) or not all(isinstance(value, str | None) for value in told.values()):
        raise Failure("parameter-wrong", "The body is not one object of names and texts.")
    return {name: value or "" for name, value in told.items()}


def _judge(edition: Edition, cells: Mapping[str, str]) -> tuple[Considered | None, list[Problem]]:
    """Consider a proposal, or say what is wrong with it."""
    proposal, problems = check_columns({name: (text, None) for name, text in cells.items()}, Place())
    return (consider(edition, proposal) if proposal else None), problems


async def answer_data(request: Request, cells: Mapping[str, str], reply: Reply | None) -> Response:
    """Answer a proposal as JSON. `reply` is begun for one that stands in the address."""
    edition = edition_of(request)
    considered, problems = await anyio.to_thread.run_sync(lambda: _judge(edition, cells))
    if considered is None:
        told = [
            {
                "parameter": found.column,
                "code": found.code,
                "detail": found.message,
                "mend": found.mend,
            }
            for found in problems
        ]
        raise Failure("parameter-wrong", " ".join(found.message for found in problems), problems=told)
    document = envelope(edition, [], {name: text for name, text in cells.items() if text})
    body = dump(document | as_document(edition, considered))
    if reply is not None:
        return reply.send(body, standing_links(edition, []))
    headers = {"Cache-Control": "no-store", "Content-Type": JSON.media_type, "Vary": "Accept"}
    return Response(body, headers=headers)


async def answer_page(request: Request) -> Response:
    """Answer the form, and what the edition says to what was filled in."""
    edition = edition_of(request)
    choice = choose(request.headers.get("accept"), (HTML,))
    moved = check_parameters(request, edition, FIELDS)
    if moved is not None:
        return moved
    cells = _cells([pair for pair in request.query_params.multi_items() if pair[0] not in PINS])
    if request.method == "POST":
        cells |= await _read_posted(request, (FORM,))
    if not cells:
        reply = Reply(request, edition, choice.media_type)
        return reply.unchanged() or await send_page(
            request, lambda: pages.propose(edition, {}, None, ()), reply=reply
        )

    def make() -> Page:
        considered, problems = _judge(edition, cells)
        return pages.propose(edition, cells, considered, problems)

    response = await send_page(request, make)
    response.headers["Cache-Control"] = "no-store"
    return response


def _parameters() -> type[Parameters]:
    """Describe the parameters: the columns of the form, all but the name left out at will."""
    table = load_model().tables["indicators"]
    fields: dict[str, Any] = {
        name: (
            str | None,
            Field(None, title=table.field(name).title, description=table.field(name).description),
        )
        for name in FIELDS
    }
    return create_model("ProposeParameters", __base__=Parameters, **fields)


def _body_description() -> dict[str, Any]:
    """Describe the body of a posted proposal: any column of the table indicators."""
    table = load_model().tables["indicators"]
    schema = {
        "type": "object",
        "required": ["label"],
        "additionalProperties": False,
        "properties": {
            field.name: {"type": "string", "title": field.title, "description": field.description}
            for field in table.fields
        },
    }
    return {
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": schema} for kind in (JSON.media_type, FORM)},
        }
    }


def make_router() -> APIRouter:
    """Make the routes of the page and of the data."""
    router = APIRouter(tags=["Proposals"])
    parameters = _parameters()
    router.add_api_route("/propose", answer_page, methods=["GET", "POST"], include_in_schema=False)

    @router.get(
        "/api/v1/propose",
        operation_id="propose",
        summary="Definitions that come near a proposed one",
        responses=responses(ProposeAnswer),
    )
    async def propose(
        request: Request,
        asked: Annotated[parameters, Query()],  # type: ignore[valid-type]  # made above
    ) -> Response:
        """Rank known definitions by numerator, denominator, population and wording, with reasons."""
        edition = edition_of(request)
        reply = begin(request, edition, choose(request.headers.get("accept"), (JSON,)))
        cells: dict[str, str] = asked.model_dump(exclude=set(PIN_FIELDS), exclude_none=True)  # type: ignore[attr-defined]
        return reply.unchanged() or await answer_data(request, cells, reply)

    @router.post(
        "/api/v1/propose",
        operation_id="propose_long",
        summary="The same for a long proposal",
        responses=responses(ProposeAnswer) | failures("body-too-large", "media-type-unknown"),
        openapi_extra=_body_description(),
    )
    async def propose_long(request: Request) -> Response:
        """Take the columns of the table indicators as JSON or as a form. Nothing is stored."""
        edition = edition_of(request)
        choose(request.headers.get("accept"), (JSON,))
        check_parameters(request, edition, ())
        cells = await _read_posted(request, (JSON.media_type, FORM))
        return await answer_data(request, cells, None)

    return router
