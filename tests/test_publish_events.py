"""What happened to definitions, from rows that can be checked by hand: names that stay, days, breaks."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import Any

from test_publish_catalogue import write
from test_publish_world import OBSERVATIONS, TABLES, make_contents

from publish.events import list_events
from schemas import load_model


def version(number: str, valid_from: str, **more: Any) -> dict[str, Any]:
    """Give a version of an indicator; the test says what is special about it."""
    return {
        "indicator": "recycled",
        "version": number,
        "label": "Waste recycled",
        "status": "current",
        "valid_from": valid_from,
        "valid_to": None,
        "replaced_by": None,
        "comparable_with_previous": None,
        "change_note": None,
        "themes": "waste",
        "owner": "statistics-office",
        "period_kind": "financial-year",
        **more,
    }


def stage(number: str, name: str, entered_on: str, **more: Any) -> dict[str, Any]:
    told = {"indicator": "recycled", "version": number, "stage": name, "entered_on": entered_on}
    return {**told, "until": None, "reason": None, **more}


FIRST = version("1.0.0", "2010-04-01")
SECOND = version(
    "2.0.0", "2023-04-01", comparable_with_previous="no", change_note="Rubble is no longer counted."
)
STAGES = [
    stage("2.0.0", "draft", "2022-01-10"),
    stage("2.0.0", "consultation", "2022-06-01", until="2022-08-31", reason="Comments are asked for."),
    stage("2.0.0", "current", "2023-03-15"),
]


def entries(*args: Any) -> list[tuple[str, str]]:
    return [(row["entry"], row["changed_on"]) for row in list_events(*args)]


def test_a_version_without_stages_counts_from_its_first_day() -> None:
    assert entries([FIRST, SECOND], [], []) == [
        ("indicator/recycled/v2.0.0", "2023-04-01"),
        ("indicator/recycled/v1.0.0", "2010-04-01"),
    ]


def test_every_stage_that_was_reached_is_an_event_of_its_own_day() -> None:
    assert entries([FIRST, SECOND], STAGES, []) == [
        ("indicator/recycled/v2.0.0", "2023-03-15"),
        ("stage/recycled/v2.0.0/consultation", "2022-06-01"),
        ("stage/recycled/v2.0.0/draft", "2022-01-10"),
        ("indicator/recycled/v1.0.0", "2010-04-01"),
    ]


def test_an_event_keeps_its_name_when_its_stage_is_declared_later() -> None:
    withdrawn = version("1.0.0", "2010-04-01", status="withdrawn", valid_to="2020-03-31")
    implied = entries([withdrawn], [], [])
    stages = [stage("1.0.0", "current", "2010-02-01"), stage("1.0.0", "withdrawn", "2020-04-01")]
    assert [name for name, _ in implied] == [name for name, _ in entries([withdrawn], stages, [])]
    assert implied[0] == ("stage/recycled/v1.0.0/withdrawn", "2020-04-01")


def test_names_and_order_do_not_depend_on_the_order_of_rows() -> None:
    versions, stages = [FIRST, SECOND, version("2.0.1", "2023-04-01")], [*STAGES]
    wanted = list_events(versions, stages, [])
    for seed in range(5):
        shuffled = random.Random(seed)
        shuffled.shuffle(versions)
        shuffled.shuffle(stages)
        assert list_events(versions, stages, []) == wanted


def test_a_break_is_declared_or_follows_from_the_major_number() -> None:
    def breaks(*versions: dict[str, Any]) -> dict[str, int]:
        return {row["version"]: row["breaks"] for row in list_events(list(versions), [], [])}

    assert breaks(FIRST, SECOND) == {"1.0.0": 0, "2.0.0": 1}
    assert breaks(FIRST, version("2.0.0", "2023-04-01")) == {"1.0.0": 0, "2.0.0": 1}
    minor = version("1.1.0", "2015-04-01", comparable_with_previous="with-care")
    assert breaks(FIRST, minor) == {"1.0.0": 0, "1.1.0": 0}
    assert breaks(FIRST, {**minor, "comparable_with_previous": "no"}) == {"1.0.0": 0, "1.1.0": 1}
    # Where nothing is said, figures do not compare, as every other door has it.
    assert breaks(FIRST, {**minor, "comparable_with_previous": None}) == {"1.0.0": 0, "1.1.0": 1}


def test_a_first_version_breaks_nothing_whatever_its_number() -> None:
    [only] = list_events([version("3.0.0", "2015-04-01", comparable_with_previous="no")], [], [])
    assert (only["breaks"], only["previous_version"], only["comparable"]) == (0, None, None)


def test_a_draft_that_was_never_in_use_is_not_the_version_before() -> None:
    draft = version("2.0.0", "2023-04-01", status="draft")
    third = version("3.0.0", "2024-04-01", comparable_with_previous="no")
    told = {row["version"]: row["previous_version"] for row in list_events([FIRST, draft, third], [], [])}
    assert told == {"1.0.0": None, "2.0.0": "1.0.0", "3.0.0": "1.0.0"}


def test_a_withdrawal_names_what_follows_and_breaks_nothing() -> None:
    row = version("1.0.0", "2010-04-01", status="withdrawn", valid_to="2020-03-31", replaced_by="reused")
    withdrawal, _ = list_events([row], [], [])
    told = (withdrawal["event"], withdrawal["other_indicator"], withdrawal["breaks"], withdrawal["note"])
    assert told == ("withdrawn", "reused", 0, None)


def test_a_version_whose_place_another_took_says_which() -> None:
    first = version("1.0.0", "2010-04-01", status="withdrawn", valid_to="2023-03-31")
    draft = version("1.1.0", "2020-04-01", status="draft")
    told = {row["entry"]: row["next_version"] for row in list_events([first, draft, SECOND], [], [])}
    assert told == {
        "indicator/recycled/v1.0.0": None,
        "stage/recycled/v1.0.0/withdrawn": "2.0.0",
        "stage/recycled/v1.1.0/draft": None,
        "indicator/recycled/v2.0.0": None,
    }


def test_a_withdrawal_without_a_day_is_not_given_one() -> None:
    assert entries([version("1.0.0", "2010-04-01", status="withdrawn")], [], []) == [
        ("indicator/recycled/v1.0.0", "2010-04-01")
    ]


def test_a_version_whose_last_day_is_the_last_there_is_can_be_withdrawn() -> None:
    row = version("1.0.0", "2010-04-01", status="withdrawn", valid_to="9999-12-31")
    assert entries([row], [], [])[0] == ("stage/recycled/v1.0.0/withdrawn", "9999-12-31")


def test_a_crosswalk_counts_from_the_day_it_was_declared_or_else_since_both_definitions_did() -> None:
    other = version("1.0.0", "2015-01-01") | {"indicator": "reused"}
    row = {
        "crosswalk": "two-kinds",
        "from_indicator": "recycled",
        "to_indicator": "reused",
        "to_uri": None,
        "comparable": "with-care",
        "clause": "One counts bottles.",
        "declared_on": None,
    }
    crosswalks = [name for name in entries([FIRST, other], [], [row]) if name[0].startswith("crosswalk")]
    assert crosswalks == [("crosswalk/recycled/two-kinds", "2015-01-01")]
    dated = entries([FIRST, other], [], [{**row, "declared_on": "2021-05-04"}])
    assert dated[0] == ("crosswalk/recycled/two-kinds", "2021-05-04")
    elsewhere = entries([FIRST], [], [{**row, "to_indicator": None, "to_uri": "https://example.org/reused"}])
    assert ("crosswalk/recycled/two-kinds", "2010-04-01") in elsewhere


def test_catalogue_holds_the_events_newest_first(tmp_path: Path) -> None:
    catalogue = write(make_contents(), tmp_path / "catalogue.db")
    catalogue.row_factory = sqlite3.Row
    rows = [dict(row) for row in catalogue.execute("SELECT * FROM definition_events ORDER BY rowid")]
    assert [(row["entry"], row["changed_on"], row["breaks"]) for row in rows] == [
        ("indicator/recycled/v2.0.0", "2023-04-01", 1),
        ("stage/recycled/v1.0.0/withdrawn", "2023-04-01", 0),
        ("indicator/recycled/v1.0.0", "2010-04-01", 0),
        ("indicator/in-work/v1.0.0", "2010-01-01", 0),
    ]
    assert tuple(rows[0]) == load_model().derived["definition_events"].field_names
    catalogue.close()


def test_catalogue_counts_the_areas_of_each_kind_that_have_figures(tmp_path: Path) -> None:
    catalogue = write(make_contents(), tmp_path / "catalogue.db")
    found = catalogue.execute("SELECT * FROM indicator_area_types ORDER BY 1, 2").fetchall()
    kinds = {row["area"]: row["area_type"] for row in TABLES["areas"]}
    wanted: dict[tuple[str, str], set[str]] = {}
    for row in OBSERVATIONS:
        if row["value"] is not None:
            wanted.setdefault((row["indicator"], kinds[row["area"]]), set()).add(row["area"])
    assert found == sorted((*pair, len(areas)) for pair, areas in wanted.items())
    catalogue.close()
