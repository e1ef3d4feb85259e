"""Every other kind of page in a real browser: axe finds nothing, nothing sticks out, nothing comes from elsewhere."""

from __future__ import annotations

import pytest
from page_judging import PLACES, judge_page
from playwright.sync_api import Browser

from tools.example_site import ExampleSite
from tools.shots import KINDS

OWN = [kind for kind in KINDS if not kind.startswith(PLACES)]


@pytest.mark.browser
@pytest.mark.parametrize("kind", OWN)
def test_a_page_can_be_used_by_everyone(
    browser: Browser, axe: str, example_site: ExampleSite, kind: str
) -> None:
    judge_page(browser, axe, example_site.url, kind)
