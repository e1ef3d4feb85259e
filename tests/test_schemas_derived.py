"""What is derived from the model is fresh, complete, and read without complaint by the software it is for."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from pyoxigraph import RdfFormat, parse

from schemas import load_model
from schemas.context import NameTaken, make_context
from schemas.datasette import make_metadata
from schemas.definitions import Model
from schemas.derive import derive_files, find_stale, main, write_files
from schemas.sqlite import sqlite_columns, sqlite_foreign_keys

BASE = "https://data.example.org/"


def test_derived_files_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code = main(["--check"])
    said = capsys.readouterr().err
    assert (exit_code, said) == (0, f"{len(derive_files(load_model()))} derived files, 0 stale.\n"), said


def test_stale_missing_and_left_over_files_are_named_and_put_right(tmp_path: Path) -> None:
    model = load_model()
    assert write_files(tmp_path, model) == sorted(derive_files(model))
    assert find_stale(tmp_path, model) == []
    (tmp_path / "metadata.json").write_text("{}\n", encoding="utf-8")
    (tmp_path / "docs/reference/words.md").unlink()
    left_over = tmp_path / "docs/reference/table-schemas/old_table.json"
    left_over.write_text("{}\n", encoding="utf-8")
    stale = ["docs/reference/table-schemas/old_table.json", "docs/reference/words.md", "metadata.json"]
    assert find_stale(tmp_path, model) == stale
    assert write_files(tmp_path, model) == stale
    assert find_stale(tmp_path, model) == []
    assert not left_over.exists()


def test_every_column_of_every_table_has_a_note() -> None:
    model = load_model()
    tables = make_metadata(model)["databases"]["catalogue"]["tables"]
    assert set(tables) == {*model.tables, *model.derived, *model.display.hidden}
    for table in (*model.tables.values(), *model.derived.values()):
        told = tables[table.name]
        if table is model.tables.get(table.name) and table.name in model.derived:
            continue  # the derived table of that name is what the catalogue holds
        provenance = list(model.display.provenance) if table.name in model.tables else []
        assert list(told["columns"]) == [*table.field_names, *provenance]
        assert all(note.endswith(".") for note in told["columns"].values())
    assert set(tables["observations"]["columns"]) > set(model.derived["observations"].field_names)
    assert tables["observation_rows"] == {"hidden": True}


# ---- SQLite ----


def make_catalogue(model: Model, path: Path) -> sqlite3.Connection:
    """Make every table but views, as SQLite is told to."""
    connection = sqlite3.connect(path)
    connection.execute("pragma foreign_keys = on")
    for table in ({**model.tables, **model.derived}).values():
        columns = sqlite_columns(table)
        lines = [f'"{one.name}" {one.type}{" not null" if one.not_null else ""}' for one in columns]
        keys = sorted((one.key_place, one.name) for one in columns if one.key_place is not None)
        if keys:
            lines.append(f"primary key ({_quoted(name for _, name in keys)})")
        lines.extend(
            f'foreign key ({_quoted(key.fields)}) references "{key.table}" ({_quoted(key.table_fields)})'
            for key in sqlite_foreign_keys(model, table)
        )
        connection.execute(f'create table "{table.name}" ({", ".join(lines)})')
    return connection


def _quoted(names: Any) -> str:
    return ", ".join(f'"{name}"' for name in names)


def test_sqlite_takes_every_table_and_holds_it_to_its_keys(tmp_path: Path) -> None:
    connection = make_catalogue(load_model(), tmp_path / "catalogue.db")
    connection.execute("insert into bodies (body, label, body_type) values ('a', 'A', 'club')")
    connection.execute("insert into areas (area, label, area_type) values ('E1', 'One', 'region')")
    connection.execute("insert into body_areas (body, area) values ('a', 'E1')")
    for refused in (
        "insert into body_areas (body, area) values ('b', 'E1')",
        "insert into areas (area, label, area_type) values ('E1', 'Again', 'region')",
        "insert into areas (area, area_type) values ('E2', 'region')",
        "insert into rating_scales (scale, label, definition, owner) values ('s', 'S', 'S.', 'nobody')",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(refused)
    assert connection.execute("pragma foreign_key_check").fetchall() == []
    connection.close()


def test_key_without_a_version_leads_to_the_table_that_has_each_indicator_once() -> None:
    model = load_model()
    [indicator] = [
        key for key in sqlite_foreign_keys(model, model.tables["targets"]) if key.fields == ("indicator",)
    ]
    assert (indicator.table, indicator.table_fields) == ("indicator_heads", ("indicator",))
    for table in ({**model.tables, **model.derived}).values():
        assert len(sqlite_foreign_keys(model, table)) == len(table.foreign_keys), table.name


def test_a_date_is_text_and_true_is_one() -> None:
    types = {column.name: column.type for column in sqlite_columns(load_model().tables["codes"])}
    assert types["is_total"] == "INTEGER"
    types = {column.name: column.type for column in sqlite_columns(load_model().tables["areas"])}
    assert types["start_on"] == "TEXT"


# ---- Datasette ----


def test_datasette_shows_titles_notes_and_units(tmp_path: Path, root: Path) -> None:
    path = tmp_path / "catalogue.db"
    connection = make_catalogue(load_model(), path)
    connection.execute(
        "insert into sources values (1, 'waste', 'figures', 'w.csv', ?, 2048, 10, null, null, null)",
        ["0" * 64],
    )
    connection.execute("create table observation_rows (area integer)")
    connection.commit()
    connection.close()
    metadata = json.loads((root / "metadata.json").read_text(encoding="utf-8"))

    async def read_pages() -> tuple[str, str, dict[str, Any]]:
        served = Datasette([str(path)], metadata=metadata)
        sources = await served.client.get("/catalogue/sources")
        areas = await served.client.get("/catalogue/areas")
        database = await served.client.get("/catalogue.json")
        assert [page.status_code for page in (sources, areas, database)] == [200, 200, 200]
        return sources.text, areas.text, database.json()

    sources, areas, database = asyncio.run(read_pages())
    assert "The size of the file, in bytes." in sources
    assert "2.048&nbsp;kB" in sources
    assert "Places with a boundary and a code" in areas
    hidden = {table["name"] for table in database["tables"] if table["hidden"]}
    assert hidden == {"observation_rows"}


# ---- JSON-LD ----


def test_context_reads_a_thing_as_the_model_says_it() -> None:
    context = make_context(load_model(), BASE)
    thing = {
        **context,
        "id": f"{BASE}id/area/E06000060",
        "type": "Concept",
        "prefLabel": "Buckinghamshire",
        "areaType": f"{BASE}id/code/area-type/unitary",
        "startOn": "2020-04-01",
        "dcat:dataset": f"{BASE}id/dataset/waste",
    }
    subject = f"<{BASE}id/area/E06000060>"
    skos = "http://www.w3.org/2004/02/skos/core#"
    read = {str(quad.triple) for quad in parse(json.dumps(thing), format=RdfFormat.JSON_LD)}
    assert read == {
        f"{subject} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{skos}Concept>",
        f'{subject} <{skos}prefLabel> "Buckinghamshire"',
        f"{subject} <{BASE}def/areaType> <{BASE}id/code/area-type/unitary>",
        f'{subject} <{BASE}def/startOn> "2020-04-01"^^<http://www.w3.org/2001/XMLSchema#date>',
        f"{subject} <http://www.w3.org/ns/dcat#dataset> <{BASE}id/dataset/waste>",
    }


def test_context_has_every_property_and_no_name_twice() -> None:
    model = load_model()
    context = make_context(model, BASE)["@context"]
    for table in (*model.tables.values(), *model.derived.values()):
        for field in table.fields:
            if field.rdf_property is not None:
                term = context[field.rdf_property.split(":")[1]]
                assert (term if isinstance(term, str) else term["@id"]) == field.rdf_property
    assert not {name for name in model.prefixes if not str(context[name]).startswith("http")}


def test_two_properties_with_one_short_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(make_context.__globals__["_MADE"], "foaf:areaType", "@id")
    with pytest.raises(NameTaken, match="'areaType' is short for def:areaType and for foaf:areaType"):
        make_context(load_model(), BASE)
