"""Two sites on one machine: one sets definitions, the other pulls them, and their figures are joined."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from frictionless import Package
from pull_world import (
    REGISTERS,
    after,
    contents_of,
    read_table,
    recycled,
    versions_of,
    write_standards,
    write_tables,
)
from test_checking_world import OGL, Row
from typer.testing import CliRunner

from cli import app
from publish import publish_site
from tools.example_site import ExampleSite, serving_site

AREAS = [
    {"area": "E06000060", "label": "Buckinghamshire", "area_type": "unitary"},
    {"area": "E09000015", "label": "Harrow", "area_type": "london-borough"},
]

# The club asks the same and says more.
CLUB = recycled(
    indicator="club-recycled",
    extends="recycled",
    label="Waste recycled, as the club returns it",
    caveats="Two depots report late.",
    owner="waste-club",
)


def dataset(name: str, publisher: str) -> Row:
    return {
        "dataset": name,
        "title": name,
        "description": "Household waste.",
        "publisher": publisher,
        "licence": OGL,
        "attribution": "Contains public sector information.",
    }


def figure(name: str, indicator: str, area: str, value: str) -> Row:
    return {"dataset": name, "indicator": indicator, "area": area, "period": "2022-23", "value": value}


@dataclass
class Story:
    """The two sites, served, and the folder that one pulled from the other."""

    standards: ExampleSite
    club: ExampleSite
    definitions: Path
    pulled: Path
    said: str

    def pull(self, *options: str) -> tuple[int, str]:
        """Run the command into the folder that was pulled."""
        done = CliRunner().invoke(app, ["pull", self.standards.url, "--into", str(self.pulled), *options])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("sites")
    definitions = write_standards(folder / "definitions", recycled())
    figures = write_tables(
        folder / "figures",
        {
            "areas": AREAS,
            "datasets": [dataset("national", "statistics-office")],
            "observations": [figure("national", "recycled", "E06000060", "50.1")],
        },
    )
    with serving_site(folder / "standards", "Standards", (str(definitions), str(figures))) as standards:
        pulled = folder / "packages" / "pulled-standards"
        done = CliRunner().invoke(app, ["pull", standards.url, "--into", str(pulled)])
        assert done.exit_code == 0, done.output
        # The club has registers of its own: a theme that it words in its own way, and a body of the same name.
        club = write_tables(
            folder / "packages" / "club",
            {
                "bodies": [
                    {"body": "statistics-office", "label": "The Office", "body_type": "statistics-office"},
                    {"body": "waste-club", "label": "Waste Club", "body_type": "club"},
                ],
                "code_lists": REGISTERS["code_lists"],
                "codes": [{"code_list": "theme", "code": "waste", "label": "Rubbish"}],
                "indicators": [CLUB],
                "areas": AREAS,
                "datasets": [dataset("returns", "waste-club")],
                "observations": [
                    figure("returns", "club-recycled", "E09000015", "41.0"),
                    figure("returns", "recycled", "E06000060", "50.3"),
                ],
            },
        )
        with serving_site(folder / "club", "Club", (str(pulled), str(club))) as served:
            yield Story(standards, served, definitions, pulled, done.output)


def ask(site: ExampleSite, query: str) -> list[tuple[str, ...]]:
    """Ask a site's SPARQL address."""
    prefixes = (
        f"PREFIX def: <{site.url}/def/>\nPREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n"
        "PREFIX measure: <http://purl.org/linked-data/sdmx/2009/measure#>\n"
        "PREFIX dimension: <http://purl.org/linked-data/sdmx/2009/dimension#>\n"
    )
    answer = httpx.get(f"{site.url}/sparql", params={"query": prefixes + query}, timeout=60)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return sorted(
        tuple(row[name]["value"] for name in told["head"]["vars"]) for row in told["results"]["bindings"]
    )


def test_the_first_pull_names_what_is_new(story: Story) -> None:
    assert "recycled 1.0.0 (Waste recycled): new definition.\n" in story.said
    assert "1 new definition, 0 new versions, 0 changes break; held: 1 version of edition" in story.said
    assert versions_of(story.pulled) == ["recycled 1.0.0"]


def test_both_packages_are_ones_that_frictionless_accepts(story: Story) -> None:
    there = story.standards.site.editions_folder / "current" / "downloads" / "definitions"
    for folder in (there, story.pulled):
        report = Package(folder / "datapackage.json").validate()
        assert report.valid, report.to_summary()


def test_the_address_of_the_definitions_stays_and_answers_conditionally(story: Story) -> None:
    address = f"{story.standards.url}/downloads/definitions/indicators.csv"
    whole = httpx.get(address)
    tag = whole.headers["etag"]
    assert httpx.get(address, headers={"If-None-Match": tag}).status_code == 304
    part = httpx.get(address, headers={"Range": "bytes=10-"})
    assert (part.status_code, part.content) == (206, whole.content[10:])


def test_figures_of_both_sites_join_on_the_address_of_the_definition_in_sparql(story: Story) -> None:
    figures = "?figure dimension:refArea ?area ; measure:obsValue ?value ."
    there = ask(
        story.standards, f"SELECT ?shared ?value {{ ?figure def:indicatorVersion ?shared . {figures} }}"
    )
    here = ask(
        story.club,
        f"SELECT ?shared ?value {{ ?figure def:indicatorVersion ?own . ?own skos:exactMatch ?shared . {figures} }}",
    )
    shared = f"{story.standards.url}/id/indicator/recycled/v1.0.0"
    assert (there, here) == ([(shared, "50.1")], [(shared, "50.3")])


def test_figures_of_an_extension_join_by_what_it_extends(story: Story) -> None:
    here = ask(
        story.club,
        "SELECT ?shared ?value { ?figure def:indicatorVersion/def:extends ?own . ?own skos:exactMatch ?shared ."
        " ?figure measure:obsValue ?value . }",
    )
    assert here == [(f"{story.standards.url}/id/indicator/recycled", "41")]


def test_figures_of_both_sites_join_on_the_address_of_the_definition_in_sql(story: Story) -> None:
    with sqlite3.connect(story.standards.site.editions_folder / "current" / "catalogue.db") as catalogue:
        club = story.club.site.editions_folder / "current" / "catalogue.db"
        catalogue.execute("ATTACH ? AS club", (str(club),))
        rows = catalogue.execute(
            "SELECT there.value, here.value FROM observations AS there JOIN club.indicators AS own"
            " ON own.origin = ? || 'id/indicator/' || there.indicator || '/v' || there.version"
            " JOIN club.observations AS here ON here.indicator = own.indicator AND here.version = own.version"
            " AND here.area = there.area AND here.period = there.period",
            (f"{story.standards.url}/",),
        ).fetchall()
    catalogue.close()
    assert rows == [(50.1, 50.3)]


def test_the_verdict_on_a_standard_and_its_extension_is_like_for_like(story: Story) -> None:
    paths = [
        "returns/recycled/E06000060/2022-04-01_P1Y",
        "returns/club-recycled/E09000015/2022-04-01_P1Y",
    ]
    answer = httpx.get(f"{story.club.url}/api/v1/verdict", params=dict(zip("ab", paths, strict=True)))
    told = answer.json()
    assert told["verdict"] == "like-for-like", told
    assert [(reason["code"], reason["level"]) for reason in told["reasons"]] == [("extends", "like-for-like")]


def test_the_page_of_a_definition_names_what_it_extends_and_where_it_is_defined(story: Story) -> None:
    page = httpx.get(f"{story.club.url}/indicators/club-recycled", headers={"Accept": "text/html"}).text
    assert 'It extends <a href="/indicators/recycled">recycled</a>' in page
    page = httpx.get(f"{story.club.url}/indicators/recycled", headers={"Accept": "text/html"}).text
    assert f'<a href="{story.standards.url}/id/indicator/recycled/v1.0.0">the definition at 127.0.0.1' in page
    assert "No other definition is declared" not in page


def test_a_site_s_own_words_stand_before_pulled_ones(story: Story) -> None:
    with sqlite3.connect(story.club.site.editions_folder / "current" / "catalogue.db") as catalogue:
        themes = catalogue.execute("SELECT code, label FROM codes WHERE code_list = 'theme'").fetchall()
        office = catalogue.execute("SELECT label FROM bodies WHERE body = 'statistics-office'").fetchall()
    catalogue.close()
    assert themes == [("waste", "Rubbish")]
    assert office == [("The Office",)]


def test_a_second_hop_keeps_the_first_address_and_brings_the_extension(story: Story, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["pull", f"{story.club.url}/", "--into", str(tmp_path / "third"), "--quiet"]
    )
    assert (done.exit_code, done.output) == (0, "")
    origins = {row["indicator"]: row["origin"] for row in read_table(tmp_path / "third", "indicators")}
    assert origins == {
        "recycled": f"{story.standards.url}/id/indicator/recycled/v1.0.0",
        "club-recycled": f"{story.club.url}/id/indicator/club-recycled/v1.0.0",
    }


def test_definitions_that_come_home_are_not_there_twice(story: Story, tmp_path: Path) -> None:
    """The standards' site pulls from the club, which offers the standard's own definition as well."""
    done = CliRunner().invoke(app, ["pull", story.club.url, "--into", str(tmp_path / "home"), "--quiet"])
    assert done.exit_code == 0
    done = CliRunner().invoke(app, ["check", str(story.definitions), str(tmp_path / "home"), "--quiet"])
    assert (done.exit_code, done.output) == (0, "No problems.\n")


def test_pulling_again_says_that_nothing_changed(story: Story) -> None:
    before = contents_of(story.pulled)
    code, said = story.pull()
    assert code == 0, said
    assert "Nothing changed; held: 1 version of edition" in said
    assert "begin with" not in said
    assert contents_of(story.pulled) == before
    assert story.pull("--check", "--quiet") == (0, "")


def test_a_pin_that_is_no_pin_is_wrong_use(story: Story) -> None:
    assert story.pull("--pin", "latest")[0] == 2


def test_a_breaking_version_is_told_before_it_is_pulled_and_holds_the_extension(story: Story) -> None:
    """The last of the story: the standard changes, and everybody is told before a figure is compared."""
    newer = recycled(
        "2.0.0",
        numerator="Tonnes recycled or composted",
        comparable_with_previous="no",
        change_note="Compost counts.",
    )
    write_standards(story.definitions, *after(newer))
    publish_site(story.standards.site)
    httpx.get(f"{story.standards.url}/healthz")
    before = contents_of(story.pulled)
    code, said = story.pull("--check", "--quiet")
    assert code == 1
    assert said == (
        "recycled 2.0.0 (Waste recycled): new version (current); it breaks: its figures are not comparable with "
        "those before (Compost counts.).\n"
    )
    assert story.pull("--check", "--pin", "1.*", "--quiet") == (0, "")
    assert contents_of(story.pulled) == before
    assert story.pull("--quiet")[0] == 0
    assert versions_of(story.pulled) == ["recycled 1.0.0", "recycled 2.0.0"]
    club = story.pulled.parent / "club"
    done = CliRunner().invoke(app, ["check", str(story.pulled), str(club), "--quiet"])
    assert done.exit_code == 1
    assert "extension-differs  club/indicators.csv, row 2" in done.output
    assert "recycled 2.0.0 has 'Tonnes recycled or composted'" in done.output
