"""Pages that only say something: the statements, the methods, problems and failures, and what is not there.

In:   the kinds of problem of schemas/problems.yaml, the kinds of failure of api/failures.py
Out:  pages with their status
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from api.failures import FAILURES
from api.pages.page import Frame, Link, Page, make_page
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition
    from api.failures import Failure


def accessibility(edition: Edition) -> Page:
    """Make the accessibility statement: what was tested, and what was not."""
    frame = Frame(
        path="/accessibility",
        title="Accessibility statement",
        lede="What was tested on these pages, how, and what was not.",
    )
    return make_page(edition, "accessibility", frame)


def not_for(edition: Edition) -> Page:
    """Say how not to use this data."""
    frame = Frame(
        path="/not-for",
        title="How not to use this data",
        lede="Figures about councils are easy to misuse. These are the ways we know of.",
    )
    return make_page(edition, "not_for", frame)


def methods(edition: Edition) -> Page:
    """Say how ranges, trends, comparators and the rest are worked out, by the names that tables carry."""
    lists = load_model().code_lists
    frame = Frame(
        path="/methods",
        title="Methods",
        lede="How ranges, differences, trends, places and comparators are worked out here.",
    )
    return make_page(
        edition,
        "methods",
        frame,
        ranges=lists["limit-method"].codes,
        comparators=lists["comparator-method"].codes,
    )


def problem(edition: Edition, code: str) -> Page | None:
    """Make the page of a kind of problem or failure."""
    found = load_model().problems.get(code)
    failure = FAILURES.get(code)
    if found is None and failure is None:
        return None
    if found is not None:
        frame = Frame(
            path=f"/problems/{code}", title=found.title, crumbs=[Link("Problems", "/problems")], lede=None
        )
        facts = [
            ("Code", code),
            ("Kind", "Error: nothing is published" if found.severity == "error" else "Warning"),
            ("When", found.when),
            ("What is said", readable(found.message)),
            ("How to mend it", readable(found.mend)),
        ]
    else:
        assert failure is not None
        frame = Frame(
            path=f"/problems/{code}", title=failure.title, crumbs=[Link("Problems", "/problems")], lede=None
        )
        facts = [
            ("Code", code),
            ("Kind", f"Answer with the status {failure.status}"),
            ("When", failure.when),
            ("How to mend it", failure.mend),
        ]
    return make_page(edition, "problem", frame, facts=facts)


def readable(template: str) -> str:
    """Write a template's gaps as words: "{value}" stands for a value found.

    >>> readable("'{value}' is not known; wanted {wanted}.")
    "'…value…' is not known; wanted …wanted…."
    """
    return re.sub(r"{(\w+)[^}]*}", lambda gap: f"…{gap[1].replace('_', ' ')}…", template)


def problems(edition: Edition) -> Page:
    """Make the list of everything that can be wrong with data or with a request."""
    frame = Frame(
        path="/problems",
        title="Problems",
        lede="What can be wrong with submitted data or with a request, and how to mend it.",
    )
    found = sorted(load_model().problems.values(), key=lambda kind: kind.code)
    failures = sorted(FAILURES.values(), key=lambda kind: kind.code)
    sections = [
        ("In submitted data", [(kind.code, kind.title, kind.when) for kind in found]),
        ("In a request", [(kind.code, kind.title, kind.when) for kind in failures]),
    ]
    return make_page(edition, "problems", frame, sections=sections)


def not_found(edition: Edition, path: str) -> Page:
    """Make the page for an address that leads nowhere."""
    frame = Frame(
        path=path if path.startswith("/") else "/",
        title="Page not found",
        lede="There is nothing at this address in this edition.",
        status=404,
    )
    return make_page(edition, "not_found", frame, text=re.sub(r"[^\w.-]+", " ", path)[-60:].strip())


def failure(edition: Edition, failure: Failure) -> Page:
    """Make the page of any other refusal, or of a fault of ours."""
    frame = Frame(path="/", title=failure.kind.title, lede=failure.detail, status=failure.kind.status)
    return make_page(edition, "failure", frame, failure=failure)
