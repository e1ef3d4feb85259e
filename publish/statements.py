"""Observations become text: a block of Turtle for each (for the store), or lines of N-Quads (for the
download).

In:   Contents
Out:  bytes, for each batch of coded rows

What a code says is worked out once for each code. A figure without a value is a def:MissingObservation: it
says what is missing and why, and no sum takes it for a zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from publish.contents import Contents
from publish.lines import Pairs, numbers_of
from publish.stencils import Column, Stencils, Stock, Text, column_of
from publish.triples import RDF_TYPE, XSD, Names, english

# Namespaces that Turtle shortens; everything else in it is written out.
_SHORT = ("def", "qb", "rdfs", "sdmx-attribute", "sdmx-dimension", "sdmx-measure", "xsd")
_SHORT_PATHS = {
    "area": "area/",
    "dataset": "dataset/",
    "indicator": "indicator/",
    "period": "period/",
    "status": "code/status/",
    "unit": "code/unit/",
}
_LOCAL_NAME = re.compile("[A-Za-z0-9_][A-Za-z0-9_-]*")

# Figures of an observation and their properties; the value first.
_NUMBERS = (
    ("sdmx-measure:obsValue", "value_text"),
    ("def:lowerLimit", "lower_limit"),
    ("def:upperLimit", "upper_limit"),
    ("def:numerator", "numerator"),
    ("def:denominator", "denominator"),
)

Statement = tuple[str, str]  # a predicate's IRI, and an object as it stands in N-Triples


class Spelling:
    """How statements about a subject become text: lines that repeat it, or one block that begins with it."""

    def __init__(self, names: Names, *, is_lines: bool) -> None:
        self.names = names
        self.is_lines = is_lines
        self._namespaces = {prefix: names.prefixes[prefix] for prefix in _SHORT}
        self._namespaces |= {prefix: names.thing(path) for prefix, path in _SHORT_PATHS.items()}

    @property
    def heading(self) -> str:
        """What stands at the top of the text."""
        if self.is_lines:
            return ""
        return "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in self._namespaces.items())

    def said(self, statements: Sequence[Statement]) -> list[str]:
        """Write statements without their subject: a text for each place where it goes.

        A line still lacks its end, which is the graph's name and differs by dataset.
        """
        if self.is_lines:
            return [f" <{predicate}> {thing}" for predicate, thing in statements]
        text = "".join(f" {self.short(predicate)} {self._short(thing)};" for predicate, thing in statements)
        return [text] if text else []

    def short(self, iri: str) -> str:
        """Write an IRI, shortened where Turtle can."""
        return f"<{iri}>" if self.is_lines else self._short(f"<{iri}>")

    def _short(self, term: str) -> str:
        for prefix, namespace in self._namespaces.items():
            if term.startswith(f"<{namespace}"):
                name = term[len(namespace) + 1 : -1]
                if _LOCAL_NAME.fullmatch(name):
                    return f"{prefix}:{name}"
        return term


class StatementWriter:
    """Writes what observations say.

    What a row says comes from the numbers of its codes: its series (dataset and definition, with a value or
    without), its cell (dataset and breakdown), area, period, status and note.
    """

    def __init__(self, contents: Contents, spelling: Spelling) -> None:
        names, lists = spelling.names, contents.observations.lists
        self._spelling, self._observations = spelling, contents.observations
        self._series, self._cells = Pairs(contents.observations.series), Pairs(contents.observations.cells)
        self._codes = {name: Stock([text for (text,) in lists[name]]) for name in ("area", "period")}
        area, period = names.iri("sdmx-dimension:refArea"), names.iri("sdmx-dimension:refPeriod")
        note = names.iri("rdfs:comment")

        def single(name: str, say: Callable[[str], Statement]) -> list[list[Statement]]:
            return [[say(text)] for (text,) in lists[name]]

        self._statements = {
            "area": single("area", lambda text: (area, f"<{names.thing(f'area/{text}')}>")),
            "period": single("period", lambda text: (period, f"<{names.thing(f'period/{text}')}>")),
            "note": single("note", lambda text: (note, english(text))),
            "status": _statuses(contents, names),
            "series": _series(contents, names),
            "cell": _cells(contents, names),
        }
        self._said = {
            name: _by_place([spelling.said(one) for one in said]) for name, said in self._statements.items()
        }
        starts, ends = _starts_and_ends(contents, names)
        self._texts = {"starts": starts, "suffixes": _suffixes(contents)}
        self._starts, self._ends = Stock([f"<{start}" for start in starts]), Stock(ends)
        self._suffixes = Stock(self._texts["suffixes"])
        self._stencils = Stencils()

    def pieces(self) -> dict[str, Any]:
        """Give all that statements are put together from, for a reader of rows: see publish/virtual.py."""
        names, observations = self._spelling.names, self._observations
        numbers = [
            (names.iri(curie), "value" if column == "value_text" else column, f"{XSD}decimal")
            for curie, column in _NUMBERS
        ]
        return {
            "start": names.thing("observation/"),
            "count": observations.count,
            "lists": {
                name: observations.lists[name]
                for name in ("dataset", "definition", "area", "period", "breakdown")
            },
            "said": self._statements,
            "series": [
                [*pair, start] for pair, start in zip(observations.series, self._texts["starts"], strict=True)
            ],
            "cells": [
                [*pair, end] for pair, end in zip(observations.cells, self._texts["suffixes"], strict=True)
            ],
            "numbers": [*numbers, (names.iri("def:sampleSize"), "sample_size", f"{XSD}integer")],
        }

    @property
    def written(self) -> int:
        """How many lines were written so far; in N-Quads, each is one statement."""
        return self._stencils.written

    def write_all(self) -> Iterator[bytes]:
        """Write what every observation says."""
        for batch in self._observations.batches():
            yield from map(bytes, self.write(batch))

    def write(self, batch: pa.RecordBatch) -> Iterator[bytes | memoryview]:
        """Write what the rows of a batch say, as bytes that may be written over when more is asked for.

        Rows without a value come after the others, and rows that say the same kinds of things side by side: they are
        written together many times as fast.
        """
        is_missing = batch.column("is_missing")
        for kind in (0, 1):
            part = batch.filter(pc.equal(is_missing, kind))
            if part.num_rows:
                yield from self._write(part)

    def _write(self, batch: pa.RecordBatch) -> Iterator[bytes | memoryview]:
        numbers = {name: numbers_of(batch, name) for name in ("area", "period", "note")}
        dataset, is_missing = numbers_of(batch, "dataset"), numbers_of(batch, "is_missing")
        series = self._series.numbers(dataset, numbers_of(batch, "definition"))
        # Each series and each status has two numbers: with a value, and without.
        numbers["series"] = 2 * series - 1 + is_missing
        numbers["status"] = 2 * numbers_of(batch, "status") - 1 + is_missing
        numbers["cell"] = self._cells.numbers(dataset, numbers_of(batch, "breakdown"))
        place = [self._codes[name].column(numbers[name]) for name in ("area", "period")]
        subject = [self._starts.column(series), place[0], b"/", place[1]]
        subject += [self._suffixes.column(numbers["cell"]), b">"]
        said: list[list[Text]] = []
        for name in ("series", "area", "period", "status", "cell"):
            said += [[texts.column(numbers[name])] for texts in self._said[name]]
        said += self._figures(batch)
        said += [[texts.column(numbers["note"])] for texts in self._said["note"]]
        if self._spelling.is_lines:
            end = self._ends.column(series)
            lines = [[*subject, *one, end] for one in said]
        else:
            lines = [subject, *said, [b".\n"]]
        yield from self._stencils.write(lines, batch.num_rows)

    def _figures(self, batch: pa.RecordBatch) -> Iterator[list[Text]]:
        """Give the figures of a batch: what stands before the digits, the digits, and what stands after."""
        names, is_lines = self._spelling.names, self._spelling.is_lines
        for curie, column in _NUMBERS:
            texts = batch.column(column)
            if texts.null_count == len(texts):
                continue
            predicate = f" {self._spelling.short(names.iri(curie))} ".encode()
            if is_lines:
                yield [predicate + b'"', _canonical_column(texts), f'"^^<{XSD}decimal>'.encode()]
            else:
                exact = canonical(texts)
                # A number without a point would be read as an integer.
                after = pc.if_else(pc.match_substring(exact, "."), ";", ".0;")
                yield [predicate, column_of(exact), column_of(after)]
        sizes = batch.column("sample_size")
        if sizes.null_count < len(sizes):
            predicate = f" {self._spelling.short(names.iri('def:sampleSize'))} ".encode()
            size = column_of(sizes.cast("string"))
            around = (b'"', f'"^^<{XSD}integer>'.encode()) if is_lines else (b"", b";")
            yield [predicate + around[0], size, around[1]]


def _canonical_column(texts: pa.StringArray) -> Column:
    """Give plain decimals in their canonical form: each is what it begins with, mostly all of it."""
    whole = column_of(texts)
    content = np.frombuffer(whole.texts, dtype=np.uint8)
    last = np.minimum(whole.starts + np.maximum(whole.widths, 1), len(content)) - 1
    ending = np.flatnonzero((content[last] == ord("0")) & (whole.widths > 1))
    widths = whole.widths.copy()
    widths[ending] = pc.binary_length(canonical(texts.take(pa.array(ending)))).to_numpy()
    return column_of(texts, widths)


def canonical(texts: pa.StringArray) -> pa.StringArray:
    """Give plain decimals in their canonical form: without needless zeros behind the point."""
    trimmed = pc.ascii_rtrim(pc.ascii_rtrim(texts, "0"), ".")
    return pc.if_else(pc.match_substring(texts, "."), trimmed, texts)


def _by_place(said: list[list[str]]) -> list[Stock]:
    """Turn what each code says into pieces by place: the first of each, the second of each …"""
    most = max(map(len, said), default=0)
    return [Stock([texts[at] if at < len(texts) else None for texts in said]) for at in range(most)]


def _series(contents: Contents, names: Names) -> list[list[Statement]]:
    """Say what all figures of one dataset and definition share, those with a value and those without."""
    lists = contents.observations.lists
    units = {(row["indicator"], row["version"]): row["unit"] for row in contents.rows("indicators")}
    said = []
    for dataset_number, definition_number in contents.observations.series:
        (dataset,) = lists["dataset"][dataset_number - 1]
        indicator, version = lists["definition"][definition_number - 1]
        member = f"<{names.thing(f'dataset/{dataset}')}>"
        unit = f"<{names.thing(f'code/unit/{units[indicator, version]}')}>"
        shared = [
            (names.iri("def:indicator"), f"<{names.thing(f'indicator/{indicator}')}>"),
            (names.iri("def:indicatorVersion"), f"<{names.thing(f'indicator/{indicator}/v{version}')}>"),
        ]
        observed = [(RDF_TYPE, f"<{names.iri('qb:Observation')}>"), (names.iri("qb:dataSet"), member)]
        missing = [(RDF_TYPE, f"<{names.iri('def:MissingObservation')}>"), (names.iri("def:dataset"), member)]
        said.append([*observed, *shared, (names.iri("sdmx-attribute:unitMeasure"), unit)])
        said.append([*missing, *shared])
    return said


def _statuses(contents: Contents, names: Names) -> list[list[Statement]]:
    """Say each status, and in words why there is no value where there is none."""
    statuses = contents.model.code_lists["status"]
    said = []
    for (text,) in contents.observations.lists["status"]:
        status = statuses.code(text)
        this = (names.iri("sdmx-attribute:obsStatus"), f"<{names.thing(f'code/status/{text}')}>")
        reason = (names.iri("def:reason"), english(status.more["words"] or status.label))
        said += [[this], [this, reason]]
    return said


def _cells(contents: Contents, names: Names) -> list[list[Statement]]:
    """Say where the figures of one dataset and breakdown stand in the dataset's own dimensions."""
    lists = contents.observations.lists
    totals = {row["code_list"]: row["code"] for row in contents.rows("codes") if row["is_total"] == "true"}
    code_lists = {row["dimension"]: row["code_list"] for row in contents.rows("dimensions")}
    said = []
    for dataset_number, breakdown_number in contents.observations.cells:
        (dataset,) = lists["dataset"][dataset_number - 1]
        codes = dict(contents.breakdowns[lists["breakdown"][breakdown_number - 1][0]])
        statements = []
        for dimension in contents.dataset_dimensions[dataset]:
            code = codes.get(dimension) or totals[code_lists[dimension]]
            thing = names.thing(f"code/{code_lists[dimension]}/{code}")
            statements.append((names.thing(f"dimension/{dimension}"), f"<{thing}>"))
        said.append(statements)
    return said


def _starts_and_ends(contents: Contents, names: Names) -> tuple[list[str], list[str]]:
    """Give how the subject of each series starts, and how a line of its dataset's graph ends."""
    lists = contents.observations.lists
    starts, ends = [], []
    for dataset_number, definition_number in contents.observations.series:
        (dataset,) = lists["dataset"][dataset_number - 1]
        indicator, _ = lists["definition"][definition_number - 1]
        starts.append(names.thing(f"observation/{dataset}/{indicator}/"))
        ends.append(f" <{names.thing(f'dataset/{dataset}')}> .\n")
    return starts, ends


def _suffixes(contents: Contents) -> list[str]:
    """Give how the subject of each cell ends: with the codes it is broken down to."""
    lists = contents.observations.lists
    pairs = (
        contents.breakdowns[lists["breakdown"][number - 1][0]] for _, number in contents.observations.cells
    )
    return ["".join(f"/{dimension}={code}" for dimension, code in sorted(pair)) for pair in pairs]
