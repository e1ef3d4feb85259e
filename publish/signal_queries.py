"""The same firings, found by anyone: SQL over catalogue.db and SPARQL over the published statements.

In:   a rule that is applied, the newest day of publication, the base of the site
Out:  for each rule two queries that give its open signals

The SQL starts from the published figures, judgements and targets, and does again what made the signals. So does the
SPARQL for grades and overdue figures. For series and targets it starts from the published checks (signal_checks: what
was found where the rule fires or nearly does) and holds them against the rule: a score over ten figures of every
series is no question for a graph.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from textwrap import dedent

from compare.signals import MOST_FIGURES, needed_score
from publish.signal_events import DAYS_BETWEEN
from publish.signal_rules import AppliedRule
from publish.signal_series import STATUSES
from schemas import Model

_SERIES = "dataset, indicator, breakdown, area"
_COLUMNS = "area, dataset, indicator, breakdown, period"


def sql_of(rule: AppliedRule, model: Model, today: str) -> str:
    """Write the SQL that finds the open signals of a rule."""
    if rule.kind == "low-grade":
        return _low_grade_sql(rule)
    if rule.kind == "overdue":
        return _overdue_sql(rule, today)
    if rule.kind == "target-missed":
        return _TARGETS_SQL.format(statuses=_statuses(rule))
    return "WITH " + ",\n".join([*_runs_sql(rule, model), *_SQL[rule.kind](rule)])


def _quoted(items: Sequence[str]) -> str:
    # Every text is a code of our own model, or matches the pattern of a notation.
    return ", ".join(f"'{item}'" for item in items)


def _statuses(rule: AppliedRule) -> str:
    return _quoted(sorted(STATUSES | ({"provisional"} if rule.uses_provisional else set())))


def _runs_sql(rule: AppliedRule, model: Model) -> list[str]:
    """Write the figures that may be looked at, with their runs."""
    tiers = " OR ".join(
        f"(i.tier = '{code.code}' AND a.area_type IN ({_quoted(code.more['area_types'])}))"
        for code in model.code_lists["tier"].codes
    )
    return [
        f"""-- Figures of councils that run the service and existed, where the definition says which way is better.
figures AS MATERIALIZED (
  SELECT o.dataset, o.indicator, o.version, o.breakdown, o.area, o.period, o.status, p.start_on, a.area_type, i.tier,
    o.value, o.lower_limit AS low, o.upper_limit AS high,
    CASE i.polarity WHEN 'higher' THEN 1.0 ELSE -1.0 END AS sign,
    (SELECT count(*) FROM indicators e WHERE e.indicator = o.indicator AND e.comparable_with_previous = 'no'
      AND e.valid_from <= i.valid_from) AS epoch,
    CASE WHEN p.length LIKE '%Y' THEN CAST(substr(p.start_on, 1, 4) AS INTEGER)
      % CAST(substr(p.length, 2, length(p.length) - 2) AS INTEGER) ELSE 0 END AS chain
  FROM observations o
  JOIN indicators i ON i.indicator = o.indicator AND i.version = o.version
  JOIN areas a ON a.area = o.area
  JOIN periods p ON p.period = o.period
  WHERE o.value IS NOT NULL AND o.status IN ({_statuses(rule)}) AND i.polarity IN ('higher', 'lower')
    AND o.indicator IN (SELECT indicator FROM indicators WHERE status = 'current')
    AND ({tiers})
    AND coalesce(a.start_on, '') <= p.end_on AND a.end_on IS NULL)""",
        f"""-- More is better; whole millionths. A run ends where the series breaks.
history AS MATERIALIZED (
  SELECT *, CAST(round(value * sign * 1000000) AS INTEGER) AS good,
    epoch * 1000 + sum(status = 'break') OVER (PARTITION BY {_SERIES} ORDER BY start_on) AS run
  FROM figures)""",
        f"""newest AS MATERIALIZED (
  SELECT {_SERIES}, max(run) AS run FROM history GROUP BY {_SERIES})""",
        f"""going AS MATERIALIZED (
  SELECT h.* FROM history h JOIN newest n USING ({_SERIES}, run))""",
    ]


def _needed(rule: AppliedRule, points: str) -> str:
    fewest, most = int(rule.numbers["fewest"]), min(int(rule.numbers["most"]), MOST_FIGURES)
    known = {count: needed_score(count, rule.numbers["level"]) for count in range(fewest, most + 1)}
    cases = " ".join(f"WHEN {count} THEN {score}" for count, score in known.items() if score)
    return f"CASE {points} {cases} END"


def _scored(
    rule: AppliedRule, source: str, name: str, key: str = _SERIES, carried: str = "period"
) -> list[str]:
    """Score the newest figures of each series of a source, in the columns points and score.

    carried   columns of the newest figure to hand on: beside max(), SQLite takes others from the same row
    """
    most = min(int(rule.numbers["most"]), MOST_FIGURES)
    lags = ", ".join(f"lag(good, {by}) OVER series AS g{by}" for by in range(1, most))
    pairs = "\n      + ".join(
        f"CASE WHEN back <= {most - by} THEN coalesce((good > g{by}) - (good < g{by}), 0) ELSE 0 END"
        for by in range(1, most)
    )
    return [
        f"""-- Each figure beside those before it, newest first in `back`.
{name}_last AS MATERIALIZED (
  SELECT *, {lags}, row_number() OVER (PARTITION BY {key}, chain ORDER BY start_on DESC) AS back
  FROM {source} WINDOW series AS (PARTITION BY {key}, chain ORDER BY start_on))""",
        f"""{name}_scores AS MATERIALIZED (
  SELECT {key}, chain, {carried}, max(start_on) AS start_on, count(*) AS points, sum(
      {pairs}) AS score
  FROM {name}_last WHERE back <= {most}
  GROUP BY {key}, chain HAVING count(*) >= {int(rule.numbers["fewest"])})""",
        f"""-- One check for each series: the newest that has figures enough.
{name} AS MATERIALIZED (
  SELECT {key}, {carried}, start_on, points, score, {_needed(rule, "points")} AS needed FROM (
    SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY start_on DESC) AS place FROM {name}_scores)
  WHERE place = 1)""",
    ]


def _falling_sql(rule: AppliedRule) -> list[str]:
    return [
        *_scored(rule, "going", "own"),
        f"""found AS MATERIALIZED (
  SELECT {_COLUMNS} FROM own WHERE score <= -needed)
SELECT {_COLUMNS} FROM found ORDER BY {_COLUMNS}""",
    ]


def _peers_sql(rule: AppliedRule) -> str:
    return f"""-- What stands for the councils of each type.
peers AS MATERIALIZED (
  SELECT dataset, indicator, version, period, breakdown, comparator AS area_type, max(value) AS peers_value
  FROM comparators WHERE kind = 'area-type' AND area_count >= {int(rule.numbers["fewest-peers"])}
  GROUP BY dataset, indicator, version, period, breakdown, comparator)"""


_PEERS_KEY = "dataset, indicator, version, period, breakdown, area_type"


def _below_sql(rule: AppliedRule) -> list[str]:
    return [
        _peers_sql(rule),
        f"""distances AS MATERIALIZED (
  SELECT g.dataset, g.indicator, g.breakdown, g.area, g.version, g.period, g.start_on, g.chain, g.area_type, g.tier,
    g.sign, g.value, g.low, g.high, peers_value,
    g.good - CAST(round(peers_value * sign * 1000000) AS INTEGER) AS good
  FROM going g JOIN peers USING ({_PEERS_KEY}))""",
        *_scored(
            rule,
            "distances",
            "own",
            carried="period, version, area_type, tier, sign, value, low, high, peers_value",
        ),
        f"""found AS MATERIALIZED (
  SELECT o.*, CASE WHEN low IS NULL OR high IS NULL THEN value WHEN sign > 0 THEN high ELSE low END AS best,
    CASE WHEN low IS NOT NULL AND high IS NOT NULL THEN peers_value
      WHEN sign > 0 THEN q.lower_quartile ELSE q.upper_quartile END AS against
  FROM own o LEFT JOIN distributions q ON q.dataset = o.dataset AND q.indicator = o.indicator
    AND q.version = o.version AND q.period = o.period AND q.breakdown = o.breakdown
    AND q.tier = CASE WHEN o.tier <> 'every-council' THEN o.tier
      WHEN o.area_type = 'district' THEN 'lower-tier' ELSE 'upper-tier' END
  WHERE score <= -needed)
SELECT {_COLUMNS} FROM found WHERE round(best * sign * 1000000) < round(against * sign * 1000000)
ORDER BY {_COLUMNS}""",
    ]


def _coasting_sql(rule: AppliedRule) -> list[str]:
    fewest = int(rule.numbers["fewest"])
    return [
        _peers_sql(rule),
        f"""peers_history AS MATERIALIZED (
  SELECT DISTINCT dataset, indicator, breakdown, area_type, epoch, chain, version, period, start_on,
    CAST(round(peers_value * sign * 1000000) AS INTEGER) AS good
  FROM peers JOIN figures USING ({_PEERS_KEY}))""",
        # A check is held at the newest figure at which the peers can be scored too.
        f"""peers_known AS MATERIALIZED (
  SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY dataset, indicator, breakdown, area_type, epoch, chain
    ORDER BY start_on) AS place FROM peers_history) WHERE place >= {fewest})""",
        """ends AS MATERIALIZED (
  SELECT g.dataset, g.indicator, g.breakdown, g.area, max(g.start_on) AS end_on
  FROM going g JOIN peers_known USING (dataset, indicator, version, period, breakdown, area_type)
  GROUP BY g.dataset, g.indicator, g.breakdown, g.area)""",
        f"""held AS MATERIALIZED (
  SELECT g.* FROM going g JOIN ends USING ({_SERIES}) WHERE start_on <= end_on)""",
        *_scored(rule, "held", "checked", carried="period, area_type, epoch"),
        """peers_ends AS MATERIALIZED (
  SELECT DISTINCT dataset, indicator, breakdown, area_type, epoch, start_on AS until FROM checked)""",
        """peers_held AS MATERIALIZED (
  SELECT h.*, until FROM peers_history h JOIN peers_ends USING (dataset, indicator, breakdown, area_type, epoch)
  WHERE h.start_on <= until)""",
        *_scored(
            rule, "peers_held", "theirs", "dataset, indicator, breakdown, area_type, epoch, until", "period"
        ),
        f"""found AS MATERIALIZED (
  SELECT c.area, c.dataset, c.indicator, c.breakdown, c.period FROM checked c
  JOIN theirs t ON t.dataset = c.dataset AND t.indicator = c.indicator AND t.breakdown = c.breakdown
    AND t.area_type = c.area_type AND t.epoch = c.epoch AND t.until = c.start_on
  WHERE c.score <= 0 AND c.score > -c.needed AND t.score >= t.needed)
SELECT {_COLUMNS} FROM found ORDER BY {_COLUMNS}""",
    ]


def _apart_sql(rule: AppliedRule) -> list[str]:
    fewest = int(rule.numbers["fewest"])
    return [
        """pairs AS MATERIALIZED (
  SELECT first_indicator, coalesce(first_breakdown, '') AS first_breakdown, second_indicator,
    coalesce(second_breakdown, '') AS second_breakdown FROM derivations WHERE purpose = 'perception')""",
        f"""placed AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY {_SERIES}, run, chain ORDER BY start_on) AS place FROM history)""",
        f"""ends AS MATERIALIZED (
  SELECT s.dataset, s.indicator, s.breakdown, s.area, s.run, c.dataset AS c_dataset, c.indicator AS c_indicator,
    c.breakdown AS c_breakdown, c.run AS c_run, max(s.start_on) AS end_on
  FROM placed s JOIN pairs ON first_indicator = s.indicator AND first_breakdown = s.breakdown
  JOIN placed c ON c.area = s.area AND c.period = s.period AND c.indicator = second_indicator
    AND c.breakdown = second_breakdown
  WHERE s.place >= {fewest} AND c.place >= {fewest}
  GROUP BY s.dataset, s.indicator, s.breakdown, s.area, s.run, c.dataset, c.indicator, c.breakdown, c.run)""",
        f"""said_held AS MATERIALIZED (
  SELECT h.* FROM going h JOIN ends USING ({_SERIES}, run) WHERE start_on <= end_on)""",
        *_scored(rule, "said_held", "said"),
        """counted_held AS MATERIALIZED (
  SELECT h.* FROM history h JOIN ends e ON e.c_dataset = h.dataset AND e.c_indicator = h.indicator
    AND e.c_breakdown = h.breakdown AND e.area = h.area AND e.c_run = h.run WHERE start_on <= end_on)""",
        *_scored(rule, "counted_held", "counted"),
        f"""found AS MATERIALIZED (
  SELECT s.area, s.dataset, s.indicator, s.breakdown, s.period FROM said s
  JOIN ends e USING ({_SERIES})
  JOIN counted c ON c.dataset = e.c_dataset AND c.indicator = e.c_indicator AND c.breakdown = e.c_breakdown
    AND c.area = s.area AND c.start_on = s.start_on
  WHERE s.score <= -s.needed AND c.score >= c.needed)
SELECT {_COLUMNS} FROM found ORDER BY {_COLUMNS}""",
    ]


def _unexpected_sql(rule: AppliedRule) -> list[str]:
    most, fewest, width = (
        int(rule.numbers["most"]),
        max(int(rule.numbers["fewest"]), 2),
        rule.numbers["width"],
    )
    return [
        f"""steps AS MATERIALIZED (
  SELECT *, abs(good - lag(good) OVER (PARTITION BY {_SERIES}, chain ORDER BY start_on)) AS moved,
    row_number() OVER (PARTITION BY {_SERIES}, chain ORDER BY start_on DESC) AS back FROM going)""",
        f"""past AS MATERIALIZED (
  SELECT {_SERIES}, chain, period, max(start_on) AS start_on, count(*) FILTER (WHERE back > 1) AS points,
    sum(good) FILTER (WHERE back > 1) * 1.0 AS total,
    sum(moved) FILTER (WHERE back BETWEEN 2 AND {most}) * 1.0 AS moves,
    sum(good) FILTER (WHERE back = 1) * 1.0 AS newest_good
  FROM steps WHERE back <= {most + 1} GROUP BY {_SERIES}, chain)""",
        f"""checked AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY {_SERIES} ORDER BY start_on DESC) AS place FROM past
  WHERE points >= {fewest} AND moves > 0)""",
        f"""found AS MATERIALIZED (
  SELECT {_COLUMNS} FROM checked
  WHERE place = 1 AND newest_good < total / points - {width!r} * (moves / (points - 1)))
SELECT {_COLUMNS} FROM found ORDER BY {_COLUMNS}""",
    ]


_SQL = {
    "falling": _falling_sql,
    "below-peers": _below_sql,
    "coasting": _coasting_sql,
    "perception-apart": _apart_sql,
    "unexpected": _unexpected_sql,
}


def _low_grade_sql(rule: AppliedRule) -> str:
    named = " OR ".join(f"(l.scale = '{scale}' AND l.grade = '{grade}')" for scale, grade in rule.grades)
    return dedent(
        f"""\
        -- Graded judgements of each body and service, and how many inspections came after them.
        WITH graded AS MATERIALIZED (
          SELECT j.judgement, j.scale, g.rank, b.end_on, dense_rank() OVER (PARTITION BY j.body, f.service
            ORDER BY coalesce(j.published_on, j.made_on) DESC, j.inspection DESC) AS place
          FROM judgements j
          JOIN frameworks f ON f.framework = j.framework AND f.version = j.version
          JOIN grades g ON g.scale = j.scale AND g.grade = j.grade
          JOIN bodies b ON b.body = j.body)
        SELECT judgement FROM graded
        WHERE place = 1 AND end_on IS NULL
          AND rank >= (SELECT l.rank FROM grades l WHERE l.scale = graded.scale AND ({named}))
        ORDER BY judgement"""
    )


def _due_before(rule: AppliedRule, today: str) -> list[tuple[str, str]]:
    """Give for each frequency the day before which a newest period must have ended to be overdue."""
    day = dt.date.fromisoformat(today)
    grace = int(rule.numbers["days"])
    return [
        (frequency, (day - dt.timedelta(days=between + grace)).isoformat())
        for frequency, between in DAYS_BETWEEN.items()
    ]


def _overdue_sql(rule: AppliedRule, today: str) -> str:
    days = " ".join(f"WHEN '{frequency}' THEN '{day}'" for frequency, day in _due_before(rule, today))
    return dedent(
        f"""\
        -- The newest period of each indicator of a dataset.
        WITH newest AS MATERIALIZED (
          SELECT o.dataset, o.indicator, max(p.end_on) AS end_on FROM
            (SELECT DISTINCT dataset, indicator, period FROM observations WHERE value IS NOT NULL) o
          JOIN periods p ON p.period = o.period GROUP BY o.dataset, o.indicator)
        SELECT n.dataset, n.indicator FROM newest n
        JOIN datasets d ON d.dataset = n.dataset
        JOIN indicator_heads h ON h.indicator = n.indicator
        JOIN indicators i ON i.indicator = h.indicator AND i.version = h.version
        WHERE i.status = 'current' AND i.frequency <> 'irregular'
          AND (d.next_release_on < '{today}' OR n.end_on < CASE i.frequency {days} END)
        ORDER BY n.dataset, n.indicator"""
    )


_TARGETS_SQL = """\
-- The newest target of each kind for an indicator and an area that could be told.
WITH told AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY indicator, area, body, kind ORDER BY period DESC, target DESC) AS place
  FROM target_progress
  WHERE result IN ('met', 'not-met', 'cannot-tell') AND status IN ({statuses}) AND replaced_by IS NULL)
SELECT target, area FROM told WHERE place = 1 AND result = 'not-met' ORDER BY target, area"""


def sparql_of(rule: AppliedRule, base: str, today: str) -> str:
    """Write the SPARQL that finds the open signals of a rule."""
    told = _SPARQL.get(rule.kind)
    prefixes = "\n".join(f"PREFIX {name}: <{address}>" for name, address in _prefixes(base).items())
    if rule.kind == "low-grade":
        pairs = " ".join(f"<{base}id/grade/{scale}/{grade}>" for scale, grade in rule.grades)
        body = _LOW_GRADE_SPARQL.replace("GRADES", pairs)
    elif rule.kind == "overdue":
        days = " ".join(
            f'(<{base}id/code/frequency/{frequency}> "{day}"^^xsd:date)'
            for frequency, day in _due_before(rule, today)
        )
        body = _OVERDUE_SPARQL.replace("DAYS", days).replace("TODAY", today)
    elif rule.kind == "target-missed":
        body = _TARGETS_SPARQL.replace("RULE", f"<{base}id/signal-rule/{rule.rule}/{rule.version}>")
    else:
        assert told is not None, rule.kind
        body = _CHECKS_SPARQL.replace("RULE", f"<{base}id/signal-rule/{rule.rule}/{rule.version}>")
        body = body.replace("CONDITION", told)
    return f"{prefixes}\n{body}"


def _prefixes(base: str) -> dict[str, str]:
    return {
        "def": f"{base}def/",
        "dct": "http://purl.org/dc/terms/",
        "qb": "http://purl.org/linked-data/cube#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "sdmx-attribute": "http://purl.org/linked-data/sdmx/2009/attribute#",
        "sdmx-measure": "http://purl.org/linked-data/sdmx/2009/measure#",
        "sdmx-dimension": "http://purl.org/linked-data/sdmx/2009/dimension#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }


_CHECKS_SPARQL = """\
SELECT ?check ?area ?dataset ?indicator ?breakdown ?period WHERE {
  ?check def:checkOf RULE ;
    sdmx-dimension:refArea ?area ; def:dataset ?dataset ; def:indicator ?indicator ;
    def:indicatorVersion ?version ; sdmx-dimension:refPeriod ?period ; def:signalValue ?value .
  ?version def:polarity ?polarity .
  BIND (IF(STRENDS(STR(?polarity), "/higher"), 1, -1) AS ?sign)
  OPTIONAL { ?check def:checkedBreakdown ?breakdown }
  CONDITION
  FILTER NOT EXISTS { ?area def:endOn ?ended }
}
ORDER BY ?check"""

_WORSE = "?check def:movementScore ?score ; def:neededScore ?needed . FILTER (?score <= -?needed)"
_SPARQL = {
    "falling": _WORSE,
    "below-peers": f"""{_WORSE}
  ?check def:againstValue ?against .
  OPTIONAL {{ ?check def:lowerLimit ?low ; def:upperLimit ?high }}
  BIND (COALESCE(IF(?sign > 0, ?high, ?low), ?value) AS ?best)
  FILTER (?best * ?sign < ?against * ?sign)""",
    "coasting": """?check def:movementScore ?score ; def:neededScore ?needed ;
    def:otherScore ?peers ; def:otherNeededScore ?peersNeeded .
  FILTER (?score <= 0 && ?score > -?needed && ?peers >= ?peersNeeded)""",
    "perception-apart": f"""{_WORSE}
  ?check def:otherScore ?counted ; def:otherNeededScore ?countedNeeded . FILTER (?counted >= ?countedNeeded)""",
    "unexpected": "?check def:againstValue ?against . FILTER (?value * ?sign < ?against * ?sign)",
}

_LOW_GRADE_SPARQL = """\
SELECT ?judgement WHERE {
  { SELECT ?body ?service (MAX(?on) AS ?day) WHERE {
      ?graded def:grade ?any ; def:bodyJudged ?body ; def:frameworkVersion ?under .
      OPTIONAL { ?graded dct:issued ?published }
      OPTIONAL { ?graded def:madeOn ?begun }
      BIND (COALESCE(?published, ?begun) AS ?on)
      ?under def:service ?service
    } GROUP BY ?body ?service }
  VALUES ?least { GRADES }
  ?least skos:inScheme ?scale ; def:rank ?leastRank .
  ?grade skos:inScheme ?scale ; def:rank ?rank .
  FILTER (?rank >= ?leastRank)
  ?judgement def:grade ?grade ; def:bodyJudged ?body ; def:frameworkVersion ?framework .
  ?framework def:service ?service .
  OPTIONAL { ?judgement dct:issued ?issued }
  OPTIONAL { ?judgement def:madeOn ?made }
  FILTER (COALESCE(?issued, ?made) = ?day)
  FILTER NOT EXISTS { ?body def:endOn ?ended }
}
ORDER BY ?judgement"""

_OVERDUE_SPARQL = """\
SELECT ?dataset ?indicator WHERE {
  { SELECT ?dataset ?indicator (MAX(?end) AS ?newest) WHERE {
      { SELECT DISTINCT ?dataset ?indicator ?period WHERE {
          ?figure qb:dataSet ?dataset ; def:indicator ?indicator ; sdmx-dimension:refPeriod ?period } }
      ?period def:endOn ?end
    } GROUP BY ?dataset ?indicator }
  ?indicator <http://www.w3.org/ns/dcat#hasCurrentVersion> ?version .
  ?version def:frequency ?frequency ; def:definitionStatus ?status .
  FILTER (STRENDS(STR(?status), "/current"))
  VALUES (?frequency ?before) { DAYS }
  OPTIONAL { ?dataset def:nextReleaseOn ?promised }
  FILTER (COALESCE(?promised < "TODAY"^^xsd:date, false) || ?newest < ?before)
}
ORDER BY ?dataset ?indicator"""

_TARGETS_SPARQL = """\
SELECT ?target ?area WHERE {
  ?check def:checkOf RULE ; def:checkedTarget ?target ; def:signalValue ?value ; def:againstValue ?wanted .
  OPTIONAL { ?check sdmx-dimension:refArea ?area }
  OPTIONAL { ?check def:lowerLimit ?lower ; def:upperLimit ?upper }
  BIND (COALESCE(?lower, ?value) AS ?low)
  BIND (COALESCE(?upper, ?value) AS ?high)
  ?target def:targetTest ?test .
  BIND (STRAFTER(STR(?test), "/target-test/") AS ?how)
  OPTIONAL { ?target def:targetUpperValue ?most }
  FILTER ((?how = "at-least" && ?high < ?wanted) || (?how = "at-most" && ?low > ?wanted)
    || (?how = "between" && (?high < ?wanted || ?low > ?most)))
}
ORDER BY ?target ?area"""
