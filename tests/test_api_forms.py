"""How a form is chosen: suffix, Accept with q values and wildcards, and what is refused."""

from __future__ import annotations

import pytest

from api.failures import Failure
from api.forms import (
    CSV,
    DOCUMENT_FORMS,
    HTML,
    JSON,
    JSONLD,
    N_TRIPLES,
    RDF_XML,
    TABLE_FORMS,
    TURTLE,
    choose,
    content_type,
    etag,
    has_tag,
    prefers_html,
    split_suffix,
)

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (None, HTML),
        ("", HTML),
        ("*/*", HTML),
        (BROWSER, HTML),
        ("text/turtle", TURTLE),
        ("TEXT/Turtle ; Q=1", TURTLE),
        ("text/turtle;q=0.5, application/ld+json;q=0.9", JSONLD),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', JSONLD),
        ("application/rdf+xml, text/html;q=0.5", RDF_XML),
        ("application/*", JSON),
        ("text/*;q=0.3, text/turtle;q=0.2, text/html;q=0.1", CSV),
        ("text/html;q=0, */*;q=0.1", JSON),
        ("text/html;q=0.2, */*;q=0.1", HTML),
        ("text/plain", N_TRIPLES),
        ("application/xml", RDF_XML),
        ("text/n3", TURTLE),
        ("nonsense, ;;, /, text/csv", CSV),
        ("nonsense", HTML),
        ("text/turtle;q=nonsense, text/csv;q=0.5", CSV),
    ],
)
def test_client_gets_the_form_it_likes_best(accept: str | None, wanted: object) -> None:
    assert choose(accept, TABLE_FORMS).form is wanted


def test_most_exact_range_decides_not_the_first() -> None:
    assert choose("text/*;q=0.9, text/html;q=0.1, application/json;q=0.5", (HTML, JSON)).form is JSON


def test_alias_is_answered_under_its_own_name() -> None:
    choice = choose("text/plain", DOCUMENT_FORMS)
    assert (choice.form, choice.content_type) == (N_TRIPLES, "text/plain; charset=utf-8")


def test_refusal_names_the_media_types_on_offer() -> None:
    with pytest.raises(Failure) as refused:
        choose("image/png, text/html;q=0", (HTML, TURTLE))
    assert refused.value.kind.status == 406
    assert refused.value.more["offered"] == ["text/html", "text/turtle"]
    assert refused.value.headers["Vary"] == "Accept"


@pytest.mark.parametrize(
    ("path", "stem", "suffix"),
    [
        ("E09000015", "E09000015", None),
        ("E09000015.ttl", "E09000015", "ttl"),
        ("E09000015.XML", "E09000015", "rdf"),
        ("waste/v1.0.0", "waste/v1.0.0", None),
        ("waste/v1.0.0.json", "waste/v1.0.0", "json"),
        (".ttl", ".ttl", None),
        ("a/.ttl", "a/.ttl", None),
        ("a.png", "a.png", None),
        ("v1.nt/x", "v1.nt/x", None),
    ],
)
def test_ending_is_a_form_only_where_it_names_one(path: str, stem: str, suffix: str | None) -> None:
    found, form = split_suffix(path)
    assert (found, form.suffix if form else None) == (stem, suffix)


def test_only_texts_have_a_charset() -> None:
    told = [
        content_type(kind)
        for kind in ("text/csv", "application/rdf+xml", "application/gzip", "application/json")
    ]
    assert told == [
        "text/csv; charset=utf-8",
        "application/rdf+xml; charset=utf-8",
        "application/gzip",
        "application/json",
    ]


def test_tag_follows_from_edition_and_address() -> None:
    tag = etag("d1", "/areas/E1.ttl")
    assert tag == etag("d1", "/areas/E1.ttl")
    assert len({tag, etag("d2", "/areas/E1.ttl"), etag("d1", "/areas/E1.nt")}) == 3
    assert has_tag(f'"x", W/{tag}', tag)
    assert not has_tag('"x"', tag)


def test_browser_is_told_from_a_program() -> None:
    assert prefers_html(BROWSER)
    assert not prefers_html("*/*")
    assert not prefers_html("text/turtle, text/html;q=0.5")
    assert not prefers_html(None)
