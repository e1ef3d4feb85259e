"""Definitions as pages need them: what an indicator's figures are, and how its versions compare.

In:   the tables indicators, indicator_themes and codes of an edition
Out:  Definition for each version of each indicator; the versions of one indicator as steps for a verdict
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from api.sentences import Unit, polarity_words, range_words
from compare import Rule, Step, combining_rule
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

# Months from one figure to the next, by how often an indicator is measured. Others have no timetable.
MONTHS_BETWEEN = {"monthly": 1, "quarterly": 3, "termly": 6, "annual": 12, "biennial": 24}


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of an indicator. The rest of its text stands on its own page.

    rule   how figures of several councils are put together, and what chance does to one
    """

    indicator: str
    version: str
    label: str
    question: str
    unit: Unit
    decimals: int
    polarity: str
    band: tuple[Decimal, Decimal] | None
    evidence: str
    themes: tuple[str, ...]
    frequency: str
    tier: str
    owner: str
    status: str
    is_total: bool
    is_sampled: bool
    rule: Rule

    @property
    def is_context(self) -> bool:
        return self.evidence == "context"

    @property
    def polarity_words(self) -> str:
        band = range_words(*self.band, self.unit, self.decimals) if self.band else ""
        return polarity_words(self.polarity, self.evidence, band)


@dataclass(frozen=True, slots=True)
class Theme:
    theme: str
    label: str


@dataclass(frozen=True)
class Definitions:
    """All definitions of an edition.

    steps      each indicator's versions, oldest first, as a verdict needs them
    in_use     each indicator's version in use: the newest that is current, else the newest
    themes     in the order of their code list
    """

    by_version: Mapping[tuple[str, str], Definition]
    steps: Mapping[str, Sequence[Step]]
    in_use: Mapping[str, Definition]
    themes: Mapping[str, Theme]

    def get(self, indicator: str, version: str) -> Definition:
        """Get the version a figure was counted by."""
        return self.by_version[indicator, version]


def load_definitions(edition: Edition) -> Definitions:
    """Load every definition of an edition; kept while the edition is in use."""
    return edition.once("definitions", lambda: _load_definitions(edition))


def _load_definitions(edition: Edition) -> Definitions:
    themes: dict[tuple[str, str], list[str]] = {}
    for row in edition.rows(
        "SELECT indicator, version, theme FROM indicator_themes ORDER BY indicator, version, place"
    ):
        themes.setdefault((row["indicator"], row["version"]), []).append(row["theme"])
    units = {
        row["code"]: Unit(row["code"], row["label"], row["symbol"] or "")
        for row in edition.rows("SELECT code, label, symbol FROM codes WHERE code_list = 'unit'")
    }
    totals = {code.code for code in load_model().code_lists["unit"].codes if code.more.get("is_total")}
    by_version: dict[tuple[str, str], Definition] = {}
    steps: dict[str, list[Step]] = {}
    in_use: dict[str, Definition] = {}
    rows = edition.rows(
        "SELECT indicator, version, label, question, unit, decimals, polarity, band_lowest, band_highest,"
        " evidence, frequency, tier, owner, status, uncertainty_method, comparable_with_previous, change_note,"
        " multiplier, highest"
        " FROM indicators"
    )
    for row in sorted(rows, key=lambda row: (row["indicator"], version_order(row["version"]))):
        key = (row["indicator"], row["version"])
        band = None
        if row["band_lowest"] is not None and row["band_highest"] is not None:
            band = (Decimal(str(row["band_lowest"])), Decimal(str(row["band_highest"])))
        definition = Definition(
            indicator=row["indicator"],
            version=row["version"],
            label=row["label"],
            question=row["question"],
            unit=units.get(row["unit"], Unit(row["unit"], row["unit"], "")),
            decimals=row["decimals"],
            polarity=row["polarity"],
            band=band,
            evidence=row["evidence"],
            themes=tuple(themes.get(key, ())),
            frequency=row["frequency"],
            tier=row["tier"],
            owner=row["owner"],
            status=row["status"],
            is_total=row["unit"] in totals,
            is_sampled=row["uncertainty_method"] is not None,
            rule=combining_rule(row["unit"], _decimal(row["multiplier"]), _decimal(row["highest"])),
        )
        by_version[key] = definition
        step = Step(row["version"], row["comparable_with_previous"], row["change_note"] or "")
        steps.setdefault(row["indicator"], []).append(step)
        known = in_use.get(row["indicator"])
        if known is None or definition.status == "current" or known.status != "current":
            in_use[row["indicator"]] = definition
    labels = edition.rows("SELECT code, label FROM codes WHERE code_list = 'theme' ORDER BY sort_order, code")
    return Definitions(by_version, steps, in_use, {row["code"]: Theme(*row) for row in labels})


def _decimal(number: float | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))


def version_order(version: str) -> tuple[int, ...]:
    """Order versions by their numbers.

    >>> version_order("1.10.0") > version_order("1.9.2")
    True
    """
    return tuple(int(part) for part in version.split("."))
