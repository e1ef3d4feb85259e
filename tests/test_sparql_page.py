"""The form page: whole without a script; with one, an editor that keeps the policy, the keyboard and the colours."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest
from page_judging import list_violations, open_context
from playwright.sync_api import Browser, Page, expect
from test_api_world import Served, client, site

from api.pages.sparql import has_editor

__all__ = ["client", "site"]

PAGE = {"Accept": "text/html"}
LABELS = """SELECT ?label WHERE { ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?label }
ORDER BY ?label"""
FAULT = "SELECT *\nWHERE {\n  ?s ?p ?o .\n  ?s nope ?o\n}"


def ask(client: httpx.Client, query: str) -> str:
    return client.get("/sparql", params={"query": query}, headers=PAGE).text


def test_fault_is_shown_in_its_line_with_what_follows_marked(client: httpx.Client) -> None:
    page = ask(client, FAULT)
    assert "Line 4, column 11" in page
    assert "  3    ?s ?p ?o .\n  4    ?s nope <mark>?o</mark>" in page
    assert 'aria-invalid="true" aria-describedby="fault" data-line="4"' in page


def test_query_that_was_posted_stays_in_the_form(client: httpx.Client) -> None:
    page = client.post("/sparql", data={"query": "SELECT ?kept {}"}, headers=PAGE).text
    assert "SELECT ?kept {}</textarea>" in page


def test_page_says_the_limits_and_how_to_ask_in_parts(client: httpx.Client) -> None:
    page = client.get("/sparql", headers=PAGE).text
    assert (
        "10 seconds and answer 10,000 rows as a page, 1,000,000 as JSON, XML, CSV or TSV, or 100,000" in page
    )
    assert "<code>OFFSET 10000</code>" in page


def test_page_of_a_part_leads_to_the_next(client: httpx.Client) -> None:
    page = ask(client, f"{LABELS} LIMIT 2")
    assert 'rel="next">Next part of the rows' in page
    assert quote("LIMIT 2 OFFSET 2", safe="").replace("%20", "+") in page
    assert "Next part" not in ask(client, f"{LABELS} LIMIT 9000")


def test_address_of_the_editor_leads_to_the_form(client: httpx.Client) -> None:
    answer = client.get("/sparql/editor", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (301, "/sparql")


@pytest.fixture
def editor_made() -> None:
    if not has_editor():
        pytest.skip("NOT TESTED with the editor: npm has not made it here; make dev")


def field(page: Page) -> dict[str, object]:
    """Say what has the focus: inside of the editor its role and name, else the tag."""
    found: dict[str, object] = page.evaluate(
        """() => { const one = document.activeElement; const inner = one.shadowRoot?.activeElement;
        return inner ? {role: inner.getAttribute('role'), label: inner.ariaLabel} : {tag: one.tagName}; }"""
    )
    return found


@pytest.mark.browser
def test_form_without_a_script_shows_rows_and_faults(browser: Browser, site: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}sparql")
    page.get_by_role("textbox", name="Query").fill(LABELS)
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("cell", name="Brookborough", exact=True).first).to_be_visible()
    page.get_by_role("textbox", name="Query").fill(FAULT)
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 4")
    assert page.get_by_role("textbox", name="Query").input_value() == FAULT
    context.close()


@pytest.mark.browser
@pytest.mark.usefixtures("editor_made")
def test_editor_sends_what_is_typed_and_never_holds_the_keyboard(browser: Browser, site: Served) -> None:
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site.url}sparql")
    editor = page.get_by_role("textbox", name="Query. Escape leaves the editor.")
    expect(editor).to_be_visible()
    expect(page.locator("#query")).to_be_hidden()
    page.get_by_text("Query", exact=True).click()
    assert field(page) == {"role": "textbox", "label": "Query. Escape leaves the editor."}
    page.keyboard.press("Tab")
    assert field(page) == {"tag": "SELECT"}
    page.keyboard.press("Shift+Tab")
    assert field(page)["role"] == "textbox"
    page.keyboard.press("Shift+Tab")
    assert field(page) == {"tag": "A"}
    editor.focus()
    page.keyboard.press("Escape")
    assert field(page) == {"tag": "SELECT"}
    editor.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("ASK {}")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/sparql?query=ASK*")
    expect(page.get_by_text("Yes", exact=True)).to_be_visible()
    expect(editor).to_have_text("ASK {}")
    assert said == []
    assert [url for url in asked if not url.startswith(site.url)] == []
    context.close()


@pytest.mark.browser
@pytest.mark.usefixtures("editor_made")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_editor_has_no_violation_in_any_state(browser: Browser, axe: str, site: Served, scheme: str) -> None:
    """axe looks into the shadow root; the fault's line is marked, and the ground follows the reader's setting."""
    context = open_context(browser, scheme)
    page = context.new_page()
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{site.url}sparql?query={quote(FAULT)}")
        editor = page.get_by_role("textbox", name="Query. Escape leaves the editor.")
        editor.focus()
        expect(page.locator(".cm-fault")).to_have_text("?s nope ?o")
        assert editor.get_attribute("aria-invalid") == "true"
        page.evaluate(axe)
        assert list_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = page.locator(".cm-editor").evaluate("one => getComputedStyle(one).backgroundColor")
    assert ground == ("rgb(13, 16, 19)" if scheme == "dark" else "rgb(255, 255, 255)")
    assert page.locator(".cm-editor").evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    context.close()
