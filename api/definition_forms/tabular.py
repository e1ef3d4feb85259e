"""What judges a file of exactly this indicator's figures, and what describes the file that is published.

In:   Blank
Out:  a Frictionless Table Schema, and metadata of CSV on the Web
"""

from __future__ import annotations

from typing import Any

from api.definition_forms.blank import Blank
from api.observations import FIELDS
from publish.triples import Names
from schemas import load_model

_PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"


def table_schema(blank: Blank) -> dict[str, Any]:
    """Describe a file of this version's figures. Its columns may stand in any order."""
    described = blank.schema.descriptor()
    period = next(field for field in described["fields"] if field["name"] == "period")
    if "period" in blank.example:
        period["example"] = blank.example["period"]
    return {
        "$schema": _PROFILE,
        **described,
        "name": blank.indicator,
        "title": f"Figures: {blank.label}",
        "description": f"Figures for {blank.uri}.",
        "fieldsMatch": "equal",
    }


# Columns of the published file that the table observations does not describe.
_LABELS = {
    "indicator_label": ("Indicator", "The name of the indicator."),
    "area_label": ("Area", "The everyday name of the area."),
    "period_label": ("Period", "The period in words."),
    "breakdown_label": ("Breakdown", "The breakdown in words."),
    "unit": ("Unit", "What one of the value is."),
    "uri": ("Address", "The address of the figure."),
}

_NUMBERS = {"value", "lower_limit", "upper_limit", "numerator", "denominator"}


def csvw(blank: Blank, file: str) -> dict[str, Any]:
    """Describe the CSV file of an indicator's newest figures as CSV on the Web does.

    file    the name of the CSV file beside this description
    """
    names = Names(blank.base, load_model())
    indicator = names.thing(f"indicator/{blank.indicator}")
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "@id": f"{indicator}#csv",
        "url": file,
        "dc:title": f"Newest figures: {blank.label}",
        "dc:description": str(blank.row["definition"]),
        "dc:subject": {"@id": indicator},
        "tableSchema": {
            "columns": [_column(names, name) for name in FIELDS],
            "primaryKey": ["dataset", "indicator", "area", "period", "breakdown"],
            "aboutUrl": "{+uri}",
        },
    }


def _column(names: Names, name: str) -> dict[str, Any]:
    model = load_model()
    known = {field.name: field for field in model.derived["observations"].fields}
    submitted = {field.name: field for field in model.tables["observations"].fields}
    title, description = _LABELS.get(name) or (known[name].title, known[name].description)
    column: dict[str, Any] = {
        "name": name,
        "titles": name,
        "dc:title": title,
        "dc:description": description,
        "datatype": "number" if name in _NUMBERS else "integer" if name == "sample_size" else "string",
    }
    if name == "value_text":
        # The digits as published are the value; the number beside them is for programs that do sums.
        column |= {"propertyUrl": names.iri("sdmx-measure:obsValue"), "datatype": "decimal"}
    elif name == "unit":
        column |= {"propertyUrl": names.iri("sdmx-attribute:unitMeasure")}
        column |= {"valueUrl": names.thing("code/unit/{unit}")}
    elif name in submitted and name not in ("value", "dataset"):
        field = submitted[name]
        if field.rdf_property is not None:
            column["propertyUrl"] = names.iri(field.rdf_property)
        path = model.link(model.tables["observations"], field)
        if path is not None:
            column["valueUrl"] = names.thing(path)
    else:
        # A figure without a value is no observation, so nothing may say here that every row is in the cube.
        column["suppressOutput"] = True
    if name in ("dataset", "indicator", "area", "period", "uri"):
        column["required"] = True
    return column
