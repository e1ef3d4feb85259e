"""The register of the bundled example: found again by SQL and SPARQL, explained on pages, followed by feeds."""

from __future__ import annotations

import json
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import httpx
import pyoxigraph
import pytest

from api.pages.signal_rule import load_applied, load_today
from publish.signal_queries import sparql_of, sql_of
from publish.signal_rules import AppliedRule
from schemas import load_model
from tools.example_site import ExampleSite

RULES = (
    "below-peers",
    "coasting",
    "falling",
    "low-grade",
    "overdue",
    "perception-apart",
    "target-missed",
    "unexpected",
)
ATOM = "{http://www.w3.org/2005/Atom}"

# What names an open signal of each kind of rule.
OPEN = {
    "low-grade": "newest_judgement",
    "overdue": "dataset, indicator",
    "target-missed": "target, area",
}
SERIES = "area, dataset, indicator, coalesce(breakdown, ''), newest_period"


@pytest.fixture(scope="module")
def catalogue(example_site: ExampleSite) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(example_site.edition.catalogue)
    connection.row_factory = sqlite3.Row
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def store(example_store: pyoxigraph.Store) -> pyoxigraph.Store:
    return example_store


@pytest.fixture
def client(example_site: ExampleSite) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=example_site.url, timeout=60) as made:
        yield made


def rule_of(site: ExampleSite, name: str) -> AppliedRule:
    return next(rule for rule in load_applied(site.edition) if rule.rule == name)


def open_ones(catalogue: sqlite3.Connection, rule: AppliedRule) -> set[tuple[str, ...]]:
    columns = OPEN.get(rule.kind, SERIES)
    return {
        tuple(row)
        for row in catalogue.execute(
            f"SELECT {columns} FROM signals WHERE rule = ? AND is_open", (rule.rule,)
        )
    }


def test_every_rule_of_the_example_is_applied(example_site: ExampleSite) -> None:
    assert tuple(rule.rule for rule in load_applied(example_site.edition)) == RULES


@pytest.mark.parametrize("name", RULES)
def test_sql_finds_the_open_signals_again(
    example_site: ExampleSite, catalogue: sqlite3.Connection, name: str
) -> None:
    rule = rule_of(example_site, name)
    sql = sql_of(rule, load_model(), load_today(example_site.edition) or "")
    assert {tuple(row) for row in catalogue.execute(sql)} == open_ones(catalogue, rule)


@pytest.mark.parametrize("name", RULES)
def test_sparql_finds_the_open_signals_again(
    example_site: ExampleSite, catalogue: sqlite3.Connection, store: pyoxigraph.Store, name: str
) -> None:
    rule = rule_of(example_site, name)
    base = example_site.edition.base
    solutions = store.query(sparql_of(rule, base, load_today(example_site.edition) or ""))
    assert isinstance(solutions, pyoxigraph.QuerySolutions)
    found = set()
    for row in solutions:
        # Checks name themselves first; what names the signal comes after.
        cells = list(row)[1:] if rule.about == "series" else list(row)
        found.add(
            tuple("" if cell is None else cell.value.removeprefix(base).split("/")[-1] for cell in cells)
        )
    assert found == open_ones(catalogue, rule)


def test_the_register_of_the_example_is_no_empty_shell(catalogue: sqlite3.Connection) -> None:
    """Grades, falls and the rest all occur; what people say falls nowhere while what is counted rises."""
    open_by_rule = dict(catalogue.execute("SELECT rule, open_signals FROM signal_counts").fetchall())
    assert open_by_rule.pop("perception-apart") == 0
    assert set(open_by_rule) == set(RULES) - {"perception-apart"}
    assert min(open_by_rule.values()) > 0


def test_no_signal_is_about_a_figure_that_must_not_be_looked_at(catalogue: sqlite3.Connection) -> None:
    rows = catalogue.execute(
        "SELECT s.signal, o.status, o.value, i.polarity, a.area_type, i.tier FROM signals s"
        " JOIN signal_rules r ON r.rule = s.rule AND r.version = s.rule_version"
        " LEFT JOIN observations o ON o.dataset = s.dataset AND o.indicator = s.indicator AND o.area = s.area"
        " AND o.period = s.newest_period AND o.breakdown = coalesce(s.breakdown, '')"
        " LEFT JOIN indicators i ON i.indicator = s.indicator AND i.version = s.version"
        " LEFT JOIN areas a ON a.area = s.area WHERE s.score IS NOT NULL OR s.kind = 'unexpected'"
    ).fetchall()
    assert len(rows) > 1000
    tiers = {code.code: code.more["area_types"] for code in load_model().code_lists["tier"].codes}
    for row in rows:
        assert row["status"] in ("normal", "revised", "break"), row["signal"]
        assert row["value"] is not None
        assert row["polarity"] in ("higher", "lower")
        assert row["area_type"] in tiers[row["tier"]]


def test_what_has_cleared_says_when_and_why_and_what_is_open_does_not(catalogue: sqlite3.Connection) -> None:
    wrong = catalogue.execute(
        "SELECT signal FROM signals WHERE is_open <> (cleared_on IS NULL) OR (ending IS NULL) <> is_open"
        " OR cleared_on < opened_on OR times < 1"
    ).fetchall()
    assert wrong == []


def test_counts_are_those_of_the_signals(catalogue: sqlite3.Connection) -> None:
    for row in catalogue.execute("SELECT * FROM signal_counts"):
        told = catalogue.execute(
            "SELECT count(*), sum(is_open), sum(times) FROM signals WHERE rule = ?", (row["rule"],)
        ).fetchone()
        assert (row["signals"], row["open_signals"]) == (told[0], told[1] or 0)
        assert row["firings"] == (told[2] or 0)
        assert row["open_signals"] <= row["newest_checks"] <= row["checks"]


# ---- doors ----


def test_register_narrows_and_leads_to_its_signals(client: httpx.Client) -> None:
    page = client.get("/signals?rule=low-grade&state=open", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "Early warnings: Low grade from an inspectorate, open" in page.text
    assert "no verdict" in page.text
    assert client.get("/signals?rule=low-grad").status_code == 404
    assert "low-grade" in client.get("/signals?rule=low-grad").json()["detail"]
    assert client.get("/signals?page=9999").status_code == 404


@pytest.mark.parametrize("name", RULES)
def test_page_of_a_rule_shows_its_queries_and_counts(client: httpx.Client, name: str) -> None:
    page = client.get(f"/signal-rules/{name}", headers={"Accept": "text/html"})
    assert page.status_code == 200
    for words in (
        "When it makes a signal",
        "newest checks",
        "Find the open signals again",
        "SPARQL",
        "Versions",
    ):
        assert words in page.text
    assert client.get(f"/signal-rules/{name}/1").status_code == 200
    assert client.get(f"/signal-rules/{name}/2", headers={"Accept": "text/html"}).status_code == 404
    answer = client.get(f"/id/signal-rule/{name}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/signal-rules/{name}")
    turtle = client.get(f"/signal-rules/{name}.ttl")
    assert "SignalRule" in turtle.text


@pytest.mark.parametrize("name", sorted({*RULES} - {"perception-apart"}))
def test_page_of_a_signal_explains_it(client: httpx.Client, catalogue: sqlite3.Connection, name: str) -> None:
    row = catalogue.execute(
        "SELECT * FROM signals WHERE rule = ? ORDER BY is_open DESC, signal LIMIT 1", (name,)
    ).fetchone()
    answer = client.get(f"/id/signal/{row['signal']}")
    assert answer.status_code == 303
    page = client.get(answer.headers["location"], headers={"Accept": "text/html"})
    assert page.status_code == 200
    for words in (
        "What was found",
        "The rule and the test",
        "Which definition and which data",
        "What was done",
    ):
        assert words in page.text
    assert "No response is published here" in page.text
    for word in ("best", "worst", "failing"):
        assert f" {word} " not in page.text
    for ending in ("ttl", "jsonld", "nt", "rdf", "json"):
        form = client.get(f"{answer.headers['location']}.{ending}")
        assert form.status_code == 200, ending
        assert row["evidence"][:20] in form.text or ending in ("rdf", "nt"), ending


def test_area_and_body_pages_list_what_is_open(client: httpx.Client, catalogue: sqlite3.Connection) -> None:
    row = catalogue.execute(
        "SELECT area, body, signal FROM signals WHERE rule = 'falling' AND is_open ORDER BY signal LIMIT 1"
    ).fetchone()
    for address in (f"/areas/{row['area']}", f"/bodies/{row['body']}"):
        page = client.get(address, headers={"Accept": "text/html"})
        assert "Worth a second look" in page.text
        assert "/signals/" in page.text


def test_feeds_tell_of_signals_by_area_body_rule_and_theme(
    client: httpx.Client, catalogue: sqlite3.Connection
) -> None:
    row = catalogue.execute("SELECT area, body FROM signals WHERE rule = 'falling' LIMIT 1").fetchone()
    for query in (f"area={row['area']}", f"body={row['body']}", "rule=overdue", "theme=health", ""):
        atom = client.get(f"/signals.atom?{query}")
        assert atom.status_code == 200
        assert atom.headers["content-type"].startswith("application/atom+xml")
        entries = ET.fromstring(atom.content).findall(f"{ATOM}entry")
        feed = client.get(f"/signals.json?{query}").json()
        assert 0 < len(entries) <= 50
        assert [entry.findtext(f"{ATOM}id") for entry in entries] == [item["id"] for item in feed["items"]]
        updated = [entry.findtext(f"{ATOM}updated") or "" for entry in entries]
        assert updated == sorted(updated, reverse=True)
    assert client.get("/signals.csv").headers["location"].startswith("/api/v1/signals?")


def test_api_and_page_tell_of_the_same_signals(client: httpx.Client) -> None:
    api = client.get("/api/v1/signals?rule=overdue&is_open=true").json()
    feed = client.get("/signals.json?rule=overdue&state=open").json()
    assert {item["uri"] for item in api["items"]} == {item["id"] for item in feed["items"]}
    assert api["items"][0]["is_open"] is True
    assert api["items"][0]["responses"] == []
    assert json.dumps(api["query"]) == json.dumps({"limit": 100, "rule": ["overdue"], "is_open": True})
