"""Every address that a page, a list or a header gives out leads somewhere, as a visitor would follow it."""

from __future__ import annotations

import re
from collections import deque
from html import unescape
from urllib.parse import urljoin, urlsplit

import httpx
from test_api_world import Served, client, site

__all__ = ["client", "site"]

MOST = 500


def test_every_link_from_the_first_page_on_leads_somewhere(client: httpx.Client, site: Served) -> None:
    host = urlsplit(site.url).netloc
    waiting, seen, broken = deque(["/"]), {"/"}, {}
    while waiting and len(seen) < MOST:
        address = waiting.popleft()
        answer = client.get(address, headers={"Accept": "text/html, */*;q=0.5"})
        if answer.status_code >= 400:
            broken[address] = answer.status_code
        found = [answer.headers["location"]] if "location" in answer.headers else []
        if answer.headers.get("content-type", "").startswith("text/html"):
            found += [
                unescape(target) for target in re.findall(r'(?:href|src|action)="([^"]+)"', answer.text)
            ]
        for target in found:
            parts = urlsplit(urljoin(site.url.rstrip("/") + address, target))
            # Datasette's ways to sort and filter are many; its own test follows the first of them.
            if parts.netloc != host or (parts.path.startswith("/data/") and parts.query):
                continue
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            if path not in seen:
                seen.add(path)
                waiting.append(path)
    assert broken == {}
    assert len(seen) > 150


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
