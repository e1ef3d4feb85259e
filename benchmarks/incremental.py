"""A hundred packages are published; one changes, and they are published again: python -m benchmarks.incremental

Each publication runs in a process of its own. The second one is also run with everything that is kept deleted before,
and both must give the same edition.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import Cost, measure
from benchmarks.pace import Pace
from schemas.process import prepare_process

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def publish(folder: Path) -> dict[str, Any]:
    """Publish the packages of a folder into the site there."""
    prepare_process()
    from publish import publish_site
    from schemas.site import Site

    packages = sorted((folder / "packages").iterdir(), key=lambda path: (path.name != "register", path.name))
    site = Site(folder, "Benchmark", "http://127.0.0.1:8001/", tuple(map(str, packages)))
    published = publish_site(site, on=NOW.date(), now=NOW)
    return {"edition": published.edition, "kept": published.kept, "observations": published.observations}


def forget(folder: Path) -> None:
    """Delete all that is kept for the next publication."""
    shutil.rmtree(folder / "editions" / ".kept")
    for edition in folder.glob("editions/2*"):
        (edition / "parts.json").unlink()
        shutil.rmtree(edition / "carried")


def main() -> None:
    # What is measured is another process, which has no need of what makes figures up.
    from benchmarks.split import change_figures, copy_packages, write_packages

    with tempfile.TemporaryDirectory(prefix="likeforlike-incremental-") as name:
        made = Path(name)
        (made / "figures").mkdir()
        write_packages(made / "figures")
        site = made / "site"
        site.mkdir()
        copy_packages(made / "figures", site / "packages")
        with Pace(made) as pace:
            first = measure("benchmarks.incremental:publish", site)
            changed = change_figures(site / "packages" / "indicator-042")
            shutil.copytree(site, made / "anew", symlinks=True)
            again = measure("benchmarks.incremental:publish", site)
            forget(made / "anew")
            anew = measure("benchmarks.incremental:publish", made / "anew")
        edition = again.answer["edition"]
        assert edition == anew.answer["edition"], "what was reused gives another edition"
        assert _digests(site, edition) == _digests(made / "anew", edition), (
            "what was reused gives other bytes"
        )
        sys.stdout.write("\n".join(_lines(first, anew, again, changed, pace)) + "\n")


def _digests(site: Path, edition: str) -> dict[str, str]:
    """Give the digest of every file of an edition; an embedded store has an order of its own."""
    folder = site / "editions" / edition
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "store" not in path.parts
    }


def _lines(first: Cost, anew: Cost, again: Cost, changed: int, pace: Pace) -> list[str]:
    files, shares = again.answer["kept"]
    steps = {
        "The first edition": first,
        f"{changed} figures of one package changed, all made anew": anew,
        f"The same, {files} files and {shares} parts taken from before": again,
    }
    return [
        f"| {first.answer['observations']:,} figures in 100 packages | CPU s | Wall s | Peak MB |",
        "| --- | ---: | ---: | ---: |",
        *(f"| {what} | {one.cpu:.1f} | {one.wall:.1f} | {one.peak_mb:,.0f} |" for what, one in steps.items()),
        "",
        f"Ratio {again.cpu / anew.cpu:.2f}; wanted at most 5 % and 2 s, {anew.cpu * 0.05 + 2:.1f} CPU s.",
        pace.told(),
        f"At the usual pace {again.cpu / pace.slower:.1f}; wanted {anew.cpu / pace.slower * 0.05 + 2:.1f} CPU s.",
    ]


if __name__ == "__main__":
    main()
