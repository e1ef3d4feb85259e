"""Find things by what people write: a name, an old name, a code, part of one, or a slip of one.

In:   a text from a visitor
Out:  hits, areas first; the one thing it names exactly; the nearest spellings where nothing is found

What a visitor writes reaches the full-text search only as quoted words, so no sign in it can have a meaning.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from api.edition import Edition
from api.languages import list_names
from schemas import load_model

# What people look for first. Kinds that are not here come after, by name.
KIND_ORDER = ("area", "indicator", "dataset", "group", "body", "framework", "scale", "plan", "outcome")

# Places that have a council come before regions and combined areas of the same name.
_COUNCILS = frozenset(
    {"county", "district", "unitary", "metropolitan-district", "london-borough", "council-area"}
)

# There are tens of thousands of these: they come after everything else of their kind.
SMALL = frozenset({"lsoa", "msoa", "ward", "neighbourhood"})

LONGEST_TEXT = 200
_MOST_WORDS = 12
_MOST_FOUND = 400


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found.

    name        the name that fits, where it is another than the label
    area_type   of an area
    language    of the name, where it is not English
    """

    kind: str
    notation: str
    label: str
    name: str | None = None
    is_current: bool = True
    area_type: str | None = None
    language: str | None = None

    @property
    def address(self) -> str:
        """The address of its document inside the site."""
        return f"/{load_model().kinds[self.kind].address}/{self.notation}"


@dataclass(frozen=True)
class Names:
    """Every name of everything that can be searched for.

    hits     the things, by a name as `plain` writes it; a name can be that of several
    """

    hits: Mapping[str, Sequence[Hit]]

    @cached_property
    def by_letters(self) -> Mapping[str, Sequence[str]]:
        """Names by each run of three letters in them, for finding the nearest.

        Small areas are left out: thousands of them share the name of their council.
        """
        found: dict[str, list[str]] = {}
        for name, hits in self.hits.items():
            if all(hit.area_type in SMALL for hit in hits):
                continue
            for letters in _letters(name):
                found.setdefault(letters, []).append(name)
        return found


def plain(text: str) -> str:
    """Write a name without what people forget: case, accents, punctuation, the word and.

    >>> plain("Bristol, City of"), plain("Ynys Môn & Gwynedd")
    ('bristol city of', 'ynys mon gwynedd')
    """
    bare = text
    if not text.isascii():
        bare = "".join(
            char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)
        )
    words = re.findall(r"\w+", bare.casefold().replace("'", "").replace("\u2019", ""))
    return " ".join(word for word in words if word != "and")


def load_names(edition: Edition) -> Names:
    """Load the names of an edition: labels, everyday, other and former names, and codes."""
    return edition.once("names", lambda: _read_names(edition))


def _read_names(edition: Edition) -> Names:
    hits: dict[str, dict[tuple[str, str], Hit]] = {}

    def add(name: str | None, hit: Hit) -> None:
        if name and (key := plain(name)):
            hits.setdefault(key, {}).setdefault((hit.kind, hit.notation), hit)

    for row in edition.rows(
        "SELECT 'area' AS kind, area AS notation, label, everyday_label, end_on, area_type FROM areas"
        " UNION ALL SELECT 'body', body, label, everyday_label, end_on, NULL FROM bodies"
    ):
        label = row["everyday_label"] or row["label"]
        hit = Hit(row["kind"], row["notation"], label, None, row["end_on"] is None, row["area_type"])
        for name in (row["notation"], row["label"], row["everyday_label"]):
            add(name, hit)
    for row in edition.rows(
        "SELECT n.area, n.name, coalesce(a.everyday_label, a.label) AS label, a.end_on, a.area_type"
        " FROM area_names AS n JOIN areas AS a ON a.area = n.area"
    ):
        told = (row["area"], row["label"], row["name"], row["end_on"] is None, row["area_type"])
        add(row["name"], Hit("area", *told))
    for row in edition.rows("SELECT kind, notation, label FROM things WHERE kind NOT IN ('area', 'body')"):
        hit = Hit(row["kind"], row["notation"], row["label"])
        add(row["notation"], hit)
        add(row["label"], hit)
    for kind, notation, language, name in list_names(edition):
        # Everything has its notation among its names.
        known = hits.get(plain(notation), {}).get((kind, notation))
        if known is not None:
            add(name, replace(known, name=name, language=language))
    return Names({name: tuple(found.values()) for name, found in hits.items()})


def find_exact(edition: Edition, text: str) -> Hit | None:
    """Find the one thing that a text names: a code or a whole name, areas and today's first.

    None if nothing or more than one thing of the same standing has the name.
    """
    found = load_names(edition).hits.get(plain(text[:LONGEST_TEXT]), ())
    for kind in KIND_ORDER:
        for is_current in (True, False):
            fitting = [hit for hit in found if hit.kind == kind and hit.is_current is is_current]
            if fitting:
                return fitting[0] if len(fitting) == 1 else None
    return None


def find_hits(edition: Edition, text: str, kinds: Sequence[str] = (), limit: int = 50) -> list[Hit]:
    """Find things by words or their beginnings: all of the words, or else any of them.

    kinds    only these, if there are any
    """
    words = plain(text[:LONGEST_TEXT]).split()[:_MOST_WORDS]
    if not words:
        return []
    # Between quotation marks every sign is a letter; plain() leaves none but letters, digits and _ anyway.
    quoted = [f'"{word}"*' for word in words]
    found = _match(edition, " AND ".join(quoted), kinds) or _match(edition, " OR ".join(quoted), kinds)
    exact = plain(text)
    named = load_names(edition).hits.get(exact, ())
    best = {(hit.kind, hit.notation): hit for hit in named if not kinds or hit.kind in kinds}
    rows = [hit for hit in found if (hit.kind, hit.notation) not in best]
    order = {kind: place for place, kind in enumerate(KIND_ORDER)}
    every = sorted(
        [*best.values(), *rows],
        key=lambda hit: (
            order.get(hit.kind, len(order)),
            (hit.kind, hit.notation) not in best,
            hit.area_type in SMALL,
            not hit.is_current,
            hit.area_type not in _COUNCILS,
            not plain(hit.label).startswith(exact),
        ),
    )
    return every[:limit]


def _match(edition: Edition, expression: str, kinds: Sequence[str]) -> list[Hit]:
    """Ask the full-text search: names weigh most, then codes, then other words."""
    marks = ", ".join("?" * len(kinds))
    where = f" AND s.kind IN ({marks})" if kinds else ""
    # Only question marks are put into the statement.
    sql = (
        "SELECT s.kind, s.notation, s.label, a.everyday_label, coalesce(a.end_on, b.end_on) AS end_on,"  # noqa: S608
        " a.area_type"
        " FROM search AS s LEFT JOIN areas AS a ON s.kind = 'area' AND a.area = s.notation"
        " LEFT JOIN bodies AS b ON s.kind = 'body' AND b.body = s.notation"
        f" WHERE search MATCH ?{where} ORDER BY bm25(search, 0, 5, 10, 1), s.rowid LIMIT {_MOST_FOUND}"
    )
    return [
        Hit(
            row["kind"],
            row["notation"],
            row["everyday_label"] or row["label"],
            None,
            row["end_on"] is None,
            row["area_type"],
        )
        for row in edition.rows(sql, (expression, *kinds))
    ]


def find_spellings(edition: Edition, text: str, limit: int = 5) -> list[Hit]:
    """Find the things whose names are nearest to a text that fits none."""
    names = load_names(edition)
    found: dict[tuple[str, str], Hit] = {}
    for _, name in near_names(edition, text):
        if len(found) >= limit:
            break
        for hit in names.hits[name]:
            found.setdefault((hit.kind, hit.notation), hit)
    return list(found.values())[:limit]


def near_names(edition: Edition, text: str, least: float = 0.6) -> list[tuple[float, str]]:
    """List the names nearest to a text, as `plain` writes them, the nearest first, with how near: 0 to 1.

    least   how near a name has to be
    """
    wanted = plain(text[:LONGEST_TEXT])
    by_letters = load_names(edition).by_letters
    shared = Counter(name for letters in sorted(_letters(wanted)) for name in by_letters.get(letters, ()))
    close = []
    # What is worked out once for the second of two texts serves for all names.
    matcher = difflib.SequenceMatcher(None, "", wanted, autojunk=False)
    for name, _ in shared.most_common(60):
        matcher.set_seq1(name)
        # Two upper bounds that cost little keep a long text from being laid beside each short name.
        if matcher.real_quick_ratio() >= least and matcher.quick_ratio() >= least:
            close.append((-matcher.ratio(), name))
    return [(-likeness, name) for likeness, name in sorted(close) if -likeness >= least]


def _letters(name: str) -> set[str]:
    """Give every run of three letters, the beginning and the end of each word counting as a letter."""
    return {f" {word} "[at : at + 3] for word in name.split() for at in range(len(word))}
