"""Every kind of page in a real browser: axe finds nothing, nothing sticks out, nothing comes from elsewhere.

The browser is Debian's Chromium, axe-core is the npm package of package.json. Both are needed; without them the
tests are skipped with the reason. What a browser need not see, the contrast of chart marks, is worked out here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api.pages.page import STATIC
from tools.example_site import ExampleSite
from tools.shots import CHROMIUM, KINDS, open_browser

AXE = Path(__file__).resolve().parent.parent / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
WIDTHS = (1280, 390, 320)

# Kinds whose address is refused on purpose: the browser itself reports the status on its console.
REFUSED = {
    "not-found": 404,
    "refused": 400,
    "sparql-fault": 400,
    "propose-fault": 400,
    "embed-unknown": 404,
    "cite-refused": 400,
}

_RUN = """async (rules) => {
  const found = await axe.run(document, {runOnly: rules, resultTypes: ['violations'], iframes: false});
  return found.violations.map(one => one.id + ': ' +
    one.nodes.slice(0, 3).map(node => node.target.join(' ') + ' ' + node.failureSummary).join('; '));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("NOT TESTED in a browser: there is no Chromium; apt-get install chromium")
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.skip("NOT TESTED with axe-core: it is not installed; npm ci")
    return AXE.read_text(encoding="utf-8")


def open_context(browser: Browser, scheme: str, **more: Any) -> BrowserContext:
    dark = "dark" if scheme == "dark" else "light"
    # axe itself is put into the page, which the site's own policy would refuse.
    return browser.new_context(color_scheme=dark, bypass_csp=True, **more)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_can_be_used_by_everyone(
    browser: Browser, axe: str, example_site: ExampleSite, kind: str, scheme: str
) -> None:
    """No violation of axe, no sideways scroll, no request to others, no error, at three widths."""
    context = open_context(browser, scheme)
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(example_site.url + KINDS[kind])
    assert answer is not None
    assert answer.status == REFUSED.get(kind, 200)
    page.evaluate(axe)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{width} px: sideways scroll"
        assert page.evaluate(_RUN, RULES) == [], f"{width} px"
    assert [url for url in asked if not url.startswith(example_site.url)] == []
    if kind in REFUSED:
        said = [text for text in said if f"status of {REFUSED[kind]}" not in text]
    assert said == []
    assert page.evaluate("document.querySelectorAll('*').length") <= 3_000
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("kind", KINDS)
def test_the_strictest_content_policy_is_kept(browser: Browser, example_site: ExampleSite, kind: str) -> None:
    """With the policy in force, the page is styled and the browser has nothing to refuse."""
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    answer = page.goto(example_site.url + KINDS[kind])
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy or "default-src 'none'" in policy
    assert [text for text in said if "Content Security Policy" in text] == []
    context.close()


@pytest.mark.browser
def test_a_reader_without_script_does_everything(browser: Browser, example_site: ExampleSite) -> None:
    """Search, read, open a table, change the map, compare: with JavaScript switched off."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(example_site.url)
    page.get_by_label("Your council or postcode, a topic, an indicator or a code").fill("Harrow")
    page.get_by_role("button", name="Search").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Harrow"
    card = page.locator("#adult-obesity")
    figure = card.locator(".big").inner_text()
    card.get_by_text("Figures as a table").click()
    expect(card.get_by_role("row").nth(1)).to_be_visible()
    assert figure.split("%")[0].strip() in card.get_by_role("row").nth(1).inner_text()
    page.get_by_label("Indicator on the map").select_option("employment-rate")
    page.get_by_role("button", name="Show on the map").click()
    expect(page.get_by_role("img", name=re.compile("^People in work"))).to_be_visible()
    page.locator("#adult-obesity").get_by_role("link", name="Compare").click()
    page.get_by_label("Order").select_option("name")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_url(re.compile("order=name"))
    names = page.locator("table").first.locator("tbody th").all_inner_texts()
    assert names == sorted(names)
    assert "Harrow" in names
    context.close()


@pytest.mark.browser
def test_a_page_says_the_same_with_and_without_script(browser: Browser, example_site: ExampleSite) -> None:
    texts = []
    for is_enabled in (True, False):
        context = browser.new_context(java_script_enabled=is_enabled)
        page = context.new_page()
        page.goto(example_site.url + KINDS["area-borough"])
        texts.append(page.locator("main").inner_text())
        context.close()
    assert texts[0] == texts[1]


@pytest.mark.browser
def test_the_keyboard_reaches_the_content_and_every_scrolling_table(
    browser: Browser, example_site: ExampleSite
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 700})
    page = context.new_page()
    page.goto(example_site.url + KINDS["indicator"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    beyond = page.evaluate(
        """() => [...document.querySelectorAll('main *')]
            .filter(one => one.scrollWidth > one.clientWidth + 1)
            .filter(one => ['auto', 'scroll'].includes(getComputedStyle(one).overflowX))
            .filter(one => one.tabIndex < 0 || !one.getAttribute('role')).map(one => one.className)"""
    )
    assert beyond == []
    context.close()


def visible_focus(page: Page) -> bool:
    """Say whether the element that has the focus shows it."""
    style: str = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    return style != "none"


@pytest.mark.browser
def test_the_focus_is_always_seen(browser: Browser, example_site: ExampleSite) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(example_site.url + KINDS["compare-similar"])
    for _ in range(25):
        page.keyboard.press("Tab")
        assert visible_focus(page)
    context.close()


@pytest.mark.browser
def test_print_opens_the_tables_and_hides_the_forms(browser: Browser, example_site: ExampleSite) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(example_site.url + KINDS["area-borough"])
    table = page.locator("#adult-obesity details table")
    expect(table).not_to_be_visible()
    page.emulate_media(media="print")
    expect(table).to_be_visible()
    expect(page.get_by_role("button", name="Search")).not_to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    context.close()


@pytest.mark.browser
def test_forced_colours_keep_charts_and_text_apart_from_the_ground(
    browser: Browser, axe: str, example_site: ExampleSite
) -> None:
    context = open_context(browser, "light", forced_colors="active")
    page = context.new_page()
    page.goto(example_site.url + KINDS["area-borough"])
    page.evaluate(axe)
    assert page.evaluate(_RUN, RULES) == []
    marks = page.evaluate(
        """() => ['.here', '.country', '.here-mark', '.ticks', '.middle'].map(name => {
            const style = getComputedStyle(document.querySelector('svg ' + name));
            const ground = getComputedStyle(document.body).backgroundColor;
            return style.stroke === ground || style.fill === ground ? name : ''}).join('')"""
    )
    assert marks == ""
    context.close()


def read_tokens(scheme: str) -> dict[str, str]:
    """Read the colours of the style sheet, as they hold in a scheme."""
    style = (STATIC / "site.css").read_text(encoding="utf-8")
    light, dark = style.split("@media screen and (prefers-color-scheme: dark)", 1)
    dark = dark.split("\n}\n", 1)[0]
    tokens = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,8})", light))
    if scheme == "dark":
        tokens |= dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,8})", dark))
    return tokens


def luminance(colour: str) -> float:
    """Work out the relative luminance of a colour as WCAG defines it."""
    digits = colour.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits[:6]
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_contrast_is_worked_out_as_wcag_does() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_of_charts_and_edges_stand_out_from_the_ground(scheme: str) -> None:
    tokens = read_tokens(scheme)
    for name in ("here", "similar", "country", "tick", "edge", "found", "text", "rule", "brand"):
        for ground in ("ground", "panel"):
            assert contrast(tokens[name], tokens[ground]) >= 3, (name, ground)
    for name in ("text", "muted", "link", "here", "similar", "country"):
        assert contrast(tokens[name], tokens["ground"]) >= 4.5, name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_more_stands_out_more_on_a_map(scheme: str) -> None:
    """Each shade is further from the ground than the one before, and the area found from every shade."""
    tokens = read_tokens(scheme)
    steps = [contrast(tokens[f"m{number}"], tokens["ground"]) for number in range(1, 6)]
    assert steps == sorted(steps)
    assert all(later / earlier > 1.25 for earlier, later in pairwise(steps))
    assert contrast(tokens["edge"], tokens["m1"]) >= 3
