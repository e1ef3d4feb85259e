"""The section "Use this definition" of an indicator's page: what it says can be copied, followed and asked."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from page_reading import Element, read_page
from test_api_world import Served, client, site

from api.definition_forms.offers import OFFERS

__all__ = ["client", "site"]

PAGES = ("/indicators/recycled", "/indicators/recycled/v1.0.0", "/indicators/in-work")


def section(client: httpx.Client, address: str, heading: str) -> Element:
    """Read a section of a page."""
    page = read_page(client.get(address, headers={"Accept": "text/html"}).content)
    return next(one for one in page.every("section") if one.attributes.get("aria-labelledby") == heading)


@pytest.mark.parametrize("address", PAGES)
def test_page_links_to_every_form_and_every_link_answers(client: httpx.Client, address: str) -> None:
    links = list(section(client, address, "use-definition").every("a"))
    found = [link.attributes["href"] for link in links]
    assert {offer.address(address) for offer in OFFERS} <= set(found)
    assert {f"{address}.{suffix}" for suffix in ("json", "jsonld", "ttl", "nt", "rdf", "csv")} <= set(found)
    assert len(set(found)) == len(found)
    for href in found:
        assert client.get(href).status_code == 200, href
    # What is heard names the definition, so that no link says "JSON" alone.
    assert all(any("unseen" in part.classes for part in link.every("span")) for link in links)


def test_definition_can_be_copied_with_its_version(client: httpx.Client, site: Served) -> None:
    copied = section(client, "/indicators/recycled/v1.0.0", "use-definition").one("code").text
    uri = f"{site.url}id/indicator/recycled/v1.0.0"
    assert f"Short name: recycled Version: 1.0.0 Address: {uri}" in copied
    edition = site.app.state.editions.current.name
    assert copied.endswith(
        "To cite: Waste recycled (recycled, version 1.0.0). Statistics Office. "
        f"The small world, edition {edition}. {uri}"
    )
    in_use = section(client, "/indicators/recycled", "use-definition").one("code").text
    assert "Version: 2.0.0" in in_use


@pytest.mark.parametrize(("indicator", "with_value", "in_all"), [("recycled", 4, 5), ("in-work", 2, 3)])
def test_sql_and_sparql_of_the_page_fetch_the_figures(
    client: httpx.Client, indicator: str, with_value: int, in_all: int
) -> None:
    run = [link.attributes["href"] for link in section(client, f"/indicators/{indicator}", "ask").every("a")]
    sql, sparql = (parse_qs(urlsplit(href).query) for href in run)
    rows = client.get("/data/catalogue.json", params={"sql": sql["sql"][0]}).json()
    assert (rows["ok"], len(rows["rows"])) == (True, in_all)
    answer = client.get(
        "/sparql",
        params={"query": sparql["query"][0]},
        headers={"Accept": "application/sparql-results+json"},
    )
    assert len(answer.json()["results"]["bindings"]) == with_value
