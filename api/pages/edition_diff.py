"""What an edition says otherwise than another one, in words.

In:   two open editions
Out:  Difference: counts and lists of figures and definitions; their page
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.failures import Failure
from api.pages.definitions import load_definitions
from api.pages.page import Frame, Link, Page, address_of, make_page, with_query
from api.pages.revisions import TABLE, write_said
from publish.edition_diff import (
    KINDS,
    DefinitionsDiff,
    DiffTooSlow,
    FiguresDiff,
    compare_definitions,
    compare_figures,
)

if TYPE_CHECKING:
    from api.edition import Edition

# Figures of each kind that are told one by one, and seconds that two editions may take.
MOST_TOLD = 100
_SECONDS = 20.0

TITLES: Mapping[str, str] = {
    "revised": "Revised",
    "withdrawn": "Withdrawn",
    "added": "Added",
    "recounted": "Counted by another version, with the same value",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Two editions, and what the later one says otherwise.

    reasons   of revised and withdrawn figures that are told one by one, by the path of the figure
    """

    before: Edition
    after: Edition
    figures: FiguresDiff
    definitions: DefinitionsDiff
    reasons: Mapping[str, str]

    @property
    def counts(self) -> dict[str, int]:
        """How many figures and definitions of what happened."""
        told = self.definitions
        return self.figures.counts | {
            "definitions_added": len(told.added),
            "definitions_withdrawn": len(told.withdrawn),
            "definitions_changed": len(told.changed),
        }


def find_difference(before: Edition, after: Edition) -> Difference:
    """Compare two editions; kept while the later one is open.

    Raises Failure where that takes too long.
    """
    return after.once(("difference", before.name), lambda: _compare(before, after))


def _compare(before: Edition, after: Edition) -> Difference:
    try:
        figures = compare_figures(before.folder, after.folder, most=MOST_TOLD, seconds=_SECONDS)
    except DiffTooSlow:
        raise Failure("busy", headers={"Retry-After": "60"}) from None
    told = [path_of(row) for kind in ("revised", "withdrawn") for row in figures.first[kind]]
    return Difference(
        before,
        after,
        figures,
        compare_definitions(before.folder, after.folder),
        _find_reasons(after, told),
    )


def _find_reasons(edition: Edition, figures: Sequence[str]) -> dict[str, str]:
    """Say why figures changed last, as the later edition's revisions have it."""
    if not edition.has_table(TABLE):
        return {}
    rows = edition.rows(
        "SELECT figure, reason FROM revisions WHERE figure IN (SELECT value FROM json_each(?)) ORDER BY revised_on",
        (json.dumps(list(figures)),),
    )
    return {row["figure"]: row["reason"] for row in rows}


def path_of(row: Mapping[str, Any]) -> str:
    """Write the path of a figure's address."""
    codes = row["breakdown"].split(";") if row["breakdown"] else []
    return "/".join([*(row[name] for name in ("dataset", "indicator", "area", "period")), *codes])


def as_document(found: Difference) -> dict[str, Any]:
    """Say a difference as JSON has it."""
    definitions = found.definitions
    return {
        "from": found.before.name,
        "to": found.after.name,
        "counts": found.counts,
        "datasets": [
            {"dataset": dataset, **{kind: told.get(kind, 0) for kind in KINDS}}
            for dataset, told in found.figures.datasets.items()
        ],
        "figures": {
            kind: [
                {"figure": path_of(row), **row, "reason": found.reasons.get(path_of(row))}
                for row in found.figures.first[kind]
            ]
            for kind in KINDS
        },
        "figures_told_at_most": MOST_TOLD,
        "definitions": {
            "added": [{"indicator": name, "version": version} for name, version in definitions.added],
            "withdrawn": [{"indicator": name, "version": version} for name, version in definitions.withdrawn],
            "changed": [
                {"indicator": name, "from": version, "to": later}
                for name, version, later in definitions.changed
            ],
        },
    }


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of a list: what it is of, what was said of it before and after, and why it changed."""

    title: str
    address: str
    before: str
    after: str
    reason: str


def edition_difference(found: Difference) -> Page:
    """Make the page of the difference between two editions."""
    before, after = found.before, found.after
    counts = found.counts
    frame = Frame(
        path=with_query(f"{address_of('edition', after.name)}/diff", **{"from": before.name}),
        title=f"What changed from edition {before.name} to {after.name}",
        lede=_lede(counts),
        crumbs=[Link("Editions", "/editions"), Link(after.name, address_of("edition", after.name))],
        downloads=[
            Link(
                "JSON", with_query(f"{address_of('edition', after.name)}/diff.json", **{"from": before.name})
            )
        ],
        datasets=found.figures.datasets,
    )
    names = {row["dataset"]: row["title"] for row in after.rows("SELECT dataset, title FROM datasets")}
    labels = {name: one.label for name, one in load_definitions(after).in_use.items()}
    return make_page(
        after,
        "edition_diff",
        frame,
        before=before.name,
        datasets=[
            (names.get(dataset, dataset), dataset, [told.get(kind, 0) for kind in KINDS], dataset in names)
            for dataset, told in found.figures.datasets.items()
        ],
        headings=[TITLES[kind] for kind in KINDS],
        lists=[
            (TITLES[kind], counts[kind], _lines(found, kind)) for kind in KINDS if found.figures.first[kind]
        ],
        definitions=found.definitions,
        labels=labels,
    )


def _lede(counts: Mapping[str, int]) -> str:
    told = [
        f"{sentences.count(counts[kind], 'figure', 'figures')} {word}"
        for kind, word in (("revised", "revised"), ("withdrawn", "withdrawn"), ("added", "added"))
    ]
    changed = counts["definitions_changed"] + counts["definitions_added"] + counts["definitions_withdrawn"]
    told.append(f"{sentences.count(changed, 'definition', 'definitions')} changed")
    return f"{sentences.listed(told)}."


def _lines(found: Difference, kind: str) -> list[Line]:
    """Say in words what became of the first figures of a kind."""
    rows = found.figures.first[kind]
    codes = json.dumps(sorted({row[name] for row in rows for name in ("area", "period", "breakdown")}))
    labels: dict[str, str] = {}
    for edition in (found.before, found.after):
        for sql in (
            "SELECT area, coalesce(everyday_label, label) FROM areas WHERE area",
            "SELECT period, label FROM periods WHERE period",
            "SELECT breakdown, label FROM breakdowns WHERE breakdown <> '' AND breakdown",
        ):
            # A statement of our own; the values are bound.
            told = edition.rows(f"{sql} IN (SELECT value FROM json_each(?))", (codes,))  # noqa: S608
            labels |= {row[0]: row[1] for row in told}
    out = []
    for row in rows:
        edition = found.before if kind == "withdrawn" else found.after
        head = load_definitions(edition).in_use.get(row["indicator"])
        parts = [head.label if head else row["indicator"]]
        parts += [labels.get(row[name], row[name]) for name in ("area", "period", "breakdown") if row[name]]
        path = path_of(row)
        address = address_of("observation", *path.split("/"))
        out.append(
            Line(
                title=", ".join(parts),
                address=with_query(address, edition=found.before.name) if kind == "withdrawn" else address,
                before=write_said(found.before, row, "before"),
                after=write_said(found.after, row, "after"),
                reason=found.reasons.get(path, ""),
            )
        )
    return out
