"""Datasette below /data/ on a real server: our frame, our bounds, nothing of the server, every saved question."""

from __future__ import annotations

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
from test_api_world import Served, client, site

from schemas import load_model
from schemas.datasette import make_metadata, status_of
from schemas.questions import load_questions

__all__ = ["client", "site"]

PAGES = (
    "/data/",
    "/data/catalogue",
    "/data/catalogue/areas",
    "/data/catalogue/areas?_facet=area_type&area_type__exact=unitary&_sort=label",
    "/data/catalogue/areas/E06000002",
    "/data/catalogue/observations",
    "/data/catalogue/figures",
    "/data/catalogue/judgements/brookborough-2023",
    "/data/catalogue?sql=SELECT+*+FROM+figures",
    "/data/catalogue/newest-figures-of-an-area?area=E06000002",
    "/data/catalogue/where-figures-come-from",
)


@pytest.mark.parametrize("address", PAGES)
def test_page_is_in_our_frame_and_has_nothing_the_policy_forbids(client: httpx.Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text[:500]
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    page = answer.text
    assert '<html lang="en-GB">' in page
    assert 'class="brand"' in page
    assert "This is not a government service" in page
    assert len(re.findall(r"<h1\b", page)) == 1
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page)
    for target in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert "/data/data" not in target
        if re.search(rf'(?:src|rel="stylesheet" href)="{re.escape(target)}"', page):
            assert target.startswith("/")


@pytest.mark.parametrize(
    ("address", "one"),
    [
        ("/data/", "data/"),
        ("/data/catalogue", "data/catalogue"),
        ("/data/catalogue/areas?_size=2", "data/catalogue/areas"),
        ("/data/catalogue/areas/E06000002", "data/catalogue/areas/E06000002"),
        ("/data/catalogue/grades/four,good", "data/catalogue/grades/four,good"),
        ("/data/catalogue?sql=select+1", None),
        ("/data/catalogue?sql=select+x", None),
        ("/data/catalogue/nothing", None),
    ],
)
def test_page_names_its_own_address(
    client: httpx.Client, site: Served, address: str, one: str | None
) -> None:
    """What a visitor asks in SQL has no address that stays, and a failure none at all."""
    named = re.findall(r'<link rel="canonical" href="([^"]*)">', client.get(address).text)
    assert named == ([] if one is None else [f"{site.url}{one}"])


def test_every_link_of_the_first_pages_resolves(client: httpx.Client) -> None:
    found: dict[str, str] = {}
    for address in PAGES[:6]:
        page = client.get(address).text
        for target in re.findall(r'href="(/[^"#]*)', page):
            found.setdefault(target.replace("&amp;", "&"), address)
    wrong = {}
    for target, source in found.items():
        answer = client.get(target, headers={"Accept": "text/html, */*;q=0.5"})
        if answer.status_code not in (200, 301, 302, 303):
            wrong[target] = (source, answer.status_code)
    assert wrong == {}
    assert len(found) > 40


def test_facet_stands_once_though_it_is_asked_for_too(client: httpx.Client) -> None:
    page = client.get("/data/catalogue/areas?_facet=area_type").text
    assert page.count("<h3>area_type</h3>") == 1


def test_row_names_the_rows_that_lead_to_it_and_no_machinery(client: httpx.Client) -> None:
    page = client.get("/data/catalogue/areas/E06000002").text
    assert "of group_members, by area" in page
    assert ">0 rows<" not in page
    assert "observation_areas" not in page


def test_views_say_how_many_rows_they_have(client: httpx.Client) -> None:
    page = client.get("/data/catalogue").text
    for view in ("figures", "observations"):
        row = page.partition(f">{view}</a></th>")[2].partition("</tr>")[0]
        assert '<td class="num">8</td>' in row


@pytest.mark.parametrize("name", sorted(load_questions()))
def test_saved_question_can_be_asked_of_any_edition(client: httpx.Client, name: str) -> None:
    question = load_questions()[name]
    database = client.get("/data/catalogue.json").json()
    (told,) = [one for one in database["queries"] if one["name"] == name]
    answer = client.get(f"/data/catalogue/{name}.json", params={**told["example"], "_shape": "array"})
    assert answer.status_code == 200, answer.text
    page = client.get(f"/data/catalogue/{name}", params=told["example"])
    assert question.title.replace("'", "&#39;") in page.text
    assert f"/questions/{name}" in page.text


def test_every_table_and_column_of_the_catalogue_is_described(site: Served) -> None:
    """Nothing of the database that a visitor can open is without words: those of machines are hidden."""
    edition = site.app.state.editions.current
    described = make_metadata(load_model())["databases"]["catalogue"]["tables"]
    names = [
        row["name"]
        for row in edition.rows("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY 1")
    ]
    assert len(names) > 50
    undescribed = []
    for name in names:
        told = described.get(name)
        if told is None:
            undescribed += [] if name.startswith(MACHINERY) else [name]
            continue
        if told.get("hidden"):
            continue
        assert told["title"], name
        assert told["description"], name
        assert told["status"] in load_model().display.statuses, name
        columns = [row["name"] for row in edition.rows(f'SELECT name FROM pragma_table_info("{name}")')]
        undescribed += [f"{name}.{column}" for column in columns if not told["columns"].get(column)]
    assert undescribed == []


# What the full-text index keeps for itself, and SQLite.
MACHINERY = ("search_", "sqlite_")


def test_page_of_a_table_says_its_status(client: httpx.Client) -> None:
    for name, status in (("judgements", "published"), ("areas", "reference"), ("signals", "derived")):
        page = client.get(f"/data/catalogue/{name}").text
        assert f'<span class="tag">{status.capitalize()}</span>' in page
        row = client.get("/data/catalogue").text.partition(f">{name}</a></th>")[2].partition("</tr>")[0]
        assert f"<td>{status.capitalize()}</td>" in row


def test_every_status_is_in_use_and_observations_are_published() -> None:
    model = load_model()
    found = {status_of(model, name) for name in {**model.tables, **model.derived}}
    assert found == set(model.display.statuses)
    assert status_of(model, "observations") == "published"


def test_code_is_shown_by_its_name_and_leads_to_its_page(client: httpx.Client) -> None:
    page = client.get("/data/catalogue/areas").text
    assert 'href="/codes/area-type/unitary">Unitary' in page
    facets = page.partition('id="facets"')[2].partition("</section>")[0]
    assert "Unitary" in facets


def test_each_row_of_things_leads_to_its_page_and_its_uri(client: httpx.Client, site: Served) -> None:
    page = client.get("/data/catalogue/judgements").text
    assert 'href="/judgements/brookborough-2023"' in page
    assert f'href="{site.url}id/judgement/brookborough-2023"' in page
    page = client.get("/data/catalogue/observations").text
    assert f'href="{site.url}id/observation/' in page


def test_every_table_says_source_and_licence(client: httpx.Client) -> None:
    model = load_model()
    for name in ("areas", "figures", "observations", "distributions", "judgements", "indicators"):
        page = client.get(f"/data/catalogue/{name}").text
        assert "Source:" in page, name
        assert "Licence:" in page, name
        table = model.derived.get(name) or model.tables[name]
        assert table.description.split(".")[0].strip()[:40].replace("'", "&#39;") in page


def test_codes_lead_to_pages_and_rows_to_their_things(client: httpx.Client, site: Served) -> None:
    page = client.get("/data/catalogue/observations").text
    assert 'href="/areas/E06000002"' in page
    assert 'href="/indicators/recycled"' in page
    row = client.get("/data/catalogue/areas/E06000002").text
    assert 'href="/areas/E06000002"' in row
    assert f'href="{site.url}id/area/E06000002"' in row


def test_text_of_a_visitor_is_never_markup(client: httpx.Client) -> None:
    for sql in (
        "SELECT '<script>alert(1)</script>' AS area",
        "SELECT 'https://x/\"><script>alert(1)</script>' AS link",
        'SELECT \'"><script>\' AS "<script>"',
    ):
        page = client.get("/data/catalogue", params={"sql": sql}).text
        assert "<script>" not in page
    assert "<script>" not in client.get("/data/catalogue", params={"sql": 'SELECT * FROM "<script>"'}).text
    assert "<script>" not in client.get("/data/<script>").text


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT length(randomblob(500000000))", "too big"),
        ("SELECT length(zeroblob(50000000))", "too big"),
        ("SELECT * FROM pragma_database_list()", "not authorized"),
        (
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c",
            "time limit",
        ),
        ("ATTACH 'x.db' AS x", "must be a SELECT"),
        ("SELECT load_extension('x')", ""),
        ("DELETE FROM areas", "must be a SELECT"),
        ("INSERT INTO areas (area) VALUES ('x')", "must be a SELECT"),
        ("UPDATE areas SET label = 'x'", "must be a SELECT"),
        ("DROP TABLE areas", "must be a SELECT"),
        ("WITH x AS (SELECT 1) DELETE FROM areas", "readonly"),
        ("PRAGMA query_only = 0", "must be a SELECT"),
        ("VACUUM", "must be a SELECT"),
        ("SELECT zeroblob(1000000000)", "too big"),
        ("SELECT hex(zeroblob(4000000))", "too big"),
        ("SELECT group_concat(hex(zeroblob(100000))) FROM codes", "too big"),
        ("SELECT count(*) FROM codes a, codes b, codes c, codes d, codes e", "time limit"),
        ("SELECT writefile('x', 'y')", "no such function"),
        ("SELECT " + "+".join(["1"] * 300), "Expression tree"),
        ("SELECT nope", "no such column"),
        ("SELECT randomblob(2000000000)", "too big"),
        (
            "WITH RECURSIVE c(x) AS (SELECT 'a' UNION ALL SELECT x || x FROM c) SELECT max(length(x)) FROM c",
            "too big",
        ),
        ("SELECT 'aaa' REGEXP '(a+)+$'", "no such function"),
        (f"SELECT 'a' LIKE '{'%a' * 300}'", "pattern too complex"),
        (
            "SELECT count(*) FROM codes a, codes b, codes c, codes d, codes e WHERE a.code || e.code LIKE '%a%b%c%d%'",
            "time limit",
        ),
        ("SELECT " + "(" * 500 + "1" + ")" * 500, ""),
        ("SELECT 1; SELECT 2", "one statement"),
    ],
)
@pytest.mark.parametrize("form", ["", ".json", ".csv"])
def test_sql_of_a_visitor_is_bounded_in_every_form(
    client: httpx.Client, sql: str, said: str, form: str
) -> None:
    answer = client.get(f"/data/catalogue{form}", params={"sql": sql})
    assert answer.status_code == 400, answer.text[:300]
    assert said.lower() in answer.text.lower()
    if form:
        told = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert (told["type"].rpartition("/")[2], told["status"], told["ok"]) == ("sql-refused", 400, False)


def test_table_that_is_not_there_is_a_problem_in_every_form(client: httpx.Client) -> None:
    for form in (".json", ".csv"):
        for path in (f"/data/catalogue/nope{form}", f"/data/nope{form}"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (
                404,
                "application/problem+json",
            ), path
            assert answer.json()["type"].endswith("/address-unknown")


def test_answer_without_a_row_is_no_refusal(client: httpx.Client) -> None:
    sql = "SELECT area FROM areas WHERE 0"
    answer = client.get("/data/catalogue.csv", params={"sql": sql})
    assert answer.status_code == 200
    document = client.get("/data/catalogue.json", params={"sql": sql})
    assert (document.status_code, document.json()["rows"]) == (200, [])


def test_server_answers_others_while_and_after_visitors_ask_too_much(
    client: httpx.Client, site: Served
) -> None:
    """Four threads run SQL. Twice as many endless and oversized questions at once leave the pages as they are."""
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
    huge = "SELECT group_concat(hex(randomblob(100000))) FROM codes"

    def ask(sql: str) -> int:
        with httpx.Client(base_url=site.url, timeout=60) as own:
            return own.get("/data/catalogue", params={"sql": sql}).status_code

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, sql) for sql in (endless, huge) * 4]
        page = client.get("/areas/E06000002", headers={"Accept": "text/html"})
        statuses = {one.result() for one in asked}
    assert page.status_code == 200
    assert statuses == {400}
    assert client.get("/data/catalogue/areas").status_code == 200
    assert client.get("/healthz").status_code == 200


def test_longest_answer_is_cut_and_says_so(client: httpx.Client) -> None:
    sql = "SELECT a.code FROM codes a, codes b"
    page = client.get("/data/catalogue", params={"sql": sql})
    assert page.status_code == 200
    assert "The answer was cut after 5,000 rows" in page.text
    document = client.get("/data/catalogue.json", params={"sql": sql}).json()
    assert (document["truncated"], len(document["rows"])) == (True, 5000)


@pytest.mark.parametrize(
    "address",
    [
        *(
            f"/data/-/{name}"
            for name in ("databases.json", "settings", "plugins.json", "threads", "metadata.json")
        ),
        *(
            f"/data/-/{name}"
            for name in ("versions", "permissions", "allow-debug", "messages", "logout", "actor.json")
        ),
    ],
)
def test_nothing_of_the_server_is_shown(client: httpx.Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_no_path_of_the_server_is_in_any_answer(client: httpx.Client, site: Served) -> None:
    for address in (
        *PAGES,
        "/data/catalogue.json",
        "/data/catalogue/areas.json",
        "/data/nope",
        "/data/catalogue?sql=x",
    ):
        assert str(site.folder) not in client.get(address).text


def test_whole_database_can_be_taken_away(client: httpx.Client, site: Served) -> None:
    answer = client.get("/data/catalogue.db")
    assert answer.content == site.app.state.editions.current.catalogue.read_bytes()
    copy = sqlite3.connect(":memory:")
    copy.deserialize(answer.content)
    assert copy.execute("SELECT count(*) FROM areas").fetchone() == (4,)
    copy.close()


def test_json_and_csv_are_as_datasette_gives_them(client: httpx.Client) -> None:
    rows = client.get("/data/catalogue/areas.json?_shape=array&_sort=area").json()
    assert [row["area"] for row in rows] == ["E06000001", "E06000002", "E06000003", "E92000001"]
    text = client.get("/data/catalogue/areas.csv?_sort=area").text
    assert text.splitlines()[0].startswith("area,label,")
    missing = client.get("/data/catalogue/nope.json")
    assert (missing.status_code, missing.json()["ok"]) == (404, False)


def test_known_tag_is_answered_304(client: httpx.Client) -> None:
    tag = client.get("/data/catalogue/areas").headers["etag"]
    assert client.get("/data/catalogue/areas", headers={"If-None-Match": tag}).status_code == 304


def test_mount_without_its_slash_leads_in(client: httpx.Client) -> None:
    answer = client.get("/data")
    assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (301, "/data/")
    assert client.post("/data/catalogue").status_code == 405
