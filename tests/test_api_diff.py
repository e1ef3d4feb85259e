"""Two versions of a definition beside each other: as page, JSON and linked data."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from rdflib import Graph, Namespace, URIRef
from test_api_world import Rows, Served, serving
from test_publish_world import OBSERVATIONS, TABLES

from api.definition_diff import choose_versions
from api.word_marks import mark_words

PROV = Namespace("http://www.w3.org/ns/prov#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
PATH = "/indicators/recycled/diff"


INPUT = {
    "group": "unitaries",
    "indicator": "recycled",
    "period": "2022-04-01_P1Y",
    "weight": 1.0,
    "standardisation": "z-score",
}


def versions() -> Rows:
    """Three versions of recycled, two of in-work, the second of it hostile."""
    first, last, work = TABLES["indicators"]
    second = first | {
        "version": "1.1.0",
        "definition": "Share of household waste sent for recycling.",
        "comparable_with_previous": "with-care",
        "valid_from": date(2022, 10, 1),
    }
    third = last | {
        "numerator": "Waste recycled or reused",
        "definition": second["definition"],
        "comparable_with_previous": "no",
        "change_note": "Reuse counts too.",
    }
    hostile = work | {
        "version": "1.1.0",
        "definition": "<script>alert(1)</script> of \"}' -->",
        "comparable_with_previous": "yes",
        "valid_from": date(2024, 1, 1),
    }
    return [first, second, third, work | {"status": "withdrawn"}, hostile]


@pytest.fixture(scope="module")
def revised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The small world with three versions of one definition, the last with a break."""
    with serving(tmp_path_factory.mktemp("revised"), is_published=False) as served:
        figures = [
            # By 1.1.0 the figures of 2023 were worked out again, though it counts from 2024 on.
            row | {"version": "1.1.0"} if row["indicator"] == "in-work" else row
            for row in OBSERVATIONS
        ]
        served.publish(figures, tables={"indicators": versions(), "group_inputs": [INPUT]})
        yield served


@pytest.fixture
def client(revised: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=revised.url, timeout=30) as made:
        yield made


def test_diff_says_each_change_and_what_it_means(client: httpx.Client) -> None:
    told = client.get(f"{PATH}.json", params={"from": "1.1.0", "to": "2.0.0"}).json()
    assert (told["level"], told["comparable"]) == ("major", "no")
    assert told["meaning"] == "Figures from 2023/24 on do not compare with earlier ones."
    assert [(one["field"], one["level"]) for one in told["changes"]] == [
        ("label", "patch"),
        ("numerator", "minor"),
    ]
    numerator = told["changes"][1]
    assert (numerator["before"], numerator["after"]) == (
        "Waste sent for recycling",
        "Waste recycled or reused",
    )
    assert numerator["meaning"] == (
        "What is counted on top changed: figures from 2023/24 on do not compare with earlier ones."
    )
    assert told["steps"] == [
        {"version": "2.0.0", "comparable_with_previous": "no", "change_note": "Reuse counts too."}
    ]


def test_diff_says_who_is_affected(client: httpx.Client) -> None:
    told = client.get(f"{PATH}.json", params={"from": "1.1.0", "to": "2.0.0"}).json()
    affected = {kind: one["count"] for kind, one in told["affected"].items()}
    assert affected == {"body": 1, "target": 1, "group": 1, "outcome": 0}
    assert [one["label"] for one in told["affected"]["body"]["items"]] == ["Statistics Office"]
    assert (told["to"]["areas"], told["to"]["periods"]) == (3, ["2023-04-01_P1Y"])
    assert (told["from"]["areas"], told["from"]["periods"]) == (0, [])


def test_figures_of_an_earlier_period_by_the_newer_version_were_worked_out_again(
    client: httpx.Client,
) -> None:
    told = client.get(f"{PATH}.json", params={"from": "1.0.0", "to": "1.1.0"}).json()
    assert told["restated"] == []
    told = client.get("/indicators/in-work/diff.json", params={"from": "1.0.0", "to": "1.1.0"}).json()
    assert told["restated"] == ["2023-01-01_P1Y"]


def test_versions_that_do_not_follow_each_other_compare_as_the_worst_step_between(
    client: httpx.Client,
) -> None:
    told = client.get(f"{PATH}.json", params={"from": "1", "to": "1.1"}).json()
    assert told["from"]["version"] == told["to"]["version"] == "1.1.0"
    assert told["meaning"] == "This is one version. Nothing changed."
    told = client.get(f"{PATH}.json", params={"from": "1.0.0", "to": "2.0.0"}).json()
    assert [one["version"] for one in told["steps"]] == ["1.1.0", "2.0.0"]
    assert told["comparable"] == "no"
    assert [one["field"] for one in told["changes"]] == ["label", "definition", "numerator"]


def test_without_versions_the_newest_step_is_shown(client: httpx.Client) -> None:
    told = client.get(f"{PATH}?format=json").json()
    assert (told["from"]["version"], told["to"]["version"]) == ("1.1.0", "2.0.0")
    assert told["query"] == {"indicator": "recycled", "from": "1.1.0", "to": "2.0.0"}


def test_only_version_is_compared_with_itself() -> None:
    assert choose_versions([{"version": "1.0.0"}], "1.0.0", None, None) == ("1.0.0", "1.0.0")


def test_page_marks_words_for_the_eye_and_the_ear(client: httpx.Client) -> None:
    page = client.get(PATH, params={"from": "1.1.0", "to": "2.0.0"}, headers={"accept": "text/html"}).text
    assert '<del><span class="unseen">Taken out: </span>sent for recycling' in page
    assert '<ins><span class="unseen">Put in: </span>recycled or reused' in page
    assert "Figures from 2023/24 on do not compare with earlier ones." in page
    assert "Reuse counts too." in page
    assert "3 areas, 2023/24" in page


def test_page_of_hostile_definitions_is_only_text(client: httpx.Client) -> None:
    page = client.get("/indicators/in-work/diff", headers={"accept": "text/html"}).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_linked_data_say_the_same_as_json(client: httpx.Client, revised: Served) -> None:
    graph = Graph().parse(data=client.get(f"{PATH}.ttl", params={"from": "1.0.0", "to": "2.0.0"}).text)
    newer = URIRef(f"{revised.url}id/indicator/recycled/v2.0.0")
    older = URIRef(f"{revised.url}id/indicator/recycled/v1.0.0")
    changes = URIRef(f"{newer}#from-v1.0.0")
    term = Namespace(f"{revised.url}def/")
    assert (newer, PROV.wasRevisionOf, older) in graph
    assert (newer, term.changeSet, changes) in graph
    assert (changes, term.changeLevel, URIRef(f"{revised.url}id/code/change-level/major")) in graph
    told = client.get(f"{PATH}.json", params={"from": "1.0.0", "to": "2.0.0"}).json()
    said = {
        str(graph.value(one, term.changedField)): (
            str(graph.value(one, term.textBefore)),
            str(graph.value(one, term.textAfter)),
            str(graph.value(one, RDFS.comment)),
        )
        for one in graph.objects(changes, term.fieldChange)
    }
    assert said == {one["field"]: (one["before"], one["after"], one["meaning"]) for one in told["changes"]}


def test_version_has_what_it_changed_in_its_own_graph(client: httpx.Client, revised: Served) -> None:
    graph = Graph().parse(data=client.get("/indicators/recycled/v2.0.0.ttl").text)
    newer = URIRef(f"{revised.url}id/indicator/recycled/v2.0.0")
    assert (newer, PROV.wasRevisionOf, URIRef(f"{revised.url}id/indicator/recycled/v1.1.0")) in graph
    term = Namespace(f"{revised.url}def/")
    fields = {str(field) for field in graph.objects(None, term.changedField)}
    assert fields == {"label", "numerator"}


@pytest.mark.parametrize("form", ["html", "json", "ttl", "jsonld", "nt", "nq", "rdf"])
def test_every_form_is_had_by_ending_and_by_format(form: str, client: httpx.Client) -> None:
    by_ending, by_format = client.get(f"{PATH}.{form}"), client.get(PATH, params={"format": form})
    assert by_ending.status_code == by_format.status_code == 200
    assert by_ending.content == by_format.content
    again = client.get(f"{PATH}.{form}", headers={"if-none-match": by_ending.headers["etag"]})
    assert again.status_code == 304


def test_wrong_way_round_is_sent_to_the_right_one(client: httpx.Client) -> None:
    answer = client.get(PATH, params={"from": "v2", "to": "1.0.0", "format": "json"})
    assert answer.status_code == 301
    assert answer.headers["location"] == f"{PATH}?format=json&from=1.0.0&to=2.0.0"


@pytest.mark.parametrize(
    ("address", "status", "detail"),
    [
        (
            "/indicators/recyled/diff",
            404,
            "There is no indicator 'recyled' in this edition. Closest: recycled.",
        ),
        (
            f"{PATH}?from=1.2.0",
            404,
            "There is no version of recycled '1.2.0' in this edition. Closest: 1.0.0.",
        ),
        (f"{PATH}?form=1.0.0", 400, "'form' is not a parameter of this address. Closest: from."),
        (
            f"{PATH}?format=docx",
            400,
            "'docx' is not a value of 'format'; wanted: html, json, ttl, jsonld, nt",
        ),
    ],
)
def test_what_is_not_there_is_said(address: str, status: int, detail: str, client: httpx.Client) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(detail)


def test_indicator_page_leads_to_what_changed(client: httpx.Client) -> None:
    page = client.get("/indicators/recycled", headers={"accept": "text/html"}).text
    assert 'href="/indicators/recycled/diff?from=1.1.0&amp;to=2.0.0"' in page


def test_words_are_marked_once_where_everything_differs() -> None:
    assert [(one.kind, one.text) for one in mark_words("", "all new")] == [("came", "all new")]
    assert mark_words("", "") == []
    assert [one.kind for one in mark_words("a b c", "a x c")] == ["same", "went", "came", "same"]


def test_very_long_texts_are_marked_whole_between_what_they_share() -> None:
    before = "Start " + "one two " * 20_000 + "end"
    after = "Start " + "two one " * 20_000 + "end"
    assert [piece.kind for piece in mark_words(before, after)] == ["same", "went", "came", "same"]


# ---- the command ----


def run_diff(revised: Served, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = f'title = "The small world"\nbase = "{revised.url}"\npackages = []\n'
    (revised.folder / "site.toml").write_text(settings, encoding="utf-8")
    command = [sys.executable, "-m", "cli", "diff", *arguments, "--site", str(revised.folder)]
    return subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent.parent)


def test_command_says_what_the_site_says(revised: Served, client: httpx.Client) -> None:
    done = run_diff(revised, "recycled", "--from", "2.0.0", "--to", "1.1.0", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    answer = client.get(f"{PATH}.json", params={"from": "1.1.0", "to": "2.0.0"}).json()
    assert told["changes"] == answer["changes"]
    assert told["affected"] == answer["affected"]
    assert told["from"]["version"] == "1.1.0"


def test_command_without_versions_looks_at_the_one_in_use_and_the_one_before(revised: Served) -> None:
    done = run_diff(revised, "recycled")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].endswith("(recycled), 1.1.0 to 2.0.0")
    assert lines[1] == "Figures from 2023/24 on do not compare with earlier ones."
    assert "+ Waste recycled or reused" in lines
    assert "Touches: 1 body, 1 target, 1 group." in lines


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("recyled",), "There is no indicator 'recyled'. Closest: recycled."),
        (
            ("recycled", "--to", "3.0.0"),
            "recycled has no version '3.0.0'. Its versions: 1.0.0, 1.1.0, 2.0.0.",
        ),
    ],
)
def test_command_names_what_is_not_there(revised: Served, arguments: tuple[str, ...], sentence: str) -> None:
    done = run_diff(revised, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{sentence}\n")
