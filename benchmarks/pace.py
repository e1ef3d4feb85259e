"""How fast the machine is meanwhile, where a limit is a number of seconds and no rival.

In:   the package of 396,000 observations
Out:  how many times as long frictionless takes to check it, as it took where the limits were set

A shared machine goes at half its pace on some days. What a publication takes, and what frictionless takes, slow down
alike: so seconds are told as they were measured, and as they would be at the usual pace.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.measure import measure

# CPU seconds of frictionless for the package, on the machine and in the days in which the limits were set.
USUAL = 8.4

SIZE = "400k"


class Pace:
    """The pace of a machine while something is measured on it: frictionless runs before and after."""

    def __init__(self, data: Path) -> None:
        self._package = data / SIZE
        self.seconds: list[float] = []

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
        self.seconds.append(measure("benchmarks.naive:check", self._package).cpu)

    @property
    def slower(self) -> float:
        """How many times as long things take as usually."""
        return sum(self.seconds) / len(self.seconds) / USUAL

    def told(self) -> str:
        """Say it in a sentence."""
        taken = " and ".join(f"{one:.1f}" for one in self.seconds)
        return (
            f"frictionless checked 396,000 rows in {taken} CPU s before and after, in {USUAL} where the limits were"
            f" set: everything took {self.slower:.2f} times as long as usually."
        )
