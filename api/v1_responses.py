"""The answers that every operation of /api/v1 may give, as its description has them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from api.failures import FAILURES, MEDIA_TYPE
from api.v1_models import FailureModel

# The failures that any operation may meet, by status.
_USUAL = (
    "parameter-unknown",
    "thing-unknown",
    "form-not-offered",
    "edition-gone",
    "address-too-long",
    "busy",
)


def responses(model: type[BaseModel], *, csv: bool = False) -> dict[int | str, dict[str, Any]]:
    """Describe the answers of an operation whose good answer is a model."""
    content: dict[str, Any] = {"text/csv": {"schema": {"type": "string"}}} if csv else {}
    told: dict[int | str, dict[str, Any]] = {
        200: {
            "model": model,
            "description": "The answer.",
            "content": content,
            "headers": {
                "ETag": {"description": "Strong tag of exactly this answer.", "schema": {"type": "string"}},
                "Link": {
                    "description": "Licences, and the next part of a list.",
                    "schema": {"type": "string"},
                },
            },
        },
    }
    return told | usual_answers()


def usual_answers() -> dict[int | str, dict[str, Any]]:
    """Describe what any operation may answer instead."""
    return {304: {"description": "You have this answer already."}} | failures(*_USUAL)


def failures(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Describe some kinds of failure, by status."""
    kinds = [FAILURES[code] for code in codes]
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Failure"}}}
    return {kind.status: {"description": kind.title, "content": content} for kind in kinds}


def failure_schema() -> dict[str, Any]:
    """Describe the shape of every failure."""
    return FailureModel.model_json_schema()
