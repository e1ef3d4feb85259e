"""The stages as commands. No rules of its own.

Words go to standard error, data to standard output. Exit 0 done, 1 problems found, 2 wrong use; anything else
is a fault of ours.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from threading import Thread, get_native_id
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from cli_diff import diff
from cli_mcp import mcp
from cli_propose import propose
from cli_pull import pull
from cli_stages import Stages
from cli_verify import verify
from schemas.process import prepare_process
from schemas.site import Site, SiteFault, load_site

if TYPE_CHECKING:
    from ingest.problems import ProblemsFound

app = typer.Typer(
    name="likeforlike",
    help="Publish the performance of local public services as open, linked data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
words = Console(stderr=True, highlight=False, soft_wrap=True)

SiteFolder = Annotated[
    Path, typer.Argument(metavar="[SITE]", help="Folder with site.toml; this one by default.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Say nothing but what went wrong.")]


class Form(StrEnum):
    """How problems are written."""

    text = "text"
    json = "json"
    sarif = "sarif"


@app.command()
def check(
    packages: Annotated[
        list[str],
        typer.Argument(metavar="PACKAGE…", help="Folders, datapackage.json files, zips or addresses."),
    ],
    format: Annotated[Form, typer.Option(help="How the problems are written.")] = Form.text,
    site: Annotated[
        Path | None, typer.Option(help="A site whose other packages hold the codes that these refer to.")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="Read the files of a folder as they lie, by a recipe's name or path.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Say what is wrong with packages, row by row, and how to mend it. Writes nothing."""
    prepare_process()
    from ingest import check_packages
    from ingest.problems import as_json, as_sarif, as_text

    beside = _load_site(site).packages if site is not None else ()
    with _scratch() as scratch, Stages(words, quiet or format is not Form.text).shown() as progress:
        report = check_packages(
            packages, scratch, beside=beside, operator=True, recipe=recipe, progress=progress
        )
        made = {} if quiet else report.rows_made
    write = {Form.text: as_text, Form.json: as_json, Form.sarif: as_sarif}[format]
    text = write(report.problems)
    if text:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    if not quiet:
        for file, reason, count in report.left_out:
            words.print(f"{file}: {_count(count, 'row')} left out: {reason}", markup=False)
        for table, rows in made.items():
            words.print(f"{table}: {_count(rows, 'row')}", markup=False)
        read, files = _count(report.rows_read, "row"), _count(report.files_read, "file")
        words.print(f"{read} read from {files} of {_count(len(report.packages), 'package')}.", markup=False)
    raise typer.Exit(1 if report.has_errors else 0)


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


@app.command()
def publish(
    site: SiteFolder = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all but the writing.")] = False,
    preview: Annotated[
        bool,
        typer.Option("--preview", help="Publish into a place of its own, with what is still to be released."),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Check, compare and publish the next edition of a site.

    A store outside that site.toml names under [rdf] is loaded before the edition becomes current. The name and the
    password for it are read from LIKEFORLIKE_RDF_USER and LIKEFORLIKE_RDF_PASSWORD.
    """
    _publish(_load_site(site), dry_run=dry_run, is_preview=preview, quiet=quiet)


def _publish(site: Site, *, dry_run: bool = False, is_preview: bool = False, quiet: bool = False) -> None:
    """Publish a site, or say why not and end with 1."""
    prepare_process()
    from ingest import second_process
    from ingest.problems import ProblemsFound
    from publish import PublishingStopped, publish_site

    started = time.monotonic()
    try:
        with second_process() as executor, Stages(words, quiet, knows_share=True).shown() as progress:
            published = publish_site(
                site,
                progress,
                dry_run=dry_run,
                is_preview=is_preview,
                executor=executor,
                done=progress.done,
            )
    except ProblemsFound as found:
        _end_with(found)
    except PublishingStopped as stopped:
        words.print(str(stopped), markup=False)
        raise typer.Exit(1) from None
    if not quiet:
        words.print(f"{published} Took {time.monotonic() - started:.1f} s.", markup=False)
        if is_preview:
            words.print("This is a preview. See it with: likeforlike serve --preview", markup=False)


def _end_with(found: ProblemsFound) -> NoReturn:
    """Show problems and end with 1."""
    sys.stdout.write(f"{found}\n")
    words.print("Nothing written.")
    raise typer.Exit(1) from None


@app.command()
def serve(
    site: SiteFolder = Path(),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8001,
    workers: Annotated[int, typer.Option(min=1, help="How many processes answer.")] = 1,
    preview: Annotated[
        bool, typer.Option("--preview", help="Serve what publish --preview made, marked as not published.")
    ] = False,
) -> None:
    """Serve a site. New editions are picked up without a restart.

    Where site.toml names a store outside under [rdf], that one answers SPARQL.
    """
    found = _load_site(site)
    if preview:
        found = found.as_preview()
        if not (found.editions_folder / "current").exists():
            _refuse("This site has no preview yet. Make one first: likeforlike publish --preview")
    elif not (found.editions_folder / "current").exists():
        _refuse("This site has no edition yet. Publish one first: likeforlike publish")
    _serve(found, host, port, workers)


def _serve(site: Site, host: str, port: int, workers: int) -> None:
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    os.environ["LIKEFORLIKE_SITE"] = str(site.folder.resolve())
    os.environ["LIKEFORLIKE_PREVIEW"] = "1" if site.is_preview else ""
    if _find_port(host, port) != port and port:
        _refuse(f"Something listens on {host} port {port} already. Choose another with --port.")
    port = port or _find_port(host, 0)
    words.print(f"Serving {site.title} at http://{host}:{port}/  (Ctrl+C ends it)", markup=False)
    config = uvicorn.Config(
        "api.app:from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level="warning",
        server_header=False,
        proxy_headers=True,
        # httptools, which would be taken where it is installed, reads headers of any length into memory.
        http="h11",
    )
    with suppress(KeyboardInterrupt):
        if workers == 1:
            uvicorn.Server(config).run()
        else:
            listening = config.bind_socket()
            # Connections inherit it. Without, an answer in two pieces waits 40 ms for the reader's word.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with _scratch() as scratch:
                os.environ["LIKEFORLIKE_SHELF"] = str(scratch / "kept.db")
                Multiprocess(config, sockets=[listening]).run()


@app.command()
def editions(
    site: SiteFolder = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """List the editions that are kept, the newest first."""
    from publish.edition import EditionsFolder

    kept = EditionsFolder(_load_site(site).editions_folder).kept()
    if as_json:
        facts = [
            {
                "edition": one.name,
                "digest": one.digest,
                "current": one.is_current,
                "published_at": one.published_at,
            }
            for one in kept
        ]
        sys.stdout.write(json.dumps(facts, indent=1) + "\n")
        return
    for one in kept:
        mark = "current" if one.is_current else ""
        sys.stdout.write(f"{one.name}  {one.published_at or '':<25}  {mark}".rstrip() + "\n")
    if not kept:
        words.print("No edition yet.")


@app.command()
def rollback(
    site: SiteFolder = Path(),
    to: Annotated[str | None, typer.Option(help="The edition to go back to.")] = None,
) -> None:
    """Serve the edition before the current one again."""
    from ingest.problems import ProblemsFound
    from publish import PublishingStopped, roll_back_site

    try:
        name = roll_back_site(_load_site(site), to)
    except ProblemsFound as found:
        _end_with(found)
    except PublishingStopped as stopped:
        _refuse(str(stopped))
    words.print(f"{name} is current again.", markup=False)


app.command()(pull)
app.command()(diff)
app.command()(propose)
app.command()(mcp)
app.command()(verify)


@app.command()
def explain(code: Annotated[str, typer.Argument(metavar="CODE", help="The code of a problem.")]) -> None:
    """Say what a problem means and how to mend it."""
    from ingest.problems import find_nearest, load_problem_kinds

    kinds = load_problem_kinds()
    kind = kinds.get(code)
    if kind is None:
        near = find_nearest(code, kinds)
        _refuse(f"There is no problem '{code}'." + (f" Closest: {near}." if near else ""))
    sys.stdout.write(f"{kind.title} ({kind.code}, {kind.severity})\n\nWhen: {kind.when}\nMend: {kind.mend}\n")


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where the site is made.")] = Path("site"),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8001,
    publish_only: Annotated[bool, typer.Option("--publish-only", help="Publish and do not serve.")] = False,
) -> None:
    """Make a site with the bundled example, publish it and serve it."""
    example = Path(__file__).parent / "examples" / "england"
    if not example.is_dir():
        _refuse("The bundled example is not here; it is in the repository, under examples/england.")
    port = _find_port(host, port)
    settings = folder / "site.toml"
    ours = _demo_settings(example, host, port)
    if not settings.exists() or _is_demo(settings.read_text(encoding="utf-8"), ours):
        folder.mkdir(parents=True, exist_ok=True)
        settings.write_text(ours, encoding="utf-8")
    site = _load_site(folder)
    if publish_only:
        _publish(site)
        return
    _publish_beside(folder)
    _serve(site, host, port, 1)


def _publish_beside(folder: Path) -> None:
    """Publish in a process of its own, while this one reads the modules of the server when a processor is free."""
    with subprocess.Popen([sys.executable, "-m", "cli", "publish", str(folder)]) as publishing:  # noqa: S603 - our own command
        reading = Thread(target=_read_server)
        reading.start()
        reading.join()
    if publishing.returncode:
        raise typer.Exit(publishing.returncode)


def _read_server() -> None:
    if sys.platform == "linux":
        # Of this thread alone, which ends.
        os.setpriority(os.PRIO_PROCESS, get_native_id(), 19)
    for module in ("uvicorn", "api.app"):
        import_module(module)
    # The server does so when it begins, and then has little left to look through.
    gc.collect()
    gc.freeze()


def _demo_settings(example: Path, host: str, port: int) -> str:
    packages = json.dumps(f"{example}/*/")
    return f'title = "Like for Like: England"\nbase = "http://{host}:{port}/"\npackages = [{packages}]\n'


def _is_demo(told: str, ours: str) -> bool:
    """Whether settings are what an earlier demo wrote, but for the address it was served at."""
    lines = zip(told.splitlines(), ours.splitlines(), strict=False)
    return told.count("\n") == ours.count("\n") and all(
        a == b or (a.startswith("base = ") and b.startswith("base = ")) for a, b in lines
    )


def _find_port(host: str, port: int) -> int:
    """Find the first port from `port` on, of twenty, that nothing listens on; 0 takes any."""
    candidates = range(port, port + 20) if port else (0,)
    free = next((found for found in (_bind(host, one) for one in candidates) if found is not None), None)
    if free is None:
        _refuse(f"Nothing can listen on {host} from port {port} on. Choose another with --port.")
    return free


def _bind(host: str, port: int) -> int | None:
    """Try to listen on a port and let go of it. Returns its number, or None if it is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return None
        return int(probe.getsockname()[1])


@contextmanager
def _scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="likeforlike-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _load_site(folder: Path) -> Site:
    try:
        return load_site(folder)
    except SiteFault as fault:
        _refuse(str(fault))


def _refuse(sentence: str) -> NoReturn:
    """End with 2: the command was used wrongly, or there is nothing it could do."""
    words.print(sentence, markup=False)
    raise typer.Exit(2)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
