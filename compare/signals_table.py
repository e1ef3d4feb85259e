"""The rules of compare.signals, held against many series at once.

In:   coded figures that may be looked at, what stands for their peers, and what a rule asks for
Out:  one row for each check: what was found, and whether the rule fires

Figures are whole millionths, turned round so that more is better ("good"), so sums of them are exact, and the same
on every engine. A score over the newest figures is not counted pair by pair again for each period: what the newest
figure adds is added, and what the figure that drops out had given is taken away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compare.signals import MOST_FIGURES, NEAR_SCORE, PLACES, needed_score
from ingest.expressions import expression, ibis, without

# A series; `family` is the indicator whatever the version. RUN is a stretch of it whose figures may be joined.
SERIES = ("dataset", "family", "breakdown", "area")
RUN = (*SERIES, "run", "chain")
_CARRIED = ("definition", "period", "start_day", "area_type", "tier", "sign", "value", "low", "high")


@expression
def history(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Give every figure that may be looked at, with the run that it belongs to.

    tables     "figures" (dataset, definition, period, breakdown, area, value, low, high, status), "definitions"
               (definition, family, epoch, sign: 1 where higher is better, -1 where lower is), "answering"
               (definition, area_type, tier), "areas" (area, area_type, start_on, end_on), "periods" (period,
               start_day, end_on, chain) and "statuses" (status, is_break): those that a figure may have, and 1 for
               that of a break

    Only areas of a body that runs the service count, and only for periods at whose end they existed. A run ends at a
    break in the series and at a version whose figures do not compare. Of periods that overlap, those that do not
    are taken together as a chain.

    Columns: SERIES, run, chain, definition, period, start_day, area_type, tier, sign, value, low, high, good.
    """
    rows = tables["figures"].join(tables["definitions"], "definition")
    rows = rows.filter(rows.value.notnull()).join(tables["statuses"], "status")
    rows = rows.join(tables["areas"], "area").join(tables["answering"], ["definition", "area_type"])
    rows = rows.join(tables["periods"].rename(period_end="end_on"), "period")
    rows = rows.filter(
        rows.start_on.isnull() | (rows.start_on <= rows.period_end),
        rows.end_on.isnull() | (rows.end_on >= rows.period_end),
    )
    before = ibis.window(group_by=SERIES, order_by="start_day", preceding=None, following=0)
    return rows.select(
        *SERIES,
        *_CARRIED,
        "chain",
        good=good(rows.value, rows.sign),
        # Epochs come first: a break inside of one is part of the same number.
        run=rows.epoch * 1000 + rows.is_break.sum().over(before).cast("int64"),
    )


def good(value: Any, sign: Any) -> Any:
    """Write a figure as whole millionths, turned round so that more is better."""
    return ((value * sign.cast("float64") * float(PLACES)) + 0.5).floor().cast("int64")


def scores(rows: ibis.Table, key: tuple[str, ...], most: int) -> ibis.Table:
    """Add to each row of a series `points` and `score`: Movement, over the newest `most` values of `good`."""
    ordered = ibis.window(group_by=key, order_by="start_day")
    so_far = ibis.window(group_by=key, order_by="start_day", preceding=None, following=0)
    most = min(most, MOST_FIGURES)
    added = _total([(rows.good - rows.good.lag(by).over(ordered)).sign() for by in range(1, most)])
    dropped = _total([(rows.good.lead(by).over(ordered) - rows.good).sign() for by in range(1, most)])
    rows = rows.mutate(added=added, dropped=dropped, place=ibis.row_number().over(ordered) + 1)
    rows = rows.mutate(
        added=rows.added.sum().over(so_far).cast("int64"),
        dropped=rows.dropped.sum().over(so_far).cast("int64"),
    )
    # What the figure gave that is no longer among the newest.
    gone = rows.dropped.lag(most).over(ordered).fill_null(0)
    points = ibis.least(rows.place, ibis.literal(most, "int64")).cast("int64")
    return without(rows.mutate(score=rows.added - gone, points=points), "added", "dropped", "place")


def _total(terms: list[Any]) -> Any:
    known = [term.cast("int64").fill_null(0) for term in terms]
    return sum(known[1:], known[0])


def needed(points: Any, fewest: int, level: float) -> Any:
    """Say which score so many figures need; null where they are too few."""
    known = {count: needed_score(count, level) for count in range(fewest, MOST_FIGURES + 1)}
    cases = [(points == count, score) for count, score in known.items() if score is not None]
    return ibis.cases(*cases).cast("int64")


@expression
def movements(rows: ibis.Table, key: tuple[str, ...], asked: Mapping[str, float]) -> ibis.Table:
    """Keep the rows that can be scored, with score, needed and points. `asked` has fewest, most and level."""
    scored = scores(rows, key, int(asked["most"]))
    scored = scored.mutate(needed=needed(scored.points, int(asked["fewest"]), asked["level"]))
    return scored.filter(scored.needed.notnull())


@expression
def falling(found: ibis.Table) -> ibis.Table:
    """Hold is_falling against every figure that movements could score."""
    return found.mutate(
        fires=found.score <= -found.needed,
        near=found.score <= NEAR_SCORE - found.needed,
        against=ibis.null("float64"),
        other_score=ibis.null("int64"),
        other_needed=ibis.null("int64"),
    )


_FIGURE = ("dataset", "definition", "period", "breakdown")


@expression
def below(
    rows: ibis.Table, peers: ibis.Table, quarters: ibis.Table, asked: Mapping[str, float]
) -> ibis.Table:
    """Hold is_below against every figure.

    peers      dataset, definition, period, breakdown, area_type, peers_value: what stands for an area's peers; a
               figure without any is left out
    quarters   dataset, definition, period, breakdown, tier, lower_quartile, upper_quartile
    """
    joined = rows.join(peers, [*_FIGURE, "area_type"])
    joined = joined.left_join(quarters, [*_FIGURE, "tier"]).select(
        *joined.columns, "lower_quartile", "upper_quartile"
    )
    joined = joined.mutate(good=joined.good - good(joined.peers_value, joined.sign))
    found = movements(joined, RUN, asked)
    is_higher, has_range = found.sign == 1, found.low.notnull() & found.high.notnull()
    edge = ibis.ifelse(is_higher, found.lower_quartile, found.upper_quartile)
    against = ibis.ifelse(has_range, found.peers_value, edge)
    best = ibis.ifelse(has_range, ibis.ifelse(is_higher, found.high, found.low), found.value)
    is_clear = (good(best, found.sign) < good(against, found.sign)).fill_null(False)
    return found.mutate(
        fires=is_clear & (found.score <= -found.needed),
        near=is_clear & (found.score <= NEAR_SCORE - found.needed),
        against=against,
        other_score=ibis.null("int64"),
        other_needed=ibis.null("int64"),
    )


PEERS = ("dataset", "family", "breakdown", "area_type", "epoch", "chain")


@expression
def moves_of_peers(peers: ibis.Table, asked: Mapping[str, float]) -> ibis.Table:
    """Score how what stands for peers moved."""
    moved = movements(peers.mutate(good=good(peers.peers_value, peers.sign)), PEERS, asked)
    return moved.select(*_FIGURE, "area_type", other_score="score", other_needed="needed")


@expression
def enough_peers(peers: ibis.Table, fewest: int) -> ibis.Table:
    """Leave out what stands for too few peers."""
    return peers.filter(peers.area_count >= fewest)


@expression
def plain_peers(peers: ibis.Table) -> ibis.Table:
    """Give the values of peers alone."""
    return without(peers, "family", "epoch", "sign", "start_day", "chain", "area_count")


@expression
def coasting(found: ibis.Table, peers: ibis.Table, peers_moves: ibis.Table) -> ibis.Table:
    """Hold is_coasting against every figure that movements could score.

    peers         as for below
    peers_moves   what movements gives for the peers' own values: dataset, definition, period, breakdown, area_type,
                  other_score, other_needed
    """
    key = [*_FIGURE, "area_type"]
    found = found.join(peers, key).join(peers_moves, key)
    still = (found.score <= 0) & (found.score > -found.needed)
    return found.mutate(
        fires=still & (found.other_score >= found.other_needed),
        near=still & (found.other_score >= found.other_needed - NEAR_SCORE),
        against=found.peers_value,
    )


@expression
def apart(moved: ibis.Table, pairs: ibis.Table) -> ibis.Table:
    """Hold is_apart against every figure that a pair puts first.

    moved   what movements gives
    pairs   family, breakdown, other_family, other_breakdown
    """
    counted = moved.select(
        "area",
        "period",
        other_family="family",
        other_breakdown="breakdown",
        other_definition="definition",
        other_score="score",
        other_needed="needed",
    )
    found = moved.join(pairs, ["family", "breakdown"]).join(
        counted, ["area", "period", "other_family", "other_breakdown"]
    )
    return found.mutate(
        fires=(found.score <= -found.needed) & (found.other_score >= found.other_needed),
        near=(found.score <= NEAR_SCORE - found.needed)
        & (found.other_score >= found.other_needed - NEAR_SCORE),
        against=ibis.null("float64"),
    )


@expression
def unexpected(rows: ibis.Table, asked: Mapping[str, float]) -> ibis.Table:
    """Hold is_unexpected against every figure."""
    most, fewest = int(asked["most"]), max(int(asked["fewest"]), 2)
    ordered = ibis.window(group_by=RUN, order_by="start_day")
    rows = rows.mutate(moved=(rows.good - rows.good.lag(1).over(ordered)).abs())
    past = ibis.window(group_by=RUN, order_by="start_day", preceding=(most, 1))
    # The step to the first of the figures before is no step between two of them.
    steps = ibis.window(group_by=RUN, order_by="start_day", preceding=(most - 1, 1))
    rows = rows.mutate(
        points=rows.good.count().over(past).cast("int64"),
        total=rows.good.sum().over(past).cast("float64"),
        steps=rows.moved.sum().over(steps).cast("float64"),
    )
    found = rows.filter(rows.points >= fewest, rows.steps > 0)
    mean = found.total / found.points.cast("float64")
    usual = found.steps / (found.points - 1).cast("float64")
    limit, nearly = mean - asked["width"] * usual, mean - (asked["width"] - 0.5) * usual
    newest = found.good.cast("float64")
    return found.mutate(
        fires=newest < limit,
        near=newest < nearly,
        against=limit / float(PLACES) * found.sign.cast("float64"),
        score=ibis.null("int64"),
        needed=ibis.null("int64"),
        other_score=ibis.null("int64"),
        other_needed=ibis.null("int64"),
    )


_FOUND = (
    *(*SERIES, "run", "definition", "period", "start_day", "sign", "value", "low", "high", "points"),
    *("score", "needed", "other_score", "other_needed", "against", "fires", "near"),
)
ORDER = (*SERIES, "start_day")


@expression
def checks_in_order(found: ibis.Table) -> ibis.Table:
    """Give all checks of a rule, series by series."""
    extra = [name for name in ("other_definition", "peers_value") if name in found.columns]
    return found.select(*_FOUND, *extra).order_by(ORDER)


@expression
def figures_in_order(rows: ibis.Table) -> ibis.Table:
    """Give the figures that rules look at, series by series."""
    return rows.select(*SERIES, "run", "chain", "period", "start_day", "value").order_by(ORDER)
