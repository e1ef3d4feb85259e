"""What a rule gives: a fault as a set of rows, and how an example of it is put into words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ingest.checking.faults import Example, Fault
from ingest.problems import Place, Problem, problem

Word = Callable[[Example, Fault, Place], Problem]


@dataclass(frozen=True, slots=True)
class Found:
    """A fault of a rule, and the function that words one example of it."""

    fault: Fault
    word: Word


def find(code: str, column: str, query: str, *facts: str, word: Word | None = None) -> Found:
    """Make what a rule found. Its facts go into the sentences of its problem as they are, unless worded."""
    return Found(Fault(code, code, 0, column, query, facts), word or _as_it_is)


def _as_it_is(example: Example, fault: Fault, place: Place) -> Problem:
    facts: dict[str, Any] = {fact: text or "" for fact, text in example.facts.items()}
    return problem(fault.type, place, value=example.cell, **facts)
