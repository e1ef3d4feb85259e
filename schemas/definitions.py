"""What the model is made of: tables, fields, keys, rules, code lists, kinds and problem kinds.

In:   nothing; model.py makes these from the YAML files
Out:  frozen values that the rest of the project reads

A value here says what exists. It reads no file and knows no publisher.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Literal

TYPES = frozenset({"string", "number", "integer", "boolean", "date", "list"})

# Rules that a table may ask for beside what Table Schema can say; ingest holds their code.
RULES = frozenset(
    {
        "area-existed",
        "dates-in-order",
        "derivation-sound",
        "extension-agrees",
        "framework-in-force",
        "grade-known",
        "group-buildable",
        "in-order",
        "language-known",
        "limits-in-order",
        "list-items-known",
        "mapping-sound",
        "no-cycle",
        "one-current-version",
        "one-of",
        "one-value-per-key",
        "period-kind-fits",
        "period-known",
        "possible-value",
        "rate-has-parts",
        "rollup-sound",
        "stages-in-order",
        "target-sound",
        "translation-sound",
        "unit-fits",
        "value-or-reason",
        "version-follows-change",
    }
)

# Kinds of things whose rows are versions, and the class of the whole: without its version, a notation names that.
WHOLE_OF_VERSIONS = {
    "indicator": "def:Indicator",
    "framework": "def:Framework",
    "signal-rule": "def:SignalRule",
}

# Properties whose texts are names or were copied letter by letter: they are in no language.
_VERBATIM = frozenset(
    {
        "dcat:version",
        "dct:identifier",
        "def:changedField",
        "def:sourceColumn",
        "def:sourceResource",
        "def:valueCorrected",
        "def:valueFound",
        "skos:notation",
    }
)

# How much a change of a field means for the version of its row, least first.
CHANGES = ("none", "patch", "minor", "major")

# Lists that packages may extend through the table "codes"; a field that uses one has no fixed enum.
OPEN_LISTS = frozenset({"unit", "theme"})


class ModelFaults(Exception):  # noqa: N818 - it carries faults, several at once
    """The model's own files contradict each other. `faults` has one sentence each, with the file's name."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


@dataclass(frozen=True, slots=True)
class ListOf:
    """What the items of a list field are: a column of a table, within one code list where that is named."""

    table: str
    field: str
    code_list: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a table, as Table Schema describes it, with its RDF property.

    `enum` holds the codes of `code_list` when that list is closed, or the field's own enum.
    `pattern` is unanchored text; it is meant for the whole cell.
    `link` is the path under {base}id/ of the thing the cell names, where that follows from no foreign key,
    code list or list; Model.link gives the path of any field.
    `unit` is what one of a number is, where that is the same in every row.
    `change` is the least step that a change of it makes of the version of its row, one of CHANGES; `changed` the
    words that say that it changed. A field that may move on under the same number says none, and one that
    belongs to the version itself has no `change`.
    """

    name: str
    title: str
    description: str
    type: str
    format: str = "default"
    form: str | None = None
    code_list: str | None = None
    list_of: ListOf | None = None
    delimiter: str | None = None
    rdf_property: str | None = None
    link: str | None = None
    unit: str | None = None
    change: str | None = None
    changed: str | None = None
    required: bool = False
    enum: tuple[str, ...] | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    true_values: tuple[str, ...] = ()
    false_values: tuple[str, ...] = ()

    def descriptor(self) -> dict[str, Any]:
        """Describe the field as Table Schema does, complete: lists and forms written out."""
        constraints: dict[str, Any] = {}
        if self.required:
            constraints["required"] = True
        for key, value in (
            ("pattern", self.pattern),
            ("minimum", self.minimum),
            ("maximum", self.maximum),
            ("minLength", self.min_length),
            ("maxLength", self.max_length),
            ("enum", list(self.enum) if self.enum is not None else None),
        ):
            if value is not None:
                constraints[key] = value
        out: dict[str, Any] = {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "type": self.type,
        }
        if self.format != "default":
            out["format"] = self.format
        if self.delimiter:
            out["delimiter"] = self.delimiter
        if self.true_values:
            out["trueValues"] = list(self.true_values)
            out["falseValues"] = list(self.false_values)
        if constraints:
            out["constraints"] = constraints
        if self.rdf_property:
            out["rdfProperty"] = self.rdf_property
        return out


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns whose values together name a row of another table, or of the same one."""

    fields: tuple[str, ...]
    table: str
    table_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the model, by name, with the fields it is about."""

    name: str
    fields: tuple[str, ...] = ()
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableSchema:
    """One table, submitted or derived. `subject` is the path under {base}id/ of what a row is about.

    A derived table whose rows are not things of their own has an empty subject.
    """

    name: str
    title: str
    description: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    subject: str
    rdf_type: str | None
    kind: str | None
    rules: tuple[Rule, ...]

    @property
    def field_names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field:
        """Get a field by name. Raises KeyError if there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def descriptor(self) -> dict[str, Any]:
        """Describe the table as a complete Frictionless Table Schema."""
        out: dict[str, Any] = {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "fields": [field.descriptor() for field in self.fields],
            "missingValues": [""],
            "primaryKey": list(self.primary_key),
        }
        if self.foreign_keys:
            out["foreignKeys"] = [
                {
                    "fields": list(key.fields),
                    "reference": {"resource": key.table, "fields": list(key.table_fields)},
                }
                for key in self.foreign_keys
            ]
        if self.rdf_type:
            out["rdfType"] = self.rdf_type
        return out


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a built-in list. `more` holds what only some lists say: sdmx, mark, words, symbol …"""

    code: str
    label: str
    definition: str
    more: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CodeList:
    """A built-in list of codes, in its order."""

    code_list: str
    label: str
    definition: str
    codes: tuple[Code, ...]

    @property
    def notations(self) -> tuple[str, ...]:
        return tuple(code.code for code in self.codes)

    def code(self, notation: str) -> Code:
        """Get a code. Raises KeyError if the list has none of that name."""
        for code in self.codes:
            if code.code == notation:
                return code
        raise KeyError(notation)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing with an address: {base}id/{kind}/… answers 303 to {base}{address}/…"""

    kind: str
    label: str
    address: str
    table: str | None


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One entry of problems.yaml.

    `message` and `mend` are templates with {value}, {wanted} and other facts. `rule` is the rule of the
    model that such a problem breaks; `frictionless` the error types under which Frictionless reports it.
    """

    code: str
    title: str
    severity: Literal["error", "warning"]
    when: str
    message: str
    mend: str
    rule: str | None = None
    frictionless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the product: what it means here, the standard it comes from, and the words it replaces."""

    word: str
    meaning: str
    standard: str
    instead_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Display:
    """How the tables are first shown to people who browse them.

    hidden      names of tables in the database that are for machines only
    provenance  notes on the columns that every submitted table has beside its own
    facets      for a table, the columns it can be narrowed by
    order       for a table, the column it is sorted by; a hyphen before the name puts the highest first
    page_size   for a table, how many rows a page shows where a hundred are too many
    statuses    what published, reference and derived mean
    reference   names of submitted tables that others refer to
    """

    hidden: tuple[str, ...] = ()
    provenance: Mapping[str, str] = dataclass_field(default_factory=dict)
    facets: Mapping[str, tuple[str, ...]] = dataclass_field(default_factory=dict)
    order: Mapping[str, str] = dataclass_field(default_factory=dict)
    page_size: Mapping[str, int] = dataclass_field(default_factory=dict)
    statuses: Mapping[str, str] = dataclass_field(default_factory=dict)
    reference: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """Everything that exists. `tables` are submitted by publishers, `derived` are made from them.

    A submitted table and a derived one may share a name ("observations"): the derived one is then what is
    published in place of what was submitted.
    """

    tables: Mapping[str, TableSchema]
    derived: Mapping[str, TableSchema]
    code_lists: Mapping[str, CodeList]
    kinds: Mapping[str, Kind]
    forms: Mapping[str, Mapping[str, Any]]
    prefixes: Mapping[str, str]
    problems: Mapping[str, ProblemKind]
    words: tuple[Word, ...]
    display: Display

    def kind_of(self, table: str, fields: tuple[str, ...]) -> str | None:
        """Say which kind of thing a reference to these fields of a table names, if any."""
        for kind in self.kinds.values():
            if kind.table != table:
                continue
            schema = self.tables.get(table) or self.derived[table]
            if schema.primary_key[: len(fields)] == fields:
                return kind.kind
        return None

    def link(self, table: TableSchema, field: Field) -> str | None:
        """Give the path under {base}id/ of what a cell names, or None where the cell is a text or a number.

        {column} stands for a cell of the same row, {item} for one item of a list.

        >>> from schemas import load_model
        >>> model = load_model()
        >>> observations = model.tables["observations"]
        >>> model.link(observations, observations.field("area"))
        'area/{area}'
        >>> model.link(observations, observations.field("status"))
        'code/status/{status}'
        >>> model.link(observations, observations.field("value")) is None
        True
        """
        if field.link is not None:
            return field.link
        for key in table.foreign_keys:
            if key.fields[-1] == field.name:
                return self._link_by_key(key)
        if field.code_list is not None:
            return f"code/{field.code_list}/{{{field.name}}}"
        if field.list_of is not None:
            within = f"{field.list_of.code_list}/" if field.list_of.code_list else ""
            kind = self.kind_of(field.list_of.table, self.table(field.list_of.table).primary_key)
            return f"{kind}/{within}{{item}}"
        if field.form == "period" and table.kind != "period":
            return f"period/{{{field.name}}}"
        return None

    def is_translatable(self, table: TableSchema) -> bool:
        """Say whether the things of a table may have words in other languages: the table translations names them."""
        kinds = self.tables["translations"].field("kind").enum if "translations" in self.tables else None
        return table.kind in (kinds or ())

    def is_in_words(self, table: TableSchema, field: Field) -> bool:
        """Say whether a column holds words of a language: no code, name of a thing, address or copied text.

        >>> from schemas import load_model
        >>> areas = load_model().tables["areas"]
        >>> [field.name for field in areas.fields if load_model().is_in_words(areas, field)]
        ['label', 'everyday_label', 'note']
        """
        return (
            field.type == "string"
            and field.format == "default"
            and field.rdf_property is not None
            and field.rdf_property not in _VERBATIM
            and field.pattern is None
            and field.enum is None
            and self.link(table, field) is None
        )

    def _link_by_key(self, key: ForeignKey) -> str | None:
        target = self.table(key.table)
        named = dict(zip(key.table_fields, key.fields, strict=True))
        columns = re.findall(r"{(\w+)}", target.subject)
        if set(columns) == set(named):
            return re.sub(r"{(\w+)}", lambda match: f"{{{named[match[1]]}}}", target.subject)
        kind = self.kind_of(key.table, key.table_fields)
        return None if kind is None else "/".join((kind, *(f"{{{name}}}" for name in key.fields)))

    def table(self, name: str) -> TableSchema:
        """Get a table, submitted or else derived. Raises KeyError if there is none."""
        return self.tables[name] if name in self.tables else self.derived[name]
