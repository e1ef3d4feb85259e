"""What an edition says to a proposed definition: what comes near it, what is collected already, what it would add.

In:   an edition, and a proposal as ingest/proposals.py reads it
Out:  near definitions with reasons, their collections and published series, and the burden of the proposal

A burden is counted, not judged: councils that would report, times a year, rows a year. Nothing is stored.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.edition import Edition
from api.pages.places import types_of_tier
from compare.nearness import PARTS, Match, Register, Statement
from compare.reasons import PartReason, nearness_words, reason_line, reasons
from ingest.proposals import Proposal
from schemas.sector_words import load_sector_words

MOST_MATCHES = 10

# How many times a year figures are reported; of what is irregular nobody knows.
TIMES_A_YEAR: Mapping[str, float] = {"monthly": 12, "quarterly": 4, "termly": 3, "annual": 1, "biennial": 0.5}

_USUAL_TIER = "every-council"
_USUAL_FREQUENCY = "annual"

# One thread makes an edition's definitions ready; the others wait for it.
_making = threading.Lock()


@dataclass(frozen=True, slots=True)
class Burden:
    """What a collection asks for: rows a year are councils times reports a year, None where irregular."""

    tier: str
    councils: int
    frequency: str

    @property
    def rows_a_year(self) -> int | None:
        times = TIMES_A_YEAR.get(self.frequency)
        return None if times is None else round(self.councils * times)


@dataclass(frozen=True, slots=True)
class Series:
    """Figures that are published already: the newest period of an indicator in one dataset.

    areas      how many areas have a value in that period, councils or not
    councils   of those, councils of the indicator's tier; `councils_then` is how many there were
    """

    dataset: str
    title: str
    publisher: str
    period: str
    period_label: str
    areas: int
    councils: int
    councils_then: int


@dataclass(frozen=True, slots=True)
class Near:
    """A definition that comes near: how near, why, who collects it, and what is published of it."""

    match: Match
    version: str
    status: str
    owner: str
    owner_label: str
    source: str
    replaced_by: str | None
    burden: Burden
    series: tuple[Series, ...]

    @property
    def indicator(self) -> str:
        return self.match.known.indicator

    @property
    def label(self) -> str:
        return self.match.known.label

    @property
    def nearness(self) -> str:
        return nearness_words(self.match.score) or ""

    @property
    def reasons(self) -> tuple[PartReason, ...]:
        return reasons(self.match)

    @property
    def line(self) -> str:
        return reason_line(self.match)


@dataclass(frozen=True, slots=True)
class Considered:
    """A proposal with all that an edition says to it.

    burden    what the proposal itself would add
    assumed   the columns of the burden that the proposal does not give
    is_cut    whether the proposal was longer than what is read of one
    """

    proposal: Proposal
    near: tuple[Near, ...]
    burden: Burden
    assumed: tuple[str, ...]
    is_cut: bool

    @property
    def answering(self) -> tuple[Near, ...]:
        """Near definitions of which figures are published already."""
        return tuple(one for one in self.near if one.series)


def consider(edition: Edition, proposal: Proposal) -> Considered:
    """Hold a proposal against every definition of an edition."""
    columns = proposal.columns
    named = {name: columns[name] for name in Statement.__slots__ if name in columns and name != "indicator"}
    answer = _load_register(edition).find(Statement(**named), MOST_MATCHES)
    near = tuple(_near(edition, match) for match in answer.matches if nearness_words(match.score))
    assumed = tuple(name for name in ("tier", "frequency") if name not in columns)
    tier = columns.get("tier", _USUAL_TIER)
    burden = Burden(tier, _count_councils(edition, tier), columns.get("frequency", _USUAL_FREQUENCY))
    return Considered(proposal, near, burden, assumed, answer.is_cut)


def _load_register(edition: Edition) -> Register:
    with _making:
        return edition.once("register", lambda: _read_register(edition))


def _read_register(edition: Edition) -> Register:
    """Read the version in use of every definition, drafts and withdrawn ones too: they were thought of before."""
    rows = edition.rows(
        "SELECT i.indicator, i.label, i.question, i.definition, i.numerator, i.denominator, i.unit"
        " FROM indicators AS i JOIN indicator_heads AS h ON h.indicator = i.indicator AND h.version = i.version"
        " ORDER BY i.indicator"
    )
    known = (Statement(**{name: row[name] or "" for name in row.keys()}) for row in rows)  # noqa: SIM118
    return Register(known, load_sector_words())


def _near(edition: Edition, match: Match) -> Near:
    row = edition.row(
        "SELECT i.version, i.status, i.owner, coalesce(b.label, i.owner) AS owner_label, i.source,"
        " i.replaced_by, i.tier, i.frequency FROM indicators AS i"
        " JOIN indicator_heads AS h ON h.indicator = i.indicator AND h.version = i.version"
        " LEFT JOIN bodies AS b ON b.body = i.owner WHERE i.indicator = ?",
        (match.known.indicator,),
    )
    assert row is not None
    return Near(
        match=match,
        version=row["version"],
        status=row["status"],
        owner=row["owner"],
        owner_label=row["owner_label"],
        source=row["source"],
        replaced_by=row["replaced_by"],
        burden=Burden(row["tier"], _count_councils(edition, row["tier"]), row["frequency"]),
        series=_find_series(edition, match.known.indicator, row["tier"]),
    )


def _count_councils(edition: Edition, tier: str, on: str | None = None) -> int:
    """Count the councils of a tier today, or those that there were on a day."""
    types = types_of_tier(tier)
    marks = ", ".join("?" * len(types))
    told = "end_on IS NULL"
    days: tuple[str, ...] = ()
    if on is not None:
        told, days = "coalesce(start_on, '') <= ? AND coalesce(end_on, '9999') >= ?", (on, on)
    # Only question marks are put into the statement.
    sql = f"SELECT count(*) FROM areas WHERE area_type IN ({marks}) AND {told}"  # noqa: S608
    return int(edition.once((sql, types, days), lambda: edition.value(sql, (*types, *days))))


def _find_series(edition: Edition, indicator: str, tier: str) -> tuple[Series, ...]:
    """Find the datasets with figures of an indicator for its newest period."""
    return edition.once(("series", indicator), lambda: _read_series(edition, indicator, tier))


def _read_series(edition: Edition, indicator: str, tier: str) -> tuple[Series, ...]:
    period = edition.row(
        "SELECT p.id, t.period, t.label, t.start_on, t.end_on"
        " FROM observation_periods AS p JOIN periods AS t ON t.period = p.period"
        " WHERE EXISTS (SELECT 1 FROM observation_rows AS r JOIN observation_definitions AS d"
        " ON d.id = r.definition WHERE d.indicator = ? AND r.period = p.id)"
        " ORDER BY t.end_on DESC, t.start_on DESC LIMIT 1",
        (indicator,),
    )
    if period is None:
        return ()
    types = types_of_tier(tier)
    marks = ", ".join("?" * len(types))
    rows = edition.rows(
        # Only question marks are put into the statement.
        "SELECT s.dataset, t.title, coalesce(b.label, t.publisher) AS publisher,"  # noqa: S608
        " count(DISTINCT r.area) AS areas,"
        f" count(DISTINCT CASE WHEN x.area_type IN ({marks}) THEN r.area END) AS councils"
        " FROM observation_definitions AS d"
        " JOIN observation_rows AS r ON r.definition = d.id AND r.period = ? AND r.digits IS NOT NULL"
        " JOIN observation_datasets AS s ON s.id = r.dataset JOIN datasets AS t ON t.dataset = s.dataset"
        " JOIN observation_areas AS a ON a.id = r.area LEFT JOIN areas AS x ON x.area = a.area"
        " LEFT JOIN bodies AS b ON b.body = t.publisher"
        " WHERE d.indicator = ? GROUP BY s.dataset ORDER BY s.dataset",
        (*types, period["id"], indicator),
    )
    councils_then = _count_councils(edition, tier, period["end_on"])
    return tuple(
        Series(
            dataset=row["dataset"],
            title=row["title"],
            publisher=row["publisher"],
            period=period["period"],
            period_label=period["label"],
            areas=row["areas"],
            councils=row["councils"],
            councils_then=max(councils_then, row["councils"]),
        )
        for row in rows
    )


def as_document(edition: Edition, considered: Considered) -> dict[str, Any]:
    """Write what an edition says to a proposal as JSON values."""
    return {
        "proposal": dict(considered.proposal.columns),
        "is_cut": considered.is_cut,
        "matches": [_match_document(edition, one) for one in considered.near],
        "burden": _burden_document(considered.burden) | {"assumed": list(considered.assumed)},
    }


def _match_document(edition: Edition, near: Near) -> dict[str, Any]:
    return {
        "indicator": near.indicator,
        "version": near.version,
        "label": near.label,
        "status": near.status,
        "replaced_by": near.replaced_by,
        "uri": edition.uri("indicator", near.indicator, f"v{near.version}"),
        "score": round(near.match.score, 3),
        "nearness": near.nearness,
        "reason": near.line,
        "parts": [
            {
                "part": part.name,
                "score": None if part.score is None else round(part.score, 3),
                "standing": part.standing,
                "both": list(part.both),
                "only_proposed": list(part.only_proposed),
                "only_known": list(part.only_known),
            }
            for part in (near.match.parts[name] for name in PARTS)
        ],
        "collection": {
            "owner": near.owner,
            "owner_label": near.owner_label,
            "source": near.source,
            **_burden_document(near.burden),
        },
        "series": [_series_document(edition, one) for one in near.series],
    }


def _burden_document(burden: Burden) -> dict[str, Any]:
    return {
        "tier": burden.tier,
        "frequency": burden.frequency,
        "councils": burden.councils,
        "rows_a_year": burden.rows_a_year,
    }


def _series_document(edition: Edition, series: Series) -> dict[str, Any]:
    return {
        "dataset": series.dataset,
        "title": series.title,
        "publisher": series.publisher,
        "uri": edition.uri("dataset", series.dataset),
        "newest_period": series.period,
        "newest_period_label": series.period_label,
        "areas": series.areas,
        "councils": series.councils,
        "councils_then": series.councils_then,
    }


def as_text(considered: Sequence[Considered]) -> str:
    """Write what an edition says to proposals for people at a terminal."""
    return "\n\n".join(_text(one) for one in considered) + "\n"


def _text(considered: Considered) -> str:
    lines = [f"Proposed: {considered.proposal.label}"]
    if considered.is_cut:
        lines.append("  It is longer than what is read of a proposal; only its beginning was compared.")
    if not considered.near:
        lines.append("  Nothing published here comes near it.")
    for place, one in enumerate(considered.near, 1):
        lines += [
            "",
            f"  {place}. {one.nearness} ({one.match.score:.2f}): {one.label}",
            f"     {one.indicator} v{one.version}, {one.status}",
            f"     {one.line}.",
            f"     {one.owner_label}; {burden_words(one.burden)}",
        ]
        lines += [f"     Published: {series_words(series)}" for series in one.series]
    lines += ["", f"  It would add: {burden_words(considered.burden)}"]
    if considered.assumed:
        lines.append(f"  Not given, so assumed: {', '.join(considered.assumed)}.")
    return "\n".join(lines)


def burden_words(burden: Burden) -> str:
    """Say a burden in a sentence.

    >>> burden_words(Burden("upper-tier", 153, "quarterly"))
    '153 councils, quarterly: 612 rows a year.'
    """
    rows = burden.rows_a_year
    counted = "nobody knows how many rows a year" if rows is None else f"{rows:,} rows a year"
    return f"{burden.councils:,} councils, {burden.frequency}: {counted}."


def series_words(series: Series) -> str:
    """Say in a sentence what is published."""
    newest = f"newest {series.period_label}"
    covered = f"{series.councils:,} of {series.councils_then:,} councils, {series.areas:,} areas in all"
    return f"{series.title} ({series.publisher}), {newest}, {covered}."
