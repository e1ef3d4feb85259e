"""Figures about too few people: hidden one by one, over many rows, and from every form of an edition."""

from __future__ import annotations

import gzip
import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from definition_world import as_csv
from hypothesis import given, settings
from hypothesis import strategies as st
from package_files import resource, write_package
from test_publish_world import small_world, write_world

from compare.small_numbers import Counted, SmallNumber, is_hidden
from ingest.engine import Engine
from publish import publish_site
from publish.derived import FORM
from publish.small_numbers import without_small_numbers
from schemas import load_model
from schemas.site import Site

UNDER_FIVE = SmallNumber(least_count=5)
FEW_PEOPLE = SmallNumber(least_people=100)
UNITS = {"homes": "count", "share": "percent"}
KINDS = {"E01": "lsoa", "E09": "london-borough"}


def counted(**more: Any) -> Counted:
    return Counted(**{"indicator": "homes", "area_type": "lsoa", "unit": "count", "value": Decimal(3)} | more)


def test_a_count_below_the_least_is_hidden_and_zero_is_not():
    hidden = [is_hidden(UNDER_FIVE, counted(value=Decimal(n))) for n in (0, 1, 4, 5)]
    assert hidden == [False, True, True, False]


def test_a_share_is_hidden_by_its_numerator_not_by_its_value():
    share = {"unit": "percent", "value": Decimal(3)}
    assert not is_hidden(UNDER_FIVE, counted(**share))
    assert is_hidden(UNDER_FIVE, counted(**share, numerator=Decimal(4)))


def test_few_people_hide_a_figure_whatever_it_is():
    assert is_hidden(FEW_PEOPLE, counted(value=Decimal(50), denominator=Decimal(99)))
    assert is_hidden(FEW_PEOPLE, counted(value=Decimal(50), sample_size=99))
    assert not is_hidden(FEW_PEOPLE, counted(value=Decimal(50), denominator=Decimal(100)))


def test_a_rule_is_about_its_indicator_and_its_kind_of_area_alone():
    rule = SmallNumber("homes", "lsoa", least_count=5)
    assert is_hidden(rule, counted())
    assert not is_hidden(rule, counted(indicator="other"))
    assert not is_hidden(rule, counted(area_type="london-borough"))


def row(**more: Any) -> dict[str, Any]:
    cells: dict[str, Any] = dict.fromkeys(FORM.names)
    cells |= {
        "dataset": "d",
        "version": "1.0.0",
        "area": "E01",
        "period": "2020",
        "breakdown": "",
        "status": "normal",
    }
    return cells | {"_source": 1, "_row": 2} | more


def published(rows: list[dict[str, Any]], rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    engine = Engine()
    form = pa.schema(
        [
            *((name, pa.string()) for name in ("rule", "indicator", "area_type")),
            ("least_count", pa.int64()),
            ("least_people", pa.int64()),
        ]
    )
    told = [{"rule": str(n), **dict.fromkeys(form.names[1:]), **rule} for n, rule in enumerate(rules)]
    indicators = [{"indicator": name, "version": "1.0.0", "unit": unit} for name, unit in UNITS.items()]
    areas = [{"area": code, "area_type": kind} for code, kind in KINDS.items()]
    tables = {
        "observations": engine.load("o", pa.Table.from_pylist(rows, schema=FORM)),
        "disclosure_rules": engine.load("r", pa.Table.from_pylist(told, schema=form)),
        "indicators": engine.load("i", pa.Table.from_pylist(indicators)),
        "areas": engine.load("a", pa.Table.from_pylist(areas)),
    }
    found = engine.read(without_small_numbers(engine, tables)).to_pylist()
    return sorted(found, key=lambda one: one["_row"])


def test_of_a_hidden_figure_no_number_and_no_note_is_left():
    whole = row(
        indicator="homes",
        value_text="3",
        value=3.0,
        lower_limit="1",
        upper_limit="7",
        numerator="3",
        denominator="90",
        sample_size=90,
        note="The three homes in Mill Lane.",
    )
    [hidden] = published([whole], [{"least_count": 5}])
    assert hidden == row(indicator="homes", status="suppressed")


def test_a_figure_that_is_missing_for_another_reason_keeps_it():
    missing = row(indicator="share", status="not-provided", denominator="40")
    [hidden] = published([missing], [{"least_people": 100}])
    assert (hidden["status"], hidden["denominator"]) == ("not-provided", None)


def test_without_a_rule_nothing_is_hidden():
    assert published([row(indicator="homes", value_text="3", value=3.0)], [])[0]["value"] == 3.0


numbers = st.one_of(st.none(), st.integers(0, 12))
rules = st.fixed_dictionaries(
    {
        "indicator": st.sampled_from([None, "homes"]),
        "area_type": st.sampled_from([None, "lsoa"]),
        "least_count": st.one_of(st.none(), st.integers(2, 8)),
        "least_people": st.one_of(st.none(), st.integers(1, 8)),
    }
)
made = st.fixed_dictionaries(
    {
        "indicator": st.sampled_from(sorted(UNITS)),
        "area": st.sampled_from(sorted(KINDS)),
        "value": st.integers(0, 12),
        "numerator": numbers,
        "denominator": numbers,
        "sample_size": numbers,
    }
)


@settings(deadline=None, max_examples=20)
@given(st.lists(made, min_size=1, max_size=30), st.lists(rules, min_size=1, max_size=2))
def test_the_expression_hides_what_the_rule_hides(
    given_rows: list[dict[str, Any]], given_rules: list[dict[str, Any]]
):
    rows = [
        row(
            indicator=one["indicator"],
            area=one["area"],
            value=float(one["value"]),
            value_text=str(one["value"]),
            numerator=None if one["numerator"] is None else str(one["numerator"]),
            denominator=None if one["denominator"] is None else str(one["denominator"]),
            sample_size=one["sample_size"],
            _row=place,
        )
        for place, one in enumerate(given_rows)
    ]

    def decimal(number: int | None) -> Decimal | None:
        return None if number is None else Decimal(number)

    wanted = [
        any(
            is_hidden(
                SmallNumber(**rule),
                Counted(
                    one["indicator"],
                    KINDS[one["area"]],
                    UNITS[one["indicator"]],
                    decimal(one["value"]),
                    decimal(one["numerator"]),
                    decimal(one["denominator"]),
                    one["sample_size"],
                ),
            )
            for rule in given_rules
        )
        for one in given_rows
    ]
    found = published(rows, given_rules)
    assert [one["status"] == "suppressed" for one in found] == wanted
    assert [one["value"] is None for one in found] == wanted


@pytest.mark.parametrize("least", [0, 1])
def test_a_rule_hides_counts_of_people_only_from_one_up(least: int):
    assert not is_hidden(SmallNumber(least_count=least), counted(value=Decimal(1)))


RULE = {"rule": "few", "label": "Few people", "least_people": "100", "reason": "Somebody could be known."}
FIGURES = [
    {
        "area": "E06000002",
        "value": "77123",
        "lower_limit": "77001",
        "sample_size": "77",
        "note": "Mill Lane only.",
    },
    {"area": "E92000001", "value": "88456", "sample_size": "880"},
]


def test_no_file_of_an_edition_has_a_hidden_number(tmp_path: Path):
    """The database, its search and the files to download, opened where they are packed."""
    rows = [{"dataset": "work", "indicator": "in-work", "period": "2022", **one} for one in FIGURES]
    tables = {"observations": rows, "disclosure_rules": [RULE]}
    figures = write_package(
        tmp_path / "figures",
        *(resource(name=name, path=f"{name}.csv", table=name) for name in tables),
        files={
            f"{name}.csv": as_csv(list(load_model().tables[name].field_names), listed)
            for name, listed in tables.items()
        },
    )
    world = write_world(small_world(), tmp_path / "world") / "downloads"
    packages = (str(world), str(figures))
    (tmp_path / "site").mkdir()
    publish_site(
        Site(tmp_path / "site", "Hidden", "https://data.example.org/", packages), on=date(2026, 1, 2)
    )
    edition = tmp_path / "site" / "editions" / "current"
    every = b""
    for path in sorted(edition.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            every += gzip.decompress(data) if path.suffix == ".gz" else data
    connection = sqlite3.connect(edition / "catalogue.db")
    found = connection.execute(
        "SELECT area, value, status, note FROM observations WHERE period = '2022-01-01_P1Y' ORDER BY area"
    ).fetchall()
    connection.close()
    assert found == [("E06000002", None, "suppressed", None), ("E92000001", 88456.0, "normal", None)]
    assert b"88456" in every
    for secret in (b"77123", b"77001", b"Mill Lane"):
        assert secret not in every
