"""/datasets/{dataset}/croissant.json: a dataset as Croissant 1.1 describes it, for those who train and test models.

In:   a dataset of an edition
Out:  JSON-LD: the dataset in the words of schema.org, its CSV file with its digest, and the column of each field

Source: the Croissant Format Specification 1.1, with the context that it prescribes.
"""

# Not from __future__ import annotations: FastAPI reads those of endpoints that are made in a function.

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.answers import dump, sources_of_datasets, standing_links
from api.as_of import EDITION, PINS
from api.edition import Edition
from api.failures import Failure, unknown_parameters, unknown_thing
from api.forms import JSONLD, link
from api.pages.dataset import list_columns
from api.pages.page import address_of
from api.pages.schema_org import describe_dataset
from api.replies import Reply, edition_of, root_of
from api.v1_responses import usual_answers

FILE = "croissant.json"
CONFORMS_TO = "http://mlcommons.org/croissant/1.1"

_RECORDS = "figures"

_TYPES = {"number": "sc:Float", "integer": "sc:Integer", "date": "sc:Date", "boolean": "sc:Boolean"}

# Terms of Croissant's own, each in its namespace.
_OWN = (
    *(
        "arrayShape",
        "citeAs",
        "column",
        "containedIn",
        "equivalentProperty",
        "extract",
        "field",
        "fileObject",
    ),
    *("fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5"),
    *("parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate"),
    *("separator", "source", "subField", "transform"),
)

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _OWN},
}


def describe(edition: Edition, dataset: str) -> dict[str, Any]:
    """Describe a dataset.

    Raises Failure (404) if there is no such dataset, or if it has no file.
    """
    told = describe_dataset(edition, dataset)
    if told is None:
        raise unknown_thing(
            "dataset", dataset, [row[0] for row in edition.rows("SELECT dataset FROM datasets")]
        )
    path = f"datasets/{dataset}.csv"
    file = edition.manifest.get("downloads", {}).get(path)
    if file is None:
        raise Failure(
            "thing-unknown", f"The dataset '{dataset}' has no figures in this edition, so it has no file."
        )
    address = f"{edition.base}downloads/{path}?{EDITION}={edition.name}"
    object_ = {
        "@type": "cr:FileObject",
        "@id": f"{dataset}.csv",
        "name": f"{dataset}.csv",
        "description": "Every figure of this edition.",
        "contentUrl": address,
        "contentSize": f"{file['bytes']} B",
        "encodingFormat": "text/csv",
        "sha256": file["sha256"],
    }
    keep = {key: value for key, value in told.items() if key not in ("distribution", "@type")}
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        **keep,
        "version": _version(edition),
        "citeAs": f"{told['publisher']['name']}. {told['name']}. {edition.title}, edition {edition.name}."
        f" {told['@id']}",
        "distribution": [object_],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": _RECORDS,
                "name": _RECORDS,
                "description": "One figure a row. A figure without a value has a status that says why.",
                "field": [
                    _field(dataset, name, description, kind)
                    for name, _, description, kind in list_columns(edition, dataset)
                ],
            }
        ],
    }


def _version(edition: Edition) -> str:
    """Write an edition as a version of three numbers, as Croissant wants one: its day."""
    year, month, day = edition.name[:10].split("-")
    return f"{int(year)}.{int(month)}.{int(day)}"


def _field(dataset: str, name: str, description: str, kind: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{_RECORDS}/{name}",
        "name": name,
        "description": description,
        "dataType": _TYPES.get(kind, "sc:Text"),
        "source": {"fileObject": {"@id": f"{dataset}.csv"}, "extract": {"column": name}},
    }


def croissant_link(address: str) -> str:
    """Link a dataset's document to its description as Croissant."""
    return link(f"{address}/{FILE}", "describedby", type=JSONLD.media_type, title="Croissant")


def make_router() -> APIRouter:
    """Make the route. It comes before those of documents, which take every other address."""
    router = APIRouter()
    told: dict[int | str, dict[str, Any]] = {
        200: {"description": "The description.", "content": {JSONLD.media_type: {}}},
        **usual_answers(),
    }

    @router.get(
        f"/datasets/{{dataset}}/{FILE}",
        operation_id="get_croissant",
        summary="A dataset described by Croissant",
        response_class=Response,
        responses=told,
    )
    async def get_croissant(
        request: Request,
        dataset: Annotated[
            str,
            Path(
                description="The short name of the dataset.",
                json_schema_extra={"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
            ),
        ],
    ) -> Response:
        """Describe a dataset, its file and its columns as Croissant 1.1 does."""
        edition = edition_of(request)
        unknown = [name for name in request.query_params if name not in PINS]
        if unknown:
            raise unknown_parameters(unknown, PINS)
        reply = Reply(request, edition, JSONLD.media_type)
        unchanged = reply.unchanged()
        if unchanged is not None:
            return unchanged
        document = edition.once(("croissant", dataset), lambda: describe(edition, dataset))
        sources = sources_of_datasets(edition, [dataset])
        links = [*standing_links(edition, sources)]
        links.append(link(edition.uri("dataset", dataset), "about"))
        links.append(link(f"{root_of(edition)}{address_of('dataset', dataset)}", "up"))
        return reply.send(dump(document), links)

    return router
