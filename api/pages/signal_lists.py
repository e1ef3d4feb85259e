"""Signals as every door lists them: the same filters, the same order, the same sentences.

In:   the derived table signals of an edition, and what a request narrows it to
Out:  some signals, what moved last first; their page; those of an area or a body that are open

A signal moves on the day it opens and on the day it clears. Both are in the data: nothing looks at a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from starlette.datastructures import QueryParams

from api.failures import Failure
from api.pages.definitions import load_definitions
from api.pages.narrowing import Narrowing, OnPages, check_known, read_filters
from api.pages.page import Frame, Link, Page, address_of, day_words, make_page, with_query
from api.sentences import count

if TYPE_CHECKING:
    from api.edition import Edition

ON_A_PAGE = OnPages.ON_A_PAGE
# Signals that an area's or a body's page lists; the register has all.
_ON_OTHER_PAGES = 8


_CONDITIONS: Mapping[str, str] = {
    "rule": "s.rule = :rule",
    "area": "s.area = :area",
    "body": "s.body = :body",
    "theme": "s.indicator IN (SELECT indicator FROM indicator_themes WHERE theme = :theme)",
    "state": "s.is_open = (:state = 'open')",
}
STATES = {"open": "Open", "cleared": "Cleared"}

_SELECT = (
    "SELECT s.*, r.label AS rule_label, coalesce(a.everyday_label, a.label) AS area_label, b.label AS body_label,"
    " h.label AS indicator_label, l.label AS breakdown_label, q.label AS question_label, e.label AS ending_label,"
    " coalesce(s.cleared_on, s.opened_on) AS moved_on,"
    " (SELECT count(*) FROM responses p WHERE p.signal = s.signal) AS response_count"
    " FROM signals s JOIN signal_rules r ON r.rule = s.rule AND r.version = s.rule_version"
    " LEFT JOIN areas a ON a.area = s.area LEFT JOIN bodies b ON b.body = s.body"
    " LEFT JOIN indicator_heads h ON h.indicator = s.indicator"
    " LEFT JOIN breakdowns l ON l.breakdown = s.breakdown AND s.breakdown <> ''"
    " LEFT JOIN judgements j ON j.judgement = s.newest_judgement"
    " LEFT JOIN framework_questions q ON q.framework = j.framework AND q.version = j.version"
    " AND q.question = j.question"
    " LEFT JOIN codes e ON e.code_list = 'signal-ending' AND e.code = s.ending"
)


@dataclass(frozen=True, slots=True)
class Told:
    """One signal in words.

    about     the indicator or the question, with the part of the people where it is about a part
    whom      the area, else the body
    state     open or cleared, since when and why
    moved_on  ISO 8601: the day it opened or cleared last
    """

    signal: str
    rule: str
    rule_label: str
    about: str
    whom: str
    opened_on: str
    cleared_on: str | None
    moved_on: str
    state: str
    is_open: bool
    times: int
    evidence: str
    responses: int
    themes: tuple[tuple[str, str], ...]
    body: str | None
    body_label: str

    @property
    def title(self) -> str:
        return f"{self.whom}: {self.rule_label}, {self.about}"

    @property
    def address(self) -> str:
        return address_of("signal", self.signal)

    @property
    def reply_words(self) -> str:
        """Say whether anybody answered."""
        return count(self.responses, "response", "responses") if self.responses else "No response yet"

    @property
    def words(self) -> str:
        return f"{self.evidence} {self.state} {self.reply_words}. A signal is worth a second look; it is no verdict."


@dataclass(frozen=True)
class Asked(Narrowing):
    """What a list is narrowed to; an empty text is no filter."""

    path: ClassVar[str] = "/signals"

    rule: str = ""
    area: str = ""
    body: str = ""
    theme: str = ""
    state: str = ""


# What an address may narrow the list by.
FILTERS = Asked.names()
PARAMETERS = (*FILTERS, "page")


@dataclass(frozen=True)
class Listing(OnPages):
    asked: Asked
    signals: tuple[Told, ...]


def has_register(edition: Edition) -> bool:
    """Say whether an edition has a register: those of earlier versions have none."""
    return edition.has_table("signals")


def read_asked(edition: Edition, query: QueryParams) -> Asked:
    """Read what a request narrows the list to.

    Raises Failure: for a value that there is not, with the nearest; for a parameter that is there twice; for what is
    no number of a page.
    """
    told, page = read_filters(query, FILTERS)
    known: Mapping[str, Callable[[], list[str]]] = {
        "rule": lambda: [one[0] for one in list_rules(edition)],
        "area": lambda: [row[0] for row in edition.rows("SELECT area FROM areas")],
        "body": lambda: [row[0] for row in edition.rows("SELECT body FROM bodies")],
        "theme": lambda: list(load_definitions(edition).themes),
        "state": lambda: list(STATES),
    }
    check_known(told, known)
    return Asked(**told, page=page)


def list_rules(edition: Edition) -> list[tuple[str, str]]:
    """Give every rule with the name of its newest version."""
    if not has_register(edition):
        return []
    rows = edition.rows('SELECT rule, label FROM signal_rules ORDER BY rule, CAST("version" AS INTEGER)')
    return list({row["rule"]: row["label"] for row in rows}.items())


def list_signals(edition: Edition, asked: Asked) -> Listing:
    """List a page of signals, what moved last first.

    Raises Failure (404) for a page after the last.
    """
    if not has_register(edition):
        return Listing(0, None, asked, ())
    where = " AND ".join(_CONDITIONS[name] for name in asked.filters) or "1"
    # Only conditions written above are put into the statements; every value is bound.
    told = edition.row(
        f"SELECT count(*), max(coalesce(s.cleared_on, s.opened_on)) FROM signals s WHERE {where}",  # noqa: S608
        asked.filters,
    )
    assert told is not None
    listing = Listing(told[0], told[1], asked, ())
    if asked.page > listing.pages:
        raise Failure("address-unknown", f"The list has {count(listing.pages, 'page', 'pages')}.")
    found = _read(edition, where, asked.filters, ON_A_PAGE, (asked.page - 1) * ON_A_PAGE)
    return Listing(told[0], told[1], asked, found)


def _read(
    edition: Edition, where: str, params: Mapping[str, str], limit: int, offset: int = 0
) -> tuple[Told, ...]:
    # Conditions and numbers of our own; every value is bound.
    chosen = (
        f"SELECT s.signal FROM signals s WHERE {where}"  # noqa: S608
        f" ORDER BY coalesce(s.cleared_on, s.opened_on) DESC, s.signal LIMIT {limit} OFFSET {offset}"
    )
    # What other tables say is looked up for the chosen alone.
    rows = edition.rows(
        f"{_SELECT} WHERE s.signal IN ({chosen}) ORDER BY moved_on DESC, s.signal",
        params,
    )
    return tuple(read_told(edition, dict(row)) for row in rows)


def find_told(edition: Edition, signal: str) -> Told | None:
    """Find one signal in words."""
    found = _read(edition, "s.signal = :signal", {"signal": signal}, 1)
    return found[0] if found else None


def list_open(edition: Edition, name: str, value: str) -> tuple[Sequence[Told], int]:
    """List the newest open signals of an area or a body, and count all of them."""
    if not has_register(edition):
        return (), 0
    where = f"{_CONDITIONS[name]} AND s.is_open"
    # A condition of our own; the value is bound.
    total = edition.value(f"SELECT count(*) FROM signals s WHERE {where}", {name: value})  # noqa: S608
    return (_read(edition, where, {name: value}, _ON_OTHER_PAGES), total) if total else ((), 0)


def list_of_judgement(edition: Edition, judgement: str) -> tuple[Told, ...]:
    """List the signals that a judgement opened or was the newest of."""
    if not has_register(edition):
        return ()
    where = "s.judgement = :judgement OR s.newest_judgement = :judgement"
    return _read(edition, where, {"judgement": judgement}, _ON_OTHER_PAGES)


def read_told(edition: Edition, row: Mapping[str, object]) -> Told:
    definitions = load_definitions(edition)
    indicator, part = row["indicator"], row["breakdown_label"]
    about = str(row["indicator_label"] or row["question_label"] or "")
    definition = definitions.in_use.get(str(indicator)) if indicator else None
    themes = definition.themes if definition is not None else ()
    return Told(
        signal=str(row["signal"]),
        rule=str(row["rule"]),
        rule_label=str(row["rule_label"]),
        about=f"{about} ({part})" if part else about,
        whom=str(row["area_label"] or row["body_label"] or ""),
        opened_on=str(row["opened_on"]),
        cleared_on=None if row["cleared_on"] is None else str(row["cleared_on"]),
        moved_on=str(row["moved_on"]),
        state=_state_words(row),
        is_open=bool(row["is_open"]),
        times=int(str(row["times"])),
        evidence=str(row["evidence"]),
        responses=int(str(row["response_count"])),
        themes=tuple(
            (theme, definitions.themes[theme].label) for theme in themes if theme in definitions.themes
        ),
        body=None if row["body"] is None else str(row["body"]),
        body_label=str(row["body_label"] or ""),
    )


def _state_words(row: Mapping[str, object]) -> str:
    opened, times = day_words(str(row["opened_on"])), int(str(row["times"]))
    lasting = f", at {count(times, 'check', 'checks in a row')}" if times > 1 else ""
    if row["is_open"]:
        return f"Open since {opened}{lasting}."
    cleared = day_words(str(row["cleared_on"]))
    return f"Open from {opened} to {cleared}{lasting}. {row['ending_label']}."


def feed_links(asked: Asked | None = None) -> list[Link]:
    """Give the feeds of a list of signals, with their names."""
    asked = asked or Asked()
    return [Link("Atom", asked.address("/signals.atom")), Link("JSON Feed", asked.address("/signals.json"))]


def narrowed_words(edition: Edition, asked: Asked) -> str:
    """Say what a list is narrowed to, in words that follow its title; empty for the whole list."""
    parts = []
    if asked.rule:
        parts.append(dict(list_rules(edition))[asked.rule])
    for name, sql in (
        ("area", "SELECT coalesce(everyday_label, label) FROM areas WHERE area = ?"),
        ("body", "SELECT label FROM bodies WHERE body = ?"),
    ):
        if getattr(asked, name):
            parts.append(str(edition.value(sql, (getattr(asked, name),))))
    if asked.theme:
        parts.append(load_definitions(edition).themes[asked.theme].label)
    if asked.state:
        parts.append(STATES[asked.state].lower())
    return ", ".join(parts)


def signals(edition: Edition, asked: Asked) -> Page:
    """Make the page of the register.

    Raises Failure (404) for a page after the last.
    """
    listing = list_signals(edition, asked)
    narrowed = narrowed_words(edition, asked)
    frame = Frame(
        path=asked.address(page=asked.page),
        title=f"Early warnings: {narrowed}" if narrowed else "Early warnings",
        lede="Signs worth a second look, not verdicts. Each follows from a published rule; anyone can find it again.",
        downloads=[
            Link("CSV", data_address(asked, "csv")),
            Link("JSON", data_address(asked, "json")),
            Link("Rules", "/signal-rules"),
        ],
        feeds=feed_links(asked),
    )
    areas = edition.once(
        "areas with signals",
        lambda: (
            [
                (row["area"], row["name"])
                for row in edition.rows(
                    "SELECT DISTINCT s.area, coalesce(a.everyday_label, a.label) AS name FROM signals s"
                    " JOIN areas a ON a.area = s.area ORDER BY name, s.area"
                )
            ]
            if has_register(edition)
            else []
        ),
    )
    last = listing.pages
    around = sorted({1, last, *range(max(1, asked.page - 2), min(last, asked.page + 2) + 1)})
    return make_page(
        edition,
        "signals",
        frame,
        listing=listing,
        asked=asked,
        rules=list_rules(edition),
        counts=list_counts(edition),
        states=list(STATES.items()),
        themes=[(one.theme, one.label) for one in load_definitions(edition).themes.values()],
        areas=areas,
        body=narrowed_words(edition, Asked(body=asked.body)) if asked.body else "",
        pages=[(number, asked.address(page=number)) for number in around] if last > 1 else [],
    )


def data_address(asked: Asked, form: str) -> str:
    """Give the address of the same list as data of the API."""
    filters = {name: value for name, value in asked.filters.items() if name != "state"}
    if asked.state:
        filters["is_open"] = "true" if asked.state == "open" else "false"
    return with_query("/api/v1/signals", **filters, format=form)


def list_counts(edition: Edition) -> Sequence[Mapping[str, object]]:
    """Give for each rule that is applied its checks, its signals and what chance alone would make."""
    if not has_register(edition):
        return ()
    return [
        dict(row)
        for row in edition.rows(
            "SELECT c.*, r.label, r.kind FROM signal_counts c JOIN signal_rules r ON r.rule = c.rule"
            " AND r.version = c.version ORDER BY r.label"
        )
    ]
