"""Charts that leave the site: they say their verdict, source and licence, and an embed says when it is old."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from page_reading import read_page
from test_api_world import Served, client, serving, site
from test_publish_world import OBSERVATIONS, TABLES, YEAR_2022, YEAR_2023, observation

from api.bars import Bar, bar_chart
from api.svg import Words, wrap
from api.svg_alone import chart_style

__all__ = ["client", "site"]

SVG = "{http://www.w3.org/2000/svg}"


def texts_of(answer: httpx.Response) -> str:
    assert answer.headers["content-type"].startswith("image/svg+xml")
    root = ElementTree.fromstring(answer.content)
    return " ".join("".join(one.itertext()) for one in root.iter(f"{SVG}text"))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("areas=E06000002", ["Brook", "43.6%", "definition version 2.0.0"]),
        ("areas=E06000003,E06000002&view=bars", ["Newshire", "45.0%", "Hidden to protect people"]),
    ],
)
def test_a_chart_stands_alone(client: httpx.Client, query: str, words: list[str]) -> None:
    """Its own title, figures, verdict, source, licence and edition, and no address of others."""
    answer = client.get(f"/chart/recycled.svg?{query}")
    assert answer.status_code == 200
    told = texts_of(answer)
    for word in (
        *words,
        "Like for like.",
        "Contains public sector information.",
        "Open Government Licence 3.0",
    ):
        assert word.lower() in told.lower(), told
    assert not re.search(r"(href|src)=|url\((?!#)", answer.text)
    assert "<script" not in answer.text


def test_the_policy_of_a_chart_lets_in_its_own_styles_alone(client: httpx.Client) -> None:
    answer = client.get("/chart/recycled.svg?areas=E06000002")
    style = re.search("<style>(.*?)</style>", answer.text)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy


def test_the_styles_of_a_chart_need_no_variable_and_know_the_dark() -> None:
    style = chart_style()
    assert "var(" not in style
    assert ":is(" not in style
    light, dark = style.split("@media (prefers-color-scheme:dark)")
    assert "svg .here-mark{fill:#12436d}" in light
    assert "svg .here-mark{fill:#7cc0ff}" in dark


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/chart/recycle.svg", 404, "Closest: recycled"),
        ("/chart/recycled.svg?areas=E0600002", 404, "Closest: E0600000"),
        ("/chart/recycled.svg?areas=E06000002&period=2023-04-01_P2Y", 404, "Closest: 20"),
        ("/chart/recycled.svg?view=seris", 400, "Closest: series"),
        ("/chart/recycled.svg?view=series", 400, "needs an area"),
        ("/chart/recycled.svg?area=E06000002", 400, "Closest: areas"),
        ("/chart/recycled.svg?view=map", 404, "boundaries"),
        ("/chart/in-work.svg?view=map", 400, "totals"),
        ("/chart/recycled.svg?view=spread&areas=E06000002,E06000003", 400, "marks one area"),
        (f"/chart/recycled.svg?areas={','.join(f'E{n:08}' for n in range(5000))}", 400, ""),
        (f"/chart/recycled.svg?areas={','.join(f'E{n:08}' for n in range(21))}", 400, "20 areas at most; 21"),
    ],
)
def test_what_is_not_known_is_refused_with_the_nearest(
    client: httpx.Client, address: str, status: int, words: str
) -> None:
    answer = client.get(address, headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Served]:
    """A site of its own, for tests that publish again."""
    with serving(tmp_path) as served:
        yield served


def embed(served: Served, **query: str) -> tuple[httpx.Response, str]:
    answer = httpx.get(f"{served.url}embed/recycled", params=query)
    return answer, read_page(answer.content).text


def test_an_embed_alone_may_stand_in_a_frame(client: httpx.Client) -> None:
    for address in ("/embed/recycled?areas=E06000002", "/embed/no-such", "/embed/recycled?made=1"):
        headers = client.get(address).headers
        assert "frame-ancestors *" in headers["content-security-policy"]
        assert "x-frame-options" not in headers
        assert "set-cookie" not in headers
    for address in (
        "/",
        "/compare",
        "/indicators/recycled",
        "/chart/recycled.svg?areas=E06000002",
        "/embedded",
    ):
        headers = client.get(address).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"


def test_an_embed_carries_its_verdict_its_source_and_its_edition(changing: Served) -> None:
    answer, text = embed(changing, areas="E06000002")
    edition = changing.app.state.editions.current.name
    assert answer.status_code == 200
    assert "Like for like." in text
    assert "Contains public sector information." in text
    assert f"Edition {edition}" in text
    assert "<script" not in answer.text
    for link in read_page(answer.content).every("a"):
        assert link.attributes["target"] == "_top"


def test_an_embed_without_change_says_that_it_is_up_to_date(changing: Served) -> None:
    made = changing.app.state.editions.current.name
    changing.publish([*OBSERVATIONS, observation("E06000002", "2024-04-01_P1Y", "50", version="2.0.0")])
    _, text = embed(changing, areas="E06000002", made=made)
    assert f"Made from edition {made}. No figure on it has changed since." in text
    assert "Revised" not in text


def test_an_embed_says_by_itself_that_a_figure_was_revised(changing: Served) -> None:
    made = changing.app.state.editions.current.name
    rows = [dict(row) for row in OBSERVATIONS]
    rows[1] |= {"value": 44.0, "value_text": "44"}
    changing.publish(rows)
    answer, text = embed(changing, areas="E06000002", made=made)
    assert answer.status_code == 200
    assert "Revised since. 1 of 2 figures changed since edition" in text
    assert "43.6% became 44.0%." in text


def test_a_figure_with_another_number_of_zeros_was_not_revised(changing: Served) -> None:
    made = changing.app.state.editions.current.name
    rows = [dict(row) for row in OBSERVATIONS]
    rows[1] |= {"value_text": "43.6"}
    changing.publish(rows)
    assert "No figure on it has changed since." in embed(changing, areas="E06000002", made=made)[1]


def test_an_embed_says_by_itself_that_the_definition_changed(changing: Served) -> None:
    made = changing.app.state.editions.current.name
    first, second, third = TABLES["indicators"]
    newer = {**second, "version": "2.1.0", "valid_from": date(2024, 4, 1), "comparable_with_previous": "yes"}
    older = {**second, "status": "withdrawn", "valid_to": date(2024, 3, 31)}
    rows = [{**row, "version": "2.1.0"} if row["period"] == YEAR_2023 else row for row in OBSERVATIONS]
    rows = [row if row["dataset"] == "waste" else {**row, "version": "1.0.0"} for row in rows]
    changing.publish(rows, tables={"indicators": [first, older, newer, third]})
    _, text = embed(changing, areas="E06000003", made=made)
    assert "Definition changed. It was counted by version 2.0.0 of the definition; version 2.1.0" in text
    _, text = embed(changing, areas="E06000003", made="v2.0.0")
    assert "Definition changed. It was counted by version 2.0.0" in text
    assert "Definition changed" not in embed(changing, areas="E06000003", made="v2.1.0")[1]


def test_an_embed_says_by_itself_that_it_was_withdrawn(changing: Served) -> None:
    made = changing.app.state.editions.current.name
    changing.publish([row for row in OBSERVATIONS if row["area"] != "E06000002"])
    answer, text = embed(changing, areas="E06000002", made=made)
    assert answer.status_code == 410
    assert text.startswith("Withdrawn")
    assert "2 figures of edition" in text


def test_one_figure_that_is_gone_is_told(changing: Served) -> None:
    made = changing.app.state.editions.current.name
    changing.publish(
        [row for row in OBSERVATIONS if (row["area"], row["period"]) != ("E06000002", YEAR_2022)]
    )
    answer, text = embed(changing, areas="E06000002,E06000003", made=made)
    assert answer.status_code == 200
    assert "Withdrawn. 1 figure of edition" in text


def test_an_edition_that_is_not_kept_is_no_proof_of_anything(changing: Served) -> None:
    _, text = embed(changing, areas="E06000002", made="2020-01-01-0123456789ab")
    assert "Not known whether it is up to date." in text
    assert "not kept here" in text


def test_what_an_embed_was_made_from_is_an_edition_or_a_version(changing: Served) -> None:
    answer, text = embed(changing, areas="E06000002", made="../../etc")
    assert answer.status_code == 400
    assert "made is the name of an edition" in text


def test_a_bar_chart_draws_nothing_for_what_may_not_be_compared() -> None:
    bars = [Bar("A", 40.0, "40%", True), Bar("B", None, "Not comparable: <other> tier")]
    drawing = str(bar_chart(Words("k", "f", "d"), bars))
    assert drawing.count("<rect") == 1
    assert "&lt;other&gt;" in drawing


def test_a_negative_bar_goes_to_the_left_of_zero() -> None:
    drawing = str(bar_chart(Words("k", "f", "d"), [Bar("A", -10.0, "−10", True), Bar("B", 30.0, "30")]))
    boxes = [
        tuple(map(float, found)) for found in re.findall(r'x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawing)
    ]
    (left, wide), (start, _) = boxes
    assert left + wide == pytest.approx(start, abs=0.2)
    assert wide == pytest.approx(428 / 4, abs=0.2)


def test_a_long_word_has_a_line_of_its_own() -> None:
    assert wrap("a Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch b", 100)[1].startswith(
        "Llanfair"
    )
