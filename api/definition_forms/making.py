"""Each form that is offered, made.

In:   an offer, an edition, a Blank, and the address the form stands at
Out:  its bytes
"""

from __future__ import annotations

import orjson

from api.definition_forms.blank import Blank
from api.definition_forms.json_rows import json_schema
from api.definition_forms.offers import CSVW_ENDING, Offer
from api.definition_forms.sdmx import structure
from api.definition_forms.sdmx_data import figures
from api.definition_forms.shacl import shapes
from api.definition_forms.tabular import csvw, table_schema
from api.definition_forms.template import csv_template, package
from api.definition_forms.workbook import xlsx_template
from api.edition import Edition


def make_form(offer: Offer, edition: Edition, blank: Blank, address: str) -> bytes:
    """Make a form that is offered.

    Raises Failure (422) for figures that are too many for one file.
    """
    match offer.name:
        case "template":
            return xlsx_template(blank) if offer.form.suffix == "xlsx" else csv_template(blank)
        case "datapackage":
            return _write(package(blank))
        case "table-schema":
            return _write(table_schema(blank))
        case "schema":
            return _write(json_schema(blank, address))
        case "shapes":
            return shapes(blank, address)
        case "structure":
            return structure(blank)
        case "figures":
            return figures(edition, blank)
        case _:
            assert offer.name == CSVW_ENDING
            file = address.rpartition("/")[2].removesuffix(f"{CSVW_ENDING}.json")
            return _write(csvw(blank, f"{file}.csv"))


def _write(told: object) -> bytes:
    """Write JSON for people to read too."""
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
