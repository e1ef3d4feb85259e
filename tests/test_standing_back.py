"""A site's own rows stand before those that it pulled, and a definition never says two things."""

from __future__ import annotations

from pathlib import Path

from pull_world import REGISTERS, after, recycled, write_standards, write_tables
from test_checking_world import Row

from ingest import Report, check_packages
from ingest.checking import open_engine
from ingest.standard_file import union_query

PULLED = {"address": "https://standards.example.org/"}


def rows_of(report: Report, table: str, scratch: Path, *columns: str) -> list[tuple[str, ...]]:
    with open_engine(scratch) as engine:
        source = union_query(report.tables[table])
        return engine.execute(f"SELECT {', '.join(columns)} FROM {source} ORDER BY ALL").fetchall()


def check(folder: Path, ours: dict[str, list[Row]], *pulled: Row) -> Report:
    """Check a site of one package of its own and one that was pulled; the pulled one is read first."""
    packages = [
        write_standards(folder / "pulled", *pulled, pulled=PULLED),
        write_tables(folder / "ours", ours),
    ]
    return check_packages(packages, folder / "scratch", is_site=True)


def test_a_site_s_own_words_of_a_theme_stand(tmp_path: Path) -> None:
    ours = [
        {"code_list": "theme", "code": "waste", "label": "Rubbish"},
        {"code_list": "theme", "code": "bins", "label": "Bins"},
    ]
    report = check(tmp_path, {"codes": ours}, recycled())
    assert [found.message for found in report.problems] == []
    themes = [
        row for row in rows_of(report, "codes", tmp_path, "code_list", "code", "label") if row[0] == "theme"
    ]
    assert themes == [("theme", "bins", "Bins"), ("theme", "waste", "Rubbish"), ("theme", "work", "Work")]


def test_the_same_definition_from_home_and_from_elsewhere_is_one(tmp_path: Path) -> None:
    first, second = after(recycled("2.0.0", comparable_with_previous="no"))
    there = first | {"origin": "https://standards.example.org/id/indicator/recycled/v1.0.0"}
    report = check(tmp_path, {"indicators": [first]}, there, second)
    assert [found.message for found in report.problems] == []
    assert rows_of(report, "indicators", tmp_path, "version", "origin") == [("1.0.0", None), ("2.0.0", None)]


def test_a_definition_that_says_otherwise_is_a_key_that_is_there_twice(tmp_path: Path) -> None:
    report = check(tmp_path, {"indicators": [recycled(numerator="Tonnes burnt")]}, recycled())
    assert [found.code for found in report.problems] == ["key-repeated"]


def test_two_packages_of_one_s_own_may_not_say_a_thing_twice(tmp_path: Path) -> None:
    packages = [
        write_standards(tmp_path / "first", recycled()),
        write_tables(tmp_path / "second", {"codes": list(REGISTERS["codes"][:1])}),
    ]
    report = check_packages(packages, tmp_path / "scratch", is_site=True)
    assert [found.code for found in report.problems] == ["key-repeated"]


def test_of_two_pulled_packages_the_first_one_s_words_stand(tmp_path: Path) -> None:
    packages = [
        write_standards(tmp_path / name, recycled(), tables={"bodies": [body]}, pulled=PULLED)
        for name, body in (
            ("first", {"body": "statistics-office", "label": "First", "body_type": "statistics-office"}),
            ("second", {"body": "statistics-office", "label": "Second", "body_type": "statistics-office"}),
        )
    ]
    report = check_packages(packages, tmp_path / "scratch", is_site=True)
    assert [found.message for found in report.problems] == []
    assert rows_of(report, "bodies", tmp_path, "label") == [("First",)]
