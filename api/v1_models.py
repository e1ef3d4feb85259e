"""What requests to /api/v1 may say and what its answers hold, as models that its description is made from.

In:   the table schemas, whose titles and descriptions become those of the members
Out:  pydantic models. Requests are read by them; answers are only described, and tests compare the two
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from schemas import TableSchema, load_model

MOST_ITEMS = 1000
USUAL_ITEMS = 100
MOST_VALUES = 100

# The members of Parameters that pin an answer; they are no part of what it is about.
PIN_FIELDS = ("edition", "as_of")

LABELS = "What it is called by language (BCP 47): English, and others where somebody gives a name."

# Any text but control characters, which no address may hold.
TEXT_PATTERN = r"^[^\x00-\x1f\x7f]*$"


class Parameters(BaseModel):
    """The parameters every address of the API has. One that is not known is refused."""

    model_config = ConfigDict(extra="forbid")

    edition: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$",
        max_length=80,
        description="The edition to answer from; left out, the current one. /editions lists those kept.",
    )
    as_of: str | None = Field(
        None,
        alias="as-of",
        max_length=40,
        description="A day, such as 2026-03-03: answer as was known when it ended (UTC), from the edition that was"
        " current then. Not together with edition.",
    )


class ListParameters(Parameters):
    """The parameters of every list."""

    limit: int = Field(
        USUAL_ITEMS, ge=1, le=MOST_ITEMS, description="How many items one answer holds at most."
    )
    cursor: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-]+$",
        max_length=1000,
        description="Where to go on: the member next of an answer holds it. Bound to that answer's edition.",
    )
    format: Literal["json", "csv"] | None = Field(
        None,
        description="The form of the answer; it wins over Accept. CSV without a limit holds every item.",
    )

    @property
    def is_limited(self) -> bool:
        """Whether the request itself says how many items it wants."""
        return "limit" in self.model_fields_set


class Source(BaseModel):
    """Where rows or figures come from, and the words that must stand beside them."""

    title: str | None = Field(None, description="Title of the dataset or package.")
    publisher: str | None = Field(None, description="Who publishes it.")
    licence: str | None = Field(None, description="Address of the licence.")
    attribution: str | None = Field(None, description="The words that must stand beside the figures.")
    source: str | None = Field(None, description="Address where the publisher has it.")
    dataset: str | None = Field(None, description="The dataset, for figures.")
    released_on: str | None = Field(None, description="Day the publisher released the figures.")
    package: str | None = Field(None, description="The package, for rows of other tables.")
    resource: str | None = Field(None, description="The resource of the package.")
    file: str | None = Field(None, description="The file that was read.")
    sha256: str | None = Field(None, description="Digest of the file.")


class Envelope(BaseModel):
    """What every answer says beside its own members."""

    edition: str = Field(description="The edition that answered.")
    edition_uri: str = Field(description="Its URI.")
    licence: list[str] = Field(description="Addresses of the licences of what is answered.")
    source: list[Source] = Field(description="Where it comes from.")
    query: dict[str, Any] = Field(description="The query as it was understood.")


class FailureModel(BaseModel):
    """A failure, as RFC 9457 has it."""

    model_config = ConfigDict(title="Failure", extra="allow")

    type: str = Field(description="Address of the page about this kind of failure.")
    title: str = Field(description="The kind of failure in words.")
    status: int = Field(description="The HTTP status code.")
    detail: str = Field(description="What happened this time.")
    mend: str = Field(description="What to do about it.")
    problems: list[dict[str, Any]] = Field(
        default=[], description="One entry for each parameter that is wrong, with the nearest that is known."
    )


_JSON_TYPES: Mapping[str, Any] = {
    "string": str,
    "date": str,
    "number": float,
    "integer": int,
    "boolean": bool,
    "list": list[str],
}


def row_model(
    name: str, table: TableSchema, more: Mapping[str, tuple[Any, str]] | None = None
) -> type[BaseModel]:
    """Describe the items of a list by the schema of their table; `more` adds members with a type."""
    fields: dict[str, Any] = {}
    for field in table.fields:
        kind = _JSON_TYPES[field.type]
        fields[field.name] = (
            kind if field.required or field.type == "list" else kind | None,
            Field(title=field.title, description=field.description),
        )
    for member, (kind, description) in (more or {}).items():
        fields[member] = (kind, Field(description=description))
    return create_model(name, **fields)


def list_model(
    name: str, item: type[BaseModel], beside: Mapping[str, tuple[Any, str]] | None = None
) -> type[BaseModel]:
    """Describe a list: the envelope with count, next and items; `beside` adds members with a type."""
    more: dict[str, Any] = {
        member: (kind, Field(description=description))
        for member, (kind, description) in (beside or {}).items()
    }
    return create_model(
        name,
        __base__=Envelope,
        count=(int, Field(description="How many items there are in all.")),
        next=(str | None, Field(description="Address of the next part; null at the end.")),
        **more,
        items=(list[item], Field(description="The items of this part.")),  # type: ignore[valid-type]  # made above
    )


def codes_of(code_list: str) -> Sequence[str]:
    """Give the codes of a built-in list."""
    return load_model().code_lists[code_list].notations


def values(
    description: str,
    *,
    form: str | None = None,
    codes: Sequence[str] = (),
    words: Sequence[str] = (),
    is_day: bool = False,
) -> Any:
    """Declare a filter, a list[str]: it may be given several times and then means any of its values.

    form    the form of schemas/forms.yaml that a value has
    codes   the only values it can have
    words   values with a meaning of their own beside the form
    is_day  they are days
    """
    item: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 200}
    if codes:
        item = {"type": "string", "enum": list(codes)}
    elif is_day:
        item |= {"format": "date", "maxLength": 10}
    elif form is not None:
        told = load_model().forms[form]
        pattern = "|".join((*words, told["pattern"]))
        item |= {"pattern": f"^(?:{pattern})$", "maxLength": told["maxLength"]}
    else:
        item["pattern"] = TEXT_PATTERN
    return Field(
        default=[], max_length=MOST_VALUES, description=description, json_schema_extra={"items": item}
    )
