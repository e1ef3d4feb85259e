"""Every address that a page, a list or a header gives out leads somewhere, as a visitor would follow it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from test_api_world import Served, client, serving, site

__all__ = ["client", "site"]

MOST = 500


def follow_links(url: str, most: int) -> tuple[set[str], dict[str, object]]:
    """Follow the links of a site from its first page on, at most so many.

    Returns the addresses met, and those that lead nowhere or out of the site's own addresses.
    """
    first = urlsplit(url).path
    waiting, seen, broken = deque([first]), {first}, dict[str, object]()
    with httpx.Client(base_url=url.removesuffix(first), timeout=30) as visitor:
        while waiting and len(seen) < most:
            address = waiting.popleft()
            answer = visitor.get(address, headers={"Accept": "text/html, */*;q=0.5"})
            if answer.status_code >= 400:
                broken[address] = answer.status_code
            found = [answer.headers["location"]] if "location" in answer.headers else []
            if answer.headers.get("content-type", "").startswith("text/html"):
                found += map(unescape, re.findall(r'(?:href|src|action)="([^"]+)"', answer.text))
            for target in found:
                parts = urlsplit(urljoin(url.removesuffix(first) + address, target))
                # Datasette's ways to sort and filter are many; its own test follows the first of them.
                if parts.netloc != urlsplit(url).netloc or (f"{first}data/" in parts.path and parts.query):
                    continue
                if not parts.path.startswith(first):
                    broken[parts.path] = f"outside, on {address}"
                    continue
                path = parts.path + (f"?{parts.query}" if parts.query else "")
                if path not in seen:
                    seen.add(path)
                    waiting.append(path)
    return seen, broken


def test_every_link_from_the_first_page_on_leads_somewhere(site: Served) -> None:
    seen, broken = follow_links(site.url, MOST)
    assert broken == {}
    assert len(seen) > 150


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The small world under a public address with a path, which the proxy in front leaves on."""
    with serving(tmp_path_factory.mktemp("below"), root="/open/figures") as served:
        yield served


def test_every_link_stays_below_the_path_of_the_public_address(below: Served) -> None:
    seen, broken = follow_links(below.url, 500)
    assert broken == {}
    assert len(seen) >= 250
    assert f"{urlsplit(below.url).path}data/catalogue/areas" in seen


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ("areas/", "areas"),
        ("areas/E06000002/", "areas/E06000002"),
        ("areas/e06000002", "areas/E06000002"),
        ("downloads/", "downloads"),
        ("data", "data/"),
        ("id/area/E06000002", "areas/E06000002"),
    ],
)
def test_every_redirect_stays_below_it(below: Served, asked: str, location: str) -> None:
    answer = httpx.get(f"{below.url}{asked}")
    assert answer.status_code in (301, 303)
    assert urljoin(below.url, answer.headers["location"]) == f"{below.url}{location}"


def test_next_part_of_a_list_is_below_it(below: Served) -> None:
    first = httpx.get(f"{below.url}api/v1/areas?limit=1").json()
    assert first["next"].startswith(f"{below.url}api/v1/areas?")
    assert httpx.get(first["next"]).json()["items"] != first["items"]


def test_every_link_header_leads_somewhere(client: httpx.Client, site: Served) -> None:
    broken = {}
    for address in (
        "/areas/E06000002",
        "/indicators/recycled",
        "/datasets/waste",
        "/areas",
        "/catalog",
        "/def/",
    ):
        answer = client.get(address, headers={"Accept": "text/html, */*;q=0.5"})
        for target in re.findall(r"<([^>]+)>", answer.headers.get("link", "")):
            whole = urljoin(site.url, target)
            if whole.startswith(site.url):
                status = client.get(whole, headers={"Accept": "*/*"}).status_code
                if status not in (200, 303):
                    broken[target] = status
    assert broken == {}
