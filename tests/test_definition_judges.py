"""What judges an indicator's figures, judged: outside readers pass the published ones and refuse damaged ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import frictionless
import httpx
import jsonschema
import pyshacl
import pytest
import rdflib
from definition_world import as_csv, fetch
from rdflib.namespace import SH
from test_api_world import client, site

from api.definition_forms.periods import example_period, list_periods, period_text
from api.definition_forms.sdmx import sdmx_code, sdmx_id
from api.observations import FIELDS
from ingest.period import read_period
from schemas import load_model

__all__ = ["client", "site"]

# rdflib deprecates what pyshacl calls.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Dataset.default_context is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Dataset.*is deprecated:DeprecationWarning"),
]

RECYCLED, IN_WORK = "/indicators/recycled", "/indicators/in-work"

RIGHT = {
    "dataset": "waste",
    "indicator": "recycled",
    "version": "2.0.0",
    "area": "E06000002",
    "period": "2023-24",
    "value": 43.6,
    "status": "normal",
}
HIDDEN = RIGHT | {"area": "E92000001", "value": None, "status": "suppressed"}

# Rows that no figure of the indicator can be, by what is wrong with them.
WRONG: Mapping[str, dict[str, Any]] = {
    "value": {"value": 100.5},
    "status": {"status": "hidden"},
    "area": {"area": "E06000001x"},
    "indicator": {"indicator": "in-work"},
    "version": {"version": "1.0.0"},
    "period": {"period": None},
    "denominator": {"denominator": -1},
}


def read(client: httpx.Client, address: str) -> Any:
    return json.loads(fetch(client, address))


# ---- Table Schema ----


def judge_table(schema: Any, folder: Path, rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Let frictionless judge a file of figures: the kinds of faults and their columns."""
    headings = [field["name"] for field in schema["fields"]]
    cells = [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
    (folder / "figures.csv").write_bytes(as_csv(headings, cells))
    resource = frictionless.Resource(
        path="figures.csv", basepath=str(folder), schema=frictionless.Schema(schema)
    )
    report = frictionless.validate(resource)
    found = report.flatten(["type", "fieldName"])
    return [(kind, field or "") for kind, field in found]


def test_table_schema_is_one(client: httpx.Client) -> None:
    for address in (RECYCLED, f"{RECYCLED}/v1.0.0", IN_WORK):
        schema = read(client, f"{address}/table-schema.json")
        assert list(frictionless.Schema.metadata_validate(schema)) == []


def test_frictionless_passes_right_figures(client: httpx.Client, tmp_path: Path) -> None:
    schema = read(client, f"{RECYCLED}/table-schema.json")
    assert judge_table(schema, tmp_path, [RIGHT, HIDDEN]) == []


@pytest.mark.parametrize("column", WRONG)
def test_frictionless_refuses_a_wrong_cell(client: httpx.Client, tmp_path: Path, column: str) -> None:
    schema = read(client, f"{RECYCLED}/table-schema.json")
    assert judge_table(schema, tmp_path, [RIGHT | WRONG[column]]) == [("constraint-error", column)]


def test_frictionless_refuses_a_code_that_the_breakdown_does_not_have(
    client: httpx.Client, tmp_path: Path
) -> None:
    schema = read(client, f"{IN_WORK}/table-schema.json")
    row = RIGHT | {"dataset": "work", "indicator": "in-work", "version": "1.0.0", "sex": "female"}
    assert judge_table(schema, tmp_path, [row]) == []
    assert judge_table(schema, tmp_path, [row | {"sex": "woman"}]) == [("constraint-error", "sex")]


# ---- JSON Schema ----


def judge_rows(schema: Any, rows: list[dict[str, Any]]) -> set[str]:
    """Let jsonschema judge rows: the members that have a fault; "" for a whole row."""
    jsonschema.Draft202012Validator.check_schema(schema)
    found = jsonschema.Draft202012Validator(schema).iter_errors(rows)
    return {str(error.absolute_path[1]) if len(error.absolute_path) > 1 else "" for error in found}


def test_jsonschema_passes_right_figures(client: httpx.Client) -> None:
    schema = read(client, f"{RECYCLED}/schema.json")
    without = {key: value for key, value in HIDDEN.items() if key != "value"}
    assert judge_rows(schema, [RIGHT, HIDDEN, without, RIGHT | {"status": None}]) == set()


@pytest.mark.parametrize("member", WRONG)
def test_jsonschema_refuses_a_wrong_member(client: httpx.Client, member: str) -> None:
    schema = read(client, f"{RECYCLED}/schema.json")
    assert judge_rows(schema, [RIGHT | WRONG[member]]) == {member}


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (RIGHT | {"value": None}, "value"),
        (RIGHT | {"status": "suppressed"}, "value"),
        (RIGHT | {"value": "43.6"}, "value"),
        ({key: value for key, value in RIGHT.items() if key != "value"}, ""),
        (RIGHT | {"remark": "none"}, ""),
    ],
    ids=["silent", "hidden but told", "text", "no value", "unknown member"],
)
def test_jsonschema_holds_a_value_or_a_reason(client: httpx.Client, row: dict[str, Any], fault: str) -> None:
    assert judge_rows(read(client, f"{RECYCLED}/schema.json"), [row]) == {fault}


# ---- SHACL ----

_ADDRESSES = ("waste/recycled/E06000003/2023-04-01_P1Y", "waste/recycled/E06000002/2023-04-01_P1Y")


def published(client: httpx.Client, *addresses: str) -> rdflib.Graph:
    """Fetch what is published of some observations."""
    graph = rdflib.Graph()
    for address in addresses:
        graph.parse(data=fetch(client, f"/observations/{address}.nt"), format="nt")
    return graph


def judge_graph(client: httpx.Client, graph: rdflib.Graph, indicator: str) -> set[str]:
    """Let pyshacl judge a graph: the shapes that are not met."""
    shapes = rdflib.Graph().parse(data=fetch(client, f"{indicator}/shapes.ttl"), format="turtle")
    conforms, report, _ = pyshacl.validate(graph, shacl_graph=shapes, meta_shacl=True)
    sources = {str(shape).rpartition("#")[2] for shape in report.objects(None, SH.sourceShape)}
    assert conforms == (not sources)
    return sources


def test_pyshacl_passes_what_is_published(client: httpx.Client) -> None:
    assert judge_graph(client, published(client, *_ADDRESSES), RECYCLED) == set()
    parts = ["work/in-work/E06000002/2023-01-01_P1Y" + part for part in ("", "/sex=female", "/sex=male")]
    assert judge_graph(client, published(client, *parts), IN_WORK) == set()
    first = published(client, "waste/recycled/E06000001/2022-04-01_P1Y")
    assert judge_graph(client, first, f"{RECYCLED}/v1.0.0") == set()


@pytest.mark.parametrize(
    ("property", "damaged", "shape"),
    [
        ("measure#obsValue", rdflib.Literal("100.5", datatype=rdflib.XSD.decimal), "value"),
        ("attribute#obsStatus", "code/status/hidden", "status"),
        ("attribute#obsStatus", "code/status/suppressed", "figure"),
        ("attribute#unitMeasure", "code/unit/people", "unit"),
        ("dimension#refPeriod", "period/2023-01-01_P1Y", "period"),
        ("dimension#refArea", "area/E06000009", "area"),
        ("measure#obsValue", None, "figure"),
    ],
)
def test_pyshacl_refuses_a_damaged_observation(
    client: httpx.Client, site: Any, property: str, damaged: Any, shape: str
) -> None:
    graph = published(client, _ADDRESSES[0])
    figure = rdflib.URIRef(f"{site.url}id/observation/{_ADDRESSES[0]}")
    path = rdflib.URIRef(f"http://purl.org/linked-data/sdmx/2009/{property}")
    assert (figure, path, None) in graph
    graph.remove((figure, path, None))
    if damaged is not None:
        value = damaged if isinstance(damaged, rdflib.Literal) else rdflib.URIRef(f"{site.url}id/{damaged}")
        graph.add((figure, path, value))
    assert judge_graph(client, graph, RECYCLED) == {shape}


def test_shapes_leave_other_indicators_alone(client: httpx.Client) -> None:
    other = published(client, "work/in-work/E06000002/2023-01-01_P1Y")
    assert judge_graph(client, other, RECYCLED) == set()


# ---- SDMX ----

_SDMX = {
    name: f"http://www.sdmx.org/resources/sdmxml/schemas/v2_1/{name}" for name in ("structure", "common")
}


def test_sdmx_structure_refers_only_to_what_it_holds(client: httpx.Client) -> None:
    message = ElementTree.fromstring(fetch(client, f"{IN_WORK}/structure.xml"))
    lists = {one.get("id"): one for one in message.iterfind(".//structure:Codelist", _SDMX)}
    concepts = {one.get("id") for one in message.iterfind(".//structure:Concept", _SDMX)}
    for kind, known in (("Codelist", set(lists)), ("Concept", concepts)):
        named = {one.get("id") for one in message.iter("Ref") if one.get("class") == kind}
        assert named
        assert named <= known
    dimensions = [one.get("id") for one in message.find(".//structure:DimensionList", _SDMX) or ()]
    assert dimensions == ["DATASET", "INDICATOR", "REF_AREA", "sex", "TIME_PERIOD"]
    codes = [one.get("id") for one in lists["CL_sex"].iterfind("structure:Code", _SDMX)]
    assert codes == ["all", "female", "male"]
    for one in message.iter():
        name = one.get("id")
        if name is not None and not one.tag.endswith("}Code"):
            assert sdmx_id(name) == name
        elif name is not None:
            assert sdmx_code(name) == name


def test_sdmx_bounds_are_those_of_the_definition(client: httpx.Client) -> None:
    message = ElementTree.fromstring(fetch(client, f"{RECYCLED}/structure.xml"))
    (measure,) = message.iterfind(".//structure:PrimaryMeasure//structure:TextFormat", _SDMX)
    assert (measure.get("textType"), measure.get("minValue"), measure.get("maxValue")) == (
        "Decimal",
        "0",
        "100",
    )


# ---- CSV on the Web ----


@pytest.mark.parametrize("address", [RECYCLED, f"{RECYCLED}/v2.0.0", IN_WORK])
def test_csvw_describes_the_file_beside_it(client: httpx.Client, address: str) -> None:
    told = read(client, f"{address}.csv-metadata.json")
    answer = client.get(f"{address}.csv")
    assert told["url"] == address.rpartition("/")[2] + ".csv"
    columns = [column["titles"] for column in told["tableSchema"]["columns"]]
    assert columns == answer.text.splitlines()[0].split(",") == list(FIELDS)
    wanted = f'<{address}.csv-metadata.json>; rel="describedby"; type="application/csvm+json"'
    assert wanted in answer.headers["link"]
    assert "create-form" not in answer.headers["link"]


# ---- periods ----


@pytest.mark.parametrize("kind", [code.code for code in load_model().code_lists["period-kind"].codes])
def test_texts_of_periods_are_read_back_as_the_same_periods(kind: str) -> None:
    example = example_period(kind, date(2020, 11, 16))
    listed = list_periods(kind, (date(2019, 1, 1), None), [example], date(2026, 6, 1), 12)
    assert listed
    for period in (*listed, example):
        assert read_period(period_text(period), kind) == period
        assert period.kind == kind


def test_period_outside_a_versions_life_is_not_listed() -> None:
    life = (date(2020, 4, 1), date(2022, 3, 31))
    listed = list_periods("financial-year", life, [], date(2026, 1, 1), 12)
    assert [period_text(one) for one in listed] == ["2021-22", "2020-21"]
    # Years from another day follow those that are published, and the timetable names one more.
    odd = read_period("2019-11-16/P1Y")
    known = list_periods("other-year", (date(2019, 1, 1), None), [odd], date(2026, 1, 1), 12)
    assert [period_text(one) for one in known] == ["2020-11-16/P1Y", "2019-11-16/P1Y"]
