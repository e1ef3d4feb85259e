"""Ages in a text, however they are written.

In:   a text in small letters
Out:  the ages it names, first and last, apart from what stands between them

A number is an age only where its neighbours say so: 11 in "aged 11" and "at 11", not in "11 weeks".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

OLDEST = 120

_NUMBERS = {
    name: str(number)
    for number, name in enumerate(
        re.findall(
            r"\w+",
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
            " sixteen seventeen eighteen nineteen twenty",
        )
    )
}


def spell_numbers(text: str) -> str:
    """Write the numbers up to twenty in figures."""
    return _NUMBER_WORD.sub(lambda found: _NUMBERS[found.group()], text)


_NUMBER_WORD = re.compile(rf"\b({'|'.join(_NUMBERS)})\b")

_N = r"([0-9]{1,3})"
_AGED = r"(?:\b(?:aged?|ages|age of)\s+)"
_TO = r"\s*(?:-|–|to|and|or|&|/)\s*"
_YEARS = r"[\s-]*(?:years?|yrs?|yr)\b"
_OLD = rf"(?:{_YEARS})?[\s-]*olds?\b"
_PEOPLE = (
    r"(?:of|people|persons|women|men|adults|patients|children|girls|boys|females|males|residents|population)"
)
# What a number may count instead of the years of a life.
_OTHER = (
    r"(?!\s*(?:%|per|weeks?|months?|days?|working|hours?|minutes?|miles?|march|january|april|september|times?|"
    r"point|or more|placements|points|,[0-9]))"
)
# Each pattern and what its numbers say: an age and all above, up to an age, below an age, both ends, one age.
_AGE_PATTERNS: tuple[tuple[str, str], ...] = (
    (rf"{_AGED}{_N}(?:{_YEARS})?\s*(?:and|or|to)\s*(?:over|above|older|more)\b(?:{_OLD})?", "from"),
    (rf"{_AGED}{_N}(?:{_YEARS})?\s*(?:and|or)\s*(?:under|below|younger)\b", "upto"),
    (rf"{_AGED}{_N}\s*\+(?:{_YEARS})?", "from"),
    (rf"{_AGED}{_N}{_TO}{_N}(?:{_OLD}|{_YEARS})?(?!\s*\+)", "range"),
    (rf"\b{_N}{_TO}{_N}{_OLD}", "range"),
    (
        r"\b(?:from|between)\s+(?:ages? )?([0-9]{1,2})\s*(?:to|and)\s*(?:ages? )?([0-9]{1,2})\b" + _OTHER,
        "range",
    ),
    (rf"\b{_N}{_TO}{_N}s\b", "range"),
    (rf"\b([0-9]{{1,2}})-([0-9]{{1,2}}){_YEARS}", "range"),
    (rf"\b{_PEOPLE}\s+{_N}{_TO}{_N}\b{_OTHER}", "range"),
    # People say "over 65s" for those of 65 and over.
    (rf"{_AGED}?(?:over|above|older than)\s+(?:the age of\s+)?([0-9]{{2}})s?\b(?:{_OLD})?{_OTHER}", "from"),
    (rf"\b([0-9]{{2}})(?:{_YEARS})?\s*(?:and|or)\s*(?:over|above|older)\b", "from"),
    (rf"\b{_PEOPLE}\s+([0-9]{{2}})\+", "from"),
    (
        rf"{_AGED}?(?:under|below|younger than)\s+(?:the age of\s+)?([0-9]{{1,2}})s?\b(?:{_OLD})?{_OTHER}",
        "under",
    ),
    (rf"\b{_N}{_OLD}", "one"),
    (rf"{_AGED}{_N}\b{_OTHER}", "one"),
    (rf"\b(?:at|by|of|to) ((?:[4-9]|1[0-9]))\b{_OTHER}(?!\s*(?:-|to|and|or)\s*[0-9])", "one"),
)
_AGE = re.compile("|".join(f"(?:{pattern})" for pattern, _ in _AGE_PATTERNS))
_DIGIT = re.compile(r"[0-9]")
_AGE_ONE_BY_ONE = tuple((re.compile(pattern), kind) for pattern, kind in _AGE_PATTERNS)


def split_ages(text: str) -> Iterator[tuple[str, tuple[int, int] | None]]:
    """Split the ages that a text names from what stands between them."""
    at = 0
    for found in _AGE.finditer(text) if _DIGIT.search(text) else ():
        ages = _read_ages(found.group())
        if ages is None:
            continue
        yield text[at : found.start()], None
        yield "", ages
        at = found.end()
    yield text[at:], None


def _read_ages(text: str) -> tuple[int, int] | None:
    for pattern, kind in _AGE_ONE_BY_ONE:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        numbers = [int(number) for number in found.groups() if number]
        first, last = numbers[0], numbers[-1]
        match kind:
            case "from":
                last = OLDEST
            case "upto":
                first = 0
            case "under":
                first, last = 0, max(0, last - 1)
        return (first, last) if first <= last <= OLDEST else None
    return None


def ages_in_words(first: int, last: int) -> str:
    """Write ages as a reader would.

    >>> ages_in_words(0, 17), ages_in_words(65, 120), ages_in_words(16, 17), ages_in_words(19, 19)
    ('aged under 18', 'aged 65 and over', 'aged 16 to 17', 'aged 19')
    """
    if last == OLDEST:
        return f"aged {first} and over"
    if first == 0:
        return f"aged under {last + 1}"
    return f"aged {first}" if first == last else f"aged {first} to {last}"
