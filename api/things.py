"""Find the thing that an address names: its kind, its notation, its row in the catalogue.

In:   a kind of schemas/kinds.yaml and the parts of a notation, as a visitor wrote them
Out:  Thing, with its notation as it is published, or None

Nothing that a visitor writes reaches a statement but as a bound value: tables and columns are the model's.
An address is forgiving where data are not: another case and a name after a code lead to the thing.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from api.edition import Edition
from schemas import Kind, Model, TableSchema, load_model

# The columns that hold what a thing is called, the first that the table has.
_LABELS = ("label", "title", "clause", "text", "name")

# Things that are more than one row: the notation is the start of the table's key.
_HEADS = {"indicator": "indicator", "framework": "framework", "signal-rule": "rule"}

# Which version of a head comes first, where a table of its own does not say it.
_NEWEST = {
    "framework": 'in_force_from DESC, "version" DESC',
    "signal-rule": 'CAST("version" AS INTEGER) DESC',
}

_VERSION = re.compile(r"v(\d+(?:\.\d+){0,2})")


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing that has an address.

    notation   its parts as published: ("household-waste", "E09000015"); joined by "/" in URIs
    row        its row; for a head (an indicator or framework without its version) that of the version in use
    """

    kind: Kind
    notation: tuple[str, ...]
    label: str
    row: Mapping[str, object]
    is_head: bool = False

    @property
    def path(self) -> str:
        """The notation as it stands in addresses and URIs."""
        return "/".join(self.notation)

    @property
    def address(self) -> str:
        """The address of the document inside the site."""
        return f"/{self.kind.address}/{quote(self.path, safe='/=,;')}"

    def uri(self, edition: Edition) -> str:
        return edition.uri(self.kind.kind, *self.notation)


@cache
def kinds_by_address() -> Mapping[str, Kind]:
    """Give the kinds by the first part of their addresses: "areas", "rating-scales" …"""
    return {kind.address: kind for kind in load_model().kinds.values()}


def find_thing(edition: Edition, kind: Kind, parts: Sequence[str]) -> Thing | None:
    """Find exactly the thing of a kind that has this notation."""
    if not parts or not all(parts):
        return None
    if kind.kind == "observation":
        return _find_observation(edition, kind, parts)
    if kind.kind == "edition":
        return None
    return _find_row(edition, kind, parts, exact=True)


def find_meant(edition: Edition, kind: Kind, parts: Sequence[str]) -> Thing | None:
    """Find the thing that an address means though it is not written as published.

    Another case, and for areas a name after the code ("E09000015-harrow"), are forgiven.
    """
    if not parts or not all(parts) or kind.kind in ("observation", "edition"):
        return None
    found = _find_row(edition, kind, parts, exact=False)
    if found is None and kind.kind == "area" and len(parts) == 1:
        head, *rest = parts[0].split("-")
        for length in range(len(rest), 0, -1):
            code = "-".join((head, *rest[: length - 1]))
            found = _find_row(edition, kind, (code,), exact=False)
            if found is not None:
                break
    if found is None and kind.kind == "stage" and len(parts) == 3:
        found = _find_implied_stage(edition, parts)
    return found


def _find_implied_stage(edition: Edition, parts: Sequence[str]) -> Thing | None:
    """Find the version that reached a stage without a row of its own: its status says so, its package no day."""
    sql = "SELECT indicator, version FROM definition_events WHERE entry = ?"
    row = edition.row(sql, (f"stage/{'/'.join(parts)}",)) if edition.has_table("definition_events") else None
    if row is None:
        return None
    return find_thing(edition, load_model().kinds["indicator"], (row["indicator"], f"v{row['version']}"))


def _find_row(edition: Edition, kind: Kind, parts: Sequence[str], *, exact: bool) -> Thing | None:
    if kind.table is None:
        return None
    model = load_model()
    schema = _schema(model, kind.table)
    head = _HEADS.get(kind.kind)
    if head is not None and len(parts) == 1:
        return _find_head(edition, kind, schema, head, parts[0], exact=exact)
    template = _template(schema)
    if len(template) != len(parts):
        return None
    columns = _columns(template)
    if columns is None:
        return _find_joined(edition, kind, schema, "/".join(parts))
    starts = [part.partition("{")[0] for part in template]
    if kind.kind == "indicator":
        values = list(parts)
        match = _VERSION.fullmatch(values[1].lower())
        if match is None:
            return None
        # /v2 means the newest version 2.x.y; /v2.1 the newest 2.1.y.
        row = _newest_version(edition, values[0], match[1], exact=exact)
    else:
        if not all(part.startswith(start) for start, part in zip(starts, parts, strict=True)):
            return None
        values = [part.removeprefix(start) for start, part in zip(starts, parts, strict=True)]
        row = edition.row(_select(kind.table, columns, exact=exact), values)
    if row is None:
        return None
    notation = tuple(f"{start}{row[column]}" for start, column in zip(starts, columns, strict=True))
    return Thing(kind, notation, label_of(row), dict(row))


def _schema(model: Model, table: str) -> TableSchema:
    return model.tables.get(table) or model.derived[table]


def _template(schema: TableSchema) -> tuple[str, ...]:
    """Split a subject into its parts after the kind: "code/{code_list}/{code}" has two."""
    if not schema.subject:
        return tuple(f"{{{column}}}" for column in schema.primary_key)
    return tuple(schema.subject.split("/")[1:])


def _columns(template: Sequence[str]) -> tuple[str, ...] | None:
    """Say which column each part of a notation is, or None if a part is made of several."""
    found = [re.fullmatch(r"v?{(\w+)}", part) for part in template]
    return tuple(match[1] for match in found if match) if all(found) else None


def _select(table: str, columns: Sequence[str], *, exact: bool) -> str:
    collation = "" if exact else " COLLATE NOCASE"
    # A table and columns of our own model; what the visitor wrote is bound.
    where = " AND ".join(f'"{column}" = ?{collation}' for column in columns)
    return f'SELECT * FROM "{table}" WHERE {where} LIMIT 1'  # noqa: S608


def _find_joined(edition: Edition, kind: Kind, schema: TableSchema, path: str) -> Thing | None:
    """Find a row whose notation joins several columns in one part: area-change/{from}-{to}-{day}."""
    template = "/".join(_template(schema))
    pieces = [
        f'"{piece}"' if at % 2 else "'" + piece.replace("'", "''") + "'"
        for at, piece in enumerate(re.split(r"{(\w+)}", template))
        if piece
    ]
    # Columns and signs of our own model; what the visitor wrote is bound.
    sql = f'SELECT * FROM "{schema.name}" WHERE {" || ".join(pieces)} = ? LIMIT 1'  # noqa: S608
    row = edition.row(sql, (path,))
    return None if row is None else Thing(kind, tuple(path.split("/")), label_of(row), dict(row))


def _find_head(
    edition: Edition, kind: Kind, schema: TableSchema, column: str, notation: str, *, exact: bool
) -> Thing | None:
    """Find an indicator or a framework as such; its row is that of the version in use."""
    if kind.kind == "indicator":
        row = edition.row(
            "SELECT i.* FROM indicator_heads AS h JOIN indicators AS i"
            " ON i.indicator = h.indicator AND i.version = h.version"
            " WHERE h.indicator = :notation"
            " OR (:is_forgiving AND h.indicator = :notation COLLATE NOCASE) LIMIT 1",
            {"notation": notation, "is_forgiving": not exact},
        )
    else:
        order = f" ORDER BY {_NEWEST[kind.kind]} LIMIT 1"
        row = edition.row(
            _select(schema.name, (column,), exact=exact).replace(" LIMIT 1", order), (notation,)
        )
    if row is None:
        return None
    return Thing(kind, (str(row[column]),), label_of(row), dict(row), is_head=True)


def _newest_version(edition: Edition, indicator: str, version: str, *, exact: bool) -> sqlite3.Row | None:
    rows = edition.rows(
        _select("indicators", ("indicator",), exact=exact).replace(" LIMIT 1", ""), (indicator,)
    )
    wanted = tuple(int(number) for number in version.split("."))
    fitting = [
        (numbers, row)
        for row in rows
        if (numbers := tuple(int(number) for number in row["version"].split(".")))[: len(wanted)] == wanted
    ]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _find_observation(edition: Edition, kind: Kind, parts: Sequence[str]) -> Thing | None:
    key = read_observation(parts)
    if key is None:
        return None
    row = edition.row(
        "SELECT * FROM observations WHERE dataset = ? AND indicator = ? AND area = ? AND period = ?"
        " AND breakdown = ?",
        key,
    )
    if row is None:
        return None
    indicator, area, period, breakdown = edition.rows(
        "SELECT label FROM indicator_heads WHERE indicator = :indicator"
        " UNION ALL SELECT coalesce(everyday_label, label) FROM areas WHERE area = :area"
        " UNION ALL SELECT label FROM periods WHERE period = :period"
        " UNION ALL SELECT label FROM breakdowns WHERE breakdown = :breakdown",
        dict(row),
    )
    label = f"{indicator[0]}, {area[0]}, {period[0]}"
    if row["breakdown"]:
        label += f", {breakdown[0]}"
    return Thing(kind, observation_notation(row), label, dict(row))


def read_observation(parts: Sequence[str]) -> tuple[str, str, str, str, str] | None:
    """Read an observation's path as the key of its row: dataset, indicator, area, period, breakdown.

    >>> read_observation("births/birth-rate/E09000015/2023-01-01_P1Y/sex=female/age=16-64".split("/"))
    ('births', 'birth-rate', 'E09000015', '2023-01-01_P1Y', 'age=16-64;sex=female')
    """
    if len(parts) < 4 or not all("=" in part for part in parts[4:]):
        return None
    dataset, indicator, area, period = parts[:4]
    return dataset, indicator, area, period, ";".join(sorted(parts[4:]))


def observation_notation(row: Mapping[str, str] | sqlite3.Row) -> tuple[str, ...]:
    """Name an observation by its key, the dimensions in order."""
    breakdown = row["breakdown"]
    return (
        *(row[name] for name in ("dataset", "indicator", "area", "period")),
        *(breakdown.split(";") if breakdown else ()),
    )


def label_of(row: sqlite3.Row | Mapping[str, object]) -> str:
    """Say what a row's thing is called."""
    names = row.keys()
    for column in _LABELS:
        if column in names and row[column]:
            return str(row[column])
    return str(next(iter(dict(row).values())))
