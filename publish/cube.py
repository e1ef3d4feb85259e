"""Datasets become RDF Data Cubes: one data structure for each.

In:   Contents
Out:  lines of N-Triples, in a fixed order

The observations themselves are written by statements.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.problems import Place, Problem, problem
from publish.contents import Contents
from publish.triples import RDF_TYPE, Names, english, line, literal

ATTRIBUTES = (
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


def check_totals(contents: Contents) -> list[Problem]:
    """Find dimensions in which figures that are not broken down would have no place: their lists have no total."""
    observations = contents.observations
    lists = {row["dimension"]: row["code_list"] for row in contents.rows("dimensions")}
    with_total = {row["code_list"] for row in contents.rows("codes") if row["is_total"] == "true"}
    found = {}
    for dataset_number, breakdown_number in observations.cells:
        (dataset,) = observations.lists["dataset"][dataset_number - 1]
        told = dict(contents.breakdowns[observations.lists["breakdown"][breakdown_number - 1][0]])
        for dimension in contents.dataset_dimensions[dataset]:
            if dimension not in told and lists[dimension] not in with_total:
                found[dataset, dimension] = problem(
                    "total-missing",
                    Place(column="is_total"),
                    value=dimension,
                    dataset=dataset,
                    code_list=lists[dimension],
                )
    return list(found.values())


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
        for name, required in ATTRIBUTES:
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
