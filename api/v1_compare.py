"""/api/v1/compare: areas side by side on one indicator.

In:   an indicator, areas or a group, a period
Out:  the envelope with a row for each area that may be compared, those left out with their reasons, the middle of
      the others and the country's figure; the same rows as a file
"""

# Not from __future__ import annotations: FastAPI reads those of endpoints that are made in a function.

from collections.abc import Sequence
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.answers import Row, begin, dump, envelope, sources_of_datasets, standing_links
from api.comparing import COMPARE_FIELDS, Comparison, as_spread, compare_areas
from api.comparing_asked import MOST_AREAS, Wanted
from api.edition import Edition
from api.figure_forms import FigureTable, choose_figures, columns_of, receipt_of
from api.figure_forms.receipt import ReceiptModel
from api.figure_forms.sending import FORMAT_PATTERN, FORMAT_WORDS, RECEIPT
from api.forms import JSON
from api.replies import edition_of
from api.v1_figure_models import Evidence, Observation
from api.v1_figures import END_WORDS, send_table
from api.v1_models import TEXT_PATTERN, Envelope, Parameters
from api.v1_responses import responses
from schemas import load_model

_NOTATION = load_model().forms["notation"]
_PERIOD = load_model().forms["period"]
_INCLUDED = "not-comparable"


class CompareParameters(Parameters):
    """What is to be compared."""

    indicator: str = Field(
        pattern=f"^{_NOTATION['pattern']}$",
        max_length=_NOTATION["maxLength"],
        description="The indicator.",
    )
    areas: str = Field(
        "",
        pattern=TEXT_PATTERN,
        description=(
            f"Codes of areas with commas between them, {MOST_AREAS} at most. The first is in focus: the others are "
            "held against it. One area alone is compared with the group that is most like it."
        ),
    )
    group: str = Field(
        "",
        pattern=f"^(?:{_NOTATION['pattern']})?$",
        max_length=_NOTATION["maxLength"],
        description="A comparator group. all: every council of the tier.",
    )
    period: str = Field(
        "",
        pattern=f"^(?:{_PERIOD['pattern']})?$",
        max_length=_PERIOD["maxLength"],
        description="The period, as start and length: 2023-04-01_P1Y. Left out, the newest.",
    )
    breakdown: str = Field(
        "",
        pattern=TEXT_PATTERN,
        max_length=200,
        description="What part of the people or cases: age=16-64;sex=female. Left out, all of them.",
    )
    include: str | None = Field(
        None,
        pattern=f"^{_INCLUDED}$",
        description=(
            "not-comparable: also show the figures that may not be compared, with the reason. They have no place and "
            "are in no middle."
        ),
    )
    format: str | None = Field(None, pattern=FORMAT_PATTERN, description=FORMAT_WORDS)
    receipt: str | None = Field(None, pattern="^end$", description=END_WORDS)


class ComparedRow(Observation):
    """One area's figure beside the others."""

    area_type: str = Field(description="What kind of place it is.")
    range_lower: float | None = Field(description="The lower end of its 95% range, published or worked out.")
    range_upper: float | None = Field(description="The upper end.")
    range_method: str | None = Field(
        description="How the range was found; the reference of statistics says how."
    )
    is_focus: bool = Field(description="Whether it is the area in focus, which the others are held against.")
    verdict: str | None = Field(
        description="Whether it may be compared with the figure in focus; empty for that one itself."
    )
    verdict_reasons: list[str] = Field(description="The reasons by their short names, the gravest first.")
    is_counted: bool = Field(description="Whether it counts in the middle and the places.")
    place: int | None = Field(description="Its place, counted from the highest figure. Never read it alone.")
    highest_place: int | None = Field(description="The first place that its range lets it have.")
    lowest_place: int | None = Field(description="The last place that its range lets it have.")
    among: int | None = Field(description="How many figures have a place.")
    cannot_be_told_apart: int | None = Field(
        description="From how many of the others it is not clearly different."
    )
    difference: float | None = Field(
        description="By how much it differs from the figure in focus, in the unit."
    )


class LeftOut(BaseModel):
    """An area that is not among the rows, and why."""

    area: str = Field(description="The code.")
    area_label: str | None = Field(description="Its name.")
    reasons: list[str] = Field(description="Why, by short names.")
    text: str = Field(description="Why, in words.")


class Spread(BaseModel):
    """How the figures that count are spread."""

    count: int = Field(description="How many figures count.")
    lowest: float = Field(description="The lowest.")
    lower_quartile: float = Field(description="A quarter of them lies below.")
    median: float = Field(description="The figure in the middle.")
    upper_quartile: float = Field(description="A quarter of them lies above.")
    highest: float = Field(description="The highest.")


class ComparatorRow(BaseModel):
    """What stands for all councils of a nation, a region, a type or a group."""

    kind: str = Field(description="nation, region, area-type or group.")
    comparator: str = Field(description="The area's code, the type, or the short name of the group.")
    label: str = Field(description="Its name.")
    value: float = Field(description="The value, in the unit.")
    method: str = Field(description="How it was found: published, rebuilt, sum or unweighted-mean.")
    area_count: int = Field(description="How many councils have a figure.")
    missing_count: int = Field(description="How many run the service and have none.")
    published_value: float | None = Field(description="The figure that the source gives.")
    rebuilt_value: float | None = Field(description="The value rebuilt from the councils' parts.")
    difference: float | None = Field(description="The rebuilt value minus the published one.")
    is_beyond_rounding: bool = Field(description="Whether the two differ by more than rounding explains.")
    lower_limit: float | None = Field(description="The lower end of its 95% range.")
    upper_limit: float | None = Field(description="The upper end.")
    limit_method: str | None = Field(description="How the range was found.")


class CompareAnswer(Envelope):
    """Areas side by side on one indicator."""

    indicator: str = Field(description="The indicator.")
    indicator_label: str = Field(description="Its name.")
    polarity: str = Field(description="Which way is better.")
    unit: str = Field(description="What one of the value is.")
    period: str = Field(description="The period.")
    period_label: str = Field(description="The period as people write it.")
    breakdown: str = Field(description="What part of the people or cases it is about; empty for all.")
    group: str = Field(description="The group compared; all for the tier; empty where areas were named.")
    focus: str | None = Field(description="The area in focus; null where none was named.")
    against: str | None = Field(description="URI of the figure that all others are held against.")
    verdict: str = Field(description="The worst verdict on that figure and any other.")
    reasons: list[Evidence] = Field(description="Every reason of those verdicts once, the gravest first.")
    spread: Spread | None = Field(description="How the figures that count are spread.")
    spread_text: str | None = Field(description="Why there is no spread.")
    country: ComparedRow | None = Field(
        description="The country's figure; null where there is none or it may not be compared."
    )
    country_text: str | None = Field(description="Why there is no figure of the country.")
    comparators: list[ComparatorRow] = Field(
        description="What stands for the councils around the area in focus, and for the group, widest first."
    )
    count: int = Field(description="How many rows there are.")
    next: None = Field(description="Always null: a comparison is one part.")
    items: list[ComparedRow] = Field(description="The rows, the one in focus first, then by name.")
    left_out: list[LeftOut] = Field(description="Areas that have no place and are in no middle, and why.")
    receipt: ReceiptModel = Field(description="What was sent.")


def _wanted(asked: CompareParameters) -> Wanted:
    areas = [code.strip() for code in asked.areas.split(",") if code.strip()]
    breakdown = ";".join(sorted(asked.breakdown.split(";"))) if asked.breakdown else ""
    return Wanted(asked.indicator, areas, asked.group, asked.period, breakdown)


async def answer_compare(request: Request, asked: CompareParameters) -> Response:
    """Answer areas side by side."""
    edition = edition_of(request)
    choice = choose_figures(request, asked.format)
    reply = begin(request, edition, choice)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    found = await anyio.to_thread.run_sync(compare_areas, edition, _wanted(asked))
    rows = [*found.rows, *(found.refused if asked.include == _INCLUDED else ())]
    sources = sources_of_datasets(edition, {found.cell.dataset})
    about = envelope(edition, sources, _query(found, asked))
    left_out = _left_out(found)
    if choice.form is not JSON or asked.format == RECEIPT:
        table = _tabulate(edition, found, rows, left_out, about)
        return await send_table(reply, table, choice, asked)
    answer = about | _summary(found, included=asked.include == _INCLUDED)
    answer |= {"count": len(rows), "next": None, "items": rows, "left_out": left_out}
    answer["receipt"] = receipt_of(rows, complete=True)
    return reply.send(dump(answer), standing_links(edition, sources))


def _query(found: Comparison, asked: CompareParameters) -> Row:
    """Say the question as it was understood, with the period and the group that were chosen."""
    return {
        "indicator": found.cell.indicator,
        "areas": _wanted(asked).areas,
        "group": found.group or None,
        "period": found.cell.period,
        "breakdown": found.cell.breakdown or None,
        "include": asked.include,
    }


def _summary(found: Comparison, *, included: bool) -> Row:
    """Write what is said of a comparison as a whole."""
    definition = found.definition
    country, country_text = found.country, found.country_text
    if country is not None and country["verdict"] == _INCLUDED and not included:
        country, country_text = None, "The country's figure may not be compared with the one in focus."
    return {
        "indicator": definition.indicator,
        "indicator_label": definition.label,
        "polarity": definition.polarity,
        "unit": definition.unit.notation,
        "period": found.cell.period,
        "period_label": found.span.label,
        "breakdown": found.cell.breakdown,
        "group": found.group,
        "focus": found.focus.area if found.focus is not None else None,
        "against": found.against["uri"] if found.against is not None else None,
        **found.verdict,
        "spread": as_spread(found.spread),
        "spread_text": found.spread_text,
        "country": country,
        "country_text": country_text,
        "comparators": list(found.comparators),
    }


def _left_out(found: Comparison) -> list[Row]:
    """List who has no place and counts in no middle, and why."""
    texts = {reason["code"]: reason["text"] for reason in found.verdict["reasons"]}
    out = [
        {
            "area": row["area"],
            "area_label": row["area_label"],
            "reasons": row["verdict_reasons"],
            "text": " ".join(texts[code] for code in row["verdict_reasons"]),
        }
        for row in found.refused
    ]
    out += [
        {
            "area": row["area"],
            "area_label": row["area_label"],
            "reasons": [row["reason"]],
            "text": row["text"],
        }
        for row in found.missing
    ]
    return out


def _tabulate(
    edition: Edition, found: Comparison, rows: Sequence[Row], left_out: Sequence[Row], about: Row
) -> FigureTable:
    """Describe a comparison for a file: who is left out stands among its remarks."""
    spread = as_spread(found.spread)
    remarks = [
        (f"Left out: {row['area']} {row['area_label'] or ''}".strip(), row["text"]) for row in left_out
    ]
    if spread is not None:
        remarks.append(("Median", f"{spread['median']:g}, of {spread['count']} figures that count"))
    elif found.spread_text:
        remarks.append(("Median", found.spread_text))
    remarks += [
        (f"{row['label']}: {row['method']}", f"{row['value']:g}, of {row['area_count']} councils")
        for row in found.comparators
    ]
    return FigureTable(
        title=f"{found.definition.label}, {found.span.label}: areas compared",
        name=f"compare-{found.cell.indicator}",
        columns=columns_of(ComparedRow, COMPARE_FIELDS),
        chunks=lambda: iter([rows]),
        count=len(rows),
        edition=edition,
        about=about,
        remarks=remarks,
        extension={"spread": spread, "left_out": list(left_out), "comparators": list(found.comparators)},
    )


def make_router() -> APIRouter:
    """Make the route of comparisons."""
    router = APIRouter(prefix="/api/v1", tags=["Figures"])

    @router.get(
        "/compare",
        operation_id="compare",
        summary="Areas side by side on one indicator, like for like",
        responses=responses(CompareAnswer, files=True),
    )
    async def compare(request: Request, asked: Annotated[CompareParameters, Query()]) -> Response:
        """Compare areas on one indicator. Figures that may not be compared are left out and said, with the reason."""
        return await answer_compare(request, asked)

    return router
