"""What a thing is called in which language, and which of them a reader wants.

In:   the table translations of an edition; the header Accept-Language and the parameter lang of a request
Out:  a thing's texts by language; one language that the thing has a name in, or English

The pages' own words are English. Only what somebody gave in another language is shown in it, and it says so with
`lang`. A reader is given what there is by the rules of RFC 9110 (12.5.4) and the look-up of RFC 4647 (3.4): the
best-liked language first, and cy-GB falls back to cy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from api.edition import Edition
from api.failures import Failure
from api.things import Thing
from ingest.problems import shown
from schemas import load_model
from schemas.languages import ENGLISH, NAMES, name_of, own_name

# The parameter that asks for a language and wins over the header.
LANG = "lang"

# Longer headers are written by no browser; they are passed over.
_LONGEST_HEADER = 1000
_MOST_RANGES = 32
_RANGE = re.compile(r"\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*")
# So many texts of one thing are shown.
_MOST_TEXTS = 500


@dataclass(frozen=True, slots=True)
class Translation:
    """Words of a thing in another language.

    column      the column that has them in English
    title       what that column is called
    taken_from  where they come from, in words
    """

    column: str
    title: str
    language: str
    text: str
    taken_from: str

    @property
    def language_label(self) -> str:
        """The language in English."""
        return name_of(self.language)

    @property
    def own_label(self) -> str:
        """What the language calls itself."""
        return own_name(self.language)


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a page is made for: what it is about in other languages, and the one that its name is wanted in."""

    language: str
    translations: Sequence[Translation]

    @property
    def names(self) -> Mapping[str, Translation]:
        """What the thing is called, by language."""
        found: dict[str, Translation] = {}
        for column in NAMES:
            for one in self.translations:
                if one.column == column:
                    found.setdefault(one.language, one)
        return dict(sorted(found.items()))

    @property
    def name(self) -> Translation | None:
        """The name in the language that is wanted; None where that is English."""
        return self.names.get(self.language)


def languages_of(edition: Edition) -> Sequence[str]:
    """List the languages besides English that anything in an edition has words in."""

    def read() -> Sequence[str]:
        if not edition.has_table("translations"):
            return ()
        rows = edition.rows("SELECT DISTINCT language FROM translations ORDER BY language")
        return tuple(row["language"] for row in rows)

    return edition.once("languages", read)


def read_translations(edition: Edition, kind: str, path: str) -> list[Translation]:
    """Read the words of a thing in other languages, by language and then in the order of its table's columns."""
    if not languages_of(edition):
        return []
    rows = edition.rows(
        'SELECT "column", language, text, taken_from FROM translations WHERE kind = ? AND thing = ?'
        " ORDER BY language LIMIT ?",
        (kind, path, _MOST_TEXTS),
    )
    if not rows:
        return []
    schema = load_model().table(load_model().kinds[kind].table or "")
    order = {field.name: (at, field.title) for at, field in enumerate(schema.fields)}
    found = [
        Translation(row["column"], order[row["column"]][1], row["language"], row["text"], row["taken_from"])
        for row in rows
        if row["column"] in order
    ]
    return sorted(found, key=lambda one: (one.language, order[one.column]))


def read_names(edition: Edition, kind: str, paths: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    """Read what many things of a kind are called, by path and language. What has no name is left out."""
    wanted = list(paths)
    if not wanted or not languages_of(edition):
        return {}
    marks = ", ".join("?" * len(NAMES))
    rows = edition.rows(
        f'SELECT thing, "column", language, text FROM translations WHERE kind = ? AND "column" IN ({marks})'  # noqa: S608 - question marks only
        " AND thing IN (SELECT value FROM json_each(?)) ORDER BY thing, language",
        (kind, *NAMES, json.dumps(wanted)),
    )
    found: dict[str, dict[str, tuple[int, str]]] = {}
    for row in rows:
        told = (NAMES.index(row["column"]), row["text"])
        named = found.setdefault(row["thing"], {})
        named[row["language"]] = min(named.get(row["language"], told), told)
    return {path: {language: text for language, (_, text) in named.items()} for path, named in found.items()}


def labels(row: Mapping[str, Any], named: Mapping[str, str] | None) -> dict[str, str]:
    """Give what a row's thing is called by language, English first; a row without a name has none in English."""
    english = next((str(row[column]) for column in NAMES if row.get(column)), None)
    return {**({ENGLISH: english} if english else {}), **(named or {})}


def labels_of_thing(edition: Edition, thing: Thing) -> dict[str, str]:
    """Give what a thing is called by language."""
    return labels(thing.row, read_names(edition, thing.kind.kind, [thing.path]).get(thing.path))


def list_names(edition: Edition) -> list[tuple[str, str, str, str]]:
    """List every name in another language: kind, notation, language and name."""
    if not languages_of(edition):
        return []
    marks = ", ".join("?" * len(NAMES))
    sql = (
        "SELECT kind, thing, language, text FROM translations"  # noqa: S608 - question marks only
        f' WHERE "column" IN ({marks}) ORDER BY kind, thing, language'
    )
    return [tuple(row) for row in edition.rows(sql, NAMES)]


@lru_cache(maxsize=1024)
def read_ranges(header: str) -> tuple[tuple[str, float], ...]:
    """Read the header Accept-Language as ranges with their qualities, the best-liked first.

    What cannot be read is left out; of a header that is too long nothing is read.

    >>> read_ranges("en;q=0.5, cy-GB, *;q=0.1, nonsense!")
    (('cy-gb', 1.0), ('en', 0.5), ('*', 0.1))
    """
    if len(header) > _LONGEST_HEADER:
        return ()
    found = []
    for part in header.lower().split(",")[:_MOST_RANGES]:
        text, *parameters = (piece.strip() for piece in part.split(";"))
        if not _RANGE.fullmatch(text):
            continue
        quality = 1.0
        for parameter in parameters:
            match = re.fullmatch(r"q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", parameter)
            if match is None:
                break
            quality = float(match[1])
        else:
            found.append((text, quality))
    return tuple(sorted(found, key=lambda one: -one[1]))


def choose_language(header: str | None, offered: Sequence[str]) -> str:
    """Choose a language for a reader from English and those that are offered besides; English where none fits.

    >>> choose_language("cy-GB, en;q=0.8", ["cy"]), choose_language("fr, en;q=0.5, cy;q=0.1", ["cy"])
    ('cy', 'en')
    """
    ranges = read_ranges(header) if header and offered else ()
    refused = tuple(text for text, quality in ranges if quality == 0 and text != "*")
    open_to = [tag for tag in (ENGLISH, *offered) if not any(_begins(tag.lower(), no) for no in refused)]
    for text, quality in ranges:
        if quality == 0:
            break
        found = open_to[0] if text == "*" and open_to else _find(text, open_to)
        if found is not None:
            return found
    return ENGLISH


def _find(wanted: str, offered: Sequence[str]) -> str | None:
    """Find the language that fits a range: itself, one inside of it, or one that it is inside of."""
    tags = {tag.lower(): tag for tag in offered}
    inside = next((tag for low, tag in tags.items() if _begins(low, wanted)), None)
    parts = wanted.split("-")
    shorter = ("-".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))
    return tags.get(wanted) or inside or next((tags[text] for text in shorter if text in tags), None)


def _begins(tag: str, start: str) -> bool:
    return tag == start or tag.startswith(f"{start}-")


def read_lang(text: str) -> str:
    """Read the parameter lang: a tag of a language, in any case.

    Raises Failure (400) for what is no tag.
    """
    if len(text) <= 35 and text != "*" and _RANGE.fullmatch(text.lower()):
        return text
    wanted = load_model().forms["language"]["wanted"]
    detail = f"'{shown(text[:40])}' is no language; wanted {wanted}."
    raise Failure("parameter-wrong", detail, problems=[{"parameter": LANG, "detail": detail}])


def find_reader(edition: Edition, kind: str, path: str, header: str | None, asked: str | None) -> Reader:
    """Say in which language a reader gets the name of a thing. What was asked for wins over the header.

    Raises Failure (400) where what was asked for is no language. One that the thing has no name in is answered
    in English, as a link to it is still right when a translation goes.
    """
    wanted = header if asked is None else read_lang(asked)
    reader = Reader(ENGLISH, read_translations(edition, kind, path))
    return Reader(choose_language(wanted, list(reader.names)), reader.translations)
