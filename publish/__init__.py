"""From standard tables to an edition: database, linked data, files, and one pointer that is swapped last.

In:   a site
Out:  its next edition, or the problems that stand in the way

No other stage writes an edition, and this one writes nothing else.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ingest import Checking, begin_checking
from ingest.checking import threads_for
from ingest.engine import Engine
from ingest.keeping import Kept
from ingest.problems import ProblemsFound
from publish.build import (
    Making,
    Prepared,
    begin_loading,
    following,
    make_current,
    may_load_early,
    prepare,
    publish_contents,
)
from publish.coded import find_coded
from publish.cube import check_totals
from publish.edition import (
    EditionsFolder,
    EditionUnknown,
    NoRoom,
    OtherPublisher,
    PublishingStopped,
    edition_name,
)
from publish.kept_definitions import check_definitions
from publish.packages import amount_of, gather, sizes_of, write_reports
from publish.parts import Parts
from publish.signal_rules import find_problems
from publish.signals import check_responses
from publish.store import holds_observations
from publish.stores import stores_of
from publish.unchanged import digest_code, digest_inputs, find_unchanged, remember_inputs
from publish.verify import verify_edition
from publish.work import Amount, Work
from schemas.site import Site

__all__ = [
    "EditionUnknown",
    "EditionsFolder",
    "NoRoom",
    "OtherPublisher",
    "Published",
    "PublishingStopped",
    "publish_site",
    "roll_back_site",
]

# What the engine may keep in memory before it uses the disk. Rows of 5 million observations fit.
MEMORY = "1GB"

# What was read and checked, for the next publication; a folder beside the editions that can be deleted at any time.
KEPT = ".kept"


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did.

    edition    the name of the edition, published or found to be current already
    moved      whether the pointer was moved
    dry_run    whether nothing was written on purpose
    unchanged  whether no file of any package is another than those that the current edition was published from,
               so that none had to be read; the counts are those of that publication
    held_back  the moments of release of the packages that were left out, because they are still to come
    kept       how many files of figures did not have to be read again, and how many shares of the linked data did
               not have to be written again
    damaged    files of the edition before that are not what was written, by their paths beside the editions
    """

    edition: str
    moved: bool
    dry_run: bool
    rows_read: int
    observations: int
    warnings: int
    unchanged: bool = False
    held_back: tuple[datetime, ...] = ()
    kept: tuple[int, int] = (0, 0)
    damaged: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.unchanged:
            return f"No file has changed. {self.edition} is current already; nothing written."
        read = f"{self.rows_read:,} rows read, {self.observations:,} observations"
        counts = f"{read}, {self.warnings:,} warnings."
        if self.held_back:
            packages = "1 package is" if len(self.held_back) == 1 else f"{len(self.held_back)} packages are"
            counts += (
                f" {packages} held back, the first until {self.held_back[0].isoformat(timespec='minutes')}."
            )
        if any(self.kept):
            files, shares = self.kept
            counts += f" Taken from before: {files:,} files of figures, {shares:,} parts of the linked data."
        if self.damaged:
            counts += (
                f" Not what was written, and made anew: {', '.join(self.damaged)}. "
                "Say what else is: likeforlike verify --all."
            )
        if self.dry_run:
            did = "would become current" if self.moved else "is current already"
            return f"{counts} {self.edition} {did}; nothing written."
        did = "is current now" if self.moved else "is current already; nothing written"
        return f"{counts} {self.edition} {did}."


def publish_site(
    site: Site,
    progress: Callable[[str], None] = lambda _stage: None,
    *,
    dry_run: bool = False,
    on: date | None = None,
    now: datetime | None = None,
    is_preview: bool = False,
    executor: Executor | None = None,
    done: Callable[[float], None] = lambda _share: None,
) -> Published:
    """Check, harmonise, compare and publish the next edition of a site.

    progress    is told in a few words what comes next
    dry_run     do all but the writing
    on          the day in the name of a new edition; today (UTC) if left out
    now         the moment of publication, with its zone; the machine's clock if left out
    is_preview  publish into a place of its own, which only a preview serves, with every package whose moment of
                release is still to come
    executor    does the checks, beside other work if it is ingest.second_process
    done        is told which share of the work is done, as it grows: 1 when all is, and not before

    Raises ProblemsFound if a package has a problem that is more than a warning, and PublishingStopped if the
    machine stands in the way. Then the edition before stays current and nothing is left behind.
    """
    live = EditionsFolder(site.editions_folder)
    folder = EditionsFolder(site.preview_folder) if is_preview else live
    at, now = now, now or datetime.now(UTC)
    on = on or now.astimezone(UTC).date()
    stores = stores_of(None if is_preview or dry_run else site.outside, site.base, progress)
    work = Work(done, is_held=holds_observations(site.rdf_url))
    with _workshop(folder, dry_run=dry_run) as scratch:
        stores.begin()
        seen = f"preview after {live.current}" if is_preview else ""
        inputs = None if dry_run else digest_inputs(site, version("likeforlike"), seen)
        unchanged = find_unchanged(folder, inputs, now) if inputs else None
        if unchanged is not None:
            make_current(folder, unchanged, stores)
            work.end()
            return _as_published(folder, unchanged)
        kept = None if dry_run else Kept(folder.folder / KEPT, digest_code())
        sizes = sizes_of(site.packages)
        work.plan(Amount.guess(sizes, is_first=kept is None or not kept.folder.is_dir()))
        work.begin("read")
        checking = begin_checking(
            site.packages,
            scratch / "read",
            operator=True,
            is_site=True,
            now=None if is_preview else now,
            kept=kept,
            progress=progress,
            executor=executor,
            took=lambda taken: (
                work.begin("check") if taken is None else work.reach(taken / max(sum(sizes), 1))
            ),
        )
        if checking.has_errors:
            raise ProblemsFound(checking.finish().problems)
        parts = Parts(live.folder / live.current if live.current in live.names() else None)
        before = find_coded(checking.report.made_of, parts)
        amount = amount_of(checking.report, before)
        work.plan(amount)
        work.begin("harmonise")
        progress("Harmonising")
        engine = _open_engine(site, scratch, amount.rows_to_read)
        engine.tell(work.pass_rows)
        try:
            with ExitStack() as stack:
                with _accepted(checking):
                    contents = gather(site, checking.report, engine, before)
                    found = [
                        *check_totals(contents),
                        *check_definitions(contents, live, checking.report.places),
                        *find_problems(contents.model, contents.rows, checking.report.places),
                    ]
                    loading = None
                    if not found and not dry_run and may_load_early(contents):
                        work.begin("begin store")
                        progress("Writing linked data, and loading it beside")
                        loading = stack.enter_context(begin_loading(contents, scratch / "rdf", site.rdf_url))
                    work.begin("lines")
                    progress("Writing observations as CSV")
                    prepared = prepare(contents, scratch / "downloads", loading, parts)
                    work.begin("compare")
                    progress("Comparing")
                    found += check_responses(
                        contents.register, contents.rows("responses"), checking.report.places
                    )
                    if found:
                        raise ProblemsFound([*checking.finish().problems, *found])
                report = checking.finish()
                if dry_run:
                    name, moved = _would_publish(prepared, folder, live, on)
                else:
                    reports = write_reports(report, contents)
                    making = Making(on, site.rdf_url, reports, progress, at, is_preview, stores, work)
                    name, moved = publish_contents(prepared, folder, making, live)
                    if kept is not None:
                        kept.write()
                    # A file may have changed while it was read: then nobody knows what the edition was made of.
                    if inputs is not None and inputs == digest_inputs(site, version("likeforlike"), seen):
                        remember_inputs(folder, name, inputs, min(report.held_back, default=None))
        finally:
            engine.close()
    work.end()
    return Published(
        edition=name,
        moved=moved,
        dry_run=dry_run,
        rows_read=report.rows_read,
        observations=contents.observations.count,
        warnings=sum(found.count for found in report.problems),
        held_back=tuple(sorted(report.held_back)),
        kept=(kept.reused if kept else 0, parts.reused),
        damaged=tuple(f"{parts.before.name}/{path}" for path in sorted(parts.damaged))
        if parts.before
        else (),
    )


def roll_back_site(
    site: Site, to: str | None = None, progress: Callable[[str], None] = lambda _stage: None
) -> str:
    """Go back to an earlier edition of a site, by default to the one that was current before this one.

    Returns its name.

    Raises PublishingStopped if there is no such edition or somebody publishes, and ProblemsFound if a store outside
    stands in the way, or a file of that edition is not the one that was written. Then nothing has changed.
    """
    folder, stores = EditionsFolder(site.editions_folder), stores_of(site.outside, site.base, progress)

    def before(name: str) -> None:
        damaged = verify_edition(folder.folder / name)
        if damaged:
            raise ProblemsFound(damaged)
        stores.begin()
        make_current(folder, name, stores)

    return folder.roll_back(to, before)


def _would_publish(
    prepared: Prepared, folder: EditionsFolder, live: EditionsFolder, on: date
) -> tuple[str, bool]:
    """Name the edition that a publication would make, and say whether the pointer would move."""
    digest = following(prepared, live).digest
    name = folder.find_digest(digest) or edition_name(on, digest)
    return name, name != folder.current


def _as_published(folder: EditionsFolder, edition: str) -> Published:
    """Say again what was said when the current edition was published."""
    told = json.loads((folder.folder / edition / "reports" / "summary.json").read_text(encoding="utf-8"))
    return Published(
        edition=edition,
        moved=False,
        dry_run=False,
        rows_read=told["rows_read"],
        observations=told["observations"],
        warnings=told["warnings"],
        unchanged=True,
    )


@contextmanager
def _workshop(folder: EditionsFolder, *, dry_run: bool) -> Iterator[Path]:
    """Give a scratch folder: beside the editions and under their lock, or elsewhere for a dry run."""
    if dry_run:
        scratch = Path(tempfile.mkdtemp(prefix="likeforlike-"))
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return
    with folder.locked():
        folder.clean()
        with folder.room(), folder.scratch() as scratch:
            yield scratch


def _open_engine(site: Site, scratch: Path, rows: int) -> Engine:
    """Open the engine in memory, for about so many rows; what does not fit there goes to the disk."""
    spilt = str(scratch / "spilt")
    settings: dict[str, Any] = {"memory_limit": site.memory or MEMORY, "temp_directory": spilt}
    # With many rows the engine itself knows best: as many as there are cores.
    threads = site.threads or (1 if threads_for(rows) == 1 else None)
    if threads is not None:
        settings["threads"] = threads
    return Engine(**settings)


@contextmanager
def _accepted(checking: Checking) -> Iterator[None]:
    """Do what is of use only if nothing is wrong with the packages, while they are being checked.

    Raises ProblemsFound if something is. It may have broken what was done meanwhile; that is no news then.
    """
    try:
        yield
    except Exception:
        if checking.finish().has_errors:
            raise ProblemsFound(checking.report.problems) from None
        raise
    if checking.finish().has_errors:
        raise ProblemsFound(checking.report.problems)
