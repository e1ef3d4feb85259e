"""The Python client: typed answers, parts put together, receipts checked, and documents whose examples run."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pyarrow.parquet as pq
import pytest
from test_api_world import Served
from test_api_world import site as served
from test_publish_world import YEAR_2022, YEAR_2023

import likeforlike_client
from likeforlike_client import Damaged, Figure, Refused, Site
from tools.example_site import ExampleSite

__all__ = ["served"]

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def site(served: Served) -> Iterator[Site]:
    """A client of the small world."""
    with Site(served.url) as made:
        yield made


def test_client_is_one_file_of_at_most_200_lines() -> None:
    lines = (ROOT / "likeforlike_client.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 200


def test_figures_are_those_of_the_list_whatever_the_parts(site: Site, served: Served) -> None:
    whole = httpx.get(f"{served.url}api/v1/observations").json()["items"]
    figures = list(site.figures())
    assert list(site.figures(limit=3)) == figures
    assert len(figures) == 8
    assert [asdict(one).items() <= item.items() for one, item in zip(figures, whole, strict=True)] == [
        True
    ] * 8


def test_filters_take_one_value_or_several(site: Site) -> None:
    one = list(site.figures(indicator="recycled", area="E06000002"))
    assert [(figure.period, figure.value, figure.status) for figure in one] == [
        (YEAR_2022, 43.6, "normal"),
        (YEAR_2023, None, "suppressed"),
    ]
    both = list(site.figures(indicator="recycled", area=["E06000002", "E06000003"]))
    assert {figure.area for figure in both} == {"E06000002", "E06000003"}


def test_verdict_takes_figures_uris_and_paths(site: Site) -> None:
    brook, newshire = (
        next(site.figures(indicator="recycled", area="E06000002", period=YEAR_2022)),
        next(site.figures(indicator="recycled", area="E06000003")),
    )
    told = site.verdict(brook, newshire)
    assert (told.level, told.may_be_compared) == ("not-comparable", False)
    assert [reason.code for reason in told.reasons] == ["break", "version", "period"]
    assert told.reasons[2].evidence == {"period": [YEAR_2022, YEAR_2023]}
    path = f"waste/recycled/E06000002/{YEAR_2022}"
    assert site.verdict(path, newshire.uri) == told
    assert site.verdict(brook, path).may_be_compared


def test_comparison_has_typed_rows_and_says_who_is_left_out(site: Site) -> None:
    told = site.compare("recycled", ["E06000002", "E06000001", "E06000003"], period=YEAR_2022)
    assert [(row.figure.area, row.verdict) for row in told.rows] == [
        ("E06000002", None),
        ("E06000001", "like-for-like"),
    ]
    assert isinstance(told.rows[0].figure, Figure)
    assert [row["area"] for row in told.left_out] == ["E06000003"]
    assert told.spread is not None
    assert told.spread["count"] == 2


def test_series_and_profile_are_read_and_checked(site: Site) -> None:
    (series,) = site.series(indicator="recycled", area="E06000002")
    assert [point["verdict"] for point in series["points"]] == [None, "not-comparable"]
    assert {row["indicator"] for row in site.profile("E06000002")} == {"recycled", "in-work"}
    assert site.search("Brook")[0]["notation"] == "E06000002"


def test_file_is_the_whole_list(site: Site) -> None:
    assert pq.read_table(io.BytesIO(site.file("observations", "parquet"))).num_rows == 8
    assert len(pd.read_csv(io.BytesIO(site.file("series", "csv", indicator="recycled")))) == 5


def test_edition_pins_every_answer(served: Served) -> None:
    name = served.app.state.editions.current.name
    with Site(served.url, edition=name) as pinned:
        assert len(list(pinned.figures(limit=3))) == 8
    with Site(served.url, edition="2020-01-01-000000000000") as gone, pytest.raises(Refused) as refusal:
        list(gone.figures())
    assert refusal.value.status == 404


def test_refusal_says_what_may_be_meant(site: Site) -> None:
    with pytest.raises(Refused) as refusal:
        list(site.figures(area="Brook"))
    assert refusal.value.problem["suggestions"][0]["area"] == "E06000002"
    assert "Perhaps: Brook (E06000002)." in str(refusal.value)
    with pytest.raises(Refused, match="Closest: indicator"):
        list(site.figures(indikator="recycled"))


@pytest.mark.parametrize("harm", ["cut", "changed"])
def test_answer_that_was_harmed_on_its_way_is_noticed(served: Served, harm: str) -> None:
    told: dict[str, Any] = httpx.get(f"{served.url}api/v1/observations").json()
    if harm == "cut":
        told["items"].pop()
    else:
        told["items"][0]["value_text"] = "1"
    with pytest.raises(Damaged):
        likeforlike_client._check(told["items"], told["receipt"])


def test_examples_of_the_document_run(example_site: ExampleSite, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?s)```python\n(.*?)```", text)
    assert len(blocks) == 6
    known: dict[str, Any] = {}
    try:
        for block in blocks:
            exec(block.replace("http://127.0.0.1:8001", example_site.url), known)
    finally:
        known["site"].__exit__()
    assert "Harrow (E09000015)" in capsys.readouterr().out
    assert known["figures"]
    assert len(known["compared"].rows) > 5
    assert known["series"]["change"].notna().any()
