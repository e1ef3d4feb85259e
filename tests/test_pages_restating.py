"""Restated figures, marks of status and notices of change on the pages of the bundled example."""

from __future__ import annotations

from page_reading import Element, read_page
from test_pages import area_page, edition, figures_of

from api import pages
from api.edition import Edition
from api.pages.compare import compare

__all__ = ["edition"]


def card(edition: Edition, area: str, theme: str, key: str) -> Element:
    page = area_page(edition, area, topic=theme)
    return next(one for one in page.every("section", "card") if one.attributes["id"] == key)


def restated_rows(section: Element) -> list[tuple[str, list[str]]]:
    """Give the text of each restated row of a table, and where its links lead."""
    return [
        (row.text, [link.attributes["href"] for link in row.every("a")])
        for row in section.every("tr")
        if "estated" in row.text
    ]


def test_a_restated_figure_is_marked_in_chart_and_table_and_leads_to_the_figures_it_is_made_of(
    edition: Edition,
) -> None:
    one = next(
        figure
        for figure in figures_of(edition, "E06000065")
        if figure.definition.indicator == "most-deprived-neighbourhoods"
    )
    section = card(edition, "E06000065", one.definition.themes[0], one.key)
    rows = restated_rows(section)
    assert len(rows) == 2
    for text, links in rows:
        # 11 of 373 neighbourhoods.
        assert "2.9%" in text
        assert "Restated: worked out again from" in text
        assert "7 of 7 earlier areas" in text
        assert {link.split("/")[4] for link in links} == {f"E0700016{n}" for n in range(3, 10)}
    assert "Hollow diamonds" in section.text
    assert any("restated-mark" in path.classes for path in section.every("path"))


def test_small_charts_mark_restated_figures_beside_the_line_and_in_the_table(edition: Edition) -> None:
    query = {"view": "multiples", "indicator": "most-deprived-neighbourhoods", "areas": "E06000065,E09000015"}
    page = read_page(compare(edition, query).html)
    first, second = [one for one in page.every("svg") if "small" in one.classes]
    [marks] = [path for path in first.every("path") if "restated-mark" in path.classes]
    # The newest figure is its own; those of 2019 and 2015 are put together from the districts that it followed.
    assert marks.attributes["d"].count("M") == 2
    assert not any("restated-mark" in path.classes for path in second.every("path"))
    told = {
        row.one("th").text: [cell.text for cell in row.every("td")] for row in page.one("tbody").every("tr")
    }
    assert told["2019"][0] == told["2015"][0] == "2.9% (restated)"
    assert "restated" not in told["2025"][0] + told["2019"][1]
    note = next(one for one in page.every("p", "note") if "Hollow diamonds" in one.text)
    assert "North Yorkshire" in note.text
    assert "Harrow" not in note.text


def test_a_gap_in_restating_says_which_area_has_no_figure(edition: Edition) -> None:
    one = next(
        figure
        for figure in figures_of(edition, "E06000058")
        if figure.definition.indicator == "care-cost-per-child"
    )
    section = card(edition, "E06000058", one.definition.themes[0], one.key)
    rows = restated_rows(section)
    assert rows
    for text, links in rows:
        assert "Not restated, as no figure can be used for Christchurch" in text
        assert "2 of 3 earlier areas" in text
        assert len(links) == 2


def test_a_chart_never_joins_a_restated_figure_to_a_published_one(edition: Edition) -> None:
    for area in ("E06000060", "E06000065", "E06000066"):
        for one in figures_of(edition, area):
            own = {seen.figure.period for seen in one.series if seen.value is not None}
            assert not own & {each.seen.figure.period for each in one.restated}


def test_an_area_under_a_new_code_lists_what_was_published_for_the_same_ground(edition: Edition) -> None:
    section = next(
        one
        for one in area_page(edition, "E08000039").every("section")
        if one.attributes.get("aria-labelledby") == "earlier-areas"
    )
    links = [link.attributes["href"] for link in section.every("a")]
    assert any("/E08000019/" in link for link in links)
    assert "same boundary" in section.text
    # A borough that follows no other has no such section.
    assert not any(
        one.attributes.get("aria-labelledby") == "earlier-areas"
        for one in area_page(edition, "E09000015").every("section")
    )


def notices(edition: Edition, kind: str, notation: str) -> list[tuple[str, list[str]]]:
    page = pages.PAGES[kind](edition, (notation,), {})
    assert page is not None
    return [
        (one.text, [link.attributes["href"] for link in one.every("a")])
        for one in read_page(page.html).every("div", "notice")
    ]


def test_a_divided_county_is_told_as_a_part(edition: Edition) -> None:
    whole, part = notices(edition, "area", "E06000063")
    assert "took the place of" in whole[0]
    assert sorted(whole[1]) == [f"/areas/E070000{n}" for n in (26, 28, 29)]
    assert "took over a part of" in part[0]
    assert part[1] == ["/areas/E10000006"]


def test_a_new_name_is_told_and_leads_nowhere(edition: Edition) -> None:
    [(text, links)] = notices(edition, "area", "E07000112")
    assert "1 April 2018" in text
    assert links == []


def test_bodies_say_which_they_followed_and_which_followed_them(edition: Edition) -> None:
    [(text, links)] = notices(edition, "body", "somerset-council")
    assert "On 1 April 2023 this body took on the duties of" in text
    assert "/bodies/mendip-district-council" in links
    assert "/bodies/somerset-county-council" in links
    [(text, links)] = notices(edition, "body", "mendip-district-council")
    assert "ended on 31 March 2023" in text
    assert links == ["/bodies/somerset-council"]
