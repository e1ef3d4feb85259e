"""The best combination of tools that there is, against the product's whole publish.

    python -m benchmarks.combination      measures, and writes its part of the report to standard output

frictionless judges the package, Morph-KGC makes the RDF by a mapping in RML, Oxigraph loads it in bulk, sqlite-utils
fills the tables, and the files are packed. What the mapping leaves out, it need not do: the words for a missing figure,
the catalogue, comparators, verdicts, revisions. Morph-KGC wants other versions of libraries than the product, so
it has an environment of its own beside the generated packages.
"""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.measure import ROOT, Cost, measure
from benchmarks.naive import BASE

HEADING = "## The best combination of tools"
TARGET = 15
MORPH = ("morph-kgc==2.10.0", "pandas==2.3.3")
ENVIRONMENT = ROOT / "benchmarks" / "data" / "morph-kgc"

STEPS = (
    "naive: check",
    "combination: RDF",
    "combination: load",
    "naive: SQLite",
    "naive: files",
    "combination: pack",
)

_XSD = "http://www.w3.org/2001/XMLSchema#"
_COMMENT = "http://www.w3.org/2000/01/rdf-schema#comment"
_UNIT = "http://purl.org/linked-data/sdmx/2009/attribute#unitMeasure"
_IRIS = {
    "http://purl.org/linked-data/cube#dataSet": "id/dataset/{dataset}",
    f"{BASE}def/indicator": "id/indicator/{indicator}",
    f"{BASE}def/indicatorVersion": "id/indicator/{indicator}/v1.0.0",
    "http://purl.org/linked-data/sdmx/2009/dimension#refArea": "id/area/{area}",
    "http://purl.org/linked-data/sdmx/2009/dimension#refPeriod": "id/period/{period}-01-01_P1Y",
    "http://purl.org/linked-data/sdmx/2009/attribute#obsStatus": "id/code/status/{status}",
}
_NUMBERS = {
    "http://purl.org/linked-data/sdmx/2009/measure#obsValue": "value",
    f"{BASE}def/lowerLimit": "lower_limit",
    f"{BASE}def/upperLimit": "upper_limit",
}


def make_environment() -> Path:
    """Make the environment of Morph-KGC, unless it is there; gives its Python."""
    python = ENVIRONMENT / "bin" / "python"
    if not (ENVIRONMENT / "bin" / "morph-kgc-is-here").exists():
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)  # noqa: S603 - our own command
        subprocess.run([str(python), "-m", "pip", "install", "-q", *MORPH], check=True)  # noqa: S603 - the same
        (ENVIRONMENT / "bin" / "morph-kgc-is-here").touch()
    return python


def write_mapping(package: Path) -> str:
    """Write the mapping of a generated package in RML."""
    subject = f"{BASE}id/observation/{{dataset}}/{{indicator}}/{{area}}/{{period}}-01-01_P1Y"
    maps = [
        *(
            f'rr:predicate <{name}>; rr:objectMap [ rr:template "{BASE}{end}" ]'
            for name, end in _IRIS.items()
        ),
        *(
            f'rr:predicate <{name}>; rr:objectMap [ rml:reference "{column}"; rr:datatype <{_XSD}decimal> ]'
            for name, column in _NUMBERS.items()
        ),
        f'rr:predicate <{_COMMENT}>; rr:objectMap [ rml:reference "note"; rr:language "en" ]',
        f"rr:predicate <{_UNIT}>; rr:object <{BASE}id/code/unit/percent>",
    ]
    facts = " ;\n  ".join(f"rr:predicateObjectMap [ {one} ]" for one in maps)
    return f"""@prefix rr: <http://www.w3.org/ns/r2rml#> .
@prefix rml: <http://semweb.mmlab.be/ns/rml#> .
@prefix ql: <http://semweb.mmlab.be/ns/ql#> .
<#figures> a rr:TriplesMap ;
  rml:logicalSource [ rml:source "{package / "observations.csv"}"; rml:referenceFormulation ql:CSV ] ;
  rr:subjectMap [ rr:template "{subject}"; rr:class <http://purl.org/linked-data/cube#Observation> ] ;
  {facts} .
"""


def write_rdf(package: Path, folder: Path) -> int:
    """Make the RDF with Morph-KGC, on as many cores as there are; gives the bytes of its N-Triples."""
    folder.mkdir(exist_ok=True)
    (folder / "mapping.ttl").write_text(write_mapping(package), encoding="utf-8")
    settings = f"[CONFIGURATION]\noutput_file = {folder / 'all.nt'}\noutput_format = N-TRIPLES\nlogging_level = ERROR\n"
    settings += f"[figures]\nmappings = {folder / 'mapping.ttl'}\n"
    (folder / "settings.ini").write_text(settings, encoding="utf-8")
    command = [str(ENVIRONMENT / "bin" / "python"), "-m", "morph_kgc", str(folder / "settings.ini")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    return (folder / "all.nt").stat().st_size


def pack(folder: Path) -> int:
    """Pack the RDF for the downloads; gives its bytes."""
    with (
        (folder / "all.nt").open("rb") as source,
        gzip.open(folder / "all.nt.gz", "wb", compresslevel=6) as target,
    ):
        shutil.copyfileobj(source, target, 1 << 20)
    return (folder / "all.nt.gz").stat().st_size


def step_arguments(package: Path, folder: Path) -> dict[str, tuple[str | Path, ...]]:
    """Give the function and arguments of each step that the naive pipeline has not."""
    return {
        "combination: RDF": ("benchmarks.combination:write_rdf", package, folder),
        "combination: load": ("benchmarks.naive:load_store", folder / "all.nt", folder / "store"),
        "combination: pack": ("benchmarks.combination:pack", folder),
    }


def write_row(costs: Mapping[str, Cost]) -> str:
    """Write the row of the report that holds both beside each other."""
    rival, ours = sum(costs[name].cpu for name in STEPS), costs["ours: publish"].cpu
    return (
        "| Whole publish against the best combination: frictionless, Morph-KGC, Oxigraph, sqlite-utils "
        f"| {ours:.1f} CPU s | {rival:.1f} CPU s | {rival / ours:.1f} times less |"
    )


def main() -> None:
    package = ROOT / "benchmarks" / "data" / "400k"
    make_environment()
    measure("benchmarks.generate:generate", package, "400k")
    folder = Path(tempfile.mkdtemp(prefix="likeforlike-combination-"))
    try:
        steps = {
            "naive: check": ("benchmarks.naive:check", package),
            "naive: SQLite": ("benchmarks.naive:fill_sqlite", package, folder / "catalogue.db"),
            "naive: files": ("benchmarks.naive:write_files", package, folder),
            **step_arguments(package, folder / "rdf"),
            "ours: publish": ("benchmarks.ours:publish", package, folder / "site"),
        }
        costs = {}
        for name, (function, *arguments) in steps.items():
            costs[name] = measure(str(function), *arguments)
            sys.stderr.write(f"{name}: {costs[name].cpu:.1f} CPU s, {costs[name].peak_mb:,.0f} MB\n")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    told = ", ".join(f"{name.partition(': ')[2]} {costs[name].cpu:.1f}" for name in STEPS)
    sys.stdout.write(
        f"{HEADING}\n\n`python -m benchmarks.combination` measures it on 396,000 rows; at least {TARGET} times is the"
        f" target. CPU seconds of its steps: {told}.\n\n| What | Ours | Combination | Ratio |\n"
        f"| --- | ---: | ---: | ---: |\n{write_row(costs)}\n"
    )


if __name__ == "__main__":
    main()
