"""What happened to definitions, as every door tells it: the same events, the same sentences.

In:   the derived table definition_events of an edition, and what a request narrows it to
Out:  some events, newest first, each with its name for good, its title and its sentences; their page

Feeds and the page read the same list. An event's day is the one in the data: nothing looks at a clock.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from starlette.datastructures import QueryParams

from api.failures import Failure
from api.pages.definitions import load_definitions
from api.pages.narrowing import Narrowing, OnPages, check_known, read_filters
from api.pages.page import Frame, Link, Page, address_of, is_web_address, make_page, with_query
from api.sentences import count, day

if TYPE_CHECKING:
    from api.edition import Edition

# Events of one page, in every form.
ON_A_PAGE = OnPages.ON_A_PAGE


_CONDITIONS: Mapping[str, str] = {
    "theme": "instr(';' || c.themes || ';', ';' || :theme || ';') > 0",
    "owner": "c.owner = :owner",
    "indicator": ":indicator IN (c.indicator, c.other_indicator)",
}

# The rows lie newest first, so the order is theirs.
_FROM = "FROM definition_events c"

_COMPARABLE_PAIR = {
    "yes": "comparable",
    "with-care": "comparable with care",
    "no": "not comparable",
}


@dataclass(frozen=True)
class Asked(Narrowing):
    """What a list of events is narrowed to; an empty text is no filter."""

    path: ClassVar[str] = "/changes"

    theme: str = ""
    owner: str = ""
    indicator: str = ""


# What an address may narrow the list by.
FILTERS = Asked.names()
PARAMETERS = (*FILTERS, "page")


@dataclass(frozen=True, slots=True)
class Change:
    """One event.

    entry      the path under {base}id/ by which it is known for good
    day        ISO 8601
    title      what happened, in one line
    break_words  whether figures still compare, as a sentence; empty where there is nothing to compare
    sentences  all that is said of it, in order
    address    where it is told in full, inside the site
    """

    entry: str
    day: str
    event: str
    indicator: str
    label: str
    version: str | None
    previous: str | None
    breaks: bool
    comparable: str | None
    note: str
    title: str
    break_words: str
    sentences: tuple[str, ...]
    themes: tuple[tuple[str, str], ...]
    owner: str
    owner_label: str
    address: str

    @property
    def diff(self) -> str | None:
        """Where what changed is told field by field; None where there is no version before."""
        if self.previous is None or self.version is None or self.event == "withdrawn":
            return None
        path = f"{address_of('indicator', self.indicator)}/diff"
        return with_query(path, **{"from": self.previous, "to": self.version})

    @property
    def words(self) -> str:
        """All that is said of it as one text; its title where there is no more to say."""
        return " ".join(self.sentences) or self.title

    def uri(self, edition: Edition) -> str:
        """Name the event: the same in every edition of the site."""
        return f"{edition.base}id/{self.entry}"


@dataclass(frozen=True)
class Listing(OnPages):
    """A page of events. `newest` is the day of the newest event of all pages, None where there is no event."""

    asked: Asked
    changes: tuple[Change, ...]


def read_asked(edition: Edition, query: QueryParams, indicator: str | None = None) -> Asked:
    """Read what a request narrows the list to.

    indicator    the one whose own address was asked, if it was

    Raises Failure: for a theme, owner or indicator that there is not, with the nearest; for a parameter that is
    there twice; for what is no number of a page.
    """
    told, page = read_filters(query, FILTERS)
    if indicator is not None:
        told["indicator"] = indicator
    known: Mapping[str, Callable[[], list[str]]] = {
        "theme": lambda: list(load_definitions(edition).themes),
        "owner": lambda: list(list_owners(edition)),
        "indicator": lambda: list(load_definitions(edition).in_use),
    }
    check_known(told, known)
    return Asked(**told, page=page)


def list_owners(edition: Edition) -> Mapping[str, str]:
    """Name every body that owns a definition, by its notation, in the order of the names."""
    return edition.once(
        "owners of definitions",
        lambda: {
            row["owner"]: row["label"] or row["owner"]
            for row in edition.rows(
                "SELECT DISTINCT i.owner, b.label FROM indicators i LEFT JOIN bodies b ON b.body = i.owner"
                " ORDER BY b.label, i.owner"
            )
        },
    )


def list_changes(edition: Edition, asked: Asked) -> Listing:
    """List a page of events, newest first; those of one day in the order of their names.

    Raises Failure (404) for a page after the last.
    """
    if not edition.has_table("definition_events"):
        return Listing(0, None, asked, ())
    where = " AND ".join(_CONDITIONS[name] for name in asked.filters) or "1"
    # Only conditions written above are put into the statements; every value is bound.
    told = edition.row(
        f"SELECT count(*), (SELECT c.changed_on {_FROM} WHERE {where} ORDER BY c.rowid LIMIT 1)"
        f" {_FROM} WHERE {where}",
        asked.filters,
    )
    assert told is not None
    listing = Listing(told[0], told[1], asked, ())
    if asked.page > listing.pages:
        raise Failure("address-unknown", f"The list has {count(listing.pages, 'page', 'pages')}.")
    rows = edition.rows(
        f"SELECT c.*, b.label AS owner_label, o.label AS other_label {_FROM}"
        " LEFT JOIN bodies b ON b.body = c.owner"
        " LEFT JOIN indicator_heads o ON o.indicator = c.other_indicator"
        f" WHERE c.rowid IN (SELECT c.rowid {_FROM} WHERE {where} ORDER BY c.rowid LIMIT {ON_A_PAGE} OFFSET :offset)"
        " ORDER BY c.rowid",
        {**asked.filters, "offset": (asked.page - 1) * ON_A_PAGE},
    )
    return Listing(told[0], told[1], asked, tuple(_read(edition, row) for row in rows))


def _read(edition: Edition, row: sqlite3.Row) -> Change:
    themes = load_definitions(edition).themes
    break_words = _break_words(row)
    version = row["version"]
    is_crosswalk = row["event"] == "crosswalk"
    return Change(
        entry=row["entry"],
        day=row["changed_on"],
        event=row["event"],
        indicator=row["indicator"],
        label=row["label"],
        version=version,
        previous=row["previous_version"],
        breaks=bool(row["breaks"]),
        comparable=row["comparable"],
        note=row["note"] or "",
        title=_title(row),
        break_words=break_words,
        sentences=tuple(
            sentence
            for sentence in (_step_words(row), break_words, row["note"], _after_words(row))
            if sentence
        ),
        themes=tuple(
            (theme, themes[theme].label if theme in themes else theme)
            for theme in (row["themes"] or "").split(";")
            if theme
        ),
        owner=row["owner"],
        owner_label=row["owner_label"] or row["owner"],
        address=(
            f"{address_of('indicator', row['indicator'])}#comparable"
            if is_crosswalk
            else address_of("indicator", row["indicator"], version)
        ),
    )


def _title(row: sqlite3.Row) -> str:
    """Say in one line what happened."""
    label, version, before = row["label"], row["version"], row["previous_version"]
    match row["event"]:
        case "draft":
            return f"{label}: version {version} is drafted"
        case "consultation":
            return f"{label}: comments are asked for on version {version}"
        case "withdrawn":
            return f"{label}: version {version} is withdrawn"
        case "crosswalk":
            return f"{label} and {_other(row)}: {_COMPARABLE_PAIR[row['comparable']]}"
        case _:
            return (
                f"{label}: version {version} replaces {before}"
                if before
                else f"{label}: first version, {version}"
            )


def _step_words(row: sqlite3.Row) -> str:
    """Say from which version to which, where there is one before."""
    if row["event"] in ("withdrawn", "crosswalk") or not row["previous_version"]:
        return ""
    return f"{row['previous_version']} → {row['version']}."


def _break_words(row: sqlite3.Row) -> str:
    """Say whether figures still compare, as a reader of figures needs it."""
    if row["event"] == "crosswalk":
        return f"Figures of the two are {_COMPARABLE_PAIR[row['comparable']]}."
    if row["event"] == "withdrawn" or not row["previous_version"]:
        return ""
    since = row["first_period"]
    is_planned = row["event"] != "current"
    if row["breaks"]:
        lead, verb = ("Would break", "would not") if is_planned else ("Breaks", "do not")
        return f"{lead}: figures from {since} on {verb} compare with earlier ones."
    if row["comparable"] == "with-care":
        return f"With care: figures from {since} on compare with earlier ones only with care."
    return "Does not break: figures compare with earlier ones."


def _after_words(row: sqlite3.Row) -> str:
    """Say what comes after: the definition that follows, the last day for comments."""
    if row["event"] == "withdrawn":
        if row["next_version"]:
            return f"It is followed by version {row['next_version']}."
        return f"It is followed by: {_other(row)}." if row["other_indicator"] else "Nothing follows it."
    if row["event"] == "consultation" and row["comments_until"]:
        return f"Comments until {day(dt.date.fromisoformat(row['comments_until']))}."
    return ""


def _other(row: sqlite3.Row) -> str:
    """Name the definition on the other side."""
    if row["other_indicator"]:
        return str(row["other_label"] or row["other_indicator"])
    return str(row["other_uri"]) if is_web_address(row["other_uri"]) else "a definition elsewhere"


def feed_links(path: str = "/changes", asked: Asked | None = None) -> list[Link]:
    """Give the feeds of a list of events, with their names."""
    asked = asked or Asked()
    return [Link("Atom", asked.address(f"{path}.atom")), Link("JSON Feed", asked.address(f"{path}.json"))]


def narrowed_words(edition: Edition, asked: Asked) -> str:
    """Say what a list is narrowed to, in words that follow its title; empty for the whole list."""
    definitions = load_definitions(edition)
    parts = []
    if asked.indicator:
        parts.append(definitions.in_use[asked.indicator].label)
    if asked.theme:
        parts.append(definitions.themes[asked.theme].label)
    if asked.owner:
        parts.append(list_owners(edition)[asked.owner])
    return ", ".join(parts)


def changes(edition: Edition, asked: Asked) -> Page:
    """Make the page of what happened to definitions.

    Raises Failure (404) for a page after the last.
    """
    listing = list_changes(edition, asked)
    narrowed = narrowed_words(edition, asked)
    found = count(listing.count, "change", "changes")
    frame = Frame(
        path=asked.address(page=asked.page),
        title=f"Changes: {narrowed}" if narrowed else "Changes of definitions",
        lede=f"{found}, newest first. Each says what changed and whether figures still compare.",
        crumbs=[Link("Register of definitions", "/register")],
        feeds=feed_links(asked=asked),
    )
    return make_page(
        edition,
        "changes",
        frame,
        listing=listing,
        asked=asked,
        feeds=frame.feeds,
        themes=[(one.theme, one.label) for one in load_definitions(edition).themes.values()],
        owners=list(list_owners(edition).items()),
        earlier=_page_links(listing),
    )


def _page_links(listing: Listing) -> Sequence[Link]:
    """Link to the pages of a list around the one that is shown, the first and the last."""
    here, last = listing.asked.page, listing.pages
    if last == 1:
        return ()
    shown_pages = sorted({1, last, *range(max(1, here - 2), min(last, here + 2) + 1)})
    return [Link(str(page), listing.asked.address(page=page)) for page in shown_pages]
