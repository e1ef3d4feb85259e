"""The pages of questions: all of them by topic, and one with its answer and its doors.

In:   an edition; for one question the values that a request chose
Out:  the pages
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from api.named_columns import OF_QUESTIONS
from api.pages.answering import Asked, ask, begin, list_choices, read_rows, write_sparql
from api.pages.page import Frame, Link, Page, address_of, is_web_address, make_page, with_query
from api.pages.rows import Value
from schemas.questions import Question, load_questions

if TYPE_CHECKING:
    from api.edition import Edition

_NAME = "_name"


def questions(edition: Edition) -> Page:
    """Make the list of questions, topic by topic."""
    topics = [
        (topic, [begin(edition, one) for one in inside])
        for topic, inside in groupby(load_questions().values(), key=lambda one: one.topic)
    ]
    frame = Frame(
        path="/questions",
        title="Questions that people ask",
        lede="Each has one answer behind three doors: a page to read, SQL and SPARQL.",
        crumbs=[Link("Data", "/data/")],
    )
    sparql = {
        one.question.name: with_query("/sparql", query=write_sparql(edition, one))
        for _, inside in topics
        for one in inside
    }
    return make_page(edition, "questions", frame, topics=topics, sparql=sparql)


def question(edition: Edition, name: str, query: Mapping[str, str]) -> Page | None:
    """Make the page of one question; None if there is no such question.

    Raises Failure for a value that cannot be chosen; QueryTooSlow.
    """
    asked_of = load_questions().get(name)
    if asked_of is None:
        return None
    asked = ask(edition, asked_of, query)
    rows = read_rows(edition, asked)
    sparql = write_sparql(edition, asked)
    frame = Frame(
        path=asked.address,
        title=asked_of.title,
        lede=asked_of.description,
        crumbs=[Link("Data", "/data/"), Link("Questions", "/questions")],
        downloads=[
            Link("CSV", with_query(f"/data/catalogue/{name}.csv", **asked.values)),
            Link("JSON", with_query(f"/data/catalogue/{name}.json", **asked.values, _shape="array")),
        ],
        datasets=_datasets(rows),
    )
    return make_page(
        edition,
        "question",
        frame,
        question=asked_of,
        asked=asked,
        fields=[
            (key, parameter, list_choices(edition, parameter), asked.values[key])
            for key, parameter in asked_of.parameters.items()
        ],
        about=_about(edition, asked),
        unit=_unit(edition, asked.values.get("indicator")),
        headings=list(asked_of.columns.values()),
        rows=[_cells(asked_of, row) for row in rows],
        numeric=[_is_numeric(rows, column) for column in asked_of.columns],
        sql=asked_of.sql,
        sparql=sparql,
        sparql_address=with_query("/sparql", query=sparql),
    )


def _about(edition: Edition, asked: Asked) -> str:
    """Say what was chosen, by name: Harrow, Adults living with obesity."""
    labels = []
    for name, parameter in asked.question.parameters.items():
        named = {one.value: one.label for one in list_choices(edition, parameter)}
        labels.append(named.get(asked.values[name], ""))
    return ", ".join(filter(None, labels))


def _unit(edition: Edition, indicator: str | None) -> Mapping[str, Any] | None:
    """Say in which unit the figures of an indicator are and which way is better; None without an indicator."""
    found = indicator and edition.row(
        "SELECT h.indicator, u.label AS unit, p.label AS polarity FROM indicator_heads h"
        " JOIN indicators i ON i.indicator = h.indicator AND i.version = h.version"
        " JOIN codes u ON u.code_list = 'unit' AND u.code = i.unit"
        " JOIN codes p ON p.code_list = 'polarity' AND p.code = i.polarity WHERE h.indicator = ?",
        (indicator,),
    )
    return dict(found) if found else None


def _cells(question: Question, row: Mapping[str, Any]) -> list[Value]:
    return [_cell(row, column) for column in question.columns]


def _cell(row: Mapping[str, Any], column: str) -> Value:
    """Write a cell; the name of a thing leads to its page."""
    value = row[column]
    if value is None:
        return Value("")
    if isinstance(value, float):
        return Value(f"{value:.10g}")
    text = str(value)
    thing = row.get(column.removesuffix(_NAME)) if column.endswith(_NAME) else None
    kind = OF_QUESTIONS.get(column.removesuffix(_NAME))
    if thing is not None and kind is not None:
        parts = str(thing).split("/") if kind == "indicator" else [str(thing)]
        return Value(text, address_of(kind, *parts))
    return Value(text, text, is_outside=True) if is_web_address(text) else Value(text)


def _is_numeric(rows: Sequence[Mapping[str, Any]], column: str) -> bool:
    return any(isinstance(row[column], int | float) for row in rows)


def _datasets(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    return {str(row["dataset"]) for row in rows if row.get("dataset")}
