"""raptor, a parser in C that shares nothing with ours, dereferences things and reads every form of a graph."""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from judging import Ran

from tools.example_site import ExampleSite

# The parser of each form by its suffix.
PARSERS = {"ttl": "turtle", "nt": "ntriples", "nq": "nquads", "rdf": "rdfxml"}

THINGS = (
    "area/E09000015",
    "indicator/adult-obesity",
    "dataset/ons-labour-market",
    "group/similar",
    "scale/ofsted-2013",
    "judgement/ilacs-2025-03-04-london-borough-of-harrow-overall",
    "observation/ons-labour-market/employment-rate/E09000015/2023-01-01_P1Y",
)


def count(ran: Ran) -> int:
    """Say how many triples were read.

    Raises AssertionError for what could not be read.
    """
    told = re.search(r"returned (\d+) triples", ran.stderr)
    assert ran.returncode == 0, ran.stderr
    assert "Error" not in ran.stderr
    assert told is not None, ran.stderr
    return int(told[1])


@pytest.mark.parametrize("thing", THINGS)
def test_raptor_reads_the_same_triples_in_every_form(
    example_site: ExampleSite, run: Callable[..., Ran], thing: str
) -> None:
    """Its parser is chosen by the suffix; without one it asks as it would ask any site, and guesses."""
    address = f"{example_site.url}/id/{thing}"
    found = {
        suffix: count(run("rapper", "-c", "-i", parser, f"{address}.{suffix}"))
        for suffix, parser in PARSERS.items()
    }
    found["guessed"] = count(run("rapper", "-c", "-g", address))
    assert len(set(found.values())) == 1, found
    assert found["ttl"] > 5


@pytest.mark.parametrize("address", ["catalog", "def"])
def test_raptor_reads_what_the_site_says_of_itself(
    example_site: ExampleSite, run: Callable[..., Ran], address: str
) -> None:
    assert count(run("rapper", "-c", "-i", "turtle", f"{example_site.url}/{address}.ttl")) > 500


def test_raptor_reads_everything(example_site: ExampleSite, run: Callable[..., Ran], tmp_path: Path) -> None:
    """As many statements as the manifest says."""
    whole = tmp_path / "site.nq"
    downloads = example_site.site.editions_folder / "current" / "downloads"
    with gzip.open(downloads / "site.nq.gz") as packed, whole.open("wb") as file:
        shutil.copyfileobj(packed, file)
    assert count(run("rapper", "-c", "-i", "nquads", whole)) == example_site.edition.manifest["statements"]


def test_raptor_refuses_a_damaged_graph(run: Callable[..., Ran], tmp_path: Path) -> None:
    file = tmp_path / "damaged.ttl"
    file.write_text("<http://example.org/a> <http://example.org/b> <not closed .", encoding="utf-8")
    assert run("rapper", "-q", "-c", "-i", "turtle", file).returncode != 0
