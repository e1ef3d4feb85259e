"""What requests to the reconciliation service may say in their address and what its answers hold, for its description.

In:   nothing
Out:  pydantic models; the shapes are those of the protocol, not of the API under /api/v1
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from api.reconcile_answers import SUGGESTIONS
from api.search import LONGEST_TEXT
from api.v1_models import TEXT_PATTERN, Parameters


class ReconcileParameters(Parameters):
    """What version 0.2 is asked in an address. Without any the answer is the manifest."""

    queries: str | None = Field(None, description="A batch of queries of version 0.2, as JSON.")
    extend: str | None = Field(None, description="A data extension query of version 0.2, as JSON.")


class SuggestParameters(Parameters):
    """What to suggest. The rest of what clients send is taken and means nothing here."""

    prefix: str = Field(
        "",
        max_length=LONGEST_TEXT,
        pattern=TEXT_PATTERN,
        description="The beginning of a name or an identifier.",
    )
    type: list[str] = Field(
        default=[], max_length=20, description="For entities: only of this type, such as area/unitary."
    )
    cursor: int = Field(0, ge=0, le=100_000, description="How many suggestions to pass over.")
    limit: int = Field(SUGGESTIONS, ge=1, le=100, description="How many suggestions at most.")
    type_strict: str | None = Field(None, max_length=20, description="Taken; a type is always strict here.")
    lang: str | None = Field(None, max_length=40, description="Taken; answers are in English.")


class ProposeParameters(Parameters):
    """For which type properties are to be proposed."""

    type: str = Field("area", max_length=80, description="A type, such as area or area/unitary.")
    limit: int = Field(100, ge=1, le=500, description="How many properties at most.")


class SuggestAnswer(BaseModel):
    """Suggestions."""

    result: list[dict[str, Any]] = Field(description="Each with id, name and description.")


class ProposeAnswer(BaseModel):
    """Properties that things of a type have."""

    type: str = Field(description="The type asked for.")
    limit: int = Field(description="The limit asked for.")
    properties: list[dict[str, Any]] = Field(description="Each with id, name and description.")


class MatchAnswer(BaseModel):
    """What was found, in the order of the queries."""

    results: list[dict[str, Any]] = Field(
        description="Of each query its candidates, with id, name, score, match, description and features."
    )


class ExtendAnswer(BaseModel):
    """Properties of things."""

    meta: list[dict[str, Any]] = Field(description="The properties, in the order asked.")
    rows: list[dict[str, Any]] = Field(description="Of each thing its properties with their values.")
