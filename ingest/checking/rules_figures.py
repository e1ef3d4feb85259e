"""Rules of figures: a value or a reason, limits, what is possible, periods, areas, one value for each key.

One scan joins every figure with its period, its indicator's bounds and its area's dates, and asks which rules
are broken at all. Only a broken rule is asked for its rows.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ingest.checking.faults import Example, Fault
from ingest.checking.found import Found, Word, find
from ingest.checking.grammar import among, name
from ingest.checking.keys import FIRST
from ingest.checking.rules_periods import find_unread_periods, join_periods, read_periods
from ingest.checking.wording import list_words, word_first
from ingest.checking.world import StandardTable, World
from ingest.problems import Place, Problem, find_nearest, problem

# A figure counted for a later area, or one that is said not to exist, is no fault of its area's dates.
_TELLS_OF_ITS_AREA = ("definition-differs", "not-applicable", "not-available")


# Figures whose keys are read at a time.
_BATCH_ROWS = 65_536

# The areas that did not exist through all periods.
_AREAS = "areas_with_dates"


def check_figures(world: World, table: StandardTable) -> Iterator[Found]:
    """Find the figures that break any rule of figures."""
    texts = read_periods(world, table)
    yield from find_unread_periods(world, table, texts)
    figures, periods = _join_figures(world, table, texts)
    statuses = world.make_table(
        "pairs_of_value_and_status",
        f"SELECT DISTINCT CASE WHEN value = '' THEN '' ELSE 'given' END AS value, status FROM {table.view}",
    )
    needing = among("status", _statuses(world, "required", without="normal"))
    forbidding = among("status", _statuses(world, "absent"))
    # What a rule looks at decides how many rows need be asked: the different pairs of a missing value and a
    # status are few, and so are the different periods of the indicators.
    rules = {
        statuses: {
            "value-without-reason": "value = '' AND status IN ('', 'normal')",
            "status-needs-value": f"value = '' AND {needing}",
            "status-forbids-value": f"value <> '' AND {forbidding}",
        },
        periods: {
            "period-kind-wrong": "kind <> wanted_kind",
            "version-unknown": "version <> '' AND has_versions AND resolved IS DISTINCT FROM version",
        },
        figures: {
            "limits-out-of-order": "lower_number > upper_number",
            "value-outside-limits": "number < lower_number OR number > upper_number",
            "value-impossible": "isfinite(number) AND (number < lowest OR number > highest)",
        },
    }
    if world.rows(f"SELECT 1 FROM {name(_AREAS)} LIMIT 1"):
        telling = among("status", _TELLS_OF_ITS_AREA)
        rules[figures]["area-ended"] = f"area_end_on < start_on AND NOT {telling}"
        rules[figures]["area-not-yet"] = f"area_start_on > end_on AND NOT {telling}"
    key = _key(world, table)
    is_repeated = False
    for asked, conditions in rules.items():
        answers: Sequence[bool]
        if asked == figures:
            answers, is_repeated = _look_through(world, figures, list(conditions.values()), key)
        else:
            wanted = ", ".join(map("bool_or({})".format, conditions.values()))
            [answers] = world.rows(f"SELECT {wanted} FROM {asked}")
        for (code, condition), is_broken in zip(conditions.items(), answers, strict=True):
            if is_broken and code == "value-outside-limits":
                condition = _outside_limits()
                is_broken = bool(world.rows(f"SELECT 1 FROM {figures} WHERE {condition} LIMIT 1"))
            if is_broken:
                yield _find(world, figures, code, condition)
    if is_repeated:
        yield from _find_repeats(world, table, figures, key)


def _look_through(world: World, figures: str, conditions: Sequence[str], key: str) -> tuple[list[bool], bool]:
    """Say in one pass which conditions hold of some figure, and whether two figures may have one key.

    Sorting the digests of all keys takes a quarter of the time in which the engine counts different ones.
    """
    kept = ", ".join(
        f"coalesce({condition}, false) AS broken_{at}" for at, condition in enumerate(conditions)
    )
    query = f"SELECT hash({key}) AS key, number_of_period IS NOT NULL AS has_period, {kept} FROM {figures}"
    holds = [False] * len(conditions)
    keys = [np.empty(0, np.uint64)]
    for batch in world.connection.execute(query).to_arrow_reader(_BATCH_ROWS):
        found, has_period, *broken = batch.columns
        keys.append(found.filter(has_period).to_numpy())
        holds = [held or one.true_count > 0 for held, one in zip(holds, broken, strict=True)]
    digests = np.sort(np.concatenate(keys))
    return holds, bool((digests[1:] == digests[:-1]).any())


def _statuses(world: World, value: str, without: str = "") -> list[str]:
    codes = world.model.code_lists["status"].codes
    return [code.code for code in codes if code.more["value"] == value and code.code != without]


def _join_figures(world: World, table: StandardTable, periods: str) -> tuple[str, str]:
    """Make the view of figures with their periods, bounds and areas, and the table of periods with bounds."""
    is_share = "unit = 'percent' AND lowest = '' AND highest = ''"
    # A percentage is 0 to 100; a definition that gives one bound itself says that the other has no limit.
    bounds = world.make_table(
        "bounds_of_indicators",
        f"""
        SELECT indicator, version,
               CASE WHEN any_value({is_share}) THEN 0.0
                    ELSE TRY_CAST(any_value(lowest) AS DOUBLE) END AS lowest,
               CASE WHEN any_value({is_share}) THEN 100.0
                    ELSE TRY_CAST(any_value(highest) AS DOUBLE) END AS highest
        FROM {world.view("indicators")} GROUP BY indicator, version
        """,
    )
    # Most areas existed through all periods; only the others are joined with the figures.
    areas = world.make_table(
        _AREAS,
        f"""
        SELECT area, any_value(label) AS label, max(TRY_CAST(start_on AS DATE)) AS area_start_on,
               max(TRY_CAST(end_on AS DATE)) AS area_end_on
        FROM {world.view("areas")} GROUP BY area
        HAVING area_start_on > (SELECT min(end_on) FROM {periods})
            OR area_end_on < (SELECT max(start_on) FROM {periods})
        """,
    )
    what = world.make_table(
        "periods_with_bounds",
        f"""
        SELECT p.*, b.lowest, b.highest,
               p.indicator IN (SELECT indicator FROM {bounds}) AS has_versions
        FROM {periods} AS p
        LEFT JOIN {bounds} AS b ON b.indicator = p.indicator AND b.version = p.resolved
        """,
    )
    view = name("figures")
    texts = ", ".join(f"o.{name(column)}" for column in table.names)
    world.connection.execute(
        f"""
        CREATE OR REPLACE VIEW {view} AS
        SELECT {texts}, o._source, o._row,
               p.notation, p.start_on, p.end_on, p.kind, p.words, p.wanted_kind, p.resolved,
               p.lowest, p.highest, p.has_versions, p.number AS number_of_period,
               a.label, a.area_start_on, a.area_end_on,
               {_number("value")} AS number, {_number("lower_limit")} AS lower_number,
               {_number("upper_limit")} AS upper_number
        FROM {table.view} AS o
        LEFT JOIN {what} AS p ON {join_periods(table)} AND p.notation IS NOT NULL
        LEFT JOIN {areas} AS a ON a.area = o.area
        """
    )
    world.scratch.append(f"VIEW IF EXISTS {view}")
    return view, what


def _number(column: str) -> str:
    """Give a cell as a number. To try an empty text and fail takes the engine long."""
    return f"CASE WHEN o.{column} <> '' THEN TRY_CAST(o.{column} AS DOUBLE) END"


def _outside_limits() -> str:
    """Say in SQL that a value lies outside its limits by more than their rounding can explain.

    A value rounded to whole numbers may leave limits that are given to two places.
    """
    below = f"number + {_half_place('value')} + {_half_place('lower_limit')} < lower_number"
    above = f"number - {_half_place('value')} - {_half_place('upper_limit')} > upper_number"
    return f"(number < lower_number AND {below}) OR (number > upper_number AND {above})"


def _half_place(cell: str) -> str:
    places = f"CASE WHEN contains({cell}, '.') THEN length({cell}) - instr({cell}, '.') ELSE 0 END"
    return f"0.5 / pow(10, {places})"


def _find(world: World, figures: str, code: str, condition: str) -> Found:
    """Give the rows that break a rule, with what its problem says of them."""
    column, cell, facts, word = _ASKED[code]
    listed = "".join(f", ({expression})::VARCHAR AS {fact}" for fact, expression in facts.items())
    query = f"SELECT _source, _row, {cell} AS cell{listed} FROM {figures} WHERE {condition}"
    return find(code, column, query, *facts, word=word(world) if word else None)


def _word_reason(_world: World) -> Word:
    def word(example: Example, fault: Fault, place: Place) -> Problem:
        found = f"'{example.cell}'" if example.cell else "(empty, which means normal)"
        return problem(fault.type, place, value="", found=found)

    return word


def _word_impossible(_world: World) -> Word:
    def word(example: Example, fault: Fault, place: Place) -> Problem:
        facts = example.facts
        is_low = facts["is_low"] == "true"
        limit = _plain(facts["lowest"] if is_low else facts["highest"])
        return problem(
            fault.type,
            place,
            value=example.cell,
            beyond="less than" if is_low else "more than",
            limit=limit,
            extreme="least" if is_low else "most",
            indicator=facts["indicator"] or "",
        )

    return word


def _plain(number: str | None) -> str:
    return (number or "").removesuffix(".0")


def word_kind(world: World) -> Word:
    """Word that a period is of another kind than its indicator's, from the facts kind, wanted_kind and indicator."""
    labels = {code.code: code.label for code in world.model.code_lists["period-kind"].codes}

    def word(example: Example, fault: Fault, place: Place) -> Problem:
        found, wanted = (labels.get(example.facts[fact] or "", "") for fact in ("kind", "wanted_kind"))
        return problem(
            fault.type,
            place,
            value=example.cell,
            found=f"of the kind '{found}'",
            wanted=f"periods of the kind '{wanted}'",
            indicator=example.facts["indicator"] or "",
        )

    return word


def _word_area(world: World) -> Word:
    def word(example: Example, fault: Fault, place: Place) -> Problem:
        facts, area = example.facts, example.cell
        return problem(
            fault.type,
            place,
            value=area,
            area=area,
            label=facts["label"] or "",
            start_on=facts["area_start_on"] or "",
            end_on=facts["area_end_on"] or "",
            period=facts["words"] or "",
            successors=_word_others(world, area, "from_area", "to_area", " Replaced by {}."),
            predecessors=_word_others(world, area, "to_area", "from_area", " It replaced {}."),
        )

    return word


def _word_others(world: World, area: str, own: str, other: str, sentence: str) -> str:
    """Name the areas that an area became, or came from."""
    rows = world.connection.execute(
        f"SELECT DISTINCT c.{other}, coalesce(a.label, '') FROM {world.view('area_changes')} AS c"
        f" LEFT JOIN {world.view('areas')} AS a ON a.area = c.{other}"
        f" WHERE c.{own} = $area AND c.{other} <> c.{own} ORDER BY 1",
        {"area": area},
    ).fetchall()
    names = [f"{code} ({label})" if label else str(code) for code, label in rows[:6]]
    if len(rows) > len(names):
        names.append(f"{len(rows) - len(names)} others")
    return sentence.format(list_words(names)) if names else ""


def _word_version(world: World) -> Word:
    def word(example: Example, fault: Fault, place: Place) -> Problem:
        indicator = example.facts["indicator"] or ""
        rows = world.connection.execute(
            f"SELECT DISTINCT version FROM {world.view('indicators')}"
            " WHERE indicator = $indicator ORDER BY 1",
            {"indicator": indicator},
        ).fetchall()
        known = [str(row[0]) for row in rows]
        return problem(
            fault.type,
            place,
            value=example.cell,
            indicator=indicator,
            nearest=find_nearest(example.cell, known),
            wanted=", ".join(known),
        )

    return word


# For each problem: its column, the text found, further facts, and how they are worded if not as they are.
_ASKED = {
    "value-without-reason": ("value", "status", {}, _word_reason),
    "status-needs-value": ("value", "''", {"status": "status"}, None),
    "status-forbids-value": ("value", "value", {"status": "status"}, None),
    "limits-out-of-order": (
        "lower_limit",
        "lower_limit",
        {"lower": "lower_limit", "upper": "upper_limit"},
        None,
    ),
    "value-outside-limits": ("value", "value", {"lower": "lower_limit", "upper": "upper_limit"}, None),
    "value-impossible": (
        "value",
        "value",
        {"indicator": "indicator", "lowest": "lowest", "highest": "highest", "is_low": "number < lowest"},
        _word_impossible,
    ),
    "period-kind-wrong": (
        "period",
        "period",
        {"indicator": "indicator", "kind": "kind", "wanted_kind": "wanted_kind"},
        word_kind,
    ),
    "area-ended": (
        "area",
        "area",
        {
            "label": "label",
            "area_start_on": "area_start_on",
            "area_end_on": "area_end_on",
            "words": "words",
        },
        _word_area,
    ),
    "area-not-yet": (
        "area",
        "area",
        {
            "label": "label",
            "area_start_on": "area_start_on",
            "area_end_on": "area_end_on",
            "words": "words",
        },
        _word_area,
    ),
    "version-unknown": ("version", "version", {"indicator": "indicator"}, _word_version),
}


def _key(world: World, table: StandardTable) -> str:
    """Give the expressions of what tells one figure from another."""
    breakdown = [world.breakdown(dimension) for dimension in table.dimensions]
    return ", ".join(["dataset", "indicator", "area", "number_of_period", *breakdown])


def _find_repeats(world: World, table: StandardTable, figures: str, key: str) -> Iterator[Found]:
    """Find rows that give a figure again: with the same value, or with another."""
    parts = ["dataset", "indicator", "area", "words", *(name(dimension) for dimension in table.dimensions)]
    written = f"concat_ws(', ', {', '.join(f'nullif({part}, {chr(39) * 2})' for part in parts)})"
    # The same value may be written 5 or 5.0; the same status is empty or "normal".
    said = "coalesce(number::VARCHAR, value), CASE status WHEN '' THEN 'normal' ELSE status END"
    repeats = world.make_table(
        "repeated_figures",
        f"""
        WITH twice AS (
            SELECT hash({key}) AS code FROM {figures} WHERE number_of_period IS NOT NULL
            GROUP BY 1 HAVING count(*) > 1
        ), rows AS (
            SELECT _source, _row, {written} AS cell, hash({said}) AS said, {_said_in_words()} AS words,
                   row_number() OVER same AS place, first_value(hash({said})) OVER same AS first_said,
                   first_value({_said_in_words()}) OVER same AS first_words,
                   first_value(_source) OVER same AS first_source, first_value(_row) OVER same AS first_row
            FROM {figures} WHERE number_of_period IS NOT NULL AND hash({key}) IN (SELECT code FROM twice)
            WINDOW same AS (PARTITION BY {key} ORDER BY _source, _row, value)
        )
        SELECT * FROM rows WHERE place > 1
        """,
    )

    def word(example: Example, fault: Fault, place: Place) -> Problem:
        return problem(
            fault.type,
            place,
            value=example.facts.get("words") or "",
            other=example.facts.get("first_words") or "",
            key=example.cell,
            first=word_first(example, world.places),
        )

    for code, condition in (
        ("observation-repeated", "said = first_said"),
        ("observations-conflict", "said <> first_said"),
    ):
        facts = (*FIRST, "words", "first_words")
        query = f"SELECT _source, _row, cell, {', '.join(facts)} FROM {repeats} WHERE {condition}"
        if world.rows(f"{query} LIMIT 1"):
            yield find(code, "value", query, *facts, word=word)


def _said_in_words() -> str:
    return "CASE WHEN value = '' THEN 'no value (' || status || ')' ELSE value END"
