"""Everything that a name in somebody's own list can mean: areas, bodies and indicators, by each of their names.

In:   an edition
Out:  Index: what fits a name as a whole, what fits it with words such as Council put aside, and when each
      thing was there, where it lies and what followed it

It is made once for an edition, from tables that a publisher fills: names, other names, former names, codes
and identifiers.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from api import sentences
from api.edition import Edition
from api.languages import list_names
from api.search import SMALL, plain
from schemas import load_model
from schemas.languages import name_of

KINDS = ("area", "body", "indicator")

Way = Literal["code", "identifier", "name", "other-name", "former-name", "bare"]

# Words that councils have in their names and people leave out, or put in. "London" is one only before "borough".
ASIDE = frozenset(
    {"authority", "borough", "city", "council", "county", "district", "metropolitan", "of", "royal", "the"}
    | {"unitary", "bc", "cbc", "cc", "dc", "lb", "mbc", "mdc", "ua"}
)

# A shorter word begins too many others to say anything.
_SHORTEST_WORD = 3

# A code list holds the words for the types of each kind that has any.
TYPE_LISTS: Mapping[str, str] = {"area": "area-type", "body": "body-type"}

Span = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Known:
    """A thing that a name can mean.

    subtype    code of its area type or body type; empty for an indicator
    spans      first and last days on which it was there; None where it is not known, or not over
    within     codes of the areas that it lies in or governs, at any height
    themes, owner   of an indicator
    words      every word of all its names
    """

    kind: str
    notation: str
    label: str
    subtype: str
    spans: Sequence[Span]
    within: frozenset[str] = frozenset()
    themes: frozenset[str] = frozenset()
    owner: str | None = None
    question: str = ""
    words: set[str] = field(default_factory=set, compare=False, hash=False)

    @property
    def id(self) -> str:
        """Its identifier: what stands after `id/` in its URI."""
        return f"{self.kind}/{self.notation}"

    @property
    def is_small(self) -> bool:
        return self.subtype in SMALL

    @property
    def ended_on(self) -> str | None:
        """The last day of a thing that is no longer there."""
        ends = [end for _, end in self.spans]
        return None if any(end is None for end in ends) else max(end for end in ends if end)

    def was_there(self, first: str, last: str) -> bool:
        """Say whether it was there on any day from `first` to `last`."""
        return any((begin or "") <= last and (end is None or end >= first) for begin, end in self.spans)


@dataclass(frozen=True, slots=True)
class Fit:
    """A name of a thing, and in which way it is one. `told` says it in words."""

    known: Known
    way: Way
    told: str


@dataclass(frozen=True)
class Index:
    """Every name of everything that can be meant.

    things      by identifier
    whole       fits by the name as `spell` writes it
    bare        things by what is left of their names without the words put aside
    beginnings  things by the words that their names begin with, for names that are cut short
    followers   what followed a thing: identifiers, in the order of the day
    """

    things: Mapping[str, Known]
    whole: Mapping[str, Sequence[Fit]]
    bare: Mapping[str, Sequence[Known]]
    beginnings: Mapping[str, Sequence[Known]]
    followers: Mapping[str, Sequence[str]]

    @cached_property
    def by_word(self) -> tuple[Sequence[str], Mapping[str, Sequence[Known]]]:
        """Every word of a name in order, and the things that have it. Small areas are left out: they are too many."""
        found: dict[str, list[Known]] = {}
        for known in self.things.values():
            if not known.is_small:
                for word in known.words:
                    found.setdefault(word, []).append(known)
        return sorted(found), found

    def find_words(self, wanted: Sequence[str], most: int = 60) -> list[Known]:
        """List the things that have most of the words, or longer words that begin with them."""
        words, having = self.by_word
        shared: Counter[str] = Counter()
        for text in wanted:
            if len(text) < _SHORTEST_WORD:
                continue
            here = {
                known.id
                for word in words[bisect_left(words, text) : bisect_left(words, f"{text}\uffff")]
                for known in having[word]
            }
            shared.update(sorted(here))
        return [self.things[one] for one, _ in shared.most_common(most)]


def spell(text: str) -> str:
    """Write a name without case, accents, punctuation and "and", and with saints written out.

    >>> spell("St. Helens & Knowsley")
    'saint helens knowsley'
    """
    return " ".join("saint" if word == "st" else word for word in plain(text).split())


def strip_words(spelt: str) -> str:
    """Put aside the words of a council; a name of nothing else keeps them.

    >>> strip_words(spell("London Borough of Harrow")), strip_words(spell("City of London"))
    ('harrow', 'london')
    """
    words = spelt.replace("london borough", "borough").split()
    return " ".join(word for word in words if word not in ASIDE) or spelt


def label_of(known: Known) -> str:
    """Say in words of which type a thing is."""
    name = TYPE_LISTS.get(known.kind)
    codes = load_model().code_lists[name].codes if name else ()
    label = next((code.label for code in codes if code.code == known.subtype), None)
    return label or load_model().kinds[known.kind].label


def load_index(edition: Edition) -> Index:
    """Load the names of an edition."""
    return edition.once("known names", lambda: _Making(edition).make())


class _Making:
    """Reads the tables of an edition, one after the other."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.things: dict[str, Known] = {}
        self.whole: dict[str, dict[str, Fit]] = {}

    def make(self) -> Index:
        self._read_areas()
        self._read_bodies()
        self._read_indicators()
        self._read_translations()
        bare: dict[str, dict[str, Known]] = {}
        beginnings: dict[str, dict[str, Known]] = {}
        for key, fits in self.whole.items():
            core = strip_words(key)
            for fit in fits.values():
                if fit.way in ("code", "identifier") or fit.known.is_small:
                    continue
                bare.setdefault(core, {}).setdefault(fit.known.id, fit.known)
                for name in {key, core}:
                    words = name.split()
                    for at in range(1, len(words)):
                        beginnings.setdefault(" ".join(words[:at]), {})[fit.known.id] = fit.known
        return Index(
            self.things,
            {key: tuple(fits.values()) for key, fits in self.whole.items()},
            {key: tuple(found.values()) for key, found in bare.items()},
            {key: tuple(found.values()) for key, found in beginnings.items()},
            self._read_followers(),
        )

    def _add(self, known: Known, names: Iterable[tuple[str | None, Way, str]]) -> None:
        """Add names of a thing, the best way first: a name that is there already stays as it is."""
        self.things[known.id] = known
        for name, way, told in names:
            if name and (key := spell(name)):
                self.whole.setdefault(key, {}).setdefault(known.id, Fit(known, way, told))
                known.words.update(key.split())

    def _read_areas(self) -> None:
        parents = self._read_parents()
        for row in self.edition.rows(
            "SELECT area, label, everyday_label, area_type, start_on, end_on FROM areas"
        ):
            known = Known(
                "area",
                row["area"],
                row["everyday_label"] or row["label"],
                row["area_type"],
                ((row["start_on"], row["end_on"]),),
                within=_climb(row["area"], parents),
            )
            self._add(known, ((row["area"], "code", "Its code."), *_labels(row)))
        self._read_identifiers("area")
        renamed = {
            row["area"]: row["changed_on"]
            for row in self.edition.rows(
                "SELECT from_area AS area, max(changed_on) AS changed_on FROM area_changes"
                " WHERE change = 'renamed' AND from_area = to_area GROUP BY 1 HAVING count(*) = 1"
            )
        }
        for row in self.edition.rows("SELECT area, name, name_type FROM area_names"):
            told: tuple[Way, str] = ("other-name", "Another name it has.")
            if row["name_type"] == "former":
                until = _day_before(renamed.get(row["area"]))
                told = ("former-name", f"Former name{f' until {until}' if until else ''}.")
            self._add(self.things[f"area/{row['area']}"], ((row["name"], *told),))

    def _read_parents(self) -> dict[str, set[str]]:
        parents: dict[str, set[str]] = {}
        for row in self.edition.rows("SELECT area, parent FROM area_parents"):
            parents.setdefault(row["area"], set()).add(row["parent"])
        return parents

    def _read_bodies(self) -> None:
        governed: dict[str, set[str]] = {}
        for row in self.edition.rows("SELECT body, area FROM body_areas"):
            around = self.things[f"area/{row['area']}"].within
            governed.setdefault(row["body"], set()).update(around, (row["area"],))
        for row in self.edition.rows(
            "SELECT body, label, everyday_label, body_type, start_on, end_on FROM bodies"
        ):
            spans = ((row["start_on"], row["end_on"]),)
            within = frozenset(governed.get(row["body"], ()))
            known = Known("body", row["body"], row["label"], row["body_type"], spans, within)
            self._add(known, ((row["body"], "code", "Its notation."), *_labels(row)))
        self._read_identifiers("body")

    def _read_identifiers(self, kind: str) -> None:
        schemes = {code.code: code.label for code in load_model().code_lists["identifier-scheme"].codes}
        # One of our two tables.
        sql = f"SELECT {kind} AS notation, scheme, identifier FROM {kind}_identifiers"  # noqa: S608
        for row in self.edition.rows(sql):
            told = f"Its {schemes.get(row['scheme'], row['scheme'])}: {row['identifier']}."
            self._add(self.things[f"{kind}/{row['notation']}"], ((row["identifier"], "identifier", told),))

    def _read_indicators(self) -> None:
        spans: dict[str, list[Span]] = {}
        rows = self.edition.rows(
            "SELECT i.indicator, i.version, i.label, i.question, i.themes, i.owner, i.valid_from, i.valid_to,"
            " i.version = h.version AS is_head FROM indicators i JOIN indicator_heads h USING (indicator)"
            " ORDER BY is_head DESC, i.indicator, i.version"
        )
        for row in rows:
            spans.setdefault(row["indicator"], []).append((row["valid_from"], row["valid_to"]))
        for row in rows:
            key = f"indicator/{row['indicator']}"
            known = self.things.get(key) or Known(
                "indicator",
                row["indicator"],
                row["label"],
                "",
                tuple(spans[row["indicator"]]),
                themes=frozenset((row["themes"] or "").split(";")),
                owner=row["owner"],
                question=row["question"],
            )
            earlier = f"Its name in version {row['version']}."
            named: tuple[Way, str] = ("name", "Its name.") if row["is_head"] else ("former-name", earlier)
            self._add(
                known,
                (
                    (row["indicator"], "code", "Its notation."),
                    (row["label"], *named),
                    (row["question"], "other-name", "The question it answers."),
                ),
            )

    def _read_translations(self) -> None:
        """Add names in other languages. Where one is the name in English too, it stays that."""
        for kind, notation, language, name in list_names(self.edition):
            known = self.things.get(f"{kind}/{notation}")
            if known is not None:
                self._add(known, ((name, "name", f"Its name in {name_of(language)}."),))

    def _read_followers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for kind in ("area", "body"):
            sql = (
                # One of our two tables.
                f"SELECT from_{kind} AS earlier, to_{kind} AS later FROM {kind}_changes"  # noqa: S608
                f" WHERE from_{kind} <> to_{kind} ORDER BY changed_on, to_{kind}"
            )
            for row in self.edition.rows(sql):
                found.setdefault(f"{kind}/{row['earlier']}", []).append(f"{kind}/{row['later']}")
        return found


def _labels(row: sqlite3.Row) -> tuple[tuple[str | None, Way, str], ...]:
    return ((row["label"], "name", "Its name."), (row["everyday_label"], "name", "Its everyday name."))


def _climb(area: str, parents: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Collect what an area lies in, and what that lies in."""
    found: set[str] = set()
    ahead = [area]
    while ahead:
        for parent in parents.get(ahead.pop(), ()):
            if parent not in found:
                found.add(parent)
                ahead.append(parent)
    return frozenset(found)


def _day_before(changed_on: str | None) -> str | None:
    if changed_on is None:
        return None
    return sentences.day(dt.date.fromisoformat(changed_on) - dt.timedelta(days=1))
