"""Problems say where, what and how to mend it, in every form, and long or hostile values do not harm them."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.problems import (
    SHOWN_VALUES,
    Place,
    Problem,
    ProblemsFound,
    as_json,
    as_sarif,
    as_text,
    find_nearest,
    group_problems,
    load_problem_kinds,
    problem,
    shown,
)

PLACE = Place("waste-2024-12.csv", None, 214, "area")


def test_problem_says_value_place_and_mend() -> None:
    found = problem("reference-unknown", PLACE, value="E09000051", table="areas", nearest="E09000015")
    assert as_text([found]) == (
        'reference-unknown  waste-2024-12.csv, row 214, column "area"\n'
        "  'E09000051' is not in the table areas. Closest: E09000015.\n"
        "  Use a code that is there, or add a row for it to the table areas.\n"
        "\n"
        "1 problem.\n"
    )


def test_problem_without_a_near_code_suggests_none() -> None:
    found = problem("reference-unknown", PLACE, value="zz", table="areas", nearest=None)
    assert found.message == "'zz' is not in the table areas."


def test_missing_fact_is_our_error() -> None:
    with pytest.raises(KeyError):
        problem("reference-unknown", PLACE, value="zz")
    with pytest.raises(KeyError):
        problem("no-such-code", PLACE)


def test_braces_in_a_value_are_only_text() -> None:
    found = problem("value-malformed", PLACE, value="{value.__class__}", wanted="a {number}")
    assert found.message == "'{value.__class__}' is not a {number}."


def test_forty_megabytes_are_not_printed() -> None:
    found = problem("value-malformed", PLACE, value="x" * 40_000_000, wanted="a number")
    assert len(found.message) < 200
    assert len(as_text([found])) < 500
    assert len(as_json([found])) < 3000
    assert len(as_sarif([found])) < 3000


@given(st.text())
def test_shown_text_never_steers_a_terminal(text: str) -> None:
    assert shown(text).isprintable()


def test_repeats_become_one_problem_with_a_count() -> None:
    rows = [problem("value-malformed", PLACE.at(row), value="n/a", wanted="a number") for row in (9, 3, 5)]
    [group] = group_problems(rows)
    assert (group.row, group.count) == (3, 3)
    assert "And 2 more rows like this." in as_text([group])


def test_same_value_for_different_figures_stays_apart() -> None:
    rows = [
        problem("observations-conflict", PLACE.at(row), value="1", key=key, other="2", first=f"row {row - 1}")
        for row, key in ((3, "waste, E1"), (5, "waste, E1"), (7, "waste, E2"))
    ]
    assert [(group.row, group.count) for group in group_problems(rows)] == [(3, 2), (7, 1)]


def test_many_different_values_of_one_column_are_counted_not_listed() -> None:
    rows = [
        problem("value-malformed", PLACE.at(row), value=f"£{row}", wanted="a number")
        for row in range(2, 1002)
    ]
    groups = group_problems(rows)
    assert len(groups) == SHOWN_VALUES + 1
    assert sum(group.count for group in groups) == 1000
    assert "like this" not in as_text(groups)
    assert groups[-1].message == "980 more different ones of this kind, in 980 rows."


def test_problems_are_sorted_by_file_row_and_column() -> None:
    rows = [
        problem("value-missing", Place("b.csv", None, 2, "x"), column="x"),
        problem("value-missing", Place("a.csv", None, 10, "x"), column="x"),
        problem("value-missing", Place("a.csv", None, 9, "y"), column="y"),
    ]
    assert [(found.file, found.row) for found in group_problems(rows)] == [
        ("a.csv", 9),
        ("a.csv", 10),
        ("b.csv", 2),
    ]


def test_warnings_are_counted_apart() -> None:
    text = as_text([Problem("x", "m", "d", severity="warning"), Problem("x", "m", "d", count=1200)])
    assert text.endswith("1,200 problems, 1 warning.\n")


def test_problems_found_carries_the_list_and_its_words() -> None:
    found = problem("value-missing", PLACE, column="area")
    with pytest.raises(ProblemsFound, match="There is no value for 'area'") as caught:
        raise ProblemsFound([found, found])
    assert [one.count for one in caught.value.problems] == [2]


def test_json_has_every_field() -> None:
    found = problem("value-missing", PLACE, column="area")
    report = json.loads(as_json([found]))
    assert report["counts"] == {"error": 1, "warning": 0}
    assert report["problems"] == [
        {
            "code": "value-missing",
            "message": "There is no value for 'area'.",
            "mend": "Fill the cell.",
            "file": "waste-2024-12.csv",
            "sheet": None,
            "row": 214,
            "column": "area",
            "value": None,
            "count": 1,
            "severity": "error",
        }
    ]


def test_sarif_points_at_the_line() -> None:
    first = problem("value-missing", PLACE, column="area")
    second = problem("row-blank", Place("a b.xlsx", "Sheet 1", 3))
    log = json.loads(as_sarif([first, second]))
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["row-blank", "value-missing"]
    one, two = run["results"]
    assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"] == "value-missing"
    assert one["level"] == "error"
    [location] = one["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "waste-2024-12.csv"},
        "region": {"startLine": 214},
    }
    assert location["logicalLocations"] == [{"name": "area", "kind": "column"}]
    assert two["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.xlsx"


@pytest.mark.parametrize("code", load_problem_kinds())
def test_every_kind_is_worded_in_full(code: str) -> None:
    kind = load_problem_kinds()[code]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    assert kind.severity in ("error", "warning")
    for sentence in (kind.when, kind.message, kind.mend):
        assert sentence[0].isupper() or sentence[0] in "'{"
        assert sentence.endswith((".", "}"))
        for word in ("please", "invalid", "failed", "!", "todo"):
            assert word not in sentence.lower()
    assert not kind.title.endswith(".")


@pytest.mark.parametrize(
    ("text", "permitted", "nearest"),
    [
        ("Suppressed", ["suppressed", "normal"], "suppressed"),
        ("surpressed", ["suppressed", "normal"], "suppressed"),
        ("requires_improvement", ["requires-improvement"], "requires-improvement"),
        ("E0600006O", ["E06000060", "E06000061"], "E06000060"),
        ("Indicator ", ["indicator", "indicators"], "indicator"),
        ("x", ["y"], None),
        ("", ["y"], None),
        ("good", [], None),
    ],
)
def test_nearest_code_is_what_was_meant(text: str, permitted: list[str], nearest: str | None) -> None:
    assert find_nearest(text, permitted) == nearest


@given(st.text(max_size=12), st.lists(st.text(max_size=12)))
def test_nearest_is_always_permitted_and_order_does_not_matter(text: str, permitted: list[str]) -> None:
    nearest = find_nearest(text, permitted)
    assert nearest is None or nearest in permitted
    assert find_nearest(text, permitted[::-1]) == nearest
