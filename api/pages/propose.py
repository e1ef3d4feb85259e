"""The page of the proposal desk: a form, what comes near, why, and what a proposal would add.

In:   the fields as a visitor filled them, what the edition says to them, what is wrong with them
Out:  the page, with the fields as they were filled
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api import sentences
from api.pages.page import Frame, Link, Page, make_page
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition
    from api.proposals import Considered
    from ingest.problems import Problem

# The columns that the form has, in its order.
FIELDS = ("label", "question", "numerator", "denominator", "definition", "unit", "frequency", "tier")

_LONG = frozenset({"numerator", "denominator", "definition"})
_HINTS: Mapping[str, str] = {
    "label": "What you would call it, such as: Children in care. This is the only field you must fill.",
    "question": "What it answers, as a plain question.",
    "numerator": "What is counted.",
    "denominator": "What that is divided by, if anything.",
    "definition": "Anything more that says what counts and what does not.",
}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field: `choices` are codes and labels for a field that is chosen, `fault` what is wrong with it."""

    name: str
    label: str
    hint: str
    value: str
    most: int | None
    is_long: bool
    choices: Sequence[tuple[str, str]]
    fault: str


def propose(
    edition: Edition, cells: Mapping[str, str], considered: Considered | None, problems: Sequence[Problem]
) -> Page:
    """Make the page. `cells` holds what a visitor filled in; without any the form is empty."""
    table = load_model().tables["indicators"]
    fields = [
        FormField(
            name=name,
            label=table.field(name).title,
            hint=_HINTS.get(name, ""),
            value=cells.get(name, ""),
            most=table.field(name).max_length,
            is_long=name in _LONG,
            choices=_choices(edition, name),
            fault=" ".join(found.message for found in problems if found.column == name),
        )
        for name in FIELDS
    ]
    title = "Propose an indicator"
    lede = "See first whether it is counted already. Nothing you write here is stored."
    if considered is not None:
        count = sentences.count(len(considered.near), "definition comes", "definitions come")
        lede = (
            f"{count} near what you propose." if considered.near else "Nothing published here comes near it."
        )
    frame = Frame(
        path="/propose",
        title=title,
        lede=lede,
        crumbs=[Link("Indicators", "/indicators")],
        status=400 if problems else 200,
    )
    return make_page(
        edition,
        "propose",
        frame,
        fields=fields,
        considered=considered,
        problems=problems,
        others=[found for found in problems if found.column not in FIELDS],
        labels=_labels(),
    )


def _choices(edition: Edition, name: str) -> Sequence[tuple[str, str]]:
    """List the codes of a field that is chosen; units are those of the edition."""
    if name == "unit":
        rows = edition.rows("SELECT code, label FROM codes WHERE code_list = 'unit' ORDER BY label, code")
        return [(row["code"], row["label"]) for row in rows]
    code_list = load_model().tables["indicators"].field(name).code_list
    codes = load_model().code_lists[code_list].codes if code_list else ()
    return [(code.code, code.label) for code in codes]


def _labels() -> Mapping[str, Mapping[str, str]]:
    """Give the words of the codes that the answer names."""
    lists = load_model().code_lists
    return {
        name: {code.code: code.label for code in lists[name].codes}
        for name in ("definition-status", "frequency", "tier")
    }
