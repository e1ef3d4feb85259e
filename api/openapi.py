"""The description of the API, from the routes that answer it.

In:   the application and an edition
Out:  an OpenAPI 3.1 document
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.edition import Edition
from api.things import observation_notation
from api.v1_responses import failure_schema

_WORDS = """\
Read everything that is published here as JSON or CSV, without a key.

- Parameters are the words of the data; one that is not known is refused with the nearest that is.
- Lists answer `count`, `items` and `next`: follow `next` until it is null. A list stays on the edition it
  was begun on.
- A figure has its `value` as a number and its `value_text` with the digits as published. Without a value,
  both are null and `status` says why.
- Each definition has a template to fill in, schemas and shapes to check figures against, and a structure for
  other systems: `/indicators/{indicator}/template.xlsx` and its neighbours.
- Every answer names its edition, licence and source. Keep them beside the figures.
- Everything under `/api/v1` keeps its meaning until there is a `/api/v2`. Members and parameters may be
  added.
"""


def describe(app: FastAPI, edition: Edition) -> dict[str, Any]:
    """Describe the API for an edition."""
    return edition.once("openapi", lambda: _describe(app, edition))


def _describe(app: FastAPI, edition: Edition) -> dict[str, Any]:
    document = get_openapi(
        title=f"{edition.title}: API",
        version="1",
        openapi_version="3.1.0",
        description=_WORDS,
        routes=app.routes,
        servers=[{"url": edition.base.rstrip("/")}],
        license_info={"name": "Each answer names the licences of its data."},
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    # Ours is the shape of every failure; the framework's own is never answered.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Failure"] = failure_schema()
    known = _examples(edition)
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            for parameter in operation.get("parameters", ()):
                _add_example(parameter, known)
    return document


# A value that each parameter can have in an edition that has anything at all.
_EXAMPLES = {
    "area": "SELECT area FROM observation_areas JOIN areas USING (area) WHERE end_on IS NULL ORDER BY area LIMIT 1",
    "indicator": "SELECT indicator FROM indicator_heads ORDER BY indicator LIMIT 1",
    "version": "SELECT 'v' || version FROM indicator_heads ORDER BY indicator LIMIT 1",
    "form": "SELECT 'template.csv'",
    "dataset": "SELECT dataset FROM datasets ORDER BY dataset LIMIT 1",
    "theme": "SELECT theme FROM indicator_themes ORDER BY theme LIMIT 1",
    "framework": "SELECT framework FROM frameworks ORDER BY framework LIMIT 1",
    "group": 'SELECT "group" FROM groups ORDER BY "group" LIMIT 1',
    "judgement": "SELECT judgement FROM judgements ORDER BY judgement LIMIT 1",
    "target": "SELECT target FROM targets ORDER BY target LIMIT 1",
    "q": "SELECT label FROM areas WHERE end_on IS NULL ORDER BY area LIMIT 1",
}


def _examples(edition: Edition) -> dict[str, str]:
    """Find a value for each parameter that names something of the edition."""
    found = {name: edition.value(sql) for name, sql in _EXAMPLES.items()}
    pair = edition.rows(
        "SELECT dataset, indicator, area, period, breakdown FROM observations"
        " WHERE indicator = (SELECT indicator FROM observation_definitions ORDER BY id LIMIT 1) LIMIT 2"
    )
    for name, row in zip("ab", [*pair, *pair], strict=False):
        found[name] = "/".join(observation_notation(row))
    return {name: str(value) for name, value in found.items() if value is not None}


def _add_example(parameter: dict[str, Any], known: Mapping[str, str]) -> None:
    """Give a parameter the example that there is for it: a list of one where it can be given several times."""
    value = known.get(parameter["name"])
    if value is not None:
        is_list = parameter.get("schema", {}).get("type") == "array"
        parameter["example"] = [value] if is_list else value
