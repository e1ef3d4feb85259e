"""The YAML files of this folder become one checked model.

In:   tables/*.yaml, codelists/*.yaml, kinds.yaml, forms.yaml, prefixes.yaml
Out:  a Model, or ModelFaults that names every fault with its file

Nothing else in the project reads these files. A model that names a field, list, kind or prefix that does not
exist is refused when it loads, so a slip can never reach what is published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent

TYPES = frozenset({"string", "number", "integer", "boolean", "date", "list"})

# Rules that a table may ask for beside what Table Schema can say; ingest holds their code.
RULES = frozenset(
    {
        "area-existed",
        "dates-in-order",
        "framework-in-force",
        "grade-known",
        "in-order",
        "limits-in-order",
        "list-items-known",
        "no-cycle",
        "one-of",
        "one-value-per-key",
        "period-kind-fits",
        "period-known",
        "possible-value",
        "value-or-reason",
    }
)

# Lists that packages may extend through the table "codes"; a field that uses one has no fixed enum.
OPEN_LISTS = frozenset({"unit", "theme"})

_FIELD_KEYS = frozenset(
    [
        "name",
        "title",
        "description",
        "type",
        "format",
        "form",
        "codeList",
        "listOf",
        "delimiter",
        "rdfProperty",
        "rdfLink",
        "constraints",
        "trueValues",
        "falseValues",
    ]
)
_TABLE_KEYS = frozenset(
    [
        "name",
        "title",
        "description",
        "kind",
        "rdfSubject",
        "rdfType",
        "primaryKey",
        "foreignKeys",
        "fields",
        "rules",
    ]
)
_PLACEHOLDER = re.compile(r"\?\?|\bTODO\b|\bTBC\b|\bFIXME\b|^\s*$")
_CURIE = re.compile(r"([a-z][a-z-]*):([A-Za-z][A-Za-z0-9-]*)")


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
    """One submitted table. `subject` is the path under {base}id/ of what a row is about."""

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
class Model:
    tables: Mapping[str, TableSchema]
    code_lists: Mapping[str, CodeList]
    kinds: Mapping[str, Kind]
    forms: Mapping[str, Mapping[str, Any]]
    prefixes: Mapping[str, str]

    def kind_of(self, table: str, fields: tuple[str, ...]) -> str | None:
        """Say which kind of thing a reference to these fields of a table names, if any."""
        for kind in self.kinds.values():
            if kind.table == table and self.tables[table].primary_key[: len(fields)] == fields:
                return kind.kind
        return None


@cache
def load_model() -> Model:
    """Load the model that ships with the product.

    Raises ModelFaults with every fault found.
    """
    return read_model(FOLDER)


def read_model(folder: Path) -> Model:
    """Read a model from a folder laid out like this one.

    Raises ModelFaults with every fault found, each naming its file.
    """
    faults: list[str] = []
    prefixes = _read_yaml(folder / "prefixes.yaml")
    forms = _read_yaml(folder / "forms.yaml")
    code_lists: dict[str, CodeList] = {}
    for path in sorted((folder / "codelists").glob("*.yaml")):
        for code_list in _read_code_lists(path, faults):
            if code_list.code_list in code_lists:
                faults.append(f"{path.name}: the code list '{code_list.code_list}' is there twice.")
            code_lists[code_list.code_list] = code_list
    tables: dict[str, TableSchema] = {}
    for path in sorted((folder / "tables").glob("*.yaml")):
        table = _read_table(path, _read_yaml(path), code_lists, forms, faults)
        if table is not None:
            tables[table.name] = table
    kinds = {
        name: Kind(name, entry["label"], entry["address"], entry["table"])
        for name, entry in _read_yaml(folder / "kinds.yaml").items()
    }
    model = Model(tables, code_lists, kinds, forms, prefixes)
    faults.extend(_contradictions(model))
    if faults:
        raise ModelFaults(sorted(faults))
    return model


def _read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _read_code_lists(path: Path, faults: list[str]) -> Iterator[CodeList]:
    for entry in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        notation = str(entry.get("code_list", ""))
        codes = []
        for row in entry.get("codes", ()):
            row = dict(row)
            code = Code(
                str(row.pop("code", "")), str(row.pop("label", "")), str(row.pop("definition", "")), row
            )
            for name, text in (("code", code.code), ("label", code.label), ("definition", code.definition)):
                if _PLACEHOLDER.search(text):
                    faults.append(f"{path.name}: a code of '{notation}' has no {name}: {code.code!r}.")
            codes.append(code)
        for name in ("label", "definition"):
            if _PLACEHOLDER.search(str(entry.get(name, ""))):
                faults.append(f"{path.name}: the code list '{notation}' has no {name}.")
        if len({code.code for code in codes}) != len(codes):
            faults.append(f"{path.name}: the code list '{notation}' has a code twice.")
        yield CodeList(notation, str(entry.get("label")), str(entry.get("definition")), tuple(codes))


def _read_table(
    path: Path,
    entry: Mapping[str, Any],
    code_lists: Mapping[str, CodeList],
    forms: Mapping[str, Any],
    faults: list[str],
) -> TableSchema | None:
    name = str(entry.get("name", ""))
    if name != path.stem:
        faults.append(f"{path.name}: the table calls itself '{name}', its file '{path.stem}'.")
        return None
    for key in sorted(set(entry) - _TABLE_KEYS):
        faults.append(f"{path.name}: '{key}' is not something a table says.")
    for key in ("title", "description", "rdfSubject"):
        if _PLACEHOLDER.search(str(entry.get(key, ""))):
            faults.append(f"{path.name}: the table has no {key}.")
    fields = tuple(
        _read_field(f"{path.name}, field '{row.get('name')}'", row, code_lists, forms, faults)
        for row in entry.get("fields", ())
    )
    return TableSchema(
        name=name,
        title=str(entry.get("title")),
        description=str(entry.get("description")),
        fields=fields,
        primary_key=tuple(entry.get("primaryKey", ())),
        foreign_keys=tuple(
            ForeignKey(tuple(key["fields"]), key["reference"]["resource"], tuple(key["reference"]["fields"]))
            for key in entry.get("foreignKeys", ())
        ),
        subject=str(entry.get("rdfSubject")),
        rdf_type=entry.get("rdfType"),
        kind=entry.get("kind"),
        rules=tuple(
            Rule(row["rule"], tuple(row.get("fields", ())), tuple(row.get("within", ())))
            for row in entry.get("rules", ())
        ),
    )


def _read_field(
    place: str,
    row: Mapping[str, Any],
    code_lists: Mapping[str, CodeList],
    forms: Mapping[str, Any],
    faults: list[str],
) -> Field:
    for key in sorted(set(row) - _FIELD_KEYS):
        faults.append(f"{place}: '{key}' is not something a field says.")
    for key in ("title", "description"):
        if _PLACEHOLDER.search(str(row.get(key, ""))):
            faults.append(f"{place}: no {key}.")
    if row.get("type") not in TYPES:
        faults.append(f"{place}: the type '{row.get('type')}' is not one of {', '.join(sorted(TYPES))}.")
    constraints = dict(row.get("constraints", {}))
    form = row.get("form")
    if form is not None:
        if form in forms:
            constraints = {k: v for k, v in forms[form].items() if k != "wanted"} | constraints
        else:
            faults.append(f"{place}: the form '{form}' is not in forms.yaml.")
    code_list = row.get("codeList")
    enum = constraints.get("enum")
    if code_list is not None:
        if code_list not in code_lists:
            faults.append(f"{place}: there is no code list '{code_list}'.")
        elif code_list not in OPEN_LISTS:
            enum = code_lists[code_list].notations
    return Field(
        name=str(row.get("name")),
        title=str(row.get("title")),
        description=str(row.get("description")),
        type=str(row.get("type")),
        format=str(row.get("format", "default")),
        form=form,
        code_list=code_list,
        list_of=_read_list_of(place, row.get("listOf"), faults),
        delimiter=row.get("delimiter"),
        rdf_property=row.get("rdfProperty"),
        required=bool(constraints.get("required", False)),
        enum=tuple(str(code) for code in enum) if enum is not None else None,
        pattern=constraints.get("pattern"),
        minimum=constraints.get("minimum"),
        maximum=constraints.get("maximum"),
        min_length=constraints.get("minLength"),
        max_length=constraints.get("maxLength"),
        true_values=tuple(row.get("trueValues", ())),
        false_values=tuple(row.get("falseValues", ())),
    )


def _read_list_of(place: str, text: str | None, faults: list[str]) -> ListOf | None:
    """Read "table.field" or "codes.code(code_list=theme)"."""
    if text is None:
        return None
    match = re.fullmatch(r"(\w+)\.(\w+)(?:\(code_list=([\w-]+)\))?", text)
    if match is None:
        faults.append(f"{place}: listOf '{text}' is not of the form table.field.")
        return None
    return ListOf(match[1], match[2], match[3])


def _contradictions(model: Model) -> Iterator[str]:
    """Find what one file says of another that is not so."""
    used_lists: set[str] = set()
    for table in model.tables.values():
        file = f"{table.name}.yaml"
        names = table.field_names
        if len(set(names)) != len(names):
            yield f"{file}: two fields have one name."
        for name in table.primary_key:
            if name not in names:
                yield f"{file}: the primary key names '{name}', which is not a field."
        for name in re.findall(r"{(\w+)}", table.subject):
            if name not in names:
                yield f"{file}: the subject names '{name}', which is not a field."
        for curie in (table.rdf_type, *(field.rdf_property for field in table.fields)):
            if curie is None:
                continue
            match = _CURIE.fullmatch(curie)
            if match is None or (match[1] != "def" and match[1] not in model.prefixes):
                yield f"{file}: the prefix of '{curie}' is not in prefixes.yaml."
        for key in table.foreign_keys:
            if key.table not in model.tables:
                yield f"{file}: a foreign key names the table '{key.table}', which does not exist."
                continue
            for name in key.fields:
                if name not in names:
                    yield f"{file}: a foreign key names '{name}', which is not a field."
            for name in key.table_fields:
                if name not in model.tables[key.table].field_names:
                    yield f"{file}: a foreign key names '{key.table}.{name}', which does not exist."
        for rule in table.rules:
            if rule.name not in RULES:
                yield f"{file}: there is no rule '{rule.name}'."
            for name in (*rule.fields, *rule.within):
                if name not in names:
                    yield f"{file}: the rule '{rule.name}' names '{name}', which is not a field."
        for field in table.fields:
            if field.code_list:
                used_lists.add(field.code_list)
            if field.list_of and field.list_of.table not in model.tables:
                yield f"{file}: '{field.name}' lists the table '{field.list_of.table}', which does not exist."
    for notation in sorted(set(model.code_lists) - used_lists):
        yield f"the code list '{notation}' is used by no field."
    for kind in model.kinds.values():
        if kind.table is not None and kind.table not in model.tables and kind.table != "periods":
            yield f"kinds.yaml: '{kind.kind}' names the table '{kind.table}', which does not exist."
