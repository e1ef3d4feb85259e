"""Targets and plans as /api/v1 lists them: with what became of each, for every area and body concerned.

In:   rows of the tables targets and plans
Out:  the same rows with what the derived table target_progress says of them
"""

# Not from __future__ import annotations: v1_lists makes models of the types that stand here.

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import BaseModel, ConfigDict, Field

from api.answers import Row
from api.edition import Edition
from api.golden_thread import Outcome, Strand, list_outcomes
from api.v1_models import row_model
from schemas import load_model

# Columns of the derived table that the target itself says already.
_SAID = frozenset({"target", "indicator", "period", "kind", "test", "replaced_by"})


def progress_fields() -> tuple[str, ...]:
    """Name what is said of a target's progress for one area."""
    return tuple(name for name in load_model().derived["target_progress"].field_names if name not in _SAID)


def progress_model() -> type[BaseModel]:
    """Describe what became of a target for one area."""
    schema = load_model().derived["target_progress"]
    told = tuple(field for field in schema.fields if field.name not in _SAID)
    return row_model("TargetProgress", replace(schema, fields=told))


def add_progress(edition: Edition, rows: Sequence[Row], asked: Mapping[str, Sequence[str]]) -> None:
    """Say of targets what became of them: of the areas that were asked for, else of all they are for."""
    given = json.dumps([row["target"] for row in rows])
    areas = json.dumps(list(asked.get("area", ())))
    found: dict[str, list[Row]] = {}
    for one in edition.rows(
        "SELECT * FROM target_progress WHERE target IN (SELECT value FROM json_each(?1))"
        " AND (?2 = '[]' OR area IN (SELECT value FROM json_each(?2))) ORDER BY target, area",
        (given, areas),
    ):
        told = {name: one[name] for name in progress_fields()}
        if told["is_range_known"] is not None:
            told["is_range_known"] = bool(told["is_range_known"])
        found.setdefault(one["target"], []).append(told)
    replaced = edition.rows(
        "SELECT replaces, target FROM targets WHERE replaces IN (SELECT value FROM json_each(?))", (given,)
    )
    by_target = {row["replaces"]: row["target"] for row in replaced}
    for row in rows:
        row["replaced_by"] = by_target.get(row["target"])
        row["progress"] = found.get(row["target"], [])


def flat_fields() -> tuple[str, ...]:
    """Name the columns that stand in CSV in the place of the member progress."""
    return ("replaced_by", *(f"progress_{name}" for name in progress_fields()))


def as_flat(row: Row) -> Iterator[Row]:
    """Give a target once for each area that it is for, as CSV has it."""
    for one in row["progress"] or [{}]:
        yield row | {f"progress_{name}": one.get(name) for name in progress_fields()}


class StrandModel(BaseModel):
    """What shows one body's part of an outcome."""

    model_config = ConfigDict(title="Strand")

    indicator: str = Field(description="The indicator.")
    target: str | None = Field(description="The target for it, if there is one.")
    target_value: float | None = Field(description="What the figure had to reach.")
    target_period: str | None = Field(description="The period of the target.")
    result: str = Field(description="Met, not met, cannot be told, what is missing, or no-target.")
    latest_value: float | None = Field(description="The newest figure since the plan began.")
    latest_period: str | None = Field(description="The period of that figure.")
    latest_area: str | None = Field(description="The area of that figure.")


class PartModel(BaseModel):
    """One accountable body and what is its part."""

    model_config = ConfigDict(title="Part")

    body: str = Field(description="The body.")
    label: str = Field(description="Its name.")
    part: str = Field(description="Which part is its own, in words.")
    is_missing: bool = Field(
        description="Whether it has published nothing for its part since the plan began."
    )
    result: str = Field(description="What its targets come to.")
    strands: list[StrandModel] = Field(description="What shows its part.")


class OutcomeModel(BaseModel):
    """An outcome of a plan."""

    model_config = ConfigDict(title="PlannedOutcome")

    outcome: str = Field(description="The outcome.")
    label: str = Field(description="The outcome in words.")
    indicators: list[str] = Field(description="What shows whether it is reached.")
    missing: list[str] = Field(description="The bodies that have published nothing for their part.")
    parts: list[PartModel] = Field(description="The bodies that are accountable, and their parts.")


def add_outcomes(edition: Edition, rows: Sequence[Row], _asked: Mapping[str, Sequence[str]]) -> None:
    """Say of plans what they are to bring about, and who has done their part."""
    for row in rows:
        row["outcomes"] = [_write_outcome(outcome) for outcome in list_outcomes(edition, row)]


def _write_outcome(outcome: Outcome) -> Row:
    return {
        "outcome": outcome.outcome,
        "label": outcome.label,
        "indicators": [row["indicator"] for row in outcome.indicators],
        "missing": [part.body for part in outcome.missing],
        "parts": [
            {
                "body": part.body,
                "label": part.label,
                "part": part.part,
                "is_missing": part.is_missing,
                "result": part.result,
                "strands": [_write_strand(strand) for strand in part.strands],
            }
            for part in outcome.parts
        ],
    }


def _write_strand(strand: Strand) -> Row:
    target, figure = strand.progress or {}, strand.latest or {}
    return {
        "indicator": strand.indicator,
        "target": target.get("target"),
        "target_value": target.get("target_value"),
        "target_period": target.get("period"),
        "result": strand.result,
        "latest_value": figure.get("value"),
        "latest_period": figure.get("period"),
        "latest_area": figure.get("area"),
    }


# In CSV a plan stands once for each body's part of each outcome.
PLAN_COLUMNS = ("outcome", "outcome_label", "body", "part", "is_missing", "result")


def as_parts(row: Row) -> Iterator[Row]:
    """Give a plan once for each part, as CSV has it."""
    empty: Row = dict.fromkeys(PLAN_COLUMNS)
    for outcome in row["outcomes"] or [{}]:
        said = empty | {"outcome": outcome.get("outcome"), "outcome_label": outcome.get("label")}
        for part in outcome.get("parts") or [{}]:
            yield row | said | {name: part.get(name) for name in ("body", "part", "is_missing", "result")}
