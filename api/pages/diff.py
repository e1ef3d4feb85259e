"""The page of two versions of a definition beside each other.

In:   Diff
Out:  the page: each changed part with its words marked, what it means, whom it touches
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.definition_diff import Diff
from api.pages.page import Frame, Link, Page, address_of, make_page, with_query
from api.pages.rows import read_cell
from api.word_marks import Piece, mark_words
from ingest.definition_change import first_period
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

_TAGS = {"yes": "Still compares", "with-care": "Compares with care", "no": "Breaks comparison"}

_KINDS = {
    "body": ("Publishes its figures", "body", "bodies"),
    "target": ("Targets", "target", "targets"),
    "group": ("Groups that it helps to choose", "group", "groups"),
    "outcome": ("Outcomes that it shows", "outcome", "outcomes"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One changed part of the definition. The pieces before have none that came, those after none that went."""

    field: str
    title: str
    tag: str
    before: list[Piece]
    after: list[Piece]
    meaning: str


def diff_page(edition: Edition, diff: Diff) -> Page:
    """Make the page."""
    older, newer = diff.before["version"], diff.after["version"]
    path = address_of("indicator", diff.indicator) + "/diff"
    query = {"from": older, "to": newer}
    frame = Frame(
        path=with_query(path, **query),
        title=f"{diff.label}: version {older} and version {newer}",
        lede=diff.meaning,
        crumbs=[
            Link("Indicators", "/indicators"),
            Link(diff.label, address_of("indicator", diff.indicator)),
        ],
        downloads=[
            Link("These changes as JSON", with_query(f"{path}.json", **query)),
            Link("These changes as Turtle", with_query(f"{path}.ttl", **query)),
            Link("These changes as JSON-LD", with_query(f"{path}.jsonld", **query)),
        ],
    )
    return make_page(
        edition,
        "diff",
        frame,
        diff=diff,
        parts=_parts(edition, diff),
        days={
            row["version"]: sentences.day(dt.date.fromisoformat(row["valid_from"])) for row in diff.versions
        },
        touched=[
            {
                "title": _KINDS[one.kind][0],
                "links": [Link(label, address_of(one.kind, notation)) for notation, label in one.things],
                "more": one.count - len(one.things),
                "told": sentences.count(one.count, *_KINDS[one.kind][1:]),
            }
            for one in diff.touched
            if one.count
        ],
        counted=[(row["version"], *_counted(diff, row)) for row in (diff.before, diff.after)],
        restated=_span([diff.counted[newer].periods[at] for at in diff.restated], diff.after["period_kind"]),
    )


def _parts(edition: Edition, diff: Diff) -> list[Part]:
    out = []
    for one in diff.change.changes:
        pieces = mark_words(_words(edition, one.field, diff.before), _words(edition, one.field, diff.after))
        out.append(
            Part(
                one.field,
                one.title,
                "Wording" if one.level == "patch" else _TAGS[diff.change.comparable],
                [piece for piece in pieces if piece.kind != "came"],
                [piece for piece in pieces if piece.kind != "went"],
                one.meaning,
            )
        )
    return out


def _words(edition: Edition, name: str, row: Any) -> str:
    """Write a cell as a reader knows it: what its codes are called, not the codes."""
    schema = load_model().tables["indicators"]
    field = schema.field(name)
    if row[name] in (None, ""):
        return ""
    if (
        field.type == "string"
        and field.code_list is None
        and field.format == "default"
        and field.form is None
    ):
        return str(row[name])
    return ", ".join(value.text for value in read_cell(edition, schema, field, row))


def _counted(diff: Diff, row: Mapping[str, Any]) -> tuple[str, str]:
    """Say how many areas have figures by a version, and for which periods."""
    counted = diff.counted[row["version"]]
    if not counted.periods:
        return "No figures", ""
    areas = sentences.count(counted.areas, "area", "areas")
    return areas, _span(list(counted.periods.values()), row["period_kind"])


def _span(starts: Sequence[str], period_kind: str) -> str:
    """Say from which period to which some lie, by their first days; nothing where there are none."""
    names = [first_period(start, period_kind) for start in starts]
    return " to ".join(dict.fromkeys([names[0], names[-1]])) if names else ""
