"""The texts of periods, wherever they stand: read once each, as their indicator declares them."""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

import json
from collections.abc import Iterator

from ingest.checking.faults import Example, Fault
from ingest.checking.found import Found, find
from ingest.checking.grammar import literal, name
from ingest.checking.world import StandardTable, World
from ingest.problems import Place, Problem, problem
from ingest.resolve import Version, read_date, resolve_row

# What is kept of each different combination of indicator, version and period text.
_COLUMNS = (
    "indicator",
    "version",
    "period",
    "notation",
    "start_on",
    "end_on",
    "kind",
    "words",
    "resolved",
    "wanted_kind",
    "fault",
    "reason",
)


# Different combinations that are read at a time.
_BATCH_ROWS = 2000


def load_versions(world: World) -> dict[str, list[Version]]:
    """Load what is needed of the versions of every indicator."""
    versions: dict[str, list[Version]] = {}
    for indicator, version, valid_from, kind in world.rows(
        "SELECT indicator, version, any_value(valid_from), any_value(period_kind)"
        f" FROM {world.view('indicators')} GROUP BY ALL ORDER BY ALL"
    ):
        versions.setdefault(indicator, []).append(Version(version, read_date(valid_from), kind))
    return versions


def read_periods(world: World, table: StandardTable) -> str:
    """Read every different period text of a table. Returns the table of what they are."""
    version = name("version") if "version" in table.names else "''"
    given = f"period_texts_of_{table.schema.name}"
    world.make_table(
        given, f"SELECT {', '.join(f'NULL::VARCHAR AS {column}' for column in _COLUMNS)} LIMIT 0"
    )
    versions = load_versions(world)
    texts = world.connection.execute(
        f"SELECT DISTINCT indicator, {version} AS version, period FROM {table.view} ORDER BY ALL"
    ).to_arrow_table()
    for batch in texts.to_batches(max_chunksize=_BATCH_ROWS):
        rows = [
            resolve_row(**text, versions=versions.get(text["indicator"], [])) for text in batch.to_pylist()
        ]
        # As one text the rows cost the engine least; to take an array it would first load a library.
        form = json.dumps([dict.fromkeys(_COLUMNS, "VARCHAR")])
        world.connection.execute(
            f"INSERT INTO {name(given)}"
            f" SELECT unnest(from_json({literal(json.dumps(rows))}, {literal(form)}), recursive := true)"
        )
    kept = ", ".join(
        f"TRY_CAST({column} AS DATE) AS {column}" if column in ("start_on", "end_on") else column
        for column in _COLUMNS
    )
    return world.make_table(
        f"periods_of_{table.schema.name}",
        f"SELECT {kept}, dense_rank() OVER (ORDER BY notation)::INTEGER AS number FROM {name(given)}",
    )


def check_period_texts(world: World, table: StandardTable) -> Iterator[Found]:
    """Find periods that cannot be read, in any table that has a column of periods."""
    if "period" in table.schema.field_names:
        periods = read_periods(world, table)
        yield from find_unread_periods(world, table, periods)


def find_unread_periods(world: World, table: StandardTable, periods: str) -> Iterator[Found]:
    """Find the rows whose period is none, or could be two."""
    faults = world.rows(f"SELECT DISTINCT fault FROM {periods} WHERE fault IS NOT NULL ORDER BY 1")
    for (code,) in faults:
        if code != "period-unknown" and not world.has("indicators"):
            continue
        query = (
            f"SELECT o._source, o._row, o.period AS cell, p.reason FROM {table.view} AS o"
            f" JOIN {periods} AS p ON {join_periods(table)} WHERE p.fault = {literal(code)}"
        )
        yield find(code, "period", query, "reason", word=_word_period)


def join_periods(table: StandardTable) -> str:
    """Say how the rows of a table (o) are joined with what their periods are (p)."""
    version = "o.version" if "version" in table.names else "''"
    return f"p.indicator = o.indicator AND p.version = {version} AND p.period = o.period"


def _word_period(example: Example, fault: Fault, place: Place) -> Problem:
    reason = example.facts["reason"] or ""
    return problem(fault.type, place, value=example.cell, reason=reason, readings=reason)
