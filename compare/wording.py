"""What a text is about, as terms that can be compared: stems, meanings of the sector, numbers, ages.

In:   a text, and the words that people of the sector use for the same thing
Out:  Terms: each with the words it was written in, the ages it names, and whether the text was cut

A text of any size takes bounded work: its first LONGEST_TEXT characters are read, of each word the first
LONGEST_WORD letters, and MOST_TERMS different terms are kept.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from compare.ages import ages_in_words, spell_numbers, split_ages
from schemas.sector_words import Meaning, SectorWords

LONGEST_TEXT = 20_000
LONGEST_WORD = 40
MOST_TERMS = 400

# A term that stands for a meaning of the sector; other terms are stems and numbers.
MEANING = "="
AGES = "age:"

# How many words before a meaning a denial may stand: "not eligible for free school meals".
_DENIAL_REACH = 3

_IRREGULAR = {
    "children": "child",
    "women": "woman",
    "men": "man",
    "people": "person",
    "persons": "person",
    "lives": "life",
    "wives": "wife",
    "attendance": "attendance",
    "learner": "learner",
    "learners": "learner",
    "maternal": "maternal",
    "mothers": "mother",
    "refuse": "refuse",
}

# Endings, longest first, with what stands in their place. A stem keeps at least three letters.
_ENDINGS = (
    ("isations", "is"),
    ("izations", "is"),
    ("isation", "is"),
    ("ization", "is"),
    ("ational", "at"),
    ("ations", "at"),
    ("ation", "at"),
    ("ments", ""),
    ("ment", ""),
    ("ness", ""),
    ("ances", ""),
    ("ance", ""),
    ("ences", ""),
    ("ence", ""),
    ("ising", "is"),
    ("izing", "is"),
    ("ised", "is"),
    ("ized", "is"),
    ("ings", ""),
    ("ing", ""),
    ("ions", ""),
    ("ion", ""),
    ("ers", ""),
    ("er", ""),
    ("ors", ""),
    ("or", ""),
    ("ies", "i"),
    ("ied", "i"),
    ("ed", ""),
    ("ally", ""),
    ("ly", ""),
    ("al", ""),
    ("ity", ""),
    ("y", "i"),
    ("e", ""),
)

# Short names of letters and a number stay together: KS2, A8.
_WORD = re.compile(r"[a-z]{1,3}[0-9]{1,3}\b|[^\W\d_]+|[0-9]+(?:[.,][0-9]+)*|%|£")
_SHORT_NOT = re.compile(r"n['\u2019]t\b")
_POSSESSIVE = re.compile(r"(?<=\w)['\u2019]s?\b")


# A phrase as stems, and the meaning it has.
Phrase = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a text is about.

    said     the words of the text that each term stands for, in the order of the text
    ages     first and last age of the people it names
    is_cut   whether there was more text than was read
    """

    said: Mapping[str, str]
    ages: tuple[tuple[int, int], ...] = ()
    is_cut: bool = False


@dataclass(frozen=True)
class Lexicon:
    """Reads texts by the words of the sector.

    >>> from schemas.sector_words import Meaning, SectorWords
    >>> care = Meaning("looked-after", "children looked after", ("children in care", "LAC"))
    >>> lexicon = Lexicon(SectorWords({}, {"looked-after": care}, frozenset({"how", "many", "are"})))
    >>> lexicon.read("How many LAC are aged 16 or 17?").said
    {'=looked-after': 'lac', 'age:16-17': 'aged 16 to 17'}
    """

    words: SectorWords
    # Phrases by their first word. Those of one weighty word and small ones ("in work") must stand as they are;
    # in others small words make no difference.
    _exact: dict[str, list[Phrase]] = field(default_factory=dict, init=False)
    _loose: dict[str, list[Phrase]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for meaning in self.words.meanings.values():
            for words in meaning.words:
                tokens = tuple(self._tokens(words))
                weighty = tuple(token.stem for token in tokens if not token.is_small)
                is_exact = len(weighty) < 2 and len(tokens) > 1
                stems = tuple(token.stem for token in tokens) if is_exact else weighty
                kept = self._exact if is_exact else self._loose
                kept.setdefault(stems[0], []).append((stems, meaning.meaning))
        for listed in (*self._exact.values(), *self._loose.values()):
            # A longer phrase says more; of equally long ones the first of the file counts.
            listed.sort(key=lambda one: -len(one[0]))

    def phrases(self) -> Iterator[Phrase]:
        """List every phrase as stems, with its meaning."""
        for listed in (*self._exact.values(), *self._loose.values()):
            yield from listed

    def meaning(self, term: str) -> Meaning | None:
        """Find the meaning that a term stands for; None for a plain word."""
        return self.words.meanings.get(term.removeprefix(MEANING)) if term.startswith(MEANING) else None

    def read(self, text: str, longest: int = LONGEST_TEXT) -> Terms:
        """Read what a text is about; of a longer one, what its first characters are about."""
        tokens = list(self._tokens(text[:longest]))
        weighty = [place for place, token in enumerate(tokens) if not token.is_small]
        said: dict[str, str] = {}
        ages: dict[tuple[int, int], None] = {}
        is_cut = len(text) > longest
        denied_until = -1
        at = 0
        while at < len(tokens):
            if len(said) >= MOST_TERMS:
                is_cut = True
                break
            token = tokens[at]
            if token.ages is not None:
                ages.setdefault(token.ages)
            meaning, end = self._match(tokens, weighty, at)
            if meaning is not None:
                words = " ".join(one.word for one in tokens[at:end])
                if at <= denied_until and meaning.opposite:
                    meaning, words = self.words.meanings[meaning.opposite], f"not {words}"
                self._add(meaning, words, said, ages)
                at = end
                continue
            if token.word in self.words.denials:
                denied_until = at + _DENIAL_REACH
            elif not token.is_small:
                said.setdefault(token.stem, token.word)
            at += 1
        return Terms(said, tuple(ages), is_cut)

    def _tokens(self, text: str) -> Iterator[_Token]:
        """Take a text apart into words, numbers and ages."""
        plain = text.casefold()
        if not plain.isascii():
            plain = "".join(
                char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char)
            )
        plain = spell_numbers(_POSSESSIVE.sub("", _SHORT_NOT.sub(" not", plain)))
        for piece, ages in split_ages(plain):
            if ages is not None:
                first, last = ages
                yield _Token(ages_in_words(first, last), f"{AGES}{first}-{last}", ages)
            for found in _WORD.finditer(piece):
                word = found.group()[:LONGEST_WORD]
                yield _Token(word, stem(word), None, word in self.words.small)

    def _match(self, tokens: Sequence[_Token], weighty: Sequence[int], at: int) -> tuple[Meaning | None, int]:
        """Find the longest phrase that begins here, and where it ends."""
        best: str | None = None
        best_end = at
        first = tokens[at].stem
        if first not in self._exact and first not in self._loose:
            return None, at
        for stems, meaning in self._exact.get(first, ()):
            if stems == tuple(token.stem for token in tokens[at : at + len(stems)]):
                best, best_end = meaning, at + len(stems)
                break
        loose, end = self._match_loosely(tokens, weighty, at)
        if loose is not None and end > best_end:
            best, best_end = loose, end
        elif best is not None and self._match_loosely(tokens, weighty, best_end - 1)[1] > best_end:
            # "a level 2 qualification" is no A level.
            return None, at
        return (self.words.meanings[best], best_end) if best is not None else (None, at)

    def _match_loosely(
        self, tokens: Sequence[_Token], weighty: Sequence[int], at: int
    ) -> tuple[str | None, int]:
        """Find the longest phrase that begins here, small words passed over."""
        if not tokens[at].is_small:
            start = bisect_left(weighty, at)
            for stems, meaning in self._loose.get(tokens[at].stem, ()):
                places = weighty[start : start + len(stems)]
                if stems == tuple(tokens[place].stem for place in places):
                    return meaning, places[-1] + 1
        return None, at

    def _add(
        self, meaning: Meaning, words: str, said: dict[str, str], ages: dict[tuple[int, int], None]
    ) -> None:
        said.setdefault(MEANING + meaning.meaning, words)
        if meaning.ages is not None:
            ages.setdefault(meaning.ages)
        for broader in meaning.broader:
            if MEANING + broader not in said:
                self._add(self.words.meanings[broader], words, said, ages)


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    stem: str
    ages: tuple[int, int] | None = None
    is_small: bool = False


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Take the ending off a word, so that its forms become one. Numbers stay as they are.

    >>> stem("vaccinations") == stem("vaccinated") == stem("vaccinating")
    True
    >>> stem("children"), stem("schools"), stem("classes"), stem("1,000")
    ('child', 'school', 'class', '1000')
    """
    if not word.isalpha():
        return word.replace(",", "")
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "ies")):
        word = word[:-1]
    for ending, put in _ENDINGS:
        kept = word[: len(word) - len(ending)]
        if word.endswith(ending) and len(kept) >= 3 and any(vowel in kept for vowel in "aeiouy"):
            word = kept + put
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz" and ending in _DOUBLING:
                word = word[:-1]
            break
    return word


_DOUBLING = frozenset({"ing", "ings", "ed", "er", "ers"})


def letter_runs(word: str) -> frozenset[str]:
    """List the runs of three letters in a word, its ends marked, for finding words that are nearly the same."""
    marked = f"^{word}$"
    return frozenset(marked[at : at + 3] for at in range(len(marked) - 2))


def find_near_words(word: str, known: Mapping[str, Sequence[str]], least: float = 0.6) -> Iterable[str]:
    """Find the known words that share most runs of three letters with a word, the nearest first, at most three.

    known   words by each run of letters in them
    """
    own = letter_runs(word)
    shared: dict[str, int] = {}
    for run in sorted(own):
        for other in known.get(run, ()):
            shared[other] = shared.get(other, 0) + 1
    likeness = {
        other: 2 * count / (len(own) + len(other))  # a word has as many runs as letters
        for other, count in shared.items()
    }
    near = sorted((-value, other) for other, value in likeness.items() if value >= least)
    return [other for _, other in near[:3]]
