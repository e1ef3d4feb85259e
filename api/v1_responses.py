"""The answers that every operation of /api/v1 may give, as its description has them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from api.failures import FAILURES, MEDIA_TYPE
from api.figure_forms import FIGURE_FORMS
from api.forms import CSV, GRAPH_FORMS
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


def responses(
    model: type[BaseModel], *, csv: bool = False, files: bool = False, graphs: bool = False
) -> dict[int | str, dict[str, Any]]:
    """Describe the answers of an operation whose good answer is a model.

    csv     it is there as CSV too
    files   it is there as every file of figures
    graphs  it is there as linked data
    """
    content: dict[str, Any] = {}
    for form in (*FIGURE_FORMS[1:], *(GRAPH_FORMS if graphs else ())):
        if files or (csv and form is CSV) or (graphs and form in GRAPH_FORMS):
            is_text = form in (CSV, *GRAPH_FORMS)
            content[form.media_type] = {"schema": {"type": "string"} if is_text else {}}
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
    return told | usual_answers() | (failures("file-too-long") if files else {})


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
