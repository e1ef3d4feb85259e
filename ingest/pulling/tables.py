"""The tables of definitions: which rows belong to the definitions that are held.

In:   rows of the tables on offer and of those held, as text
Out:  the indicators that a theme names; the rows that go with the versions held
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ingest.exchange import unguarded
from ingest.pulling.changes import Row
from schemas import load_model
from schemas.model import OPEN_LISTS

Tables = Mapping[str, Sequence[Row]]

# What is pulled: definitions, and what they refer to.
TABLES = (
    "indicators",
    "definition_stages",
    "crosswalk",
    "code_lists",
    "codes",
    "dimensions",
    "bodies",
)


def as_offered(tables: Tables, base: str | None, address: str | None, guard: bool) -> dict[str, list[Row]]:
    """Give rows as they are meant: without the guard of a spreadsheet, each definition with its origin.

    base       what begins the addresses of things where the definitions come from
    address    where the package was fetched, for a package that is no site's
    """
    offered = {
        name: [
            {c: unguarded(text) if guard else text for c, text in row.items()} for row in tables.get(name, ())
        ]
        for name in TABLES
    }
    for row in offered["indicators"]:
        path = f"{row['indicator']}/v{row['version']}"
        if not row["origin"]:
            row["origin"] = f"{base}id/indicator/{path}" if base else f"{address}#{path}" if address else ""
    if base:
        known = {row["indicator"] for row in offered["indicators"]}
        for row in offered["crosswalk"]:
            # The other definition may not be pulled; then it is still known by its address.
            if row["to_indicator"] in known and not row["to_uri"]:
                row["to_uri"] = f"{base}id/indicator/{row['to_indicator']}"
    return offered


def find_wanted(definitions: Sequence[Row], theme: str | None) -> frozenset[str]:
    """Find the indicators of a theme, and those that they extend; all without a theme."""
    extended: dict[str, set[str]] = {}
    wanted = set()
    for row in definitions:
        if theme is None or theme in themes_of(row):
            wanted.add(row["indicator"])
        if row["extends"]:
            extended.setdefault(row["indicator"], set()).add(row["extends"])
    waiting = list(wanted)
    while waiting:
        more = extended.get(waiting.pop(), set()) - wanted
        wanted |= more
        waiting.extend(more)
    return frozenset(wanted)


def themes_of(row: Row) -> list[str]:
    """List the themes of a definition."""
    delimiter = load_model().tables["indicators"].field("themes").delimiter or ","
    return [item.strip() for item in row["themes"].split(delimiter) if item.strip()]


def gather_tables(held: Tables, offered: Tables, definitions: Sequence[Row]) -> dict[str, list[Row]]:
    """Gather every row that goes with definitions: what is on offer, and what is held beside."""
    model = load_model()
    merged: dict[str, list[Row]] = {"indicators": list(definitions)}
    for name in TABLES[1:]:
        key = model.tables[name].primary_key
        rows = {
            tuple(row[column] for column in key): dict(row)
            for row in (*held.get(name, ()), *offered.get(name, ()))
        }
        merged[name] = [rows[at] for at in sorted(rows)]
    versions = {(row["indicator"], row["version"]) for row in definitions}
    indicators = {indicator for indicator, _ in versions}
    merged["definition_stages"] = [
        row for row in merged["definition_stages"] if (row["indicator"], row["version"]) in versions
    ]
    merged["crosswalk"] = _crosswalk(merged["crosswalk"], indicators)
    owners = {row["owner"] for row in definitions}
    merged["bodies"] = [row for row in merged["bodies"] if row["body"] in owners]
    merged["codes"] = _codes(merged["codes"], definitions)
    lists = {row["code_list"] for row in (*merged["codes"], *merged["dimensions"])}
    merged["code_lists"] = [row for row in merged["code_lists"] if row["code_list"] in lists]
    return merged


def _crosswalk(rows: Iterable[Row], indicators: set[str]) -> list[Row]:
    """Keep what is said of definitions that are held; one that is not held is named by its address alone."""
    kept = []
    for row in rows:
        other = row["to_indicator"] if row["to_indicator"] in indicators else ""
        if row["from_indicator"] in indicators and (other or row["to_uri"]):
            kept.append(row | {"to_indicator": other})
    return kept


def _codes(rows: Sequence[Row], definitions: Sequence[Row]) -> list[Row]:
    """Keep codes that every site does not have already; of themes and units those in use, with what is above."""
    built_in = load_model().code_lists
    used = {("theme", theme) for row in definitions for theme in themes_of(row)}
    used |= {("unit", row["unit"]) for row in definitions}
    parents = {(row["code_list"], row["code"]): (row["code_list"], row["parent"]) for row in rows}
    waiting = list(used)
    while waiting:
        above = parents.get(waiting.pop())
        if above is not None and above[1] and above not in used:
            used.add(above)
            waiting.append(above)
    kept = []
    for row in rows:
        code_list, code = row["code_list"], row["code"]
        if code_list in OPEN_LISTS:
            known = built_in[code_list].notations if code_list in built_in else ()
            is_kept = (code_list, code) in used and code not in known
        else:
            is_kept = code_list not in built_in
        if is_kept:
            kept.append(row)
    return kept
