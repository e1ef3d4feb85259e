"""The list of indicators by theme, which people narrow to what they look for.

In:   filters, as a visitor wrote them
Out:  a page with a form that counts what each choice would leave; what is not known leaves nothing
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api import sentences
from api.pages.changes import feed_links, list_owners
from api.pages.definitions import Definition, Definitions, Theme, load_definitions, version_order
from api.pages.page import Frame, Link, Page, make_page, with_query
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

# The name of each filter in an address and on the page, what stands for all, and what the filter asks.
_FILTERS = (
    (
        "theme",
        "Topic",
        "All topics",
        "What the figures are about. A definition may belong to several topics.",
    ),
    ("owner", "Owner", "All owners", "The body that decides what is counted."),
    (
        "evidence",
        "Kind of evidence",
        "All kinds",
        "What a figure can tell: how a service does, or what a place is like.",
    ),
    ("status", "Stage", "All stages", "Whether the definition is in use."),
    ("area_type", "Kind of area", "All areas", "The places that have figures of it."),
    (
        "tier",
        "Who answers",
        "All councils",
        "The councils that run the service, or every council where it is about the place.",
    ),
)

# The code lists that say what a choice means.
_CODE_LISTS = {
    "evidence": "evidence",
    "status": "definition-status",
    "area_type": "area-type",
    "tier": "tier",
}

_STAGES = {"draft": "Draft", "consultation": "Open for comment", "withdrawn": "Withdrawn"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter on the page. `pairs` are the codes with their names and how many definitions each leaves."""

    name: str
    label: str
    every: str
    asks: str
    pairs: Sequence[tuple[str, str]]
    chosen: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Item:
    """One definition of the list. `marks` say in words where it stands, if it is not simply in use."""

    definition: Definition
    evidence: str
    marks: Sequence[str]


def indicators(edition: Edition, query: Mapping[str, str]) -> Page:
    """Make the list of indicators by theme, narrowed by what the form asks."""
    definitions = load_definitions(edition)
    chosen = {name: query.get(name, "") for name, *_ in _FILTERS}
    facts = _facts(edition, definitions)
    listed = [
        one
        for one in sorted(definitions.in_use.values(), key=lambda one: one.label)
        if _fits(facts[one.indicator], chosen)
    ]
    every = sentences.count(len(facts), "indicator", "indicators")
    lede = f"{every}, each with one definition and its history."
    if any(chosen.values()):
        verb = "fits" if len(listed) == 1 else "fit"
        lede = f"{len(listed):,} of {every} {verb} your choice."
    data = {name: value for name, value in chosen.items() if value}
    frame = Frame(
        path=with_query("/indicators", **chosen),
        title="Indicators",
        lede=lede,
        downloads=[
            Link("Indicators as CSV", with_query("/indicators.csv", **data)),
            Link("Indicators as JSON", with_query("/indicators.json", **data)),
        ],
        feeds=feed_links(),
    )
    return make_page(
        edition,
        "indicators",
        frame,
        sections=_sections(definitions, listed),
        choices=_choices(edition, definitions, facts, chosen),
        is_narrowed=any(chosen.values()),
    )


def _facts(edition: Edition, definitions: Definitions) -> Mapping[str, Mapping[str, Collection[str]]]:
    """Give what each indicator is found by: for each filter the codes that it answers to."""
    kinds: dict[str, set[str]] = {}
    if edition.has_table("indicator_area_types"):
        for row in edition.rows("SELECT indicator, area_type FROM indicator_area_types"):
            kinds.setdefault(row["indicator"], set()).add(row["area_type"])
    return {
        one.indicator: {
            "theme": one.themes,
            "owner": (one.owner,),
            "evidence": (one.evidence,),
            "status": (one.status,),
            "area_type": kinds.get(one.indicator, ()),
            "tier": (one.tier,),
        }
        for one in definitions.in_use.values()
    }


def _fits(facts: Mapping[str, Collection[str]], chosen: Mapping[str, str]) -> bool:
    return all(not value or value in facts[name] for name, value in chosen.items())


def _choices(
    edition: Edition,
    definitions: Definitions,
    facts: Mapping[str, Mapping[str, Collection[str]]],
    chosen: Mapping[str, str],
) -> list[Choice]:
    """Make the filters of the form. A choice that would leave nothing is left out, unless it is the one made."""
    lists = load_model().code_lists
    names: dict[str, dict[str, str]] = {
        "theme": {one.theme: one.label for one in definitions.themes.values()},
        "owner": dict(list_owners(edition)),
    }
    for name, code_list in _CODE_LISTS.items():
        names[name] = {code.code: code.label for code in lists[code_list].codes}
    found = []
    for name, label, every, asks in _FILTERS:
        others = {other: value for other, value in chosen.items() if other != name}
        fitting = [one for one in facts.values() if _fits(one, others)]
        counts = {code: sum(code in one[name] for one in fitting) for code in names[name]}
        meaning = ""
        if name in _CODE_LISTS and chosen[name] in names[name]:
            meaning = lists[_CODE_LISTS[name]].code(chosen[name]).definition
        found.append(
            Choice(
                name=name,
                label=label,
                every=every,
                asks=asks,
                pairs=[
                    (code, f"{words} ({counts[code]})")
                    for code, words in names[name].items()
                    if counts[code] or code == chosen[name]
                ],
                chosen=chosen[name],
                meaning=meaning,
            )
        )
    return found


def _sections(definitions: Definitions, listed: Sequence[Definition]) -> list[tuple[Theme, list[Item]]]:
    """Put definitions under their main theme, in the order of the themes."""
    evidence = {code.code: code.label for code in load_model().code_lists["evidence"].codes}
    inside: dict[str, list[Item]] = {}
    for one in listed:
        main = one.themes[0] if one.themes and one.themes[0] in definitions.themes else ""
        item = Item(one, evidence[one.evidence], _marks(definitions, one))
        inside.setdefault(main, []).append(item)
    themes = [*definitions.themes.values(), Theme("", "Other")]
    return [(theme, inside[theme.theme]) for theme in themes if theme.theme in inside]


def _marks(definitions: Definitions, one: Definition) -> list[str]:
    """Say where a definition stands if it is not in use, and which later version is on its way."""
    marks = [_STAGES[one.status]] if one.status in _STAGES else []
    for step in definitions.steps[one.indicator]:
        later = definitions.by_version[one.indicator, step.version]
        if later.status in ("draft", "consultation") and version_order(later.version) > version_order(
            one.version
        ):
            marks.append(f"Version {later.version}: {_STAGES[later.status].lower()}")
    return marks
