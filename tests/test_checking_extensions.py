"""A club extends a definition: it may say more, and it may not count otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_checking_world import Row, check_world, indicator, small_world, write_world

from ingest.checking import open_engine
from ingest.checking.standard import check_standard_tables
from ingest.problems import Problem


def standard(version: str = "1.0.0", **more: str) -> Row:
    told = {"numerator": "Tonnes recycled", "denominator": "Tonnes collected", "multiplier": "100"}
    return indicator("standard", version, **{**told, **more})


def ours(version: str = "1.0.0", **more: str) -> Row:
    """The club's definition: the standard's figures, with its own caveat and source."""
    told = {"caveats": "Two depots report late.", "source": "The club's returns", "extends": "standard"}
    return standard(version, **{**told, "indicator": "ours", "label": "Ours", **more})


# What these rules give. A row that counts otherwise may also break rules of units and of versions.
CODES = frozenset({"extension-differs", "loop-found", "reference-unknown"})


def problems_of(folder: Path, *rows: Row) -> list[Problem]:
    return [found for found in check_world(small_world(indicators=rows), folder) if found.code in CODES]


def test_an_extension_may_say_more(tmp_path: Path) -> None:
    assert problems_of(tmp_path, standard(), ours()) == []


def test_space_and_the_spelling_of_a_number_are_no_difference(tmp_path: Path) -> None:
    rows = [standard(), ours(numerator="Tonnes  recycled", multiplier="100.0")]
    assert problems_of(tmp_path, *rows) == []


@pytest.mark.parametrize(
    ("column", "other"),
    [
        ("numerator", "Tonnes composted"),
        ("denominator", ""),
        ("unit", "people"),
        ("multiplier", "1000"),
        ("period_kind", "calendar-year"),
        ("polarity", "lower"),
    ],
)
def test_an_extension_that_counts_otherwise_is_refused(tmp_path: Path, column: str, other: str) -> None:
    [found] = problems_of(tmp_path, standard(), ours(**{column: other}))
    assert (found.code, found.column, found.value) == ("extension-differs", column, other)
    wanted = standard()[column]
    assert found.message == (
        f"'{other}' is not what the extended definition says: standard 1.0.0 has '{wanted}'."
    )


def test_an_extension_is_held_against_the_version_in_use(tmp_path: Path) -> None:
    """1.10.0 comes after 1.9.0, and a draft of the standard binds nobody yet."""
    versions = [
        standard("1.9.0"),
        standard("1.10.0", numerator="Tonnes reused"),
        standard("2.0.0", numerator="Tonnes saved", status="draft"),
    ]
    [found] = problems_of(tmp_path, *versions, ours())
    assert "standard 1.10.0 has 'Tonnes reused'" in found.message
    assert problems_of(tmp_path, *versions, ours(), ours("2.0.0", numerator="Tonnes reused")) == []


def test_a_withdrawn_extension_may_stay_as_it_was(tmp_path: Path) -> None:
    rows = [standard("2.0.0", numerator="Tonnes reused"), ours(status="withdrawn")]
    assert problems_of(tmp_path, *rows) == []


def test_what_is_extended_must_be_there(tmp_path: Path) -> None:
    [found] = problems_of(tmp_path, standard(), ours(extends="standrad"))
    assert (found.code, found.column) == ("reference-unknown", "extends")
    assert "Closest: standard." in found.message


def test_extensions_do_not_go_round_in_a_circle(tmp_path: Path) -> None:
    found = problems_of(tmp_path, standard(extends="ours"), ours())
    assert {one.code for one in found} == {"loop-found"}


def test_a_club_s_package_by_itself_is_not_asked_for_the_standard(tmp_path: Path) -> None:
    world = small_world(indicators=[ours()])
    files, places = write_world(world, tmp_path)
    with open_engine(tmp_path) as engine:
        found = check_standard_tables(files, places, engine, is_partial=True)
    assert [one.message for one in found if one.code in CODES] == []
