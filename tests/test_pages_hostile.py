"""What others wrote stays text: every label, note and address of an edition may be hostile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from page_reading import Element, read_page
from test_publish_world import OBSERVATIONS, TABLES, make_contents

from api import pages
from api.citations import Citation
from api.edition import Edition, Editions
from api.failures import Failure
from api.pages.asked import VIEWS
from api.pages.changes import Asked
from api.pages.chart import Chart, make_chart
from api.pages.cite import cite
from api.pages.embed import embed
from api.pages.rows import address_of_row
from api.sparql_pool import Limits
from api.svg_alone import Caption, write_document
from publish.build import Making, prepare, publish_contents
from publish.edition import EditionsFolder
from schemas import load_model

SCRIPT = "<script>alert('x')</script>"
HOSTILE = f'{SCRIPT} "quoted" \' & \u202egnikcots\u202c {{{{ 7*7 }}}} </title></svg></style>'
ADDRESS = "javascript:alert(1)//https://example.org/"
BASE = "https://data.example.org/under/here/"

# Columns whose text is shown as it is; others are codes, dates or numbers that are checked before.
_ADDRESSES = frozenset({"website", "source", "licence", "criteria", "report", "link", "to_uri"})


def hostile(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """Make every free text of a row hostile, and every address a script."""
    schema = load_model().tables[table]
    keys = {*schema.primary_key, *(name for key in schema.foreign_keys for name in key.fields)}
    out = dict(row)
    for field in schema.fields:
        if field.name in keys or field.type != "string" or field.code_list or field.form or field.enum:
            continue
        if field.pattern or field.name in {"symbol", "version"} or out.get(field.name) is None:
            continue
        out[field.name] = ADDRESS if field.name in _ADDRESSES else f"{out[field.name]} {HOSTILE}"
    return out


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """The small world with hostile words in every text, published under an address with a path."""
    tables = {name: [hostile(name, row) for row in rows] for name, rows in TABLES.items()}
    figures = [{**row, "note": HOSTILE} for row in OBSERVATIONS]
    contents = make_contents(figures, tables, base=BASE)
    folder = tmp_path_factory.mktemp("hostile")
    editions = EditionsFolder(folder / "editions")
    with editions.locked():
        publish_contents(prepare(contents, folder / "files"), editions, Making(date(2026, 11, 23)))
    return Editions(editions.folder).current


def every_page(edition: Edition) -> Iterator[tuple[str, bytes]]:
    """Make each page that the edition has."""
    model = load_model()
    for kind in model.kinds.values():
        if kind.table is None:
            continue
        schema = model.table(kind.table)
        for row in edition.rows(f'SELECT * FROM "{schema.name}" LIMIT 4'):
            address = address_of_row(schema, row)
            notation = tuple(map(unquote, (address or "").split("/")[2:]))
            page = pages.PAGES[kind.kind](edition, notation, {})
            if page is not None:
                yield f"{kind.kind} {notation}", page.html
    for name, make in pages.LISTS.items():
        yield name, make(edition, {}).html
    yield "home", pages.home(edition).html
    yield "downloads", pages.downloads(edition).html
    yield "changes", pages.changes(edition, Asked()).html
    yield "register", pages.register(edition).html
    yield "vocabulary", pages.vocabulary(edition).html
    for area in edition.rows("SELECT area FROM areas"):
        inspections = pages.area_inspections(edition, area["area"], {})
        assert inspections is not None
        yield f"inspections {area['area']}", inspections.html
    for row in edition.rows("SELECT indicator FROM indicator_heads"):
        yield "compare", pages.compare(edition, {"indicator": row["indicator"], "group": "all"}).html
        for view in VIEWS:
            query = {"view": view, "indicator": row["indicator"], "with": "recycled", "areas": "E06000002"}
            yield f"compare {view}", pages.compare(edition, query).html
        for chart in charts_of(edition, row["indicator"]):
            yield "embed", embed(edition, chart, None, {}).html
    cited = Citation(
        kind="Page",
        is_data=False,
        key="key",
        title=HOSTILE,
        authors=[HOSTILE],
        site=HOSTILE,
        edition=edition.name,
        published_on=date(2026, 1, 2),
        address=f"{BASE}areas/E06000002",
        note=HOSTILE,
    )
    yield "cite", cite(edition, HOSTILE, cited).html


def charts_of(edition: Edition, indicator: str) -> Iterator[Chart]:
    """Make every chart of an indicator that can be drawn."""
    for query in ({"areas": "E06000002"}, {"areas": "E06000002,E06000003", "view": "bars"}, {}):
        with suppress(Failure):
            yield make_chart(edition, indicator, query)


# The one script there is, on the one page that has it.
EDITOR = b'<script type="module" src="/under/here/static/built/sparql-editor.js"></script>'


def check_harmless(name: str, html: bytes) -> Element:
    """Check that nothing of a page's own text became an element, an attribute or an address that runs."""
    if name.lower() == "sparql":
        html = html.replace(EDITOR, b"", 1)
    assert b"<script" not in html, name
    page = read_page(html)
    for element in page.every():
        assert element.name not in {"script", "style", "iframe"}, name
        assert not any(key.startswith("on") for key in element.attributes), name
        for key in ("href", "src", "action"):
            value = element.attributes.get(key, "")
            assert not value.lower().lstrip().startswith(("javascript:", "data:", "vbscript:")), (name, value)
    return page


def test_hostile_words_stay_words_on_every_page(edition: Edition) -> None:
    shown = 0
    for name, html in every_page(edition):
        page = check_harmless(name, html)
        shown += SCRIPT in page.text
        if SCRIPT in page.text:
            assert "{{ 7*7 }}" in page.text
    assert shown > 20


def test_hostile_words_stay_words_in_a_chart_that_stands_alone(edition: Edition) -> None:
    drawn = 0
    for row in edition.rows("SELECT indicator FROM indicator_heads"):
        for chart in charts_of(edition, row["indicator"]):
            document = write_document(Caption(SCRIPT, SCRIPT, [SCRIPT]), chart.drawings)
            root = ElementTree.fromstring(document)
            assert not [one for one in root.iter() if one.tag.endswith(("script", "image", "foreignObject"))]
            assert SCRIPT in "".join(root.itertext())
            drawn += 1
    assert drawn > 1


def test_links_of_a_site_under_a_path_stay_under_it(edition: Edition) -> None:
    for name, html in every_page(edition):
        for element in read_page(html).every():
            for key in ("href", "action"):
                value = element.attributes.get(key)
                if value is not None and value.startswith("/"):
                    assert value.startswith("/under/here/"), (name, value)


@pytest.mark.parametrize("text", [SCRIPT, '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "\x00\u202e'\"&"])
def test_what_a_visitor_writes_stays_text(edition: Edition, text: str) -> None:
    made = [
        pages.search(edition, text, [], []),
        pages.compare(edition, dict.fromkeys(pages.PARAMETERS["compare"], text)),
        *(
            pages.compare(edition, dict.fromkeys(pages.PARAMETERS["compare"], text) | known)
            for known in ({"view": view, "indicator": "recycled"} for view in VIEWS)
        ),
        cite(edition, text, None),
        pages.not_found(edition, f"/{text}"),
        pages.sparql(edition, text, Limits()),
        pages.sparql(edition, text, Limits(), f"# {text}"),
        *(make(edition, dict.fromkeys(pages.PARAMETERS[name], text)) for name, make in pages.LISTS.items()),
    ]
    area = pages.PAGES["area"](edition, ("E06000002",), {"topic": text, "map": text})
    assert area is not None
    for page in [*made, area]:
        check_harmless(page.title, page.html)
        assert b"<img" not in page.html


def test_results_of_a_query_stay_text(edition: Edition) -> None:
    document = (
        '{"head":{"vars":["a","<b>"]},"results":{"bindings":[{"a":{"type":"literal","value":"<script>1</script>"},'
        '"<b>":{"type":"uri","value":"javascript:alert(1)"}}]}}'
    )
    page = check_harmless("sparql", pages.sparql(edition, "SELECT", Limits(), document).html)
    assert "<script>1</script>" in page.one("tbody").text
    assert [heading.text for heading in page.one("thead").every("th")] == ["a", "<b>"]


def test_an_address_that_is_not_of_the_web_is_not_a_link(edition: Edition) -> None:
    page = pages.PAGES["dataset"](edition, (edition.value("SELECT dataset FROM datasets LIMIT 1"),), {})
    assert page is not None
    assert ADDRESS in read_page(page.html).text
