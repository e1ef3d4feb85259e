"""Pages on the bundled example: sentences and tables say the same, every kind has a page, links lead on."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping
from dataclasses import astuple
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import pytest
from page_reading import Element, read_page

from api import pages
from api.edition import Edition
from api.pages.area import list_glances, look_around, sort_figures
from api.pages.definitions import load_definitions
from api.pages.figures import AreaFigure, list_area_figures
from api.pages.page import address_of
from api.pages.places import find_place, list_groups
from api.pages.rows import address_of_row
from api.pages.series import list_council_values
from api.sentences import comparator_words, status_words
from compare import Limits, share_limits
from schemas import load_model
from tools.example_site import ExampleSite
from tools.shots import KINDS

# Boroughs, a county, districts, a new council, a small one, a region and the country.
AREAS = (
    "E09000015",
    "E10000016",
    "E07000106",
    "E06000060",
    "E06000053",
    "E09000001",
    "E08000025",
    "E12000007",
    "E92000001",
)


@pytest.fixture(scope="session")
def edition(example_site: ExampleSite) -> Edition:
    return example_site.edition


@pytest.fixture(scope="session")
def client(example_site: ExampleSite) -> Iterator[httpx.Client]:
    accept = {"accept": "text/html,*/*;q=0.8"}
    with httpx.Client(base_url=example_site.url, headers=accept, timeout=60) as opened:
        yield opened


def figures_of(edition: Edition, area: str) -> list[AreaFigure]:
    place = find_place(edition, area)
    assert place is not None
    around = look_around(edition, place)
    members = around.similar.members if around.similar else ()
    country = around.country if around.country != place else None
    return list_area_figures(edition, load_definitions(edition), place, country, members)


def area_page(edition: Edition, area: str, **query: str) -> Element:
    page = pages.PAGES["area"](edition, (area,), query)
    assert page is not None
    return read_page(page.html)


def topic_cards(edition: Edition, area: str) -> Mapping[str, tuple[Element, Element]]:
    """Give each indicator's row of the summary table and its card, from the pages of all topics."""
    found = {}
    for theme in load_definitions(edition).themes:
        page = area_page(edition, area, topic=theme)
        rows = {
            urlsplit(row.one("th").one("a").attributes["href"]).fragment: row
            for row in page.every("tr")
            if any(cell.attributes.get("scope") == "row" for cell in row.every("th"))
            and "card" not in " ".join(row.classes)
            and any("topic=" in link.attributes["href"] for link in row.every("a"))
        }
        for card in page.every("section", "card"):
            key = card.attributes["id"]
            found[key] = (rows[key], card)
    return found


@pytest.mark.parametrize("area", AREAS)
def test_a_sentence_says_what_its_table_and_its_chart_say(edition: Edition, area: str) -> None:
    by_key = {one.key: one for one in figures_of(edition, area)}
    pairs = topic_cards(edition, area)
    assert set(pairs) == set(by_key)
    for key, (row, card) in pairs.items():
        one = by_key[key]
        cells = [cell.text for cell in row.every("td")]
        sentence = next(part for part in card.every("p") if not part.classes).text
        figure, mark = cells[0], status_words(one.latest.status)
        if one.has_value:
            # A figure is never shown without what a reader must know of it.
            assert figure.endswith(mark)
            figure = figure.removesuffix(mark).rstrip()
        assert card.one("p", "big").text.startswith(figure)
        if one.has_value:
            assert sentence.startswith(f"{one.place.name}: {figure}")
        else:
            assert figure.lower() in sentence.lower()
        first_of_table = next(card.one("tbody").every("tr"))
        newest = next(first_of_table.every("td")).text
        if one.latest.span == max(
            (seen.span for seen in (*one.series, *one.country)), key=lambda s: s.end_on
        ):
            assert newest == figure
        change = cells[-1]
        if change.startswith(("Up", "Down")):
            assert change in card.one("p", "big").text
            assert change in sentence
        elif change in {"No change", "No clear change"}:
            assert f"{change} on" in sentence
        if one.place.is_council:
            against = cells[-2]
            said = {
                "Higher": "Higher than the middle council",
                "Lower": "Lower than the middle council",
                "No clear difference": "No clear difference from the middle council",
                "The same": "The same as the middle council",
            }
            for word, words in said.items():
                assert (against == word) == (words in sentence), (area, key)
        for chart in card.every("svg", "strip"):
            assert figure in chart.one("title").inside[0]


@pytest.mark.parametrize("area", AREAS)
def test_a_strip_shows_as_many_councils_as_the_sentence_says(edition: Edition, area: str) -> None:
    for one in figures_of(edition, area):
        if one.spread is None:
            continue
        values = [value for _, value in list_council_values(edition, one.cell, one.spread.tier)]
        assert len(values) == one.spread.area_count
        assert min(values) == pytest.approx(float(one.spread.lowest))
        assert max(values) == pytest.approx(float(one.spread.highest))


@pytest.mark.parametrize("area", ["E09000015", "E07000106"])
def test_what_stands_beside_a_figure_is_what_the_table_says_with_its_method(
    edition: Edition, area: str
) -> None:
    by_key = {one.key: one for one in figures_of(edition, area)}
    told = 0
    for key, (_, card) in topic_cards(edition, area).items():
        one = by_key[key]
        notes = [part.text for part in card.every("p", "note")]
        assert (one.trend_text in " ".join(notes)) or not one.trend_text
        beside = next((text for text in notes if text.startswith("Beside it:")), None)
        if beside is None:
            continue
        told += 1
        rows = edition.rows(
            "SELECT * FROM comparators WHERE dataset = ? AND indicator = ? AND version = ? AND period = ?"
            " AND breakdown = ? AND tier = ? AND kind = 'area-type' AND comparator = ?",
            (*astuple(one.cell), one.spread.tier if one.spread else "", one.place.area_type),
        )
        [row] = rows
        words = comparator_words(row["method"], row["area_count"], row["missing_count"])
        assert f"{one.write(row['value'])} ({words})" in beside
        assert not one.definition.is_total
    assert told > 10


def test_a_range_that_was_worked_out_says_by_which_method(edition: Edition) -> None:
    [one] = [
        one
        for one in figures_of(edition, "E09000015")
        if one.definition.indicator == "most-deprived-neighbourhoods"
    ]
    worked_out = [seen for seen in one.series if seen.limit_method is not None]
    assert worked_out
    for seen in worked_out:
        assert seen.numerator is not None
        assert seen.denominator is not None
        expected = share_limits(seen.numerator, seen.denominator)
        assert isinstance(expected, Limits)
        assert (seen.limit_method, seen.figure.limits) == ("wilson", (expected.lower, expected.upper))
    _, card = topic_cards(edition, "E09000015")[one.key]
    assert "worked out by Wilson's method" in " ".join(part.text for part in card.every("p", "note"))


def test_many_figures_come_with_how_many_chance_alone_would_flag(edition: Edition) -> None:
    page = area_page(edition, "E09000015")
    place = find_place(edition, "E09000015")
    assert place is not None
    kinds = sort_figures(place, figures_of(edition, "E09000015"))
    tested = [one for one in (*kinds.judged, *kinds.views) if one.standing and one.standing.is_range_known]
    [note] = [part.text for part in page.every("p", "note") if "Chance alone" in part.text]
    assert note.startswith(f"Of {len(tested)} figures with a known range,")


def test_the_page_of_methods_has_every_method_that_a_table_names(edition: Edition) -> None:
    page = read_page(pages.methods(edition).html)
    named = {element.text for element in page.every("code")}
    for column in ("method", "limit_method"):
        for row in edition.rows(f"SELECT DISTINCT {column} AS name FROM comparators"):  # our own columns
            assert row["name"] is None or row["name"] in named


def test_the_page_of_an_indicator_lists_what_stands_for_many_councils(edition: Edition) -> None:
    made = pages.PAGES["indicator"](edition, ("employment-rate",), {})
    assert made is not None
    page = read_page(made.html)
    [table] = [one for one in page.every("table") if "what stands for many councils" in one.text]
    rows = {
        row.one("th").text: [cell.text for cell in row.every("td")] for row in table.one("tbody").every("tr")
    }
    assert rows["England"][2] == "As published"
    assert rows["England"][1] != ""
    assert rows["Counties"][2].startswith("Unweighted mean of")
    assert rows["Counties"][1] == ""


@pytest.mark.parametrize("area", AREAS)
def test_no_generated_sentence_is_long_or_judges(edition: Edition, area: str) -> None:
    figures = figures_of(edition, area)
    kinds = sort_figures(figures[0].place, figures)
    glances = list_glances(kinds.judged, kinds.views)
    written = [(one, sentence) for one in figures for sentence in one.sentences]
    written += [(one, one.glance_sentence) for one in glances]
    assert written
    for one, sentence in written:
        assert len(sentence.split()) <= 25, sentence
        # A label is the publisher's own word, "a good level of development" too.
        own = sentence.replace(one.label, "")
        assert not re.search(r"\b(best|worst|good|bad|failing|poor)\b", own, re.IGNORECASE), sentence


def test_context_is_never_among_what_stands_out(edition: Edition) -> None:
    for area in AREAS:
        figures = figures_of(edition, area)
        kinds = sort_figures(figures[0].place, figures)
        for one in list_glances(kinds.judged, kinds.views):
            assert not one.definition.is_context
            assert one.definition.polarity != "neither"


def test_a_district_is_told_which_services_its_county_runs(edition: Edition) -> None:
    page = area_page(edition, "E07000106")
    table = next(
        region
        for region in page.every("div", "scroll")
        if region.attributes.get("aria-label") == "Services that Canterbury does not run"
    )
    rows = [[cell.text for cell in row.every()] for row in table.one("tbody").every("tr")]
    assert rows
    definitions = load_definitions(edition)
    upper = {one.indicator for one in definitions.in_use.values() if one.tier == "upper-tier"}
    labels = {definitions.in_use[indicator].label for indicator in upper}
    labels |= {one.label for one in figures_of(edition, "E07000106") if one.definition.indicator in upper}
    assert {row[0] for row in rows} <= labels
    assert any("Does not run this service" in row for row in rows)
    assert all("Kent" in " ".join(row) for row in rows)
    summary = next(table for table in page.every("table") if "Newest figures" in table.one("caption").text)
    assert not labels & {row.one("a").text for row in summary.every("tr") if list(row.every("a"))}


def test_similar_councils_of_a_district_or_county_share_its_tier(edition: Edition) -> None:
    for area in ("E07000106", "E10000016"):
        place = find_place(edition, area)
        assert place is not None
        for group in list_groups(edition, place):
            for member in group.members:
                other = find_place(edition, member)
                assert other is not None
                assert other.tiers & place.tiers


def test_a_county_and_a_district_are_not_held_against_each_other(client: httpx.Client) -> None:
    page = read_page(
        client.get(
            "/compare", params={"indicator": "employment-rate", "areas": "E10000016,E07000106"}
        ).content
    )
    rows = {row.one("th").text: row for row in page.one("tbody").every("tr")}
    assert "different tiers" in rows["Canterbury"].text
    assert not list(rows["Canterbury"].every("svg"))
    assert list(rows["Kent"].every("svg"))


def test_a_council_without_the_service_is_not_blank_and_not_average(client: httpx.Client) -> None:
    address = "/compare?indicator=persistent-absence&areas=E07000106"
    page = read_page(client.get(address).content)
    assert "Canterbury does not run this service." in page.one("p", "lede").text + page.text
    rows = {row.one("th").text: row for row in page.one("tbody").every("tr")}
    assert "Does not run this service" in rows["Canterbury"].text


@pytest.mark.parametrize(
    "address",
    [
        "/compare?indicator=adult-obesity&areas=E09000015",
        "/compare?indicator=employment-rate&areas=E09000015,E09000003,E08000025",
        "/compare?indicator=life-satisfaction&areas=E07000106",
    ],
)
def test_the_answer_counts_the_rows_of_its_table(client: httpx.Client, address: str) -> None:
    page = read_page(client.get(address).content)
    answer = next(part for part in page.one("section").every("p", "lede")).text
    words = [
        row.one("span", "edge").text for row in page.one("tbody").every("tr") if "this" not in row.classes
    ]
    told = {
        "Higher": r"(\d+) (?:is|are) higher",
        "Lower": r"(\d+) (?:is|are) lower",
        "No clear difference": r"(\d+) (?:is|are) not clearly different",
    }
    for word, pattern in told.items():
        found = re.search(pattern, answer)
        assert words.count(word) == (int(found[1]) if found else 0), answer


def test_an_ended_area_names_its_successor(edition: Edition) -> None:
    notice = area_page(edition, "E07000004").one("div", "notice")
    assert "ended on 31 March 2020" in notice.text
    assert notice.one("a").attributes["href"] == "/areas/E06000060"


def test_a_new_area_names_what_it_followed(edition: Edition) -> None:
    notice = area_page(edition, "E06000060").one("div", "notice")
    links = {link.attributes["href"] for link in notice.every("a")}
    assert {"/areas/E07000004", "/areas/E10000002"} <= links


def test_grades_are_in_the_inspectorates_words_and_frameworks_apart(edition: Edition) -> None:
    page = pages.area_inspections(edition, "E09000015", {})
    assert page is not None
    items = [item for item in read_page(page.html).one("ol", "history").every("li") if item.classes]
    days = [item.one("p").text for item in items]
    assert days == sorted(days, key=lambda day: int(day.split()[-1]), reverse=True)
    graded = [item for item in items if "graded" in item.classes]
    labels = {row["label"] for row in edition.rows("SELECT label FROM grades")}
    assert {item.one("strong", "grade").text for item in graded} <= labels
    newest, before = graded[0].text, graded[1].text
    assert re.search(r"(Up|Down) from .+ \(\d{4}\)\.|No change from \d{4}\.", newest)
    assert "Different framework: do not compare" in before


def test_every_missing_figure_on_an_area_page_says_why(edition: Edition) -> None:
    every_word = {status_words(code.code) for code in load_model().code_lists["status"].codes} - {""}
    for area in AREAS:
        for one in figures_of(edition, area):
            if not one.has_value:
                assert one.here_text in every_word


def test_every_kind_of_thing_has_a_page(edition: Edition) -> None:
    model = load_model()
    missing = []
    for kind in model.kinds.values():
        if kind.kind == "edition":
            notation: tuple[str, ...] = (edition.name,)
        elif kind.table is None:
            continue
        else:
            schema = model.table(kind.table)
            row = edition.row(f'SELECT * FROM "{schema.name}" LIMIT 1')
            if row is None:
                continue
            address = address_of_row(schema, row)
            assert address is not None, kind.kind
            notation = tuple(map(unquote, address.split("/")[2:]))
        page = pages.PAGES[kind.kind](edition, notation, {})
        if page is None or page.status != 200:
            missing.append((kind.kind, notation))
            continue
        read_page(page.html)
    assert missing == []


@pytest.mark.parametrize("kind", sorted(load_model().kinds))
def test_an_unknown_thing_has_no_page(edition: Edition, kind: str) -> None:
    for notation in (("no-such-thing",), ("no", "such"), ("a", "b", "c", "d", "e=f"), ()):
        assert pages.PAGES[kind](edition, notation, {}) is None


def test_every_list_is_a_page(edition: Edition) -> None:
    for name, make in pages.LISTS.items():
        page = make(edition, {})
        assert page.status == 200, name
        read_page(page.html)


def test_a_page_is_the_same_bytes_every_time(edition: Edition) -> None:
    for kind, notation in (("area", ("E09000015",)), ("indicator", ("adult-obesity",))):
        first = pages.PAGES[kind](edition, notation, {})
        again = pages.PAGES[kind](Edition(edition.folder), notation, {})
        assert first is not None
        assert again is not None
        assert first.html == again.html


def test_every_page_has_a_frame_one_heading_and_its_own_title(client: httpx.Client) -> None:
    titles: dict[str, str] = {}
    for name, address in KINDS.items():
        # What stands in the frames of others has no frame of ours.
        if address.startswith(("/data/", "/embed/", "/reconcile/preview")):
            continue
        page = read_page(client.get(address).content)
        assert len(list(page.every("h1"))) == 1, name
        assert page.one("html").attributes["lang"] == "en-GB"
        assert "This is not a government service." in page.one("footer").text
        assert page.one("a", "skip").attributes["href"] == "#main"
        titles[name] = page.one("title").inside[0] if page.one("title").inside else ""  # type: ignore[assignment]
    assert all(titles.values())


def test_no_page_has_style_script_or_anything_from_elsewhere(client: httpx.Client) -> None:
    for name, address in KINDS.items():
        if address.startswith("/data/"):
            continue
        page = read_page(client.get(address).content)
        for element in page.every():
            # The editor of queries is an extra of our own; all else is without.
            if element.attributes.get("src") == "/static/built/sparql-editor.js":
                assert name.startswith("sparql"), name
                continue
            assert element.name not in {"script", "style", "iframe", "object", "embed"}, name
            assert "style" not in element.attributes, name
            assert not any(key.startswith("on") for key in element.attributes), name
            for key in ("src", "action"):
                assert element.attributes.get(key, "/").startswith("/"), name
            # What only names a property, as microdata do, is not fetched.
            if element.name == "link" and element.attributes.get("rel") in {"stylesheet", "icon"}:
                assert element.attributes["href"].startswith("/static/")


def test_the_figures_of_a_page_bring_their_attribution(client: httpx.Client, edition: Edition) -> None:
    page = read_page(client.get("/indicators/adult-obesity").content)
    told = {row["attribution"] for row in edition.rows("SELECT attribution FROM datasets")}
    assert any(text in page.one("footer").text for text in told)
    assert "Contains OS data" in page.one("footer").text


# Of each kind of page so many links are followed, spread over the page.
_FOLLOWED = 8


def test_links_lead_somewhere(client: httpx.Client) -> None:
    wanted: dict[str, str] = {}
    for name, address in KINDS.items():
        if address.startswith("/data/"):
            continue
        page = read_page(client.get(address).content)
        hrefs = list(
            dict.fromkeys(
                link.attributes["href"].split("#")[0]
                for link in page.every("a")
                if link.attributes["href"].startswith("/")
            )
        )
        step = max(1, len(hrefs) // _FOLLOWED)
        for href in hrefs[::step]:
            wanted.setdefault(href, name)
    broken = {}
    for href, name in wanted.items():
        with client.stream("GET", href, follow_redirects=True) as answer:
            if answer.status_code != 200:
                broken[href] = (name, answer.status_code)
    assert broken == {}
    assert len(wanted) > 100


def test_anchors_inside_a_page_exist(client: httpx.Client) -> None:
    for name, address in KINDS.items():
        if address.startswith("/data/"):
            continue
        page = read_page(client.get(address).content)
        ids = [element.attributes["id"] for element in page.every() if "id" in element.attributes]
        assert len(ids) == len(set(ids)), name
        for link in page.every("a"):
            href = link.attributes["href"]
            if href.startswith("#"):
                assert href[1:] in ids, (name, href)
        for element in page.every():
            for key in ("aria-labelledby", "aria-describedby", "for"):
                for named in element.attributes.get(key, "").split():
                    assert named in ids, (name, element.attributes)


BUDGETS = {
    "home": 15,
    "search-hits": 15,
    "search-none": 15,
    "compare-similar": 25,
    "compare-all": 25,
    "indicator": 40,
    "area-borough": 60,
    "area-county": 60,
    "area-district": 60,
    "area-topic": 60,
    "inspections": 60,
    "neighbourhoods": 60,
    "neighbourhoods-no-map": 60,
    "indicator-version": 60,
    "compare-grid": 25,
    "compare-multiples": 25,
    "compare-scatter": 25,
    "compare-map": 60,
    "compare-funnel": 25,
    "compare-unclear": 25,
    "search-postcode": 15,
    "embed": 15,
    "embed-bars": 15,
}


def test_pages_keep_to_their_budgets(client: httpx.Client) -> None:
    style = len(gzip.compress(client.get("/static/site.css").content, 6))
    assert style < 5_000
    for name, kilobytes in BUDGETS.items():
        page = client.get(KINDS[name]).content
        assert len(page) <= 400_000, name
        assert len(gzip.compress(page, 6)) + style <= kilobytes * 1024, name
        assert sum(1 for _ in read_page(page).every()) <= 3_000, name


def test_filters_keep_only_what_fits(client: httpx.Client, edition: Edition) -> None:
    page = read_page(client.get("/indicators?theme=health&evidence=performance").content)
    shown = {link.attributes["href"] for link in page.one("main").every("a")}
    definitions = load_definitions(edition)
    for one in definitions.in_use.values():
        fits = "health" in one.themes and one.evidence == "performance"
        assert (address_of("indicator", one.indicator) in shown) == fits


def test_every_row_of_a_table_is_on_one_of_its_pages(client: httpx.Client) -> None:
    seen: list[str] = []
    address = "/indicators/net-additional-homes"
    first = read_page(client.get(address).content)
    links = [link.attributes["href"] for link in first.every("a") if "page=" in link.attributes["href"]]
    for href in [address, *links]:
        page = read_page(client.get(href).content)
        tables = [one for one in page.every("table") if list(one.every(id_="every-council-caption"))]
        seen += [row.one("th").text for row in tables[0].one("tbody").every("tr")]
    assert len(seen) == len(set(seen)) > 290


def test_a_view_has_one_address_with_its_parameters(client: httpx.Client) -> None:
    page = read_page(client.get("/compare?areas=E09000015&indicator=adult-obesity").content)
    canonical = next(link for link in page.every("link") if link.attributes["rel"] == "canonical")
    asked = dict(parse_qsl(urlsplit(canonical.attributes["href"]).query))
    assert asked == {"indicator": "adult-obesity", "areas": "E09000015"}


def test_a_target_is_held_against_the_figure_and_says_what_is_not_known(edition: Edition) -> None:
    page = pages.PAGES["target"](edition, ("homes-required-2020-23-e09000015",), {})
    assert page is not None
    told = read_page(page.html).one("p", "big").text
    row = edition.row(
        "SELECT o.value, t.value AS wanted FROM targets t JOIN observations o ON o.indicator = t.indicator"
        " AND o.area = t.area AND o.period = t.period WHERE t.target = 'homes-required-2020-23-e09000015'"
    )
    assert row is not None
    answer = "Met" if row["value"] >= row["wanted"] else "Not met"
    assert told.endswith(f"{answer}; the range is not known")
