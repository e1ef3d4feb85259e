"""The pages of the reconciliation service: a list that is pasted, what was found, and a small preview.

In:   what a visitor pasted and chose, the candidates of each name
Out:  the form, a table of names with match, code, URI, reason and other candidates
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.known_names import KINDS, Known, label_of, load_index
from api.pages.page import Frame, Link, Page, address_of, make_page
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition
    from api.matching import Candidate


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a visitor pasted and chose, as it was written."""

    names: str = ""
    column: str = ""
    kind: str = "area"
    day: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One name with what it can mean. `reason` says why there is a match, or why there is none."""

    written: str
    match: Candidate | None
    others: Sequence[Candidate]
    reason: str


# Rows of the table on a page; CSV has them all.
MOST_SHOWN = 300

# The columns of the table as CSV.
COLUMNS = ("as_written", "match", "code", "uri", "name", "reason", "others")


def reconcile_list(
    edition: Edition, pasted: Pasted, lines: Sequence[Line], faults: Sequence[tuple[str, str]], most: int
) -> Page:
    """Make the page of the form, with the table where there are names, or with what is wrong."""
    matched = sum(line.match is not None for line in lines)
    lede = (
        "Paste names as people write them. You get codes, addresses that stay, and the reason of each match."
    )
    if lines:
        names = sentences.count(len(lines), "name", "names")
        lede = f"{matched:,} of {names} matched. The rest is yours to decide."
    kinds = load_model().kinds
    frame = Frame(
        path="/reconcile/list",
        title="Match your list",
        lede=lede,
        crumbs=[Link("API", "/api")],
        status=400 if faults else 200,
    )
    return make_page(
        edition,
        "reconcile_list",
        frame,
        pasted=pasted,
        lines=lines[:MOST_SHOWN],
        count=len(lines),
        faults=faults,
        fault_of=dict(faults),
        most=most,
        kinds=[(kind, kinds[kind].address.capitalize()) for kind in KINDS],
        address=lambda known: address_of(known.kind, known.notation),
        label_of=label_of,
    )


def as_rows(edition: Edition, lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Write the table as rows of CSV, with the columns COLUMNS."""
    return [
        {
            "as_written": line.written,
            "match": line.match is not None,
            "code": line.match.known.notation if line.match else None,
            "uri": edition.uri(line.match.known.kind, line.match.known.notation) if line.match else None,
            "name": line.match.known.label if line.match else None,
            "reason": line.reason,
            "others": [f"{one.known.label} ({one.known.notation})" for one in line.others],
        }
        for line in lines
    ]


def reconcile_preview(edition: Edition, known: Known) -> Page:
    """Make the small page of a thing, for a frame."""
    index = load_index(edition)
    heirs = [index.things[one] for one in index.followers.get(known.id, ()) if one in index.things]
    begin, end = known.spans[0]
    facts = [("Code", known.notation)]
    if known.kind != "indicator":
        facts += [
            (title, sentences.day(dt.date.fromisoformat(day)))
            for title, day in (("Exists from", begin), ("Existed until", end))
            if day
        ]
        if heirs and known.ended_on:
            facts.append(("Followed by", sentences.listed([one.label for one in dict.fromkeys(heirs)])))
    frame = Frame(path="", title=known.label)
    return make_page(
        edition,
        "reconcile_preview",
        frame,
        known=known,
        type=label_of(known),
        facts=facts,
        document=address_of(known.kind, known.notation),
    )
