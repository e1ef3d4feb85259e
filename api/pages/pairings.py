"""Two figures of an area held together: a gap between groups, what people say beside what is counted, cost and outcome.

In:   the table derivations, and an area's observations of the inputs and of what was worked out
Out:  Pairing for each derivation that an area has both figures of; and what an indicator page says of its inputs

Nothing is worked out here: a gap is the figure that was published. A pair is two figures, each of its own period.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.pages.definitions import Definition, Definitions
from api.pages.page import address_of
from api.pages.places import Place
from api.sentences import Span
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class Told:
    """One published figure in words."""

    label: str
    text: str
    range_text: str
    remark: str
    period: str
    address: str
    is_clear: bool | None  # whether the whole range lies on one side of 0; None without a range


@dataclass(frozen=True, slots=True)
class Pairing:
    """A derivation as one area sees it. `made` is what was worked out, None where the two stand side by side."""

    label: str
    reading: str
    purpose: str
    first: Told
    second: Told
    made: Told | None
    address: str

    @property
    def made_words(self) -> str:
        """Say of a difference whether its range takes in 0."""
        if self.made is None or self.made.is_clear is None:
            return ""
        return "Clear: the whole range lies on one side of 0." if self.made.is_clear else "No clear gap."


def list_pairings(
    edition: Edition, definitions: Definitions, place: Place
) -> list[tuple[str, list[Pairing]]]:
    """List the derivations of which an area has both figures, under what they are for."""
    purposes = load_model().code_lists["derivation-purpose"]
    out: dict[str, list[Pairing]] = {code.label: [] for code in purposes.codes}
    for row in edition.rows("SELECT * FROM derivations ORDER BY label, derivation"):
        one = _pairing(edition, definitions, place, row)
        if one is not None:
            out[purposes.code(row["purpose"]).label].append(one)
    return [(label, listed) for label, listed in out.items() if listed]


def _pairing(edition: Edition, definitions: Definitions, place: Place, row: Any) -> Pairing | None:
    made = None
    period = ""
    if row["kind"] != "pair":
        found = _newest(edition, place, row["indicator"], row["version"], "")
        if found is None:
            return None
        period = found["period"]
        made = _told(definitions, found, tests_zero=row["kind"] in {"difference", "standings"})
    sides = []
    for side in ("first", "second"):
        found = _newest(
            edition,
            place,
            row[f"{side}_indicator"],
            row[f"{side}_version"],
            row[f"{side}_breakdown"] or "",
            period,
        )
        if found is None:
            return None
        sides.append(_told(definitions, found))
    purpose = load_model().code_lists["derivation-purpose"].code(row["purpose"]).label
    address = address_of("derivation", row["derivation"])
    return Pairing(row["label"], row["reading"], purpose, sides[0], sides[1], made, address)


def _newest(
    edition: Edition, place: Place, indicator: str, version: str, breakdown: str, period: str = ""
) -> Any | None:
    """Find an area's newest figure by a version or one that differs in its minor or patch number only."""
    rows = edition.rows(
        "SELECT o.*, t.label AS period_label, t.start_on, t.end_on, b.label AS group_label FROM observations o"
        " JOIN periods t ON t.period = o.period JOIN breakdowns b ON b.breakdown = o.breakdown"
        " WHERE o.area = ? AND o.indicator = ? AND o.breakdown = ? AND (? = '' OR o.period = ?)"
        " ORDER BY t.end_on DESC, o.dataset",
        (place.area, indicator, breakdown, period, period),
    )
    major = version.partition(".")[0]
    return next((row for row in rows if row["version"].partition(".")[0] == major), None)


def _told(definitions: Definitions, row: Any, *, tests_zero: bool = False) -> Told:
    definition = definitions.get(row["indicator"], row["version"])
    group = f", {_group(row['group_label'])}" if row["breakdown"] else ""
    span = Span(
        row["period_label"], dt.date.fromisoformat(row["start_on"]), dt.date.fromisoformat(row["end_on"])
    )
    value, low, high = row["value"], row["lower_limit"], row["upper_limit"]
    has_range = value is not None and low is not None and high is not None
    notation = [row["dataset"], row["indicator"], row["area"], row["period"]]
    notation += row["breakdown"].split(";") if row["breakdown"] else []
    status = sentences.status_words(row["status"])
    return Told(
        label=definition.label + group,
        text=_figure(definition, value) if value is not None else status,
        range_text=_range(definition, low, high) if has_range else "",
        remark=" ".join(filter(None, (f"{status}." if status and value is not None else "", row["note"]))),
        period=sentences.period_words(span),
        address=address_of("observation", *notation),
        is_clear=(low > 0 or high < 0) if has_range and tests_zero else None,
    )


def _figure(definition: Definition, value: float) -> str:
    return sentences.figure(sentences.exact(value), definition.unit, definition.decimals)


def _range(definition: Definition, low: float, high: float) -> str:
    ends = sentences.exact(low), sentences.exact(high)
    return sentences.range_words(*ends, definition.unit, definition.decimals)


def _group(label: str) -> str:
    codes = [part.partition(": ")[2] or part for part in label.split("; ")]
    return ", ".join(code[:1].lower() + code[1:] for code in codes)


@dataclass(frozen=True, slots=True)
class Use:
    """A derivation as one of its indicators sees it."""

    label: str
    address: str
    kind: str
    reading: str
    is_made: bool  # the indicator is what is worked out, not an input
    parts: Sequence[tuple[str, str, str]]  # label, address and breakdown of first and second


def list_derivations(edition: Edition, definitions: Definitions, indicator: str) -> list[Use]:
    """List the derivations that work out an indicator, then those that it is an input of."""
    kinds = load_model().code_lists["derivation-kind"]
    labels = {
        row["breakdown"]: row["label"] for row in edition.rows("SELECT breakdown, label FROM breakdowns")
    }
    rows = edition.rows(
        "SELECT * FROM derivations WHERE ? IN (indicator, first_indicator, second_indicator)"
        " ORDER BY indicator IS NOT ?, label",
        (indicator, indicator),
    )
    out = []
    for row in rows:
        parts = []
        for side in ("first", "second"):
            key = (row[f"{side}_indicator"], row[f"{side}_version"])
            told = definitions.by_version.get(key)
            broken = row[f"{side}_breakdown"] or ""
            parts.append(
                (
                    told.label if told else key[0],
                    address_of("indicator", *key),
                    _group(labels.get(broken, broken)) if broken else "",
                )
            )
        out.append(
            Use(
                row["label"],
                address_of("derivation", row["derivation"]),
                kinds.code(row["kind"]).label,
                row["reading"],
                row["indicator"] == indicator,
                parts,
            )
        )
    return out
