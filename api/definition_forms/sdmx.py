"""The structure of exactly this indicator's figures, as SDMX 2.1 has it.

In:   Blank
Out:  a structure message: concepts, code lists, the data structure definition that uses them and the dataflow that
      figures are sent in

An SDMX name has fewer signs than ours, so a sign that it does not permit becomes a low line; no two codes of
a list may become one.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence

from api.definition_forms.blank import Blank, Item
from api.definition_forms.template import number_text
from schemas import load_model

_START = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
_MESSAGE, _STRUCTURE, _COMMON = f"{_START}/message", f"{_START}/structure", f"{_START}/common"
_XML = "http://www.w3.org/XML/1998/namespace"

# Signs that XML 1.0 cannot hold.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# The code for all of them, where a list has none of its own.
TOTAL = "_T"

# Concepts that SDMX has names for; a breakdown's concept has its own.
_CONCEPTS = {
    "dataset": ("DATASET", "Dataset"),
    "indicator": ("INDICATOR", "Indicator"),
    "area": ("REF_AREA", "Reference area"),
    "period": ("TIME_PERIOD", "Time period"),
    "value": ("OBS_VALUE", "Observation value"),
    "status": ("OBS_STATUS", "Observation status"),
    "unit": ("UNIT_MEASURE", "Unit of measure"),
    "version": ("DEFINITION_VERSION", "Version of the definition"),
    "lower_limit": ("LOWER_LIMIT", "Lower limit"),
    "upper_limit": ("UPPER_LIMIT", "Upper limit"),
    "numerator": ("NUMERATOR", "Numerator"),
    "denominator": ("DENOMINATOR", "Denominator"),
    "sample_size": ("SAMPLE_SIZE", "Sample size"),
    "note": ("COMMENT_OBS", "Comment"),
}


def structure(blank: Blank) -> bytes:
    """Write the structure message."""
    for prefix, uri in (("mes", _MESSAGE), ("str", _STRUCTURE), ("com", _COMMON)):
        ET.register_namespace(prefix, uri)
    message = ET.Element(f"{{{_MESSAGE}}}Structure")
    header = ET.SubElement(message, f"{{{_MESSAGE}}}Header")
    _add(header, _MESSAGE, "ID", text=sdmx_id(f"{blank.indicator}-{blank.version}"))
    _add(header, _MESSAGE, "Test", text="false")
    _add(header, _MESSAGE, "Prepared", text=f"{blank.made_on.isoformat()}T00:00:00")
    _add(header, _MESSAGE, "Sender", id=agency_of(blank))
    structures = _add(message, _MESSAGE, "Structures")
    _add_dataflow(_add(structures, _STRUCTURE, "Dataflows"), blank)
    lists = _add(structures, _STRUCTURE, "Codelists")
    for name, label, codes in _code_lists(blank):
        _add_code_list(lists, blank, name, label, codes)
    _add_concepts(_add(structures, _STRUCTURE, "Concepts"), blank)
    _add_structure(_add(structures, _STRUCTURE, "DataStructures"), blank)
    ET.indent(message, " ")
    text = ET.tostring(message, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def sdmx_id(text: str) -> str:
    """Make a name that SDMX permits wherever it wants one: a letter, then letters, digits, - and _.

    >>> sdmx_id("employment-rate"), sdmx_id("2011-census.v1")
    ('employment-rate', 'N2011-census_v1')
    """
    name = re.sub(r"[^A-Za-z0-9_-]", "_", text)
    return name if name[:1].isascii() and name[:1].isalpha() else f"N{name}"


def sdmx_code(text: str) -> str:
    """Make a code that SDMX permits; it may begin with a digit."""
    return re.sub(r"[^A-Za-z0-9_@$-]", "_", text)


def agency_of(blank: Blank) -> str:
    """Name who answers for the structure: the owner of the definition."""
    return sdmx_id(str(blank.row["owner"]))


def concept_of(blank: Blank, column: str) -> tuple[str, str]:
    """Name the concept of a column, and its label."""
    dimension = blank.dimension_of(column)
    return (sdmx_id(column), dimension.label) if dimension else _CONCEPTS[column]


def list_id(column: str) -> str:
    """Name the code list of a column."""
    # Ours are in capitals and a breakdown's is not, so a breakdown by "unit" has a list of its own.
    return f"CL_{column.upper() if column in _CONCEPTS else sdmx_id(column)}"


def _code_lists(blank: Blank) -> Iterable[tuple[str, str, Sequence[tuple[str, str]]]]:
    """Give each code list: its id, its label, and its codes with their words."""

    def listed(items: Iterable[Item]) -> list[tuple[str, str]]:
        return [(one.text, one.words) for one in items]

    yield list_id("dataset"), "Datasets", listed(blank.datasets)
    yield list_id("indicator"), "Indicators", [(blank.indicator, blank.label)]
    if blank.known_areas is not None:
        words = {one.text: one.words for one in blank.areas}
        yield list_id("area"), "Areas", [(code, words.get(code, code)) for code in blank.known_areas]
    codes = load_model().code_lists["status"].codes
    yield (
        list_id("status"),
        "Observation statuses",
        [(one.code, f"{one.label}. {one.definition}") for one in codes],
    )
    yield list_id("unit"), "Units", [(str(blank.row["unit"]), blank.unit_label)]
    for one in blank.dimensions:
        total = [] if one.total else [(TOTAL, "All of them")]
        yield list_id(one.dimension), one.label, [*listed(one.codes), *total]


def _write_codes(codes: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Write our codes as SDMX permits; two that would become one stay two."""
    written: dict[str, str] = {}
    taken: set[str] = set()
    for code, _ in codes:
        wanted = sdmx_code(code)
        while wanted in taken:
            wanted += "_"
        taken.add(wanted)
        written[code] = wanted
    return written


def code_maps(blank: Blank) -> dict[str, dict[str, str]]:
    """Give by the id of each code list how its codes are written."""
    return {name: _write_codes(codes) for name, _, codes in _code_lists(blank)}


def _add_code_list(
    parent: ET.Element, blank: Blank, name: str, label: str, codes: Sequence[tuple[str, str]]
) -> None:
    one = _add(parent, _STRUCTURE, "Codelist", id=name, agencyID=agency_of(blank), version=blank.version)
    _name(one, label)
    written = _write_codes(codes)
    for code, words in codes:
        _name(_add(one, _STRUCTURE, "Code", id=written[code]), words)


def columns_of(blank: Blank) -> list[str]:
    """List the dimensions in their order."""
    return ["dataset", "indicator", "area", *(one.dimension for one in blank.dimensions), "period"]


def attributes_of(blank: Blank) -> list[str]:
    """List what is said beside a value."""
    left = set(blank.schema.field_names) - {*columns_of(blank), "value", "status"}
    return ["status", "unit", *(name for name in _CONCEPTS if name in left)]


def _add_concepts(parent: ET.Element, blank: Blank) -> None:
    scheme = _add(
        parent, _STRUCTURE, "ConceptScheme", id="CONCEPTS", agencyID=agency_of(blank), version=blank.version
    )
    _name(scheme, f"Concepts of the figures: {blank.label}")
    described = {field.name: field.description for field in blank.fields} | {
        "unit": "What one of the value is."
    }
    for column in (*columns_of(blank), "value", *attributes_of(blank)):
        name, label = concept_of(blank, column)
        concept = _add(scheme, _STRUCTURE, "Concept", id=name)
        _name(concept, label)
        _words(concept, "Description", described.get(column, label))


def _add_dataflow(parent: ET.Element, blank: Blank) -> None:
    """Add the flow that figures are sent in; it has the name of its structure."""
    told = {"id": sdmx_id(blank.indicator), "agencyID": agency_of(blank), "version": blank.version}
    flow = _add(parent, _STRUCTURE, "Dataflow", **told)
    _name(flow, blank.label)
    more = {name: told[name] for name in ("agencyID", "version")}
    reference = _reference(told["id"], **more, package="datastructure", **{"class": "DataStructure"})
    _add(flow, _STRUCTURE, "Structure").append(reference)


def _add_structure(parent: ET.Element, blank: Blank) -> None:
    """Add the data structure definition: dimensions in order, the measure and the attributes."""
    one = _add(
        parent,
        _STRUCTURE,
        "DataStructure",
        id=sdmx_id(blank.indicator),
        agencyID=agency_of(blank),
        version=blank.version,
        uri=blank.uri,
    )
    _name(one, blank.label)
    _words(one, "Description", str(blank.row["definition"]))
    parts = _add(one, _STRUCTURE, "DataStructureComponents")
    dimensions = _add(parts, _STRUCTURE, "DimensionList", id="DimensionDescriptor")
    for place, column in enumerate(columns_of(blank), 1):
        kind = "TimeDimension" if column == "period" else "Dimension"
        name, _ = concept_of(blank, column)
        component = _add(dimensions, _STRUCTURE, kind, id=name, position=str(place))
        _add_identity(component, blank, name)
        _add_representation(component, blank, column)
    attributes = _add(parts, _STRUCTURE, "AttributeList", id="AttributeDescriptor")
    for column in attributes_of(blank):
        name, _ = concept_of(blank, column)
        status = "Mandatory" if column in ("status", "unit") else "Conditional"
        component = _add(attributes, _STRUCTURE, "Attribute", id=name, assignmentStatus=status)
        _add_identity(component, blank, name)
        _add_representation(component, blank, column)
        relation = _add(component, _STRUCTURE, "AttributeRelationship")
        _add(relation, _STRUCTURE, "PrimaryMeasure").append(_reference("OBS_VALUE"))
    measures = _add(parts, _STRUCTURE, "MeasureList", id="MeasureDescriptor")
    measure = _add(measures, _STRUCTURE, "PrimaryMeasure", id="OBS_VALUE")
    _add_identity(measure, blank, "OBS_VALUE")
    _add_representation(measure, blank, "value")


def _add_identity(parent: ET.Element, blank: Blank, concept: str) -> None:
    identity = _add(parent, _STRUCTURE, "ConceptIdentity")
    identity.append(
        _reference(
            concept,
            maintainableParentID="CONCEPTS",
            maintainableParentVersion=blank.version,
            agencyID=agency_of(blank),
            package="conceptscheme",
            **{"class": "Concept"},
        )
    )


def _add_representation(parent: ET.Element, blank: Blank, column: str) -> None:
    """Say what values a component takes: codes of a list, or text of a type."""
    where = _add(parent, _STRUCTURE, "LocalRepresentation")
    if list_id(column) in {name for name, _, _ in _code_lists(blank)}:
        enumeration = _add(where, _STRUCTURE, "Enumeration")
        enumeration.append(
            _reference(
                list_id(column),
                version=blank.version,
                agencyID=agency_of(blank),
                package="codelist",
                **{"class": "Codelist"},
            )
        )
        return
    if column == "period":
        _add(where, _STRUCTURE, "TextFormat", textType="ObservationalTimePeriod")
        return
    field = next((one for one in blank.fields if one.name == column), None)
    kind = {"number": "Decimal", "integer": "Integer"}.get(field.type if field else "", "String")
    bounds = {}
    if field is not None:
        ends = (("minValue", field.minimum), ("maxValue", field.maximum))
        bounds = {name: number_text(bound) for name, bound in ends if bound is not None}
    _add(where, _STRUCTURE, "TextFormat", textType=kind, **bounds)


def _reference(name: str, **more: str) -> ET.Element:
    order = (
        "id",
        "maintainableParentID",
        "maintainableParentVersion",
        "version",
        "agencyID",
        "package",
        "class",
    )
    told = {"id": name, **more}
    return ET.Element("Ref", {key: told[key] for key in order if key in told})


def _add(
    parent: ET.Element, namespace: str, name: str, *, text: str | None = None, **told: str
) -> ET.Element:
    element = ET.SubElement(parent, f"{{{namespace}}}{name}", told)
    if text is not None:
        element.text = text
    return element


def _name(parent: ET.Element, text: str) -> None:
    _words(parent, "Name", text)


def _words(parent: ET.Element, name: str, text: str) -> None:
    element = ET.SubElement(parent, f"{{{_COMMON}}}{name}", {f"{{{_XML}}}lang": "en"})
    element.text = _NOT_XML.sub("\ufffd", text)
