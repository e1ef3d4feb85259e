"""Pages for citizens: one function for each kind of thing, each list and each single page.

In:   an edition, the parts of a notation and the query of a request, both as a visitor wrote them
Out:  Page: title, bytes, status; None where there is no such thing

What other modules may call:

    PAGES[kind](edition, notation, query)     the page of one thing; None if the edition has no such thing
    LISTS[address](edition, query)            the page of a list: "areas", "indicators", "datasets" …
    PARAMETERS[name]                          the query parameters that a page or a list understands
    home(edition)                             the first page
    search(edition, text, hits, nearest, located)   as api/search.py and api/located.py find them
    compare(edition, query)                   councils beside each other for one indicator
    changes(edition, asked)                   what happened to definitions; asked is read by pages/changes.py
    signals(edition, asked)                   the early-warning register; asked is read by pages/signal_lists.py
    register(edition)                         who owns the definitions, and how they are taken and proposed
    area_inspections(edition, area, query)    the judgements of an area's council; None if no such area
    programme(edition, query)                 every planned inspection, and which plans clash
    body_programme(edition, body)             those of one body, with what is published of it; None if no such body
    write_programme(edition, body, path)      the same as an iCalendar file
    area_neighbourhoods(edition, area, query) where an area's neighbourhoods stand; None if no such area
    downloads(edition)                        every file of the edition, from its manifest
    propose(edition, cells, considered, problems)   the form, and what the edition says to a proposal
    reconcile_list(edition, pasted, lines, faults, most)   a list that was pasted, and what its names mean
    reconcile_preview(edition, known)         a small page of a thing, for a frame
    sparql(edition, query, results, failure)  the form; results is SPARQL 1.1 JSON, or Turtle as text
    questions(edition)                        every question that people ask, with its doors
    question(edition, name, query)            one with its answer; None if there is no such question
    api_reference(edition, openapi)           every operation, from the OpenAPI document
    worked_examples(edition)                  the same tasks in every tool
    problem(edition, code)                    what a problem or a failure means, and its mend; None if unknown
    problems(edition)                         all of them
    vocabulary(edition)                       the terms of {base}def/
    accessibility(edition)  not_for(edition)  methods(edition)  statements
    not_found(edition, path)                  404
    failure(edition, failure)                 any other refusal or fault, as a page with its status

A page is the same bytes for the same edition and the same address. Nothing here opens a file of the edition
but through Edition, and nothing asks the network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from api.pages.area import area
from api.pages.asked import PARAMETERS as COMPARED
from api.pages.changes import changes
from api.pages.compare import compare
from api.pages.dataset import dataset, datasets
from api.pages.files import downloads, edition_page, editions
from api.pages.framework import framework, scale
from api.pages.group import body, code_list, group
from api.pages.home import home, search
from api.pages.indicator import indicator
from api.pages.indicators import indicators
from api.pages.inspections import area_inspections
from api.pages.judgement import judgement, judgements
from api.pages.lists import areas
from api.pages.neighbourhoods import area_neighbourhoods
from api.pages.observation import observation
from api.pages.open_neighbours import WEIGHT
from api.pages.page import Frame, Page, render
from api.pages.plans import outcome, plan, plans
from api.pages.programme import body_programme, programme, write_programme
from api.pages.propose import propose
from api.pages.questions import question, questions
from api.pages.reconcile import reconcile_list, reconcile_preview
from api.pages.reference import api_reference, vocabulary
from api.pages.register import register
from api.pages.revisions import revisions
from api.pages.signal import signal
from api.pages.signal_lists import signals
from api.pages.signal_rule import signal_rule
from api.pages.sparql import sparql
from api.pages.statements import accessibility, failure, methods, not_for, not_found, problem, problems
from api.pages.targets import target, targets
from api.pages.things import ListMaker, PageMaker, make_list_page, make_thing_page, period
from api.pages.worked import read_worked, worked_examples
from schemas import load_model

__all__ = [
    "LISTS",
    "PAGES",
    "PARAMETERS",
    "Frame",
    "ListMaker",
    "Page",
    "PageMaker",
    "accessibility",
    "api_reference",
    "area_inspections",
    "area_neighbourhoods",
    "body_programme",
    "changes",
    "compare",
    "downloads",
    "failure",
    "home",
    "methods",
    "not_for",
    "not_found",
    "problem",
    "problems",
    "programme",
    "propose",
    "question",
    "questions",
    "read_worked",
    "reconcile_list",
    "reconcile_preview",
    "register",
    "render",
    "revisions",
    "search",
    "signals",
    "sparql",
    "vocabulary",
    "worked_examples",
    "write_programme",
]

_OWN_PAGES: Mapping[str, PageMaker] = {
    "area": area,
    "body": body,
    "code-list": code_list,
    "dataset": dataset,
    "edition": edition_page,
    "framework": framework,
    "group": group,
    "indicator": indicator,
    "judgement": judgement,
    "observation": observation,
    "outcome": outcome,
    "period": period,
    "plan": plan,
    "scale": scale,
    "signal": signal,
    "signal-rule": signal_rule,
    "target": target,
}

_OWN_LISTS: Mapping[str, ListMaker] = {
    "areas": areas,
    "datasets": datasets,
    "editions": editions,
    "indicators": indicators,
    "judgements": judgements,
    "plans": plans,
    "targets": targets,
}

# Kinds whose things are too many, or not in a table, to be listed.
_WITHOUT_LIST = frozenset({"observation", "signal", "signal-check"})

_OWN_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "area": ("topic", "map"),
    "area_inspections": ("service",),
    "area_neighbourhoods": ("order", "page"),
    "areas": ("type", "region", "ended"),
    "compare": COMPARED,
    "datasets": (),
    "editions": (),
    "group": ("area", WEIGHT),
    "indicator": ("period", "tier", "order", "page"),
    "indicators": ("theme", "owner", "evidence", "status", "area_type", "tier"),
    "plans": (),
    "programme": ("page",),
    "search": ("q",),
    "sparql": ("query", "format"),
    "targets": ("indicator", "area", "body", "owner", "kind", "met", "page"),
}

PAGES: Mapping[str, PageMaker]
LISTS: Mapping[str, ListMaker]
PARAMETERS: Mapping[str, tuple[str, ...]]


@cache
def _pages() -> Mapping[str, PageMaker]:
    return {kind: _OWN_PAGES.get(kind) or make_thing_page(kind) for kind in load_model().kinds}


@cache
def _lists() -> Mapping[str, ListMaker]:
    return {
        kind.address: _OWN_LISTS.get(kind.address) or make_list_page(kind.kind)
        for kind in load_model().kinds.values()
        if kind.kind not in _WITHOUT_LIST
    }


@cache
def _parameters() -> Mapping[str, tuple[str, ...]]:
    return {**dict.fromkeys(_lists(), ("page",)), **_OWN_PARAMETERS}


def __getattr__(name: str) -> object:
    """Give the mappings when they are first asked for: importing reads no file."""
    makers: Mapping[str, Callable[[], object]] = {
        "PAGES": _pages,
        "LISTS": _lists,
        "PARAMETERS": _parameters,
    }
    if name in makers:
        return makers[name]()
    raise AttributeError(f"module 'api.pages' has no attribute '{name}'")
