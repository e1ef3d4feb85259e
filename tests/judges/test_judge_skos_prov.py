"""skosify reads every code list, scale and concept, and prov reads where things come from: programs of others."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from judging import Ran

from tools.example_site import ExampleSite

SKOS = "http://www.w3.org/2004/02/skos/core#"
PROV = "http://www.w3.org/ns/prov#"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

# prov names things by prefixes alone.
READ = """
import sys, warnings
from collections import Counter
warnings.simplefilter("ignore")
from prov.model import ProvDocument
document = ProvDocument.deserialize(source=sys.argv[1], format="rdf", rdf_format="turtle")
print(dict(Counter(type(record).__name__ for record in document.get_records())))
"""


@pytest.fixture(scope="module")
def lines(example_site: ExampleSite) -> list[str]:
    """Every statement of the download but those of the observations, as N-Triples."""
    packed = example_site.site.editions_folder / "current" / "downloads" / "site.nq.gz"
    start = f"<{example_site.url}/id/observation/"
    with gzip.open(packed, "rt", encoding="utf-8") as file:
        return [f"{line[: line.rindex(' <')]} .\n" for line in file if not line.startswith(start)]


@pytest.fixture(scope="module")
def concepts(lines: list[str]) -> list[str]:
    return [line for line in lines if line.split(" ", 2)[1].startswith(f"<{SKOS}") or f"> <{SKOS}" in line]


def warnings_of(run: Callable[..., Ran], folder: Path, lines: list[str]) -> list[str]:
    """Say what skosify warns of. That there are many schemes is no fault: it would like to read one."""
    (folder / "concepts.nt").write_text("".join(lines), encoding="utf-8")
    ran = run("skosify", folder / "concepts.nt", "-F", "turtle", "-o", folder / "out.ttl")
    assert ran.returncode == 0, ran.stderr
    told = re.findall(r"^(?:WARNING|ERROR|CRITICAL).*$", ran.stderr, re.MULTILINE)
    return [line for line in told if "Multiple concept schemes" not in line]


def test_skosify_has_nothing_to_warn_of(run: Callable[..., Ran], concepts: list[str], tmp_path: Path) -> None:
    assert len(concepts) > 10_000
    assert warnings_of(run, tmp_path, concepts) == []


def test_skosify_finds_a_concept_above_itself(
    run: Callable[..., Ran], concepts: list[str], tmp_path: Path
) -> None:
    one = next(line.split(" ", 1)[0] for line in concepts if f"<{SKOS}inScheme>" in line)
    damaged = [*concepts, f"{one} <{SKOS}broader> {one} .\n"]
    assert warnings_of(run, tmp_path, damaged) != []


def read_prov(run: Callable[..., Ran], folder: Path, site: str, lines: list[str]) -> Ran:
    prefixes = {"id": f"{site}/id/", "site": f"{site}/", "prov": PROV, "http": "http://", "https": "https://"}
    head = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes.items())
    (folder / "prov.ttl").write_text(head + "".join(lines), encoding="utf-8")
    return run("python", "-c", READ, folder / "prov.ttl")


@pytest.fixture(scope="module")
def provenance(lines: list[str]) -> list[str]:
    return [line for line in lines if f" <{PROV}" in line]


def test_prov_reads_every_derivation(
    run: Callable[..., Ran], provenance: list[str], example_site: ExampleSite, tmp_path: Path
) -> None:
    ran = read_prov(run, tmp_path, example_site.url, provenance)
    assert ran.returncode == 0, ran.stderr[-2000:]
    derived = sum(f"<{PROV}wasDerivedFrom>" in line for line in provenance)
    entities = sum(f"<{RDF_TYPE}> <{PROV}Entity>" in line for line in provenance)
    assert derived > 1000
    assert f"'ProvDerivation': {derived}" in ran.stdout
    assert f"'ProvEntity': {entities}" in ran.stdout


def test_prov_refuses_a_derivation_from_no_thing(
    run: Callable[..., Ran], provenance: list[str], example_site: ExampleSite, tmp_path: Path
) -> None:
    subject = next(line.split(" ", 1)[0] for line in provenance if f"<{PROV}wasDerivedFrom>" in line)
    damaged = [*provenance, f"{subject} <{PROV}wasDerivedFrom> <no address> .\n"]
    assert read_prov(run, tmp_path, example_site.url, damaged).returncode != 0
