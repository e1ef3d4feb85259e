"""What the figures of /api/v1 are, as models that their description and the columns of files are made from."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.figure_forms.receipt import ReceiptModel
from api.v1_models import LABELS, Envelope
from api.v1_restated import RestatedOfSeries


class Observation(BaseModel):
    """One figure."""

    dataset: str = Field(description="The dataset that holds the figure.")
    indicator: str = Field(description="The indicator.")
    indicator_label: str | None = Field(description="Its name.")
    version: str = Field(description="The version of the definition that the figure was counted by.")
    area: str = Field(description="The code of the area.")
    area_label: str | None = Field(description="Its name.")
    period: str = Field(description="The period, as start and length.")
    period_label: str | None = Field(description="The period as people write it.")
    breakdown: str = Field(description="What part of the people or cases it is about; empty for all.")
    breakdown_label: str | None = Field(description="The same in words.")
    value: float | None = Field(description="The figure as a number; null where the status says why.")
    value_text: str | None = Field(description="The figure with the digits as published.")
    unit: str | None = Field(description="What one of the value is.")
    status: str = Field(
        description="Why the value is missing or special; normal where nothing is to be said."
    )
    lower_limit: float | None = Field(description="The lower end of the range.")
    upper_limit: float | None = Field(description="The upper end of the range.")
    numerator: float | None = Field(description="What was counted on top.")
    denominator: float | None = Field(description="What it was divided by.")
    sample_size: int | None = Field(description="How many people or cases it rests on.")
    note: str | None = Field(description="What a reader must know about this one figure.")
    uri: str = Field(description="The URI of the figure.")


class Point(BaseModel):
    """One figure of a series."""

    period: str = Field(description="The period, as start and length.")
    period_label: str | None = Field(description="The period as people write it.")
    version: str = Field(description="The version of the definition.")
    value: float | None = Field(description="The figure as a number.")
    value_text: str | None = Field(description="The figure with the digits as published.")
    status: str = Field(description="Why the value is missing or special.")
    lower_limit: float | None = Field(description="The lower end of the range.")
    upper_limit: float | None = Field(description="The upper end of the range.")
    uri: str = Field(description="The URI of the figure.")
    verdict: str | None = Field(
        description="Whether it may be compared with the figure before; null for the first."
    )
    verdict_reasons: list[str] = Field(description="The reasons by their short names, the gravest first.")


class Evidence(BaseModel):
    """One reason of a verdict."""

    code: str = Field(description="The reason's short name.")
    level: str = Field(description="How far the two may be compared for this reason alone.")
    text: str = Field(description="The reason in words.")
    evidence: dict[str, list[str]] = Field(description="By name, what each of the two figures says.")


class Series(BaseModel):
    """The figures of one dataset, indicator, area, breakdown and kind of period, oldest first."""

    dataset: str = Field(description="The dataset.")
    indicator: str = Field(description="The indicator.")
    indicator_label: str | None = Field(description="Its name.")
    area: str = Field(description="The code of the area.")
    area_label: str | None = Field(description="Its name.")
    breakdown: str = Field(description="What part of the people or cases it is about; empty for all.")
    unit: str | None = Field(description="What one of the newest value is.")
    period_kind: str = Field(description="The kind of period that all its points are for.")
    points: list[Point] = Field(description="The figures, oldest first.")
    restated: list[RestatedOfSeries] = Field(
        description="Figures of earlier periods, put together from those of the areas that this one followed."
        " They are not among the points."
    )
    verdict: str = Field(description="The worst verdict on a figure and the one before it.")
    reasons: list[Evidence] = Field(description="Every reason of those verdicts once, the gravest first.")


class ProfileRow(BaseModel):
    """One indicator of an area: its newest figure and what it is held against."""

    dataset: str = Field(description="The dataset that holds the figure.")
    indicator: str = Field(description="The indicator.")
    indicator_label: str = Field(description="Its name.")
    version: str = Field(description="The version of the definition.")
    theme: str | None = Field(description="Its main theme.")
    evidence: str = Field(description="The kind of evidence. Context is never judged.")
    polarity: str = Field(description="Which way is better.")
    unit: str = Field(description="What one of the value is.")
    breakdown: str = Field(description="The people it is about, where there is no figure for all.")
    period: str = Field(description="The period of the newest figure.")
    period_label: str = Field(description="The period as people write it.")
    value: float | None = Field(description="The newest figure as a number.")
    value_text: str | None = Field(description="The figure with the digits as published.")
    status: str = Field(description="Why the value is missing or special.")
    lower_limit: float | None = Field(description="The lower end of the range.")
    upper_limit: float | None = Field(description="The upper end of the range.")
    limit_method: str | None = Field(
        description="How the range was found: published, or the method that worked it out."
    )
    tier: str | None = Field(description="The tier whose councils it is held against.")
    tier_median: float | None = Field(description="The figure of the middle council of the tier.")
    tier_count: int | None = Field(description="How many councils of the tier have a figure.")
    standing: str | None = Field(description="higher, lower or no-clear-difference from the middle council.")
    similar_median: float | None = Field(description="The figure in the middle of the similar councils.")
    similar_count: int | None = Field(description="How many similar councils have a figure.")
    country_value: float | None = Field(description="The country's figure for the same period.")
    earlier_period: str | None = Field(description="The period before.")
    earlier_value: float | None = Field(description="The figure of the period before.")
    change: str | None = Field(description="up, down or no-clear-change from the period before.")
    change_amount: float | None = Field(description="By how much, in the unit.")
    change_verdict: str | None = Field(description="Whether the two may be compared.")
    uri: str = Field(description="The URI of the newest figure.")
    change_reasons: list[str] = Field(description="The reasons of change_verdict by their short names.")
    country_verdict: str | None = Field(description="Whether it may be compared with the country's figure.")
    country_reasons: list[str] = Field(description="The reasons of country_verdict by their short names.")


class ProfileArea(BaseModel):
    """The area of a profile."""

    area: str = Field(description="The code.")
    label: str = Field(description="The official name.")
    everyday_label: str | None = Field(description="The name people use.")
    area_type: str = Field(description="What kind of place it is.")
    start_on: str | None = Field(description="The first day its code was in use, if known.")
    end_on: str | None = Field(description="The last day its code was in use; null while it is.")
    uri: str = Field(description="The URI of the area.")
    labels: dict[str, str] = Field(description=LABELS)


class ProfileAnswer(Envelope):
    """The newest figures of one area, each with what it is held against."""

    area: ProfileArea = Field(description="The area.")
    count: int = Field(description="How many indicators there are.")
    next: None = Field(description="Always null: a profile is one part.")
    items: list[ProfileRow] = Field(description="One row for each indicator, by theme and name.")
    receipt: ReceiptModel = Field(description="What was sent.")


class SeriesRow(Observation):
    """One figure of a series as the row of a table."""

    verdict: str | None = Field(
        description="Whether it may be compared with the figure of the period before; empty for the first."
    )
    verdict_reasons: list[str] = Field(description="The reasons by their short names, the gravest first.")


class ObservationsAnswer(Envelope):
    """A list of figures."""

    count: int = Field(description="How many figures there are in all.")
    next: str | None = Field(description="Address of the next part; null at the end.")
    items: list[Observation] = Field(description="The figures of this part.")
    receipt: ReceiptModel = Field(description="What was sent in this part.")


class SeriesAnswer(Envelope):
    """A list of series."""

    count: int = Field(description="How many series there are in all.")
    next: str | None = Field(description="Address of the next part; null at the end.")
    items: list[Series] = Field(description="The series of this part.")
    receipt: ReceiptModel = Field(description="What was sent in this part.")
