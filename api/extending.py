"""Properties of things that were matched, to be added to a list: codes, dates, what followed, the newest figure.

In:   identifiers of things, identifiers of properties
Out:  values, each a text, a number, a day or another thing

A property that a thing does not have is an empty list. A figure without a value gives the words of its status:
suppressed is not zero.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.edition import Edition
from api.failures import unknown_parameters
from api.known_names import KINDS, Index, Known, label_of, load_index
from api.matching import NARROWING
from schemas import load_model

Value = dict[str, Any]
Values = Sequence[Value]

# A family of properties: one for each indicator that has figures.
FIGURE, PERIOD = "figure/", "period/"


@dataclass(frozen=True, slots=True)
class Property:
    """Something that can be asked of things.

    kinds     of which kinds of things
    of        the kind of thing that its values are, where they are things
    """

    id: str
    name: str
    description: str
    kinds: Sequence[str]
    of: str | None = None

    @property
    def narrows(self) -> bool:
        return self.id in NARROWING


_OWN = (
    Property("code", "Code", "GSS code of an area, notation of anything else.", KINDS),
    Property("uri", "URI", "Address that names it for good.", KINDS),
    Property("name", "Name", "The name it has today, or had last.", KINDS),
    Property("area_type", "Type", "Kind of area or of body, such as London borough.", ("area", "body")),
    Property("region", "Region", "The region it lies in.", ("area", "body"), "area"),
    Property("start", "Exists from", "First day, if known.", ("area", "body")),
    Property("end", "Existed until", "Last day; empty while it exists.", ("area", "body")),
    Property("successors", "Followed by", "What took its place.", ("area", "body")),
    Property("other_names", "Other and former names", "Names it has or had beside its own.", ("area",)),
    Property("council", "Council", "The body that governs the area, or did last.", ("area",), "body"),
    Property("areas", "Areas", "The areas that a body governs, or did last.", ("body",), "area"),
    Property("question", "Question", "What an indicator answers.", ("indicator",)),
    Property("definition", "Definition", "What is counted.", ("indicator",)),
    Property("unit", "Unit", "What its values are in.", ("indicator",)),
    Property("theme", "Theme", "What it is about.", ("indicator",)),
    Property("owner", "Owner", "The body that owns the definition.", ("indicator",), "body"),
    Property("version", "Version", "The version of the definition in use.", ("indicator",)),
    Property("status", "Stage", "Whether the definition is in use.", ("indicator",)),
    Property("date", "Day", "A day or a year on which it was there. It narrows a match.", ()),
)


def list_properties(edition: Edition) -> Mapping[str, Property]:
    """List every property by its identifier; figures come last."""
    return edition.once("properties to add", lambda: _list_properties(edition))


def _list_properties(edition: Edition) -> Mapping[str, Property]:
    found = {one.id: one for one in _OWN}
    for row in edition.rows(
        "SELECT DISTINCT h.indicator, h.label FROM observation_definitions d JOIN indicator_heads h"
        " ON h.indicator = d.indicator ORDER BY h.label, h.indicator"
    ):
        name, label = row["indicator"], row["label"]
        newest = f"The newest figure of an area; its period is {PERIOD}{name}."
        found[f"{FIGURE}{name}"] = Property(f"{FIGURE}{name}", f"{label}: newest figure", newest, ("area",))
        period = f"The period of {FIGURE}{name}."
        found[f"{PERIOD}{name}"] = Property(f"{PERIOD}{name}", f"{label}: its period", period, ("area",))
    return found


def propose_properties(edition: Edition, kind: str, limit: int) -> list[Property]:
    """List the properties that things of a kind have."""
    return [one for one in list_properties(edition).values() if kind in one.kinds][:limit]


def extend(
    edition: Edition, ids: Sequence[str], names: Sequence[str]
) -> tuple[list[Property], dict[str, dict[str, Values]]]:
    """Fetch properties of things: a row for each identifier, with the values of each property.

    Raises Failure with the nearest known name for a property that is not known.
    """
    known = list_properties(edition)
    unknown = [name for name in names if name not in known or not known[name].kinds]
    if unknown:
        raise unknown_parameters(unknown, (name for name, one in known.items() if one.kinds))
    fetching = _Fetching(edition, ids)
    asked = [known[name] for name in dict.fromkeys(names)]
    rows: dict[str, dict[str, Values]] = {one: {} for one in ids}
    for one in asked:
        values = fetching.fetch(one)
        for name, row in rows.items():
            row[one.id] = values.get(name, ())
    return asked, rows


class _Fetching:
    """Fetches one property of many things at a time."""

    def __init__(self, edition: Edition, ids: Sequence[str]) -> None:
        self.edition = edition
        self.index: Index = load_index(edition)
        self.things = {one: self.index.things[one] for one in ids if one in self.index.things}
        self.rows: dict[str, dict[str, sqlite3.Row]] = {}

    def fetch(self, asked: Property) -> dict[str, Values]:
        """Give the values of a property by the identifiers of things that have it."""
        if asked.id.startswith((FIGURE, PERIOD)):
            family, _, indicator = asked.id.partition("/")
            return self._figures(indicator, is_period=f"{family}/" == PERIOD)
        if asked.id in ("council", "areas"):
            return self._governing(asked.id)
        if asked.id == "other_names":
            return self._other_names()
        simple: Mapping[str, Callable[[Known], Values]] = {
            "code": lambda known: _texts(known.notation),
            "uri": lambda known: _texts(self.edition.uri(known.kind, known.notation)),
            "name": lambda known: _texts(known.label),
            "area_type": lambda known: _texts(label_of(known)) if known.subtype else (),
            "region": self._region,
            "start": lambda known: _days(known.spans[0][0]),
            "end": lambda known: _days(known.spans[0][1]),
            "successors": lambda known: self._entities(self.index.followers.get(known.id, ())),
            "owner": lambda known: self._entities([f"body/{known.owner}"]),
            "theme": lambda known: _texts(*(self._code("theme", code) for code in sorted(known.themes))),
        }
        give = simple.get(asked.id) or (lambda known: self._column(known, asked.id))
        return {name: give(known) for name, known in self.things.items() if known.kind in asked.kinds}

    def _column(self, known: Known, column: str) -> Values:
        """Give a column of the version of a definition that is in use."""
        if column not in self.rows:
            self.rows[column] = {
                row["indicator"]: row
                for row in self.edition.rows(
                    "SELECT i.indicator, i.version, i.question, i.definition, i.unit, i.status"
                    " FROM indicator_heads h JOIN indicators i USING (indicator, version)"
                )
            }
        value = self.rows[column][known.notation][column]
        if column == "unit":
            return _texts(self._code("unit", value))
        return _texts(self._code("definition-status", value) if column == "status" else value)

    def _code(self, code_list: str, code: str) -> str:
        label = self.edition.value(
            "SELECT label FROM codes WHERE code_list = ? AND code = ?", (code_list, code)
        )
        own = load_model().code_lists.get(code_list)
        told = next((one.label for one in own.codes if one.code == code), code) if own else code
        return str(label or told)

    def _region(self, known: Known) -> Values:
        around = [self.index.things[f"area/{code}"] for code in sorted(known.within)]
        return self._entities(one.id for one in around if one.subtype == "region")

    def _entities(self, ids: Iterable[str]) -> Values:
        return [
            {"id": one, "name": self.index.things[one].label}
            for one in dict.fromkeys(ids)
            if one in self.index.things
        ]

    def _governing(self, asked: str) -> dict[str, Values]:
        own, other = ("area", "body") if asked == "council" else ("body", "area")
        wanted = [known.notation for known in self.things.values() if known.kind == own]
        # Our own words and question marks only. Today's links first, then the last ones.
        sql = (
            f"SELECT {own} AS own, {other} AS other, end_on FROM body_areas"  # noqa: S608
            f" WHERE {own} IN ({_marks(wanted)}) ORDER BY end_on IS NULL DESC, end_on DESC, {other}"
        )
        linked: dict[str, list[tuple[str, str | None]]] = {}
        for row in self.edition.rows(sql, wanted):
            linked.setdefault(row["own"], []).append((row["other"], row["end_on"]))
        return {
            f"{own}/{name}": self._entities(
                f"{other}/{one}" for one, end_on in found if end_on == found[0][1]
            )
            for name, found in linked.items()
        }

    def _other_names(self) -> dict[str, Values]:
        wanted = [known.notation for known in self.things.values() if known.kind == "area"]
        found: dict[str, list[Value]] = {}
        # Question marks only.
        sql = f"SELECT area, name FROM area_names WHERE area IN ({_marks(wanted)}) ORDER BY area, name"  # noqa: S608
        for row in self.edition.rows(sql, wanted):
            found.setdefault(f"area/{row['area']}", []).append({"str": row["name"]})
        return dict(found)

    def _figures(self, indicator: str, *, is_period: bool) -> dict[str, Values]:
        """Give each area's newest figure of everybody, or its period."""
        wanted = [known.notation for known in self.things.values() if known.kind == "area"]
        # Question marks only.
        sql = (
            "SELECT o.area, o.value, o.status, p.label AS period FROM observations o"  # noqa: S608
            f" JOIN periods p ON p.period = o.period WHERE o.area IN ({_marks(wanted)})"
            " AND o.indicator = ? AND o.breakdown = '' ORDER BY p.end_on DESC, o.version DESC, o.dataset"
        )
        found: dict[str, Values] = {}
        for row in self.edition.rows(sql, [*wanted, indicator]):
            value = row["value"]
            told: Value = {"str": self._code("status", row["status"])} if value is None else {"float": value}
            found.setdefault(f"area/{row['area']}", [{"str": row["period"]} if is_period else told])
        return found


def _marks(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))


def _texts(*texts: str | None) -> Values:
    return [{"str": text} for text in texts if text]


def _days(day: str | None) -> Values:
    """Write a day as the protocol has it, with a time."""
    return [{"date": f"{day}T00:00:00Z"}] if day else ()
