"""The forms of a definition at their addresses: /indicators/{indicator}[/v{version}]/{form}.

In:   an address; without an ending the header Accept chooses
Out:  the form; 404 with the versions that there are, 406 with the forms on offer, 301 to the one address
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Path, Request
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.responses import Response

from api.answers import standing_links
from api.as_of import PINS
from api.definition_forms.blank import load_blank
from api.definition_forms.making import make_form
from api.definition_forms.offers import CSVW_ENDING, NAMES, OFFERS, SDMX, SDMX_CSV, Offer, offered
from api.edition import Edition
from api.failures import Failure, unknown_parameters, unknown_thing
from api.forms import choose, content_type, link
from api.graphs import sources_of
from api.pages.definitions import version_order
from api.replies import CURRENT, Reply, edition_of, root_of
from api.things import Thing, find_meant, find_thing
from api.v1_responses import usual_answers
from ingest.problems import shown
from schemas import load_model

# Media types that say which version of the standard they are.
_VERSIONS = {SDMX.media_type: "2.1", SDMX_CSV.media_type: "2.0.0"}

_LISTED = tuple(name for name in NAMES if name != CSVW_ENDING)


class _FormName(StringConvertor):
    """A form's name with any ending, or none: other addresses under a definition are not ours."""

    regex = rf"(?:{'|'.join(_LISTED)})(?:\.[A-Za-z0-9-]+)?"


# What is said of these is for people who read the description: an address itself is forgiving.
Indicator = Annotated[
    str,
    Path(
        description="The short name of the indicator.",
        json_schema_extra={"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
    ),
]
Version = Annotated[
    str,
    Path(
        description="A version of its definition: v2.0.0, or v2 for the newest of them.",
        json_schema_extra={"pattern": "^v[0-9]+([.][0-9]+){0,2}$"},
    ),
]
FormName = Annotated[
    str,
    Path(
        description="template.xlsx or template.csv to fill in; datapackage.json to send it in; "
        "table-schema.json, schema.json or shapes.ttl to check figures; structure.xml for SDMX, "
        "and figures.csv for every figure in that structure.",
        json_schema_extra={
            "enum": [
                *(f"{offer.name}.{offer.form.suffix}" for offer in OFFERS if offer.name in _LISTED),
                *_LISTED,
            ]
        },
    ),
]

_WORDS = (
    "A submission template, a schema of a table, of JSON or of linked data, or a structure, for exactly the "
    "figures of this definition. Without an ending the header Accept chooses."
)


async def answer_form(request: Request, indicator: str, version: str | None, asked: str) -> Response:
    """Answer a form of a definition.

    asked   the form's name with its ending, or without
    """
    edition = edition_of(request)
    name, dot, ending = (CSVW_ENDING, ".", "json") if asked == CSVW_ENDING else asked.partition(".")
    thing = _find(edition, indicator, version)
    document = f"{root_of(edition)}{thing.address}"
    offer, media_type = _choose(request, offered(name), ending if dot else None, document)
    unknown = [one for one in request.query_params if one not in PINS]
    if unknown:
        raise unknown_parameters(unknown, PINS)
    if thing.notation != ((indicator,) if version is None else (indicator, version)):
        query = f"?{request.url.query}" if request.url.query else ""
        suffix = "" if not dot or name == CSVW_ENDING else f".{ending}"
        place = offer.address(document) if name == CSVW_ENDING else f"{document}/{name}{suffix}"
        return Response(status_code=301, headers={"Location": place + query, "Cache-Control": CURRENT})
    address = offer.address(thing.address)
    reply = Reply(request, edition, media_type, address=address, vary=None if dot else "Accept")
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged

    def make() -> bytes:
        return make_form(
            offer, edition, load_blank(edition, thing.row), f"{edition.base.rstrip('/')}{address}"
        )

    body = await anyio.to_thread.run_sync(make)
    file = f"{thing.row['indicator']}-{thing.row['version']}-{offer.name.lstrip('.')}.{offer.form.suffix}"
    headers = {
        "Content-Disposition": f'{"attachment" if offer.use == "fill" else "inline"}; filename="{file}"'
    }
    if media_type in _VERSIONS:
        headers["Content-Type"] = f"{content_type(media_type)}; version={_VERSIONS[media_type]}"
    links = [
        *standing_links(edition, sources_of(edition, thing)),
        *(
            link(other.address(document), "alternate", type=other.form.media_type)
            for other in offered(name)
            if other is not offer
        ),
        link(f"{edition.base.rstrip('/')}{address}", "canonical"),
        link(thing.uri(edition), "about"),
        link(document, "up"),
    ]
    return reply.send(body, links, headers)


def _choose(
    request: Request, offers: Sequence[Offer], ending: str | None, document: str
) -> tuple[Offer, str]:
    """Choose the form of a name: its ending wins over Accept.

    Raises Failure (406) with what is on offer.
    """
    if ending is None:
        choice = choose(request.headers.get("accept"), tuple(offer.form for offer in offers))
        return next(offer for offer in offers if offer.form is choice.form), choice.media_type
    for offer in offers:
        if offer.form.suffix == ending.lower():
            return offer, offer.form.media_type
    addresses = [offer.address(document) for offer in offers]
    raise Failure(
        "form-not-offered",
        f"This has no form '.{shown(ending)}'. It is available at {', '.join(addresses)}.",
        offered=[offer.form.media_type for offer in offers],
        addresses=addresses,
    )


def _find(edition: Edition, indicator: str, version: str | None) -> Thing:
    """Find a definition, forgiving the case and the numbers that a version leaves out.

    Raises Failure (404) with the nearest indicator, or with the versions that there are.
    """
    kind = load_model().kinds["indicator"]
    parts = (indicator,) if version is None else (indicator, version)
    thing = find_thing(edition, kind, parts) or find_meant(edition, kind, parts)
    if thing is not None:
        return thing
    head = find_meant(edition, kind, (indicator,))
    if head is None:
        known = [row[0] for row in edition.rows("SELECT indicator FROM indicator_heads")]
        raise unknown_thing(kind.label, indicator, known)
    rows = edition.rows("SELECT version FROM indicators WHERE indicator = ?", (head.path,))
    versions = [f"v{one}" for one in sorted((row[0] for row in rows), key=version_order)]
    raise Failure(
        "thing-unknown",
        f"The indicator '{head.path}' has no version '{shown(version or '')}'. It has: {', '.join(versions)}.",
        offered=versions,
    )


def make_router() -> APIRouter:
    """Make the routes of the forms. They come before those of documents, which take every other address."""
    register_url_convertor("definition_form", _FormName())
    router = APIRouter()
    contents: dict[str, dict[str, str]] = {
        offer.form.media_type: {} for name in _LISTED for offer in offered(name)
    }
    told: dict[int | str, dict[str, Any]] = {
        200: {"description": "The form.", "content": contents},
        **usual_answers(),
    }

    @router.get(
        "/indicators/{indicator}/{form:definition_form}",
        summary="A form of the definition in use",
        description=_WORDS,
        response_class=Response,
        responses=told,
    )
    async def form(request: Request, indicator: Indicator, form: FormName) -> Response:
        return await answer_form(request, indicator, None, form)

    @router.get(
        "/indicators/{indicator}/{version}/{form:definition_form}",
        summary="A form of one version of a definition",
        description=_WORDS,
        response_class=Response,
        responses=told,
    )
    async def form_of_version(
        request: Request, indicator: Indicator, version: Version, form: FormName
    ) -> Response:
        return await answer_form(request, indicator, version, form)

    @router.get(f"/indicators/{{indicator}}{CSVW_ENDING}.json", include_in_schema=False)
    async def csvw(request: Request, indicator: str) -> Response:
        return await answer_form(request, indicator, None, CSVW_ENDING)

    @router.get(f"/indicators/{{indicator}}/{{version}}{CSVW_ENDING}.json", include_in_schema=False)
    async def csvw_of_version(request: Request, indicator: str, version: str) -> Response:
        return await answer_form(request, indicator, version, CSVW_ENDING)

    return router
