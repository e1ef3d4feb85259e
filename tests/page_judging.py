"""What a browser and axe-core say of a page of the example.

The browser is Debian's Chromium, axe-core is the npm package of package.json. Both are needed; the fixtures `browser`
and `axe` of conftest.py skip without them, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from tools.shots import KINDS

# As axe takes them: all rules with one of these tags.
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
RULES = {"type": "tag", "values": _TAGS}
# How the names of the kinds begin that have a file of tests of their own.
PLACES = ("area", "compare", "indicator", "neighbourhoods")

# What dark can change of a page: it differs from light in nothing but colours.
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}

WIDTHS = (1280, 390, 320)
# Below 640 px the style sheet has one layout, so its narrowest is judged.
JUDGED = {"light": {1280: RULES, 320: RULES}, "dark": {1280: COLOURS}}

# Kinds whose address is refused on purpose: the browser itself reports the status on its console.
REFUSED = {
    "not-found": 404,
    "refused": 400,
    "sparql-fault": 400,
    "propose-fault": 400,
    "embed-unknown": 404,
    "cite-refused": 400,
    "data-sql-fault": 400,
    "data-not-found": 404,
}

_RUN = """async (rules) => {
  const found = await axe.run(document, {runOnly: rules, resultTypes: ['violations'], iframes: false});
  return found.violations.map(one => one.id + ': ' +
    one.nodes.slice(0, 3).map(node => node.target.join(' ') + ' ' + node.failureSummary).join('; '));
}"""


def list_violations(page: Page, rules: Mapping[str, Any] = RULES) -> list[str]:
    """Say what axe, which the page has been given, finds wrong with it."""
    found: list[str] = page.evaluate(_RUN, rules)
    return found


def open_context(browser: Browser, scheme: str, **more: Any) -> BrowserContext:
    dark = "dark" if scheme == "dark" else "light"
    # axe itself is put into the page, which the site's own policy would refuse.
    return browser.new_context(color_scheme=dark, bypass_csp=True, **more)


def judge_page(browser: Browser, axe: str, site: str, kind: str) -> None:
    """Find no violation, no sideways scroll at three widths, no request to others and no error, light and dark."""
    context = open_context(browser, "light")
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(site + KINDS[kind])
    assert answer is not None
    assert answer.status == REFUSED.get(kind, 200)
    page.evaluate(axe)
    for scheme, judged in JUDGED.items():
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            scrolled = page.evaluate("document.documentElement.scrollWidth")
            assert scrolled <= width, f"{scheme}, {width} px: sideways scroll"
            if width in judged:
                assert list_violations(page, judged[width]) == [], f"{scheme}, {width} px"
    assert [url for url in asked if not url.startswith(site)] == []
    if kind in REFUSED:
        said = [text for text in said if f"status of {REFUSED[kind]}" not in text]
    assert said == []
    assert page.evaluate("document.querySelectorAll('*').length") <= 3_000
    context.close()
