"""Observations become an RDF Data Cube: one data set and one structure for each dataset.

In:   Contents
Out:  statements of the structures, and two text expressions over the coded rows: a block of Turtle for each
      observation (for the store) and its lines of N-Quads (for the download)

What a code becomes is worked out once for each code, in Python; the engine only joins pieces of text. A
figure without a value is a def:MissingObservation: it says what is missing and why, and no sum takes it for
a zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import ibis
import pyarrow as pa

from publish.contents import Contents
from publish.triples import RDF_TYPE, XSD, Names, english, line, literal

# Namespaces that the Turtle blocks shorten; everything else in them is written out.
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

_ATTRIBUTES = (
    # property, and whether every observation of every dataset has it
    ("def:indicatorVersion", True),
    ("sdmx-attribute:unitMeasure", True),
    ("sdmx-attribute:obsStatus", True),
    ("def:lowerLimit", False),
    ("def:upperLimit", False),
    ("def:numerator", False),
    ("def:denominator", False),
    ("def:sampleSize", False),
)

Statement = tuple[str, str]  # predicate and object, both as they stand in N-Triples


class TotalMissing(Exception):  # noqa: N818 - the check before publishing should have found it
    """A code list has no total, so figures that are not broken down have no place in the cube."""


def structure_lines(contents: Contents, names: Names) -> Iterator[str]:
    """Write the data structure of each dataset. Every component has an IRI of its own."""
    qb = names.prefixes["qb"]
    for dataset, dimensions in contents.dataset_dimensions.items():
        data_set = names.thing(f"dataset/{dataset}")
        structure = f"{data_set}#structure"
        yield line(data_set, f"{qb}structure", f"<{structure}>")
        yield line(structure, RDF_TYPE, f"<{qb}DataStructureDefinition>")
        title = next(row["title"] for row in contents.rows("datasets") if row["dataset"] == dataset)
        yield line(structure, names.iri("rdfs:label"), english(f"Structure of {title}"))
        ordered = [
            ("def:indicator", names.iri("def:indicator")),
            ("sdmx-dimension:refArea", names.iri("sdmx-dimension:refArea")),
            ("sdmx-dimension:refPeriod", names.iri("sdmx-dimension:refPeriod")),
            *((f"dimension:{name}", names.thing(f"dimension/{name}")) for name in dimensions),
        ]
        for place, (name, iri) in enumerate(ordered, start=1):
            component = f"{structure}-{name.partition(':')[2]}"
            yield line(structure, f"{qb}component", f"<{component}>")
            yield line(component, RDF_TYPE, f"<{qb}ComponentSpecification>")
            yield line(component, f"{qb}dimension", f"<{iri}>")
            yield line(component, f"{qb}order", literal(str(place), "integer"))
        component = f"{structure}-obsValue"
        yield line(structure, f"{qb}component", f"<{component}>")
        yield line(component, RDF_TYPE, f"<{qb}ComponentSpecification>")
        yield line(component, f"{qb}measure", f"<{names.iri('sdmx-measure:obsValue')}>")
        for name, required in _ATTRIBUTES:
            component = f"{structure}-{name.partition(':')[2]}"
            yield line(structure, f"{qb}component", f"<{component}>")
            yield line(component, RDF_TYPE, f"<{qb}ComponentSpecification>")
            yield line(component, f"{qb}attribute", f"<{names.iri(name)}>")
            yield line(
                component, f"{qb}componentRequired", literal("true" if required else "false", "boolean")
            )


def component_lines(contents: Contents, names: Names) -> Iterator[str]:
    """Describe the properties that structures use, so that the cube is whole without other vocabularies."""
    qb, rdfs = names.prefixes["qb"], names.prefixes["rdfs"]
    kinds = {
        "sdmx-dimension:refArea": ("DimensionProperty", "Reference area"),
        "sdmx-dimension:refPeriod": ("DimensionProperty", "Reference period"),
        "sdmx-measure:obsValue": ("MeasureProperty", "Observed value"),
        "sdmx-attribute:unitMeasure": ("AttributeProperty", "Unit of measure"),
        "sdmx-attribute:obsStatus": ("AttributeProperty", "Observation status"),
    }
    for name, (kind, label) in kinds.items():
        iri = names.iri(name)
        yield line(iri, RDF_TYPE, f"<{qb}{kind}>")
        yield line(iri, RDF_TYPE, f"<{names.iri('rdf:Property')}>")
        yield line(iri, f"{rdfs}label", english(label))
        concept = names.iri(f"sdmx-concept:{name.partition(':')[2]}")
        yield line(iri, f"{qb}concept", f"<{concept}>")
        if kind == "DimensionProperty":
            yield line(iri, f"{rdfs}range", f"<{rdfs}Resource>")
    for row in contents.rows("dimensions"):
        iri = names.thing(f"dimension/{row['dimension']}")
        yield line(iri, RDF_TYPE, f"<{qb}CodedProperty>")
        yield line(iri, RDF_TYPE, f"<{names.iri('rdf:Property')}>")
        yield line(iri, f"{rdfs}range", f"<{names.iri('skos:Concept')}>")


class Spelling:
    """How what is said about one observation becomes text: one block of Turtle, or lines of N-Quads."""

    def __init__(self, names: Names, *, is_lines: bool) -> None:
        self.names = names
        self.is_lines = is_lines
        self._namespaces = {prefix: names.prefixes[prefix] for prefix in _SHORT}
        self._namespaces |= {prefix: names.thing(path) for prefix, path in _SHORT_PATHS.items()}

    def pieces(self, statements: Sequence[Statement], graph: str = "") -> list[str]:
        """Write statements about a subject that the engine puts in: a piece for each place it goes."""
        if self.is_lines:
            return [f" <{predicate}> {thing}{graph}" for predicate, thing in statements]
        return ["".join(f" {self._short(f'<{p}>')} {self._short(o)};" for p, o in statements)]

    def number(self, predicate: str, text: ibis.expr.types.StringValue) -> ibis.expr.types.StringValue:
        """Write a decimal; null where there is none."""
        exact = ibis.ifelse(text.contains(".") & text.endswith("0"), text.re_replace(r"\.?0+$", ""), text)
        if self.is_lines:
            return ibis.literal(f' <{predicate}> "').concat(exact, f'"^^<{XSD}decimal>')
        pointed = ibis.ifelse(exact.contains("."), exact, exact.concat(".0"))
        return ibis.literal(f" {self._short(f'<{predicate}>')} ").concat(pointed, ";")

    def _short(self, term: str) -> str:
        for prefix, namespace in self._namespaces.items():
            if term.startswith(f"<{namespace}"):
                name = term[len(namespace) + 1 : -1]
                if _LOCAL_NAME.fullmatch(name):
                    return f"{prefix}:{name}"
        return term

    @property
    def heading(self) -> str:
        """What stands at the top of the text."""
        if self.is_lines:
            return ""
        return "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in self._namespaces.items())


def observation_texts(contents: Contents, spelling: Spelling) -> ibis.Table:
    """Write every observation: an expression with one column "text", in the order of the coded rows."""
    names, engine, rows = spelling.names, contents.engine, contents.observations.rows
    form = "lines" if spelling.is_lines else "blocks"
    lookups = _lookups(contents, spelling)
    joined = rows
    for name, (columns, table) in lookups.items():
        lookup = engine.load(f"{form}_{name}", table)
        joined = joined.left_join(
            lookup, [joined[column] == lookup[f"{name}_{column}"] for column in columns]
        )
    subject = ibis.literal("").join(
        [joined.series_start, joined.area_code, ibis.literal("/"), joined.period_code, joined.cell_suffix]
    )
    joined = joined.mutate(subject=subject.concat(">"))

    is_missing = joined.value_text.isnull()
    always = [
        ibis.ifelse(is_missing, joined[f"series_missing{at}"], joined[f"series_said{at}"])
        for at in range(_count(joined, "series_said"))
    ]
    shared = [joined.area_said0, joined.period_said0, joined.status_said0]
    reason = ibis.ifelse(is_missing, joined.status_missing0, ibis.null("string"))
    filled = contents.observations.filled
    sometimes = [reason, *(joined[f"cell_said{at}"] for at in range(_count(joined, "cell_said")))]
    sometimes += [
        spelling.number(names.iri(predicate), joined[column])
        for predicate, column in _NUMBERS
        if column in filled
    ]
    if "sample_size" in filled:
        size = joined.sample_size.cast("string")
        sometimes.append(_whole(spelling, names.iri("def:sampleSize"), size))
    if "note" in filled:
        sometimes.append(joined.note_said0)
    if spelling.is_lines:
        subject, graph = joined.subject, joined.series_graph
        texts = [piece for said in always[:-1] for piece in (subject, said)]
        texts.append(subject.concat(always[-1]))
        texts += [piece for said in shared for piece in (subject, said, graph)]
        texts += [subject.concat(said, graph) for said in sometimes]
    else:
        texts = [joined.subject, *always, *shared, *sometimes, ibis.literal(" .\n")]
    joined = joined.mutate(text=ibis.literal("").join(texts))
    return contents.observations.in_order(joined, ["text"])


# Figures of an observation and their properties; the value first.
_NUMBERS = (
    ("sdmx-measure:obsValue", "value_text"),
    ("def:lowerLimit", "lower_limit"),
    ("def:upperLimit", "upper_limit"),
    ("def:numerator", "numerator"),
    ("def:denominator", "denominator"),
)


def _whole(
    spelling: Spelling, predicate: str, text: ibis.expr.types.StringValue
) -> ibis.expr.types.StringValue:
    before, after = spelling.pieces([(predicate, f'"{_HOLE}"^^<{XSD}integer>')])[0].split(_HOLE)
    return ibis.literal(before).concat(text, after)


# Stands for a text that the engine puts in; no text of ours has it.
_HOLE = "\x00"


def _count(table: ibis.Table, prefix: str) -> int:
    return sum(name.removeprefix(prefix).isdigit() for name in table.columns if name.startswith(prefix))


def _lookups(contents: Contents, spelling: Spelling) -> dict[str, tuple[tuple[str, ...], pa.Table]]:
    """Work out, once for each code, what the observations that have it say."""
    names, observations = spelling.names, contents.observations
    lists = observations.lists
    area, period = names.iri("sdmx-dimension:refArea"), names.iri("sdmx-dimension:refPeriod")
    note = names.iri("rdfs:comment")

    def single(name: str, say: Callable[[str], list[Statement]]) -> tuple[tuple[str, ...], pa.Table]:
        texts = [text for (text,) in lists[name]]
        said = [spelling.pieces(say(text)) for text in texts]
        keys = {name: list(range(1, len(texts) + 1))}
        return _lookup(name, keys, {"code": texts}, {"said": said})

    def thing(predicate: str, kind: str) -> Callable[[str], list[Statement]]:
        return lambda text: [(predicate, f"<{names.thing(f'{kind}/{text}')}>")]

    return {
        "series": _series(contents, spelling),
        "cell": _cells(contents, spelling),
        "area": single("area", thing(area, "area")),
        "period": single("period", thing(period, "period")),
        "status": _statuses(contents, spelling),
        "note": single("note", lambda text: [(note, english(text))]),
    }


def _series(contents: Contents, spelling: Spelling) -> tuple[tuple[str, ...], pa.Table]:
    """Say what all figures of one dataset and definition share."""
    names, lists = spelling.names, contents.observations.lists
    units = {(row["indicator"], row["version"]): row["unit"] for row in contents.rows("indicators")}
    starts, graphs, said, missing = [], [], [], []
    for dataset_number, definition_number in contents.observations.series:
        (dataset,) = lists["dataset"][dataset_number - 1]
        indicator, version = lists["definition"][definition_number - 1]
        graph = f" <{names.thing(f'dataset/{dataset}')}> .\n"
        shared = [
            (names.iri("def:indicator"), f"<{names.thing(f'indicator/{indicator}')}>"),
            (names.iri("def:indicatorVersion"), f"<{names.thing(f'indicator/{indicator}/v{version}')}>"),
        ]
        belongs = f"<{names.thing(f'dataset/{dataset}')}>"
        unit = f"<{names.thing(f'code/unit/{units[indicator, version]}')}>"
        starts.append(f"<{names.thing(f'observation/{dataset}/{indicator}/')}")
        graphs.append(graph)
        said.append(
            spelling.pieces(
                [
                    (RDF_TYPE, f"<{names.iri('qb:Observation')}>"),
                    (names.iri("qb:dataSet"), belongs),
                    *shared,
                    (names.iri("sdmx-attribute:unitMeasure"), unit),
                ],
                graph,
            )
        )
        missing.append(
            spelling.pieces(
                [
                    (RDF_TYPE, f"<{names.iri('def:MissingObservation')}>"),
                    (names.iri("def:dataset"), belongs),
                    *shared,
                ],
                graph,
            )
        )
    keys = {
        "dataset": [pair[0] for pair in contents.observations.series],
        "definition": [pair[1] for pair in contents.observations.series],
    }
    texts = {"start": starts, "graph": graphs}
    return _lookup("series", keys, texts, {"said": said, "missing": missing})


def _statuses(contents: Contents, spelling: Spelling) -> tuple[tuple[str, ...], pa.Table]:
    """Say each status, and in words why there is no value."""
    names, statuses = spelling.names, contents.model.code_lists["status"]
    codes = [statuses.code(text) for (text,) in contents.observations.lists["status"]]
    said, missing = [], []
    for code in codes:
        thing = f"<{names.thing(f'code/status/{code.code}')}>"
        said.append(spelling.pieces([(names.iri("sdmx-attribute:obsStatus"), thing)]))
        words = english(code.more["words"] or code.label)
        missing.append(spelling.pieces([(names.iri("def:reason"), words)]))
    keys = {"status": list(range(1, len(codes) + 1))}
    return _lookup("status", keys, {}, {"said": said, "missing": missing})


def _cells(contents: Contents, spelling: Spelling) -> tuple[tuple[str, ...], pa.Table]:
    """Say where the figures of one dataset and breakdown stand in the dataset's own dimensions."""
    names, lists = spelling.names, contents.observations.lists
    totals = _totals(contents)
    code_lists = {row["dimension"]: row["code_list"] for row in contents.rows("dimensions")}
    suffixes, said = [], []
    for dataset_number, breakdown_number in contents.observations.cells:
        (dataset,) = lists["dataset"][dataset_number - 1]
        (breakdown,) = lists["breakdown"][breakdown_number - 1]
        codes = dict(contents.breakdowns[breakdown])
        suffixes.append("".join(f"/{dimension}={code}" for dimension, code in sorted(codes.items())))
        statements = []
        for dimension in contents.dataset_dimensions[dataset]:
            code = codes.get(dimension) or totals.get(code_lists[dimension])
            if code is None:
                raise TotalMissing(f"the code list '{code_lists[dimension]}' has no total")
            thing = names.thing(f"code/{code_lists[dimension]}/{code}")
            statements.append((names.thing(f"dimension/{dimension}"), f"<{thing}>"))
        said.append(spelling.pieces(statements) if statements else [])
    keys = {
        "dataset": [pair[0] for pair in contents.observations.cells],
        "breakdown": [pair[1] for pair in contents.observations.cells],
    }
    return _lookup("cell", keys, {"suffix": suffixes}, {"said": said})


def _totals(contents: Contents) -> Mapping[str, str]:
    """Give the code of each list that takes all others together."""
    return {row["code_list"]: row["code"] for row in contents.rows("codes") if row["is_total"] == "true"}


def _lookup(
    name: str,
    keys: Mapping[str, list[int]],
    texts: Mapping[str, list[str]],
    pieces: Mapping[str, list[list[str]]],
) -> tuple[tuple[str, ...], pa.Table]:
    """Make a table to join: keys, texts, and pieces in numbered columns, null where there are fewer."""
    columns = {f"{name}_{key}": pa.array(numbers, pa.int32()) for key, numbers in keys.items()}
    columns |= {f"{name}_{key}": pa.array(values, pa.string()) for key, values in texts.items()}
    most = max((len(row) for rows in pieces.values() for row in rows), default=0)
    for key, rows in pieces.items():
        for at in range(most):
            columns[f"{name}_{key}{at}"] = pa.array(
                [row[at] if at < len(row) else None for row in rows], pa.string()
            )
    return tuple(keys), pa.table(columns)
