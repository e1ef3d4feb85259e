"""One verdict for many figures: a series, a row, a whole set beside the figure in focus.

In:   figures of a set, and the function that decides on two of them
Out:  each figure's verdict, the worst of them with every reason once, and which figures count in a middle

Nothing is decided here: the function is compare.verdict with what it needs to know of definitions and breaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, pairwise

from compare.standing import Distribution
from compare.verdict import Figure, Level, Reason, Verdict

Decide = Callable[[Figure, Figure], Verdict]

ALIKE = Verdict(Level.LIKE_FOR_LIKE, ())


@dataclass(frozen=True, slots=True)
class Member:
    """One figure of a set. `verdict` holds it against the figure in focus; None for that one itself."""

    figure: Figure
    verdict: Verdict | None

    @property
    def is_comparable(self) -> bool:
        return self.verdict is None or self.verdict.level is not Level.NOT_COMPARABLE

    @property
    def counts(self) -> bool:
        """It has a value and may stand in a median or an order with the figure in focus.

        Totals grow with the size of the place, so no order or median of them says anything.
        """
        return self.figure.value is not None and self.is_comparable and not self.figure.is_total


def hold_against(focus: Figure, figures: Iterable[Figure], decide: Decide) -> tuple[Member, ...]:
    """Hold each figure of a set against the one in focus, in the order given."""
    return tuple(Member(figure, None if figure is focus else decide(focus, figure)) for figure in figures)


def decide_in_turn(figures: Sequence[Figure], decide: Decide) -> tuple[Verdict | None, ...]:
    """Hold each figure of a series, oldest first, against the one before; None for the first."""
    return (None, *(decide(*pair) for pair in pairwise(figures)))[: len(figures)]


def decide_on_all(figures: Sequence[Figure], decide: Decide) -> Verdict:
    """Decide on a set without a focus: the worst of all its pairs, with every reason once.

    The pairs of n figures are n * (n - 1) / 2: for sets that one chart can show.
    """
    return join_verdicts(decide(*pair) for pair in combinations(figures, 2))


def join_verdicts(verdicts: Iterable[Verdict | None]) -> Verdict:
    """Make one verdict of several: the worst level, and every reason once, the gravest first.

    Reasons of one code and text are one reason; its evidence is that of the first that gave it.
    """
    reasons: dict[tuple[str, str], Reason] = {}
    level = Level.LIKE_FOR_LIKE
    for verdict in verdicts:
        if verdict is not None:
            level = max(level, verdict.level)
            for reason in verdict.reasons:
                reasons.setdefault((reason.code, reason.text), reason)
    ordered = sorted(reasons.values(), key=lambda reason: (-reason.level, reason.code, reason.text))
    return Verdict(level, tuple(ordered))


def reason_codes(verdict: Verdict | None) -> tuple[str, ...]:
    """Name the reasons of a verdict, each once, the gravest first."""
    return () if verdict is None else tuple(dict.fromkeys(reason.code for reason in verdict.reasons))


def spread_of(tier: str, values: Iterable[Decimal]) -> Distribution | None:
    """Describe how the figures of a set are spread; None for fewer than two, which have no middle.

    Quartiles lie between the two nearest figures in proportion, as those of a tier do.
    """
    ordered = sorted(values)
    if len(ordered) < 2:
        return None

    def at(quarter: int) -> Decimal:
        place, rest = divmod((len(ordered) - 1) * quarter, 4)
        if not rest:
            return ordered[place]
        return ordered[place] + (ordered[place + 1] - ordered[place]) * rest / 4

    return Distribution(tier, len(ordered), ordered[0], at(1), at(2), at(3), ordered[-1])
