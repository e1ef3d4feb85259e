"""The programme of inspections: who plans to inspect whom, where plans clash, and what is known already.

In:   planned inspections, and what is published of their bodies
Out:  a page of all of them, a page for one body, and the same as an iCalendar file
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.icalendar import Event, write_calendar
from api.pages.inspected import Inspection, list_inspections
from api.pages.page import Frame, Link, Page, address_of, make_page
from api.pages.rows import find_named
from compare.programme import Clash, Window, clashes
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

# Plans at these stages take up days of a body.
_STANDING = frozenset({"planned", "moved"})

# What the stages are called in a calendar.
_STATUS = {"planned": "TENTATIVE", "moved": "TENTATIVE", "done": "CONFIRMED", "cancelled": "CANCELLED"}

_ROWS_ON_PAGE = 100
_MOST_CLASHES = 100


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned inspection in words. `window` is what may clash; None for one that is done or cancelled."""

    plan: str
    body: str
    body_label: str
    inspector: str
    framework: str
    framework_label: str
    version: str
    service: str
    stage: str
    stage_label: str
    note: str | None
    start_on: dt.date
    end_on: dt.date
    inspector_body: str

    @property
    def address(self) -> str:
        return address_of("planned-inspection", self.plan)

    @property
    def days(self) -> str:
        return span_words(self.start_on, self.end_on)

    @property
    def is_standing(self) -> bool:
        return self.stage in _STANDING

    @property
    def window(self) -> Window:
        return Window(self.plan, self.body, self.inspector_body, self.start_on, self.end_on)

    @property
    def sentence(self) -> str:
        return f"{self.inspector}: {self.framework_label}, {self.body_label}"


@dataclass(frozen=True, slots=True)
class ToldClash:
    """Two plans for one body that share days, in words."""

    first: Planned
    second: Planned
    clash: Clash

    @property
    def sentence(self) -> str:
        """Say who comes at once, and when."""
        days = sentences.count(self.clash.days, "day", "days")
        return (
            f"{self.first.inspector} and {self.second.inspector} both plan to inspect {self.first.body_label}"
            f" {_when(self.clash.start_on, self.clash.end_on)} ({days})."
        )


@dataclass(frozen=True, slots=True)
class Held:
    """Figures of a body's area that a dataset has."""

    dataset: str
    title: str
    indicator_count: int
    latest: str


def span_words(start_on: dt.date, end_on: dt.date) -> str:
    """Say from when to when.

    >>> span_words(dt.date(2027, 1, 4), dt.date(2027, 1, 4))
    '4 January 2027'
    >>> span_words(dt.date(2027, 1, 4), dt.date(2027, 3, 31))
    '4 January 2027 to 31 March 2027'
    """
    first = sentences.day(start_on)
    return first if start_on == end_on else f"{first} to {sentences.day(end_on)}"


def _when(start_on: dt.date, end_on: dt.date) -> str:
    return f"{'on' if start_on == end_on else 'from'} {span_words(start_on, end_on)}"


_PLANS = (
    "SELECT p.*, coalesce(b.everyday_label, b.label) AS body_label,"
    " coalesce(i.everyday_label, i.label) AS inspector_label, f.label AS framework_label, f.service"
    " FROM inspection_programme p JOIN bodies b ON b.body = p.body JOIN bodies i ON i.body = p.inspector"
    " JOIN frameworks f ON f.framework = p.framework AND f.version = p.version"
)


def list_planned(edition: Edition, body: str | None = None) -> list[Planned]:
    """List planned inspections, of one body or of all, the earliest first."""
    where, params = (" WHERE p.body = ?", (body,)) if body is not None else ("", ())
    rows = edition.rows(f"{_PLANS}{where} ORDER BY p.start_on, p.end_on, p.planned_inspection", params)
    stages = load_model().code_lists["programme-status"]
    return [
        Planned(
            plan=row["planned_inspection"],
            body=row["body"],
            body_label=row["body_label"],
            inspector=row["inspector_label"],
            framework=row["framework"],
            framework_label=row["framework_label"],
            version=row["version"],
            service=row["service"],
            stage=row["status"],
            stage_label=stages.code(row["status"]).label,
            note=row["note"],
            start_on=dt.date.fromisoformat(row["start_on"]),
            end_on=dt.date.fromisoformat(row["end_on"]),
            inspector_body=row["inspector"],
        )
        for row in rows
    ]


def list_clashes(planned: Sequence[Planned]) -> list[ToldClash]:
    """List the plans of several inspectors for one body that share days."""
    by_plan = {one.plan: one for one in planned}
    found = clashes(one.window for one in planned if one.is_standing)
    return [ToldClash(by_plan[one.first.plan], by_plan[one.second.plan], one) for one in found]


def programme(edition: Edition, query: Mapping[str, str]) -> Page:
    """Make the page of every planned inspection."""
    every = edition.once("programme", lambda: list_planned(edition))
    told = edition.once("programme clashes", lambda: list_clashes(every))
    wanted = query.get("page", "1")
    pages = max(-(-len(every) // _ROWS_ON_PAGE), 1)
    page = min(max(int(wanted), 1), pages) if wanted.isdecimal() and len(wanted) < 6 else 1
    links = [Link(str(number), f"/programme?page={number}") for number in range(1, pages + 1)]
    lede = "No inspectorate has published here when it plans to inspect."
    if every:
        lede = f"{sentences.count(len(every), 'planned inspection', 'planned inspections')}. {_clash_words(told)}"
    frame = Frame(
        path="/programme" if page == 1 else f"/programme?page={page}",
        title="Programme of inspections",
        lede=lede,
        downloads=[Link("Calendar (iCalendar)", "/programme.ics")],
    )
    return make_page(
        edition,
        "programme",
        frame,
        body=None,
        planned=every[(page - 1) * _ROWS_ON_PAGE : page * _ROWS_ON_PAGE],
        clashes=told[:_MOST_CLASHES],
        more_clashes=max(len(told) - _MOST_CLASHES, 0),
        inspections=[],
        reviews=[],
        held=[],
        areas=[],
        pages=links if pages > 1 else [],
        page=page,
    )


def body_programme(edition: Edition, body: str) -> Page | None:
    """Make the page of the inspections planned of one body, with what is published of it already."""
    row = find_named(edition, "bodies", (body,))
    if row is None:
        return None
    name = row["everyday_label"] or row["label"]
    planned = list_planned(edition, body)
    told = list_clashes(planned)
    lede = f"No inspection of {name} is planned here."
    if planned:
        lede = f"{sentences.count(len(planned), 'planned inspection', 'planned inspections')}. {_clash_words(told)}"
    every = list_inspections(edition, body)
    areas = edition.rows(
        "SELECT a.area, coalesce(a.everyday_label, a.label) AS name FROM body_areas x"
        " JOIN areas a ON a.area = x.area WHERE x.body = ? AND x.end_on IS NULL ORDER BY name",
        (body,),
    )
    frame = Frame(
        path=f"{address_of('body', body)}/programme",
        title=f"Programme of inspections: {name}",
        lede=lede,
        crumbs=[Link("Programme of inspections", "/programme"), Link(name, address_of("body", body))],
        downloads=[Link("Calendar (iCalendar)", f"{address_of('body', body)}/programme.ics")],
    )
    return make_page(
        edition,
        "programme",
        frame,
        body=row,
        planned=planned,
        clashes=told,
        more_clashes=0,
        inspections=_newest([one for one in every if not one.is_review]),
        reviews=_newest([one for one in every if one.is_review]),
        held=_held(edition, [area["area"] for area in areas]),
        areas=areas,
        pages=[],
        page=1,
    )


def _clash_words(told: Sequence[ToldClash]) -> str:
    if not told:
        return "No two inspectors plan to be at one body at once."
    return f"{sentences.count(len(told), 'time', 'times')} two inspectors plan to be at one body at once."


def _newest(listed: Sequence[Inspection]) -> list[Inspection]:
    """Keep the newest of each framework and kind."""
    found: dict[tuple[str, str], Inspection] = {}
    for one in listed:
        found.setdefault((one.framework, one.kind), one)
    return list(found.values())


def _held(edition: Edition, areas: Sequence[str]) -> list[Held]:
    """List the datasets that have figures of some areas, and how far they reach."""
    found: dict[str, Held] = {}
    for area in areas:
        rows = edition.rows(
            "SELECT t.dataset, t.title, x.label AS latest, g.indicators FROM"
            " (SELECT r.dataset, count(DISTINCT i.indicator) AS indicators, max(r.period) AS latest"
            " FROM observation_rows r JOIN observation_areas a ON a.id = r.area"
            " JOIN observation_definitions i ON i.id = r.definition WHERE a.area = ?"
            " GROUP BY r.dataset) g JOIN observation_datasets d ON d.id = g.dataset"
            " JOIN datasets t ON t.dataset = d.dataset JOIN observation_periods y ON y.id = g.latest"
            " JOIN periods x ON x.period = y.period ORDER BY t.title",
            (area,),
        )
        for row in rows:
            found.setdefault(
                row["dataset"], Held(row["dataset"], row["title"], row["indicators"], row["latest"])
            )
    return list(found.values())


def write_programme(edition: Edition, body: Any | None, path: str) -> bytes:
    """Write planned inspections as an iCalendar file: of one body, a row of bodies, or of all.

    path    the calendar's own address inside the site
    """
    planned = list_planned(edition, None if body is None else body["body"])
    beside: dict[str, list[str]] = {}
    for one in list_clashes(planned):
        for plan in (one.first.plan, one.second.plan):
            beside.setdefault(plan, []).append(one.sentence)
    public = edition.base.rstrip("/")
    events = [
        Event(
            uid=edition.uri("planned-inspection", one.plan),
            start_on=one.start_on,
            end_on=one.end_on,
            summary=one.sentence,
            description="\n".join(
                [f"{one.stage_label}. {one.note or ''}".strip(), *beside.get(one.plan, ())]
            ),
            url=f"{public}{one.address}",
            status=_STATUS[one.stage],
        )
        for one in planned
    ]
    name = "Programme of inspections" + (f": {body['label']}" if body is not None else "")
    stamp = dt.date.fromisoformat(edition.name[:10])
    return write_calendar(f"{edition.title}: {name}", f"{public}{path}", stamp, events)
