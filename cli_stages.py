"""What a command is doing, shown while it does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Stages:
    """Says which stage is at work: a moving line on a terminal, plain lines elsewhere.

    knows_share   whether `done` will be told which share of the work is done
    """

    def __init__(self, words: Console, quiet: bool, *, knows_share: bool = False) -> None:
        share = [TextColumn("{task.fields[percent]:>3} %")] if knows_share else []
        self._words = words
        self._bar = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=24),
            *share,
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=words,
            transient=True,
            disable=quiet or not words.is_terminal,
        )
        self._task = self._bar.add_task("Starting", total=1.0 if knows_share else None, percent=0)
        self._plain = not quiet and not words.is_terminal
        self._knows_share, self._percent = knows_share, 0

    def __call__(self, stage: str) -> None:
        self._bar.update(self._task, description=stage)
        self._say(stage)

    def done(self, share: float) -> None:
        """Show which share of the work is done. It is rounded down: 100 % is the end."""
        self._percent = int(share * 100)
        self._bar.update(self._task, completed=share, percent=self._percent)
        if share == 1:
            self._say("Done")

    def _say(self, stage: str) -> None:
        if self._plain:
            self._words.print(f"{self._percent:>3} %  {stage}" if self._knows_share else stage, markup=False)

    @contextmanager
    def shown(self) -> Iterator[Stages]:
        with self._bar:
            yield self
