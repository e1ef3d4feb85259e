"""The bundled example is real, complete, small, and made by the script beside it.

The counts are held against what is known from elsewhere: the number of principal authorities of England, the
publishers' look-ups that the script does not use, the raw files themselves where they are on this machine.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import frictionless
import pytest
from shapely.geometry import Polygon
from shapely.ops import unary_union

from examples.make_england.build import build_example
from examples.make_england.grid import to_grid
from examples.make_england.ledger import Ledger, RowsUnaccounted
from examples.make_england.observations import came_later, observation, read_period, shortest, why_not
from examples.make_england.packages import Package, Resource, write_package
from examples.make_england.register import Area, Register
from examples.make_england.sources import load_csv, load_sheet
from ingest import check_packages
from schemas import load_model

ENGLAND = Path(__file__).resolve().parent.parent / "examples" / "england"
PACKAGES = sorted(path.parent for path in ENGLAND.glob("*/datapackage.json"))
MEGABYTE = 1_000_000
NATIONS = {"wales", "scotland", "northern-ireland"}
UPPER = {"unitary", "metropolitan-district", "london-borough", "county"}
LOWER = {"unitary", "metropolitan-district", "london-borough", "district"}
TIERS = {"upper-tier": UPPER, "lower-tier": LOWER, "every-council": UPPER | LOWER}

Row = dict[str, str]


@cache
def descriptors() -> dict[str, dict]:
    return {
        folder.name: json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
        for folder in PACKAGES
    }


@cache
def rows(table: str) -> list[Row]:
    """All rows of a standard table, from every package; observations know their dataset."""
    out: list[Row] = []
    for name, descriptor in descriptors().items():
        for resource in descriptor["resources"]:
            if resource["table"] == table:
                extra = {"dataset": resource["dataset"]} if "dataset" in resource else {}
                out += [row | extra for row in load_csv(ENGLAND / name / resource["path"])]
    return out


def figures_of(indicator: str) -> list[Row]:
    return [row for row in rows("observations") if row["indicator"] == indicator]


def submitted() -> set[str]:
    """Indicators in use whose figures are in the packages: those that are worked out are made when published."""
    made = {row["indicator"] for row in rows("derivations")}
    return {row["indicator"] for row in rows("indicators") if row["status"] == "current"} - made


def current(types: set[str]) -> set[str]:
    return {row["area"] for row in rows("areas") if row["area_type"] in types and not row["end_on"]}


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


# ---- areas and bodies ----


def test_every_council_of_today_is_there():
    """England has 317 principal authorities since April 2023: the numbers of each kind add up to that."""
    kinds = Counter(
        row["area_type"] for row in rows("areas") if not row["end_on"] and row["area_type"] in UPPER | LOWER
    )
    assert kinds == {
        "county": 21,
        "district": 164,
        "unitary": 63,
        "metropolitan-district": 36,
        "london-borough": 33,
    }
    assert sum(kinds.values()) == 317
    assert len(current({"region"})) == 9


@pytest.mark.sources
def test_councils_are_those_of_look_ups_that_the_script_does_not_use(sources):
    lower = {row["ltla24_code"] for row in load_csv(sources / "area-lookups" / "lookup_ltla24_region24.csv")}
    pairs = load_csv(sources / "area-lookups" / "lookup_ltla23_utla23.csv")
    upper = {row["utla23_code"] for row in pairs if row["utla23_code"].startswith("E")}
    new = {old: new for new, old in RECODED.items()}
    assert current(LOWER) == {new.get(code, code) for code in lower}
    assert current(UPPER) == {new.get(code, code) for code in upper}


@pytest.mark.sources
def test_regions_are_those_of_a_look_up_that_the_script_does_not_use(sources):
    parents = {
        row["area"]: row["parent"] for row in rows("area_parents") if row["hierarchy"] == "administrative"
    }
    for row in load_csv(sources / "area-lookups" / "lookup_ltla24_region24.csv"):
        code = row["ltla24_code"]
        while not code.startswith("E12"):
            code = parents[code]
        assert code == row["region24_code"], row


ORDERS = {
    "Somerset": "The Somerset (Structural Changes) Order 2022",
    "Taunton": "The Somerset West and Taunton (Local Government Changes) Order 2018",
    "Cumbria": "The Cumbria (Structural Changes) Order 2022",
    "North Yorkshire": "The North Yorkshire (Structural Changes) Order 2022",
    "Northamptonshire": "The Northamptonshire (Structural Changes) Order 2020",
    "Buckinghamshire": "The Buckinghamshire (Structural Changes) Order 2019",
    "Dorset": "The Bournemouth, Dorset and Poole (Structural Changes) Order 2018",
    "East Suffolk": "The East Suffolk (Local Government Changes) Order 2018",
    "West Suffolk": "The West Suffolk (Local Government Changes) Order 2018",
}


@pytest.mark.parametrize(
    ("code", "last_day", "heirs", "order"),
    [
        ("E10000027", "2023-03-31", {"E06000066"}, "Somerset"),
        ("E07000246", "2023-03-31", {"E06000066"}, "Somerset"),
        ("E07000190", "2019-03-31", {"E07000246"}, "Taunton"),
        ("E10000006", "2023-03-31", {"E06000063", "E06000064"}, "Cumbria"),
        ("E10000023", "2023-03-31", {"E06000065"}, "North Yorkshire"),
        ("E10000021", "2021-03-31", {"E06000061", "E06000062"}, "Northamptonshire"),
        ("E10000002", "2020-03-31", {"E06000060"}, "Buckinghamshire"),
        ("E10000009", "2019-03-31", {"E06000058", "E06000059"}, "Dorset"),
        ("E06000028", "2019-03-31", {"E06000058"}, "Dorset"),
        ("E07000205", "2019-03-31", {"E07000244"}, "East Suffolk"),
        ("E07000201", "2019-03-31", {"E07000245"}, "West Suffolk"),
    ],
)
def test_council_that_ended_names_its_heirs_and_the_order(code, last_day, heirs, order):
    area = next(row for row in rows("areas") if row["area"] == code)
    changes = [row for row in rows("area_changes") if row["from_area"] == code]
    assert area["end_on"] == last_day
    assert {row["to_area"] for row in changes} == heirs
    assert {row["legal_order"] for row in changes} == {ORDERS[order]}


def test_every_area_that_ended_has_an_heir():
    ended = {row["area"] for row in rows("areas") if row["end_on"]}
    assert ended <= {row["from_area"] for row in rows("area_changes")}


def test_every_area_lies_in_the_kingdom():
    parents = defaultdict(set)
    for row in rows("area_parents"):
        if row["hierarchy"] in {"administrative", "statistical"}:
            parents[row["area"]].add(row["parent"])
    for row in rows("areas"):
        code, steps = row["area"], 0
        while code != "K02000001":
            assert len(parents[code]) == 1, code
            code, steps = next(iter(parents[code])), steps + 1
            assert steps < 6


def test_every_council_of_today_has_one_body():
    links = Counter(row["area"] for row in rows("body_areas") if not row["end_on"])
    for code in current(UPPER | LOWER):
        assert links[code] == 1, code


def test_body_is_not_its_boundary():
    """One council, two codes: the boundary of Northumberland moved in 2013 and the council went on."""
    areas = {row["area"] for row in rows("body_areas") if row["body"] == "northumberland-county-council"}
    assert areas == {"E06000048", "E06000057"}
    assert not any("northumberland-county-council" in row.values() for row in rows("body_changes"))


def test_barnsley_kept_its_council_when_its_code_changed():
    links = {row["area"]: row for row in rows("body_areas") if row["body"].startswith("barnsley")}
    assert links["E08000016"]["end_on"] == "2025-03-31"
    assert links["E08000038"]["start_on"] == "2025-04-01"


# ---- boundaries ----


def polygons(shape: str) -> list[list[tuple[int, int]]]:
    return [
        [(int(east), int(north)) for east, north in re.findall(r"(\d+),(\d+)", ring)]
        for ring in shape.split("Z")
        if ring
    ]


def as_area(shape: str) -> Polygon:
    """Take outlines and holes together: what lies inside an odd number of outlines."""
    whole = Polygon()
    for ring in polygons(shape):
        whole = whole.symmetric_difference(Polygon(ring).buffer(0))
    return whole


def test_every_council_and_region_of_today_has_a_boundary():
    shapes = {row["area"] for row in rows("boundaries") if not row["area"].startswith("E01")}
    assert shapes == current(UPPER | LOWER | {"region"}) | {"E92000001"}


def test_neighbours_share_their_edges():
    """Laid side by side, the councils of one tier leave no gaps and cover nothing twice."""
    shapes = {row["area"]: as_area(row["shape"]) for row in rows("boundaries")}
    for types in (LOWER, UPPER):
        parts = [shapes[code] for code in sorted(current(types))]
        together = unary_union(parts)
        assert abs(sum(part.area for part in parts) - together.area) < 0.0002 * together.area
        assert together.symmetric_difference(shapes["E92000001"]).area < 0.0005 * together.area


def test_boundary_is_about_as_large_as_the_land():
    """England has 130,300 square kilometres and Harrow 50."""
    shapes = {row["area"]: as_area(row["shape"]) for row in rows("boundaries")}
    assert shapes["E92000001"].area / 1e6 == pytest.approx(130_300, rel=0.02)
    assert shapes["E09000015"].area / 1e6 == pytest.approx(50.5, rel=0.03)


def test_degrees_fall_on_the_grid_within_ten_metres():
    """The water tower at Caister, the worked example of the Ordnance Survey's guide."""
    east, north = to_grid(1.7160740, 52.6580080)
    assert (east, north) == pytest.approx((651_409.9, 313_177.3), abs=10)


# ---- definitions ----


def test_example_is_broad_enough():
    periods = defaultdict(set)
    for row in rows("observations"):
        if row["value"]:
            periods[row["indicator"]].add(row["period"])
    assert sum(len(found) >= 8 for found in periods.values()) >= 25
    kinds = {row["evidence"] for row in rows("indicators")}
    assert {"context", "performance", "perception", "experience", "finance"} <= kinds
    assert len({row["themes"].split(";")[0] for row in rows("indicators")}) >= 5
    assert set(periods) == submitted()


def test_a_definition_has_three_versions_and_two_real_breaks():
    versions = {r["version"]: r for r in rows("indicators") if r["indicator"] == "out-of-work-claimants"}
    assert list(versions) == ["1.0.0", "2.0.0", "3.0.0"]
    assert {versions[v]["comparable_with_previous"] for v in ("2.0.0", "3.0.0")} == {"no"}
    marked = {r["period"] for r in figures_of("out-of-work-claimants") if r["status"] == "break"}
    assert marked == {versions[v]["valid_from"][:4] for v in ("2.0.0", "3.0.0")} == {"2013", "2015"}


def test_a_withdrawn_definition_names_its_successor_and_one_is_in_consultation():
    by_status = {row["status"]: row for row in rows("indicators")}
    in_use = {row["indicator"] for row in rows("indicators") if row["status"] == "current"}
    # An older version is followed by the one in use; where none is, by another indicator.
    gone = [r for r in rows("indicators") if r["status"] == "withdrawn" and r["indicator"] not in in_use]
    assert {row["replaced_by"] for row in gone} == {"level-3-qualifications"} <= in_use
    [stage] = [row for row in rows("definition_stages") if row["stage"] == "consultation"]
    assert stage["indicator"] == by_status["consultation"]["indicator"]
    assert stage["entered_on"] < stage["until"]


def test_definitions_of_three_nations_are_held_against_englands_with_the_clause_that_differs():
    elsewhere = [row for row in rows("crosswalk") if row["crosswalk"].split("-in-")[-1] in NATIONS]
    assert len(elsewhere) == len(NATIONS)
    assert {row["comparable"] for row in elsewhere} == {"with-care", "no"}
    assert all(row["to_uri"] and row["clause"] for row in elsewhere)


def test_a_duty_is_an_address_of_the_law_that_the_legal_basis_names():
    bound = [row for row in rows("indicators") if row["duty"]]
    assert len(bound) >= 20
    for row in bound:
        law = re.fullmatch(r"https://www\.legislation\.gov\.uk/id/uk(pga|si)/(\d{4})/\d+(/.+)?", row["duty"])
        assert law is not None
        assert law[2] in row["legal_basis"]
    assert sum(bool(row["service"]) for row in rows("indicators")) >= 8


def test_context_is_never_judged():
    assert {row["polarity"] for row in rows("indicators") if row["evidence"] == "context"} == {"neither"}


def test_new_profile_is_a_version_that_may_not_be_compared():
    versions = {r["version"]: r for r in rows("indicators") if r["indicator"] == "early-development"}
    assert versions["2.0.0"]["comparable_with_previous"] == "no"
    first = [r for r in figures_of("early-development") if r["period"] == "2021-22" and r["value"]]
    assert {row["status"] for row in first} == {"break"}


def test_sentences_are_short_enough_to_read():
    words = ("question", "definition", "rationale", "numerator", "denominator", "method", "caveats")
    for row in rows("indicators"):
        for field in words:
            for sentence in re.split(r"(?<=[.?]) ", row[field]):
                assert len(sentence.split()) <= 25, (row["indicator"], field, sentence)


def test_theme_is_on_the_list():
    themes = {row["code"] for row in rows("codes") if row["code_list"] == "theme"}
    for row in rows("indicators"):
        assert set(row["themes"].split(";")) <= themes


# ---- figures ----


def test_value_or_reason():
    statuses = load_model().code_lists["status"]
    for row in rows("observations"):
        wanted = statuses.code(row.get("status") or "normal").more["value"]
        assert wanted == "either" or (wanted == "required") == (row["value"] != ""), row


def test_figure_is_possible():
    limits = {
        row["indicator"]: (
            float(row["lowest"] or "-inf"),
            float(row["highest"] or "inf"),
        )
        for row in rows("indicators")
    }
    for row in rows("observations"):
        if row["value"]:
            lowest, highest = limits[row["indicator"]]
            assert lowest <= float(row["value"]) <= highest, row


def test_limits_are_in_order():
    for row in rows("observations"):
        if row.get("lower_limit") and row["value"]:
            assert float(row["lower_limit"]) <= float(row["value"]) <= float(row["upper_limit"]), row


def test_rate_follows_from_its_numbers():
    """Where both parts are given, they make the value, to the places it is published in."""
    multipliers = {row["indicator"]: float(row["multiplier"] or 1) for row in rows("indicators")}
    checked = 0
    for row in rows("observations"):
        if not (row.get("numerator") and row.get("denominator") and row["value"]):
            continue
        made = float(row["numerator"]) / float(row["denominator"]) * multipliers[row["indicator"]]
        places = len(row["value"].partition(".")[2])
        assert abs(made - float(row["value"])) <= 0.51 * 10**-places, row
        checked += 1
    assert checked > 4000


def test_period_is_of_the_kind_that_the_definition_names():
    kinds = {row["indicator"]: row["period_kind"] for row in rows("indicators")}
    for indicator, period in {(row["indicator"], row["period"]) for row in rows("observations")}:
        assert read_period(period, kinds[indicator]).kind == kinds[indicator], (indicator, period)


def test_figure_belongs_to_an_area_of_its_time():
    areas = {row["area"]: row for row in rows("areas")}
    kinds = {row["indicator"]: row["period_kind"] for row in rows("indicators")}
    for row in rows("observations"):
        period = read_period(row["period"], kinds[row["indicator"]])
        area = areas[row["area"]]
        assert not area["end_on"] or area["end_on"] >= period.start_on.isoformat(), row
        if area["start_on"] > period.end_on.isoformat():
            assert row.get("status") in {"definition-differs", "combined", "unreliable"}, row


# Indicators whose latest figures leave out more than one in twenty councils, and why.
SPARSE = {
    "deprivation-rank": "Given for neighbourhoods, not for councils.",
    "cancer-found-early": "Few cases in small areas; not given for counties under a single code.",
    "homes-delivered": "London only.",
    "housing-delivery-test": "London only.",
    "unemployment-rate": "Given for districts, not for counties.",
}


@pytest.mark.parametrize("indicator", sorted(submitted()))
def test_nearly_every_council_has_the_latest_figure(indicator):
    tier = next(row["tier"] for row in rows("indicators") if row["indicator"] == indicator)
    figures = figures_of(indicator)
    latest = max(row["period"] for row in figures)
    have = {row["area"] for row in figures if row["period"] == latest and row["value"]}
    changes = {row["to_area"]: row["from_area"] for row in rows("area_changes") if row["change"] == "recoded"}
    councils = current(TIERS[tier])
    covered = {code for code in councils if code in have or changes.get(code) in have}
    if indicator not in SPARSE:
        assert len(covered) >= 0.93 * len(councils), (indicator, latest, sorted(councils - covered)[:9])


def test_service_that_a_council_does_not_run_is_not_a_zero():
    found = [row for row in figures_of("spending-adult-care") if row["area"] == "E07000223"]
    assert [(row["value"], row["status"]) for row in found] == [("", "not-provided")]


# ---- judgements, groups, targets ----


def test_every_authority_of_today_has_been_judged_since_2018():
    """153 councils run services for children; Somerset's was last inspected before it took over in 2023."""
    bodies = {row["area"]: row["body"] for row in rows("body_areas") if not row["end_on"]}
    judged = {row["body"] for row in rows("judgements") if row["framework"] == "ofsted-ilacs"}
    assert len(current(UPPER)) == 153
    assert {bodies[code] for code in current(UPPER)} - judged == {"somerset-council"}
    assert "somerset-county-council" in judged


def test_judgements_reach_from_2009_to_2025_under_several_frameworks():
    days = [row["published_on"] or row["made_on"] for row in rows("judgements")]
    assert min(days)[:4] == "2009"
    assert max(days)[:4] == "2025"
    assert len({row["framework"] for row in rows("judgements")}) == 5


def test_report_of_2011_on_dorset_is_about_the_county_council():
    reports = [row for row in rows("judgements") if row["published_on"] == "2011-10-28"]
    assert "dorset-county-council" in {row["body"] for row in reports}
    assert "dorset-council" not in {row["body"] for row in reports}


def test_third_grade_was_adequate_until_2013():
    by_scale = defaultdict(set)
    for row in rows("judgements"):
        by_scale[row["scale"]].add(row["grade"])
    assert "requires-improvement" not in by_scale["ofsted-2009"]
    assert "adequate" not in by_scale["ofsted-2013"]
    assert by_scale["ofsted-2013"] == {"outstanding", "good", "requires-improvement", "inadequate"}


def test_care_leavers_have_a_grade_of_their_own_since_2023():
    grades = [row for row in rows("judgements") if row["framework"] == "ofsted-ilacs"]
    days = [row["made_on"] for row in grades if row["question"] == "care-leavers"]
    assert min(days) >= "2023-01-01"


def test_each_area_has_ten_statistical_neighbours_in_order():
    for group in ("dfe-neighbours-2021", "dfe-neighbours-2025"):
        ranks = defaultdict(set)
        for row in rows("neighbours"):
            if row["group"] == group:
                ranks[row["area"]].add(int(row["rank"]))
        assert len(ranks) in {150, 151, 152, 153}
        assert all(found == set(range(1, 11)) for found in ranks.values())


def test_every_lower_tier_area_has_similar_areas():
    for group in ("similar", "similar-economy", "similar-people"):
        areas = {row["area"] for row in rows("neighbours") if row["group"] == group}
        missing = current(LOWER) - areas
        assert missing <= {"E06000053", "E09000001"}, (group, missing)


def test_target_stands_beside_the_figure_it_is_for():
    figures = {(row["indicator"], row["area"], row["period"]) for row in rows("observations")}
    boroughs = [row for row in rows("targets") if row["area"]]
    assert len(boroughs) == 33
    assert {(row["indicator"], row["area"], row["period"]) for row in boroughs} <= figures


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


# The same ground under a new code since April 2025: figures of earlier years stand under the old one.
RECODED = {"E08000038": "E08000016", "E08000039": "E08000019"}


@pytest.mark.sources
def test_spending_is_the_ministrys_thousands(sources):
    sheet = load_sheet(
        sources / "mhclg-revenue-outturn-2024-25" / "RSX_LA_Data_2024-25_data_by_LA.ods", "RSX_LA_Data_202425"
    )
    kent = next(row for row in sheet if row[1] == "E10000016")
    column = sheet[6].index("Adult Social Care - Net Current Expenditure (C7 = C3 - C6)")
    found = next(row for row in figures_of("spending-adult-care") if row["area"] == "E10000016")
    assert float(found["numerator"]) == pytest.approx(float(kent[column]) * 1000)
