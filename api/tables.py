"""Things as JSON and CSV: what each kind shows when it is asked for as data.

In:   a thing, a form, a request
Out:  the envelope with the thing's own members, or rows of CSV

An area's data are its profile, a dataset's its observations. An indicator's JSON is its definition, its CSV
the newest figures. Everything else is its row with the rows that belong to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.answers import Row, csv_lines, dump, envelope, plain, sources_of_datasets, standing_links
from api.crosswalk import as_items, list_matches
from api.edition import Edition
from api.forms import CSV
from api.graphs import sources_of
from api.languages import LANG, labels_of_thing
from api.observations import FIELDS, LATEST, Filters
from api.pages.revisions import rows_of_figure
from api.successor import find_successor
from api.things import Thing, read_observation
from api.v1_figures import Document, answer_observations, answer_profile, find_observation
from api.v1_models import ListParameters
from schemas import TableSchema, load_model


async def answer_table(request: Request, edition: Edition, thing: Thing, document: Document) -> Response:
    """Answer a thing as JSON or CSV. The reply has been checked for 304 already."""
    kind, is_csv = thing.kind.kind, document.choice.form is CSV
    if kind == "area":
        return await answer_profile(request, edition, thing.path, document)
    if kind == "dataset":
        members: Row = {"dataset": read_row(load_model().tables["datasets"], thing.row)}
        if edition.pin is not None and edition.pin.since is not None:
            members["since"] = edition.pin.since
        filters = Filters(datasets=(thing.path,))
        return await answer_observations(
            request, _asked(request), filters, replace(document, members=members)
        )
    if kind == "indicator" and is_csv:
        filters = Filters(indicators=(str(thing.row["indicator"]),), periods=(LATEST,))
        return await answer_observations(request, _asked(request), filters, document)
    if kind == "observation":
        return _answer_observation(edition, thing, document)
    return _answer_row(edition, thing, document)


def _asked(request: Request) -> ListParameters:
    """Read the parameters that a document of figures understands.

    Raises RequestValidationError for what they cannot be.
    """
    # Figures have the same words in every language.
    given = {name: value for name, value in request.query_params.items() if name != LANG}
    try:
        return ListParameters.model_validate(given)
    except ValidationError as fault:
        raise RequestValidationError(fault.errors()) from None


def read_row(schema: TableSchema, row: Mapping[str, Any]) -> Row:
    """Read a row as JSON has it: lists as lists, truth as true and false."""
    item = plain(row)
    for field in schema.fields:
        value = item.get(field.name)
        if field.type == "list":
            item[field.name] = str(value).split(field.delimiter or ";") if value else []
        elif field.type == "boolean" and value is not None:
            item[field.name] = bool(value)
    return item


def _answer_observation(edition: Edition, thing: Thing, document: Document) -> Response:
    key = read_observation(thing.notation)
    assert key is not None
    item = find_observation(edition, key)
    sources = sources_of_datasets(edition, [item["dataset"]])
    every = [*standing_links(edition, sources), *document.links]
    if document.choice.form is CSV:
        return document.reply.send(csv_lines(FIELDS, [item]), every)
    answer = envelope(edition, sources, {"observation": thing.path})
    answer["revisions"] = [dict(row) for row in rows_of_figure(edition, thing.path)]
    return document.reply.send(dump(answer | item), every)


# What belongs to a thing of a kind: the member's name, its table, and the columns that name the thing.
_BELONGING: Mapping[str, Sequence[tuple[str, str, Sequence[str]]]] = {
    "body": (("areas", "body_areas", ("body",)), ("identifiers", "body_identifiers", ("body",))),
    "code-list": (("codes", "codes", ("code_list",)),),
    "framework": (("questions", "framework_questions", ("framework", "version")),),
    "group": (("members", "group_members", ("group",)), ("neighbours", "neighbours", ("group",))),
    "indicator": (("versions", "indicators", ("indicator",)),),
    "judgement": (("replies", "replies", ("judgement",)),),
    "plan": (("outcomes", "outcomes", ("plan",)),),
    "scale": (("grades", "grades", ("scale",)),),
}


def _answer_row(edition: Edition, thing: Thing, document: Document) -> Response:
    model = load_model()
    table = thing.kind.table or ""
    schema = model.tables.get(table) or model.derived[table]
    item = read_row(schema, thing.row)
    sources = sources_of(edition, thing)
    every = [*standing_links(edition, sources), *document.links]
    if document.choice.form is CSV:
        fields = [*schema.field_names, "uri"]
        return document.reply.send(csv_lines(fields, [item | {"uri": thing.uri(edition)}]), every)
    answer = envelope(edition, sources, {thing.kind.kind: thing.path})
    answer |= {
        "kind": thing.kind.kind,
        "notation": thing.path,
        "label": thing.label,
        "uri": thing.uri(edition),
        "labels": labels_of_thing(edition, thing),
        "item": item,
    }
    if thing.kind.kind == "indicator":
        answer["crosswalk"] = as_items(list_matches(edition, str(thing.row["indicator"])))
        after = find_successor(edition, thing.row)
        answer["successor"] = after and {
            "label": after.label,
            "uri": edition.uri("indicator", *after.notation),
        }
    for name, other, columns in _BELONGING.get(thing.kind.kind, ()):
        if thing.is_head and name == "questions":
            name, other, columns = "versions", "frameworks", ("framework",)
        answer[name] = _belonging(edition, model.tables[other], columns, thing.row)
    return document.reply.send(dump(answer), every)


def _belonging(
    edition: Edition, schema: TableSchema, columns: Sequence[str], row: Mapping[str, Any]
) -> list[Row]:
    where = " AND ".join(f'"{column}" = ?' for column in columns)
    order = ", ".join(f'"{column}"' for column in schema.primary_key)
    # A table and columns of our own model; values are bound.
    sql = f'SELECT * FROM "{schema.name}" WHERE {where} ORDER BY {order} LIMIT 5000'  # noqa: S608
    return [read_row(schema, dict(found)) for found in edition.rows(sql, [row[column] for column in columns])]
