"""The model's own rules: what a table must be beside what a Table Schema can say.

In:   the standard tables, open in the engine
Out:  problems, of each rule for each table that asks for it

A rule is a function of the world and a table that gives Found values: a fault as a set, and how one example
of it is put into words. The names are those of schemas/model.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ingest.checking.found import Found
from ingest.checking.rules_definitions import (
    check_current_versions,
    check_rates,
    check_stages,
    check_units,
    check_versions,
)
from ingest.checking.rules_derivations import check_derivations
from ingest.checking.rules_extensions import check_extensions
from ingest.checking.rules_figures import check_figures
from ingest.checking.rules_groups import check_group_inputs
from ingest.checking.rules_judgements import check_frameworks_in_force, check_grades, check_mappings
from ingest.checking.rules_periods import check_period_texts
from ingest.checking.rules_plain import (
    check_choices,
    check_dates_in_order,
    check_list_items,
    check_loops,
    check_numbers_in_order,
    check_open_codes,
)
from ingest.checking.rules_rollup import check_rollups
from ingest.checking.rules_targets import check_targets
from ingest.checking.rules_translations import check_languages, check_translations
from ingest.checking.wording import word_examples
from ingest.checking.world import StandardTable, World
from ingest.problems import Problem
from schemas import Rule

# One function may answer for several rules that look at the same rows in one go.
_RULES: dict[str, Callable[[World, StandardTable, Rule], Iterable[Found]]] = {
    "dates-in-order": check_dates_in_order,
    "derivation-sound": check_derivations,
    "extension-agrees": check_extensions,
    "framework-in-force": check_frameworks_in_force,
    "grade-known": check_grades,
    "group-buildable": check_group_inputs,
    "in-order": check_numbers_in_order,
    "language-known": check_languages,
    "mapping-sound": check_mappings,
    "no-cycle": check_loops,
    "one-current-version": check_current_versions,
    "one-of": check_choices,
    "rate-has-parts": check_rates,
    "rollup-sound": check_rollups,
    "stages-in-order": check_stages,
    "target-sound": check_targets,
    "translation-sound": check_translations,
    "unit-fits": check_units,
    "version-follows-change": check_versions,
}

_FIGURE_RULES = frozenset(
    {
        "area-existed",
        "limits-in-order",
        "one-value-per-key",
        "period-kind-fits",
        "possible-value",
        "value-or-reason",
    }
)


# Tables that a rule looks into beside the one it is about.
_NEEDED = {
    "derivation-sound": ("indicators",),
    "framework-in-force": ("frameworks",),
    "grade-known": ("grades", "rating_scales"),
    "group-buildable": ("groups",),
    "mapping-sound": ("frameworks",),
    "rollup-sound": ("framework_questions", "grades"),
    "stages-in-order": ("indicators",),
    "target-sound": ("indicators",),
}


def find_rule_problems(world: World, tables: Iterable[StandardTable]) -> list[Problem]:
    """Find the problems of every rule in those of some tables that have rows."""
    problems: list[Problem] = []
    for table in tables:
        if table.is_given and table.grid.rows:
            for found in _check(world, table):
                problems.extend(word_examples(world.connection, found.fault, world.places, found.word))
    return problems


def _check(world: World, table: StandardTable) -> Iterator[Found]:
    for rule in table.schema.rules:
        if rule.name in _RULES and world.has(*_NEEDED.get(rule.name, ())):
            yield from _RULES[rule.name](world, table, rule)
    rules = {rule.name for rule in table.schema.rules}
    if rules & _FIGURE_RULES:
        yield from check_figures(world, table)
    else:
        # A period is text to a Table Schema; wherever one stands it must be one.
        yield from check_period_texts(world, table)
    yield from check_list_items(world, table)
    yield from check_open_codes(world, table)
