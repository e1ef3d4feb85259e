"""What a comparison is asked for: indicators, areas, group, period and view, as a visitor wrote them.

In:   the query of /compare
Out:  Asked: what the edition knows of it, and for the rest the nearest that it has

Areas are given by code or by name. A name that several places have is not guessed at, and an area that ended is
shown with its own figures and the areas that followed it beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api.failures import Failure
from api.located import find_today
from api.pages.definitions import Definition, Definitions
from api.pages.page import Link, with_query
from api.pages.places import Place, find_places
from api.search import Hit, find_spellings, load_names, plain
from ingest.problems import find_nearest

if TYPE_CHECKING:
    from api.edition import Edition

# Views of a comparison, in the order in which they are offered, and what they are called.
VIEWS: Mapping[str, str] = {
    "table": "Table",
    "grid": "Grid of indicators",
    "multiples": "Over time",
    "scatter": "Two indicators",
    "map": "Map",
    "funnel": "Funnel",
}

MOST_AREAS = 60
MOST_INDICATORS = 12
_MOST_SUGGESTED = 5

PARAMETERS = ("view", "indicator", "with", "areas", "group", "period", "order", "page")


@dataclass(frozen=True, slots=True)
class Unclear:
    """Something that was asked for and is not known, or not by that name alone, with what may be meant."""

    words: str
    suggestions: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a visitor asked for, as far as the edition knows it.

    definitions  the indicators; the first stands for itself in views of one
    other        the second indicator of a scatter
    kept         the query in its one order, for links between views
    """

    definitions: Sequence[Definition]
    other: Definition | None
    places: Sequence[Place]
    group: str
    period: str
    order: str
    page: int
    view: str
    unclear: Sequence[Unclear]
    kept: Mapping[str, str] = field(default_factory=dict)

    @property
    def definition(self) -> Definition | None:
        return self.definitions[0] if self.definitions else None

    @property
    def focus(self) -> Place | None:
        return self.places[0] if self.places else None

    @property
    def views(self) -> list[Link]:
        """The same question in every view."""
        return [
            Link(title, address_of_view({**self.kept, "view": "" if view == "table" else view}))
            for view, title in VIEWS.items()
        ]


def address_of_view(query: Mapping[str, str]) -> str:
    """Give the address of a comparison, its parameters in their one order."""
    return with_query("/compare", **{name: query[name] for name in PARAMETERS if query.get(name)})


def read_query(edition: Edition, definitions: Definitions, query: Mapping[str, str]) -> Asked:
    """Read what a visitor asked for.

    Raises Failure (400) for more areas or indicators than one page can show.
    """
    unclear: list[Unclear] = []
    notations = _parts(query.get("indicator", ""))
    _check_count("indicator", len(notations), MOST_INDICATORS, "indicators")
    known = [_find_definition(definitions, one, "indicator", query, unclear) for one in notations]
    other = None
    if query.get("with"):
        other = _find_definition(definitions, query["with"], "with", query, unclear)
    texts = _parts(query.get("areas", ""))
    _check_count("areas", len(texts), MOST_AREAS, "areas")
    places = _find_places(edition, texts, query, unclear)
    view = query.get("view", "") or "table"
    if view not in VIEWS:
        nearest = find_nearest(view, VIEWS)
        links = [Link(VIEWS[nearest], address_of_view({**query, "view": nearest}))] if nearest else []
        unclear.append(Unclear(f"There is no view called “{view[:80]}”.", links))
        view = "table"
    group = _find_group(edition, query, unclear)
    period = query.get("period", "")
    if period and not edition.value("SELECT 1 FROM periods WHERE period = ?", (period,)):
        links = [Link("The newest figures", address_of_view({**query, "period": ""}))]
        unclear.append(Unclear(f"There are no figures for a period “{period[:80]}”.", links))
        period = ""
    page = query.get("page", "1")
    found = [one for one in known if one is not None]
    return Asked(
        definitions=found,
        other=other,
        places=places,
        group=group,
        period=period,
        order=query.get("order", ""),
        page=max(int(page), 1) if page.isascii() and page.isdecimal() and len(page) < 6 else 1,
        view=view,
        unclear=unclear,
        kept={
            "group": group,
            "period": period,
            "order": query.get("order", ""),
            "view": view if view != "table" else "",
            "indicator": ",".join(one.indicator for one in found),
            "with": other.indicator if other is not None else "",
            "areas": ",".join(place.area for place in places),
        },
    )


def _parts(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _check_count(parameter: str, count: int, most: int, noun: str) -> None:
    if count > most:
        detail = (
            f"{count:,} {noun} were asked for; one page compares {most} at most. Choose fewer, or take the figures"
            " of all from /api/v1/observations."
        )
        raise Failure("parameter-wrong", detail, problems=[{"parameter": parameter, "detail": detail}])


def _find_definition(
    definitions: Definitions, notation: str, parameter: str, query: Mapping[str, str], unclear: list[Unclear]
) -> Definition | None:
    found = definitions.in_use.get(notation)
    if found is None:
        nearest = find_nearest(notation, definitions.in_use)
        links = []
        if nearest:
            label = definitions.in_use[nearest].label
            links = [
                Link(label, address_of_view({**query, parameter: _with(query, parameter, notation, nearest)}))
            ]
        unclear.append(Unclear(f"There is no indicator “{notation[:80]}”.", links))
    return found


def _find_group(edition: Edition, query: Mapping[str, str], unclear: list[Unclear]) -> str:
    """Find the group that was asked for; "all" stands for every council."""
    group = query.get("group", "")
    if group in ("", "all"):
        return group
    known = {row["group"]: row["label"] for row in edition.rows('SELECT "group", label FROM groups')}
    if group in known:
        return group
    nearest = find_nearest(group, known)
    links = [Link(known[nearest], address_of_view({**query, "group": nearest}))] if nearest else []
    unclear.append(Unclear(f"There is no group “{group[:80]}”.", links))
    return ""


def _with(query: Mapping[str, str], parameter: str, text: str, instead: str) -> str:
    """Give a list of a query with one of its parts put in the place of another."""
    parts = _parts(query.get(parameter, ""))
    return ",".join(dict.fromkeys(instead if part == text else part for part in parts))


def _find_places(
    edition: Edition, texts: Sequence[str], query: Mapping[str, str], unclear: list[Unclear]
) -> list[Place]:
    by_code = find_places(edition, texts)
    found: dict[str, Place] = {}
    for text in texts:
        place = by_code.get(text)
        if place is None:
            hits = _named(edition, text)
            if len(hits) == 1:
                place = find_places(edition, [hits[0].notation]).get(hits[0].notation)
            elif hits:
                words = f"{len(hits)} places are called “{text[:80]}”. Which do you mean?"
                unclear.append(Unclear(words, _links(edition, hits, text, query)))
            else:
                near = [hit for hit in find_spellings(edition, text[:80], 20) if hit.kind == "area"]
                words = f"There is no area “{text[:80]}”."
                unclear.append(Unclear(words, _links(edition, near[:_MOST_SUGGESTED], text, query)))
        if place is None:
            continue
        found[place.area] = place
        if place.end_on is not None:
            heirs = [one for one in find_today(edition, [place.area]) if one.area != place.area]
            words = (
                f"{place.name} ended on {place.end_on.day} {place.end_on:%B %Y}; its own figures stand here."
            )
            links = [
                Link(
                    f"{one.name}, which followed it",
                    address_of_view({**query, "areas": _with(query, "areas", text, one.area)}),
                )
                for one in heirs
            ]
            unclear.append(Unclear(words, links))
    return list(found.values())


def _named(edition: Edition, text: str) -> list[Hit]:
    """Find the areas of a name, today's if there are any."""
    hits = [hit for hit in load_names(edition).hits.get(plain(text[:80]), ()) if hit.kind == "area"]
    return [hit for hit in hits if hit.is_current] or hits


def _links(edition: Edition, hits: Sequence[Hit], text: str, query: Mapping[str, str]) -> list[Link]:
    places = find_places(edition, (hit.notation for hit in hits))
    return [
        Link(
            f"{place.name} ({place.type_label}, {place.area})",
            address_of_view({**query, "areas": _with(query, "areas", text, place.area)}),
        )
        for place in (places[hit.notation] for hit in hits if hit.notation in places)
    ]
