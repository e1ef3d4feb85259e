"""The figures of /api/v1: observations, series and a profile of one area.

In:   filters named as the words
Out:  the envelope with figures and a receipt; each has its value as a number, and in value_text the digits as
      published. The same figures as CSV, XLSX, JSON-stat, Parquet and Arrow

What a profile says comes from the functions that pages use, so no two doors can differ.
"""

# Not from __future__ import annotations: FastAPI reads those of endpoints that are made in a function.

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Path, Query, Request
from pydantic import Field, create_model
from starlette.responses import Response

from api import observations
from api.answers import (
    Row,
    begin,
    dump,
    envelope,
    next_link,
    read_cursor,
    sources_of_datasets,
    standing_links,
    write_cursor,
)
from api.edition import Edition
from api.figure_forms import FigureTable, choose_figures, columns_of, receipt_of, send_file
from api.figure_forms.sending import FORMAT_PATTERN, FORMAT_WORDS, RECEIPT, send_receipt
from api.forms import JSON, Choice, link
from api.graphs import sources_of
from api.kept import Kept, Made
from api.languages import labels_of_thing
from api.observations import FIELDS, Filters, Selection
from api.profile import PROFILE_FIELDS, list_profile
from api.replies import Reply, edition_of
from api.series import ROW_FIELDS, count_series, list_series, stream_rows
from api.suggesting import unknown_area
from api.things import Thing, find_meant, find_thing
from api.v1_figure_models import (
    Observation,
    ObservationsAnswer,
    ProfileAnswer,
    ProfileRow,
    SeriesAnswer,
    SeriesRow,
)
from api.v1_models import PIN_FIELDS, ListParameters, Parameters, codes_of, values
from api.v1_responses import responses
from schemas import load_model


@dataclass(frozen=True, slots=True)
class Document:
    """A thing's document that is answered as figures. `members` stand in its JSON beside them."""

    choice: Choice
    reply: Reply
    links: Sequence[str] = ()
    members: Mapping[str, Any] = field(default_factory=dict)


END_WORDS = (
    "end: CSV has a last line that begins with #end and says how many rows there were, and their digest."
)


class FigureParameters(ListParameters):
    """The filters of figures. `figure_parameters` adds the form that their values have."""

    dataset: list[str] = Field(default=[])
    indicator: list[str] = Field(default=[])
    area: list[str] = Field(default=[])
    period: list[str] = Field(default=[])
    breakdown: list[str] = Field(default=[])
    status: list[str] = Field(default=[])
    since: dt.date | None = Field(
        None, description="Only periods that begin on this day or after: 2015-04-01."
    )
    until: dt.date | None = Field(None, description="Only periods that end on this day or before.")
    # What files can be, beside JSON and CSV.
    format: str | None = Field(None, pattern=FORMAT_PATTERN, description=FORMAT_WORDS)  # type: ignore[assignment]  # more forms than a list has
    receipt: str | None = Field(None, pattern="^end$", description=END_WORDS)


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


def filters_of(asked: FigureParameters) -> Filters:
    """Read the parameters of figures as filters."""
    return Filters(
        datasets=tuple(asked.dataset),
        indicators=tuple(asked.indicator),
        areas=tuple(asked.area),
        periods=tuple(asked.period),
        breakdowns=tuple(_ordered(text) for text in asked.breakdown),
        statuses=tuple(asked.status),
        since=asked.since.isoformat() if asked.since else None,
        until=asked.until.isoformat() if asked.until else None,
    )


def _ordered(breakdown: str) -> str:
    return ";".join(sorted(breakdown.split(";")))


def query_of(asked: ListParameters) -> Row:
    """Give the query as it was understood, without how the answer is written."""
    return asked.model_dump(exclude={"cursor", "format", "receipt", *PIN_FIELDS})


async def send_table(
    reply: Reply,
    table: FigureTable,
    choice: Choice,
    asked: Any,
    links: Sequence[str] = (),
    *,
    complete: bool = True,
) -> Response:
    """Send a table as a file, or its receipt, as `format` and `receipt` of a request say."""
    if getattr(asked, "format", None) == RECEIPT:
        return await send_receipt(reply, table, complete=complete)
    ends = getattr(asked, "receipt", None) == "end"
    return await send_file(reply, table, choice, links, ends=ends)


@dataclass(frozen=True)
class Part:
    """One part of a list of figures: its rows, and the address of the next part."""

    rows: Sequence[Row]
    following: str | None


@dataclass(frozen=True)
class Whole:
    """A whole list of figures for a file: how many rows, and how to go through them."""

    count: int
    chunks: Callable[[], Iterator[Sequence[Row]]]


async def answer_observations(
    request: Request, asked: ListParameters, filters: Filters, document: Document | None = None
) -> Response:
    """Answer a list of figures; `document` is set where the list is a form of a thing's document."""
    bound, after = read_cursor(request, asked.cursor, (0,) * 5)
    edition = bound or edition_of(request)
    choice = document.choice if document else choose_figures(request, asked.format)
    reply = document.reply if document and not bound else begin(request, edition, choice)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    selection = observations.select(edition, filters)
    read = observations.reader(edition)
    links = list(document.links) if document else []
    is_file = choice.form is not JSON or asked.format == RECEIPT
    if is_file and not asked.is_limited:
        whole = Whole(
            observations.count(edition, selection),
            lambda: (list(map(read, chunk)) for chunk in observations.stream(edition, selection)),
        )
        table = _table_of(edition, selection, asked, whole, FIELDS)
        return await send_table(reply, table, choice, asked, links)
    rows = observations.list_page(edition, selection, asked.limit + 1, after or None)
    following = None
    if len(rows) > asked.limit:
        rows = rows[: asked.limit]
        following = next_link(request, write_cursor(edition, observations.key_of(rows[-1], selection)))
        links.append(link(following, "next"))
    items = list(map(read, rows))
    is_complete = following is None and not after
    if is_file:
        part = Whole(len(items), lambda: iter([items]))
        table = _table_of(edition, selection, asked, part, FIELDS)
        return await send_table(reply, table, choice, asked, links, complete=is_complete)
    sources = sources_of_datasets(edition, {item["dataset"] for item in items} | set(filters.datasets))
    answer = envelope(edition, sources, query_of(asked))
    answer |= document.members if document else {}
    answer["count"] = observations.count(edition, selection)
    answer["next"] = following
    answer["items"] = items
    answer["receipt"] = receipt_of(items, complete=is_complete)
    return reply.send(dump(answer), [*standing_links(edition, sources), *links])


def _table_of(
    edition: Edition, selection: Selection, asked: ListParameters, whole: Whole, fields: Sequence[str]
) -> FigureTable:
    """Describe a list of figures for a file."""
    sources = sources_of_datasets(edition, observations.datasets_of(edition, selection))
    is_series = fields == ROW_FIELDS
    return FigureTable(
        title=f"{edition.title}: figures" + (" as series over time" if is_series else ""),
        name="series" if is_series else "observations",
        columns=columns_of(SeriesRow if is_series else Observation, fields),
        chunks=whole.chunks,
        count=whole.count,
        edition=edition,
        about=envelope(edition, sources, query_of(asked)),
    )


class ProfileParameters(Parameters):
    """The parameters of a profile."""

    format: str | None = Field(None, pattern=FORMAT_PATTERN, description=FORMAT_WORDS)
    receipt: str | None = Field(None, pattern="^end$", description=END_WORDS)


async def answer_profile(
    request: Request, edition: Edition, area: str, document: Document, asked: Any = None
) -> Response:
    """Answer the profile of an area as JSON or as a file.

    It takes a tenth of a second to work out, so it is done in a thread and what was made is kept.
    """
    kind = load_model().kinds["area"]
    thing = find_thing(edition, kind, (area,)) or find_meant(edition, kind, (area,))
    if thing is None:
        raise unknown_area(edition, area)
    choice = document.choice
    if choice.form is not JSON or getattr(asked, "format", None) == RECEIPT:
        table = await anyio.to_thread.run_sync(_tabulate_profile, edition, thing)
        return await send_table(document.reply, table, choice, asked, document.links)
    kept: Kept = request.app.state.kept
    made = kept.find(document.reply.tag)
    if made is None:
        made = await anyio.to_thread.run_sync(_make_profile, edition, thing)
        kept.keep(document.reply.tag, made)
    return document.reply.send(made.body, [*made.links, *document.links])


def _tabulate_profile(edition: Edition, thing: Thing) -> FigureTable:
    """Describe a profile for a file. Its rows know their area, which the columns do not repeat."""
    rows = [
        row | {"area": thing.path, "area_label": thing.label} for row in list_profile(edition, thing.path)
    ]
    return FigureTable(
        title=f"{thing.label}: profile",
        name=f"profile-{thing.path}",
        columns=columns_of(ProfileRow, PROFILE_FIELDS),
        chunks=lambda: iter([rows]),
        count=len(rows),
        edition=edition,
        about=envelope(edition, _sources_of_profile(edition, thing, rows), {"area": thing.path}),
    )


def _sources_of_profile(edition: Edition, thing: Thing, rows: Iterable[Row]) -> list[Row]:
    # An area without a figure is still said by somebody: by the register that it was read from.
    return sources_of_datasets(edition, {row["dataset"] for row in rows}) or sources_of(edition, thing)


def _make_profile(edition: Edition, thing: Thing) -> Made:
    """Make the bytes of a profile, and links to its licences."""
    rows = list_profile(edition, thing.path)
    sources = _sources_of_profile(edition, thing, rows)
    links = standing_links(edition, sources)
    answer = envelope(edition, sources, {"area": thing.path})
    told = ("area", "label", "everyday_label", "area_type", "start_on", "end_on")
    answer["area"] = {name: thing.row[name] for name in told} | {
        "uri": thing.uri(edition),
        "labels": labels_of_thing(edition, thing),
    }
    answer |= {"count": len(rows), "next": None, "items": rows}
    answer["receipt"] = receipt_of(rows, complete=True)
    return Made(dump(answer), tuple(links))


def find_observation(edition: Edition, key: Sequence[str]) -> Row:
    """Get one figure, which exists, with its labels."""
    dataset, indicator, area, period, breakdown = key
    filters = Filters((dataset,), (indicator,), (area,), (period,), (breakdown or observations.TOTAL,))
    selection = observations.select(edition, filters)
    return observations.reader(edition)(observations.list_page(edition, selection, 1, None)[0])


async def answer_series(request: Request, asked: FigureParameters) -> Response:
    """Answer a list of series: each figure with the verdict on it and the one before."""
    bound, after = read_cursor(request, asked.cursor, (0, 0, 0))
    edition = bound or edition_of(request)
    choice = choose_figures(request, asked.format)
    reply = begin(request, edition, choice)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    selection = observations.by_area(observations.select(edition, filters_of(asked)))
    is_file = choice.form is not JSON or asked.format == RECEIPT
    if is_file and not asked.is_limited:
        whole = Whole(observations.count(edition, selection), lambda: stream_rows(edition, selection))
        table = _table_of(edition, selection, asked, whole, ROW_FIELDS)
        return await send_table(reply, table, choice, asked)
    found, key = list_series(edition, selection, asked.limit, after)
    following = next_link(request, write_cursor(edition, key)) if key else None
    links = [link(following, "next")] if following else []
    rows = [row for one in found for row in one.rows]
    is_complete = following is None and not after
    if is_file:
        part = Whole(len(rows), lambda: iter([rows]))
        table = _table_of(edition, selection, asked, part, ROW_FIELDS)
        return await send_table(reply, table, choice, asked, links, complete=is_complete)
    sources = sources_of_datasets(edition, {row["dataset"] for row in rows})
    answer = envelope(edition, sources, query_of(asked))
    items = [one.as_item() for one in found]
    answer |= {"count": count_series(edition, selection), "next": following, "items": items}
    answer["receipt"] = receipt_of(rows, complete=is_complete)
    return reply.send(dump(answer), [*standing_links(edition, sources), *links])


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
        responses=responses(ObservationsAnswer, files=True),
    )
    async def list_observations(
        request: Request,
        asked: Annotated[parameters, Query()],  # type: ignore[valid-type]  # made above
    ) -> Response:
        """List figures: by indicator and period, or by area where areas are named."""
        return await answer_observations(request, asked, filters_of(asked))

    @router.get(
        "/series",
        operation_id="list_series",
        summary="The same figures, put together as series over time",
        responses=responses(SeriesAnswer, files=True),
    )
    async def get_series(
        request: Request,
        asked: Annotated[parameters, Query()],  # type: ignore[valid-type]  # made above
    ) -> Response:
        """List series: the figures of one dataset, indicator, area, breakdown and kind of period, oldest first.

        By area and indicator. Each point says whether it may be compared with the one before, and why not. Figures
        restated on areas of today stand beside the points and not among them.
        """
        return await answer_series(request, asked)

    @router.get(
        "/profile/{area}",
        operation_id="get_profile",
        summary="The newest figures of one area, each with what it is held against",
        responses=responses(ProfileAnswer, files=True),
    )
    async def get_profile(
        request: Request,
        area: Annotated[str, area_code],
        asked: Annotated[ProfileParameters, Query()],
    ) -> Response:
        """Give an area's profile: the summary table of its page, from the same function."""
        edition = edition_of(request)
        choice = choose_figures(request, asked.format)
        document = Document(choice, begin(request, edition, choice))
        return document.reply.unchanged() or await answer_profile(request, edition, area, document, asked)

    return router
