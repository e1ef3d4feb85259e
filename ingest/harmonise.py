"""Text tables become typed standard tables; observations as an expression that gives the same rows on any engine.

In:   for each standard table its Parquet files: columns of text (NULL where empty), _source and _row, checked
Out:  tables of the engine: dates, numbers and booleans typed, periods and versions resolved, breakdowns in one column

Texts that an expression cannot read the same way everywhere (periods, dates and numbers in unusual forms) are
read in Python, once for each different text, and joined in. What remains are regular expressions, casts of
texts in one plain form, and joins. harmonise_observation says what one row becomes; a test holds the
expression to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from ingest.checking.grammar import among, literal
from ingest.checking.grammar import name as quoted
from ingest.engine import Engine
from ingest.expressions import expression, ibis, without
from ingest.observed_files import ObservedFiles
from ingest.resolve import Version, read_date, resolve_row
from ingest.standard_file import StandardFile, as_standard, union_texts
from ingest.typed_tables import (
    ORIGIN,
    Resolved,
    Versions,
    find_whole,
    read_texts,
    resolve_periods,
    table_form,
    type_table,
)
from ingest.value import find_plain
from schemas import load_model

if TYPE_CHECKING:
    import ibis.expr.types as ir

# A number in plain decimal notation, short enough that every engine reads it alike. A zero has no sign there.
_PLAIN_NUMBER = (
    r"^((0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?|-[1-9][0-9]{0,14}(\.[0-9]{1,15})?|-0\.0{0,7}[1-9][0-9]{0,7})$"
)
_PLAIN_INTEGER = r"^(0|-?[1-9][0-9]{0,17})$"

# The view over all files of observations.
_TEXTS = "harmonise_observation_texts"

# Figures beside the value of an observation; they keep the digits of their source.
_TEXT_NUMBERS = ("lower_limit", "upper_limit", "numerator", "denominator")

OBSERVATION_COLUMNS = (
    "dataset",
    "indicator",
    "version",
    "area",
    "period",
    "breakdown",
    "value_text",
    "value",
    "status",
    *_TEXT_NUMBERS,
    "sample_size",
    "note",
    "_source",
    "_row",
)

PERIODS = pa.schema(
    [
        ("period", pa.string()),
        ("label", pa.string()),
        ("kind", pa.string()),
        ("start_on", pa.date32()),
        ("end_on", pa.date32()),
        ("length", pa.string()),
    ]
)

_OBSERVATION_FORM = pa.schema(
    [
        *(
            (name, {"value": pa.float64(), "sample_size": pa.int64()}.get(name, pa.string()))
            for name in OBSERVATION_COLUMNS[:-2]
        ),
        *ORIGIN,
    ]
)


class HasTables(Protocol):
    """What is needed of a Report: for each standard table its files."""

    @property
    def tables(self) -> Mapping[str, Sequence[Path | StandardFile]]: ...


class Tables(MutableMapping[str, "ibis.Table"]):
    """Typed standard tables by name, each brought into the engine when an expression asks for it.

    A table that no package has is not in the mapping, and is empty if it is asked for all the same.

    arrow     those that were read outside of the engine: all but observations and periods
    resolved  what every different text of a period in these has become
    observed  the files of observations, for who has nothing to ask of their rows but what stands there; None where
              there are none, or something else was put in the place of their table
    """

    def __init__(
        self,
        engine: Engine,
        arrow: Mapping[str, pa.Table],
        resolved: Sequence[Resolved] = (),
        observed: ObservedFiles | None = None,
    ) -> None:
        self._engine = engine
        self._arrow = dict(arrow)
        self._resolved = list(resolved)
        self.observed = observed
        self._made: dict[str, ibis.Table] = {}

    def __getitem__(self, name: str) -> ibis.Table:
        if name not in self._made:
            if name == "observations" and self.observed is not None:
                self._made[name], rows = _harmonise_observations(self.observed, self._engine)
                self._resolved.extend(rows)
            else:
                table = _OBSERVATION_FORM.empty_table() if name == "observations" else self.arrow(name)
                self._made[name] = self._engine.load(f"harmonise_{name}", table)
        return self._made[name]

    def __setitem__(self, name: str, table: ibis.Table) -> None:
        self._made[name] = table
        if name == "observations":
            self.observed = None

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names))

    def __len__(self) -> int:
        return len(self._names)

    @property
    def _names(self) -> frozenset[str]:
        observed = () if self.observed is None else ("observations",)
        return frozenset({*self._made, *self._arrow, *observed, "periods"})

    def arrow(self, name: str) -> pa.Table:
        """Give a table that is not observations as Arrow; one that no package has is empty."""
        if name == "periods" and name not in self._arrow:
            if self.observed is not None:
                # What periods the observations name is known when these are harmonised.
                self._made.setdefault("observations", self["observations"])
            self._arrow[name] = _make_periods(self._resolved)
        if name in self._arrow:
            return self._arrow[name]
        return table_form(load_model().tables[name]).empty_table()


def harmonise(report: HasTables, engine: Engine) -> Tables:
    """Turn the text tables of a report into typed standard tables.

    engine    tables are made in it under names that begin with "harmonise_"

    Returns every submitted table, and "periods": every period that a table names, with label, kind, start_on,
    end_on and length. Tables that no package has are empty. Rows come in no order.
    Dates are DATE, numbers DOUBLE, whole numbers BIGINT, booleans BOOLEAN, lists and all else text. Of
    observations the value is there twice, as published (value_text, plain decimal notation) and as DOUBLE;
    limits, numerator and denominator are text in plain decimal notation.
    """
    model = load_model()
    files = {name: [as_standard(file) for file in report.tables.get(name, ())] for name in model.tables}
    texts = {
        name: read_texts(schema, files[name])
        for name, schema in model.tables.items()
        if files[name] and name != "observations"
    }
    versions = _load_versions(texts["indicators"]) if "indicators" in texts else {}
    resolved: list[Resolved] = []
    arrow: dict[str, pa.Table] = {}
    for name, table in texts.items():
        for column in model.tables[name].fields:
            if column.form == "period":
                table, rows = resolve_periods(table, versions, column.name)
                resolved.extend(rows)
        arrow[name] = type_table(model.tables[name], table)
    observed = None
    if files["observations"]:
        fields = model.tables["observations"].field_names
        observed = ObservedFiles(files["observations"], versions, _load_totals(arrow), _FORMS, fields)
    return Tables(engine, arrow, resolved, observed)


def _harmonise_observations(files: ObservedFiles, engine: Engine) -> tuple[ibis.Table, list[Resolved]]:
    """Give typed observations, and what every different text of a period has become."""
    texts = _read_observations(files.files, files.totals, engine)
    plain = _make_plain(texts, engine)
    periods, rows = _resolve_observed_periods(texts, files.versions, engine)
    return harmonised(texts, plain, periods), rows


def _read_observations(
    files: Sequence[StandardFile], totals: Mapping[str, Sequence[str]], engine: Engine
) -> ibis.Table:
    """Read the files under all columns of observations; other columns that a file has are dimensions, which are folded
    into one text, the breakdown. Totals and empty cells say nothing there.

    An empty cell is the empty text: as long as a column stands as it is in its file, the engine asks each different
    text once.
    """
    # Everything that is asked of the texts begins at a view, so that the files are put together once: as SQL, which
    # is there already for the checker. What follows need not know which dimensions there are.
    fields = load_model().tables["observations"].field_names
    dimensions = sorted({column for file in files for column in file.columns} - set(fields))
    source = union_texts(files, (*fields, *dimensions))
    folded = " || ".join(_fold(dimension, totals.get(dimension, ())) for dimension in dimensions)
    columns = ", ".join(map(quoted, (*fields, "_source", "_row")))
    query = f"SELECT {columns}, substr({folded or _NOTHING}, 2) AS breakdown FROM {source}"  # noqa: S608 - quoted there
    return engine.see(_TEXTS, query)


_NOTHING = "''"


def _fold(dimension: str, totals: Sequence[str]) -> str:
    """Say in SQL what the column of a dimension adds to a breakdown."""
    code = quoted(dimension)
    says_nothing = among(code, ("", *totals))
    return f"CASE WHEN {says_nothing} THEN {_NOTHING} ELSE {literal(f';{dimension}=')} || {code} END"


def _load_versions(indicators: pa.Table) -> dict[str, list[Version]]:
    rows = indicators.select(["indicator", "version", "valid_from", "period_kind"]).to_pylist()
    versions: dict[str, list[Version]] = {}
    for row in sorted(rows, key=lambda row: tuple(text or "" for text in row.values())):
        if row["indicator"] and row["version"]:
            version = Version(row["version"], read_date(row["valid_from"] or ""), row["period_kind"] or "")
            if version not in (of_indicator := versions.setdefault(row["indicator"], [])):
                of_indicator.append(version)
    return versions


def _resolve_observed_periods(
    texts: ibis.Table, versions: Versions, engine: Engine
) -> tuple[ibis.Table, list[Resolved]]:
    """Resolve the texts of periods: what each becomes, as a table of the engine and as rows."""
    found = engine.read(different(texts, *_PERIOD_KEY))
    rows = [
        resolve_row(text[0], text[1], text[2], versions.get(text[0], []))
        for text in sorted(tuple(row.values()) for row in found.to_pylist())
    ]
    mapping = pa.table(
        {
            f"of_{key}": pa.array([row.get(key) for row in rows], pa.string())
            for key in (*_PERIOD_KEY, "notation", "resolved")
        }
    )
    return engine.load("harmonise_periods_of_observations", mapping), rows


_PERIOD_KEY = ("indicator", "version", "period")


@expression
def different(rows: ibis.Table, *columns: str) -> ibis.Table:
    """Give the different rows of some columns."""
    return rows.select(*columns).distinct()


def _make_periods(resolved: Sequence[Mapping[str, str | None]]) -> pa.Table:
    """Make the table of all periods that were read, in order."""
    periods = {str(row["notation"]): row for row in resolved if row.get("notation")}
    rows = [
        {
            "period": notation,
            "label": row["words"],
            "kind": row["kind"],
            "start_on": date.fromisoformat(str(row["start_on"])),
            "end_on": date.fromisoformat(str(row["end_on"])),
            "length": row["length"],
        }
        for notation, row in sorted(periods.items())
    ]
    return pa.Table.from_pylist(rows, schema=PERIODS)


@expression
def harmonised(texts: ibis.Table, plain: Mapping[str, ibis.Table], periods: ibis.Table) -> ibis.Table:
    """Give typed observations.

    plain     for each column of numbers with texts that are not plain what those become: odd_{column}, read_{column}
    periods   what the texts of periods become
    """
    number = dict(zip(_FORMS, _FORMS, strict=True))
    for column, known in plain.items():
        joined = texts.left_join(known, [(column, f"odd_{column}")])
        text = ibis.ifelse(_is_odd(joined[column], column), joined[f"read_{column}"], joined[column])
        joined = joined.mutate(**{f"plain_{column}": text})
        texts = without(joined, f"odd_{column}", f"read_{column}")
        number[column] = f"plain_{column}"
    joined = texts.left_join(periods, [(key, f"of_{key}") for key in _PERIOD_KEY])
    # An unknown version is a problem of its own; the text that was given is the best there is.
    resolved = ibis.coalesce(joined.of_resolved, joined.version.nullif(""))
    texts = joined.mutate(period=joined.of_notation, resolved_version=resolved)
    numbers = {name: texts[column].nullif("") for name, column in number.items()}
    cells: dict[str, ir.Value] = {
        **{name: texts[name].nullif("") for name in ("dataset", "indicator", "area", "note")},
        "version": texts.resolved_version,
        "period": texts.period,
        "breakdown": texts.breakdown,
        "value_text": numbers["value"],
        "value": numbers["value"].try_cast("float64"),
        "status": texts.status.nullif("").fill_null("normal"),
        **{name: numbers[name] for name in _TEXT_NUMBERS},
        "sample_size": numbers["sample_size"].try_cast("int64"),
        "_source": texts["_source"],
        "_row": texts["_row"],
    }
    return texts.select(**{name: cells[name] for name in OBSERVATION_COLUMNS})


def _load_totals(tables: Mapping[str, pa.Table]) -> dict[str, list[str]]:
    """For each dimension the codes that take all others together."""
    if "codes" not in tables or "dimensions" not in tables:
        return {}
    totals: dict[str, set[str]] = {}
    for code in tables["codes"].select(["code_list", "code", "is_total"]).to_pylist():
        if code["is_total"]:
            totals.setdefault(code["code_list"], set()).add(code["code"])
    lists = tables["dimensions"].select(["dimension", "code_list"]).to_pylist()
    return {row["dimension"]: sorted(totals[row["code_list"]]) for row in lists if row["code_list"] in totals}


def _make_plain(texts: ibis.Table, engine: Engine) -> dict[str, ibis.Table]:
    """Give for each column with texts of numbers that are not in their plain form what those become: NULL if there is
    none."""
    # One look at all columns: nearly always every text is plain, and then there is nothing to do.
    [found] = engine.read(odd_columns(texts)).to_pylist()
    return {column: _read_odd_texts(texts, column, engine) for column in _FORMS if found[column]}


@expression
def odd_columns(texts: ibis.Table) -> ibis.Table:
    """Say of each column of numbers whether it has a text that is not plain."""
    return texts.aggregate(**{column: _is_odd(texts[column], column).any() for column in _FORMS})


@expression
def odd_texts(texts: ibis.Table, column: str) -> ibis.Table:
    """Give every different text of a column that is not plain."""
    odd = texts.filter(_is_odd(texts[column], column))
    return odd.select(text=odd[column]).distinct()


def _read_odd_texts(texts: ibis.Table, column: str, engine: Engine) -> ibis.Table:
    found = sorted(engine.read(odd_texts(texts, column))["text"].to_pylist())
    _, read = _FORMS[column]
    mapping = pa.table(
        {
            f"odd_{column}": pa.array(found, pa.string()),
            f"read_{column}": pa.array([read(text) for text in found], pa.string()),
        }
    )
    return engine.load(f"harmonise_texts_of_{column}", mapping)


def _is_odd(text: ir.StringValue, column: str) -> ir.BooleanValue:
    """Say whether a text is neither empty nor in the plain form of its column.

    The engine replaces each different text once; it would search every row.
    """
    form, _ = _FORMS[column]
    return text.re_replace(form, "") != ""


# The plain form of each column of numbers, and what reads a text that is in another one.
_FORMS: dict[str, tuple[str, Callable[[str], str | None]]] = {
    **dict.fromkeys(("value", *_TEXT_NUMBERS), (_PLAIN_NUMBER, find_plain)),
    "sample_size": (_PLAIN_INTEGER, find_whole),
}


def harmonise_observation(
    row: Mapping[str, Any], versions: Versions, totals: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Say what one row of observations becomes: the rule that the expression follows.

    row         its texts by column, None where empty; columns that are no fields are dimensions
    versions    for each indicator its versions
    totals      for each dimension the codes that take all others together
    """
    schema = load_model().tables["observations"]
    dimensions = sorted(set(row) - {*schema.field_names, "_source", "_row"})
    indicator, version = row["indicator"] or "", row["version"] or ""
    resolved = resolve_row(indicator, version, row["period"] or "", versions.get(indicator, []))
    said = [
        f"{dimension}={row[dimension]}"
        for dimension in dimensions
        if row[dimension] and row[dimension] not in totals.get(dimension, ())
    ]
    value_text = _find(find_plain, row["value"])
    sample_size = _find(find_whole, row["sample_size"])
    cells: dict[str, Any] = {
        **{name: row[name] for name in ("dataset", "indicator", "area", "note", "_source", "_row")},
        "version": resolved.get("resolved") or row["version"],
        "period": resolved.get("notation"),
        "breakdown": ";".join(said),
        "value_text": value_text,
        "value": None if value_text is None else float(value_text),
        "status": row["status"] or "normal",
        **{name: _find(find_plain, row[name]) for name in _TEXT_NUMBERS},
        "sample_size": None if sample_size is None else int(sample_size),
    }
    return {name: cells[name] for name in OBSERVATION_COLUMNS}


def _find(read: Callable[[str], str | None], text: str | None) -> str | None:
    return None if text is None else read(text)
