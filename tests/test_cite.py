"""Citations: one thing said alike in four forms, read back by parsers that others wrote; addresses that resolve."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import bibtexparser
import httpx
import jsonschema
import pytest
from bibtexparser.middlewares import LatexDecodingMiddleware
from hypothesis import given
from hypothesis import strategies as st
from page_reading import read_page
from test_api_links import below
from test_api_world import Served, client, site

from api.citations import Citation, key_of, write_bibtex, write_csl, write_ris, write_text
from api.cited import read_address
from api.failures import Failure

__all__ = ["below", "client", "site"]

FIGURE = "waste/recycled/E06000002/2022-04-01_P1Y"

# The rules of the CSL data schema 1.0 for the members that are used here.
CSL: Mapping[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["type", "id"],
        "additionalProperties": False,
        "properties": {
            "id": {"type": ["string", "number"]},
            "type": {"enum": ["article", "book", "dataset", "document", "figure", "report", "webpage"]},
            "author": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        name: {"type": "string"} for name in ("family", "given", "suffix", "literal")
                    },
                },
            },
            "issued": {
                "type": "object",
                "additionalProperties": False,
                "required": ["date-parts"],
                "properties": {
                    "date-parts": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 2,
                        "items": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": 3,
                            "items": {"type": ["string", "number"]},
                        },
                    }
                },
            },
            **{
                name: {"type": "string"}
                for name in (
                    "title",
                    "container-title",
                    "publisher",
                    "version",
                    "URL",
                    "genre",
                    "note",
                    "language",
                )
            },
        },
    },
}


def read_bibtex(text: str) -> dict[str, str]:
    """Read an entry with a BibTeX parser; TeX's signs become letters again, but for the address."""
    (raw,), (decoded,) = (
        bibtexparser.parse_string(text, append_middleware=more).entries
        for more in ([], [LatexDecodingMiddleware()])
    )
    assert bibtexparser.parse_string(text).failed_blocks == []
    fields = {field.key: field.value for field in decoded.fields}
    fields["url"] = raw.fields_dict["url"].value
    return {"type": raw.entry_type, "key": raw.key, **fields}


def read_ris(text: str) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for line in text.split("\r\n")[:-1]:
        tag, separator, value = line[:2], line[2:6], line[6:]
        assert separator == "  - "
        out.setdefault(tag, []).append(value)
    return out


def ask(client: httpx.Client, url: str, form: str) -> httpx.Response:
    return client.get("/cite", params={"url": url, "format": form})


def test_a_figure_is_cited_alike_in_every_form(client: httpx.Client, site: Served) -> None:
    url = f"{site.url}observations/{FIGURE}"
    edition = site.app.state.editions.current.name
    text = ask(client, url, "text").text
    bibtex = read_bibtex(ask(client, url, "bibtex").text)
    (csl,) = ask(client, url, "csl").json()
    ris = read_ris(ask(client, url, "ris").text)
    title, uri = (
        "Household waste recycled, Brook, April 2022 to March 2023",
        f"{site.url}id/observation/{FIGURE}",
    )
    assert text.startswith(
        f"Statistics Office (2026). {title} [Observation]. The small world, edition {edition}."
    )
    assert uri in text
    assert "The figure is 43.60." in text
    assert bibtex["title"].strip("{}") == csl["title"] == ris["TI"][0] == title
    assert bibtex["author"].strip("{}") == csl["author"][0]["literal"] == ris["AU"][0] == "Statistics Office"
    assert bibtex["url"] == csl["URL"] == ris["UR"][0] == uri
    assert bibtex["edition"] == csl["version"] == ris["ET"][0] == edition
    assert bibtex["year"] == ris["PY"][0] == "2026"
    assert csl["issued"] == {"date-parts": [[2026, 11, 23]]}
    assert csl["type"] == "dataset"
    assert ris["TY"] == ["DATA"]
    assert "Open Government Licence 3.0" in csl["note"]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "areas",
        "areas/E06000002",
        "id/area/E06000002",
        "areas/e06000002-brook",
        "areas/E06000002/inspections",
        "indicators/recycled",
        "indicators/recycled/v1.0.0",
        "indicators/recycled.ttl",
        "datasets/waste",
        f"observations/{FIGURE}",
        "compare?indicator=recycled&areas=E06000002",
        "chart/recycled.svg?areas=E06000002",
        "embed/recycled?areas=E06000002",
        "judgements/brookborough-2023",
        "register",
        "not-for",
    ],
)
def test_what_is_cited_resolves(client: httpx.Client, site: Served, path: str) -> None:
    answer = ask(client, site.url + path, "csl")
    assert answer.status_code == 200, answer.text
    jsonschema.validate(answer.json(), CSL)
    address = answer.json()[0]["URL"]
    assert address.startswith(site.url)
    found = client.get(address, headers={"Accept": "text/html"}, follow_redirects=True)
    assert found.status_code == 200
    assert read_bibtex(ask(client, site.url + path, "bibtex").text)["url"] == address


def test_an_edition_is_cited_as_data(client: httpx.Client, site: Served) -> None:
    name = site.app.state.editions.current.name
    (csl,) = ask(client, f"{site.url}editions/{name}", "csl").json()
    assert (csl["type"], csl["version"], csl["genre"]) == ("dataset", name, "Edition")
    assert csl["URL"] == f"{site.url}id/edition/{name}"


def test_the_answer_of_a_query_can_be_cited(client: httpx.Client, site: Served) -> None:
    query = "SELECT ?area WHERE { ?area a <http://www.w3.org/2004/02/skos/core#Concept> } LIMIT 3"
    address = f"{site.url.rstrip('/')}/sparql?{urlencode({'query': query})}"
    page = client.get(address, headers={"Accept": "text/html"})
    assert (page.status_code, "text/html" in page.headers["content-type"]) == (200, True)
    told = client.get("/cite", params={"url": address, "format": "text"})
    assert told.status_code == 200
    assert "/sparql?query=SELECT" in told.text


def test_a_pinned_address_stays_pinned(client: httpx.Client, site: Served) -> None:
    name = site.app.state.editions.current.name
    (csl,) = ask(client, f"{site.url}observations/{FIGURE}?edition={name}", "csl").json()
    assert csl["URL"] == f"{site.url}id/observation/{FIGURE}?edition={name}"
    assert client.get(csl["URL"], headers={"Accept": "text/html"}, follow_redirects=True).status_code == 200


@pytest.mark.parametrize(
    ("url", "status", "words"),
    [
        ("https://elsewhere.example.org/areas", 400, "is not an address of this site"),
        ("//elsewhere.example.org/areas", 400, "is not an address of this site"),
        ("http://127.0.0.1.example.org/", 400, "is not an address of this site"),
        ("javascript:alert(1)", 400, "is not an address of this site"),
        ("file:///etc/passwd", 400, "is not an address of this site"),
        ("nonsense", 400, "is not an address of this site"),
        ("http://[", 400, "is not an address"),
        ("/areas/E0 6", 400, "is not an address"),
        ("/areas/E99999999", 404, "Nothing here has the address"),
        ("/no/such/page", 404, "Nothing here has the address"),
        ("/chart/recycled.svg?areas=E99999999", 404, "There is no area"),
        ("/chart/recycled.svg?area=E06000002", 400, "Closest: areas"),
        ("/compare?indikator=recycled", 404, "Nothing here has the address"),
        ("/cite?url=/", 400, "A citation is not cited"),
        ("/search?q=brook", 400, "A search is not cited"),
        ("/api/v1/areas", 400, "for programs"),
        ("/data/catalogue", 400, "Datasette"),
        ("/areas/E06000002?edition=2020-01-01-0123456789ab", 404, "There is no edition"),
    ],
)
def test_what_is_not_here_is_refused_in_words(
    client: httpx.Client, url: str, status: int, words: str
) -> None:
    answer = ask(client, url, "text")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


def test_a_form_that_there_is_not_is_refused_with_the_nearest(client: httpx.Client) -> None:
    answer = ask(client, "/areas", "bibtext")
    assert answer.status_code == 400
    assert "Closest: bibtex" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/x-bibtex", "application/x-bibtex; charset=utf-8"),
        ("application/vnd.citationstyles.csl+json", "application/vnd.citationstyles.csl+json"),
        ("application/x-research-info-systems", "application/x-research-info-systems; charset=utf-8"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/html,*/*;q=0.8", "text/html; charset=utf-8"),
    ],
)
def test_the_form_follows_what_a_client_accepts(client: httpx.Client, accept: str, kind: str) -> None:
    answer = client.get("/cite", params={"url": "/datasets/waste"}, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind


def test_a_page_leads_to_its_citation(client: httpx.Client) -> None:
    for address in ("/areas/E06000002", "/indicators/recycled", f"/observations/{FIGURE}", "/datasets/waste"):
        page = read_page(client.get(address, headers={"Accept": "text/html"}).content)
        links = [one for one in page.every("a") if one.text == "Cite this"]
        assert len(links) == 1, address
        answer = client.get(links[0].attributes["href"], headers={"Accept": "text/html"})
        assert answer.status_code == 200
        regions = [one.attributes["aria-label"] for one in read_page(answer.content).every("pre")]
        assert regions == ["Text", "BibTeX", "CSL-JSON", "RIS"]


def test_an_address_below_a_path_is_cited_with_it(below: Served) -> None:
    for url in (f"{below.url}areas/E06000002", "/open/figures/areas/E06000002", "/areas/E06000002"):
        answer = httpx.get(f"{below.url}cite", params={"url": url, "format": "csl"})
        assert answer.json()[0]["URL"] == f"{below.url}id/area/E06000002"
    outside = below.url.replace("/open/figures/", "/open/other")
    assert httpx.get(f"{below.url}cite", params={"url": outside, "format": "csl"}).status_code == 400


def made(title: str, note: str = "", address: str = "https://data.example.org/areas/E1") -> Citation:
    return Citation(
        kind="Dataset",
        is_data=True,
        key=key_of(title),
        title=title,
        authors=("Council of A & B",),
        site="Figures",
        edition="2026-11-23-0123456789ab",
        published_on=dt.date(2026, 11, 23),
        address=address,
        note=note,
    )


def test_signs_of_tex_are_letters_in_a_citation() -> None:
    title = r"100% of {A} & B_c #1 $5 ~ ^ \end"
    entry = read_bibtex(write_bibtex(made(title)))
    # The parser reads TeX's circumflex as the letter of that name.
    assert entry["title"].strip("{}").split() == title.replace("^", "ˆ").strip("{}").split()
    assert entry["author"].strip("{}") == "Council of A & B"


TITLES = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=60)


@given(TITLES, TITLES)
def test_no_title_breaks_out_of_its_form(title: str, note: str) -> None:
    one = made(title, note, "https://data.example.org/a?b={c}&d=\\e")
    entry = read_bibtex(write_bibtex(one))
    assert set(entry) >= {"type", "key", "title", "author", "year", "url"}
    assert entry["type"] == "misc"
    ris = read_ris(write_ris(one))
    assert ris["TY"] == ["DATA"]
    assert ris["ER"] == [""]
    assert ris["UR"] == [one.address]
    jsonschema.validate(json.loads(write_csl(one)), CSL)
    assert title in write_text(one)


@given(st.text(max_size=200))
def test_an_address_is_read_as_a_path_of_this_site_or_refused(text: str) -> None:
    try:
        path, _ = read_address(text, "https://data.example.org/figures/")
    except Failure as failure:
        status = failure.kind.status
    else:
        status = 400
        assert path.startswith("/")
    assert status == 400
