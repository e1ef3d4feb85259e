"""The application: every door in one place, over the site's current edition.

In:   a site
Out:  a FastAPI application. It keeps nothing but what can be made again from the editions, so any number of
      worker processes and machines may run it over the same folder
"""

from __future__ import annotations

import datetime as dt
import gc
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from api import (
    chart_door,
    cite_door,
    citizens,
    croissant,
    diff_door,
    documents,
    downloads,
    edition_diff_door,
    feeds,
    housekeeping,
    programme_door,
    propose,
    publications,
    question_door,
    reconcile,
    reconcile_list,
    register,
    revision_feeds,
    signal_feeds,
    sparql,
    stream,
    v1_compare,
    v1_figures,
    v1_groups,
    v1_lists,
    v1_restated,
    v1_search,
    v1_verdict,
)
from api.datasette.mount import DatasetteDoor
from api.definition_forms import routes as definition_forms
from api.edition import Editions, NoEdition, QueryTooSlow
from api.failures import Failure, unknown_parameters
from api.gate import Gate, methods_of
from api.html import send_failure, wants_page
from api.kept import Kept, Shelf
from api.metrics import Metrics
from api.model_context import is_installed
from api.model_context.door import PATH, ModelContextDoor
from api.ready import Ready
from api.replies import root_of_site
from api.sparql_pool import Limits
from ingest.problems import shown
from schemas.site import Site, load_site


def create_app(
    site: Site,
    limits: Limits | None = None,
    shelf: Path | None = None,
    today: Callable[[], dt.date] | None = None,
) -> FastAPI:
    """Make the application that serves a site.

    limits   what one SPARQL query may take
    shelf    the file in which the workers of a server keep what any of them made; None for a server of one
    today    tells the day (UTC); the machine's own if left out
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # What is loaded by now stays. Looking through all of it for garbage takes longer than any page.
        gc.collect()
        gc.freeze()
        yield
        await app.state.model_context.stop()
        await app.state.sparql.stop()
        app.state.datasette.close()

    app = FastAPI(
        title=site.title,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.site = site
    app.state.editions = Editions(site.editions_folder, today)
    app.state.metrics = Metrics()
    app.state.kept = Kept(None if shelf is None else Shelf(shelf))
    app.state.sparql = sparql.SparqlDoor(limits or Limits(), site.outside)
    app.state.datasette = DatasetteDoor(app.state.editions)
    app.state.model_context = ModelContextDoor(app, site.base)
    for router in (
        housekeeping.router,
        v1_lists.make_router(),
        v1_figures.make_router(),
        v1_verdict.make_router(),
        v1_compare.make_router(),
        v1_groups.make_router(),
        v1_restated.make_router(),
        v1_search.make_router(),
        propose.make_router(),
        reconcile_list.router,
        reconcile.make_router(),
        sparql.router,
        publications.router,
        edition_diff_door.router,
        downloads.router,
        feeds.router,
        signal_feeds.router,
        revision_feeds.router,
        stream.router,
        register.router,
        chart_door.router,
        cite_door.router,
        programme_door.router,
        question_door.router,
        citizens.router,
        citizens.make_list_router(),
        diff_door.router,
        definition_forms.make_router(),
        croissant.make_router(),
        documents.make_router(),
    ):
        app.include_router(router)
    # The first to be tried, and with nothing around it: it is asked most often in a row.
    app.router.routes.insert(0, Route(sparql.PATH, sparql.sparql, methods=["GET", "POST"]))
    app.mount("/data", app.state.datasette)
    if is_installed():
        app.router.routes.append(Route(PATH, app.state.model_context))
    for kind, answer in (
        (Failure, _answer_failure),
        (HTTPException, _answer_http),
        (RequestValidationError, _answer_invalid),
        (NoEdition, _answer_nothing),
        (QueryTooSlow, _answer_slow),
    ):
        app.add_exception_handler(kind, answer)
    app.add_middleware(Gate, base=site.base, metrics=app.state.metrics, is_preview=site.is_preview)
    app.add_middleware(Ready, editions=app.state.editions, metrics=app.state.metrics)
    return app


def from_environment() -> FastAPI:
    """Make the application of the site that `likeforlike serve` names to its worker processes."""
    shelf = os.environ.get("LIKEFORLIKE_SHELF")
    site = load_site(Path(os.environ["LIKEFORLIKE_SITE"]))
    if os.environ.get("LIKEFORLIKE_PREVIEW"):
        site = site.as_preview()
    return create_app(site, shelf=Path(shelf) if shelf else None)


async def _answer_failure(request: Request, error: Exception) -> Response:
    """Answer a failure: as a page to a browser, as a problem document to everything else."""
    assert isinstance(error, Failure)
    if wants_page(request):
        try:
            return await send_failure(request, request.app.state.editions.current, error)
        except NoEdition:
            pass
    return error.response(request.app.state.site.base)


async def _answer_http(request: Request, error: Exception) -> Response:
    """Answer what the router itself refuses: an unknown address or a wrong method."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == 405:
        detail = f"{request.method} is not allowed here."
        return await _answer_failure(
            request, Failure("method-not-allowed", detail, headers={"Allow": methods_of(path)})
        )
    if len(path) > 1 and path.endswith("/") and request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        # Never a second slash at the start: that would name another host.
        target = f"{root_of_site(request)}/{path.strip('/')}"
        return Response(status_code=301, headers={"Location": f"{target}{query}"})
    return await _answer_failure(
        request, Failure("address-unknown", f"Nothing has the address '{shown(path)}'.")
    )


async def _answer_nothing(request: Request, error: Exception) -> Response:
    assert isinstance(error, NoEdition)
    return Failure("nothing-published", headers={"Retry-After": "30"}).response(request.app.state.site.base)


async def _answer_slow(request: Request, error: Exception) -> Response:
    assert isinstance(error, QueryTooSlow)
    return await _answer_failure(request, Failure("busy", headers={"Retry-After": "10"}))


async def _answer_invalid(request: Request, error: Exception) -> Response:
    """Answer parameters that are unknown or have a value they cannot have, all at once."""
    assert isinstance(error, RequestValidationError)
    found: list[ErrorDetails] = list(error.errors())
    unknown = [str(one["loc"][-1]) for one in found if one["type"] == "extra_forbidden"]
    if unknown:
        return await _answer_failure(request, unknown_parameters(unknown, _known_parameters(request)))
    problems = [{"parameter": _name(one), "detail": _sentence(one)} for one in found]
    detail = " ".join(problem["detail"] for problem in problems)
    return await _answer_failure(request, Failure("parameter-wrong", detail, problems=problems))


def _known_parameters(request: Request) -> list[str]:
    """List the parameters of the route that was asked."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return []
    return [
        name
        for parameter in route.dependant.query_params
        for name in _names_of(parameter.field_info.annotation, parameter.alias)
    ]


def _names_of(annotation: Any, name: str) -> Iterator[str]:
    """Give the names of the parameters that one of a route's arguments reads."""
    fields = getattr(annotation, "model_fields", None)
    if fields is None:
        yield name
    else:
        yield from (field.alias or own for own, field in fields.items())


def _name(one: Any) -> str:
    place = [str(part) for part in one["loc"] if part not in ("query", "path")]
    return shown(place[0]) if place else "query"


def _sentence(one: Any) -> str:
    """Say what is wrong with one parameter, with the value found and what was wanted."""
    name, kind, facts = _name(one), one["type"], one.get("ctx", {})
    value = one.get("input")
    found = f"'{shown(str(value))}'" if not isinstance(value, dict | list) else "what was given"
    match kind:
        case "missing":
            return f"The parameter '{name}' is missing."
        case "greater_than_equal":
            return f"{found} is too small for '{name}'; the least is {facts['ge']}."
        case "less_than_equal":
            return f"{found} is too large for '{name}'; the most is {facts['le']}."
        case "too_long":
            return f"There are too many values of '{name}'; the most is {facts['max_length']}."
        case "string_too_long":
            return f"The value of '{name}' is too long; the most is {facts['max_length']} characters."
        case "string_too_short":
            return f"The parameter '{name}' is empty."
        case "literal_error" | "enum":
            return f"{found} is not a value of '{name}'; wanted: {facts.get('expected', '')}."
        case "int_parsing" | "int_type" | "int_from_float":
            return f"{found} is not a whole number, which '{name}' wants."
        case "bool_parsing" | "bool_type":
            return f"{found} is neither true nor false, which '{name}' wants."
        case "string_pattern_mismatch":
            return f"{found} is not of the form that '{name}' has."
        case _:
            return f"{found} is not a value of '{name}': {re.sub(r'^Input ', '', str(one.get('msg', '')))}."
