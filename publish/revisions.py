"""What the edition before said of each figure, held against what the next one says.

In:   contents whose files of observations are written, and the folder of the edition that is current
Out:  History: the derived table revisions, carried on from that edition and added to

A dataset whose file has the bytes that it had is not looked at. What is compared is compared by the engine; only
figures that changed leave it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.expressions import expression, ibis, limited, ordered
from ingest.harmonise import different
from ingest.standard_file import read_parquet
from publish.contents import Contents
from publish.edition import MANIFEST
from publish.folder import Folder
from publish.observations import LISTS, Observations, ranges_of
from schemas import Model, TableSchema

TABLE = "revisions"
FILE = f"{TABLE}.parquet"

OBSERVATIONS = "observations.parquet"

# The downloads of the edition before that are read here.
READ_BEFORE = ("catalogue.db", OBSERVATIONS)
_DATASETS = "datasets/"
KEY = ("dataset", "indicator", "area", "period", "breakdown")
SAID = ("value", "value_text", "status", "lower_limit", "upper_limit", "version")
# What makes a revision where it differs; other digits of the same value and another version alone do not.
DECIDE = ("value", "status", "lower_limit", "upper_limit")
_TYPES = {"number": pa.float64(), "integer": pa.int64()}


@dataclass(frozen=True, slots=True)
class History:
    """The revisions of an edition that follows another.

    after    the name of the edition before
    carried  rows that the edition before had
    fresh    rows without to_edition and revised_on, which are known when the edition has its name
    """

    after: str
    carried: pa.Table
    fresh: pa.Table

    @property
    def is_empty(self) -> bool:
        return not self.carried.num_rows and not self.fresh.num_rows

    def named(self, edition: str) -> pa.Table:
        """Give the whole table, in key order, of the edition that has this name."""
        count = self.fresh.num_rows
        told = {"to_edition": edition, "revised_on": edition[:10]}
        fresh = self.fresh
        for name, text in told.items():
            at = fresh.schema.get_field_index(name)
            fresh = fresh.set_column(at, fresh.schema.field(at), pa.array([text] * count, pa.string()))
        whole = pa.concat_tables([self.carried, fresh])
        return whole.sort_by([("figure", "ascending"), ("to_edition", "ascending")])


def form_of(model: Model) -> pa.Schema:
    """Give the columns of the table, typed."""
    schema: TableSchema = model.derived[TABLE]
    return pa.schema([(field.name, _TYPES.get(field.type, pa.string())) for field in schema.fields])


def work_out_history(
    contents: Contents, downloads: Folder, before: Path, unchanged: Collection[str] = ()
) -> History:
    """Hold contents against the edition in a folder.

    downloads   the files of observations of the contents, digested
    unchanged   indicators of which every figure is known to be what it was
    """
    form = form_of(contents.model)
    carried = _read_carried(before, form)
    old = digests_of_datasets(before)
    new = {_dataset_of(path): file.sha256 for path, file in downloads.files.items() if _is_dataset(path)}
    changed = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    # A dataset that nothing was published of before has nothing to be revised, unless it had been withdrawn.
    known = set(old) | set(pc.unique(carried["dataset"]).to_pylist())
    compared = sorted(changed & known)
    if not compared:
        return History(before.name, carried, form.empty_table())
    fresh = _compare(contents, before, (compared, unchanged), carried, form)
    return History(before.name, carried, fresh)


def write_history_file(table: pa.Table, downloads: Folder) -> None:
    """Write the table as Parquet. Without any revision the file has no rows."""
    pq.write_table(table, downloads.folder / FILE, compression="zstd")
    downloads.note(FILE, table.num_rows)


def _read_carried(before: Path, form: pa.Schema) -> pa.Table:
    path = before / "downloads" / FILE
    # Editions of an earlier version of the product kept no history.
    return read_parquet(path).select(form.names).cast(form) if path.is_file() else form.empty_table()


def digests_of_datasets(edition: Path) -> dict[str, str]:
    """Give the digest of the CSV file of each dataset of the edition in a folder."""
    told: Mapping[str, Any] = json.loads((edition / MANIFEST).read_text(encoding="utf-8")).get(
        "downloads", {}
    )
    return {_dataset_of(path): file["sha256"] for path, file in told.items() if _is_dataset(path)}


def _is_dataset(path: str) -> bool:
    return path.startswith(_DATASETS) and path.endswith(".csv")


def _dataset_of(path: str) -> str:
    return path.removeprefix(_DATASETS).removesuffix(".csv")


def _compare(
    contents: Contents,
    before: Path,
    which: tuple[Collection[str], Collection[str]],
    carried: pa.Table,
    form: pa.Schema,
) -> pa.Table:
    """Find what became of every figure that the edition before, or one before that, had.

    which   the datasets that are looked at, and the indicators that are not
    """
    datasets, unchanged = which
    engine = contents.engine
    parquet = before / "downloads" / OBSERVATIONS
    was = limited(engine.see_file("observations_before", parquet), "dataset", sorted(datasets))
    if unchanged:
        # Named one by one, others are passed over without being read.
        names = engine.read(different(was, "indicator"))["indicator"].to_pylist()
        was = limited(was, "indicator", sorted({*names}.difference(unchanged)))
    now = _figures_now(contents.observations, datasets, unchanged)
    gone = engine.load("withdrawn_before", _withdrawn(carried))
    both = with_reasons(compared(was, now, gone), *_reasons(contents, before))
    found = engine.read(ordered(both, "figure"))
    engine.drop("withdrawn_before")
    columns = {name: found[name] for name in found.column_names}
    columns["from_edition"] = pa.array([before.name] * found.num_rows, pa.string())
    empty = pa.nulls(found.num_rows, pa.string())
    return pa.table({name: columns.get(name, empty) for name in form.names}).cast(form)


@expression
def compared(was: ibis.Table, now: ibis.Table, gone: ibis.Table) -> ibis.Table:
    """Hold the figures of two editions against each other, and give those that differ, or came back."""
    was = was.select(*KEY, *SAID, "note")
    was = was.rename({f"{name}_before": name for name in was.columns})
    now = now.rename({f"{name}_after": name for name in now.columns})
    both = was.outer_join(now, [was[f"{name}_before"] == now[f"{name}_after"] for name in KEY])
    both = both.mutate(**{name: ibis.coalesce(both[f"{name}_before"], both[f"{name}_after"]) for name in KEY})
    both = both.mutate(figure=_figure(both)).left_join(gone, "figure")
    is_old, is_new = both.status_before.notnull(), both.status_after.notnull()
    differs = ibis.or_(*(~both[f"{name}_before"].identical_to(both[f"{name}_after"]) for name in DECIDE))
    change = ibis.cases(
        (is_old & ~is_new, "withdrawn"), (~is_old & both.was_withdrawn.notnull(), "returned"), else_="revised"
    )
    return both.filter((is_old & differs) | (~is_old & both.was_withdrawn.notnull())).mutate(change=change)


def _figures_now(
    observations: Observations, datasets: Collection[str], unchanged: Collection[str]
) -> ibis.Table:
    """Give what is published now of some datasets, but not of some indicators, its codes as texts."""
    numbers = [place for place, (name,) in enumerate(observations.lists["dataset"], 1) if name in datasets]
    listed = enumerate(observations.lists["definition"], 1)
    rows = observations.only([at for at, (name, _) in listed if name not in unchanged]).rows
    return spelled_figures(limited(rows, "dataset", ranges_of(numbers)), observations.lookups)


@expression
def spelled_figures(rows: ibis.Table, lookups: Mapping[str, ibis.Table]) -> ibis.Table:
    """Put texts in the place of the codes of figures."""
    rows = rows.rename({f"{name}_code": name for name in LISTS})
    for name in LISTS:
        lookup = lookups[name]
        rows = rows.left_join(lookup, rows[f"{name}_code"] == lookup[f"{name}_number"])
    texts = {column: rows[f"{name}_{column}"] for name, among in LISTS.items() for column in among}
    limits = {name: rows[name].cast("float64") for name in ("lower_limit", "upper_limit")}
    figures = {"value": rows.value, "value_text": rows.value_text, **limits, **texts}
    return rows.select(**figures, source=rows["_source"], row=rows["_row"])


def _figure(rows: ibis.Table) -> ibis.Value:
    """Write the path of a figure's address."""
    path = rows.dataset + "/" + rows.indicator + "/" + rows.area + "/" + rows.period
    return ibis.ifelse(rows.breakdown == "", path, path + "/" + rows.breakdown.replace(";", "/"))


def _withdrawn(carried: pa.Table) -> pa.Table:
    """List the figures that were withdrawn and are not published since."""
    last: dict[str, tuple[str, str]] = {}
    columns = ("figure", "revised_on", "change")
    for figure, day, change in zip(*(carried[name].to_pylist() for name in columns), strict=True):
        if change != "revised":
            last[figure] = max(last.get(figure, ("", "")), (day, change))
    names = sorted(figure for figure, (_, change) in last.items() if change == "withdrawn")
    marks = pa.array([True] * len(names), pa.bool_())
    return pa.table({"figure": pa.array(names, pa.string()), "was_withdrawn": marks})


def _reasons(contents: Contents, before: Path) -> tuple[ibis.Table, ibis.Table]:
    """Give what is published that may be a reason: notes of definitions, and corrections of rows."""
    engine = contents.engine
    versions = contents.rows("indicators")
    notes = engine.load(
        "change_notes",
        pa.table(
            {
                "noted_indicator": pa.array([row["indicator"] for row in versions], pa.string()),
                "noted_version": pa.array([row["version"] for row in versions], pa.string()),
                "change_note": pa.array([row["change_note"] for row in versions], pa.string()),
            }
        ),
    )
    return notes, engine.load("corrected_rows", _corrected_rows(contents, before))


@expression
def with_reasons(rows: ibis.Table, notes: ibis.Table, corrected: ibis.Table) -> ibis.Table:
    """Say of each revision why it happened, as far as anything that is published says it."""
    rows = rows.left_join(
        notes,
        [rows.indicator == notes.noted_indicator, rows.version_after == notes.noted_version],
    )
    rows = rows.left_join(
        corrected,
        [rows.source_after == corrected.corrected_source, rows.row_after == corrected.corrected_row],
    )
    is_other = rows.version_before.notnull() & (rows.version_before != rows.version_after)
    step = (
        "Counted by version "
        + rows.version_after
        + " of the definition in place of "
        + rows.version_before
        + "."
    )
    counted = ibis.ifelse(rows.change_note.notnull(), step + " " + rows.change_note, step)
    has_note = rows.note_after.notnull() & ~rows.note_after.identical_to(rows.note_before)
    is_final = (rows.status_before == "provisional") & (rows.status_after == "normal")
    ways = (
        (rows.correction_reason.notnull(), "correction", rows.correction_reason),
        (is_other, "definition", counted),
        (has_note, "note", rows.note_after),
        (is_final, "final", ibis.literal("The provisional figure was replaced by a final one.")),
        (
            rows.status_after == "revised",
            "status",
            ibis.literal("The publisher marked the figure as revised."),
        ),
    )
    rows = rows.mutate(
        reason_kind=ibis.cases(*((holds, kind) for holds, kind, _ in ways), else_="none"),
        reason=ibis.cases(*((holds, words) for holds, _, words in ways), else_="No reason given."),
    )
    columns = {name: rows[name] for name in (*KEY, "figure", "change", "reason_kind", "reason")}
    columns |= {f"{name}_{side}": rows[f"{name}_{side}"] for side in ("before", "after") for name in SAID}
    return rows.select(**columns)


def _corrected_rows(contents: Contents, before: Path) -> pa.Table:
    """List the rows of sources that a correction changed which the edition before did not know, and its reason."""
    known = _known_corrections(before)
    packages = {source["source"]: source["package"] for source in contents.sources}
    numbers: dict[tuple[str, str], list[int]] = {}
    for source in contents.sources:
        numbers.setdefault((source["package"], source["resource"]), []).append(source["source"])
    found: dict[tuple[int, int], list[str]] = {}
    for row in contents.rows("corrections"):
        if row["correction"] not in known:
            for number in numbers.get((packages.get(row["_source"], ""), row["resource"]), ()):
                found.setdefault((number, int(row["row"])), []).append(row["reason"])
    return pa.table(
        {
            "corrected_source": pa.array([source for source, _ in found], pa.int32()),
            "corrected_row": pa.array([row for _, row in found], pa.int64()),
            "correction_reason": pa.array(
                [" ".join(dict.fromkeys(told)) for told in found.values()], pa.string()
            ),
        }
    )


def _known_corrections(before: Path) -> frozenset[str]:
    connection = sqlite3.connect(f"file:{quote(str(before / 'catalogue.db'))}?mode=ro&immutable=1", uri=True)
    try:
        return frozenset(row[0] for row in connection.execute("SELECT correction FROM corrections"))
    finally:
        connection.close()
