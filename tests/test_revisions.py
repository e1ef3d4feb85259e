"""Every figure's earlier published values: from which edition to which, and why."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from test_publish_world import OBSERVATIONS, TABLES, YEAR_2022, YEAR_2023, make_contents, observation

from publish.build import Making, prepare, publish_contents
from publish.edition import EditionsFolder

Row = dict[str, Any]
Tables = dict[str, list[Row]]

FIGURE = "waste/recycled/E06000002/2022-04-01_P1Y"
DAYS = [date(2026, 3, day) for day in range(1, 29)]


class World:
    """A folder of editions. Each publication is a day later than the one before."""

    def __init__(self, folder: Path) -> None:
        self.editions = EditionsFolder(folder)
        self.published: list[str] = []

    def publish(self, observations: Sequence[Row] = OBSERVATIONS, tables: Tables | None = None) -> str:
        contents = make_contents(list(observations), {**TABLES, **(tables or {})})
        with self.editions.locked(), self.editions.scratch() as scratch:
            prepared = prepare(contents, scratch / "downloads")
            name, _ = publish_contents(prepared, self.editions, Making(DAYS[len(self.published)]))
        self.published.append(name)
        return name

    def revisions(self, edition: str) -> list[Row]:
        catalogue = sqlite3.connect(self.editions.folder / edition / "catalogue.db")
        catalogue.row_factory = sqlite3.Row
        rows = [dict(row) for row in catalogue.execute("SELECT * FROM revisions ORDER BY figure, revised_on")]
        catalogue.close()
        return rows


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "editions")


def changed(**told: Any) -> list[Row]:
    """Give the small world with Brookborough's figure of 2022 said otherwise."""
    value = told.pop("value", "43.60")
    return [
        observation(
            "E06000002", YEAR_2022, value, **{"_row": 3, "numerator": "436", "denominator": "1000", **told}
        )
        if (row["area"], row["period"]) == ("E06000002", YEAR_2022)
        else row
        for row in OBSERVATIONS
    ]


def without(area: str, period: str) -> list[Row]:
    return [row for row in OBSERVATIONS if (row["area"], row["period"]) != (area, period)]


def test_a_first_edition_has_no_revisions(world: World):
    first = world.publish()
    assert world.revisions(first) == []
    manifest = json.loads((world.editions.folder / first / "manifest.json").read_text())
    assert (manifest["follows"], manifest["content"]) == (None, manifest["digest"])


def test_a_revised_figure_keeps_the_value_it_was_published_with(world: World):
    first, second = world.publish(), world.publish(changed(value="44.10"))
    assert world.revisions(second) == [
        {
            "figure": FIGURE,
            "dataset": "waste",
            "indicator": "recycled",
            "area": "E06000002",
            "period": YEAR_2022,
            "breakdown": "",
            "change": "revised",
            "value_before": 43.6,
            "value_text_before": "43.60",
            "status_before": "normal",
            "lower_limit_before": None,
            "upper_limit_before": None,
            "version_before": "1.0.0",
            "value_after": 44.1,
            "value_text_after": "44.10",
            "status_after": "normal",
            "lower_limit_after": None,
            "upper_limit_after": None,
            "version_after": "1.0.0",
            "from_edition": first,
            "to_edition": second,
            "revised_on": "2026-03-02",
            "reason_kind": "none",
            "reason": "No reason given.",
        }
    ]


def test_a_suppressed_figure_that_is_shown_later_is_revised(world: World):
    world.publish(changed(value=None))
    [row] = world.revisions(world.publish())
    assert (row["value_before"], row["status_before"]) == (None, "suppressed")
    assert (row["value_after"], row["status_after"]) == (43.6, "normal")


def test_other_digits_or_a_new_figure_are_no_revision(world: World):
    world.publish(without("E92000001", YEAR_2023))
    assert world.revisions(world.publish(changed(value="43.6"))) == []


def test_another_range_alone_is_a_revision(world: World):
    world.publish(changed(lower_limit="40", upper_limit="46"))
    [row] = world.revisions(world.publish(changed(lower_limit="41", upper_limit="46")))
    assert (row["lower_limit_before"], row["lower_limit_after"]) == (40.0, 41.0)


def test_a_figure_of_a_breakdown_is_named_by_its_codes(world: World):
    world.publish()
    other = [
        {**row, "value": 40051.0, "value_text": "40051"} if row["_row"] == 8 else row for row in OBSERVATIONS
    ]
    [row] = world.revisions(world.publish(other))
    assert row["figure"] == "work/in-work/E06000002/2023-01-01_P1Y/sex=female"
    assert row["breakdown"] == "sex=female"


def test_later_editions_carry_the_revisions_of_earlier_ones(world: World):
    first, second = world.publish(), world.publish(changed(value="44.10"))
    third = world.publish(changed(value="44.20"))
    told = [(row["value_before"], row["value_after"], row["from_edition"]) for row in world.revisions(third)]
    assert told == [(43.6, 44.1, first), (44.1, 44.2, second)]
    assert len(world.revisions(second)) == 1


def test_a_withdrawn_figure_and_its_return_are_told(world: World):
    world.publish()
    world.publish(without("E06000002", YEAR_2022))
    rows = world.revisions(world.publish(changed(value="43.90")))
    assert [(row["change"], row["value_before"], row["value_after"]) for row in rows] == [
        ("withdrawn", 43.6, None),
        ("returned", None, 43.9),
    ]
    assert [(row["status_before"], row["status_after"]) for row in rows] == [
        ("normal", None),
        (None, "normal"),
    ]


def test_figures_put_back_as_they_were_are_another_edition_that_tells_both_changes(world: World):
    first, second = world.publish(), world.publish(changed(value="44.10"))
    third = world.publish()
    assert third not in (first, second)
    assert world.editions.content(third) == world.editions.content(first)
    assert [(row["value_before"], row["value_after"]) for row in world.revisions(third)] == [
        (43.6, 44.1),
        (44.1, 43.6),
    ]


def test_the_same_way_to_the_same_figures_gives_the_same_edition(tmp_path: Path):
    names = []
    for place in ("here", "there"):
        world = World(tmp_path / place)
        world.publish()
        name = world.publish(changed(value="44.10"))
        file = world.editions.folder / name / "downloads" / "revisions.parquet"
        names.append((name, file.read_bytes()))
    assert names[0] == names[1]


def test_publishing_the_same_figures_again_makes_no_edition(world: World):
    world.publish()
    second = world.publish(changed(value="44.10"))
    assert world.publish(changed(value="44.10")) == second
    assert len(world.editions.names()) == 2


def test_an_edition_gone_back_from_leaves_no_revision_and_is_found_again(world: World):
    first, second = world.publish(), world.publish(changed(value="44.10"))
    world.editions.roll_back()
    assert world.publish(changed(value="44.10")) == second
    world.editions.roll_back()
    rows = world.revisions(world.publish(changed(value="44.20")))
    assert [(row["value_before"], row["from_edition"]) for row in rows] == [(43.6, first)]


def _correction() -> Tables:
    return {
        "corrections": [
            {
                "correction": "brook-2022",
                "resource": "figures",
                "row": 3,
                "column": "value",
                "found": "43.60",
                "corrected": "44.10",
                "reason": "Two skips were left out.",
                "provided_by": "Brookborough Council",
                "declared_on": date(2026, 3, 1),
            }
        ]
    }


@pytest.mark.parametrize(
    ("before", "after", "tables", "kind", "words"),
    [
        (changed, lambda: changed(value="44.10"), _correction, "correction", "Two skips were left out."),
        (
            changed,
            lambda: changed(value="44.10", version="2.0.0"),
            dict,
            "definition",
            "Counted by version 2.0.0 of the definition in place of 1.0.0.",
        ),
        (
            changed,
            lambda: changed(value="44.10", note="Two councils sent late returns."),
            dict,
            "note",
            "Two councils sent late returns.",
        ),
        (
            lambda: changed(status="provisional"),
            lambda: changed(value="44.10"),
            dict,
            "final",
            "The provisional figure was replaced by a final one.",
        ),
        (
            changed,
            lambda: changed(value="44.10", status="revised"),
            dict,
            "status",
            "The publisher marked the figure as revised.",
        ),
        (changed, lambda: changed(value="44.10"), dict, "none", "No reason given."),
    ],
)
def test_a_revision_says_why_as_far_as_anything_published_does(
    world: World,
    before: Callable[[], list[Row]],
    after: Callable[[], list[Row]],
    tables: Callable[[], Tables],
    kind: str,
    words: str,
):
    world.publish(before())
    [row] = world.revisions(world.publish(after(), tables()))
    assert (row["reason_kind"], row["reason"]) == (kind, words)


def test_a_correction_known_before_explains_no_later_change(world: World):
    world.publish(changed(value="44.10"), _correction())
    [row] = world.revisions(world.publish(changed(value="45"), _correction()))
    assert row["reason_kind"] == "none"


def test_another_version_alone_is_no_revision(world: World):
    world.publish()
    assert world.revisions(world.publish(changed(version="2.0.0"))) == []


def test_the_file_to_take_away_has_every_revision(world: World):
    world.publish()
    second = world.publish(changed(value="44.10"))
    table = pq.read_table(world.editions.folder / second / "downloads" / "revisions.parquet")
    assert table.to_pylist() == world.revisions(second)
