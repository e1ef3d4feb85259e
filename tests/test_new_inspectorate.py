"""An inspectorate that nobody modelled is a package and a recipe: no code knows of it.

Three of them, each with its own way to judge: nine statements with scores that add up, stars with two weights and a
limit, and a checklist of yes and no in two steps. Each is published, and asked for as page, SQL, RDF and JSON.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from test_api_world import Served, serving
from test_publish_world import small_world, write_world

from ingest.problems import ProblemsFound
from publish import publish_site
from schemas.site import Site

STATEMENTS = range(1, 10)

INSPECTORATES = Path(__file__).parent / "data" / "inspectorates"


def write_packages(folder: Path, found: str = "", changed: str = "") -> tuple[str, ...]:
    """Copy the packages beside the small world, one text of the first one's recipe changed."""
    world = write_world(small_world(), folder / "world") / "downloads"
    copied = shutil.copytree(INSPECTORATES, folder / "inspectorates")
    recipe = copied / "care" / "own.yaml"
    text = recipe.read_text(encoding="utf-8")
    assert found in text
    recipe.write_text(text.replace(found, changed, 1) if found else text, encoding="utf-8")
    return tuple(map(str, [world, *sorted(copied.iterdir())]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("inspectorates")
    packages = write_packages(folder)
    with serving(folder / "site", is_published=False) as served:
        publish_site(Site(served.folder, "Inspectorates", served.url, packages))
        yield served


@pytest.fixture(scope="module")
def client(site: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, timeout=30, headers={"Accept": "text/html"}) as made:
        yield made


def page(client: httpx.Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text[:300]
    return " ".join(answer.text.split())


def test_every_overall_grade_is_recomputed_in_sql(site: Served) -> None:
    catalogue = sqlite3.connect(site.folder / "editions" / "current" / "catalogue.db")
    rows = catalogue.execute(
        "SELECT judgement, published_grade, grade, outcome, total, capped_by FROM recomputed_grades ORDER BY 1"
    ).fetchall()
    catalogue.close()
    assert rows == [
        ("access-standard", "met", "not-met", "differs", 50.0, None),
        # 5 x 3 and 4 x 2 are 23 of 36; 4 x 3 and 5 x 2 are 22 of 36, which is 61.1: not yet 63.
        ("care-brookborough-council-overall", "good", "good", "agrees", 63.88, None),
        ("care-newshire-council-overall", "good", "requires-improvement", "differs", 61.11, None),
        ("parks-brookborough-council-park", "two", "two", "agrees", 77.77, None),
        ("parks-newshire-council-park", "three", "two", "differs", 77.77, None),
    ]


def test_page_shows_all_nine_statements_and_flags_the_grade_that_differs(client: httpx.Client) -> None:
    text = page(client, "/judgements/care-newshire-council-overall")
    assert "By the rules: Requires improvement. The total is 61.11% of the highest there can be." in text
    assert all(f">Statement {n}</a>" in text for n in STATEMENTS)
    assert 'href="https://care.example.org/statements">The criteria it was judged by' in text
    agrees = page(client, "/judgements/care-brookborough-council-overall")
    assert "The rules give the grade that was published." in agrees


def test_framework_page_shows_the_rules_and_where_bodies_stand(client: httpx.Client) -> None:
    text = page(client, "/frameworks/care")
    assert "2 of the 2 bodies judged stand at Good or above (100.0%)." in text
    assert "Outstanding from 88%" in text
    stars = page(client, "/frameworks/parks")
    assert "How many bodies stand where, by peer review" in stars
    assert "Trees at ★ or below: not above ★★" in stars
    assert "Paths: weight 2" in stars


def test_peer_stars_and_an_audit_checklist_are_marked_as_no_inspections(client: httpx.Client) -> None:
    text = page(client, "/bodies/brookborough-council")
    assert "Peer review, no inspection" in text
    assert "Audit opinion, no inspection" in text


def test_recomputed_grade_is_asked_for_in_sparql(client: httpx.Client, site: Served) -> None:
    query = f"""
        PREFIX def: <{site.url}def/>
        SELECT ?judgement ?grade WHERE {{
            ?again def:recomputes ?judgement ; def:recomputedGrade ?grade ;
                def:recomputedOutcome <{site.url}id/code/recomputed-outcome/differs> .
        }} ORDER BY ?judgement"""
    answer = client.get(
        f"/sparql?query={quote(query)}", headers={"Accept": "application/sparql-results+json"}
    )
    found = [
        (row["judgement"]["value"].rsplit("/", 1)[1], row["grade"]["value"].rsplit("/", 1)[1])
        for row in answer.json()["results"]["bindings"]
    ]
    assert found == [
        ("access-standard", "not-met"),
        ("care-newshire-council-overall", "requires-improvement"),
        ("parks-newshire-council-park", "two"),
    ]


def test_api_answers_for_frameworks_it_never_met(client: httpx.Client) -> None:
    told = client.get("/api/v1/judgements?framework=care&question=overall&format=json").json()
    assert [(item["grade_label"], item["recomputed_outcome"]) for item in told["items"]] == [
        ("Good", "agrees"),
        ("Good", "differs"),
    ]
    apart = client.get(
        "/api/v1/verdict?a=judgement/care-newshire-council-overall&b=judgement/parks-newshire-council-park&format=json"
    ).json()
    assert apart["verdict"] == "not-comparable"
    assert {reason["code"] for reason in apart["reasons"]} == {"framework", "judgement-kind", "scale"}


@pytest.mark.parametrize(
    ("found", "changed", "code"),
    [
        ("grade: outstanding, number: 88", "grade: excellent, number: 88", "rollup-grade-unknown"),
        ("grade: good, number: 63", "grade: good, number: 90", "rollup-thresholds-astray"),
        (
            "question: statement-9, kind: weight, number: 1",
            "question: statement-10, kind: weight, number: 1",
            "reference-unknown",
        ),
        ("rank: 2, score: 3", "rank: 2", "rollup-score-missing"),
    ],
)
def test_rules_that_do_not_add_up_publish_nothing(
    tmp_path: Path, found: str, changed: str, code: str
) -> None:
    packages = write_packages(tmp_path, found, changed)
    with pytest.raises(ProblemsFound) as caught:
        publish_site(Site(tmp_path / "site", "Inspectorates", "https://data.example.org/", packages))
    assert {one.code for one in caught.value.problems if one.severity == "error"} == {code}
    assert not (tmp_path / "site" / "editions" / "current").exists()
