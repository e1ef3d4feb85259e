"""Datasets, and an indicator's figures, in the words of schema.org, for the searches of others.

In:   an edition, a dataset or the row of an indicator
Out:  a schema.org Dataset as a nested mapping: pages write it as microdata, for they have no script; Croissant builds
      on it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from api.licences import licence_address
from api.pages.page import address_of, is_web_address

if TYPE_CHECKING:
    from api.edition import Edition

Thing = dict[str, Any]

# Words that say what the file of a dataset is, where it has none of its own.
_CSV, _XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_JSONSTAT, _SDMX = "application/vnd.json-stat+json", "application/vnd.sdmx.data+csv"


def describe_dataset(edition: Edition, dataset: str) -> Thing | None:
    """Describe a dataset; None if there is no such."""
    row = edition.row("SELECT * FROM datasets WHERE dataset = ?", (dataset,))
    if row is None:
        return None
    indicators = edition.rows(
        "SELECT DISTINCT h.indicator, h.label FROM distributions d"
        " JOIN indicator_heads h ON h.indicator = d.indicator WHERE d.dataset = ? ORDER BY h.label",
        (dataset,),
    )
    root = edition.base.rstrip("/")
    told = _begin(edition, "dataset", (dataset,), row["title"], row["description"], row["licence"])
    told |= {
        "creator": _organisation(edition, row["publisher"]),
        "publisher": _organisation(edition, row["publisher"]),
        "creditText": row["attribution"],
        "datePublished": row["released_on"] or edition.name[:10],
        "variableMeasured": [
            {
                "@type": "PropertyValue",
                "name": one["label"],
                "url": f"{root}{address_of('indicator', one['indicator'])}",
            }
            for one in indicators
        ],
        "distribution": [
            _download("CSV", _CSV, f"{root}{address_of('dataset', dataset)}.csv"),
            *_files(root, {"dataset": dataset}),
        ],
    }
    if is_web_address(row["source"]):
        told["isBasedOn"] = row["source"]
    return told


def describe_indicator(edition: Edition, row: Mapping[str, Any], datasets: Sequence[str]) -> Thing:
    """Describe the figures of an indicator. `datasets` hold them."""
    root = edition.base.rstrip("/")
    page = f"{root}{address_of('indicator', row['indicator'])}"
    told = _begin(edition, "indicator", (row["indicator"],), row["label"], row["definition"], row["licence"])
    marks = ", ".join("?" * len(datasets))
    credits = edition.rows(
        # The marks are question marks only.
        f"SELECT DISTINCT attribution FROM datasets WHERE dataset IN ({marks}) ORDER BY 1",  # noqa: S608
        datasets,
    )
    told |= {
        "creator": _organisation(edition, row["owner"]),
        "creditText": " ".join(one["attribution"] for one in credits),
        "version": row["version"],
        "datePublished": edition.name[:10],
        "variableMeasured": [{"@type": "PropertyValue", "name": row["label"], "url": page}],
        "distribution": [
            _download("Newest figures as CSV", _CSV, f"{page}.csv"),
            _download("SDMX-CSV", _SDMX, f"{page}/figures.csv"),
            *_files(root, {"indicator": row["indicator"]}),
        ],
    }
    if row["method"]:
        told["measurementTechnique"] = row["method"]
    return told


def _begin(
    edition: Edition, kind: str, notation: Sequence[str], name: str, words: str, licence: str | None
) -> Thing:
    root = edition.base.rstrip("/")
    address = licence_address(licence)
    return {
        "@type": "Dataset",
        "@id": edition.uri(kind, *notation),
        "name": name,
        "description": words,
        "url": f"{root}{address_of(kind, *notation)}",
        "identifier": edition.uri(kind, *notation),
        **({"license": address} if is_web_address(address) else {}),
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "includedInDataCatalog": {"@type": "DataCatalog", "name": edition.title, "url": f"{root}/catalog"},
    }


def _organisation(edition: Edition, body: str) -> Thing:
    name = edition.value("SELECT label FROM bodies WHERE body = ?", (body,))
    url = f"{edition.base.rstrip('/')}{address_of('body', body)}"
    return {"@type": "Organization", "name": name or body, "url": url}


def _files(root: str, about: Mapping[str, str]) -> list[Thing]:
    """List the forms that the API gives all figures of a dataset or an indicator in."""
    ((name, value),) = about.items()
    address = f"{root}/api/v1/observations?{name}={value}&format="
    return [
        _download("XLSX", _XLSX, f"{address}xlsx"),
        _download("JSON-stat", _JSONSTAT, f"{address}jsonstat"),
    ]


def _download(name: str, media_type: str, address: str) -> Thing:
    return {"@type": "DataDownload", "name": name, "encodingFormat": media_type, "contentUrl": address}
