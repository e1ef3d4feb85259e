"""Every form of a definition at its address, and what is said where there is none."""

from __future__ import annotations

import httpx
import pytest
from test_api_world import Served, client, site

from api.definition_forms.offers import OFFERS, Offer

__all__ = ["client", "site"]

DOCUMENTS = ("/indicators/recycled", "/indicators/recycled/v1.0.0", "/indicators/in-work")
IDS = [f"{offer.name}.{offer.form.suffix}" for offer in OFFERS]


@pytest.mark.parametrize("offer", OFFERS, ids=IDS)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_definition_and_version_has_every_form(
    client: httpx.Client, site: Served, document: str, offer: Offer
) -> None:
    address = offer.address(document)
    answer = client.get(address)
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers["content-type"].startswith(offer.form.media_type)
    assert answer.headers["content-disposition"].endswith(f'.{offer.form.suffix}"')
    links = answer.headers["link"]
    assert f'<{site.url.rstrip("/")}{address}>; rel="canonical"' in links
    assert f'<{document}>; rel="up"' in links
    assert client.get(address).content == answer.content
    again = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(address).headers["etag"] == answer.headers["etag"]


def test_accept_chooses_where_there_is_no_ending(client: httpx.Client) -> None:
    document = DOCUMENTS[0]
    for accept, ending in (("text/csv", "csv"), ("*/*", "xlsx"), ("text/csv;q=0.1, */*", "xlsx")):
        answer = client.get(f"{document}/template", headers={"Accept": accept})
        assert answer.headers["content-location"] == f"{document}/template.{ending}"
        assert "Accept" in answer.headers["vary"]
    refused = client.get(f"{document}/template", headers={"Accept": "application/pdf"})
    assert refused.status_code == 406
    assert "text/csv" in refused.json()["offered"]


def test_unknown_ending_is_told_what_is_on_offer(client: httpx.Client) -> None:
    answer = client.get("/indicators/recycled/v1.0.0/template.ods")
    told = answer.json()
    assert (answer.status_code, told["status"]) == (406, 406)
    assert told["type"].endswith("/problems/form-not-offered")
    assert told["addresses"] == [f"/indicators/recycled/v1.0.0/template.{one}" for one in ("xlsx", "csv")]


@pytest.mark.parametrize("path", ["schema.json", "template.csv", "structure"])
def test_unknown_version_is_told_which_there_are(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/indicators/recycled/v9.0.0/{path}")
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/problems/thing-unknown")
    assert answer.json()["offered"] == ["v1.0.0", "v2.0.0"]


@pytest.mark.parametrize("ending", ["/template.csv", "/v1.0.0/template.csv", ".csv-metadata.json"])
def test_unknown_indicator_is_told_the_nearest(client: httpx.Client, ending: str) -> None:
    answer = client.get(f"/indicators/recycle{ending}")
    assert (answer.status_code, answer.json()["nearest"]) == (404, "recycled")


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/indicators/Recycled/template.csv", "/indicators/recycled/template.csv"),
        ("/indicators/recycled/v2/template", "/indicators/recycled/v2.0.0/template"),
        ("/indicators/recycled/V1.0/shapes.ttl", "/indicators/recycled/v1.0.0/shapes.ttl"),
        ("/indicators/RECYCLED.csv-metadata.json", "/indicators/recycled.csv-metadata.json"),
    ],
)
def test_address_that_is_nearly_right_leads_to_the_one_address(
    client: httpx.Client, asked: str, leads_to: str
) -> None:
    answer = client.get(asked)
    assert (answer.status_code, answer.headers["location"]) == (301, leads_to)


def test_unknown_parameter_is_refused_and_an_edition_is_understood(
    client: httpx.Client, site: Served
) -> None:
    assert client.get("/indicators/recycled/schema.json?area=E06000002").status_code == 400
    name = site.app.state.editions.current.name
    pinned = client.get(f"/indicators/recycled/schema.json?edition={name}")
    assert (pinned.status_code, pinned.headers["cache-control"]) == (200, "public, max-age=86400")


def test_document_is_linked_to_what_can_be_filled_in(client: httpx.Client) -> None:
    for address in ("/indicators/recycled", "/indicators/recycled.json"):
        links = client.get(address, headers={"Accept": "text/html"}).headers["link"]
        assert '</indicators/recycled/template.xlsx>; rel="create-form"' in links
        assert '</indicators/recycled/schema.json>; rel="related"; type="application/schema+json"' in links
    assert "create-form" not in client.get("/areas/E06000002.json").headers["link"]
