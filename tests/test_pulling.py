"""Definitions are pulled: what is kept, what is said to change and break, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from frictionless import Package
from pull_world import (
    REGISTERS,
    Answer,
    Server,
    after,
    contents_of,
    in_work,
    read_table,
    recycled,
    serving,
    versions_of,
    write_standards,
    write_tables,
)
from test_checking_world import Row

from ingest.problems import ProblemsFound
from ingest.pulling import Pulled, PullStopped, Wanted, pull
from ingest.pulling.changes import merge_definitions
from ingest.pulling.pins import PinMalformed, Pins, read_pins

BASE = "https://standards.example.org/"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as served:
        yield served


def offered(*rows: Row) -> list[Row]:
    """Rows as a pull compares them: every column filled, each with its origin."""
    columns = {column for row in rows for column in row} | {"change_note", "comparable_with_previous"}
    told = []
    for row in rows:
        origin = f"{BASE}id/indicator/{row['indicator']}/v{row['version']}"
        told.append({column: row.get(column, "") for column in columns} | {"origin": origin})
    return told


def changes(held: list[Row], there: list[Row], pins: Pins = Pins(), *wanted: str) -> list[str]:  # noqa: B008
    """Say what changes, one sentence each."""
    asked = frozenset(wanted or {row["indicator"] for row in there})
    return [str(change) for change in merge_definitions(held, there, asked, pins)[1]]


def refused(address: str, folder: Path) -> str:
    """Pull what must be refused for one reason, beside a folder that must stay as it is."""
    before = contents_of(folder)
    with pytest.raises(ProblemsFound) as found:
        pull(address, folder, Wanted())
    assert contents_of(folder) == before
    [problem] = found.value.problems
    return f"{problem.code}: {problem.message}"


# ---- what changed, and whether it breaks ----


def test_a_major_step_breaks() -> None:
    before = offered(recycled())
    [said] = changes(before, offered(recycled(), recycled("2.0.0")))
    assert said.startswith("recycled 2.0.0 (Waste recycled): new version (current); it breaks: ")
    assert said.endswith("its number takes a major step from 1.0.0.")


def test_a_version_that_says_it_is_not_comparable_breaks_whatever_its_number() -> None:
    newer = recycled("1.1.0", comparable_with_previous="no", change_note="Bins are weighed.")
    [said] = changes(offered(recycled()), offered(recycled(), newer))
    assert said.startswith("recycled 1.1.0 (Waste recycled): new version (current); it breaks: ")
    assert said.endswith("its figures are not comparable with those before (Bins are weighed.).")


def test_a_minor_step_and_a_new_definition_do_not_break() -> None:
    there = offered(recycled(), recycled("1.1.0", comparable_with_previous="yes"), in_work("3.0.0"))
    assert changes(offered(recycled()), there) == [
        "in-work 3.0.0 (People in work): new definition.",
        "recycled 1.1.0 (Waste recycled): new version (current).",
    ]


def test_a_draft_would_break_and_breaks_when_it_comes_into_use() -> None:
    draft = offered(recycled(), recycled("2.0.0", status="draft"))
    [said] = changes(offered(recycled()), draft)
    assert "new version (draft); it would break: its number" in said
    [said] = changes(draft, offered(recycled(), recycled("2.0.0")))
    assert said.startswith("recycled 2.0.0 (Waste recycled): now current; it breaks: its number")


def test_an_older_version_that_comes_late_does_not_break() -> None:
    [said] = changes(offered(recycled("2.0.0")), offered(recycled(), recycled("2.0.0")))
    assert said == "recycled 1.0.0 (Waste recycled): new version (current)."


def test_each_of_several_new_versions_is_held_against_the_one_before_it() -> None:
    there = offered(recycled(), recycled("2.0.0"), recycled("2.1.0"), recycled("10.0.0"))
    said = changes(offered(recycled()), there)
    assert [("breaks" in one, one.split()[1]) for one in said] == [
        (True, "2.0.0"),
        (False, "2.1.0"),
        (True, "10.0.0"),
    ]


def test_a_withdrawn_definition_is_kept_and_its_successor_named() -> None:
    there = offered(recycled(status="withdrawn", replaced_by="reused"))
    held, found = merge_definitions(offered(recycled()), there, frozenset(), Pins())
    assert [str(one) for one in found] == [
        "recycled 1.0.0 (Waste recycled): now withdrawn, followed by reused."
    ]
    assert [row["status"] for row in held] == ["withdrawn"]


def test_what_is_not_offered_any_more_is_kept() -> None:
    held, found = merge_definitions(offered(recycled(), in_work()), offered(in_work()), frozenset(), Pins())
    assert [row["indicator"] for row in held] == ["in-work", "recycled"]
    assert [str(one) for one in found] == [
        "recycled 1.0.0 (Waste recycled): is not offered any more. It is kept."
    ]


def test_a_version_never_counts_otherwise_under_its_number() -> None:
    there = offered(recycled(numerator="Tonnes burnt", caveats="Read slowly."))
    held, [found] = merge_definitions(offered(recycled()), there, frozenset(), Pins())
    assert found.breaks
    assert "counts otherwise under the same number (numerator). What was pulled is kept" in str(found)
    assert [(row["numerator"], row["caveats"]) for row in held] == [("Tonnes recycled", "Read slowly.")]


def test_a_draft_may_still_count_otherwise() -> None:
    there = offered(recycled(), recycled("2.0.0", status="consultation", numerator="Tonnes burnt"))
    before = offered(recycled(), recycled("2.0.0", status="consultation"))
    held, [found] = merge_definitions(before, there, frozenset(), Pins())
    assert (found.kind, found.reason, found.breaks) == ("reworded", "numerator", "")
    assert held[1]["numerator"] == "Tonnes burnt"


def test_a_second_hop_keeps_the_first_origin() -> None:
    first = offered(recycled(), recycled("2.0.0"))
    second = [row | {"origin": "https://elsewhere.example.org/"} for row in first]
    held, found = merge_definitions(first[:1], second, frozenset({"recycled"}), Pins())
    assert [row["origin"] for row in held] == [first[0]["origin"], "https://elsewhere.example.org/"]
    assert [one.kind for one in found] == ["version"]


# ---- pins and themes ----


def test_pins_leave_a_newer_major_version_out_and_say_what_it_would_do() -> None:
    there = offered(recycled(), recycled("2.0.0"), recycled("2.1.0"), recycled("3.0.0"))
    held, found = merge_definitions([], there, frozenset({"recycled"}), read_pins(["2.*"]))
    assert [row["version"] for row in held] == ["2.0.0", "2.1.0"]
    assert [str(one) for one in found][-1] == (
        "recycled 3.0.0 (Waste recycled): is outside of what is pinned; it would break: its number takes a "
        "major step from 2.1.0."
    )
    assert not any(one.breaks for one in found)


def test_definitions_without_a_pinned_version_are_counted_and_not_listed(tmp_path: Path) -> None:
    package = write_standards(tmp_path / "there", recycled("2.0.0"), in_work())
    found = pull(str(package), tmp_path / "here", Wanted(pins=("2.*",)))
    assert ([change.indicator for change in found.changes], found.left_out) == (["recycled"], 1)
    with pytest.raises(PullStopped, match="Nothing on offer is within what is pinned"):
        pull(str(package), tmp_path / "other", Wanted(pins=("7.*",)))


def test_a_definition_s_own_pin_stands_in_for_the_general_one() -> None:
    pins = read_pins(["2.*", "in-work@1.0.*"])
    there = offered(recycled(), recycled("2.0.0"), in_work(), in_work("1.1.0"))
    held, _ = merge_definitions([], there, frozenset({"recycled", "in-work"}), pins)
    assert [(row["indicator"], row["version"]) for row in held] == [
        ("in-work", "1.0.0"),
        ("recycled", "2.0.0"),
    ]


def test_versions_between_two_that_are_held_come_too() -> None:
    """Each version says how it compares with the one before it, so none may be missing in between."""
    there = offered(recycled(), recycled("2.0.0"), recycled("2.1.0"), recycled("3.0.0"), recycled("4.0.0"))
    held, _ = merge_definitions(there[:1], there, frozenset({"recycled"}), read_pins(["3.*"]))
    assert [row["version"] for row in held] == ["1.0.0", "2.0.0", "2.1.0", "3.0.0"]


def test_what_a_definition_extends_or_is_followed_by_comes_with_it_whatever_is_pinned() -> None:
    old = recycled("2.0.0", status="withdrawn", replaced_by="reused")
    there = offered(old, in_work(indicator="reused", extends="in-work"), in_work(), in_work(indicator="idle"))
    held, _ = merge_definitions([], there, frozenset({"recycled"}), read_pins(["2.*"]))
    assert [row["indicator"] for row in held] == ["in-work", "recycled", "reused"]


def test_what_was_pulled_stays_when_a_pin_is_moved_on() -> None:
    there = offered(recycled(), recycled("2.0.0"))
    held, _ = merge_definitions(there[:1], there, frozenset({"recycled"}), read_pins(["2.*"]))
    assert [row["version"] for row in held] == ["1.0.0", "2.0.0"]


@pytest.mark.parametrize("text", ["", "2", "2.x", "v2.*", "2.*.1", "@2.*", "Bins@2.*", "02.*"])
def test_a_text_that_is_no_pin_is_refused(text: str) -> None:
    with pytest.raises(PinMalformed, match="is no pin"):
        read_pins([text])


def test_only_one_theme_is_pulled_with_what_it_extends_and_needs(tmp_path: Path) -> None:
    ours = in_work(indicator="trained", themes="waste", extends="in-work")
    package = write_standards(tmp_path / "there", recycled(), in_work(), in_work(indicator="idle"), ours)
    pull(str(package), tmp_path / "here", Wanted(theme="waste"))
    assert versions_of(tmp_path / "here") == ["in-work 1.0.0", "recycled 1.0.0", "trained 1.0.0"]
    themes = [row["code"] for row in read_table(tmp_path / "here", "codes") if row["code_list"] == "theme"]
    assert themes == ["waste", "work"]
    with pytest.raises(PullStopped, match=r"has the theme 'wast'. Closest: waste\."):
        pull(str(package), tmp_path / "other", Wanted(theme="wast"))


# ---- the package ----


def test_the_package_is_one_that_frictionless_accepts_and_says_where_it_comes_from(
    tmp_path: Path, server: Server
) -> None:
    package = write_standards(tmp_path / "there", recycled(), version="2026-01", base=BASE)
    server.offer(package)
    address = f"{server.url}/datapackage.json"
    pulled = pull(address, tmp_path / "here", Wanted())
    assert (pulled.edition, pulled.base, pulled.versions, pulled.written) == ("2026-01", BASE, 1, True)
    report = Package(tmp_path / "here" / "datapackage.json").validate()
    assert report.valid, report.to_summary()
    told = json.loads((tmp_path / "here" / "datapackage.json").read_text(encoding="utf-8"))
    assert told["sources"] == [{"title": "there", "path": address}]
    assert {name: told["pulled"][name] for name in ("address", "base", "edition")} == {
        "address": address,
        "base": BASE,
        "edition": "2026-01",
    }
    [row] = read_table(tmp_path / "here", "indicators")
    assert row["origin"] == f"{BASE}id/indicator/recycled/v1.0.0"


def test_a_package_that_is_no_site_s_names_its_definitions_by_its_own_address(
    tmp_path: Path, server: Server
) -> None:
    server.offer(write_standards(tmp_path / "there", recycled()))
    pull(f"{server.url}/datapackage.json", tmp_path / "here", Wanted())
    [row] = read_table(tmp_path / "here", "indicators")
    assert row["origin"] == f"{server.url}/datapackage.json#recycled/v1.0.0"


def test_an_archive_is_pulled_like_the_folder_it_was_made_from(tmp_path: Path, server: Server) -> None:
    package = write_standards(tmp_path / "there", recycled(), base=BASE)
    archive = Path(shutil.make_archive(str(tmp_path / "there"), "zip", package))
    server.answers["/there.zip"] = Answer(archive.read_bytes())
    for number, address in enumerate((str(package), str(archive), f"{server.url}/there.zip")):
        pull(address, tmp_path / f"here-{number}", Wanted())
    tables = [contents_of(tmp_path / f"here-{number}") for number in range(3)]
    for contents in tables:
        del contents["datapackage.json"]
    assert tables[0] == tables[1] == tables[2]


def test_only_tables_of_definitions_are_taken(tmp_path: Path, server: Server) -> None:
    figures = [{"dataset": "waste", "indicator": "recycled", "area": "E1", "period": "2024", "value": "1"}]
    package = write_standards(tmp_path / "there", recycled(), tables={"observations": figures})
    server.offer(package)
    del server.answers["/observations.csv"]
    pull(f"{server.url}/datapackage.json", tmp_path / "here", Wanted())
    assert "observations.csv" not in contents_of(tmp_path / "here")


def test_a_crosswalk_to_a_definition_that_is_not_pulled_names_it_by_its_address(tmp_path: Path) -> None:
    walk = {
        "crosswalk": "both",
        "from_indicator": "recycled",
        "to_indicator": "in-work",
        "relation": "related",
        "comparable": "no",
        "declared_by": "Us",
    }
    package = write_standards(
        tmp_path / "there", recycled(), in_work(), tables={"crosswalk": [walk]}, base=BASE
    )
    pull(str(package), tmp_path / "here", Wanted(theme="waste"))
    [row] = read_table(tmp_path / "here", "crosswalk")
    assert (row["to_indicator"], row["to_uri"]) == ("", f"{BASE}id/indicator/in-work")


def test_a_text_that_was_guarded_from_spreadsheets_comes_back_as_it_was(tmp_path: Path) -> None:
    package = write_standards(tmp_path / "there", recycled(rationale="'=1+1"), formulaGuard="'")
    pull(str(package), tmp_path / "here", Wanted())
    assert [row["rationale"] for row in read_table(tmp_path / "here", "indicators")] == ["=1+1"]


def test_a_folder_that_was_not_pulled_is_left_alone(tmp_path: Path) -> None:
    package = write_standards(tmp_path / "there", recycled())
    other = write_standards(tmp_path / "other", in_work())
    before = contents_of(other)
    with pytest.raises(PullStopped, match="holds something that was not pulled"):
        pull(str(package), other, Wanted())
    assert contents_of(other) == before
    pull(str(package), tmp_path / "here", Wanted())
    (tmp_path / "here" / "notes.txt").write_text("mine")
    with pytest.raises(PullStopped, match=r"holds 'notes.txt', which was not pulled"):
        pull(str(package), tmp_path / "here", Wanted())


def test_a_folder_keeps_to_one_address(tmp_path: Path) -> None:
    package = write_standards(tmp_path / "there", recycled())
    pull(str(package), tmp_path / "here", Wanted())
    with pytest.raises(PullStopped, match="was pulled from elsewhere"):
        pull(str(write_standards(tmp_path / "other", in_work())), tmp_path / "here", Wanted())


def test_a_package_that_was_changed_by_hand_is_not_written_over(tmp_path: Path) -> None:
    package = write_standards(tmp_path / "there", recycled())
    pull(str(package), tmp_path / "here", Wanted())
    file = tmp_path / "here" / "indicators.csv"
    file.write_text(file.read_text().replace("Tonnes recycled", "Tonnes reburned"))
    write_standards(package, recycled(), in_work())
    assert refused(str(package), tmp_path / "here").startswith("digest-differs")


def test_a_swap_that_was_cut_off_loses_nothing(tmp_path: Path) -> None:
    """Between its two steps the old folder lies aside, and the new one is not there yet."""
    package = write_standards(tmp_path / "there", recycled(), in_work())
    pull(str(package), tmp_path / "here", Wanted())
    (tmp_path / "here").rename(tmp_path / ".here.old")
    write_standards(package, recycled())
    found = pull(str(package), tmp_path / "here", Wanted())
    assert [change.kind for change in found.changes] == ["gone"]
    assert versions_of(tmp_path / "here") == ["in-work 1.0.0", "recycled 1.0.0"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "there"]


# ---- again, interrupted, and bad answers ----


def hashed(folder: Path) -> Path:
    """Give the descriptor of a package the size and hash of each file, as pulling writes them."""
    source = folder.parent / f"{folder.name}-as-written"
    pull(str(folder), source, Wanted())
    told = json.loads((source / "datapackage.json").read_text(encoding="utf-8"))
    del told["pulled"]
    (source / "datapackage.json").write_text(json.dumps(told), encoding="utf-8")
    return source


def test_pulling_again_writes_nothing_and_asks_for_no_table(tmp_path: Path, server: Server) -> None:
    server.offer(hashed(write_standards(tmp_path / "there", recycled())))
    address = f"{server.url}/datapackage.json"
    pull(address, tmp_path / "here", Wanted())
    before = contents_of(tmp_path / "here")
    server.asked.clear()
    again = pull(address, tmp_path / "here", Wanted())
    assert (again.changes, again.written) == ((), False)
    assert server.asked == [("/datapackage.json", "")]
    assert contents_of(tmp_path / "here") == before


def test_a_package_without_hashes_is_looked_through_again(tmp_path: Path) -> None:
    package = write_standards(tmp_path / "there", recycled())
    pull(str(package), tmp_path / "here", Wanted())
    assert not pull(str(package), tmp_path / "here", Wanted()).written
    write_standards(package, *after(recycled("1.1.0", comparable_with_previous="yes")))
    assert pull(str(package), tmp_path / "here", Wanted()).written


def test_a_pull_that_was_interrupted_goes_on_where_it_was(tmp_path: Path, server: Server) -> None:
    server.offer(hashed(write_standards(tmp_path / "there", recycled(), in_work())))
    address, whole = f"{server.url}/datapackage.json", server.answers["/indicators.csv"]
    server.answers["/indicators.csv"] = Answer(whole.content, breaks_after=300)
    assert refused(address, tmp_path / "here") == (
        "package-unreachable: The package cannot be fetched: the server cannot be reached, or breaks off."
    )
    server.answers["/indicators.csv"] = whole
    server.asked.clear()
    pull(address, tmp_path / "here", Wanted())
    assert ("/indicators.csv", "bytes=300-") in server.asked
    assert [path for path, _ in server.asked].count("/bodies.csv") == 0
    assert versions_of(tmp_path / "here") == ["in-work 1.0.0", "recycled 1.0.0"]
    assert not (tmp_path / ".here.part").exists()


@pytest.mark.parametrize("has_ranges", [True, False])
def test_what_was_begun_of_another_file_is_fetched_anew(
    tmp_path: Path, server: Server, has_ranges: bool
) -> None:
    server.offer(hashed(write_standards(tmp_path / "there", recycled())))
    address, whole = f"{server.url}/datapackage.json", server.answers["/indicators.csv"]
    server.answers["/indicators.csv"] = Answer(b"x" * len(whole.content), breaks_after=300)
    refused(address, tmp_path / "here")
    server.answers["/indicators.csv"] = Answer(whole.content, has_ranges=has_ranges)
    pull(address, tmp_path / "here", Wanted())
    assert versions_of(tmp_path / "here") == ["recycled 1.0.0"]


def test_a_file_whose_digest_differs_is_refused(tmp_path: Path, server: Server) -> None:
    server.offer(hashed(write_standards(tmp_path / "there", recycled())))
    whole = server.answers["/indicators.csv"].content
    server.answers["/indicators.csv"] = Answer(whole.replace(b"Tonnes recycled", b"Tonnes revolved"))
    said = refused(f"{server.url}/datapackage.json", tmp_path / "here")
    assert said.startswith("digest-differs: The file's hash is ")
    assert not (tmp_path / "here").exists()


def bad_answers() -> dict[str, tuple[Answer, str]]:
    html = {"Content-Type": "text/html; charset=utf-8"}
    page = "what answers is a page of the web, not the descriptor of a package."
    unreachable = "package-unreachable: The package cannot be fetched: "
    return {
        "html": (Answer(b"<!doctype html><p>Sign in", headers=html), f"{unreachable}{page}"),
        "html-without-type": (Answer(b"\n<html>"), f"{unreachable}{page}"),
        "missing": (Answer(status=404), f"{unreachable}the server answers 404."),
        "fault": (Answer(status=500), f"{unreachable}the server answers 500."),
        "elsewhere": (
            Answer(status=302, headers={"Location": "http://data.example.org/datapackage.json"}),
            f"{unreachable}it is not an https address, or is redirected to one that is not.",
        ),
        "text": (
            Answer(b"hello"),
            "descriptor-not-json: The descriptor is not JSON: a value is missing",
        ),
        "list": (Answer(b"[]"), "descriptor-not-json: The descriptor is not JSON: it is not an object"),
        "nothing-of-ours": (
            Answer(b'{"resources": [{"name": "prices", "path": "prices.csv"}]}'),
            "definitions-missing: The package holds no definitions",
        ),
        "climbs": (
            Answer(b'{"resources": [{"name": "indicators", "path": "../../etc/passwd"}]}'),
            "path-outside-package: ",
        ),
        "points-elsewhere": (
            Answer(b'{"resources": [{"name": "indicators", "path": "http://127.0.0.1/x.csv"}]}'),
            "address-in-package: ",
        ),
        "file-and-folder": (
            Answer(
                b'{"resources": [{"name": "indicators", "path": "a"}, {"name": "codes", "path": "a/b.csv"}]}'
            ),
            f"{unreachable}it names a file and a folder by one name.",
        ),
    }


@pytest.mark.parametrize("case", bad_answers())
def test_a_bad_answer_is_one_problem_and_what_was_there_stays(
    tmp_path: Path, server: Server, case: str
) -> None:
    server.offer(write_standards(tmp_path / "there", recycled()))
    address = f"{server.url}/datapackage.json"
    pull(address, tmp_path / "here", Wanted())
    server.answers["/a"] = Answer(b"x")
    server.answers["/datapackage.json"], said = bad_answers()[case]
    assert refused(address, tmp_path / "here").startswith(said)
    assert {path for path, _ in server.asked if path.startswith("/etc")} == set()


def test_a_table_larger_than_permitted_is_left(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest.pulling import offer

    monkeypatch.setattr(offer, "MOST_TABLE_BYTES", 900)
    server.offer(write_tables(tmp_path / "there", {"indicators": [recycled(f"1.{n}.0") for n in range(9)]}))
    assert "it has more than 900 bytes." in refused(f"{server.url}/datapackage.json", tmp_path / "here")


def test_definitions_with_faults_are_not_taken(tmp_path: Path) -> None:
    package = write_standards(tmp_path / "there", recycled(polarity="upwards"))
    assert refused(str(package), tmp_path / "here").startswith("code-unknown: 'upwards'")


def test_http_to_another_machine_is_refused(tmp_path: Path) -> None:
    said = refused("http://data.example.org/", tmp_path / "here")
    assert said.endswith("it is not an https address, or is redirected to one that is not.")


def test_checking_writes_nothing(tmp_path: Path) -> None:
    package = write_standards(tmp_path / "there", recycled())
    assert pull(str(package), tmp_path / "here", Wanted(), only_check=True).versions == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there"]
    pull(str(package), tmp_path / "here", Wanted())
    write_standards(package, *after(recycled("2.0.0", comparable_with_previous="no")))
    before = contents_of(tmp_path)
    found: Pulled = pull(str(package), tmp_path / "here", Wanted(), only_check=True)
    assert (found.breaks, found.written) == (True, False)
    assert contents_of(tmp_path) == before
    assert REGISTERS["bodies"][0]["body"] == read_table(tmp_path / "here", "bodies")[0]["body"]
