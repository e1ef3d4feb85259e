"""Which definitions come near a proposed one, part by part.

In:   what the known definitions say, the words of the sector, and what is proposed
Out:  matches, the nearest first, each with its parts: how near, what both say, what only one of them says

Four parts are scored apart: numerator, denominator, population and wording; and the unit is held against the
unit. A part that one of the two does not say counts neither for nor against; what a proposal says of its
numerator then still counts as wording. No model was trained: a word weighs by how few definitions have it
(inverse document frequency), words that mean the same come from schemas/sector_words.yaml, and a word that no
definition has stands for those with nearly the same letters.

Everything is bounded: compare/wording.py cuts long texts, and of any number of definitions only MOST_EXAMINED are
looked at part by part. The same definitions and the same proposal give the same matches in the same order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from compare.ages import ages_in_words
from compare.wording import MEANING, Lexicon, Terms, find_near_words, letter_runs
from schemas.sector_words import SectorWords

MOST_EXAMINED = 120

# Characters that are read of each column of a known definition.
LONGEST_KNOWN = 4_000

PartName = Literal["numerator", "denominator", "population", "wording", "unit"]
PARTS: tuple[PartName, ...] = ("numerator", "denominator", "population", "wording", "unit")

# How much a part counts among those that can be compared.
_WEIGHTS: Mapping[PartName, float] = {
    "wording": 0.55,
    "numerator": 0.15,
    "denominator": 0.05,
    "population": 0.2,
    "unit": 0.05,
}

# How much a word counts by where it stands: in what is proposed, and in a known definition.
_PROPOSED = {"label": 1.0, "numerator": 0.8, "question": 0.7, "definition": 0.5, "denominator": 0.4}
_KNOWN = {"label": 1.0, "question": 0.9, "numerator": 0.8, "denominator": 0.6, "definition": 0.5}

# How much of the score for wording is what the known definition says of the proposal; the rest is how much of
# its label the proposal says.
_SAID = 0.6

# How an axis counts of which only one says something, and where one meaning includes the other.
_ONE_SAYS = 0.3
_INSIDE = 0.5

# What a match keeps of its score for each axis: where the known definition is about a part of what is proposed,
# about more, or about something else.
_NARROWER = 0.9
_WIDER = 0.85
_CONTRARY = 0.55

# From here on a part is called the same, or near.
_SAME = 0.72
_NEAR = 0.4

# Where a definition says who is counted, and what is counted.
_WHERE = {
    "population": ("label", "question", "numerator", "denominator"),
    "numerator": ("label", "question", "numerator"),
}

# Ways of counting, and the day of the count, say little of what is counted.
_COUNTING = frozenset(
    f"{MEANING}{name}" for name in ("percentage-words", "counted-words", "mean", "at-year-end")
)

_MOST_TOLD = 8


@dataclass(frozen=True, slots=True)
class Statement:
    """What a definition says, in the columns of the table indicators. Only the label must say something."""

    indicator: str = ""
    label: str = ""
    question: str = ""
    definition: str = ""
    numerator: str = ""
    denominator: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """How near two definitions are in one part.

    score    0 to 1, or None where one of the two does not say it
    both     what both say, the weightiest first
    only_proposed, only_known   what only one of them says
    """

    name: PartName
    score: float | None
    both: tuple[str, ...] = ()
    only_proposed: tuple[str, ...] = ()
    only_known: tuple[str, ...] = ()

    @property
    def standing(self) -> Literal["same", "near", "other", "not-said"]:
        if self.score is None:
            return "not-said"
        return "same" if self.score >= _SAME else "near" if self.score >= _NEAR else "other"


@dataclass(frozen=True, slots=True)
class Match:
    """A known definition and how near the proposal comes to it: `score` is 0 to 1."""

    known: Statement
    score: float
    parts: Mapping[PartName, Part]


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes near a proposal. `is_cut` says that it was longer than what is read of a proposal."""

    matches: tuple[Match, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class _Read:
    """A statement, read.

    said      the words that each term stands for, by column; a known definition keeps its label, numerator
              and denominator
    weights   each term with the weight of the weightiest column it stands in
    facets    for each part and each axis, the narrowest meanings named
    ages      first and last ages of the people counted
    """

    statement: Statement
    said: Mapping[str, Mapping[str, str]]
    weights: Mapping[str, float]
    facets: Mapping[str, Mapping[str, frozenset[str]]]
    ages: tuple[tuple[int, int], ...]
    is_cut: bool


class Register:
    """The known definitions, made ready so that each proposal takes little work."""

    def __init__(self, known: Iterable[Statement], words: SectorWords) -> None:
        self._words = words
        self._lexicon = Lexicon(words)
        self._known = [self._read(one, _KNOWN, LONGEST_KNOWN) for one in known]
        postings: dict[str, tuple[list[int], list[float]]] = {}
        for place, one in enumerate(self._known):
            for term, weight in one.weights.items():
                places, weights = postings.setdefault(term, ([], []))
                places.append(place)
                weights.append(weight)
        self._postings = {
            term: (np.array(places, dtype=np.int32), np.array(weights))
            for term, (places, weights) in postings.items()
        }

    def find(self, proposed: Statement, limit: int = 10) -> Answer:
        """Find the definitions that come nearest to a proposed one."""
        read = self._read(proposed, _PROPOSED)
        wanted = self._widen(read.weights)
        if not wanted:
            return Answer((), read.is_cut)
        said = np.zeros(len(self._known))
        for term, weight in wanted.items():
            places, weights = self._postings[term]
            said[places] += weight * self._rarity(term) * weights
        # Equal ones stay in the order they are known in.
        nearest = [
            int(place) for place in np.argsort(-said, kind="stable")[:MOST_EXAMINED] if said[place] > 0
        ]
        # What no definition has counts too: a proposal that shares one everyday word with another is not near it.
        every = sum(weight * self._rarity(term) for term, weight in {**read.weights, **wanted}.items())
        matches = [
            self._match(read, wanted, float(said[place]) / every, self._known[place]) for place in nearest
        ]
        matches.sort(key=lambda match: (-round(match.score, 6), match.known.indicator))
        return Answer(tuple(matches[:limit]), read.is_cut)

    def _read(
        self, statement: Statement, by_column: Mapping[str, float], longest: int | None = None
    ) -> _Read:
        columns = {
            column: self._lexicon.read(getattr(statement, column), *([longest] if longest else []))
            for column in by_column
        }
        weights: dict[str, float] = {}
        for column, weight in by_column.items():
            for term in columns[column].said:
                weights[term] = max(weight, weights.get(term, 0.0))
        return _Read(
            statement,
            {column: terms.said for column, terms in columns.items() if column != "definition"},
            weights,
            {part: self._facets(columns, part) for part in _WHERE},
            _ages(columns),
            any(terms.is_cut for terms in columns.values()),
        )

    def _facets(self, columns: Mapping[str, Terms], part: str) -> Mapping[str, frozenset[str]]:
        """Find what is said on each axis of a part."""
        found = self._meanings_by_axis((columns[column] for column in _WHERE[part]), part)
        if found or part != "population":
            return found
        # Who is counted may stand in the definition alone. It names what is left out, too: then nobody knows.
        told = self._meanings_by_axis([columns["definition"]], part)
        return {axis: names for axis, names in told.items() if len(names) == 1}

    def _meanings_by_axis(self, read: Iterable[Terms], part: str) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for terms in read:
            for term in terms.said:
                meaning = self._lexicon.meaning(term)
                if meaning and meaning.axis and self._words.axes[meaning.axis].part == part:
                    found.setdefault(meaning.axis, set()).add(meaning.meaning)
        return {
            axis: frozenset(names - {wide for name in names for wide in self._words.meanings[name].broader})
            for axis, names in found.items()
        }

    @cached_property
    def _by_letters(self) -> Mapping[str, Sequence[str]]:
        """Known words by the runs of three letters in them."""
        found: dict[str, list[str]] = {}
        for term in sorted(self._postings):
            if term.isalpha():
                for run in letter_runs(term):
                    found.setdefault(run, []).append(term)
        return found

    def _rarity(self, term: str) -> float:
        """Weigh a term by how few of the known definitions have it, and by its kind."""
        places = self._postings.get(term)
        rarity = math.log(1 + len(self._known) / (1 + (0 if places is None else len(places[0]))))
        if term in _COUNTING:
            return 0.3 * rarity
        return 1.2 * rarity if term.startswith(MEANING) else rarity

    def _widen(self, weights: Mapping[str, float]) -> dict[str, float]:
        """Keep the terms that any known definition has; for others take words that are nearly the same."""
        wanted: dict[str, float] = {}
        for term, weight in weights.items():
            if term in self._postings:
                wanted[term] = max(weight, wanted.get(term, 0.0))
            elif term.isalpha():
                for near in find_near_words(term, self._by_letters):
                    wanted[near] = max(0.6 * weight, wanted.get(near, 0.0))
        return wanted

    def _match(self, read: _Read, wanted: Mapping[str, float], said: float, known: _Read) -> Match:
        """Hold a proposal against one known definition: `said` is how much of the proposal that says."""
        parts: dict[PartName, Part] = {
            "numerator": self._match_column("numerator", read, wanted, known),
            "denominator": self._match_column("denominator", read, wanted, known),
            "population": self._match_population(read, known),
            "wording": self._match_wording(read, wanted, said, known),
            "unit": _match_unit(read, known),
        }
        told = [(part.score, _WEIGHTS[name]) for name, part in parts.items() if part.score is not None]
        score = sum(value * weight for value, weight in told) / sum(weight for _, weight in told)
        return Match(known.statement, score * self._agreement(read, known), parts)

    def _match_column(
        self,
        name: Literal["numerator", "denominator"],
        read: _Read,
        wanted: Mapping[str, float],
        known: _Read,
    ) -> Part:
        """Hold a column against the same column: what the other says of each, on average."""
        own, other = read.said[name], known.said[name]
        mine, theirs = sum(map(self._rarity, own)), sum(map(self._rarity, other))
        if not mine or not theirs:
            return Part(name, None)
        # A slip of the pen counts as the word it is near to.
        both = sum(
            self._rarity(term)
            for term in other
            if term in own or (term in wanted and term not in read.weights)
        )
        return self._tell(name, min(1.0, both / mine) / 2 + both / theirs / 2, own, other)

    def _match_wording(self, read: _Read, wanted: Mapping[str, float], said: float, known: _Read) -> Part:
        """Hold all that is proposed against all that is known, and the known label against the proposal."""
        label = known.said["label"]
        whole = sum(map(self._rarity, label))
        named = sum(self._rarity(term) for term in label if term in wanted)
        score = _SAID * said + (1 - _SAID) * (named / whole if whole else 0.0)
        return self._tell("wording", score, {**read.said["label"], **read.said["question"]}, label)

    def _match_population(self, read: _Read, known: _Read) -> Part:
        """Hold the people counted against each other: their ages, and what the sector tells them apart by."""
        scores: list[float] = []
        both: list[str] = []
        only_proposed: list[str] = []
        only_known: list[str] = []
        own, other = read.facets["population"], known.facets["population"]
        for axis in sorted(own.keys() | other.keys()):
            mine, theirs = own.get(axis, frozenset()), other.get(axis, frozenset())
            scores.append(self._likeness(mine, theirs))
            both.extend(self._labels(mine & theirs))
            only_proposed.extend(self._labels(mine - theirs))
            only_known.extend(self._labels(theirs - mine))
        if read.ages and known.ages:
            scores.append(_age_likeness(read.ages, known.ages))
        for age in read.ages:
            (both if age in known.ages else only_proposed).append(ages_in_words(*age))
        only_known.extend(ages_in_words(*age) for age in known.ages if age not in read.ages)
        score = sum(scores) / len(scores) if scores else None
        return Part("population", score, tuple(both), tuple(only_proposed), tuple(only_known))

    def _labels(self, meanings: Iterable[str]) -> list[str]:
        return [self._words.meanings[meaning].label for meaning in sorted(meanings)]

    def _likeness(self, mine: frozenset[str], theirs: frozenset[str]) -> float:
        """Say how well two statements agree on an axis of which at least one says something."""
        if not mine or not theirs:
            return _ONE_SAYS
        if mine & theirs:
            return len(mine & theirs) / len(mine | theirs)
        meanings = self._words.meanings
        is_inside = any(a in meanings[b].broader or b in meanings[a].broader for a in mine for b in theirs)
        return _INSIDE if is_inside else 0.0

    def _agreement(self, read: _Read, known: _Read) -> float:
        """Say what a match keeps of its score: little where it is about another subject, or the other end."""
        agreement = 1.0
        for part in sorted(_WHERE):
            own, other = read.facets[part], known.facets[part]
            for axis in sorted(own.keys() | other.keys()):
                if axis not in own:
                    agreement *= _NARROWER
                elif axis not in other:
                    agreement *= _WIDER
                else:
                    agreement *= _CONTRARY + (1 - _CONTRARY) * self._likeness(own[axis], other[axis])
        return agreement

    def _tell(self, name: PartName, score: float, own: Mapping[str, str], other: Mapping[str, str]) -> Part:
        """Say which words two statements share and which only one has, the weightiest first."""

        def words(terms: Iterable[str], said: Mapping[str, str]) -> tuple[str, ...]:
            order = sorted(terms, key=lambda term: (-self._rarity(term), term))[:_MOST_TOLD]
            return tuple(dict.fromkeys(self._word(term, said) for term in order))

        return Part(
            name,
            min(1.0, score),
            words([term for term in own if term in other], own),
            words([term for term in own if term not in other], own),
            words([term for term in other if term not in own], other),
        )

    def _word(self, term: str, said: Mapping[str, str]) -> str:
        meaning = self._lexicon.meaning(term)
        return meaning.label if meaning else said[term]


def _ages(columns: Mapping[str, Terms]) -> tuple[tuple[int, int], ...]:
    """Find the ages of the people counted: those named outside the definition, else the first named in it."""
    named = dict.fromkeys(age for column in _WHERE["population"] for age in columns[column].ages)
    return tuple(named) or columns["definition"].ages[:1]


def _age_likeness(mine: Sequence[tuple[int, int]], theirs: Sequence[tuple[int, int]]) -> float:
    """Say how far the ages of two statements cover each other, for the pair that does most."""
    return max(
        max(0, min(a[1], b[1]) - max(a[0], b[0]) + 1) / (max(a[1], b[1]) - min(a[0], b[0]) + 1)
        for a in mine
        for b in theirs
    )


def _match_unit(read: _Read, known: _Read) -> Part:
    """Hold the kind of unit against the kind of unit."""
    own, other = unit_kind(read.statement.unit) or _unit_of_words(read), unit_kind(known.statement.unit)
    if own is None or other is None:
        return Part("unit", None)
    if own == other:
        return Part("unit", 1.0, both=(own,))
    return Part("unit", 0.0, only_proposed=(own,), only_known=(other,))


def _unit_of_words(read: _Read) -> str | None:
    """Find the kind of unit that a label names, where the unit is not given."""
    label = read.said["label"]
    if f"{MEANING}percentage-words" in label:
        return "percent"
    return "number" if f"{MEANING}counted-words" in label else None


_UNIT_KINDS = (
    (r"%|percent|per cent|proportion", "percent"),
    (r"per[ -]?([0-9][0-9,]*)", "per {}"),
    (r"pound|\u00a3|cost|spend", "pounds"),
    (r"score|point|average|index", "score"),
    (r"^years?$", "years"),
    (r"^rate$", "rate"),
    (r"count|people|number|homes|tonnes|fte", "number"),
)


def unit_kind(unit: str) -> str | None:
    """Say what kind of unit a code or a text names; None for one that is not known.

    >>> unit_kind("percent"), unit_kind("per-10000-children"), unit_kind("Rate per 10,000"), unit_kind("")
    ('percent', 'per 10,000', 'per 10,000', None)
    """
    for pattern, kind in _UNIT_KINDS:
        found = re.search(pattern, unit[:200].casefold())
        if found:
            return kind.format(*(f"{int(number.replace(',', '')):,}" for number in found.groups()))
    return None
