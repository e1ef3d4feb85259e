"""How much of a publication is done: work done over work to do.

In:   the stages of a publication, each with the work that is in it, and the rows that pass meanwhile
Out:  shares from 0 to 1, which never go back; 1 only when all is done

The work of a stage is what it was measured to take, in processor seconds: so much in any case, so much for each million
figures that are new, for each that is there, and for each row of another table. What is to be done shows better while
it is done; what is left is then shared out anew among the stages that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Tell = Callable[[float], None]

# Nobody sees a smaller step.
_STEP = 0.001

# While a stage goes on, its own end is not told before the next one begins.
_ALMOST = 0.95


@dataclass(frozen=True, slots=True)
class Amount:
    """What there is to publish: figures that are new, all figures, and the rows of other tables, in millions."""

    fresh: float
    figures: float
    others: float

    @classmethod
    def guess(cls, sizes: Iterable[int], *, is_first: bool) -> Amount:
        """Guess from the bytes of each file, and from whether anything is kept from before. Large files are figures."""
        figures = others = 0.0
        for size in sizes:
            if size >= _LARGE_BYTES:
                figures += size / _BYTES_OF_ROW / 1e6
            else:
                others += size / _BYTES_OF_ROW / 1e6
        return cls(figures if is_first else figures * _CHANGED, figures, others)

    @property
    def rows_to_read(self) -> int:
        """Rows that do not come from the edition before."""
        return round((self.fresh + self.others) * 1e6)


_LARGE_BYTES = 100_000
_BYTES_OF_ROW = 70
# What changes from one publication to the next, where nothing is known.
_CHANGED = 0.05


@dataclass(frozen=True, slots=True)
class _Taking:
    """What a stage takes: seconds in any case, for a million figures that are new, for one that is there, and for a
    million other rows. `passes` says whether the rows that leave the engine meanwhile are fresh ones or all."""

    always: float
    fresh: float = 0.0
    figures: float = 0.0
    others: float = 0.0
    passes: str = ""

    def seconds(self, amount: Amount) -> float:
        return (
            self.always
            + self.fresh * amount.fresh
            + self.figures * amount.figures
            + self.others * amount.others
        )

    def rows(self, amount: Amount) -> float:
        return {"fresh": amount.fresh, "all": amount.figures}.get(self.passes, 0.0) * 1e6


# The stages in their order.
_STAGES: Mapping[str, _Taking] = {
    "read": _Taking(0.15, 0.7, 0.0, 53.0),
    "check": _Taking(0.2, 1.3, 0.0, 27.0),
    "harmonise": _Taking(0.5, 1.1, 0.55, 20.0),
    "begin store": _Taking(0.05, 0.0, 0.1, 0.0, "all"),
    "lines": _Taking(0.1, 0.7, 0.15, 0.0, "fresh"),
    "compare": _Taking(0.5, 1.1, 0.0, 43.0),
    "tables": _Taking(0.2, 0.5, 0.15, 23.0, "fresh"),
    "catalogue": _Taking(0.3, 0.4, 0.65, 50.0, "all"),
    "quads": _Taking(0.05, 2.1, 0.18, 8.0, "fresh"),
    "store": _Taking(0.05),
    "settle": _Taking(0.05, 0.0, 0.05),
}

# What a million figures take where the store holds each statement of theirs.
_LOADING = 20.0


class Work:
    """The work of one publication.

    tell      is told a share whenever it has grown
    is_held   whether every statement is loaded into a store
    """

    def __init__(self, tell: Tell = lambda _share: None, *, is_held: bool = False) -> None:
        self._tell, self._is_held = tell, is_held
        self._amount = Amount(0, 0, 0)
        # What is left to be done, by the stages in their order.
        self._left = dict.fromkeys(_STAGES, 0.0)
        self._told = self._begun = self._before = 0.0
        self._stage = ""
        self._passed = 0.0

    def plan(self, amount: Amount) -> None:
        """Share what is left of the work out among the stages that are left, now that so much is known.

        The stage that goes on is done with this.
        """
        self._say(1.0)
        names = list(self._left)
        names = names[names.index(self._stage) + 1 :] if self._stage else names
        self._amount, self._before, self._begun, self._stage = amount, self._told, 0.0, ""
        self._left = {name: self._seconds(name) for name in names}

    def _seconds(self, name: str) -> float:
        seconds = _STAGES[name].seconds(self._amount)
        return seconds + _LOADING * self._amount.figures if name == "store" and self._is_held else seconds

    def begin(self, stage: str) -> None:
        """Say that a stage begins, and so that those before it are done. One that lies behind changes nothing."""
        names = list(self._left)
        if stage in names and (not self._stage or names.index(stage) > names.index(self._stage)):
            self._stage, self._passed = stage, 0.0
            self._begun = sum(self._left[name] for name in names[: names.index(stage)])
            self._say(0.0)

    def pass_rows(self, rows: int) -> None:
        """Say that rows have left the engine."""
        expected = _STAGES[self._stage].rows(self._amount) if self._stage else 0.0
        if expected:
            self._passed += rows
            self._say(min(self._passed / expected, _ALMOST))

    def reach(self, part: float) -> None:
        """Say how much of the stage is done, from 0 to 1."""
        self._say(min(part, _ALMOST))

    def end(self) -> None:
        """Say that all is done."""
        self._told = 1.0
        self._tell(1.0)

    def _say(self, part: float) -> None:
        whole = sum(self._left.values())
        if not self._stage or not whole:
            return
        done = self._begun + part * self._left[self._stage]
        share = self._before + (1.0 - self._before) * done / whole
        if share >= self._told + _STEP:
            self._told = share
            self._tell(share)
