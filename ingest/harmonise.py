"""Text tables become typed standard tables, as expressions that give the same rows on any engine.

In:   for each standard table its Parquet files: columns of text (NULL where empty), _source and _row, checked
Out:  Ibis tables: dates, numbers and booleans typed, periods and versions resolved, breakdowns in one column

Texts that an expression cannot read the same way everywhere (periods, dates and numbers in unusual forms) are
read in Python, once for each different text, and joined in. What remains are regular expressions, casts of
texts in one plain form, and joins. harmonise_observation says what one row becomes; a test holds the
expression to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from ingest.resolve import Version, read_date, resolve_row
from ingest.standard_file import StandardFile, as_standard
from ingest.value import find_plain
from schemas import Field, TableSchema, load_model

# A number in plain decimal notation, short enough that every engine reads it alike.
_PLAIN_NUMBER = r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?$"
_PLAIN_INTEGER = r"^-?(0|[1-9][0-9]{0,17})$"
_PLAIN_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

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

_TYPES = {"boolean": pa.bool_(), "date": pa.date32(), "integer": pa.int64(), "number": pa.float64()}

Versions = Mapping[str, Sequence[Version]]


class HasTables(Protocol):
    """What is needed of a Report: for each standard table its files."""

    @property
    def tables(self) -> Mapping[str, Sequence[Path | StandardFile]]: ...


class Tables(dict[str, ibis.Table]):
    """Typed standard tables by name. One that no package has is made, without rows, when it is asked for."""

    def __init__(self, connection: Any) -> None:
        super().__init__()
        self._connection = connection

    def __missing__(self, name: str) -> ibis.Table:
        self[name] = empty = _make_empty(load_model().tables[name], self._connection)
        return empty


def harmonise(report: HasTables, connection: Any) -> Tables:
    """Turn the text tables of a report into typed standard tables.

    connection    an Ibis backend; mapping tables are made in it under names that begin with "harmonise_"

    Returns an expression for every submitted table, and "periods": every period that a table names, with
    label, kind, start_on, end_on and length. Tables that no package has are empty, and made only when they
    are asked for. Rows come in no order.
    Dates are DATE, numbers DOUBLE, whole numbers BIGINT, booleans BOOLEAN, lists and all else text. Of
    observations the value is there twice, as published (value_text, plain decimal notation) and as DOUBLE;
    limits, numerator and denominator are text in plain decimal notation.
    """
    model = load_model()
    read = {
        table.name: _read_table(table, report.tables[table.name], connection)
        for table in model.tables.values()
        if report.tables.get(table.name)
    }
    versions = _load_versions(read["indicators"]) if "indicators" in read else {}
    tables = Tables(connection)
    resolved: list[dict[str, str | None]] = []
    for name, schema in model.tables.items():
        if name not in read:
            continue
        texts = read[name]
        if "period" in schema.field_names:
            texts, rows = _resolve_periods(name, texts, versions, connection)
            resolved.extend(rows)
        if name == "observations":
            tables[name] = _harmonise_observations(texts, read, schema, connection)
        else:
            tables[name] = _harmonise_table(texts, schema, connection)
    tables["periods"] = connection.create_table("harmonise_periods", _make_periods(resolved), overwrite=True)
    return tables


def _read_table(table: TableSchema, files: Sequence[Path | StandardFile], connection: Any) -> ibis.Table:
    """Read the files of a table under all its columns. Of observations, other columns are dimensions."""
    parts = [as_standard(file).expression(connection) for file in files]
    extra = sorted(
        {name for part in parts for name in part.columns} - {*table.field_names, "_source", "_row"}
    )
    names = [*table.field_names, *(extra if table.name == "observations" else ())]
    text = ibis.null().cast("string")
    filled = [
        part.select(
            **{name: part[name].cast("string") if name in part.columns else text for name in names},
            _source=part["_source"].cast("int32"),
            _row=part["_row"].cast("int64"),
        )
        for part in parts
    ]
    whole = filled[0]
    for part in filled[1:]:
        whole = whole.union(part)
    return whole


def _make_empty(schema: TableSchema, connection: Any) -> ibis.Table:
    """Make the typed table of a table that no package has."""
    if schema.name == "observations":
        kinds = {"value": pa.float64(), "sample_size": pa.int64()}
        names: Sequence[str] = OBSERVATION_COLUMNS[:-2]
    else:
        kinds = {field.name: _TYPES[field.type] for field in schema.fields if field.type in _TYPES}
        names = schema.field_names
    form = [(name, kinds.get(name, pa.string())) for name in names]
    empty = pa.schema([*form, ("_source", pa.int32()), ("_row", pa.int64())]).empty_table()
    made: ibis.Table = connection.create_table(f"harmonise_no_{schema.name}", empty, overwrite=True)
    return made


def _load_versions(indicators: ibis.Table) -> dict[str, list[Version]]:
    rows = indicators.select("indicator", "version", "valid_from", "period_kind").distinct().to_pyarrow()
    versions: dict[str, list[Version]] = {}
    for row in sorted(rows.to_pylist(), key=lambda row: tuple(text or "" for text in row.values())):
        if row["indicator"] and row["version"]:
            version = Version(row["version"], read_date(row["valid_from"] or ""), row["period_kind"] or "")
            versions.setdefault(row["indicator"], []).append(version)
    return versions


def _resolve_periods(
    name: str, table: ibis.Table, versions: Versions, connection: Any
) -> tuple[ibis.Table, list[dict[str, str | None]]]:
    """Put notations in place of the texts of periods, and the versions that count them beside.

    Returns the table, with the column resolved_version, and what every different text has become.
    """
    has_versions = "version" in table.columns
    keyed = table.mutate(
        given_indicator=table.indicator.fill_null(""),
        given_version=table.version.fill_null("") if has_versions else ibis.literal(""),
        given_period=table.period.fill_null(""),
    )
    texts = keyed.select("given_indicator", "given_version", "given_period").distinct().to_pyarrow()
    rows = [
        resolve_row(text[0], text[1], text[2], versions.get(text[0], []))
        for text in sorted(tuple(row.values()) for row in texts.to_pylist())
    ]
    mapping = pa.table(
        {
            f"of_{key}": pa.array([row.get(key) for row in rows], pa.string())
            for key in ("indicator", "version", "period", "notation", "resolved")
        }
    )
    known = connection.create_table(f"harmonise_periods_of_{name}", mapping, overwrite=True)
    joined = keyed.left_join(
        known,
        [
            ("given_indicator", "of_indicator"),
            ("given_version", "of_version"),
            ("given_period", "of_period"),
        ],
    )
    # An unknown version is a problem of its own; the text that was given is the best there is.
    given = [joined.version] if has_versions else []
    return (
        joined.mutate(period=joined.of_notation, resolved_version=ibis.coalesce(joined.of_resolved, *given)),
        rows,
    )


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


def _harmonise_observations(
    texts: ibis.Table, read: Mapping[str, ibis.Table], schema: TableSchema, connection: Any
) -> ibis.Table:
    known = {*schema.field_names, "_source", "_row"}
    dimensions = sorted(
        name for name in read["observations"].columns if name not in known and not name.startswith("given_")
    )
    texts, plain = _make_plain(
        texts, "observations", {"number": ["value", *_TEXT_NUMBERS], "integer": ["sample_size"]}, connection
    )
    cells: dict[str, ir.Value] = {
        "dataset": texts.dataset,
        "indicator": texts.indicator,
        "version": texts.resolved_version,
        "area": texts.area,
        "period": texts.period,
        "breakdown": _breakdown(texts, dimensions, _load_totals(read)),
        "value_text": texts[plain["value"]],
        "value": texts[plain["value"]].try_cast("float64"),
        "status": texts.status.fill_null("normal"),
        **{name: texts[plain[name]] for name in _TEXT_NUMBERS},
        "sample_size": texts[plain["sample_size"]].try_cast("int64"),
        "note": texts.note,
        "_source": texts["_source"],
        "_row": texts["_row"],
    }
    return texts.select(**{name: cells[name] for name in OBSERVATION_COLUMNS})


def _load_totals(read: Mapping[str, ibis.Table]) -> dict[str, list[str]]:
    """For each dimension the codes that take all others together."""
    if "codes" not in read or "dimensions" not in read:
        return {}
    codes, dimensions = read["codes"], read["dimensions"]
    totals = codes.filter(codes.is_total == "true").select("code_list", total="code")
    rows = dimensions.select("dimension", "code_list").join(totals, "code_list").distinct().to_pyarrow()
    found: dict[str, list[str]] = {}
    for row in sorted(rows.to_pylist(), key=lambda row: (row["dimension"], row["total"])):
        found.setdefault(row["dimension"], []).append(row["total"])
    return found


def _breakdown(
    texts: ibis.Table, dimensions: Sequence[str], totals: Mapping[str, Sequence[str]]
) -> ir.StringValue:
    """Fold the columns of dimensions into one text; totals and empty cells say nothing."""
    folded: ir.StringValue = ibis.literal("")
    for dimension in dimensions:
        code = texts[dimension]
        says_nothing = code.isnull() | (code == "")
        if totals.get(dimension):
            says_nothing = says_nothing | code.isin(list(totals[dimension]))
        part = ibis.literal(f";{dimension}=").concat(code.fill_null(""))
        folded = folded.concat(ibis.ifelse(says_nothing.fill_null(True), "", part))
    return folded.substr(1)


def _make_plain(
    texts: ibis.Table, name: str, columns: Mapping[str, Sequence[str]], connection: Any
) -> tuple[ibis.Table, dict[str, str]]:
    """Bring the texts of columns into the plain form of their kind; a text that has none becomes NULL.

    columns    the columns of each kind of _FORMS

    Returns the table with further columns, and for each column the name of the plain one.
    """
    plain = {column: column for of_kind in columns.values() for column in of_kind}
    odd = {
        column: (texts[column].notnull() & ~_is_plain(texts[column], _FORMS[kind][0])).any()
        for kind, of_kind in columns.items()
        for column in of_kind
    }
    # One look at all columns: nearly always every text is plain, and then there is nothing to do.
    [found] = texts.aggregate(**odd).to_pyarrow().to_pylist() if odd else [{}]
    for kind, of_kind in columns.items():
        form, read = _FORMS[kind]
        for column in of_kind:
            if found[column]:
                known = _read_odd_texts(texts, f"{name}_{column}", column, (form, read), connection)
                joined = texts.left_join(known, [(column, f"odd_{column}")])
                text = ibis.ifelse(_is_plain(joined[column], form), joined[column], joined[f"read_{column}"])
                texts = joined.mutate(**{f"plain_{column}": text}).drop(f"odd_{column}", f"read_{column}")
                plain[column] = f"plain_{column}"
    return texts, plain


def _read_odd_texts(
    texts: ibis.Table, name: str, column: str, form: tuple[str, Callable[[str], str | None]], connection: Any
) -> ibis.Table:
    """Read every different text of a column that is not plain; give what each becomes."""
    pattern, read = form
    odd = texts.filter(texts[column].notnull() & ~_is_plain(texts[column], pattern))
    found = sorted(odd.select(text=odd[column]).distinct().to_pyarrow().column("text").to_pylist())
    mapping = pa.table(
        {
            f"odd_{column}": pa.array(found, pa.string()),
            f"read_{column}": pa.array([read(text) for text in found], pa.string()),
        }
    )
    made: ibis.Table = connection.create_table(f"harmonise_texts_of_{name}", mapping, overwrite=True)
    return made


def _is_plain(text: ir.StringValue, form: str) -> ir.BooleanValue:
    """Say whether a text is in the plain form. A zero has no sign there."""
    is_minus_zero = text.startswith("-") & ~text.re_search("[1-9]")
    if form == _PLAIN_DATE:
        return text.re_search(form)
    return text.re_search(form) & ~is_minus_zero


def _harmonise_table(texts: ibis.Table, schema: TableSchema, connection: Any) -> ibis.Table:
    columns = {kind: [field.name for field in schema.fields if field.type == kind] for kind in _FORMS}
    texts, plain = _make_plain(texts, schema.name, columns, connection)
    return texts.select(
        **{field.name: _typed(texts[plain.get(field.name, field.name)], field) for field in schema.fields},
        _source=texts["_source"],
        _row=texts["_row"],
    )


def _typed(text: ir.StringValue, field: Field) -> ir.Value:
    if field.type == "boolean":
        false = ibis.ifelse(text.isin(list(field.false_values)), False, ibis.null().cast("boolean"))
        return ibis.ifelse(text.isin(list(field.true_values)).fill_null(False), True, false)
    if field.type in _TYPES:
        return text.try_cast({"date": "date", "integer": "int64", "number": "float64"}[field.type])
    return text


def find_whole(text: str) -> str | None:
    """Find the plain notation of a whole number of up to 64 bits; None if the text is none.

    >>> find_whole(" +007 "), find_whole("1.0"), find_whole("9223372036854775808")
    ('7', None, None)
    """
    try:
        number = int(text.strip())
    except ValueError:
        return None
    return str(number) if -(2**63) <= number < 2**63 else None


def find_day(text: str) -> str | None:
    """Find the ISO form of a date as Table Schema lets it be written; None if the text is none.

    >>> find_day("2024-1-5"), find_day("2024-02-30")
    ('2024-01-05', None)
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        return None


_FORMS: dict[str, tuple[str, Callable[[str], str | None]]] = {
    "date": (_PLAIN_DATE, find_day),
    "integer": (_PLAIN_INTEGER, find_whole),
    "number": (_PLAIN_NUMBER, find_plain),
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
