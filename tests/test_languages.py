"""Names in several languages: what is published, what a reader is given, and where a thing is found by them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
from page_reading import read_page
from recipe_world import apply, rows_of
from test_api_world import Served, serving
from test_checking_world import check_world, small_world
from test_publish_world import BASE, TABLES, make_contents

from api.languages import choose_language, read_ranges
from ingest import check_packages
from publish.translations import translation_lines
from publish.triples import Names
from schemas import load_model
from schemas.languages import load_languages

LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
HOSTILE = '<script>alert("1")</script>'


def translation(kind: str, thing: str, language: str, text: str, column: str = "label") -> dict[str, Any]:
    return {
        "kind": kind,
        "thing": thing,
        "column": column,
        "language": language,
        "text": text,
        "taken_from": "Register of names, 2024",
    }


WORDS = [
    translation("area", "E06000003", "cy", "Sir Newydd Fôn"),
    translation("area", "E06000002", "ar", "بروك", "everyday_label"),
    translation("area", "E06000002", "cy", "Nant Fawr"),
    translation("area", "E06000002", "cy", "Nant", "everyday_label"),
    translation("area", "E06000001", "cy", HOSTILE),
    translation("indicator", "recycled", "cy", "Gwastraff a ailgylchwyd"),
    translation("indicator", "recycled", "cy", "Faint sy'n cael ei ailgylchu?", "question"),
    translation("dataset", "waste", "cy", "Gwastraff y cartref", "title"),
    translation("code", "area-type/unitary", "cy", "Awdurdod unedol"),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The small world with names in Welsh and one in Arabic."""
    with serving(tmp_path_factory.mktemp("languages"), is_published=False) as opened:
        opened.publish(tables={"translations": WORDS})
        yield opened


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, timeout=30) as made:
        yield made


def page_in(client: httpx.Client, path: str, language: str | None) -> httpx.Response:
    headers = {"Accept": "text/html"} | ({} if language is None else {"Accept-Language": language})
    return client.get(path, headers=headers)


@pytest.mark.parametrize(
    ("header", "offered", "chosen"),
    [
        ("cy", ["cy"], "cy"),
        ("cy-GB", ["cy"], "cy"),
        ("CY-gb, en;q=0.9", ["cy"], "cy"),
        ("en-GB,en;q=0.9,cy;q=0.8", ["cy"], "en"),
        ("cy;q=0.2, kw;q=0.3", ["cy", "kw"], "kw"),
        ("fr, de;q=0.9", ["cy"], "en"),
        ("fr, *;q=0.5", ["cy"], "en"),
        ("en;q=0, *", ["cy"], "cy"),
        ("cy;q=0, *", ["cy"], "en"),
        ("cy;q=0", ["cy"], "en"),
        ("pt", ["pt-BR"], "pt-BR"),
        ("zh-Hant-TW", ["zh-Hant"], "zh-Hant"),
        ("cymraeg-cymraeg", ["cy"], "en"),
        ("", ["cy"], "en"),
        (";;;,,q=1,\x00<script>", ["cy"], "en"),
        ("cy;q=2", ["cy"], "en"),
        ("cy, " + "a" * 2000, ["cy"], "en"),
    ],
)
def test_reader_is_given_the_best_liked_language_there_is(
    header: str, offered: list[str], chosen: str
) -> None:
    assert choose_language(header, offered) == chosen


def test_long_header_is_not_read() -> None:
    assert read_ranges("cy," * 1000) == ()


def test_every_language_has_a_tag_and_a_name() -> None:
    for tag, language in load_languages().items():
        assert tag.islower()
        assert len(tag) in (2, 3)
        assert language.label.strip()
        assert language.own.strip()
        assert all(len(longer) == 3 for longer in language.longer)


def test_only_kinds_of_things_with_words_have_translations() -> None:
    model = load_model()
    for kind in model.tables["translations"].field("kind").enum or ():
        schema = model.tables[model.kinds[kind].table or ""]
        assert any(model.is_in_words(schema, field) for field in schema.fields), kind


def test_words_stand_under_the_property_of_their_column_with_their_language() -> None:
    contents = make_contents(tables={**TABLES, "translations": WORDS})
    lines = list(translation_lines(contents, Names(BASE, contents.model)))
    assert f'<{BASE}id/area/E06000003> <{LABEL}> "Sir Newydd Fôn"@cy .\n' in lines
    asks = f'<{BASE}id/indicator/recycled> <{BASE}def/asks> "Faint sy\'n cael ei ailgylchu?"@cy .\n'
    assert asks in lines
    assert len(lines) == len(WORDS)
    for one in lines:
        [quad] = ox.parse(one, format=ox.RdfFormat.N_TRIPLES)
        assert isinstance(quad.object, ox.Literal)
        assert quad.object.language in ("ar", "cy")


def test_thing_has_a_name_in_each_language_in_every_form_of_linked_data(client: httpx.Client) -> None:
    for ending, media_type in (("ttl", ox.RdfFormat.TURTLE), ("rdf", ox.RdfFormat.RDF_XML)):
        body = client.get(f"areas/E06000003.{ending}").content
        found = {
            (quad.object.language, quad.object.value)
            for quad in ox.parse(body, format=media_type)
            if quad.predicate.value == LABEL and quad.subject.value.endswith("id/area/E06000003")
        }
        assert found == {("en", "Newshire"), ("cy", "Sir Newydd Fôn")}
    assert '"@language": "cy"' in client.get("areas/E06000003.jsonld").text.replace('":"', '": "')


def test_page_has_the_name_in_the_readers_language_and_its_own_words_in_english(client: httpx.Client) -> None:
    answer = page_in(client, "areas/E06000003", "cy-GB,en;q=0.7")
    page = read_page(answer.content)
    assert page.one("html").attributes["lang"] == "en-GB"
    assert '<h1><span lang="cy" dir="auto">Sir Newydd Fôn</span></h1>' in answer.text
    assert 'hreflang="en" href="/areas/E06000003?lang=en">Newshire</a>' in answer.text
    assert answer.headers["Content-Language"] == "cy, en"
    assert answer.headers["Vary"].startswith("Accept, Accept-Language")
    assert answer.headers["Content-Location"].endswith("/areas/E06000003.html?lang=cy")


def test_english_page_links_to_the_name_in_other_languages(client: httpx.Client) -> None:
    answer = page_in(client, "areas/E06000003", None)
    assert "<h1>Newshire</h1>" in answer.text
    assert (
        '<li lang="cy">Cymraeg: <a hreflang="cy" href="/areas/E06000003?lang=cy" dir="auto">Sir Newydd Fôn</a>'
    ) in answer.text
    assert answer.headers["Content-Language"] == "en"
    assert answer.headers["Vary"].startswith("Accept, Accept-Language")
    assert 'hreflang="cy"' in answer.headers["Link"]


def test_everyday_name_is_the_one_that_is_shown(client: httpx.Client) -> None:
    assert '<span lang="cy" dir="auto">Nant</span></h1>' in client.get("areas/E06000002?lang=cy").text


def test_asked_language_wins_over_the_header_and_has_the_same_tag(client: httpx.Client) -> None:
    negotiated = page_in(client, "areas/E06000003", "cy")
    asked = page_in(client, "areas/E06000003?lang=cy", "fr")
    english = page_in(client, "areas/E06000003?lang=en", "cy")
    plain = page_in(client, "areas/E06000003", "de, en-US;q=0.5")
    assert negotiated.headers["ETag"] == asked.headers["ETag"] != plain.headers["ETag"]
    assert english.headers["ETag"] == plain.headers["ETag"]
    assert negotiated.content == asked.content
    assert english.content == plain.content
    assert "Accept-Language" not in asked.headers["Vary"]
    again = client.get(
        "areas/E06000003",
        headers={"Accept": "text/html", "Accept-Language": "cy", "If-None-Match": plain.headers["ETag"]},
    )
    assert again.status_code == 200


def test_readers_of_a_language_that_is_not_there_share_one_page(client: httpx.Client) -> None:
    wanted = ["en", "en-GB,en;q=0.9", "fr", "pl, ur;q=0.5", "<script>", "x" * 5000, "*"]
    assert len({page_in(client, "areas/E06000003", one).headers["ETag"] for one in wanted}) == 1


def test_thing_without_other_names_does_not_vary_by_language(client: httpx.Client) -> None:
    answer = page_in(client, "areas/E92000001", "cy")
    assert "Accept-Language" not in answer.headers["Vary"]
    assert answer.headers["Content-Language"] == "en"


def test_link_to_a_language_stays_right_when_the_translation_goes(client: httpx.Client) -> None:
    answer = client.get("areas/E06000003?lang=kw")
    assert answer.status_code == 200
    assert "<h1>Newshire</h1>" in answer.text


def test_what_is_no_language_is_refused_with_what_is_wanted(client: httpx.Client) -> None:
    answer = client.get("areas/E06000003?lang=%3Cscript%3E", headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert "wanted a language tag" in answer.json()["detail"]


def test_every_text_says_its_language_where_it_comes_from_and_its_direction(client: httpx.Client) -> None:
    text = client.get("areas/E06000002").text
    assert '<span lang="ar" dir="auto">بروك</span>' in text
    assert "Register of names, 2024" in text
    assert "Everyday name, Arabic" in text


def test_script_in_a_name_is_text(client: httpx.Client) -> None:
    for path in ("areas/E06000001", "areas/E06000001?lang=cy", "search?q=alert"):
        assert "<script" not in client.get(path).text


def test_question_of_an_indicator_is_there_in_welsh(client: httpx.Client) -> None:
    text = page_in(client, "indicators/recycled", "cy").text
    assert '<h1><span lang="cy" dir="auto">Gwastraff a ailgylchwyd</span></h1>' in text
    assert "Faint sy&#39;n cael ei ailgylchu?" in text


def test_documents_carry_their_names_by_language(client: httpx.Client) -> None:
    area = client.get("areas/E06000002.json").json()["area"]
    assert area["labels"] == {"en": "Brook", "ar": "بروك", "cy": "Nant"}
    indicator = client.get("indicators/recycled.json").json()
    assert indicator["labels"]["cy"] == "Gwastraff a ailgylchwyd"
    assert client.get("codes/area-type/unitary.json").json()["labels"]["cy"] == "Awdurdod unedol"


def test_lists_carry_names_by_language_and_csv_the_one_asked_for(client: httpx.Client) -> None:
    items = client.get("api/v1/areas").json()["items"]
    named = {item["area"]: item["labels"] for item in items}
    assert named["E92000001"] == {"en": "England"}
    assert named["E06000003"] == {"en": "Newshire", "cy": "Sir Newydd Fôn"}
    indicators = client.get("api/v1/indicators?lang=cy").json()["items"]
    assert [one["labels"]["cy"] for one in indicators if one["indicator"] == "recycled"] == [
        "Gwastraff a ailgylchwyd"
    ]
    rows = client.get("api/v1/areas?format=csv&lang=cy").text.splitlines()
    assert rows[0].endswith(",label_language")
    assert next(row for row in rows if "Sir Newydd Fôn" in row).endswith(",cy")
    assert next(row for row in rows if "England" in row).endswith(",en")
    plain = client.get("api/v1/areas?format=csv").text
    assert "label_language" not in plain
    assert "Sir Newydd" not in plain
    assert client.get("api/v1/areas?lang=not_a_tag").status_code == 400


def test_old_version_is_not_called_what_the_newest_is(client: httpx.Client) -> None:
    items = client.get("api/v1/indicators?versions=all&indicator=recycled").json()["items"]
    assert len(items) == 2
    assert sum("cy" in item["labels"] for item in items) == 1


@pytest.mark.parametrize("text", ["Sir Newydd Fôn", "sir newydd fon", "SIR NEWYDD FÔN"])
def test_thing_is_found_by_its_name_in_another_language(client: httpx.Client, text: str) -> None:
    answer = client.get("api/v1/search", params={"q": text}).json()
    assert answer["exact"]["notation"] == "E06000003"
    assert answer["exact"]["language"] == "cy"


def test_search_shows_the_name_that_was_found_in_its_language(client: httpx.Client) -> None:
    text = client.get("search?q=ailgylchwyd").text
    assert "/indicators/recycled" in text


def test_name_in_another_language_is_a_reason_to_match(client: httpx.Client) -> None:
    asked = {"queries": '{"q": {"query": "Sir Newydd Fôn"}}'}
    first = client.post("reconcile", data=asked).json()["q"]["result"][0]
    assert (first["id"], first["match"]) == ("area/E06000003", True)
    assert "Its name in Welsh." in str(first)


def test_two_texts_for_one_thing_column_and_language_are_refused(tmp_path: Path) -> None:
    row = dict.fromkeys(("kind", "thing"), "area") | {"thing": "E06000060", "column": "label"}
    rows = [
        row | {"language": "cy", "text": text, "taken_from": "A register"} for text in ("Un enw", "Enw arall")
    ]
    [found] = check_world(small_world(translations=rows), tmp_path)
    assert (found.code, found.file, found.row) == ("key-repeated", "translations.csv", 3)


def test_names_of_a_package_alone_are_not_looked_up_and_it_says_so(tmp_path: Path) -> None:
    text = "kind,thing,column,language,text,taken_from\narea,W06000015,label,cy,Caerdydd,A register\n"
    (tmp_path / "translations.csv").write_text(text, encoding="utf-8")
    resource = {"name": "translations", "path": "translations.csv", "table": "translations"}
    described = json.dumps({"name": "names", "resources": [resource]})
    (tmp_path / "datapackage.json").write_text(described, encoding="utf-8")
    report = check_packages([str(tmp_path)], tmp_path / "scratch")
    assert "references-unchecked" in {one.code for one in report.problems}
    assert not report.has_errors


def test_recipe_of_the_docs_fills_the_table_from_a_publishers_columns(tmp_path: Path, root: Path) -> None:
    text = (root / "docs" / "languages.md").read_text(encoding="utf-8")
    [recipe] = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    names = "LAD24CD,LAD24NM,LAD24NMW\nW06000015,Cardiff,Caerdydd\nE09000015,Harrow,\n"
    applied = apply(
        tmp_path,
        recipe + "    unused:\n      - {columns: [LAD24NM], reason: English.}\n",
        {"names.csv": names},
    )
    assert applied.problems == []
    assert rows_of(applied, "translations", "kind", "thing", "column", "language", "text") == [
        ("area", "W06000015", "label", "cy", "Caerdydd")
    ]


def test_other_names_of_an_area_say_their_language(client: httpx.Client) -> None:
    assert '<span lang="cy" dir="auto">Sir Newydd</span> (Welsh).' in client.get("areas/E06000003").text


def test_table_of_translations_can_be_browsed(client: httpx.Client) -> None:
    page = client.get("data/catalogue/translations").text
    assert "What things are called and how they are described in languages other than English" in page
