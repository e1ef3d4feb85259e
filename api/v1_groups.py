"""/api/v1/groups/{group}: a comparator group with its members and their dates.

In:   a group, a day, an area
Out:  the group's row, and who belonged to it from when to when; or the neighbours that it gives an area
"""

# Not from __future__ import annotations: FastAPI reads those of endpoints that are made in a function.

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.answers import (
    Row,
    begin,
    choose_form,
    csv_lines,
    dump,
    envelope,
    sources_of_rows,
    standing_links,
)
from api.edition import Edition
from api.failures import Failure, unknown_thing
from api.forms import CSV
from api.pages.places import find_places
from api.replies import edition_of
from api.suggesting import unknown_area
from api.v1_models import Envelope, Parameters
from api.v1_responses import responses
from schemas import load_model

_NOTATION = load_model().forms["notation"]
_CODE = load_model().forms["area-code"]
_FIELDS = ("area", "area_label", "area_type", "rank", "distance", "start_on", "end_on", "is_member")


class GroupParameters(Parameters):
    """Which of a group's members."""

    on: dt.date | None = Field(None, description="Only those who belonged to it on this day: 2023-03-31.")
    area: str | None = Field(
        None,
        pattern=f"^{_CODE['pattern']}$",
        max_length=_CODE["maxLength"],
        description="The area whose neighbours are wanted, of a group that gives each area its own.",
    )
    format: str | None = Field(None, pattern="^(json|csv)$", description="The form; it wins over Accept.")


class Membership(BaseModel):
    """One member of a group, or one neighbour of an area."""

    area: str = Field(description="The code of the area.")
    area_label: str = Field(description="Its name.")
    area_type: str = Field(description="What kind of place it is.")
    rank: int | None = Field(description="Of a neighbour: 1 for the most alike.")
    distance: float | None = Field(
        description="Of a neighbour: how far apart the two are, in the method's unit."
    )
    start_on: str | None = Field(description="The first day it belonged to the group, if known.")
    end_on: str | None = Field(description="The last day; null while it does.")
    is_member: bool = Field(description="Whether it belongs to it on the day asked for; without one, now.")


class GroupAnswer(Envelope):
    """A group and its members."""

    group: str = Field(description="The group.")
    label: str = Field(description="Its name.")
    method: str = Field(description="How its members were chosen.")
    definition: str | None = Field(description="The same in words.")
    start_on: str | None = Field(description="The first day the group was in use, if known.")
    end_on: str | None = Field(description="The last day; null while it is.")
    uri: str = Field(description="Its URI.")
    gives_neighbours: bool = Field(
        description="Whether it gives each area neighbours of its own: name the area with area=."
    )
    count: int = Field(description="How many members there are in this answer.")
    next: None = Field(description="Always null: a group is one part.")
    items: list[Membership] = Field(description="The members by code and first day; neighbours by rank.")


def answer_group(request: Request, group: str, asked: GroupParameters) -> Response:
    """Answer a group with its members, past and present, or those of a day."""
    edition = edition_of(request)
    choice = choose_form(request, asked.format)
    reply = begin(request, edition, choice)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    row = edition.row('SELECT * FROM groups WHERE "group" = ?', (group,))
    if row is None:
        raise unknown_thing("group", group, (one[0] for one in edition.rows('SELECT "group" FROM groups')))
    gives = edition.value('SELECT 1 FROM neighbours WHERE "group" = ? LIMIT 1', (group,)) is not None
    found = _list_neighbours(edition, group, asked.area) if asked.area else _list_members(edition, group)
    items = _write(edition, found, asked.on)
    sources = sources_of_rows(edition, [row])
    links = standing_links(edition, sources)
    if choice.form is CSV:
        return reply.send(csv_lines(_FIELDS, items), links)
    query = {"group": group, "on": asked.on.isoformat() if asked.on else None, "area": asked.area}
    answer = envelope(edition, sources, query)
    answer |= {name: row[name] for name in ("group", "label", "method", "definition", "start_on", "end_on")}
    answer |= {"uri": edition.uri("group", group), "gives_neighbours": gives}
    answer |= {"count": len(items), "next": None, "items": items}
    return reply.send(dump(answer), links)


def _list_members(edition: Edition, group: str) -> list[Row]:
    rows = edition.rows(
        "SELECT area, NULL AS rank, NULL AS distance, start_on, end_on FROM group_members"
        ' WHERE "group" = ? ORDER BY area, start_on',
        (group,),
    )
    return [dict(row) for row in rows]


def _list_neighbours(edition: Edition, group: str, area: str) -> list[Row]:
    """List the neighbours that a group gives an area.

    Raises Failure: 404 for an area that is not known, 400 for one that the group gives none.
    """
    if area not in find_places(edition, [area]):
        raise unknown_area(edition, area)
    rows = edition.rows(
        "SELECT n.neighbour AS area, n.rank, n.distance, g.start_on, g.end_on FROM neighbours AS n"
        ' JOIN groups AS g ON g."group" = n."group" WHERE n."group" = ? AND n.area = ?'
        " ORDER BY n.rank, n.neighbour",
        (group, area),
    )
    if not rows:
        detail = f"The group '{group}' gives '{area}' no neighbours."
        raise Failure("parameter-wrong", detail, problems=[{"parameter": "area", "detail": detail}])
    return [dict(row) for row in rows]


def _write(edition: Edition, rows: Sequence[Row], on: dt.date | None) -> list[Row]:
    """Write members with their names; those of a day alone where a day was asked for."""
    places = find_places(edition, (row["area"] for row in rows))
    day = on.isoformat() if on is not None else None
    items = []
    for row in rows:
        began = day is None or row["start_on"] is None or row["start_on"] <= day
        ended = row["end_on"] is not None and (day is None or row["end_on"] < day)
        is_member = began and not ended
        if is_member or day is None:
            place = places[row["area"]]
            told: dict[str, Any] = {"area_label": place.name, "area_type": place.area_type}
            items.append({name: (row | told | {"is_member": is_member})[name] for name in _FIELDS})
    return items


def make_router() -> APIRouter:
    """Make the route of one group."""
    router = APIRouter(prefix="/api/v1", tags=["Lists"])
    notation = Path(
        description="The group.",
        pattern=f"^{_NOTATION['pattern']}$",
        max_length=_NOTATION["maxLength"],
    )

    @router.get(
        "/groups/{group}",
        operation_id="get_group",
        summary="One comparator group: who belonged to it, from when to when",
        responses=responses(GroupAnswer, csv=True),
    )
    async def get_group(
        request: Request, group: Annotated[str, notation], asked: Annotated[GroupParameters, Query()]
    ) -> Response:
        """Give a group's members with their dates, or the neighbours that it gives an area."""
        return answer_group(request, group, asked)

    return router
