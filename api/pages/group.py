"""The pages of comparator groups, bodies and code lists.

In:   their rows, and what follows from them
Out:  pages that say how members were chosen, what a body does, what codes mean
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from api import sentences
from api.pages.inspected import list_inspections
from api.pages.open_neighbours import is_worked_out_here, open_neighbours
from api.pages.page import LINKED_DATA, Frame, Link, Page, address_of, make_page
from api.pages.places import find_place, find_places, list_members, list_past_members
from api.pages.programme import list_clashes, list_planned
from api.pages.rows import find_named, list_facts, list_pointing
from api.pages.signal_lists import Asked, list_open
from api.pages.successions import write_body_notices
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition


def group(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:
    """Make the page of a comparator group; `area` picks whose neighbours it lists."""
    row = (
        edition.row('SELECT * FROM groups WHERE "group" = ?', (notation[0],)) if len(notation) == 1 else None
    )
    if row is None:
        return None
    key = row["group"]
    members = list_members(edition, key)
    owners = edition.rows('SELECT DISTINCT area FROM neighbours WHERE "group" = ?', (key,))
    places = find_places(edition, (one["area"] for one in owners))
    choices = sorted(places.values(), key=lambda place: (place.name, place.area))
    wanted = query.get("area", "")
    focus = places.get(wanted)
    is_open = is_worked_out_here(edition, key)
    if focus is None and is_open:
        # One that lacks an input has no neighbours, and is told which.
        found = find_place(edition, wanted)
        focus = found if found is not None and row["tier"] in found.tiers else None
    neighbours = []
    if focus is not None:
        neighbours = edition.rows(
            "SELECT n.neighbour AS area, n.rank, n.distance, n.closeness,"
            " coalesce(a.everyday_label, a.label) AS name FROM neighbours n"
            ' JOIN areas a ON a.area = n.neighbour WHERE n."group" = ? AND n.area = ?'
            " ORDER BY n.rank, a.area",
            (key, focus.area),
        )
    opened = open_neighbours(edition, row, focus, query) if focus is not None and is_open else None
    frame = Frame(
        path=address_of("group", key),
        title=row["label"],
        lede=row["definition"],
        crumbs=[Link("Groups", "/groups")],
        uri=edition.uri("group", key),
        forms=LINKED_DATA,
    )
    schema = load_model().tables["groups"]
    return make_page(
        edition,
        "group",
        frame,
        facts=list_facts(edition, schema, row, ("group", "label", "definition")),
        members=members,
        past=[(place, sentences.day(until)) for place, until in list_past_members(edition, key)],
        choices=choices,
        focus=focus,
        unknown=wanted[:80] if wanted and focus is None else "",
        neighbours=neighbours,
        opened=opened,
        has_distance=any(one["distance"] is not None for one in neighbours),
        has_closeness=any(one["closeness"] for one in neighbours),
        inputs=list_pointing(edition, "groups", {"group": key}, ("group_members", "neighbours", "targets")),
    )


def body(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
    """Make the page of a legal body."""
    row = find_named(edition, "bodies", notation)
    if row is None:
        return None
    model = load_model()
    kind = model.code_lists["body-type"].code(row["body_type"]).label
    frame = Frame(
        path=address_of("body", row["body"]),
        title=row["label"],
        lede=f"{kind}." if row["end_on"] is None else f"{kind}, until {_day(row['end_on'])}.",
        crumbs=[Link("Bodies", "/bodies")],
        uri=edition.uri("body", row["body"]),
        forms=LINKED_DATA,
    )
    areas = edition.rows(
        "SELECT a.area, coalesce(a.everyday_label, a.label) AS name, x.start_on, x.end_on FROM body_areas x"
        " JOIN areas a ON a.area = x.area WHERE x.body = ? ORDER BY x.end_on IS NOT NULL, name",
        (row["body"],),
    )
    planned = list_planned(edition, row["body"])
    return make_page(
        edition,
        "body",
        frame,
        facts=list_facts(edition, model.tables["bodies"], row, ("body", "label", "body_type")),
        notices=write_body_notices(edition, row["body"], row["end_on"]),
        areas=areas,
        inspections=list_inspections(edition, row["body"]),
        signals=list_open(edition, "body", row["body"]),
        signals_address=Asked(body=row["body"]).address(),
        planned=planned,
        clashes=list_clashes(planned),
        pointing=list_pointing(
            edition, "bodies", {"body": row["body"]}, ("body_areas", "judgements", "inspection_programme")
        ),
    )


def _day(text: str) -> str:
    return sentences.day(dt.date.fromisoformat(text))


def code_list(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
    """Make the page of a code list, with every code."""
    row = find_named(edition, "code_lists", notation)
    if row is None:
        return None
    frame = Frame(
        path=address_of("code-list", row["code_list"]),
        title=row["label"],
        lede=row["definition"],
        crumbs=[Link("Code lists", "/code-lists")],
        uri=edition.uri("code-list", row["code_list"]),
        forms=LINKED_DATA,
    )
    codes = edition.rows(
        "SELECT * FROM codes WHERE code_list = ? ORDER BY sort_order IS NULL, sort_order, code",
        (row["code_list"],),
    )
    return make_page(
        edition,
        "code_list",
        frame,
        codes=codes,
        has_symbols=any(code["symbol"] for code in codes),
        pointing=list_pointing(edition, "code_lists", {"code_list": row["code_list"]}, ("codes",)),
    )
