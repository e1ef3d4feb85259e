"""/api/v1/restated: figures of today's areas, put together from those of the areas they followed.

In:   filters named as the words
Out:  the envelope with restated figures, each with its method, its coverage and the figures it was made from
"""

# Not from __future__ import annotations: FastAPI reads those of endpoints that are made in a function.

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, create_model
from starlette.responses import Response

from api.answers import (
    begin,
    choose_form,
    dump,
    envelope,
    next_link,
    read_cursor,
    sources_of_datasets,
    standing_links,
    stream_csv,
    write_cursor,
)
from api.forms import CSV, link
from api.observations import Filters
from api.observations import select as select_observations
from api.replies import edition_of
from api.restated import FIELDS, KEY, count_restated, list_part, select, stream
from api.v1_models import PIN_FIELDS, ListParameters, codes_of, list_model, values
from api.v1_responses import responses


class RestatedParameters(ListParameters):
    """The filters of restated figures."""

    dataset: list[str] = Field(default=[])
    indicator: list[str] = Field(default=[])
    area: list[str] = Field(default=[])
    period: list[str] = Field(default=[])
    method: list[str] = Field(default=[])
    gap: list[str] = Field(default=[])


class RestatedPoint(BaseModel):
    """What every restated figure says."""

    period: str = Field(description="The period, as start and length.")
    period_label: str | None = Field(description="The period as people write it.")
    version: str = Field(description="The version of the definition that all the figures were counted by.")
    value: float | None = Field(
        description="The figure put together, not rounded; null where there is a gap."
    )
    value_text: str | None = Field(
        description="The figure rounded to as many decimals as the figures of the earlier areas have."
    )
    status: str = Field(description="The most serious status among the figures it was made from.")
    method: str = Field(description="How it was put together: same-boundary, sum or rebuilt-rate.")
    gap: str | None = Field(description="Why there is no value.")
    known_count: int = Field(description="How many of the earlier areas have a figure that can be used.")
    predecessor_count: int = Field(description="How many earlier areas together are the whole of the area.")
    lower_limit: float | None = Field(description="The lower end of the range, if the boundary is the same.")
    upper_limit: float | None = Field(description="The upper end of the range, if the boundary is the same.")
    numerator: float | None = Field(description="For a rate, the sum of the numerators.")
    denominator: float | None = Field(description="For a rate, the sum of the denominators.")
    predecessors: list[str] = Field(description="Codes of the earlier areas that have a usable figure.")
    missing_predecessors: list[str] = Field(description="Codes of the earlier areas that have none.")
    made_from: list[str] = Field(description="URIs of the figures that it was made from.")


class RestatedOfSeries(RestatedPoint):
    """One restated figure beside a series."""

    verdict: str | None = Field(
        description="Whether it may be compared with the first figure of the area itself; null without one."
    )
    reasons: list[str] = Field(description="The reasons of that verdict, the gravest first.")


class RestatedFigure(RestatedPoint):
    """One restated figure."""

    dataset: str = Field(description="The dataset that holds the figures of the earlier areas.")
    indicator: str = Field(description="The indicator.")
    indicator_label: str | None = Field(description="Its name.")
    area: str = Field(description="The code of the area of today.")
    area_label: str | None = Field(description="Its name.")
    breakdown: str = Field(description="What part of the people or cases it is about; empty for all.")
    breakdown_label: str | None = Field(description="The same in words.")
    unit: str | None = Field(description="What one of the value is.")


def _parameters() -> type[RestatedParameters]:
    filters = {
        "dataset": values("The dataset that holds the earlier figures.", form="notation"),
        "indicator": values("The indicator.", form="notation"),
        "area": values("The code of the area of today.", form="area-code"),
        "period": values("The period, as start and length: 2019-04-01_P1Y.", form="period"),
        "method": values("How it was put together.", codes=codes_of("restating-method")),
        "gap": values("Why there is no value.", codes=codes_of("restating-gap")),
    }
    declared: dict[str, Any] = {name: (list[str], told) for name, told in filters.items()}
    return create_model("RestatedParameters", __base__=RestatedParameters, **declared)


def answer_restated(request: Request, asked: RestatedParameters) -> Response:
    """Answer a list of restated figures."""
    choice = choose_form(request, asked.format)
    bound, after = read_cursor(request, asked.cursor, ("",) * len(KEY))
    edition = bound or edition_of(request)
    reply = begin(request, edition, choice)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    # A slip in a name gets the nearest that there is, as everywhere.
    select_observations(
        edition, Filters(tuple(asked.dataset), tuple(asked.indicator), tuple(asked.area), tuple(asked.period))
    )
    filters = {
        name: getattr(asked, name) for name in ("dataset", "indicator", "area", "period", "method", "gap")
    }
    where, params = select(filters)
    if choice.form is CSV and not asked.is_limited:
        named = asked.dataset or [row[0] for row in edition.rows("SELECT dataset FROM datasets")]
        links = standing_links(edition, sources_of_datasets(edition, named))
        return stream_csv(reply, FIELDS, stream(edition, where, params), links)
    items = list_part(edition, where, params, asked.limit + 1, after)
    following = None
    if len(items) > asked.limit:
        items = items[: asked.limit]
        last = [items[-1][name] for name in KEY]
        following = next_link(request, write_cursor(edition, last))
    sources = sources_of_datasets(edition, {item["dataset"] for item in items} | set(asked.dataset))
    links = [*standing_links(edition, sources), *([link(following, "next")] if following else [])]
    if choice.form is CSV:
        return stream_csv(reply, FIELDS, iter([items]), links)
    answer = envelope(edition, sources, asked.model_dump(exclude={"cursor", "format", *PIN_FIELDS}))
    answer |= {"count": count_restated(edition, where, params), "next": following, "items": items}
    return reply.send(dump(answer), links)


def make_router() -> APIRouter:
    """Make the route of restated figures."""
    router = APIRouter(prefix="/api/v1", tags=["Figures"])
    parameters = _parameters()

    @router.get(
        "/restated",
        operation_id="list_restated",
        summary="Figures of today's areas, put together from those of the areas they followed",
        responses=responses(list_model("RestatedAnswer", RestatedFigure), csv=True),
    )
    async def list_restated(
        request: Request,
        asked: Annotated[parameters, Query()],  # type: ignore[valid-type]  # made above
    ) -> Response:
        """List restated figures. They stand beside the figures of the sources and never in their place.

        One with a gap has no value and says which earlier areas have none.
        """
        return answer_restated(request, asked)

    return router
