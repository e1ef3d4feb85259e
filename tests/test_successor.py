"""A definition that is withdrawn answers with what follows it, in every form."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from rdflib import Graph, URIRef
from test_api_world import Served, serving
from test_publish_world import TABLES

IS_REPLACED_BY = URIRef("http://purl.org/dc/terms/isReplacedBy")
GLASS = TABLES["indicators"][1] | {"indicator": "glass", "version": "1.0.0", "status": "withdrawn"}


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The small world with a definition that another one replaced, and one that nothing follows."""
    rows = [*TABLES["indicators"], GLASS | {"replaced_by": "recycled"}, GLASS | {"indicator": "jars"}]
    with serving(tmp_path_factory.mktemp("followed"), is_published=False) as served:
        served.publish(tables={"indicators": rows})
        yield served


@pytest.fixture
def client(followed: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=followed.url, timeout=30) as made:
        yield made


@pytest.mark.parametrize(
    ("address", "successor", "notice"),
    [
        ("/indicators/glass", "/indicators/recycled", "This definition is withdrawn."),
        ("/indicators/glass/v1.0.0", "/indicators/recycled", "This definition is withdrawn."),
        ("/indicators/recycled/v1.0.0", "/indicators/recycled/v2.0.0", "This version is withdrawn."),
    ],
)
def test_withdrawn_definition_leads_to_its_successor(
    address: str, successor: str, notice: str, client: httpx.Client, followed: Served
) -> None:
    answer = client.get(address, headers={"accept": "text/html"})
    assert notice in answer.text
    assert f'It is followed by <a href="{successor}">' in answer.text
    told = client.get(f"{address}.json")
    uri = f"{followed.url}id/indicator/{successor.removeprefix('/indicators/')}"
    assert told.json()["successor"]["uri"] == uri
    for one in (answer, told):
        assert f'<{successor}>; rel="successor-version"' in one.headers["link"]
        # What can be filled in stays that of the definition itself.
        assert f'<{address}/template.xlsx>; rel="create-form"' in one.headers["link"]


@pytest.mark.parametrize("address", ["/indicators/jars", "/indicators/recycled", "/indicators/in-work"])
def test_without_a_successor_none_is_named(address: str, client: httpx.Client) -> None:
    told = client.get(f"{address}.json")
    assert told.json()["successor"] is None
    assert "successor-version" not in told.headers["link"]
    assert "It is followed by" not in client.get(address, headers={"accept": "text/html"}).text


@pytest.mark.parametrize("address", ["glass", "glass/v1.0.0"])
def test_linked_data_name_the_successor(address: str, client: httpx.Client, followed: Served) -> None:
    graph = Graph().parse(data=client.get(f"/indicators/{address}.ttl").text)
    subject = URIRef(f"{followed.url}id/indicator/{address}")
    assert graph.value(subject, IS_REPLACED_BY) == URIRef(f"{followed.url}id/indicator/recycled")
