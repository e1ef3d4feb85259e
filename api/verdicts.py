"""The verdict at every door: figures as programs have them, held against each other.

In:   an edition, and figures as rows of observations.FIELDS or as keys
Out:  verdicts of compare.verdict, with all that an edition says of definitions, crosswalks, areas and breaks

Whoever puts two figures side by side, in JSON, a file or linked data, asks the Judge of the edition. It adds what
the edition knows, and decides nothing itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from api.crosswalk import find_declared
from api.edition import Edition
from api.pages.definitions import load_definitions
from api.pages.extensions import find_standard
from api.pages.places import Place, compared_tier, find_places
from compare import Figure, Reason, Verdict, join_verdicts, reason_codes, verdict

Row = dict[str, Any]
Key = tuple[str, str, str, str, str]

# What a table that sets figures side by side says of each row.
VERDICT_FIELDS = ("verdict", "verdict_reasons")


class Judge:
    """Decides for one edition. It keeps the areas it has met, so make one for each answer."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.definitions = load_definitions(edition)
        self.periods = edition.once("period days", lambda: _read_periods(edition))
        self._places: dict[str, Place] = {}

    def places(self, areas: Iterable[str]) -> Mapping[str, Place]:
        """Find areas by their codes, those that are new to the judge all at once."""
        wanted = set(areas)
        missing = wanted - self._places.keys()
        if missing:
            self._places.update(find_places(self.edition, missing))
        return self._places

    def figures(self, rows: Sequence[Row]) -> list[Figure]:
        """Read rows of observations, with value_text and both limits, as figures."""
        self.places(row["area"] for row in rows)
        return [self._figure(row) for row in rows]

    def figures_side_by_side(self, rows: Sequence[Row]) -> list[Figure]:
        """Read rows as figures of several areas: a council says whether it runs the service."""
        return [self._answering(figure) for figure in self.figures(rows)]

    def _figure(self, row: Row) -> Figure:
        definition = self.definitions.get(row["indicator"], row["version"])
        place = self._places[row["area"]]
        kind, start, end = self.periods[row["period"]]
        return Figure(
            indicator=row["indicator"],
            version=row["version"],
            dataset=row["dataset"],
            unit=definition.unit.notation,
            area=row["area"],
            area_type=place.area_type,
            period=row["period"],
            period_kind=kind,
            period_start=start,
            period_end=end,
            value=_decimal(row["value_text"]),
            status=row["status"],
            lower_limit=_decimal(row["lower_limit"]),
            upper_limit=_decimal(row["upper_limit"]),
            breakdown=row["breakdown"],
            is_total=definition.is_total,
            tiers=place.tiers,
            runs=row["status"] != "not-provided",
            is_sampled=definition.is_sampled,
            area_start=place.start_on,
            area_end=place.end_on,
        )

    def decide(self, a: Figure, b: Figure, breaks: Sequence[dt.date] = ()) -> Verdict:
        """Decide whether two figures may be compared.

        breaks   first days of periods from which the series of either was counted differently
        """
        if a.area != b.area:
            a, b = self._answering(a), self._answering(b)
        standard, extension = a.indicator, None
        if a.indicator != b.indicator:
            first, by = find_standard(self.edition, a.indicator, a.version)
            second, other_by = find_standard(self.edition, b.indicator, b.version)
            if first == second:
                standard, extension = first, (by, other_by)
        return verdict(
            a,
            b,
            steps=self.definitions.steps[standard],
            crosswalk=find_declared(self.edition, a.indicator, b.indicator),
            extension=extension,
            breaks=breaks,
        )

    def _answering(self, figure: Figure) -> Figure:
        """Say of a council beside another whether it runs the service, whatever it has a figure of."""
        tier = self.definitions.get(figure.indicator, figure.version).tier
        if figure.tiers and compared_tier(tier, figure.area_type) is None:
            return replace(figure, runs=False)
        return figure

    def breaks_of(self, keys: Iterable[Key]) -> list[dt.date]:
        """Find the first days of periods from which the series of some figures were counted differently.

        keys   dataset, indicator, area, period and breakdown
        """
        found = set()
        for dataset, indicator, area, _, breakdown in keys:
            rows = self.edition.rows(
                "SELECT p.start_on FROM observations AS o JOIN periods AS p ON p.period = o.period"
                " WHERE o.dataset = ? AND o.indicator = ? AND o.area = ? AND o.breakdown = ?"
                " AND o.status = 'break'",
                (dataset, indicator, area, breakdown),
            )
            found |= {dt.date.fromisoformat(row[0]) for row in rows}
        return sorted(found)


def _read_periods(edition: Edition) -> Mapping[str, tuple[str, dt.date, dt.date]]:
    rows = edition.rows("SELECT period, kind, start_on, end_on FROM periods")
    return {
        row["period"]: (
            row["kind"],
            dt.date.fromisoformat(row["start_on"]),
            dt.date.fromisoformat(row["end_on"]),
        )
        for row in rows
    }


def _decimal(number: float | str | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))


def key_of(row: Mapping[str, Any]) -> Key:
    """Give the key of a figure's row."""
    return row["dataset"], row["indicator"], row["area"], row["period"], row["breakdown"]


def as_row(decided: Verdict | None) -> Row:
    """Write a verdict as the columns VERDICT_FIELDS; both are empty where nothing was compared."""
    level = None if decided is None else decided.level.notation
    return {"verdict": level, "verdict_reasons": list(reason_codes(decided))}


def as_items(reasons: Iterable[Reason]) -> list[Row]:
    """Write reasons as JSON has them."""
    return [
        {
            "code": reason.code,
            "level": reason.level.notation,
            "text": reason.text,
            "evidence": {name: list(pair) for name, pair in reason.evidence.items()},
        }
        for reason in reasons
    ]


def as_members(decided: Iterable[Verdict | None]) -> Row:
    """Write the one verdict on several as members of an answer: verdict and reasons."""
    joined = join_verdicts(decided)
    return {"verdict": joined.level.notation, "reasons": as_items(joined.reasons)}
