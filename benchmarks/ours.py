"""The product's own publish, whole and by stage."""

from __future__ import annotations

import resource
import time
from datetime import date
from pathlib import Path
from typing import Any

from schemas.process import prepare_process

ON = date(2026, 1, 1)


def check(package: Path, scratch: Path) -> dict[str, Any]:
    """Check a package as `likeforlike check` does; gives problems and rows."""
    prepare_process()
    from ingest import check_packages

    report = check_packages([package], scratch)
    return {"problems": len(report.problems), "rows": report.rows_read}


def harmonise(package: Path, scratch: Path) -> dict[str, Any]:
    """Do all of a publish but the writing: check, harmonise, compare, digest."""
    prepare_process()
    from publish import publish_site

    published = publish_site(_site(package, scratch), dry_run=True, on=ON)
    return {"observations": published.observations}


def publish(package: Path, scratch: Path, rdf_url: str = "cube:") -> dict[str, Any]:
    """Publish a package into a new site, with the CPU seconds at which each stage began."""
    prepare_process()
    from publish import publish_site

    stages: list[tuple[str, float, float]] = []

    def note(stage: str) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        stages.append((stage, used.ru_utime + used.ru_stime, time.monotonic()))

    published = publish_site(_site(package, scratch, rdf_url), note, on=ON)
    note("Done")
    folder = scratch / "editions" / published.edition
    return {
        "observations": published.observations,
        "edition": published.edition,
        "stages": stages,
        "bytes": {
            str(path.relative_to(folder)): path.stat().st_size
            for path in sorted(folder.rglob("*"))
            if path.is_file() and "rdf/store" not in str(path)
        },
        "store_bytes": sum(path.stat().st_size for path in (folder / "rdf").rglob("*") if path.is_file()),
    }


def publish_materialised(package: Path, scratch: Path) -> dict[str, Any]:
    """Publish with every observation in the store.

    The store loads beside other work, so its own cost is measured apart, by limits.load_rdf.
    """
    return publish(package, scratch, "oxigraph:")


def publish_unloaded(package: Path, scratch: Path) -> dict[str, Any]:
    """The same with every stage but the load of the store, which is left out and nothing put in its place."""
    from publish import loading

    loading.load_file = lambda *_: None
    return publish_materialised(package, scratch)


def write_turtle(site: Path, turtle: Path) -> int:
    """Write the Turtle that an edition's store was loaded from, out of the store, for the bare load."""
    import pyoxigraph

    store = site / "editions" / "current" / "rdf" / "store"
    with turtle.open("wb") as file:
        pyoxigraph.Store.read_only(str(store)).dump(
            file, pyoxigraph.RdfFormat.TURTLE, from_graph=pyoxigraph.DefaultGraph()
        )
    return turtle.stat().st_size


def _site(package: Path, scratch: Path, rdf_url: str = "cube:") -> Any:
    from schemas.site import Site

    scratch.mkdir(parents=True, exist_ok=True)
    return Site(
        folder=scratch,
        title="Benchmark",
        base="http://127.0.0.1:8001/",
        packages=(str(package),),
        rdf_url=rdf_url,
    )
