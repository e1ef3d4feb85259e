"""The forms of a definition that are offered: their names, media types and what they are for, in one table.

In:   the address of a definition's document
Out:  OFFERS, and the address of each; making.py makes them

A form's address is its name under the document's, such as /indicators/employment-rate/template.csv; CSV on the
Web alone has an address that its own rules fix: the CSV file's with an ending.
"""

from __future__ import annotations

from dataclasses import dataclass

from api.forms import CSV, JSON, TURTLE, Form, link

XLSX = Form("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX")
JSON_SCHEMA = Form("json", "application/schema+json", "JSON", ("application/json",))
SDMX = Form("xml", "application/vnd.sdmx.structure+xml", "XML", ("application/xml", "text/xml"))
SDMX_CSV = Form("csv", "application/vnd.sdmx.data+csv", "CSV", ("text/csv",))
CSVW = Form("json", "application/csvm+json", "JSON", ("application/json", "application/ld+json"))

# The CSV file of a document is described by the file of this name beside it.
CSVW_ENDING = ".csv-metadata"


@dataclass(frozen=True, slots=True)
class Offer:
    """One form of a definition.

    use      what people do with it: "fill", "check" or "read"
    label    what a link says; `words` what it is for
    """

    name: str
    form: Form
    use: str
    label: str
    words: str

    def address(self, document: str) -> str:
        """Give its address from that of the definition's document."""
        between = "" if self.name == CSVW_ENDING else "/"
        return f"{document}{between}{self.name}.{self.form.suffix}"


OFFERS: tuple[Offer, ...] = (
    Offer("template", XLSX, "fill", "Template as a spreadsheet (XLSX)", "with drop-downs and notes"),
    Offer("template", CSV, "fill", "Template as CSV", "headings and a started row"),
    Offer("datapackage", JSON, "fill", "Data Package to send it in", "put it beside the filled-in template"),
    Offer("table-schema", JSON, "check", "Table Schema", "for a table of figures"),
    Offer("schema", JSON_SCHEMA, "check", "JSON Schema", "for figures as rows of JSON"),
    Offer("shapes", TURTLE, "check", "SHACL shapes", "for figures as linked data"),
    Offer("structure", SDMX, "read", "SDMX structure", "for statistical systems"),
    Offer("figures", SDMX_CSV, "read", "SDMX-CSV 2.0", "every figure of this version, in that structure"),
    Offer(CSVW_ENDING, CSVW, "read", "CSV on the Web", "describes the CSV file of newest figures"),
)

NAMES: tuple[str, ...] = tuple(dict.fromkeys(offer.name for offer in OFFERS))


def offered(name: str) -> tuple[Offer, ...]:
    """Give the offers of a name, the one that is preferred first."""
    return tuple(offer for offer in OFFERS if offer.name == name)


def offer_links(document: str, chosen: Form) -> list[str]:
    """Link a form of a definition's document to what is offered beside it.

    The CSV file is linked to its own description only: a reader of CSV on the Web would try any other.
    """
    if chosen is CSV:
        offers = [(offer, "describedby") for offer in offered(CSVW_ENDING)]
    else:
        offers = [
            (offer, "create-form" if offer.use == "fill" else "related")
            for offer in OFFERS
            if offer.name != CSVW_ENDING
        ]
    return [
        link(offer.address(document), relation, type=offer.form.media_type, title=offer.label)
        for offer, relation in offers
    ]
