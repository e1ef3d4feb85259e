"""Which rows a rule means, and which of two expressions a row takes.

In:   the texts of one row, and the world a recipe works in
Out:  yes or no; for a Choice, a text

What cannot be read does not hold: a rule never leaves out a row because of a fault in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ingest.recipe_expressions import (
    MARK,
    NOTHING,
    Column,
    Expression,
    Fault,
    Texts,
    World,
    match_whole,
)
from ingest.recipe_registers import span
from ingest.value import find_number

# The kinds of condition that a register of areas answers.
ASK_REGISTER = frozenset({"known", "existed", "ended", "begun"})


@dataclass(frozen=True)
class Condition:
    """Whether a row is meant by a rule.

    kind   "is" (one of the operands), "matches" (a pattern fits the whole text), "empty", "number" (the text
           is one), or, where the text is an area's code: "known" (the register has it), "existed" (in the
           period or on the day `on`), "ended" (before it) and "begun" (by the end of it)
    """

    source: Expression
    kind: Literal["is", "matches", "empty", "existed", "ended", "begun", "known", "number"]
    operands: tuple[str, ...] = ()
    on: Expression = NOTHING
    wanted: bool = True

    @property
    def uses(self) -> frozenset[str]:
        if isinstance(self.source, Column) and self._needs_mark_only:
            return frozenset([self.source.name + MARK])
        return self.source.uses | self.on.uses

    @property
    def _needs_mark_only(self) -> bool:
        """Whether one plain number is as good as another."""
        is_text = self.kind == "is" and not any(find_number(text) for text in self.operands)
        return self.kind in ("empty", "number") or (is_text and "0" not in self.operands)

    def holds(self, texts: Texts, world: World) -> bool:
        """Say whether the condition holds. What cannot be read, or is not known, does not hold."""
        if isinstance(self.source, Column) and self._needs_mark_only:
            text, on = texts[self.source.name + MARK], ""
        else:
            try:
                text = self.source.read(texts, world)
                on = self.on.read(texts, world)
            except Fault:
                return False
        if self.kind == "empty":
            return (not text) is self.wanted
        if self.kind == "is":
            return (text in self.operands) is self.wanted
        if self.kind == "number":
            return (find_number(text) is not None) is self.wanted
        if self.kind == "matches":
            return (match_whole(self.operands[0], text) is not None) is self.wanted
        if self.kind == "known":
            return (text in world.registers.areas.entries) is self.wanted
        if not text or not on:
            return False
        entry = world.registers.areas.entries.get(text)
        if entry is None:
            return False
        first, last = span(on)
        ended, begun = not entry.existed(first, "9999"), entry.existed("", last)
        told = {"existed": begun and not ended, "ended": ended, "begun": begun}
        return told[self.kind] is self.wanted


@dataclass(frozen=True)
class Choice:
    """One expression where conditions hold, another where they do not."""

    conditions: tuple[Condition, ...]
    then: Expression
    otherwise: Expression

    @property
    def uses(self) -> frozenset[str]:
        conditions = frozenset().union(*(condition.uses for condition in self.conditions))
        return conditions | self.then.uses | self.otherwise.uses

    def read(self, texts: Texts, world: World) -> str:
        holds = all(condition.holds(texts, world) for condition in self.conditions)
        return (self.then if holds else self.otherwise).read(texts, world)


@dataclass(frozen=True)
class Rule:
    """Rows that are left out, and why. All conditions must hold."""

    conditions: tuple[Condition, ...]
    reason: str

    @property
    def uses(self) -> frozenset[str]:
        return frozenset().union(*(condition.uses for condition in self.conditions))

    def holds(self, texts: Texts, world: World) -> bool:
        return all(condition.holds(texts, world) for condition in self.conditions)
