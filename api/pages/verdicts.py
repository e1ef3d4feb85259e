"""The verdict on everything that one chart or table shows, from compare.verdict for each pair of it.

In:   rows of councils for one period, or series of areas
Out:  Judged: how far what is shown may be compared, what had to be left out, and where lines are cut
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from api import sentences
from api.pages.councils import CouncilRow
from api.pages.figures import AreaFigure
from compare import Figure, Level, Verdict, verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """How far some figures may be compared.

    care       why those that are shown need care, each reason once
    left_out   areas whose figures may not stand beside the others, and why
    cuts       why lines are cut
    """

    care: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    cuts: tuple[str, ...] = ()

    @property
    def level(self) -> Level:
        """How far what is shown may be compared; what may not be is not shown."""
        return Level.WITH_CARE if self.care else Level.LIKE_FOR_LIKE

    @property
    def words(self) -> str:
        """The level in words."""
        return "Compare with care" if self.care else "Like for like"

    def tell(self, names: Mapping[str, str]) -> list[str]:
        """Say the verdict. `names` are those of the areas, for what was left out."""
        out = [f"{self.words}{': ' if self.care else '.'}{' '.join(self.care)}"]
        by_reason: dict[str, list[str]] = {}
        for area, reason in self.left_out.items():
            by_reason.setdefault(reason, []).append(names.get(area, area))
        for reason, left in by_reason.items():
            told = sentences.listed(left) if len(left) <= _NAMED else f"{len(left):,} councils"
            out.append(f"Not comparable, so left out: {told}. {reason}")
        out += [f"The line is cut: {reason}" for reason in self.cuts]
        return out


# So many areas that were left out are named.
_NAMED = 5


def judge(rows: Sequence[CouncilRow], focus: str = "") -> Judged:
    """Hold each row of one period against the one in focus, or the first that has a figure where none is."""
    usable = [row for row in rows if row.seen is not None and row.value is not None and row.runs]
    other = next((row for row in usable if row.place.area == focus), usable[0] if usable else None)
    if other is None or other.seen is None:
        return Judged()
    care: list[str] = []
    left_out: dict[str, str] = {}
    for row in rows:
        if row.seen is None or row.value is None:
            continue
        decided = verdict(other.seen.figure, row.seen.figure)
        if decided.level is Level.NOT_COMPARABLE:
            left_out[row.place.area] = decided.reasons[0].text
        else:
            care += [reason.text for reason in decided.reasons]
    return Judged(tuple(dict.fromkeys(care)), left_out)


def judge_series(figures: Sequence[AreaFigure]) -> Judged:
    """Judge each step of each series, and each series against the first by its newest figure."""
    care: list[str] = []
    cuts: list[str] = []
    left_out: dict[str, str] = {}
    first = figures[0]
    for one in figures:
        beside = _beside(first, one)
        if beside is not None and beside.level is Level.NOT_COMPARABLE:
            left_out[one.place.area] = beside.reasons[0].text
            continue
        care += _texts(beside)
        known = [seen for seen in one.series if seen.value is not None]
        for earlier, later in pairwise(known):
            decided = one.decide(earlier, later)
            if decided.level is Level.NOT_COMPARABLE:
                cuts += [reason.text for reason in decided.reasons if reason.level is Level.NOT_COMPARABLE]
            else:
                care += _texts(decided)
    return Judged(tuple(dict.fromkeys(care)), left_out, tuple(dict.fromkeys(cuts)))


def _beside(first: AreaFigure, other: AreaFigure) -> Verdict | None:
    """Hold the newest figures of two areas against each other, of the same period if there is one."""
    known = {seen.figure.period: seen.figure for seen in other.series if seen.value is not None}
    here = [seen.figure for seen in first.series if seen.value is not None]
    if not known or not here:
        return None
    shared: list[tuple[Figure, Figure]] = [(one, known[one.period]) for one in here if one.period in known]
    pair = shared[-1] if shared else (here[-1], list(known.values())[-1])
    return verdict(*pair, steps=first.steps)


def _texts(decided: Verdict | None) -> Iterable[str]:
    return [] if decided is None else [reason.text for reason in decided.reasons]
