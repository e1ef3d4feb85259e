"""Ofsted's judgements of councils' services for children since 2009.

In:   ofsted-la-inspection-outcomes/, read by the recipe ofsted-inspections
Out:  rows of rating_scales, grades, grade_mappings, frameworks, framework_questions, judgements

A judgement belongs to the council that existed on the day: the report of 2011 on Dorset is about the county
council, the one of 2022 about its successor.
"""

from __future__ import annotations

from pathlib import Path

from examples.make_england.ledger import Ledger
from examples.make_england.packages import Row
from examples.make_england.recipes import read_by_recipe
from ingest.recipe_registers import Registers

TABLES = {
    "rating_scales": "Rating scales",
    "grades": "Grades",
    "grade_mappings": "Mappings of grades",
    "frameworks": "Frameworks",
    "framework_questions": "Questions of frameworks",
    "judgements": "Judgements",
}


def read_judgements(sources: Path, registers: Registers, ledger: Ledger) -> dict[str, list[Row]]:
    folder = sources / "ofsted-la-inspection-outcomes"
    return read_by_recipe("ofsted-inspections", folder, registers, tuple(TABLES), ledger)
