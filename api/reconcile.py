"""/reconcile: names in somebody's own list become our identifiers, by the Reconciliation Service API.

In:   queries of version 0.2 (in the address or a form), or of the draft of 1.0 (as JSON)
Out:  manifests, candidates with reasons, suggestions, previews and properties to add

The draft's manifest cannot be that of 0.2: its members have other shapes. It stands at /reconcile/draft, and the
draft's addresses answer below both. JSONP is not offered: it makes a page run what another site sends, and every
answer here may be read by any site without it. Nothing that is posted is stored.
"""

# Not from __future__ import annotations: FastAPI reads those of endpoints that are made in a function.

from collections.abc import Callable
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import pages
from api.answers import dump
from api.edition import Edition
from api.extending import extend, propose_properties
from api.failures import Failure, unknown_parameters, unknown_thing
from api.forms import HTML, JSON
from api.html import check_parameters, send_page
from api.known_names import load_index
from api.posted import FORM, media_type_of, read_form, read_text
from api.reconcile_answers import (
    answer_questions,
    suggest_entities,
    suggest_properties,
    suggest_types,
    write_draft_manifest,
    write_manifest,
    write_property,
)
from api.reconcile_models import (
    ExtendAnswer,
    MatchAnswer,
    ProposeAnswer,
    ProposeParameters,
    ReconcileParameters,
    SuggestAnswer,
    SuggestParameters,
)
from api.reconcile_questions import list_types, read_batch, read_draft_batch, read_json, wrong
from api.replies import Reply, edition_of
from api.v1_responses import failures, responses
from ingest.problems import find_nearest, shown

# The most queries of one batch, each with the longest name in a form, have fewer bytes.
LONGEST_BODY = 512 * 1024
MOST_IDS = 500
MOST_PROPERTIES = 20

_ROOTS = ("/reconcile", "/reconcile/draft")
_POSTED = failures("body-too-large", "media-type-unknown")


async def _send(request: Request, edition: Edition, make: Callable[[], Any]) -> Response:
    """Answer JSON: what stands in the address is kept by caches, what is posted by none."""
    if request.method == "POST":
        body = dump(await anyio.to_thread.run_sync(make))
        headers = {"Cache-Control": "no-store", "Content-Type": JSON.media_type}
        return Response(body, headers=headers)
    reply = Reply(request, edition, JSON.media_type)
    return reply.unchanged() or reply.send(dump(await anyio.to_thread.run_sync(make)))


def _answer_batch(edition: Edition, text: str) -> dict[str, Any]:
    """Answer a batch of version 0.2."""
    questions = read_batch(text)
    found = answer_questions(edition, questions.values())
    return {name: {"result": result} for name, result in zip(questions, found, strict=True)}


def _read_extension(told: Any) -> tuple[list[str], list[str]]:
    """Read a data extension query as identifiers of things and of properties.

    Raises Failure.
    """
    ids = told.get("ids") if isinstance(told, dict) else None
    asked = told.get("properties") if isinstance(told, dict) else None
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise wrong("extend", "'ids' is not a list of texts.")
    if not isinstance(asked, list) or not all(
        isinstance(one, dict) and isinstance(one.get("id"), str) for one in asked
    ):
        raise wrong("extend", "'properties' is not a list of objects with a text 'id'.")
    if len(ids) > MOST_IDS or len(asked) > MOST_PROPERTIES:
        detail = f"The most is {MOST_IDS} things and {MOST_PROPERTIES} properties at a time."
        raise Failure("body-too-large", detail)
    return ids, [one["id"] for one in asked]


def _answer_extension(edition: Edition, told: Any, *, is_draft: bool) -> dict[str, Any]:
    ids, names = _read_extension(told)
    asked, rows = extend(edition, ids, names)
    meta = [
        {"id": one.id, "name": one.name}
        | ({"type": {"id": one.of, "name": list_types()[one.of]}} if one.of else {})
        for one in asked
    ]
    if not is_draft:
        return {"meta": meta, "rows": rows}
    return {
        "meta": meta,
        "rows": [
            {"id": key, "properties": [{"id": name, "values": values} for name, values in row.items()]}
            for key, row in rows.items()
        ],
    }


async def _read_body(request: Request, media_type: str) -> str:
    """Read a body of one media type. Raises Failure."""
    told = media_type_of(request)
    if told != media_type:
        detail = f"The header Content-Type says '{told[:100] or 'nothing'}'; wanted: {media_type}."
        raise Failure("media-type-unknown", detail)
    return await read_text(request, LONGEST_BODY, "parameter-wrong")


async def _read_asked(request: Request) -> dict[str, str]:
    """Read the fields of a form: queries or extend, once."""
    pairs = read_form(await _read_body(request, FORM), "parameter-wrong")
    known = ("queries", "extend")
    unknown = [name for name, _ in pairs if name not in known]
    if unknown:
        raise unknown_parameters(unknown, known)
    if len(pairs) != 1:
        raise wrong("queries", "The form has not exactly one of the fields 'queries' and 'extend'.")
    return dict(pairs)


def _check_types(types: list[str]) -> None:
    for one in types:
        if one not in list_types():
            nearest = find_nearest(one, list_types())
            detail = f"'{shown(one[:60])}' is not a type that is known here."
            raise wrong("type", f"{detail} Closest: {nearest}." if nearest else detail)


def make_router() -> APIRouter:
    """Make the routes of both versions."""
    router = APIRouter(tags=["Reconciliation"])
    _add_second(router)
    _add_draft(router)
    for root in _ROOTS:
        is_first = root == _ROOTS[0]
        _add_shared(router, root, in_schema=is_first)
    return router


def _add_second(router: APIRouter) -> None:
    """Add the one address of version 0.2."""

    @router.get(
        "/reconcile",
        operation_id="reconcile",
        summary="Names in your own list become our identifiers",
        responses=responses(dict[str, Any]),  # type: ignore[arg-type]  # a model of one of two shapes
    )
    async def reconcile(request: Request, asked: Annotated[ReconcileParameters, Query()]) -> Response:
        """Reconciliation Service API 0.2, for OpenRefine and others. Without `queries` it is the manifest."""
        edition = edition_of(request)
        if asked.queries is not None and asked.extend is not None:
            raise wrong("queries", "There are both 'queries' and 'extend'.")

        def make() -> dict[str, Any]:
            if asked.queries is not None:
                return _answer_batch(edition, asked.queries)
            if asked.extend is not None:
                return _answer_extension(edition, read_json(asked.extend, "extend"), is_draft=False)
            return write_manifest(edition)

        return await _send(request, edition, make)

    field = {"type": "string", "description": "A batch of queries, as JSON."}
    schema = {"type": "object", "properties": {"queries": field, "extend": {"type": "string"}}}

    @router.post(
        "/reconcile",
        operation_id="reconcile_long",
        summary="The same for long lists",
        responses=responses(dict[str, Any]) | _POSTED,  # type: ignore[arg-type]  # as above
        openapi_extra={"requestBody": {"required": True, "content": {FORM: {"schema": schema}}}},
    )
    async def reconcile_long(request: Request) -> Response:
        """Take up to 200 queries, or 500 identifiers to extend, as a form. Nothing is stored."""
        edition = edition_of(request)
        check_parameters(request, edition, ())
        asked = await _read_asked(request)

        def make() -> dict[str, Any]:
            if "queries" in asked:
                return _answer_batch(edition, asked["queries"])
            return _answer_extension(edition, read_json(asked["extend"], "extend"), is_draft=False)

        return await _send(request, edition, make)


def _add_draft(router: APIRouter) -> None:
    @router.get("/reconcile/draft", include_in_schema=False)
    async def draft(request: Request) -> Response:
        edition = edition_of(request)
        check_parameters(request, edition, ())
        return await _send(request, edition, lambda: write_draft_manifest(edition))


def _add_shared(router: APIRouter, root: str, *, in_schema: bool) -> None:
    """Add the addresses that both versions have, below a root."""
    more: dict[str, Any] = {"include_in_schema": in_schema}

    def named(name: str) -> str:
        return name if in_schema else f"{name}_below_draft"

    queries = {"type": "array", "items": {"type": "object"}}
    matched = {"type": "object", "required": ["queries"], "properties": {"queries": queries}}

    @router.post(
        f"{root}/match",
        operation_id=named("match"),
        summary="The same in the draft of version 1.0",
        responses=responses(MatchAnswer) | _POSTED,
        openapi_extra={"requestBody": {"required": True, "content": {JSON.media_type: {"schema": matched}}}},
        **more,
    )
    async def match(request: Request) -> Response:
        """Take up to 200 queries with their conditions as JSON. The draft's manifest is /reconcile/draft."""
        edition = edition_of(request)
        check_parameters(request, edition, ())
        text = await _read_body(request, JSON.media_type)

        def make() -> dict[str, Any]:
            found = answer_questions(edition, read_draft_batch(text))
            return {"results": [{"candidates": one} for one in found]}

        return await _send(request, edition, make)

    extended = {"type": "object", "required": ["ids", "properties"]}

    @router.post(
        f"{root}/extend",
        operation_id=named("extend"),
        summary="Properties of things that were matched",
        responses=responses(ExtendAnswer) | _POSTED,
        openapi_extra={"requestBody": {"required": True, "content": {JSON.media_type: {"schema": extended}}}},
        **more,
    )
    async def extend_rows(request: Request) -> Response:
        """Take `ids` and `properties` as JSON: codes, dates, what followed, the newest figure."""
        edition = edition_of(request)
        check_parameters(request, edition, ())
        told = read_json(await _read_body(request, JSON.media_type), "extend")
        return await _send(request, edition, lambda: _answer_extension(edition, told, is_draft=True))

    @router.get(
        f"{root}/extend/propose",
        operation_id=named("propose_properties"),
        summary="Properties that things of a type have",
        responses=responses(ProposeAnswer),
        **more,
    )
    async def propose(request: Request, asked: Annotated[ProposeParameters, Query()]) -> Response:
        """Name what can be added to a list of areas, bodies or indicators."""
        edition = edition_of(request)
        _check_types([asked.type])

        def make() -> dict[str, Any]:
            found = propose_properties(edition, asked.type.partition("/")[0], asked.limit)
            told = [write_property(one) for one in found]
            return {"type": asked.type, "limit": asked.limit, "properties": told}

        return await _send(request, edition, make)

    @router.get(
        f"{root}/suggest/entity",
        operation_id=named("suggest_entity"),
        summary="Areas, bodies and indicators by the beginning of a name",
        responses=responses(SuggestAnswer),
        **more,
    )
    async def entity(request: Request, asked: Annotated[SuggestParameters, Query()]) -> Response:
        """Suggest things while a name is being written."""
        edition = edition_of(request)
        _check_types(asked.type)

        def make() -> dict[str, Any]:
            found = suggest_entities(edition, asked.prefix, asked.type, asked.cursor, asked.limit)
            return {"result": found}

        return await _send(request, edition, make)

    @router.get(f"{root}/suggest/type", include_in_schema=False)
    async def types(request: Request, asked: Annotated[SuggestParameters, Query()]) -> Response:
        edition = edition_of(request)
        found = suggest_types(asked.prefix, asked.cursor, asked.limit)
        return await _send(request, edition, lambda: {"result": found})

    @router.get(f"{root}/suggest/property", include_in_schema=False)
    async def properties(request: Request, asked: Annotated[SuggestParameters, Query()]) -> Response:
        edition = edition_of(request)
        found = suggest_properties(edition, asked.prefix, asked.cursor, asked.limit)
        return await _send(request, edition, lambda: {"result": found})

    @router.get(f"{root}/preview", include_in_schema=False)
    async def preview(request: Request) -> Response:
        """Answer a small page about a thing, for a frame."""
        edition = edition_of(request)
        moved = check_parameters(request, edition, ("id",))
        if moved is not None:
            return moved
        given = request.query_params.get("id", "").removeprefix(f"{edition.base}id/")
        known = load_index(edition).things.get(given)
        if known is None:
            raise unknown_thing("thing", given[:100])
        reply = Reply(request, edition, HTML.media_type)
        return reply.unchanged() or await send_page(
            request, lambda: pages.reconcile_preview(edition, known), reply=reply
        )
