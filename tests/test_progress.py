"""The share of the work that is told is the share that is done."""

from __future__ import annotations

import re
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console
from test_bad_input import SITE, date_in_a_number_column, write_small_package
from typer.testing import CliRunner

from cli import app
from cli_stages import Stages
from ingest.problems import ProblemsFound
from publish import publish_site
from publish.work import Amount, Work
from schemas.site import load_site
from tools.example_site import ExampleSite

# How far the share that is told may be from the share of the processor time, at any moment.
TOLERANCE = 0.2


def make_site(folder: Path) -> Path:
    """Make a site of one small package; gives its folder."""
    write_small_package(folder / "packages" / "folder")
    (folder / "site.toml").write_text(SITE, encoding="utf-8")
    return folder


def shares_of(amount: Amount) -> list[float]:
    """Tell of a publication in which all goes as it was expected."""
    told: list[float] = []
    work = Work(told.append)
    work.plan(amount)
    for stage in ("read", "check"):
        work.begin(stage)
    work.plan(amount)
    for stage in (
        "harmonise",
        "lines",
        "compare",
        "begin store",
        "tables",
        "catalogue",
        "quads",
        "store",
        "settle",
    ):
        work.begin(stage)
        for _ in range(10):
            work.pass_rows(200_000)
    work.end()
    return told


@pytest.mark.parametrize(
    "amount",
    [Amount(2, 2, 0.1), Amount(0, 2, 0.1), Amount(0, 0, 0), Amount(0.001, 0.5, 0)],
    ids=["all new", "nothing new", "nothing", "less than there was thought to be"],
)
def test_share_grows_and_is_whole_at_the_end_alone(amount: Amount):
    told = shares_of(amount)
    assert all(first < second for first, second in pairwise(told))
    assert told[-1] == 1
    assert all(0 <= share < 1 for share in told[:-1])


def test_what_shows_later_changes_no_share_that_was_told():
    told: list[float] = []
    work = Work(told.append)
    work.plan(Amount(0.01, 0.01, 0))
    work.begin("read")
    work.reach(0.9)
    work.plan(Amount(50, 50, 0))
    seen = list(told)
    work.begin("harmonise")
    work.begin("quads")
    work.begin("lines")  # A stage that lies behind.
    assert told[: len(seen)] == seen
    assert all(first < second for first, second in pairwise(told))


def test_example_is_told_of_as_it_is_worked_on(example_site: ExampleSite):
    told = example_site.told
    assert all(first[0] < second[0] for first, second in pairwise(told))
    assert [share for share, _ in told].index(1.0) == len(told) - 1
    assert told[-1][1] > 0.98, "work went on at 100 %"
    middle = [(share, spent) for share, spent in told if 0.3 < spent < 0.7]
    assert len(middle) >= 5
    assert max(abs(share - spent) for share, spent in told[:-1]) < TOLERANCE


def test_piped_output_says_the_share_of_each_stage(tmp_path: Path):
    site = make_site(tmp_path)
    done = CliRunner().invoke(app, ["publish", str(site)])
    assert done.exit_code == 0, done.output
    *stages, last, summary = done.stderr.splitlines()
    assert not set(done.stderr) & {"\x1b", "\r", "\x08"}
    found = [re.fullmatch(r" {0,2}(\d+) %  (\S.*)", stage) for stage in stages]
    percents = [int(one[1]) for one in found if one]
    assert len(percents) == len(stages)
    assert percents == sorted(percents)
    assert percents[0] == 0
    assert percents[-1] < 100
    assert last == "100 %  Done"
    assert summary.endswith(" s.")
    # Nothing is left to do, and that is said at once.
    again = CliRunner().invoke(app, ["publish", str(site)])
    assert again.stderr.splitlines()[0] == "100 %  Done"


def test_work_that_ends_in_problems_was_never_done(tmp_path: Path):
    site = make_site(tmp_path)
    date_in_a_number_column(site / "packages" / "folder")
    told: list[float] = []
    with pytest.raises(ProblemsFound):
        publish_site(load_site(site), done=told.append)
    assert told
    assert max(told) < 0.5


def test_terminal_shows_no_hundred_before_the_end():
    shown = StringIO()
    words = Console(file=shown, force_terminal=True, width=80)
    with Stages(words, False, knows_share=True).shown() as stages:
        stages("Writing the catalogue")
        stages.done(0.9999)
        stages._bar.refresh()
        before = shown.getvalue()
        stages.done(1.0)
        stages._bar.refresh()
    assert "99 %" in before
    assert "100" not in before
    assert "100 %" in shown.getvalue().removeprefix(before)


def test_quiet_command_shows_nothing():
    for is_terminal in (True, False):
        shown = StringIO()
        with Stages(
            Console(file=shown, force_terminal=is_terminal), True, knows_share=True
        ).shown() as stages:
            stages("Writing the catalogue")
            stages.done(0.5)
        assert not shown.getvalue()
