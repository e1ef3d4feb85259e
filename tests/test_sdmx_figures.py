"""Figures as SDMX-CSV go with the structure that is offered beside them, component by component and code by code."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

import httpx
import pytest
from definition_world import fetch
from test_api_world import client, site

__all__ = ["client", "site"]

RECYCLED, IN_WORK = "/indicators/recycled", "/indicators/in-work"
STRUCTURE = "{http://www.sdmx.org/resources/sdmxml/schemas/v2_1/structure}"
IDENTITY = ["STRUCTURE", "STRUCTURE_ID", "ACTION"]

Rows = list[dict[str, str]]


def read_figures(client: httpx.Client, address: str) -> tuple[list[str], Rows]:
    reader = csv.DictReader(io.StringIO(fetch(client, f"{address}/figures.csv").decode("utf-8"), newline=""))
    rows = list(reader)
    return list(reader.fieldnames or ()), rows


def read_structure(client: httpx.Client, address: str) -> ElementTree.Element:
    return ElementTree.fromstring(fetch(client, f"{address}/structure.xml"))


@pytest.mark.parametrize("address", [RECYCLED, f"{RECYCLED}/v1.0.0", IN_WORK])
def test_columns_are_the_components_of_the_structure(client: httpx.Client, address: str) -> None:
    names, rows = read_figures(client, address)
    message = read_structure(client, address)
    components = [
        one.get("id")
        for kind in ("DimensionList", "MeasureList", "AttributeList")
        for one in message.find(f".//{STRUCTURE}{kind}") or ()
    ]
    assert names == [*IDENTITY, *components]
    (flow,) = message.iterfind(f".//{STRUCTURE}Dataflow")
    (described,) = message.iterfind(f".//{STRUCTURE}DataStructure")
    for one in (flow, described):
        identity = f"{one.get('agencyID')}:{one.get('id')}({one.get('version')})"
        assert {(row["STRUCTURE"], row["STRUCTURE_ID"], row["ACTION"]) for row in rows} == {
            ("dataflow", identity, "I")
        }
    (named,) = flow.iter("Ref")
    assert [named.get(name) for name in ("id", "agencyID", "version", "class")] == [
        *(described.get(name) for name in ("id", "agencyID", "version")),
        "DataStructure",
    ]


@pytest.mark.parametrize("address", [RECYCLED, f"{RECYCLED}/v1.0.0", IN_WORK])
def test_every_code_is_in_the_code_list_of_its_component(client: httpx.Client, address: str) -> None:
    _, rows = read_figures(client, address)
    message = read_structure(client, address)
    lists = {
        one.get("id"): {code.get("id") for code in one.iterfind(f"{STRUCTURE}Code")}
        for one in message.iterfind(f".//{STRUCTURE}Codelist")
    }
    checked = 0
    for kind in ("Dimension", "Attribute"):
        for component in message.iterfind(f".//{STRUCTURE}{kind}"):
            for reference in component.iterfind(f".//{STRUCTURE}Enumeration/Ref"):
                assert {row[str(component.get("id"))] for row in rows} <= lists[reference.get("id")]
                checked += 1
    assert checked >= 5


def test_figures_are_those_of_the_version_and_no_other(client: httpx.Client) -> None:
    told = client.get("/api/v1/observations", params={"indicator": "recycled"}).json()["items"]
    found = []
    for version in ("1.0.0", "2.0.0"):
        _, rows = read_figures(client, f"{RECYCLED}/v{version}")
        assert {row["DEFINITION_VERSION"] for row in rows} == {version}
        found += rows
    assert sorted(
        (row["REF_AREA"], row["TIME_PERIOD"], row["OBS_VALUE"], row["OBS_STATUS"]) for row in found
    ) == sorted(
        (one["area"], one["period"].replace("_", "/"), one["value_text"] or "", one["status"]) for one in told
    )
    assert next(row for row in found if row["OBS_STATUS"] == "suppressed")["OBS_VALUE"] == ""


def test_figure_of_all_people_has_the_total_of_each_breakdown(client: httpx.Client) -> None:
    _, rows = read_figures(client, IN_WORK)
    told = client.get("/api/v1/observations", params={"indicator": "in-work"}).json()["items"]
    assert sorted(row["sex"] for row in rows) == sorted(
        one["breakdown"].removeprefix("sex=") or "all" for one in told
    )


def test_media_type_names_the_version_of_the_standard(client: httpx.Client) -> None:
    named = "application/vnd.sdmx.data+csv"
    answer = client.get(f"{RECYCLED}/figures", headers={"Accept": named})
    assert answer.headers["content-type"] == f"{named}; version=2.0.0"
    plain = client.get(f"{RECYCLED}/figures", headers={"Accept": "text/csv"})
    assert plain.headers["content-type"] == "text/csv; charset=utf-8"
    assert plain.content == answer.content
    page = client.get(RECYCLED, headers={"Accept": "text/html"})
    assert f'<{RECYCLED}/figures.csv>; rel="related"; type="{named}"' in page.headers["link"]
    assert f'href="{RECYCLED}/figures.csv"' in page.text
    assert named in str(client.get("/openapi.json").json()["paths"]["/indicators/{indicator}/{form}"])
