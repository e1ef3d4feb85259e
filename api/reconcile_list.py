"""/reconcile/list: paste a list, get codes and reasons as a table or as CSV. Nothing of it is stored.

In:   a form with names one a line, or lines from a spreadsheet and which column holds the names
Out:  the page, or CSV
"""

from __future__ import annotations

import anyio.to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from api import pages
from api.answers import csv_lines
from api.days_meant import read_days
from api.edition import Edition
from api.failures import Failure, unknown_parameters
from api.forms import CSV, HTML, choose
from api.html import check_parameters, send_page
from api.known_names import KINDS
from api.matching import Candidate, Condition, Question, find_candidates
from api.pages.page import Page
from api.pages.reconcile import COLUMNS, Line, Pasted, as_rows
from api.posted import FORM, media_type_of, read_form, read_text
from api.replies import Reply, edition_of
from api.search import LONGEST_TEXT

router = APIRouter(include_in_schema=False)

MOST_LINES = 2_000
# The most lines of usual length, each letter written with percent signs, have fewer bytes.
LONGEST_BODY = 2 * 1024 * 1024
_MOST_COLUMNS = 100
_FIELDS = ("names", "column", "kind", "day", "form")

Faults = list[tuple[str, str]]


@router.get("/reconcile/list")
async def form(request: Request) -> Response:
    """Answer the empty form."""
    edition = edition_of(request)
    moved = check_parameters(request, edition, ("names", "kind", "day"))
    if moved is not None:
        return moved
    asked = request.query_params
    reply = Reply(request, edition, HTML.media_type, vary="Accept")
    pasted = Pasted(
        asked.get("names", "")[:LONGEST_TEXT], "", asked.get("kind", "area"), asked.get("day", "")
    )
    make = lambda: _make_page(edition, pasted)  # noqa: E731 - the same for a form with and without names
    return reply.unchanged() or await send_page(request, make, reply=reply)


@router.post("/reconcile/list")
async def match(request: Request) -> Response:
    """Answer what the names mean, as a page or as CSV."""
    edition = edition_of(request)
    check_parameters(request, edition, ())
    if media_type_of(request) != FORM:
        raise Failure("media-type-unknown", f"A list is posted as {FORM}.")
    pairs = read_form(await read_text(request, LONGEST_BODY, "parameter-wrong"), "parameter-wrong")
    given = dict(pairs)
    unknown = [name for name in given if name not in _FIELDS]
    if unknown:
        raise unknown_parameters(unknown, _FIELDS)
    pasted = Pasted(
        given.get("names", ""), given.get("column", ""), given.get("kind", "area"), given.get("day", "")
    )
    is_csv = given.get("form") == "csv" or (
        "form" not in given and choose(request.headers.get("accept"), (HTML, CSV)).form is CSV
    )
    if is_csv:
        lines, faults = await anyio.to_thread.run_sync(lambda: _match(edition, pasted))
        if faults:
            problems = [{"parameter": name, "detail": detail} for name, detail in faults]
            raise Failure("parameter-wrong", " ".join(detail for _, detail in faults), problems=problems)
        body = csv_lines(COLUMNS, as_rows(edition, lines))
        headers = {"Content-Disposition": 'attachment; filename="matched.csv"', "Cache-Control": "no-store"}
        return Response(body, media_type="text/csv; charset=utf-8", headers=headers)
    response = await send_page(request, lambda: _make_page(edition, pasted, is_posted=True))
    response.headers["Cache-Control"] = "no-store"
    return response


def _make_page(edition: Edition, pasted: Pasted, *, is_posted: bool = False) -> Page:
    lines, faults = _match(edition, pasted) if is_posted or pasted.names else ([], [])
    return pages.reconcile_list(edition, pasted, lines, faults, MOST_LINES)


def read_names(pasted: Pasted) -> tuple[list[str], Faults]:
    """Read the names: one a line, or one column of lines from a spreadsheet. Empty cells are left out."""
    faults: Faults = []
    column = 1
    if pasted.column.strip():
        if not pasted.column.strip().isascii() or not pasted.column.strip().isdigit():
            faults.append(("column", "The column is not a number."))
        else:
            column = int(pasted.column.strip()[:4])
            if not 1 <= column <= _MOST_COLUMNS:
                faults.append(("column", f"The column is not one of 1 to {_MOST_COLUMNS}."))
    rows = [line.split("\t") for line in pasted.names.splitlines() if line.strip()]
    if not rows:
        faults.append(("names", "There is no name in the list."))
    elif len(rows) > MOST_LINES:
        told = f"The list has {len(rows):,} lines; the most is {MOST_LINES:,}. Send it in parts."
        faults.append(("names", told))
    if faults:
        return [], faults
    names = [row[column - 1].strip() for row in rows if len(row) >= column]
    names = [name[:LONGEST_TEXT] for name in names if name]
    if not names:
        faults.append(("column", f"No line has anything in column {column}."))
    return names, faults


def _match(edition: Edition, pasted: Pasted) -> tuple[list[Line], Faults]:
    """Match each name once, however often it stands in the list."""
    names, faults = read_names(pasted)
    if pasted.kind not in KINDS:
        faults.append(("kind", f"A list holds one of {', '.join(KINDS)}."))
    day = pasted.day.strip()
    if day and read_days(day) is None:
        faults.append(
            ("day", "The day is not a date such as 2019-04-01, nor a year such as 2019 or 2019/20.")
        )
    if faults:
        return [], faults
    conditions = (Condition("date", (day,)),) if day else ()
    found: dict[str, Line] = {}
    for name in names:
        if name not in found:
            candidates = find_candidates(edition, Question(name, (pasted.kind,), conditions))
            found[name] = _make_line(name, candidates)
    return [found[name] for name in names], []


def _make_line(name: str, candidates: list[Candidate]) -> Line:
    match = next((one for one in candidates if one.is_match), None)
    others = [one for one in candidates if one is not match]
    if match is not None:
        return Line(name, match, others, match.reason)
    whole = [one for one in others if one.is_whole]
    if len(whole) > 1:
        return Line(
            name, None, others, f"{len(whole)} things have this name. A day or a code tells them apart."
        )
    if whole:
        return Line(name, None, others, f"Perhaps {whole[0].known.label}: {whole[0].reason}")
    return Line(
        name, None, others, "Nothing has this name." if not others else "Nothing has this whole name."
    )
