"""What a reader does in a real browser: with the policy in force, without script, by keyboard, on paper."""

from __future__ import annotations

import re

import pytest
from page_judging import list_violations, open_context
from playwright.sync_api import Browser, Page, expect
from test_contrast import contrast

from tools.example_site import ExampleSite
from tools.shots import KINDS


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
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_hint_in_an_empty_field_can_be_read(browser: Browser, example_site: ExampleSite, scheme: str) -> None:
    """axe-core does not look at it."""
    context = open_context(browser, scheme)
    page = context.new_page()
    page.goto(example_site.url + KINDS["area-borough"])
    said = page.evaluate(
        """() => {
            const field = document.querySelector('input[placeholder]');
            return [getComputedStyle(field, '::placeholder').color, getComputedStyle(field).backgroundColor]}"""
    )
    hint, ground = (
        "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", colour)) for colour in said
    )
    assert contrast(hint, ground) >= 4.5
    context.close()


@pytest.mark.browser
def test_forced_colours_keep_charts_and_text_apart_from_the_ground(
    browser: Browser, axe: str, example_site: ExampleSite
) -> None:
    context = open_context(browser, "light", forced_colors="active")
    page = context.new_page()
    page.goto(example_site.url + KINDS["area-borough"])
    page.evaluate(axe)
    assert list_violations(page) == []
    marks = page.evaluate(
        """() => ['.here', '.country', '.here-mark', '.ticks', '.middle'].map(name => {
            const style = getComputedStyle(document.querySelector('svg ' + name));
            const ground = getComputedStyle(document.body).backgroundColor;
            return style.stroke === ground || style.fill === ground ? name : ''}).join('')"""
    )
    assert marks == ""
    context.close()
