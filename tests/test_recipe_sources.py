"""Every shipped recipe on the publishers' files as they lie: exact counts, and cells read by other means.

The expected numbers were counted in the files. A recipe that loses a row, or finds one more, fails here.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb
import pyarrow.parquet
import pytest
import python_calamine
from recipe_cells import CELLS
from recipe_counts import COUNTS, FOLDERS, WARNINGS

from ingest.checking.standard import check_standard_tables
from ingest.problems import Place, as_text
from ingest.recipe import Applied, apply_recipe, load_recipe, load_registers, shipped_recipes

pytestmark = pytest.mark.sources

Apply = Callable[[str], Applied]


@pytest.fixture(scope="module")
def applied(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apply]:
    """Apply a recipe to its real files, each once, and throw away what it made when all tests are through."""
    folder = tmp_path_factory.mktemp("recipes")

    @cache
    def apply(name: str) -> Applied:
        councils = ("uk-local-authorities", "gss-code-changes")
        before = {"uk-local-authorities": (), "gss-code-changes": councils[:1]}
        # Its councils are to be told from the statistical areas of the same names.
        before["dfe-lait"] = (*councils, "ons-local-indicators")
        known = before.get(name, councils)
        registers = load_registers(*(apply(other).tables for other in known))
        package = sources / FOLDERS[name] if FOLDERS[name] else folder / "nothing"
        number = list(FOLDERS).index(name) * 1000
        return apply_recipe(load_recipe(name), package, folder / name, registers, first_source=number)

    yield apply
    for file in folder.rglob("*.parquet"):
        file.unlink()


def rows(applied: Applied, table: str, where: str, *columns: str) -> list[tuple[object, ...]]:
    """Read what was written. `where` is a condition of the test's own."""
    listed = ", ".join(f'"{column}"' for column in columns)
    with duckdb.connect() as connection:
        return connection.execute(
            f"SELECT {listed} FROM read_parquet(?) WHERE {where} ORDER BY ALL", [str(applied.tables[table])]
        ).fetchall()


def test_every_shipped_recipe_is_tried_on_real_files() -> None:
    assert set(FOLDERS) == set(shipped_recipes()) == set(COUNTS)


@pytest.mark.parametrize("name", FOLDERS)
def test_every_row_is_accounted_for(name: str, applied: Apply) -> None:
    result = applied(name)
    errors = [problem for problem in result.problems if problem.severity == "error"]
    assert not errors, as_text(errors)
    warnings = {(problem.code, problem.file) for problem in result.problems}
    assert warnings == WARNINGS.get(name, set())
    sums: Counter[tuple[str, str, str]] = Counter()
    for count in result.counts:
        assert count.is_complete, count
        parts = {
            "rows": count.rows,
            "written": count.written,
            "left_out": sum(count.left_out.values()),
            "repeats": count.repeats,
        }
        for part, number in parts.items():
            sums[count.source, count.table or "", part] += number
    found = {
        (source, table): tuple(
            sums[source, table, part] for part in ("rows", "written", "left_out", "repeats")
        )
        for source, table, _ in sums
    }
    assert found == COUNTS[name]


@pytest.mark.parametrize("name", FOLDERS)
def test_tables_hold_what_the_counts_say(name: str, applied: Apply) -> None:
    result = applied(name)
    recipe = load_recipe(name)
    for table, parquet in result.tables.items():
        written = sum(count.written for count in result.counts if count.table == table)
        fixed = len(recipe.fixed.get(table, ()))
        in_file = pyarrow.parquet.ParquetFile(parquet).metadata.num_rows
        if table != "corrections":
            assert in_file == written + fixed, table


def test_standard_tables_of_all_recipes_pass_the_check(applied: Apply) -> None:
    results = [applied(name) for name in FOLDERS]
    tables: dict[str, list[Path]] = {}
    places: dict[int, Place] = {}
    for result in results:
        for table, parquet in result.tables.items():
            tables.setdefault(table, []).append(parquet)
        places |= {result.first_source + at: Place(name) for at, name in enumerate(result.sources)}
    # Two recipes describe the same indicator of the same source; a site uses one of them.
    with duckdb.connect() as connection:
        problems = check_standard_tables(tables, places, connection)
    # Some measures of deprivation are in the files of 2010 and 2019, and not in those of 2015.
    found = [one for one in problems if one.code != "version-skipped"]
    assert not found, as_text(found)
    assert {one.severity for one in problems} <= {"warning"}


def test_every_figure_of_the_statistics_office_is_as_published(sources: Path, applied: Apply) -> None:
    result = applied("ons-local-indicators")
    found = {
        (source, row): (value, lower, upper)
        for source, row, value, lower, upper in rows(
            result, "observations", "true", "_source", "_row", "value", "lower_limit", "upper_limit"
        )
    }
    folder = sources / FOLDERS["ons-local-indicators"]
    compared = 0
    for path in result.sources:
        if not path.endswith(".csv"):
            continue
        number = result.first_source + result.sources.index(path)
        with (folder / path).open(encoding="utf-8-sig", newline="") as file:
            for row, record in enumerate(csv.DictReader(file), 2):
                written = found.pop((number, row), None)
                if written is None:
                    continue
                published = [record[name] or None for name in ("observation", "lci_95", "uci_95")]
                if record["unit"] == "£ million":
                    published = [cell and str(Decimal(cell) * 1_000_000).split(".")[0] for cell in published]
                assert list(written) == published, (path, row)
                compared += 1
    assert not found
    assert compared == 173959


@pytest.mark.parametrize(
    ("name", "table", "where", "columns", "wanted"),
    CELLS,
    ids=[f"{cell[0]}: {cell[2][:60]}" for cell in CELLS],
)
def test_cells_read_by_hand(
    name: str,
    table: str,
    where: str,
    columns: tuple[str, ...],
    wanted: list[tuple[object, ...]],
    applied: Apply,
) -> None:
    assert rows(applied(name), table, where, *columns) == wanted


def test_every_figure_of_the_interactive_tool_is_as_published(sources: Path, applied: Apply) -> None:
    published = pyarrow.parquet.read_table(
        sources / FOLDERS["dfe-lait"] / "bds_long_0.parquet", columns=["Values"]
    ).column(0)
    found = rows(applied("dfe-lait"), "observations", "true", "_row", "value", "status")
    assert len({row for row, _, _ in found}) == len(found)
    # The first row of a table without headings of its own would be row 2 in a spreadsheet.
    for row, value, status in found:
        cell = published[int(str(row)) - 2].as_py()
        assert (value, status == "not-available") == ((None, True) if cell == "-" else (cell, False))


def test_ranks_of_2019_are_the_same_with_and_without_separators(sources: Path, applied: Apply) -> None:
    folder = sources / FOLDERS["mhclg-deprivation"]
    found = dict(
        rows(
            applied("mhclg-deprivation"),
            "observations",
            "indicator = 'deprivation-rank' AND period LIKE '2019%' AND dataset = 'deprivation'",
            "area",
            "value",
        )
    )
    path = folder / "File_2_-_IoD2019_Domains_of_Deprivation.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        for record in csv.DictReader(file):
            rank = record["Index of Multiple Deprivation (IMD) Rank (where 1 is most deprived)"]
            assert found.pop(record["LSOA code (2011)"]) == rank
    assert not found


def test_every_cell_of_the_outturn_is_multiplied_exactly(sources: Path, applied: Apply) -> None:
    result = applied("mhclg-revenue-outturn")
    path = "RO3_LA_Data_2024-25_data_by_LA.ods"
    workbook = python_calamine.CalamineWorkbook.from_path(sources / FOLDERS["mhclg-revenue-outturn"] / path)
    grid = workbook.get_sheet_by_name("RO3_LA_Data_202425").to_python(skip_empty_area=False)
    column = {code.lower(): number for number, code in enumerate(grid[430]) if code}
    assert len(column) == 490
    number = result.first_source + result.sources.index(path)
    found = rows(result, "observations", f"_source = {number}", "indicator", "_row", "value")
    assert len(found) == 328 * 490
    for indicator, row, value in found:
        cell = grid[int(str(row)) - 1][column[str(indicator)]]
        if isinstance(cell, float):
            assert Decimal(str(value)) == Decimal(repr(cell)) * 1000
        else:
            assert value is None
            assert cell.startswith("[")


def test_site_s_own_counts_are_left_out_of_the_housing_test(sources: Path, applied: Apply) -> None:
    boroughs = json.loads((sources / FOLDERS["london-housing-delivery-test"] / "boroughs.json").read_text())
    result = applied("london-housing-delivery-test")
    written = {int(str(value)) for (value,) in rows(result, "observations", "true", "value")}
    wanted = {b[key] for b in boroughs.values() for key in ("homes_delivered_2020_23", "hdt_2023_pct")}
    assert written == wanted
    targets = sorted(int(str(value)) for (value,) in rows(result, "targets", "true", "value"))
    assert targets == sorted(b["homes_required_2020_23"] for b in boroughs.values())


def test_applying_a_recipe_again_gives_the_same_bytes(sources: Path, applied: Apply, tmp_path: Path) -> None:
    first = applied("ofsted-inspections")
    registers = load_registers(applied("uk-local-authorities").tables, applied("gss-code-changes").tables)
    again = apply_recipe(
        load_recipe("ofsted-inspections"),
        sources / FOLDERS["ofsted-inspections"],
        tmp_path,
        registers,
        first_source=first.first_source,
    )
    assert again.tables.keys() == first.tables.keys()
    for table, parquet in first.tables.items():
        assert again.tables[table].read_bytes() == parquet.read_bytes(), table
