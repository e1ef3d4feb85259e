"""Pages of any kind of thing, from the schemas alone; and the short lists of all things of a kind.

In:   a kind of schemas/kinds.yaml and a notation
Out:  its facts in words with links, and the rows that point at it

A kind that deserves a page of its own has a module; it may use the same facts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from api import sentences
from api.pages.page import LINKED_DATA, Frame, Link, Page, make_page, with_query
from api.pages.rows import (
    LABELS,
    Fact,
    Value,
    address_of_row,
    label_column,
    label_of,
    list_facts,
    list_pointing,
)
from api.things import find_thing
from schemas import Kind, load_model

if TYPE_CHECKING:
    from api.edition import Edition

# Things on one page of a list.
ROWS = 100

PageMaker = Callable[["Edition", Sequence[str], Mapping[str, str]], Page | None]
ListMaker = Callable[["Edition", Mapping[str, str]], Page]


def plural(kind: Kind) -> str:
    """Name several things of a kind, as the address does.

    >>> plural(load_model().kinds["code-list"])
    'Code lists'
    """
    return kind.address.replace("-", " ").capitalize()


def make_thing_page(kind_name: str) -> PageMaker:
    """Make the page of things of a kind that has no module of its own."""

    def thing(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
        kind = load_model().kinds[kind_name]
        found = find_thing(edition, kind, notation)
        if found is None or kind.table is None:
            return None
        schema = load_model().table(kind.table)
        lead = next((name for name in ("definition", "description", "question") if found.row.get(name)), None)
        key = {name: str(found.row[name]) for name in schema.primary_key}
        frame = Frame(
            path=found.address,
            title=label_of(schema, found.row),
            lede=None,
            crumbs=[Link(plural(kind), f"/{kind.address}")],
            uri=found.uri(edition),
            forms=LINKED_DATA,
        )
        shown = label_column(schema)
        facts = list_facts(edition, schema, found.row, [*([shown] if shown else []), lead or ""])
        return make_page(
            edition,
            "thing",
            frame,
            kind=kind,
            lead=found.row[lead] if lead else "",
            facts=facts,
            pointing=list_pointing(edition, schema.name, key),
            links=_links(key),
        )

    return thing


def _links(key: Mapping[str, str]) -> list[Link]:
    """Lead from a theme to its indicators."""
    if key.get("code_list") != "theme":
        return []
    return [Link("Indicators about this", with_query("/indicators", theme=key["code"]))]


def make_list_page(kind_name: str) -> ListMaker:
    """Make the list of all things of a kind, by name, a page at a time."""

    def things(edition: Edition, query: Mapping[str, str]) -> Page:
        model = load_model()
        kind = model.kinds[kind_name]
        schema = model.table(kind.table or "")
        wanted = query.get("page", "1")
        page = max(int(wanted), 1) if wanted.isdecimal() and len(wanted) < 6 else 1
        names = [f'"{name}"' for name in LABELS if name in schema.field_names]
        keys = [f'"{name}"' for name in schema.primary_key]
        # Tables and columns of the model only.
        count = edition.value(f'SELECT count(*) FROM "{schema.name}"')  # noqa: S608
        pages = max((count + ROWS - 1) // ROWS, 1)
        page = min(page, pages)
        order = f"coalesce({', '.join([*names, keys[0]])}), " if names else ""
        rows = edition.rows(
            f'SELECT * FROM "{schema.name}" ORDER BY {order}{", ".join(keys)}'  # noqa: S608
            f" LIMIT {ROWS} OFFSET {(page - 1) * ROWS}"
        )
        items = [
            (label_of(schema, row), address_of_row(schema, row), _beside(schema.primary_key, row))
            for row in rows
        ]
        frame = Frame(
            path=with_query(f"/{kind.address}", page=str(page) if page > 1 else None),
            title=plural(kind),
            lede=f"{sentences.count(count, kind.label.lower(), plural(kind).lower())}. {schema.description}",
        )
        links = [
            Link(str(number), with_query(f"/{kind.address}", page=str(number)))
            for number in range(1, pages + 1)
        ]
        return make_page(
            edition, "things", frame, items=items, pages=links if pages > 1 else [], page=page, columns=True
        )

    return things


def _beside(key: Sequence[str], row: object) -> str:
    """Give the notation that stands beside a name."""
    return " ".join(str(row[name]) for name in key)  # type: ignore[index]


def period(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
    """Make the page of a period: its days, and the indicators that have figures for it."""
    if len(notation) != 1:
        return None
    row = edition.row("SELECT * FROM periods WHERE period = ?", (notation[0],))
    if row is None:
        return None
    start_on, end_on = (dt.date.fromisoformat(row[name]) for name in ("start_on", "end_on"))
    words = sentences.period_words(sentences.Span(row["label"], start_on, end_on))
    kind = load_model().code_lists["period-kind"].code(row["kind"])
    indicators = edition.rows(
        "SELECT DISTINCT h.indicator, h.label FROM distributions d"
        " JOIN indicator_heads h ON h.indicator = d.indicator WHERE d.period = ? ORDER BY h.label",
        (notation[0],),
    )
    frame = Frame(
        path=f"/periods/{notation[0]}",
        title=words,
        lede=f"{kind.label}. From {sentences.day(start_on)} to {sentences.day(end_on)}.",
        crumbs=[Link("Periods", "/periods")],
        uri=edition.uri("period", notation[0]),
        forms=LINKED_DATA,
    )
    facts = [
        Fact("Notation", "", [Value(row["period"])]),
        Fact("Kind", "", [Value(kind.label, f"/codes/period-kind/{kind.code}")]),
        Fact("Length", "", [Value(row["length"])]),
    ]
    return make_page(edition, "period", frame, facts=facts, indicators=indicators, period=notation[0])
