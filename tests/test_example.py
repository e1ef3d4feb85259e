"""The bundled example is real, complete, small, and made by the script beside it.

The counts are held against what is known from elsewhere: the number of principal authorities of England, the
publishers' look-ups that the script does not use, the raw files themselves where they are on this machine.
"""

from __future__ import annotations

from pathlib import Path

import frictionless
import pytest
from example_rows import (
    ENGLAND,
    MEGABYTE,
    PACKAGES,
    RECODED,
    descriptors,
    figures_of,
    rows,
)

from examples.make_england.build import build_example
from examples.make_england.ledger import Ledger, RowsUnaccounted
from examples.make_england.observations import came_later, observation, read_period, shortest, why_not
from examples.make_england.packages import Package, Resource, write_package
from examples.make_england.register import Area, Register
from examples.make_england.sources import load_csv, load_sheet
from ingest import check_packages
from schemas import load_model

# ---- the packages ----


# Frictionless leaves a packed file open for the collector to close.
@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.parametrize("folder", PACKAGES, ids=lambda folder: folder.name)
def test_package_passes_frictionless(folder):
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["rowNumber", "fieldName", "note"])[:5]


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda folder: folder.name)
def test_package_says_whose_it_is(folder):
    descriptor = descriptors()[folder.name]
    assert descriptor["$schema"].startswith("https://datapackage.org/profiles/2.0/")
    assert descriptor["licenses"][0]["path"].startswith("https://")
    assert folder.name in ("definitions", "signals") or descriptor["sources"]
    tables = load_model().tables
    for resource in descriptor["resources"]:
        assert resource["table"] in tables
        assert ("dataset" in resource) == (resource["table"] == "observations")


def test_example_is_at_most_eight_megabytes():
    size = sum(path.stat().st_size for path in ENGLAND.rglob("*") if path.is_file())
    assert size < 8 * MEGABYTE


def test_reference_to_another_package_leads_somewhere():
    """Frictionless looks inside one package only; between the packages it is looked after here."""
    keys = {
        (key.table, key.table_fields): {
            tuple(row.get(name, "") for name in key.table_fields) for row in rows(key.table)
        }
        for table in load_model().tables.values()
        for key in table.foreign_keys
    }
    for table in load_model().tables.values():
        for row in rows(table.name):
            for key in table.foreign_keys:
                value = tuple(row.get(name, "") for name in key.fields)
                assert "" in value or value in keys[key.table, key.table_fields], (table.name, value)


def test_our_own_checker_finds_nothing_to_mend(tmp_path):
    """Every package, all of them together, and the rules of the model: nothing, not even a warning."""
    assert check_packages(PACKAGES, tmp_path).problems == []


def test_readme_counts_the_indicators():
    count = len({row["indicator"] for row in rows("indicators")})
    assert f"{count} indicators" in (ENGLAND / "README.md").read_text(encoding="utf-8")


def test_package_refuses_two_rows_for_one_key(tmp_path):
    area = {"area": "E09000015", "label": "Harrow", "area_type": "london-borough"}
    package = Package("p", "P", "P.", (), (Resource("areas", "areas", "Areas", [area, area]),), _ANY_LICENCE)
    with pytest.raises(ValueError, match="two rows for"):
        write_package(package, tmp_path)


_ANY_LICENCE = "https://creativecommons.org/licenses/by/4.0/"


# ---- the script ----


def test_rows_lost_in_silence_are_refused():
    ledger = Ledger()
    account = ledger.open("some.csv", 3)
    account.used = 1
    account.leave_out("a reason")
    with pytest.raises(RowsUnaccounted, match="3 rows read, 2 accounted for"):
        ledger.lines()


def test_figure_from_before_the_area_is_told_apart():
    register = Register()
    register.add(Area("E06000066", "Somerset", start_on="2023-04-01"))
    register.add(Area("E07000187", "Mendip", end_on="2023-03-31"))
    early, late = read_period("2015"), read_period("2024")
    assert came_later(register, "E06000066", early)
    assert not came_later(register, "E06000066", late)
    assert why_not(register, "E07000187", late) == "for an area that had ended before the period began"
    assert why_not(register, "E07000187", early) is None
    assert why_not(register, "S12000033", early) == "area of Scotland, Wales or Northern Ireland"
    assert why_not(register, "E06000066", read_period("2010")) == "before 2011"


def test_figure_of_a_recoded_area_stands_under_the_code_of_its_time():
    """Sheffield got a new code in April 2025 and kept its ground; the publisher writes it for all years."""
    found = [row for row in figures_of("healthy-life-expectancy") if row["area"] == "E08000019"]
    assert len(found) == 24
    assert {row["status"] for row in found} == {""}
    assert not [row for row in figures_of("healthy-life-expectancy") if row["area"] == "E08000039"]


def test_status_normal_is_left_empty():
    assert "status" not in observation("x", "E06000066", read_period("2024"), "1", "normal")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("72.400000000000006", "72.4"),
        ("8.6999999999999993", "8.7"),
        ("54.80778000000001", "54.80778000000001"),
        ("60.10", "60.10"),
        ("-", "-"),
        ("18231.88884", "18231.88884"),
    ],
)
def test_number_is_written_with_the_digits_it_needs(text, wanted):
    assert shortest(text) == wanted
    assert text == "-" or float(shortest(text)) == float(text)


@pytest.mark.sources
def test_same_files_give_the_same_bytes(sources, tmp_path):
    build_example(sources, tmp_path)
    made = {path.relative_to(tmp_path): path for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.relative_to(ENGLAND): path for path in ENGLAND.rglob("*") if path.is_file()}
    del kept[Path("README.md")]
    assert set(made) == set(kept)
    for name, path in kept.items():
        assert made[name].read_bytes() == path.read_bytes(), name


@pytest.mark.sources
@pytest.mark.parametrize(
    ("table", "series", "indicator", "code"),
    [
        ("employment-rate", "Employment rate", "employment-rate", ""),
        ("gross-median-weekly-pay", "Gross median weekly pay", "weekly-pay", ""),
        ("healthy-life-expectancy", "Female healthy life expectancy", "healthy-life-expectancy", "female"),
        ("greenhouse-gas-emissions", "Greenhouse gas emissions", "greenhouse-gases", ""),
        ("adult-obesity-prevalence", "Adult obesity prevalence", "adult-obesity", ""),
    ],
)
def test_figure_is_the_publishers_own(sources, table, series, indicator, code):
    """Every English council's row of the raw file since 2011 is here, digit for digit."""
    kind = next(row["period_kind"] for row in rows("indicators") if row["indicator"] == indicator)
    here = {
        (row["area"], read_period(row["period"], kind).notation): row
        for row in rows("observations")
        if row["indicator"] == indicator and row.get("sex", "") == code
    }
    compared = set()
    for raw in load_csv(sources / "ons-explore-local-statistics" / table / f"{table}.csv"):
        period = read_period(raw["period"])
        code_then = (
            RECODED.get(raw["areacd"], raw["areacd"]) if period.start_on.year < 2025 else raw["areacd"]
        )
        found = here.get((code_then, period.notation))
        if raw["indicator"] == series and found:
            assert (found["value"], found["lower_limit"] if raw["lci_95"] else "") == (
                raw["observation"],
                raw["lci_95"],
            )
            compared.add((code_then, period.notation))
    assert len(compared) == len(here) > 1000


@pytest.mark.sources
def test_spending_is_the_ministrys_thousands(sources):
    sheet = load_sheet(
        sources / "mhclg-revenue-outturn-2024-25" / "RSX_LA_Data_2024-25_data_by_LA.ods", "RSX_LA_Data_202425"
    )
    kent = next(row for row in sheet if row[1] == "E10000016")
    column = sheet[6].index("Adult Social Care - Net Current Expenditure (C7 = C3 - C6)")
    found = next(row for row in figures_of("spending-adult-care") if row["area"] == "E10000016")
    assert float(found["numerator"]) == pytest.approx(float(kent[column]) * 1000)
