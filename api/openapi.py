"""The description of the API, from the routes that answer it.

In:   the application and an edition
Out:  an OpenAPI 3.1 document
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.edition import Edition
from api.v1_responses import failure_schema

_WORDS = """\
Read everything that is published here as JSON or CSV, without a key.

- Parameters are the words of the data; one that is not known is refused with the nearest that is.
- Lists answer `count`, `items` and `next`: follow `next` until it is null. A list stays on the edition it
  was begun on.
- A figure has its `value` as a number and its `value_text` with the digits as published. Without a value,
  both are null and `status` says why.
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
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    return document
