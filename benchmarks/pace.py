"""How fast the machine is meanwhile, where a limit is a number of seconds and no rival.

In:   the package of 396,000 observations
Out:  how many times as long others' programs take over it, as they took where the limits were set

A shared machine goes at half its pace on some days. So seconds are told as they were measured, and as they would be at
the usual pace, by whichever slowed down less: frictionless, or SQLite as it imports the table.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.measure import Cost, measure

# CPU seconds of either for the package, on the machine and in the days in which the limits were set.
_USUAL = {"frictionless, checking": 8.4, "SQLite, importing": 1.05}

SIZE = "400k"


class Pace:
    """The pace of a machine while something is measured on it: frictionless runs before and after."""

    def __init__(self, data: Path) -> None:
        self._package = data / SIZE
        self._taken: dict[str, list[float]] = {name: [] for name in _USUAL}

    def __enter__(self) -> Self:
        measure("benchmarks.generate:generate", self._package, SIZE)
        self._look()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if fault is None:
            self._look()

    def _look(self) -> None:
        costs = measure("benchmarks.naive:check", self._package), self._import()
        for taken, cost in zip(self._taken.values(), costs, strict=True):
            taken.append(cost.cpu)

    def _import(self) -> Cost:
        with tempfile.TemporaryDirectory(prefix="likeforlike-pace-") as folder:
            return measure("benchmarks.limits:import_table", self._package, Path(folder) / "table.db")

    def _times(self, name: str) -> float:
        return sum(self._taken[name]) / len(self._taken[name]) / _USUAL[name]

    @property
    def slower(self) -> float:
        """How many times as long things take as usually, at the least."""
        return min(map(self._times, _USUAL))

    def told(self) -> str:
        """Say it in a sentence."""
        told = [
            f"{name} 396,000 rows, took {' and '.join(f'{one:.1f}' for one in taken)} CPU s before and after"
            f" ({self._times(name):.2f} times as long as where the limits were set)"
            for name, taken in self._taken.items()
        ]
        return f"{'; '.join(told)}."
