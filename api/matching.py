"""What a name in somebody's own list means: candidates with a score, a reason, and whether one is certain.

In:   a name as people write it, and what is known beside it: a type, a day, a region …
Out:  candidates, the likeliest first

A score says in which way a name fits (WAY_SCORES, or at most MOST_PARTIAL where it fits in part), less what is held
against it. A match is not a high score: it is one thing, and only one, that the whole name fits, of the asked
type, there on the asked day, with every property as asked.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from api import sentences
from api.days_meant import Days, read_days
from api.edition import Edition
from api.known_names import KINDS, Fit, Index, Known, Way, label_of, load_index, spell, strip_words
from api.search import LONGEST_TEXT, near_names

WAY_SCORES: Mapping[Way, int] = {
    "code": 100,
    "identifier": 99,
    "name": 98,
    "other-name": 95,
    "former-name": 92,
    "bare": 90,
}
# A name that fits in part never comes near one that fits whole.
MOST_PARTIAL = 75
LESS_IF_ENDED = 5
LESS_IF_NOT_THERE = 30
LESS_FOR_PROPERTY = 25

_MOST_WORDS = 12
# Beyond this a text is no name with a slip in it.
_LONGEST_NAME = 60

# Properties by which a question can be narrowed, with the kinds that have them.
NARROWING: Mapping[str, Sequence[str]] = {
    "date": KINDS,
    "code": KINDS,
    "area_type": ("area", "body"),
    "region": ("area", "body"),
    "theme": ("indicator",),
    "owner": ("indicator",),
}

_IN_YEAR = re.compile(r"(.+?)[\s,]+(?:\(|in |on |as of |at )\s*([0-9][0-9/-]{3,9})\)?\s*")


@dataclass(frozen=True, slots=True)
class Condition:
    """A property that candidates are to have. `quantifier` says which of its values: any, all or none."""

    property: str
    values: Sequence[str]
    is_required: bool = False
    quantifier: str = "any"


@dataclass(frozen=True, slots=True)
class Question:
    """A name, and what is known beside it. `types` are kinds, or a kind with a type: area/unitary."""

    text: str
    types: Sequence[str] = ()
    conditions: Sequence[Condition] = ()
    limit: int = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that a name can mean.

    is_whole      the whole name fits, if need be without the words that are put aside
    is_there      it was there on the asked day, or is today where none was asked
    fits          every property is as asked
    nearness      of the name as written and the label, letter by letter: 0 to 100
    """

    known: Known
    score: int
    reason: str
    is_whole: bool
    is_there: bool
    fits: bool
    way: Way | None = None
    nearness: float = 0.0
    is_match: bool = False


def find_candidates(edition: Edition, question: Question) -> list[Candidate]:
    """Find what a name can mean, the likeliest first; at most one of them is a match."""
    index = load_index(edition)
    text, days, unread = _read_question(index, question)
    spelt = spell(text)
    whole = _whole_fits(edition, index, text, spelt, question.types)
    found = [_judge(edition, index, question, fit, days) for fit in whole]
    match, doubt = (None, unread) if unread else _only_one(index, found, spelt, question, days)
    if match is None:
        known = {candidate.known.id for candidate in found}
        partial = _partial_fits(edition, index, spelt, question.types, with_slips=not found)
        found += [
            replace(_judge(edition, index, question, fit, days, score), is_whole=False, way=None)
            for fit, score in partial
            if fit.known.id not in known
        ]
    found = [
        replace(
            one,
            is_match=one is match,
            reason=f"{one.reason} {doubt}".strip() if one.is_whole else one.reason,
        )
        for one in found
        if one.fits or not _is_barred(edition, index, question, one.known)
    ]
    order = {kind: at for at, kind in enumerate(KINDS)}
    found.sort(
        key=lambda one: (not one.is_match, -one.score, order[one.known.kind], one.known.label, one.known.id)
    )
    return [replace(one, nearness=_likeness(text, one.known)) for one in found[: question.limit]]


def _read_question(index: Index, question: Question) -> tuple[str, Days | None, str]:
    """Give the name, the days that are asked for, and what to say where a day cannot be read."""
    text = " ".join(question.text[:LONGEST_TEXT].split())
    asked = [value for one in question.conditions if one.property == "date" for value in one.values]
    if asked:
        days = read_days(asked[0])
        unread = "" if days else "The day asked for cannot be read, so nothing is certain."
        return text, days, unread
    within = _IN_YEAR.fullmatch(text)
    if within is not None and spell(text) not in index.whole:
        days = read_days(within[2])
        if days is not None:
            return within[1], days, ""
    return text, None, ""


def is_of_type(known: Known, types: Sequence[str]) -> bool:
    """Say whether a thing is of one of the types; none asked for is all of them."""
    return not types or known.kind in types or f"{known.kind}/{known.subtype}" in types


def _whole_fits(edition: Edition, index: Index, text: str, spelt: str, types: Sequence[str]) -> list[Fit]:
    """List what the whole name fits, each thing once and in its best way."""
    uri = text.removeprefix(f"{edition.base}id/")
    named = index.things.get(uri)
    found = {named.id: Fit(named, "code", "Its URI.")} if named else {}
    for fit in index.whole.get(spelt, ()):
        found.setdefault(fit.known.id, fit)
    for known in index.bare.get(strip_words(spelt), ()):
        found.setdefault(
            known.id, Fit(known, "bare", "Its name, with words such as Council or Borough put aside.")
        )
    return [fit for fit in found.values() if is_of_type(fit.known, types)]


def _judge(
    edition: Edition,
    index: Index,
    question: Question,
    fit: Fit,
    days: Days | None,
    score: int | None = None,
) -> Candidate:
    """Weigh what is held against a fit, and say why it is one. `score` is that of a fit in part."""
    known = fit.known
    told = [fit.told]
    score = WAY_SCORES[fit.way] if score is None else score
    is_there = known.was_there(days.first, days.last) if days else known.ended_on is None
    if days is not None:
        there = _THERE[known.kind] if is_there else f"{_THERE[known.kind].replace('was', 'was not', 1)}"
        told.append(f"{there} {days.words}.")
        score -= 0 if is_there else LESS_IF_NOT_THERE
    elif not is_there:
        score -= LESS_IF_ENDED
    if known.ended_on is not None and known.kind != "indicator":
        told.append(_tell_end(index, known))
    fits = True
    for one in question.conditions:
        if one.property != "date" and not _has(edition, index, known, one):
            fits = False
            score -= LESS_FOR_PROPERTY
            told.append(f"Its {one.property.replace('_', ' ')} is not as asked.")
    return Candidate(known, max(score, 0), " ".join(told), True, is_there, fits, fit.way)


_THERE = {
    "area": "It was there",
    "body": "It was there",
    "indicator": "A version of it was in force",
}


def _tell_end(index: Index, known: Known) -> str:
    """Say when a thing ended and what followed it."""
    ended = sentences.day(dt.date.fromisoformat(known.ended_on or ""))
    heirs = [
        index.things[one].label
        for one in dict.fromkeys(index.followers.get(known.id, ()))
        if one in index.things
    ]
    followed = f"; followed by {' and by '.join(heirs)}" if heirs else ""
    return f"Ended on {ended}{followed}."


def _only_one(
    index: Index, found: Iterable[Candidate], spelt: str, question: Question, days: Days | None
) -> tuple[Candidate | None, str]:
    """Find the one thing that the whole name fits; None where there is none, or several, and why that is so."""
    fitting = [one for one in found if one.fits and (one.is_there or days is None)]
    # "London" is the whole name of a region; of the City of London it is what words put aside leave.
    fitting = [one for one in fitting if one.way != "bare"] or fitting
    if days is None:
        there = {one.known.id: one.known for one in fitting if one.is_there}
        fitting = [one for one in fitting if not _goes_on(index, one, there)]
    if len(fitting) != 1:
        return None, "Others have this name too." if fitting else ""
    only = fitting[0]
    # "Newcastle" is the beginning of more names than that of the one council which is called so.
    if only.way in ("other-name", "former-name", "bare"):
        beginning = strip_words(spelt) if only.way == "bare" else spelt
        for other in index.beginnings.get(beginning, ()):
            if other.id != only.known.id and is_of_type(other, question.types) and other.ended_on is None:
                return None, f"The name of {other.label} begins so too."
    # What was put aside may have been what told a county from the city in it.
    if only.way == "bare" and "county" in spelt.split() and "county" not in only.known.words:
        return None, "It is not called a county."
    return only, ""


def _goes_on(index: Index, one: Candidate, there: Mapping[str, Known]) -> bool:
    """Say whether a thing that ended goes on under another code, with its name and its type."""
    return not one.is_there and any(
        later in there
        and there[later].subtype == one.known.subtype
        and spell(there[later].label) == spell(one.known.label)
        for later in index.followers.get(one.known.id, ())
    )


def _partial_fits(
    edition: Edition, index: Index, spelt: str, types: Sequence[str], *, with_slips: bool
) -> list[tuple[Fit, int]]:
    """List what a name fits in part, with scores up to MOST_PARTIAL: by its words, or by nearly its letters.

    with_slips   look for slips of the pen as well: not where the name as written is one already
    """
    wanted = strip_words(spelt).split()[:_MOST_WORDS]
    found: dict[str, tuple[Fit, int]] = {}

    def add(known: Known, told: str, score: int) -> None:
        if is_of_type(known, types) and (known.id not in found or found[known.id][1] < score):
            found[known.id] = (Fit(known, "bare", told), score)

    for known in index.find_words(wanted):
        add(known, "Some of its words are the same.", _share(wanted, known))
    core = " ".join(wanted)
    with_slips = with_slips and len(core) <= _LONGEST_NAME
    for likeness, name in near_names(edition, core)[:20] if with_slips else ():
        for fit in index.whole.get(spell(name), ()):
            add(fit.known, "Nearly its letters.", round(MOST_PARTIAL * likeness))
    return list(found.values())


def _share(wanted: Sequence[str], known: Known) -> int:
    """Score how many of the words stand in a thing's names, and how many of its name's words were written."""
    both = sum(any(own.startswith(word) for own in known.words) for word in wanted)
    named = strip_words(spell(known.label)).split()
    written = sum(any(name.startswith(word) for word in wanted) for name in named)
    return round(MOST_PARTIAL * (both / len(wanted)) * (0.6 + 0.4 * written / max(len(named), 1)))


def _is_barred(edition: Edition, index: Index, question: Question, known: Known) -> bool:
    """Say whether a thing lacks a property without which it is no candidate at all."""
    return any(
        one.is_required and one.property != "date" and not _has(edition, index, known, one)
        for one in question.conditions
    )


def _has(edition: Edition, index: Index, known: Known, condition: Condition) -> bool:
    """Say whether a thing has the values of a condition: any of them, all, or none."""
    told = [_has_value(edition, index, known, condition.property, value) for value in condition.values]
    match condition.quantifier:
        case "all":
            return all(told)
        case "none":
            return not any(told)
        case _:
            return any(told)


def _has_value(edition: Edition, index: Index, known: Known, name: str, value: str) -> bool:
    meant = spell(value)
    match name:
        case "code":
            return meant in (spell(known.notation), spell(known.id))
        case "area_type":
            return meant in (spell(known.subtype), spell(label_of(known))) and bool(meant)
        case "region":
            codes = {fit.known.notation for fit in index.whole.get(meant, ()) if fit.known.kind == "area"}
            return bool(codes & known.within) or value.removeprefix("area/") in known.within
        case "owner":
            owners = {fit.known.notation for fit in index.whole.get(meant, ()) if fit.known.kind == "body"}
            return known.owner in owners or value.removeprefix("body/") == known.owner
        case _:
            labels = _theme_labels(edition)
            return any(meant in (spell(code), spell(labels.get(code, code))) for code in known.themes)


def _theme_labels(edition: Edition) -> Mapping[str, str]:
    def read() -> Mapping[str, str]:
        rows = edition.rows("SELECT code, label FROM codes WHERE code_list = 'theme'")
        return {row["code"]: row["label"] for row in rows}

    return edition.once("theme labels", read)


def _likeness(text: str, known: Known) -> float:
    """Say how near a name as written is to a thing's own, letter by letter: 0 to 100.

    >>> _likeness("Harow", Known("area", "E09000015", "Harrow", "london-borough", ()))
    90.9
    """
    ratio = difflib.SequenceMatcher(
        None, spell(text[:LONGEST_TEXT]), spell(known.label), autojunk=False
    ).ratio()
    return round(100 * ratio, 1)
