"""How sure the figures of an area are, in counts that a reader can follow to the figures themselves.

In:   the newest figure of each indicator, as the tables of the page show it, and the days of publication
Out:  QualityRow for each question, with what would make it better; never one score
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api import sentences
from api.pages.figures import AreaFigure

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class QualityRow:
    """One question, its answer for this area, and what would make the answer better."""

    question: str
    answer: str
    better: str


def list_quality(edition: Edition, figures: Sequence[AreaFigure], missing: int) -> list[QualityRow]:
    """Answer how sure an area's newest figures are.

    missing   how many figures are missing or late
    """
    shown = [one for one in figures if one.has_value]
    if not shown:
        return []
    whole = len(shown)
    published = sum(one.latest.limit_method == "published" for one in shown)
    worked_out = sum(one.latest.limit_method not in (None, "published") for one in shown)
    special = [one for one in shown if one.latest.status not in ("normal", "break")]
    statuses = sorted({sentences.status_words(one.latest.status).lower() for one in special})
    rows = [
        QualityRow(
            "How many have a range from their publisher?",
            f"{published} of {whole}",
            "A range says how far chance may have moved a figure.",
        ),
        QualityRow(
            "How many have a range that is worked out here?",
            f"{worked_out} of {whole}",
            "It needs the numbers behind a figure: numerator and denominator, or how many were asked.",
        ),
        QualityRow(
            "How many have no range?",
            f"{whole - published - worked_out} of {whole}",
            "Their publishers could give a range, or the numbers behind the figures.",
        ),
        QualityRow(
            "How many are not final, or to be read with care?",
            f"{len(special)} of {whole}" + (f": {sentences.listed(statuses)}" if statuses else ""),
            "A later edition brings the final figures when their publishers do.",
        ),
        QualityRow(
            "How many are missing or late?",
            str(missing),
            "Each is listed below with its reason." if missing else "Nothing is missing.",
        ),
    ]
    return [*rows, *_timeliness(edition, shown)]


def _timeliness(edition: Edition, shown: Sequence[AreaFigure]) -> list[QualityRow]:
    """Say how long publication took, of the datasets that tell when they were published."""
    released = {
        row["dataset"]: dt.date.fromisoformat(row["released_on"])
        for row in edition.rows("SELECT dataset, released_on FROM datasets WHERE released_on IS NOT NULL")
    }
    days = sorted(
        (released[one.dataset] - one.latest.span.end_on).days for one in shown if one.dataset in released
    )
    days = [count for count in days if count >= 0]
    if not days:
        return []
    told = f"{days[0]:,} to {days[-1]:,} days" if days[0] != days[-1] else f"{days[0]:,} days"
    return [
        QualityRow(
            "How long after the period were they published?",
            f"{told}, of {len(days)} figures whose dataset says when",
            "A dataset that gives its day of publication can be held to it.",
        )
    ]
