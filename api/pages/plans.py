"""Plans and their outcomes: who is accountable for which part, what shows it, and whose part is missing.

In:   api/golden_thread.py
Out:  the list of plans, the page of a plan, the page of an outcome; a table for each outcome and nothing drawn
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.golden_thread import Outcome, Part, Strand, list_outcomes
from api.pages.definitions import load_definitions
from api.pages.page import LINKED_DATA, Frame, Link, Page, address_of, day_words, make_page, with_query
from api.pages.rows import find_named, list_facts, list_pointing, name_period
from api.pages.target_rows import ROWS, TargetRow
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class StrandRow:
    """What shows a body's part, in words. `target` is None where it has none."""

    label: str
    address: str
    target: TargetRow | None
    latest: str
    latest_address: str
    latest_period: str


@dataclass(frozen=True, slots=True)
class PartRow:
    part: Part
    address: str
    strands: Sequence[StrandRow]


@dataclass(frozen=True, slots=True)
class OutcomeSection:
    """An outcome with its parts in words.

    summary   how many bodies have met their part, and how many have published nothing
    missing   the names of those that have published nothing
    """

    outcome: Outcome
    address: str
    indicators: Sequence[Link]
    summary: str
    missing: str
    parts: Sequence[PartRow]


def plans(edition: Edition, query: Mapping[str, str]) -> Page:  # noqa: ARG001
    """Make the list of plans, each with its outcomes and how many bodies have published their part."""
    rows = edition.rows(
        "SELECT p.*, b.label AS owner_label FROM plans p LEFT JOIN bodies b ON b.body = p.owner"
        " ORDER BY p.start_on DESC, p.label, p.plan"
    )
    frame = Frame(
        path="/plans",
        title="Plans",
        lede=f"{sentences.count(len(rows), 'plan', 'plans')}: what bodies want to be true, and who does which part.",
        downloads=[
            Link("Plans as CSV", "/api/v1/plans?format=csv"),
            Link("Plans as JSON", "/api/v1/plans"),
            Link("Targets", "/targets"),
        ],
    )
    listed = [(row, _when(row), list_outcomes(edition, dict(row))) for row in rows]
    return make_page(edition, "plans", frame, plans=listed)


def plan(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
    """Make the page of a plan: its thread from outcomes down to figures."""
    row = find_named(edition, "plans", notation)
    if row is None:
        return None
    sections = list_sections(edition, dict(row))
    frame = Frame(
        path=address_of("plan", row["plan"]),
        title=row["label"],
        lede=row["definition"],
        crumbs=[Link("Plans", "/plans")],
        uri=edition.uri("plan", row["plan"]),
        forms=LINKED_DATA,
        downloads=[Link("This plan as CSV", with_query("/api/v1/plans", plan=row["plan"], format="csv"))],
        datasets=_datasets(sections),
    )
    hidden = ("plan", "label", "definition")
    facts = list_facts(edition, load_model().tables["plans"], row, hidden)
    pointing = list_pointing(edition, "plans", {"plan": row["plan"]}, ("outcomes",))
    return make_page(edition, "plan", frame, facts=facts, sections=sections, pointing=pointing)


def outcome(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
    """Make the page of one outcome of a plan."""
    row = find_named(edition, "outcomes", notation)
    if row is None:
        return None
    whole = find_named(edition, "plans", (row["plan"],))
    sections = [one for one in list_sections(edition, dict(whole)) if one.outcome.outcome == row["outcome"]]
    frame = Frame(
        path=address_of("outcome", row["outcome"]),
        title=row["label"],
        lede=f"An outcome of {whole['label']}.",
        crumbs=[Link("Plans", "/plans"), Link(whole["label"], address_of("plan", whole["plan"]))],
        uri=edition.uri("outcome", row["outcome"]),
        forms=LINKED_DATA,
        datasets=_datasets(sections),
    )
    hidden = ("outcome_bodies", "outcome_indicators")
    pointing = list_pointing(edition, "outcomes", {"outcome": row["outcome"]}, hidden)
    return make_page(edition, "plan", frame, facts=[], sections=sections, pointing=pointing)


def list_sections(edition: Edition, row: Mapping[str, Any]) -> list[OutcomeSection]:
    """Put the thread of a plan into words."""
    outcomes = list_outcomes(edition, row)
    strands = [strand for one in outcomes for part in one.parts for strand in part.strands]
    told = _Words(edition, strands)
    return [
        OutcomeSection(
            one,
            address_of("outcome", one.outcome),
            [Link(each["label"], address_of("indicator", each["indicator"])) for each in one.indicators],
            summarise(one),
            ", ".join(part.label for part in one.missing),
            [
                PartRow(part, address_of("body", part.body), [told.write(strand) for strand in part.strands])
                for part in one.parts
            ],
        )
        for one in outcomes
    ]


def summarise(one: Outcome) -> str:
    """Say how many bodies have met their part; nothing is added up to a score."""
    if not one.parts:
        return "No body is named as accountable for it."
    count = len(one.parts)
    bodies = sentences.count(count, "body is", "bodies are")
    told = [f"{bodies} accountable for a part"]
    words = (("met", "met"), ("not-met", "not met"), ("cannot-tell", "cannot be told"))
    for code, said in words:
        if found := one.count(code):
            told.append(f"{found} {said}")
    told.append(f"{len(one.missing)} {'has' if len(one.missing) == 1 else 'have'} published nothing")
    return f"{told[0]}: {', '.join(told[1:])}."


class _Words:
    """Writes strands, with the rows of their targets read at once."""

    def __init__(self, edition: Edition, strands: Sequence[Strand]) -> None:
        self._edition = edition
        self._definitions = load_definitions(edition)
        wanted = {strand.progress["target"] for strand in strands if strand.progress is not None}
        marks = ",".join("?" * len(wanted))
        rows = edition.rows(f"{ROWS} WHERE g.target IN ({marks})", sorted(wanted)) if wanted else []
        self._rows = {(row["target"], row["area"]): dict(row) for row in rows}

    def write(self, strand: Strand) -> StrandRow:
        """Put one strand into words."""
        definition = self._definitions.in_use[strand.indicator]
        target = None
        if strand.progress is not None:
            row = self._rows[strand.progress["target"], strand.progress["area"]]
            target = TargetRow(row, definition)
        latest, text, address, period = strand.latest, "", "", ""
        if latest is not None:
            text = sentences.figure(sentences.exact(latest["value"]), definition.unit, definition.decimals)
            address = address_of(
                "observation", latest["dataset"], latest["indicator"], latest["area"], latest["period"]
            )
            period = name_period(self._edition, latest["period"]).text
        return StrandRow(
            strand.label, address_of("indicator", strand.indicator), target, text, address, period
        )


def _datasets(sections: Sequence[OutcomeSection]) -> set[str]:
    return {
        str(strand.latest["dataset"])
        for section in sections
        for row in section.parts
        for strand in row.part.strands
        if strand.latest is not None
    }


def _when(row: Any) -> str:
    until = f" to {day_words(row['end_on'])}" if row["end_on"] else " on"
    return f"From {day_words(row['start_on'])}{until}"
