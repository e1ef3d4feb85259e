"""A world of four councils with targets of every kind and basis, and a plan; small enough to be worked out by hand.

Recycled, percent (limits in brackets):   2022 (old definition)   2023   2024
    Aston                                 38                      40     45 [43, 47]
    Bexton                                                        44     50 [49, 51]
    Cray                                                          48     55
    Dene                                                                 suppressed
    England                                                       46     49
"""

from __future__ import annotations

from datetime import date
from typing import Any

from test_publish_world import TABLES, YEAR_2022, YEAR_2023, observation, without_areas

Rows = list[dict[str, Any]]

YEAR_2024 = "2024-04-01_P1Y"
ASTON, BEXTON, CRAY, DENE, ENGLAND = "E06000011", "E06000012", "E06000013", "E06000014", "E92000001"
COUNCILS = {ASTON: "aston", BEXTON: "bexton", CRAY: "cray", DENE: "dene"}


def target(notation: str, value: float, **more: Any) -> dict[str, Any]:
    """Make a target for Aston in 2024 to be at least a value; `more` says what is special."""
    return {
        "target": notation,
        "indicator": "recycled",
        "area": ASTON,
        "period": YEAR_2024,
        "kind": "floor",
        "test": "at-least",
        "basis": "absolute",
        "value": value,
        "unit": "percent",
        "owner": "statistics-office",
        **more,
    }


TARGETS: Rows = [
    target("aston-floor", 42.0),
    target("aston-old", 60.0, kind="ambition", agreed_on=date(2022, 1, 1), reason="First <agreed>."),
    target(
        "aston-ambition",
        46.0,
        kind="ambition",
        agreed_on=date(2023, 6, 1),
        replaces="aston-old",
        reason="It was out of reach.",
        baseline_period=YEAR_2023,
    ),
    target("aston-most", 42.0, kind="local", test="at-most"),
    target("aston-own", 1.0, kind="trajectory", basis="own-last-year", period=YEAR_2023),
    target("aston-body", 40.0, kind="local", area=None, body="aston"),
    target("bexton-nation", 2.0, kind="standard", basis="national-last-year", area=BEXTON),
    target("bexton-own", 5.5, kind="trajectory", basis="own-last-year", area=BEXTON),
    target("cray-half", 50.0, kind="negotiated", basis="percentile", group="unitaries", area=CRAY),
    target("cray-gap", 50.0, kind="gap", test="between", upper_value=54.9, area=CRAY),
    target("dene-band", 40.0, kind="ambition", test="between", upper_value=60.0, area=DENE),
    target("everyone", 44.0, kind="standard", area=None),
    target("trust", 10.0, kind="local", area=None, body="river-trust"),
]

# For each target and area: what had to be reached, the result, whether the range decided.
EXPECTED = {
    ("aston-floor", ASTON): (42.0, "met", 1),
    ("aston-old", ASTON): (60.0, "not-met", 1),
    ("aston-ambition", ASTON): (46.0, "cannot-tell", 1),
    ("aston-most", ASTON): (42.0, "not-met", 1),
    # The figure of 2022 was counted by another definition, and nobody said that the two compare.
    ("aston-own", ASTON): (None, "no-benchmark", None),
    ("aston-body", ASTON): (40.0, "met", 1),
    ("bexton-nation", BEXTON): (48.0, "met", 1),  # 46 and 2
    ("bexton-own", BEXTON): (49.5, "cannot-tell", 1),  # 44 and 5.5
    ("cray-half", CRAY): (50.0, "met", 0),  # the middle of 45, 50 and 55
    ("cray-gap", CRAY): (50.0, "not-met", 0),
    ("dene-band", DENE): (40.0, "no-figure", None),
    ("everyone", ASTON): (44.0, "cannot-tell", 1),
    ("everyone", BEXTON): (44.0, "met", 1),
    ("everyone", CRAY): (44.0, "met", 0),
    ("everyone", DENE): (44.0, "no-figure", None),
    ("trust", None): (10.0, "no-figure", None),
}

OBSERVATIONS = [
    observation(ASTON, YEAR_2022, "38"),
    observation(ASTON, YEAR_2023, "40"),
    observation(BEXTON, YEAR_2023, "44"),
    observation(CRAY, YEAR_2023, "48"),
    observation(ENGLAND, YEAR_2023, "46"),
    observation(ASTON, YEAR_2024, "45", lower_limit="43", upper_limit="47"),
    observation(BEXTON, YEAR_2024, "50", lower_limit="49", upper_limit="51"),
    observation(CRAY, YEAR_2024, "55"),
    observation(DENE, YEAR_2024, None),
    observation(ENGLAND, YEAR_2024, "49"),
]

WORLD: dict[str, Rows] = {
    **without_areas(),
    "areas": [
        *({"area": area, "label": body.title(), "area_type": "unitary"} for area, body in COUNCILS.items()),
        {"area": ENGLAND, "label": "England", "area_type": "country"},
    ],
    "area_parents": [{"area": area, "parent": ENGLAND, "hierarchy": "administrative"} for area in COUNCILS],
    "bodies": [
        *TABLES["bodies"],
        *(
            {"body": body, "label": f"{body.title()} Council", "body_type": "unitary-council"}
            for body in COUNCILS.values()
        ),
        {"body": "river-trust", "label": "River <Trust>", "body_type": "other-body"},
    ],
    "body_areas": [
        {"body": body, "area": area, "start_on": date(2000, 4, 1)} for area, body in COUNCILS.items()
    ],
    "groups": [
        {"group": "unitaries", "label": "Unitary areas", "method": "own", "definition": "All of them."}
    ],
    "group_members": [{"group": "unitaries", "area": area} for area in COUNCILS],
    "targets": TARGETS,
    "plans": [
        {
            "plan": "waste-plan",
            "label": "Less waste together",
            "definition": "What four councils and a trust do about waste.",
            "owner": "aston",
            "start_on": date(2023, 4, 1),
            "end_on": date(2026, 3, 31),
        }
    ],
    "outcomes": [
        {"outcome": "less-waste", "plan": "waste-plan", "label": "Less is thrown away", "sort_order": 1},
        {"outcome": "clean-river", "plan": "waste-plan", "label": "The river is clean", "sort_order": 2},
    ],
    "outcome_indicators": [{"outcome": "less-waste", "indicator": "recycled", "target": "everyone"}],
    "outcome_bodies": [
        {"outcome": "less-waste", "body": "aston", "part": "Collects.", "target": "aston-ambition"},
        {"outcome": "less-waste", "body": "bexton", "part": "Sorts."},
        {"outcome": "less-waste", "body": "dene", "part": "Sells."},
        {"outcome": "less-waste", "body": "river-trust", "indicator": "in-work", "part": "Counts."},
    ],
}
