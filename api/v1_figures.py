"""The figures of /api/v1: observations, series, a profile of one area, and the verdict on two figures.

In:   filters named as the words
Out:  the envelope with figures; each has its value as a number, and in value_text the digits as published

What a profile and a verdict say comes from the functions that pages use, so no two doors can differ.
"""

# Not from __future__ import annotations: FastAPI reads those of endpoints that are made in a function.

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import unquote

import anyio.to_thread
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field, create_model
from starlette.responses import Response

from api import observations
from api.answers import (
    Row,
    begin,
    choose_form,
    csv_lines,
    dump,
    envelope,
    next_link,
    read_cursor,
    sources_of_datasets,
    standing_links,
    stream_csv,
    write_cursor,
)
from api.edition import Edition
from api.failures import unknown_thing
from api.forms import CSV, JSON, Choice, choose, link
from api.graphs import sources_of
from api.kept import Kept
from api.observations import FIELDS, Filters
from api.profile import PROFILE_FIELDS, decide, list_profile
from api.replies import Reply, edition_of
from api.series import count_series, list_series
from api.things import Thing, find_meant, find_thing, read_observation
from api.v1_models import (
    TEXT_PATTERN,
    Envelope,
    ListParameters,
    Parameters,
    codes_of,
    list_model,
    values,
)
from api.v1_responses import responses
from api.v1_restated import RestatedOfSeries
from schemas import load_model


@dataclass(frozen=True, slots=True)
class Document:
    """A thing's document that is answered as figures. `members` stand in its JSON beside them."""

    choice: Choice
    reply: Reply
    links: Sequence[str] = ()
    members: Mapping[str, Any] = field(default_factory=dict)


class FigureParameters(ListParameters):
    """The filters of figures. `figure_parameters` adds the form that their values have."""

    dataset: list[str] = Field(default=[])
    indicator: list[str] = Field(default=[])
    area: list[str] = Field(default=[])
    period: list[str] = Field(default=[])
    breakdown: list[str] = Field(default=[])
    status: list[str] = Field(default=[])


def figure_parameters() -> type[FigureParameters]:
    """Make the model of the filters of figures, with what the model says of their values."""
    latest = "latest: the newest there is of an indicator"
    filters = {
        "dataset": values("The dataset that holds the figure.", form="notation"),
        "indicator": values("The indicator.", form="notation"),
        "area": values("The code of the area.", form="area-code"),
        "period": values(
            f"The period, as start and length: 2023-04-01_P1Y. {latest}.",
            form="period",
            words=(observations.LATEST,),
        ),
        "breakdown": values(
            "What part of the people or cases the figure is about: age=16-64;sex=female. total: all of them."
        ),
        "status": values("Why the value is missing or special.", codes=codes_of("status")),
    }
    declared: dict[str, Any] = {name: (list[str], told) for name, told in filters.items()}
    return create_model("FigureParameters", __base__=FigureParameters, **declared)


class Observation(BaseModel):
    """One figure."""

    dataset: str = Field(description="The dataset that holds the figure.")
    indicator: str = Field(description="The indicator.")
    indicator_label: str | None = Field(description="Its name.")
    version: str = Field(description="The version of the definition that the figure was counted by.")
    area: str = Field(description="The code of the area.")
    area_label: str | None = Field(description="Its name.")
    period: str = Field(description="The period, as start and length.")
    period_label: str | None = Field(description="The period as people write it.")
    breakdown: str = Field(description="What part of the people or cases it is about; empty for all.")
    breakdown_label: str | None = Field(description="The same in words.")
    value: float | None = Field(description="The figure as a number; null where the status says why.")
    value_text: str | None = Field(description="The figure with the digits as published.")
    unit: str | None = Field(description="What one of the value is.")
    status: str = Field(
        description="Why the value is missing or special; normal where nothing is to be said."
    )
    lower_limit: float | None = Field(description="The lower end of the range.")
    upper_limit: float | None = Field(description="The upper end of the range.")
    numerator: float | None = Field(description="What was counted on top.")
    denominator: float | None = Field(description="What it was divided by.")
    sample_size: int | None = Field(description="How many people or cases it rests on.")
    note: str | None = Field(description="What a reader must know about this one figure.")
    uri: str = Field(description="The URI of the figure.")


class Point(BaseModel):
    """One figure of a series."""

    period: str = Field(description="The period, as start and length.")
    period_label: str | None = Field(description="The period as people write it.")
    version: str = Field(description="The version of the definition.")
    value: float | None = Field(description="The figure as a number.")
    value_text: str | None = Field(description="The figure with the digits as published.")
    status: str = Field(description="Why the value is missing or special.")
    lower_limit: float | None = Field(description="The lower end of the range.")
    upper_limit: float | None = Field(description="The upper end of the range.")
    uri: str = Field(description="The URI of the figure.")
    verdict: str | None = Field(
        description="Whether it may be compared with the point before; null for the first."
        " Where it is not-comparable the line is cut."
    )
    reasons: list[str] = Field(description="The reasons of that verdict, the gravest first.")


class Series(BaseModel):
    """The figures of one dataset, indicator, area, breakdown and kind of period, oldest first."""

    dataset: str = Field(description="The dataset.")
    indicator: str = Field(description="The indicator.")
    indicator_label: str | None = Field(description="Its name.")
    area: str = Field(description="The code of the area.")
    area_label: str | None = Field(description="Its name.")
    breakdown: str = Field(description="What part of the people or cases it is about; empty for all.")
    unit: str | None = Field(description="What one of the newest value is.")
    period_kind: str = Field(description="The kind of period that all its points are for.")
    points: list[Point] = Field(description="The figures, oldest first.")
    restated: list[RestatedOfSeries] = Field(
        description="Figures of earlier periods, put together from those of the areas that this one followed."
        " They are not among the points."
    )


class Evidence(BaseModel):
    """One reason of a verdict."""

    code: str = Field(description="The reason's short name.")
    level: str = Field(description="How far the two may be compared for this reason alone.")
    text: str = Field(description="The reason in words.")
    evidence: dict[str, list[str]] = Field(description="By name, what each of the two figures says.")


class VerdictAnswer(Envelope):
    """Whether two figures may be compared, and why."""

    verdict: str = Field(description="like-for-like, with-care or not-comparable.")
    reasons: list[Evidence] = Field(description="Every reason, the gravest first.")
    a: Observation = Field(description="The first figure.")
    b: Observation = Field(description="The second figure.")


class ProfileRow(BaseModel):
    """One indicator of an area: its newest figure and what it is held against."""

    dataset: str = Field(description="The dataset that holds the figure.")
    indicator: str = Field(description="The indicator.")
    indicator_label: str = Field(description="Its name.")
    version: str = Field(description="The version of the definition.")
    theme: str | None = Field(description="Its main theme.")
    evidence: str = Field(description="The kind of evidence. Context is never judged.")
    polarity: str = Field(description="Which way is better.")
    unit: str = Field(description="What one of the value is.")
    breakdown: str = Field(description="The people it is about, where there is no figure for all.")
    period: str = Field(description="The period of the newest figure.")
    period_label: str = Field(description="The period as people write it.")
    value: float | None = Field(description="The newest figure as a number.")
    value_text: str | None = Field(description="The figure with the digits as published.")
    status: str = Field(description="Why the value is missing or special.")
    lower_limit: float | None = Field(description="The lower end of the range.")
    upper_limit: float | None = Field(description="The upper end of the range.")
    limit_method: str | None = Field(
        description="How the range was found: published, or the method that worked it out."
    )
    tier: str | None = Field(description="The tier whose councils it is held against.")
    tier_median: float | None = Field(description="The figure of the middle council of the tier.")
    tier_count: int | None = Field(description="How many councils of the tier have a figure.")
    standing: str | None = Field(description="higher, lower or no-clear-difference from the middle council.")
    similar_median: float | None = Field(description="The figure in the middle of the similar councils.")
    similar_count: int | None = Field(description="How many similar councils have a figure.")
    country_value: float | None = Field(description="The country's figure for the same period.")
    earlier_period: str | None = Field(description="The period before.")
    earlier_value: float | None = Field(description="The figure of the period before.")
    change: str | None = Field(description="up, down or no-clear-change from the period before.")
    change_amount: float | None = Field(description="By how much, in the unit.")
    change_verdict: str | None = Field(description="Whether the two may be compared.")
    uri: str = Field(description="The URI of the newest figure.")


class ProfileArea(BaseModel):
    """The area of a profile."""

    area: str = Field(description="The code.")
    label: str = Field(description="The official name.")
    everyday_label: str | None = Field(description="The name people use.")
    area_type: str = Field(description="What kind of place it is.")
    start_on: str | None = Field(description="The first day its code was in use, if known.")
    end_on: str | None = Field(description="The last day its code was in use; null while it is.")
    uri: str = Field(description="The URI of the area.")


class ProfileAnswer(Envelope):
    """The newest figures of one area, each with what it is held against."""

    area: ProfileArea = Field(description="The area.")
    count: int = Field(description="How many indicators there are.")
    next: None = Field(description="Always null: a profile is one part.")
    items: list[ProfileRow] = Field(description="One row for each indicator, by theme and name.")


def filters_of(asked: FigureParameters) -> Filters:
    """Read the parameters of figures as filters."""
    return Filters(
        datasets=tuple(asked.dataset),
        indicators=tuple(asked.indicator),
        areas=tuple(asked.area),
        periods=tuple(asked.period),
        breakdowns=tuple(_ordered(text) for text in asked.breakdown),
        statuses=tuple(asked.status),
    )


def _ordered(breakdown: str) -> str:
    return ";".join(sorted(breakdown.split(";")))


def answer_observations(
    request: Request, asked: ListParameters, filters: Filters, document: Document | None = None
) -> Response:
    """Answer a list of figures; `document` is set where the list is a form of a thing's document."""
    bound, after = read_cursor(request, asked.cursor, (0,) * 5)
    edition = bound or edition_of(request)
    choice = document.choice if document else choose_form(request, asked.format)
    reply = document.reply if document and not bound else begin(request, edition, choice)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    selection = observations.select(edition, filters)
    read = observations.reader(edition)
    links = list(document.links) if document else []
    if choice.form is CSV and not asked.is_limited:
        chunks = (list(map(read, chunk)) for chunk in observations.stream(edition, selection))
        sources = sources_of_datasets(edition, observations.datasets_of(edition, selection))
        return stream_csv(reply, FIELDS, chunks, [*standing_links(edition, sources), *links])
    rows = observations.list_page(edition, selection, asked.limit + 1, after or None)
    following = None
    if len(rows) > asked.limit:
        rows = rows[: asked.limit]
        following = next_link(request, write_cursor(edition, observations.key_of(rows[-1], selection)))
        links.append(link(following, "next"))
    items = list(map(read, rows))
    sources = sources_of_datasets(edition, {item["dataset"] for item in items} | set(filters.datasets))
    links = [*standing_links(edition, sources), *links]
    if choice.form is CSV:
        return stream_csv(reply, FIELDS, iter([items]), links)
    answer = envelope(edition, sources, asked.model_dump(exclude={"cursor", "format", "edition"}))
    answer |= document.members if document else {}
    answer["count"] = observations.count(edition, selection)
    answer["next"] = following
    answer["items"] = items
    return reply.send(dump(answer), links)


class ProfileParameters(Parameters):
    """The parameters of a profile."""

    format: str | None = Field(None, pattern="^(json|csv)$", description="The form; it wins over Accept.")


async def answer_profile(request: Request, edition: Edition, area: str, document: Document) -> Response:
    """Answer the profile of an area as JSON or CSV.

    It takes a tenth of a second to work out, so it is done in a thread and what was made is kept.
    """
    kind = load_model().kinds["area"]
    thing = find_thing(edition, kind, (area,)) or find_meant(edition, kind, (area,))
    if thing is None:
        raise unknown_thing("area", area, (row[0] for row in edition.rows("SELECT area FROM areas")))
    kept: Kept[tuple[bytes, list[str]]] = request.app.state.profiles
    made = kept.find(document.reply.tag)
    if made is None:
        made = await anyio.to_thread.run_sync(_make_profile, edition, thing, document.choice.form is CSV)
        kept.keep(document.reply.tag, made, len(made[0]))
    body, links = made
    return document.reply.send(body, [*links, *document.links])


def _make_profile(edition: Edition, thing: Thing, is_csv: bool) -> tuple[bytes, list[str]]:
    """Make the bytes of a profile, and links to its licences."""
    rows = list_profile(edition, thing.path)
    # An area without a figure is still said by somebody: by the register that it was read from.
    sources = sources_of_datasets(edition, {row["dataset"] for row in rows}) or sources_of(edition, thing)
    links = standing_links(edition, sources)
    if is_csv:
        return csv_lines(PROFILE_FIELDS, rows), links
    answer = envelope(edition, sources, {"area": thing.path})
    told = ("area", "label", "everyday_label", "area_type", "start_on", "end_on")
    answer["area"] = {name: thing.row[name] for name in told} | {"uri": thing.uri(edition)}
    answer |= {"count": len(rows), "next": None, "items": rows}
    return dump(answer), links


class VerdictParameters(Parameters):
    """The two figures of a verdict."""

    a: str = Field(
        pattern=TEXT_PATTERN,
        min_length=1,
        max_length=600,
        description="A figure: its URI, or its path dataset/indicator/area/period and breakdowns.",
    )
    b: str = Field(
        pattern=TEXT_PATTERN, min_length=1, max_length=600, description="The figure it is held against."
    )


def _observation_key(edition: Edition, text: str) -> tuple[str, str, str, str, str]:
    """Read a figure's URI, address or path as its key.

    Raises Failure (404) if there is no such figure.
    """
    path = unquote(text.strip())
    for start in (f"{edition.base}id/observation/", f"{edition.base}observations/", "/id/observation/"):
        path = path.removeprefix(start)
    path = path.removeprefix("/observations/").strip("/")
    thing = find_thing(edition, load_model().kinds["observation"], path.split("/"))
    if thing is None:
        raise unknown_thing("observation", path)
    key = read_observation(thing.notation)
    assert key is not None
    return key


def find_observation(edition: Edition, key: Sequence[str]) -> Row:
    """Get one figure, which exists, with its labels."""
    dataset, indicator, area, period, breakdown = key
    filters = Filters((dataset,), (indicator,), (area,), (period,), (breakdown or observations.TOTAL,))
    selection = observations.select(edition, filters)
    return observations.reader(edition)(observations.list_page(edition, selection, 1, None)[0])


def answer_series(request: Request, asked: FigureParameters) -> Response:
    """Answer a list of series."""
    filters = filters_of(asked)
    if asked.format == "csv":
        return answer_observations(request, asked, filters)
    bound, after = read_cursor(request, asked.cursor, (0, 0, 0))
    edition = bound or edition_of(request)
    reply = begin(request, edition, _only_json(request, asked.format))
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    selection = observations.by_area(observations.select(edition, filters))
    items, key = list_series(edition, selection, asked.limit, after)
    following = next_link(request, write_cursor(edition, key)) if key else None
    sources = sources_of_datasets(edition, {one["dataset"] for one in items})
    answer = envelope(edition, sources, asked.model_dump(exclude={"cursor", "format", "edition"}))
    answer |= {"count": count_series(edition, selection), "next": following, "items": items}
    links = [*standing_links(edition, sources), *([link(following, "next")] if following else [])]
    return reply.send(dump(answer), links)


def _only_json(request: Request, named: str | None = None) -> Choice:
    if named is not None:
        return Choice(JSON, JSON.media_type)
    return choose(request.headers.get("accept"), (JSON,))


def answer_verdict(request: Request, asked: VerdictParameters) -> Response:
    """Answer the verdict on two figures."""
    edition = edition_of(request)
    reply = begin(request, edition, _only_json(request))
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    keys = [_observation_key(edition, text) for text in (asked.a, asked.b)]
    decided = decide(edition, *keys)
    figures = [find_observation(edition, key) for key in keys]
    sources = sources_of_datasets(edition, {key[0] for key in keys})
    answer = envelope(edition, sources, {"a": figures[0]["uri"], "b": figures[1]["uri"]})
    answer["verdict"] = decided.level.notation
    answer["reasons"] = [
        {
            "code": reason.code,
            "level": reason.level.notation,
            "text": reason.text,
            "evidence": {name: list(pair) for name, pair in reason.evidence.items()},
        }
        for reason in decided.reasons
    ]
    answer |= {"a": figures[0], "b": figures[1]}
    return reply.send(dump(answer), standing_links(edition, sources))


def make_router() -> APIRouter:
    """Make the routes of figures."""
    router = APIRouter(prefix="/api/v1", tags=["Figures"])
    parameters = figure_parameters()
    code = load_model().forms["area-code"]
    area_code = Path(
        description="The code of the area.", pattern=f"^{code['pattern']}$", max_length=code["maxLength"]
    )

    @router.get(
        "/observations",
        operation_id="list_observations",
        summary="Figures by dataset, indicator, area, period, breakdown and status",
        responses=responses(list_model("ObservationsAnswer", Observation), csv=True),
    )
    async def list_observations(
        request: Request,
        asked: Annotated[parameters, Query()],  # type: ignore[valid-type]  # made above
    ) -> Response:
        """List figures: by indicator and period, or by area where areas are named."""
        return answer_observations(request, asked, filters_of(asked))

    @router.get(
        "/series",
        operation_id="list_series",
        summary="The same figures, put together as series over time",
        responses=responses(list_model("SeriesAnswer", Series)),
    )
    async def get_series(
        request: Request,
        asked: Annotated[parameters, Query()],  # type: ignore[valid-type]  # made above
    ) -> Response:
        """List series: the figures of one dataset, indicator, area, breakdown and kind of period, oldest first.

        By area and indicator. Each point says whether it may be compared with the one before. Figures restated
        on the area from those it followed stand in a list of their own; /restated has those of areas without a
        figure of their own as well. CSV is that of /observations.
        """
        return answer_series(request, asked)

    @router.get(
        "/profile/{area}",
        operation_id="get_profile",
        summary="The newest figures of one area, each with what it is held against",
        responses=responses(ProfileAnswer, csv=True),
    )
    async def get_profile(
        request: Request,
        area: Annotated[str, area_code],
        asked: Annotated[ProfileParameters, Query()],
    ) -> Response:
        """Give an area's profile: the summary table of its page, from the same function."""
        edition = edition_of(request)
        choice = choose_form(request, asked.format)
        reply = begin(request, edition, choice)
        return reply.unchanged() or await answer_profile(request, edition, area, Document(choice, reply))

    @router.get(
        "/verdict",
        operation_id="get_verdict",
        summary="May these two figures be compared?",
        responses=responses(VerdictAnswer),
    )
    async def get_verdict(request: Request, asked: Annotated[VerdictParameters, Query()]) -> Response:
        """Decide whether two figures are like for like, comparable with care, or not comparable, and why."""
        return answer_verdict(request, asked)

    return router
