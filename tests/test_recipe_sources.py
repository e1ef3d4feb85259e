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

from ingest.checking.standard import check_standard_tables
from ingest.problems import Place, as_text
from ingest.recipe import Applied, apply_recipe, load_recipe, load_registers, shipped_recipes

pytestmark = pytest.mark.sources

# The folder of each recipe's package, in the order in which registers need them.
FOLDERS = {
    "uk-local-authorities": "area-local-authorities",
    "gss-code-changes": "area-code-changes",
    "uk-publishers": "",
    "ons-local-indicators": "ons-explore-local-statistics",
    "ofsted-inspections": "ofsted-la-inspection-outcomes",
    "dfe-lait": "dfe-lait",
    "mhclg-revenue-outturn": "mhclg-revenue-outturn-2024-25",
    "mhclg-deprivation": "imd",
    "oflog-adult-social-care": "oflog-adult-social-care",
    "london-housing-delivery-test": "london-housing-delivery-test-2023",
}

# Rows read (or rows times columns), written, left out, repeats. There are no problems in any of them.
# The first entry of each source, without a table, is what was read of its files.
COUNTS: dict[str, dict[tuple[str, str], tuple[int, int, int, int]]] = {
    "uk-local-authorities": {
        ("councils", ""): (470, 470, 0, 0),
        ("names", ""): (1774, 1291, 483, 0),
        ("councils", "bodies"): (470, 470, 0, 0),
        ("councils", "body_identifiers"): (2350, 1827, 523, 0),
        ("councils", "areas"): (470, 445, 25, 0),
        ("councils", "body_areas"): (470, 445, 25, 0),
        ("councils", "area_parents"): (1410, 747, 663, 0),
        ("councils", "body_changes"): (472, 50, 422, 0),
        ("councils", "area_changes"): (472, 8, 464, 0),
        ("names", "area_names"): (1291, 1290, 0, 1),
    },
    "gss-code-changes": {
        ("codes", ""): (409, 409, 0, 0),
        ("changes", ""): (90, 90, 0, 0),
        ("codes", "areas"): (409, 46, 363, 0),
        ("codes", "area_names"): (409, 3, 406, 0),
        ("changes", "area_changes"): (90, 90, 0, 0),
    },
    "uk-publishers": {},
    "ons-local-indicators": {
        ("figures", ""): (174675, 174675, 0, 0),
        ("metadata", ""): (73, 73, 0, 0),
        ("figures", "observations"): (174675, 173959, 696, 20),
        ("figures", "areas"): (174675, 330, 165523, 8822),
        ("metadata", "datasets"): (73, 49, 0, 24),
        ("metadata", "indicators"): (73, 72, 1, 0),
    },
    "ofsted-inspections": {
        ("history-2025", ""): (271, 271, 0, 0),
        ("latest-2025", ""): (153, 153, 0, 0),
        ("year-2025", ""): (112, 112, 0, 0),
        ("year-2023", ""): (111, 111, 0, 0),
        ("history-2023", ""): (160, 152, 8, 0),
        ("ended-2023", ""): (4, 4, 0, 0),
        ("history-2025", "judgements"): (1355, 1187, 168, 0),
        ("latest-2025", "judgements"): (765, 0, 50, 715),
        ("year-2025", "judgements"): (672, 60, 352, 260),
        ("year-2023", "judgements"): (111, 60, 51, 0),
        ("history-2023", "judgements"): (4408, 1370, 2329, 709),
        ("ended-2023", "judgements"): (116, 34, 74, 8),
    },
    "dfe-lait": {
        ("figures", ""): (641070, 641070, 0, 0),
        ("dictionary", ""): (448, 448, 0, 0),
        ("authorities", ""): (171, 171, 0, 0),
        ("neighbours-2021", ""): (161, 154, 7, 0),
        ("neighbours-2025", ""): (161, 153, 8, 0),
        ("figures", "observations"): (641070, 620305, 20765, 0),
        ("dictionary", "indicators"): (448, 434, 0, 14),
        ("neighbours-2021", "neighbours"): (1540, 1520, 20, 0),
        ("neighbours-2025", "neighbours"): (1530, 1530, 0, 0),
    },
    "mhclg-revenue-outturn": {
        ("rsx", ""): (411, 328, 83, 0),
        ("rsx-classes", ""): (11, 0, 11, 0),
        ("rsx-notes", ""): (7, 7, 0, 0),
        ("ro3", ""): (411, 328, 83, 0),
        ("ro3-classes", ""): (11, 0, 11, 0),
        ("ro3-notes", ""): (9, 9, 0, 0),
        ("rsx", "observations"): (328 * 98, 328 * 98, 0, 0),
        ("rsx", "indicators"): (98, 98, 0, 0),
        ("ro3", "observations"): (328 * 490, 328 * 490, 0, 0),
        ("ro3", "indicators"): (490, 490, 0, 0),
    },
    "mhclg-deprivation": {
        ("lsoa-2019", ""): (32844, 32844, 0, 0),
        ("domains-2019", ""): (32844, 32844, 0, 0),
        ("people-2019", ""): (32844, 32844, 0, 0),
        ("lsoa-2015", ""): (32844, 32844, 0, 0),
        ("lsoa-2010", ""): (32482, 32482, 0, 0),
        ("lsoa-2025", ""): (33755, 33755, 0, 0),
        ("districts-2019", ""): (317, 317, 0, 0),
        ("districts-2023", ""): (296, 296, 0, 0),
        ("districts-2025", ""): (296, 296, 0, 0),
        ("lsoa-2019", "areas"): (32844, 32844, 0, 0),
        ("lsoa-2019", "area_parents"): (32844, 32844, 0, 0),
        ("lsoa-2019", "observations"): (32844 * 2, 32844 * 2, 0, 0),
        ("lsoa-2019", "indicators"): (2, 2, 0, 0),
        ("domains-2019", "observations"): (32844 * 14, 32844 * 14, 0, 0),
        ("domains-2019", "indicators"): (14, 14, 0, 0),
        ("people-2019", "observations"): (32844 * 5, 32844 * 5, 0, 0),
        ("people-2019", "indicators"): (5, 5, 0, 0),
        ("lsoa-2015", "areas"): (32844, 0, 0, 32844),
        ("lsoa-2015", "observations"): (32844 * 3, 32844 * 3, 0, 0),
        ("lsoa-2015", "indicators"): (3, 3, 0, 0),
        ("lsoa-2010", "areas"): (32482, 810, 0, 31672),
        ("lsoa-2010", "observations"): (32482 * 24, 32482 * 24, 0, 0),
        ("lsoa-2010", "indicators"): (24, 24, 0, 0),
        ("lsoa-2025", "areas"): (33755, 1945, 0, 31810),
        ("lsoa-2025", "observations"): (33755 * 24, 33755 * 24, 0, 0),
        ("lsoa-2025", "indicators"): (24, 24, 0, 0),
        ("districts-2019", "observations"): (317 * 17, 317 * 17, 0, 0),
        ("districts-2019", "indicators"): (17, 17, 0, 0),
        ("districts-2023", "observations"): (296 * 24, 296 * 24, 0, 0),
        ("districts-2023", "indicators"): (24, 7, 0, 17),
        ("districts-2025", "observations"): (296 * 56, 296 * 56, 0, 0),
        ("districts-2025", "indicators"): (56, 56, 0, 0),
    },
    "oflog-adult-social-care": {
        ("figures", ""): (6376, 6376, 0, 0),
        ("figures", "observations"): (6376, 6376, 0, 0),
        ("figures", "indicators"): (6376, 7, 0, 6369),
    },
    "london-housing-delivery-test": {
        ("boroughs", ""): (33, 33, 0, 0),
        ("boroughs", "targets"): (33, 33, 0, 0),
        ("boroughs", "observations"): (66, 66, 0, 0),
    },
}

# What the recipes warn of: metadata files of tables that the publisher's package does not hold.
WARNINGS = {
    "ons-local-indicators": {
        ("recipe-partner-missing", f"{name}/{name}.json")
        for name in (
            "average-house-price",
            "child-weight",
            "gdp-per-head",
            "population-by-age-and-sex",
            "population-indicators",
        )
    }
}

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


NOT_RECEIVED = (
    "RO return not received in time for publication. England totals have been estimated by also drawing on "
    "grant allocations, where known, or the proportions within the previous year's data."
)

# Cells read by hand in the publishers' files: recipe, table, which rows, and what they should say.
CELLS: list[tuple[str, str, str, tuple[str, ...], list[tuple[object, ...]]]] = [
    (
        "uk-local-authorities",
        "bodies",
        "body = 'cumbria-county-council'",
        ("label", "body_type", "end_on", "_row"),
        # The register says 1 April, the first day of the councils that followed.
        [("Cumbria County Council", "county-council", "2023-03-31", 81)],
    ),
    (
        "uk-local-authorities",
        "body_identifiers",
        "body = 'london-borough-of-harrow'",
        ("scheme", "identifier"),
        [
            ("dfe", "310"),
            ("e-code", "E5039"),
            ("gov-uk", "harrow"),
            ("local-authority-register", "HRW"),
            ("ons-old", "00AQ"),
        ],
    ),
    (
        "uk-local-authorities",
        "body_changes",
        "from_body = 'cumbria-county-council'",
        ("to_body", "changed_on"),
        [("cumberland-council", "2023-04-01"), ("westmorland-and-furness-council", "2023-04-01")],
    ),
    (
        "gss-code-changes",
        "area_changes",
        "to_area IN ('E07000112', 'E06000057', 'E07000244')",
        ("from_area", "to_area", "changed_on", "change"),
        [
            ("E06000048", "E06000057", "2013-04-01", "boundary-moved"),
            ("E07000112", "E07000112", "2018-04-01", "renamed"),
            ("E07000205", "E07000244", "2019-04-01", "merged"),
            ("E07000206", "E07000244", "2019-04-01", "merged"),
        ],
    ),
    (
        "gss-code-changes",
        "areas",
        "area IN ('E06000048', 'E07000182')",
        ("area", "label", "start_on", "end_on"),
        [
            ("E06000048", "Northumberland", "2009-04-01", "2013-03-31"),
            ("E07000182", "Bridgnorth", None, "2009-03-31"),
        ],
    ),
    (
        "ons-local-indicators",
        "observations",
        "_row = 4270 AND indicator = 'preventable-heart-deaths'",
        ("area", "period", "value", "status", "note"),
        [
            (
                "E67000001",
                "2013-01-01_P3Y",
                "44.54463",
                "combined",
                "Value for Hackney and City of London combined",
            )
        ],
    ),
    (
        "ons-local-indicators",
        "observations",
        "indicator = 'healthy-life-expectancy' AND area = 'K02000001' AND period = '2011-01-01_P3Y'",
        ("sex", "value", "lower_limit", "upper_limit"),
        [("female", "63.7", "63.6", "63.9"), ("male", "62.7", "62.6", "62.9")],
    ),
    (
        "ons-local-indicators",
        "observations",
        "indicator = 'weekly-pay' AND area = 'K02000001' AND period = '2025-04-30_P1D'",
        ("value", "dataset"),
        [("642.5", "gross-median-weekly-pay")],
    ),
    (  # an area that began later: the figure was worked out for it, and says so
        "ons-local-indicators",
        "observations",
        "indicator = 'household-income' AND area = 'E06000066' AND period = '1997-01-01_P1Y'",
        ("status", "note"),
        [("definition-differs", "Worked out by the publisher for an area that began later.")],
    ),
    (
        "ons-local-indicators",
        "datasets",
        "dataset IN ('claimant-count', 'apprenticeships-ni')",
        ("dataset", "title", "released_on"),
        [
            ("apprenticeships-ni", "Apprenticeships in Northern Ireland", "2026-04-01"),
            ("claimant-count", "Claimant count", "2026-01-20"),
        ],
    ),
    (
        "ons-local-indicators",
        "indicators",
        "indicator = 'business-births'",
        ("label", "unit", "decimals", "owner", "valid_from"),
        [("Business births", "percent", "1", "office-for-national-statistics", "2019-01-01")],
    ),
    (  # one name, two councils, by the day
        "ofsted-inspections",
        "judgements",
        "body IN ('dorset-county-council', 'dorset-council') AND question IN ('safeguarding', 'overall')",
        ("published_on", "body", "framework", "grade", "made_on"),
        [
            ("2011-10-28", "dorset-county-council", "ofsted-slac", "good", None),
            ("2016-05-23", "dorset-county-council", "ofsted-sif", "requires-improvement", None),
            ("2021-11-19", "dorset-council", "ofsted-ilacs", "good", "2021-09-27"),
            ("2025-05-09", "dorset-council", "ofsted-ilacs", "outstanding", "2025-03-17"),
        ],
    ),
    (  # today's code for the county that came before it
        "ofsted-inspections",
        "judgements",
        "body LIKE 'north-yorkshire%' AND framework = 'ofsted-ilacs' AND question = 'overall'",
        ("published_on", "body", "version", "kind_label", "report"),
        [
            (
                "2018-08-06",
                "north-yorkshire-county-council",
                "2018",
                "ILACS Short Inspection",
                "https://reports.ofsted.gov.uk/provider/44/815",
            ),
            (
                "2023-08-18",
                "north-yorkshire-council",
                "2023",
                "ILACS Short Inspection",
                "https://reports.ofsted.gov.uk/provider/44/815",
            ),
        ],
    ),
    (  # a dash is no grade, and blank columns are no inspection
        "ofsted-inspections",
        "judgements",
        "body LIKE '%scilly%' AND published_on < '2018'",
        ("published_on", "question", "grade"),
        [
            ("2012-07-03", "safeguarding", "good"),
            ("2016-06-27", "help-and-protection", "good"),
            ("2016-06-27", "leadership", "good"),
            ("2016-06-27", "overall", "good"),
        ],
    ),
    (  # adequate, in the words of 2012, and two re-inspections
        "ofsted-inspections",
        "judgements",
        "body = 'northamptonshire-county-council' AND published_on < '2015'",
        ("published_on", "framework", "question", "scale", "grade"),
        [
            ("2011-05-06", "ofsted-slac", "looked-after", "ofsted-2009", "adequate"),
            ("2011-05-06", "ofsted-slac", "safeguarding", "ofsted-2009", "adequate"),
            ("2013-03-20", "ofsted-child-protection", "overall", "ofsted-2009", "inadequate"),
            ("2013-08-23", "ofsted-targeted-looked-after", "overall", "ofsted-2009", "inadequate"),
        ],
    ),
    (  # care leavers together with children in care before 2023, and by themselves since
        "ofsted-inspections",
        "judgements",
        "body = 'staffordshire-county-council' AND framework = 'ofsted-ilacs' AND question LIKE 'c%'",
        ("published_on", "version", "question", "grade"),
        [
            ("2019-03-11", "2018", "care-and-care-leavers", "good"),
            ("2024-01-12", "2023", "care-leavers", "requires-improvement"),
            ("2024-01-12", "2023", "children-in-care", "good"),
        ],
    ),
    (  # the day of 2022 that one workbook has wrong
        "ofsted-inspections",
        "judgements",
        "body = 'nottingham-city-council' AND published_on LIKE '2022%' AND question = 'overall'",
        ("published_on", "grade"),
        [("2022-09-05", "inadequate")],
    ),
    (
        "ofsted-inspections",
        "judgements",
        "kind = 'monitoring-visit' AND body LIKE '%bradford%'",
        ("made_on", "published_on", "evidence", "grade"),
        [
            ("2022-07-27", None, "Care leavers", None),
            ("2024-05-22", "2024-07-12", "Achieving permanence", None),
            ("2025-02-11", "2025-03-13", "Children in care", None),
        ],
    ),
    (  # the same number is the county, and after it the council that followed
        "dfe-lait",
        "observations",
        "indicator = 'lait-lacnum' AND area IN ('E10000023', 'E06000065') AND period > '2022'",
        ("period", "area", "value"),
        [
            ("2022-03-31_P1D", "E10000023", "430"),
            ("2023-03-31_P1D", "E10000023", "463"),
            ("2024-03-31_P1D", "E06000065", "501"),
            ("2025-03-31_P1D", "E06000065", "561"),
        ],
    ),
    (  # two numbers of one name
        "dfe-lait",
        "observations",
        "indicator = 'lait-lacnum' AND area IN ('E10000009', 'E06000059') AND period < '2021'",
        ("period", "area", "value"),
        [
            ("2016-03-31_P1D", "E10000009", "479"),
            ("2017-03-31_P1D", "E10000009", "482"),
            ("2018-03-31_P1D", "E10000009", "450"),
            ("2019-03-31_P1D", "E10000009", "414"),
            ("2020-03-31_P1D", "E06000059", "476"),
        ],
    ),
    (  # a dozen styles of periods
        "dfe-lait",
        "observations",
        """area = 'E09000015' AND (indicator, period) IN (
            ('lait-rta', '2014-01-01_P3Y'), ('lait-hosp-adm-alc-under-18yrs', '2013-04-01_P3Y'),
            ('lait-totpermex', '2022-09-01_P1Y'), ('lait-ealpri', '2025-01-01_P1M'),
            ('lait-work-force-to-rate', '2025-09-30_P1D'), ('lait-a3a', '2024-09-01_P1Y'),
            ('lait-ks1p-all', '2024-09-01_P1Y'), ('lait-lacfinance', '2022-04-01_P1Y'))""",
        ("indicator", "value", "status"),
        [
            ("lait-a3a", "16.489999999999998", "revised"),
            ("lait-ealpri", "65.599999999999994", None),
            ("lait-hosp-adm-alc-under-18yrs", "17.45", None),
            ("lait-ks1p-all", "82", "provisional"),
            ("lait-lacfinance", "1980", None),
            ("lait-rta", "10.5", None),
            ("lait-totpermex", "6.6400000000000001E-2", None),
            ("lait-work-force-to-rate", "19.5", None),
        ],
    ),
    (
        "dfe-lait",
        "neighbours",
        "area = 'E09000015' AND CAST(rank AS INTEGER) < 3",
        ("group", "rank", "neighbour", "closeness"),
        [
            ("dfe-neighbours-2021", "1", "E09000026", "Close"),
            ("dfe-neighbours-2021", "2", "E09000009", "Close"),
            ("dfe-neighbours-2025", "1", "E09000026", "Very close"),
            ("dfe-neighbours-2025", "2", "E09000017", "Close"),
        ],
    ),
    (  # the council and its neighbour by the codes of each list's day
        "dfe-lait",
        "neighbours",
        "area IN ('E10000023', 'E06000065') AND rank IN ('1', '10')",
        ("group", "rank", "area", "neighbour", "closeness"),
        [
            ("dfe-neighbours-2021", "1", "E10000023", "E06000049", "Very close"),
            ("dfe-neighbours-2021", "10", "E10000023", "E06000037", "Very close"),
            ("dfe-neighbours-2025", "1", "E06000065", "E06000051", "Extremely close"),
            ("dfe-neighbours-2025", "10", "E06000065", "E06000066", "Very close"),
        ],
    ),
    (  # thousands of pounds become pounds, exactly
        "mhclg-revenue-outturn",
        "observations",
        "area = 'E09000003' AND indicator LIKE 'rsx-edu-%' AND value IS NOT NULL",
        ("indicator", "value", "_row"),
        [
            ("rsx-edu-empl", "286055720", 17),
            ("rsx-edu-net-cur-exp", "343164330", 17),
            ("rsx-edu-oth-inc", "110549210", 17),
            ("rsx-edu-run-exp", "190024750", 17),
            ("rsx-edu-sfc", "22366930", 17),
            ("rsx-edu-tot-exp", "476080470", 17),
            ("rsx-edu-tot-inc", "132916140", 17),
        ],
    ),
    (
        "mhclg-revenue-outturn",
        "observations",
        "area IN ('E92000001', 'E07000032') AND indicator = 'rsx-edu-empl'",
        ("area", "value", "status", "note"),
        [
            (
                "E07000032",
                None,
                "not-available",
                NOT_RECEIVED,
            ),
            ("E92000001", "23008747222.27", None, None),
        ],
    ),
    (
        "mhclg-deprivation",
        "observations",
        "area = 'E01000001' AND indicator IN ('deprivation-rank', 'income-deprivation-score')",
        ("period", "indicator", "version", "value"),
        [
            ("2010-01-01_P1Y", "deprivation-rank", "1.0.0", "28814.0"),
            ("2010-01-01_P1Y", "income-deprivation-score", "1.0.0", "0.01"),
            ("2015-01-01_P1Y", "deprivation-rank", "2.0.0", "29111.0"),
            ("2019-01-01_P1Y", "deprivation-rank", "3.0.0", "29199"),
            ("2025-01-01_P1Y", "deprivation-rank", "4.0.0", "26525.0"),
            ("2025-01-01_P1Y", "income-deprivation-score", "4.0.0", "0.013"),
        ],
    ),
    (  # a share of 0 to 1 becomes a percentage
        "mhclg-deprivation",
        "observations",
        """indicator = 'deprivation-share-most-deprived' AND (area, period) IN (
            ('E08000003', '2025-01-01_P1Y'), ('E06000065', '2019-01-01_P1Y'))""",
        ("area", "dataset", "value", "status"),
        [
            ("E06000065", "deprivation-districts-2023", "2.9490616621983913", "definition-differs"),
            ("E08000003", "deprivation-districts", "40.68", None),
        ],
    ),
    (
        "oflog-adult-social-care",
        "observations",
        "area = 'E06000005' AND indicator = 'carer-quality-of-life' AND period = '2016-04-01_P1Y'",
        ("value", "status", "_row"),
        [("7.6", None, 2)],
    ),
    (
        "london-housing-delivery-test",
        "observations",
        "area = 'E09000002'",
        ("indicator", "value", "numerator", "denominator", "note"),
        [
            ("homes-delivered", "3433", None, None, None),
            (
                "housing-delivery-test",
                "66",
                "3433",
                "5182",
                "There is a presumption in favour of new homes.",
            ),
        ],
    ),
]


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
