"""Lists of /api/v1 whose items are rows of one table: areas, indicators, datasets, groups, judgements …

In:   filters named as the words, each a list of values; limit, cursor, edition, format
Out:  the envelope with items, or CSV

A list is declared, not programmed: its table, and for each filter the condition and what its values must be.
"""

# Not from __future__ import annotations: FastAPI reads the annotations of endpoints that are made in a loop.

import datetime as dt
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, create_model
from starlette.responses import Response

from api import v1_labels
from api.answers import (
    Row,
    begin,
    choose_form,
    dump,
    envelope,
    next_link,
    plain,
    read_cursor,
    sources_of_rows,
    sources_of_signals,
    sources_of_table,
    standing_links,
    stream_csv,
    write_cursor,
)
from api.edition import Edition
from api.failures import Failure
from api.forms import CSV, link
from api.replies import edition_of
from api.v1_judgements import JUDGEMENTS
from api.v1_listing import AREA_KNOWN, BODY_KNOWN, GROUP_KNOWN, INDICATOR_KNOWN, THEME_KNOWN, Filter, List
from api.v1_models import PIN_FIELDS, ListParameters, list_model, row_model
from api.v1_responses import responses
from api.v1_revisions import REVISIONS
from api.v1_signals import RESPONSES, SIGNALS
from api.v1_targets import (
    PLAN_COLUMNS,
    OutcomeModel,
    add_outcomes,
    add_progress,
    as_flat,
    as_parts,
    flat_fields,
    progress_model,
)
from ingest.problems import find_nearest, shown
from schemas import load_model


def _add_parents(edition: Edition, rows: Sequence[Row], _asked: Mapping[str, Sequence[str]]) -> None:
    """Say of areas what they lie in now, by who governs what."""
    for row in rows:
        found = edition.rows(
            "SELECT parent FROM area_parents WHERE area = ? AND hierarchy = 'administrative'"
            " AND end_on IS NULL ORDER BY parent",
            (row["area"],),
        )
        row["parents"] = [parent[0] for parent in found]


def _add_members(edition: Edition, rows: Sequence[Row], _asked: Mapping[str, Sequence[str]]) -> None:
    """Say of groups which areas belong to them now; a group of neighbours has none of its own."""
    for row in rows:
        found = edition.rows(
            'SELECT area FROM group_members WHERE "group" = ? AND end_on IS NULL ORDER BY area',
            (row["group"],),
        )
        row["members"] = [member[0] for member in found]


LISTS = (
    List(
        name="areas",
        table="areas",
        kind="area",
        summary="Areas, past and present",
        has_labels=True,
        filters={
            "area": Filter("The area's code.", "t.area = ?", form="area-code", known=AREA_KNOWN),
            "area_type": Filter("What kind of place it is.", "t.area_type = ?", codes="area-type"),
            "parent": Filter(
                "The code of an area it lies in now, directly, by who governs what.",
                "t.area IN (SELECT area FROM area_parents WHERE parent = ? AND end_on IS NULL)",
                form="area-code",
                known=AREA_KNOWN,
            ),
            "group": Filter(
                "A comparator group it belongs to now.",
                't.area IN (SELECT area FROM group_members WHERE "group" = ? AND end_on IS NULL)',
                form="notation",
                known=GROUP_KNOWN,
            ),
        },
        flags={"is_current": ("Whether the area exists today.", "(t.end_on IS NULL) = ?")},
        members={"parents": (list[str], "Codes of the areas it lies in now, by who governs what.")},
        more=_add_parents,
    ),
    List(
        name="indicators",
        table="indicators",
        kind="indicator",
        summary="Definitions of indicators: the version in use, or all versions",
        has_labels=True,
        filters={
            "indicator": Filter("The indicator.", "t.indicator = ?", form="notation", known=INDICATOR_KNOWN),
            "theme": Filter(
                "A theme it belongs to.",
                "(t.indicator, t.version) IN"
                " (SELECT indicator, version FROM indicator_themes WHERE theme = ?)",
                form="notation",
                known=THEME_KNOWN,
            ),
            "owner": Filter(
                "The body that owns the definition.",
                "t.owner = ?",
                form="notation",
                known="SELECT DISTINCT owner FROM indicators",
            ),
            "area_type": Filter(
                "A kind of area that has figures of it.",
                "t.indicator IN (SELECT indicator FROM indicator_area_types WHERE area_type = ?)",
                codes="area-type",
            ),
            "evidence": Filter("The kind of evidence.", "t.evidence = ?", codes="evidence"),
            "tier": Filter("Who answers for it.", "t.tier = ?", codes="tier"),
            "polarity": Filter("Which way is better.", "t.polarity = ?", codes="polarity"),
            "unit": Filter(
                "The unit of its figures.",
                "t.unit = ?",
                form="notation",
                known="SELECT code FROM codes WHERE code_list = 'unit'",
            ),
            "dataset": Filter(
                "A dataset that has figures of it.",
                "EXISTS (SELECT 1 FROM distributions AS x WHERE x.indicator = t.indicator"
                " AND x.version = t.version AND x.dataset = ?)",
                form="notation",
                known="SELECT dataset FROM datasets",
            ),
            "status": Filter("Where the version stands.", "t.status = ?", codes="definition-status"),
        },
    ),
    List(
        name="datasets",
        table="datasets",
        kind="dataset",
        summary="Datasets, with publisher, licence and source",
        has_labels=True,
        filters={
            "dataset": Filter(
                "The dataset.", "t.dataset = ?", form="notation", known="SELECT dataset FROM datasets"
            ),
            "publisher": Filter(
                "The body that publishes it.", "t.publisher = ?", form="notation", known=BODY_KNOWN
            ),
        },
    ),
    List(
        name="groups",
        table="groups",
        kind="group",
        summary="Comparator groups and their members",
        has_labels=True,
        filters={
            "group": Filter("The group.", 't."group" = ?', form="notation", known=GROUP_KNOWN),
            "method": Filter("How its members were chosen.", "t.method = ?", codes="group-method"),
            "area": Filter(
                "An area that belongs to it now, or that it gives neighbours to.",
                't."group" IN (SELECT "group" FROM group_members WHERE end_on IS NULL AND area = ?1'
                ' UNION SELECT "group" FROM neighbours WHERE area = ?1)',
                form="area-code",
                known=AREA_KNOWN,
            ),
        },
        members={"members": (list[str], "Codes of the areas that belong to it now.")},
        more=_add_members,
    ),
    JUDGEMENTS,
    List(
        name="targets",
        table="targets",
        kind="target",
        summary="Values that indicators are meant to reach, and whether they are met",
        filters={
            "target": Filter("The target.", "t.target = ?", form="notation"),
            "indicator": Filter("The indicator.", "t.indicator = ?", form="notation", known=INDICATOR_KNOWN),
            "area": Filter(
                "The area it is for, by itself, through its body, or among all councils.",
                "t.target IN (SELECT target FROM target_progress WHERE area = ?)",
                form="area-code",
                known=AREA_KNOWN,
            ),
            "body": Filter(
                "The body that is to reach it.",
                "t.target IN (SELECT target FROM target_progress WHERE body = ?)",
                form="notation",
                known=BODY_KNOWN,
            ),
            "kind": Filter("The kind of target.", "t.kind = ?", codes="target-kind"),
            "owner": Filter("The body that set it.", "t.owner = ?", form="notation", known=BODY_KNOWN),
            "met": Filter(
                "What became of it, for any of its areas.",
                "t.target IN (SELECT target FROM target_progress WHERE result = ?)",
                codes="target-result",
            ),
            "period": Filter(
                "The period it is for.", "t.period = ?", form="period", known="SELECT period FROM periods"
            ),
        },
        flags={
            "is_current": (
                "Whether no other target has taken its place.",
                "(t.target NOT IN (SELECT replaces FROM targets WHERE replaces IS NOT NULL)) = ?",
            )
        },
        members={
            "replaced_by": (str | None, "The target that took its place; null while it stands."),
            "progress": (list[progress_model()], "What became of it, for each area."),  # type: ignore[misc]  # made
        },
        more=add_progress,
        flat=as_flat,
        columns=flat_fields,
    ),
    List(
        name="plans",
        table="plans",
        kind="plan",
        summary="Plans with their outcomes, who is accountable for which part, and whose part is missing",
        filters={
            "plan": Filter("The plan.", "t.plan = ?", form="notation", known="SELECT plan FROM plans"),
            "owner": Filter("The body that leads it.", "t.owner = ?", form="notation", known=BODY_KNOWN),
            "body": Filter(
                "A body that is accountable for a part.",
                "t.plan IN (SELECT o.plan FROM outcomes o JOIN outcome_bodies b ON b.outcome = o.outcome"
                " WHERE b.body = ?)",
                form="notation",
                known=BODY_KNOWN,
            ),
        },
        members={
            "outcomes": (list[OutcomeModel], "What the plan wants to be true, and who has done their part.")
        },
        more=add_outcomes,
        flat=as_parts,
        columns=lambda: PLAN_COLUMNS,
    ),
    SIGNALS,
    RESPONSES,
    REVISIONS,
)


def parameters_of(listed: List) -> type[ListParameters]:
    """Make the model of a list's parameters."""
    declared: dict[str, Any] = {name: (list[str], told.declare()) for name, told in listed.filters.items()}
    for name, (description, _) in listed.flags.items():
        declared[name] = (bool | None, Field(None, description=description))
    if listed.name == "indicators":
        kind = Annotated[str | None, Field(pattern="^all$")]
        words = "all: every version of each definition; left out, the version in use."
        declared["versions"] = (kind, Field(None, description=words))
    if listed.has_labels:
        declared["lang"] = v1_labels.PARAMETER
    return create_model(f"{listed.name.capitalize()}Parameters", __base__=ListParameters, **declared)


def _conditions(edition: Edition, listed: List, asked: ListParameters) -> tuple[str, list[Any]]:
    """Turn a request's filters into a condition.

    Raises Failure (404) for a value that there is not, with the nearest that there is.
    """
    conditions: list[str] = []
    params: list[Any] = []
    for name, told in listed.filters.items():
        given: list[str] = getattr(asked, name)
        if not given:
            continue
        for value in given:
            _check_known(edition, name, told, value)
        parts = []
        for value in given:
            params.append(value)
            # A value that a condition uses twice has a number of its own.
            parts.append(told.condition.replace("?1", "?").replace("?", f"?{len(params)}"))
        conditions.append(f"({' OR '.join(parts)})")
    for name, (_, condition) in listed.flags.items():
        flag = getattr(asked, name)
        if flag is not None:
            params.append(int(flag))
            conditions.append(condition.replace("?", f"?{len(params)}"))
    if listed.name == "indicators" and getattr(asked, "versions", None) is None:
        conditions.append("(t.indicator, t.version) IN (SELECT indicator, version FROM indicator_heads)")
    return " AND ".join(conditions) or "1", params


def _check_known(edition: Edition, name: str, told: Filter, value: str) -> None:
    if told.is_day:
        _check_day(name, value)
        return
    if told.codes is not None:
        known: frozenset[str] = frozenset(load_model().code_lists[told.codes].notations)
    elif told.known is not None:
        sql = told.known
        known = edition.once(sql, lambda: frozenset(row[0] for row in edition.rows(sql)))
    else:
        return
    if value in known:
        return
    nearest = find_nearest(value, known)
    hint = f" Closest: {nearest}." if nearest else ""
    detail = f"There is no {name.replace('_', ' ')} '{shown(value)}' in this edition.{hint}"
    problem = {"parameter": name, "detail": detail, "nearest": nearest}
    raise Failure("parameter-wrong" if told.codes else "thing-unknown", detail, problems=[problem])


def _check_day(name: str, value: str) -> None:
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        detail = f"'{shown(value)}' of '{name}' is no day; wanted one such as 2024-03-31."
        problem = {"parameter": name, "detail": detail, "nearest": None}
        raise Failure("parameter-wrong", detail, problems=[problem]) from None


def read_rows(
    edition: Edition, listed: List, rows: Sequence[sqlite3.Row], asked: Mapping[str, Sequence[str]]
) -> list[Row]:
    """Read rows of a list's table as its items; `asked` holds the values of each filter."""
    lists = [field.name for field in listed.schema.fields if field.type == "list"]
    truths = [field.name for field in listed.schema.fields if field.type == "boolean"]
    items = []
    for row in rows:
        item = plain(row)
        for name in lists:
            item[name] = item[name].split(";") if item[name] else []
        for name in truths:
            item[name] = None if item[name] is None else bool(item[name])
        items.append(item)
    listed.more(edition, items, asked)
    if listed.has_labels:
        v1_labels.add_labels(edition, listed.kind, listed.schema, items)
    for item in items:
        item["uri"] = f"{edition.base}id/{listed.schema.subject.format_map(item)}"
    return items


async def answer_list(request: Request, listed: List, asked: ListParameters) -> Response:
    """Answer one request for a list."""
    choice = choose_form(request, asked.format)
    key = listed.schema.primary_key
    bound, after = read_cursor(request, asked.cursor, ("",) * len(key))
    edition = bound or edition_of(request)
    if not edition.has_table(listed.table):
        raise Failure("thing-unknown", f"The edition {edition.name} was published without {listed.name}.")
    reply = begin(request, edition, choice)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    where, params = _conditions(edition, listed, asked)
    given = {name: getattr(asked, name) for name in listed.filters}
    language = getattr(asked, "lang", None)
    # Tables and columns are those of our own model; what the visitor wrote is bound.
    source = f'FROM "{listed.table}" AS t WHERE {where}'
    names = ", ".join(f't."{column}"' for column in key)
    if after:
        marks = ", ".join(f"?{len(params) + place}" for place in range(1, len(after) + 1))
        page_source, page_params = f"{source} AND ({names}) > ({marks})", [*params, *after]
    else:
        page_source, page_params = source, params
    sql = f"SELECT t.* {page_source} ORDER BY {names}"
    if choice.form is CSV and not asked.is_limited:
        chunks = (read_rows(edition, listed, chunk, given) for chunk in edition.chunks(sql, page_params))
        return _csv(edition, listed, reply, chunks, [], language)
    # One more than asked for, to know whether there is a next part.
    rows = edition.rows(f"{sql} LIMIT {asked.limit + 1}", page_params)
    has_more = len(rows) > asked.limit
    rows = rows[: asked.limit]
    following = None
    if has_more:
        following = next_link(request, write_cursor(edition, [rows[-1][column] for column in key]))
    items = read_rows(edition, listed, rows, given)
    links = [link(following, "next")] if following else []
    if choice.form is CSV:
        return _csv(edition, listed, reply, iter([items]), links, language)
    is_derived = listed.table not in load_model().tables
    sources = sources_of_signals(edition, rows) if is_derived else sources_of_rows(edition, rows)
    document = envelope(edition, sources, asked.model_dump(exclude={"cursor", "format", *PIN_FIELDS}))
    counted = f"SELECT count(*) {source}"
    document["count"] = edition.once((counted, *params), lambda: edition.value(counted, params))
    document["next"] = following
    document |= listed.tell(edition, asked)
    document["items"] = items
    return reply.send(dump(document), [*standing_links(edition, sources), *links])


def _csv(
    edition: Edition,
    listed: List,
    reply: Any,
    chunks: Iterator[list[Row]],
    links: Sequence[str],
    language: str | None,
) -> Response:
    sources = sources_of_table(edition, listed.table)
    rows = (
        [v1_labels.in_language(row, language) for item in items for row in listed.flat(item)]
        for items in chunks
    )
    columns = v1_labels.columns_in(listed.fields, language)
    return stream_csv(reply, columns, rows, [*standing_links(edition, sources), *links])


@cache
def item_model(name: str) -> type[BaseModel]:
    """Describe the items of a list, by its name: one model, wherever they stand."""
    listed = next(one for one in LISTS if one.name == name)
    labels = v1_labels.MEMBER if listed.has_labels else {}
    members = {**listed.members, **labels, "uri": (str, "The URI of the thing.")}
    return row_model(listed.kind.capitalize(), listed.schema, members)


def make_router() -> APIRouter:
    """Make the routes of lists."""
    router = APIRouter(prefix="/api/v1", tags=["Lists"])
    for listed in LISTS:
        _add_route(router, listed)
    return router


def _add_route(router: APIRouter, listed: List) -> None:
    parameters = parameters_of(listed)
    item = item_model(listed.name)
    model = list_model(f"{listed.name.capitalize()}Answer", item, listed.beside)

    async def endpoint(request: Request, asked: Annotated[parameters, Query()]) -> Response:  # type: ignore[valid-type]  # made above
        return await answer_list(request, listed, asked)

    router.add_api_route(
        f"/{listed.name}",
        endpoint,
        methods=["GET"],
        name=f"list_{listed.name}",
        operation_id=f"list_{listed.name}",
        summary=listed.summary,
        description=listed.schema.description,
        responses=responses(model, csv=True),
    )
