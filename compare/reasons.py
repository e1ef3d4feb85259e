"""Why a definition comes near a proposed one, in sentences.

In:   a match of compare/nearness.py
Out:  a reason for each part that both say: the same, near or another; and one line of all of them
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from compare.nearness import PARTS, Match, Part, PartName

# From which score on a match is called very near, near or somewhat near. Below the last nothing is near.
VERY_NEAR = 0.65
NEAR = 0.45
SOMEWHAT_NEAR = 0.25

_NAMES: dict[PartName, str] = {
    "numerator": "numerator",
    "denominator": "denominator",
    "population": "population",
    "wording": "words",
    "unit": "unit",
}

_MOST_WORDS = 5


@dataclass(frozen=True, slots=True)
class PartReason:
    """What one part says of a match. `text` is a sentence without its full stop."""

    part: PartName
    standing: Literal["same", "near", "other"]
    text: str


def nearness_words(score: float) -> str | None:
    """Say in words how near a match is; None for one that is not worth showing.

    >>> nearness_words(0.8), nearness_words(0.5), nearness_words(0.1)
    ('Very near', 'Near', None)
    """
    if score >= VERY_NEAR:
        return "Very near"
    if score >= NEAR:
        return "Near"
    return "Somewhat near" if score >= SOMEWHAT_NEAR else None


def reasons(match: Match) -> tuple[PartReason, ...]:
    """Give the reasons of a match, part by part. A part that one of the two does not say gives none."""
    told = (_reason(match.parts[name]) for name in PARTS)
    return tuple(reason for reason in told if reason is not None)


def reason_line(match: Match) -> str:
    """Give all reasons of a match in one line."""
    line = "; ".join(reason.text for reason in reasons(match))
    return line[:1].upper() + line[1:]


def _reason(part: Part) -> PartReason | None:
    standing = part.standing
    if standing == "not-said":
        return None
    name = _NAMES[part.name]
    both, mine, theirs = (_listed(words) for words in (part.both, part.only_proposed, part.only_known))
    text = f"{standing} {name}: {both}" if both else f"{standing} {name}"
    apart = "" if standing == "same" else _apart(mine, theirs)
    return PartReason(part.name, standing, f"{text} ({apart})" if apart else text)


def _apart(mine: str, theirs: str) -> str:
    """Say what only one of the two says."""
    told = [f"proposed: {mine}"] if mine else []
    return ", ".join([*told, f"there: {theirs}"] if theirs else told)


def _listed(words: Sequence[str]) -> str:
    more = ", …" if len(words) > _MOST_WORDS else ""
    return ", ".join(words[:_MOST_WORDS]) + more
