"""Editions appear whole or not at all, and the pointer moves last."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pyoxigraph
import pytest
from test_publish_world import BASE, DAY, OBSERVATIONS, make_contents, small_world

from publish.build import Making, prepare, publish_contents
from publish.contents import Contents
from publish.edition import EditionsFolder, EditionUnknown, OtherPublisher


def publish(folder: EditionsFolder, contents: Contents, on: date = DAY) -> tuple[str, bool]:
    with folder.locked(), folder.scratch() as scratch:
        prepared = prepare(contents, scratch / "downloads")
        return publish_contents(prepared, folder, Making(on, rdf_url="oxigraph:"))


@pytest.fixture
def folder(tmp_path: Path) -> EditionsFolder:
    return EditionsFolder(tmp_path / "editions")


def test_an_edition_is_named_by_its_date_and_content(folder: EditionsFolder):
    name, _ = publish(folder, small_world())
    assert name == f"2026-01-02-{folder.digest(name)[:12]}"
    assert folder.current == name
    assert (folder.folder / "current").readlink() == Path(name)


def test_publishing_the_same_again_changes_nothing(folder: EditionsFolder):
    first, _ = publish(folder, small_world())
    again, moved = publish(folder, make_contents(), date(2026, 1, 3))
    assert (again, moved) == (first, False)
    assert folder.names() == [first]


def test_rolling_back_goes_to_the_edition_before_and_publishing_again_reuses_it(folder: EditionsFolder):
    first, _ = publish(folder, small_world())
    second, _ = publish(folder, make_contents(OBSERVATIONS[:-1]))
    assert folder.current == second
    assert folder.roll_back() == first
    with pytest.raises(EditionUnknown):
        folder.roll_back()
    assert publish(folder, make_contents(OBSERVATIONS[:-1])) == (second, True)
    assert folder.names() == sorted([first, second])


def test_two_publishers_at_once_are_refused(folder: EditionsFolder):
    with folder.locked(), pytest.raises(OtherPublisher), EditionsFolder(folder.folder).locked():
        pass


def test_an_edition_holds_a_catalogue_and_a_store_that_agree(folder: EditionsFolder):
    name, _ = publish(folder, small_world())
    catalogue = sqlite3.connect(folder.folder / name / "catalogue.db")
    store = pyoxigraph.Store.read_only(str(folder.folder / name / "rdf" / "store"))
    (count,) = catalogue.execute("SELECT count(*) FROM observations WHERE value IS NOT NULL").fetchone()
    found = store.query("SELECT (count(*) AS ?n) { ?o a <http://purl.org/linked-data/cube#Observation> }")
    assert int(next(iter(found))["n"].value) == count == 6
    told = dict(catalogue.execute("SELECT name, value FROM edition"))
    assert told["base"] == BASE
    assert told["digest"] == folder.digest(name)
    catalogue.close()


def test_a_site_without_any_figure_can_be_published(folder: EditionsFolder):
    name, _ = publish(folder, make_contents([]))
    catalogue = sqlite3.connect(folder.folder / name / "catalogue.db")
    assert catalogue.execute("SELECT count(*) FROM observations").fetchone() == (0,)
    assert catalogue.execute("SELECT count(*) FROM areas").fetchone() == (4,)
    catalogue.close()
