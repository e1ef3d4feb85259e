"""Revisions as every door lists them: the same filters, the same order, the same sentences.

In:   the derived table revisions of an edition, and what a request narrows it to
Out:  some revisions, the newest first; their page; those of one figure

A revision's day is that of the edition that made it: nothing looks at a clock.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from starlette.datastructures import QueryParams

from api import sentences
from api.as_of import read_day
from api.failures import Failure, unknown_thing
from api.pages.definitions import load_definitions
from api.pages.narrowing import Narrowing, OnPages, read_filters
from api.pages.page import Frame, Link, Page, address_of, make_page, with_query
from api.v1_revisions import KNOWN
from ingest.problems import shown

if TYPE_CHECKING:
    from api.edition import Edition

TABLE = "revisions"
ON_A_PAGE = OnPages.ON_A_PAGE


_CONDITIONS: Mapping[str, str] = {
    "indicator": "r.indicator = :indicator",
    "area": "r.area = :area",
    "body": "r.area IN (SELECT area FROM body_areas WHERE body = :body)",
    "dataset": "r.dataset = :dataset",
    "figure": "r.figure = :figure",
    "since": "r.revised_on >= :since",
}

_SELECT = (
    "SELECT r.*, coalesce(a.everyday_label, a.label) AS area_label, h.label AS indicator_label,"
    " p.label AS period_label, b.label AS breakdown_label"
    " FROM revisions r LEFT JOIN areas a ON a.area = r.area"
    " LEFT JOIN indicator_heads h ON h.indicator = r.indicator LEFT JOIN periods p ON p.period = r.period"
    " LEFT JOIN breakdowns b ON b.breakdown = r.breakdown AND r.breakdown <> ''"
)


@dataclass(frozen=True, slots=True)
class Told:
    """One revision in words.

    title    what the figure is of: indicator, area, period, and the part of the people where it is of a part
    before   what was published before, after: what took its place
    reason   why, with a full stop
    """

    figure: str
    title: str
    change: str
    before: str
    after: str
    reason: str
    reason_kind: str
    revised_on: str
    from_edition: str
    to_edition: str
    themes: tuple[tuple[str, str], ...] = ()

    @property
    def address(self) -> str:
        return address_of("observation", *self.figure.split("/"))

    @property
    def then(self) -> str:
        """The figure's page as the edition before had it."""
        return with_query(self.address, edition=self.from_edition)

    @property
    def diff(self) -> str:
        """Where all that the edition changed is listed."""
        return with_query(f"{address_of('edition', self.to_edition)}/diff", **{"from": self.from_edition})

    @property
    def words(self) -> str:
        """Say what happened."""
        if self.change == "withdrawn":
            return f"{self.before} was withdrawn."
        if self.change == "returned":
            return f"Published again: {self.after}."
        return f"{self.before} became {self.after}."


@dataclass(frozen=True)
class Asked(Narrowing):
    """What a list is narrowed to; an empty text is no filter."""

    path: ClassVar[str] = "/revisions"

    indicator: str = ""
    area: str = ""
    body: str = ""
    dataset: str = ""
    figure: str = ""
    since: str = ""


# What an address may narrow the list by.
FILTERS = Asked.names()
PARAMETERS = (*FILTERS, "page")


@dataclass(frozen=True)
class Listing(OnPages):
    """A page of revisions. `newest` is the day of the newest of all pages, None where there is none."""

    asked: Asked
    revisions: tuple[Told, ...]


def read_asked(edition: Edition, query: QueryParams) -> Asked:
    """Read what a request narrows the list to.

    Raises Failure: for a value that there is not, with the nearest; for a parameter that is there twice; for what is
    no day or no number of a page.
    """
    told, page = read_filters(query, FILTERS)
    if edition.has_table(TABLE):
        for name, sql in KNOWN.items():
            if told[name] and not edition.value(f"SELECT 1 FROM ({sql}) WHERE {name} = ?", (told[name],)):  # noqa: S608 - our own words
                raise unknown_thing(name, told[name], [row[0] for row in edition.rows(sql)])
    if told["since"] and read_day(told["since"]) is None:
        detail = f"'{shown(told['since'][:40])}' of 'since' is no day; wanted one such as 2026-03-31."
        raise Failure("parameter-wrong", detail, problems=[{"parameter": "since", "detail": detail}])
    return Asked(**told, page=page)


def list_revisions(edition: Edition, asked: Asked) -> Listing:
    """List a page of revisions, the newest first.

    Raises Failure (404) for a page after the last.
    """
    if not edition.has_table(TABLE):
        return Listing(0, None, asked, ())
    where = " AND ".join(_CONDITIONS[name] for name in asked.filters) or "1"
    # Only conditions written above are put into the statement; every value is bound.
    sql = f"SELECT count(*), max(r.revised_on) FROM revisions r WHERE {where}"  # noqa: S608
    told = edition.once((sql, *asked.filters.values()), lambda: edition.row(sql, asked.filters))
    assert told is not None
    listing = Listing(told[0], told[1], asked, ())
    if asked.page > listing.pages:
        raise Failure("address-unknown", f"The list has {sentences.count(listing.pages, 'page', 'pages')}.")
    found = read_revisions(edition, where, asked.filters, ON_A_PAGE, (asked.page - 1) * ON_A_PAGE)
    return Listing(told[0], told[1], asked, found)


def list_of_figure(edition: Edition, figure: str) -> tuple[Told, ...]:
    """List the revisions of one figure, the newest first."""
    if not edition.has_table(TABLE):
        return ()
    return read_revisions(edition, _CONDITIONS["figure"], {"figure": figure}, ON_A_PAGE)


def rows_of_figure(edition: Edition, figure: str) -> list[sqlite3.Row]:
    """Give the rows of the revisions of one figure, the newest first."""
    if not edition.has_table(TABLE):
        return []
    sql = "SELECT * FROM revisions WHERE figure = ? ORDER BY revised_on DESC, to_edition DESC LIMIT 500"
    return edition.rows(sql, (figure,))


def find_withdrawn(edition: Edition, figure: str) -> Failure | None:
    """Find the refusal that says when and why a figure was withdrawn; None for one that was never published."""
    told = list_of_figure(edition, figure)
    if not told or told[0].change != "withdrawn":
        return None
    last = told[0]
    day = sentences.day(dt.date.fromisoformat(last.revised_on))
    detail = f"{last.title}: {last.before} was withdrawn on {day}. {last.reason}"
    return Failure(
        "figure-withdrawn",
        detail,
        state="withdrawn",
        earlier=f"{edition.base.rstrip('/')}{last.then}",
        revisions=[dict(row) for row in rows_of_figure(edition, figure)],
    )


def read_revisions(
    edition: Edition, where: str, params: Mapping[str, str], limit: int, offset: int = 0
) -> tuple[Told, ...]:
    """Read revisions in words. `where` is a condition of our own on the table r."""
    chosen = (
        f"SELECT r.rowid FROM revisions r WHERE {where}"  # noqa: S608 - conditions and numbers of our own
        f" ORDER BY r.revised_on DESC, r.figure DESC LIMIT {limit} OFFSET {offset}"
    )
    rows = edition.rows(
        f"{_SELECT} WHERE r.rowid IN ({chosen}) ORDER BY r.revised_on DESC, r.figure DESC", params
    )
    return tuple(read_told(edition, row) for row in rows)


def read_told(edition: Edition, row: sqlite3.Row) -> Told:
    """Say one revision in words."""
    before, after = write_said(edition, row, "before"), write_said(edition, row, "after")
    if before == after and row["change"] == "revised":
        # Only the range or digits that are not shown differ.
        has_ranges = any(row[f"{end}_limit_{side}"] is not None for end in _ENDS for side in _SIDES)
        before, after = (_in_full(row, side, has_ranges=has_ranges) for side in _SIDES)
    parts = [
        row["indicator_label"] or row["indicator"],
        row["area_label"] or row["area"],
        row["period_label"] or row["period"],
    ]
    if row["breakdown"]:
        parts.append(row["breakdown_label"] or row["breakdown"])
    definitions = load_definitions(edition)
    head = definitions.in_use.get(row["indicator"])
    return Told(
        figure=row["figure"],
        title=", ".join(parts),
        change=row["change"],
        before=before,
        after=after,
        reason=row["reason"],
        reason_kind=row["reason_kind"],
        revised_on=row["revised_on"],
        from_edition=row["from_edition"],
        to_edition=row["to_edition"],
        themes=tuple((t, definitions.themes[t].label) for t in head.themes if t in definitions.themes)
        if head
        else (),
    )


def write_said(edition: Edition, row: Mapping[str, object] | sqlite3.Row, side: str) -> str:
    """Write what was published before or after: the value with its unit, or why there is none."""
    status, value = row[f"status_{side}"], row[f"value_{side}"]
    words = sentences.status_words(str(status)) if status else "Not published"
    if value is None:
        return words
    definition = load_definitions(edition).by_version.get(
        (str(row["indicator"]), str(row[f"version_{side}"]))
    )
    text = str(row[f"value_text_{side}"])
    if definition is not None:
        number = sentences.exact(float(str(value)))
        text = sentences.figure(number, definition.unit, definition.decimals)
    return f"{text} ({words.lower()})" if words else text


_ENDS = ("lower", "upper")
_SIDES = ("before", "after")


def _in_full(row: sqlite3.Row, side: str, *, has_ranges: bool) -> str:
    """Write a value with its digits as published, and its range, where one was published on either side."""
    limits = [(word, row[f"{end}_limit_{side}"]) for word, end in zip(("from", "to"), _ENDS, strict=True)]
    told = " ".join(f"{word} {limit:g}" for word, limit in limits if limit is not None)
    text = str(row[f"value_text_{side}"])
    if not has_ranges:
        return text
    return f"{text} (range {told})" if told else f"{text} (no range)"


def narrowed_words(edition: Edition, asked: Asked) -> str:
    """Say what the list is narrowed to; an empty text where it is not."""
    labels = {
        "indicator": "SELECT label FROM indicator_heads WHERE indicator = ?",
        "area": "SELECT coalesce(everyday_label, label) FROM areas WHERE area = ?",
        "body": "SELECT coalesce(everyday_label, label) FROM bodies WHERE body = ?",
        "dataset": "SELECT title FROM datasets WHERE dataset = ?",
    }
    told = [
        str(edition.value(labels[name], (value,)) or value) if name in labels else value
        for name, value in asked.filters.items()
        if name != "since"
    ]
    if asked.since:
        told.append(f"since {sentences.day(read_day(asked.since))}")  # type: ignore[arg-type]  # checked when read
    return ", ".join(told)


def revisions(edition: Edition, asked: Asked) -> Page:
    """Make the page of a list of revisions."""
    listing = list_revisions(edition, asked)
    narrowed = narrowed_words(edition, asked)
    frame = Frame(
        path=asked.address(page=asked.page),
        title=f"Revisions{f': {narrowed}' if narrowed else ''}",
        lede="Figures that were published before with another value, or are no longer published, and why.",
        datasets=sorted({told.figure.partition("/")[0] for told in listing.revisions}),
        downloads=[Link("CSV", data_address(asked, "csv")), Link("JSON", data_address(asked, "json"))],
        feeds=[
            Link("Atom", asked.address("/revisions.atom")),
            Link("JSON Feed", asked.address("/revisions.json")),
        ],
    )
    return make_page(
        edition,
        "revisions",
        frame,
        asked=asked,
        listing=listing,
        datasets=_choices(edition, "SELECT dataset, title FROM datasets ORDER BY title"),
        indicators=_choices(
            edition,
            "SELECT indicator, label FROM indicator_heads WHERE indicator IN (SELECT indicator FROM revisions)"
            " ORDER BY label",
        ),
        pages=_pages(asked, listing),
    )


def _choices(edition: Edition, sql: str) -> Sequence[tuple[str, str]]:
    if not edition.has_table(TABLE):
        return ()
    return edition.once(sql, lambda: [(row[0], row[1]) for row in edition.rows(sql)])


def _pages(asked: Asked, listing: Listing) -> list[tuple[int, str]]:
    """Give the pages that are near, with the first and the last."""
    if listing.pages == 1:
        return []
    near = {1, listing.pages, *range(max(1, asked.page - 2), min(listing.pages, asked.page + 2) + 1)}
    return [(number, asked.address(page=number)) for number in sorted(near)]


def data_address(asked: Asked, form: str) -> str:
    """Give the address of the same list in the API."""
    return with_query("/api/v1/revisions", **asked.filters, format=form)
